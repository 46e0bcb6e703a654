"""What a workbook shows beside its numbers: other currencies and measures, thousands and millions; numbers in
the unit of their field."""

from __future__ import annotations

import pytest

from pipelines.read.forms.shown_units import name_currency, name_scale, scale_of, unit_of
from pipelines.read.hide import hider
from pipelines.read.read import read as read_file
from tests.support.readings import reading, resource
from tests.support.three_forms import Cell, column

ARS = {"type": "number", "unit": "ARS"}
NUMBER = {"type": "number"}


@pytest.fixture(autouse=True)
def _sentences_in_english(english):
    """Notes are read in English."""


def read(folder, kind, schema, *cells):
    found = reading(folder, column(kind, "v", *cells), {"id": "integer", "v": schema})
    return [row[1] for _number, row in found.table.rows()], [
        (p.code, p.row, p.severity, p.note) for p in found.faults
    ]


def codes(folder, kind, schema, *cells):
    return [each[:3] for each in read(folder, kind, schema, *cells)[1]]


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("dólares", "USD"),
        (" dolares estadounidenses", "USD"),
        ("US$", "USD"),
        ("euros", "EUR"),
        ("€", "EUR"),
        ("reales", "BRL"),
        ("pesos uruguayos", "UYU"),
        ("miles de pesos", "ARS"),
        ("UVA", "UVA"),
        ("guaraníes", "PYG"),
        ("$", None),
        ("metros reales", "BRL"),
        ("valor real", None),
        ("europeos", None),
        ("", None),
    ],
)
def test_a_currency_is_known_by_sign_and_by_name(text, currency):
    assert name_currency(text) == currency


@pytest.mark.parametrize(
    ("before", "after", "scale"),
    [
        ("miles de ", "", "miles"),
        ("", " millones", "millones"),
        ("", "M", "M"),
        ("", " MM", "MM"),
        ("MM$ ", "", "MM"),
        ("M$ ", "", "M"),
        ("", "K", "K"),
        ("M-", "", None),
        ("", " mm", None),
        ("", " m", None),
        ("Comuna ", "", None),
    ],
)
def test_thousands_and_millions_are_known_by_words_and_letters(before, after, scale):
    assert name_scale(before, after) == scale


@pytest.mark.parametrize(
    ("unit", "meant", "scale"),
    [
        ("ARS", "ARS", 1),
        ("$", "ARS", 1),
        ("millones de ARS", "ARS", 1_000_000),
        ("miles de pesos", "ARS", 1_000),
        ("m²", "m²", 1),
        ("%", "%", 1),
        ("ARS/m²", "ARS", 1),
        ("personas", None, 1),
        (None, None, 1),
    ],
)
def test_the_unit_of_a_field_is_known(unit, meant, scale):
    assert (unit_of(unit), scale_of(unit)) == (meant, scale)


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_each_cell_shown_in_another_unit_is_a_problem(tmp_path, kind):
    foreign = [
        '0.00" dólares"',
        '0" euros"',
        '"US$" 0',
        "[$€-2] 0.00",
        '0" UVA"',
        '0" ha"',
        '0" pesos uruguayos"',
    ]
    own = ['0" pesos"', '"$"0', "0", "[$ARS] 0", "[$$-409]0"]
    cells = [Cell(12, code) for code in (*foreign, *own)]
    assert codes(tmp_path, kind, ARS, *cells) == [
        ("other-unit", row, "critical") for row in range(2, 2 + len(foreign))
    ]
    in_millions = {"type": "number", "unit": "millones de ARS"}
    assert codes(tmp_path, kind, in_millions, Cell(1, '"US$" 0'), Cell(1, '"$" 0')) == [
        ("other-unit", 2, "critical")
    ]
    area = {"type": "number", "unit": "m²"}
    assert codes(tmp_path, kind, area, Cell(1, "[$USD] 0"), Cell(1, '0" m2"')) == [
        ("other-unit", 2, "critical")
    ]
    by_area = {"type": "number", "unit": "ARS/m²"}
    assert codes(tmp_path, kind, by_area, Cell(1, '0" m²"'), Cell(1, '"U$S" 0')) == [
        ("other-unit", 3, "critical")
    ]


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_the_section_that_shows_a_number_says_what_it_is(tmp_path, kind):
    code = '[<1000]0;[<1000000]0.0,"K";0.0,,"M"'
    values, told = read(tmp_path, kind, ARS, Cell(999, code), Cell(1500, code), Cell(2.5e6, code))
    assert values == ["999", "1500", "2500000"]
    ((code, row, severity, note),) = told
    assert (code, row, severity) == ("shown-scaled", None, "warning")
    for said in ("2 cells", "the first in row 3", "“1.5K (1500)”"):
        assert said in note


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_the_example_is_what_the_column_shows(tmp_path, kind):
    ((_code, _row, _severity, note),) = read(tmp_path, kind, ARS, Cell(1234567, "#,##0.0,,"))[1]
    assert "“1.2 (1234567)”" in note
    ((_code, _row, _severity, note),) = read(tmp_path, kind, NUMBER, Cell(0.125, "0.0%"))[1]
    assert "“12.5% (0.125)”" in note


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_numbers_shown_in_millions_are_read_so_where_the_column_is(tmp_path, kind):
    schema = {"type": "number", "unit": "millones de ARS"}
    cells = [Cell(1234567, "#,##0.0,,"), Cell(2.5, "0.0"), Cell(3, '0" millones"')]
    values, told = read(tmp_path, kind, schema, *cells)
    assert values == ["1.234567", "2.5", "3"]
    assert [each[:3] for each in told] == [("shown-scaled", None, "warning")]
    assert codes(tmp_path, kind, schema, Cell(3, '0" miles"')) == [("other-unit", 2, "critical")]


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_letters_for_thousands_are_told_but_in_a_column_of_lengths(tmp_path, kind):
    cells = [Cell(12, '0"M"'), Cell(3, '"MM$ "0'), Cell(4, '0"K"'), Cell(5, "0")]
    ((code, row, severity, note),) = read(tmp_path, kind, ARS, *cells)[1]
    assert (code, row, severity) == ("shown-scaled", None, "warning")
    assert "3 cells are shown with “M”, “MM”, and “K”" in note
    assert codes(tmp_path, kind, {"type": "number", "unit": "m"}, Cell(12, '0" M"')) == []


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_several_units_in_a_column_without_one_are_told(tmp_path, kind):
    cells = [Cell(12, '"$" 0'), Cell(3, '"US$" 0'), Cell(4, '"$" 0'), Cell(5, "0")]
    values, ((code, row, severity, note),) = read(tmp_path, kind, NUMBER, *cells)
    assert (values, code, row, severity) == (["12", "3", "4", "5"], "mixed-units", None, "warning")
    assert "$ (2) and USD (1); USD first in row 3" in note
    assert codes(tmp_path, kind, NUMBER, Cell(1, '"$" 0'), Cell(2, "[$ARS] 0"), 3) == []
    dollars = {"type": "number", "unit": "USD"}
    assert codes(tmp_path, kind, dollars, Cell(1, '"$" 0'), Cell(2, '"$" 0')) == [
        ("mixed-units", None, "warning")
    ]
    assert codes(tmp_path, kind, "string", Cell(1, '"$" 0'), Cell(2, '"US$" 0')) == [
        ("mixed-units", None, "warning")
    ]


def test_examples_of_hidden_columns_are_not_told(tmp_path):
    content = column("xlsx", "v", Cell(0.125, "0.0%"), Cell(0, "0;0;"))

    declared = resource({"id": "integer", "v": "number"}, personalData={"v": "mask"})
    (tmp_path / "raw").write_bytes(content)
    found = read_file(tmp_path / "raw", declared, tmp_path / "cells.arrow", hide=hider("d", b"key"))
    notes = " ".join(problem.note for problem in found.faults)
    assert "shown as a percentage" in notes
    assert "12.5" not in notes
    assert "0.125" not in notes
