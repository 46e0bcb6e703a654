"""Rows that lie in a file which others see are lent as they lie; only others are written for it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from validation.fast.lending import Shelf
from validation.fast.parts import FileNotSeen


def rows(first: int, count: int) -> pa.Table:
    numbers = range(first, first + count)
    return pa.table(
        {
            "n": pa.array(numbers, pa.int64()),
            "text": [str(n) if n % 3 else None for n in numbers],
            "even": [n % 2 == 0 for n in numbers],
        }
    )


@pytest.fixture
def shelved(tmp_path: Path) -> tuple[Shelf, pa.Table]:
    """Ten rows in a file of three blocks."""
    path = tmp_path / "rows.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, rows(0, 10).schema) as writer:
        for batch in rows(0, 10).to_batches(max_chunksize=4):
            writer.write_batch(batch)
    shelf = Shelf()
    return shelf, shelf.read(path, path.stat().st_size)


def test_what_lies_in_a_file_is_lent_as_it_lies(shelved: tuple[Shelf, pa.Table], tmp_path: Path) -> None:
    shelf, table = shelved
    wanted = table.slice(1, 8).select(["even", "n"])
    lent = shelf.lend(wanted, wanted.schema, tmp_path / "aside")
    assert [(piece.block, piece.start, piece.rows) for piece in lent.pieces] == [
        (0, 1, 3),
        (1, 0, 4),
        (2, 0, 1),
    ]
    assert not (tmp_path / "aside").exists()
    assert lent.read().equals(wanted)
    assert lent.cut(2, 4).read().equals(wanted.slice(2, 4))
    assert lent.cut(8, 4).rows == 0


def test_other_rows_are_written_and_come_in_their_order(
    shelved: tuple[Shelf, pa.Table], tmp_path: Path
) -> None:
    shelf, table = shelved
    wanted = pa.concat_tables([table.slice(6), rows(50, 3), table.slice(0, 2), rows(61, 1)])
    words = wanted.schema.with_metadata({"title": "of all"})
    lent = shelf.lend(wanted, words, tmp_path / "aside")
    with pa.ipc.open_file(str(tmp_path / "aside")) as written:
        assert written.read_all()["n"].to_pylist() == [50, 51, 52, 61]
    assert lent.read().equals(wanted)
    assert lent.read().schema.metadata == {b"title": b"of all"}
    assert lent.cut(3, 5).read().equals(wanted.slice(3, 5))


def test_columns_that_do_not_lie_beside_one_another_are_written(
    shelved: tuple[Shelf, pa.Table], tmp_path: Path
) -> None:
    shelf, table = shelved
    shifted = pa.table({"n": table["n"].slice(0, 3), "even": table["even"].slice(1, 3)})
    changed = table.set_column(1, "text", pa.array(["x"] * 10))
    for wanted in (shifted, changed):
        lent = shelf.lend(wanted, wanted.schema, tmp_path / "aside")
        assert {piece.path.name for piece in lent.pieces} == {"aside"}
        assert lent.read().equals(wanted)


def test_a_file_that_is_gone_or_another_is_not_read(shelved: tuple[Shelf, pa.Table], tmp_path: Path) -> None:
    shelf, table = shelved
    lent = shelf.lend(table, table.schema, tmp_path / "aside")
    (tmp_path / "rows.arrow").write_bytes(b"")
    with pytest.raises(FileNotSeen):
        lent.read()


def test_what_is_forgotten_is_written(shelved: tuple[Shelf, pa.Table], tmp_path: Path) -> None:
    shelf, table = shelved
    shelf.clear()
    assert {piece.path.name for piece in shelf.lend(table, table.schema, tmp_path / "aside").pieces} == {
        "aside"
    }
