"""A table's cells in a file of its own, so that they can be read again and again however many they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from validation.table import Table, schema


@dataclass(frozen=True)
class CellFile:
    """The file at `path` (Arrow IPC) with the cells of the columns called `labels`, as text, between each
    row's own number and what stands beyond its last column."""

    path: Path
    labels: tuple[str, ...]

    def write(self, blocks: Iterable[Sequence[pa.Array]]) -> None:
        """Writes blocks of rows, each a list of columns: the numbers, the cells, what stands beyond them."""
        columns = schema(len(self.labels))
        with pa.OSFile(str(self.path), "wb") as sink, pa.ipc.new_file(sink, columns) as writer:
            for block in blocks:
                writer.write_batch(pa.record_batch(list(block), schema=columns))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The blocks as they were written; they may be asked for any number of times."""
        with pa.memory_map(str(self.path)) as source, pa.ipc.open_file(source) as reader:
            for index in range(reader.num_record_batches):
                yield reader.get_batch(index)

    def table(self, resource: str, header_row: int) -> Table:
        return Table(resource, self.labels, self.batches, header_row)
