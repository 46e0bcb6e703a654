"""What check finds is what frictionless finds, under the agency file's own row numbers; what it gives back is
what frictionless read."""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import tempfile
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import frictionless
import pyarrow as pa
import pytest
from frictionless import Dialect, Field, Package, Schema
from frictionless.resources import TableResource
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.paths import SHARED
from tests.support.tables import table
from validation.report import KEPT, Problem, Report
from validation.schema import check, checked_schema
from validation.table import ROW, Table
from validation.types import arrow_schema, arrow_type

V2 = "https://datapackage.org/profiles/2.0/datapackage.json"
DATA = SHARED / "data"


def package(**schemas: dict[str, Any]) -> Package:
    resources = [{"name": name, "path": f"{name}.csv", "schema": schema} for name, schema in schemas.items()]
    return Package.from_descriptor({"$schema": V2, "name": "p", "resources": resources})


def fields(*specs: str, **more: Any) -> dict[str, Any]:
    """fields("id:integer", "name") → a schema descriptor."""
    named = [spec.partition(":") for spec in specs]
    return {"fields": [{"name": name, "type": kind or "string"} for name, _colon, kind in named], **more}


def found(tables: Sequence[Table], schemas: Package, **more: Any) -> list[tuple[Any, ...]]:
    _typed, report = check({t.name: t for t in tables}, schemas, **more)
    return [(p.code or p.type, p.row, p.field) for p in report.problems]


# --- the same as frictionless

CELLS = {
    "integer": ["1", "2", "3", "x", "", " 1", "1_0", "007", "-1", "1.0", str(2**63 - 1)],
    "string": ["a", "b", "", "ab", "A", '"', "á\n", "x"],
    "number": ["1", "1.0", "1.5", "x", "", "1e0", "NaN", "1,5", "-INF"],
    "boolean": ["true", "1", "x", "", "false"],
    "date": ["2020-01-01", "2020-1-1", "x", "", "2020-02-30"],
    "datetime": ["2020-01-01T10:00:00", "2020-01-01T10:00:00Z", "2020-01-01", "", "x"],
    "time": ["10:00:00", "10:00", "", "x", "23:59:59.5"],
    "year": ["2020", "20", "", "x", "9999"],
    "yearmonth": ["2020-01", "2020-13", "", "x"],
    "list": ["a,b", "", "x"],
    "geopoint": ["-58.4,-34.6", "", "x", "200,1"],
    "any": ["a", "", "x"],
}
CONSTRAINTS: dict[str, list[dict[str, Any]]] = {
    "integer": [{"minimum": 2}, {"enum": [1, 2]}],
    "number": [{"minimum": 1.2}, {"exclusiveMaximum": 1.5}],
    "string": [{"pattern": "[a-z]+"}, {"maxLength": 1}, {"enum": ["a", "b"]}],
    "date": [{"minimum": "2020-01-01"}],
}


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[dict[str, Any], list[str], list[list[str]]]:
    """A schema, the file's labels, and its rows: with every fault that random cells, headers and ragged rows
    have."""
    kinds = draw(st.lists(st.sampled_from(list(CELLS)), min_size=1, max_size=4))
    described = []
    for number, kind in enumerate(kinds):
        constraints = dict(draw(st.sampled_from([{}, {}, *CONSTRAINTS.get(kind, [])])))
        if draw(st.integers(0, 3)) == 0:
            constraints["required"] = True
        if kind != "list" and draw(st.integers(0, 3)) == 0:
            constraints["unique"] = True
        described.append({"name": f"f{number}", "type": kind, "constraints": constraints})
    names = [field["name"] for field in described]
    schema: dict[str, Any] = {"fields": described}
    keyable = [field["name"] for field in described if field["type"] != "list"]
    if keyable and draw(st.booleans()):
        schema["primaryKey"] = draw(st.lists(st.sampled_from(keyable), min_size=1, unique=True))
    if draw(st.integers(0, 3)) == 0:
        schema["missingValues"] = ["", "x"]
    if keyable and draw(st.integers(0, 2)) == 0:
        schema["foreignKeys"] = [
            {
                "fields": [keyable[0]],
                "reference": {"resource": "", "fields": [draw(st.sampled_from(keyable))]},
            }
        ]
    spoilt = [
        names,
        names,
        names[:-1] or names,
        [*names, "zz"],
        [*names, ""],
        names[::-1],
        [f" {names[0]}", *names[1:]],
        [names[-1], *names[1:]],
    ]
    labels = draw(st.sampled_from(spoilt))
    row = st.tuples(*[st.sampled_from(CELLS[kind]) for kind in kinds]).map(list)
    ragged = st.one_of(
        row,
        row,
        row,
        row.map(lambda cells: cells[:-1]),
        row.map(lambda cells: [*cells, "e"]),
        st.just([""] * len(kinds)),
    )
    return schema, labels, draw(st.lists(ragged, max_size=12))


def declared(schema: dict[str, Any], labels: list[str]) -> Schema:
    return checked_schema(package(t=json.loads(json.dumps(schema))).get_resource("t").schema, labels)


def by_frictionless(
    folder: Path, schema: dict[str, Any], labels: list[str], rows: list[list[str]]
) -> frictionless.Report:
    """What frictionless says of the same table as a CSV file with its descriptor."""
    with (folder / "t.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([labels, *rows])
    dialect = {
        "headerRows": [1],
        "csv": {"delimiter": ",", "quoteChar": '"', "skipInitialSpace": False},
    }  # what is not declared is guessed
    resource = {
        "name": "t",
        "type": "table",
        "path": "t.csv",
        "scheme": "file",
        "format": "csv",
        "encoding": "utf-8",
    }
    described = {
        "$schema": V2,
        "name": "p",
        "resources": [{**resource, "dialect": dialect, "schema": declared(schema, labels).to_descriptor()}],
    }
    return Package.from_descriptor(described, basepath=str(folder)).validate(limit_errors=1_000_000)


COMPARED = {
    "fields": [
        {"name": "day", "type": "date"},
        {"name": "id", "type": "integer", "constraints": {"unique": True}},
        {"name": "key", "type": "integer"},
    ],
    "primaryKey": ["key"],
}
"""Of a row frictionless reads first what it compares with other rows, and tells of it first."""


@settings(max_examples=200, deadline=None)
@given(deliveries())
@example((COMPARED, ["day", "id", "key"], [["2020-01-01", "1", "1"], ["x", "x", "x"], ["x", "x", "2"]]))
def test_a_report_is_what_frictionless_says_of_the_same_table_as_a_file(delivery):
    schema, labels, rows = delivery
    with tempfile.TemporaryDirectory() as folder:
        (theirs,) = by_frictionless(Path(folder), schema, labels, rows).tasks
    _typed, report = check({"t": table("t", labels, rows)}, package(t=schema))
    (ours,) = frictionless.Report.from_descriptor(report.to_descriptor()).tasks
    assert [error.to_descriptor() for error in ours.errors] == [
        error.to_descriptor() for error in theirs.errors
    ]
    assert (ours.labels, ours.valid) == (theirs.labels, theirs.valid)


def says_again(problem: Problem, report: Report, schema: dict[str, Any], spared: dict[Any, Any]) -> bool:
    """Whether a problem says what another one of its row, or a question about its column, says as well."""
    row = [each for each in report.problems if each.row == problem.row and not each.code]
    alike = [each for each in row if each.type == problem.type]
    match problem.type:
        case _ if problem.code or problem.row is None:
            return False
        case "missing-cell" | "extra-cell":
            return problem is not alike[0]
        case "primary-key":
            unread = {each.field for each in row if each.type == "type-error"}
            return "are all" in problem.note and not unread.isdisjoint(schema["primaryKey"])
        case "type-error" if ("t", problem.field) in spared and problem.row not in spared["t", problem.field]:
            return True
        case "type-error" | "constraint-error":
            return len(problem.descriptor["cells"]) > len(report.labels["t"])
    return False


SPARED = st.dictionaries(st.tuples(st.just("t"), st.sampled_from(["f0", "f1"])), st.sets(st.integers(2, 49)))


def every(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "constraints": {"required": True, "unique": True}}


UNREAD_KEY = (
    {
        "fields": [every("f0", "time"), every("f1", "integer"), every("f2", "integer")],
        "primaryKey": ["f0", "f1"],
        "missingValues": ["", "x"],
    },
    ["f0", "f1", "f2"],
    [["10:00", "x", "1"], ["10:00", "1", "1"], ["10:00", "1", "1"]],
)
"""Keys that do not read, so that some are empty and others repeated."""


@settings(max_examples=200, deadline=None)
@given(deliveries(), st.integers(1, 3), st.integers(1, 4), SPARED)
@example(UNREAD_KEY, 3, 2, {})
def test_errors_that_are_counted_alone_are_those_that_frictionless_finds(delivery, kept, times, spared):
    """Of each kind the first ones in words, in their order, with the first of those that say something of
    their own, and the rows of all others."""
    schema, labels, rows = delivery
    one = table("t", labels, rows * times)
    _typed, whole = check({"t": one}, package(t=schema))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("validation.schema.KEPT", kept)
        typed, report = check({"t": one}, package(t=schema), spared=spared)
    seen, own = Counter[Any](), Counter[Any]()
    first, further = [], dict[Any, tuple[int, ...]]()
    for problem in whole.problems:
        again = says_again(problem, whole, schema, spared)
        seen[problem.kind] += 1
        own[problem.kind] += not again
        if seen[problem.kind] <= kept or (not again and own[problem.kind] <= kept):
            first.append(problem)
        elif problem.row:
            further[problem.kind] = (*further.get(problem.kind, ()), problem.row)
    assert list(report.problems) == first
    assert dict(report.counts) == dict(whole.counts)
    assert dict(report.further) == further
    assert typed["t"].num_rows == whole.rows["t"]


KEYED: dict[str, Any] = {
    "primaryKey": "id",
    "foreignKeys": [{"fields": ["a"], "reference": {"resource": "o/o", "fields": ["id"]}}],
}


@pytest.mark.parametrize(
    ("cells", "error", "count"),
    [
        (lambda n: [f"{n // 2}", "1", f"u{n}"], ("primary-key", None), 1500),
        (lambda n: ["", "1", f"u{n}"], ("primary-key", None), 3000),
        (lambda n: [f"{n}", "1", f"u{n % 30}"], ("unique-error", "u"), 2970),
        (lambda n: [f"{n}", "7", f"u{n}"], ("foreign-key", "a"), 3000),
        (lambda n: [f"{n}", "x", f"u{n}"], ("type-error", "a"), 3000),
    ],
    ids=["repeated", "empty", "repeated value", "lost reference", "cell"],
)
def test_of_thousands_of_problems_frictionless_reads_the_first_rows_alone(monkeypatch, cells, error, count):
    read: list[int] = []

    class CountedRow(frictionless.Row):
        def __init__(self, *given: Any, **named: Any) -> None:
            read.append(named["row_number"])
            super().__init__(*given, **named)

    schema = fields("id:integer", "a:integer", "u", **KEYED)
    schema["fields"][2]["constraints"] = {"unique": True}
    tables = {"t": table("t", ["id", "a", "u"], [cells(n) for n in range(3000)])}
    there = {"o/o": pa.table({ROW: pa.array([2]), "id": pa.array([1])})}
    _typed, whole = check(tables, package(t=schema), references=there)
    monkeypatch.setattr("validation.schema.KEPT", 10)
    monkeypatch.setattr("frictionless.resources.table.Row", CountedRow)
    _typed, report = check(tables, package(t=schema), references=there)
    assert {(kind.type, kind.field): n for kind, n in report.counts.items()} == {error: count}
    assert report.counts == whole.counts
    assert report.problems == whole.problems[:10]
    (further,) = report.further.values()
    assert len(further) == count - 10
    assert len(read) <= 60


def test_a_repeated_key_counts_beside_other_faults_of_its_rows(monkeypatch):
    """The row that had the key first has to be known where a later one is told of for another fault."""
    rows = [[f"{n % 40}", "x" if n > 90 else "1"] for n in range(100)]
    tables = {"t": table("t", ["id", "a"], rows)}
    schemas = package(t=fields("id:integer", "a:integer", primaryKey="id"))
    _typed, whole = check(tables, schemas)
    monkeypatch.setattr("validation.schema.KEPT", 3)
    _typed, report = check(tables, schemas)
    assert report.counts == whole.counts
    assert sorted(row for rows in report.further.values() for row in rows) == sorted(
        [*[p.row for p in whole.problems if p.type == "primary-key"][3:], *range(96, 102)]
    )


@settings(max_examples=60, deadline=None)
@given(deliveries(), st.integers(1, 5), st.data())
def test_only_the_row_numbers_differ_where_rows_stand_elsewhere_in_the_file(delivery, header_row, data):
    schema, labels, rows = delivery
    gaps = data.draw(st.lists(st.integers(1, 3), min_size=len(rows), max_size=len(rows)))
    numbers = [header_row + sum(gaps[: i + 1]) for i in range(len(rows))]
    _typed, plain = check({"t": table("t", labels, rows)}, package(t=schema))
    _typed, moved = check(
        {"t": table("t", labels, rows, header_row=header_row, numbers=numbers)}, package(t=schema)
    )
    expected = [(p.type, p.row and numbers[p.row - 2], p.field, p.field_number) for p in plain.problems]
    assert [(p.type, p.row, p.field, p.field_number) for p in moved.problems] == expected


@settings(max_examples=60, deadline=None)
@given(deliveries())
def test_typed_values_are_the_ones_that_frictionless_reads(delivery):
    schema, labels, rows = delivery
    typed, _report = check({"t": table("t", labels, rows)}, package(t=schema))
    read_with = declared(schema, labels)
    read_with.foreign_keys = []
    assert typed["t"].schema == arrow_schema(read_with)
    if len(set(labels)) < len(labels):
        return  # frictionless reads by position then; which value of a repeated column is meant, nobody knows
    data = [labels, *(row or [""] for row in rows)]
    dialect = Dialect.from_descriptor(
        {"headerRows": [1]}
    )  # else it is guessed where most rows are longer than the header
    with TableResource(data=data, dialect=dialect, schema=read_with, datapackage_version="v2") as resource:
        expected = [row.to_dict() for row in resource.row_stream]
    for row, read in zip(typed["t"].to_pylist(), expected, strict=True):
        assert {name: _plain(row[name], row[name]) for name in read_with.field_names} == {
            field.name: _plain(read.get(field.name), row[field.name], field) for field in read_with.fields
        }


def _plain(value: Any, published: Any, field: Field | None = None) -> Any:
    """A value of frictionless as Arrow gives it back; NaN as a word, so that it equals itself."""
    if value is None or (isinstance(value, float | Decimal) and math.isnan(value)):
        return value if value is None else "NaN"
    if field is not None and arrow_type(field) == pa.string():
        return value if isinstance(value, str) else field.write_cell(value)[0]
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=dt.timezone(dt.timedelta(hours=-3)))
    return float(value) if isinstance(value, Decimal) else value


@pytest.mark.parametrize(
    "name",
    [
        "ba_obras_2019.csv",
        "ba_compromisos_mapa.csv",
        "ba_comisarias.csv",
        "ba_compras_covid_items_precios.csv",
    ],
)
def test_real_files_get_the_report_that_frictionless_gives_them(name, tmp_path):
    if not (DATA / name).exists():
        pytest.skip(f"the real files are not beside this checkout: {DATA / name}")
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        labels, *rows = csv.reader(file)
    guessed = {
        "comuna": "integer",
        "X": "number",
        "Y": "number",
        "numero": "integer",
        "latitude": "number",
        "fecha_inicio": "date",
        "item": "year",
    }
    schema = {
        "fields": [{"name": label, "type": guessed.get(label, "string")} for label in labels],
        "primaryKey": [labels[0]],
    }
    (theirs,) = by_frictionless(tmp_path, schema, labels, rows).tasks
    typed, report = check({"t": table("t", labels, rows)}, package(t=schema))
    ours = [problem.to_error() for problem in report.problems]
    kept = [error.to_descriptor() for error in theirs.errors]
    assert report.total == len(kept)
    assert [error for error in kept if error in ours] == ours
    assert typed["t"].num_rows == len(rows)


# --- headers and rows


def test_a_missing_and_an_unknown_column_are_named_once_and_the_others_are_still_checked():
    delivered = table("t", ["extra", "id"], [["u", "1"], ["v", "x"]])
    typed, report = check({"t": delivered}, package(t=fields("id:integer", "name")))
    assert [(p.type, p.row, p.field) for p in report.problems] == [
        ("extra-label", None, None),
        ("missing-label", None, "name"),
        ("type-error", 3, "id"),
    ]
    assert typed["t"].to_pydict() == {ROW: [2, 3], "id": [1, None], "name": [None, None]}


def test_ragged_and_blank_rows_keep_their_places():
    delivered = table(
        "t", ["id", "name"], [["1"], ["2", "b", "c"], ["", ""], []], header_row=4, numbers=[6, 7, 9, 12]
    )
    problems = found([delivered], package(t=fields("id:integer", "name")))
    assert problems == [
        ("missing-cell", 6, "name"),
        ("extra-cell", 7, None),
        ("blank-row", 9, None),
        ("blank-row", 12, None),
    ]


def test_a_problem_of_the_header_names_the_row_in_which_the_header_stands():
    _typed, report = check({"t": table("t", ["id"], [], header_row=4)}, package(t=fields("id", "name")))
    assert [error["rowNumbers"] for error in report.to_descriptor()["tasks"][0]["errors"]] == [[4]]


def test_a_table_without_rows_and_a_file_without_anything():
    schemas = package(t=fields("id:integer", "name"))
    typed, report = check({"t": table("t", ["id", "name"], [])}, schemas)
    assert (report.valid, report.rows, typed["t"].num_rows) == (True, {"t": 0}, 0)
    assert found([table("t", [], [])], schemas) == [("source-error", None, None)]


def test_a_schema_that_says_how_its_fields_match_is_left_alone():
    schemas = package(t=fields("id:integer", "name", fieldsMatch="superset"))
    assert found([table("t", ["id"], [["1"]])], schemas) == []


def test_millions_of_errors_are_counted_and_the_first_thousand_kept():
    rows = [["x", "1"]] * (KEPT + 500)
    _typed, report = check({"t": table("t", ["a", "b"], rows)}, package(t=fields("a:integer", "b:integer")))
    assert (len(report.problems), report.total, report.valid) == (KEPT, KEPT + 500, False)
    assert report.problems[-1].row == KEPT + 1


# --- keys


def test_keys_are_compared_as_values_not_as_text():
    problems = found(
        [table("t", ["id"], [["7"], [" 7"], ["1_0"], ["10"], [""]])],
        package(t=fields("id:integer", primaryKey=["id"])),
    )
    assert problems == [
        ("primary-key", 3, None),
        ("primary-key", 5, None),
        ("blank-row", 6, None),
        ("primary-key", 6, None),
    ]


HOUSES = {
    "planes": fields("id", primaryKey=["id"]),
    "compromisos": fields(
        "id",
        "plan",
        foreignKeys=[{"fields": ["plan"], "reference": {"resource": "planes", "fields": ["id"]}}],
    ),
}


def test_a_foreign_key_finds_delivered_and_retained_rows():
    plans, promises = (
        table("planes", ["id"], [["3"]]),
        table("compromisos", ["id", "plan"], [["a", "3"], ["b", "2"], ["c", "9"], ["d", ""]]),
    )
    assert found([plans, promises], package(**HOUSES)) == [
        ("foreign-key", 3, "plan"),
        ("foreign-key", 4, "plan"),
    ]
    retained = {"planes": pa.table({"id": ["1", "2"]})}
    assert found([plans, promises], package(**HOUSES), retained=retained) == [("foreign-key", 4, "plan")]


def test_a_table_delivered_alone_is_compared_with_the_retained_rows_of_the_other():
    promises = table("compromisos", ["id", "plan"], [["a", "1"], ["b", "9"]])
    assert found([promises], package(**HOUSES), retained={"planes": pa.table({"id": ["1"]})}) == [
        ("foreign-key", 3, "plan")
    ]
    assert found([promises], package(**HOUSES)) == [("reference-missing", None, "plan")]


def test_a_reference_within_a_table_finds_its_retained_rows():
    key = {"fields": ["parent"], "reference": {"resource": "", "fields": ["id"]}}
    delivered = table("t", ["parent", "id"], [["", "3"], ["3", "4"], ["1", "5"], ["9", "6"]])
    problems = found(
        [delivered],
        package(t=fields("id:integer", "parent:integer", foreignKeys=[key])),
        retained={"t": pa.table({"id": [1, 2]})},
    )
    assert problems == [("foreign-key", 5, "parent")]


def test_retained_rows_must_not_lose_what_they_refer_to():
    retained = {"compromisos": pa.table({"id": ["x", "y", "z"], "plan": ["1", "2", None]})}
    plans, promises = table("planes", ["id"], [["2"]]), table("compromisos", ["id", "plan"], [["a", "2"]])
    assert found([plans, promises], package(**HOUSES), retained=retained) == [
        ("reference-removed", None, "plan")
    ]
    keyed = package(**{**HOUSES, "compromisos": {**HOUSES["compromisos"], "primaryKey": ["id"]}})
    corrected = table("compromisos", ["id", "plan"], [["x", "2"]])
    assert found([plans, corrected], keyed, retained=retained) == []


def test_a_reference_to_another_dataset():
    key = {"fields": ["barrio"], "reference": {"resource": "barrios/barrios", "fields": ["nombre"]}}
    schemas, delivered = (
        package(t=fields("barrio", foreignKeys=[key])),
        table("t", ["barrio"], [["Boedo"], ["Narnia"]]),
    )
    typed, report = check(
        {"t": delivered}, schemas, references={"barrios/barrios": pa.table({"nombre": ["Boedo", "Flores"]})}
    )
    assert [(p.type, p.row, p.field) for p in report.problems] == [("foreign-key", 3, "barrio")]
    assert "barrios/barrios" in report.problems[0].note
    assert list(typed) == ["t"]
    assert found([delivered], schemas) == [("reference-missing", None, "barrio")]
    assert found([delivered], schemas, references={"barrios/barrios": pa.table({"name": ["Boedo"]})}) == [
        ("reference-field", None, "barrio")
    ]
    _typed, report = check(
        {"t": delivered}, schemas, references={"barrios/comunas": pa.table({"comuna": ["Boedo"]})}
    )
    (problem,) = report.problems
    assert (problem.code, "barrios/comunas" in problem.note) == ("reference-table", True)


def test_typed_rows_are_found_whatever_their_type():
    kinds = {
        "number": "0.10",
        "date": "2020-01-01",
        "datetime": "2020-01-01T10:00:00",
        "time": "10:00:00",
        "yearmonth": "2020-01",
        "year": "2020",
    }
    for kind, text in kinds.items():
        schemas = package(
            a=fields(f"k:{kind}"),
            b=fields(
                f"k:{kind}", foreignKeys=[{"fields": ["k"], "reference": {"resource": "a", "fields": ["k"]}}]
            ),
        )
        typed, _report = check({"a": table("a", ["k"], [[text]])}, schemas)
        tables = [table("a", ["k"], []), table("b", ["k"], [[text]])]
        assert found(tables, schemas, retained={"a": typed["a"].drop_columns([ROW])}) == [], kind


# --- types


def test_every_type_of_the_standard_has_an_arrow_type():
    from frictionless import fields as known

    for field in Field.__subclasses__():
        if field.builtin and hasattr(known, field.__name__):
            assert isinstance(arrow_type(field(name="f")), pa.DataType), field


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ({"type": "number"}, "1.50", 1.5),
        ({"type": "number"}, "-INF", -math.inf),
        ({"type": "number", "decimalChar": ",", "groupChar": "."}, "1.234,5", 1234.5),
        ({"type": "boolean", "trueValues": ["sí"], "falseValues": ["no"]}, "sí", True),
        ({"type": "date", "format": "%d/%m/%Y"}, "9/7/2019", dt.date(2019, 7, 9)),
        ({"type": "time"}, "10:00:00+00:00", dt.time(7, 0)),
        ({"type": "year"}, "2019", 2019),
        ({"type": "yearmonth"}, "2019-7", "2019-07"),
        ({"type": "duration"}, "P1Y2M", "P1Y2M"),
        ({"type": "geopoint"}, "-58.40, -34.6", "-58.40,-34.6"),
        ({"type": "geopoint", "format": "array"}, "[-58.4,-34.6]", "[-58.4, -34.6]"),
        (
            {"type": "geopoint", "format": "object"},
            '{"lon": -58, "lat": -34}',
            '{"lon": -58.0, "lat": -34.0}',
        ),
        (
            {"type": "geojson"},
            '{"type":"Point","coordinates":[1,2]}',
            '{"type": "Point", "coordinates": [1, 2]}',
        ),
        ({"type": "object"}, '{"a":1}', '{"a": 1}'),
        ({"type": "array"}, "[1,2]", "[1, 2]"),
        ({"type": "array", "arrayItem": {"type": "date"}}, '["2020-01-01"]', '["2020-01-01"]'),
        ({"type": "list", "itemType": "integer"}, "1, 2", "1,2"),
        ({"type": "any"}, " a ", " a "),
    ],
)
def test_a_cell_becomes_its_published_value(field, text, value):
    typed, report = check({"t": table("t", ["f"], [[text]])}, package(t={"fields": [{"name": "f", **field}]}))
    assert (report.problems, typed["t"]["f"].to_pylist()) == ((), [value])


def test_a_datetime_is_an_instant_in_buenos_aires():
    rows = [
        ["2024-03-01T09:00:00"],
        ["2024-03-01T12:00:00Z"],
        ["0001-01-01T00:00:00"],
        ["9999-12-31T23:59:59"],
    ]
    typed, report = check({"t": table("t", ["f"], rows)}, package(t=fields("f:datetime")))
    instants = typed["t"]["f"].cast(pa.int64()).to_pylist()
    assert report.valid
    assert instants[0] == instants[1] == 1_709_294_400_000_000
    assert str(typed["t"].schema.field("f").type) == "timestamp[us, tz=-03:00]"
    assert instants[2] < instants[0] < instants[3]


def test_what_no_published_file_can_hold_is_a_problem_and_no_other_number():
    rows = [
        [str(2**63 - 1), "1e308"],
        [str(2**63), "1"],
        [str(-(2**63) - 1), "1e400"],
        ["1", "INF"],
        ["2", "sNaN"],
    ]
    typed, report = check({"t": table("t", ["i", "n"], rows)}, package(t=fields("i:integer", "n:number")))
    assert [(p.code, p.type, p.row, p.field) for p in report.problems] == [
        ("integer-too-large", "cell-error", 3, "i"),
        ("integer-too-large", "cell-error", 4, "i"),
        ("number-too-large", "cell-error", 4, "n"),
    ]
    assert typed["t"]["i"].to_pylist() == [2**63 - 1, None, None, 1, 2]
    assert typed["t"]["n"].to_pylist()[:4] == [1e308, 1.0, None, math.inf]
