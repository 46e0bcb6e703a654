"""Tables as frictionless reads them: streams of rows that carry the numbers that they have in the agency's
file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
from frictionless import Dialect, Schema

from validation.fast import typed
from validation.fast.blocks import Place
from validation.fast.cells import TableBlocks
from validation.fast.column import FieldCheck
from validation.fast.index import Index, canonical_texts, index_texts, kind_of
from validation.fast.opening import BlockedTable, open_until_labels
from validation.fast.references import key_columns, with_odd_rows
from validation.table import Table
from validation.types import readable_values


class DeliveredTable(BlockedTable):
    """A delivered table. Its copy, which frictionless looks foreign keys up in, has the retained rows as
    well."""

    table: Table
    retained: pa.Table | None

    def as_blocks(self, width: int, first: int) -> TableBlocks | None:
        return TableBlocks(self.table, width, first) if len(self.table.labels) == width else None

    def index_keys(self, fields: tuple[str, ...]) -> Index | None:
        if not self._is_large():
            return None
        open_until_labels(self)
        columns, width = key_columns(self, fields), len(self.header.get_expected_fields())
        if columns is None or len(self.table.labels) != width:
            return None
        kinds = [kind_of(column.field) for _place, column in columns]
        return index_texts(kinds, self._key_texts(columns, width))

    def _is_large(self) -> bool:
        """Whether its rows, and those that are retained, are too many for Python to hold their keys."""
        count = self.retained.num_rows if self.retained is not None else 0
        for batch in self.table.batches():
            if count > typed.FEW:
                break
            count += batch.num_rows
        return count > typed.FEW

    def _key_texts(self, columns: list[tuple[int, FieldCheck]], width: int) -> Iterator[list[pa.StringArray]]:
        """The values of some columns in their canonical writing, block by block, retained rows last."""
        source = TableBlocks(self.table, width, 1)
        for batch in self.table.batches():
            block = source.parse(Place(0, 0, 1, batch.num_rows), batch)
            cells = with_odd_rows(block, [place for place, _column in columns])
            yield [
                canonical_texts(column, part) for (_place, column), part in zip(columns, cells, strict=True)
            ]
        labels = [label.strip() for label in self.table.labels]
        for part in typed.blocks_of(self.retained) if self.retained is not None else ():
            yield [
                typed.read_values(part[labels[place]], kind_of(column.field) or "", column.reader)
                if labels[place] in part.column_names
                else pa.nulls(part.num_rows, pa.string())
                for place, column in columns
            ]

    def to_copy(self, **options: Any) -> DeliveredTable:
        return deliver_table(
            self.table, self.schema.to_copy(datapackage_version="v2"), self.retained, whole=True
        )


def deliver_table(
    table: Table, schema: Schema, retained: pa.Table | None, *, whole: bool = False
) -> DeliveredTable:
    """A resource over a table's text; with ``whole``, the retained rows follow it."""

    def stream() -> Iterator[Cells]:
        if not table.labels:
            return
        yield Cells(table.header_row, table.labels)
        for number, cells in table.rows():
            yield Cells(number, cells)
        if whole and retained is not None:
            yield from _typed_cells(retained, [label.strip() for label in table.labels])

    dialect = NumberedDialect(header_rows=[table.header_row])
    resource = DeliveredTable(
        name=table.name, data=stream, schema=schema, dialect=dialect, datapackage_version="v2"
    )
    resource.table, resource.retained = table, retained
    return resource


class LookupTable(BlockedTable):
    """Typed rows that others refer to."""

    rows: pa.Table

    def to_copy(self, **options: Any) -> LookupTable:
        return lookup_table(self.name, self.rows)

    def index_keys(self, fields: tuple[str, ...]) -> Index | None:
        if self.rows.num_rows <= typed.FEW or not set(fields) <= set(self.rows.column_names):
            return None
        return typed.index_rows(self.rows, fields)


def lookup_table(name: str, rows: pa.Table) -> LookupTable:
    """A resource over typed rows that others refer to; nothing in them is read again."""

    def stream() -> Iterator[Cells]:
        yield Cells(0, rows.column_names)
        yield from _typed_cells(rows, rows.column_names)

    fields = [{"name": column, "type": "any"} for column in rows.column_names]
    schema = Schema.from_descriptor({"fields": fields, "missingValues": []})
    resource = LookupTable(name=name, data=stream, schema=schema, dialect=NumberedDialect())
    resource.rows = rows
    return resource


class Cells(list[Any]):
    """A row's cells that know the row's number."""

    def __init__(self, number: int, cells: Iterable[Any]) -> None:
        super().__init__(cells)
        self.number = number


class NumberedDialect(Dialect):
    """Reads a stream whose first item is the header, and whose rows are ``Cells``."""

    def read_labels(self, sample: list[Any]) -> list[str]:
        return [str(label).strip() for label in sample[0]] if sample else []

    def read_enumerated_content_stream(self, cell_stream: Iterable[Any]) -> Iterator[tuple[int, list[Any]]]:
        rows = iter(cell_stream)
        next(rows, None)
        for cells in rows:
            yield cells.number, cells


def _typed_cells(rows: pa.Table, names: list[str]) -> Iterator[Cells]:
    for batch in rows.to_batches(max_chunksize=65_536):
        part = pa.Table.from_batches([batch])
        columns = [
            readable_values(part[name]) if name in part.column_names else [None] * part.num_rows
            for name in names
        ]
        for cells in zip(*columns, strict=True):
            yield Cells(0, cells)
