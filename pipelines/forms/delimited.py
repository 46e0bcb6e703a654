"""Text with separators (CSV, TSV) → a grid."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from messages import gettext as _
from pipelines.bounds import Bounds
from pipelines.dataset import Resource
from pipelines.finding import Finding
from pipelines.forms.lines import refuse_nul, too_long, too_wide
from pipelines.found.dialect import LINES, Found, find_dialect, unwrapped
from pipelines.found.encoding import confidence, contradicted
from pipelines.found.header import find_header, merge
from pipelines.found.known import Known
from pipelines.grid import Grid, Grids, Rows, Unreadable
from pipelines.layout import Layout
from pipelines.text import SAMPLE, Form, beginning, decodes, detect_encoding

csv.field_size_limit(1 << 26)
LINE = 60
"""Bytes that a line takes beside its characters: a row of nothing but line ends is no small one."""
LOOKED_AT = 8 * SAMPLE
"""Characters of the first lines that are looked at, SAMPLE of them in each."""


def delimited(path: Path, resource: Resource, bounds: Bounds) -> Grids:
    """The file by a layout's encoding, dialect and header row, each found out where it is not declared."""
    return partial(_grid, path, beginning(path), resource, bounds)


def _grid(path: Path, sample: bytes, resource: Resource, bounds: Bounds, layout: Layout) -> Grid:
    if layout.encoding:
        decodes(path, layout.encoding)
    encoding = layout.encoding or detect_encoding(path, sample)
    refuse_nul(path, encoding)
    if codecs.lookup(encoding).name == "utf-8":
        encoding = "utf-8-sig"
    known = Known.of(resource, layout)
    lines = _first_lines(path, encoding, LINES + (layout.header_row or 0))
    found = find_dialect(lines, encoding, layout.dialect, known, layout.header_row)
    form, header = found.way.form, found.way.header
    row = layout.header_row or (header.row if header else 1)
    merged = header is not None and header.merged
    labels = _header(path, form, row, merged, bounds)
    reader = _Reader(path, form, row, len(labels), found.way.wrapped, bounds)
    findings = (*_of_encoding(sample, encoding, layout), *_of_dialect(found, layout), *_of_header(lines, found, layout, known))
    told = encoding.removesuffix("-sig")
    return Grid(labels, reader.rows, row, told, form.delimiter, findings=findings, late=reader.findings)


def _first_lines(path: Path, encoding: str, count: int) -> list[str]:
    lines: list[str] = []
    size = 0
    with path.open(encoding=encoding, newline="") as file:
        for line in file:
            lines.append((line if lines else line.removeprefix("\ufeff"))[:SAMPLE])
            size += len(lines[-1])
            if len(lines) == count or size > LOOKED_AT:
                break
    return lines


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


def _header(path: Path, form: Form, header_row: int, merged: bool, bounds: Bounds) -> tuple[str, ...]:
    """The labels in that row, and where `merged` those of the row above it in its blank cells."""
    with path.open(encoding=form.encoding, newline="") as file:
        lines = _Lines(file, bounds)
        above: list[str] = []
        row: list[str] | None = None
        try:
            rows = form.rows(lines)
            for number in range(1, header_row + 1):
                lines.taken()
                above = row or []
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
    if len(row) > bounds.columns:
        raise Unreadable("source-error", too_wide(len(row), bounds))
    labels = merge(unwrapped(above, form), row) if merged else row
    return labels[0].removeprefix("\ufeff"), *labels[1:]


class _Reader:
    """The rows below the header, which has `width` labels; those that were wrapped whole in quotes (`wrapped`: as the header was) are
    unwrapped and counted."""

    def __init__(self, path: Path, form: Form, header_row: int, width: int, wrapped: bool, bounds: Bounds):
        self.path, self.form, self.header_row, self.bounds = path, form, header_row, bounds
        self.width, self.wrapped, self.unwrapped = width, wrapped, 0

    def rows(self) -> Rows:
        self.unwrapped = 0
        with self.path.open(encoding=self.form.encoding, newline="") as file:
            lines = _Lines(file, self.bounds)
            number, tail = 0, list[str]()
            try:
                for number, row in enumerate(self.form.rows(lines), 1):
                    tail = lines.taken()
                    if number > self.header_row:
                        yield number, self._cells(row, tail)
            except csv.Error as error:
                why = _("after row {row} the file cannot be read: {why}", row=number, why=error)
                raise Unreadable("source-error", why, number) from error
            if _open_ended(tail, self.form):
                raise Unreadable("source-error", _cut_off(number), number)

    def findings(self) -> tuple[Finding, ...]:
        return (Finding("wrapped-rows", str(self.unwrapped), 0.99),) if self.unwrapped else ()

    def _cells(self, row: list[str], lines: Sequence[str]) -> list[str]:
        if self.width < 2 or not row or (len(row) > 1 and not self.wrapped):
            return row
        within = self._within(lines[0]) if self.wrapped and len(lines) == 1 else []
        cells = within if len(within) == self.width else row if any(row[1:]) else unwrapped(row, self.form)
        if len(cells) != self.width or cells == row:
            return row
        self.unwrapped += 1
        return cells

    def _within(self, line: str) -> list[str]:
        """The cells between the quotes around a whole line, where the quotes inside it were not doubled; none where it reads as it is."""
        text, quote = line.rstrip("\r\n" + self.form.delimiter), self.form.quote_char
        if len(text) < 2 or text[0] != quote or text[-1] != quote:
            return []
        try:
            list(self.form.rows(iter([text]), strict=True))
        except csv.Error:
            return next(iter(self.form.rows(iter([text[1:-1]]))), [])
        return []


class _Lines(Iterator[str]):
    """The lines of a file; `record` has those read since it was last taken: the lines of one record. Raises Unreadable where these
    are longer than a row may be: a quote that nothing closes would go on to the file's end."""

    def __init__(self, lines: Iterator[str], bounds: Bounds):
        self.lines, self.longest = lines, bounds.row
        self.record: list[str] = []
        self.number, self.size = 0, 0

    def __next__(self) -> str:
        line = next(self.lines)
        self.record.append(line)
        self.number, self.size = self.number + 1, self.size + len(line) + LINE
        if self.size > self.longest:
            raise too_long(self.number + 1 - len(self.record), self.longest)
        return line

    def taken(self) -> list[str]:
        record, self.record, self.size = self.record, [], 0
        return record


def _open_ended(lines: Sequence[str], form: Form) -> bool:
    """Whether these lines end inside a quoted cell; the strict reader alone says so."""
    try:
        list(form.rows(iter(lines), strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _cut_off(row: int) -> str:
    return _("the file ends inside a quoted cell, in row {row}: it was cut off; ask for the extract again", row=row)
