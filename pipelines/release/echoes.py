"""One bad row is told once: frictionless names each cell that a short row lacks, each that a long one has too
many, with what that does to the others, and of an empty row its empty key as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from functools import cache

from validation.problems.notes import EMPTY_KEY
from validation.report import Kind, Problem, Report, Severity

COUNTED_BY_CELL = ("missing-cell", "extra-cell")
SHIFTED = ("type-error", "constraint-error")
"""What frictionless finds in cells that stand in their neighbour's place."""
ASKED = "undeclared-writing"
"""A question about how a column is written: each cell that waits for its answer says it again."""
ECHOING = (
    ASKED,
    *(*COUNTED_BY_CELL, "blank-row", "primary-key", "unusual-extract", "formula-unsaved"),
    *("blank-label", "renamed-column", "note-row"),
)
OF_A_NOTE = (*COUNTED_BY_CELL, *SHIFTED, "blank-row", "primary-key")
"""What frictionless finds in a note below the table, and in the empty rows above it."""


def without_echoes(report: Report, keys: Mapping[str, Sequence[str]]) -> Report:
    """The report for people: of a row that is too short one problem, and of one that is too long, in which
    nobody can say which cell is the one too many, or that is empty, or whose key is, or of a formula without
    its result, nothing that says the same again; of cells behind the last column one that says something; of
    a column that is missing nothing where one has no name; nor of what is unusual, where it stops the file.
    Of a column of which nobody can tell how it is written there is the question, as grave as the cells that
    wait for its answer, and one for all columns that it would settle; so there is of a column that seems to
    be another what it seems to be, and of a note below the table, with the empty rows above it, the note. Of
    problems that are counted alone, none is taken away but those of uneven rows, of such notes, and such
    cells. `keys` are the primary keys by resource."""
    if not any(kind.type in ECHOING or kind.code in ECHOING for kind in report.counts):
        return report
    echoes = _Echoes(report, keys)
    counts, problems = dict(report.counts), []
    uneven = set[tuple[str, str, int | None]]()
    concern = cache(echoes.concern)
    for problem in report.problems:
        if not concern(problem.kind):
            problems.append(problem)
            continue
        place = (problem.type, problem.resource, problem.row)
        if echoes.has(problem, place in uneven):
            counts[problem.kind] -= 1
        elif grave := echoes.gravity_of(problem):
            counts[problem.kind] -= 1
            problems.append(replace(problem, severity=grave))
            counts[problems[-1].kind] = counts.get(problems[-1].kind, 0) + 1
        else:
            problems.append(problem)
            if problem.type in COUNTED_BY_CELL:
                uneven.add(place)
    further = {kind: echoes.spare_counted(kind, rows, uneven) for kind, rows in report.further.items()}
    for kind, rows in report.further.items():
        counts[kind] -= len(rows) - len(further[kind])
    left = {kind: n for kind, n in counts.items() if n > 0}
    return replace(report, problems=tuple(problems), counts=left, further=further)


class _Echoes:
    """What a report says already of a row or cell."""

    def __init__(self, report: Report, keys: Mapping[str, Sequence[str]]) -> None:
        problems = report.problems
        self.keys = keys
        self.stops = {p.resource: p.for_sender or p.note for p in problems if p.code == "unusual-extract"}
        self.beyond = {
            (p.resource, p.row) for p in problems if p.type == "extra-cell" and (p.cell or "").strip()
        }
        unnamed = Counter(p.resource for p in problems if p.code == "blank-label")
        self.blank = {*report.rows_of(lambda kind: kind.type == "blank-row")}
        self.long = {*report.rows_of(lambda kind: kind.type == "extra-cell")}
        self.spokesmen = _Spokesmen(report, self.blank)
        missing = Counter(
            p.resource for p in problems if p.type == "missing-label" and not self.spokesmen.speak_for(p)
        )
        self.unnamed = {name for name, count in unnamed.items() if missing[name] <= count}
        self.empty = {(p.resource, p.row, p.field) for p in problems if p.code == "formula-unsaved"}
        self.empty |= {
            (p.resource, p.row, name)
            for p in problems
            if p.note.startswith(EMPTY_KEY)
            for name in keys.get(p.resource, ())
        }
        self.asked = {
            (p.resource, p.field): p.spares for p in problems if p.code == ASKED and p.spares is not None
        }
        self.waiting: dict[tuple[str, str | None], Severity] = {}
        for kind in report.counts:
            at = kind.resource, kind.field
            if at in self.asked and kind.severity != "warning" and self._any_waits(report, kind):
                self.waiting[at] = (
                    "critical" if "critical" in (kind.severity, self.waiting.get(at)) else "held"
                )
        for problem in problems:  # a question that speaks for another is as grave as that
            if problem.said_by and (grave := self.waiting.get((problem.resource, problem.field))):
                voice = problem.resource, problem.said_by
                self.waiting[voice] = "critical" if "critical" in (grave, self.waiting.get(voice)) else "held"
        self.unread = {
            *report.rows_of(
                lambda kind: kind.type == "type-error" and kind.field in keys.get(kind.resource, ())
            )
        }

    def concern(self, kind: Kind) -> bool:
        """Whether a problem of the kind may say again what is said already, or speak for others."""
        return bool(
            kind.code in ECHOING
            or kind.severity == "warning"
            or kind.type in (*COUNTED_BY_CELL, "missing-label", "primary-key")
            or kind.code == "quarantine-exceeded"
            or (self.spokesmen.columns and kind.type == "extra-label")
            or (self.spokesmen.rows and kind.type in OF_A_NOTE)
            or (kind.resource, kind.field) in self.asked
            or (self.long and (kind.type in SHIFTED or kind.code == "quote-in-cell"))
            or (kind.type == "constraint-error" and (self.blank or self.empty))
        )

    def _any_waits(self, report: Report, kind: Kind) -> bool:
        rows = [problem.row for problem in report.problems if problem.kind == kind]
        return any(self.waits(kind, row) for row in (*rows, *report.further.get(kind, ())))

    def waits(self, kind: Kind, row: int | None) -> bool:
        """Whether a cell does not read until it is decided how its column is written."""
        left = self.asked.get((kind.resource, kind.field))
        unread = kind.code == "short-year" or (kind.type == "type-error" and not kind.code)
        return unread and left is not None and row not in left

    def spare(self, kind: Kind, rows: tuple[int, ...]) -> tuple[int, ...]:
        """The rows of a kind that do not say again what is wrong with the row, or how the column is
        written."""
        if not (self.long or self.asked):
            return rows
        return tuple(
            row for row in rows if (kind.resource, row) not in self.long and not self.waits(kind, row)
        )

    def spare_counted(
        self, kind: Kind, rows: tuple[int, ...], uneven: set[tuple[str, str, int | None]]
    ) -> tuple[int, ...]:
        """Of problems of a kind that are counted alone, the rows of those that say nothing again; those that
        are `uneven` are added to these."""
        mine = rows
        if kind.type in COUNTED_BY_CELL:
            mine = tuple(row for row in rows if (kind.type, kind.resource, row) not in uneven)
            uneven.update((kind.type, kind.resource, row) for row in mine)
        elif kind.code == "short-year" or (kind.type in SHIFTED and not kind.code):
            mine = self.spare(kind, rows)
        elif kind.type == "primary-key" and len(self.keys.get(kind.resource, ())) == 1:
            # a key of one field that cannot be read is an empty one, and nobody else's
            mine = tuple(row for row in rows if (kind.resource, row) not in self.unread)
        return self.spokesmen.spare(kind, mine)

    def gravity_of(self, problem: Problem) -> Severity | None:
        """How grave a problem is that speaks for others, as a question for which cells wait; None of other
        problems."""
        if problem.severity == "critical":
            return None
        if problem.code == ASKED:
            return self.waiting.get((problem.resource, problem.field))
        return self.spokesmen.gravity_of(problem)

    def has(self, problem: Problem, uneven: bool) -> bool:
        """Whether a problem says the same again; `uneven`: the row is known to lack cells, or to have too
        many."""
        place = (problem.resource, problem.row)
        if problem.said_by or self.spokesmen.speak_for(problem):
            return True
        if problem.type in COUNTED_BY_CELL:
            silent = problem.type == "extra-cell" and not (problem.cell or "").strip()
            return uneven or (silent and place in self.beyond)
        if self.waits(problem.kind, problem.row):
            return True
        if problem.code == "quarantine-exceeded":
            return "critical" in (
                g for (table, _field), g in self.waiting.items() if table == problem.resource
            )
        if problem.type == "missing-label":
            return problem.resource in self.unnamed
        shifted = problem.type in SHIFTED and not problem.code
        if place in self.long and (shifted or problem.code == "quote-in-cell"):
            return True
        if problem.severity == "warning":
            return (problem.for_sender or problem.note) in self.stops.get(problem.resource, "")
        if problem.note.startswith(EMPTY_KEY):
            return place in self.blank or place in self.unread
        is_required = problem.type == "constraint-error" and '"required"' in problem.note
        return is_required and (place in self.blank or (*place, problem.field) in self.empty)


class _Spokesmen:
    """Problems that say what others say as well, each in the words that help most: a column that seems to be
    another, of the one that is unknown and the one that is missing; a note below the table, of the empty rows
    that part it from the table and of its own cells."""

    def __init__(self, report: Report, blank: Set[tuple[str, int | None]]) -> None:
        self.columns: dict[tuple[str, str], _Voice] = {}
        self.rows: dict[tuple[str, int], _Voice] = {}
        for problem in report.problems:
            if problem.code == "renamed-column" and problem.cell:
                names = f"missing-label {problem.field}", f"extra-label {problem.cell.strip()}"
                self.columns |= {(problem.resource, name): _voice_of(problem) for name in names}
            elif problem.code == "note-row" and problem.row is not None:
                row = problem.row
                while row == problem.row or (problem.resource, row) in blank:
                    self.rows[problem.resource, row] = _voice_of(problem)
                    row -= 1
        self.gravity: dict[_Voice, Severity] = {}
        if not (self.columns or self.rows):
            return
        for problem in report.problems:
            self._raise(self._voice_for(problem), problem.severity)
        for kind, numbers in report.further.items():
            for row in numbers if kind.type in OF_A_NOTE else ():
                self._raise(self.rows.get((kind.resource, row)), kind.severity)

    def _raise(self, voice: _Voice | None, severity: Severity) -> None:
        if voice and severity != "warning" and self.gravity.get(voice) != "critical":
            self.gravity[voice] = severity

    def _voice_for(self, problem: Problem) -> _Voice | None:
        if problem.type in ("missing-label", "extra-label") and not problem.code:
            name = problem.field or str(problem.descriptor.get("label", ""))
            return self.columns.get((problem.resource, f"{problem.type} {name.strip()}"))
        if problem.type in OF_A_NOTE and problem.row is not None:
            return self.rows.get((problem.resource, problem.row))
        return None

    def speak_for(self, problem: Problem) -> bool:
        return self._voice_for(problem) is not None

    def gravity_of(self, problem: Problem) -> Severity | None:
        """That of the gravest for which a problem speaks."""
        return (
            self.gravity.get(_voice_of(problem)) if problem.code in ("renamed-column", "note-row") else None
        )

    def spare(self, kind: Kind, rows: tuple[int, ...]) -> tuple[int, ...]:
        """The rows of a kind for which no other problem speaks."""
        if not self.rows or kind.type not in OF_A_NOTE:
            return rows
        return tuple(row for row in rows if (kind.resource, row) not in self.rows)


_Voice = tuple[str, str | None, str | None, int | None]


def _voice_of(problem: Problem) -> _Voice:
    return problem.resource, problem.code, problem.field, problem.row
