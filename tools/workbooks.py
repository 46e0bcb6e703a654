"""A workbook as an agency would save it, always with the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from typing import Any

from openpyxl import Workbook

# The first moment that a ZIP can tell. openpyxl writes the present one, in the entries and in the workbook's
# properties.
MOMENT = (1980, 1, 1, 0, 0, 0)


def workbook(rows: Iterable[list[Any]]) -> bytes:
    """The bytes of an XLSX with one sheet: a header and rows; a date becomes a date cell, None an empty one.
    Nothing in it is compressed: what compresses is not the same on every machine."""
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    saved, fixed = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(fixed, "w", zipfile.ZIP_STORED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", content)
            after.writestr(zipfile.ZipInfo(name, MOMENT), content)
    return fixed.getvalue()
