"""From the cells as they were read to the table that is checked: what is surely found out is followed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.dataset.text import TWICE
from pipelines.read.cell_file import CellFile
from pipelines.read.detect.column import ColumnGuess, inspect_column
from pipelines.read.detect.foot import FootRow, judge_foot
from pipelines.read.detect.numbers import parse_number
from pipelines.read.finding import Finding
from validation.report import Problem
from validation.table import EXTRA, ROW, Table, schema

MANY = 10
"""Rows that make a rule of what each of them has."""


# What a text that was encoded twice holds: fast to look for, and hardly anything else holds them.
LEADS = ("Ã", "Â", "â€", "â\u0080", "â\u201a", "â\u0082")


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
    the year from which serial dates count."""

    table: Table
    columns: Sequence[int | None]
    raw: Sequence[str]
    foot: Sequence[FootRow]
    resource: Resource
    layout: Layout
    hidden: Collection[str] = ()
    epoch: int = 1900


def settle(read: RawTable, into: Path) -> SettledTable:
    """Looks at all columns; writes the cells anew (to `into`) only where something in them changes."""
    cells = pa.Table.from_batches(list(read.table.batches()), schema=schema(len(read.table.labels)))
    name, missing = read.resource.name, read.resource.schema.get("missingValues", [""])
    foot = [row for row in read.foot if row.from_end < cells.num_rows]
    kept = _columns_to_keep(read, cells)
    cut = _every_row_goes_on(cells)
    found = _inspect_columns(read, cells, foot, missing)
    judged = judge_foot(
        foot,
        cells,
        read.columns,
        read.table.labels,
        {place: each.texts for place, each in found.items()},
        read.resource,
    )
    findings = [finding for each in found.values() for finding in each.findings]
    empty = len(read.columns) - len(kept) + cut
    if empty:
        findings.append(Finding("empty-columns", str(empty), 1.0))
    findings += [*judged.findings, *_find_double_encoding(read, cells)]
    notes = [
        _undecided_problem(name, read.table.labels[place], each.note)
        for place, each in found.items()
        if each.note
    ]
    problems = (*notes, *judged.problems(name))
    texts = {place: each.texts for place, each in found.items() if each.texts}
    if not texts and not judged.left_out and len(kept) == len(read.columns) and not cut:
        return SettledTable(read.table, tuple(read.columns), tuple(findings), problems)
    labels = tuple(read.table.labels[place] for place in kept)
    cells_anew = CellFile(into, labels)
    cells_anew.write(_settled_blocks(read.table, kept, texts, judged.left_out, cut))
    table = replace(read.table, labels=labels, batches=cells_anew.batches)
    return SettledTable(table, tuple(read.columns[place] for place in kept), tuple(findings), problems)


def _inspect_columns(
    read: RawTable, cells: pa.Table, foot: Sequence[FootRow], missing: Sequence[str]
) -> dict[int, ColumnGuess]:
    fields = {field["name"]: field for field in read.resource.schema["fields"]}
    ends = sorted(row.from_end for row in foot if row.kind != "lone")
    body = cells.num_rows - (ends[-1] + 1 if ends else 0)
    found = {}
    for place, label in enumerate(read.table.labels):
        declared = fields.get(label.strip())
        if declared is None or label.strip() in read.hidden:
            continue
        column = cells.column(place + 1)
        looked = column.slice(0, body)
        if ends and declared.get("type") in ("number", "integer"):
            # What a totals row adds up is written as the rest.
            below = [column[cells.num_rows - 1 - end].as_py() for end in ends]
            sums = [text for text in below if text and parse_number(text)]
            looked = pa.chunked_array([*looked.chunks, pa.array(sums, pa.string())], pa.string())
        each = inspect_column(declared, looked, missing, read.layout.fields.get(label.strip()), read.epoch)
        if each is not None:
            found[place] = each
    return found


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


def _find_double_encoding(read: RawTable, cells: pa.Table) -> Iterator[Finding]:
    fields = {field["name"]: field for field in read.resource.schema["fields"]}
    for place, label in enumerate(read.table.labels):
        name = label.strip()
        if name in read.hidden or fields.get(name, {}).get("type") not in ("string", "any", None):
            continue
        column = cells.column(place + 1)
        suspect = {
            text for lead in LEADS for text in column.filter(pc.match_substring(column, lead)).to_pylist()
        }
        found = [text for text in suspect if TWICE.search(text)]
        if found:
            count = pc.sum(pc.is_in(column, pa.array(found, pa.string()))).as_py()
            yield Finding("double-encoded", str(count), 0.99, field=name, example=_shortest_word(found))


def _shortest_word(texts: Collection[str]) -> str:
    """The shortest word that was encoded twice: no more of a text that may tell of a person."""
    words = {word for text in texts for word in text.split()}
    suspect = {word for word in words if TWICE.search(word)} or set(texts)
    return min(suspect, key=lambda word: (len(word), word))[:30]


def _undecided_problem(resource: str, label: str, note: str) -> Problem:
    return Problem(
        "table-error",
        resource,
        f"{label}: {note}",
        code="undeclared-writing",
        field=label.strip(),
        severity="warning",
    )


def _settled_blocks(
    table: Table,
    kept: Sequence[int],
    texts: Mapping[int, Mapping[str, str]],
    left_out: Collection[int],
    cut: bool,
) -> Iterator[list[pa.Array]]:
    """The table's blocks with the columns at the places `kept` alone, other `texts` in some of them, without
    the rows numbered `left_out`, and, where `cut`, with nothing beyond the last column."""
    numbers = pa.array(sorted(left_out), pa.int64())
    for batch in table.batches():
        columns = [_replace_texts(batch.column(place + 1), texts.get(place)) for place in kept]
        extra = batch.column(len(table.labels) + 1)
        if cut:
            extra = pa.nulls(len(batch), pa.list_(pa.string()))
        block = [batch.column(0), *columns, extra]
        if left_out:
            stays = pc.invert(pc.is_in(batch.column(ROW), numbers))
            block = [column.filter(stays) for column in block]
        yield block


def _replace_texts(cells: pa.Array, texts: Mapping[str, str] | None) -> pa.Array:
    if texts is None:
        return cells
    encoded = cells.dictionary_encode()
    written = [texts.get(text, text) for text in encoded.dictionary.to_pylist()]
    return pc.take(pa.array(written, pa.string()), encoded.indices)
