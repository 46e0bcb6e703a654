"""What agencies hand in: files in a watched folder, `<inbox>/<publisher>/<dataset>/`, taken once into the
archive, with a receipt each.

The folder is only looked at: which of its files were taken is known by their receipts, never by moving them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from uuid import uuid4

from catalog.archive.archive import Archive
from catalog.archive.receipts import Receipt, last_receipt
from messages import gettext as _
from messages import ngettext
from messages.system import describe_os_error
from pipelines.dataset.dataset import Dataset, Resource
from pipelines.dataset.file_names import printable_name, safe_name
from pipelines.dataset.sources import InboxSource
from pipelines.fetch.snapshot import Snapshot, SourceError
from pipelines.settings import Limits

TEMPORARY = (".tmp", ".part", ".partial", ".crdownload", ".download", ".filepart", ".swp", ".lock", "~")
NOT_HANDED_IN = ("desktop.ini", "thumbs.db")
RECENT, PAUSE = 5.0, 1.0
"""Seconds: a file changed since less than the first is looked at again after the second, and taken if it
stayed the same."""


@dataclass(frozen=True)
class WaitingFile:
    """A file in the inbox that was not taken yet."""

    resource: str
    path: Path
    sha256: str
    bytes: int


def inbox_folders(dataset: Dataset, inbox: Path) -> dict[Path, str]:
    """The folders in which files for a dataset are handed in, and the resource that each is for."""
    base = inbox / dataset.pipeline.publisher.id / dataset.id
    handed = [r.name for r in dataset.resources if isinstance(r.pipeline.source, InboxSource)]
    alone = {base: handed[0]} if len(handed) == 1 else {}
    return {**alone, **{base / name: name for name in handed}}


def find_waiting_files(
    dataset: Dataset, inbox: Path, known: Sequence[Receipt]
) -> tuple[list[WaitingFile], list[str]]:
    """The files to take, in the order of their last change, and sentences about those that are left where
    they are.

    Left are files that are being copied, and those of a dataset of several tables that lie in none's folder.
    A file is known if the last receipt of its name is for its bytes. Raises SourceError where one cannot be
    read.
    """
    places = inbox_folders(dataset, inbox)
    base = inbox / dataset.pipeline.publisher.id / dataset.id
    found = [(path, resource) for folder, resource in places.items() for path in _delivered_files(folder)]
    notes = [
        _unclaimed_note(path, places)
        for path in (_delivered_files(base) if places and base not in places else ())
    ]
    try:
        before = {path: _file_state(path) for path, _resource in found}
        if any(time.time() - changed / 1e9 < RECENT for changed, _size in before.values()):
            time.sleep(PAUSE)
        taken = []
        for path, resource in sorted(found, key=lambda pair: (before[pair[0]][0], pair[0].name)):
            with path.open("rb") as file:
                sha256, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
            last = last_receipt(known, resource, safe_name(path.name))
            if _file_state(path) != before[path]:
                notes.append(
                    _(
                        "{file} is still being copied; it is taken at the next run",
                        file=printable_name(path.name),
                    )
                )
            elif last is None or last.sha256 != sha256:
                taken.append(WaitingFile(resource, path, sha256, size))
    except OSError as error:
        raise SourceError(
            _(
                "{path} cannot be read ({why}); correct its rights",
                path=printable_name(str(error.filename), 300),
                why=describe_os_error(error),
            )
        ) from error
    return taken, notes


def receive(dataset: Dataset, archive: Archive, inbox: Path, at: str, limits: Limits) -> list[str]:
    """Takes what waits in the inbox into the archive, bytes first; gives sentences about what is left
    there."""
    receipts = archive.receipts(dataset.id, dataset.demo)
    files, notes = find_waiting_files(dataset, inbox, receipts.all())
    notes += _misnamed_folder_notes(dataset, inbox)
    for file in files:
        if file.bytes > limits.extract:
            name = printable_name(file.path.name)
            notes.append(
                _(
                    "{file} is larger than {limit} bytes and is left in the inbox",
                    file=name,
                    limit=limits.extract,
                )
            )
        elif archive.put(file.path) == file.sha256:  # else it changed since: next time
            receipts.add(
                Receipt(
                    0,
                    file.resource,
                    safe_name(file.path.name),
                    file.sha256,
                    file.bytes,
                    at,
                    token=uuid4().hex,
                ),
                unless_last=True,
            )
    return notes


def receipt_as_of(resource: Resource, receipts: Sequence[Receipt], upto: int) -> Receipt | None:
    """What counts for a resource as of a receipt: the last up to it; where there is none yet, the first that
    came."""
    mine = [receipt for receipt in receipts if receipt.resource == resource.name]
    return next((receipt for receipt in reversed(mine) if receipt.number <= upto), mine[0] if mine else None)


def snapshot_of_receipt(receipt: Receipt) -> Snapshot:
    """What was handed in, as a snapshot whose bytes the archive has."""
    return Snapshot(
        receipt.resource,
        receipt.name,
        receipt.sha256,
        receipt.bytes,
        None,
        receipt=receipt.number,
        period=receipt.period,
    )


def explain_empty_inbox(resource: Resource) -> str:
    return _(
        "nothing was handed in for {resource} yet; `vereda submit` takes a file, or put it into the inbox",
        resource=resource.name,
    )


def _delivered_files(folder: Path) -> list[Path]:
    """The files that someone means to hand in; none where the folder is missing."""
    if not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir()) if is_handed_in(path)]


def is_handed_in(path: Path) -> bool:
    """Whether somebody means to hand in this file: not what programs leave while they copy or open one."""
    return (
        path.is_file()
        and not path.is_symlink()
        and not path.name.startswith((".", "~"))
        and not path.name.lower().endswith(TEMPORARY)
        and path.name.lower() not in NOT_HANDED_IN
    )


def _file_state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _misnamed_folder_notes(dataset: Dataset, inbox: Path) -> Iterator[str]:
    """Sentences about files in a folder whose name is like the dataset's, its publisher's or its table's, and
    nobody's: they would lie there for ever."""
    places = inbox_folders(dataset, inbox)
    publisher = dataset.pipeline.publisher.id
    base = inbox / publisher / dataset.id
    for folder in _folders(inbox):
        if folder.name != publisher and _is_like(folder.name, publisher):
            yield from _misplaced_note(folder / dataset.id, base)
    for folder in _folders(inbox / publisher):
        declared = (dataset.folder.parent / folder.name).is_dir()
        if not declared and _is_like(folder.name, dataset.id):
            yield from _misplaced_note(folder, base)
    for folder in _folders(base) if places else ():
        if folder not in places:
            yield from _misplaced_note(folder, next(iter(places)))


def _folders(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.is_dir()) if place.is_dir() else []


def _is_like(name: str, wanted: str) -> bool:
    return bool(get_close_matches(name.casefold(), [wanted.casefold()], 1, 0.75))


def _misplaced_note(folder: Path, meant: Path) -> Iterator[str]:
    if n := len(_delivered_files(folder)):
        yield ngettext(
            "{folder} is no dataset's folder, and its {n} file is not taken; move it into {meant}",
            "{folder} is no dataset's folder, and its {n} files are not taken; move them into {meant}",
            n,
            folder=printable_name(str(Path(*folder.parts[-3:])), 300),
            meant=str(Path(*meant.parts[-3:])),
        )


def _unclaimed_note(path: Path, places: dict[Path, str]) -> str:
    names = ", ".join(f"{folder.name}/" for folder in places)
    return _(
        "{file} lies beside the tables' folders and is not taken; move it into one of {names}",
        file=printable_name(path.name),
        names=names,
    )
