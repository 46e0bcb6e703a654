"""An agency's workbook with colours and notes in its cells; of other files a workbook is made, with every
cell as the text that was sent."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell as Made
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Font

from messages import gettext as _
from pipelines.agency.report.groups import CellMark, marked_rows
from pipelines.agency.workbook.front import FILLS, front_titles, writable_text
from pipelines.read.forms.xlsx import cell_address
from pipelines.read.grid import Grid, Unreadable
from pipelines.read.places import FileCell

AUTHOR = "Vereda"
NOTED = 1_000
"""Cells that get a note; all that are marked get their colour."""


def annotate_workbook(
    path: Path, out: Path, name: str, marked: Mapping[FileCell, CellMark], front: Callable[[Any, Any], None]
) -> None:
    """Writes the workbook at `path` to `out`, with the cells of the sheet `name` marked; `front` fills the
    two sheets before it."""
    # by its bytes: openpyxl refuses files of other names, such as those that were fetched
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl cannot keep is listed by `lost_parts`
        book = load_workbook(file, rich_text=True)
        sheet = book[name]
        merged = {
            (row, column): (each.min_row, each.min_col)
            for each in sheet.merged_cells.ranges
            for row, column in each.cells
        }
        for number, ((row, place), mark) in enumerate(marked.items()):
            at = merged.get((row, place + 1), (row, place + 1))
            cell = sheet.cell(*at)
            cell.fill = FILLS[mark.colour]
            if number < NOTED:
                cell.comment = make_note(mark.note, before=cell.comment.text if cell.comment else "")
        summary, corrections = front_titles()
        for title in (summary, corrections):
            if title in book.sheetnames:  # of an earlier check
                del book[title]
        front(book.create_sheet(summary, 0), book.create_sheet(corrections, 1))
        for each in book.worksheets:
            each.sheet_view.tabSelected = False
        book.active = 0
        book.save(out)


def make_note(text: str, before: str = "") -> Comment:
    """A note as large as its text, below what stood there before."""
    whole = writable_text(f"{before}\n\n{text}" if before else text)
    lines = sum(1 + len(line) // 52 for line in whole.split("\n"))
    return Comment(whole, AUTHOR, height=min(30 + 18 * lines, 420), width=340)


def lost_parts(path: Path) -> list[str]:
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
    return list(
        dict.fromkeys(told for part, told in kinds.items() if any(name.startswith(part) for name in names))
    )


CELLS = 500_000
"""Cells of a file that is shown whole; of a larger one only the rows with a marked cell are."""
ROWS = 20_000
"""Rows that are shown of a larger one."""


class FileView:
    """What of a file is shown in the sheet `title`: all rows under their own numbers, or those with a marked
    cell, each with its number in a column of its own."""

    def __init__(self, title: str, grid: Grid, rows: int, marked: Mapping[FileCell, CellMark]) -> None:
        self.title, self.grid = title, grid
        self.quoted = title.replace("'", "''")
        self.whole = rows * len(grid.labels) <= CELLS
        wrong = [row for row in marked_rows(marked) if row > grid.header_row]
        self.cut = not self.whole and len(wrong) > ROWS
        self.position = {row: place for place, row in enumerate(wrong[:ROWS], 2)}

    def link(self, row: int, place: int) -> str | None:
        """Where a cell of the file stands in the workbook."""
        if self.whole:
            return f"'{self.quoted}'!{cell_address(row, place)}"
        position = 1 if row == self.grid.header_row else self.position.get(row)
        return f"'{self.quoted}'!{cell_address(position, place + 1)}" if position else None


def make_workbook(
    out: Path,
    shown: FileView,
    above: Sequence[Sequence[str]],
    marked: Mapping[FileCell, CellMark],
    front: Callable[[Any, Any], None] | None,
    replaced: Mapping[FileCell, str] | None = None,
) -> None:
    """Writes the workbook to `out`; `above` are the rows above the header, `front` fills the two sheets
    before the table, `replaced` has cells with another text."""
    book = Workbook(write_only=True)
    if front:
        front(*(book.create_sheet(title) for title in front_titles()))
    sheet = book.create_sheet(shown.title)
    sheet.freeze_panes = f"A{shown.grid.header_row + 1 if shown.whole else 2}"
    for place, width in enumerate(_column_widths(shown.grid)):
        letter = cell_address(1, place + (0 if shown.whole else 1))[:-1]
        sheet.column_dimensions[letter].width = width
    writer = _Writer(sheet, marked, replaced or {})
    for number, row in _file_rows(shown, above):
        if shown.whole:
            sheet.append(writer.line(number, row, bold=number == shown.grid.header_row))
        elif number == shown.grid.header_row:
            sheet.append([WriteOnlyCell(sheet, _("Row")), *writer.line(number, row, bold=True)])
        elif number in shown.position:
            sheet.append([WriteOnlyCell(sheet, number), *writer.line(number, row)])
    book.save(out)


class _Writer:
    """Makes rows of cells; only the first marked ones get a note."""

    def __init__(
        self, sheet: Any, marked: Mapping[FileCell, CellMark], replaced: Mapping[FileCell, str]
    ) -> None:
        self.sheet, self.marked, self.replaced = sheet, marked, replaced
        self.noted = frozenset(list(marked)[:NOTED])
        self.rows = frozenset(row for row, _place in (*marked, *replaced))

    def line(self, number: int, row: Sequence[str], bold: bool = False) -> list[Made]:
        if number not in self.rows:
            return [self._text(text, bold) for text in row]
        width = (
            max([len(row), *(place + 1 for at, place in self.marked if at == number)])
            if len(self.marked) < 1_000
            else len(row)
        )
        return [
            self._cell(number, place, row[place] if place < len(row) else "", bold) for place in range(width)
        ]

    def _cell(self, number: int, place: int, text: str, bold: bool) -> Made:
        made = self._text(self.replaced.get((number, place), text), bold)
        if mark := self.marked.get((number, place)):
            made.fill = FILLS[mark.colour]
            if (number, place) in self.noted:
                made.comment = make_note(mark.note)
        return made

    def _text(self, text: str, bold: bool) -> Made:
        made = WriteOnlyCell(self.sheet, writable_text(text))
        made.data_type = "s"  # a text that begins with = stays one
        made.number_format = "@"
        if text[:1] in "=+-@":
            made.quotePrefix = True
        if bold:
            made.font = Font(bold=True)
        return made


def _file_rows(shown: FileView, above: Sequence[Sequence[str]]) -> Iterator[tuple[int, Sequence[str]]]:
    """Every row of the file up to where it breaks off, without gaps in their numbers."""
    grid, last = shown.grid, shown.grid.header_row
    for number in range(1, last):
        yield number, above[number - 1] if number <= len(above) else []
    yield last, grid.labels
    try:
        for number, row in grid.rows():
            for gap in range(last + 1, number):
                yield gap, []
            last = number
            yield number, row
    except Unreadable:
        return


def _column_widths(grid: Grid) -> list[int]:
    """As wide as the first rows need, within reason."""
    widths = [len(label) for label in grid.labels]
    try:
        for _number, (_row, row) in zip(range(200), grid.rows(), strict=False):
            for place, text in enumerate(row[: len(widths)]):
                widths[place] = max(widths[place], len(text))
    except Unreadable:
        pass
    return [min(max(width + 2, 8), 42) for width in widths]
