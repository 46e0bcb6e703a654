"""Keeps the record of a run while it goes on, so that whoever looks sees how far it is, and a kill leaves
what was known."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from catalog.archive.archive import Archive
from catalog.archive.locks import Release
from catalog.archive.release import Damaged
from catalog.archive.runs import End, RunRecord, Stop, UnknownRun, run_lock
from catalog.archive.store import ArchiveError
from pipelines.release.outcome import Outcome

OFTEN = 2.0
"""Seconds between two states of the record."""


class Journal:
    """The record of a run in the archive; several threads write it."""

    def __init__(self, archive: Archive, record: RunRecord, clock: Callable[[], datetime]):
        self.archive, self.record, self.clock = archive, record, clock
        self.outcomes: list[tuple[Outcome, str, str]] = []
        self.running: dict[str, str] = {}
        self.guard, self.ended, self.news = threading.Lock(), threading.Event(), False
        self.release: Release | None = None

    def open(self) -> None:
        """Puts the record; raises ArchiveError where even that cannot be done."""
        run = self.record
        self.release = self.archive.locks.take(
            run_lock(run.run), {"run": run.run, "kind": run.kind, "since": run.started}
        )
        self.archive.run_log.write(run)
        threading.Thread(target=self._write_sometimes, name="journal", daemon=True).start()

    @contextmanager
    def dataset(self, name: str) -> Iterator[Callable[[Sequence[Outcome]], None]]:
        """A dataset that runs while its block does; what is given hears of its outcomes."""
        started = self._at()
        with self.guard:
            self.running[name], self.news = started, True

        def add(outcomes: Sequence[Outcome]) -> None:
            ended = self._at()
            with self.guard:
                # The private report is in the dataset's own record, and would be kept for all of them here.
                self.outcomes += [(_without_report(each), started, ended) for each in outcomes]

        try:
            yield add
        finally:
            with self.guard:
                self.running.pop(name, None)
                self.news = True

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Outcomes of what takes no time of its own."""
        at = self._at()
        with self.guard:
            self.outcomes += [(_without_report(each), at, at) for each in outcomes]

    def note_stop(self, find_stop: Callable[[], tuple[Stop, str | None]]) -> None:
        """Writes down at once that the run was cancelled, once, so that a kill leaves that; of one that came
        to its end, too."""
        if self.record.stop:
            return
        stop, who = find_stop()
        log, run = self.archive.run_log, self.record.run
        with self.guard, suppress(ArchiveError, Damaged, UnknownRun):
            self.record = replace(self.record, stop=stop, who=who)
            ended = self.record.ended and log.read(run)  # with how all datasets stand
            log.write(replace(ended, stop=stop, who=who) if ended else self._current())

    def close(self, end: End, datasets: Collection[str], reached: Sequence[str] = ()) -> None:
        """Ends the record; raises ArchiveError, Damaged where that cannot be done."""
        self.ended.set()
        try:
            with self.guard:
                self.record = replace(
                    self._current(),
                    running=(),
                    ended=self._at(),
                    end=end,
                    reached=tuple(reached),
                )
                self.archive.run_log.close(self.record, datasets)
        finally:
            if self.release:
                self.release()
            self.release = None

    def _current(self) -> RunRecord:
        return replace(
            self.record,
            running=tuple({"dataset": name, "since": since} for name, since in self.running.items()),
            outcomes=_Lines(tuple(self.outcomes)),
        )

    def _write_sometimes(self) -> None:
        while not self.ended.wait(OFTEN):
            with self.guard, suppress(ArchiveError, Damaged):  # the end of the run tells of it
                if self.news and not self.ended.is_set():
                    self.archive.run_log.write(self._current())
                    self.news = False

    def _at(self) -> str:
        return self.clock().isoformat(timespec="seconds")


def _without_report(outcome: Outcome) -> Outcome:
    """The outcome itself where it has none, as most have: it is held once."""
    return replace(outcome, report={}) if outcome.report else outcome


@dataclass(frozen=True)
class _Lines(Sequence[Mapping[str, Any]]):
    """Outcomes as the record shows them, each made so when it is asked for."""

    outcomes: tuple[tuple[Outcome, str, str], ...]

    def __len__(self) -> int:
        return len(self.outcomes)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return _Lines(self.outcomes[place])
        return _outcome_as_json(*self.outcomes[place])


def _outcome_as_json(outcome: Outcome, started: str, ended: str) -> Mapping[str, Any]:
    return {**outcome.to_json(), "started": started, "ended": ended}


def has_run(archive: Archive, run: str, dataset: str) -> bool:
    """Whether another run, which has just let go of the dataset, came to an outcome of it; its record may be
    some seconds behind. Raises ArchiveError."""
    for _look in range(3):
        with suppress(UnknownRun, Damaged):
            record = archive.run_log.read(run)
            if any(outcome["dataset"] == dataset for outcome in record.outcomes):
                return True
            if record.ended:
                return False
        time.sleep(OFTEN)
    return False
