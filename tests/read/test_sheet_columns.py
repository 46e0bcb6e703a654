"""Sheets read by columns give what reading them cell by cell gives; their XML looked at in blocks of bytes
tells what following it tag by tag tells."""

from __future__ import annotations

import datetime as dt
import io
import re
import struct
import zipfile
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.dataset.layout import Layout
from pipelines.read.forms import ods as ods_form
from pipelines.read.forms import sheet_cells, sheet_look, xlsx_scan
from pipelines.read.forms.cells import write_block
from pipelines.read.forms.number_format import parse_format
from pipelines.read.forms.ods import look_at_ods
from pipelines.read.forms.sheet_cells import number_text, number_texts
from pipelines.read.forms.sheet_look import SheetLook
from pipelines.read.forms.sheet_rows import SheetRows
from pipelines.read.forms.workbook import Book
from pipelines.read.forms.xlsx import look_at_sheet, number_formats, sheet_part, watch_sheet
from pipelines.read.grid import Unreadable
from pipelines.settings import DEFAULT_LIMITS, Limits
from tests.support.bad_files import ROWS as BAD_ROWS
from tests.support.bad_files import ods, ods_row, xlsx
from tests.support.lazy import openpyxl
from tests.support.paths import ROOT
from tests.support.readings import reading, resource, rows
from tests.support.sheets_by_row import RowByRow, brief
from tests.support.sheets_by_row import number_text as one_text

WORKBOOKS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "datasets").rglob("*.xlsx"))
FORMATS = ["General", "0.00", "#,##0.00", "0%", "00000", "0.0,", '"U$S" 0.00', "00-0000", "dd/mm/yyyy", "@"]
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2030, 12, 31))
CELLS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            *("", " ", "x", "Ñandú", "13/01/2024", "3/4/2024", "2024-05-06", "9:05:00", "#N/A", "007"),
            *("1.234", "12.5", "13-20"),
        ]
    ),
    st.integers(-(10**17), 10**17),
    st.integers(0, 99),
    st.floats(-1e9, 1e9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    DAYS,
    st.tuples(DAYS, st.times()).map(lambda each: dt.datetime.combine(*each).replace(microsecond=0)),
    st.timedeltas(dt.timedelta(0), dt.timedelta(days=3)).map(lambda each: dt.timedelta(seconds=each.seconds)),
    st.sampled_from(["=1+1", "=A1"]),
)
ROWS = st.lists(st.lists(st.tuples(CELLS, st.sampled_from(FORMATS)), max_size=6), min_size=1, max_size=8)
FIELDS = st.lists(
    st.tuples(
        st.sampled_from(
            ["string", "any", "integer", "number", "date", "datetime", "duration", "time", "boolean"]
        ),
        st.sampled_from([None, "%", "ARS"]),
        st.booleans(),
    ),
    min_size=2,
    max_size=4,
)
folders = count()


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    return tmp_path_factory.mktemp("columns")


def look_by_tags(path: Path, sheet: str) -> SheetLook:
    with zipfile.ZipFile(path) as packed:
        part = sheet_part(packed, sheet)
        assert part is not None
        return watch_sheet(packed, part, number_formats(packed), DEFAULT_LIMITS)


def compare(
    path: Path, kind: str, sheet: str, fields: list[tuple[str, str | None, bool]], room: Path
) -> None:
    """The sheet below its first row, by columns and cell by cell."""
    labels = [f"c{place}" for place in range(len(fields))]
    declared = {
        label: {"type": kind, **({"unit": unit} if unit else {})}
        for label, (kind, unit, _shown) in zip(labels, fields, strict=True)
    }
    shown = {place for place, (_kind, _unit, as_shown) in enumerate(fields) if as_shown}
    layout = Layout.model_validate({"fields": {labels[place]: {"asShown": True} for place in shown}})
    (own := room / str(next(folders))).mkdir()
    if kind == "xlsx":
        look = look_by_tags(path, sheet)
        book = Book(path, kind, own, DEFAULT_LIMITS)
    else:
        with zipfile.ZipFile(path) as packed:
            look = look_at_ods(packed, DEFAULT_LIMITS)[sheet]
        book = Book(path, kind, own, DEFAULT_LIMITS, {sheet: look})
    assert book.look_at(sheet) == look
    by_columns = SheetRows(book.cells(sheet), 1, labels, book.look_at(sheet))
    by_columns.want(resource(declared), layout)
    by_row = RowByRow(path, sheet, 1, len(labels), look)
    by_row.want(dict(enumerate(declared.values())), shown)
    expected = by_row.rows()
    for _again in range(2):
        assert list(by_columns.rows()) == expected
        assert list(brief(by_columns.faults())) == by_row.faults()
        for place in range(len(labels)):
            numbers = np.array([number for number, _cells in expected], np.int64)
            marks = by_columns.certain(place, numbers)
            assert ([] if marks is None else numbers[marks].tolist()) == by_row.certain(place)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=ROWS, fields=FIELDS)
def test_columns_say_what_cells_say(room, made, fields):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Hoja"
    for place in range(len(fields)):
        sheet.cell(1, place + 1, f"c{place}")
    for number, cells in enumerate(made, 2):
        for place, (value, code) in enumerate(cells, 1):
            cell = sheet.cell(number, place, value)
            day = code.startswith("dd") and not (isinstance(value, int) and 0 <= value < 100)
            if not day and not isinstance(value, dt.date | dt.timedelta):
                cell.number_format = code
    book.save(path := room / f"{next(folders)}.xlsx")
    compare(path, "xlsx", "Hoja", fields, room)


@pytest.mark.parametrize("name", WORKBOOKS)
def test_workbooks_of_this_repository_are_read_alike(room, name):
    path = ROOT / name
    names = [sheet.title for sheet in openpyxl.load_workbook(path, read_only=True).worksheets]
    for kind in ("string", "number", "date", "datetime"):
        compare(path, "xlsx", names[0], [(kind, "%" if kind == "number" else None, False)] * 5, room)


def ods_cell(kind: str, value: str, shown: str, more: str = "") -> str:
    name = {"string": "", "date": f' office:date-value="{value}"', "time": f' office:time-value="{value}"'}
    attribute = name.get(kind, f' office:value="{value}"')
    return (
        f'<table:table-cell office:value-type="{kind}"{attribute}{more}><text:p>{shown}</text:p>'
        "</table:table-cell>"
    )


ODS_CELLS = st.sampled_from(
    [
        "<table:table-cell/>",
        '<table:table-cell table:number-columns-repeated="2"/>',
        ods_cell("string", "", "x<text:s/>y"),
        ods_cell("string", "", "x</text:p><text:p>y"),
        ods_cell("string", "", "13/01/2024"),
        ods_cell("string", "", "x", ' table:number-columns-repeated="3"'),
        ods_cell("float", "7", "7"),
        ods_cell("float", "7", "007"),
        ods_cell("float", "1234567890123456789", "1234567890123456789"),
        ods_cell("percentage", "0.5", "50 %"),
        ods_cell("percentage", "0.125", "12,5%", ' table:number-columns-repeated="2"'),
        ods_cell("currency", "5", "U$S 5,00", ' office:currency="USD"'),
        ods_cell("date", "2024-05-06", "06/05/24"),
        ods_cell("date", "2024-05-06T10:00:00", "06/05/24 10:00"),
        ods_cell("time", "PT09H05M00S", "09:05"),
        ods_cell("time", "PT30H05M00S", "30:05"),
    ]
)
ODS_ROWS = st.lists(
    st.tuples(st.lists(ODS_CELLS, min_size=1, max_size=4), st.sampled_from(["", "", "2", "3"])),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=ODS_ROWS, fields=FIELDS)
def test_columns_of_an_ods_say_what_cells_say(room, made, fields):
    table = ods_row(*(f"c{place}" for place in range(len(fields))))
    for cells, times in made:
        repeated = f' table:number-rows-repeated="{times}"' if times else ""
        table += f"<table:table-row{repeated}>{''.join(cells)}</table:table-row>"
    (path := room / f"{next(folders)}.ods").write_bytes(ods(table))
    compare(path, "ods", "Hoja", fields, room)


LIBREOFFICE_CELLS = st.sampled_from(
    [
        '<table:table-cell table:style-name="ce1"/>',
        ods_cell("string", "", "Ñandú &amp; x", ' calcext:value-type="string"'),
        ods_cell("float", "-1.5", "-1,50", ' calcext:value-type="float"'),
        ods_cell("float", "5", "005", ' calcext:value-type="float"'),
        ods_cell("string", "", "#N/A", ' calcext:value-type="error"'),
        ods_cell("boolean", "true", "VERDADERO").replace("office:value=", "office:boolean-value="),
        '<table:table-cell table:formula="of:=1"/>',
        '<table:table-cell table:number-rows-spanned="2"/>',
    ]
)
ODS_ROW_KINDS = st.sampled_from(
    ["", ' table:style-name="ro1"', ' table:number-rows-repeated="2"', ' table:visibility="collapse"']
)
ODS_TABLES = st.lists(
    st.tuples(st.lists(st.one_of(ODS_CELLS, LIBREOFFICE_CELLS), max_size=4), ODS_ROW_KINDS), max_size=9
)


@settings(max_examples=150, deadline=None)
@given(made=ODS_TABLES, block=st.sampled_from([50, 700, 1 << 18]))
def test_rows_that_are_not_followed_have_nothing_to_note(made, block):
    trailing = '<table:table-cell table:number-columns-repeated="16000"/>'
    cells = "<table:table-column/>"
    for row, attributes in made:
        cells += f"<table:table-row{attributes}>{''.join(row)}{trailing}</table:table-row>\n"
    content = rewrite(ods(cells), declare_calcext, "content.xml")
    told = []
    for split in (ods_form.PlainRows.split, lambda _self, _parser, data: iter(((data, True),))):
        with zipfile.ZipFile(io.BytesIO(content)) as packed, pytest.MonkeyPatch.context() as patch:
            patch.setattr(sheet_look, "BLOCK", block)
            patch.setattr(ods_form.PlainRows, "split", split)
            told.append(look_at_ods(packed, DEFAULT_LIMITS))
    assert told[0] == told[1]


def test_what_libreoffice_writes_of_a_plain_row_is_not_followed():
    cells = ods_cell("float", "4", "4", ' calcext:value-type="float"')
    cells += ods_cell("date", "2024-07-03", "03/07/2024", ' calcext:value-type="date"')
    row = f'<table:table-row table:style-name="ro1">{cells}<table:table-cell/></table:table-row>'
    rows = ods_form.PlainRows(ods_form.Content(DEFAULT_LIMITS))
    assert list(rows.split(None, row.encode() * 3)) == [(row.encode() * 3, False)]
    assert (rows.content.look.columns, rows.content.look.filled) == (2, 3)


@given(st.lists(st.one_of(st.floats(), st.integers(-(2**63), 2**63).map(float), st.floats(-1e6, 1e6))))
def test_numbers_have_the_texts_that_they_have_alone(values):
    values += [struct.unpack("d", struct.pack("q", n))[0] for n in (1, 4611686018427387904)]
    expected = [one_text(value) for value in values]
    assert number_texts(np.array(values)).to_pylist() == expected == [number_text(value) for value in values]


# --- the XML of a sheet

STYLES = (
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1">'
    '<numFmt numFmtId="164" formatCode="00000"/></numFmts><cellXfs count="3"><xf numFmtId="0"/>'
    '<xf numFmtId="164"/><xf numFmtId="10"/></cellXfs></styleSheet>'
)
FORMULA = st.sampled_from(
    ["", "<f>A1</f>", '<f t="shared" si="0"/>', '<f aca="false">A1&amp;"x"</f>', "<f/>"]
)
VALUE = st.sampled_from(["<v>5</v>", "<v></v>", "<v> </v>", "", "<v/>", "<v>#N/A</v>", "<v>1</v> "])
CELL_ATTRIBUTES = st.sampled_from(
    [
        "",
        ' s="1"',
        ' s="2" t="n"',
        ' t="n" s="1"',
        ' t="e"',
        ' s="0" t="str"',
        ' t="b"',
        ' s="99"',
        " ",
        ' cm="1"',
    ]
)
CELL = st.tuples(CELL_ATTRIBUTES, FORMULA, VALUE)
XML_ROWS = st.lists(
    st.tuples(st.lists(CELL, max_size=4), st.sampled_from(["", ' hidden="1"', ' spans="1:4" ht="15"'])),
    max_size=5,
)
AROUND = st.tuples(
    st.sampled_from(
        ["", '<cols><col min="1" max="2" hidden="1"/><col min="4" max="9" hidden="true"/></cols>']
    ),
    st.sampled_from(
        [
            "",
            '<mergeCells><mergeCell ref="A1:B2"/><mergeCell ref="C3:C5"/></mergeCells>',
            '<extLst><ext xmlns:xm="urn:x"><xm:f>Listas!$A$1</xm:f></ext></extLst>',
            "<!-- mergeCell -->",
        ]
    ),
    st.sampled_from(["plain", "plain", "plain", "unaddressed", "single quotes", "prefix", "spaced", "lower"]),
)


def write_rows(rows: list[Any], way: str) -> str:
    letters = "abcd" if way == "lower" else "ABCD"
    found = []
    for number, (cells, attributes) in enumerate(rows, 1):
        written = ""
        for letter, (more, formula, value) in zip(letters, cells, strict=False):
            address = "" if way == "unaddressed" else f' r="{letter}{number}"'
            written += f"<c{address}{more}>{formula}{value}</c>"
        found.append(f'<row r="{number}"{attributes}>{written}</row>')
    return ("\n" if way == "spaced" else "").join(found)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=XML_ROWS, around=AROUND, size=st.sampled_from([1, 100, 1 << 22]))
def test_blocks_of_bytes_tell_what_tags_tell(rows, around, size):
    before, after, way = around
    content = xlsx(write_rows(rows, way), before=before, after=after, parts={"xl/styles.xml": STYLES})
    if way == "single quotes":
        content = rewrite(content, lambda text: re.sub(r'(<c [^>]*)"([^"]*)"', r"\1'\2'", text))
    elif way == "prefix":
        content = rewrite(content, add_prefix)
    tell_alike(content, size)


def tell_alike(content: bytes, size: int) -> bool:
    """Whether blocks told of the sheet; what is told does not depend on it."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed, pytest.MonkeyPatch.context() as patch:
        patch.setattr(xlsx_scan, "SIZE", size)
        part, formats = "xl/worksheets/sheet1.xml", number_formats(packed)
        told = []
        for look in (xlsx_scan.scan_sheet, watch_sheet):
            try:
                told.append(look(packed, part, formats, DEFAULT_LIMITS))
            except (Unreadable, ValueError) as error:
                told.append(str(error))
        assert told[0] in (None, told[1])
        return told[0] is not None


def declare_calcext(text: str) -> str:
    name = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
    return text.replace(" xmlns:text", f' xmlns:calcext="{name}" xmlns:text', 1)


def rewrite(content: bytes, change: Any, place: str = "xl/worksheets/") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(file, "w") as made:
        for part in packed.namelist():
            text = packed.read(part).decode()
            made.writestr(part, change(text) if part.startswith(place) else text)
    return file.getvalue()


def add_prefix(text: str) -> str:
    named = re.sub(r"<(/?)(?=[a-wyz]\w*)(?!xm:|\?)", r"<\1x:", text)
    return named.replace("xmlns=", "xmlns:x=")


@pytest.mark.parametrize("name", WORKBOOKS)
def test_the_sheets_of_this_repository_are_plain(name):
    assert tell_alike((ROOT / name).read_bytes(), 1 << 22)


def test_what_most_programs_write_is_plain():
    """Among them what .NET libraries write, with a prefix before each name."""
    row = '<row r="1" spans="1:2"><c r="A1" s="1"><v>7</v></c><c r="AAB1" t="s"><v>0</v></c></row>'
    assert tell_alike(xlsx(row, parts={"xl/styles.xml": STYLES}), 1)
    prefixed = rewrite(xlsx(row, parts={"xl/styles.xml": STYLES}), add_prefix)
    assert b"<x:row" in zipfile.ZipFile(io.BytesIO(prefixed)).read("xl/worksheets/sheet1.xml")
    assert tell_alike(prefixed, 1)


def test_a_sheet_that_reaches_too_far_is_told_of_alike(tmp_path):
    row = '<row r="1"><c r="A1"><v>7</v></c></row><row r="200000"><c r="XFD200000"><v>7</v></c></row>'
    found = reading(tmp_path, xlsx(row), limits=Limits(cells=1_000_000))
    assert found.table is None
    assert "200000" in found.problems[0].note


def test_a_list_of_choices_on_another_sheet_is_no_formula_without_its_result(tmp_path):
    """Excel keeps them behind the rows, in tags of another name that ends in `f`."""
    lists = '<extLst><ext xmlns:xm="urn:x" uri="x"><xm:f>Listas!$A$1:$A$9</xm:f></ext></extLst>'
    row = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>b</t></is></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c></row>'
    )
    assert rows(reading(tmp_path, xlsx(row, after=lists))) == [(2, ["1", "2"])]
    unaddressed = re.sub(r' r="[AB]\d"', "", row)
    assert rows(reading(tmp_path, xlsx(unaddressed, after=lists))) == [(2, ["1", "2"])]


def test_blocks_of_a_large_sheet_follow_one_another(tmp_path):
    """More rows than a block has, one of them empty, one longer than the header."""
    found = [BAD_ROWS]
    for row in range(3, 25_001):
        more = f'<c r="D{row}"><v>9</v></c>' if row == 20_003 else ""
        texts = f'<c r="A{row}"><v>{row}</v></c><c r="B{row}" t="inlineStr"><is><t>ñ{row}</t></is></c>{more}'
        found.append(f'<row r="{row}">{texts if row != 20_001 else ""}</row>')
    table = reading(tmp_path, xlsx("".join(found)), {"a": "integer", "b": "string"}).table
    told = dict(table.rows())
    assert list(told) == list(range(2, 25_001))
    assert told[20_000] == ["20000", "ñ20000"]
    assert told[20_001] == ["", ""]
    assert told[20_003] == ["20003", "ñ20003", "", "9"]
    assert told[25_000] == ["25000", "ñ25000"]


def test_a_block_of_too_much_text_is_halved(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.read.forms.cells.BYTES", 10)
    with (tmp_path / "a").open("wb") as file:
        write_block([["ñañaña", 1.5], ["yyyyyy", True], ["z", dt.date(2024, 1, 2)]], 1, file)
    blocks = list(sheet_cells.read_blocks(tmp_path / "a", 1))
    assert [(block.first, block.rows()) for block in blocks] == [
        (2, [["", "yyyyyy", "true"]]),
        (3, [["", "z", "2024-01-02"]]),
    ]


def test_a_number_of_many_digits_is_shown_as_others_are():
    assert parse_format("0.00").show("1" + "0" * 40) == "1" + "0" * 40 + ".00"


def test_codes_with_zeros_are_told_from_other_formats():
    told = {
        code: parse_format(code).is_digits for code in ("00000", "0", "00-00", "0.00", "0%", "#,##0", "0,")
    }
    assert told == {
        "00000": True,
        "0": True,
        "00-00": False,
        "0.00": False,
        "0%": False,
        "#,##0": False,
        "0,": False,
    }


def test_the_look_of_a_sheet_is_that_of_its_tags_where_it_is_not_plain(tmp_path):
    row = "<row><c><v>7</v></c></row>"
    (path := tmp_path / "a.xlsx").write_bytes(xlsx(row))
    with zipfile.ZipFile(path) as packed:
        part = sheet_part(packed, "Hoja") or ""
        assert xlsx_scan.scan_sheet(packed, part, {}, DEFAULT_LIMITS) is None
        assert look_at_sheet(packed, "Hoja", DEFAULT_LIMITS) == watch_sheet(packed, part, {}, DEFAULT_LIMITS)
