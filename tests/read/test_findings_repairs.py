"""Repairs that a declaration names in a word: what was encoded twice, HTML, known names. Each is counted."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from messages import speaking
from pipelines.dataset.dataset import DatasetError, load_dataset
from pipelines.dataset.layout import ValueRule
from pipelines.dataset.text import undo_double_encoding
from pipelines.read.repair import CellRepair
from tests.support.cities import City, declaration


def repaired(rule: dict[str, Any], *cells: str) -> tuple[list[str], int]:
    way = CellRepair({"name": "a", "type": "string"}, [""], [ValueRule.model_validate(rule)], None)
    return way(pa.array(cells, pa.string())).to_pylist(), way.repaired[0]


def test_what_was_encoded_twice_is_undone_and_what_was_not_stays():
    cells = [
        "ConstituciÃ³n",
        "Plaza NÂ° 3 – “San MartÃ\xadn”",
        "Ñandú",
        "â€œsÃ\xadâ€\x9d â‚¬ 5",
        "ConstituciÃƒÂ³n",
        "São Paulo, Â fin",
        "",
    ]
    expected = [
        "Constitución",
        "Plaza N° 3 – “San Martín”",
        "Ñandú",
        "“sí” € 5",
        "Constitución",
        "São Paulo, Â fin",
        "",
    ]
    assert repaired({"decode": "utf-8-twice", "because": "exportado dos veces"}, *cells) == (expected, 4)


@given(
    st.text("áéíóúñüÁÉÍÓÚÑÜ°º¿¡«»“”–€abc 123", max_size=20),
    st.sampled_from(["cp1252", "latin-1"]),
    st.integers(1, 2),
)
def test_any_spanish_text_comes_back(text, read_as, times):
    spoilt = text
    for _time in range(times):
        try:
            spoilt = spoilt.encode("utf-8").decode(read_as)
        except UnicodeDecodeError:  # cp1252 has no character for some bytes
            return
    assert undo_double_encoding(spoilt) == text


@given(st.text("áéíóúñüÁÉÍÓÚÑÜ°ºª¿¡«»“”‘’–—€…abc XYZ123.,;", max_size=30))
def test_a_right_text_is_never_touched(text):
    assert undo_double_encoding(text) == text


def test_html_becomes_its_text():
    cells = [
        "<p>Uno &amp; <b>dos</b></p><p>tres<br>cuatro&nbsp;5</p>",
        "<script>x()</script>fin",
        "a < b y c > d",
        "R&D",
        "<ul><li>a<li>b</ul>",
    ]
    expected = ["Uno & dos\ntres\ncuatro 5", "fin", "a < b y c > d", "R&D", "a\nb"]
    assert repaired({"text": "html"}, *cells) == (expected, 3)


def test_known_names_are_written_as_listed():
    names = {"Monserrat": ["Montserrat"], "Villa Ortúzar": [], "La Boca": "Boca"}
    assert repaired(
        {"names": names}, "MONTSERRAT", "villa ortuzar ", "Boca", "Villa-Ortúzar", "La Boca", "Boca Juniors"
    ) == (
        ["Monserrat", "Villa Ortúzar", "La Boca", "Villa Ortúzar", "La Boca", "Boca Juniors"],
        4,
    )
    assert repaired({"names": ["En obra"]}, "EN OBRA", "en_obra", "obra") == (
        ["En obra", "En obra", "obra"],
        2,
    )


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"decode": "utf-8-twice", "text": "html"}, "give one of from, pattern, decode, text or names"),
        ({"because": "nada"}, "give one of from, pattern, decode, text or names"),
        ({"text": "html", "to": "x"}, "to, replace and then go with from or pattern"),
        ({"decode": "cp1252"}, "Input should be 'utf-8-twice'"),
        ({"names": {"La Boca": ["Boca"], "Boca": []}}, "'Boca' stands for two names: La Boca and Boca"),
    ],
)
def test_a_rule_that_says_too_much_or_too_little_is_refused(rule, told):
    with speaking("en"), pytest.raises(ValidationError, match=told):
        ValueRule.model_validate(rule)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (
            {"values": {"nombre": [{"decode": "utf8-twice"}]}},
            "values.nombre[0].decode is 'utf8-twice'; did you mean utf-8-twice?",
        ),
        (
            {"values": {"nombre": [{"names": "La Boca"}]}},
            "values.nombre[0].names is 'La Boca', not a mapping",
        ),
        ({"layouts": [{"foot": "("}]}, "layouts[0].foot is '(': not a regular expression"),
        ({"layouts": [{"foot": True}]}, "layouts[0].foot is True: use a pattern, or false"),
    ],
)
def test_a_declaration_says_where_such_a_rule_is_wrong(tmp_path, made, told):
    folder = City(tmp_path).declare(declaration("obras", **made))
    with speaking("en"), pytest.raises(DatasetError) as error:
        load_dataset(folder)
    assert told in str(error.value)
