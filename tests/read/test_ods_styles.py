"""What the styles of an ODS say of its cells: by the cell, its row, its column; and the year of its days."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
import xlwt

from pipelines.read.forms.ods import look_at_ods
from pipelines.read.forms.ods_styles import cell_formats
from pipelines.settings import DEFAULT_LIMITS
from tests.support.bad_files import ods, ods_row
from tests.support.readings import reading, resource

NAMES = "urn:oasis:names:tc:opendocument:xmlns"
CODE = '<number:number number:decimal-places="0" number:min-integer-digits="{}"/>'
DIGITS = CODE.format(4)
VALUES = f"""
<number:number-style style:name="N1"><number:text>EX-</number:text>{DIGITS}</number:number-style>
<number:number-style style:name="N2"><number:number number:decimal-places="1" number:min-integer-digits="1"
 number:display-factor="1000000"/><number:text>M</number:text></number:number-style>
<number:number-style style:name="N3P0">{CODE.format(5)}</number:number-style>
<number:number-style style:name="N3"><number:text>(</number:text>{CODE.format(5)}<number:text>)</number:text>
<style:map style:condition="value()&gt;=0" style:apply-style-name="N3P0"/></number:number-style>
<number:number-style style:name="N4"><number:text>(</number:text><number:number number:decimal-places="0"
 number:min-integer-digits="0"><number:embedded-text number:position="7">) </number:embedded-text>
<number:embedded-text number:position="4">-</number:embedded-text></number:number></number:number-style>
<number:currency-style style:name="N5"><number:currency-symbol>R$</number:currency-symbol>
<number:number number:decimal-places="2" number:min-integer-digits="1" number:grouping="true"/>
</number:currency-style>
<number:percentage-style style:name="N6">
<number:number number:decimal-places="1" number:min-integer-digits="1"/>
<number:text> %</number:text></number:percentage-style>
<number:number-style style:name="N7"><number:number number:min-integer-digits="1"/></number:number-style>
<number:date-style style:name="N8"><number:month number:textual="true"/><number:text>-</number:text>
<number:year/></number:date-style>
"""
CELLS = "".join(
    f'<style:style style:name="c{n}" style:family="table-cell" style:data-style-name="N{n}"/>'
    for n in range(1, 9)
)
STYLES = (
    f'<office:document-styles xmlns:office="{NAMES}:office:1.0" xmlns:style="{NAMES}:style:1.0" '
    f'xmlns:number="{NAMES}:datastyle:1.0"><office:styles>{VALUES}{CELLS}'
    '<style:style style:name="heir" style:family="table-cell" style:parent-style-name="c1"/>'
    "</office:styles></office:document-styles>"
)
FIELDS = {"id": "string", "v": "string"}


def cell(value: float, shown: str, style: str = "", kind: str = "float") -> str:
    styled = f' table:style-name="{style}"' if style else ""
    return (
        f'<table:table-cell{styled} office:value-type="{kind}" office:value="{value}">'
        f"<text:p>{shown}</text:p></table:table-cell>"
    )


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row{more}>{''.join(cells)}</table:table-row>"


def text_of(folder, *rows: str, before: str = "", fields=FIELDS, unit: str | None = None):
    content = ods(before + ods_row("id", "v") + "".join(rows), **{"styles.xml": STYLES})
    declared = resource({**fields, **({"v": {"type": "number", "unit": unit}} if unit else {})})
    found = reading(folder, content, declared)
    return [cells[1] for _number, cells in found.table.rows()], [(p.code, p.row) for p in found.faults]


def test_styles_are_codes():
    with zipfile.ZipFile(io.BytesIO(ods("", **{"styles.xml": STYLES}))) as packed:
        assert cell_formats(packed) == {
            "c1": '"EX-"0000',
            "c2": '0.0,,"M"',
            "c3": '[>=0]00000;"("00000")"',
            "c4": '"("#") "###"-"####',
            "c5": "[$R$]#,##0.00",
            "c6": '0.0" "%',
            "c7": "General",
            "c8": 'mmm"-"yy',
            "heir": '"EX-"0000',
        }


@pytest.mark.parametrize(
    ("value", "shown", "style"),
    [
        (7, "EX-0007", "c1"),
        (7, "EX-0007", "heir"),
        (-7, "(00007)", "c3"),
        (7, "00007", "c3"),
        (1143211234, "(114) 321-1234", "c4"),
    ],
)
def test_a_text_field_says_what_a_cell_shows_wherever_its_style_stands(tmp_path, value, shown, style):
    of_cell = row(cell(1, "1"), cell(value, shown, style))
    assert text_of(tmp_path, of_cell, of_cell) == ([shown] * 2, [])
    plain = row(cell(1, "1"), cell(value, shown))
    before = f'<table:table-column/><table:table-column table:default-cell-style-name="{style}"/>'
    assert text_of(tmp_path, plain, plain, before=before) == ([shown] * 2, [])
    of_row = row(cell(1, "1", "c7"), cell(value, shown), more=f' table:default-cell-style-name="{style}"')
    assert text_of(tmp_path, of_row) == ([shown], [])


def test_what_a_text_is_shown_with_belongs_to_it(tmp_path):
    worded = (
        '<table:table-cell office:value-type="string" office:string-value="Retiro">'
        "<text:p>Barrio Retiro</text:p></table:table-cell>"
    )
    assert text_of(tmp_path, row(cell(1, "1"), worded))[0] == ["Barrio Retiro"]


def test_numbers_in_other_currencies_and_in_millions_are_told(tmp_path):
    rows = [
        row(cell(1, "1"), cell(10, "R$10.00", "c5", "currency")),
        row(cell(2, "2"), cell(5e6, "5.0M", "c2")),
    ]
    values, faults = text_of(tmp_path, *rows, unit="ARS")
    assert (values, faults) == (["10", "5000000"], [("other-unit", 2), ("shown-scaled", None)])


def test_a_percentage_is_one_by_its_style(tmp_path):
    rows = [row(cell(1, "1"), cell(0.55, "55.0 %", "c6", "percentage"))]
    assert text_of(tmp_path, *rows, unit="%") == (["55"], [])
    assert text_of(tmp_path, *rows)[0] == ["55.0 %"]


def test_plain_rows_beside_styled_ones_are_looked_at_alike(tmp_path):
    """Blocks of plain rows are passed over; those of a style that matters are not."""
    rows = [
        row(cell(n, str(n)), cell(n, f"EX-{n:04}", "c1") if n % 3 == 0 else cell(n, str(n)))
        for n in range(1, 400)
    ]
    expected = [f"EX-{n:04}" if n % 3 == 0 else str(n) for n in range(1, 400)]
    assert text_of(tmp_path, *rows) == (expected, [])


DAYS = '<table:calculation-settings><table:null-date table:date-value="{}"/></table:calculation-settings>'


@pytest.mark.parametrize(("first", "day"), [("1904-01-01", "2028-03-06"), ("1899-12-30", "2024-03-05")])
def test_days_that_are_numbers_count_from_the_year_of_the_document(tmp_path, first, day):
    rows = "".join(row(cell(n, str(n)), cell(45356, "45356")) for n in range(3))
    content = ods(ods_row("id", "v") + rows)
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(changed, "w") as made:
        for part in packed.namelist():
            text = packed.read(part).decode()
            made.writestr(
                part, text.replace("<office:spreadsheet>", "<office:spreadsheet>" + DAYS.format(first))
            )
    found = reading(tmp_path, changed.getvalue(), {"id": "integer", "v": "date"})
    assert {cells[1] for _number, cells in found.table.rows()} == {day}


def test_days_of_an_xls_count_from_its_year(tmp_path):
    book = xlwt.Workbook()
    book.dates_1904 = True
    sheet = book.add_sheet("Hoja")
    for number, cells in enumerate([["id", "v"], [1, 45356], [2, 45360]]):
        for place, value in enumerate(cells):
            sheet.write(number, place, value)
    book.save(file := io.BytesIO())
    assert struct.pack("<HHH", 0x22, 2, 1) in file.getvalue()
    found = reading(tmp_path, file.getvalue(), {"id": "integer", "v": "date"})
    assert [cells[1] for _number, cells in found.table.rows()] == ["2028-03-06", "2028-03-10"]


def test_a_style_that_is_its_own_parent_ends():
    styles = STYLES.replace('style:parent-style-name="c1"', 'style:parent-style-name="heir"')
    content = ods(ods_row("id"), **{"styles.xml": styles})
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert "heir" not in cell_formats(packed)
        assert look_at_ods(packed, DEFAULT_LIMITS)["Hoja"].rows == 1
