"""Repairs are declared, done in order and counted; what they do not speak of stays as it is, for the schema
to judge."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from frictionless import Field
from hypothesis import given
from hypothesis import strategies as st

from pipelines.dataset.layout import ValueRule, Writing
from pipelines.read.repair import CellRepair


def column(
    type: str = "string",
    rules: list[dict[str, Any]] | None = None,
    missing: list[str] | None = None,
    **writing: Any,
) -> CellRepair:
    field = {"name": "a", "type": type, "constraints": {"required": True, "enum": ["nunca"]}}
    written = Writing.model_validate(writing) if writing else None
    return CellRepair(
        field,
        [""] if missing is None else missing,
        [ValueRule.model_validate(rule) for rule in rules or []],
        written,
    )


def written(way: CellRepair, *cells: str | None) -> list[str | None]:
    return way(pa.array(cells, pa.string())).to_pylist()


# --- rules


def test_rules_are_done_in_their_order_each_on_what_the_one_before_left():
    way = column(
        rules=[
            {"pattern": r"^\s+|\s+$", "replace": ""},
            {"from": ["Finalizado", "FInalizada"], "to": "Finalizada"},
            {"pattern": "^Final", "to": "Terminada"},
        ]
    )
    assert written(way, " Finalizado", "Finalizada", "FInalizada ", "En obra", "") == ["Terminada"] * 3 + [
        "En obra",
        "",
    ]
    assert dict(way.repaired) == {0: 2, 1: 2, 2: 3}


def test_cells_are_counted_over_all_blocks_and_only_where_something_changed():
    way = column(rules=[{"from": ["x"], "to": "y"}, {"pattern": "^y$", "replace": "y"}])
    assert written(way, "x", "x", None, "y") == ["y", "y", None, "y"]
    assert written(way, "x", "z") == ["y", "z"]
    assert dict(way.repaired) == {0: 3}


def test_a_pattern_is_looked_for_anywhere_and_replaced_everywhere():
    way = column(rules=[{"pattern": r"(\d)-(\d)", "replace": r"\1\2"}])
    assert written(way, "a 1-2 b 3-4", "1-x") == ["a 12 b 34", "1-x"]


def test_one_text_may_stand_without_a_list():
    assert written(column(rules=[{"from": "S/D", "to": None}]), "S/D", "S/") == ["", "S/"]


@pytest.mark.parametrize(
    ("missing", "expected"), [([""], ""), (["NA", ""], ""), (["NA", "-"], "NA"), ([], "")]
)
def test_missing_is_written_as_the_schema_says(missing, expected):
    assert written(column(rules=[{"pattern": "^[?]+$", "to": None}], missing=missing), "??", "x") == [
        expected,
        "x",
    ]


def test_then_says_how_what_comes_out_is_written_and_ends_the_rules():
    rules = [
        {
            "pattern": r"^\$ ?([\d,]+\.\d\d)$",
            "replace": r"\1",
            "then": {"groupChar": ",", "decimalChar": "."},
        },
        {"pattern": r"^\d", "to": None},
    ]
    way = column("number", rules, groupChar=".", decimalChar=",")
    assert written(way, "$ 1,234.50", "1.234,50", "x") == ["1234.50", "", "x"]
    assert dict(way.repaired) == {0: 1, 1: 1}


def test_a_rule_that_only_says_how_it_is_written_counts_too():
    way = column(
        "date",
        [{"pattern": r"/\d\d$", "replace": r"\g<0>", "then": {"format": "%m/%d/%y"}}],
        format="%d/%m/%Y",
    )
    assert written(way, "12/31/19", "31/12/2019") == ["2019-12-31", "2019-12-31"]
    assert dict(way.repaired) == {0: 1}


# --- writings


@pytest.mark.parametrize(
    ("type", "writing", "cells"),
    [
        (
            "number",
            {"decimalChar": ","},
            {
                "-34,57": "-34.57",
                "45.41": "45.41",
                "1,50": "1.50",
                "-34.578.254": "-34.578.254",
                "1,2,3": "1,2,3",
            },
        ),
        (
            "number",
            {"groupChar": ".", "decimalChar": ","},
            {
                "1.234,5": "1234.5",
                "1.234": "1234",
                "12.345.678,90": "12345678.90",
                "205800503,6": "205800503.6",
                "45.41": "45.41",  # not 4541
                "1234.567,8": "1234.567,8",
                "1.23.456": "1.23.456",
                "1,5E+3": "1,5E+3",
                ".5": ".5",
                "-1.234": "-1234",
            },
        ),
        ("number", {"groupChar": "."}, {"45.41": "45.41", "1.234": "1234"}),
        ("number", {"groupChar": ",", "decimalChar": "."}, {"1,234.5": "1234.5", "1,5": "1,5"}),
        ("number", {"groupChar": " "}, {"1 234.5": "1234.5", "1 23": "1 23"}),
        (
            "number",
            {"groupChar": ".", "decimalChar": ",", "bareNumber": False},
            {
                "$ 1.234,00": "1234.00",
                "$ -5": "-5",
                "12 %": "12",
                "$ 45.41": "$ 45.41",
                "$": "$",
                "1 y 2": "1 y 2",
            },
        ),
        ("number", {"decimalChar": ",", "bareNumber": False}, {"3,25%": "3.25"}),
        (
            "integer",
            {"groupChar": "."},
            {"1.234": "1234", "45.41": "45.41", "1.234.567": "1234567", "7": "7"},
        ),
        ("integer", {"bareNumber": False}, {"12 %": "12", "x": "x"}),
        (
            "date",
            {"format": "%d/%m/%Y"},
            {
                "1/2/2019": "2019-02-01",
                "2019-02-01": "2019-02-01",
                "31/2/2019": "31/2/2019",
                "10/21": "10/21",
            },
        ),
        (
            "date",
            {"format": ["%d/%m/%Y", "%d/%m/%y"]},
            {"1/2/2019": "2019-02-01", "1/2/19": "2019-02-01", "19": "19"},
        ),
        ("date", {"format": "%d/%m/%Y"}, {"1/1/0999": "0999-01-01"}),
        (
            "datetime",
            {"format": "%d/%m/%Y %H:%M:%S.%f"},
            {"1/2/2019 10:00:00.25": "2019-02-01T10:00:00.250000"},
        ),
        ("time", {"format": "%H.%M"}, {"9.30": "09:30:00"}),
        (
            "boolean",
            {"trueValues": ["SI", "Si"], "falseValues": ["NO"]},
            {"SI": "true", "NO": "false", "true": "true", "si": "si"},
        ),
        ("boolean", {"missingValues": ["-"]}, {"-": "", "true": "true", "1": "1"}),
        ("string", {"missingValues": ["S/D", "-"]}, {"S/D": "", "x - y": "x - y", " á ": " á "}),
        ("number", {"missingValues": ["-"]}, {"-": "", " 1.50 ": " 1.50 "}),
    ],
    ids=str,
)
def test_each_cell_is_published_as_the_schema_writes_it_or_stays(type, writing, cells):
    assert dict(zip(cells, written(column(type, **writing), *cells), strict=True)) == cells


def test_missing_cells_stay_missing():
    assert written(column("date", missing=["NA", ""], format="%d/%m/%Y"), "NA", "", None) == ["NA", "", None]
    assert (
        written(column("number", missing=["NA"], decimalChar=",", missingValues=["-", ""]), "-", "", "NA")
        == ["NA"] * 3
    )


def test_without_rules_and_writing_nothing_is_touched():
    cells = pa.array([" 007 ", None, ""], pa.string())
    assert column("integer")(cells) is cells


def test_an_empty_block_is_empty():
    assert written(column(rules=[{"from": "x", "to": "y"}])) == []


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
def test_any_number_in_argentine_writing_keeps_its_value(number):
    plain = f"{number:,.3f}"
    way = column("number", groupChar=".", decimalChar=",")
    (cell,) = written(way, plain.replace(",", "x").replace(".", ",").replace("x", "."))
    assert Field.from_descriptor({"name": "a", "type": "number"}).read_cell(cell)[0] == number


def digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit()).lstrip("0")


@given(st.text(alphabet="0123456789.,-$ E+", max_size=12))
def test_what_is_no_argentine_number_stays(text):
    """A cell changes only into a number whose digits are the cell's own."""
    (cell,) = written(column("number", groupChar=".", decimalChar=","), text)
    assert cell is not None
    assert cell == text or digits(cell) == digits(text)
    if "." in text and "," not in text and cell != text:
        assert all(len(part) == 3 for part in text.strip().split(".")[1:])
