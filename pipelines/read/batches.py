"""The rows below a file's header in batches of columns: by Arrow as far as the file is plain, then one by
one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.dataset.text import BLANK, is_blank
from pipelines.read.detect.foot import Tail
from pipelines.read.grid import Grid, Rows, Unreadable
from validation.fast.blocks import Doubtful
from validation.table import schema

T = TypeVar("T")
BLOCK = 20_000
LARGE = 50_000_000
"""Characters and cells that a block holds at most, beside those of its last row."""


def read_batches(
    grid: Grid, columns: list[int], broken: list[Unreadable], tail: Tail
) -> Iterator[pa.RecordBatch]:
    """The rows below the header in blocks, up to where the file breaks off: by Arrow as far as the file is
    plain, then one by one; `broken` then has why."""
    last = 0
    if grid.blocks is not None:
        try:
            for batch in without_blank_end(map(empty_blank_rows, grid.blocks())):
                tail.add(batch)
                last = batch.column(0)[-1].as_py()
                yield select_columns(batch, columns)
        except Doubtful:
            pass
        except Unreadable as error:
            broken.append(error)
            return
        else:
            if not last:
                yield _record_batch([], len(grid.labels), columns)
            return
    rows = (numbered for numbered in grid.rows() if numbered[0] > last) if last else grid.rows()
    block: list[tuple[int, list[str]]] = []
    size = 0
    try:
        for numbered in tail(_without_blank_foot(_with_blank_rows_empty(rows))):
            block.append(numbered)
            size += sum(map(len, numbered[1])) + len(numbered[1])
            if len(block) >= BLOCK or size > LARGE:
                yield _record_batch(block, len(grid.labels), columns)
                block.clear()
                size = 0
    except Unreadable as error:
        broken.append(error)
    yield _record_batch(block, len(grid.labels), columns)


def work_ahead(blocks: Iterator[T]) -> Iterator[T]:
    """The same blocks; while one is worked on, the next is made in a thread beside."""
    context = copy_context()
    end: Any = object()

    def make() -> Any:
        return context.run(next, blocks, end)

    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        waiting = pool.submit(make)
        while (block := waiting.result()) is not end:
            waiting = pool.submit(make)
            yield block


class UntouchedColumns:
    """Which columns of a file go into its table as they are: of each block is seen whether the cells that are
    written down lie where those lie that were read."""

    def __init__(self) -> None:
        self.waiting: deque[list[pa.Array]] = deque()
        self.places: set[int] | None = None

    def before(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self.waiting.append(batch.columns[1:-1])
            yield batch

    def after(self, blocks: Iterable[list[pa.Array]]) -> Iterator[list[pa.Array]]:
        """The blocks that are made of the batches, in their order, and one of each."""
        for block in blocks:
            pairs = enumerate(zip(self.waiting.popleft(), block[1:], strict=False))
            same = {place for place, (read, written) in pairs if _lie_alike(read, written)}
            self.places = same if self.places is None else self.places & same
            yield block

    def among(self, columns: Sequence[int]) -> frozenset[int]:
        """Those of the file's columns that were read, in this order, which all blocks have as they are."""
        there = self.places or set()
        return frozenset(column for place, column in enumerate(columns) if place in there)


def _lie_alike(one: pa.Array, other: pa.Array) -> bool:
    """Whether two columns are the same cells in memory."""
    return _where(one) == _where(other)


def _where(column: pa.Array) -> tuple[Any, ...]:
    buffers = (None if each is None else (each.address, each.size) for each in column.buffers())
    return column.type, column.offset, len(column), *buffers


def select_columns(batch: pa.RecordBatch, columns: Sequence[int]) -> pa.RecordBatch:
    """The columns that are kept, between the numbers and what stands beyond the last one."""
    kept = [batch.column(place + 1) for place in columns]
    return pa.record_batch(
        [batch.column(0), *kept, batch.column(batch.num_columns - 1)], schema=schema(len(columns))
    )


def empty_blank_rows(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The block, in which rows that show nothing are empty: what a row of blanks alone says is what an empty
    one does."""
    _number, *columns, beyond = batch.columns
    left = np.arange(batch.num_rows)
    for column in columns:
        texts = column if len(left) == len(column) else column.take(pa.array(left))
        shows = pc.invert(pc.match_substring_regex(texts, BLANK)).fill_null(False)
        left = left[~shows.to_numpy(zero_copy_only=False)]
        if not len(left):
            return batch
    more = {at: beyond[at].as_py() for at in left.tolist()}
    blank = [at for at, cells in more.items() if all(map(is_blank, cells or ()))]
    mask = pa.array(np.isin(np.arange(batch.num_rows), blank))
    emptied = [pc.if_else(pc.and_(mask, pc.is_valid(each)), "", each) for each in columns]
    if any(more[at] for at in blank):
        cells = beyond.to_pylist()
        for at in blank:
            cells[at] = [""] * len(more[at]) if more[at] else None
        beyond = pa.array(cells, beyond.type)
    return pa.record_batch([batch.column(0), *emptied, beyond], schema=batch.schema)


def _with_blank_rows_empty(rows: Rows) -> Rows:
    """The same, row by row."""
    for number, row in rows:
        yield number, [""] * len(row) if any(row) and all(map(is_blank, row)) else row


def without_blank_end(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Blank rows at the file's foot are no rows. Raises Doubtful where there are so many that they may not
    lie in memory."""
    blank: list[pa.RecordBatch] = []
    for batch in batches:
        end = _last_filled(batch) + 1
        if end:
            yield from blank
            blank.clear()
            yield batch.slice(0, end)
        if end < batch.num_rows:
            blank.append(batch.slice(end))
            if sum(each.num_rows for each in blank) > BLOCK:
                raise Doubtful("too many blank rows")


def ends_blank(batch: pa.RecordBatch) -> bool:
    """Whether the last row has nothing in its cells."""
    return bool(_last_filled(batch) + 1 < batch.num_rows)


def _last_filled(batch: pa.RecordBatch) -> int:
    """The place of the last row that has something in a cell; -1 where there is none."""
    for at in range(batch.num_rows - 1, -1, -1):
        _number, *cells, beyond = (column[at].as_py() for column in batch.columns)
        if any(cells) or any(beyond or ()):
            return at
    return -1


def _without_blank_foot(rows: Rows) -> Rows:
    """Blank rows at the file's foot are no rows."""
    blank: list[tuple[int, int, int]] = []  # from where, how many, how wide: there may be millions
    for number, row in rows:
        if any(row):
            yield from ((first + n, [""] * width) for first, count, width in blank for n in range(count))
            blank.clear()
            yield number, row
        elif blank and (number, len(row)) == (blank[-1][0] + blank[-1][1], blank[-1][2]):
            blank[-1] = (blank[-1][0], blank[-1][1] + 1, len(row))
        else:
            blank.append((number, 1, len(row)))


def _record_batch(
    rows: Sequence[tuple[int, list[str]]], width: int, columns: Sequence[int]
) -> pa.RecordBatch:
    cells = [pa.array([row[i] if i < len(row) else None for _n, row in rows], pa.string()) for i in columns]
    extra = pa.array([row[width:] or None for _n, row in rows], pa.list_(pa.string()))
    return pa.record_batch(
        [pa.array([n for n, _row in rows], pa.int64()), *cells, extra], schema=schema(len(columns))
    )
