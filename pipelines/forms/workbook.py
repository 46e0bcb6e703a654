"""Workbooks (XLSX, XLSB, XLS, ODS) → a grid of one of their sheets."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from messages import gettext as _
from messages import ngettext
from pipelines.bounds import Bounds
from pipelines.dataset import Resource
from pipelines.finding import Finding
from pipelines.forms.lines import too_wide
from pipelines.forms.opendocument import looks
from pipelines.forms.packed import opened
from pipelines.forms.refused import refused
from pipelines.forms.sheets import Look, address, look, parse, refuse_far
from pipelines.forms.xls import looks_of_xls
from pipelines.grid import Grid, Grids, Remark, Rows, Unreadable
from pipelines.layout import Layout

READER = Path(__file__).with_name("cells.py")
MACROS = ("xl/vbaProject.bin", "Basic/script-lc.xml")


def workbook(path: Path, kind: str, resource: Resource, room: Path, bounds: Bounds) -> Grids:
    """The sheets of the workbook at `path`, which is of the kind `xlsx`, `xlsb`, `ods` or `xls`; `room` is for what is made of them."""
    room.mkdir(parents=True, exist_ok=True)
    macros, seen = False, dict[str, Look]()
    if kind == "xls":
        seen = looks_of_xls(path)
    else:
        with opened(path, bounds) as packed:
            macros = any(part in packed.namelist() for part in MACROS)
            if kind == "ods":
                seen = looks(packed, bounds)
            for part in packed.namelist():
                if kind == "xlsx" and part.endswith(".xml") and not part.startswith("xl/worksheets/"):
                    parse(packed, part, lambda *_tag: None)
    return _Sheets(path, kind, resource, room, bounds, macros, seen)


@dataclass(frozen=True)
class _Cells:
    """A sheet's cells as its reader wrote them: a line of JSON for each row."""

    sheet: str
    lines: Path


class _Sheets:
    """A workbook: a grid for each layout."""

    def __init__(self, path: Path, kind: str, resource: Resource, room: Path, bounds: Bounds, macros: bool, seen: dict[str, Look]):
        self.path, self.kind, self.resource, self.room, self.bounds, self.macros, self.seen = (
            path,
            kind,
            resource,
            room,
            bounds,
            macros,
            seen,
        )
        self.read: dict[str | None, _Cells] = {}

    def __call__(self, layout: Layout) -> Grid:
        if layout.sheet not in self.read:
            self.read[layout.sheet] = self._cells(layout.sheet)
        cells = self.read[layout.sheet]
        seen = self.seen[cells.sheet]
        header = next(islice(_rows(cells.lines, layout.header_row - 1, 0, {}, ()), 1), None)
        labels = _trimmed(header[1], 0) if header else []
        if not labels:
            note = _("sheet {sheet}: row {row}, where the header should be, is empty", sheet=cells.sheet, row=layout.header_row)
            raise Unreadable("source-error", note)
        if len(labels) > self.bounds.columns:
            raise Unreadable("source-error", too_wide(len(labels), self.bounds))
        if unsaved := [place for place in seen.unsaved if place[0] >= layout.header_row and place[1] < len(labels)]:
            raise Unreadable("source-error", _unsaved(unsaved))
        types = {field["name"]: field["type"] for field in self.resource.schema["fields"]}
        moments = {place for place, label in enumerate(labels) if types.get(layout.labels.get(label, label)) == "datetime"}
        rows = partial(_rows, cells.lines, layout.header_row, len(labels), seen.faults, moments)
        found = (Finding("form", self.kind.upper(), 1.0),)
        remarks = tuple(self._remarks(seen, layout.header_row))
        return Grid(tuple(labels), rows, layout.header_row, sheet=cells.sheet, address=address, remarks=remarks, findings=found)

    def _cells(self, wanted: str | None) -> _Cells:
        """A sheet's cells, written by a process of its own (forms/cells.py); raises Unreadable."""
        into = self.room / f"{len(self.read)}.cells"
        limits = (self.bounds.memory, self.bounds.seconds, self.bounds.unpacked)
        command = [sys.executable, "-I", str(READER), str(self.path), wanted or "", str(into), *map(str, limits)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        try:
            told = json.loads(ended.stdout)
        except ValueError:
            told = {"error": "large" if ended.returncode < 0 else "unreadable"}
        if "error" in told:
            raise self._unreadable(told["error"])
        if (sheet := told["sheet"]) is None:
            if wanted is None:
                raise Unreadable("source-error", _("the workbook has no visible sheet; show the one that is meant"))
            there = ", ".join(name for name, _visible in told["sheets"])
            raise Unreadable("source-error", _("the workbook has no sheet {sheet!r}; it has {names}", sheet=wanted, names=there))
        if sheet not in self.seen:
            self.seen[sheet] = Look()
            if self.kind == "xlsx":
                with opened(self.path, self.bounds) as packed:
                    self.seen[sheet] = look(packed, sheet, self.bounds)
        return _Cells(sheet, into)

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

    def _remarks(self, seen: Look, header_row: int) -> Iterator[Remark]:
        if self.macros:
            yield Remark("macros-ignored", _("the workbook has macros: they were not run, only its cells were read"))
        if seen.hidden:
            note = ngettext("{n} hidden row was read like the others", "{n} hidden rows were read like the others", seen.hidden)
            yield Remark("hidden-rows", note)
        merged = [name for _first, last, name in seen.merged if last > header_row]
        if merged:
            names = ", ".join(merged[:5]) + (" …" if len(merged) > 5 else "")
            note = _("merged cells ({cells}): what they say counts for the first of them alone, the others are empty", cells=names)
            yield Remark("merged-cells", note)


def _rows(lines: Path, skip: int, width: int, faults: Mapping[tuple[int, int], str], moments: Collection[int]) -> Rows:
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
            yield number, _trimmed(cells, width)


def _trimmed(cells: list[str], width: int) -> list[str]:
    end = len(cells)
    while end > width and not cells[end - 1].strip():
        end -= 1
    return cells[:end] + [""] * (width - end)


def _text(cell: Any, moment: bool) -> str:
    """The text of a cell; of a day, which comes as a list, with a time where the field is a moment."""
    if isinstance(cell, str):
        return cell
    return f"{cell[0]}T00:00:00" if moment else str(cell[0])


def _unsaved(places: Collection[tuple[int, int]]) -> str:
    row, place = min(places)
    return ngettext(
        "{n} formula has no saved result ({cell}); open the workbook in Excel or LibreOffice, save it there and hand that in",
        "{n} formulas have no saved result ({cell} first); open the workbook in Excel or LibreOffice, save it there and hand that in",
        len(places),
        cell=address(row, place),
    )
