"""True dates, numbers and words of yes and no of a workbook are certain, however the texts beside them are
written; of these each is read that can be read in one way."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.readings import reading, resource, rows_with_warnings
from tests.support.three_forms import KINDS, Cell, column, sheet_of

FIELDS = {"id": "integer", "v": "number"}
APRIL = dt.date(2026, 6, 4)
DAYS = [f"{day:02}/03/2026" for day in range(1, 28)]
WRITTEN = [f"2026-03-{day:02}" for day in range(1, 28)]
TRUE_DAYS = [dt.date(2026, 1, 13), dt.date(2026, 2, 20), dt.date(2026, 3, 5)] * 4


def values(folder, kind, type, *cells, layout=None, **schema):
    """What is read of a column, where nothing is objected; and what is objected."""
    fields = {"id": "integer", "v": {"type": type, **schema}}
    found = reading(folder, column(kind, "v", *cells), fields, **(layout or {}))
    told = [(p.code or p.type, p.row) for p in (*found.problems, *found.faults) if p.severity == "critical"]
    return [row[1] for _number, row in found.table.rows()], told


@pytest.mark.parametrize("kind", KINDS)
def test_a_true_date_among_dates_that_are_texts_is_what_it_is(tmp_path, kind):
    assert values(tmp_path, kind, "date", *DAYS, APRIL) == ([*WRITTEN, "2026-06-04"], [])


@pytest.mark.parametrize("kind", KINDS)
def test_a_true_number_among_numbers_that_are_texts_is_what_it_is(tmp_path, kind):
    texts = [f"1.{n:03},50" for n in range(25)]
    found, told = values(tmp_path, kind, "number", *texts, 1.234, 13.5)
    assert (found[0], found[24:], told) == ("1000.50", ["1024.50", "1.234", "13.5"], [])


@pytest.mark.parametrize("kind", KINDS)
def test_few_texts_among_true_values_are_read_where_they_say_one_thing(tmp_path, kind):
    found, told = values(tmp_path, kind, "date", *TRUE_DAYS, "16/03/2026")
    assert (found[-1], told) == ("2026-03-16", [])
    found, told = values(tmp_path, kind, "number", 1.5, 2, "12,5", "1.234,50")
    assert (found, told) == (["1.5", "2", "12.5", "1234.50"], [])
    percent = [Cell(0.55, "0%", "55%")] * 9
    found, told = values(tmp_path, kind, "number", *percent, "60%", "7,5 %", unit="%")
    assert (found, told) == ([*["55"] * 9, "60", "7.5"], [])
    found, told = values(tmp_path, kind, "boolean", True, False, "sí", "No")
    assert (found, told) == (["true", "false", "true", "false"], [])


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_says_two_things_stays(tmp_path, kind):
    found, _told = values(tmp_path, kind, "date", *TRUE_DAYS, "05/03/2026")
    assert found[-1] == "05/03/2026"
    found, _told = values(tmp_path, kind, "number", 1.5, 2, "12,345")
    assert found[-1] == "12,345"


def test_a_word_among_the_texts_keeps_no_other_from_being_read(tmp_path):
    found, _told = values(tmp_path, "xlsx", "date", *TRUE_DAYS, "16/03/2026", "no vino", "05/03/2026")
    assert found[-3:] == ["2026-03-16", "no vino", "05/03/2026"]
    found, _told = values(tmp_path, "xlsx", "number", 1.5, 2, "7,25", "mucho", "12,345")
    assert found[-3:] == ["7.25", "mucho", "12,345"]


def test_a_bare_number_among_true_dates_is_no_day(tmp_path):
    found, _told = values(tmp_path, "xlsx", "date", *TRUE_DAYS, 45356, "45357")
    assert found[-2:] == ["45356", "45357"]


@pytest.mark.parametrize("kind", KINDS)
def test_dates_of_which_day_and_month_may_be_exchanged_are_not_certain(tmp_path, kind):
    """All texts would be none in a program that takes the month first, and the true date could be one."""
    late = [f"{day}/03/2026" for day in range(13, 31)]
    _found, told = values(tmp_path, kind, "date", *late, *late, APRIL)
    assert told == [("odd-writing", 38)]
    _found, told = values(tmp_path, kind, "date", *late, APRIL, APRIL)
    assert ("swapped-dates", None) in told


@pytest.mark.parametrize("kind", KINDS)
def test_how_a_layout_says_that_texts_are_written_does_not_change_true_numbers(tmp_path, kind):
    layout = {"fields": {"v": {"decimalChar": ",", "groupChar": ".", "missingValues": ["9999", "-"]}}}
    found, told = values(tmp_path, kind, "number", 1.234, "1.234", "7,5", 9999, "-", layout=layout)
    assert (found, told) == (["1.234", "1234", "7.5", "", ""], [])


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_reads_though_its_column_is_written_otherwise_is_still_odd(tmp_path, kind):
    texts = [f"{n},5" for n in range(30)]
    _found, told = values(tmp_path, kind, "number", *texts, 13.5, "13.5")
    assert told == [("odd-writing", 33)]


@pytest.mark.parametrize("kind", KINDS)
def test_columns_that_become_rows_keep_what_is_certain(tmp_path, kind):
    rows = [["zona", "2026-01", "2026-02"]]
    rows += [[f"z{n}", f"{n},5", f"{n}.000,25"] for n in range(1, 9)]
    rows += [["z9", Cell(1.234), Cell(0.5)]]
    declared = resource(
        {"zona": "string", "mes": "string", "v": "number"},
        layouts=[{"unpivot": {"columns": r"^(?P<mes>\d{4}-\d\d)$", "value": "v"}}],
    )
    found = reading(tmp_path, sheet_of(kind, rows), declared)
    assert [row[2] for _number, row in rows_with_warnings(found)][-4:] == ["8.5", "8000.25", "1.234", "0.5"]
