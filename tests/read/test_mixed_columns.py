"""Columns of workbooks that hold more than one kind of cell: dates among texts, texts among numbers; and
amounts of which nobody can tell what their point is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.support.checks import check_report
from tests.support.cities import City, declaration
from tests.support.workbooks import workbook_bytes

NUMBER = {"name": "id", "type": "integer", "description": "n"}
TEXT = {"name": "rango", "type": "string", "description": "t"}
AMOUNT = {"name": "v", "type": "number", "description": "v"}
DAY = dt.date(2026, 5, 3)
pytestmark = pytest.mark.usefixtures("english")


def problems(folder: Path, content: str | bytes, field: dict[str, Any], **made: Any) -> list[tuple]:
    city = City(folder)
    city.declare(declaration("t", fields=[NUMBER, field], **made), datos=content)
    report = check_report(city.datasets, city.archive, "t")
    return [(p.code or p.type, p.row, p.field, p.severity) for p in report.problems]


def sheet(field: str, *cells: Any) -> bytes:
    return workbook_bytes(Hoja=[["id", field], *([n, cell] for n, cell in enumerate(cells))])


@pytest.mark.parametrize(
    "cells",
    [
        ["13-20", "21-40", "41-60", DAY],
        ["0-12", DAY, DAY, DAY],  # what is left of ranges
        [DAY, DAY],  # a `string` with nothing but days
        ["Sin dato de edad", "Otra cosa", DAY],
    ],
)
def test_dates_among_texts_are_told_once(tmp_path, cells):
    told = problems(tmp_path, sheet("rango", *cells), TEXT)
    assert told == [("dates-among-texts", None, "rango", "warning")]


def test_the_rows_of_the_dates_are_named(tmp_path):
    city = City(tmp_path)
    content = sheet("rango", "13-20", DAY, "21-40", DAY)
    city.declare(declaration("t", fields=[NUMBER, TEXT]), datos=content)
    (problem,) = check_report(city.datasets, city.archive, "t").problems
    assert "2 cells are dates for the workbook, as 2026-05-03 in rows 3, 5" in problem.note


@pytest.mark.parametrize("cells", [["a", "13-20"], [DAY, DAY, DAY, "no vino"]])
def test_texts_and_days_with_a_word_are_nothing_to_tell(tmp_path, cells):
    assert problems(tmp_path, sheet("rango", *cells), TEXT) == []


@pytest.mark.parametrize("text", ["1.234", "-12.500"])
def test_a_text_among_numbers_that_may_be_thousands_is_a_problem_of_its_cell(tmp_path, text):
    told = problems(tmp_path, sheet("v", 5, text, 80), AMOUNT)
    assert told == [("odd-writing", 3, "v", "critical")]


@pytest.mark.parametrize(
    "cells", [[5, 1.234, 2.345], [5, "1.234", "12.5"], [5, "12.5", 7], ["1.234,50", 5, "2.000"]]
)
def test_true_numbers_and_texts_that_show_what_the_point_is_are_no_question(tmp_path, cells):
    assert problems(tmp_path, sheet("v", *cells), AMOUNT) == []


def test_what_the_layout_declares_is_no_question(tmp_path):
    layouts = [{"fields": {"v": {"decimalChar": ",", "groupChar": "."}}}]
    assert problems(tmp_path, sheet("v", 5, "1.234", 80), AMOUNT, layouts=layouts) == []


def test_one_amount_of_a_csv_that_may_be_thousands_is_asked_about(tmp_path):
    content = "id;v\n" + "".join(f"{n};{n * 7}\n" for n in range(30)) + "30;1.234\n"
    assert problems(tmp_path, content, AMOUNT) == [("undeclared-writing", None, "v", "warning")]
    assert problems(tmp_path / "b", content.replace("1.234", "1.23"), AMOUNT) == []
