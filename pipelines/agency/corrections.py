"""Which cells of an agency's file can be corrected without asking, because one reading alone makes sense; of
the others, what to ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from pipelines.agency.check import Check
from pipelines.agency.readings import (
    CellAnswer,
    CellReading,
    Evidence,
    choose_name,
    collapse_spaces,
    correct_boolean,
    correct_date,
    correct_number,
    correct_whole_number,
    detect_day_first,
    detect_decimal_mark,
    fold_names,
    is_no_number,
    spaces_reason,
)
from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout, Writing
from pipelines.dataset.personal import hidden_fields
from pipelines.read.grid import UnpivotedRow, Unreadable
from pipelines.read.places import Places
from pipelines.read.repair import CellRepair
from pipelines.release.inputs import referred_tables
from validation.fast.proof import Values
from validation.fast.row_numbers import distinct
from validation.report import Kind

KINDS = frozenset(("type-error", "constraint-error", "foreign-key"))
"""What a correction can put right."""
MOST = 100_000
"""Corrections of one file; where there are more, there is no corrected copy."""
LIKED, COMPARED = 1_000, 200_000
"""Texts of a column for which names that are like them are looked for, as many as have notes in a workbook;
and how many comparisons that may take where the list of names is long."""


@dataclass(frozen=True)
class CellCorrection:
    """A cell of the file (its row's number, its place from 0): what stood there, what stands there now, and
    why that is certain."""

    row: int
    place: int
    field: str
    before: str
    after: str
    why: str


@dataclass(frozen=True)
class WrongCells:
    """The cells of a column in which something is wrong, as the file has them: their place in its rows (from
    0), the numbers of their rows, and their texts."""

    place: int
    rows: pa.Array
    texts: pa.DictionaryArray


@dataclass(frozen=True)
class Corrections:
    """By cell of the file what is certain, and what another might be meant as; `wrong` has by field the cells
    that were looked at, where the table's rows are the file's."""

    certain: Mapping[tuple[int, int], CellCorrection] = field(default_factory=dict)
    possible: Mapping[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)
    cut: bool = False
    wrong: Mapping[str, WrongCells] = field(default_factory=dict)


def warm_up() -> None:
    """Makes ready what every column needs (isolation/readiness.py asks for it): frictionless's own check of a
    field's description."""
    Field.from_descriptor({"name": "x", "type": "string"})


def find_cell_corrections(done: Check, resource: Resource) -> Corrections:
    """Looks at every cell in which something is wrong, not only at the problems that are kept in words."""
    reading = done.checked.readings[resource.name]
    wrong = _wrong_rows(done, resource)
    names = [
        name
        for name in resource.fields
        if name in wrong and name not in hidden_fields(resource.pipeline.personal_data)
    ]
    if reading.places is None or not names:
        return Corrections()
    layout = resource.pipeline.layouts[reading.layout] if reading.layout is not None else Layout()
    allowed = _referenced_values(done, resource)
    column_of, find_answered, cells = _columns_and_wrong(reading.places, names, wrong)
    columns = {name: _ColumnCorrector(resource, name, layout, allowed.get(name), column_of) for name in names}
    found: dict[tuple[int, int], CellCorrection] = {}
    possible: dict[tuple[int, int], tuple[str, ...]] = {}
    for row, place, name, text in find_answered(columns):
        answer = columns[name](text)
        if answer.certain is not None:
            if len(found) >= MOST:
                return Corrections(found, possible, cut=True, wrong=cells)
            found[row, place] = CellCorrection(
                row, place, name, text, answer.certain.text, answer.certain.why
            )
        elif answer.possible and len(possible) < MOST:
            possible[row, place] = answer.possible
    return Corrections(found, possible, wrong=cells)


def is_of_a_cell(kind: Kind) -> bool:
    """Whether such a problem is a cell's that a correction can put right."""
    return kind.type in KINDS and not kind.code


def _wrong_rows(done: Check, resource: Resource) -> dict[str | None, Values]:
    """By field the rows of the file whose cell is wrong in a way that a correction can put right."""
    report = done.report
    kept: dict[str | None, list[int]] = {}
    for problem in report.problems:
        if problem.resource != resource.name or problem.type not in KINDS or problem.code:
            continue
        if problem.row is not None:
            kept.setdefault(problem.field, []).append(problem.row)
    rows = {name: [np.array(numbers, np.int64)] for name, numbers in kept.items()}
    for kind, numbers in report.further.items():
        if kind.resource == resource.name and is_of_a_cell(kind):
            rows.setdefault(kind.field, []).append(np.array(numbers, np.int64))
    return {name: distinct(parts) for name, parts in rows.items()}


NUMERIC = ("number", "integer", "year")
_PLAIN_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NOTHING = CellAnswer()


class _ColumnCorrector:
    """The answers for one field's cells, as they stand in the file; each distinct text is worked out once."""

    def __init__(
        self,
        resource: Resource,
        name: str,
        layout: Layout,
        allowed: Collection[str] | None,
        column: Callable[[str], pa.ChunkedArray],
    ) -> None:
        declared = next(f for f in resource.schema["fields"] if f["name"] == name)
        missing = resource.schema.get("missingValues", [""])
        self.writing = layout.fields.get(name)
        self.way = CellRepair(declared, missing, resource.pipeline.values.get(name, ()), self.writing)
        self.read_cell = Field.from_descriptor({"missingValues": missing, **declared}).create_cell_reader()
        self.type, self.percent = declared.get("type", "string"), declared.get("unit") == "%"
        self.default = declared.get("format", "default") == "default"
        self.allowed = allowed
        self.names = fold_names(
            [*map(str, declared.get("constraints", {}).get("enum", ())), *(allowed or ())]
        )
        self.liked = min(LIKED, COMPARED // max(1, len(self.names)))
        repaired = bool(resource.pipeline.values.get(name)) or self.writing is not None
        # What stands in such a column and is no number has no reading: there may be a hundred thousand of it.
        self.plainly_numeric = self.type in NUMERIC and not repaired and not self.names
        self.column = partial(column, name)
        self.known: dict[str, CellAnswer] = {}

    def __call__(self, text: str) -> CellAnswer:
        if text not in self.known:
            self.known[text] = self._correct(text)
        return self.known[text]

    def reads(self, published: str) -> bool:
        """Whether the schema takes this for a value that stands for something."""
        value, notes = self.read_cell(published)
        return value is not None and not notes and (self.allowed is None or published in self.allowed)

    def _publish(self, text: str) -> str:
        return str(self.way.repair_text(text))

    def _correct(self, text: str) -> CellAnswer:
        if self.plainly_numeric and is_no_number(text):
            return NOTHING
        read = self._publish(text)
        value, notes = self.read_cell(read)
        if (not notes and (value is None or self.reads(read))) or not text.strip():
            return CellAnswer()
        found = self._interpret(read)
        if found.certain is None:
            return CellAnswer(possible=tuple(each for each in found.possible if self.reads(each)))
        written = self._write_back(found.certain.text)
        if written is None or not self.reads(found.certain.text):
            return CellAnswer()
        return CellAnswer(CellReading(written, found.certain.why))

    def _interpret(self, text: str) -> CellAnswer:
        spaced = collapse_spaces(text)
        if spaced != text and self.reads(spaced):
            return CellAnswer(CellReading(spaced, spaces_reason()))
        if self.names:
            self.liked -= 1
            return choose_name(text, self.names, self.liked >= 0)
        if self.type == "date" and self.default:
            return correct_date(text, self.evidence)
        if self.type == "number":
            return correct_number(text, self.evidence, self.percent, self.reads)
        if self.type in ("integer", "year"):
            return correct_whole_number(text, self.evidence, self.reads)
        return correct_boolean(text) if self.type == "boolean" else CellAnswer()

    def _write_back(self, published: str) -> str | None:
        """How to write it in the file so that it is read as that; None where no way is known."""
        ways = [published]
        if self.writing and self.writing.decimal_char:
            ways.append(published.replace(".", self.writing.decimal_char))
        if self.type == "date" and self.writing:
            ways += [date.fromisoformat(published).strftime(format) for format in self.writing.format]
        return next((way for way in ways if self._publish(way) == published), None)

    @cached_property
    def evidence(self) -> Evidence:
        """What the whole column says, for cells that have more than one reading."""
        if self.type != "date" and self.type not in NUMERIC:
            return Evidence()
        column = self.column()
        if self.type == "date":
            texts = [text for text in column.unique().to_pylist() if text and text.strip()]
            declared = _declared_order(self.writing)
            return Evidence(detect_day_first(texts) if declared is None else declared, self._find_ends(texts))
        declared_mark = self.writing.decimal_char if self.writing else None
        return Evidence(decimal=declared_mark or _find_decimal_mark(column))

    def _find_ends(self, texts: Iterable[str]) -> tuple[date, date] | None:
        """The first and the last of the days that read. Plain days stand in their order as texts do, so that
        of thousands only those at both ends are read."""
        published = [self._publish(text) for text in texts]
        plain = sorted({text for text in published if _PLAIN_DAY.fullmatch(text)}) if self.default else []
        others = set(published) - set(plain)
        ends = (next(self._read_days(each), None) for each in (plain, reversed(plain)))
        read = [day for day in (*ends, *self._read_days(others)) if day is not None]
        return (min(read), max(read)) if read else None

    def _read_days(self, published: Iterable[str]) -> Iterator[date]:
        values = (self.read_cell(text)[0] for text in published)
        return (value for value in values if isinstance(value, date))


def _find_decimal_mark(column: pa.ChunkedArray) -> str | None:
    """As `detect_decimal_mark` of all its texts: those with a point alone can prove nothing else, so that one
    of them that does is enough."""
    comma = pc.match_substring(column, ",")
    pointed = column.filter(pc.and_not(pc.match_substring(column, "."), comma))
    points = (text for chunk in pointed.chunks for text in chunk)
    proof = (text.as_py() for text in points if detect_decimal_mark([text.as_py()]))
    return detect_decimal_mark([*column.filter(comma).unique().to_pylist(), *islice(proof, 1)])


def _declared_order(writing: Writing | None) -> bool | None:
    firsts = {format.lstrip()[:2] for format in writing.format} if writing else set()
    return {"%d": True, "%m": False}.get(firsts.pop()) if len(firsts) == 1 else None


def _referenced_values(done: Check, resource: Resource) -> dict[str, frozenset[str]]:
    """By field the values that a reference of that field alone may have, where these are text."""
    others = referred_tables(done.inputs.dataset, done.inputs.needs)
    found = {}
    for key in resource.schema.get("foreignKeys", ()):
        there = others.get(key["reference"].get("resource", "")) or done.checked.tables.get(
            key["reference"].get("resource", "")
        )
        fields, targets = _as_list(key["fields"]), _as_list(key["reference"]["fields"])
        if len(fields) == 1 and there is not None and targets[0] in there.column_names:
            values = there[targets[0]].unique().to_pylist()
            if all(isinstance(value, str) or value is None for value in values):
                found[fields[0]] = frozenset(value for value in values if value is not None)
    return found


def _as_list(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


FoundCell = tuple[int, int, str, str]
"""A cell's row, its place in the file, its field, its text."""
FindAnswered = Callable[[Mapping[str, _ColumnCorrector]], Iterable[FoundCell]]
ColumnOf = Callable[[str], pa.ChunkedArray]


def _columns_and_wrong(
    places: Places, names: Sequence[str], wrong: Mapping[str | None, Values]
) -> tuple[ColumnOf, FindAnswered, dict[str, WrongCells]]:
    """What gives the texts of a column, as the file has them, what finds among the cells in which something
    is wrong those for which there may be an answer, and these cells; the file is read once."""
    if places.grid is places.raw:
        return _columns_and_cells(places, names, wrong)
    texts: dict[str, dict[str, None]] = {name: {} for name in names}
    rows = {name: set(wrong[name].tolist()) for name in names}
    cells = []
    for cell in _file_cells(places, names):
        row, _place, name, text = cell
        texts[name][text] = None
        if row in rows[name]:
            cells.append(cell)
    return lambda name: pa.chunked_array([[*texts[name]]], pa.string()), lambda _columns: cells, {}


def _columns_and_cells(
    places: Places, names: Sequence[str], wrong: Mapping[str | None, Values]
) -> tuple[ColumnOf, FindAnswered, dict[str, WrongCells]]:
    """The same, of a table whose rows are the file's: column by column."""
    there = {
        name: column
        for name in names
        if name in places.table.labels and (column := _column_place(places, name)) is not None
    }
    table = places.file_columns(list(there.values()))
    columns = dict(zip(there, table.columns[1:], strict=False))
    cells: dict[str, WrongCells] = {}
    for name, column in columns.items():
        asked = pc.and_(pc.is_in(table.column(0), pa.array(wrong[name])), pc.is_valid(column))
        rows, found = (each.filter(asked).combine_chunks() for each in (table.column(0), column))
        cells[name] = WrongCells(there[name], rows, found.dictionary_encode())

    def find_answered(correctors: Mapping[str, _ColumnCorrector]) -> Iterable[FoundCell]:
        answered: list[FoundCell] = []
        for name, found in cells.items():
            known = [correctors[name](text) != NOTHING for text in found.texts.dictionary.to_pylist()]
            some = pa.array(known, pa.bool_()).take(found.texts.indices)
            texts = found.texts.filter(some).cast(pa.string()).to_pylist()
            numbers = found.rows.filter(some).to_pylist()
            answered += [(row, found.place, name, text) for row, text in zip(numbers, texts, strict=True)]
        return sorted(answered)

    nothing = pa.chunked_array([], pa.string())
    return lambda name: columns.get(name, nothing), find_answered, cells


def _file_cells(places: Places, names: Sequence[str]) -> Iterator[tuple[int, int, str, str]]:
    """Row number, place in the file, field and text of each cell of these fields; a cell that stands for
    several rows comes once."""
    wanted = [
        (name, column)
        for name in names
        if name in places.table.labels and (column := _column_place(places, name)) is not None
    ]
    turned = places.grid is not places.raw
    try:
        for number, row in places.grid.rows():
            origins = row.origins if isinstance(row, UnpivotedRow) else None
            if turned and origins is None:
                continue
            for name, column in wanted:
                if column >= len(row):
                    continue
                place: int | None = column
                if origins is not None:
                    place = origins[column] if column < len(origins) else None
                if place is not None:
                    yield number, place, name, row[column]
    except Unreadable:
        return


def _column_place(places: Places, name: str) -> int | None:
    return places.columns[places.table.labels.index(name)]
