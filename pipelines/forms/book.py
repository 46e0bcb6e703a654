"""A workbook's sheets, each read by a process of its own (forms/cells.py) within bounds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from messages import gettext as _
from pipelines.bounds import Bounds
from pipelines.forms.packed import opened
from pipelines.forms.refused import refused
from pipelines.forms.sheets import Look, address, look, refuse_far
from pipelines.found.header import LOOKED_AT
from pipelines.grid import Rows, Unreadable

READER = Path(__file__).with_name("cells.py")


@dataclass
class Book:
    """The workbook at `path`, of the kind `xlsx`, `xlsb`, `ods` or `xls`; `room` is for what is made of it, `seen` has what was looked
    at before: sheets by their names. `sheets` (name, whether it is visible) is empty until one was read."""

    path: Path
    kind: str
    room: Path
    bounds: Bounds
    seen: dict[str, Look] = field(default_factory=dict)
    sheets: tuple[tuple[str, bool], ...] = ()
    read: dict[str, Path] = field(default_factory=dict)
    heads: dict[str, list[list[str]]] = field(default_factory=dict)

    def first(self, wanted: str | None) -> str:
        """The name of the sheet that is wanted, or else of the first visible one, which then is read; raises Unreadable."""
        name = next((name for name, visible in self.sheets if visible), None) if wanted is None else wanted
        if name in self.read:
            return name
        into = self.room / f"{len(self.read)}.cells"
        told = self._told(wanted or "", into, self.bounds.seconds, 0)
        if "error" in told:
            raise self._unreadable(told["error"])
        self.sheets = tuple((name, visible) for name, visible in told["sheets"])
        if (sheet := told["sheet"]) is None:
            if wanted is None:
                raise Unreadable("source-error", _("the workbook has no visible sheet; show the one that is meant"))
            there = ", ".join(name for name, _visible in self.sheets)
            raise Unreadable("source-error", _("the workbook has no sheet {sheet!r}; it has {names}", sheet=wanted, names=there))
        self.read[sheet] = into
        return str(sheet)

    def lines(self, sheet: str) -> Path:
        """The sheet's cells as its reader wrote them: a line of JSON for each row."""
        return self.read[self.first(sheet)]

    def look(self, sheet: str) -> Look:
        if sheet not in self.seen:
            self.seen[sheet] = Look()
            if self.kind == "xlsx":
                with opened(self.path, self.bounds) as packed:
                    self.seen[sheet] = look(packed, sheet, self.bounds)
        return self.seen[sheet]

    def head(self, sheet: str) -> list[list[str]]:
        """The first rows of a sheet; none where it cannot be read."""
        if sheet not in self.heads:
            lines = self.read.get(sheet)
            if lines is None:
                lines = self.room / f"{len(self.heads)}.head"
                told = self._told(sheet, lines, max(1, self.bounds.seconds // 10), LOOKED_AT)
                if told.get("sheet") != sheet:
                    self.heads[sheet] = []
                    return []
            self.heads[sheet] = head(lines)
        return self.heads[sheet]

    def _told(self, sheet: str, into: Path, seconds: int, most: int) -> dict[str, Any]:
        limits = (self.bounds.memory, seconds, self.bounds.unpacked, most)
        command = [sys.executable, "-I", str(READER), str(self.path), sheet, str(into), *map(str, limits)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        try:
            return dict(json.loads(ended.stdout))
        except ValueError:
            return {"error": "large" if ended.returncode < 0 else "unreadable"}

    def _unreadable(self, error: str) -> Unreadable:
        if error == "locked":
            return refused("locked")
        if self.kind == "xlsx":
            with opened(self.path, self.bounds) as packed:
                refuse_far(packed, self.bounds)  # tells more of it
        if error == "large":
            note = _("the workbook takes more memory or time to open than it may; clear what stands far from the table, or hand in CSV")
            return Unreadable("format-error", note)
        note = _("the workbook is damaged and cannot be opened; open it in Excel or LibreOffice, save it again as .xlsx and hand that in")
        return Unreadable("format-error", note)


def head(lines: Path) -> list[list[str]]:
    """The first rows of a sheet."""
    with lines.open(encoding="utf-8") as file:
        return [trimmed([_text(cell, moment=False) for cell in json.loads(line)], 0) for line in islice(file, LOOKED_AT)]


def rows_of(lines: Path, skip: int, width: int, faults: Mapping[tuple[int, int], str], moments: Collection[int]) -> Rows:
    """The rows below the first `skip`, each as long as the header (`width`) or as its last cell that holds something."""
    marked: dict[int, dict[int, str]] = {}
    for (row, place), fault in faults.items():
        marked.setdefault(row, {})[place] = fault
    with lines.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if number <= skip:
                continue
            cells = [_text(cell, place in moments) for place, cell in enumerate(json.loads(line))]
            if "\\u0000" in line and (places := [place for place, cell in enumerate(cells) if "\0" in cell]):
                note = _("cell {cell} has a NUL character, which no text can hold; write it anew", cell=address(number, places[0]))
                raise Unreadable("source-error", note, number)
            if number in marked:  # what calamine takes for empty
                cells += [""] * (max(marked[number]) + 1 - len(cells))
                cells = [marked[number].get(place, cell) for place, cell in enumerate(cells)]
            yield number, trimmed(cells, width)


def trimmed(cells: list[str], width: int) -> list[str]:
    """The cells as far as they hold something, but as many as `width` in any case."""
    end = len(cells)
    while end > width and not cells[end - 1].strip():
        end -= 1
    return cells[:end] + [""] * (width - end)


def _text(cell: Any, moment: bool) -> str:
    """The text of a cell; of a day, which comes as a list, with a time where the field is a moment."""
    if isinstance(cell, str):
        return cell
    return f"{cell[0]}T00:00:00" if moment else str(cell[0])
