"""What changed from one release to the next: fields, promises, rows, cells, and how big a step of the version
that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from catalog.archive import published
from catalog.archive.changes import rows
from catalog.archive.changes import schema as schema_changes
from catalog.archive.changes.reasons import Reason, highest
from catalog.archive.changes.rows import Rows
from catalog.archive.changes.schema import SchemaChanges, foreign_keys, names
from catalog.archive.release import Level


@dataclass(frozen=True)
class TableChanges:
    """What changed in one resource, and why that makes a step."""

    name: str
    schema: SchemaChanges
    rows: Rows
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Changes:
    """What changed in a dataset. `resources` are the tables of the new release in its order, then those that
    it has no more."""

    resources: tuple[TableChanges, ...]
    reasons: tuple[Reason, ...]

    @property
    def level(self) -> Level | None:
        """The step of the version; None for a first release, and where nothing changed."""
        return highest(self.reasons)

    @property
    def unchanged(self) -> bool:
        """Neither a value nor the published descriptor differs, and it is no first release."""
        return not self.reasons

    def table(self) -> pa.Table:
        """Every change as a line of text: `resource`, `change` (row-removed, row-added, cell-changed, in this
        order), `key` (JSON object of field → published text; null without a key), `field`, `before`, `after`
        (published text, null for a missing value; for whole rows a JSON object). Sorted by key, or by text
        without one, whatever the order of the tables' rows.
        """
        return pa.concat_tables(
            [rows.SCHEMA.empty_table(), *(resource.rows.table for resource in self.resources)]
        ).combine_chunks()

    def summary(self) -> dict[str, Any]:
        """By resource: fields, rows and cells, as `--json` shows them, and the reasons of the step."""
        return {
            resource.name: {
                "fields": {
                    kind: list(getattr(resource.schema, kind))
                    for kind in ("added", "removed", "moved", "retyped")
                },
                "rows": {
                    "added": resource.rows.added,
                    "removed": resource.rows.removed,
                    "changed": resource.rows.changed,
                },
                "cells": resource.rows.cells,
                "reasons": [reason.to_json() for reason in resource.reasons],
            }
            for resource in self.resources
        }

    def totals(self) -> dict[str, dict[str, int]]:
        """By resource: how many rows were added, removed and changed."""
        return {name: found["rows"] for name, found in self.summary().items()}


def compare(
    previous: Mapping[str, pa.Table],
    tables: Mapping[str, pa.Table],
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    *,
    referenced: Mapping[str, pa.Table] | None = None,
) -> Changes:
    """What changed between two releases: typed tables by resource, and their published descriptors (`before`
    None: the first release).

    `referenced` has, by resource, the values by which tables of other datasets refer to it: columns named by
    its fields. Raises ValueError where the tables are not those of the descriptors.
    """
    old, new = schema_changes.tables(before), schema_changes.tables(after)
    for named, given, which in ((old, previous, "previous"), (new, tables, "new")):
        if named.keys() != given.keys():
            raise ValueError(
                f"{which} tables: {sorted(given)}; its descriptor: {sorted(named)}; give one per resource "
                f"with a schema"
            )
    found = []
    with rows.connected() as duck:
        for name in [*new, *(gone for gone in old if gone not in new)]:
            resource = new.get(name, old.get(name, {}))
            after_rows = (
                _fields(tables[name], new[name])
                if name in new
                else _fields(previous[name], old[name]).slice(0, 0)
            )
            before_rows = _fields(previous[name], old[name]) if name in old else after_rows.slice(0, 0)
            differing = rows.compare(
                duck, name, before_rows, after_rows, names(resource["schema"].get("primaryKey"))
            )
            if name in old and name in new:
                schema = schema_changes.of_table(old[name], new[name])
                gone = _references_broken(duck, name, previous, tables, old, new, referenced or {})
                reasons = (*schema.reasons, *_of_rows(name, differing), *gone)
            else:
                code = (
                    "resource-removed"
                    if name in old
                    else "resource-added"
                    if before is not None
                    else "first-release"
                )
                schema, reasons = (
                    SchemaChanges(),
                    (Reason(code, name, {"rows": differing.added + differing.removed}),),
                )
            found.append(TableChanges(name, schema, differing, reasons))
    beside = () if before is None else schema_changes.of_dataset(before, after)
    return Changes(tuple(found), (*(reason for table in found for reason in table.reasons), *beside))


def _fields(table: pa.Table, resource: Mapping[str, Any]) -> pa.Table:
    return table.select([field["name"] for field in resource["schema"]["fields"]])


def _of_rows(resource: str, differing: Rows) -> Iterator[Reason]:
    if differing.added:
        yield Reason("rows-added", resource, {"rows": differing.added})
    if differing.removed:
        yield Reason("rows-removed", resource, {"rows": differing.removed})
    if differing.cells:
        yield Reason("cells-changed", resource, {"rows": differing.changed, "cells": differing.cells})


def _references_broken(
    duck: duckdb.DuckDBPyConnection,
    resource: str,
    previous: Mapping[str, pa.Table],
    tables: Mapping[str, pa.Table],
    old: Mapping[str, Mapping[str, Any]],
    new: Mapping[str, Mapping[str, Any]],
    referenced: Mapping[str, pa.Table],
) -> Iterator[Reason]:
    """A reason per foreign key of another table, before or now, whose referenced values left this resource
    while that table, as it was or as it is, has them: whoever joined the two loses rows, even where both
    dropped them. A removed field is a major step by itself.
    """
    referring: dict[tuple[str | None, tuple[str, ...]], list[pa.Table]] = {}
    for sides, tables_then in ((old, previous), (new, tables)):
        for other in (name for name in sides if name != resource):
            for key in foreign_keys(sides[other]["schema"]).values():
                if key["resource"] == resource:
                    referring.setdefault((other, key["reference"]), []).append(
                        published.rows(tables_then[other], key["fields"])
                    )
    if resource in referenced:
        fields = tuple(referenced[resource].column_names)
        referring[None, fields] = [published.rows(referenced[resource], fields)]
    for (by, fields), values in referring.items():
        if all(
            field in table.column_names
            for field in fields
            for table in (previous[resource], tables[resource])
        ):
            both = (published.rows(previous[resource], fields), published.rows(tables[resource], fields))
            broken = rows.dangling(duck, both, values)
            if broken.num_rows:
                example = list(broken.slice(0, 1).to_pylist()[0].values())
                concerned = {"by": by, "fields": list(fields), "keys": broken.num_rows, "example": example}
                yield Reason("referenced-key-removed", resource, concerned)
