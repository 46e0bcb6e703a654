"""Rows of earlier releases that stay, though what they refer to is gone: the published table would break its
promise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from frictionless import Field

from messages import ngettext
from validation.fast.blocks import Doubtful
from validation.fast.index import Index, kind_of
from validation.fast.proof import Values
from validation.fast.stream import DeliveredTable
from validation.fast.typed import KeysOfRows, Reader, blocks_of, read_values
from validation.report import Problem
from validation.types import readable_values


def removed_references(resource: DeliveredTable, table: pa.Table) -> Iterator[Problem]:
    """Foreign keys of retained rows that lost their row in this delivery, which is ``table``, typed.

    A retained row whose primary key is delivered again is about to be replaced, and does not count. Rows are
    gone through in blocks, however many they are.
    """
    schema, retained = resource.schema, resource.retained
    if retained is None:
        return
    replaced = _Replaced(table, list(schema.primary_key))
    for key in schema.foreign_keys:
        if not set(key["fields"]) <= set(retained.column_names):
            continue
        fields = [schema.get_field(field) for field in key["fields"]]
        readers = [field.create_cell_reader() for field in fields]
        there = resource.lookup[key["reference"]["resource"]][tuple(key["reference"]["fields"])]
        lost = 0
        for block in blocks_of(retained):
            places = _lost(block, fields, readers, there)
            lost += len(places) and len(places) - replaced.count(block.take(pa.array(places)))
        if lost:
            yield _removed_reference(resource.table.name, key, lost)


class _Replaced:
    """The rows of the delivery, by their primary key; looked through once somebody asks."""

    def __init__(self, table: pa.Table, primary: list[str]) -> None:
        self.table, self.primary = table, primary

    @cached_property
    def keys(self) -> KeysOfRows:
        return KeysOfRows(self.table, self.primary)

    def count(self, rows: pa.Table) -> int:
        """How many of these rows are delivered again."""
        return int(np.count_nonzero(self.keys.are_in(rows))) if self.primary else 0


def _lost(
    block: pa.Table, fields: Sequence[Field], readers: Sequence[Reader], there: set[Any] | Index
) -> Values:
    """The places of the rows that refer to what is not there."""
    columns = [block[field.name] for field in fields]
    if isinstance(there, Index):
        kinds = [kind_of(field) for field in fields]
        try:
            texts = [
                read_values(column, kind or "", read)
                for column, kind, read in zip(columns, kinds, readers, strict=True)
            ]
            found, void = there.find(kinds, texts)
            return np.flatnonzero(~(found | void))
        except Doubtful:  # values without one writing are asked for one by one
            pass
    cells = [
        [read(value)[0] for value in readable_values(column)]
        for read, column in zip(readers, columns, strict=True)
    ]
    lost = [set(values) != {None} and values not in there for values in zip(*cells, strict=True)]
    return np.flatnonzero(np.array(lost, np.bool_))


def _removed_reference(resource: str, key: Mapping[str, Any], lost: int) -> Problem:
    fields = ", ".join(key["fields"])
    note = ngettext(
        "{n} row of earlier extracts refers by {fields} to a row of {target} that is gone",
        "{n} rows of earlier extracts refer by {fields} to rows of {target} that are gone",
        lost,
        fields=fields,
        target=key["reference"]["resource"] or resource,
    )
    return Problem("table-error", resource, note, code="reference-removed", field=fields)
