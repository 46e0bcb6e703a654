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
from pipelines.forms.packed import faults, is_workbook, refuse_bombs
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
        name = self._named(layout.sheet)
        try:
            sheet = self.read.setdefault(name, self.book.get_sheet_by_name(name))
            wrong = faults(self.path, name)
        except (CalamineError, zipfile.BadZipFile, OSError) as error:
            raise Unreadable("format-error", _unreadable(error)) from error
        header = next(islice(_rows(sheet, layout.header_row - 1, 0, {}, ()), 1), None)
        labels = _trimmed(header[1], 0) if header else []
        if not labels:
            note = _("sheet {sheet}: row {row}, where the header should be, is empty", sheet=name, row=layout.header_row)
            raise Unreadable("source-error", note)
        types = {field["name"]: field["type"] for field in self.resource.schema["fields"]}
        moments = {place for place, label in enumerate(labels) if types.get(layout.labels.get(label, label)) == "datetime"}
        rows = partial(_rows, sheet, layout.header_row, len(labels), wrong, moments)
        return Grid(tuple(labels), rows, layout.header_row, sheet=name, address=address)

    def _named(self, wanted: str | None) -> str:
        tables = [sheet for sheet in self.book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        names = [sheet.name for sheet in tables]
        if wanted is None:
            visible = [sheet.name for sheet in tables if sheet.visible == SheetVisibleEnum.Visible]
            shown = [name for name in visible if not name.startswith(NOTES)]
            if not shown:
                raise Unreadable("source-error", _("the workbook has no visible sheet; show the one that is meant"))
            return shown[0]
        if wanted not in names:
            there = ", ".join(names)
            raise Unreadable("source-error", _("the workbook has no sheet {sheet!r}; it has {names}", sheet=wanted, names=there))
        return wanted


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
