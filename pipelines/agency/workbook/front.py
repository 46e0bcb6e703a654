"""The first sheets of a workbook that goes back: what was found, with links to the cells, and what was
corrected in the copy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties

from messages import gettext as _
from messages import ngettext
from messages.formats import UNWRITABLE
from pipelines.agency.corrections import CellCorrection
from pipelines.agency.report.groups import EXAMPLES, ProblemGroup, problem_cells
from pipelines.agency.report.received import RunForecast
from pipelines.read.forms.workbook import NOTES
from pipelines.read.forms.xlsx import cell_address
from pipelines.read.places import Places

FILLS = {
    "critical": PatternFill("solid", start_color="FFF8C9C4"),
    "warning": PatternFill("solid", start_color="FFFFE9A8"),
    "corrected": PatternFill("solid", start_color="FFC9EBD3"),
    "head": PatternFill("solid", start_color="FF101E37"),
    "table": PatternFill("solid", start_color="FFE6EBF0"),
}
LISTED = 10_000
"""Corrections that the sheet lists."""


@dataclass(frozen=True)
class Front:
    """What the first sheets say. `link` gives where a cell of the file stands in the workbook ('Hoja1'!C7),
    None where it is not shown."""

    name: str
    about: Sequence[tuple[str, str]]
    verdict: RunForecast
    groups: Sequence[ProblemGroup]
    places: Places
    corrections: Sequence[CellCorrection]
    notes: Sequence[str]
    link: Callable[[int, int], str | None]


def front_titles() -> tuple[str, str]:
    """What the two sheets are called; our own reader passes over sheets called so."""
    return NOTES + _("Summary"), NOTES + _("Corrections")


class SheetLines:
    """A sheet that is filled row by row, fit for printing; its links know where they stand."""

    def __init__(self, sheet: Any, widths: Sequence[int]) -> None:
        self.sheet, self.row, self.widths = sheet, 0, widths
        for place, width in enumerate(widths):
            sheet.column_dimensions[cell_address(1, place)[:-1]].width = width
        sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)

    def append(self, cells: Sequence[Cell | None]) -> None:
        self.row += 1
        wrapped = [
            (str(each.value or ""), width)
            for each, width in zip(cells, self.widths, strict=False)
            if each and each.alignment.wrap_text
        ]
        if wrapped:  # no program works heights out before it shows the sheet
            self.sheet.row_dimensions[self.row].height = min(
                15 * max(-(-len(text) // (width - 2)) or 1 for text, width in wrapped) + 2, 400
            )
        for place, each in enumerate(cells):
            if each is not None and each.hyperlink:
                each.hyperlink.ref = cell_address(self.row, place)
        self.sheet.append(cells)


def write_summary(sheet: Any, front: Front) -> None:
    """Fills the first sheet, row by row."""
    widths = (44, 26, 10, *([12] * EXAMPLES), 46, 60)
    sheet.sheet_view.showGridLines = False
    sheet.row_dimensions[1].height = 26
    lines = SheetLines(sheet, widths)
    pad: list[Cell | None] = [None] * (len(widths) - 1)
    head = [
        write_cell(
            sheet,
            _("Vereda: what was found in {name}", name=front.name),
            bold=True,
            size=15,
            fill="head",
            colour="FFFFFFFF",
        )
    ]
    lines.append([*head, *(write_cell(sheet, "", fill="head") for _column in pad)])
    lines.append([write_cell(sheet, front.verdict.sentence, bold=True)])
    lines.append([])
    for name, value in front.about:
        lines.append([write_cell(sheet, name, colour="FF425266"), write_cell(sheet, value)])
    for number, step in enumerate(front.verdict.next, 1):
        lines.append(
            [
                write_cell(sheet, _("What to do now") if number == 1 else "", colour="FF425266"),
                write_cell(sheet, f"{number}. {_without_backticks(step)}"),
            ]
        )
    lines.append([])
    if front.groups:
        labels = [
            _("Problem"),
            _("Column"),
            _("Times"),
            *[_("Go to")] * EXAMPLES,
            _("What was expected"),
            _("How to put it right"),
        ]
        lines.append([write_cell(sheet, label, bold=True, fill="table") for label in labels])
        for group in front.groups:
            lines.append(_group_line(sheet, front, group))
        lines.append([])
    lines.append([write_cell(sheet, _("What the colours say"), bold=True)])
    for colour, said in _legend(bool(front.corrections)):
        lines.append([write_cell(sheet, said, fill=colour)])
    lines.append([])
    for note in front.notes:
        lines.append([write_cell(sheet, note)])


def _legend(corrected: bool) -> list[tuple[str, str]]:
    legend = [
        ("critical", _("to be corrected: it stops the release, or holds its row back")),
        ("warning", _("worth a look: it stops nothing")),
    ]
    return (
        [*legend, ("corrected", _("corrected in the copy, because only one reading makes sense"))]
        if corrected
        else legend
    )


def _group_line(sheet: Any, front: Front, group: ProblemGroup) -> list[Cell]:
    links = [_link_cell(sheet, front, row, place) for row, place in _first_cells(front.places, group)]
    links += [write_cell(sheet, "")] * (EXAMPLES - len(links))
    return [
        write_cell(
            sheet,
            group.title,
            bold=True,
            fill="warning" if group.severity == "warning" else "critical",
            wrap=True,
        ),
        write_cell(sheet, group.column or "", wrap=True),
        write_cell(sheet, group.count),
        *links,
        write_cell(sheet, _without_backticks(group.expected), wrap=True),
        write_cell(sheet, _without_backticks(group.remedy), wrap=True),
    ]


def _first_cells(places: Places, group: ProblemGroup) -> list[tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    for where, problem in problem_cells(places, group):
        found.setdefault(problem.row or 0, where)
        if len(found) == EXAMPLES:
            break
    return list(found.values())


def _link_cell(sheet: Any, front: Front, row: int, place: int) -> Cell:
    target = front.link(row, place)
    made = write_cell(sheet, cell_address(row, place), colour="FF274986" if target else None)
    if target:
        made.font = Font(name="Calibri", sz=11, color="FF274986", underline="single")
        made.hyperlink = Hyperlink(ref="A1", location=target)
    return made


def write_corrections(sheet: Any, front: Front) -> None:
    """Fills the sheet of what was corrected: cell, before, after, why."""
    sheet.freeze_panes = "A2"
    lines = SheetLines(sheet, (12, 26, 34, 34, 60))
    labels = [_("Cell"), _("Column"), _("Before"), _("After"), _("Why")]
    lines.append([write_cell(sheet, label, bold=True, fill="table") for label in labels])
    for each in front.corrections[:LISTED]:
        label = (
            front.places.raw.labels[each.place].strip()
            if each.place < len(front.places.raw.labels)
            else each.field
        )
        said = [write_cell(sheet, text, wrap=True) for text in (label, each.before, each.after, each.why)]
        lines.append([_link_cell(sheet, front, each.row, each.place), *said])
    more = len(front.corrections) - LISTED
    if more > 0:
        lines.append(
            [
                write_cell(
                    sheet,
                    ngettext(
                        "and {n} more, which is not listed here",
                        "and {n} more, which are not listed here",
                        more,
                    ),
                )
            ]
        )


def write_cell(
    sheet: Any,
    value: str | int,
    *,
    bold: bool = False,
    size: int | None = None,
    fill: str | None = None,
    colour: str | None = None,
    wrap: bool = False,
) -> Cell:
    """A cell that is text whatever it begins with; a number where it is one."""
    made = WriteOnlyCell(sheet, value if isinstance(value, int) else writable_text(value))
    if isinstance(value, str):
        made.data_type = "s"
    made.font = Font(name="Calibri", bold=bold, sz=size or 11, color=colour)
    if fill:
        made.fill = FILLS[fill]
    made.alignment = Alignment(vertical="top", horizontal="left", wrap_text=wrap)
    return made


def writable_text(text: str) -> str:
    """The text as a workbook can hold it."""
    return UNWRITABLE.sub("\ufffd", text)[:32_000]


def _without_backticks(text: str) -> str:
    return text.replace("`", "")


def sort_corrections(corrections: Iterable[CellCorrection]) -> list[CellCorrection]:
    return sorted(corrections, key=lambda each: (each.row, each.place))
