"""Texts whose letters some program wrote otherwise: the code pages of DOS and of old Macintosh computers,
signs inside words, references of HTML."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.read.code_page import find_code_page
from pipelines.read.encoding import WINDOWS, detect_encoding, read_beginning
from tests.support.checks import check_report
from tests.support.cities import City, declaration, published_rows

WORDS = (
    *("Núñez", "Peña", "Constitución", "Ñandú", "Agüero", "Vélez Sársfield", "Agronomía", "Perú", "acción"),
    *("Güemes", "Belgrano", "10 m²", "Nº 3", "3ª", "¿qué?", "“así”", "Muñiz", "Martín", "árbol", "Débora"),
)
FIELDS = [
    {"name": "id", "type": "integer", "description": "n"},
    {"name": "nombre", "type": "string", "description": "t"},
]
pytestmark = pytest.mark.usefixtures("english")


def page_of(text: str, encoding: str) -> str | None:
    lines = text.encode(encoding)
    return find_code_page(lines, lines.decode(WINDOWS))


def checked(folder: Path, content: str | bytes, **made) -> tuple[City, list[tuple]]:
    city = City(folder)
    city.declare(declaration("t", fields=FIELDS, **made), datos=content)
    report = check_report(city.datasets, city.archive, "t")
    return city, [(p.code, p.row, p.field, p.severity) for p in report.problems]


def rows_of(*names: str) -> str:
    return "id;nombre\n" + "".join(f"{n};{name}\n" for n, name in enumerate(names))


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=30), st.booleans())
def test_what_windows_writes_is_read_so(words, capitals):
    text = " ".join(words)
    assert page_of(text.upper() if capitals else text, "cp1252") is None


DOS = tuple(word for word in WORDS if not {"“", "”", "²"} & set(word))


@pytest.mark.parametrize("encoding", ["cp850", "mac-roman"])
@given(st.lists(st.sampled_from(DOS), max_size=30), st.booleans())
def test_what_others_write_is_found_where_windows_would_have_signs_in_words(encoding, words, capitals):
    text = " ".join(["Peña", "Constitución", "Vélez", *words])
    assert page_of(text.upper() if capitals else text, encoding) == encoding


@pytest.mark.parametrize("encoding", ["cp850", "cp437", "mac-roman", "cp1252"])
def test_the_letters_of_a_file_come_out_as_they_were_written(tmp_path, encoding):
    names = ["Núñez", "Peña", "Constitución", "Muñiz", "Pelicano"]
    city, found = checked(tmp_path, rows_of(*names).encode(encoding))
    page = [] if encoding == "cp1252" else [("code-page", None, None, "warning")]
    assert found == page
    assert city.outcome("t").outcome == "published"
    assert [row["nombre"] for row in published_rows(city, "t")] == names


def test_what_the_layout_declares_is_no_question(tmp_path):
    city, found = checked(tmp_path, rows_of("Peña").encode("cp850"), layouts=[{"encoding": "cp850"}])
    assert found == []
    assert (city.outcome("t").outcome, published_rows(city, "t")[0]["nombre"]) == ("published", "Peña")


@pytest.mark.parametrize(
    "text",
    [
        "norte–sur, este–oeste",  # dashes between words
        "D´Amico, O’Higgins, D’Elía",
        "DRäGER, PEñA, SÃO",  # what capitals of English alone leave
        "Art. 5§, “sí” «no» … • 3×4",
        "Hôtel à la carte, façade, Köln, Malmö",
    ],
)
def test_what_stands_in_texts_of_windows_is_no_letter_of_another_page(text):
    assert page_of(text, "cp1252") is None


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        (["Sánchez"], "cp850"),
        (["Julián", "Gálvez", "más", "catálogo"], "cp850"),
        (["página", "ruta A", "Cámara"], "cp437"),
        (["Martínez"], "mac-roman"),
        (["María", "título"], "mac-roman"),
        (["Muñiz"], "mac-roman"),
        (["López", "Gómez"], "mac-roman"),
    ],
)
def test_a_letter_that_windows_takes_for_a_space_or_a_dash_is_a_letter(tmp_path, words, encoding):
    city, found = checked(tmp_path, rows_of(*words, "Pelicano").encode(encoding))
    assert found == [("code-page", None, None, "warning")]
    assert city.outcome("t").outcome == "published"
    assert [row["nombre"] for row in published_rows(city, "t")] == [*words, "Pelicano"]


@pytest.mark.parametrize(
    "text",
    [
        *("Buenos\u00a0Aires", "calle\u00a0sin nombre", "10\u00a0km", "vitamina\u00a0c", "plan\u00a0b"),
        *(
            "sr\u00a0gomez",
            "J\u00a0Perez",
            "GRAL\u00a0PAZ",
            "texto\u00a0 otro",
            "entre\u00a0s y t",
            "c/\u00a03",
        ),
        *("norte–sur", "pre–pos", "lunes—viernes", "don’t stop", "l’eau", "d’Avril", "O’higgins", "Levi’s"),
        *("rock’n’roll", "aujourd’hui"),
        "plan\u00a0s de la\u00a0ciudad,\u00a0y de\u00a0todos\u00a0los barrios",  # a slip among spaces
    ],
)
def test_a_space_or_a_dash_between_words_is_none(text):
    assert page_of(f"uno;{text};dos", "cp1252") is None


def test_what_was_encoded_twice_is_told_with_what_it_probably_was(tmp_path):
    city, found = checked(tmp_path, rows_of("Núñez", "ConstituciÃ³n", "Peña"))
    assert found == [("encoded-twice", None, "nombre", "warning")]
    (problem,) = check_report(city.datasets, city.archive, "t").problems
    assert "“ConstituciÃ³n” (probably “Constitución”)" in problem.note
    assert city.outcome("t").outcome == "published"
    assert published_rows(city, "t")[1]["nombre"] == "ConstituciÃ³n"


def test_one_odd_byte_among_letters_of_windows_changes_none_of_them(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(rows_of(*(f"Constitución {n} Núñez" for n in range(9)), "Nu~ez").encode("cp1252"))
    file.write_bytes(file.read_bytes().replace(b"~", b"\xa4"))
    assert detect_encoding(file, read_beginning(file)) == "cp1252"


def test_signs_inside_words_are_told_once_a_column(tmp_path):
    names = ["Nu¤ez", "Constituci├│n", "Nu?ez", "CONSTITUCI?N", "Nu¿ez"]
    others = ["¿Quién?Ana", "ver a.ar/x?y=1", "D´Amico", "Núñez & Cía.", "10 ¢", "3 ¥ o 4 £"]
    city, found = checked(tmp_path, rows_of(*others, *names))
    assert found == [("odd-sign", 8, "nombre", "warning")]
    (problem,) = check_report(city.datasets, city.archive, "t").problems
    assert "5 cells have signs inside words" in problem.note
    assert "rows 8, 9, 10, 11, 12" in problem.note
    assert city.outcome("t").outcome == "published"
    assert {row["nombre"] for row in published_rows(city, "t")} == {*names, *others}


def test_references_of_html_are_told_until_a_rule_turns_them_into_characters(tmp_path):
    names = ["Almac&eacute;n", "Mitre&nbsp;100", "&#243;rgano", "A&B", "&unknown;", "Uno & dos"]
    content = "id,nombre\n" + "".join(f"{n},{name}\n" for n, name in enumerate(names))
    city, found = checked(tmp_path / "told", content)
    assert found == [("html-entity", 2, "nombre", "warning")]
    assert "3 cells" in check_report(city.datasets, city.archive, "t").problems[0].note
    rule = {"nombre": [{"text": "html", "because": "viene de una página"}]}
    city, found = checked(tmp_path / "repaired", content, values=rule)
    assert found == []
    assert city.outcome("t").outcome == "published"
    assert published_rows(city, "t")[0]["nombre"] == "Almacén"


def test_columns_that_nobody_may_see_are_not_looked_at(tmp_path):
    _city, found = checked(tmp_path, rows_of("Nu¤ez", "a&amp;b"), personalData={"nombre": "mask"})
    assert [code for code, *_rest in found if code in ("odd-sign", "html-entity")] == []
