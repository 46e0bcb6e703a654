"""One sheet as XLSX, XLS and ODS: what a spreadsheet keeps of a cell, and what it shows."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import xlwt

from tests.support.bad_files import ods
from tests.support.lazy import openpyxl
from tests.support.workbooks import saved_bytes

KINDS = ("xlsx", "xls", "ods")


@dataclass(frozen=True)
class Cell:
    """A value with its number format; `shown` is what an ODS has beside it."""

    value: Any
    code: str = "General"
    shown: str | None = None


def sheet_of(kind: str, rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook with one sheet of these rows; None is an empty cell."""
    cells = [[each if isinstance(each, Cell) else Cell(each) for each in row] for row in rows]
    return {"xlsx": _xlsx, "xls": _xls, "ods": _ods}[kind](cells)


def column(kind: str, label: str, *cells: Any) -> bytes:
    """A sheet with the rows numbered in a column `id`, and a column of these cells."""
    return sheet_of(kind, [["id", label], *([n, cell] for n, cell in enumerate(cells, 1))])


def _xlsx(rows: list[list[Cell]]) -> bytes:
    book = openpyxl.Workbook()
    for row, cells in enumerate(rows, 1):
        for place, each in enumerate(cells, 1):
            made = book.active.cell(row, place, each.value)
            if each.code != "General" or not isinstance(each.value, dt.date):
                made.number_format = each.code
    return saved_bytes(book)


def _xls(rows: list[list[Cell]]) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Hoja")
    for row, cells in enumerate(rows):
        for place, each in enumerate(cells):
            if each.value is not None:
                day = isinstance(each.value, dt.date) and each.code == "General"
                code = "dd/mm/yyyy" if day else each.code
                sheet.write(row, place, each.value, xlwt.easyxf(num_format_str=code))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _ods(rows: list[list[Cell]]) -> bytes:
    written = ("".join(map(_ods_cell, cells)) for cells in rows)
    return ods("".join(f"<table:table-row>{row}</table:table-row>" for row in written))


def _ods_cell(cell: Cell) -> str:
    match cell.value:
        case None:
            return "<table:table-cell/>"
        case bool():
            kind, value = "boolean", f'office:boolean-value="{str(cell.value).lower()}"'
        case int() | float():
            kind = "percentage" if "%" in cell.code else "float"
            value = f'office:value="{cell.value}"'
        case dt.date():
            kind, value = "date", f'office:date-value="{cell.value.isoformat()}"'
        case _:
            kind, value = "string", ""
    shown = escape(str(cell.value) if cell.shown is None else cell.shown)
    return f'<table:table-cell office:value-type="{kind}" {value}><text:p>{shown}</text:p></table:table-cell>'
