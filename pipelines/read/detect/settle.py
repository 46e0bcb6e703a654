"""From the cells as they were read to the table that is checked: what is surely found out is followed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from messages import gettext as _
from messages import ngettext
from messages.formats import join_words, spell_unseen
from pipelines.dataset.coordinates import fields_within_degrees
from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.dataset.text import TWICE, undo_double_encoding
from pipelines.read.cell_file import CellFile
from pipelines.read.detect.alike import replace_texts
from pipelines.read.detect.beside_values import inspect_texts_among_values
from pipelines.read.detect.column import ColumnGuess, inspect_column
from pipelines.read.detect.dates import day_order, short_month_readings
from pipelines.read.detect.evidence import NO_EVIDENCE, Evidence, settle_doubts
from pipelines.read.detect.foot import LOOKED_AT, FootRow, judge_foot, settle_lone_rows
from pipelines.read.detect.inside import (
    ForeignRows,
    find_repeated_headers,
    find_totals,
    find_units_row,
    rows_with,
)
from pipelines.read.detect.numbers import parse_number
from pipelines.read.detect.orders import ask_about_columns, find_opposite_orders
from pipelines.read.finding import Finding
from pipelines.read.grid import Marks, RowNumbers, nothing_certain, nothing_shown
from validation.report import Problem
from validation.table import EXTRA, ROW, Table, schema

MANY = 10
SHORT_MONTH = r"^\s*\d{1,3}-(?:0?[1-9]|1[0-2])\s*$"
"""Rows that make a rule of what each of them has."""


# What a text that was encoded twice holds: fast to look for, and hardly anything else holds them.
LEADS = ("Ã", "Â", "â€", "â\u0080", "â\u201a", "â\u0082")
FIRSTS = f"[{''.join(sorted({lead[0] for lead in LEADS}))}]"


@dataclass(frozen=True)
class SettledTable:
    """The table, the places of its columns in the file's rows, what was found, what people should decide,
    and what is wrong with single rows."""

    table: Table
    columns: tuple[int | None, ...]
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    faults: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class RawTable:
    """What was read: `columns` are the places in the file's rows, `raw` the file's labels, `foot` the rows
    that may be none of the table's (the last first), `hidden` the fields that nobody is to look at, `epoch`
    the year from which serial dates count, `evidence` what else is known of the file; `certain` says of a
    column (by its place in the file's rows) in which rows a true value of a workbook stands, `shown` what the
    file shows of a cell."""

    table: Table
    columns: Sequence[int | None]
    raw: Sequence[str]
    foot: Sequence[FootRow]
    resource: Resource
    layout: Layout
    hidden: Collection[str] = ()
    epoch: int = 1900
    evidence: Evidence = NO_EVIDENCE
    certain: Callable[[int, RowNumbers], Marks | None] = nothing_certain
    shown: Callable[[int, int, str], str | None] = nothing_shown

    @property
    def kinds(self) -> list[str]:
        """The types of the table's columns."""
        declared = {field["name"]: field.get("type", "any") for field in self.resource.schema["fields"]}
        return [declared.get(label.strip(), "any") for label in self.table.labels]

    def label(self, place: int) -> str:
        """What the file calls the table's column at this place."""
        at = self.columns[place]
        return self.table.labels[place].strip() if at is None else self.raw[at].strip()

    def shows(self, row: int, place: int, text: str) -> tuple[str, str]:
        """What the file calls the table's column at this place, and shows of a cell of it."""
        at = self.columns[place]
        return self.label(place), (None if at is None else self.shown(row, at, text)) or text

    def certain_in(self, place: int, numbers: pa.ChunkedArray) -> Marks | None:
        """Of these rows those that have a true value in the table's column at this place; None for none."""
        at = self.columns[place]
        marks = (
            None if at is None or self.certain is nothing_certain else self.certain(at, numbers.to_numpy())
        )
        return marks if marks is not None and marks.any() else None


def settle(read: RawTable, into: Path) -> SettledTable:
    """Looks at all columns; writes the cells anew (to `into`) only where something in them changes."""
    cells = pa.Table.from_batches(list(read.table.batches()), schema=schema(len(read.table.labels)))
    name, labels = read.resource.name, read.table.labels
    headers = _find_header_rows(read, cells)
    cells = _without(cells, headers.numbers)
    foot = _settle_foot(read, cells)
    kept = _columns_to_keep(read, cells)
    cut = _every_row_goes_on(cells)
    with ThreadPoolExecutor(2, thread_name_prefix="settle") as pool:
        encoded = pool.submit(copy_context().run, _find_double_encoding, read, cells)
        found = _inspect_columns(read, cells, foot, pool)
        twice = encoded.result()
    texts = {place: each.texts for place, each in found.items() if each.texts}
    totals = _find_totals(read, cells, foot, texts)
    above = _without(cells, totals.numbers)
    last_total = max(totals.numbers, default=0)
    judged = judge_foot(foot, above, read.columns, labels, texts, read.resource, last_total, read.shows)
    findings = [finding for each in found.values() for finding in each.findings]
    empty = len(read.columns) - len(kept) + cut
    if empty:
        findings.append(Finding("empty-columns", str(empty), 1.0))
    findings += [*headers.findings, *totals.findings, *judged.findings, *(each for each, _rows in twice)]
    notes = list(ask_about_columns(name, labels, found, above, read.label))
    notes += find_opposite_orders(name, labels, found, read.label)
    notes += [
        _cut_problem(name, labels[place], place, each, above) for place, each in found.items() if each.cut
    ]
    problems = (
        *notes,
        *judged.problems(name),
        *totals.problems,
        *headers.problems,
        *(_twice_problem(name, *each) for each in twice),
    )
    left_out = (
        *headers.numbers,
        *totals.numbers,
        *judged.left_out,
        *_blank_above_foot(above, judged.left_out),
    )
    rest = _without(cells, left_out)
    faults = (
        *_odd_cells(read, rest, found),
        *_cells_without_number(read, rest, found),
        *_short_years(read, rest, texts),
    )
    if not texts and not left_out and len(kept) == len(read.columns) and not cut:
        return SettledTable(read.table, tuple(read.columns), tuple(findings), problems, faults)
    labels = tuple(labels[place] for place in kept)
    cells_anew = CellFile(into, labels)
    cells_anew.write(_settled_blocks(read, kept, texts, left_out, cut))
    table = cells_anew.table(read.table.name, read.table.header_row)
    return SettledTable(
        table, tuple(read.columns[place] for place in kept), tuple(findings), problems, faults
    )


def _settle_foot(read: RawTable, cells: pa.Table) -> list[FootRow]:
    """Of the rows that may be none of the table's those that its cells do not make its own."""
    foot = [row for row in read.foot if row.from_end < cells.num_rows]
    return settle_lone_rows(foot, cells, read.columns, read.kinds)


def _find_header_rows(read: RawTable, cells: pa.Table) -> ForeignRows:
    """The header where it stands once more, and a row of units below it."""
    again = find_repeated_headers(cells, _labels_to_compare(read))
    if read.layout.unpivot is not None:
        return again
    shown = [
        "hidden" if label.strip() in read.hidden else kind
        for label, kind in zip(read.table.labels, read.kinds, strict=True)
    ]
    labels = [read.label(place) for place in range(len(shown))]
    missing = read.resource.schema.get("missingValues", [""])
    units = find_units_row(read.resource.name, _without(cells, again.numbers), labels, shown, missing)
    return replace(again, numbers=(*again.numbers, *units.numbers), problems=units.problems)


def _without(cells: pa.Table, numbers: Collection[int]) -> pa.Table:
    """The cells without the rows that have these numbers."""
    if not numbers:
        return cells
    return cells.filter(pc.invert(pc.is_in(cells.column(ROW), pa.array(sorted(numbers), pa.int64()))))


def _blank_above_foot(cells: pa.Table, left_out: Collection[int]) -> list[int]:
    """The numbers of the empty rows that part the table from a foot that is left out."""
    last = cells.slice(max(0, cells.num_rows - LOOKED_AT))
    blank: list[int] = []
    for number, *texts, beyond in zip(*(column.to_pylist() for column in last.columns), strict=True):
        if number not in left_out:
            filled = any((text or "").strip() for text in (*texts, *(beyond or ())))
            blank = [] if filled else [*blank, number]
    return blank if left_out else []


def _labels_to_compare(read: RawTable) -> list[str | None]:
    """For each column the label that stands above it in the file; None where its cells are hidden."""
    return [
        None if place is None or label.strip() in read.hidden or read.layout.unpivot else read.raw[place]
        for label, place in zip(read.table.labels, read.columns, strict=True)
    ]


def _find_totals(
    read: RawTable, cells: pa.Table, foot: Sequence[FootRow], texts: Mapping[int, Mapping[str, str]]
) -> ForeignRows:
    """Totals in the middle of the table, where the layout does not say that it knows none."""
    if read.layout.foot is False or read.layout.unpivot is not None or len(read.table.labels) < 2:
        return ForeignRows()
    kinds = {field["name"]: field.get("type", "any") for field in read.resource.schema["fields"]}
    below = max((row.from_end + 1 for row in foot), default=0)
    return find_totals(read.resource.name, cells, read.table.labels, kinds, texts, below)


def _odd_cells(read: RawTable, cells: pa.Table, found: Mapping[int, ColumnGuess]) -> Iterator[Problem]:
    """The few cells that read, though they are written otherwise than the rest of their column."""
    for place, guess in found.items():
        if not guess.odd:
            continue
        name = read.table.labels[place].strip()
        declared = next(each for each in read.resource.schema["fields"] if each["name"] == name)
        field = Field.from_descriptor(dict(declared))
        readable = tuple(text for text in guess.odd if not field.read_cell(text)[1])
        certain = read.certain_in(place, cells.column(ROW))
        among = cells if certain is None else cells.filter(pa.array(~certain))
        for row, text in rows_with(among, place, readable):
            note = _(
                "“{cell}” is written otherwise than the other cells of the column (as “{example}”), so that "
                "nobody can be sure what it says",
                cell=spell_unseen(text),
                example=next((f.example for f in guess.findings if f.example), guess.writing),
            )
            yield Problem(
                "cell-error", read.resource.name, note, code="odd-writing", row=row, field=name, cell=text
            )


def _cells_without_number(
    read: RawTable, cells: pa.Table, found: Mapping[int, ColumnGuess]
) -> Iterator[Problem]:
    """Cells that the standard admits among numbers, though they are none: NaN, INF."""
    for place, guess in found.items():
        for row, text in rows_with(cells, place, guess.no_numbers) if guess.no_numbers else ():
            note = _(
                "“{cell}” is no number: a program writes it where it divided by zero, or lacks the value",
                cell=spell_unseen(text.strip()),
            )
            name = read.table.labels[place].strip()
            yield Problem(
                "cell-error", read.resource.name, note, code="no-number", row=row, field=name, cell=text
            )


def _short_years(
    read: RawTable, cells: pa.Table, texts: Mapping[int, Mapping[str, str]]
) -> Iterator[Problem]:
    """The months with a year of two digits of which nobody can tell, or nobody told, which they are:
    frictionless would take 03-11 for November of the year 3."""
    kinds = {field["name"]: field.get("type") for field in read.resource.schema["fields"]}
    for place, label in enumerate(read.table.labels):
        name = label.strip()
        if kinds.get(name) != "yearmonth" or name in read.hidden:
            continue
        column = cells.column(place + 1)
        short = pc.unique(column.filter(pc.match_substring_regex(column, SHORT_MONTH))).to_pylist()
        left = tuple(text for text in short if text not in texts.get(place, {}))
        for row, text in rows_with(cells, place, left):
            months = short_month_readings(text)
            note = (
                _("“{cell}” can be {months}", cell=text, months=_(" or ").join(months))
                if months
                else _("“{cell}” is no month of a year of four digits", cell=text)
            )
            yield Problem(
                "cell-error", read.resource.name, note, code="short-year", row=row, field=name, cell=text
            )


def _inspect_columns(
    read: RawTable, cells: pa.Table, foot: Sequence[FootRow], pool: ThreadPoolExecutor
) -> dict[int, ColumnGuess]:
    """What the columns of fields say of themselves, by place; threads of the pool share them. What a column
    leaves open, other evidence may settle (evidence.py)."""
    fields = {field["name"]: field for field in read.resource.schema["fields"]}
    in_degrees = fields_within_degrees(read.resource)
    missing = read.resource.schema.get("missingValues", [""])
    ends = sorted(row.from_end for row in foot if row.kind != "lone")
    body = cells.num_rows - (ends[-1] + 1 if ends else 0)

    def inspect(place: int, known: str | None = None) -> ColumnGuess | None:
        """Coordinates may be metres, though they are called as degrees are."""
        label = read.table.labels[place].strip()
        guess = look(place, label, in_degrees.get(label, fields[label]), known)
        if label not in in_degrees or guess is None or not guess.note:
            return guess
        wide = look(place, label, fields[label], known)
        return guess if wide is None or wide.note else wide

    def look(place: int, label: str, declared: Mapping[str, Any], known: str | None) -> ColumnGuess | None:
        column, certain = cells.column(place + 1), read.certain_in(place, cells.column(ROW))
        looked = column.slice(0, body)
        writing = read.layout.fields.get(label)
        if certain is not None:
            texts = looked.filter(pa.array(~certain[:body]))
            return inspect_texts_among_values(declared, texts, missing, writing, read.epoch, known)
        if ends and declared.get("type") in ("number", "integer"):
            # What a totals row adds up is written as the rest.
            below = [column[cells.num_rows - 1 - end].as_py() for end in ends]
            sums = [text for text in below if text and parse_number(text)]
            looked = pa.chunked_array([*looked.chunks, pa.array(sums, pa.string())], pa.string())
        return inspect_column(declared, looked, missing, writing, read.epoch, known)

    looked_at = {
        place: pool.submit(copy_context().run, inspect, place)
        for place, label in enumerate(read.table.labels)
        if label.strip() in fields and label.strip() not in read.hidden
    }
    found = {place: each for place, told in looked_at.items() if (each := told.result()) is not None}
    asked = {place: fields[read.table.labels[place].strip()] for place, each in found.items() if each.note}
    columns = {
        place: (field["name"], field.get("type", "any"), cells.column(place + 1).slice(0, body))
        for place, field in asked.items()
    }
    return settle_doubts(found, columns, _declared_orders(read.layout), read.evidence, inspect)


def _declared_orders(layout: Layout) -> set[str]:
    """In which orders the layout says that days are written."""
    formats = (format for writing in layout.fields.values() for format in writing.format)
    return {order for format in formats if (order := day_order(f'format: "{format}'))}


def _columns_to_keep(read: RawTable, cells: pa.Table) -> list[int]:
    """The places of the columns that stay: those that have a name, or a cell with something in it."""

    stay = []
    for place, raw in enumerate(read.columns):
        has_name = raw is None or bool(read.raw[raw].strip())
        if has_name or not _is_blank(cells.column(place + 1)):
            stay.append(place)
    return stay


def _is_blank(column: pa.ChunkedArray) -> bool:
    return bool(pc.all(pc.equal(pc.utf8_trim_whitespace(pc.fill_null(column, "")), ""), min_count=0).as_py())


def _every_row_goes_on(cells: pa.Table) -> bool:
    """Whether every row goes on behind the last label, with empty cells only: in a few rows that may be a
    slip of one of them."""
    extra = cells.column(EXTRA)
    return not extra.null_count and cells.num_rows >= MANY and _is_blank(pc.list_flatten(extra))


def _find_double_encoding(read: RawTable, cells: pa.Table) -> list[tuple[Finding, list[int]]]:
    """Columns with cells that were encoded twice, and the rows of these."""
    twice = []
    fields = {field["name"]: field for field in read.resource.schema["fields"]}
    for place, label in enumerate(read.table.labels):
        name = label.strip()
        if name in read.hidden or fields.get(name, {}).get("type") not in ("string", "any", None):
            continue
        column = cells.column(place + 1)
        likely = column.filter(pc.match_substring_regex(column, FIRSTS))
        suspect = {
            text for lead in LEADS for text in likely.filter(pc.match_substring(likely, lead)).to_pylist()
        }
        found = [text for text in suspect if TWICE.search(text)]
        if found:
            rows = cells.column(ROW).filter(pc.is_in(column, pa.array(found, pa.string()))).to_pylist()
            word = _shortest_word(found)
            finding = Finding("double-encoded", str(len(rows)), 0.99, field=name, example=word)
            twice.append((finding, rows))
    return twice


def _shortest_word(texts: Collection[str]) -> str:
    """The shortest word that was encoded twice: no more of a text that may tell of a person."""
    words = {word for text in texts for word in text.split()}
    suspect = {word for word in words if TWICE.search(word)} or set(texts)
    return min(suspect, key=lambda word: (len(word), word))[:30]


def _twice_problem(resource: str, found: Finding, rows: Sequence[int]) -> Problem:
    note = ngettext(
        "the accents of {n} cell were encoded twice, as in “{example}” (probably “{likely}”), and would be "
        "published so: row {rows}",
        "the accents of {n} cells were encoded twice, as in “{example}” (probably “{likely}”), and would be "
        "published so: rows {rows}",
        len(rows),
        example=found.example,
        likely=undo_double_encoding(found.example or ""),
        rows=join_words(map(str, rows), MANY),
    )
    return Problem("table-error", resource, note, code="encoded-twice", field=found.field, severity="warning")


def _cut_problem(resource: str, label: str, place: int, guess: ColumnGuess, cells: pa.Table) -> Problem:
    places = list(rows_with(cells, place, guess.cut))
    note = ngettext(
        "{n} cell has seconds of more than six decimals, as “{cell}” in row {row}: what is finer is cut off",
        "{n} cells have seconds of more than six decimals, as “{cell}” in row {row}: what is finer is cut "
        "off",
        len(places),
        row=places[0][0] if places else "",
        cell=spell_unseen(guess.cut[0]),
    )
    return Problem(
        "table-error", resource, note, code="fraction-cut", field=label.strip(), severity="warning"
    )


def _settled_blocks(
    read: RawTable,
    kept: Sequence[int],
    texts: Mapping[int, Mapping[str, str]],
    left_out: Collection[int],
    cut: bool,
) -> Iterator[list[pa.Array]]:
    """The table's blocks with the columns at the places `kept` alone, other `texts` in some of them where no
    true values stand, without the rows numbered `left_out`, and, where `cut`, with nothing beyond the last
    column."""
    numbers, table, first = pa.array(sorted(left_out), pa.int64()), read.table, 0
    certain = _certain_by_place(read, texts)
    for batch in table.batches():
        columns = []
        for place in kept:
            marks = certain.get(place)
            some = None if marks is None else marks[first : first + len(batch)]
            columns.append(_replace_uncertain(batch.column(place + 1), texts.get(place), some))
        first += len(batch)
        extra = batch.column(len(table.labels) + 1)
        if cut:
            extra = pa.nulls(len(batch), pa.list_(pa.string()))
        block = [batch.column(0), *columns, extra]
        if left_out:
            stays = pc.invert(pc.is_in(batch.column(ROW), numbers))
            block = [column.filter(stays) for column in block]
        yield block


def _certain_by_place(read: RawTable, texts: Mapping[int, Any]) -> dict[int, Marks]:
    """Where true values stand in those columns of the table in which texts change."""
    if read.certain is nothing_certain or not texts:
        return {}
    every = pa.chunked_array([batch.column(ROW) for batch in read.table.batches()], pa.int64())
    found = {place: read.certain_in(place, every) for place in texts}
    return {place: marks for place, marks in found.items() if marks is not None}


def _replace_uncertain(
    column: pa.Array, changed: Mapping[str, str] | None, certain: Marks | None
) -> pa.Array:
    replaced = replace_texts(column, changed)
    return replaced if certain is None or not changed else pc.if_else(pa.array(certain), column, replaced)
