"""Months as agencies write them, in fields of year and month."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.support.checks import check_report
from tests.support.cities import City, declaration, published_rows
from tests.support.workbooks import saved_bytes, workbook

FIELDS = [
    {"name": "id", "type": "integer", "description": "n"},
    {"name": "mes", "type": "yearmonth", "description": "m"},
]
pytestmark = pytest.mark.usefixtures("english")


def made(folder: Path, content: str | bytes, **more) -> City:
    city = City(folder)
    city.declare(declaration("t", fields=FIELDS, **more), datos=content)
    return city


def months(*texts: str) -> str:
    return "id;mes\n" + "".join(f"{n};{text}\n" for n, text in enumerate(texts))


@pytest.mark.parametrize(
    ("texts", "read"),
    [
        (["03/2024", "12/2024"], ["2024-03", "2024-12"]),
        (["3-2024", "12-2024"], ["2024-03", "2024-12"]),
        (["2024/03", "2024/4"], ["2024-03", "2024-04"]),
        (["2024-3", "2024-04"], ["2024-03", "2024-04"]),
        (["202403", "202412"], ["2024-03", "2024-12"]),
        (["032024", "122024"], ["2024-03", "2024-12"]),
        (["marzo 2024", "Abril de 2024"], ["2024-03", "2024-04"]),
        (["Mar-24", "Set-24"], ["2024-03", "2024-09"]),
        (["2024 enero", "2024 dic."], ["2024-01", "2024-12"]),
        (["03-24", "11-24"], ["2024-03", "2024-11"]),  # no month is the 24th
        (["01/03/2024", "01/12/2024"], ["2024-03", "2024-12"]),
        (["2024-03", "04/2024"], ["2024-03", "2024-04"]),
        (["03/2024", "s/d"], ["2024-03", None]),
        (["2024-03", "mar. 2024", "2024/4", "marzo-24"], ["2024-03", "2024-03", "2024-04", "2024-03"]),
        (["13-11", "14-11"], ["2013-11", "2014-11"]),  # no year has a 13th month
        (["3/11", "12/11"], ["2011-03", "2011-12"]),
    ],
)
def test_a_month_is_read_however_it_is_written(tmp_path, texts, read):
    city = made(tmp_path, months(*texts))
    assert city.outcome("t").outcome == "published"
    assert [row["mes"] for row in published_rows(city, "t")] == read


def test_what_a_workbook_makes_of_a_month_is_that_month(tmp_path):
    rows = [["id", "mes"], *([n, dt.date(2024, n, 1)] for n in range(1, 8)), [8, "2024-08"]]
    city = made(tmp_path, saved_bytes(workbook(Hoja=rows)))
    assert city.outcome("t").outcome == "published"
    assert [row["mes"] for row in published_rows(city, "t")] == [f"2024-0{n}" for n in range(1, 9)]


def test_a_day_of_a_month_is_no_month(tmp_path):
    city = made(tmp_path, months("15/03/2024", "01/04/2024"))
    report = check_report(city.datasets, city.archive, "t")
    assert [(p.type, p.row) for p in report.problems] == [("type-error", 2), ("type-error", 3)]


def test_two_digits_that_may_be_the_year_or_the_month_are_asked_about(tmp_path):
    city = made(tmp_path, months("03-11", "04-11"))
    report = check_report(city.datasets, city.archive, "t")
    (asked,) = (p for p in report.problems if p.code == "undeclared-writing")
    assert ('"%m-%y"' in asked.note, '"%y-%m"' in asked.note) == (True, True)
    cells = [p for p in report.problems if p is not asked]
    assert [(p.code, p.row, p.field, p.severity) for p in cells] == [
        ("short-year", 2, "mes", "critical"),
        ("short-year", 3, "mes", "critical"),
    ]
    assert cells[0].note == "“03-11” can be 2011-03 or 2003-11"
    assert city.outcome("t").outcome == "rejected"  # and not the third year of our era


def test_a_month_of_two_numbers_among_whole_ones_is_one_problem(tmp_path):
    city = made(tmp_path, months(*["2024-03"] * 40, "marzo", "13-40", "03-11"))
    report = check_report(city.datasets, city.archive, "t")
    wrong = [(p.code or p.type, p.row) for p in report.problems if p.severity == "critical"]
    assert wrong == [("type-error", 42), ("type-error", 43), ("short-year", 44)]


YEARS = [FIELDS[0], {"name": "a", "type": "year", "description": "a"}]


@pytest.mark.parametrize(
    "texts",
    [["2024.0", "2023,00"], ["'2024", "'2023"], [" 2024", "2023 "], ["2.024", "2.023"], ["Año 2024", "2023"]],
)
def test_a_year_is_read_with_what_spreadsheets_add_to_it(tmp_path, texts):
    city = City(tmp_path)
    city.declare(declaration("t", fields=YEARS), datos=months(*texts).replace("mes", "a"))
    assert city.outcome("t").outcome == "published"
    assert [row["a"] for row in published_rows(city, "t")] == [2024, 2023]


@pytest.mark.parametrize("text", ["24", "2024.5", "2023/24", "0.500", "02024"])
def test_what_may_be_another_year_is_a_problem(tmp_path, text):
    city = City(tmp_path)
    city.declare(declaration("t", fields=YEARS), datos=f"id;a\n1;2024\n2;{text}\n")
    report = check_report(city.datasets, city.archive, "t")
    assert [(p.type, p.row, p.field, p.cell) for p in report.problems] == [("type-error", 3, "a", text)]


def test_the_layout_may_say_how_months_are_written(tmp_path):
    layouts = [{"fields": {"mes": {"format": ["%m-%y"]}}}]
    city = made(tmp_path, months("03-11", "04-11"), layouts=layouts)
    assert city.outcome("t").problems == 0
    assert [row["mes"] for row in published_rows(city, "t")] == ["2011-03", "2011-04"]
