"""Workbooks (XLSX, XLSB, XLS, ODS) → a grid of one of their sheets."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Collection
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from messages import gettext as _
from pipelines.dataset import Resource
from pipelines.finding import Finding
from pipelines.forms.packed import faults, is_workbook, refuse_bombs
from pipelines.found.dates import epoch
from pipelines.found.header import LOOKED_AT, Header, find_header
from pipelines.found.known import Known
from pipelines.grid import Grid, Grids, Rows, Unreadable
from pipelines.layout import Layout

OLE = b"\xd0\xcf\x11\xe0"
NOTES = "Vereda - "
"""How sheets begin that a report put before the agency's own (pipelines/report): they are never the data."""


def workbook(path: Path, resource: Resource) -> Grids | None:
    """The sheets of the workbook at `path`; None where the file is none, whatever its name says."""
    packed = is_workbook(path)
    if not packed:
        with path.open("rb") as file:
            if file.read(4) != OLE:
                return None
    try:
        if packed:
            refuse_bombs(path)
        with path.open("rb") as file:
            return _Sheets(path, CalamineWorkbook.from_filelike(file), resource)
    except PasswordError as error:
        raise Unreadable("format-error", _("the workbook is locked with a password; save it without one and hand it in again")) from error
    except (CalamineError, zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError) as error:
        raise Unreadable("format-error", _unreadable(error)) from error


class _Sheets:
    """An open workbook: a grid for each layout."""

    def __init__(self, path: Path, book: CalamineWorkbook, resource: Resource):
        self.path, self.book, self.resource = path, book, resource
        self.read: dict[str, CalamineSheet] = {}

    def __call__(self, layout: Layout) -> Grid:
        known = Known.of(self.resource, layout)
        name, findings = self._named(layout.sheet, known)
        try:
            sheet = self._sheet(name)
            wrong = faults(self.path, name)
        except (CalamineError, zipfile.BadZipFile, OSError) as error:
            raise Unreadable("format-error", _unreadable(error)) from error
        found = _header(sheet, known)
        if layout.header_row is None:
            header, row = found, found.row if found else 1
            findings += _of_header(found)
        else:
            header, row = None, layout.header_row
            if found and found.row != row and found.known > known.among(_row(sheet, row)) + 1:
                findings += (Finding("header-row", str(found.row), found.confidence, declared=str(row)),)
        labels = _trimmed(list(header.labels) if header else _row(sheet, row), 0)
        if not labels:
            note = _("sheet {sheet}: row {row}, where the header should be, is empty", sheet=name, row=row)
            raise Unreadable("source-error", note)
        types = {field["name"]: field["type"] for field in self.resource.schema["fields"]}
        moments = {place for place, label in enumerate(labels) if types.get(layout.labels.get(label, label)) == "datetime"}
        rows = partial(_rows, sheet, row, len(labels), wrong, moments)
        return Grid(tuple(labels), rows, row, sheet=name, address=address, findings=findings, epoch=epoch(self.path))

    def _sheet(self, name: str) -> CalamineSheet:
        if name not in self.read:
            self.read[name] = self.book.get_sheet_by_name(name)
        return self.read[name]

    def _named(self, wanted: str | None, known: Known) -> tuple[str, tuple[Finding, ...]]:
        """The sheet that is declared, or else the visible one whose header has the most known labels, the first of them."""
        tables = [sheet for sheet in self.book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        names = [sheet.name for sheet in tables]
        visible = [sheet.name for sheet in tables if sheet.visible == SheetVisibleEnum.Visible]
        shown = [name for name in visible if not name.startswith(NOTES)]
        if wanted is not None and wanted not in names:
            there = ", ".join(names)
            raise Unreadable("source-error", _("the workbook has no sheet {sheet!r}; it has {names}", sheet=wanted, names=there))
        if wanted is None and not shown:
            raise Unreadable("source-error", _("the workbook has no visible sheet; show the one that is meant"))
        if len(shown) < 2:
            return wanted or shown[0], ()
        counts = {name: self._known(name, known) for name in shown}
        best = max(counts, key=lambda name: (counts[name], name == self.resource.name[:31]))  # so a template calls its sheets
        if wanted is not None:
            other = counts[best] > counts.get(wanted, 0.0) + 1
            return wanted, (Finding("sheet", best, 0.9, declared=wanted),) if other else ()
        rivals = [name for name in shown if name != best != self.resource.name[:31] and counts[name] >= counts[best]]
        second = max(count for name, count in counts.items() if name != best)
        confidence = 1 / (len(rivals) + 1) if rivals else 1 - 0.5 ** (2 * (counts[best] - second) + 1)
        return best, (Finding("sheet", best, min(confidence, 0.99), example=", ".join(rivals) if rivals and counts[best] else None),)

    def _known(self, name: str, known: Known) -> float:
        """How many known labels stand in a sheet's header; none where it cannot be opened."""
        try:
            header = _header(self._sheet(name), known)
        except (CalamineError, zipfile.BadZipFile, OSError):
            return 0.0
        return header.known if header else 0.0


def _header(sheet: CalamineSheet, known: Known) -> Header | None:
    return find_header([cells for _number, cells in islice(_rows(sheet, 0, 0, {}, ()), LOOKED_AT)], known)


def _row(sheet: CalamineSheet, number: int) -> list[str]:
    return next((cells for _number, cells in islice(_rows(sheet, number - 1, 0, {}, ()), 1)), [])


def _of_header(header: Header | None) -> tuple[Finding, ...]:
    if header is None or header.row == 1:
        return ()
    if header.merged:
        return (Finding("header-rows", f"{header.row - 1}–{header.row}", header.confidence),)
    return (Finding("header-row", str(header.row), header.confidence),)


def _rows(sheet: CalamineSheet, skip: int, width: int, wrong: dict[tuple[int, int], str], moments: Collection[int]) -> Rows:
    """The rows below the first `skip`, each as long as the header (`width`) or as its last cell that holds something."""
    start = sheet.start[1] if sheet.start else 0
    marked = {row for row, _column in wrong}
    for number, values in enumerate(sheet.iter_rows(), 1):
        if number <= skip:
            continue
        cells = [""] * start + [_text(value, start + place in moments) for place, value in enumerate(values)]
        if number in marked:  # what calamine takes for empty
            last = max(place for row, place in wrong if row == number)
            cells += [""] * (last + 1 - len(cells))
            cells = [wrong.get((number, place), cell) for place, cell in enumerate(cells)]
        yield number, _trimmed(cells, width)


def _trimmed(cells: list[str], width: int) -> list[str]:
    end = len(cells)
    while end > width and not cells[end - 1].strip():
        end -= 1
    return cells[:end] + [""] * (width - end)


def _text(value: Any, moment: bool) -> str:
    """A cell as text that Table Schema reads: whole numbers without a point, dates in ISO 8601, true and false."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if not value.is_integer() or abs(value) >= 2**53:
            return f"{value:.15g}"  # the digits that a workbook shows
        case float() | int():
            return str(int(value))
        case dt.datetime():
            return value.isoformat()
        case dt.date():
            return f"{value.isoformat()}T00:00:00" if moment else value.isoformat()
        case dt.timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
        case _:
            return str(value)


def address(row: int, place: int) -> str:
    """A1, B1 … Z1, AA1 …"""
    letters, place = "", place + 1
    while place:
        place, letter = divmod(place - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"


def _unreadable(error: Exception) -> str:
    return _("the workbook cannot be opened ({why}); open it, save it again as .xlsx and hand that in", why=error)
