"""Which datasets a night runs, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from catalog.archive.archive import Archive, find_history
from catalog.archive.release import Damaged, NeverReleased
from catalog.archive.store import ArchiveError
from pipelines.dataset.dataset import (
    Dataset,
    DatasetError,
    dataset_folders,
    describe_unknown,
    iterate_datasets,
)
from pipelines.dataset.pending import find_awaiting
from pipelines.dataset.sources import InboxSource
from pipelines.fetch.inbox import find_waiting_files
from pipelines.fetch.snapshot import SourceError
from pipelines.nightly.declared import Declared, Planned
from pipelines.release.outcome import Outcome
from pipelines.release.receipt_outcomes import counted_receipts
from pipelines.settings import SettingsError

Each = TypeVar("Each", Dataset, Planned)


@dataclass(frozen=True)
class NightPlan:
    """The `chosen` datasets by name, as the folder lists them, some perhaps with a declaration that cannot be
    used; the `names` of all folders, chosen or not; and what is `declared` without fault, as far as it was
    read, each to be asked for when its turn comes. `waiting` names those of the chosen that are not due, and
    run only where a dataset that they need is another after it ran; `awaiting` those that were not
    chosen because they wait for their first file."""

    chosen: dict[str, Planned | DatasetError]
    names: tuple[str, ...]
    declared: Declared
    waiting: frozenset[str] = frozenset()
    awaiting: tuple[str, ...] = ()

    @property
    def datasets(self) -> list[Planned]:
        """Those that can run, each after those it needs, and those that tell of all others at the end."""
        ordered = order_by_needs(found for found in self.chosen.values() if isinstance(found, Planned))
        return sorted(ordered, key=lambda dataset: dataset.tells_of_all)

    def find_faulty(self, archive: Archive) -> list[Outcome]:
        """An outcome for each declaration that cannot be used. Whether its rows are invented, only what was
        released tells."""
        return [
            Outcome(name, "rejected", str(found), demo=_is_demo(archive, name))
            for name, found in self.chosen.items()
            if isinstance(found, DatasetError)
        ]

    def needs(self, name: str) -> tuple[str, ...]:
        """The datasets that a chosen one needs."""
        found = self.chosen.get(name)
        return found.needs if isinstance(found, Planned) else ()

    def arrange(self, outcomes: Iterable[Outcome]) -> list[Outcome]:
        """The outcomes as the folder lists the datasets, whichever ended first; then those of catalogues and
        notices."""
        places = {name: place for place, name in enumerate(self.chosen)}
        return sorted(outcomes, key=lambda outcome: places.get(outcome.dataset, len(places)))


def _is_demo(archive: Archive, name: str) -> bool:
    with suppress(ArchiveError, Damaged, NeverReleased, ValueError):
        return find_history(archive, name).demo
    return False


def require_known(folder: Path, ids: Collection[str] | None) -> tuple[str, ...]:
    """The names of all datasets in the folder. Raises SettingsError for an id that is none of them."""
    names = tuple(path.name for path in dataset_folders(folder))
    if unknown := sorted(set(ids or ()) - set(names)):
        raise SettingsError("\n".join(describe_unknown(folder, id) for id in unknown))
    return names


def plan_night(folder: Path, ids: Collection[str] | None, read_all: bool = True) -> NightPlan:
    """All datasets in the folder, or the ones that are named; of the others, the declarations are read where
    `read_all` says so. Raises SettingsError for an unknown id."""
    names = require_known(folder, ids)
    chosen: dict[str, Planned | DatasetError] = {}
    declared = Declared()
    for found in iterate_datasets(folder, None if read_all else ids):
        name = found.dataset if isinstance(found, DatasetError) else found.id
        if isinstance(found, Dataset):
            declared.add(found)
        if not ids or name in ids:
            chosen[name] = Planned.of(found) if isinstance(found, Dataset) else found
    return NightPlan(chosen, names, declared)


def pass_over_awaiting(plan: NightPlan, archive: Archive, inbox: Path) -> NightPlan:
    """The plan without the datasets that wait for their first file, and for which nothing was handed in; nor
    those that wait for one of them. Raises ArchiveError."""
    pending = find_awaiting((plan.declared[each.id] for each in plan.datasets if each.pending), archive)
    awaiting: set[str] = set()
    for dataset in order_by_needs(pending):
        handed = any(isinstance(each.pipeline.source, InboxSource) for each in dataset.resources)
        if not _has_file(dataset, archive, inbox) if handed else not awaiting.isdisjoint(dataset.needs):
            awaiting.add(dataset.id)
    chosen = {name: found for name, found in plan.chosen.items() if name not in awaiting}
    return replace(plan, chosen=chosen, awaiting=tuple(sorted(awaiting)))


def _has_file(dataset: Dataset, archive: Archive, inbox: Path) -> bool:
    """Whether anything was handed in for it. What cannot be read, its own run tells."""
    known = archive.receipts(dataset.id, dataset.demo).all()
    with suppress(SourceError):
        return bool(counted_receipts(dataset, archive) or find_waiting_files(dataset, inbox, known)[0])
    return True


def choose_due(plan: NightPlan, due: Callable[[Dataset], bool]) -> NightPlan:
    """Of the chosen: those that are due, those that cannot be used, and those that need one that may run."""
    chosen: dict[str, Planned | DatasetError] = {}
    waiting = set()
    for dataset in plan.datasets:
        if due(plan.declared[dataset.id]):
            chosen[dataset.id] = dataset
        elif any(need in chosen for need in dataset.needs):
            chosen[dataset.id] = dataset
            waiting.add(dataset.id)
    kept = {
        name: found
        for name, found in plan.chosen.items()
        if name in chosen or isinstance(found, DatasetError)
    }
    return replace(plan, chosen=kept, waiting=frozenset(waiting))


def order_by_needs(datasets: Iterable[Each]) -> list[Each]:
    """Each dataset after those it needs. A circle of needs is cut where it closes; its run then says what is
    missing."""
    known = {dataset.id: dataset for dataset in datasets}
    placed: dict[str, Each] = {}

    def place(dataset: Each, above: frozenset[str]) -> None:
        for need in dataset.needs:
            if need in known and need not in above and need not in placed:
                place(known[need], above | {need})
        placed[dataset.id] = dataset

    for dataset in known.values():
        if dataset.id not in placed:
            place(dataset, frozenset({dataset.id}))
    return list(placed.values())
