"""What a run makes of its inputs before it publishes anything: checks, differences, guards, a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Literal, TypeVar

from catalog.archive.changes.changes import Changes
from catalog.archive.published import Previous
from isolation.nursery import call_apart
from isolation.process import Bounds, Stopped
from isolation.spill import spilling
from messages import LANGUAGES, language, speaking, translations
from messages import gettext as _
from messages.formats import format_number
from pipelines.read.read import Reading
from pipelines.release.beside import pool_beside, unpacking_beside
from pipelines.release.checked import CheckedTables, naming_patterns, read_files, tables_of
from pipelines.release.echoes import without_echoes
from pipelines.release.guards.judge import FILE, GuardFindings, apply_guards, remembered_releases
from pipelines.release.inputs import Inputs
from pipelines.workers import sharing
from validation.report import Problem, Report

EXPECTATIONS, SEARCH = "validation.expectations", "validation.personal.scan"
SMALL = 5_000_000
"""Bytes of all tables up to which they are judged where others were judged before."""
T = TypeVar("T")
Verdict = Literal["published", "quarantined", "unchanged", "rejected"]


@dataclass(frozen=True)
class Evaluation:
    """The checked tables, what releasing them would change, and what the guards find unusual in that. There
    are no `changes`, and guards were not asked, where the checks found something critical."""

    inputs: Inputs
    checked: CheckedTables
    changes: Changes | None = None
    guards: GuardFindings = field(default_factory=GuardFindings)

    @property
    def report(self) -> Report:
        """What the checks and the guards found."""
        return self.checked.report.plus(self.guards.problems)

    @cached_property
    def plain_report(self) -> Report:
        """The same for people, in which nothing is told twice: problems are counted in this one."""
        return without_echoes(self.report, {r.name: r.primary_key for r in self.inputs.dataset.resources})

    @property
    def rows(self) -> dict[str, int]:
        return {name: table.num_rows for name, table in self.checked.tables.items()}

    @property
    def verdict(self) -> Verdict:
        """What a run would do with it. Guards are not heard where nothing would be published anyway."""
        if self.changes is None:
            return "rejected"
        if self.inputs.previous and self.changes.level is None:
            return "unchanged"
        if not self.report.valid:
            return "rejected"
        return "quarantined" if self.checked.held else "published"


def conclude(inputs: Inputs, work: Path, answer: Callable[[Evaluation, Path], T]) -> T:
    """What `answer`, of the top level of a module, makes of the evaluation, all in a process of its own: what
    tables do there, they do to their own dataset, which is `rejected` for it. Raises DatasetError where a
    pattern of the declaration takes too long."""
    with naming_patterns(inputs.dataset):
        lent = _lend(inputs, work / "lent")
        with unpacking_beside(lent):
            load = _modules(inputs, answer)
            readings = read_files(inputs, work, [__name__, *load])
        sizes = {name: _size(work / f"{name}.arrow") for name in readings}
        size = sum(sizes.values()) + sum(each.size for each in _releases_of(inputs))
        bounds = inputs.limits.judging(size)
        try:
            answered: T = call_apart(
                _conclude_here,
                lent,
                readings,
                answer,
                work,
                language(),
                bounds=bounds,
                load=load,
                small=size <= SMALL,
            )
            return answered
        except Stopped as stopped:
            largest = max(sizes, key=lambda name: sizes[name])
            problem = _explain_stop(stopped, bounds, largest)
    return answer(Evaluation(inputs, CheckedTables({}, Report().plus([problem]), readings)), work)


def _size(file: Path) -> int:
    """The bytes of a table's cells, in one file or in its parts."""
    return sum(
        each.stat().st_size for each in (file, *file.parent.glob(f"{file.name}.part*")) if each.exists()
    )


def warm_up() -> None:
    """Loads what every evaluation needs (isolation/nursery.py asks for it): a problem of the file as a whole
    is asked whether it quotes somebody, and says how many rows there are."""
    from validation.personal.identifiers import find_kinds

    for each in LANGUAGES:
        translations(each)
        with speaking(each):
            find_kinds(_("checking the tables takes more than {n} s", n=format_number(1)))
    for name in (
        "pipelines.release.build",
        "pyarrow.dataset",
        "validation.fast.rows",
        "validation.fast.witness",
    ):
        import_module(name)


def _conclude_here(
    inputs: Inputs,
    readings: Mapping[str, Reading],
    answer: Callable[[Evaluation, Path], T],
    work: Path,
    words: str,
) -> T:
    """In the process that is for it."""
    from pipelines.release.build import examine  # loaded while the files are read: a fifth of a second

    shared = sharing(inputs.limits.dask, work)
    with speaking(words), pool_beside(tables_of(readings)) as pool, spilling(), shared:
        checked = examine(inputs, readings, pool)
        changes = checked.changes
        if changes is None:
            return answer(Evaluation(inputs, checked), work)
        return answer(Evaluation(inputs, checked, changes, apply_guards(inputs, checked, changes)), work)


def _modules(inputs: Inputs, answer: Callable[[Evaluation, Path], T]) -> list[str]:
    """What the nursery has to load and make ready once, so that no call has to: the libraries behind
    expectations take seconds, and most datasets have none."""
    suites = [EXPECTATIONS] if any(r.suite for r in inputs.dataset.resources) else []
    return [answer.__module__, SEARCH, *suites]


def _lend(inputs: Inputs, into: Path) -> Inputs:
    """The inputs, with releases that a process can read that has no access to the archive."""
    previous = inputs.previous
    if previous:
        profiles = (entry.files.get(FILE) for entry in remembered_releases(previous))
        previous = previous.lend(into, [profile.sha256 for profile in profiles if profile])
    needs = {name: need.lend(into) for name, need in inputs.needs.items()}
    return replace(inputs, previous=previous, needs=needs)


def _releases_of(inputs: Inputs) -> Iterator[Previous]:
    if inputs.previous:
        yield inputs.previous
    yield from inputs.needs.values()


def _explain_stop(stopped: Stopped, bounds: Bounds, resource: str) -> Problem:
    known = {
        "memory": _(
            "checking the tables takes more memory than it may ({n} MB)", n=bounds.memory // 1_000_000
        ),
        "time": _("checking the tables takes more than {n} s", n=bounds.seconds),
        "crash": _("the tables ended the program that checks them, and nothing was published"),
    }[stopped.why]
    way_out = {
        "memory": _("hand them in in smaller parts, or raise {setting}", setting="VEREDA_MAX_MEMORY"),
        "time": _("hand them in in smaller parts, or raise {setting}", setting="VEREDA_MAX_SECONDS"),
        "crash": _("tell whoever looks after Vereda"),
    }[stopped.why]
    note = f"{known}; {way_out}"
    return Problem("table-error", resource, note, code="checks-stopped", for_sender=known)
