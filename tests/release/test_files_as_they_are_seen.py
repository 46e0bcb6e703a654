"""What agencies send is read as they see it: nothing changes, vanishes or is taken for something else
without a word, from the file to the release."""

from __future__ import annotations

import datetime as dt
import io
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xlwt

from catalog.archive.published import WRITER, previous_of
from pipelines.release.outcome import Outcome
from pipelines.release.verify import verify
from tests.support.bad_files import ods
from tests.support.checks import check_report
from tests.support.cities import City, declaration, published_rows
from tests.support.terminal import vereda
from tests.support.workbooks import saved_bytes, workbook

pytestmark = pytest.mark.usefixtures("english")

NUMBER = {"name": "id", "type": "integer", "description": "n"}
TEXT = {"name": "nombre", "type": "string", "description": "t"}
AMOUNT = {"name": "v", "type": "number", "description": "v"}
DAY = {"name": "fecha", "type": "date", "description": "d"}


def checked(folder: Path, content: str | bytes, *fields: dict[str, Any], **made: Any) -> list[tuple]:
    """What a check says of a file: code or type, row, field, severity."""
    city = City(folder)
    city.declare(declaration("t", fields=[*fields], **made), datos=content)
    report = check_report(city.datasets, city.archive, "t")
    return [(p.code or p.type, p.row, p.field, p.severity) for p in report.problems]


def published(
    folder: Path, content: str | bytes, *fields: dict[str, Any], **made: Any
) -> tuple[City, Outcome]:
    city = City(folder)
    city.declare(declaration("t", fields=[*fields], **made), datos=content)
    return city, city.outcome("t")


def csv_of(city: City) -> str:
    release = previous_of(city.archive, city.history("t"))
    return city.archive.get(release.entry.files["t.csv"].sha256).decode()


# --- rows


ROWS = "".join(f"{n};Calle {n};{n}\n" for n in range(1, 201))
STREETS = "id;nombre;v\n" + ROWS
STRAY = STREETS.replace("50;Calle 50;", '50;"Calle 50;', 1).replace("80;Calle 80;", '80;"Calle 80" bis;', 1)


def test_two_stray_quotes_are_two_problems_and_no_row_is_swallowed(tmp_path):
    assert checked(tmp_path, STRAY, NUMBER, TEXT, AMOUNT) == [
        ("stray-quote", 51, "nombre", "critical"),
        ("stray-quote", 81, "nombre", "critical"),
    ]
    city = City(tmp_path)
    city.send("t", STREETS)
    assert city.outcome("t").rows == {"t": 200}
    city.send("t", STRAY)
    rejected = city.outcome("t")
    assert (rejected.outcome, rejected.rows) == ("rejected", {"t": 200})
    assert '"Calle 50' in rejected.message


def test_rows_with_stray_quotes_are_held_back_where_some_may_be(tmp_path):
    city, outcome = published(tmp_path, STRAY, NUMBER, TEXT, AMOUNT, quarantine={"maxShare": 0.05})
    assert (outcome.outcome, outcome.rows) == ("quarantined", {"t": 198})
    assert {row["id"] for row in published_rows(city, "t")} == {*range(1, 201)} - {50, 80}
    assert verify(city.archive, city.history("t").current, city.history("t")).bytes_same


@pytest.mark.parametrize(
    ("before", "after", "row"),
    [
        ("29;Calle 29;29\n", '29;"Calle 29;29\n', 30),  # closed by nothing
        ("60;Calle 60;60\n", '60;"Calle 60;60\n', 61),
        ("200;Calle 200;200\n", '200;"Calle 200;200\n', 201),  # on the last line
    ],
)
def test_a_quote_that_nothing_closes_is_a_problem_of_its_row(tmp_path, before, after, row):
    assert checked(tmp_path, STREETS.replace(f"\n{before}", f"\n{after}"), NUMBER, TEXT, AMOUNT) == [
        ("stray-quote", row, "nombre", "critical")
    ]


@pytest.mark.parametrize("last", [21, 24])
def test_a_well_formed_cell_that_swallows_rows_is_a_problem(tmp_path, last):
    content = STREETS.replace("\n20;Calle 20;", '\n20;"Calle 20;').replace(f";{last}\n", f'";{last}\n')
    found = checked(tmp_path, content, NUMBER, TEXT, AMOUNT)
    assert found[0] == ("stray-quote", 21, "nombre", "critical")
    assert (
        len([code for code, *_rest in found if code in ("stray-quote", "quote-in-cell", "type-error")]) <= 3
    )


def test_a_paragraph_in_a_cell_is_a_paragraph(tmp_path):
    note = '"Uno; dos\ntres, cuatro; cinco\n\nseis ""siete"""'
    city, outcome = published(tmp_path, f"id;nombre;v\n1;{note};3\n2;b;3\n", NUMBER, TEXT, AMOUNT)
    assert (outcome.outcome, outcome.problems) == ("published", 0)
    assert published_rows(city, "t")[0]["nombre"] == 'Uno; dos\ntres, cuatro; cinco\n\nseis "siete"'


INNER = 'id;nombre;v\n1;Calle "9 de Julio" 123;1\n2;"Escuela "El Molino"";2\n3;5" caño;3\n'


def test_quotes_inside_a_cell_are_told_and_those_that_would_change_it_stop(tmp_path):
    assert {*checked(tmp_path, INNER, NUMBER, TEXT, AMOUNT)} == {
        ("stray-quote", 3, "nombre", "critical"),
        ("quote-in-cell", 2, "nombre", "warning"),
        ("quote-in-cell", 4, "nombre", "warning"),
    }


def test_a_layout_that_is_not_strict_reads_them_as_they_stand_and_counts_them(tmp_path):
    city, outcome = published(tmp_path, INNER, NUMBER, TEXT, AMOUNT, layouts=[{"strict": False}])
    assert outcome.outcome == "published"
    assert [row["nombre"] for row in published_rows(city, "t")] == [
        'Calle "9 de Julio" 123',
        'Escuela "El Molino"',
        '5" caño',
    ]
    report = check_report(city.datasets, city.archive, "t")
    assert "t: cells with quotation marks out of place, read as they stand: 3" in "\n".join(report.found)


def test_the_terminal_tells_the_row_and_the_text(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("t", fields=[NUMBER, TEXT, AMOUNT]), datos=STRAY)
    told = vereda(city, "check", "t", status=1)
    assert "51" in told
    assert '"Calle 50' in told


# --- one odd cell


def test_one_cell_that_is_written_otherwise_is_one_problem(tmp_path):
    lines = [f"{n};{n},50" for n in range(1, 200)]
    content = "id;v\n" + "\n".join([*lines, "200;(5,00)"]) + "\n"
    assert checked(tmp_path, content, NUMBER, AMOUNT) == [("type-error", 201, "v", "critical")]
    city, outcome = published(tmp_path, content, NUMBER, AMOUNT, quarantine={"maxShare": 0.05})
    assert (outcome.outcome, outcome.rows) == ("quarantined", {"t": 199})
    assert published_rows(city, "t")[0]["v"] == 1.5


def test_one_coordinate_with_a_point_among_commas_is_one_problem(tmp_path):
    lines = [f"{n};-34,60{n}" for n in range(100, 400)]
    lines[7] = "107;-34.60107"
    assert checked(tmp_path, "id;v\n" + "\n".join(lines), NUMBER, AMOUNT) == [
        ("odd-writing", 9, "v", "critical")
    ]


def test_of_few_cells_all_must_agree(tmp_path):
    content = "id;v\n1;1,50\n2;2,50\n3;(5,00)\n"
    assert ("type-error", 2, "v", "critical") in checked(tmp_path, content, NUMBER, AMOUNT)


def test_a_header_and_a_total_in_the_middle_are_one_finding_each(tmp_path):
    lines = [f"{n};Plaza {n};{n},50;{n % 28 + 1}/3/2024" for n in range(1, 60)]
    content = "\n".join(
        [
            "id;nombre;v;fecha",
            *lines[:20],
            "id;nombre;v;fecha",
            *lines[20:40],
            ";Subtotal;999,00;",
            *lines[40:],
        ]
    )
    fields = (NUMBER, TEXT, AMOUNT, DAY)
    assert checked(tmp_path, content, *fields) == [("totals-row", 43, None, "critical")]
    total = sum(n + 0.5 for n in range(1, 41))
    right = content.replace("999,00", f"{total:.2f}".replace(".", ","))
    _city, outcome = published(tmp_path, right, *fields)
    assert (outcome.outcome, outcome.problems, outcome.rows) == ("published", 0, {"t": 59})


def test_one_column_of_days_proves_how_its_neighbour_is_written(tmp_path):
    other = {"name": "alta", "type": "date", "description": "a"}
    content = "id;fecha;alta\n1;25-03-2024;3-4-2024\n2;1-4-2024;5-6-2024\n"
    city, outcome = published(tmp_path, content, NUMBER, DAY, other)
    assert (outcome.outcome, outcome.problems) == ("published", 0)
    assert published_rows(city, "t")[0]["alta"] == dt.date(2024, 4, 3)
    alone = checked(tmp_path / "other", "id;fecha\n1;3-4-2024\n2;5-6-2024\n", NUMBER, DAY)
    assert ("undeclared-writing", None, "fecha", "warning") in alone


# --- text


def test_one_byte_that_cp1252_lacks_costs_one_character(tmp_path):
    content = "id;nombre;v\n1;“Plaza” – Ñandú;1\n2;Muñiz;2\n".encode("cp1252").replace(b"2;Mu", b"2;\x81Mu")
    city, _outcome = published(tmp_path, content, NUMBER, TEXT, AMOUNT)
    assert [row["nombre"] for row in published_rows(city, "t")] == ["“Plaza” – Ñandú", "\x81Muñiz"]
    assert checked(tmp_path, content, NUMBER, TEXT, AMOUNT) == [("control-character", 3, "nombre", "warning")]


def test_a_label_in_parts_or_with_spaces_around_it_is_the_label(tmp_path):
    layouts = [{"labels": {"Dirección": "nombre"}}]
    content = "id;Direccio\u0301n ;v\n1;Ñandú;1\n"
    _city, outcome = published(tmp_path, content, NUMBER, TEXT, AMOUNT, layouts=layouts)
    assert (outcome.outcome, outcome.problems) == ("published", 0)


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ("Nun\u0303ez", "primary-key"),
        ("Nuñez\u00a0", "alike-key"),
        ("Nu\u200bñez", "alike-key"),
        (" Nuñez", "alike-key"),
    ],
)
def test_keys_that_look_the_same_are_a_problem(tmp_path, other, code):
    found = checked(tmp_path, f"nombre;v\nNuñez;1\n{other};2\n", TEXT, AMOUNT, key="nombre")
    assert [each[:2] for each in found if each[3] == "critical"] == [(code, 3)]


@pytest.mark.parametrize(
    ("first", "other", "shown"),
    [
        ("A-1", "A\u20111", "A‹U+2011›1"),
        ("A-1", "A–1", "A‹U+2013›1"),
        ("COVID", "\u0421OVID", "‹U+0421›OVID"),
        ("fin", "ﬁn", "‹U+FB01›n"),
        ("O'Higgins 1", "O’Higgins 1", "O‹U+2019›Higgins 1"),
        ("N° 5", "Nº 5", "Nº 5"),
        ("Sala 1", "Sala\u00a01", "Sala‹U+00A0›1"),
        ("ABC", "ＡＢＣ", "‹U+FF21›‹U+FF22›‹U+FF23›"),
    ],
)
def test_keys_in_characters_that_look_alike_are_a_problem_that_names_them(tmp_path, first, other, shown):
    city = City(tmp_path)
    content = f"nombre;v\n{first};1\nBoedo;3\n{other};2\n"
    city.declare(declaration("t", fields=[TEXT, AMOUNT], key="nombre"), datos=content)
    report = check_report(city.datasets, city.archive, "t")
    (found,) = [p for p in report.problems if p.code == "alike-key"]
    assert (found.row, found.severity, found.cell) == (4, "critical", other)
    assert f"“{shown}”" in found.note


@pytest.mark.parametrize("other", ["m2", "m₂", "1a", "A1", "A--1"])
def test_keys_that_differ_to_the_eye_are_two(tmp_path, other):
    content = f"nombre;v\nm²;1\n1ª;4\nA-1;3\n{other};2\n"
    assert checked(tmp_path, content, TEXT, AMOUNT, key="nombre") == []


def test_a_letter_of_another_alphabet_inside_a_word_is_told(tmp_path):
    content = "id;nombre\n1;Plaza de М\u0430yo, С\u041eVID 5 μg\n2;\u0421OVID\n3;Δt, Ελλάδα\n"
    assert checked(tmp_path, content, NUMBER, TEXT) == [("odd-letter", 2, "nombre", "warning")]


def test_a_label_whose_signs_look_like_the_declared_ones_is_that_label(tmp_path):
    layouts = [{"labels": {"N° de Calle": "nombre", "Alta - Baja": "v"}}]
    content = "id;Nº de calle;Alta – baja\n1;Ñandú;1\n"
    _city, outcome = published(tmp_path, content, NUMBER, TEXT, AMOUNT, layouts=layouts)
    assert (outcome.outcome, outcome.problems) == ("published", 0)


def test_keys_that_differ_in_capitals_alone_are_asked_about_and_codes_are_not(tmp_path):
    words = "nombre;v\nBoedo;1\nBOEDO;2\nFlores;3\n"
    assert checked(tmp_path / "a", words, TEXT, AMOUNT, key="nombre") == [
        ("alike-key", 3, "nombre", "warning")
    ]
    codes = "nombre;v\nxK3;1\nXk3;2\nyy9;3\n"
    assert checked(tmp_path / "b", codes, TEXT, AMOUNT, key="nombre") == []


def test_a_day_that_is_none_is_one_problem(tmp_path):
    rows = "".join(f"{n};{n % 28 + 1:02}/03/2024\n" for n in range(1, 120))
    found = checked(tmp_path, f"id;fecha\n{rows}120;2024-02-30\n", NUMBER, DAY)
    assert found == [("type-error", 121, "fecha", "critical")]


def test_a_file_saved_again_with_accents_apart_changes_nothing(tmp_path):
    content = "id;nombre;v\n1;Ñandú;1\n2;Güemes;2\n"
    city, _first = published(tmp_path, content, NUMBER, TEXT, AMOUNT)
    city.send("t", unicodedata.normalize("NFD", content))
    assert city.outcome("t").outcome == "unchanged"
    report = check_report(city.datasets, city.archive, "t")
    assert any("accents were characters of their own" in sentence for sentence in report.found)


def test_what_nobody_sees_is_told(tmp_path):
    content = "id;nombre;v\n1;Av.\u00a0Rivadavia;1\n2;a\u200bb;2\n3;x\ufeffy;3\n4;Mu\ufffdiz;4\n"
    assert {*checked(tmp_path, content, NUMBER, TEXT, AMOUNT)} == {
        ("unseen-character", 2, "nombre", "warning"),
        ("lost-character", 5, "nombre", "warning"),
    }


# --- workbooks


def sheet(rows: list[list[Any]], formats: dict[str, str]) -> bytes:
    book = workbook(Hoja=rows)
    for address, code in formats.items():
        book.active[address].number_format = code
    return saved_bytes(book)


def test_percentages_codes_and_long_numbers_are_what_excel_shows(tmp_path):
    share = {"name": "avance", "type": "number", "unit": "%", "description": "a"}
    rows = [["id", "avance", "nombre"], [1, 0.55, 7], [2, 1, 1406], [3, 0.075, 42]]
    formats = {"B2": "0%", "B3": "0%", "B4": "0.0%", "C2": "00000", "C3": "00000", "C4": "00000"}
    city, _outcome = published(tmp_path, sheet(rows, formats), NUMBER, share, TEXT)
    assert [(row["avance"], row["nombre"]) for row in published_rows(city, "t")] == [
        (55.0, "00007"),
        (100.0, "01406"),
        (7.5, "00042"),
    ]
    plain = {"name": "avance", "type": "number", "description": "a"}
    assert checked(tmp_path, sheet(rows, formats), NUMBER, plain, TEXT) == [
        ("shown-as-percent", None, "avance", "warning")
    ]
    long = [["id", "nombre"], [1, 12345678901234567890], [2, 20304050607], [3, "12345678901234567890"]]
    assert checked(tmp_path, sheet(long, {}), NUMBER, TEXT) == [("digits-lost", 2, "nombre", "critical")]


def test_a_code_has_the_words_that_its_format_gives_it(tmp_path):
    rows = [["id", "nombre"], [1, 77], [2, 5], [3, 1.1], [4, 2.345], [5, 7]]
    formats = {"B2": '"EX-2024-"0', "B3": '0" bis"', "B4": "0.00", "B5": "0.0", "B6": "[$U$S] 0.00"}
    city, _outcome = published(tmp_path, sheet(rows, formats), NUMBER, TEXT)
    assert [row["nombre"] for row in published_rows(city, "t")] == [
        "EX-2024-77",
        "5 bis",
        "1.10",
        "2.345",
        "7",
    ]


def old_sheet(rows: list[list[Any]], formats: dict[tuple[int, int], str]) -> bytes:
    """As an XLS, of Excel 97 to 2003."""
    book = xlwt.Workbook()
    page = book.add_sheet("Hoja")
    for down, row in enumerate(rows):
        for across, cell in enumerate(row):
            code = formats.get((down, across), "General")
            page.write(down, across, cell, xlwt.easyxf(num_format_str=code))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_an_old_workbook_says_what_excel_shows_too(tmp_path):
    share = {"name": "avance", "type": "number", "unit": "%", "description": "a"}
    rows = [["id", "avance", "nombre"], [1, 0.55, 7], [2, 1, 1406], [3, 0.075, 42]]
    codes = {(1, 1): "0%", (2, 1): "0%", (3, 1): "0.0%", **{(n, 2): "00000" for n in (1, 2, 3)}}
    city, _outcome = published(tmp_path, old_sheet(rows, codes), NUMBER, share, TEXT)
    assert [(row["avance"], row["nombre"]) for row in published_rows(city, "t")] == [
        (55.0, "00007"),
        (100.0, "01406"),
        (7.5, "00042"),
    ]
    plain = {"name": "avance", "type": "number", "description": "a"}
    assert checked(tmp_path, old_sheet(rows, codes), NUMBER, plain, TEXT) == [
        ("shown-as-percent", None, "avance", "warning")
    ]
    amount = {"name": "v", "type": "number", "unit": "ARS", "description": "v"}
    dollars = old_sheet([["id", "v"], [1, 12.5], [2, 7]], {(1, 1): '"U$S" #,##0.00'})
    assert ("other-unit", 2, "v", "critical") in checked(tmp_path, dollars, NUMBER, amount)


def test_a_field_may_ask_for_what_a_cell_shows(tmp_path):
    layouts = [{"fields": {"nombre": {"asShown": True}}}]
    rows = [["id", "nombre"], [1, 1.5], [2, 2], [3, 1234567.5]]
    content = sheet(rows, {"B2": "0.00", "B3": "0.00", "B4": "#,##0.00"})
    city, _outcome = published(tmp_path, content, NUMBER, TEXT, layouts=layouts)
    assert [row["nombre"] for row in published_rows(city, "t")] == ["1.50", "2.00", "1,234,567.50"]


def test_a_text_that_is_a_number_in_two_ways_is_told_among_true_numbers(tmp_path):
    found = checked(tmp_path, sheet([["id", "v"], [1, 10.5], [2, "12,345"], [3, 7]], {}), NUMBER, AMOUNT)
    assert found == [("type-error", 3, "v", "critical")]


def test_days_and_months_that_excel_exchanged_are_told(tmp_path):
    days: list[Any] = [
        dt.date(2024, 5, 3),
        "13/03/2024",
        dt.date(2024, 12, 3),
        "25/03/2024",
        dt.date(2024, 1, 4),
    ]
    content = sheet([["id", "fecha"], *([n, day] for n, day in enumerate(days, 1))], {})
    assert ("swapped-dates", None, "fecha", "critical") in checked(tmp_path, content, NUMBER, DAY)
    fine = sheet(
        [["id", "fecha"], [1, dt.date(2024, 5, 3)], [2, dt.date(2024, 5, 23)], [3, "13/03/2024"]], {}
    )
    assert "swapped-dates" not in {code for code, *_rest in checked(tmp_path, fine, NUMBER, DAY)}


def test_an_amount_in_another_currency_is_a_problem(tmp_path):
    pesos = {**AMOUNT, "unit": "ARS"}
    assert checked(tmp_path, "id;v\n1;U$S 1.234,50\n2;$ 20,00\n", NUMBER, pesos) == [
        ("other-unit", 2, "v", "critical")
    ]
    declared = [{"fields": {"v": {"decimalChar": ",", "groupChar": ".", "bareNumber": False}}}]
    assert checked(tmp_path, "id;v\n1;U$S 1.234,50\n2;$ 20,00\n", NUMBER, pesos, layouts=declared) == [
        ("other-unit", 2, "v", "critical")
    ]
    shown = sheet([["id", "v"], [1, 12], [2, 13]], {"B2": '"U$S" #,##0', "B3": "$ #,##0"})
    assert checked(tmp_path, shown, NUMBER, pesos) == [("other-unit", 2, "v", "critical")]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["USD 37", "$ 5", "U$S 9"], [("other-unit", 3, "v", "critical")]),
        (["37", "-$5", "US$ 9"], [("other-unit", 3, "v", "critical")]),
        (["$ 37", "$ 5", "5 $"], [("other-unit", None, "v", "warning")]),
        (["$ 37", "$ 5", "ARS 5"], [("other-unit", row, "v", "critical") for row in (2, 3, 4)]),
        (["U$S 37", "US$ 5", "USD 7"], []),
    ],
)
def test_a_mere_sign_of_pesos_in_a_column_of_dollars_is_told(tmp_path, cells, told):
    content = "id;v\n" + "".join(f"{n};{cell}\n" for n, cell in enumerate(cells, 1))
    assert checked(tmp_path, content, NUMBER, {**AMOUNT, "unit": "USD"}) == told


def test_hidden_columns_are_told(tmp_path):
    book = workbook(Hoja=[["id", "nombre"], [1, "a"]])
    book.active.column_dimensions["B"].hidden = True
    assert checked(tmp_path, saved_bytes(book), NUMBER, TEXT) == [("hidden-columns", None, None, "warning")]


CELL = "<table:table-cell office:value-type={kind}{more}>{text}</table:table-cell>"


def ods_of(*rows: str) -> bytes:
    return ods("".join(f"<table:table-row>{row}</table:table-row>" for row in rows))


def ods_cell(kind: str, text: str, more: str = "") -> str:
    return CELL.format(kind=f'"{kind}"', more=f" {more}" if more else "", text=text)


def test_an_ods_is_read_as_it_is_shown(tmp_path):
    fields = [NUMBER, {**AMOUNT, "unit": "%"}, TEXT, {"name": "nota", "type": "string", "description": "n"}]
    header = "".join(ods_cell("string", f"<text:p>{each['name']}</text:p>") for each in fields)
    first = (
        ods_cell("float", "<text:p>1</text:p>", 'office:value="1"')
        + ods_cell("percentage", "<text:p>55 %</text:p>", 'office:value="0.55"')
        + ods_cell("float", "<text:p>00007</text:p>", 'office:value="7"')
        + ods_cell(
            "string", '<text:p>uno<text:s text:c="2"/>dos<text:tab/>tres<text:line-break/>cuatro</text:p>'
        )
    )
    second = (
        ods_cell("float", "<text:p>2</text:p>", 'office:value="2"')
        + ods_cell("percentage", "<text:p>7,5 %</text:p>", 'office:value="0.075"')
        + ods_cell("string", "<text:p>0009</text:p>")
        + ods_cell("time", "<text:p>37:05</text:p>", 'office:time-value="PT37H05M00S"')
    )
    city, outcome = published(tmp_path, ods_of(header, first, second), *fields)
    assert outcome.outcome == "published", outcome.message
    assert [tuple(row.values()) for row in published_rows(city, "t")] == [
        (1, 55.0, "00007", "uno  dos\ttres\ncuatro"),
        (2, 7.5, "0009", "37:05:00"),
    ]


# --- numbers


def test_large_and_small_numbers_are_published_in_full(tmp_path):
    content = "nombre;v\nA;10.000.000.000,00\nB;12.345.678.901,50\nC;205.800.503,60\nD;0,0000002\n"
    layouts = [{"fields": {"v": {"decimalChar": ",", "groupChar": "."}}}]
    city, _outcome = published(tmp_path, content, TEXT, AMOUNT, key="nombre", layouts=layouts)
    assert csv_of(city) == (
        '"nombre","v"\n"A",10000000000\n"B",12345678901.5\n"C",205800503.6\n"D",0.0000002\n'
    )


def test_money_is_exact(tmp_path):
    money = {**AMOUNT, "money": True}
    content = "id;v\n1;9.007.199.254.740.993,25\n2;0,10\n3;\n"
    city, _outcome = published(tmp_path, content, NUMBER, money)
    assert csv_of(city) == '"id","v"\n1,9007199254740993.25\n2,0.1\n3,\n'
    table = previous_of(city.archive, city.history("t")).table("t")
    assert str(table.schema.field("v").type) == "decimal128(18, 2)"
    assert verify(city.archive, city.history("t").current, city.history("t")).bytes_same
    assert checked(tmp_path, "id;v\n1;1.250,505\n2;0,10\n", NUMBER, money) == [
        ("number-too-precise", 2, "v", "critical")
    ]


def test_whole_numbers_beyond_the_reach_of_floats_and_fractions_of_seconds_stay(tmp_path):
    moment = {"name": "m", "type": "datetime", "description": "m"}
    content = "id;m\n9007199254740993;5/3/2026 10:00:00.750\n2;15/3/2026 23:59:59.999\n"
    city, _outcome = published(tmp_path, content, NUMBER, moment)
    assert csv_of(city) == (
        '"id","m"\n9007199254740993,"2026-03-05T10:00:00.75-03:00"\n2,"2026-03-15T23:59:59.999-03:00"\n'
    )


def test_a_release_says_which_writer_wrote_it(tmp_path):
    city, _outcome = published(tmp_path, "id;v\n1;10000000000\n", NUMBER, AMOUNT)
    assert city.history("t").current.provenance["writer"] == WRITER


def test_coordinates_that_no_place_has_and_places_far_away(tmp_path):
    axes = [{"name": name, "type": "number", "description": name} for name in ("lat", "long")]
    lines = [f"{n};-34.6{n:03};-58.4{n:03}" for n in range(40)]
    lines[3], lines[5] = "3;-346.003;-58.4", "5;-3.46;-58.4"
    assert {*checked(tmp_path, "id;lat;long\n" + "\n".join(lines), NUMBER, *axes)} == {
        ("impossible-coordinate", 5, "lat", "critical"),
        ("far-coordinate", 7, "lat", "warning"),
    }


def test_a_column_of_metres_is_told_once_and_stops_nothing(tmp_path):
    """As a year of the city's requests has its own plane beside degrees."""
    axes = [{"name": name, "type": "number", "description": name} for name in ("lat", "long")]
    lines = [f"{n};{105000 + n};{98000 + n}" for n in range(5)]
    city, outcome = published(tmp_path, "id;lat;long\n" + "\n".join(lines), NUMBER, *axes)
    report = check_report(city.datasets, city.archive, "t")
    assert [(p.code, p.field, p.severity) for p in report.problems] == [
        ("no-degrees", "lat", "warning"),
        ("no-degrees", "long", "warning"),
    ]
    assert "5 of 5 values are no degrees, as 105000 in row 2" in report.problems[0].note
    assert outcome.outcome == "published"


def test_degrees_that_lost_their_mark_are_no_metres(tmp_path):
    axes = [{"name": name, "type": "number", "description": name} for name in ("lat", "long")]
    lines = [f"{n};-34{n:06};-58{n:06}" for n in range(5)]
    found = checked(tmp_path, "id;lat;long\n" + "\n".join(lines), NUMBER, *axes)
    assert {code for code, *_rest in found} == {"impossible-coordinate"}
    assert len(found) == 10


def test_a_control_character_far_inside_a_text_is_shown_where_it_is(tmp_path):
    city = City(tmp_path)
    content = "id;nombre\n1;" + "plaza " * 40 + "\u0081lvarez\n"
    city.declare(declaration("t", fields=[NUMBER, TEXT]), datos=content)
    (problem,) = check_report(city.datasets, city.archive, "t").problems
    assert problem.code == "control-character"
    assert "‹U+0081›lvarez" in problem.note


def test_a_coordinate_is_told_by_its_axis_and_as_it_was_written(tmp_path):
    axes = [{"name": name, "type": "number", "description": name} for name in ("latitude", "longitude")]
    city = City(tmp_path)
    content = "id;latitude;longitude\n1;-34.56711;-5847909\n2;-34.6425;-58.40318\n"
    city.declare(declaration("t", fields=[NUMBER, *axes]), datos=content)
    (problem,) = check_report(city.datasets, city.archive, "t").problems
    assert (problem.row, problem.cell) == (2, "-5847909")
    told = "no place has this longitude: it lies between -180 and 180"
    assert problem.note == f"{told}; its decimal point seems to be missing"


# --- descriptors


def test_a_dialect_as_frictionless_describes_it(tmp_path):
    layouts = [{"dialect": {"csv": {"delimiter": ";", "lineTerminator": "\r\n"}}}]
    city, outcome = published(tmp_path, "id;nombre\n1;a,b\n", NUMBER, TEXT, layouts=layouts)
    assert (outcome.outcome, published_rows(city, "t")) == ("published", [{"id": 1, "nombre": "a,b"}])


def test_what_a_dialect_says_of_the_header_and_the_sheet_is_heard(tmp_path):
    layouts = [{"dialect": {"headerRows": [2], "csv": {"delimiter": ";"}}}]
    city, outcome = published(tmp_path / "a", "nombre;id\nid;nombre\n1;a\n", NUMBER, TEXT, layouts=layouts)
    assert (outcome.outcome, published_rows(city, "t")) == ("published", [{"id": 1, "nombre": "a"}])
    book = saved_bytes(workbook(Una=[["id", "nombre"], [1, "a"]], Otra=[["id", "nombre"], [2, "b"]]))
    layouts = [{"dialect": {"excel": {"sheet": "Otra"}}}]
    city, outcome = published(tmp_path / "b", book, NUMBER, TEXT, layouts=layouts)
    assert published_rows(city, "t") == [{"id": 2, "nombre": "b"}]


def test_a_foreign_key_to_a_field_that_does_not_exist_names_its_neighbours(tmp_path):
    city = City(tmp_path)
    city.declare(
        declaration("barrios", fields=[{"name": "barrio", "type": "string", "description": "b"}], key=None),
        datos="barrio\nBoedo\n",
    )
    assert city.outcome("barrios").outcome == "published"
    made = declaration("t", fields=[NUMBER, TEXT])
    made["pipeline"]["needs"] = ["barrios"]
    made["resources"][0]["schema"]["foreignKeys"] = [
        {"fields": "nombre", "reference": {"resource": "barrios/barrios", "fields": "bario"}}
    ]
    city.declare(made, datos="id;nombre\n1;Boedo\n")
    message = city.outcome("t").message
    assert "nombre refers to bario of barrios/barrios, which has no such field; it has barrio" in message


def test_a_release_of_another_writer_is_told_and_its_rows_are_the_same(tmp_path):
    content = "id;nombre;v\n1;Ñandú;10000000000\n2;b;2,5\n"
    city, _outcome = published(tmp_path, content, NUMBER, TEXT, AMOUNT)
    entry = city.history("t").current
    assert (verify(city.archive, entry, city.history("t")).note).startswith("made again")
    written = "id,nombre,v\n1,Ñandú,1e+10\n2,b,2.5\n".encode()
    old = city.archive.put(written)
    before = replace(
        entry,
        files={**entry.files, "t.csv": replace(entry.files["t.csv"], sha256=old, bytes=len(written))},
        provenance={key: value for key, value in entry.provenance.items() if key != "writer"},
    )
    again = verify(city.archive, before, city.history("t"))
    assert (again.bytes_same, again.rows_same) == (False, True)
    # Writer 1 made no workbooks of its own accord, which the descriptor of this release has.
    different = "datapackage.json, t.csv differ in their bytes"
    assert again.note == f"written by writer 1, and now there is writer {WRITER}: {different}"


# --- what would have passed without a word


def test_a_code_that_excel_saved_as_a_power_of_ten_has_lost_its_digits(tmp_path):
    content = "id;nombre\n1;AB 1\n2;2,01235E+15\n3;1E+19\n4;1,5E+1\n5;E+10\n"
    assert checked(tmp_path, content, NUMBER, TEXT) == [
        ("digits-lost", 3, "nombre", "critical"),
        ("digits-lost", 4, "nombre", "critical"),
    ]
    values = {"nombre": [{"pattern": r"E\+\d+$", "to": None, "because": "redondeado"}]}
    assert checked(tmp_path, content, NUMBER, TEXT, values=values) == []


def test_accents_that_were_encoded_twice_are_told_by_a_run(tmp_path):
    _city, outcome = published(tmp_path, "id;nombre\n1;ñandú\n2;PeÃ±a\n", NUMBER, TEXT)
    assert (outcome.outcome, outcome.problems) == ("published", 1)


def sheet_in(city: Path, book: Any, *fields: dict[str, Any]) -> list[tuple]:
    return checked(city, saved_bytes(book), *fields)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("#,##0,", [("shown-scaled", None, "v", "warning")]),
        ('0.0,,"M"', [("shown-scaled", None, "v", "warning")]),
        ("#,##0", []),
        ("#,##0.00", []),
    ],
)
def test_numbers_that_are_shown_in_thousands_are_told(tmp_path, code, found):
    book = workbook(datos=[["id", "v"], [1, 1234567], [2, 9999000]])
    for row in (2, 3):
        book.active.cell(row, 2).number_format = code
    assert sheet_in(tmp_path, book, NUMBER, AMOUNT) == found


def test_the_rows_of_a_second_sheet_do_not_vanish_without_a_word(tmp_path):
    book = workbook(enero=[["id", "v"], [1, 5]], febrero=[["id", "v"], [2, 6]], notas=[["leer"]])
    assert sheet_in(tmp_path, book, NUMBER, AMOUNT) == [("sheets-unread", None, None, "warning")]


def test_a_duration_of_a_workbook_is_one(tmp_path):
    book = workbook(datos=[["id", "tiempo"], [1, dt.timedelta(hours=37, minutes=5)]])
    field = {"name": "tiempo", "type": "duration", "description": "d"}
    city, outcome = published(tmp_path, saved_bytes(book), NUMBER, field)
    assert outcome.outcome == "published"
    assert csv_of(city).splitlines()[1] == '1,"P1DT13H5M"'
