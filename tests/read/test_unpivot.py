"""A table that is wide by month becomes tidy rows, each still under the row and the column that the agency
sees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import frictionless
import pytest
from pydantic import ValidationError

from pipelines.dataset.layout import Unpivot
from pipelines.read.read import Reading
from pipelines.release.verify import verify
from tests.support.checks import check_report
from tests.support.cities import declaration
from tests.support.readings import reading, resource, rows

MONTHS = r"^(?P<measure>Votos totales|Choferes votados) (?P<mes>.+)$"
FIELDS = [
    {"name": "linea", "type": "integer", "description": "Línea"},
    {"name": "mes", "type": "string", "description": "Mes"},
    {"name": "votos", "type": "integer", "description": "Votos"},
    {"name": "choferes", "type": "integer", "description": "Choferes votados"},
]
LAYOUT = {
    "header": ["Linea"],
    "labels": {"Linea": "linea", "Votos totales": "votos", "Choferes votados": "choferes"},
    "unpivot": {"columns": MONTHS},
}
HEADER = "Linea,Votos totales abril,Choferes votados abril,Votos totales mayo,Choferes votados mayo"


pytestmark = pytest.mark.usefixtures("english")


def read_choferes(folder: Path, text: str, **layout: Any) -> Reading:
    fields = {field["name"]: field for field in FIELDS}
    return reading(folder, text, resource(fields, layouts=[LAYOUT | layout]))


def test_columns_become_rows_in_the_order_of_the_file(tmp_path):
    found = read_choferes(tmp_path, f"{HEADER}\n60,10,2,20,3\n152,5,1,6,1\n")
    assert found.table.labels == ("linea", "mes", "votos", "choferes")
    assert rows(found) == [
        (2, ["60", "abril", "10", "2"]),
        (2, ["60", "mayo", "20", "3"]),
        (3, ["152", "abril", "5", "1"]),
        (3, ["152", "mayo", "6", "1"]),
    ]


def test_without_a_measure_in_the_label_value_names_it(tmp_path):
    layout = {
        "header": ["Linea"],
        "labels": {"Linea": "linea", "n": "votos"},
        "unpivot": {"columns": r"^Votos (?P<mes>\w+)$", "value": "n"},
    }
    found = read_choferes(tmp_path, "Linea,Votos abril,choferes,Votos mayo\n60,10,4,20\n", **layout)
    assert found.table.labels == ("linea", "choferes", "mes", "votos")
    assert rows(found) == [(2, ["60", "4", "abril", "10"]), (2, ["60", "4", "mayo", "20"])]


def test_a_group_with_nothing_in_it_gives_no_row_but_a_sign_for_no_data_does(tmp_path):
    assert rows(read_choferes(tmp_path, f"{HEADER}\n60,,,20,\n152,ND,,,\n")) == [
        (2, ["60", "mayo", "20", ""]),
        (3, ["152", "abril", "", ""]),
    ]


def test_a_measure_that_a_month_lacks_stays_empty(tmp_path):
    header = "Linea,Votos totales abril,Votos totales mayo,Choferes votados mayo"
    assert rows(read_choferes(tmp_path, f"{header}\n60,1,2,3\n")) == [
        (2, ["60", "abril", "1", ""]),
        (2, ["60", "mayo", "2", "3"]),
    ]


def test_an_ignored_column_is_not_turned_into_rows(tmp_path):
    found = read_choferes(
        tmp_path, f"{HEADER}\n60,10,2,20,3\n", ignore=["Votos totales mayo", "Choferes votados mayo"]
    )
    assert rows(found) == [(2, ["60", "abril", "10", "2"])]


def test_two_columns_for_one_value_are_named(tmp_path):
    found = read_choferes(tmp_path, f"{HEADER},Votos totales mayo\n60,10,2,20,3,4\n")
    assert found.table is None
    assert "Votos totales mayo and Votos totales mayo say the same" in found.problems[0].note


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": "^Votos (.+)$", "value": "n"},
        {"columns": r"(?P<measure>\w+) (?P<mes>\w+)", "value": "n"},
        {"columns": r"(?P<mes>\w+)"},
    ],
)
def test_a_declaration_that_leaves_open_what_becomes_of_a_value_is_refused(wrong):
    with pytest.raises(ValidationError):
        Unpivot.model_validate(wrong)


# --- problems


@pytest.fixture
def choferes(city):
    described = declaration("choferes", fields=FIELDS, key=None, layouts=[LAYOUT])
    described["resources"][0]["schema"] |= {"primaryKey": ["linea", "mes"]}
    city.declare(
        described,
        datos=f"{HEADER}\n60,10,2,20,3\n60,cinco,1,6,1\n,,,,\n152,1,1\n153,7,7,x,7,8\n154,1,1,x,x\n",
    )


@pytest.mark.usefixtures("choferes")
def test_what_check_finds_is_what_frictionless_finds_in_the_written_table(city, tmp_path):
    report = check_report(city.datasets, city.archive, "choferes", to=tmp_path / "checked")
    theirs = frictionless.Package(str(tmp_path / "checked" / "datapackage.json")).validate().tasks[0].errors
    of_file = dict(
        line.split(",") for line in (tmp_path / "checked" / "choferes.rows.csv").read_text().split()[1:]
    )
    assert [(p.type, str(p.row), p.field_number) for p in report.problems] == [
        (e.type, of_file[str(e.row_number)], getattr(e, "field_number", None)) for e in theirs
    ]
    kinds = [(p.type, p.row, p.field) for p in report.problems]
    assert ("type-error", 3, "votos") in kinds
    assert ("primary-key", 3, None) in kinds
    assert ("blank-row", 4, None) in kinds
    assert {p.type for p in report.problems if p.row == 5} == {"missing-cell"}
    assert ("extra-cell", 6) in {(p.type, p.row) for p in report.problems}


@pytest.mark.usefixtures("choferes")
def test_a_problem_names_the_column_that_the_agency_sees(city):
    report = check_report(city.datasets, city.archive, "choferes")
    places = [(p.row, p.field, p.place) for p in report.problems if p.type == "type-error"]
    assert places == [
        (3, "votos", "column Votos totales abril"),
        (6, "votos", "column Votos totales mayo"),
        (7, "votos", "column Votos totales mayo"),
        (7, "choferes", "column Choferes votados mayo"),
    ]
    told = json.dumps(report.to_descriptor())
    assert frictionless.Report.from_descriptor(json.loads(told)).valid is False
    assert "row 3 (column Votos totales abril)" in city.outcome("choferes").message


@pytest.mark.usefixtures("choferes")
def test_the_table_is_released_and_can_be_made_again(city):
    city.send("choferes", f"{HEADER}\n60,10,2,20,3\n")
    assert (city.outcome("choferes").outcome, city.outcome("choferes").rows) == ("published", {"choferes": 2})
    history = city.history("choferes")
    assert verify(city.archive, history.current, history).bytes_same
