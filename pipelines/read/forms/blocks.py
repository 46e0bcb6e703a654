"""A plain CSV read by Arrow, in blocks of columns: as far as its rows are surely those that are read one by
one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.read.encoding import Form
from pipelines.read.forms.records import LINE
from pipelines.settings import Limits
from validation.fast.blocks import CR, LF, QUOTE, Block, BlockSource, Doubtful, Place
from validation.fast.parts import Part
from validation.table import schema

AHEAD = 2


@dataclass(frozen=True)
class PlainBlocks:
    """The rows below the header, which has `width` labels, of a UTF-8 file with plain quotes."""

    path: Path
    form: Form
    header_row: int
    width: int
    limits: Limits

    def __call__(self) -> Iterator[pa.RecordBatch]:
        """Batches as a Table has them, in the file's own columns. Raises Doubtful where reading on needs a
        look at each row: the rows before that were given."""
        source = BlockSource(self.path, self.form.delimiter, self.width, self.header_row + 1)
        with closing(source), ThreadPoolExecutor(2, thread_name_prefix="read") as pool:
            ahead: deque[Future[pa.RecordBatch]] = deque()
            doubt: Doubtful | None = None
            blocks = source.blocks(lambda _chunk: None)
            while doubt is None:
                try:
                    place, data = next(blocks)
                except StopIteration:
                    break
                except Doubtful as error:
                    doubt = error  # what was read before it is good
                    break
                ahead.append(pool.submit(self._read, source, place, data))
                if len(ahead) > AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
            if doubt is not None:
                raise doubt

    def part(self, part: Part, block: int) -> Iterator[pa.RecordBatch]:
        """The same of a part of the file, which has blocks of so many bytes, in this thread alone."""
        stretch = (part.start, part.end, part.row)
        source = BlockSource(self.path, self.form.delimiter, self.width, self.header_row + 1, stretch)
        source.size = block
        with closing(source):
            for place, data in source.blocks(lambda _chunk: None):
                yield self._read(source, place, data)

    def _read(self, source: BlockSource, place: Place, data: bytes) -> pa.RecordBatch:
        if len(data) + LINE > self.limits.row:
            raise Doubtful("a row may be too long")
        quoted = QUOTE in data
        if quoted and place.count != data.count(b"\n") + (not data.endswith(b"\n")):
            raise Doubtful("a cell that goes on in the next line may have swallowed rows")
        block = source.parse(place, data)
        if quoted and block.odd:
            lines = data.split(b"\n")
            if any(QUOTE in lines[at] for at in block.odd):
                raise Doubtful("a row of another width may be quoted as a whole")
        return _as_batch(block, self.width, _blank_lines(data))


def plain_blocks(
    path: Path, form: Form, header_row: int, width: int, wrapped: bool, limits: Limits
) -> PlainBlocks | None:
    """How Arrow reads the file; None where it does not."""
    plain = form.quote_char == '"' and form.double_quote and not form.escape_char
    if form.encoding != "utf-8-sig" or not plain or form.skip_initial_space or wrapped or width < 2:
        return None
    return PlainBlocks(path, form, header_row, width, limits)


def _blank_lines(data: bytes) -> np.ndarray[Any, Any] | None:
    """Of each line whether it is blank; None where none is. Such a row has no cells, not empty ones."""
    if b"\n\n" not in data and b"\n\r\n" not in data and data[:1] not in b"\r\n":
        return None
    text = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(text == LF)
    if not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    starts = np.concatenate([[0], ends[:-1] + 1])
    returned = (ends - starts == 1) & (text[starts] == CR)
    blank: np.ndarray[Any, Any] = (ends == starts) | returned
    return blank


def _as_batch(block: Block, width: int, blank: np.ndarray[Any, Any] | None) -> pa.RecordBatch:
    numbers = block.place.first + np.arange(block.count)
    columns: Sequence[pa.Array] = block.columns
    extra: pa.Array = pa.nulls(block.count, pa.list_(pa.string()))
    if block.odd:
        order = np.argsort(np.concatenate([block.rows, np.fromiter(block.odd, np.int64)]), kind="stable")
        odd = list(block.odd.values())
        columns = [
            pa.concat_arrays([column, _cells_at(odd, place)]).take(pa.array(order))
            for place, column in enumerate(columns)
        ]
        beyond = pa.array([row[width:] or None for row in odd], pa.list_(pa.string()))
        extra = pa.concat_arrays([extra.slice(0, len(block.rows)), beyond]).take(pa.array(order))
    if blank is not None:
        columns = [pc.if_else(pa.array(blank), pa.scalar(None, pa.string()), column) for column in columns]
    return pa.record_batch([pa.array(numbers, pa.int64()), *columns, extra], schema=schema(width))


def _cells_at(rows: Sequence[Sequence[str]], place: int) -> pa.Array:
    return pa.array([row[place] if place < len(row) else None for row in rows], pa.string())
