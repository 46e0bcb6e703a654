"""Problems of one kind in one column together: how many, the first ones, how to correct them, and the note
for each of their cells."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from messages import gettext as _
from messages.formats import quote, spell_unseen
from pipelines.agency.check import Check
from pipelines.agency.corrections import CellCorrection, Corrections
from pipelines.dataset.dataset import Resource
from pipelines.read.finding import SURE
from pipelines.read.no_data import LOST
from pipelines.read.places import FileCell, Places
from pipelines.read.read import Reading
from pipelines.release.echoes import without_echoes
from validation.problems.cell_rules import IN_WORKBOOKS
from validation.problems.notes import broken_rule, expected_by_rule, plain, plain_for_sender
from validation.problems.registry import advice, is_public
from validation.report import Kind, Problem, Report, Severity

EXAMPLES = 3
_WRITINGS = ("numbers", "dates", "years")
_DAY = re.compile(
    r"(?:(?P<y>\d{4})|(?P<d>\d{1,2}))[/.-](?P<m>\d{1,2})[/.-](?(y)(?P<day>\d{1,2})|(?P<year>\d{4}|\d\d))"
)


OWN_LABELS = ("blank-label", "duplicate-label")
"""Unknown columns whose name in the table is ours."""


@dataclass(frozen=True)
class Example:
    """Where a problem stands in the agency's file, what stands there (None: it stays untold) and what is said
    of it alone."""

    row: int | None
    cell: str | None
    value: str | None
    note: str = ""

    @property
    def shown(self) -> str:
        """What stands there, with what nobody sees spelt out: a day before a U+200B is none that reads."""
        return spell_unseen(self.value or "")

    @property
    def where(self) -> str:
        if self.row is None:
            return ""
        return (
            _("row {row}, cell {cell}", row=self.row, cell=self.cell)
            if self.cell
            else _("row {row}", row=self.row)
        )


@dataclass(frozen=True)
class ProblemGroup:
    """Problems of one kind and column. `count` has all, `problems` the first 1,000 of each kind and field,
    `further` the rows of the others; `column` is the label in the agency's file."""

    resource: str
    type: str
    code: str | None
    severity: Severity
    field: str | None
    column: str | None
    count: int
    title: str
    expected: str
    remedy: str
    problems: tuple[Problem, ...] = ()
    further: tuple[int, ...] = ()

    @property
    def place_only(self) -> bool:
        """Whether such problems are told by their place alone."""
        return not is_public(self.code)

    @property
    def is_uniform(self) -> bool:
        """Whether all that is to be said of them is said of the group."""
        return self.type in ("type-error", "constraint-error") or (
            self.type.endswith("-label") and self.code is None
        )

    @property
    def first_problems(self) -> list[Problem]:
        """The first problems in different cells: one cell may stand for several rows of the table."""
        found: dict[tuple[int | None, str | None, str | None], Problem] = {}
        for problem in self.problems:
            found.setdefault(
                (problem.row, problem.place, problem.cell if problem.row is None else None), problem
            )
            if len(found) == EXAMPLES:
                break
        return list(found.values())

    @property
    def examples(self) -> list[Example]:
        return [describe_example(problem, self) for problem in self.first_problems]

    @property
    def listed_count(self) -> int:
        """How many are in the list of all problems."""
        return len(self.problems) + len(self.further)

    def to_json(self) -> dict[str, Any]:
        return {
            "resource": self.resource,
            "type": self.type,
            "code": self.code,
            "severity": self.severity,
            "field": self.field,
            "column": self.column,
            "count": self.count,
            "listed": self.listed_count,
            "title": self.title,
            "expected": self.expected,
            "remedy": self.remedy,
            "examples": [
                {"row": each.row, "cell": each.cell, "value": each.value, "note": each.note}
                for each in self.examples
            ],
        }


def group_check_problems(done: Check) -> list[ProblemGroup]:
    """The groups of a trial's problems."""
    return _group_all(
        done.plain_report,
        done.checked.readings,
        {resource.name: resource for resource in done.inputs.dataset.resources},
    )


def group_problems(report: Report) -> list[ProblemGroup]:
    """The groups of a report without its files and declarations: columns are called as their fields."""
    return _group_all(without_echoes(report, {}), {}, {})


def _group_all(
    report: Report, readings: Mapping[str, Reading], resources: Mapping[str, Resource]
) -> list[ProblemGroup]:
    """The report's problems in groups: what stops before what does not, the whole file before its header,
    this before its cells, then the most frequent ones. Columns have the agency's own labels."""
    kept: dict[tuple[Any, ...], list[Problem]] = {}
    counts: dict[tuple[Any, ...], int] = {}
    for kind, count in report.counts.items():
        counts[_group_key(kind)] = counts.get(_group_key(kind), 0) + count
    for problem in report.problems:
        kept.setdefault(_group_key(problem.kind), []).append(problem)
    further: dict[tuple[Any, ...], list[int]] = {}
    for kind, rows in report.further.items():
        further.setdefault(_group_key(kind), []).extend(rows)
    found = [
        replace(each, further=tuple(further.get(key, ())))
        for key, count in counts.items()
        for each in _split_by_rule(key, count, kept.get(key, []), readings, resources.get(key[0]))
    ]
    return sorted(
        found,
        key=lambda group: (group.severity == "warning", _order_level(group.type, group.code), -group.count),
    )


def describe_example(problem: Problem, group: ProblemGroup) -> Example:
    """A problem as people find it in their file."""
    if group.place_only:
        return Example(problem.row, problem.place, None)
    # Of a cell that is not there frictionless says "None".
    cell = (
        ""
        if problem.type == "constraint-error" and problem.cell == "None" and '"required"' in problem.note
        else problem.quoted
    )
    value = (
        ""
        if problem.row is None and problem.code in OWN_LABELS
        else cell or ", ".join(map(str, problem.descriptor.get("fieldCells", ())))
    )
    note = "" if group.is_uniform or (group.type == "foreign-key" and value) else plain_for_sender(problem)
    if note == group.expected:
        note = ""
    if group.type == "type-error":
        note = note or _describe_cell(value, problem.note)
    return Example(problem.row, problem.place, value, note)


def _describe_cell(cell: str, note: str) -> str:
    """What a cell is that is written as the others, and yet is not of the type that frictionless's `note`
    names; "" where its look says enough."""
    if cell.strip().casefold() in LOST:
        return _("the error of a spreadsheet, and no value")
    found = _DAY.fullmatch(cell.strip())
    if not found or not note.startswith('type is "date'):
        return ""
    year, month, day = (int(found["y"] or found["year"]), int(found["m"]), int(found["d"] or found["day"]))
    if not 1 <= month <= 12 or 1 <= day <= monthrange(year + 2000 * (year < 100) or 2000, month)[1]:
        return ""
    return _("there is no such day in the calendar")


def _group_key(kind: Kind) -> tuple[Any, ...]:
    alone = None if kind.type.endswith("-label") or kind.type == "missing-cell" else kind.field
    return kind.resource, kind.type, kind.code, alone, kind.severity


def _split_by_rule(
    key: tuple[Any, ...],
    count: int,
    problems: list[Problem],
    readings: Mapping[str, Reading],
    declared: Resource | None,
) -> Iterator[ProblemGroup]:
    """One group, or where a column breaks several rules one for each of them, as far as all places are
    known."""
    resource, type, code, name, severity = key
    kind = re.match(r'type is "(\w+)/', problems[0].note) if problems else None
    required = _may_not_be_empty(declared, name)
    known = advice(type, code, kind[1] if kind else None, required=required)
    expected = known.expected
    by_rule: dict[str, list[Problem]] = {}
    if type == "constraint-error":
        notes = {problem.note: problem for problem in problems}
        rules = {note: expected_by_rule(problem) for note, problem in notes.items()}
        for problem in problems:
            by_rule.setdefault(rules[problem.note] or plain(problem), []).append(problem)
        if len(problems) < count and len(by_rule) > 1:
            by_rule = {"; ".join(by_rule): problems}
    if type == "foreign-key" and problems and (table := problems[0].descriptor.get("referenceName")):
        expected = _("a name that stands in the list {table}", table=str(table).split("/")[0])
    in_workbook = IN_WORKBOOKS.get(kind[1]) if kind and _is_workbook(readings.get(resource)) else None
    if in_workbook is not None:
        expected = str(in_workbook)
    if type == "type-error" and not code and (example := _written_example(readings.get(resource), name)):
        expected = _("a value written as the others of its column are, as in “{example}”", example=example)
    places = readings[resource].places if resource in readings else None
    fields = name or (", ".join(declared.primary_key) if type == "primary-key" and declared else None)
    for rule, some in by_rule.items() or [(expected, problems)]:
        column = (
            ", ".join(_problem_labels(some, _expected_labels(declared, readings.get(resource))))
            if type.endswith("-label")
            else _column_labels(places, fields)
        )
        many = count if len(by_rule) < 2 else len(some)
        broken = {broken_rule(problem) for problem in some}
        title, _expected, remedy = (
            advice(type, code, rule=broken.pop()) if len(broken) == 1 and None not in broken else known
        )
        yield ProblemGroup(
            resource, type, code, severity, fields, column or None, many, title, rule, remedy, tuple(some)
        )


def _may_not_be_empty(declared: Resource | None, name: str | None) -> bool:
    """Whether a field of the table asks for a value in every row."""
    if declared is None or name is None:
        return False
    fields = {field["name"]: field for field in declared.schema["fields"]}
    constraints = fields.get(name, {}).get("constraints", {})
    return bool(constraints.get("required")) or name in declared.primary_key


def _is_workbook(reading: Reading | None) -> bool:
    return reading is not None and reading.sheet is not None


def _written_example(reading: Reading | None, field: str | None) -> str | None:
    """How the other cells of a column are written, where that was found out and followed: the published way
    (`1234.5`) would be no help to who writes `1.234,5`."""
    found = reading.findings if reading else ()
    return next(
        (f.example for f in found if f.field == field and f.what in _WRITINGS and f.confidence >= SURE),
        None,
    )


def _problem_labels(problems: Iterable[Problem], written: Mapping[str, str]) -> list[str]:
    found = [
        str(
            _own_label(problem)
            or problem.descriptor.get("label")
            or written.get(problem.field or "", problem.field or "")
        )
        for problem in problems
    ]
    return [label for label in found if label]


def _own_label(problem: Problem) -> str | None:
    """How the file itself names a column that has its name of us."""
    if problem.code not in OWN_LABELS:
        return None
    return problem.place if problem.code == "blank-label" else problem.cell


def _expected_labels(resource: Resource | None, reading: Reading | None) -> dict[str, str]:
    """By field the label that the layout expects for it."""
    if resource is None or reading is None or reading.layout is None:
        return {}
    return {
        field: label.strip()
        for label, field in reversed(resource.pipeline.layouts[reading.layout].labels.items())
    }


def _column_labels(places: Places | None, names: str | None) -> str | None:
    """The labels in the agency's file of these fields, joined as they are; a field's own name where the file
    has no such column."""
    if not names:
        return None
    found: list[str] = []
    for name in names.split(", "):
        place = places.column(name) if places else None
        found.append(places.raw.labels[place].strip() if places and place is not None else name)
    return ", ".join(found)


def _order_level(type: str, code: str | None) -> int:
    if code and code.startswith(("personal-", "ask-")):
        return 1
    if type in (
        "source-error",
        "format-error",
        "encoding-error",
        "scheme-error",
        "compression-error",
        "file-error",
        "data-error",
    ):
        return 0
    return 2 if type.endswith(("-label", "-header")) or code == "renamed-column" else 3


def count_by_severity(found: Iterable[ProblemGroup]) -> Mapping[Severity, int]:
    """How many problems are to be corrected (they stop the release, or hold their row back), and how many are
    only worth a look."""
    listed = list(found)
    return {
        "critical": sum(group.count for group in listed if group.severity != "warning"),
        "warning": sum(group.count for group in listed if group.severity == "warning"),
    }


Colour = Literal["critical", "warning", "corrected"]


@dataclass(frozen=True)
class CellMark:
    """A cell's colour, and the note in it."""

    colour: Colour
    note: str


def mark_cells(places: Places, found: Sequence[ProblemGroup], fixes: Corrections) -> dict[FileCell, CellMark]:
    """By cell, the gravest group first."""
    said: dict[FileCell, list[str]] = {}
    colours: dict[FileCell, Colour] = {}
    for group in found:
        for cell, problem in problem_cells(places, group):
            colours.setdefault(cell, "warning" if group.severity == "warning" else "critical")
            note = _note_text(group, problem, () if cell in fixes.certain else fixes.possible.get(cell, ()))
            if note not in said.setdefault(cell, []):
                said[cell].append(note)
    for cell, correction in fixes.certain.items():
        colours[cell] = "corrected"
        said.setdefault(cell, []).append(_correction_note(correction))
    return {cell: CellMark(colours[cell], "\n\n".join(notes)) for cell, notes in said.items()}


def problem_cells(places: Places, group: ProblemGroup) -> Iterator[tuple[FileCell, Problem]]:
    """The cells in which a group's problems stand: of a row as a whole its key's cells, else its first one;
    of a column its label."""
    for problem, place in zip(group.problems, places.cells(group.problems), strict=True):
        for cell in _cells_of_problem(places, group, problem, place):
            yield cell, problem


def _cells_of_problem(
    places: Places, group: ProblemGroup, problem: Problem, place: int | None
) -> Iterable[FileCell]:
    if problem.row is None:
        label = problem.descriptor.get("label") if group.type.endswith("-label") else problem.field
        if problem.code == "renamed-column":
            label = problem.cell  # the field has no column
        column = places.column(str(label)) if label else None
        return [(places.raw.header_row, column)] if column is not None else []
    if place is not None:
        return [(problem.row, place)]
    names = (problem.field or group.field or "").split(", ")
    columns = [column for name in names if name and (column := places.column(name)) is not None]
    if group.type == "extra-cell":
        columns = [len(places.raw.labels)]
    return [(problem.row, column) for column in columns or [0]]


def _note_text(group: ProblemGroup, problem: Problem, possible: Sequence[str]) -> str:
    what = "" if group.place_only or group.is_uniform else plain_for_sender(problem)
    if what in ("", group.expected):
        what = _("expected: {what}", what=group.expected) if group.expected else ""
    lines = [f"{group.title}. {what[:1].upper()}{what[1:]}".strip().rstrip(".") + ".", group.remedy]
    if possible:
        names = _(" or ").join(quote(each) for each in possible[:2])
        lines.insert(1, _("Is it {names}?", names=names))
    return "\n".join(lines)


def _correction_note(correction: CellCorrection) -> str:
    return _("In the corrected copy: “{after}” ({why}).", after=correction.after, why=correction.why)


def marked_rows(marked: Mapping[FileCell, CellMark]) -> list[int]:
    """The numbers of the rows with a marked cell."""
    return sorted({row for row, _place in marked})
