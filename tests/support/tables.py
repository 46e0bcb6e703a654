"""Tables as an agency's file would give them, for tests."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from validation.table import Table, schema


def table(
    name: str,
    labels: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    header_row: int = 1,
    numbers: Sequence[int] = (),
) -> Table:
    """Rows may be shorter or longer than the labels; they follow the header unless ``numbers`` says where
    they stand."""
    rows, width = list(rows), len(labels)
    numbers = numbers or range(header_row + 1, header_row + 1 + len(rows))
    columns = [
        list(numbers),
        *([row[i] if i < len(row) else None for row in rows] for i in range(width)),
        [list(row[width:]) for row in rows],
    ]
    batch = pa.record_batch(
        [pa.array(cells, type=field.type) for cells, field in zip(columns, schema(width), strict=True)],
        schema=schema(width),
    )
    return Table(name, tuple(labels), lambda: iter([batch.slice(0, 2), batch.slice(2)]), header_row)


def csv_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file by its header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
