"""A row that shows nothing is an empty row, whatever characters it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines.dataset.text import BLANK, is_blank
from pipelines.read.batches import empty_blank_rows, read_batches
from pipelines.read.detect.foot import Tail
from pipelines.read.grid import Grid
from tests.support.checks import check_report
from tests.support.cities import City, declaration, published_rows
from tests.support.workbooks import workbook_bytes
from validation.table import schema

pytestmark = pytest.mark.usefixtures("english")

FIELDS = [
    {"name": "id", "type": "integer", "description": "n"},
    {"name": "nombre", "type": "string", "description": "t"},
    {"name": "v", "type": "number", "description": "v"},
]
BLANKS = ["  ; ;", "\u00a0;;\u00a0", '"";"";""', '" ";;"\t"', ";\u2003;\u200b", ";;", "\ufeff; ; "]
FEW, MANY = 20, 25_000  # in one block, and in several


def check(folder: Path, content: str | bytes, **made: Any) -> tuple[City, list[tuple]]:
    city = City(folder)
    city.declare(declaration("t", fields=FIELDS, **made), datos=content)
    report = check_report(city.datasets, city.archive, "t")
    return city, [(p.code or p.type, p.row, p.severity) for p in report.problems if p.severity != "warning"]


def lines(n: int) -> list[str]:
    return [f"{i};Calle {i};{i},5" for i in range(1, n + 1)]


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_rows_of_blanks_at_the_end_are_no_rows(tmp_path, blank):
    city, found = check(tmp_path, "\n".join(["id;nombre;v", *lines(FEW), *[blank] * 3]) + "\n", key=None)
    assert found == []
    assert city.outcome("t").rows == {"t": FEW}


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_a_row_of_blanks_between_others_is_told_as_an_empty_one(tmp_path, blank):
    content = lines(FEW)
    content.insert(9, blank)
    _city, found = check(tmp_path, "\n".join(["id;nombre;v", *content]) + "\n", key=None)
    assert found == [("blank-row", 11, "critical")]


@pytest.mark.parametrize("stray", ["", '7;"Calle 7" bis;7,5'])
def test_it_makes_no_difference_by_which_way_a_file_is_read(tmp_path, stray):
    content = lines(MANY)
    content[MANY // 2] = " ; ;\u00a0"
    content[6] = stray or content[6]
    _city, found = check(tmp_path, "\n".join(["id;nombre;v", *content, " ; ; "]) + "\n", key=None)
    expected = [("blank-row", MANY // 2 + 2, "critical")]
    assert sorted(found) == sorted([*expected, ("stray-quote", 8, "critical")] if stray else expected)


def test_a_row_of_blanks_in_a_workbook_is_an_empty_one(tmp_path):
    rows = [["id", "nombre", "v"], [1, "a", 1.5], [" ", "\u00a0", "  "], [3, "c", 3.5], [" ", None, " "]]
    city, found = check(tmp_path, workbook_bytes(Hoja=rows), key=None)
    assert found == [("blank-row", 3, "critical")]
    city.send("t", workbook_bytes(Hoja=[row for at, row in enumerate(rows) if at != 2]))
    assert city.outcome("t").rows == {"t": 2}


def test_blank_cells_of_a_row_that_says_something_stay(tmp_path):
    content = "id;nombre;v\n1;a;1,5\n;\u00a0;2,5\n3;  ;3,5\n"
    city, found = check(tmp_path, content, key=None)
    assert found == []
    city.outcome("t")
    assert [row["nombre"] for row in published_rows(city, "t")] == ["a", "\u00a0", "  "]


TEXTS = ["", " ", "\t", "\u00a0", "\u200b", "\ufeff", "\u2003 ", "\x1f", "\x85", "-", "0", " a", "\u200bé"]


def test_what_is_blank_is_so_in_a_block_as_in_a_row():
    found = pa.compute.match_substring_regex(pa.array(TEXTS), BLANK).to_pylist()
    assert found == [is_blank(text) for text in TEXTS]
    assert [text for text in TEXTS if not is_blank(text)] == ["-", "0", " a", "\u200bé"]


ROWS = [
    ["1", "a"],
    [" ", "\u200b"],
    [" "],
    [" ", "", " "],
    ["", "", "x"],
    ["", " b"],
    ["  ", "", "", "\u00a0"],
    ["2", ""],
]


def test_a_block_becomes_what_its_rows_become():
    numbered = list(enumerate(ROWS, 2))
    grid = Grid(("p", "q"), lambda: iter([*numbered, (99, ["9", "z"])]))
    (by_rows,) = read_batches(grid, [0, 1], [], Tail())
    columns = [
        pa.array([row[i] if i < len(row) else None for row in [*ROWS, ["9", "z"]]], pa.string())
        for i in (0, 1)
    ]
    beyond = pa.array([row[2:] or None for row in [*ROWS, ["9", "z"]]], pa.list_(pa.string()))
    numbers = pa.array([*range(2, 2 + len(ROWS)), 99], pa.int64())
    block = pa.record_batch([numbers, *columns, beyond], schema=schema(2))
    assert empty_blank_rows(block).to_pylist() == by_rows.to_pylist()
    assert by_rows.column(1).to_pylist() == ["1", "", "", "", "", "", "", "2", "9"]
