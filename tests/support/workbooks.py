"""Workbooks for tests."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from tests.support.lazy import openpyxl


def workbook(**sheets: Iterable[Sequence[Any]]) -> openpyxl.Workbook:
    """With these sheets of these rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return book


def workbook_bytes(**sheets: Iterable[Sequence[Any]]) -> bytes:
    """Likewise, as a file."""
    return saved_bytes(workbook(**sheets))


def saved_bytes(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
