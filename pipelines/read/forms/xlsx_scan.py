"""A sheet's XML looked at in blocks of bytes, as far as it is written as spreadsheets write it; of any other
the tags are followed one by one (xlsx.py), and the answer is the same."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.read.forms.number_format import parse_text_format
from pipelines.read.forms.sheet_look import (
    ALONE,
    COLUMNS,
    FAULTS,
    SheetLook,
    parse_part,
)
from pipelines.settings import Limits

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Places = np.ndarray[Any, np.dtype[np.int64]]
SIZE = 1 << 22
"""Bytes of rows that are looked at together."""
MOST = 1 << 26
"""Bytes without the end of a row, or beside the rows, from where on a sheet is not a plain one."""
LT, GT, SLASH, SPACE, QUOTE = b'<>/ "'
ROOT = re.compile(rb"<(\w+:)?worksheet[\s>]")
ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
FORMULA = rb"(?:<f(?:\s[^>]*)?/>|<f(?:\s[^>]*[^>/])?>[^<]*</f>)"
ERROR = re.compile(rb"<c [^>]*>" + FORMULA + rb"?<v>([^<&]*)</v></c>")
RESULT = re.compile(rb"<c [^>]*>" + FORMULA + rb"(?:<v>([^<&]*)</v>|<v\s*/>)?</c>")
HIDDEN = re.compile(rb'<row\s[^>]*?hidden="(?:1|true)"')
LENGTHS = {b"n": 1, b"s": 1, b"b": 1, b"e": 1, b"d": 1, b"str": 3, b"inlineStr": 9}


class NotPlain(Exception):
    """The sheet is written in another way than most."""


def scan_sheet(
    packed: zipfile.ZipFile,
    part: str,
    formats: Mapping[str, str],
    limits: Limits,
    rules: Collection[str] = (),
) -> SheetLook | None:
    """What is seen of a sheet; `formats` are the codes that matter, by the number of a style, `rules` the
    numbers of looks that show numbers by a rule. None where the sheet is not plain, or something is wrong
    with it: the other way says what. Raises Unreadable."""
    scan = _Scan(formats, limits, rules)
    try:
        parse_part(packed, part, watch=scan.take)
        return scan.finish()
    except (NotPlain, ValueError, IndexError):
        return None


class _Scan:
    """A sheet as its bytes come: what is before its rows and behind them, and the rows."""

    def __init__(self, formats: Mapping[str, str], limits: Limits, rules: Collection[str]):
        self.look, self.limits, self.rules = SheetLook(), limits, rules
        self.codes = list(formats.values())
        numbers = [int(number) for number in formats]
        self.places = np.full(max(numbers, default=0) + 2, -1, np.int64)  # the last one is for other styles
        self.places[numbers] = np.arange(len(numbers))
        shows_texts = [parse_text_format(code) is not None for code in self.codes]
        self.text_places = np.full(len(self.places), -1, np.int64)
        self.text_places[numbers] = np.where(shows_texts, np.arange(len(numbers)), -1)
        self.pending, self.prefix = bytearray(), b""
        self.inside: bool | None = None
        self.head = b""

    def take(self, block: bytes) -> None:
        self.pending += block
        if self.inside is None:
            self._open()
        if self.inside and len(self.pending) >= SIZE:
            self._take_rows()
        if len(self.pending) + len(self.head) > MOST:
            raise NotPlain

    def _open(self) -> None:
        """Looks for where the rows begin."""
        root = ROOT.search(self.pending)
        if root is None:
            return
        self.prefix = root[1] or b""
        begin = re.search(rb"<" + self.prefix + rb"sheetData\s*>", self.pending)
        if begin is None:
            return
        whole, end = bytes(self.pending), begin.end()
        self.head, self.inside = self._plain(whole[:end]), True
        self.pending = bytearray(whole[end:])

    def _plain(self, data: bytes) -> bytes:
        """Without the prefix of the names, if they have one."""
        if not self.prefix:
            return data
        return data.replace(b"<" + self.prefix, b"<").replace(b"</" + self.prefix, b"</")

    def _take_rows(self) -> None:
        close = b"</" + self.prefix + b"sheetData>"
        end = self.pending.find(close)
        if end >= 0:
            self.inside = False
        else:
            row = b"</" + self.prefix + b"row>"
            end = self.pending.rfind(row)
            end = end + len(row) if end >= 0 else 0
        rows = self._plain(bytes(memoryview(self.pending)[:end]))
        del self.pending[:end]
        if rows.strip():
            self._look_at(_Rows(rows))

    def _look_at(self, rows: _Rows) -> None:
        look = self.look
        look.filled += rows.filled
        look.hidden += rows.hidden
        look.rows, look.columns = max(look.rows, rows.rows), max(look.columns, rows.columns)
        if look.rows * look.columns > self.limits.cells:
            raise NotPlain
        for row, place, text in rows.faults():
            look.faults[row, place] = text
        look.unsaved += rows.unsaved()
        if len(look.faults) > FAULTS or len(look.unsaved) > FAULTS:
            raise NotPlain
        if self.codes:
            self._mark(rows)

    def _mark(self, rows: _Rows) -> None:
        """Notes the cells with numbers, or texts, whose formats matter."""
        style = np.where(rows.style < len(self.places) - 1, rows.style, -1)
        format = np.where(rows.is_number, self.places[style], -1)
        format = np.where(rows.is_text, self.text_places[style], format)
        some = np.flatnonzero(format >= 0)
        if not len(some):
            return
        keys = format[some] * (COLUMNS + 1) + rows.column[some]
        for key in np.unique(keys).tolist():
            at, column = divmod(key, COLUMNS + 1)
            self.look.mark_rows(self.codes[at], rows.row[some[keys == key]], column - 1)

    def finish(self) -> SheetLook:
        look = self.look
        if self.inside:
            self._take_rows()
        tail = self._plain(bytes(self.pending))
        if self.inside is not False or (look.rows > ALONE and look.filled * 100 < look.rows):
            raise NotPlain
        hidden = []
        for attributes in _tags(self.head, b"col"):
            if attributes.get("hidden") in ("1", "true"):
                first, last = (min(int(attributes.get(end, 1)), COLUMNS) for end in ("min", "max"))
                hidden.append(range(first, last + 1))
        look.hide_columns(hidden)
        for attributes in _tags(tail, b"mergeCell"):
            look.merge_range(attributes.get("ref", ""))
        for attributes, inner in _elements(tail, b"conditionalFormatting"):
            if any(rule.get("dxfId") in self.rules for rule in _tags(inner, b"cfRule")):
                look.note_rule(attributes.get("sqref", ""))
        return look


def _elements(data: bytes, name: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    """The attributes of the elements of a name, and what is inside."""
    for found in re.finditer(rb"(<" + name + rb"\s[^<>]*>)(.*?)</" + name + rb">", data, re.DOTALL):
        for attributes in _tags(found[1], name):
            yield attributes, found[2]


def _tags(data: bytes, name: bytes) -> Iterator[dict[str, str]]:
    """The attributes of the tags of a name."""
    if b"<!" in data:
        raise NotPlain
    for tag in re.finditer(rb"<" + name + rb"\s([^<>]*)>", data):
        if b"'" in tag[1] or b"&" in tag[1]:
            raise NotPlain
        yield {key.decode(): value.decode() for key, value in ATTRIBUTE.findall(tag[1])}


class _Rows:
    """Whole rows of a sheet as bytes, taken apart: of each cell its row, its column (both from 1), the number
    of its style (-1 for none) and whether it holds a number. Raises NotPlain."""

    def __init__(self, data: bytes):
        if b"<!" in data or b"<?" in data:
            raise NotPlain
        self.data = data
        self.bytes = np.frombuffer(data + bytes(16), np.uint8)
        self.tags = np.flatnonzero(self.bytes == LT)
        self._find_tags()
        self._read_rows()
        self._read_cells()

    def _find_tags(self) -> None:
        """Which tags begin a row, a cell, a formula, a value; there may be others of texts, and no more."""
        one, two, three, four = (self.bytes[self.tags + n] for n in (1, 2, 3, 4))

        def ends(byte: Bytes) -> Any:
            return (byte == GT) | (byte == SPACE) | (byte == SLASH)

        row = (one == ord("r")) & (two == ord("o")) & (three == ord("w")) & ends(four)
        cell, self.formula, self.value, text = ((one == ord(name)) & ends(two) for name in "cfvt")
        inline = (one == ord("i")) & (two == ord("s")) & ends(three)
        known = row | cell | self.formula | self.value | text | inline | (one == SLASH)
        if not known.all():
            raise NotPlain
        self.row_tags, self.cells = self.tags[row], self.tags[cell]

    def _require(self, places: Places, text: bytes) -> None:
        """Each of the places is followed by this text."""
        for at, byte in enumerate(text):
            if not (self.bytes[places + at] == byte).all():
                raise NotPlain

    def _digits(self, places: Places, most: int) -> tuple[Places, Places]:
        """The whole numbers that begin at these places, and where they end."""
        values: Any = np.zeros(len(places), np.int64)
        places = places.copy()
        for _digit in range(most):
            digits: Any = self.bytes[places] - np.uint8(48)
            more = digits < 10
            if not more.any():
                break
            values = np.where(more, values * 10 + digits, values)
            places += more
        return values, places

    def _read_rows(self) -> None:
        self._require(self.row_tags, b'<row r="')
        numbers, ends = self._digits(self.row_tags + 8, 8)
        self._require(ends, b'"')
        self.filled, self.rows = len(numbers), int(numbers.max(initial=1))
        self.hidden = len(HIDDEN.findall(self.data)) if b"hidden=" in self.data else 0

    def _read_cells(self) -> None:
        self._require(self.cells, b'<c r="')
        at = self.cells + 6
        self.column = np.zeros(len(at), np.int64)
        for _letter in range(3):
            letter = self.bytes[at] - np.uint8(64)
            more = (letter >= 1) & (letter <= 26)
            self.column = np.where(more, self.column * 26 + letter, self.column)
            at = at + more
        self.row, at = self._digits(at, 8)
        self._require(at, b'"')
        if not self.column.all() or not self.row.all():
            raise NotPlain
        self.rows = max(self.rows, int(self.row.max(initial=1)))
        self.columns = int(self.column.max(initial=1))
        self.style, self.kind = np.full(len(at), -1, np.int64), np.zeros(len(at), np.uint8)
        self._read_attributes(at + 1)
        self.is_number = (self.kind == 0) | (self.kind == ord("n"))
        self.is_text = (self.kind == ord("s")) | (self.kind == ord("i"))

    def _read_attributes(self, at: Places) -> None:
        """What is behind the address of each cell: the number of its style, its kind, nothing else."""
        left = np.arange(len(at))
        for _attribute in range(3):
            left = left[self.bytes[at[left]] == SPACE]
            left = left[self.bytes[at[left] + 1] != SLASH]
            if not len(left):
                break
            name = self.bytes[at[left] + 1]
            self._require(at[left] + 2, b'="')
            styled = left[name == ord("s")]
            self.style[styled], ends = self._digits(at[styled] + 4, 8)
            at[styled] = self._after_quote(ends)
            kinds = left[name == ord("t")]
            self.kind[kinds], ends = self._kinds(at[kinds] + 4)
            at[kinds] = self._after_quote(ends)
            if len(styled) + len(kinds) < len(left):
                raise NotPlain
        next_: Bytes = self.bytes[at]
        if not ((next_ == GT) | (next_ == SLASH) | (next_ == SPACE)).all() or (next_[left] == SPACE).any():
            raise NotPlain

    def _after_quote(self, places: Places) -> Places:
        self._require(places, b'"')
        return places + 1

    def _kinds(self, places: Places) -> tuple[Bytes, Places]:
        """The kinds of cells that begin at these places, as their first letter, and where they end."""
        first, second = self.bytes[places], self.bytes[places + 1]
        ends = places.copy()
        for name, length in LENGTHS.items():
            second_letter = name[1] if length > 1 else QUOTE
            here = (first == name[0]) & (second == second_letter)
            self._require(places[here], name)
            ends[here] += length
        if (ends == places).any():
            raise NotPlain
        return first, ends

    def faults(self) -> Iterator[tuple[int, int, str]]:
        """Cells with an error: row, column (from 0), what it says."""
        for at in np.flatnonzero(self.kind == ord("e")).tolist():
            match = ERROR.match(self.data, int(self.cells[at]))
            if match is None:
                raise NotPlain
            yield int(self.row[at]), int(self.column[at]) - 1, match[1].decode().strip()

    def unsaved(self) -> Sequence[tuple[int, int]]:
        """Cells with a formula for a number of which no result was saved."""
        formulas = np.flatnonzero(self.formula)
        if not len(formulas):
            return []
        owner = np.searchsorted(self.cells, self.tags[formulas]) - 1
        if (owner < 0).any():
            raise NotPlain
        closed = np.append(self.tags, len(self.data))
        after = formulas + 1  # the next tag, or the one behind where the formula ends
        ends = closed[np.minimum(after, len(self.tags))]
        after = after + ((self.bytes[ends + 1] == SLASH) & (self.bytes[ends + 2] == ord("f")))
        after = np.minimum(after, len(self.tags) - 1)
        begin = self.tags[after]
        saved = self.value[after] & (self.bytes[begin + 2] == GT)
        saved &= (self.bytes[begin + 3] > SPACE) & (self.bytes[begin + 3] != LT)
        found = []
        for at in np.unique(owner[~saved & self.is_number[owner]]).tolist():
            match = RESULT.match(self.data, int(self.cells[at]))
            if match is None:
                raise NotPlain
            if not (match[1] or b"").strip():
                found.append((int(self.row[at]), int(self.column[at]) - 1))
        return found
