"""A header that takes up two rows is called that, as one problem with what to write; what only looks like one
is read, or told as what it is."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from pipelines.agency.report.groups import ProblemGroup, group_problems
from tests.support.checks import check_report
from tests.support.cities import City, declaration

pytestmark = pytest.mark.usefixtures("english")
NAMES = {
    "Barrio": ("barrio", "string"),
    "Altas cantidad": ("altas_cantidad", "integer"),
    "Altas monto": ("altas_monto", "number"),
    "Bajas cantidad": ("bajas_cantidad", "integer"),
    "Bajas monto": ("bajas_monto", "number"),
}
FIELDS = [{"name": name, "type": kind, "description": name} for name, kind in NAMES.values()]
LAYOUT = {"labels": {label: name for label, (name, _kind) in NAMES.items()}}
ROWS = [[f"Barrio {n}", n, n * 100, n + 1, n * 50] for n in range(1, 25)]
TITLES, SUBTITLES = ["", "Altas", "", "Bajas", ""], ["Barrio", "Cantidad", "Monto", "Cantidad", "Monto"]


def found(folder: Path, *header: list[str], rows: list[list[Any]] = ROWS, **made: Any) -> list[ProblemGroup]:
    city = City(folder)
    lines = [",".join(map(str, row)) for row in (*header, *rows)]
    made = {"layouts": [LAYOUT], **made}
    city.declare(declaration("t", fields=FIELDS, key=None, **made), datos="\n".join(lines) + "\n")
    return group_problems(check_report(city.datasets, city.archive, "t"))


def kinds(groups: list[ProblemGroup]) -> list[str]:
    return [group.code or group.type for group in groups]


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (TITLES, SUBTITLES),
        (["Zona", "Altas", "Altas", "Bajas", "Bajas"], SUBTITLES),
        (["Barrio", "Altas", "", "Bajas", ""], ["", *SUBTITLES[1:]]),
        (["Barrio", "Altas", "Altas", "Bajas", "Bajas"], ["", "cantidad", "monto", "cantidad", "monto"]),
    ],
)
@pytest.mark.parametrize("title", [[], ["Informe de altas y bajas", "", "", "", ""]], ids=["first", "below"])
def test_titles_over_names_are_one_problem_that_says_what_to_write(tmp_path, upper, lower, title):
    groups = found(tmp_path, *([title] if title else []), upper, lower)
    assert kinds(groups) == ["two-row-header"]
    note = groups[0].problems[0].note
    first = 2 if title else 1
    assert f"in row {first} stand over" in note
    assert f"in row {first + 1}; write" in note
    assert "“Altas cantidad”" in note
    assert all(f"“{title}”" in note for title in ("Altas", "Bajas"))


def test_names_of_columns_that_nobody_declared_so_are_found_by_their_shape(tmp_path):
    labels = {"Barrio": "barrio", "A1": "altas_cantidad", "A2": "altas_monto", "B1": "bajas_cantidad"}
    layout = {"labels": {**labels, "B2": "bajas_monto"}}
    years = ["", "2023", "", "2024", ""]
    groups = found(tmp_path, years, SUBTITLES, layouts=[layout])
    assert kinds(groups) == ["two-row-header"]
    assert "“2023 Cantidad”" in groups[0].problems[0].note


def test_merged_cells_of_a_workbook_are_no_problem_beside_it(tmp_path):
    book = Workbook()
    for row in (["Barrio", "Altas", None, "Bajas", None], [None, *SUBTITLES[1:]], *ROWS):
        book.active.append(row)
    for cells in ("A1:A2", "B1:C1", "D1:E1"):
        book.active.merge_cells(cells)
    content = BytesIO()
    book.save(content)
    city = City(tmp_path)
    made = declaration("t", fields=FIELDS, key=None, layouts=[LAYOUT])
    city.declare(made, datos=content.getvalue())
    groups = group_problems(check_report(city.datasets, city.archive, "t"))
    assert kinds(groups) == ["two-row-header"]
    assert "“Altas cantidad”" in groups[0].problems[0].note


def test_a_name_in_two_lines_is_one_too(tmp_path):
    labels = {"Barrio": "barrio", "Cantidad de altas": "altas_cantidad", "Monto total": "altas_monto"}
    layout = {"labels": labels, "ignore": ["C", "D"]}
    upper, lower = ["Barrio", "Cantidad de", "Monto", "C", "D"], ["", "altas", "total", "", ""]
    groups = found(tmp_path, upper, lower, layouts=[layout])
    assert kinds(groups) == ["two-row-header"]
    assert "“Cantidad de altas”" in groups[0].problems[0].note


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ([["Barrio", "Altas cantidad", "Altas monto", "Otra", "Otra"]], ROWS),
        ([["Barrio", "Altas cantidad", "", "Bajas cantidad", ""]], [["B", "x", 5, "z", "w"], *ROWS]),
        ([["Barrio", "Altas cantidad", "", "Bajas cantidad", "Bajas monto"]], [["B", *["s/d"] * 4], *ROWS]),
        ([["Informe", "", "", "", ""], ["Barrio", "Altas cantidad", "Altas monto", "Otra", "Otra"]], ROWS),
    ],
    ids=["labels twice", "values in the first row", "a row without data", "one title above"],
)
def test_what_lacks_columns_for_another_reason_is_not_called_so(tmp_path, header, rows):
    assert "two-row-header" not in kinds(found(tmp_path, *header, rows=rows))


def test_titles_over_names_that_are_all_known_are_read(tmp_path):
    assert found(tmp_path, TITLES, list(NAMES)) == []
