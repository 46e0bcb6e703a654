"""A workbook's parts (XLSX and ODS are ZIP files), looked at before anything unpacks them whole."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from messages import gettext as _
from pipelines.grid import Unreadable

UNPACKED = 1_000_000_000
"""Bytes that a workbook may have once unpacked."""
CELLS = 20_000_000
"""Cells that a sheet may span, the empty ones counted: readers keep room for each."""
BLOCK = 1 << 20
REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def is_workbook(path: Path) -> bool:
    """Whether the file is a ZIP with a workbook's parts in it."""
    try:
        with zipfile.ZipFile(path) as packed:
            names = set(packed.namelist())
            return bool(names & {"xl/workbook.xml", "xl/workbook.bin"}) or (
                "content.xml" in names and b"spreadsheet" in packed.open("mimetype").read(100)
            )
    except (zipfile.BadZipFile, KeyError, OSError, NotImplementedError, RuntimeError):
        return False


def refuse_bombs(path: Path) -> None:
    """Raises Unreadable where the parts, as they say of themselves, or a sheet would be too large, BadZipFile where a part is not as
    large as it says: each is read to its end once, block by block, and no further than it says."""
    with zipfile.ZipFile(path) as packed:
        total = sum(part.file_size for part in packed.infolist())
        if total > UNPACKED:
            note = _("the workbook would unpack to {total} bytes, {limit} are allowed; hand in the data alone", total=total, limit=UNPACKED)
            raise Unreadable("format-error", note)
        for name in packed.namelist():
            if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                rows, columns = _span(packed, name)
                if rows * columns > CELLS:
                    note = _(
                        "a sheet spans {rows} rows and {columns} columns; clear what stands far from the table", rows=rows, columns=columns
                    )
                    raise Unreadable("format-error", note)
            elif name.endswith((".xml", ".bin")):
                for _block in _blocks(packed, name):
                    pass


def faults(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """Cells of an XLSX sheet that hold an error (#REF!, #DIV/0!), by row (from 1) and column (from 0): readers give them as empty."""
    if not zipfile.is_zipfile(path):
        return {}
    found = {}
    with zipfile.ZipFile(path) as packed:
        part = sheet_part(packed, sheet)
        for block in _blocks(packed, part) if part else ():
            for match in re.finditer(rb'<c r="([A-Z]{1,3})(\d+)"[^>]* t="e"[^>]*>(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?<v>([^<]*)</v>', block):
                found[int(match[2]), _column(match[1])] = match[3].decode("utf-8", "replace")
    return found


def sheet_part(packed: zipfile.ZipFile, sheet: str) -> str | None:
    """The part of an XLSX that holds a sheet."""
    if "xl/workbook.xml" not in packed.namelist() or "xl/_rels/workbook.xml.rels" not in packed.namelist():
        return None
    try:
        book = ElementTree.fromstring(packed.read("xl/workbook.xml"))
        rels = ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))
    except ElementTree.ParseError:
        return None
    ids = {each.get("name"): each.get(REL) for each in book.iter() if each.tag.endswith("}sheet")}
    targets = {each.get("Id"): each.get("Target") or "" for each in rels}
    target = targets.get(ids.get(sheet), "")
    name = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return name if name in packed.namelist() else None


def _span(packed: zipfile.ZipFile, part: str) -> tuple[int, int]:
    """The last row and the last column with a cell."""
    rows, columns = 1, {b"A"}
    for block in _blocks(packed, part):
        cells = re.findall(rb'\br="([A-Z]{1,3})(\d{1,7})"', block)
        columns.update({column for column, _row in cells})
        rows = max([rows, *(int(row) for _column, row in cells[-1:])], default=rows)
        rows = max([rows, *(int(row) for row in re.findall(rb'<(?:\w+:)?row r="(\d{1,7})"', block))])
    return rows, max(_column(column) for column in columns) + 1


def _blocks(packed: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The part's bytes, in blocks that end with a tag's beginning at the latest cell."""
    rest = b""
    with packed.open(part) as file:
        while chunk := file.read(BLOCK):
            data = rest + chunk
            cut = max(data.rfind(b"<c "), data.rfind(b"<row "), 0) or len(data)
            yield data[:cut]
            rest = data[cut:]
    yield rest


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
