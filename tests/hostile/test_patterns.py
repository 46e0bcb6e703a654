"""A pattern of a declaration that takes longer than the world lasts is the declaration's fault, told in
seconds, wherever it stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import frictionless
import pytest
from typer.testing import CliRunner

from isolation import nursery
from messages import speaking
from pipelines.cli import app
from tests.support.cities import City, declaration
from validation import validate
from validation.patterns import PatternTooSlow, repetitions, require_time

EVIL, LONG = "(a+)+$", "a" * 40 + "!"
FIELDS: list[dict[str, Any]] = [{"name": "id", "type": "integer"}, {"name": "nombre", "type": "string"}]


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr("validation.patterns.SECONDS", 1)
    nursery.restart(fork=True)  # so that files are read with it
    yield
    nursery.restart()


def checked(pattern: str) -> list[dict[str, Any]]:
    return [FIELDS[0], {**FIELDS[1], "constraints": {"pattern": pattern}}]


PLACES = {
    "schema.fields[1].constraints.pattern": {"fields": checked(EVIL)},
    "pipeline.values.nombre[0].pattern": {"values": {"nombre": [{"pattern": EVIL, "to": "b"}]}},
    "pipeline.values.nombre[1].pattern": {
        "values": {"nombre": [{"from": [LONG], "to": LONG + "!"}, {"pattern": EVIL, "replace": "b"}]}
    },
    "pipeline.layouts[0].foot": {"layouts": [{"foot": EVIL}]},
}


@pytest.mark.parametrize(("key", "made"), PLACES.items(), ids=PLACES.keys())
def test_a_pattern_without_end_is_a_fault_of_the_declaration(tmp_path, key, made):
    city = City(tmp_path)
    city.declare(
        declaration("obras", **{"fields": FIELDS, **made}), datos=f"id,nombre\n1,b\n2,{LONG}\n{LONG},{LONG}\n"
    )
    with speaking("en"):
        outcome = city.outcome("obras")
    assert outcome.outcome == "rejected"
    assert outcome.message.startswith(
        f"datasets/obras/datapackage.yaml: resources[0].{key} takes more than 1 s"
    )


def test_a_suite_s_pattern_too(tmp_path):
    city = City(tmp_path)
    expectation = {
        "type": "expect_column_values_to_match_regex",
        "kwargs": {"column": "nombre", "regex": EVIL},
    }
    city.declare(
        declaration("obras", fields=FIELDS, expectations="obras.expectations.yaml"),
        {"obras.expectations.yaml": {"name": "obras", "expectations": [expectation]}},
        datos=f"id,nombre\n1,{LONG}\n",
    )
    with speaking("en"):
        outcome = city.outcome("obras")
    assert outcome.outcome == "rejected"
    assert "expectations takes more than 1 s" in outcome.message


def test_the_columns_of_a_wide_table_too():
    with pytest.raises(PatternTooSlow):
        require_time("(?P<mes>(a|aa)+)$", [LONG])


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        (r"\d{4}-\d{2}", 0),
        (r"\d+\.\d+", 2),
        (r"(\d{3})+", 1),
        ("A|B|CD", 0),
        ("(a|b)?c", 0),
        ("(a+)+", None),
        ("(a|a)*", None),
        ("(a{1,9}){2,9}", None),
        ("(.*a){12}", None),
        (r"(a)\1+", None),
        ("(?:(?=a+)a)+", None),
    ],
)
def test_how_many_repetitions_compete(pattern, count):
    assert repetitions(pattern) == count


def test_ordinary_patterns_are_tried_here_and_others_within_their_time(monkeypatch):
    asked = []
    monkeypatch.setattr("validation.patterns.call", lambda *arguments, **_more: asked.append(arguments[2]))
    require_time(r"\d+-\d+", ["12-34"] * 100)
    require_time("[a-z]+(-[a-z]+)*", [])
    assert asked == []
    require_time("[a-z]+(-[a-z]+)*", ["a-b"])
    assert asked == ["[a-z]+(-[a-z]+)*"]
    monkeypatch.undo()
    require_time("[a-z]+(-[a-z]+)*", ["a-b-c"] * 1000)


def describe_table(folder: Path, name: str, content: str) -> str:
    (folder / name).write_text(content)
    described = {"name": "t", "type": "table", "path": name, "schema": {"fields": checked(EVIL)}}
    (folder / "datapackage.json").write_text(json.dumps({"name": "p", "resources": [described]}))
    return str(folder / "datapackage.json")


TABLES = {
    "small.csv": f"id,nombre\n1,b\n2,{LONG}\n",
    "large.csv": f"id,nombre\n2,{LONG}\n" + "1,b\n" * 60_000,
    "t.json": json.dumps([["id", "nombre"], [1, "b"], [2, LONG]]),
}


@pytest.mark.parametrize(("name", "content"), TABLES.items(), ids=TABLES.keys())
def test_a_descriptor_s_pattern_has_its_time_too(tmp_path, name, content):
    ran = CliRunner().invoke(app, ["check", "--descriptor", describe_table(tmp_path, name, content)])
    assert ran.exit_code == 2
    assert "datapackage.json: `pattern`" in ran.output
    assert "1 s" in ran.output


def test_what_has_its_time_is_reported_as_frictionless_does(tmp_path):
    content = "id,nombre\n" + "".join(f"{row},{'aa' if row % 7 else 'b'}\n" for row in range(1, 3000))
    path = describe_table(tmp_path, "a.csv", content + 'x,"aaa')
    ours, theirs = validate(path).to_descriptor(), frictionless.validate(path).to_descriptor()
    for report in (ours, theirs):
        report["stats"].pop("seconds")
        report["tasks"][0]["stats"].pop("seconds")
    assert ours == theirs
    assert ours["stats"]["errors"] > 400
