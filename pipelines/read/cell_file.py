"""A table's cells in a file of its own, so that they can be read again and again however many they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from isolation.spill import let_go, map_file
from validation.table import Table, schema

PASSED = 48 << 20
"""Bytes of the file that may count as the reader's memory after it has passed them."""


@dataclass(frozen=True)
class CellFile:
    """The file at `path` (Arrow IPC) with the cells of the columns called `labels`, as text, between each
    row's own number and what stands beyond its last column; or, where it was written in `parts`, their files.
    """

    path: Path
    labels: tuple[str, ...]
    parts: tuple[Path, ...] = ()

    def write(self, blocks: Iterable[Sequence[pa.Array]]) -> None:
        """Writes blocks of rows, each a list of columns: the numbers, the cells, what stands beyond them."""
        columns = schema(len(self.labels))
        with pa.OSFile(str(self.path), "wb") as sink, pa.ipc.new_file(sink, columns) as writer:
            for block in blocks:
                writer.write_batch(pa.record_batch(list(block), schema=columns))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The blocks as they were written; they may be asked for any number of times."""
        for path in self.files:
            yield from _read_batches(path)

    def table(self, resource: str, header_row: int) -> Table:
        return Table(resource, self.labels, self.batches, header_row, self.files)

    @property
    def files(self) -> tuple[Path, ...]:
        return self.parts or (self.path,)


def _read_batches(path: Path) -> Iterator[pa.RecordBatch]:
    mapped, read = map_file(path), 0
    with pa.ipc.open_file(pa.BufferReader(mapped)) as reader:
        for index in range(reader.num_record_batches):
            batch = reader.get_batch(index)
            yield batch
            read += batch.nbytes
            if read > PASSED:
                let_go(mapped)
                read = 0
