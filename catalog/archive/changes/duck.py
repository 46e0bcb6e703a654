"""DuckDB for what does not fit in memory, loaded where it is used: that takes longer than a small table."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

MEMORY = "512MB"
"""What DuckDB may hold in memory."""


@contextmanager
def open_duckdb(threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with little memory; what does not fit there goes to a temporary folder, removed at the end."""
    import duckdb

    with (
        tempfile.TemporaryDirectory(prefix="vereda-") as spill,
        duckdb.connect(
            config={
                "temp_directory": spill,
                "memory_limit": MEMORY,
                **({"threads": threads} if threads else {}),
                "autoinstall_known_extensions": False,
            }
        ) as duck,
    ):
        yield duck
