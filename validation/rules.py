"""What a schema promises of a table, by the columns that its file has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from frictionless.resources import TableResource
from frictionless.table.row import create_cell_handlers

from validation.column import Column
from validation.types import arrow_schema

if TYPE_CHECKING:
    from validation.index import Index

# Types whose values cannot be compared as keys: frictionless raises, and shall raise by itself.
_UNHASHABLE = {"array", "object", "geojson", "list"}


@dataclass(frozen=True)
class Reference:
    """A foreign key: the places of its fields, and the keys that the other table has: frictionless's set of them, or our index."""

    places: tuple[int, ...]
    there: set[Any] | Index


@dataclass(frozen=True)
class Rules:
    """What a table promises, by the places of its columns: each column's reader, what is unique, the primary and the foreign keys.
    Where typed rows are wanted, `typed` is their Arrow schema, `__row__` first."""

    columns: list[Column]
    unique: tuple[int, ...]
    primary: tuple[int, ...]
    foreign: tuple[Reference, ...]
    typed: pa.Schema | None = None

    @property
    def keys(self) -> int:
        return len(self.unique) + bool(self.primary)

    @property
    def travels(self) -> bool:
        """Whether another machine can apply them: an index stays on the disk where it was made."""
        return all(isinstance(key.there, set) for key in self.foreign)


def rules_of(resource: TableResource, *, typed: bool = False) -> Rules | None:
    """What an opened resource's schema promises, for the columns that its file has; None where only frictionless can tell."""
    schema, fields = resource.schema, resource.header.get_expected_fields()
    handlers = create_cell_handlers(fields)
    names = list(handlers)
    if not names or len(handlers) != len(fields) or not all(field.builtin for field in fields) or len(names) > 2000:
        return None
    unique = [i for i, field in enumerate(fields) if field.constraints.get("unique")]
    primary = [names.index(name) for name in schema.primary_key] if set(schema.primary_key) <= set(names) else []
    compared = {*unique, *primary}
    if (primary and not resource.dialect.header_case) or any(fields[i].type in _UNHASHABLE for i in compared):
        return None
    columns = []
    for place, (field, handler) in enumerate(zip(fields, handlers.values(), strict=True)):
        own = field.has_defined("missing_values") or not field.schema
        missing = field.missing_values if own else field.schema.missing_values  # type: ignore[union-attr]
        columns.append(Column(field, handler.reader, missing, wants_keys=place in compared, typed=typed))
    foreign = []
    for key in schema.foreign_keys:
        if resource.lookup.get(key["reference"]["resource"]) and set(key["fields"]) <= set(names):
            there = resource.lookup[key["reference"]["resource"]].get(tuple(key["reference"]["fields"]), set())
            foreign.append(Reference(tuple(names.index(field) for field in key["fields"]), there))
    return Rules(columns, tuple(unique), tuple(primary), tuple(foreign), arrow_schema(schema) if typed else None)
