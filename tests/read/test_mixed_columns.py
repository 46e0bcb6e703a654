"""Columns of workbooks that hold more than one kind of cell: dates among texts, texts among numbers; and
amounts of which nobody can tell what their point is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.support.checks import check_report
from tests.support.cities import City, declaration, published_rows
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
    assert "2 cells are dates for the workbook (rows 3, 5)" in problem.note
    assert "“2026-05-03”" in problem.note


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


WHOLE = {"name": "v", "type": "integer", "description": "v"}


def among(n: int, cell: str, *odd: str) -> str:
    """A CSV of so many numbers, each `cell` with its own one in place of `#`, and of odd ones."""
    return "id;v\n" + "".join(
        f"{row};{text}\n"
        for row, text in enumerate([*odd, *(cell.replace("#", str(k)) for k in range(10, 10 + n))])
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (among(28, "#", "1.000", "5.0"), [("type-error", 2, "v", "critical")]),
        (among(28, "#", "5,0", "1,000"), [("type-error", 3, "v", "critical")]),
        (among(28, "#", "1.500", "5.0"), [("type-error", 2, "v", "critical")]),
        (among(28, "#.0", "5.0"), []),
        (among(28, "#.000", "5.000", "1234.000"), []),  # three decimals everywhere
        (among(28, "#.0", "1.000.000,00"), [("type-error", 2, "v", "critical")]),
    ],
)
def test_a_whole_number_that_may_be_a_thousand_is_never_published_as_one(tmp_path, content, told):
    assert problems(tmp_path, content, WHOLE) == told


@pytest.mark.parametrize("proof", ["5.234,5", "1.234.567", "5,5"])
def test_numbers_by_their_face_are_held_where_one_cell_proves_that_points_part_thousands(tmp_path, proof):
    content = among(29, "#.234", proof)
    told = problems(tmp_path, content, AMOUNT, quarantine={"maxShare": 0.2})
    assert told == [("undeclared-writing", None, "v", "critical")], "and the proof is no fault"
    city = City(tmp_path / "b")
    city.declare(declaration("t", fields=[NUMBER, AMOUNT], quarantine={"maxShare": 0.2}), datos=content)
    outcome = city.outcome("t")
    assert (outcome.outcome, outcome.version) == ("rejected", None)
    assert "but the others would then say something else" in outcome.message


@pytest.mark.parametrize("proofs", [["5.234,5", "6.234,5"], ["1.234.567"] * 4])
def test_where_enough_cells_prove_it_they_are_followed(tmp_path, proofs):
    assert problems(tmp_path, among(28, "#.234", *proofs), AMOUNT) == []


@pytest.mark.parametrize("slip", ["-58,405", "x", "x.y"])
def test_a_slip_that_proves_nothing_holds_no_column(tmp_path, slip):
    content = among(60, "-58.4#", slip)
    told = problems(tmp_path, content, AMOUNT)
    assert told == [("type-error", 2, "v", "critical"), ("undeclared-writing", None, "v", "warning")]


def test_a_sign_of_no_data_takes_no_question_away(tmp_path):
    told = problems(tmp_path, among(30, "#.234", "s/d"), AMOUNT)
    assert told == [("undeclared-writing", None, "v", "warning")]


def test_bounds_say_that_a_point_stands_before_decimals(tmp_path):
    amount = {**AMOUNT, "constraints": {"minimum": -60}}
    told = problems(tmp_path, among(60, "-58.4#", "-58.405.123"), amount)
    assert ("undeclared-writing", None, "v", "critical") not in told
    assert ("type-error", 2, "v", "critical") in told


@pytest.mark.parametrize("field", [AMOUNT, {**AMOUNT, "money": True}, WHOLE])
def test_nan_is_no_data_among_numbers(tmp_path, field):
    content = among(30, "#", "NaN", "nan")
    assert problems(tmp_path, content, field) == []
    city = City(tmp_path / "b")
    city.declare(declaration("t", fields=[NUMBER, field]), datos=content)
    assert city.outcome("t").outcome == "published"
    assert [row["v"] for row in published_rows(city, "t")][:3] == [None, None, 10]


@pytest.mark.parametrize("text", ["INF", "-inf", "Infinity"])
def test_infinity_is_a_problem_of_its_cell(tmp_path, text):
    assert problems(tmp_path, among(30, "#.5", text), AMOUNT) == [("no-number", 2, "v", "critical")]
    assert problems(tmp_path / "b", among(30, "#,5", text), AMOUNT) == [("no-number", 2, "v", "critical")]


@pytest.mark.parametrize("kind", ["datetime", "time"])
@pytest.mark.parametrize("clock", ["T10:00:00.1234567", " 10:00:00.9999999"])
def test_seconds_finer_than_can_be_kept_are_told(tmp_path, kind, clock):
    moment = {"name": "v", "type": kind, "description": "v"}
    day = "2024-03-05" if kind == "datetime" else ""
    cells = [f"{day}{clock}", f"{day}{clock[:-1]}", f"{day}{clock[:-4]}000"]
    content = "id;v\n" + "".join(f"{n};{cell.strip(' T')}\n" for n, cell in enumerate(cells))
    assert problems(tmp_path, content, moment) == [("fraction-cut", None, "v", "warning")]
    content = content.replace("1234567", "1234560").replace("9999999", "9999990")
    assert problems(tmp_path / "b", content, moment) == []
