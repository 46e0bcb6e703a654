"""How a text file separates and quotes its cells, and where its header stands."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pipelines.dataset.layout import CsvDialect
from pipelines.read.detect.header import Header, KnownLabels, find_header
from pipelines.read.encoding import DELIMITERS, Form

LINES = 300
"""Lines of a file that are looked at."""


@dataclass(frozen=True)
class DialectReading:
    """A way of reading a file's first lines: `known` labels in its header; `fit` from 0 to 1, how well the
    rows agree with it."""

    form: Form
    header: Header | None
    known: float
    fit: float
    wrapped: bool = False
    refused: bool = False
    """A strict reader would not have come as far as the header: it is hardly one."""

    @property
    def rank(self) -> tuple[float, float, int]:
        width = len(self.header.labels) if self.header else 1
        return (
            self.known,
            (self.fit + 0.01) * width * (0.01 if self.refused else 1) if width > 1 else 0.0,
            -DELIMITERS.find(self.form.delimiter),
        )


@dataclass(frozen=True)
class DialectGuess:
    """The way that was taken, how sure its separator is, and the way that would have been taken had nothing
    been declared."""

    way: DialectReading
    confidence: float
    free: DialectReading


def find_dialect(
    lines: Sequence[str],
    encoding: str,
    declared: CsvDialect | None,
    known: KnownLabels,
    header_row: int | None = None,
) -> DialectGuess:
    """The dialect of a file's first lines, as far as it is not declared. The separator is the one under which
    most known labels stand in the header, then the one under which the header falls into the most columns and
    the rows into as many as it; "," where there is one column."""
    looked = lines[: LINES + (header_row or 0)]
    ways = [
        _try_form(looked, form, known, header_row) for form in _candidate_forms(looked, encoding, declared)
    ]
    best = max(ways, key=lambda way: way.rank)
    others = [way for way in ways if way.form.delimiter != best.form.delimiter]
    free = best
    if declared is not None and declared.delimiter:
        free = max(
            (_try_form(looked, Form(encoding, each), known, header_row) for each in DELIMITERS),
            key=lambda way: way.rank,
        )
    best = _try_other_quotes(looked, best, declared, known, header_row)
    return DialectGuess(best, _separator_confidence(best, others), free)


def _candidate_forms(lines: Sequence[str], encoding: str, declared: CsvDialect | None) -> Iterable[Form]:
    given = declared or CsvDialect()
    for delimiter in given.delimiter or DELIMITERS:
        yield Form(
            encoding,
            delimiter,
            given.quote_char or '"',
            given.double_quote,
            given.escape_char,
            given.skip_initial_space,
        )


def _try_other_quotes(
    lines: Sequence[str],
    best: DialectReading,
    declared: CsvDialect | None,
    known: KnownLabels,
    header_row: int | None,
) -> DialectReading:
    """The same separator with other quotes or an escape character, where the rows then surely fit and did not
    before."""
    fixed = set() if declared is None else declared.model_fields_set
    text, mark = "".join(lines), re.escape(best.form.delimiter)
    tried = []
    may_escape = "escape_char" not in fixed and "double_quote" not in fixed and '\\"' in text
    if may_escape and _is_refused(lines, best.form):
        tried.append(replace(best.form, escape_char="\\"))
    if (
        "quote_char" not in fixed
        and len(re.findall(rf"(?:^|{mark})'[^'\n]*'(?={mark}|\r?$)", text, re.MULTILINE)) > len(lines) // 2
    ):
        tried.append(replace(best.form, quote_char="'"))
    for form in tried:
        way = _try_form(lines, form, known, header_row)
        better = way.fit > best.fit or (form.quote_char == "'" and way.fit == best.fit and way.fit > 0.9)
        if way.known >= best.known and better:
            best = way
    return best


def _is_refused(lines: Sequence[str], form: Form) -> bool:
    """Whether a strict reader refuses these lines. A cell may well end in a backslash ("C:\\"): where all
    is in order without an escape character, there is none."""
    try:
        for _row in form.rows(iter(lines), strict=True):
            pass
    except csv.Error as error:
        return "unexpected end" not in str(error)
    return False


def _try_form(lines: Sequence[str], form: Form, known: KnownLabels, header_row: int | None) -> DialectReading:
    try:
        read = list(form.rows(iter(lines)))
    except csv.Error:
        return DialectReading(form, None, 0, 0)
    rows = [unwrap_row(row, form) for row in read]
    if header_row is None:
        header = find_header(rows, known)
    else:
        labels = tuple(rows[header_row - 1]) if header_row <= len(rows) else ()
        header = Header(header_row, labels, 1.0, known.count_among(labels))
    if header is None:
        return DialectReading(form, None, 0, 0)
    widths = [len(row) for row in rows[header.row :] if any(row)]
    if len(lines) >= LINES and widths:
        widths.pop()  # its lines may go on
    width = len(header.labels)
    fit = Counter(widths)[width] / len(widths) if widths else 1.0
    wrapped = header.row <= len(read) and len(read[header.row - 1]) != len(rows[header.row - 1])
    return DialectReading(
        form, header, header.known, fit, wrapped, _is_header_refused(lines, form, header.row)
    )


def _is_header_refused(lines: Sequence[str], form: Form, header_row: int) -> bool:
    """Whether a strict reader refuses the header, or a row above it: where all cells are in quotes, under
    another separator a row falls apart at the signs within a cell, and may be wider than the header."""
    try:
        for _row in islice(form.rows(iter(lines), strict=True), header_row):
            pass
    except csv.Error as error:
        return "unexpected end" not in str(error)
    return False


def _separator_confidence(best: DialectReading, others: Iterable[DialectReading]) -> float:
    """By how much the best separator is better than the next: in known labels, or in the agreement of the
    rows."""
    width = len(best.header.labels) if best.header else 1
    if width < 2:
        return 0.5
    second = max(others, key=lambda way: way.rank, default=None)
    labels = 1 - 0.5 ** (2 * (best.known - second.known)) if second and best.known else 0.0
    rivals = max((way.fit for way in others if way.header and len(way.header.labels) > 1), default=0.0)
    shape = best.fit * (1 - 0.5 / width) * (1 - 0.5 * rivals)
    return min(0.99, max(labels, shape) if second else 0.99)


def unwrap_row(row: list[str], form: Form) -> list[str]:
    """The cells of a row that was wrapped whole in quotes, and so is one cell (with nothing but empty ones
    after it)."""
    if not row or form.delimiter not in row[0] or any(row[1:]):
        return row
    try:
        inner = list(form.rows(io.StringIO(row[0], newline=""), strict=True))
    except csv.Error:
        return row
    return [*inner[0], *row[1:]] if len(inner) == 1 else row
