"""What is published can be read back, cell for cell, by any program; the same table gives the same bytes."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from frictionless import Package, Schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.archive.published import (
    ROW_GROUP,
    pack_csv,
    pack_json,
    pack_parquet,
    text,
    write_parquet,
    write_parquet_parts,
)
from pipelines.agency.check import write_tables
from pipelines.dataset.dataset import Dataset, load_dataset
from pipelines.read.read import read
from pipelines.release.descriptor import DIALECT, complete, describe
from tests.support.lazy import pandas as pd
from validation.schema import check
from validation.table import ROW
from validation.types import arrow_schema

V2 = "https://datapackage.org/profiles/2.0/datapackage.json"
HERE = timezone(timedelta(hours=-3))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5) | st.sampled_from(
    [
        '"',
        '""',
        ",",
        ";",
        "\n",
        "\r",
        "\r\n",
        "a\nb",
        " x ",
        "NA",
        "null",
        "nan",
        "007",
        "ñandú",
        "😀",
        "true",
        "\ufeff",
        "'",
        "#",
        "\t",
    ]
)
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(HERE))  # noqa: DTZ001
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXTS,
    "any": TEXTS,
    "integer": st.integers(-(2**63), 2**63 - 1),
    "number": st.floats(),
    "boolean": st.booleans(),
    "date": st.dates(),
    "time": st.times(),
    "datetime": MOMENTS,
    "year": st.integers(1000, 9999),
    "yearmonth": st.sampled_from(["2024-01", "0999-12"]),
    "duration": st.sampled_from(["P1Y2M", "PT1.5S"]),
    "geopoint": st.sampled_from(["-58.4,-34.6"]),
    "geojson": st.sampled_from(['{"type": "Point", "coordinates": [-58.4, -34.6]}']),
    "object": st.sampled_from(['{"a": [1, "b,c"]}', '{"ñ": "\\n"}']),
    "array": st.sampled_from(['["a", 1.5]', "[]"]),
    "list": st.sampled_from(["a,b", "a"]),
}
SCHEMA = {"fields": [{"name": "id", "type": "integer"}, *({"name": kind, "type": kind} for kind in VALUES)]}
ARROW = arrow_schema(Schema.from_descriptor(SCHEMA)).remove(0)
TABLES = st.lists(
    st.fixed_dictionaries({kind: st.none() | values for kind, values in VALUES.items()}), max_size=8
).map(
    lambda rows: pa.Table.from_pylist(
        [{"id": number, **row} for number, row in enumerate(rows)], schema=ARROW
    )
)
ABOUT = {"dataset": "obras", "resource": "obras", "title": "Obras"}


def csv_of(table: pa.Table, folder: Path, missing: str = "") -> Path:
    pack_csv(table, missing, folder / "obras.csv")
    return folder / "obras.csv"


def by_frictionless(folder: Path, schema: dict[str, Any]) -> list[list[Any]]:
    descriptor = {
        "$schema": V2,
        "name": "p",
        "resources": [{"name": "obras", "path": "obras.csv", "dialect": DIALECT, "schema": schema}],
    }
    (folder / "datapackage.json").write_text(json.dumps(descriptor))
    return [
        [row[name] for name in row]
        for row in Package(str(folder / "datapackage.json")).get_resource("obras").read_rows()
    ]


def alike(read: Any, published: Any) -> bool:
    if isinstance(published, float):
        return (
            (math.isnan(published) and read.is_nan()) if published != published else float(read) == published
        )
    if isinstance(published, str) and isinstance(read, dict | list):
        return json.loads(published) == read if not published[0].isalpha() else published.split(",") == read
    return bool(read == published) or str(read) == published or "geopoint" in str(type(read)).lower()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(TABLES)
def test_frictionless_reads_back_every_value(tmp_path_factory, table):
    folder = tmp_path_factory.mktemp("pack")
    csv_of(table, folder)
    back = by_frictionless(folder, SCHEMA)
    assert len(back) == table.num_rows
    for row, read_row in zip(table.to_pylist(), back, strict=True):
        for (name, published), cell in zip(row.items(), read_row, strict=True):
            if name in ("yearmonth", "duration", "geopoint"):
                assert (cell is None) == (published is None)
            else:
                assert (cell is published is None) or alike(cell, published), (name, cell, published)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(TABLES)
def test_pandas_and_csv_read_back_the_published_text(tmp_path_factory, table):
    path = csv_of(table, tmp_path_factory.mktemp("pack"))
    texts = [[cell or "" for cell in text(column).to_pylist()] for column in table.columns]
    expected = [list(row) for row in zip(*texts, strict=True)]
    assert list(csv.reader(io.StringIO(path.read_bytes().decode(), newline=""))) == [
        table.column_names,
        *expected,
    ]
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert frame.to_numpy().tolist() == expected
    assert list(frame.columns) == table.column_names


def chunked(table: pa.Table, size: int) -> pa.Table:
    """The same rows in chunks that come from elsewhere: slices of larger tables, an empty one among them."""
    parts = [
        pa.concat_tables([table, table]).combine_chunks().slice(start, min(size, table.num_rows - start))
        for start in range(0, table.num_rows, size)
    ]
    return pa.concat_tables([table.slice(0, 0), *parts]) if parts else table


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(TABLES, st.integers(1, 4))
def test_parquet_reads_back_equal_and_the_bytes_do_not_know_the_chunks(tmp_path_factory, table, size):
    folder = tmp_path_factory.mktemp("pack")
    other = chunked(table, size)
    assert other.num_rows == table.num_rows
    for name, version in (("one", table), ("two", other)):
        pack_parquet(version, SCHEMA, ABOUT, folder / f"{name}.parquet")
        pack_csv(version, "", folder / f"{name}.csv")
    assert (folder / "one.parquet").read_bytes() == (folder / "two.parquet").read_bytes()
    assert (folder / "one.csv").read_bytes() == (folder / "two.csv").read_bytes()
    back = pq.read_table(folder / "one.parquet")
    assert back.schema.equals(ARROW)
    assert list(map(repr, back.to_pylist())) == list(map(repr, table.to_pylist()))


def test_an_empty_chunk_leaves_nothing_in_the_csv(tmp_path):
    """pyarrow 26 by itself writes 32 kB of its memory there."""
    table = pa.table({"id": pa.array([0, 1]), "s": pa.array([None, "a"])})
    parts = [table.slice(0, 0), table.slice(0, 1), table.slice(0, 0), table.slice(1, 1), table.slice(0, 0)]
    assert csv_of(pa.concat_tables(parts), tmp_path).read_bytes() == b'"id","s"\n0,\n1,"a"\n'


def test_more_than_one_row_group(tmp_path):
    rows = 2 * ROW_GROUP + 5
    table = pa.table(
        {"id": pa.array(range(rows)), "string": pa.array([f"calle {n % 7}" for n in range(rows)])}
    )
    schema = {"fields": [{"name": "id"}, {"name": "string"}]}
    pack_parquet(table, schema, ABOUT, tmp_path / "one.parquet")
    pack_parquet(chunked(table, 50_000), schema, ABOUT, tmp_path / "two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    metadata = pq.ParquetFile(tmp_path / "one.parquet").metadata
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [
        ROW_GROUP,
        ROW_GROUP,
        5,
    ]
    assert pq.read_table(tmp_path / "one.parquet").equals(table)


def test_parquet_tells_what_it_holds(tmp_path):
    fields = [
        {"name": "id", "title": "Obra", "description": "Número de la obra"},
        {"name": "m", "unit": "ARS", "type": "number"},
    ]
    table = pa.table({"id": pa.array([1]), "m": pa.array([1.5])})
    pack_parquet(table, {"fields": fields}, {**ABOUT, "demo": "true"}, tmp_path / "a.parquet")
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert schema.metadata == {
        b"dataset": b"obras",
        b"resource": b"obras",
        b"title": b"Obras",
        b"demo": b"true",
    }
    plain = {k: v for k, v in schema.field("id").metadata.items() if not k.startswith(b"PARQUET")}
    assert plain == {b"title": b"Obra", b"description": "Número de la obra".encode()}
    assert schema.field("m").metadata[b"unit"] == b"ARS"
    assert pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


@pytest.mark.parametrize(
    ("kind", "values", "lines"),
    [
        (
            pa.float64(),
            [-0.0, 7.0, 1.50, 1e16, 1e-7, 0.1, None],
            ["0", "7", "1.5", "10000000000000000", "0.0000001", "0.1", ""],
        ),
        (pa.float64(), [math.nan, math.inf, -math.inf, -0.0, None], ['"NaN"', '"INF"', '"-INF"', '"0"', ""]),
        (pa.int64(), [-(2**63), 0, None], ["-9223372036854775808", "0", ""]),
        (pa.bool_(), [True, False, None], ["true", "false", ""]),
        (pa.date32(), [date(1, 1, 1), date(2024, 2, 29), None], ["0001-01-01", "2024-02-29", ""]),
        (
            pa.string(),
            ['di"jo', "a\nb", "", " ", "ñ", None],
            ['"di""jo"', '"a', 'b"', '""', '" "', '"ñ"', ""],
        ),
        (
            pa.timestamp("us", "-03:00"),
            [datetime(2024, 1, 1, 13, tzinfo=UTC), datetime(2024, 1, 1, 2, 0, 0, 250_000, tzinfo=UTC), None],
            ['"2024-01-01T10:00:00-03:00"', '"2023-12-31T23:00:00.25-03:00"', ""],
        ),
        (pa.time64("us"), [time(10), time(23, 59, 59, 500_000), None], ['"10:00:00"', '"23:59:59.5"', ""]),
    ],
    ids=str,
)
def test_how_values_are_written(tmp_path, kind, values, lines):
    table = pa.table({"a": pa.array(values, kind), "n": pa.array(range(len(values)))})
    content = csv_of(table, tmp_path).read_bytes().decode()
    ends = iter(range(len(values)))
    assert content.split("\n")[0] == '"a","n"'
    assert content.split("\n")[1:-1] == [line if line == '"a' else f"{line},{next(ends)}" for line in lines]


@pytest.mark.parametrize("missing", ["NA", "-", "S/D"])
def test_a_missing_value_is_written_as_the_schema_asks(tmp_path, missing):
    table = pa.table(
        {"s": pa.array(["", None, "x"]), "n": pa.array([None, 1.5, -0.0]), "i": pa.array([1, None, 2])}
    )
    csv_of(table, tmp_path, missing)
    fields = [
        {"name": "s", "type": "string"},
        {"name": "n", "type": "number"},
        {"name": "i", "type": "integer"},
    ]
    schema = {"fields": fields, "missingValues": [missing]}
    assert by_frictionless(tmp_path, schema) == [["", None, 1], [None, Decimal("1.5"), None], ["x", 0, 2]]


def test_an_empty_table_has_a_header(tmp_path):
    table = ARROW.empty_table()
    assert csv_of(table, tmp_path).read_text() == ",".join(f'"{name}"' for name in table.column_names) + "\n"
    pack_parquet(table, SCHEMA, ABOUT, tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 0
    assert by_frictionless(tmp_path, SCHEMA) == []


def test_field_names_may_hold_anything(tmp_path):
    table = pa.table({'año, "x"\n': pa.array([1])})
    rows = list(csv.reader(io.StringIO(csv_of(table, tmp_path).read_text())))
    assert rows == [['año, "x"\n'], ["1"]]


def test_json_is_for_people_too(tmp_path):
    pack_json({"título": "Ñandú", "n": [1]}, tmp_path / "a.json")
    assert (tmp_path / "a.json").read_bytes() == '{\n  "título": "Ñandú",\n  "n": [\n    1\n  ]\n}\n'.encode()


# --- the package

DECLARATION = """
name: visitas
version: 9.9.9
created: 2001-01-01T00:00:00Z
title: Visitas
licenses: [{name: CC0-1.0}]
pipeline:
  publisher: {id: museo, name: Museo}
  accrualPeriodicity: R/P1D
  needs: [barrios]
  demo: true
resources:
  - name: visitas
    path: visitas.csv
    bytes: 7
    dialect: {delimiter: ";"}
    schema:
      fields:
        - {name: id, type: integer, description: Visita, constraints: {required: true, unique: true}}
        - {name: cuando, type: datetime, description: Momento, constraints: {minimum: "2000-01-01T00:00:00"}}
        - {name: sala, type: integer, description: Sala, constraints: {maximum: 9}}
        - {name: comuna, type: integer, description: Comuna}
        - {name: nota, type: string, description: Nota}
      primaryKey: [id]
      foreignKeys:
        - {fields: [sala], reference: {resource: salas, fields: [sala]}}
        - {fields: [comuna], reference: {resource: barrios/comunas, fields: [comuna]}}
    pipeline: {source: {kind: file, path: a.csv}}
  - name: salas
    path: salas.csv
    schema:
      fields: [{name: sala, type: integer, description: Sala}, {name: abre, type: date, description: Apertura}]
      primaryKey: [sala]
    pipeline:
      source: {kind: file, path: b.csv}
      layouts: [{headerRow: 3, labels: {Sala: sala, Abre: abre}, fields: {abre: {format: "%d/%m/%Y"}}, ignore: [x]}]
"""
VISITS = 'nota,id,cuando,sala,comuna\n"a;b\r\n""c""",1,2024-01-01T10:00:00,1,15\n"  espacios ",2,2024-01-01T23:30:00,2,\n'
ROOMS = "Museo;;\n\nSala;x;Abre\n1;-;01/02/1999\n2;-;31/12/2001\n"


def communes() -> pa.Table:
    return pa.table({"comuna": pa.array([1, 15])})


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    (tmp_path / "visitas").mkdir()
    (tmp_path / "visitas" / "datapackage.yaml").write_text(DECLARATION)
    return load_dataset(tmp_path / "visitas")


def checked(dataset: Dataset, folder: Path, *files: str) -> tuple[dict[str, Any], dict[str, pa.Table], Any]:
    tables = {}
    for resource, content in zip(dataset.resources, files, strict=True):
        (folder / f"{resource.name}.raw").write_bytes(content.encode())
        found = read(folder / f"{resource.name}.raw", resource, folder / f"{resource.name}.arrow")
        assert found.table is not None, found.problems
        tables[resource.name] = found.table
    package = Package.from_descriptor(
        {"$schema": V2, "name": "p", "resources": [dict(r.descriptor) for r in dataset.resources]}
    )
    typed, report = check(tables, package, references={"barrios/comunas": communes()})
    return tables, {name: table.drop_columns([ROW]) for name, table in typed.items()}, report


def test_frictionless_finds_the_published_package_valid(dataset, tmp_path):
    _tables, typed, report = checked(dataset, tmp_path, VISITS, ROOMS)
    assert report.valid, report.problems
    out = tmp_path / "release"
    out.mkdir()
    paths = {}
    for name, table in typed.items():
        paths[f"{name}.csv"], paths[f"{name}.parquet"] = out / f"{name}.csv", out / f"{name}.parquet"
        pack_csv(table, "", paths[f"{name}.csv"])
        pack_parquet(table, dataset.resource(name).schema, ABOUT, paths[f"{name}.parquet"])
    paths |= {"changes.parquet": out / "changes.parquet", "report.json": out / "report.json"}
    write_parquet(pa.table({"resource": ["visitas"]}), paths["changes.parquet"])
    pack_json({"valid": True}, paths["report.json"])
    told = {
        "version": "1.0.0",
        "created": "2024-01-02T03:04:05-03:00",
        "as_of": "2024-01-01",
        "needs": {"barrios": "1.2.3"},
        "derived_from": [],
    }
    descriptor = complete(describe(dataset), paths=paths, **told)
    pack_json(descriptor, out / "datapackage.json")

    found = Package(str(out / "datapackage.json")).validate()
    assert found.valid, found.flatten(["rowNumber", "fieldName", "type", "note"])
    assert [task.name for task in found.tasks] == [r["name"] for r in descriptor["resources"]]
    assert {k: descriptor[k] for k in ("$schema", "version", "created", "asOf", "needs", "demo")} == {
        "$schema": V2,
        "version": "1.0.0",
        "created": "2024-01-02T03:04:05-03:00",
        "asOf": "2024-01-01",
        "needs": {"barrios": "1.2.3"},
        "demo": True,
    }
    assert "pipeline" not in json.dumps(descriptor)
    schema = descriptor["resources"][0]["schema"]
    assert [key["reference"]["resource"] for key in schema["foreignKeys"]] == ["salas"]
    assert [key["reference"]["resource"] for key in schema["references"]] == ["barrios/comunas"]
    assert descriptor["resources"][0]["dialect"]["delimiter"] == ","

    (out / "changes.parquet").write_bytes(b"PAR1")
    assert {
        error.type
        for task in Package(str(out / "datapackage.json")).validate().tasks
        for error in task.errors
    } == {
        "hash-count",
        "byte-count",
    }


BAD: list[tuple[str, str]] = [
    (VISITS, ROOMS),
    ("nota,id,cuando,sala\nx,1,2024-01-01T10:00:00,1\n", ROOMS),  # a column is missing
    ("nota,id,cuando,sala,comuna,extra\nx,1,ayer,1,15,z\n", ROOMS),  # one is too much, and a cell is none
    (
        "id,cuando,sala,comuna,nota\n1,2024-01-01T10:00:00,1,15\n1,,7,2,x\n\n,,,,\n3,1999-01-01T00:00:00,10,15,a,b,c\n4,,1,15,\n",
        ROOMS,
    ),
    ("id,id,cuando,sala,comuna,nota\n1,2,,1,15,a\n", ROOMS),
    ('id,cuando,sala,comuna,nota\n1,,1,15,"a\rb"\nx,,1,15,"""\n"\n2,,9,99,"\u2028"\n', ROOMS),
    (VISITS, "Museo;;\n\nSala;x;Abre\n1;-;31/02/1999\n\n1;-;01/01/2000\n"),
    ("nota;id;cuando;sala;comuna\n,;1;;1;15\n", ROOMS),
    ("id,cuando,sala,comuna,nota\n", "Museo;;\n\nSala;x;Abre\n"),
]


@pytest.mark.parametrize(("visits", "rooms"), BAD)
def test_what_we_report_anyone_can_find_with_frictionless(dataset, tmp_path, visits, rooms):
    tables, _typed, report = checked(dataset, tmp_path, visits, rooms)
    place = write_tables(dataset, tables, {"barrios/comunas": communes()}, tmp_path / "checked")
    theirs = Package(str(place)).validate()
    ours = [(p.resource, p.type, p.row, p.field_number) for p in report.problems]
    found = [
        (task.name, error.type, getattr(error, "row_number", None), getattr(error, "field_number", None))
        for task in theirs.tasks
        for error in task.errors
    ]
    assert ours == found
    assert bool(ours) == ((visits, rooms) not in (BAD[0], BAD[-2], BAD[-1]))


def test_a_table_that_could_not_be_read_takes_its_references_along(dataset, tmp_path):
    tables, _typed, _report = checked(dataset, tmp_path, VISITS, ROOMS)
    place = write_tables(dataset, {"visitas": tables["visitas"]}, {}, tmp_path / "checked")
    assert Package(str(place)).validate().valid


def test_parts_are_written_as_the_whole_table(tmp_path):
    table = pa.table({"id": range(300_000), "tipo": ["a", "b", None] * 100_000})
    write_parquet(table, tmp_path / "whole.parquet")
    cuts = [0, 1, 65_536, 131_072, 140_000, 299_999, 300_000]
    parts = [table.slice(a, b - a) for a, b in itertools.pairwise(cuts)]
    write_parquet_parts(iter(parts), table.schema, tmp_path / "parts.parquet")
    assert (tmp_path / "parts.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    write_parquet(table.slice(0, 0), tmp_path / "whole.parquet")
    write_parquet_parts(iter([]), table.schema, tmp_path / "parts.parquet")
    assert (tmp_path / "parts.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
