"""Files of which nothing is declared, as tables of text: what a comparison reads."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from isolation.spill import TableWriter
from messages import gettext as _
from pipelines.dataset.dataset import Resource
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.dataset.layout import Layout
from pipelines.dataset.text import is_blank
from pipelines.read.forms import open_grids
from pipelines.read.grid import Grid, NamesApart
from pipelines.settings import DEFAULT_LIMITS, Limits
from validation.fast.blocks import Block, BlockSource, Doubtful

ALIKE = 1000
"""Rows by which Arrow's reading of a file is compared with ours before all of it is left to Arrow."""
BLOCK = 50_000
AHEAD = 4
"""Blocks of a file that are read at once."""


def read_undeclared(path: Path, room: Path, limits: Limits = DEFAULT_LIMITS) -> pa.Table:
    """The table in a text file, a workbook or a JSON: a column of text for each label, under names that
    differ; a cell that a row lacks is null. `room` is a folder, made where it is needed, for what is
    unpacked.

    Raises Unreadable.
    """
    grid = open_grids(path, _undeclared_resource(), room, limits=limits)(Layout())
    names = name_columns(grid.labels)
    try:
        table = _read_blocks(path, grid, names)
    except Doubtful:
        table = None
    return _read_rows(grid, names) if table is None else table


def name_columns(labels: Sequence[str]) -> list[str]:
    """The labels, each once; a column without one is called by its place."""
    apart = NamesApart()
    return [
        apart.name(label.strip() or _("column {number}", number=place + 1))
        for place, label in enumerate(labels)
    ]


def _undeclared_resource() -> Resource:
    made = ResourcePipeline.model_validate({"source": {"kind": "file", "path": "a.csv"}})
    return Resource("table", "table.csv", {"schema": {"fields": []}}, made, None)


def _read_blocks(path: Path, grid: Grid, names: Sequence[str]) -> pa.Table | None:
    """All of a plain CSV by Arrow; None where it is no such file, or has rows of another width. Raises
    Doubtful where Arrow may read it otherwise than we do."""
    if grid.encoding != "utf-8" or grid.delimiter is None or len(grid.delimiter) != 1 or len(names) < 2:
        return None
    with path.open("rb") as file:
        if file.read(2) in (b"\x1f\x8b", b"PK"):
            return None  # what is packed lies elsewhere
    schema = pa.schema([(name, pa.string()) for name in names])
    written = TableWriter(schema)
    for block in _parse(BlockSource(path, grid.delimiter, len(names), grid.header_row + 1)):
        if block.odd:
            return None
        written.write(pa.record_batch(block.columns, schema=schema))
    table = written.table()
    ours = [row for _number, row in islice(grid.rows(), ALIKE)]
    theirs = table.slice(0, len(ours))
    alike = [list(row) for row in zip(*(column.to_pylist() for column in theirs.columns), strict=True)]
    return table if alike == ours else None


def _parse(source: BlockSource) -> Iterator[Block]:
    """The blocks of a file in its order, few of them being in memory at once. Raises Doubtful."""
    ahead: deque[Future[Block]] = deque()
    try:
        with ThreadPoolExecutor(2, thread_name_prefix="read") as pool:
            for place, data in source.blocks(lambda _chunk: None):
                ahead.append(pool.submit(source.parse, place, data))
                while len(ahead) > AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
    finally:
        source.close()


def _read_rows(grid: Grid, names: list[str]) -> pa.Table:
    """Row by row; cells beyond the last label stand in columns of their own."""
    blocks = [_columns_of(rows) for rows in _row_blocks(grid)]
    width = max([len(names), *map(len, blocks)])
    names = name_columns([*names, *[""] * (width - len(names))])
    schema = pa.schema([(name, pa.string()) for name in names])
    batches = [
        pa.record_batch(
            [*block, *[pa.nulls(len(block[0]), pa.string())] * (width - len(block))], schema=schema
        )
        for block in blocks
        if block
    ]
    return pa.Table.from_batches(batches, schema=schema)


def _row_blocks(grid: Grid) -> Iterator[list[list[str]]]:
    rows = (row for _number, row in grid.rows() if not all(map(is_blank, row)))
    while block := list(islice(rows, BLOCK)):
        yield block


def _columns_of(rows: Sequence[Sequence[str]]) -> list[Any]:
    width = max(map(len, rows))
    return [
        pa.array([row[place] if place < len(row) else None for row in rows], pa.string())
        for place in range(width)
    ]
