"""Workbooks are read as what their cells are: dates, whole numbers, errors; what cannot be read is named with
its cell or sheet."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

import pytest

from pipelines.read.forms.sheet_look import SheetLook
from pipelines.read.forms.workbook import Book, _SheetGrids
from pipelines.settings import DEFAULT_LIMITS, Limits
from tests.support.checks import check_report
from tests.support.cities import declaration
from tests.support.lazy import openpyxl
from tests.support.readings import reading, rows, rows_with_warnings
from tests.support.workbooks import workbook_bytes

Cells = list[list[Any]]


pytestmark = pytest.mark.usefixtures("english")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (5.0, "5"),
        (-0.0, "0"),
        (2**53 - 1, "9007199254740991"),
        (0.1 + 0.2, "0.3"),
        (-34.6037, "-34.6037"),
        (1e22, "10000000000000000000000"),
        (True, "true"),
        (False, "false"),
        (dt.date(2024, 8, 1), "2024-08-01"),
        (dt.datetime.fromisoformat("2024-08-01T10:30:00"), "2024-08-01T10:30:00"),
        (dt.time(9, 5), "09:05:00"),
        (dt.timedelta(hours=30, minutes=5), "30:05:00"),
        (dt.timedelta(minutes=1, seconds=15.25), "00:01:15.25"),
        (" Ñandú\nel 2.º ", " Ñandú\nel 2.º "),
        ("007", "007"),
        (None, ""),
    ],
)
def test_a_cell_is_what_the_workbook_says(tmp_path, value, text):
    assert rows(reading(tmp_path, workbook_bytes(Hoja=[["a", "b"], ["x", value]]))) == [(2, ["x", text])]


def test_a_day_is_a_moment_where_the_schema_wants_one(tmp_path):
    content = workbook_bytes(
        Hoja=[["a", "b"], [dt.date(2024, 8, 1), dt.datetime.fromisoformat("2024-08-01")]]
    )
    assert rows(reading(tmp_path, content, {"a": "date", "b": "datetime"})) == [
        (2, ["2024-08-01", "2024-08-01T00:00:00"])
    ]


def test_rows_keep_their_numbers_and_what_is_empty_around_the_table_is_no_cell(tmp_path):
    content = workbook_bytes(
        Hoja=[
            ["Título"],
            [],
            ["a", "b", " ", None],
            ["1", "2"],
            [],
            ["3", "4", None, " "],
            [None, None],
            [" ", None],
        ]
    )
    found = reading(tmp_path, content, headerRow=3)
    assert found.table.labels == ("a", "b")
    assert rows(found) == [(4, ["1", "2"]), (5, ["", ""]), (6, ["3", "4"])]


def test_a_table_that_begins_further_down_and_right_keeps_its_places(tmp_path):
    made = openpyxl.Workbook()
    for address, value in (("C3", "a"), ("D3", "b"), ("C4", 1), ("D4", "x")):
        made.active[address] = value
    file = io.BytesIO()
    made.save(file)
    found = reading(tmp_path, file.getvalue(), headerRow=3, ignore=[""])
    assert (found.table.labels, rows(found)) == (("a", "b"), [(4, ["1", "x"])])


def test_the_first_visible_sheet_is_read_or_the_one_that_is_named(tmp_path):
    made = openpyxl.load_workbook(
        io.BytesIO(workbook_bytes(Listas=[["x"]], Enero=[["a", "b"], [1, 2]], Febrero=[["a", "b"], [3, 4]]))
    )
    made["Listas"].sheet_state = "hidden"
    made.save(tmp_path / "libro")
    content = (tmp_path / "libro").read_bytes()
    assert (rows_with_warnings(reading(tmp_path, content)), reading(tmp_path, content).sheet) == (
        [(2, ["1", "2"])],
        "Enero",
    )
    assert rows(reading(tmp_path, content, sheet="Febrero")) == [(2, ["3", "4"])]
    missing = reading(tmp_path, content, sheet="Marzo")
    assert (missing.table, missing.problems[0].note) == (
        None,
        "the workbook has no sheet 'Marzo'; it has Listas, Enero, Febrero",
    )


@pytest.mark.usefixtures("english")
def test_a_hidden_sheet_with_the_same_columns_is_told(tmp_path):
    sheets = {name: [["a", "b"], [1, 2]] for name in ("Enero", "Febrero")}
    made = openpyxl.load_workbook(io.BytesIO(workbook_bytes(**sheets, Listas=[["x"], ["a"]])))
    made["Enero"].sheet_state = made["Listas"].sheet_state = "hidden"
    made.save(tmp_path / "libro")
    found = reading(tmp_path, (tmp_path / "libro").read_bytes())
    assert found.sheet == "Febrero"
    (problem,) = found.problems
    assert (problem.code, problem.severity) == ("sheets-unread", "warning")
    assert "“Enero”" in problem.note
    assert reading(tmp_path, (tmp_path / "libro").read_bytes(), sheet="Febrero").problems == ()


def test_the_content_decides_and_not_the_name(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("a.xlsx", "a,b\n1,2\n")
    assert rows(reading(tmp_path, packed.getvalue())) == [(2, ["1", "2"])]
    assert rows(reading(tmp_path, b"a,b\n1,2\n")) == [(2, ["1", "2"])]


@pytest.mark.parametrize(
    "content",
    [
        workbook_bytes(Hoja=[["a", "b"], [1, 2]])[:-400],
        workbook_bytes(Hoja=[["a"]])[:60] * 9,
        b"\xd0\xcf\x11\xe0" + b"\0" * 600,
    ],
)
def test_a_damaged_workbook_is_named(tmp_path, content):
    found = reading(tmp_path, content)
    assert (found.table, found.problems[0].type) == (None, "format-error")
    assert "hand" in found.problems[0].note


def test_an_empty_sheet_has_no_header(tmp_path):
    found = reading(tmp_path, workbook_bytes(Hoja=[]))
    assert (found.table, found.problems[0].note) == (
        None,
        "sheet Hoja: row 1, where the header should be, is empty",
    )


def test_an_error_in_a_cell_is_no_empty_cell(tmp_path):
    made = openpyxl.load_workbook(
        io.BytesIO(workbook_bytes(Otra=[["x"]], Hoja=[["a", "b"], [1, "#DIV/0!"], ["#N/A", None]]))
    )
    made.save(tmp_path / "libro")
    found = reading(tmp_path, (tmp_path / "libro").read_bytes(), sheet="Hoja")
    assert rows(found) == [(2, ["1", "#DIV/0!"]), (3, ["#N/A", ""])]


def test_a_workbook_that_unpacks_to_too_much_is_not_opened(tmp_path):
    content = workbook_bytes(Hoja=[["a", "b"], ["x" * 30_000, "y"]])
    assert rows(reading(tmp_path, content))
    (tmp_path / "raw").write_bytes(content)
    small = reading(tmp_path, content, limits=Limits(unpacked=20_000))
    assert "more bytes than may be (20000)" in small.problems[0].note


def test_a_part_that_is_larger_than_it_says_is_not_opened(tmp_path):
    content = workbook_bytes(Hoja=[["a", "b"], ["x" * 3_000, "y"]])
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        size = whole.getinfo("xl/styles.xml").file_size
    lying = content.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != content
    assert reading(tmp_path, lying).problems[0].note.startswith("the file is damaged")


def test_a_sheet_with_a_cell_far_away_is_not_opened(tmp_path):
    made = openpyxl.load_workbook(io.BytesIO(workbook_bytes(Hoja=[["a", "b"], [1, 2]])))
    made.active["XFD1048576"] = "x"
    made.save(tmp_path / "libro")
    note = reading(tmp_path, (tmp_path / "libro").read_bytes()).problems[0].note
    assert note.startswith("a sheet spans 1048576 rows and 16384 columns")


# --- in a run


@pytest.fixture
def works_from_a_workbook(city):
    city.declare(
        declaration("obras"),
        datos=workbook_bytes(Obras=[["id", "nombre", "monto"], [1, "Plaza", 10.5], [2, "Escuela", 3]]),
    )


@pytest.mark.usefixtures("works_from_a_workbook")
def test_a_problem_names_the_cell(city):
    city.send(
        "obras",
        workbook_bytes(Obras=[["id", "nombre", "monto"], [1, "Plaza", "diez"], [2.5, "Escuela", 3, "nota"]]),
    )
    report = check_report(city.datasets, city.archive, "obras")
    assert [(p.type, p.row, p.place) for p in report.problems] == [
        ("type-error", 2, "C2"),
        ("type-error", 3, "A3"),
        ("extra-cell", 3, "D3"),
        ("primary-key", 3, None),
    ]
    assert "row 2 (C2), column monto, “diez”" in city.outcome("obras").message


@pytest.mark.usefixtures("works_from_a_workbook")
def test_a_workbook_saved_again_with_the_same_cells_changes_nothing(city):
    assert city.outcome("obras").outcome == "published"
    path = city.datasets / "obras/source/datos.csv"
    before = path.read_bytes()
    made = openpyxl.load_workbook(io.BytesIO(before))
    made.active.column_dimensions["B"].width = 40
    made.properties.creator = "otra persona"
    made.save(path)
    assert path.read_bytes() != before
    assert (city.outcome("obras").outcome, len(city.history("obras").releases)) == ("unchanged", 1)


def test_of_an_xlsb_it_is_said_that_its_formats_are_not_read(tmp_path):
    """No program here writes one: what is said of the form is asked for alone."""
    for kind, codes in (("xlsb", ["formats-unread"]), ("xlsx", [])):
        grids = _SheetGrids(Book(tmp_path / "a", kind, tmp_path, DEFAULT_LIMITS), None, False, 1900)
        assert [remark.code for remark in grids.remarks(SheetLook(), 1)] == codes
