"""A CSV file as blocks of text columns: only what Arrow and Python's csv module surely read alike."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

BOM = b"\xef\xbb\xbf"
LF, CR, QUOTE = 10, 13, 34
SIZE = 1 << 21
NO_PLACES = np.zeros(0, np.int64)


class Doubtful(Exception):
    """Arrow may read this otherwise than frictionless: leave it to frictionless."""


@dataclass(frozen=True)
class Place:
    """Where a block stands: its bytes in the file, the number of the row that it begins with, and how many
    rows it has."""

    offset: int
    size: int
    first: int
    count: int


@dataclass(frozen=True)
class Block:
    """A block's rows. `columns` are the cells of the rows that have as many cells as there are labels; `rows`
    has the places of those rows in the block. `odd` are the other rows' cells, by place. `count` counts both.
    """

    place: Place
    columns: list[pa.StringArray]
    rows: np.ndarray[Any, Any]
    odd: dict[int, list[str]]
    count: int


class BlockSource:
    """A UTF-8 file with plain quotes, read in blocks that end with a row: the whole of it, or a `stretch`:
    where a row begins, where one ends, and the number of the first."""

    def __init__(
        self,
        path: Path,
        delimiter: str,
        width: int,
        first_row: int,
        stretch: tuple[int, int, int] = (0, 1 << 62, 1),
    ) -> None:
        self.file = path.open("rb", buffering=0)
        self.path, self.delimiter = path, delimiter
        self.width, self.first_row = width, first_row
        self.size, self.stretch = SIZE, stretch

    def close(self) -> None:
        self.file.close()

    def blocks(self, on_bytes: Callable[[bytes], Any]) -> Iterator[tuple[Place, bytes]]:
        """Each block's place and bytes, header excluded; `on_bytes` is handed every byte of the file in
        order."""
        position, stop, row = self.stretch
        descriptor, offset, rest = self.file.fileno(), position, b""
        while True:
            # Up to a multiple of the size: so a stretch has the blocks that the whole file has there.
            chunk = os.pread(descriptor, min(self.size - position % self.size, stop - position), position)
            position += len(chunk)
            on_bytes(chunk)
            if offset == 0 and not rest and chunk.startswith(BOM):
                offset, chunk = len(BOM), chunk[len(BOM) :]
            data = rest + chunk if rest else chunk
            end, quotes = _find_cut(data, ord(self.delimiter), last=not chunk)
            whole, rest = data[:end], data[end:]
            if len(rest) > 8 * self.size:
                raise Doubtful("a row is too long")
            if row < self.first_row and whole:
                start, row = _skip(whole, row, self.first_row)
                offset, whole = offset + start, whole[start:]
                quotes = quotes[np.searchsorted(quotes, start) :] - start
            if whole:
                place = Place(offset, len(whole), row, count_rows(whole, quotes))
                yield place, whole
                row += place.count
                offset += len(whole)
            if not chunk:
                return

    def read(self, place: Place) -> bytes:
        return os.pread(self.file.fileno(), place.size, place.offset)

    def parse(self, place: Place, data: bytes) -> Block:
        """The block's cells, all as text."""
        odd: dict[int, list[str]] = {}

        def other_width(row: pa.csv.InvalidRow) -> str:
            odd[row.number - 1] = next(
                csv.reader(io.StringIO(row.text, newline=""), delimiter=self.delimiter), []
            )
            return "skip"

        if data.startswith(BOM):
            raise Doubtful("Arrow would swallow a mark that is text here")
        if not is_utf8(data):
            raise Doubtful("not UTF-8")
        table = self._read_table(data, other_width)
        count = table.num_rows + len(odd)
        if count != place.count:
            raise Doubtful("rows are counted differently")
        columns = [
            column.chunk(0) if column.num_chunks == 1 else _join_chunks(column) for column in table.columns
        ]
        rows = np.delete(np.arange(count), list(odd)) if odd else np.arange(count)
        return Block(place, columns, rows, odd, count)

    def _read_table(self, data: bytes, other_width: Callable[[pa.csv.InvalidRow], str]) -> pa.Table:
        """The rows of the expected width; `other_width` is handed the others."""
        names = [str(i) for i in range(self.width)]
        try:
            return pyarrow.csv.read_csv(
                pa.BufferReader(_arrow_memory(data)),
                read_options=pyarrow.csv.ReadOptions(
                    use_threads=False, column_names=names, block_size=len(data) + 1
                ),
                parse_options=pyarrow.csv.ParseOptions(
                    delimiter=self.delimiter,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=other_width,
                ),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid as error:
            raise Doubtful(str(error)) from error

    def rows(self, data: bytes) -> Iterator[list[str]]:
        """The rows of some text as Python's csv module reads them."""
        return csv.reader(io.StringIO(data.decode(), newline=""), delimiter=self.delimiter)


def count_rows(data: bytes, quotes: np.ndarray[Any, Any] | None = None) -> int:
    """How many rows there are in some whole rows; `quotes` are the places of all quotes, where they are
    known."""
    array = np.frombuffer(data, np.uint8)
    unended = not data.endswith(b"\n")
    if quotes is None:
        quotes = np.flatnonzero(array == QUOTE) if QUOTE in data else NO_PLACES
    if not len(quotes):
        return int(np.count_nonzero(array == LF)) + unended
    ends = np.flatnonzero(array == LF)
    return (
        int(np.count_nonzero(np.searchsorted(quotes, ends) % 2 == 0)) + unended
    )  # the others are within a cell


def _join_chunks(column: pa.ChunkedArray) -> pa.StringArray:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())


def _arrow_memory(data: bytes) -> pa.Buffer:
    """A copy in Arrow's own memory. The reader's thread may be the last to let go of it, and would need the
    interpreter to let go of Python's, at a time when it may be ending: the process then dies."""
    buffer = pa.allocate_buffer(len(data))
    np.frombuffer(buffer, np.uint8)[:] = np.frombuffer(data, np.uint8)
    return buffer


def is_utf8(data: bytes) -> bool:
    """As Python decides it; Arrow does so in a tenth of the time."""
    offsets = pa.py_buffer(np.array([0, len(data)], np.int64))
    try:
        pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(data)]).cast(
            pa.large_string()
        )
    except pa.ArrowInvalid:
        return False
    return True


def _skip(data: bytes, row: int, until: int) -> tuple[int, int]:
    """Where row `until` begins, or the end of the data, and the number of the row there."""
    array = np.frombuffer(data, np.uint8)
    breaks, quotes = np.flatnonzero(array == LF), np.flatnonzero(array == QUOTE)
    ends = breaks[np.searchsorted(quotes, breaks) & 1 == 0]
    missing = until - row
    if len(ends) >= missing:
        return int(ends[missing - 1]) + 1, until
    return len(data), row + len(ends)


def _find_cut(data: bytes, delimiter: int, *, last: bool) -> tuple[int, np.ndarray[Any, Any]]:
    """Where the last whole row of the data ends, and the places of the quotes before. Quotes must open at a
    cell's start and close at its end, for every reader understands these alike."""
    quotes = NO_PLACES
    if QUOTE not in data:
        end = len(data) if last else data.rfind(b"\n") + 1
    else:
        array = np.frombuffer(data, np.uint8)
        quotes = np.flatnonzero(array == QUOTE)
        end = len(data) if last else _find_row_end(data, quotes)
        quotes = quotes[: np.searchsorted(quotes, end)]
        if len(quotes) & 1:
            raise Doubtful("a quote is not closed")
        before = array[np.maximum(quotes[::2] - 1, 0)]
        after = array[np.minimum(quotes[1::2] + 1, len(data) - 1)]
        opens = (before == delimiter) | (before == LF) | (before == QUOTE)
        closes = (after == delimiter) | (after == LF) | (after == CR) | (after == QUOTE)
        if not (opens.all() and closes.all()):
            raise Doubtful("a quote stands inside a cell")
    has_nul, has_cr = data.find(0, 0, end) >= 0, data.find(CR, 0, end) >= 0
    if has_nul or (has_cr and data.count(b"\r", 0, end) != data.count(b"\r\n", 0, end)):
        raise Doubtful("an odd character")
    return end, quotes


def _find_row_end(data: bytes, quotes: np.ndarray[Any, Any]) -> int:
    end = len(data)
    while (at := data.rfind(b"\n", 0, end)) >= 0:
        before = int(np.searchsorted(quotes, at))
        if before % 2 == 0:
            return at + 1
        end = int(quotes[before - 1])
    return 0
