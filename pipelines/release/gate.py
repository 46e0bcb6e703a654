"""What must not get out by accident: personal data that nobody declared, and text that would run where it is
opened.

A report names the place of personal data, never the value; where a row holds some, no other problem of that
row quotes it either.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.published import text
from messages import gettext as _
from messages import ngettext
from pipelines.dataset.dataset import Dataset, Resource
from pipelines.dataset.personal import public_fields
from pipelines.release.asking import ask_columns
from pipelines.release.search import NUMBERS, TEXTS, search_cells, search_rows, subjects_of, type_of
from validation.personal.context import Context
from validation.personal.identifiers import PERSONAL_KINDS, find_kinds
from validation.personal.kinds import COVERS
from validation.personal.scan import LEAST_CUIT, LEAST_PERSON, PersonalFinding
from validation.problems.registry import is_public
from validation.report import KEPT, Kind, Problem, Report
from validation.table import Table, schema

AT_ONCE = 262_144
"""Rows of earlier releases that are searched together."""
# Notes that quote the schema, never a cell
_OF_THE_SCHEMA = re.compile(r'type is "\w+/.*"|constraint "\w+" is ".*"', re.DOTALL)


@dataclass(frozen=True)
class Gate:
    """What was found: problems, the rows of more of each kind, and by resource the rows whose cells
    are concealed (None: those of the header), the columns that ask for a decision, and the kinds that each
    public column holds."""

    problems: tuple[Problem, ...]
    further: Mapping[Kind, tuple[int, ...]]
    concealed: Mapping[str, frozenset[int | None]]
    asked: Mapping[str, frozenset[str]]
    public: Mapping[str, Mapping[str, tuple[str, ...]]]

    @property
    def personal(self) -> bool:
        return any(self.concealed.values()) or any(self.asked.values())

    def conceal(self, report: Report) -> Report:
        """The report without a value of a row that holds personal data, where no problem of a whole file
        quotes some (see `without_values`)."""
        problems = tuple(self._conceal_problem(problem) for problem in report.problems)
        labels = {
            name: () if None in self.concealed.get(name, ()) else given
            for name, given in report.labels.items()
        }
        return replace(report, problems=problems, labels=labels)

    def _conceal_problem(self, problem: Problem) -> Problem:
        concealed = self.concealed.get(problem.resource, frozenset())
        asked = self.asked.get(problem.resource, frozenset())
        if problem.row is not None and asked and is_public(problem.code):
            if problem.field is None or problem.field in asked:
                return _without_cell(problem)
            problem = replace(problem, descriptor={})
        header = problem.row is None and None in concealed and not problem.code
        if not is_public(problem.code) or not (
            (problem.row in concealed and problem.row is not None) or header
        ):
            return problem
        return _without_cell(problem)


def _without_cell(problem: Problem) -> Problem:
    """A problem of a row that may quote personal data, with what it says of the schema alone."""
    told = _OF_THE_SCHEMA.fullmatch(problem.note)
    note = problem.note if told else _("there is personal data beside it, so what stands there is not shown")
    return replace(problem, note=note, cell=None, descriptor={})


def without_values(problem: Problem) -> Problem:
    """A problem of the file as a whole may quote it: not where what it quotes is personal data. A question
    about a column quotes its label; that it speaks of unions or children is its own word."""
    quoted = problem.field or "" if (problem.code or "").startswith("ask-") else problem.note
    if problem.row is None and find_kinds(quoted):
        return replace(
            problem,
            note=_("there is personal data in what it would quote, so it is not shown"),
            cell=None,
            descriptor={},
        )
    return problem


@dataclass(frozen=True)
class Inspection:
    """What was found in one delivered table; the fields are those of Gate."""

    problems: tuple[Problem, ...]
    further: Mapping[Kind, tuple[int, ...]]
    concealed: frozenset[int | None]
    asked: frozenset[str]
    public: Mapping[str, tuple[str, ...]]


def inspect_tables(
    dataset: Dataset,
    inspections: Mapping[str, Inspection],
    kept: Mapping[str, pa.Table],
    *,
    searched: bool = False,
) -> Gate:
    """What was found in the tables that were delivered, and in the rows of earlier releases that stay. Where
    these were `searched` by the same rules when they were delivered, texts, which are published as they came,
    are not searched once more."""
    problems: list[Problem] = []
    further: dict[Kind, tuple[int, ...]] = {}
    for resource in dataset.resources:
        found = inspections[resource.name]
        problems += found.problems
        rows = kept.get(resource.name)
        if rows is not None:
            problems += find_retained_problems(resource, rows, found.asked, searched=searched)
        further |= found.further
    return Gate(
        tuple(problems),
        further,
        {name: each.concealed for name, each in inspections.items()},
        {name: each.asked for name, each in inspections.items()},
        {name: each.public for name, each in inspections.items()},
    )


def inspect_table(resource: Resource, table: Table) -> Inspection:
    """Searches what was delivered of one resource, after repairs."""
    problems: list[Problem] = []
    further: dict[Kind, tuple[int, ...]] = {}
    search = search_cells(resource, table)
    found, of_public = _split_public(resource, table.labels, search.personal(resource))
    questions = ask_columns(resource, table.labels, search.samples, found)
    header = [place for place, label in enumerate(table.labels) if find_kinds(label)]
    problems += [_question(resource, table.labels, *each) for each in sorted(questions.items())]
    for each in [*_unasked(found, questions), *search.active]:
        first = [_problem(resource, table.labels, each, row) for row in each.rows[:KEPT].tolist()]
        problems += first
        if len(each.rows) > KEPT:
            more = tuple(each.rows[KEPT:].tolist())
            further[first[0].kind] = further.get(first[0].kind, ()) + more
    for row, row_kinds in sorted(search.extra.items()):
        problems += [_row_problem(resource, kind, row) for kind in sorted(row_kinds)]
    for place in header:
        label_kinds = sorted(find_kinds(table.labels[place]))
        problems += [_row_problem(resource, kind, None) for kind in label_kinds]
    concealed = frozenset([*_rows(found), *search.extra, *([None] if header else [])])
    asked = frozenset(table.labels[place] for place in questions)
    return Inspection(tuple(problems), further, concealed, asked, of_public)


def _unasked(found: Iterable[PersonalFinding], questions: Mapping[int, str]) -> list[PersonalFinding]:
    """The findings that no question about their column asks for."""
    return [each for each in found if each.kind not in COVERS.get(questions.get(each.place, ""), ())]


def _question(resource: Resource, labels: tuple[str, ...], place: int, kind: str) -> Problem:
    """A column that asks for a decision: once, whatever the number of its cells. Contacts of offices
    are told, and stop nothing."""
    note = _(
        "{what} in the column {field}: decide once with `personalData: {choices}`",
        what=_asked(kind),
        field=labels[place],
        choices=_choices(labels[place]),
    )
    return Problem(
        "table-error",
        resource.name,
        note,
        code=f"ask-{kind}",
        severity="warning" if kind == "office-contact" else "critical",
        field=labels[place],
        field_number=place + 1,
        for_sender=_("{what} in this column", what=_asked(kind)),
    )


def _split_public(
    resource: Resource, labels: tuple[str, ...], found: Iterable[PersonalFinding]
) -> tuple[list[PersonalFinding], dict[str, tuple[str, ...]]]:
    """What nobody declared, and the kinds in the columns that are meant to be public."""
    undeclared, of_public = [], {name: set[str]() for name in public_fields(resource.pipeline.personal_data)}
    for each in found:
        if labels[each.place] in of_public:
            of_public[labels[each.place]].add(each.kind)
        else:
            undeclared.append(each)
    return undeclared, {name: tuple(sorted(met)) for name, met in of_public.items()}


def text_fields(resource: Resource) -> list[str]:
    """The fields whose cells are published as they are written."""
    return [name for name in resource.fields if type_of(resource, name) in TEXTS]


def _rows(found: Iterable[PersonalFinding]) -> Iterator[int]:
    for each in found:
        yield from each.rows.tolist()


def _problem(resource: Resource, labels: tuple[str, ...], found: PersonalFinding, row: int) -> Problem:
    """A finding in one cell, by its place. What would run is not quoted either: reports are opened in
    spreadsheets and pages."""
    label = labels[found.place]
    field = label if label in resource.fields else None
    code = f"personal-{found.kind}" if found.kind in PERSONAL_KINDS else f"{found.kind}-cell"
    return Problem(
        "cell-error",
        resource.name,
        _note_with_choices(found.kind, field),
        code=code,
        row=row,
        field=field,
        field_number=found.place + 1,
        for_sender=_note(found.kind),
    )


def _row_problem(resource: Resource, kind: str, row: int | None) -> Problem:
    """Personal data outside the columns: in a cell too many, or in the header."""
    return Problem(
        "row-error" if row else "table-error", resource.name, _note(kind), code=f"personal-{kind}", row=row
    )


def find_retained_problems(
    resource: Resource, kept: pa.Table, asked: frozenset[str], *, searched: bool
) -> Iterator[Problem]:
    """Personal data in rows of earlier releases, which would be published once more; of a column that asks
    for a decision the question is enough."""
    names = [
        name
        for name in resource.fields
        if name not in asked and name in kept.column_names and type_of(resource, name) in TEXTS | NUMBERS
    ]
    known = {name for name in names if searched and type_of(resource, name) == "string"}
    wanted = {
        names[each.place]
        for each in subjects_of(resource, tuple(names), known)
        if each.text or not _has_no_code(kept[names[each.place]], each.context)
    }
    if not wanted:
        return
    known = set(names) - wanted
    searched_rows = search_rows(resource, _published_batches(kept, names, known), tuple(names), known)
    found, _public = _split_public(resource, tuple(names), searched_rows)
    for each in found:
        note = ngettext(
            "{what}, in {n} row of earlier extracts, which stays",
            "{what}, in {n} rows of earlier extracts, which stay",
            len(each.rows),
            what=_note(each.kind),
        )
        yield Problem(
            "table-error", resource.name, note, code=f"personal-{each.kind}", field=names[each.place]
        )


def _published_batches(
    rows: pa.Table, names: Sequence[str], known: Container[str]
) -> Iterator[pa.RecordBatch]:
    """The rows as they are published, without the columns that are known."""
    for start in range(0, rows.num_rows, AT_ONCE):
        part = rows.slice(start, AT_ONCE)
        cells = [
            pa.nulls(part.num_rows, pa.string()) if name in known else text(part[name]).combine_chunks()
            for name in names
        ]
        numbers = pa.array(range(start, start + part.num_rows), pa.int64())
        yield pa.record_batch(
            [numbers, *cells, pa.nulls(part.num_rows, pa.list_(pa.string()))], schema=schema(len(names))
        )


def _has_no_code(column: pa.ChunkedArray, context: Context) -> bool:
    """Whether no number of the column has as many digits as a search looks for: those of a document or a
    telephone where the column speaks of such, else those of a CUIT. A fraction is a document where somebody
    wrote it so (12.345678), and no name of a person is one (NaN): of such columns only whole numbers are
    surely none."""
    of_person = context.dni or context.phone
    if not pa.types.is_integer(column.type) and (of_person or context.name):
        return False
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return False
    bounds = pc.min_max(column).as_py()
    most = 10 ** ((LEAST_PERSON if of_person else LEAST_CUIT) - 1)
    return all(bound is None or abs(bound) < most for bound in bounds.values())


def _note_with_choices(kind: str, field: str | None) -> str:
    """What it is and, of a field with personal data, what to write."""
    if field is None or kind not in PERSONAL_KINDS:
        return _note(kind)
    return _(
        "{what}; what is meant is said by `personalData: {choices}`",
        what=_note(kind),
        choices=_choices(field),
    )


def _choices(field: str) -> str:
    return f'{{{field}: drop | hash | mask | {{publicBecause: "…"}}}}'


def _asked(kind: str) -> str:
    """What a column that is asked about seems to hold."""
    return {
        "name": _("there are names of persons"),
        "birth-date": _("there are birth dates"),
        "home-address": _("there are home addresses"),
        "identity": _("there are identity numbers of persons"),
        "account": _("there are bank accounts or cards"),
        "vehicle": _("there are vehicle plates"),
        "network": _("there are addresses of computers"),
        "contact": _("there are telephones or mailboxes of persons"),
        "office-contact": _("there are telephones or mailboxes, of offices as it seems,"),
        "health": _("the health of persons is told"),
        "gender": _("the gender of persons is told"),
        "children": _("children of persons are told of"),
        "union": _("the union membership of persons is told"),
        "religion": _("the religion of persons is told"),
        "origin": _("the ethnic origin of persons is told"),
        "politics": _("political opinions of persons are told"),
        "sexuality": _("the sexual life of persons is told"),
        "criminal": _("offences of persons are told"),
        "biometrics": _("there are biometric data of persons"),
        "social": _("social benefits or incomes of persons are told"),
        "family": _("the marital status or the kinship of persons is told"),
    }[kind]


def _note(kind: str) -> str:
    return {
        "cuit": _("the CUIT or CUIL of a person"),
        "dni": _("the document number of a person"),
        "email": _("an e-mail address"),
        "phone": _("a telephone number"),
        "name": _("the name of an identified person"),
        "cbu": _("the bank account of a person (CBU, CVU or IBAN)"),
        "card": _("the number of a credit or debit card"),
        "passport": _("the number of a passport"),
        "plate": _("the plate of a vehicle"),
        "ip": _("the address of a computer"),
        "birth-date": _("the birth date of a person"),
        "address": _("where a person lives"),
        "health": _("the health of a person"),
        "religion": _("the religion of a person"),
        "union": _("the union of a person"),
        "child": _("a child in somebody's care"),
        "politics": _("the political opinion of a person"),
        "sexuality": _("the sexual life of a person"),
        "gender": _("the gender of a person"),
        "origin": _("the ethnic origin of a person"),
        "criminal": _("an offence of a person"),
        "social": _("the social benefits or the income of a person"),
        "formula": _("a spreadsheet would take this text for a formula"),
        "html": _("the text holds HTML, which a page would run"),
    }[kind]
