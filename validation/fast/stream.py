"""Tables as frictionless reads them: streams of rows that carry the numbers that they have in the agency's
file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
from frictionless import Dialect, Schema
from frictionless.resources import TableResource

from validation.fast.cells import TableBlocks
from validation.fast.validate import BlockedTable
from validation.table import Table
from validation.types import readable_values


class DeliveredTable(BlockedTable):
    """A delivered table. Its copy, which frictionless looks foreign keys up in, has the retained rows as
    well."""

    table: Table
    retained: pa.Table | None

    def as_blocks(self, width: int, first: int) -> TableBlocks | None:
        return TableBlocks(self.table, width, first) if len(self.table.labels) == width else None

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


def lookup_table(name: str, rows: pa.Table) -> TableResource:
    """A resource over typed rows that others refer to; nothing in them is read again."""

    def stream() -> Iterator[Cells]:
        yield Cells(0, rows.column_names)
        yield from _typed_cells(rows, rows.column_names)

    fields = [{"name": column, "type": "any"} for column in rows.column_names]
    schema = Schema.from_descriptor({"fields": fields, "missingValues": []})
    return TableResource(name=name, data=stream, schema=schema, dialect=NumberedDialect())


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
