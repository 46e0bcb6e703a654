"""Bytes → Table: the cells of an agency's file, under published names, after declared repairs; nothing is guessed."""

from __future__ import annotations

import codecs
import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from messages import gettext as _
from pipelines.dataset import Resource
from pipelines.declaration import CsvDialect, Layout
from pipelines.repair import Column
from pipelines.text import Form, Unreadable, decodes, detect_delimiter, detect_encoding, refuse_other_kinds
from validation.report import Problem
from validation.table import Table, schema

BLOCK = 20_000
csv.field_size_limit(1 << 26)


@dataclass(frozen=True)
class Reading:
    """What was read of one resource: the table (None where the file is unreadable), what was found out, what is wrong.

    `layout` is the place of the layout in the declaration, None where none is declared; `repairs` has, for each rule that
    changed cells, its field, its place, its reason and the number of cells.
    """

    table: Table | None
    problems: tuple[Problem, ...]
    encoding: str | None = None
    delimiter: str | None = None
    layout: int | None = None
    repairs: tuple[dict[str, Any], ...] = field(default=())


def read(path: Path, resource: Resource, into: Path) -> Reading:
    """Reads the raw file at `path` by the resource's layouts; `into` is a new file for the cells, so that they can be read again."""
    try:
        return _read(path, resource, into)
    except Unreadable as error:
        return Reading(None, (_problem(resource, error.type, error.note),))


def _read(path: Path, resource: Resource, into: Path) -> Reading:
    sample = refuse_other_kinds(path)
    layouts = resource.pipeline.layouts or (Layout(),)
    index, form, labels = _choose(path, sample, resource, layouts)
    layout = layouts[index]
    names, columns = _relabel(labels, layout, resource)
    missing = resource.schema.get("missingValues", [""])
    ways = {
        f["name"]: Column(f, missing, resource.pipeline.values.get(f["name"], ()), layout.fields.get(f["name"]))
        for f in resource.schema["fields"]
    }
    problems: list[Problem] = []
    cells = schema(len(names))
    with pa.OSFile(str(into), "wb") as sink, pa.ipc.new_file(sink, cells) as writer:
        for batch in _batches(path, form, layout.header_row, len(labels), columns, problems, resource):
            arrays = [ways[name](array) if name in ways else array for name, array in zip(names, batch.columns[1:-1], strict=True)]
            writer.write_batch(pa.record_batch([batch.column(0), *arrays, batch.column(len(names) + 1)], schema=cells))
    repairs = tuple(
        {"field": name, "rule": rule, "because": resource.pipeline.values[name][rule].because, "cells": count}
        for name, way in ways.items()
        for rule, count in sorted(way.repaired.items())
    )
    table = Table(resource.name, tuple(names), partial(_again, into), layout.header_row)
    return Reading(
        table, tuple(problems), form.encoding.removesuffix("-sig"), form.delimiter, index if resource.pipeline.layouts else None, repairs
    )


def _choose(path: Path, sample: bytes, resource: Resource, layouts: Sequence[Layout]) -> tuple[int, Form, list[str]]:
    """The first layout whose header the file has, else the nearest one: what it lacks is then told column by column."""
    tried: list[tuple[int, int, Form, list[str]]] = []
    refused: Unreadable | None = None
    for index, layout in enumerate(layouts):
        try:
            form, labels = _header(path, sample, layout, resource.fields)
        except Unreadable as error:
            refused = refused or error
            continue
        if not {layout.labels.get(label, label) for label in labels} & set(resource.fields):
            shown = "; ".join(labels)[:300]
            refused = refused or Unreadable("source-error", _("no known column stands in the header: {labels}", labels=shown))
            continue
        found = sum(label in labels for label in layout.header)
        if found == len(layout.header):
            return index, form, labels
        tried.append((found, -index, form, labels))
    if not tried:
        assert refused is not None
        raise refused
    found, index, form, labels = max(tried, key=lambda item: item[:2])
    return -index, form, labels


def _header(path: Path, sample: bytes, layout: Layout, fields: Sequence[str]) -> tuple[Form, list[str]]:
    declared = layout.dialect or CsvDialect()
    if layout.encoding:
        decodes(path, layout.encoding)
    encoding = layout.encoding or detect_encoding(path, sample)
    if codecs.lookup(encoding).name == "utf-8":
        encoding = "utf-8-sig"
    quote = declared.quote_char or '"'
    known = {*fields, *layout.header, *layout.labels, *layout.ignore}
    delimiter = declared.delimiter or detect_delimiter(path, encoding, quote, layout.header_row, known)
    form = Form(encoding, delimiter, quote, declared.double_quote, declared.escape_char, declared.skip_initial_space)
    with path.open(encoding=encoding, newline="") as file:
        lines = _Lines(file)
        try:
            row = next(itertools.islice(form.rows(lines), layout.header_row - 1, None), None)
        except csv.Error as error:
            raise Unreadable("source-error", _("the header cannot be read: {why}", why=error)) from error
    if _open_ended(lines.record, form):
        raise Unreadable("source-error", _cut_off(layout.header_row))
    if not row:
        raise Unreadable("source-error", _("row {row}, where the header should be, is empty", row=layout.header_row))
    return form, [row[0].removeprefix("\ufeff"), *row[1:]]


def _relabel(labels: Sequence[str], layout: Layout, resource: Resource) -> tuple[list[str], list[int]]:
    """The names of the columns that are kept, and their places in the raw rows, in the file's order (a row that is too short lacks its
    last cells, whichever they are): published names, and for columns that nobody declared names of their own."""
    names: list[str] = []
    columns: list[int] = []
    for place, label in enumerate(labels):
        name = layout.labels.get(label, label)
        if label in layout.ignore and (name not in resource.fields or name in names or _elsewhere(name, label, labels, layout)):
            continue  # of a label that a field comes under, `ignore` means the repetitions
        if name not in resource.fields or name in names:
            name = label or _("column {number}", number=place + 1)
            while name in names or name in resource.fields:
                name += "*"
        names.append(name)
        columns.append(place)
    return names, columns


def _elsewhere(name: str, label: str, labels: Sequence[str], layout: Layout) -> bool:
    """Whether a column under another label is declared to be this field."""
    return any(field == name and other != label and other in labels for other, field in layout.labels.items())


def _batches(
    path: Path, form: Form, header_row: int, width: int, columns: list[int], problems: list[Problem], resource: Resource
) -> Iterator[pa.RecordBatch]:
    """The rows below the header in blocks. Blank rows at the file's foot are no rows."""
    with path.open(encoding=form.encoding, newline="") as file:
        lines = _Lines(file)
        blank: list[tuple[int, list[str]]] = []
        block: list[tuple[int, list[str]]] = []
        number, tail = 0, list[str]()
        try:
            for number, row in enumerate(form.rows(lines), 1):
                tail, lines.record = lines.record, []
                if number <= header_row:
                    continue
                if not any(row):
                    blank.append((number, row))
                    continue
                block += [*blank, (number, row)]
                blank.clear()
                if len(block) >= BLOCK:
                    yield _arrow(block, width, columns)
                    block.clear()
        except csv.Error as error:
            problems.append(
                _problem(resource, "source-error", _("after row {row} the file cannot be read: {why}", row=number, why=error), number)
            )
        if _open_ended(tail, form):
            problems.append(_problem(resource, "source-error", _cut_off(number), number))
        yield _arrow(block, width, columns)


class _Lines(Iterator[str]):
    """The lines of a file; `record` has those read since it was last emptied: the lines of one record."""

    def __init__(self, lines: Iterator[str]):
        self.lines = lines
        self.record: list[str] = []

    def __next__(self) -> str:
        line = next(self.lines)
        self.record.append(line)
        return line


def _open_ended(lines: Sequence[str], form: Form) -> bool:
    """Whether these lines end inside a quoted cell; the strict reader alone says so."""
    try:
        list(form.rows(iter(lines), strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _cut_off(row: int) -> str:
    return _("the file ends inside a quoted cell, in row {row}: it was cut off; ask for the extract again", row=row)


def _arrow(rows: Sequence[tuple[int, list[str]]], width: int, columns: Sequence[int]) -> pa.RecordBatch:
    cells = [pa.array([row[i] if i < len(row) else None for _n, row in rows], pa.string()) for i in columns]
    extra = pa.array([row[width:] or None for _n, row in rows], pa.list_(pa.string()))
    return pa.record_batch([pa.array([n for n, _row in rows], pa.int64()), *cells, extra], schema=schema(len(columns)))


def _again(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
        for index in range(reader.num_record_batches):
            yield reader.get_batch(index)


def _problem(resource: Resource, type: str, note: str, row: int | None = None) -> Problem:
    return Problem(type=type, resource=resource.name, row=row, note=note)
