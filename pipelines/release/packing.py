"""The files of a large table, written by several workers at once: each writes some row groups, and what they
wrote is put together. The bytes are those of one that writes all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalog.archive.changes.rows import SCHEMA as LINES
from catalog.archive.changes.rows import lines_of_rows, open_duckdb
from catalog.archive.continued import append_file, join_parquet
from catalog.archive.published import (
    ROW_GROUP,
    CsvWriting,
    described_table,
    find_writing,
    pack_csv,
    repetitive_columns,
    write_lines,
    write_parquet,
    write_parquet_parts,
)
from isolation.spill import TableWriter, map_file
from pipelines.workers import Workers, find_workers, is_shared, wait_for
from validation.fast.parts import require_file, write_whole

GROUPS = 2
"""Row groups that one worker takes at a time."""


@dataclass(frozen=True)
class LentTable:
    """A table in a file (Arrow IPC) of so many bytes, for others to read."""

    path: Path
    size: int
    rows: int

    def slice(self, start: int, count: int) -> pa.Table:
        """Some of its rows. Raises FileNotSeen."""
        with pa.memory_map(str(require_file(self.path, self.size))) as source:
            return pa.ipc.open_file(source).read_all().slice(start, count)


def pack_table(
    table: pa.Table, schema: Mapping[str, Any], about: Mapping[str, str], missing: str, into: Path, twin: Path
) -> bool:
    """The table as CSV and as Parquet, as far as there are workers for so large a table; says whether there
    are."""
    workers = find_workers(table.nbytes)
    if workers is None:
        return False
    described = described_table(table, schema, about)
    lent = lend_table(described, into.with_name(f"{into.name}.lent"))
    writing = find_writing(table, missing)
    lines = [workers.submit(write_csv_part, lent, *part, writing) for part in _parts(lent)]
    groups = _submit_groups(workers, lent, repetitive_columns(described))
    pack_csv(table.slice(0, 0), missing, into)
    for path, size in wait_for(lines):
        append_file(require_file(path, size), into)
    _join_groups(groups, twin)
    lent.path.unlink()
    return True


def pack_changes(parts: Iterator[pa.Table], into: Path) -> None:
    """The lines of what changed, as Parquet: by workers, where there are some for so many."""
    if not is_shared():
        write_parquet_parts(parts, LINES, into)
        return
    kept = TableWriter(LINES)
    for part in parts:
        kept.write(part)
    lines = kept.table()
    workers = find_workers(lines.nbytes)
    if workers is None:
        write_parquet_parts(iter([lines]), LINES, into)
        return
    lent = lend_table(lines, into.with_name(f"{into.name}.lent"))
    _join_groups(_submit_groups(workers, lent, repetitive_columns(lines)), into)
    lent.path.unlink()


def add_lines(
    resource: str, change: str, table: pa.Table, key: Sequence[str], places: pa.ChunkedArray
) -> pa.Table | None:
    """The lines of rows that came or went whole: by workers, where there are some for so many, else None."""
    workers = find_workers(table.nbytes) if len(places) else None
    if workers is None:
        return None
    lent = lend_table(table, workers.room / f"{resource}.{change}.lent")
    step = GROUPS * ROW_GROUP
    parts = [
        (lent, resource, change, list(key), start, places.slice(start, step).combine_chunks())
        for start in range(0, len(places), step)
    ]
    written = [require_file(*each) for each in workers.map(write_change_lines, parts)]
    lent.path.unlink()
    return pa.concat_tables(
        [pa.ipc.open_file(pa.BufferReader(map_file(path))).read_all() for path in written]
    )


def write_change_lines(
    lent: LentTable, resource: str, change: str, key: list[str], start: int, places: pa.Array
) -> tuple[Path, int]:
    """Writes the lines of the rows at some places; gives the file, and its bytes. Raises FileNotSeen."""
    into = lent.path.with_name(f"{lent.path.name}.{start:012}.arrow")
    with write_whole(into) as aside, open_duckdb(threads=1) as duck:
        rows = lent.slice(0, lent.rows)
        lines = list(lines_of_rows(duck, resource, change, rows, key, pa.chunked_array([places])))
        return into, lend_table(pa.concat_tables(lines), aside).size


def lend_table(table: pa.Table, path: Path) -> LentTable:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return LentTable(path, path.stat().st_size, table.num_rows)


def _parts(lent: LentTable) -> Iterator[tuple[int, int]]:
    step = GROUPS * ROW_GROUP
    yield from ((start, min(step, lent.rows - start)) for start in range(0, lent.rows, step))


def write_csv_part(lent: LentTable, start: int, count: int, writing: CsvWriting) -> tuple[Path, int]:
    """Writes the lines of some rows, without names; gives the file, and its bytes. Raises FileNotSeen."""
    into = lent.path.with_name(f"{lent.path.name}.{start:012}.csv")
    with write_whole(into) as aside:
        with aside.open("wb") as file:
            write_lines(lent.slice(start, count), writing, file)
        return into, aside.stat().st_size


def write_groups(lent: LentTable, start: int, count: int, repetitive: list[str]) -> tuple[Path, int]:
    """Writes some row groups as Parquet; gives the file, and its bytes. Raises FileNotSeen."""
    into = lent.path.with_name(f"{lent.path.name}.{start:012}.parquet")
    with write_whole(into) as aside:
        write_parquet(lent.slice(start, count), aside, repetitive)
        return into, aside.stat().st_size


def _submit_groups(workers: Workers, lent: LentTable, repetitive: list[str]) -> list[Any]:
    return [workers.submit(write_groups, lent, *part, repetitive) for part in _parts(lent)]


def _join_groups(groups: list[Any], into: Path) -> None:
    written = [require_file(*each) for each in wait_for(groups)]
    written[0].replace(into)
    join_parquet(into, None, written[1:])
