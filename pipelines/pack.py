"""Tables → files: the same table gives the same bytes, on any machine, however its rows came in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from catalog.published import text

ROW_GROUP = 131_072


def pack_csv(table: pa.Table, missing: str, into: Path) -> None:
    """RFC 4180, UTF-8, LF; texts in quotes, numbers, dates and true/false without; a missing value as `missing`."""
    plain = (pa.types.is_integer, pa.types.is_boolean, pa.types.is_date, pa.types.is_floating, pa.types.is_string)
    columns = [column if any(kind(column.type) for kind in plain) else text(column) for column in table.columns]
    columns = [_numbers(column) if pa.types.is_floating(column.type) else column for column in columns]
    written = pa.table(columns, names=table.column_names)
    options = pyarrow.csv.WriteOptions(include_header=False, null_string=missing)
    with into.open("wb") as file:
        file.write((",".join(_quoted(name) for name in table.column_names) + "\n").encode())
        for rows in _blocks(written):
            pyarrow.csv.write_csv(rows, file, options)


def pack_parquet(table: pa.Table, schema: Mapping[str, Any], about: Mapping[str, str], into: Path) -> None:
    """Typed, zstd, in row groups of 131,072 rows; the schema's metadata tells `about` the table and describes each field."""
    told = {field["name"]: field for field in schema["fields"]}
    fields = [
        field.with_metadata({key: str(told[field.name][key]) for key in ("title", "description", "unit") if key in told[field.name]})
        for field in table.schema
    ]
    _write(table.cast(pa.schema(fields, metadata=dict(about))), into)


def pack_changes(table: pa.Table, into: Path) -> None:
    _write(table, into)


def pack_held(table: pa.Table, into: Path) -> None:
    _write(table, into)


def pack_json(value: Mapping[str, Any], into: Path) -> None:
    into.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")


def _write(table: pa.Table, into: Path) -> None:
    with pq.ParquetWriter(into, table.schema, compression="zstd", version="2.6", write_statistics=True) as writer:
        for rows in _blocks(table):
            writer.write_table(rows, row_group_size=ROW_GROUP)


def _blocks(table: pa.Table) -> Iterator[pa.Table]:
    """The rows in row groups, each in one chunk of its own: the bytes of a Parquet page depend on how a column is chunked, and
    pyarrow 26 writes what lies in its memory into a CSV where a chunk is empty."""
    for start in range(0, table.num_rows, ROW_GROUP):
        yield table.slice(start, ROW_GROUP).combine_chunks()


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as Arrow writes them, which is as Table Schema reads them, but for -0, NaN and INF."""
    finite = pc.all(pc.is_finite(column)).as_py()
    return pc.add(column, 0.0) if finite is not False else text(column)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
