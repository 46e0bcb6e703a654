"""Rows that another table has are found alike, whichever way they are looked for."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.archive.published import text
from isolation.spill import keep_rows
from pipelines.release import matching
from pipelines.release.matching import rows_among, surplus_rows

CELLS = st.tuples(
    st.sampled_from([None, "", "a", "ñ", "a=b", "A"]),
    st.sampled_from([None, 0.0, -0.0, 7.0, float("nan"), 0.1]),
    st.sampled_from([None, -1, 7]),
)
NAMES = ["t", "x", "n"]


def as_table(rows: list[tuple[object, ...]]) -> pa.Table:
    kinds = [pa.string(), pa.float64(), pa.int64()]
    columns = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(kinds)]
    return pa.table(columns, names=NAMES)


def published(table: pa.Table, names: list[str]) -> list[tuple[str | None, ...]]:
    return list(zip(*(text(table[name]).to_pylist() for name in names), strict=True))


@given(st.lists(CELLS, max_size=12), st.lists(CELLS, max_size=12), st.sampled_from([["t"], ["x"], NAMES]))
def test_a_row_is_among_others_where_one_is_published_alike(mine, theirs, names):
    rows, others = as_table(mine), as_table(theirs)
    there = set(published(others, names))
    assert rows_among(rows, others, names).tolist() == [row in there for row in published(rows, names)]


@given(st.lists(CELLS, max_size=12), st.lists(CELLS, max_size=12))
def test_of_equal_rows_the_last_are_too_many(mine, theirs):
    rows, others = as_table(mine), as_table(theirs)
    there = Counter(published(others, NAMES))
    expected = []
    for row in published(rows, NAMES):
        there[row] -= 1
        expected.append(there[row] < 0)
    assert surplus_rows(rows, others, NAMES).tolist() == expected


@pytest.mark.parametrize("few", [1, 10_000])
def test_many_keys_are_looked_for_in_duckdb_and_few_by_the_column(monkeypatch, few):
    monkeypatch.setattr(matching, "FEW", few)
    rows = pa.table({"k": pa.array([f"k{n}" for n in range(900)] + [None])})
    others = pa.table({"k": pa.array([f"k{n * 7}" for n in range(300)] + [None])})
    found = rows_among(rows, others, ["k"])
    assert np.flatnonzero(found).tolist() == [*range(0, 900, 7), 900]


def test_rows_of_many_runs_are_kept_as_those_of_few():
    table = pa.table({"n": np.arange(10_000), "t": [str(n) for n in range(10_000)]})
    for kept in (np.arange(10_000) % 3 > 0, np.arange(10_000) < 17, np.zeros(10_000, np.bool_)):
        assert keep_rows(table, kept).equals(table.filter(pa.array(kept)))
