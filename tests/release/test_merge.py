"""What was not delivered is not deleted; what is delivered again is not doubled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from frictionless import Package
from hypothesis import given
from hypothesis import strategies as st

from pipelines.dataset.dataset import DatasetError, Resource
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.release.merge import doubled_keys, find_retained, merge_rows
from tests.support.tables import table
from validation.schema import check
from validation.table import ROW

V2 = "https://datapackage.org/profiles/2.0/datapackage.json"


def resource(
    *fields: str, key: Sequence[str] = (), missing: Sequence[str] = ("",), **extract: Any
) -> Resource:
    """resource("id:integer", "mes:date", mode="by-period", field="mes")"""
    described = [dict(zip(("name", "type"), field.split(":"), strict=True)) for field in fields]
    schema = {"fields": described, "missingValues": list(missing)} | (
        {"primaryKey": list(key)} if key else {}
    )
    pipeline = ResourcePipeline.model_validate(
        {"source": {"kind": "file", "path": "a.csv"}, "extract": extract}
    )
    return Resource(
        "obras", "obras.csv", {"name": "obras", "path": "obras.csv", "schema": schema}, pipeline, None
    )


def deliver(
    previous: pa.Table | None,
    declared: Resource,
    tuples: Iterable[Sequence[str]],
    periodicity: str = "R/P1M",
    labels: Sequence[str] = (),
) -> pa.Table:
    """The table after a delivery, as a run makes it."""
    sent = table("obras", labels or declared.fields, list(tuples))
    retained = find_retained(previous, sent, declared, periodicity)
    kept = retained.rows if retained else None
    package = Package.from_descriptor({"$schema": V2, "name": "p", "resources": [dict(declared.descriptor)]})
    typed, _report = check({"obras": sent}, package, retained={} if kept is None else {"obras": kept})
    assert doubled_keys(kept, typed["obras"], declared) == []
    return merge_rows(kept, typed["obras"], declared).drop_columns([ROW])


def tuples(whole: pa.Table) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in whole.to_pylist()]


def test_full_is_all_there_is():
    declared = resource("a:integer", mode="full")
    first = deliver(None, declared, [["1"], ["2"]])
    assert tuples(deliver(first, declared, [["2"]])) == [(2,)]


@pytest.mark.parametrize(
    ("kind", "january", "february"),
    [
        ("string", "enero", "febrero"),
        ("integer", "1", "2"),
        ("year", "2023", "2024"),
        ("yearmonth", "2024-01", "2024-02"),
        ("number", "1.0", "2.50"),
    ],
)
def test_resending_a_period_replaces_it_and_leaves_the_others(kind, january, february):
    declared = resource(f"p:{kind}", "n:string", mode="by-period", field="p")
    first = deliver(None, declared, [[january, "a"], [january, "b"]])
    both = deliver(first, declared, [[february, "c"]])
    assert [n for _p, n in tuples(both)] == ["a", "b", "c"]
    again = deliver(both, declared, [[january, "a"], [january, "d"]])
    assert sorted(n for _p, n in tuples(again)) == ["a", "c", "d"]
    assert sorted(n for _p, n in tuples(deliver(again, declared, [[february, "c"]]))) == ["a", "c", "d"]


@pytest.mark.parametrize(
    ("kind", "then", "now"), [("integer", "7", " 007 "), ("number", "7.50", "7.5"), ("boolean", "true", "1")]
)
def test_a_period_is_its_value_however_it_is_written(kind, then, now):
    declared = resource(f"p:{kind}", "n:string", mode="by-period", field="p")
    first = deliver(None, declared, [[then, "a"]])
    assert [n for _p, n in tuples(deliver(first, declared, [[now, "b"]]))] == ["b"]


@pytest.mark.parametrize(
    ("periodicity", "stays", "goes"),
    [
        ("R/P1Y", ["2023-12-31", "2025-01-01"], ["2024-01-01", "2024-12-31"]),
        ("R/P6M", ["2023-12-31", "2024-01-31", "2024-06-30"], ["2024-07-01", "2024-12-31"]),
        ("R/P3M", ["2024-06-30", "2024-10-01"], ["2024-07-01", "2024-09-30"]),
        ("R/P2M", ["2024-06-30", "2024-09-01"], ["2024-07-31", "2024-08-31"]),
        ("R/P1M", ["2024-07-31", "2024-09-01", "2023-08-15"], ["2024-08-01", "2024-08-31"]),
        ("R/P1W", ["2024-08-11", "2024-08-19"], ["2024-08-12", "2024-08-18"]),
        ("R/P0.5M", ["2024-08-14", "2024-08-16"], ["2024-08-15"]),
        ("R/P1D", ["2024-08-14", "2024-08-16"], ["2024-08-15"]),
        ("eventual", ["2024-08-14", "2024-08-16"], ["2024-08-15"]),
    ],
)
@pytest.mark.parametrize("kind", ["date", "datetime"])
def test_of_a_date_the_period_is_that_of_the_periodicity(periodicity, stays, goes, kind):
    declared = resource(f"p:{kind}", mode="by-period", field="p")
    time = "T23:30:00" if kind == "datetime" else ""  # in UTC it would be the day after
    first = deliver(None, declared, [[day + time] for day in [*stays, *goes]], periodicity)
    again = deliver(first, declared, [["2024-08-15" + time]], periodicity)
    assert [str(p)[:10] for (p,) in tuples(again)] == [*stays, "2024-08-15"]


def test_rows_without_a_period_are_replaced_by_rows_without_one():
    declared = resource("p:date", "n:string", mode="by-period", field="p")
    first = deliver(None, declared, [["2024-01-01", "a"], ["", "b"]])
    second = deliver(first, declared, [["2024-02-01", "c"]])
    assert sorted(n for _p, n in tuples(second)) == ["a", "b", "c"]
    assert sorted(n for _p, n in tuples(deliver(second, declared, [["", "d"]]))) == ["a", "c", "d"]


def test_cells_that_cannot_be_read_name_no_period():
    declared = resource("p:date", "n:string", mode="by-period", field="p")
    first = deliver(None, declared, [["2024-01-01", "a"], ["", "b"]])
    sent = table("obras", ["p", "n"], [["enero", "x"]])
    kept = find_retained(first, sent, declared, "R/P1M")
    assert kept is not None
    assert kept.rows.num_rows == 2


def test_an_extract_without_the_periods_column_takes_nothing_away():
    declared = resource("p:integer", "n:string", mode="by-period", field="p")
    first = deliver(None, declared, [["1", "a"]])
    assert find_retained(first, table("obras", ["n"], [["b"]]), declared, "R/P1M").rows.num_rows == 1


def test_a_key_belongs_to_one_row_in_all_periods():
    declared = resource("p:integer", "id:integer", key=["id"], mode="by-period", field="p")
    kept = pa.table({"p": pa.array([1, 1]), "id": pa.array([7, 8])})
    sent = pa.table({ROW: pa.array([2, 3, 4]), "p": pa.array([2, 2, 2]), "id": pa.array([9, 8, 7])})
    assert [row for row, _key in doubled_keys(kept, sent, declared)] == [3, 4]


# --- append


def test_by_key_a_new_row_takes_the_place_of_the_old_one():
    declared = resource("id:integer", "n:string", key=["id"], mode="append")
    first = deliver(None, declared, [["1", "a"], ["2", "b"]])
    second = deliver(first, declared, [["2", "B"], ["3", "c"]])
    assert tuples(second) == [(1, "a"), (2, "B"), (3, "c")]
    assert sorted(tuples(deliver(second, declared, [["2", "B"], ["3", "c"]]))) == tuples(second)


def test_without_a_key_equal_new_rows_are_all_kept_and_none_is_added_twice():
    declared = resource("a:string", "b:string", mode="append")
    first = deliver(None, declared, [["x", "1"]])
    second = deliver(first, declared, [["y", "1"], ["y", "1"]])
    assert tuples(second) == [("x", "1"), ("y", "1"), ("y", "1")]
    assert deliver(second, declared, [["y", "1"], ["y", "1"]]).equals(second)
    assert deliver(second, declared, [["y", "1"]]).equals(second)
    assert tuples(deliver(second, declared, [["y", "1"]] * 3)) == [("x", "1")] + [("y", "1")] * 3


def test_rows_are_equal_only_where_every_cell_is():
    declared = resource("a:string", "b:string", missing=["NA"], mode="append")
    first = deliver(None, declared, [["x\x1f", "y"], ["", "NA"], ["NA", ""]])
    second = deliver(first, declared, [["x", "\x1fy"], ["\x00", ""], ["", ""]])
    assert second.num_rows == 6


ROWS = st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from(["1", "2"])), max_size=6)


@given(ROWS, ROWS)
def test_append_loses_nothing_and_twice_adds_nothing(first, second):
    declared = resource("a:string", "b:integer", mode="append")
    one = deliver(None, declared, first)
    two = deliver(one, declared, second)
    assert deliver(two, declared, second).equals(two)
    assert two.slice(0, one.num_rows).equals(one) or not one.num_rows
    for row in {*tuples(one), *tuples(two)}:
        sent = max(first.count((row[0] or "", str(row[1]))), second.count((row[0] or "", str(row[1]))))
        assert tuples(two).count(row) == sent


# --- when the schema changed


def test_rows_that_stay_get_new_fields_empty_lose_old_ones_and_take_the_types_of_now():
    previous = pa.table({"viejo": ["x"], "n": pa.array([7.0]), "d": pa.array([date(2024, 1, 1)])})
    declared = resource("nuevo:integer", "n:string", "d:date", mode="append")
    whole = deliver(previous, declared, [["1", "8", "2024-02-01"]])
    assert tuples(whole) == [(None, "7", date(2024, 1, 1)), (1, "8", date(2024, 2, 1))]


def test_rows_that_do_not_fit_the_new_type_are_told():
    previous = pa.table({"n": ["siete"]})
    with pytest.raises(DatasetError, match=r"datapackage.yaml: resources.obras.schema.fields.n.type .*full"):
        deliver(previous, resource("n:integer", mode="append"), [["8"]])
