"""Expectations are judged as Great Expectations judges them, told in sentences, and a broken one is a
problem, not a crash."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from functools import cache
from typing import Any

import pyarrow as pa
import yaml

from messages import speaking
from tests.support.paths import ROOT, SHARED
from validation import expectations
from validation.expectations import expect, to_pandas
from validation.table import ROW


@cache
def obras() -> pa.Table:
    return pa.table(
        {
            ROW: [3, 5, 9, 10, None],
            "avance": pa.array([100.0, 50.0, None, 3.0, 100.0]),
            "plazo": pa.array([1, None, 7, 2**40, 5]),
            "etapa": ["Finalizada", "Finalizada", None, "En obra", "Finalizada"],
            "inicio": pa.array(
                [dt.date(2020, 1, 1), None, dt.date(2021, 1, 1), dt.date(2021, 6, 1), dt.date(2022, 1, 1)]
            ),
            "fin": pa.array([dt.date(2020, 1, 2), None, None, dt.date(2021, 1, 1), dt.date(2023, 1, 1)]),
            "visto": pa.array(
                [dt.datetime(2020, 1, 1, 2, tzinfo=dt.UTC)] * 5, type=pa.timestamp("us", tz="-03:00")
            ),
            "publica": [True, None, False, True, True],
            "cuit": pa.array([2**60 + 1, None, 2**60, 1, 2]),
        }
    )


def expected(*expectations: str) -> tuple[list[tuple[Any, ...]], list[dict[str, Any]]]:
    """Problems as (code, severity, field, note in English), and the results, of expectations written as in a
    suite's file."""
    suite = {"name": "obras", "expectations": [yaml.safe_load(line) for line in expectations]}
    with speaking("en"):
        problems, results = expect({"obras": obras()}, {"obras": suite})
    assert {(p.type, p.resource) for p in problems} <= {("table-error", "obras")}
    return [(p.code, p.severity, p.field, p.note) for p in problems], list(results)


def test_a_failed_expectation_is_told_with_its_reason_and_the_agencys_row_numbers():
    problems, results = expected(
        "{type: expect_table_row_count_to_be_between, kwargs: {min_value: 500}, meta: {because: there were "
        "always 500}}",
        "{type: expect_column_values_to_be_between, kwargs: {column: avance, min_value: 100, "
        "row_condition: 'etapa==\"Finalizada\"', "
        "condition_parser: pandas, mostly: 0.9}, severity: warning, meta: {because: a finished work is "
        "done}}",
        "{type: expect_column_values_to_not_be_null, kwargs: {column: etapa}, severity: info}",
        "{type: expect_column_values_to_be_unique, kwargs: {column: plazo}}",
    )
    assert problems == [
        ("expectation", "critical", None, "there were always 500: found was 5"),
        ("expectation", "warning", "avance", "a finished work is done: not so in 1 row: 5"),
        (
            "expectation",
            "warning",
            "etapa",
            "expect_column_values_to_not_be_null: not so in 1 row: 9",
        ),
    ]
    assert results[1] == {
        "resource": "obras",
        "type": "expect_column_values_to_be_between",
        "severity": "warning",
        "success": False,
        "because": "a finished work is done",
        "column": "avance",
        "unexpected": 1,
    }
    assert [result["success"] for result in results] == [False, False, False, True]


def test_dates_nulls_and_whole_numbers_compare_as_one_expects():
    problems, results = expected(
        "{type: expect_column_values_to_be_between, kwargs: {column: inicio, min_value: 2020-06-01}}",
        "{type: expect_column_values_to_be_between, kwargs: {column: inicio, min_value: '2020-06-01'}}",
        "{type: expect_column_values_to_be_in_set, kwargs: {column: inicio, value_set: [2020-01-01, "
        "2021-01-01, 2021-06-01, 2022-01-01]}}",
        "{type: expect_column_pair_values_a_to_be_greater_than_b, kwargs: "
        "{column_A: fin, column_B: inicio, ignore_row_if: either_value_is_missing}}",
        "{type: expect_column_values_to_be_between, kwargs: {column: visto, max_value: 2019-12-31T23:00:00}}",
        "{type: expect_column_values_to_be_between, kwargs: {column: plazo, max_value: 1000}}",
        "{type: expect_column_values_to_be_in_set, kwargs: {column: publica, value_set: [true]}}",
        "{type: expect_column_values_to_be_in_set, kwargs: {column: cuit, value_set: [1152921504606846976, "
        "1, 2]}}",
        "{type: expect_column_values_to_match_regex, kwargs: {column: etapa, regex: '^F'}}",
    )
    rows = [note.rpartition(": ")[2] for _code, _severity, _field, note in problems]
    assert rows == ["3", "3", "10", "10", "9", "3", "10"]
    assert [result["success"] for result in results] == [
        False,
        False,
        True,
        False,
        True,
        False,
        False,
        False,
        False,
    ]


def test_a_row_of_an_earlier_extract_has_no_number_in_this_file():
    problems, _results = expected(
        "{type: expect_column_values_to_be_between, kwargs: {column: inicio, max_value: 2021-12-31}}"
    )
    assert problems[0][3].endswith(": not so in 1 row of an earlier extract")


def test_an_expectation_that_cannot_be_judged_is_a_critical_problem_and_the_others_are_judged():
    problems, results = expected(
        "{type: expect_something, kwargs: {column: avance}, severity: warning}",
        "{type: expect_column_values_to_be_between, kwargs: {column: altura, min_value: 1}}",
        "{type: expect_column_values_to_be_between, kwargs: {colum: avance}}",
        "{type: expect_column_values_to_be_between, kwargs: "
        "{column: avance, min_value: 1, row_condition: 'altura==1', condition_parser: pandas}}",
        "{type: expect_column_values_to_be_between, kwargs: {column: etapa, min_value: 1}}",
        "{type: expect_column_values_to_be_between, kwargs: {column: avance, min_value: 1}}",
    )
    assert [(code, severity, field) for code, severity, field, _note in problems] == [
        ("expectation-broken", "critical", "avance"),
        ("expectation-broken", "critical", "altura"),
        ("expectation-broken", "critical", None),
        ("expectation-broken", "critical", "avance"),
        ("expectation-broken", "critical", "etapa"),
    ]
    assert "altura" in problems[1][3]
    assert [result["success"] for result in results] == [False] * 5 + [True]


def test_a_table_without_rows_is_judged_too():
    suite = {"expectations": [{"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}}]}
    bounds = {"column": "inicio", "min_value": dt.date(2020, 1, 1)}
    suite["expectations"].append({"type": "expect_column_values_to_be_between", "kwargs": bounds})
    problems, results = expect({"obras": obras().slice(0, 0)}, {"obras": suite})
    assert ([problem.code for problem in problems], [result["success"] for result in results]) == (
        ["expectation"],
        [False, True],
    )


def test_the_published_results_hold_no_value():
    _problems, results = expected(
        "{type: expect_column_values_to_be_in_set, kwargs: {column: etapa, value_set: [x]}, meta: "
        "{because: so}}"
    )
    assert set(results[0]) == {"resource", "type", "severity", "success", "because", "column", "unexpected"}


def test_the_example_suite_works(tmp_path):
    suite = yaml.safe_load(
        """
        name: obras
        expectations:
          - type: expect_table_row_count_to_be_between
            kwargs: {min_value: 2}
            severity: critical
            meta: {because: enough}
        """
    )
    if (path := SHARED / "example/ba-obras/obras.expectations.yaml").exists():
        suite = yaml.safe_load(path.read_text("utf-8"))
    table = obras().rename_columns({"avance": "porcentaje_avance"})
    problems, results = expect({"obras": table}, {"obras": suite})
    assert not [problem for problem in problems if problem.code == "expectation-broken"]
    assert len(results) == len(suite["expectations"])


def test_a_table_keeps_its_values_on_the_way_to_pandas():
    frame = to_pandas(obras())
    assert frame["cuit"].dropna().tolist() == [2**60 + 1, 2**60, 1, 2]
    assert frame["visto"].iloc[0] == dt.datetime(2019, 12, 31, 23)  # noqa: DTZ001 - wall time in Buenos Aires
    assert list(frame.index) == [3, 5, 9, 10, 0]
    assert {str(kind) for kind in frame.dtypes} == {"float64", "object", "datetime64[us]"}


QUIET = """
import sys
import pyarrow as pa
from validation import expect
table = pa.table({"__row__": [2], "a": [1]})
expect({"t": table}, {})
expect({"t": table}, {"t": {"expectations": []}})
assert "great_expectations" not in sys.modules
broken = {"type": "expect_column_max_to_be_between", "kwargs": {"column": "b", "max_value": 3}}
expect({"t": table}, {"t": {"expectations": [broken, {**broken, "kwargs": {"column": "a", "max_value": 0}}]}})
"""


def test_great_expectations_is_imported_only_for_a_suite_and_says_nothing():
    run = subprocess.run([sys.executable, "-c", QUIET], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


NAMING = {
    "{type: expect_table_row_count_to_equal, kwargs: {value: 4}}": set(),
    "{type: expect_column_values_to_be_between, kwargs: {column: avance, min_value: 60, row_condition: "
    "'etapa==\"Finalizada\"', condition_parser: pandas}}": {"avance", "etapa"},
    "{type: expect_column_pair_values_a_to_be_greater_than_b, kwargs: {column_A: fin, column_B: inicio}}": {
        "fin",
        "inicio",
    },
    "{type: expect_compound_columns_to_be_unique, kwargs: {column_list: [etapa, publica]}}": {
        "etapa",
        "publica",
    },
    "{type: expect_column_median_to_be_between, kwargs: {column: plazo, max_value: 3}}": {"plazo"},
    "{type: expect_column_value_z_scores_to_be_less_than, kwargs: {column: avance, threshold: 1, "
    "double_sided: true}}": {"avance"},
    "{type: expect_column_values_to_be_of_type, kwargs: {column: cuit, type_: int}}": {"cuit"},
    "{type: expect_column_values_to_be_unique, kwargs: {column: no_existe}}": set(),
    "{type: expect_column_to_exist, kwargs: {column: visto, column_index: 2}}": None,
    "{type: expect_table_columns_to_match_set, kwargs: {column_set: [avance]}}": None,
    "{type: expect_table_column_count_to_equal, kwargs: {value: 8}}": None,
    "{type: expect_no_such_thing, kwargs: {column: avance}}": None,
}
"""Expectations, with the columns that they are judged by; None: all."""


def test_an_expectation_is_judged_by_the_columns_that_it_names_as_by_all(monkeypatch):
    given: list[set[str]] = []

    def note(table: pa.Table) -> Any:
        given.append(set(table.column_names) - {ROW})
        return to_pandas(table)

    monkeypatch.setattr(expectations, "to_pandas", note)
    everything = {name for name in obras().column_names if name != ROW}
    told = {line: expected(line) for line in NAMING}
    assert given == [everything if columns is None else columns for columns in NAMING.values()]
    monkeypatch.setattr(expectations, "_needed_columns", lambda table, _expectations: table)
    assert {line: expected(line) for line in NAMING} == told
    assert given[len(NAMING) :] == [everything] * len(NAMING)
