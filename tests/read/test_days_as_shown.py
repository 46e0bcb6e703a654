"""Days of a workbook as its cells show them: what a field takes of them, and how they are told to people."""

from __future__ import annotations

import datetime as dt

import pytest

from pipelines.agency.check import check_dataset
from pipelines.agency.report.groups import group_check_problems, group_problems
from pipelines.read.forms.date_format import parse_date_format
from tests.support.checks import check_report
from tests.support.cities import City, declaration
from tests.support.readings import reading
from tests.support.three_forms import Cell, column

DAY, MOMENT = dt.date(2024, 3, 15), dt.datetime(2024, 3, 5, 14, 30)  # noqa: DTZ001
NUMBER = {"name": "id", "type": "integer", "description": "n"}


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("dd/mm/yyyy", "05/03/2024"),
        ("d/m/yy", "5/3/24"),
        ("mmm-yy", "mar-24"),
        ('[$-2C0A]d" de "mmmm" de "yyyy', "5 de marzo de 2024"),
        ("[$-409]d\\-mmm;@", "5-Mar"),
        ("yyyy", "2024"),
        ("dddd", "martes"),
        ("ddd d", "mar 5"),
        ("dd/mm/yyyy hh:mm", "05/03/2024 14:30"),
        ("h:mm AM/PM", "2:30 PM"),
        ("mm:ss.0", "30:00.0"),
        ('"día "d', "día 5"),
    ],
)
def test_a_day_is_shown_by_its_format(code, shown):
    assert parse_date_format(code).show("2024-03-05T14:30:00") == shown


@pytest.mark.parametrize("code", ["General", "0.00", "@", "[h]:mm:ss", '"sin dato"', "0.00E+00", ""])
def test_what_shows_no_day_is_no_format_of_one(code):
    assert parse_date_format(code) is None


def test_what_is_no_day_is_not_shown_as_one():
    assert parse_date_format("dd/mm/yyyy").show("x") is None


def read(folder, kind, type, *cells, **layout):
    found = reading(folder, column(kind, "v", *cells), {"id": "integer", "v": type}, **layout)
    return [row[1] for _number, row in found.table.rows()], [(p.code, p.severity) for p in found.faults]


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_a_day_shown_as_a_month_or_a_year_is_one(tmp_path, kind):
    assert read(tmp_path, kind, "yearmonth", Cell(DAY, "mmm-yy"), "mayo 2024") == (["2024-03", "2024-05"], [])
    assert read(tmp_path, kind, "year", Cell(DAY, "yyyy"), 2023, "2022") == (["2024", "2023", "2022"], [])
    whole = read(tmp_path, kind, "yearmonth", Cell(DAY, "dd/mm/yyyy"), "2024-05")
    assert whole == (["2024-03-15", "2024-05"], [])


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_a_time_that_is_not_shown_is_told_and_the_day_is_read(tmp_path, kind):
    cells = [Cell(MOMENT, "dd/mm/yyyy"), Cell(DAY, "dd/mm/yyyy")]
    assert read(tmp_path, kind, "date", *cells) == (
        ["2024-03-05", "2024-03-15"],
        [("hidden-time", "warning")],
    )
    seen = [Cell(MOMENT, "dd/mm/yyyy hh:mm"), Cell(DAY, "dd/mm/yyyy")]
    assert read(tmp_path, kind, "date", *seen) == (["2024-03-05T14:30:00", "2024-03-15"], [])


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_dates_with_a_time_among_texts_are_told(tmp_path, kind):
    _rows, told = read(tmp_path, kind, "string", "EX-2020-1", Cell(MOMENT, "dd/mm/yyyy hh:mm"), "3-5")
    assert told == [("dates-among-texts", "warning")]


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_a_field_may_ask_for_days_as_they_are_shown(tmp_path, kind):
    cells = [Cell(DAY, "d-mmm"), Cell(MOMENT, "hh:mm"), "x", Cell(7, '"Nro "General'), Cell(0, '0;-0;"-"')]
    found, _told = read(tmp_path, kind, "string", *cells, fields={"v": {"asShown": True}})
    assert found == ["15-mar", "14:30", "x", "Nro 7", "-"]


@pytest.mark.parametrize(
    ("type", "unit", "cell", "told"),
    [
        ("integer", None, Cell(DAY, "dd/mm/yyyy"), "15/03/2024"),
        ("integer", None, Cell(DAY, "mmm-yy"), "mar-24 (2024-03-15)"),
        ("date", None, Cell(MOMENT, "dd/mm/yyyy hh:mm"), "05/03/2024 14:30"),
        ("integer", None, Cell(MOMENT, "hh:mm"), "14:30 (2024-03-05T14:30:00)"),
        ("integer", "%", Cell(0.075, "0%"), "8% (7.5)"),
        ("integer", None, Cell(12.5, "0"), "13 (12.5)"),
        ("integer", None, Cell(12.5, "0.00"), "12.5"),
    ],
)
@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_people_are_told_what_they_see(tmp_path, kind, type, unit, cell, told):
    field = {"name": "v", "type": type, "description": "v", **({"unit": unit} if unit else {})}
    city = City(tmp_path)
    city.declare(declaration("t", fields=[NUMBER, field]), datos=column(kind, "v", cell))
    report = check_report(city.datasets, city.archive, "t")
    (group,) = [each for each in group_problems(report) if each.type == "type-error"]
    assert [(example.cell, example.value) for example in group.examples] == [("B2", told)]


def test_words_of_several_pairs_say_yes_and_no(tmp_path):
    words = ["VERDADERO", "FALSO", "sí", "no", "true"]
    assert read(tmp_path, "xlsx", "boolean", *words)[0] == ["true", "false", "true", "false", "true"]
    assert read(tmp_path, "xlsx", "boolean", "sí", "F", "v")[0] == ["sí", "F", "v"]


@pytest.mark.usefixtures("english")
def test_what_is_expected_is_said_in_a_spreadsheets_words(tmp_path):
    """A point before decimals would make a day of 12.5 where the comma is theirs."""
    city, amount = City(tmp_path), {"name": "v", "type": "number", "description": "v"}
    told = {}
    for form, content in (("sheet", column("xlsx", "v", 1.5, "mucho")), ("csv", "id,v\n1,1.5\n2,mucho\n")):
        city.declare(declaration(form, fields=[NUMBER, amount]), datos=content)
        with check_dataset(city.datasets, city.archive, form, None, None) as done:
            told[form] = [group.expected for group in group_check_problems(done)]
    assert told == {
        "sheet": ["a number, in a cell that is no text"],
        "csv": ["a number with a point before its decimals, as 1234.5"],
    }
