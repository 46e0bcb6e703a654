"""A table as blocks of rows; where its cells lie in files, many check it at once, each some blocks of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from isolation.spill import map_file
from validation.fast.blocks import Block, Doubtful, Place
from validation.fast.lending import SHELF
from validation.fast.parts import Cluster, FileNotSeen, require_file, write_whole
from validation.fast.rows import Findings, Rules, examine
from validation.fast.witness import Witness
from validation.table import Table

BLOCKS = 8
"""Blocks of a table that one worker takes at a time."""


class TableBlocks:
    """A table's batches as blocks of rows: what `validation.rows.Rows` asks for."""

    def __init__(self, table: Table, width: int, first: int) -> None:
        self.table, self.width, self.first_row = table, width, first

    def blocks(self, _on_bytes: Callable[[bytes], Any]) -> Iterator[tuple[Place, pa.RecordBatch]]:
        number = self.first_row
        for index, batch in enumerate(self.table.batches()):
            if not batch.num_rows:
                continue
            numbers = batch.column(0).to_numpy()
            if batch.num_columns != self.width + 2 or numbers[0] != number or (np.diff(numbers) != 1).any():
                raise Doubtful("rows are not numbered one after the other")
            yield Place(index, 0, number, batch.num_rows), batch
            number += batch.num_rows

    def read(self, place: Place) -> pa.RecordBatch:
        return next(islice(self.table.batches(), place.offset, None))

    def parse(self, place: Place, batch: pa.RecordBatch) -> Block:
        columns = batch.columns[1:-1]
        other = pc.fill_null(pc.greater(pc.list_value_length(batch.columns[-1]), 0), False)
        for column in columns:
            if column.null_count:
                other = pc.or_(other, pc.is_null(column))
        places = np.flatnonzero(other.to_numpy(zero_copy_only=False))
        rows = np.delete(np.arange(place.count), places)
        if len(places):
            columns = [column.take(pa.array(rows)) for column in columns]
        odd = dict(zip(places.tolist(), self.rows(batch.take(pa.array(places))), strict=True))
        return Block(place, columns, rows, odd, place.count)

    def rows(self, batch: pa.RecordBatch) -> Iterator[list[str]]:
        for _number, cells in Table("", self.table.labels, lambda: iter([batch])).rows():
            yield cells

    def close(self) -> None:
        """There is nothing to close."""


@dataclass(frozen=True)
class CellStretch:
    """Some blocks, `start` to `stop`, of a file (Arrow IPC) of so many bytes; `before` are those of the table
    that come before the file."""

    path: Path
    size: int
    start: int
    stop: int
    before: int

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The blocks. Raises FileNotSeen."""
        try:
            mapped = map_file(require_file(self.path, self.size))
        except OSError as error:
            raise FileNotSeen(str(self.path)) from error
        with pa.ipc.open_file(pa.BufferReader(mapped)) as reader:
            for index in range(self.start, self.stop):
                yield reader.get_batch(index)


def cut_cells(files: Sequence[Path]) -> list[CellStretch]:
    """The stretches of a table, in its order."""
    found, before = [], 0
    for path in files:
        with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
            count = reader.num_record_batches
        size = path.stat().st_size
        found += [
            CellStretch(path, size, start, min(start + BLOCKS, count), before)
            for start in range(0, count, BLOCKS)
        ]
        before += count
    return found


@dataclass(frozen=True)
class Examination:
    """What there was to find in a stretch, and where its typed rows are, if they were wanted: a file of so
    many bytes."""

    findings: Findings
    typed: Path
    size: int


def examine_cells(stretch: CellStretch, labels: tuple[str, ...], rules: Rules) -> Examination:
    """What there is to find in a stretch. Raises Doubtful where only frictionless can tell, FileNotSeen."""
    batches = [batch for batch in stretch.batches() if batch.num_rows]
    first = batches[0].column(0)[0].as_py() if batches else 0
    source = TableBlocks(Table("", labels, stretch.batches), len(rules.columns), first)
    no_keys = (np.zeros(0, np.int64), np.zeros(0, np.uint64))
    nothing = Findings((), 0, np.zeros(0, np.int64), {}, [no_keys] * rules.keys)
    found = reduce(Findings.plus, (examine(source, rules, *block) for block in source.blocks(bytes)), nothing)
    shift = stretch.before + stretch.start
    places = tuple(replace(place, offset=place.offset + shift) for place in found.places)
    typed = stretch.path.with_name(f"{stretch.path.name}.{stretch.start:05}.typed")
    size = _write_typed(found.typed, rules.typed, typed) if rules.typed is not None else 0
    return Examination(replace(found, places=places, typed=()), typed, size)


def _write_typed(batches: Sequence[pa.RecordBatch], schema: pa.Schema, into: Path) -> int:
    with write_whole(into) as aside:
        with pa.OSFile(str(aside), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        return aside.stat().st_size


class CellsWitness(Witness):
    """A witness whose table is gone through by others."""

    source: TableBlocks

    def __init__(self, source: TableBlocks, rules: Rules, limit: int, cluster: Cluster) -> None:
        super().__init__(source, rules, limit)
        self.cluster = cluster
        self.files: list[tuple[Path, int]] = []
        self.futures: list[Any] = []

    def close(self) -> None:
        for future in self.futures:
            future.cancel()
        super().close()

    def _typed_rows(self) -> pa.Table | None:
        if self.rows_typed is None and self.rules.typed is not None:
            tables = [SHELF.read(*file) for file in self.files]
            self.rows_typed = pa.concat_tables([self.rules.typed.empty_table(), *tables])
        return self.rows_typed

    def _in_order(self) -> Iterator[Findings]:
        table, number = self.source.table, self.source.first_row
        for stretch in cut_cells(table.files):
            self.futures.append(self.cluster.submit(examine_cells, stretch, table.labels, self.rules))
        for future in self.futures:
            done: Examination = future.result()
            if not done.findings.count:
                continue
            if done.findings.places[0].first != number:
                raise Doubtful("rows are not numbered one after the other")
            number += done.findings.count
            if self.rules.typed is not None:
                self.files.append((done.typed, done.size))
            yield done.findings
