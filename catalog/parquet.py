"""The table in a Parquet file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def read_parquet(file: bytes | Path) -> pa.Table:
    """The whole table, from bytes or a file.

    The bytes are copied into Arrow's own memory: its threads may let go of what they read only after the table was handed over, and
    where that is Python's memory and Python has ended meanwhile, the process aborts (pyarrow 26: one short run in four on a busy machine).
    """
    if isinstance(file, Path):
        return pq.read_table(file)
    with pa.BufferOutputStream() as copy:
        copy.write(file)
        return pq.read_table(pa.BufferReader(copy.getvalue()))
