"""Keys of tables that are typed already: their values in the one writing that an index compares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from validation.fast.blocks import Doubtful
from validation.fast.index import Index, index_texts, kind_and_text
from validation.fast.proof import Mask
from validation.types import keys, readable_values, rows_of

FEW = 65_536
"""Rows of another table whose keys Python may hold; more go to an index on disk."""
AT_ONCE = 65_536
"""Rows of a typed table whose values are Python's at the same time."""
AS_THEY_ARE = (readable_values, pa.ChunkedArray.to_pylist)
"""What leaves texts and whole numbers as they are."""
Reader = Callable[[Any], Any]
"""What frictionless makes of a cell: its value, and what is wrong with it."""


def kind_of_type(type: pa.DataType) -> str | None:
    """What the values of a typed column can be equal to, once they can be read: those of the same kind. None
    for types without one writing."""
    if pa.types.is_string(type):
        return "text"
    if any(is_(type) for is_ in (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)):
        return "number"
    if pa.types.is_decimal(type):
        return "number"
    if pa.types.is_date32(type):
        return "date"
    return "datetime" if pa.types.is_timestamp(type) else None


def write_values(
    column: pa.ChunkedArray,
    kind: str,
    values_of: Callable[[pa.ChunkedArray], Iterable[Any]] = readable_values,
) -> pa.StringArray:
    """The values of a typed column in their canonical writing, `values_of` giving those of Python; null where
    there is none. Raises Doubtful where one is not of this kind."""
    values = column.combine_chunks()
    if values_of in AS_THEY_ARE:
        if kind == "text" and pa.types.is_string(values.type):
            return values
        if kind == "number" and pa.types.is_integer(values.type):
            return values.cast(pa.string())
    encoded = values.dictionary_encode("mask")
    texts: list[str | None] = []
    for value in values_of(pa.chunked_array([encoded.dictionary])):
        found, text = (kind, None) if value is None else kind_and_text(value)
        if found != kind:
            raise Doubtful(f"{found} among values of kind {kind}")
        texts.append(text)
    return pa.array(texts, pa.string()).take(encoded.indices)


def read_values(column: pa.ChunkedArray, kind: str, reader: Reader) -> pa.StringArray:
    """Likewise of the values that a field reads in a typed column. Raises Doubtful."""
    return write_values(column, kind, lambda values: [reader(value)[0] for value in readable_values(values)])


def index_rows(rows: pa.Table, fields: Sequence[str]) -> Index:
    """The keys that stand in some fields of typed rows, as a field of type "any" reads them. Raises Doubtful
    where only frictionless can tell."""
    kinds = [kind_of_type(rows.schema.field(field).type) for field in fields]
    columns = [(field, kind) for field, kind in zip(fields, kinds, strict=True) if kind]
    return index_texts(
        kinds, ([write_values(part[field], kind) for field, kind in columns] for part in blocks_of(rows))
    )


def blocks_of(rows: pa.Table) -> Iterator[pa.Table]:
    """The rows, so many at a time that Python may hold their values."""
    for start in range(0, rows.num_rows, AT_ONCE):
        yield rows.slice(start, AT_ONCE)


class KeysOfRows:
    """The keys of typed rows, to ask whether others have one of them: in a set where the rows are few or of
    types without one writing, else in an index. Values are compared as `validation.types.keys` does; a key
    that is all null is none."""

    def __init__(self, rows: pa.Table, fields: Sequence[str]) -> None:
        self.fields, self.index, self.known = list(fields), self._index(rows, fields), set[Any]()
        if self.index is None:
            self.known = keys(rows, fields)

    @staticmethod
    def _index(rows: pa.Table, fields: Sequence[str]) -> Index | None:
        if rows.num_rows <= FEW or not fields:
            return None
        kinds = [_comparable(rows.slice(0, 0), field)[0] for field in fields]
        try:
            return index_texts(
                kinds, ([_comparable(part, field)[1] for field in fields] for part in blocks_of(rows))
            )
        except Doubtful:
            return None

    def are_in(self, rows: pa.Table) -> Mask:
        """Which of some rows, not too many, have one of the keys."""
        if self.index is None:
            return np.array([key in self.known for key in rows_of(rows, self.fields)], np.bool_)
        parts = [_comparable(rows, field) for field in self.fields]
        there, void = self.index.find([kind for kind, _texts in parts], [texts for _kind, texts in parts])
        return there & ~void


def _comparable(rows: pa.Table, field: str) -> tuple[str | None, pa.StringArray]:
    """The kind and the texts of a column's values as `rows_of` gives them: moments as numbers, and nothing
    where there is no such field. Of values without one writing no more is told than that they are there."""
    if field not in rows.column_names:
        return "text", pa.nulls(rows.num_rows, pa.string())
    column = rows[field]
    if pa.types.is_time64(column.type):
        return "time", column.cast(pa.int64()).combine_chunks().cast(pa.string())
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    kind = kind_of_type(column.type)
    if kind is None:
        return None, pc.if_else(column.is_valid().combine_chunks(), "", None)
    return kind, write_values(column, kind, pa.ChunkedArray.to_pylist)
