"""Systems of the city whose data has no dataset yet: what is missing, and whom to ask. They stand in
`pending.yaml` beside the declarations."""

from __future__ import annotations

from pathlib import Path

from messages import gettext as _
from pipelines.dataset.dataset import DatasetError, dataset_folders
from pipelines.dataset.faults import parse_section
from pipelines.dataset.keys import Id, Model, Text, Url
from pipelines.dataset.plain_file import read_plain
from pipelines.dataset.yaml_text import MOST_BYTES, DeclarationLoader, YamlFault, parse_yaml

FILE = "pending.yaml"


class PendingWords(Model):
    """The words of an entry: what the data is, what keeps it from being published, and who has it."""

    title: Text
    about: Text
    missing: Text
    ask: Text


class Pending(PendingWords):
    """A dataset that is to come; `source`: where it is, or was, as far as that is known."""

    id: Id
    publisher: Text
    source: Url | None = None
    en: PendingWords | None = None


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
