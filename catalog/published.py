"""The text by which a value is published: what a reader of the CSV sees, whatever type the value has in the Parquet."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc


def text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column as strings: null stays null; `true`, `false`; shortest numbers, 7.0 being `7` and 1.50 being `1.5`; `NaN`, `INF`, `-INF`;
    ISO 8601 dates and times, an instant as the clocks of Buenos Aires show it (`2024-01-01T10:00:00-03:00`); nested values as JSON.
    """
    kind = column.type
    if pa.types.is_floating(kind):
        written = pc.cast(pc.add(pc.cast(column, pa.float64()), 0.0), pa.string())  # adding zero: -0.0 is published as 0
        for arrow, published in (("nan", "NaN"), ("-nan", "NaN"), ("inf", "INF"), ("-inf", "-INF")):
            written = pc.if_else(pc.equal(written, arrow), published, written)
        return written
    if pa.types.is_decimal(kind):
        return _without_zeros(pc.cast(column, pa.string()))
    if pa.types.is_timestamp(kind) and kind.tz:
        here = pc.subtract(pc.cast(column, pa.timestamp(kind.unit)), pa.scalar(3 * 3600, pa.duration("s")))
        return pc.binary_join_element_wise(text(here), "-03:00", "")
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        try:  # whole seconds, as most are, have no zeros to take away, which would take longer than all else
            written = pc.cast(pc.cast(column, pa.timestamp("s") if pa.types.is_timestamp(kind) else pa.time32("s")), pa.string())
        except pa.ArrowInvalid:
            written = _without_zeros(pc.cast(column, pa.string()))
        return pc.replace_substring(written, " ", "T")
    if pa.types.is_nested(kind):
        return pa.chunked_array([pa.array([_json(value) for value in column.to_pylist()], pa.string())])
    return pc.cast(column, pa.string())


def alike(before: pa.ChunkedArray, after: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Two columns of one field that can be compared value by value: as they are where both have the same plain type, else as published."""
    kind = before.type
    plain = pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_boolean(kind) or pa.types.is_date32(kind)
    if kind == after.type and (plain or pa.types.is_float64(kind)):
        return before, after
    return text(before), text(after)


def rows(table: pa.Table, fields: Sequence[str]) -> pa.Table:
    """These fields of a table as published text, column by column."""
    return pa.table([text(table[name]) for name in fields], names=list(fields))


def _without_zeros(written: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring_regex(written, r"^(.*?\d)(?:\.0+|(\.\d*?[1-9])0+)$", r"\1\2")


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
