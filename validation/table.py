"""A table as an agency wrote it: text in cells, under the agency file's own row numbers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path

import pyarrow as pa

ROW = "__row__"
EXTRA = "__extra__"


@dataclass(frozen=True)
class Table:
    """The raw cells of one resource, after relabelling and repairs, as a re-readable stream of Arrow batches.

    Each batch has the columns ``__row__`` (int64: the row's number in the agency's file, its header counted,
    the first row being 1), one string column per label, named by its position ("0", "1", …: labels may
    repeat), and ``__extra__`` (list<string>: cells beyond the last label; empty where the row has none). A
    null cell is one that the row does not have (the row is too short); an empty cell is the empty string.
    Where the batches lie in files (Arrow IPC), ``files`` has these in their order.
    """

    name: str
    labels: tuple[str, ...]
    batches: Callable[[], Iterator[pa.RecordBatch]]
    header_row: int = 1
    files: tuple[Path, ...] = ()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row as (row number, cells), short rows short and long rows long."""
        for batch in self.batches():
            columns = [column.to_pylist() for column in batch.columns]
            numbers, extras = columns[0], columns[-1]
            for number, extra, *cells in zip(numbers, extras, *columns[1:-1], strict=True):
                yield number, [cell for cell in cells if cell is not None] + (extra or [])


def schema(width: int) -> pa.Schema:
    """The Arrow schema of a table's batches with ``width`` labels."""
    cells = [pa.field(str(i), pa.string()) for i in range(width)]
    return pa.schema([pa.field(ROW, pa.int64()), *cells, pa.field(EXTRA, pa.list_(pa.string()))])


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def leave_pandas_out() -> None:
    """Before anything is done with Arrow: it looks for pandas when it makes its first value, and the import
    takes a second, for which only expectations have a use. Not found at that moment, pandas is imported where
    somebody needs it."""
    if "pandas" in sys.modules:
        return
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.scalar(0)
    finally:
        sys.meta_path.remove(finder)
