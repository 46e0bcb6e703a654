"""What is seen of a workbook's sheets before a reader opens them, and the XML in which it stands."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

import numpy as np

from messages import gettext as _
from pipelines.read.grid import Unreadable

BLOCK = 1 << 18
FAULTS = 100_000
"""Cells with an error of which the places are kept."""
ALONE = 100_000
"""Rows from where on a sheet that is nearly empty is a slip and no table."""
TOKEN = 20_000_000
"""Bytes of one tag or comment."""
COLUMNS = 16_384
"""As many as a sheet has."""
Attributes = dict[str, str]


@dataclass
class SheetLook:
    """What was seen of one sheet: the last row and column, how many rows hold something, cells with an error
    by row (from 1) and column (from 0), formulas of which no result was saved, merged ranges (their rows, and
    how they are called), how many rows and columns are hidden. `formats` has, by the code of a number format
    and the column, a mark for each row that is shown so; `texts` what cells say for which readers have other
    words, `shown` what is shown of numbers, where the file says it; rows that stand for several (`repeated`:
    the first, how many) have both once. `conditional` are ranges
    that show numbers by rules of their own, `totals` the first row and the last, which is a totals row, of
    tables that the workbook knows. `epoch` is the first year of its days that are written as
    numbers, where its reader does not know it."""

    rows: int = 1
    filled: int = 0
    columns: int = 1
    faults: dict[tuple[int, int], str] = field(default_factory=dict)
    unsaved: list[tuple[int, int]] = field(default_factory=list)
    merged: list[tuple[int, int, str]] = field(default_factory=list)
    hidden: int = 0
    hidden_columns: int = 0
    formats: dict[tuple[str, int], bytearray] = field(default_factory=dict)
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    shown: dict[tuple[int, int], str] = field(default_factory=dict)
    repeated: list[tuple[int, int]] = field(default_factory=list)
    conditional: list[str] = field(default_factory=list)
    totals: list[tuple[int, int]] = field(default_factory=list)
    epoch: int = 1900

    def mark_format(self, code: str, row: int, place: int, times: int = 1) -> None:
        """Notes that this cell, and those below it, are shown in a format."""
        self._marks(code, place, row + times)[row : row + times] = b"\1" * times

    def mark_rows(self, code: str, rows: np.ndarray[Any, np.dtype[np.int64]], place: int) -> None:
        """Likewise of cells in several rows of a column."""
        np.frombuffer(self._marks(code, place, int(rows.max()) + 1), np.uint8)[rows] = 1

    def _marks(self, code: str, place: int, end: int) -> bytearray:
        """The marks of a format in a column, at least as many as `end`."""
        marks = self.formats.setdefault((code, place), bytearray())
        marks.extend(bytes(max(0, end - len(marks))))
        return marks

    def merge(self, first: int, last: int, name: str) -> None:
        """Notes merged cells: their first and last row, and what they are called."""
        if len(self.merged) < FAULTS:
            self.merged.append((first, last, name))

    def merge_range(self, name: str) -> None:
        """Likewise, by what they are called alone."""
        if rows := re.findall(r"[0-9]+", name):
            self.merge(int(rows[0]), int(rows[-1]), name)

    def note_rule(self, name: str) -> None:
        """Notes cells, by what they are called, that show numbers by rules of their own."""
        if name not in self.conditional and len(self.conditional) < FAULTS:
            self.conditional.append(name)

    def hide_columns(self, hidden: Iterable[range]) -> None:
        """Counts the hidden columns that hold something."""
        self.hidden_columns = sum(len(range(each.start, min(each.stop, self.columns + 1))) for each in hidden)


def parse_part(
    packed: zipfile.ZipFile,
    part: str,
    start: Callable[[Any, str, Attributes], None] | None = None,
    end: Callable[[Any, str], None] | None = None,
    watch: Callable[[bytes], None] | None = None,
    split: Callable[[Any, bytes], Iterator[tuple[bytes, bool]]] | None = None,
) -> None:
    """Tells `start` of each tag of a part, by its parser, its local name and its attributes, `end` of where
    it ends, and `watch` of the part's bytes, once they are parsed; `split` takes blocks of them apart into
    pieces, and says of each whether its tags are to be told of (its last call is for b""). Raises
    Unreadable where the part declares a document type: no workbook has one, but entities that grow without
    end, or lead to other files, need it."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_args: object) -> None:
        raise Unreadable(
            "format-error",
            _(
                "the workbook's XML declares entities, which no workbook needs: it is not opened; save it "
                "again"
            ),
        )

    parser.StartDoctypeDeclHandler = refuse
    handlers = _handlers(parser, start, end)
    parser.StartElementHandler, parser.EndElementHandler = handlers

    def parse(block: bytes) -> None:
        for piece, told in split(parser, block) if split else ((block, True),):
            parser.StartElementHandler, parser.EndElementHandler = handlers if told else (None, None)
            parser.Parse(piece, False)

    fed = 0
    try:
        with packed.open(part) as file:
            while block := file.read(BLOCK):
                fed += len(block)
                parse(block)
                if fed - parser.CurrentByteIndex > TOKEN:
                    raise Unreadable(
                        "format-error", _("a tag in the workbook is longer than a row may be; save it again")
                    )
                if watch is not None:
                    watch(block)
        parse(b"")
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError) as error:
        note = _(
            "the workbook's part {part} is damaged; open it in Excel or LibreOffice, save it again as "
            ".xlsx and hand that in",
            part=part,
        )
        raise Unreadable("format-error", note) from error


def _handlers(
    parser: Any,
    start: Callable[[Any, str, Attributes], None] | None,
    end: Callable[[Any, str], None] | None,
) -> tuple[Callable[[str, Attributes], None] | None, Callable[[str], None] | None]:
    """What a parser calls, by the names of tags with their namespace; None where nobody wants to know."""

    def begin(name: str, attributes: Attributes) -> None:
        if start is not None:
            start(parser, name.rpartition(" ")[2], attributes)

    def finish(name: str) -> None:
        if end is not None:
            end(parser, name.rpartition(" ")[2])

    return begin if start else None, finish if end else None
