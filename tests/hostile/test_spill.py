"""What is large of a table goes to a file, and is the same table; nothing of it is left."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from isolation import spill
from isolation.spill import TableWriter, let_go, map_file, spilling

SCHEMA = pa.schema([("n", pa.int64()), ("t", pa.string())])


def batch(number: int) -> pa.RecordBatch:
    return pa.record_batch(
        [pa.array(range(1_000), pa.int64()), pa.array([f"{number} ñ {n}" for n in range(1_000)])],
        schema=SCHEMA,
    )


def write(batches: list[pa.RecordBatch]) -> pa.Table:
    writer = TableWriter(SCHEMA)
    for each in batches:
        writer.write(each)
    return writer.table()


@pytest.fixture
def room(monkeypatch, tmp_path):
    monkeypatch.setattr(spill, "SMALL", 50_000)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def mapped_files() -> int:
    return sum("(deleted)" in line for line in Path("/proc/self/maps").read_text().splitlines())


@pytest.mark.parametrize("count", [0, 1, 30])
def test_a_table_in_a_file_is_the_one_in_memory(room, count):
    batches = [batch(number) for number in range(count)]
    before = mapped_files()
    with spilling():
        table = write(batches)
        assert table.equals(pa.Table.from_batches(batches, SCHEMA))
        assert (mapped_files() > before) == (count > 1)
        assert not list(room.iterdir()), "a process that is killed leaves nothing"
    assert table.equals(pa.Table.from_batches(batches, SCHEMA)), "who has it keeps it"


def test_without_spilling_a_table_stays_in_memory(room):
    before = mapped_files()
    table = write([batch(number) for number in range(30)])
    assert (table.num_rows, mapped_files()) == (30_000, before)


def test_pages_that_were_let_go_of_come_back(room):
    path = room / "t"
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, SCHEMA) as writer:
        for number in range(30):
            writer.write_batch(batch(number))
    mapped = map_file(path)
    table = pa.ipc.open_file(pa.BufferReader(mapped)).read_all()
    first = pc.sum(table["n"]).as_py()
    let_go(mapped)
    assert (pc.sum(table["n"]).as_py(), table["t"][29_999].as_py()) == (first, "29 ñ 999")
