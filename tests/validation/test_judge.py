"""What is judged without Great Expectations is judged as it would: the same success, counts, rows and values
found, for any table and any way to write an expectation; and no suite of ours needs it."""

from __future__ import annotations

import datetime as dt
import os
import random
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
import yaml

from tests.support.paths import ROOT
from validation.expectations import to_pandas, validate_by_great_expectations
from validation.judge import KINDS, judge
from validation.table import ROW

ROUNDS = int(os.environ.get("TEST_EXAMPLES", "40")) // 10
DAY, MOMENT = dt.datetime(2020, 1, 4), dt.datetime(2020, 1, 5, 12)  # noqa: DTZ001 - wall time, as in the frame
VALUES: dict[str, tuple[pa.DataType, list[Any]]] = {
    "int": (pa.int64(), [0, 1, 2, 3, 50, 100]),
    "big": (pa.int64(), [2**60, 2**60 + 1, 1]),
    "float": (pa.float64(), [0.1, 0.2, 1e9, -3.5, 100.0]),
    "text": (pa.string(), ["a", "b", "Ñandú", "", "x1", "10"]),
    "bool": (pa.bool_(), [True, False]),
    "date": (pa.date32(), [dt.date(2020, 1, day) for day in range(1, 9)]),
    "time": (
        pa.timestamp("us", tz="-03:00"),
        [dt.datetime(2020, 1, day, tzinfo=dt.UTC) for day in (1, 4, 6)],
    ),
    "money": (pa.decimal128(10, 2), [Decimal("1.10"), Decimal("2.20")]),
    "empty": (pa.string(), [None]),
}
ANY = [0, 1, 2, 50, 0.2, 1e9, "a", "x1", "10", True, None, DAY, MOMENT, dt.date(2020, 1, 4)]
CONDITIONS = [
    "int1 > 1",
    'text1 == "a"',
    "text1.isna()",
    "float1.notnull() and int2 < 3",
    "bool1 == True",
    'date1 < "2020-01-05"',
    "nope > 1",
    "bool1",
    "text1.str.len() > 1",
    "int1 + int2 > 3",
    "int1 > @DAY",
]
BOTH_MISSING = ["both_values_are_missing", "either_value_is_missing", "neither", "never"]
ALL_MISSING = ["all_values_are_missing", "any_value_is_missing", "never", "neither"]


def make_table(chance: random.Random) -> pa.Table:
    """Two columns of each kind, with or without nulls; some rows of earlier extracts."""
    rows = chance.choice([0, 1, 5, 30])
    numbers = [None if chance.random() < 0.05 else number + 2 for number in range(rows)]
    columns = {ROW: pa.array(numbers, pa.int64())}
    for kind, (arrow, values) in VALUES.items():
        for n in "12":
            some = values if chance.random() < 0.4 else [*values, None]
            columns[kind + n] = pa.array([chance.choice(some) for _each in range(rows)], arrow)
    return pa.table(columns)


def make_expectation(chance: random.Random) -> dict[str, Any]:
    """Any of the types, on any columns, mostly with values that make sense of them."""
    kind = chance.choice(list(KINDS))
    columns = [kind + n for kind in VALUES for n in "12"]
    column = chance.choice(columns)
    likely = [name for name in columns if name[:-1] == column[:-1]]
    other = chance.choice(likely if chance.random() < 0.7 else columns)
    values = VALUES[column[:-1]][1]
    if column.startswith(("date", "time")):
        values = [DAY, MOMENT]
    some = values if chance.random() < 0.7 else ANY
    keys: dict[str, Any] = {
        "column": column,
        "column_A": column,
        "column_B": other,
        "column_list": [column, other] if chance.random() < 0.8 else chance.sample(columns, 1),
        "value": chance.choice([0, 1, 5, 30, 5.0, "5"]),
        "value_set": [chance.choice(some) for _each in range(chance.randrange(6))],
        "value_pairs_set": [[chance.choice(some), chance.choice(some)] for _each in range(5)],
        "regex": chance.choice(["a", "^x", "(?i)ñ", "^.$", "(a)|(b)", r"\d", "[", " ?", r"(.)\1|a", ""]),
        "min_value": chance.choice(some if "row_count" not in kind else [0, 1, 5]),
        "max_value": chance.choice(some if "row_count" not in kind else [0, 5, 30]),
        "strict_min": chance.random() < 0.5,
        "strict_max": chance.random() < 0.5,
        "or_equal": chance.random() < 0.7,
        "mostly": chance.choice([0, 0.5, 0.8, 0.9, 1, 1.0]),
        "ignore_row_if": chance.choice(ALL_MISSING if "compound" in kind else BOTH_MISSING),
        "row_condition": chance.choice(CONDITIONS),
    }
    may = [
        key for key in KINDS[kind].may if key in keys and chance.random() < (0.7 if "_value" in key else 0.3)
    ]
    kwargs = {key: keys[key] for key in [*KINDS[kind].needs, *may]}
    if "row_condition" in kwargs and chance.random() < 0.95:
        kwargs["condition_parser"] = "pandas"
    return {"type": kind, "kwargs": kwargs}


def told(outcome: dict[str, Any]) -> dict[str, str]:
    """What is made of an outcome, as it is written."""
    keys = ("success", "unexpected_count", "unexpected_index_list", "observed_value", "broken")
    return {key: str(outcome.get(key)) for key in keys}


@pytest.mark.filterwarnings("ignore")
def test_what_is_judged_here_is_what_great_expectations_says():
    judged = set()
    for seed in range(ROUNDS):
        chance = random.Random(seed)
        frame = to_pandas(make_table(chance))
        expectations = [make_expectation(chance) for _each in range(60)]
        theirs = validate_by_great_expectations(frame.copy(), expectations)
        for each, answer in zip(expectations, theirs, strict=True):
            mine = judge(frame, each["type"], each["kwargs"])
            if mine is not None:
                judged.add((each["type"], mine["success"]))
                assert told(mine) == told(answer), (seed, each)
    assert len(judged) > len(KINDS)


def suites() -> list[tuple[str, str, dict[str, Any]]]:
    paths = sorted((ROOT / "datasets").glob("*/*.expectations.yaml"))
    return [
        (path.parent.name, each["type"], each.get("kwargs", {}))
        for path in paths
        for each in yaml.safe_load(path.read_text("utf-8"))["expectations"]
    ]


def test_no_expectation_of_the_city_waits_for_great_expectations():
    asked = [
        (dataset, kind, sorted(kwargs.keys() - {*KINDS[kind].needs, *KINDS[kind].may}))
        for dataset, kind, kwargs in suites()
        if kind in KINDS
    ]
    assert [each for each in asked if each[2]] == []
    assert {kind for _dataset, kind, _kwargs in suites()} <= KINDS.keys()


CHECK = """
import sys
from pipelines.cli import app
try:
    app(["check", "ba-obras"])
finally:
    from isolation.nursery import call_apart
    from isolation.process import Bounds
    from tests.validation.test_judge import loaded
    bounds = Bounds(500_000_000, 60)
    here, apart = loaded(), call_apart(loaded, bounds=bounds, load=["validation.expectations"])
    print(*here, *apart)
"""


def loaded() -> tuple[bool, bool]:
    """Whether Great Expectations and pandas were imported."""
    return "great_expectations" in sys.modules, "pandas" in sys.modules


def test_a_check_of_a_dataset_with_a_suite_does_without_it(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", CHECK],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "VEREDA_DATASETS": str(ROOT / "datasets")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.splitlines()[-1] == "False False False True", run.stderr
