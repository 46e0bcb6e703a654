"""Files of a table that several write, each some row groups, are byte for byte those of one writer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from catalog.archive import continued, published, thrift
from catalog.archive.changes import rows
from catalog.archive.changes.duck import open_duckdb
from pipelines.release import packing
from pipelines.workers import Workers

SCHEMA = {
    "fields": [{"name": "id", "title": "Número"}, {"name": "texto"}, {"name": "monto"}, {"name": "día"}]
}
ABOUT = {"dataset": "obras", "title": "Obras"}


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Workers]:
    """Threads, for tables of any size, in row groups of 100 rows."""
    for module in (published, continued, packing):
        monkeypatch.setattr(module, "ROW_GROUP", 100)
    processors = pa.cpu_count()
    with ThreadPoolExecutor(2) as pool:
        made = Workers(pool, "threads", tmp_path)
        monkeypatch.setattr(packing, "find_workers", lambda _size: made)
        yield made
    pa.set_cpu_count(processors)


def table(count: int, numbers: list[float | None]) -> pa.Table:
    random = np.random.default_rng(3)
    days = pa.array(random.integers(0, 20_000, count).astype("int32"), pa.int32()).cast(pa.date32())
    texts = [None if place % 7 == 0 else f'Año {place % 50}, "sí"' for place in range(count)]
    amounts = [numbers[place % len(numbers)] for place in range(count)]
    return pa.table(
        {
            "id": pa.array(random.permutation(count), pa.int64()),
            "texto": pa.array(texts, pa.string()),
            "monto": pa.array(amounts, pa.float64()),
            "día": days,
        }
    )


@pytest.mark.parametrize("count", [1, 100, 201, 1_234])
@pytest.mark.parametrize(
    "numbers", [[1.5, None, -0.0], [float("nan"), 2.0], [1e12, 0.1]], ids=["plain", "nan", "large"]
)
def test_both_files_are_those_of_one_writer(
    workers: Workers, tmp_path: Path, count: int, numbers: list[float | None]
) -> None:
    rows_of = table(count, numbers)
    alone, parts = tmp_path / "alone", tmp_path / "parts"
    for folder in (alone, parts):
        folder.mkdir()
    published.pack_csv(rows_of, "", alone / "a.csv")
    published.pack_parquet(rows_of, SCHEMA, ABOUT, alone / "a.parquet")
    assert packing.pack_table(rows_of, SCHEMA, ABOUT, "", parts / "a.csv", parts / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        assert (parts / name).read_bytes() == (alone / name).read_bytes()
    assert sorted(path.name for path in parts.iterdir()) == ["a.csv", "a.parquet"]
    assert workers.done["write_groups"] == -(-count // (100 * packing.GROUPS))


def test_lines_of_what_came_are_those_of_one_that_makes_all(workers: Workers, tmp_path: Path) -> None:
    rows_of = table(777, [1.0, None])
    with open_duckdb() as duck:
        alone = rows.compare(duck, "obras", rows_of.slice(0, 0), rows_of, ["id"])
        spread = rows.compare(
            duck, "obras", rows_of.slice(0, 0), rows_of, ["id"], add_lines=packing.add_lines
        )
    assert spread.table.equals(alone.table)
    assert spread.counts == alone.counts
    assert workers.done["write_change_lines"] == 4
    published.write_parquet(alone.table, tmp_path / "alone.parquet")
    packing.pack_changes(spread.lines(), tmp_path / "parts.parquet")
    assert (tmp_path / "parts.parquet").read_bytes() == (tmp_path / "alone.parquet").read_bytes()


@pytest.mark.parametrize("by", [1, 5_000, 1 << 40])
def test_pages_are_shifted_as_reading_and_writing_them_does(by: int) -> None:
    def page(place: int) -> Any:
        return {1: (thrift.I64, place * 1_000), 2: (thrift.I32, 990), 3: (thrift.I64, place * 1_024)}

    for count in (1, 14, 15, 200):
        index = thrift.write_struct(
            {1: (thrift.LIST, thrift.Listed(thrift.STRUCT, [*map(page, range(count))]))}
        )
        other = thrift.read_struct(index)[0]
        for each in other[1][1].items:
            each[1] = thrift.I64, each[1][1] + by
        assert thrift.shift_locations(index, by) == thrift.write_struct(other)
    assert thrift.shift_locations(thrift.write_struct({2: (thrift.I32, 1)}), by) == b""
