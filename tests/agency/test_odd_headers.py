"""What is wrong with a header, or stands beside the table, is one problem that names its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.agency.report.groups import ProblemGroup, group_problems
from tests.support.checks import check_report
from tests.support.cities import City, declaration
from tests.support.three_forms import KINDS, sheet_of

pytestmark = pytest.mark.usefixtures("english")
FIELDS = [
    {"name": "id", "type": "integer", "description": "n"},
    {"name": "v", "type": "number", "description": "v"},
]


def groups(folder: Path, content: str | bytes, **made: Any) -> list[ProblemGroup]:
    city = City(folder)
    city.declare(declaration("t", fields=FIELDS, **made), datos=content)
    return group_problems(check_report(city.datasets, city.archive, "t"))


def told(found: list[ProblemGroup]) -> list[tuple]:
    return [
        (
            group.code or group.type,
            group.count,
            group.column,
            [(e.cell, e.value, e.note) for e in group.examples],
        )
        for group in found
    ]


def sheet(
    kind: str, header: list[Any], *, rows: int = 50, more: dict[tuple[int, int], Any] | None = None
) -> bytes:
    """A table of two columns under a header; `more` cells by row of the sheet and place."""
    cells = [header, *([n, n / 2] for n in range(rows))]
    for (row, place), value in (more or {}).items():
        cells[row - 1] = [*cells[row - 1], *[None] * (place + 1 - len(cells[row - 1]))]
        cells[row - 1][place] = value
    return sheet_of(kind, cells)


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_without_a_name_is_one_problem_and_names_what_is_missing(tmp_path, kind):
    note = "column B has data, and no name above it; v is missing"
    expected = [("blank-label", 1, "B1", [("B1", "", note)])]
    assert told(groups(tmp_path, sheet(kind, ["id", None]))) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_without_a_name_beside_the_table_is_one_problem(tmp_path, kind):
    more = {(row, 3): "x" for row in range(2, 45)}
    note = "column D has data, and no name above it"
    expected = [("blank-label", 1, "D1", [("D1", "", note)])]
    assert told(groups(tmp_path, sheet(kind, ["id", "v"], more=more))) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_note_beside_the_table_is_one_problem_that_names_its_cell(tmp_path, kind):
    found = groups(tmp_path, sheet(kind, ["id", "v"], more={(3, 25): "nota", (7, 3): "ver"}))
    (group,) = found
    assert (group.code, group.count) == ("cell-beside", 2)
    assert [(e.row, e.cell, e.value) for e in group.examples] == [(3, "Z3", "nota"), (7, "D7", "ver")]


def test_of_many_cells_beside_a_table_all_are_counted(tmp_path):
    content = sheet("xlsx", ["id", "v"], rows=3000, more={(row, 2): "x" for row in range(2, 1400)})
    assert [(group.code, group.count) for group in groups(tmp_path, content)] == [("cell-beside", 1398)]


def test_a_csv_without_a_name_for_a_column_is_one_problem(tmp_path):
    note = "column 2 has data, and no name above it; v is missing"
    expected = [("blank-label", 1, "column 2", [(None, "", note)])]
    assert told(groups(tmp_path, "id,\n1,2\n3,4\n")) == expected


@pytest.mark.parametrize("kind", [*KINDS, "csv"])
def test_a_name_that_stands_twice_is_told_as_that(tmp_path, kind):
    content = (
        "id,v,v\n1,2,5\n3,4,6\n"
        if kind == "csv"
        else sheet_of(kind, [["id", "v", "v"], [1, 2, 5], [3, 4, 6]])
    )
    note = (
        "column 3 has the same name as column 2"
        if kind == "csv"
        else "column C has the same name as column B"
    )
    (group,) = groups(tmp_path, content)
    assert (group.code, group.column, group.count) == ("duplicate-label", "v", 1)
    assert [example.note for example in group.examples] == [note]


def test_a_repeated_name_that_the_layout_ignores_is_no_problem(tmp_path):
    assert groups(tmp_path, "id,v,v\n1,2,5\n", layouts=[{"ignore": ["v"]}]) == []


def test_two_columns_without_names_are_one_problem_each(tmp_path):
    found = groups(tmp_path, ";id;\n1;2;3\n3;4;5\n")
    assert [(group.code, group.count) for group in found] == [("blank-label", 2)]
