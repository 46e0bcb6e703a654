"""What changed from one release to the next: fields, promises, rows, cells, and how big a step of the version
that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from catalog.archive import published
from catalog.archive.changes import rows
from catalog.archive.changes import schema as schema_changes
from catalog.archive.changes.duck import open_duckdb
from catalog.archive.changes.reasons import Reason, highest_level
from catalog.archive.changes.rows import RowChanges
from catalog.archive.changes.schema import SchemaChanges, field_names, foreign_keys
from catalog.archive.release import Level

if TYPE_CHECKING:
    import duckdb

    Duck = Callable[[], duckdb.DuckDBPyConnection]
    """DuckDB, opened when it is first asked for."""


@dataclass(frozen=True)
class TableChanges:
    """What changed in one resource, and why that makes a step."""

    name: str
    schema: SchemaChanges
    rows: RowChanges
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
        return highest_level(self.reasons)

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
        parts = [resource.rows.table for resource in self.resources]
        return pa.concat_tables([rows.SCHEMA.empty_table(), *parts]).combine_chunks()

    def lines(self) -> Iterator[pa.Table]:
        """The same, part by part."""
        for resource in self.resources:
            yield from resource.rows.lines()

    def summary(self) -> dict[str, Any]:
        """By resource: fields, rows and cells, as `--json` shows them, and the reasons of the step.

        `untraced`: among the rows added and removed some may be the same."""
        return {
            resource.name: {
                "fields": {
                    kind: list(getattr(resource.schema, kind))
                    for kind in ("added", "removed", "moved", "retyped")
                },
                "rows": resource.rows.counts,
                "cells": resource.rows.cells,
                **({"untraced": True} if resource.rows.untraced else {}),
                "reasons": [reason.to_json() for reason in resource.reasons],
            }
            for resource in self.resources
        }

    def totals(self) -> dict[str, dict[str, int]]:
        """By resource: how many rows were added, removed and changed."""
        return {name: found["rows"] for name, found in self.summary().items()}

    @property
    def untraced(self) -> tuple[str, ...]:
        """The resources of which rows before and now cannot be told apart."""
        return tuple(resource.name for resource in self.resources if resource.rows.untraced)


def compare(
    previous: Mapping[str, pa.Table],
    tables: Mapping[str, pa.Table],
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    *,
    referenced: Mapping[str, pa.Table] | None = None,
    parts: Mapping[str, tuple[pa.Table, pa.Table]] | None = None,
    add_lines: rows.AddLines | None = None,
) -> Changes:
    """What changed between two releases: typed tables by resource, and their published descriptors (`before`
    None: the first release).

    `referenced` has, by resource, the values by which tables of other datasets refer to it: columns named by
    its fields. `parts` has, of tables that were put together of earlier rows and new ones, the rows that are
    gone and those that came: all others are known to be the same. `add_lines` may make the lines of rows
    that came or went whole. Raises ValueError where the tables are not
    those of the descriptors.
    """
    old, new = schema_changes.tables(before), schema_changes.tables(after)
    for named, given, which in ((old, previous, "previous"), (new, tables, "new")):
        if named.keys() != given.keys():
            raise ValueError(
                f"{which} tables: {sorted(given)}; its descriptor: {sorted(named)}; give one per resource "
                f"with a schema"
            )
    sides = _Sides(previous, tables, old, new, referenced or {}, parts or {}, add_lines)
    with ExitStack() as opened:
        duck = cache(lambda: opened.enter_context(open_duckdb()))
        names = [*new, *(name for name in old if name not in new)]
        resources = tuple(_compare_resource(duck, name, sides, before is None) for name in names)
    reasons = [reason for resource in resources for reason in resource.reasons]
    if before is not None:
        reasons.extend(schema_changes.dataset_reasons(before, after))
    return Changes(resources, tuple(reasons))


@dataclass(frozen=True)
class _Sides:
    """Two releases: their tables and the descriptors of their resources, by name; and the values by which
    other datasets refer to them."""

    previous: Mapping[str, pa.Table]
    tables: Mapping[str, pa.Table]
    old: Mapping[str, Mapping[str, Any]]
    new: Mapping[str, Mapping[str, Any]]
    referenced: Mapping[str, pa.Table]
    parts: Mapping[str, tuple[pa.Table, pa.Table]]
    add_lines: rows.AddLines | None

    def to_compare(self, name: str, key: Sequence[str], follow: Sequence[str]) -> tuple[pa.Table, pa.Table]:
        """The rows before and now that may differ. Rows are followed by values that stand in one row alone,
        and that a new key tells rows apart is not known of rows of before: that takes the whole table."""
        before, after = self.previous[name], self.tables[name]
        same_key = list(key) == list(field_names(self.old[name]["schema"].get("primaryKey")))
        alike = same_key and before.column_names == after.column_names
        if name in self.parts and alike and (key or not follow):
            before, after = self.parts[name]
        return _declared_columns(before, self.old[name]), _declared_columns(after, self.new[name])


def _compare_resource(duck: Duck, name: str, sides: _Sides, is_first: bool) -> TableChanges:
    resource = sides.new.get(name) or sides.old[name]
    key, follow = field_names(resource["schema"].get("primaryKey")), resource.get("follow", ())
    add = sides.add_lines
    if name in sides.old and name in sides.new:
        differing = rows.compare(duck(), name, *sides.to_compare(name, key, follow), key, follow, add)
        schema = schema_changes.compare_table(sides.old[name], sides.new[name])
        broken = _references_broken(duck, name, sides)
        reasons = (*schema.reasons, *_row_reasons(name, differing, follow), *broken)
        return TableChanges(name, schema, differing, reasons)
    if name in sides.old:
        before = _declared_columns(sides.previous[name], sides.old[name])
        code = "resource-removed"
        differing = rows.compare(duck(), name, before, before.slice(0, 0), key, add_lines=add)
    else:
        after = _declared_columns(sides.tables[name], sides.new[name])
        code = "first-release" if is_first else "resource-added"
        differing = rows.all_added(name, after, key, add) or rows.compare(
            duck(), name, after.slice(0, 0), after, key, add_lines=add
        )
    held = sides.new.get(name, {}).get("heldRows", 0)
    told = {"rows": differing.added + differing.removed} | ({"held": held} if held else {})
    return TableChanges(name, SchemaChanges(), differing, (Reason(code, name, told),))


def _declared_columns(table: pa.Table, resource: Mapping[str, Any]) -> pa.Table:
    return table.select([field["name"] for field in resource["schema"]["fields"]])


def _row_reasons(resource: str, differing: RowChanges, follow: Sequence[str]) -> Iterator[Reason]:
    if differing.untraced:
        yield Reason("rows-untraced", resource, {"rows": differing.added, "gone": differing.removed})
    elif differing.added:
        yield Reason("rows-added", resource, {"rows": differing.added})
    if differing.removed and not differing.untraced:
        yield Reason("rows-removed", resource, {"rows": differing.removed})
    if differing.cells:
        counts: dict[str, Any] = {"rows": differing.changed, "cells": differing.cells}
        yield Reason(
            "cells-changed", resource, counts if differing.keyed else {**counts, "fields": list(follow)}
        )


def _references_broken(duck: Duck, resource: str, sides: _Sides) -> Iterator[Reason]:
    """A reason per foreign key of another table, before or now, whose referenced values left this resource
    while that table, as it was or as it is, has them: whoever joined the two loses rows, even where both
    dropped them. A removed field is a major step by itself.
    """
    before, after = sides.previous[resource], sides.tables[resource]
    for (by, fields), values in _referring_values(resource, sides).items():
        if not all(field in table.column_names for field in fields for table in (before, after)):
            continue
        both = (published.text_table(before, fields), published.text_table(after, fields))
        broken = rows.find_dangling(duck(), both, values)
        if broken.num_rows:
            example = list(broken.slice(0, 1).to_pylist()[0].values())
            concerned = {"by": by, "fields": list(fields), "keys": broken.num_rows, "example": example}
            yield Reason("referenced-key-removed", resource, concerned)


def _referring_values(
    resource: str, sides: _Sides
) -> dict[tuple[str | None, tuple[str, ...]], list[pa.Table]]:
    """The values by which other tables refer to this resource, by (table, referenced fields): before and now.
    None stands for other datasets."""
    found: dict[tuple[str | None, tuple[str, ...]], list[pa.Table]] = {}
    for descriptors, tables in ((sides.old, sides.previous), (sides.new, sides.tables)):
        for other, descriptor in descriptors.items():
            if other == resource:
                continue
            for key in foreign_keys(descriptor["schema"]).values():
                if key["resource"] == resource:
                    values = published.text_table(tables[other], key["fields"])
                    found.setdefault((other, key["reference"]), []).append(values)
    if resource in sides.referenced:
        fields = tuple(sides.referenced[resource].column_names)
        found[None, fields] = [published.text_table(sides.referenced[resource], fields)]
    return found
