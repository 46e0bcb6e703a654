"""What a number format shows: sections, conditions, words, units; and what fields take from it."""

from __future__ import annotations

import pytest

from pipelines.read.forms.number_format import parse_format
from tests.support.readings import reading
from tests.support.three_forms import Cell, column

AMOUNT = {"type": "number", "unit": "ARS"}


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [
        ("[<=9999999]###-####;(###) ###-####", "3211234", "321-1234"),
        ("[<=9999999]###-####;(###) ###-####", "1143211234", "(114) 321-1234"),
        ("00000;(00000)", "-7", "(00007)"),
        ("00000;(00000)", "7", "00007"),
        ('0;-0;"sin dato"', "0", "sin dato"),
        ('00000;;"-"', "0", "-"),
        ('00000;;"-"', "-5", "-5"),  # what shows nothing is still there
        ('"Nro "General', "7", "Nro 7"),
        ('General" bis"', "8.5", "8.5 bis"),
        ("0#", "7", "07"),
        ("0##", "0", "000"),
        ("#,##0", "30123456", "30123456"),
        ('[=1]"sí";[=0]"no";General', "0", "no"),
        ('[=1]"sí";[=0]"no";General', "3", "3"),
        ('_-"$"\\ * #,##0.00_-;\\-"$"\\ * #,##0.00_-;_-"$"\\ * "-"??_-;_-@_-', "12.5", "12.5"),
        ("[$U$S] 0.00", "7", "7"),
        ('0" km"', "7", "7 km"),
        ("0.00", "1.1", "1.10"),
        ("0.0", "2.345", "2.345"),
        ("0", "x", "x"),
    ],
)
def test_a_text_field_says_what_a_cell_shows(code, number, shown):
    assert parse_format(code).show_code(number) == shown


@pytest.mark.parametrize(
    "code", ["", "General", "@", "dd/mm/yyyy", '"Barrio "@', "General/8", "[h]:mm", "m/d", "yyyy/mm"]
)
def test_what_is_no_plain_number_has_no_format(code):
    assert parse_format(code) is None


@pytest.mark.parametrize(
    ("code", "currency", "measure", "scale"),
    [
        ("[$R$-416]\\ #,##0.00", "BRL", None, None),
        ("[$£-809]#,##0.00", "GBP", None, None),
        ("[$Gs-3C0A]\\ #,##0", "PYG", None, None),
        ('"Gs. "#,##0', "PYG", None, None),
        ("[$UYU]\\ #,##0.00", "UYU", None, None),
        ("[$SEK] 0", "SEK", None, None),  # one that nobody has told us of
        ("\\U\\$\\S 0", "USD", None, None),
        ("#,##0.00\\ [$€-C0A]", "EUR", None, None),
        ("[$$-2C0A]\\ #,##0", None, None, None),  # pesos or dollars
        ("[$-2C0A]00000", None, None, None),
        ('0" ha"', None, "ha", None),
        ('0.0" m²"', None, "m²", None),
        ('0.0,,"M"', None, None, None),
        ('0" millones"', None, None, "millones"),
        ('"miles de pesos "#,##0', "ARS", None, "miles"),
        ('"Comuna "0', None, None, None),
    ],
)
def test_what_stands_beside_a_number_is_understood(code, currency, measure, scale):
    first = parse_format(code).first
    assert (first.currency, first.measure, first.scale) == (currency, measure, scale)


def told(folder, kind, schema, *cells):
    found = reading(folder, column(kind, "v", *cells), {"id": "integer", "v": schema})
    return [(p.code or p.type, p.row, p.severity) for p in found.faults], [
        row[1] for _number, row in found.table.rows()
    ]


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_amounts_in_other_currencies_are_problems(tmp_path, kind):
    codes = ("[$R$-416]\\ 0", "[$£-809]0", "[$Gs-3C0A]\\ 0", "[$UYU]\\ 0", "[$SEK]\\ 0", '"$"0', "0")
    faults, _rows = told(tmp_path, kind, AMOUNT, *(Cell(10, code) for code in codes))
    assert faults == [("other-unit", row, "critical") for row in range(2, 7)]
    faults, _rows = told(tmp_path, kind, AMOUNT, "R$ 12", "£ 5", "Gs. 7", "$ 8")
    assert faults == [("other-unit", row, "critical") for row in (2, 3, 4)]
    faults, _rows = told(
        tmp_path, kind, {"type": "number", "unit": "m²"}, *(Cell(3, c) for c in ('0" ha"', '0" m2"'))
    )
    assert faults == [("other-unit", 2, "critical")]


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_words_for_thousands_and_millions_are_told(tmp_path, kind):
    cells = [Cell(12, '0" millones"'), Cell(7, "0")]
    assert told(tmp_path, kind, AMOUNT, *cells)[0] == [("shown-scaled", None, "warning")]
    in_millions = {"type": "number", "unit": "millones de ARS"}
    assert told(tmp_path, kind, in_millions, *cells)[0] == []


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_a_share_beside_percentages_is_nobody_knows_what(tmp_path, kind):
    cells = [Cell(0.55, "0%"), Cell(0.3, "0%"), 0.6, 0, 55]
    faults, rows = told(tmp_path, kind, {"type": "number", "unit": "%"}, *cells)
    assert (faults, rows) == ([("odd-writing", 4, "critical")], ["55", "30", "0.6", "0", "55"])
    assert told(tmp_path, kind, {"type": "number", "unit": "%"}, 0.6, 0.3)[0] == []
