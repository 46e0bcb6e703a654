"""A report is frictionless's to read, never tells a value to the public, and has words for everything that
can go wrong."""

from __future__ import annotations

import json

import frictionless
import pytest
from frictionless import Error, Package

from messages import speaking
from tests.support.tables import table
from validation.problems.notes import sentence
from validation.report import KEPT, Problem, Report
from validation.schema import check

ERRORS = Error.list_children(root=True)
SECRET = "20-12345678-9"


def test_problems_of_every_type_travel_in_a_frictionless_report():
    problems = [
        Problem(error.type, "t", "why", row=3, field="f", field_number=1, cell="x")
        for error in ERRORS
        if error is not Error
    ]
    report = frictionless.Report.from_descriptor(Report().plus(problems).to_descriptor())
    assert [error.type for error in report.tasks[0].errors] == [problem.type for problem in problems]
    assert report.flatten(["rowNumber", "fieldName", "type"])[-1][2] == problems[-1].type
    assert [3, "f", "cell-error"] in report.flatten(["rowNumber", "fieldName", "type"])


def test_what_frictionless_has_no_word_for_keeps_its_code():
    report = Report().plus([Problem("table-error", "t", "why", code="expectation", field="f")])
    (error,) = frictionless.Report.from_descriptor(report.to_descriptor()).tasks[0].errors
    assert (error.type, error.note, error.to_descriptor()["code"]) == ("table-error", "why", "expectation")


def test_warnings_do_not_make_a_report_invalid():
    report = Report(rows={"t": 4}).plus([Problem("table-error", "t", "look at this", severity="warning")])
    told = frictionless.Report.from_descriptor(report.to_descriptor())
    assert (report.valid, told.valid, told.tasks[0].errors, told.tasks[0].warnings) == (
        True,
        True,
        [],
        ["look at this"],
    )
    assert not report.plus([Problem("table-error", "t", "no")]).valid


def test_all_problems_are_counted_and_the_first_of_each_kind_and_field_are_kept():
    problems = [
        Problem("type-error", "t", "why", row=row, field=field)
        for row in range(2, KEPT + 12)
        for field in ("a", "b")
    ]
    report = Report().plus(problems).plus(problems[:4])
    assert (len(report.problems), report.total) == (2 * KEPT, 2 * (KEPT + 10) + 4)
    with speaking("en"):
        (task,) = report.to_descriptor()["tasks"]
    assert (len(task["errors"]), task["warnings"]) == (
        2 * KEPT,
        ["24 more problems are counted but not listed here"],
    )
    assert [kind["count"] for kind in report.public()["t"]["problems"]] == [KEPT + 12, KEPT + 12]
    assert report.public()["t"]["problems"][0]["rows"] == list(range(2, 22))


@pytest.mark.parametrize(
    "labels", [["id", "n", "parent"], ["n", "id"], [SECRET, SECRET, "n"], [SECRET, "1", "2", ""]]
)
def test_the_public_part_has_no_value_whatever_went_wrong_where(labels):
    schema = {
        "fields": [
            {"name": "id", "constraints": {"unique": True, "pattern": "[a-z]+"}},
            {"name": "n", "type": "integer", "constraints": {"required": True}},
            {"name": "parent"},
        ],
        "primaryKey": ["id"],
        "foreignKeys": [{"fields": ["parent"], "reference": {"resource": "", "fields": ["n"]}}],
    }
    described = {"$schema": "https://datapackage.org/profiles/2.0/datapackage.json", "name": "p"}
    package = Package.from_descriptor(
        {**described, "resources": [{"name": "t", "path": "t.csv", "schema": schema}]}
    )
    rows = [[SECRET] * width for width in (1, 2, 3, 3, 4, 5)] + [["", "", ""]]
    _typed, report = check({"t": table("t", labels, rows)}, package)
    assert SECRET in json.dumps(report.to_descriptor())
    assert report.total > len(rows)
    assert SECRET not in json.dumps(report.public())
    assert all(
        set(kind) == {"type", "code", "field", "severity", "count", "rows"}
        for kind in report.public()["t"]["problems"]
    )


def test_the_public_part_names_tables_without_problems():
    assert Report(rows={"t": 4}).public() == {"t": {"rows": 4, "problems": []}}


# --- words


@pytest.mark.parametrize(
    ("field", "cell", "says"),
    [
        ({"type": "integer"}, "diez", "un número entero"),
        ({"type": "date"}, "31/8", "una fecha"),
        ({"type": "string", "constraints": {"required": True}}, "", "está vacía"),
        ({"type": "integer", "constraints": {"maximum": 15}}, "16", "15 o menos"),
        ({"type": "string", "constraints": {"enum": ["a", "b"]}}, "c", "uno de estos: «a» y «b»"),
    ],
)
def test_a_sentence_tells_an_agency_the_cell_and_what_was_expected(field, cell, says):
    made = table("obras", ["id", "dato"], [["1", cell]])
    schema = {"fields": [{"name": "id", "type": "integer"}, {"name": "dato", **field}]}
    package = Package.from_descriptor(
        {"name": "p", "resources": [{"name": "obras", "path": "obras.csv", "schema": schema}]}
    )
    _typed, report = check({"obras": made}, package)
    with speaking("es"):
        told = sentence(report.problems[0])
    assert told.startswith("obras, fila 2, columna dato")
    assert says in told
