"""An agency's own workbook with colours and notes in its cells: everything else of it stays, as far as openpyxl can."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.comments import Comment

from messages import gettext as _
from pipelines.report.marks import Cell, Mark
from pipelines.report.summary import FILLS, titles, writable

AUTHOR = "Vereda"
NOTED = 1_000
"""Cells that get a note; all that are marked get their colour."""


def annotate(path: Path, out: Path, name: str, marked: Mapping[Cell, Mark], front: Callable[[Any, Any], None]) -> None:
    """Writes the workbook at `path` to `out`, with the cells of the sheet `name` marked; `front` fills the two sheets before it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl cannot keep is told by `lost`
        book = load_workbook(path, rich_text=True)
        sheet = book[name]
        merged = {(row, column): (each.min_row, each.min_col) for each in sheet.merged_cells.ranges for row, column in each.cells}
        for number, ((row, place), mark) in enumerate(marked.items()):
            at = merged.get((row, place + 1), (row, place + 1))
            cell = sheet.cell(*at)
            cell.fill = FILLS[mark.colour]
            if number < NOTED:
                cell.comment = noted(mark.note, before=cell.comment.text if cell.comment else "")
        summary, corrections = titles()
        for title in (summary, corrections):
            if title in book.sheetnames:  # of an earlier check
                del book[title]
        front(book.create_sheet(summary, 0), book.create_sheet(corrections, 1))
        for each in book.worksheets:
            each.sheet_view.tabSelected = False
        book.active = 0
        book.save(out)


def noted(text: str, before: str = "") -> Comment:
    """A note as large as its text, below what stood there before."""
    whole = writable(f"{before}\n\n{text}" if before else text)
    lines = sum(1 + len(line) // 52 for line in whole.split("\n"))
    return Comment(whole, AUTHOR, height=min(30 + 18 * lines, 420), width=340)


def lost(path: Path) -> list[str]:
    """What the annotated copy of this workbook lacks, in words."""
    kinds = {
        "xl/media/": _("pictures"),
        "xl/vbaProject.bin": _("macros"),
        "xl/ctrlProps/": _("buttons and other controls"),
        "xl/activeX/": _("buttons and other controls"),
        "xl/slicers/": _("slicers"),
        "xl/threadedComments/": _("conversations (they stay as notes)"),
        "xl/diagrams/": _("diagrams"),
    }
    with zipfile.ZipFile(path) as packed:
        names = packed.namelist()
    return list(dict.fromkeys(told for part, told in kinds.items() if any(name.startswith(part) for name in names)))
