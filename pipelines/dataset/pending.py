"""Data of the city that is not published yet: what is missing, and whom to ask.

A system whose fields are not known stands in `pending.yaml` beside the declarations; one that is declared and
waits for its first file says so itself, under `pipeline.pending`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from catalog.archive.archive import Archive
from messages import gettext as _
from pipelines.dataset.dataset import Dataset, DatasetError, dataset_folders, load_datasets
from pipelines.dataset.faults import parse_section
from pipelines.dataset.keys import Id, Model, Text, Url
from pipelines.dataset.plain_file import read_plain
from pipelines.dataset.sources import InboxSource
from pipelines.dataset.yaml_text import MOST_BYTES, DeclarationLoader, YamlFault, parse_yaml

FILE = "pending.yaml"


class EntryWords(Model):
    """The words of an entry: what the data is, what keeps it from being published, and who has it."""

    title: Text
    about: Text
    missing: Text
    ask: Text


class Pending(EntryWords):
    """A dataset that is to come; `source`: where it is, or was, as far as that is known."""

    id: Id
    publisher: Text
    source: Url | None = None
    en: EntryWords | None = None


class DeclaredPending(Pending):
    """A dataset that has its folder, and waits for its first file; `columns`: how many are declared;
    `tables`: those that are handed in, as `vereda submit` takes them."""

    columns: int
    tables: tuple[str, ...]


class PendingList(Model):
    pending: tuple[Pending, ...] = ()


def load_pending(folder: Path) -> tuple[Pending, ...]:
    """The entries of `folder`/pending.yaml, by id; none where there is no such file. Raises DatasetError,
    which names the file and the key: also of an entry whose dataset is declared."""
    path = folder / FILE
    if not path.exists():
        return ()
    label = f"{folder.name}/{FILE}"

    def fault(key: str, problem: str) -> DatasetError:
        return DatasetError("pending", label, key, problem)

    try:
        whole = parse_yaml(read_plain(path, MOST_BYTES), DeclarationLoader)
    except OSError as error:
        raise fault("", _("cannot be read ({why})", why=error.strerror)) from error
    except YamlFault as error:
        raise fault(error.place, error.problem) from error
    found = parse_section(PendingList, whole, "", fault).pending
    declared = {each.name for each in dataset_folders(folder)}
    for index, each in enumerate(found):
        key = f"pending[{index}].id"
        if each.id in declared:
            raise fault(key, _("{id} is declared in a folder of its own; take the entry out", id=each.id))
        if any(each.id == other.id for other in found[:index]):
            raise fault(key, _("{id} stands here twice; take one of the entries out", id=each.id))
    return tuple(sorted(found, key=lambda each: each.id))


def describe_pending(dataset: Dataset) -> DeclaredPending:
    """A dataset that is declared and waits for its first file, as an entry."""
    asked, english = dataset.pipeline.pending, dataset.pipeline.en
    assert asked is not None
    translated = None
    if asked.en and english and english.title and english.description:
        translated = EntryWords(
            title=english.title, about=english.description, missing=asked.en.missing, ask=asked.en.ask
        )
    return DeclaredPending(
        id=dataset.id,
        publisher=dataset.publisher,
        source=asked.source,
        en=translated,
        columns=sum(len(resource.fields) for resource in dataset.resources),
        tables=_handed_tables(dataset),
        title=dataset.title,
        about=dataset.descriptor.get("description") or dataset.title,
        missing=asked.missing,
        ask=asked.ask,
    )


def _handed_tables(dataset: Dataset) -> tuple[str, ...]:
    if len(dataset.resources) == 1:
        return (dataset.id,) if isinstance(dataset.resources[0].pipeline.source, InboxSource) else ()
    handed = (each for each in dataset.resources if isinstance(each.pipeline.source, InboxSource))
    return tuple(f"{dataset.id}/{each.name}" for each in handed)


def find_awaiting(declared: Iterable[Dataset | DatasetError], archive: Archive) -> list[Dataset]:
    """Those of the declared that wait for their first file: pending, and never released. Raises
    ArchiveError."""
    waiting = [each for each in declared if isinstance(each, Dataset) and each.pipeline.pending]
    released = set(archive.datasets()) if waiting else set()
    return [each for each in waiting if (each.id, each.demo) not in released]


def list_pending(folder: Path, archive: Archive) -> tuple[Pending, ...]:
    """All that is to come, by id: the entries of the list, and the datasets in `folder` that wait for their
    first file. Raises DatasetError for the list, ArchiveError."""
    released = {name for name, _demo in archive.datasets()}
    unreleased = {path.name for path in dataset_folders(folder)} - released
    declared = load_datasets(folder, unreleased) if unreleased else []
    waiting = map(describe_pending, find_awaiting(declared, archive))
    return tuple(sorted((*load_pending(folder), *waiting), key=lambda each: each.id))
