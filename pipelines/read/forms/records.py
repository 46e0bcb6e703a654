"""The rows of a text with separators, none of them lost: where a quotation mark stands wrong, that row alone
is at fault, and the rows that a lenient reader would take into its cell are read."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from messages import gettext as _
from pipelines.read.detect.dialect import unwrap_row
from pipelines.read.encoding import Form
from pipelines.read.finding import Finding
from pipelines.read.grid import RowFault, Rows, Unreadable
from pipelines.settings import Limits

LINE = 60
"""Bytes that a line takes beside its characters: a row of nothing but line ends is no small one."""
AGAIN = 64
"""Of how many of the longest records lines may be read a second time: where more is needed, every quotation
mark of the file is in doubt."""
NUMBER = re.compile(r"[-+$ ]*\d[\d.,/:\- ]*%?")


def long_line_error(line: int, longest: int) -> Unreadable:
    note = _(
        "line {line} is longer than a row may be ({limit} characters): line ends or the end of a quoted "
        "text are missing; "
        "ask for the extract again",
        line=line,
        limit=longest,
    )
    return Unreadable("source-error", note)


class RecordLines(Iterator[str]):
    """The lines of a file; `record` has those read since it was last taken: the lines of one record.

    Raises Unreadable where these are longer than a row may be: a quote that nothing closes would go on to the
    file's end. Where `stops`, they end there instead (`overlong`), so that lines can be given back.
    """

    def __init__(self, lines: Iterator[str], limits: Limits, stops: bool = False):
        self.lines, self.longest, self.stops = lines, limits.row, stops
        self.record: list[str] = []
        self.given_back: deque[str] = deque()
        self.number, self.size, self.again = 0, 0, 0
        self.overlong = False

    def __next__(self) -> str:
        if self.overlong:
            raise StopIteration
        line = self.given_back.popleft() if self.given_back else next(self.lines)
        self.record.append(line)
        self.number, self.size = self.number + 1, self.size + len(line) + LINE
        if self.size > self.longest:
            if not self.stops or len(self.record) == 1:
                raise self.too_long()
            self.overlong = True
        return line

    def too_long(self) -> Unreadable:
        return long_line_error(self.number + 1 - len(self.record), self.longest)

    def take_record(self) -> list[str]:
        record, self.record, self.size = self.record, [], 0
        return record

    def give_back(self, lines: Sequence[str]) -> None:
        """Lines of a record that turned out to be rows of their own; they come again. Raises Unreadable where
        that happens without end."""
        self.given_back.extendleft(reversed(lines))
        self.number -= len(lines)
        self.again += sum(map(len, lines))
        self.overlong = False
        if self.again > AGAIN * self.longest:
            raise long_line_error(self.number, self.longest)


@dataclass(frozen=True)
class _Quoting:
    """How the lines of a form are quoted, as regular expressions over one record."""

    form: Form

    @cached_property
    def cell(self) -> str:
        quote, mark = re.escape(self.form.quote_char), re.escape(self.form.delimiter)
        space = " *" if self.form.skip_initial_space else ""
        return rf"{space}{quote}(?:[^{quote}]|{quote}{quote})*+{quote}|[^{quote}{mark}\r\n]*+"

    @cached_property
    def record(self) -> re.Pattern[str]:
        """A record as RFC 4180 has it, in this dialect."""
        return re.compile(rf"(?:{self.cell})(?:{re.escape(self.form.delimiter)}(?:{self.cell}))*+")

    @cached_property
    def whole_cell(self) -> re.Pattern[str]:
        return re.compile(self.cell)

    def is_strict(self, record: Sequence[str]) -> bool:
        """Whether a strict reader takes the record as it is."""
        text = "".join(record).rstrip("\r\n")
        form = self.form
        if form.escape_char or not form.double_quote:
            return _strict_fault(record, form) is None
        return self.record.fullmatch(text) is not None

    def split(self, line: str) -> list[str]:
        """The cells of a line as they stand in it, quotation marks and all: where these are not to be
        trusted, one at a cell's beginning is closed by one that stands before a separator or the line's
        end."""
        text, cells, place = line.rstrip("\r\n"), list[str](), 0
        while place <= len(text):
            end = self._end_of_cell(text, place)
            cells.append(text[place:end])
            place = end + 1
        return cells

    def _end_of_cell(self, text: str, start: int) -> int:
        quote, mark = self.form.quote_char, self.form.delimiter
        if text.startswith(quote, start):
            whole = self.whole_cell.match(text, start)
            if whole and whole[0] and text[whole.end() : whole.end() + 1] in ("", mark):
                return whole.end()
            closing = text.find(quote + mark, start + 1)
            if closing >= 0:
                return closing + 1
            if len(text) > start + 1 and text.endswith(quote):
                return len(text)
        end = text.find(mark, start)
        return end if end >= 0 else len(text)

    def unquote(self, cell: str) -> str:
        """A cell without the quotation marks around it; inside they are as they stand, unless all are
        double."""
        quote = self.form.quote_char
        if len(cell) < 2 or cell[0] != quote or cell[-1] != quote:
            return cell
        inner = cell[1:-1]
        if quote in inner.replace(quote * 2, ""):
            return inner
        return inner.replace(quote * 2, quote)


def _strict_fault(lines: Sequence[str], form: Form) -> str | None:
    """What the strict reader objects to in these lines."""
    try:
        list(form.rows(iter(lines), strict=True))
    except csv.Error as error:
        return str(error)
    return None


def ends_inside_quotes(lines: Sequence[str], form: Form) -> bool:
    """Whether these lines end inside a quoted cell; the strict reader alone says so."""
    return "unexpected end" in (_strict_fault(lines, form) or "")


def describe_cut(row: int) -> str:
    return _(
        "the file ends inside a quoted cell, in row {row}: it was cut off, or that row has a quotation mark "
        "too many; take the mark out, or export the file again",
        row=row,
    )


class RowReader:
    """The rows below the header, which has `width` labels; those that were wrapped whole in quotes
    (`wrapped`: as the header was) are unwrapped and counted.

    A record that a strict reader refuses, or whose lines are whole rows, is one row: its first line, read by
    itself; the other lines are read anew. Each is a fault of its row, or, where the layout says so (not
    `strict`), is counted alone.
    """

    def __init__(
        self,
        path: Path,
        form: Form,
        header_row: int,
        width: int,
        wrapped: bool,
        limits: Limits,
        strict: bool = True,
    ):
        self.path, self.form, self.header_row, self.limits = path, form, header_row, limits
        self.width, self.wrapped, self.unwrapped = width, wrapped, 0
        self.strict, self.quoting = strict, _Quoting(form)
        self.found: list[RowFault] = []

    def rows(self) -> Rows:
        self.unwrapped, self.found = 0, []
        with self.path.open(encoding=self.form.encoding, newline="") as file:
            lines = RecordLines(file, self.limits, stops=True)
            number = 0
            try:
                again = True
                while again:
                    again = False
                    for row in self.form.rows(lines):
                        number += 1
                        record, overlong = lines.take_record(), lines.overlong
                        if number <= self.header_row:
                            if overlong:
                                raise long_line_error(lines.number + 1 - len(record), self.limits.row)
                            continue
                        cells, rest = self._read_record(number, row, record, overlong)
                        if rest is None and overlong:
                            raise long_line_error(lines.number + 1 - len(record), self.limits.row)
                        yield number, cells
                        if rest is None:
                            raise Unreadable("source-error", describe_cut(number), number)
                        if rest:
                            lines.give_back(rest)
                            again = True
                            break
            except csv.Error as error:
                why = _("after row {row} the file cannot be read: {why}", row=number, why=error)
                raise Unreadable("source-error", why, number) from error

    def faults(self) -> tuple[RowFault, ...]:
        """What was wrong with rows while they were last read."""
        return tuple(self.found) if self.strict else ()

    def findings(self) -> tuple[Finding, ...]:
        unwrapped = (Finding("wrapped-rows", str(self.unwrapped), 0.99),) if self.unwrapped else ()
        if self.strict or not self.found:
            return unwrapped
        first = self.found[0]
        return (*unwrapped, Finding("stray-quotes", str(len(self.found)), 1.0, example=str(first.row)))

    def _read_record(
        self, number: int, row: list[str], record: list[str], overlong: bool
    ) -> tuple[list[str], list[str] | None]:
        """The cells of a record, and those of its lines that do not belong to it; None where the file breaks
        off in it."""
        if not any(self.form.quote_char in line for line in record):
            return row, []
        if self.wrapped and (cells := self._unwrap(row, record)) != row:
            return cells, []
        if not overlong and self.quoting.is_strict(record):
            if len(record) == 1 or not self._holds_rows(record):
                return self._unwrap(row, record), []
            return self._read_first_line(number, record)
        fault = "unexpected end" if overlong else _strict_fault(record, self.form)
        if fault is None:  # marks inside a cell that is not quoted: read as written
            self._tell_marks(number, record)
            return row, []
        if "unexpected end" in fault and not self._goes_on(record):
            return row, None
        return self._read_first_line(number, record)

    def _holds_rows(self, record: Sequence[str]) -> bool:
        """Whether the lines of a well-formed record are whole rows, which its quoted cell swallowed."""
        if self.width < 2:
            return False
        split = [self.quoting.split(line) for line in record]
        if any(len(cells) != self.width for cells in split[1:-1]) or len(split[0]) != self.width:
            return False
        shapes = [tuple(bool(NUMBER.fullmatch(cell.strip(' "'))) for cell in cells) for cells in split]
        alike = all(shape == shapes[0] for shape in shapes) and any(shapes[0])
        return alike or (len(split) > 3 and self.width > 2)

    def _goes_on(self, record: Sequence[str]) -> bool:
        """Whether, after a quotation mark that nothing closes, the file goes on with rows: it was then not
        cut off there."""
        after = [line for line in record[1:] if line.strip()]
        if self.width < 2:
            return False
        if not after:
            whole = len(record) == 1 and record[0].endswith(("\n", "\r"))
            return whole and len(self.quoting.split(record[0])) == self.width
        looked = after[:1_000]
        whole_rows = sum(len(self.quoting.split(line)) == self.width for line in looked)
        return whole_rows * 2 >= len(looked)

    def _read_first_line(self, number: int, record: list[str]) -> tuple[list[str], list[str] | None]:
        """The first line by itself, and the others, which are rows of their own."""
        raw = self.quoting.split(record[0])
        self._add_fault(number, raw, code="stray-quote")
        return [self.quoting.unquote(cell) for cell in raw], record[1:]

    def _tell_marks(self, number: int, record: list[str]) -> None:
        self._add_fault(number, self.quoting.split("".join(record)), code="quote-in-cell")

    def _add_fault(self, number: int, raw: Sequence[str], code: str) -> None:
        quote, cell = self.form.quote_char, self.quoting.whole_cell
        odd = (place for place, text in enumerate(raw) if quote in text and not cell.fullmatch(text))
        place = next(odd, None)
        text = self.form.delimiter.join(raw) if place is None else raw[place]
        stripped = text.strip(" \t\xa0")
        if code == "stray-quote" and place is not None and stripped != text and cell.fullmatch(stripped):
            note = _(
                "there is a blank between the quotation mark that ends the cell and what parts it from the "
                "next one"
            )
        elif code == "stray-quote":
            note = _(
                "the quotation marks do not fit: a cell that begins with one ends with one, and inside it "
                "each "
                "is written twice"
            )
        else:
            note = _("there are quotation marks inside a cell that does not begin with one; nothing changed")
        self.found.append(RowFault(code, number, note, place, text))

    def _unwrap(self, row: list[str], lines: Sequence[str]) -> list[str]:
        if self.width < 2 or not row or (len(row) > 1 and not self.wrapped):
            return row
        cells = self._cells_within_quotes(lines[0]) if self.wrapped and len(lines) == 1 else []
        if len(cells) != self.width:
            cells = row if any(row[1:]) else unwrap_row(row, self.form)
        if len(cells) != self.width or cells == row:
            return row
        self.unwrapped += 1
        return cells

    def _cells_within_quotes(self, line: str) -> list[str]:
        """The cells between the quotes around a whole line, where the quotes inside it were not doubled; none
        where it reads as it is."""
        text, quote = line.rstrip("\r\n" + self.form.delimiter), self.form.quote_char
        if len(text) < 2 or text[0] != quote or text[-1] != quote:
            return []
        if _strict_fault([text], self.form) is not None:
            return next(iter(self.form.rows(iter([text[1:-1]]))), [])
        return []
