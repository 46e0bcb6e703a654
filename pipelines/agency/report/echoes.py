"""One bad row is told once: frictionless names each cell that a short row lacks, and of an empty row its
empty key as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from validation.report import Kind, Problem, Report

ECHOING = (
    *("missing-cell", "blank-row", "primary-key", "unusual-extract", "formula-unsaved", "extra-cell"),
    "blank-label",
)
EMPTY_KEY = "cells composing the primary keys are all"


def without_echoes(report: Report, keys: Mapping[str, Sequence[str]]) -> Report:
    """The report for people: of a row that is too short one problem; of one that is empty, or whose key is,
    or of a formula without its result, nothing that says the same again; of cells behind the last column
    those that say something; of a column that is missing nothing where one has no name; nor of what is
    unusual, where it stops the file. Of problems that are counted alone, none is taken away. `keys` are the
    primary keys by resource."""
    if not any(kind.type in ECHOING or kind.code in ECHOING for kind in report.counts):
        return report
    echoes = _Echoes(report, keys)
    counts, problems, short = dict(report.counts), list[Problem](), set[tuple[str, int | None]]()
    for problem in report.problems:
        place = (problem.resource, problem.row)
        if echoes.has(problem, place in short):
            counts[problem.kind] -= 1
        else:
            problems.append(problem)
        if problem.type == "missing-cell":
            short.add(place)
    further: dict[Kind, tuple[int, ...]] = {}
    for kind, rows in report.further.items():
        if kind.type == "missing-cell":
            mine = tuple(row for row in rows if (kind.resource, row) not in short)
            short.update((kind.resource, row) for row in mine)
            counts[kind] -= len(rows) - len(mine)
            rows = mine
        further[kind] = rows
    left = {kind: n for kind, n in counts.items() if n > 0}
    return replace(report, problems=tuple(problems), counts=left, further=further)


class _Echoes:
    """What a report says already of a row or cell."""

    def __init__(self, report: Report, keys: Mapping[str, Sequence[str]]) -> None:
        problems = report.problems
        self.stops = {p.resource: p.for_sender or p.note for p in problems if p.code == "unusual-extract"}
        self.beyond = {
            (p.resource, p.row) for p in problems if p.type == "extra-cell" and (p.cell or "").strip()
        }
        unnamed = Counter(p.resource for p in problems if p.code == "blank-label")
        missing = Counter(p.resource for p in problems if p.type == "missing-label")
        self.unnamed = {name for name, count in unnamed.items() if missing[name] <= count}
        self.blank = {*_rows(report, "blank-row")}
        self.empty = {(p.resource, p.row, p.field) for p in problems if p.code == "formula-unsaved"}
        self.empty |= {
            (p.resource, p.row, name)
            for p in problems
            if p.note.startswith(EMPTY_KEY)
            for name in keys.get(p.resource, ())
        }
        self.unread = {
            (p.resource, p.row)
            for p in problems
            if p.type == "type-error" and p.field in keys.get(p.resource, ())
        }

    def has(self, problem: Problem, short: bool) -> bool:
        """Whether a problem says the same again; `short`: the row is known to lack cells."""
        place = (problem.resource, problem.row)
        if problem.type == "missing-cell":
            return short
        if problem.type == "extra-cell":
            return not (problem.cell or "").strip() and place in self.beyond
        if problem.type == "missing-label":
            return problem.resource in self.unnamed
        if problem.severity == "warning":
            return problem.note in self.stops.get(problem.resource, "")
        if problem.note.startswith(EMPTY_KEY):
            return place in self.blank or place in self.unread
        is_required = problem.type == "constraint-error" and '"required"' in problem.note
        return is_required and (place in self.blank or (*place, problem.field) in self.empty)


def _rows(report: Report, type: str) -> Iterator[tuple[str, int | None]]:
    yield from ((p.resource, p.row) for p in report.problems if p.type == type)
    for kind, rows in report.further.items():
        if kind.type == type:
            yield from ((kind.resource, row) for row in rows)
