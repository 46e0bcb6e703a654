"""The template: a sheet to fill in for each table, a guide, an example, and the lists to choose from."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from catalog.archive.archive import Archive
from catalog.archive.release import UnknownRelease
from messages import gettext as _
from pipelines.agency.check import find_dataset
from pipelines.agency.template.columns import TemplateColumn, TemplateSheet, plan_sheets
from pipelines.agency.template.example import Value, invent_rows
from pipelines.agency.template.validation import ROWS, TEXT, explain_rule, make_validation, number_format
from pipelines.dataset.dataset import Dataset
from pipelines.dataset.sources import InboxSource
from pipelines.release.inputs import Unmet, load_needs, own_tables, referred_tables

BLUE, PALE, GREY, RED, ORANGE = "1F3B5C", "E8EEF5", "6B7280", "FBE0DD", "FCE8C8"
LINE = Border(bottom=Side(style="thin", color="C9D3DF"))
WRAPPED = Alignment(wrap_text=True, vertical="top")
MOMENT = (1980, 1, 1, 0, 0, 0)  # a ZIP knows no earlier one


def write_template(
    dataset: Dataset,
    only: str,
    references: Mapping[str, pa.Table],
    into: Path,
    desk: str | None = None,
) -> list[TemplateSheet]:
    """Writes the empty workbook of the dataset's tables (or of its resource `only`), in the current language;
    the same declaration and references give the same bytes. Its guide leads to the `desk` at that address, or
    names commands where there is none. Gives back its sheets; raises ValueError where
    nobody writes them."""
    made = plan_sheets(dataset, only, references)
    named = {sheet.name: sheet for sheet in made}
    rows = invent_rows(made, references)
    book = Workbook()
    book.remove(book.active)
    pages = [book.create_sheet(sheet.name) for sheet in made]
    lists = _write_lists(book, made)
    for sheet, page in zip(made, pages, strict=True):
        _write_form(page, sheet, lists, named, dataset)
    _write_guide(book, dataset, made, rows, desk)
    for sheet, row in zip(made, rows, strict=True):
        _write_example(
            book, sheet, row, _("Example") if len(made) == 1 else _("Example {name}", name=sheet.name)[:31]
        )
    if lists:
        book.move_sheet(book[_("Lists")], len(book.sheetnames))
    book.properties.creator, book.properties.title = "Vereda", dataset.title
    _save(book, into)
    return made


def make_template(
    datasets: Path, archive: Archive, id: str, into: Path, desk: str | None = None
) -> list[TemplateSheet]:
    """The same for a dataset or "dataset/resource", with what its tables refer to; raises UnknownRelease and
    DatasetError as well."""
    dataset, only = find_dataset(datasets, id)
    try:
        needs = load_needs(dataset, archive)
    except Unmet as error:
        raise UnknownRelease(str(error)) from error
    references = {**referred_tables(dataset, needs), **own_tables(dataset, archive)}
    return write_template(dataset, only, references, into, desk)


def _write_form(
    page: Worksheet,
    sheet: TemplateSheet,
    lists: dict[tuple[str, ...], str],
    named: dict[str, TemplateSheet],
    dataset: Dataset,
) -> None:
    header = sheet.header_row
    if header > 1:
        page.cell(1, 1, dataset.title).font = _font(bold=True, size=14)
    for place, column in enumerate(sheet.columns):
        _write_header_cell(page, header, place, column)
        page.column_dimensions[get_column_letter(place + 1)].number_format = number_format(column)
        # Some programs take a column's format only for cells that are there.
        for row in range(header + 1, header + 51):
            page.cell(row, place + 1).number_format = number_format(column)
        if rule := make_validation(sheet, place, lists, named):
            page.add_data_validation(rule)
    _colour_faults(page, sheet)
    page.freeze_panes = page.cell(header + 1, 2 if len(sheet.columns) > 4 else 1)
    _fit_page_width(page)
    page.row_dimensions[header].height = 32


def _write_header_cell(page: Worksheet, row: int, place: int, column: TemplateColumn) -> None:
    cell = page.cell(row, place + 1, column.label)
    cell.font, cell.fill = (
        _font(bold=True, color="FFFFFF"),
        PatternFill("solid", start_color=BLUE if column.field is not None else GREY),
    )
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    cell.number_format = TEXT
    long = max((len(option) for option in column.options), default=0)
    usual = (
        34 if column.type == "string" and not column.options and "maxLength" not in column.constraints else 16
    )
    page.column_dimensions[get_column_letter(place + 1)].width = max(
        12, min(40, max(usual, len(column.label) + 4, long + 4))
    )


def _colour_faults(page: Worksheet, sheet: TemplateSheet) -> None:
    """What no rule can refuse: cells that must be filled in and are not (red), keys that are there twice
    (orange)."""
    first = sheet.header_row + 1
    last, end = first + ROWS - 1, get_column_letter(len(sheet.columns))
    places = {column.label: get_column_letter(place + 1) for place, column in enumerate(sheet.columns)}
    for column in sheet.columns:
        if column.constraints.get("required"):
            letter = places[column.label]
            formula = f"AND(COUNTA($A{first}:${end}{first})>0,LEN(TRIM({letter}{first}))=0)"
            page.conditional_formatting.add(
                f"{letter}{first}:{letter}{last}", FormulaRule([formula], fill=_fill(RED))
            )
    for key in sheet.keys:
        letters = [places[name] for name in key]
        equal = ",".join(f"${letter}${first}:${letter}${last},${letter}{first}" for letter in letters)
        formula = (
            f"AND({','.join(f'${letter}{first}<>' + chr(34) * 2 for letter in letters)},COUNTIFS({equal})>1)"
        )
        for letter in letters:
            page.conditional_formatting.add(
                f"{letter}{first}:{letter}{last}", FormulaRule([formula], fill=_fill(ORANGE))
            )


def _font(**how: Any) -> Font:
    return Font(name="Calibri", **how)


def _fill(colour: str) -> PatternFill:
    return PatternFill("solid", start_color=colour, end_color=colour)


def _write_lists(book: Workbook, made: Sequence[TemplateSheet]) -> dict[tuple[str, ...], str]:
    """Writes every list of options once, each in a column of a sheet of its own; gives the range in which it
    stands."""
    columns = [column for sheet in made for column in sheet.columns]
    options = dict.fromkeys(column.options for column in columns if column.options)
    if not options:
        return {}
    page = book.create_sheet(_("Lists"))
    found = {}
    titles = {column.options: column.label for column in reversed(columns)}
    for place, listed in enumerate(options, 1):
        letter = get_column_letter(place)
        _write_header_cell(
            page,
            1,
            place - 1,
            TemplateColumn(titles[listed], {"name": titles[listed], "type": "any"}, listed),
        )
        for row, option in enumerate(listed, 2):
            cell = page.cell(row, place, option)
            cell.number_format = TEXT
        found[listed] = f"{quote_sheetname(page.title)}!${letter}$2:${letter}${len(listed) + 1}"
    page.freeze_panes = "A2"
    return found


def _write_guide(
    book: Workbook,
    dataset: Dataset,
    made: Sequence[TemplateSheet],
    rows: Sequence[Sequence[Value]],
    desk: str | None,
) -> None:
    page = book.create_sheet(_("How to fill it in"))
    for place, width in enumerate((28, 44, 42, 12, 34), 1):
        page.column_dimensions[get_column_letter(place)].width = width
    page.append([dataset.title])
    page.cell(1, 1).font = _font(bold=True, size=14, color=BLUE)
    for line in _guide_lines(dataset, made, desk):
        page.append([line])
        page.merge_cells(start_row=page.max_row, end_row=page.max_row, start_column=1, end_column=5)
        page.cell(page.max_row, 1).alignment = WRAPPED
        page.row_dimensions[page.max_row].height = 15 * (1 + len(line) // 150)
    for sheet, row in zip(made, rows, strict=True):
        page.append([])
        page.append(
            [
                _(
                    "Sheet {name}: {title}",
                    name=sheet.name,
                    title=sheet.resource.descriptor.get("title", sheet.name),
                )
            ]
        )
        page.cell(page.max_row, 1).font = _font(bold=True, size=12, color=BLUE)
        page.append([_("Column"), _("What it is"), _("What may be written"), _("Required"), _("Example")])
        for cell in page[page.max_row]:
            cell.font, cell.fill = _font(bold=True, color="FFFFFF"), _fill(BLUE)
        for column, value in zip(sheet.columns, row, strict=True):
            _write_column_guide(page, column, value)
    page.sheet_view.showGridLines = False
    _fit_page_width(page)


def _guide_lines(dataset: Dataset, made: Sequence[TemplateSheet], desk: str | None) -> list[str]:
    names = ", ".join(sheet.name for sheet in made)
    hand_in = dataset.id if len(dataset.resources) == 1 else f"{dataset.id}/{made[0].resource.name}"
    lines = [
        _(
            "Fill in the sheet {names}: one row for each record, from the first row below the header. Do "
            "not rename its columns.",
            names=names,
        ),
        _(
            "Where a cell has a list, choose from it. A cell that turns red is missing; a row that turns "
            "orange repeats another one."
        ),
        _("The sheet with the example shows a row that is right. It is invented: do not hand it in."),
        _describe_way(hand_in, isinstance(made[0].resource.pipeline.source, InboxSource), desk),
    ]
    if len(made) > 1:
        lines.append(_("Each sheet is a table of its own, and is checked and handed in under its name."))
    return lines


def _describe_way(id: str, handed: bool, desk: str | None) -> str:
    """How the filled-in workbook is checked and handed in: at the desk, or by commands."""
    if desk is not None:
        place = f"{desk.rstrip('/')}/?conjunto={id}"
        if handed:
            return _("Have it checked, and hand it in, at {place}", place=place)
        return _("Have it checked at {place}, and hand it in as always.", place=place)
    if handed:
        return _(
            "Check it with `vereda check {id} FILE.xlsx`; hand it in with `vereda submit {id} FILE.xlsx`.",
            id=id,
        )
    return _("Check it with `vereda check {id} FILE.xlsx`, and hand it in as always.", id=id)


def _write_column_guide(page: Worksheet, column: TemplateColumn, value: Value) -> None:
    """What a column is, what may be written in it, and an example."""
    if column.field is None:
        page.append([column.label, _("It is not published; it may stay empty."), "", "", ""])
    else:
        about = [
            str(column.field.get("description") or column.field.get("title") or ""),
            _privacy_sentence(column),
            _label_sentence(column),
        ]
        required = _("yes") if column.constraints.get("required") and not column.says else _("no")
        unit = f" ({column.field['unit']})" if column.field.get("unit") else ""
        page.append(
            [column.label, " ".join(filter(None, about)), explain_rule(column) + unit, required, value]
        )
        page.cell(page.max_row, 5).number_format = number_format(column)
    row = page.max_row
    for cell in page[row][:5]:
        cell.alignment, cell.border = WRAPPED, LINE
        if isinstance(cell.value, str) and cell.value.startswith("="):
            cell.data_type = "s"
    page.cell(row, 1).font = _font(bold=True)
    page.cell(row, 5).font = _font(italic=True, color=GREY)
    page.cell(row, 5).alignment = Alignment(wrap_text=True, vertical="top", horizontal="left")
    texts = (
        (page.cell(row, 2).value, 42),
        (page.cell(row, 3).value, 40),
        (page.cell(row, 1).value, 25),
        (value, 30),
    )
    page.row_dimensions[row].height = 15 * max(1 + len(str(text or "")) // width for text, width in texts)


def _privacy_sentence(column: TemplateColumn) -> str:
    return {
        "hash": _("Personal data: it is published under a code."),
        "mask": _("Personal data: only its kind is published."),
        "drop": _("Personal data: it is not published."),
    }.get(column.treated, "")


def _label_sentence(column: TemplateColumn) -> str:
    return (
        _("This column is for {value}; leave it empty where there is nothing yet.", value=column.says)
        if column.says
        else ""
    )


def _write_example(book: Workbook, sheet: TemplateSheet, row: Sequence[Value], name: str) -> None:
    page = book.create_sheet(name)
    for place, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
        _write_header_cell(page, 1, place, column)
        cell = page.cell(2, place + 1, value)
        cell.number_format, cell.font, cell.fill = (
            number_format(column),
            _font(italic=True, color=GREY),
            _fill(PALE),
        )
        cell.alignment = WRAPPED
        if isinstance(value, str):
            cell.data_type = "s"
    page.row_dimensions[1].height = 32
    page.cell(4, 1, _("Invented, to show how a row is written. Do not hand this sheet in.")).font = _font(
        bold=True, color=GREY
    )
    page.freeze_panes = "A2"
    _fit_page_width(page)
    page.sheet_properties.tabColor = "B0B7C3"


def _fit_page_width(page: Worksheet) -> None:
    """All columns on one page, where it is printed."""
    page.page_setup.orientation, page.page_setup.fitToWidth, page.page_setup.fitToHeight = "landscape", 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _save(book: Workbook, into: Path) -> None:
    """Writes the book without a trace of when; uncompressed, since not every zlib compresses alike."""
    held = io.BytesIO()
    book.properties.created = datetime(*MOMENT, tzinfo=UTC).replace(tzinfo=None)
    book.save(held)
    with zipfile.ZipFile(held) as made, zipfile.ZipFile(into, "w") as written:
        for name in made.namelist():
            content = made.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content)
            written.writestr(zipfile.ZipInfo(name, MOMENT), content)
