"""What must not get out by accident: personal data that nobody declared, and text that would run where it is opened.

Personal data is told by its place only. Where a row holds some, no other problem of that row says what stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from catalog.published import text
from messages import gettext as _
from messages import ngettext
from pipelines.dataset import Dataset, Resource
from pipelines.personal import hidden, public
from validation.active import scan_active
from validation.privacy.context import context
from validation.privacy.identifiers import KINDS, kinds
from validation.privacy.scan import Found, Subject, scan, scan_extra
from validation.report import KEPT, Kind, Problem, Report
from validation.table import Table, schema

# What is published as text, and what could be a number of a person; dates and booleans are neither.
TEXTS = frozenset(("string", "any", "object", "array", "list", "geojson"))
NUMBERS = frozenset(("integer", "number"))
CODES = frozenset((*(f"personal-{kind}" for kind in KINDS), "formula-cell", "html-cell"))
"""What is told by its place alone."""
# Notes that quote the schema, never a cell
_OF_THE_SCHEMA = re.compile(r'type is "\w+/.*"|constraint "\w+" is ".*"', re.DOTALL)


@dataclass(frozen=True)
class Gate:
    """What was found: problems, how many more there are of each kind, and by resource the rows whose cells stay untold (None: those of the
    header) and the kinds that each public column holds."""

    problems: tuple[Problem, ...]
    uncounted: Mapping[Kind, int]
    untold: Mapping[str, frozenset[int | None]]
    public: Mapping[str, Mapping[str, tuple[str, ...]]]

    @property
    def personal(self) -> bool:
        return any(self.untold.values())

    def told(self, report: Report) -> Report:
        """The report without a value of a row that holds personal data."""
        problems = tuple(self._safe(problem) for problem in report.problems)
        labels = {name: () if None in self.untold.get(name, ()) else given for name, given in report.labels.items()}
        return replace(report, problems=problems, labels=labels)

    def _safe(self, problem: Problem) -> Problem:
        untold = self.untold.get(problem.resource, frozenset())
        header = problem.row is None and None in untold and not problem.code
        if problem.code in CODES or not ((problem.row in untold and problem.row is not None) or header):
            return untelling(problem)
        note = (
            problem.note
            if _OF_THE_SCHEMA.fullmatch(problem.note)
            else _("there is personal data beside it, so what stands there is not shown")
        )
        return replace(problem, note=note, cell=None, descriptor={})


def untelling(problem: Problem) -> Problem:
    """A problem of the file as a whole may quote it: not where what it quotes is personal data."""
    if problem.row is None and kinds(problem.note):
        return replace(problem, note=_("there is personal data in what it would quote, so it is not shown"), cell=None, descriptor={})
    return problem


def inspect(dataset: Dataset, delivered: Mapping[str, Table], kept: Mapping[str, pa.Table]) -> Gate:
    """Searches what was delivered, after repairs, and the rows of earlier releases that stay."""
    problems: list[Problem] = []
    uncounted: dict[Kind, int] = {}
    untold: dict[str, frozenset[int | None]] = {}
    known: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for resource in dataset.resources:
        table = delivered[resource.name]
        found, of_public = _split(resource, table.labels, searched(resource, table))
        extra, header = scan_extra(table.batches()), [place for place, label in enumerate(table.labels) if kinds(label)]
        untold[resource.name] = frozenset([*_rows(found), *extra, *([None] if header else [])])
        known[resource.name] = of_public
        texts = [place for place, label in enumerate(table.labels) if _type(resource, label) in TEXTS]
        for each in [*found, *scan_active(table.batches(), texts)]:
            first = [_problem(resource, table.labels, each, row) for row in each.rows[:KEPT].tolist()]
            problems += first
            if len(each.rows) > KEPT:
                uncounted[first[0].kind] = uncounted.get(first[0].kind, 0) + len(each.rows) - KEPT
        problems += [_beside(resource, kind, row) for row, said in sorted(extra.items()) for kind in sorted(said)]
        problems += [_beside(resource, kind, None) for place in header for kind in sorted(kinds(table.labels[place]))]
        problems += _earlier(resource, kept.get(resource.name))
    return Gate(tuple(problems), uncounted, untold, known)


def searched(resource: Resource, table: Table) -> list[Found]:
    """Personal data in the columns that are not hidden."""
    declared = resource.pipeline.personal_data
    gone, open_to_all = hidden(declared), public(declared)
    titles = {field["name"]: field.get("title", "") for field in resource.schema["fields"]}
    subjects = []
    for place, label in enumerate(table.labels):
        kind = _type(resource, label)
        if label not in gone and kind in TEXTS | NUMBERS:
            about = context(label, titles.get(label, ""), table.labels[place - 1] if place else "")
            subjects.append(Subject(place, about, kind in TEXTS, label in open_to_all))
    return scan(table.batches(), subjects, people=bool(gone))


def _split(resource: Resource, labels: tuple[str, ...], found: Iterable[Found]) -> tuple[list[Found], dict[str, tuple[str, ...]]]:
    """What nobody declared, and the kinds in the columns that are meant to be public."""
    undeclared, of_public = [], {name: set[str]() for name in public(resource.pipeline.personal_data)}
    for each in found:
        if labels[each.place] in of_public:
            of_public[labels[each.place]].add(each.kind)
        else:
            undeclared.append(each)
    return undeclared, {name: tuple(sorted(said)) for name, said in of_public.items()}


def _type(resource: Resource, label: str) -> str:
    """A field's type; an unknown column is text."""
    return next((str(field.get("type", "string")) for field in resource.schema["fields"] if field["name"] == label), "string")


def _rows(found: Iterable[Found]) -> Iterator[int]:
    for each in found:
        yield from each.rows.tolist()


def _problem(resource: Resource, labels: tuple[str, ...], found: Found, row: int) -> Problem:
    """A finding in one cell, by its place. What would run is not told either: reports are opened in spreadsheets and pages."""
    label = labels[found.place]
    field = label if label in resource.fields else None
    code = f"personal-{found.kind}" if found.kind in KINDS else f"{found.kind}-cell"
    return Problem("cell-error", resource.name, _said(found.kind, field), code=code, row=row, field=field, field_number=found.place + 1)


def _beside(resource: Resource, kind: str, row: int | None) -> Problem:
    """Personal data outside the columns: in a cell too many, or in the header."""
    return Problem("row-error" if row else "table-error", resource.name, _note(kind), code=f"personal-{kind}", row=row)


def _earlier(resource: Resource, kept: pa.Table | None) -> Iterator[Problem]:
    """Personal data in rows of earlier releases, which would be published once more."""
    names = [
        name for name in resource.fields if kept is not None and name in kept.column_names and _type(resource, name) in TEXTS | NUMBERS
    ]
    if kept is None or not names:
        return
    table = kept.select(names).combine_chunks()
    cells = [text(column) for column in table.columns]
    numbers = pa.array(range(table.num_rows), pa.int64())
    arrays = [numbers, *(c.combine_chunks() for c in cells), pa.nulls(table.num_rows, pa.list_(pa.string()))]
    batch = pa.record_batch(arrays, schema=schema(len(names)))
    one = Table(resource.name, tuple(names), lambda: iter([batch]))
    found, _public = _split(resource, one.labels, searched(resource, one))
    for each in found:
        note = ngettext(
            "{what}, in {n} row of earlier extracts, which stays",
            "{what}, in {n} rows of earlier extracts, which stay",
            len(each.rows),
            what=_note(each.kind),
        )
        yield Problem("table-error", resource.name, note, code=f"personal-{each.kind}", field=names[each.place])


def _said(kind: str, field: str | None) -> str:
    """What it is and, of a field with personal data, what to write."""
    if field is None or kind not in KINDS:
        return _note(kind)
    choices = f'{{{field}: drop | hash | mask | {{publicBecause: "…"}}}}'
    return _("{what}; what is meant is said by `personalData: {choices}`", what=_note(kind), choices=choices)


def _note(kind: str) -> str:
    return {
        "cuit": _("the CUIT or CUIL of a person"),
        "dni": _("the document number of a person"),
        "email": _("an e-mail address"),
        "phone": _("a telephone number"),
        "name": _("the name of an identified person"),
        "formula": _("a spreadsheet would take this text for a formula"),
        "html": _("the text holds HTML, which a page would run"),
    }[kind]
