"""Text with separators (CSV, TSV) → a grid."""

from __future__ import annotations

import codecs
import csv
import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from messages import gettext as _
from pipelines.dataset import Resource
from pipelines.finding import Finding
from pipelines.found.dialect import LINES, Found, find_dialect, unwrapped
from pipelines.found.encoding import confidence, contradicted
from pipelines.found.header import find_header, merge
from pipelines.found.known import Known
from pipelines.grid import Grid, Grids, Rows, Unreadable
from pipelines.layout import Layout
from pipelines.text import Form, decodes, detect_encoding, refuse_other_kinds

csv.field_size_limit(1 << 26)


def delimited(path: Path, resource: Resource) -> Grids:
    """The file by a layout's encoding, dialect and header row, each found out where it is not declared."""
    return partial(_grid, path, refuse_other_kinds(path), resource)


def _grid(path: Path, sample: bytes, resource: Resource, layout: Layout) -> Grid:
    if layout.encoding:
        decodes(path, layout.encoding)
    encoding = layout.encoding or detect_encoding(path, sample)
    if codecs.lookup(encoding).name == "utf-8":
        encoding = "utf-8-sig"
    known = Known.of(resource, layout)
    with path.open(encoding=encoding, newline="") as file:
        lines = list(itertools.islice(file, LINES + (layout.header_row or 0)))
    lines[:1] = [line.removeprefix("\ufeff") for line in lines[:1]]
    found = find_dialect(lines, encoding, layout.dialect, known, layout.header_row)
    form, header = found.way.form, found.way.header
    row = layout.header_row or (header.row if header else 1)
    merged = header is not None and header.merged
    labels = _header(path, form, row, merged)
    reader = _Reader(path, form, row, len(labels), found.way.wrapped)
    findings = (*_of_encoding(sample, encoding, layout), *_of_dialect(found, layout), *_of_header(lines, found, layout, known))
    told = encoding.removesuffix("-sig")
    return Grid(labels, reader.rows, row, told, form.delimiter, findings=findings, late=reader.findings)


def _of_encoding(sample: bytes, encoding: str, layout: Layout) -> Iterator[Finding]:
    if layout.encoding is None:
        yield Finding("encoding", encoding.removesuffix("-sig"), confidence(sample, encoding))
    elif other := contradicted(sample, layout.encoding):
        yield Finding("encoding", other, confidence(sample, other), declared=layout.encoding)


def _of_dialect(found: Found, layout: Layout) -> Iterator[Finding]:
    way, declared = found.way, layout.dialect
    if declared is None or declared.delimiter is None:
        if way.header and len(way.header.labels) > 1:
            yield Finding("delimiter", way.form.delimiter, found.confidence)
    elif found.free.form.delimiter != declared.delimiter and found.free.known > way.known + 1:
        yield Finding("delimiter", found.free.form.delimiter, 0.9, declared=declared.delimiter)
    if way.form.quote_char != ((declared and declared.quote_char) or '"'):
        yield Finding("quote", way.form.quote_char, way.fit)
    if way.form.escape_char != (declared and declared.escape_char):
        yield Finding("escape", str(way.form.escape_char), way.fit)


def _of_header(lines: Sequence[str], found: Found, layout: Layout, known: Known) -> Iterator[Finding]:
    header = found.way.header
    if layout.header_row is None:
        if header and header.merged:
            yield Finding("header-rows", f"{header.row - 1}–{header.row}", header.confidence)
        elif header and header.row > 1:
            yield Finding("header-row", str(header.row), header.confidence)
        return
    if header is None:
        return
    other = find_header([unwrapped(row, found.way.form) for row in found.way.form.rows(iter(lines))], known)
    if other and other.row != layout.header_row and other.known > header.known + 1:
        yield Finding("header-row", str(other.row), other.confidence, declared=str(layout.header_row))


def _header(path: Path, form: Form, header_row: int, merged: bool) -> tuple[str, ...]:
    """The labels in that row, and where `merged` those of the row above it in its blank cells."""
    with path.open(encoding=form.encoding, newline="") as file:
        lines = _Lines(file)
        above: list[str] = []
        row: list[str] | None = None
        try:
            rows = form.rows(lines)
            for number in range(1, header_row + 1):
                lines.record, above = [], row or []
                row = next(rows, None)
                if row is None or number == header_row:
                    break
        except csv.Error as error:
            raise Unreadable("source-error", _("the header cannot be read: {why}", why=error)) from error
    if _open_ended(lines.record, form):
        raise Unreadable("source-error", _cut_off(header_row))
    if not row:
        raise Unreadable("source-error", _("row {row}, where the header should be, is empty", row=header_row))
    row = unwrapped(row, form)
    labels = merge(unwrapped(above, form), row) if merged else row
    return labels[0].removeprefix("\ufeff"), *labels[1:]


class _Reader:
    """The rows below the header, which has `width` labels; those that were wrapped whole in quotes (`wrapped`: as the header was) are
    unwrapped and counted."""

    def __init__(self, path: Path, form: Form, header_row: int, width: int, wrapped: bool):
        self.path, self.form, self.header_row = path, form, header_row
        self.width, self.wrapped, self.unwrapped = width, wrapped, 0

    def rows(self) -> Rows:
        self.unwrapped = 0
        with self.path.open(encoding=self.form.encoding, newline="") as file:
            lines = _Lines(file)
            number, tail = 0, list[str]()
            try:
                for number, row in enumerate(self.form.rows(lines), 1):
                    tail, lines.record = lines.record, []
                    if number > self.header_row:
                        yield number, self._cells(row) if self.width > 1 and row and not any(row[1:]) else row
            except csv.Error as error:
                why = _("after row {row} the file cannot be read: {why}", row=number, why=error)
                raise Unreadable("source-error", why, number) from error
            if _open_ended(tail, self.form):
                raise Unreadable("source-error", _cut_off(number), number)

    def findings(self) -> tuple[Finding, ...]:
        return (Finding("wrapped-rows", str(self.unwrapped), 0.99),) if self.unwrapped else ()

    def _cells(self, row: list[str]) -> list[str]:
        if len(row) > 1 and not self.wrapped:
            return row
        cells = unwrapped(row, self.form)
        if len(cells) != self.width or len(cells) == len(row):
            return row
        self.unwrapped += 1
        return cells


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
