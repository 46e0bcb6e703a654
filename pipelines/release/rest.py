"""What is left of tables when rows are held back: whether it is sure, without reading it once more, that
nothing is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.dataset.dataset import Dataset, Resource
from pipelines.release.alike_keys import find_alike_keys
from pipelines.release.coordinates import find_odd_coordinates


def is_surely_right(dataset: Dataset, typed: Mapping[str, pa.Table]) -> bool:
    """Whether the tables, all of whose other rows are held back, are right by themselves.

    A cell is right or wrong whatever stands in other rows, and each row with a wrong one is held back. What
    depends on other rows is asked again here: keys and what is unique, and keys that look alike. Not sure are
    foreign keys (a row that was referred to may be held), and deliveries that earlier rows are put beside (of
    a period that is held back whole they would stay).
    """
    return all(
        _stands_alone(resource) and _is_right(resource, typed[resource.name])
        for resource in dataset.resources
    )


def _stands_alone(resource: Resource) -> bool:
    extract = resource.pipeline.extract
    return extract.mode == "full" and not extract.vanished and not resource.schema.get("foreignKeys")


def _is_right(resource: Resource, table: pa.Table) -> bool:
    unique = [
        field["name"] for field in resource.schema["fields"] if field.get("constraints", {}).get("unique")
    ]
    if not all(_differs_in_each_row(table, [name]) for name in unique):
        return False
    if resource.primary_key and not _differs_in_each_row(table, resource.primary_key, whole=True):
        return False
    found = (*find_alike_keys(resource, table), *find_odd_coordinates(resource, table))
    return all(problem.severity != "critical" for problem in found)


def _differs_in_each_row(table: pa.Table, names: Sequence[str], *, whole: bool = False) -> bool:
    """Whether no two rows have the same values; nulls count only where keys have to be `whole`."""
    if len(names) > 1:
        keys = table.select(list(names))
        return bool(keys.group_by(keys.column_names).aggregate([]).num_rows == table.num_rows)
    column = table[names[0]]
    filled = len(column) - column.null_count
    return (filled == len(column) or not whole) and bool(pc.count_distinct(column).as_py() == filled)
