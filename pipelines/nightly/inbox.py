"""The watched inbox: which datasets have a new file that lies still, and which folders are no dataset's."""

from __future__ import annotations

import shlex
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from catalog.archive.archive import Archive
from catalog.archive.runs import dataset_lock
from messages import gettext as _
from pipelines.dataset.dataset import Dataset, DatasetError
from pipelines.dataset.file_names import printable_name
from pipelines.dataset.sources import InboxSource
from pipelines.fetch.inbox import find_waiting_files, inbox_folders, is_handed_in
from pipelines.release.receipt_outcomes import handed_tables, receipt_outcomes, whole_tables

STILL = 10.0
"""Seconds without a change after which a file counts as whole."""
State = tuple[int, int]


@dataclass
class InboxWatch:
    """Remembers which files it has seen, by their last change and size: each is looked into once."""

    inbox: Path
    seen: dict[Path, State] = field(default_factory=dict)

    def find_datasets(self, datasets: Sequence[Dataset], archive: Archive) -> Iterator[tuple[Dataset, str]]:
        """The datasets with files that lie still and that no run has judged yet, each with a mark of these
        files. A dataset that is running is looked at again. Raises ArchiveError, Damaged, SourceError."""
        for dataset in datasets:
            news = dict(self._find_news(dataset))
            if not news or archive.locks.holder(dataset_lock(dataset.id)) is not None:
                continue
            known = archive.receipts(dataset.id, dataset.demo).all()
            waiting, _notes = find_waiting_files(dataset, self.inbox, known)
            self.seen |= news
            marks = [file.sha256[:16] for file in waiting] + list(_unjudged(dataset, archive))
            if marks:
                yield dataset, "-".join(sorted(marks))

    def _find_news(self, dataset: Dataset) -> Iterator[tuple[Path, State]]:
        """Files that changed since they were seen, but not just now."""
        for folder in inbox_folders(dataset, self.inbox):
            for path in _list_folder(folder):
                try:
                    found = path.stat()
                except OSError:  # taken away meanwhile
                    continue
                state = (found.st_mtime_ns, found.st_size)
                # A copy may keep the time of the original: then the change of the inode tells of it.
                still = time.time() - max(found.st_mtime, found.st_ctime) > STILL
                if is_handed_in(path) and still and self.seen.get(path) != state:
                    yield path, state


def _unjudged(dataset: Dataset, archive: Archive) -> Iterator[str]:
    """A mark of each receipt that waits: its file came by the desk, or its run was killed. The mark is
    another after each run, so that one that was killed is followed by one."""
    history = archive.history(dataset.id, dataset.demo)
    runs = len(archive.run_log.runs())
    for outcome in receipt_outcomes(archive, history, whole_tables(dataset)):
        if outcome.state == "waiting":
            yield f"{outcome.receipt.number}-{runs}"


@dataclass(frozen=True)
class Stray:
    """What lies in the inbox and is never taken: a `sentence` on it, and what to type."""

    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A dataset that is handed in: whose it is, and its tables that are; of these how each file counts
    (`modes`), those of which it tells of everything (`whole`), and the titles of those of which a file must
    come first (`titles`)."""

    id: str
    publisher: str
    resources: tuple[str, ...]
    demo: bool = False
    modes: Mapping[str, str] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    titles: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, dataset: Dataset) -> HandedIn | None:
        """None where nothing of it is handed in."""
        names = [r.name for r in dataset.resources if isinstance(r.pipeline.source, InboxSource)]
        if not names:
            return None
        modes = {r.name: r.pipeline.extract.mode for r in dataset.resources if r.name in names}
        known = (dataset.demo, modes, whole_tables(dataset), handed_tables(dataset))
        return cls(dataset.id, dataset.pipeline.publisher.id, tuple(names), *known)


def inbox_strays(inbox: Path, datasets: Iterable[Dataset | DatasetError]) -> list[Stray]:
    """What lies in the inbox and belongs to no dataset, with the nearest name: it is never taken."""
    handed, names = [], []
    for each in datasets:
        names.append(each.id if isinstance(each, Dataset) else each.dataset)
        if isinstance(each, Dataset) and (place := HandedIn.of(each)):
            handed.append(place)
    return find_inbox_strays(inbox, handed, names)


def find_inbox_strays(inbox: Path, handed: Sequence[HandedIn], names: Collection[str]) -> list[Stray]:
    """The same, of the datasets that are handed in, and the names of all that there are."""
    publishers: dict[str, list[HandedIn]] = {}
    for dataset in handed:
        publishers.setdefault(dataset.publisher, []).append(dataset)
    found = []
    for path in _list_folder(inbox):
        if path.is_file():
            if is_handed_in(path):
                found.append(_stray_file(path, inbox, _("<publisher>/<dataset>/")))
        elif path.name in publishers:
            found += _publisher_strays(path, inbox, publishers[path.name], handed, names)
        else:
            found.append(
                _stray_dataset(path, inbox, handed, names) or _stray_folder(path, inbox, list(publishers))
            )
    return found


def _stray_dataset(
    folder: Path, inbox: Path, handed: Sequence[HandedIn], names: Collection[str]
) -> Stray | None:
    """A folder that bears the name of a dataset, in a place that is not that dataset's; None for any other.
    No other name is proposed for it: that would file its rows as another dataset's."""
    shown = _shown(folder, inbox)
    for dataset in handed:
        if dataset.id == folder.name:
            place = f"{dataset.publisher}/{dataset.id}/"
            sentence = _("nothing is taken from {folder}; move it to {place}", folder=shown, place=place)
            return Stray(sentence, _move(folder, inbox / place))
    if folder.name not in names:
        return None
    sentence = _(
        "nothing is taken from {folder}: as {dataset} is declared, nothing of it is handed in",
        folder=shown,
        dataset=folder.name,
    )
    return Stray(sentence, _list(folder))


def _publisher_strays(
    folder: Path,
    inbox: Path,
    mine: Sequence[HandedIn],
    all_datasets: Sequence[HandedIn],
    names: Collection[str],
) -> Iterator[Stray]:
    known = {dataset.id: dataset for dataset in mine}
    others = {dataset.id: dataset.publisher for dataset in all_datasets}
    for path in _list_folder(folder):
        if path.is_file():
            if is_handed_in(path):
                yield _stray_file(path, inbox, _("{publisher}/<dataset>/", publisher=folder.name))
        elif path.name in known:
            resources = known[path.name].resources
            for below in _list_folder(path):
                if below.is_dir() and below.name not in resources:
                    yield _stray_folder(below, inbox, resources)
        elif path.name in others:
            place = f"{others[path.name]}/{path.name}/"
            sentence = _(
                "{folder} is another publisher's dataset; move it to {place}",
                folder=_shown(path, inbox),
                place=place,
            )
            yield Stray(sentence, _move(path, inbox / place))
        else:
            yield _stray_dataset(path, inbox, (), names) or _stray_folder(path, inbox, list(known))


def _stray_folder(path: Path, inbox: Path, names: Sequence[str]) -> Stray:
    near = get_close_matches(path.name, names, n=1, cutoff=0.5)
    if near:
        sentence = _(
            "nothing is taken from {folder}, which is nobody's; did you mean {name}? Rename it",
            folder=_shown(path, inbox),
            name=near[0],
        )
        return Stray(sentence, _move(path, path.with_name(near[0])))
    sentence = _(
        "nothing is taken from {folder}, which is nobody's; the folders there are: {names}",
        folder=_shown(path, inbox),
        names=", ".join(sorted(names)) or "–",
    )
    return Stray(sentence, _list(path))


def _stray_file(path: Path, inbox: Path, place: str) -> Stray:
    sentence = _(
        "{file} lies in no dataset's folder and is not taken; move it into {place}",
        file=_shown(path, inbox),
        place=place,
    )
    return Stray(sentence, _list(path.parent))


def _move(path: Path, into: Path) -> str:
    """What to type so that a folder bears another name; where that is taken, one has to look first."""
    if into.exists() or not into.parent.is_dir() or not path.name.isprintable():
        return _list(path)
    return f"mv {shlex.quote(str(path))} {shlex.quote(str(into))}"


def _list(folder: Path) -> str:
    return f"ls {shlex.quote(str(folder))}"


def _shown(path: Path, inbox: Path) -> str:
    return "/".join(printable_name(part) for part in path.relative_to(inbox).parts)


def _list_folder(folder: Path) -> list[Path]:
    """What lies in a folder and is not hidden; nothing where it is missing or closed."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return []
