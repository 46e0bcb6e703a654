"""The same table checked with other tools, for orientation: each leaves something out, which its words
say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from typing import Any

from benchmarks.generate import KINDS, SCHEMA

TYPES = {
    "integer": "BIGINT",
    "string": "VARCHAR",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
}
# What each tool leaves out beside ours.
LEFT_OUT: dict[str, str] = {
    "pandera": "pandera (polars): no type error cell by cell (polars refuses the file), no shape of rows, "
    "first word per check only",
    "DuckDB": "DuckDB: counts of what is wrong, without rows or words; strict types refuse the file at the "
    "first wrong cell",
    "Great Expectations": "Great Expectations (pandas), first {rows:,} rows, import not counted: types are "
    "left to Arrow, no row shape",
}
FEW = 100_000  # rows for Great Expectations, whose time and memory for more nobody wants to wait for


def others(path: str) -> Iterator[tuple[str, float]]:
    """Each tool with what it leaves out, and the seconds that it takes for a clean table, reading it
    included."""
    for name, check in (
        ("pandera", with_pandera),
        ("DuckDB", with_duckdb),
        ("Great Expectations", with_expectations),
    ):
        yield LEFT_OUT[name].format(rows=FEW), check(path)


def with_pandera(path: str) -> float:
    import pandera.polars as pa
    import polars as pl

    types = {
        "integer": pl.Int64,
        "string": pl.String,
        "date": pl.Date,
        "datetime": pl.Datetime,
        "number": pl.Float64,
        "boolean": pl.Boolean,
    }
    columns = {}
    for field in SCHEMA["fields"]:
        told = field.get("constraints", {})
        checks = [
            made for name, bound in told.items() if (made := _pandera(pa.Check, field["type"], name, bound))
        ]
        unique = bool(told.get("unique")) or field["name"] in SCHEMA["primaryKey"]
        columns[field["name"]] = pa.Column(
            types[field["type"]], checks, nullable=not told.get("required"), unique=unique
        )
    schema = pa.DataFrameSchema(columns)
    start = time.perf_counter()
    frame = pl.read_csv(path, schema={field["name"]: types[field["type"]] for field in SCHEMA["fields"]})
    schema.validate(frame, lazy=True)
    return time.perf_counter() - start


def _pandera(check: Any, kind: str, name: str, bound: Any) -> Any:
    value = date.fromisoformat(bound) if kind == "date" else bound
    match name:
        case "minimum":
            return check.ge(value)
        case "maximum":
            return check.le(value)
        case "enum":
            return check.isin(bound)
        case "pattern":
            return check.str_matches(f"^(?:{bound})$")
        case "maxLength":
            return check.str_length(max_value=bound)
    return None


def with_duckdb(path: str) -> float:
    import duckdb

    types = ", ".join(f"'{field['name']}': '{TYPES[field['type']]}'" for field in SCHEMA["fields"])
    wrong = [_sql(field["name"], field["type"], field.get("constraints", {})) for field in SCHEMA["fields"]]
    counts = [f"count(*) filter (where {each})" for each in wrong if each]
    counts += ["count(*) - count(distinct id)", "count(*) - count(distinct codigo)"]
    start = time.perf_counter()
    with duckdb.connect() as duck:
        (found,) = duck.execute(
            f"select {', '.join(counts)} from read_csv(?, header = true, columns = {{{types}}})", [path]
        ).fetchall()
    seconds = time.perf_counter() - start
    assert not any(found)
    return seconds


def _sql(name: str, kind: str, told: dict[str, Any]) -> str:
    quote = "DATE '{}'" if kind == "date" else "{}"
    tests = {
        "required": f"{name} is null",
        "minimum": f"{name} < {quote.format(told.get('minimum'))}",
        "maximum": f"{name} > {quote.format(told.get('maximum'))}",
        "enum": f"{name} not in ({', '.join(repr(kind) for kind in KINDS)})",
        "pattern": f"not regexp_full_match({name}, '{told.get('pattern')}')",
        "maxLength": f"length({name}) > {told.get('maxLength')}",
    }
    return " or ".join(tests[constraint] for constraint in told if constraint in tests)


def with_expectations(path: str) -> float:
    import great_expectations  # noqa: F401 - takes some ten seconds, and is not what is measured
    import pyarrow.csv

    from validation.expectations import expect
    from validation.table import ROW

    expectations = []
    for field in SCHEMA["fields"]:
        told, column = field.get("constraints", {}), {"column": field["name"]}
        if told.get("required"):
            expectations.append({"type": "expect_column_values_to_not_be_null", "kwargs": column})
        if told.get("unique") or field["name"] in SCHEMA["primaryKey"]:
            expectations.append({"type": "expect_column_values_to_be_unique", "kwargs": column})
        bounds = {f"{bound[:3]}_value": told[bound] for bound in ("minimum", "maximum") if bound in told}
        if bounds:
            expectations.append(
                {"type": "expect_column_values_to_be_between", "kwargs": {**column, **bounds}}
            )
        if "enum" in told:
            expectations.append(
                {"type": "expect_column_values_to_be_in_set", "kwargs": {**column, "value_set": told["enum"]}}
            )
        if "pattern" in told:
            expectations.append(
                {
                    "type": "expect_column_values_to_match_regex",
                    "kwargs": {**column, "regex": f"^{told['pattern']}$"},
                }
            )
        if "maxLength" in told:
            expectations.append(
                {
                    "type": "expect_column_value_lengths_to_be_between",
                    "kwargs": {**column, "max_value": told["maxLength"]},
                }
            )
    start = time.perf_counter()
    rows = pyarrow.csv.read_csv(path).slice(0, FEW)
    rows = rows.add_column(0, ROW, [pyarrow.array(range(rows.num_rows))])
    problems, _results = expect({"t": rows}, {"t": {"expectations": expectations}})
    seconds = time.perf_counter() - start
    assert not problems, problems
    return seconds
