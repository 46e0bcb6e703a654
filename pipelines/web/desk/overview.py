"""What the data team has to know of every dataset, read from the archive: what was handed in and what became
of it, what guards stopped, which keys were numbered anew, which rows are held, what readers wrote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.archive.archive import Archive
from catalog.archive.mappings import ColumnMapping
from catalog.archive.receipts import Receipt
from catalog.archive.release import Damaged, History
from catalog.archive.reports import ReportedProblem, group_reports
from catalog.archive.store import ArchiveError
from pipelines.dataset.dataset import Dataset, DatasetError, dataset_folders, load_dataset
from pipelines.release.echoes import without_echoes
from pipelines.release.guards.accept import find_replacement, find_stopped
from pipelines.release.quarantine import list_held_rows
from pipelines.release.receipt_outcomes import (
    ReceiptOutcome,
    handed_tables,
    name_replacements,
    receipt_outcomes,
    table_modes,
    unsettled_receipts,
    whole_tables,
)
from validation.problems.notes import plain, sentence
from validation.problems.registry import remedy
from validation.report import Problem, Report

OPEN = ("waiting", "quarantined", "rejected", "failed", "accepted")
"""States of a receipt of which somebody may have to do something, or that go on."""
LOOKED_AT = 20
"""Of a dataset's receipts that were rejected, the newest: of each it is asked whether a guard stopped it."""
SHOWN = 50
"""Problems and held rows of a dataset that stand on its page."""


@dataclass(frozen=True)
class StoppedExtract:
    """What guards stopped and nobody accepted yet. `receipts` are those of the run; `notes` say what is
    unusual; `seen` stands for exactly these extracts, so that no other is let through by mistake."""

    dataset: str
    receipts: tuple[Receipt, ...]
    notes: tuple[str, ...]
    seen: str

    @property
    def receipt(self) -> int | None:
        """The number that acceptance names; None for what was not handed in."""
        return self.receipts[-1].number if self.receipts else None


@dataclass(frozen=True)
class RenumberedKey:
    """A key that an extract numbered anew, by the last run: what was found, in a sentence, and how to settle
    it."""

    dataset: str
    table: str
    field: str
    note: str
    remedy: str


@dataclass(frozen=True)
class DatasetView:
    """All of one dataset. `problems` are sentences of the last run that ended badly; `held` are rows of the
    current version; `unsettled` the numbers of rejected files that no later one made good; `fault` says what
    of it cannot be read."""

    id: str
    demo: bool
    title: str
    publisher: str
    version: str | None
    receipts: tuple[ReceiptOutcome, ...]
    stopped: tuple[StoppedExtract, ...]
    renumbered: tuple[RenumberedKey, ...]
    problems: tuple[str, ...]
    more_problems: int
    held: tuple[Mapping[str, Any], ...]
    held_rows: int
    reports: tuple[ReportedProblem, ...]
    mappings: tuple[ColumnMapping, ...]
    unsettled: frozenset[int] = frozenset()
    fault: str = ""

    @property
    def open_reports(self) -> int:
        return sum(each.status == "open" for each in self.reports)


@dataclass(frozen=True)
class Overview:
    """Of the declarations in `datasets` and an archive; what cannot be read of one dataset is told of that
    one alone."""

    datasets: Path
    archive: Archive

    def known(self) -> list[tuple[str, bool]]:
        """(id, demo) of all that is declared, was released or handed in, by name."""
        released = self.archive.datasets()
        found = set(released)
        names = {id for id, _demo in released}
        for folder in dataset_folders(self.datasets):
            if folder.name not in names:
                found.add((folder.name, self._is_demo(folder.name)))
        return sorted(found)

    def _is_demo(self, id: str) -> bool:
        dataset = self._load(id)
        return dataset.demo if dataset else False

    def find(self, id: str) -> DatasetView | None:
        """All of one dataset; None where there is none of that name."""
        for name, demo in self.known():
            if name == id:
                return self._view(name, demo)
        return None

    def all(self) -> list[DatasetView]:
        """Of each dataset of which anything was handed in, ended badly or was written by readers."""
        views = (self._view(id, demo) for id, demo in self.known())
        return [v for v in views if v.receipts or v.stopped or v.renumbered or v.reports or v.held or v.fault]

    def requests(self) -> list[ReportedProblem]:
        """What data readers asked for, the newest first."""
        return group_reports(self.archive.requests.all())

    def _view(self, id: str, demo: bool) -> DatasetView:
        try:
            return self._read(id, demo)
        except (Damaged, ArchiveError, ValueError) as error:
            nothing: tuple[Any, ...] = ()
            named = (id, demo, id, "", None)
            return DatasetView(*named, *(nothing,) * 4, 0, nothing, 0, nothing, nothing, fault=str(error))

    def _read(self, id: str, demo: bool) -> DatasetView:
        dataset = self._load(id)
        history = self.archive.history(id, demo)
        whole, tables = (whole_tables(dataset), handed_tables(dataset)) if dataset else (frozenset(), {})
        modes = table_modes(dataset) if dataset else {}
        receipts = name_replacements(modes, receipt_outcomes(self.archive, history, whole, tables))
        last = self.archive.last_run(id) or {}
        bad = last if last.get("outcome") in ("rejected", "quarantined") else {}
        keys = {each.name: each.primary_key for each in dataset.resources} if dataset else {}
        problems = without_echoes(Report().plus(_kept_problems(bad)), keys).problems
        told = max(len(problems), bad.get("problems") or 0)
        held = list_held_rows(self.archive, history)["rows"] if history.current else []
        return DatasetView(
            id,
            demo,
            dataset.title if dataset else id,
            dataset.publisher if dataset else "",
            str(history.current.version) if history.current else None,
            tuple(reversed(receipts)),
            tuple(self._stopped(history, receipts, whole)),
            tuple(_renumbered(id, problems)),
            tuple(sentence(each) for each in problems[:SHOWN]),
            max(0, told - SHOWN),
            tuple(held[:SHOWN]),
            len(held),
            tuple(group_reports(self.archive.problems(id, demo).all())),
            self.archive.mappings(id, demo).current(),
            frozenset(unsettled_receipts(modes, receipts)),
        )

    def _stopped(
        self, history: History, receipts: Iterable[ReceiptOutcome], whole: Set[str]
    ) -> Iterator[StoppedExtract]:
        """What guards stopped and acceptance would publish, each once: of receipts that were rejected, and
        what came by none."""
        if history.current is None:
            return
        by_number = {each.receipt.number: each.receipt for each in receipts}
        rejected = [each.receipt.number for each in receipts if each.state == "rejected"][-LOOKED_AT:]
        known = set()
        for number in [*reversed(rejected), None]:
            kept = find_stopped(self.archive, history, number)
            if kept is None or (seen := fingerprint(kept)) in known:
                continue
            known.add(seen)
            if find_replacement(self.archive, history, kept.get("handedIn", {}), whole):
                continue
            mine = tuple(by_number[each] for each in kept["receipts"] if each in by_number)
            notes = tuple(str(each["note"]) for each in kept["unusual"])
            yield StoppedExtract(history.dataset, mine, notes, seen)

    def _load(self, id: str) -> Dataset | None:
        with suppress(DatasetError, OSError):
            return load_dataset(self.datasets / id)
        return None


def fingerprint(stopped: Mapping[str, Any]) -> str:
    """What stands for the extracts of a run that guards stopped."""
    return hashlib.sha256(json.dumps(stopped["stopped"], sort_keys=True).encode()).hexdigest()[:16]


def _kept_problems(run: Mapping[str, Any]) -> Iterator[Problem]:
    """What the private report of a run holds."""
    report = run.get("report") or {}
    for task in report.get("frictionless", {}).get("tasks", ()):
        yield from (Problem.from_error(task["name"], error) for error in task["errors"])


def _renumbered(id: str, problems: Iterable[Problem]) -> Iterator[RenumberedKey]:
    for each in problems:
        if each.code == "keys-renumbered":
            yield RenumberedKey(id, each.resource, each.field or "", plain(each), remedy(each))
