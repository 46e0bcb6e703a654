"""Text with separators (CSV, TSV) → a grid."""

from __future__ import annotations

import codecs
import csv
import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from messages import gettext as _
from pipelines.bounds import Bounds
from pipelines.dataset import Resource
from pipelines.forms.lines import refuse_nul, too_long, too_wide
from pipelines.grid import Grid, Grids, Rows, Unreadable
from pipelines.layout import CsvDialect, Layout
from pipelines.text import Form, beginning, decodes, detect_delimiter, detect_encoding

csv.field_size_limit(1 << 26)
LINE = 60
"""Bytes that a line takes beside its characters: a row of nothing but line ends is no small one."""


def delimited(path: Path, resource: Resource, bounds: Bounds) -> Grids:
    """The file by a layout's encoding, dialect and header row, each found out where it is not declared."""
    return partial(_grid, path, beginning(path), resource, bounds)


def _grid(path: Path, sample: bytes, resource: Resource, bounds: Bounds, layout: Layout) -> Grid:
    declared = layout.dialect or CsvDialect()
    if layout.encoding:
        decodes(path, layout.encoding)
    encoding = layout.encoding or detect_encoding(path, sample)
    refuse_nul(path, encoding)
    if codecs.lookup(encoding).name == "utf-8":
        encoding = "utf-8-sig"
    quote = declared.quote_char or '"'
    known = {*resource.fields, *layout.header, *layout.labels, *layout.ignore}
    delimiter = declared.delimiter or detect_delimiter(path, encoding, quote, layout.header_row, known)
    form = Form(encoding, delimiter, quote, declared.double_quote, declared.escape_char, declared.skip_initial_space)
    labels = _header(path, form, layout.header_row, bounds)
    rows = partial(_rows, path, form, layout.header_row, bounds)
    return Grid(labels, rows, layout.header_row, form.encoding.removesuffix("-sig"), form.delimiter)


def _header(path: Path, form: Form, header_row: int, bounds: Bounds) -> tuple[str, ...]:
    with path.open(encoding=form.encoding, newline="") as file:
        lines = _Lines(file, bounds)
        try:
            row = next(itertools.islice(form.rows(lines), header_row - 1, None), None)
        except csv.Error as error:
            raise Unreadable("source-error", _("the header cannot be read: {why}", why=error)) from error
    if _open_ended(lines.record, form):
        raise Unreadable("source-error", _cut_off(header_row))
    if not row:
        raise Unreadable("source-error", _("row {row}, where the header should be, is empty", row=header_row))
    if len(row) > bounds.columns:
        raise Unreadable("source-error", too_wide(len(row), bounds))
    return row[0].removeprefix("\ufeff"), *row[1:]


def _rows(path: Path, form: Form, header_row: int, bounds: Bounds) -> Rows:
    with path.open(encoding=form.encoding, newline="") as file:
        lines = _Lines(file, bounds)
        number, tail = 0, list[str]()
        try:
            for number, row in enumerate(form.rows(lines), 1):
                tail = lines.taken()
                if number > header_row:
                    yield number, row
        except csv.Error as error:
            why = _("after row {row} the file cannot be read: {why}", row=number, why=error)
            raise Unreadable("source-error", why, number) from error
        if _open_ended(tail, form):
            raise Unreadable("source-error", _cut_off(number), number)


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
