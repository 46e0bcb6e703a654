"""Tables whose rows lie in files that others see: they are lent as they lie, and only rows that lie nowhere
are written for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from isolation.spill import map_file
from validation.fast.parts import require_file


@dataclass(frozen=True)
class Piece:
    """Some rows of a block of a file (Arrow IPC) of so many bytes, and which of its columns are meant."""

    path: Path
    size: int
    block: int
    columns: tuple[int, ...]
    start: int
    rows: int

    def read(self, schema: pa.Schema) -> pa.RecordBatch:
        with pa.memory_map(str(require_file(self.path, self.size))) as source:
            batch = pa.ipc.open_file(source).get_batch(self.block).slice(self.start, self.rows)
        return pa.record_batch([batch.column(place) for place in self.columns], schema=schema)


@dataclass(frozen=True)
class LentTable:
    """A table for others to read, piece by piece."""

    pieces: tuple[Piece, ...]
    schema: pa.Schema

    @property
    def rows(self) -> int:
        return sum(piece.rows for piece in self.pieces)

    def cut(self, start: int, count: int) -> LentTable:
        """Some of its rows."""
        found, here = [], 0
        for piece in self.pieces:
            first, last = max(start - here, 0), min(start + count - here, piece.rows)
            if first < last:
                found.append(replace(piece, start=piece.start + first, rows=last - first))
            here += piece.rows
        return replace(self, pieces=tuple(found))

    def read(self) -> pa.Table:
        """All rows. Raises FileNotSeen."""
        return pa.Table.from_batches([piece.read(self.schema) for piece in self.pieces], self.schema)


class Shelf:
    """The files that were mapped here, and are seen by others. A column of a block is known by where its
    first buffer but that of missing values lies: nothing else can lie there while the file is mapped."""

    def __init__(self) -> None:
        self.files: list[pa.Buffer] = []
        self.known: dict[int, tuple[Path, int, int, int]] = {}

    def read(self, path: Path, size: int) -> pa.Table:
        """The rows of a file of so many bytes, mapped. Raises FileNotSeen."""
        mapped = map_file(require_file(path, size))
        reader = pa.ipc.open_file(pa.BufferReader(mapped))
        batches = [reader.get_batch(index) for index in range(reader.num_record_batches)]
        for block, batch in enumerate(batches):
            for place, column in enumerate(batch.columns if batch.num_rows else ()):
                if (address := _address(column)) is not None:
                    self.known[address] = path, size, block, place
        self.files.append(mapped)
        return pa.Table.from_batches(batches, reader.schema)

    def find(self, batch: pa.RecordBatch) -> Piece | None:
        """Where these rows lie, if they lie beside one another in a file."""
        found = [self.known.get(_address(column) or 0) for column in batch.columns]
        blocks = {each and each[:3] for each in found}
        starts = {column.offset for column in batch.columns}
        if None in blocks or len(blocks) != 1 or len(starts) != 1:
            return None
        ((path, size, block),) = (each for each in blocks if each)
        places = tuple(each[3] for each in found if each)
        return Piece(path, size, block, places, starts.pop(), batch.num_rows)

    def clear(self) -> None:
        """Forgets them all."""
        self.known.clear()
        self.files.clear()

    def lend(self, table: pa.Table, schema: pa.Schema, path: Path) -> LentTable:
        """The table under a schema that differs in words alone. Rows that lie in no file that others see are
        written to the one at `path`, of which there is none where all do."""
        pieces: list[Piece | None] = []
        with _LateFile(path, table.schema) as written:
            for batch in table.to_batches():
                if batch.num_rows:
                    pieces.append(self.find(batch))
                    if pieces[-1] is None:
                        written.write(batch)
        rest = written.pieces()
        return LentTable(tuple(piece or next(rest) for piece in pieces), schema)


SHELF = Shelf()
"""Of this process, while it shares its tables (pipelines/workers.py)."""


class _LateFile:
    """A file (Arrow IPC) that is there once something is written."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path, self.schema = path, schema
        self.writer: pa.ipc.RecordBatchFileWriter | None = None
        self.rows: list[int] = []

    def __enter__(self) -> _LateFile:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.writer is not None:
            self.writer.close()
            self.sink.close()

    def write(self, batch: pa.RecordBatch) -> None:
        if self.writer is None:
            self.sink = pa.OSFile(str(self.path), "wb")
            self.writer = pa.ipc.new_file(self.sink, self.schema)
        self.writer.write_batch(batch)
        self.rows.append(batch.num_rows)

    def pieces(self) -> Iterator[Piece]:
        size = self.path.stat().st_size if self.rows else 0
        columns = tuple(range(len(self.schema)))
        for block, rows in enumerate(self.rows):
            yield Piece(self.path, size, block, columns, 0, rows)


def _address(column: pa.Array) -> int | None:
    buffers = column.buffers()
    return buffers[1].address if len(buffers) > 1 and buffers[1] is not None else None
