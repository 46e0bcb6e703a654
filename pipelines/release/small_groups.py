"""Groups so small that a person could be picked out of them: held back, or merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.dataset.dataset import Dataset
from pipelines.dataset.personal import SmallGroups, small_groups
from validation.table import ROW

TreatmentNote = dict[str, Any]
"""What was done, for the report: `min`, `fields`, and how many cells were `held` back and rows `merged` away.
"""


def drop_small_table_groups(
    table: pa.Table, groups: Sequence[SmallGroups]
) -> tuple[pa.Table, list[TreatmentNote]]:
    """The typed table with its small groups held back (null) or merged; a count of 0 tells of nobody, and
    stays."""
    notes = []
    for group in groups:
        merged = 0
        if group.merge:
            table, merged = _merge(table, group)
        table, held = _hold_back(table, group)
        notes.append(
            {
                "min": group.min,
                "fields": [group.count] if group.count else list(group.by),
                "held": held,
                "merged": merged,
            }
        )
    return table, notes


def drop_small_groups(
    dataset: Dataset, tables: Mapping[str, pa.Table]
) -> tuple[dict[str, pa.Table], dict[str, list[TreatmentNote]]]:
    """Every table as its declaration wants it, and what was done by resource."""
    safe, notes = {}, {}
    for resource in dataset.resources:
        groups = small_groups(resource.pipeline.personal_data, resource.schema)
        safe[resource.name], done = drop_small_table_groups(tables[resource.name], groups)
        if done:
            notes[resource.name] = done
    return safe, notes


def _small(table: pa.Table, group: SmallGroups) -> pa.ChunkedArray:
    """Which rows belong to a group that is too small."""
    if group.count:
        count = table[group.count]
        return pc.fill_null(pc.and_(pc.greater(count, 0), pc.less(count, group.min)), False)
    place = pa.array(range(table.num_rows), pa.int64())
    keyed = pa.table({**{name: table[name] for name in group.by}, "place": place})
    sizes = keyed.group_by(list(group.by), use_threads=False).aggregate(
        [("place", "list"), ("place", "count")]
    )
    small = sizes.filter(pc.less(sizes["place_count"], group.min))
    tells = reduce(
        pc.or_, (pc.is_valid(small[name]) for name in group.by)
    )  # a group of held-back values tells nothing more
    places = [place for listed in small.filter(tells)["place_list"].to_pylist() for place in listed]
    return pa.chunked_array([pc.is_in(place, value_set=pa.array(places, pa.int64()))])


def _hold_back(table: pa.Table, group: SmallGroups) -> tuple[pa.Table, int]:
    small, held = _small(table, group), 0
    for name in [group.count] if group.count else group.by:
        column = table[name]
        held += pc.sum(pc.and_(small, pc.is_valid(column))).as_py() or 0
        cells = pc.if_else(small, pa.scalar(None, column.type), column)
        table = table.set_column(table.column_names.index(name), table.schema.field(name), cells)
    return table, held


def _merge(table: pa.Table, group: SmallGroups) -> tuple[pa.Table, int]:
    """Small groups under the values of `merge`; rows that then differ in their count alone are one row, with
    the sum."""
    small = _small(table, group)
    for name, value in group.merge.items():
        column = pc.if_else(small, pa.scalar(value, pa.string()), table[name])
        table = table.set_column(table.column_names.index(name), table.schema.field(name), column)
    if not group.count:
        return table, 0
    others = [name for name in table.column_names if name not in (ROW, group.count)]
    few = table.filter(small).append_column("__place__", pa.array(pc.indices_nonzero(small), pa.uint64()))
    added = few.group_by(others, use_threads=False).aggregate(
        [(ROW, "min"), (group.count, "sum"), ("__place__", "min")]
    )
    added = added.rename_columns([*others, ROW, group.count, "__place__"])
    stays = table.append_column("__place__", pa.array(range(table.num_rows), pa.uint64())).filter(
        pc.invert(small)
    )
    together = pa.concat_tables([stays, added.select(stays.column_names).cast(stays.schema)]).sort_by(
        "__place__"
    )
    return together.drop_columns(["__place__"]), table.num_rows - together.num_rows
