"""The files of a large table, written by several workers at once: each writes some row groups, and what they
wrote is put together. The bytes are those of one that writes all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.changes.duck import open_duckdb
from catalog.archive.changes.rows import SCHEMA as LINES
from catalog.archive.changes.rows import lines_of_rows
from catalog.archive.continued import append_file, hash_file, join_parquet
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
from isolation.spill import TableWriter
from pipelines.workers import Answer, Workers, find_workers, is_shared, wait_for
from validation.fast.lending import SHELF, LentTable
from validation.fast.parts import require_file, write_whole

GROUPS = 2
"""Row groups that one worker takes at a time."""


WrittenFile = tuple[Path, int]
"""A file that a worker wrote, and its bytes."""


def pack_table(
    table: pa.Table, schema: Mapping[str, Any], about: Mapping[str, str], missing: str, into: Path, twin: Path
) -> tuple[str, str] | None:
    """The table as CSV and as Parquet, as far as there are workers for so large a table; gives the sha256 of
    both, None where there are none."""
    workers = find_workers(table.nbytes)
    if workers is None:
        return None
    described = described_table(table, schema, about)
    aside = into.with_name(f"{into.name}.lent")
    lent = SHELF.lend(table, described.schema, aside)
    writing = find_writing(table, missing)
    lines = [workers.submit(write_csv_part, part, file, writing) for part, file in _parts(lent, aside)]
    groups = _submit_groups(workers, lent, aside, repetitive_columns(described))
    pack_csv(table.slice(0, 0), missing, into)
    digest = hashlib.sha256(into.read_bytes())
    for written in wait_for(lines):
        append_file(require_file(*written), into, digest=digest)
    _join_groups(groups, twin)
    aside.unlink(missing_ok=True)
    return digest.hexdigest(), hash_file(twin)


def pack_changes(parts: Iterator[pa.Table], into: Path) -> None:
    """The lines of what changed, as Parquet: by workers, where there are some for so many."""
    if not is_shared():
        write_parquet_parts(parts, LINES, into)
        return
    lines = pa.concat_tables([LINES.empty_table(), *_keep(parts)])
    workers = find_workers(lines.nbytes)
    if workers is None:
        write_parquet_parts(iter([lines]), LINES, into)
        return
    aside = into.with_name(f"{into.name}.lent")
    lent = SHELF.lend(lines, LINES, aside)
    _join_groups(_submit_groups(workers, lent, aside, repetitive_columns(lines)), into)
    aside.unlink(missing_ok=True)


def _keep(parts: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The parts, of which those go to a file that lie in none."""
    kept = TableWriter(LINES)
    for part in parts:
        if all(map(SHELF.find, part.to_batches())):
            yield kept.table()
            yield part
            kept = TableWriter(LINES)
        else:
            kept.write(part)
    yield kept.table()


def add_lines(
    resource: str, change: str, table: pa.Table, key: Sequence[str], places: pa.ChunkedArray
) -> pa.Table | None:
    """The lines of rows that came or went whole: by workers, where there are some for so many, else None."""
    workers = find_workers(table.nbytes) if len(places) else None
    if workers is None:
        return None
    aside = workers.room / f"{resource}.{change}.lent"
    lent = SHELF.lend(table, table.schema, aside)
    step = GROUPS * ROW_GROUP
    parts = []
    for start in range(0, len(places), step):
        numbers = places.slice(start, step).combine_chunks()
        first, last = pc.min(numbers).as_py(), pc.max(numbers).as_py()
        part = lent.cut(first, last - first + 1), _part_file(aside, start, "arrow")
        parts.append((*part, resource, change, list(key), pc.subtract(numbers, first)))
    written = workers.map(write_change_lines, parts)
    aside.unlink(missing_ok=True)
    return pa.concat_tables([SHELF.read(*each) for each in written])


def write_change_lines(
    lent: LentTable, into: Path, resource: str, change: str, key: list[str], places: pa.Array
) -> WrittenFile:
    """Writes the lines of the rows at some places. Raises FileNotSeen."""
    with write_whole(into) as aside, open_duckdb(threads=1) as duck:
        lines = lines_of_rows(duck, resource, change, lent.read(), key, pa.chunked_array([places]))
        with pa.OSFile(str(aside), "wb") as sink, pa.ipc.new_file(sink, LINES) as writer:
            for part in lines:
                writer.write_table(part)
        return into, aside.stat().st_size


def _parts(lent: LentTable, aside: Path, ending: str = "csv") -> Iterator[tuple[LentTable, Path]]:
    """The parts of a table, and the file for each."""
    step = GROUPS * ROW_GROUP
    for start in range(0, lent.rows, step):
        yield lent.cut(start, step), _part_file(aside, start, ending)


def _part_file(aside: Path, start: int, ending: str) -> Path:
    return aside.with_name(f"{aside.name}.{start:012}.{ending}")


def write_csv_part(lent: LentTable, into: Path, writing: CsvWriting) -> WrittenFile:
    """Writes the lines of some rows, without names. Raises FileNotSeen."""
    with write_whole(into) as aside:
        with aside.open("wb") as file:
            write_lines(lent.read(), writing, file)
        return into, aside.stat().st_size


def write_groups(lent: LentTable, into: Path, repetitive: list[str]) -> WrittenFile:
    """Writes some row groups as Parquet. Raises FileNotSeen."""
    with write_whole(into) as aside:
        write_parquet(lent.read(), aside, repetitive)
        return into, aside.stat().st_size


def _submit_groups(
    workers: Workers, lent: LentTable, aside: Path, repetitive: list[str]
) -> list[Answer[WrittenFile]]:
    parts = _parts(lent, aside, "parquet")
    return [workers.submit(write_groups, part, file, repetitive) for part, file in parts]


def _join_groups(groups: list[Answer[WrittenFile]], into: Path) -> None:
    written = [require_file(*each) for each in wait_for(groups)]
    written[0].replace(into)
    join_parquet(into, None, written[1:])
