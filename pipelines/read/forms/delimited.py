"""Text with separators (CSV, TSV) becomes a grid; damaged lines are refused before anything reads them."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from messages import gettext as _
from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.read.code_page import PAGES
from pipelines.read.detect.dialect import LINES, DialectGuess, find_dialect, unwrap_row
from pipelines.read.detect.header import KnownLabels, find_header, merge_labels
from pipelines.read.encoding import (
    SAMPLE,
    Form,
    codec_of,
    contradicting_encoding,
    detect_encoding,
    encoding_confidence,
    read_beginning,
    require_encoding,
)
from pipelines.read.finding import Finding
from pipelines.read.forms.blocks import plain_blocks
from pipelines.read.forms.records import (
    RecordLines,
    RowReader,
    describe_cut,
    ends_inside_quotes,
    long_line_error,
)
from pipelines.read.grid import Grid, Grids, Remark, Unreadable
from pipelines.settings import Limits

BLOCK = 1 << 20


def refuse_long_lines(path: Path, limits: Limits) -> None:
    """Raises Unreadable where a line is longer than a row may be."""
    line, run = 1, 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            ends = [place for place in (block.find(b"\n"), block.find(b"\r")) if place >= 0]
            run += min(ends, default=len(block))
            if run > limits.row:
                raise long_line_error(line, limits.row)
            if ends:
                line += block.count(b"\n") or block.count(b"\r")
                run = len(block) - 1 - max(block.rfind(b"\n"), block.rfind(b"\r"))


END = b"\x1a"
"""With this byte, or with a block of it, programs of DOS end a text (Clipper and dBase among them)."""
LAST = 4_096


def size_before_end_mark(path: Path) -> int | None:
    """How many bytes stand before the mark of DOS at a file's end; None where there is none."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - LAST))
        last = file.read()
    kept = last.rstrip(END + b"\r\n")
    mark = last.find(END, len(kept))
    return size - len(last) + mark if kept and mark >= 0 and b"\0" not in last else None


def copy_beginning(path: Path, size: int, into: Path) -> Path:
    """The first bytes of a file, as a file."""
    with path.open("rb") as file, into.open("wb") as copy:
        for start in range(0, size, BLOCK):
            copy.write(file.read(min(BLOCK, size - start)))
    return into


def refuse_nul(path: Path, encoding: str) -> None:
    """Raises Unreadable where the text has a NUL, which no cell, database or page can show: a copy that went
    wrong leaves them."""
    if encoding.lower().startswith(("utf-16", "utf_16", "utf-32", "utf_32", "utf16", "utf32")):
        return
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            if (place := block.find(b"\0")) >= 0:
                before = file.tell() - len(block) + place
                note = _(
                    "line {line} has a NUL character (byte 0x00): the file was damaged when it was copied "
                    "or written; export it again",
                    line=1 + _count_lines(path, before),
                )
                raise Unreadable("source-error", note)


def _count_lines(path: Path, size: int) -> int:
    """How many lines end within the first bytes of a file."""
    with path.open("rb") as file:
        blocks = (file.read(min(BLOCK, size - start)) for start in range(0, size, BLOCK))
        return sum(block.count(b"\n") for block in blocks)


def describe_too_wide(columns: int, limits: Limits) -> str:
    return _(
        "the header has {n} columns, {limit} may be: the separator is another one, or the table lies on "
        "its side; hand it in with a row "
        "for each thing",
        n=columns,
        limit=limits.columns,
    )


csv.field_size_limit(1 << 26)
LOOKED_AT = 8 * SAMPLE
"""Characters of the first lines that are looked at, SAMPLE of them in each."""


def read_delimited(path: Path, resource: Resource, limits: Limits) -> Grids:
    """The file by a layout's encoding, dialect and header row, each found out where it is not declared."""
    return partial(_delimited_grid, path, read_beginning(path), resource, limits)


def _delimited_grid(path: Path, sample: bytes, resource: Resource, limits: Limits, layout: Layout) -> Grid:
    if layout.encoding:
        require_encoding(path, layout.encoding)
    encoding = layout.encoding or detect_encoding(path, sample)
    refuse_nul(path, encoding)
    told, encoding = encoding.removesuffix("-sig"), codec_of(encoding)
    if codecs.lookup(encoding).name == "utf-8":
        encoding = "utf-8-sig"
    known = KnownLabels.of(resource, layout)
    lines = _first_lines(path, encoding, LINES + (layout.header_row or 0))
    found = find_dialect(lines, encoding, layout.dialect, known, layout.header_row)
    form, header = found.way.form, found.way.header
    row = layout.header_row or (header.row if header else 1)
    merged = header is not None and header.merged
    labels, above = _read_header(path, form, row, merged, limits)
    reader = RowReader(path, form, row, len(labels), found.way.wrapped, limits, layout.strict)
    findings = (
        *_encoding_findings(sample, told, layout),
        *_dialect_findings(found, layout),
        *_header_findings(lines, found, layout, known),
    )
    return Grid(
        labels,
        reader.rows,
        row,
        told,
        form.delimiter,
        remarks=() if layout.encoding else tuple(_code_page_remarks(told)),
        findings=findings,
        late=reader.findings,
        faults=reader.faults,
        above=above,
        blocks=plain_blocks(path, form, row, len(labels), found.way.wrapped, limits),
    )


def read_plain(path: Path, limits: Limits) -> Grid:
    """A CSV that a program of ours wrote: UTF-8, commas, the labels in its first row."""
    refuse_nul(path, "utf-8")
    form = Form("utf-8-sig", ",")
    labels, _above = _read_header(path, form, 1, False, limits)
    reader = RowReader(path, form, 1, len(labels), False, limits, True)
    blocks = plain_blocks(path, form, 1, len(labels), False, limits)
    return Grid(labels, reader.rows, faults=reader.faults, blocks=blocks)


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


def _encoding_findings(sample: bytes, encoding: str, layout: Layout) -> Iterator[Finding]:
    if layout.encoding is None:
        yield Finding("encoding", encoding.removesuffix("-sig"), encoding_confidence(sample, encoding))
    elif other := contradicting_encoding(sample, layout.encoding):
        yield Finding("encoding", other, encoding_confidence(sample, other), declared=layout.encoding)


def _code_page_remarks(encoding: str) -> Iterator[Remark]:
    if encoding in PAGES:
        note = _(
            "its words are Spanish as {machine} writes them ({encoding}), and were read so: as Windows "
            "writes them, they would have signs instead of letters",
            machine=PAGES[encoding],
            encoding=encoding,
        )
        yield Remark("code-page", note)


def _dialect_findings(found: DialectGuess, layout: Layout) -> Iterator[Finding]:
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


def _header_findings(
    lines: Sequence[str], found: DialectGuess, layout: Layout, known: KnownLabels
) -> Iterator[Finding]:
    header = found.way.header
    if layout.header_row is None:
        if header and header.merged:
            yield Finding("header-rows", f"{header.row - 1}–{header.row}", header.confidence)
        elif header and header.row > 1:
            yield Finding("header-row", str(header.row), header.confidence)
        return
    if header is None:
        return
    other = find_header([unwrap_row(row, found.way.form) for row in found.way.form.rows(iter(lines))], known)
    if other and other.row != layout.header_row and other.known > header.known + 1:
        yield Finding("header-row", str(other.row), other.confidence, declared=str(layout.header_row))


def _read_header(
    path: Path, form: Form, header_row: int, merged: bool, limits: Limits
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels in that row, and where `merged` those of the row above it in its blank cells; else the row
    above as well."""
    with path.open(encoding=form.encoding, newline="") as file:
        lines = RecordLines(file, limits)
        above: list[str] = []
        row: list[str] | None = None
        try:
            rows = form.rows(lines)
            for number in range(1, header_row + 1):
                lines.take_record()
                above = row or []
                row = next(rows, None)
                if row is None or number == header_row:
                    break
        except csv.Error as error:
            raise Unreadable("source-error", _("the header cannot be read: {why}", why=error)) from error
    if ends_inside_quotes(lines.record, form):
        raise Unreadable("source-error", describe_cut(header_row))
    if not row:
        raise Unreadable("source-error", _("row {row}, where the header should be, is empty", row=header_row))
    row = unwrap_row(row, form)
    if len(row) > limits.columns:
        raise Unreadable("source-error", describe_too_wide(len(row), limits))
    over = unwrap_row(above, form)
    labels = merge_labels(over, row) if merged else row
    labels = (labels[0].removeprefix("\ufeff"), *labels[1:])
    return labels, () if merged else tuple(over)
