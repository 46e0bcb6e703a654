"""The other forms of a table, beside its CSV and Parquet: a workbook, and where its rows lie as GeoJSON and
GeoParquet. The same table gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalog.archive.geometry import find_places, pack_geojson, pack_geoparquet
from catalog.archive.published import WRITER
from catalog.archive.release import format_file
from catalog.archive.workbook import fits_workbook, pack_workbook
from pipelines.dataset.dataset import Dataset, Resource
from validation.table import ROW

MOST_FEATURES = 200_000
"""Rows of a GeoJSON: larger ones open in no browser and in few programs; the GeoParquet has them."""
AUTO = ("xlsx", "geojson", "geoparquet")
UNASKED_CELLS, UNASKED_ROWS, UNASKED_BYTES = 1_000_000, 50_000, 50_000_000
"""Of a table that is written in other forms although nothing asks for them: cells of a workbook, rows and
bytes of what lies somewhere. Each takes a second at most."""
FIRST_WRITER = 4
"""From which on tables are written so; what was released before is made again as it was."""


def choose_formats(
    dataset: Dataset, tables: Mapping[str, pa.Table], writer: int = WRITER
) -> dict[str, list[str]]:
    """By table, what it can be written in of what its declaration asks for, or where it says nothing, of
    AUTO, if it is no large one: a workbook where a spreadsheet takes it whole, the others where every row
    says alike where it lies."""
    found = {r.name: _choose(dataset, r, tables[r.name], writer) for r in dataset.resources}
    return {name: kinds for name, kinds in found.items() if kinds}


def keep_formats(
    dataset: Dataset, tables: Mapping[str, pa.Table], before: Mapping[str, Any] | None, writer: int = WRITER
) -> dict[str, list[str]]:
    """The same, but for what no declaration asks for: of that, what the release `before` has (its
    descriptor). So nothing is released anew only because tables are written in more forms now."""
    if before is None:
        return choose_formats(dataset, tables, writer)
    files = {(each["name"], each["path"]) for each in before["resources"] if "schema" not in each}
    found = {}
    for resource in dataset.resources:
        if resource.pipeline.formats is None:
            names = {kind: (f"{resource.name}-{kind}", format_file(resource.path, kind)) for kind in AUTO}
            found[resource.name] = [kind for kind in AUTO if names[kind] in files]
        else:
            found[resource.name] = _choose(dataset, resource, tables[resource.name], writer)
    return found


def _choose(dataset: Dataset, resource: Resource, rows: pa.Table, writer: int) -> list[str]:
    declared = resource.pipeline.formats
    wanted = AUTO if declared in (None, "auto") else declared
    if not wanted or (declared is None and writer < FIRST_WRITER):
        return []
    table = rows.drop_columns([ROW])
    kinds = [kind for kind in wanted if _is_free(dataset, resource, kind)]
    if declared is None:
        kinds = [kind for kind in kinds if _is_small(kind, table)]
    return [kind for kind in kinds if _can_be(kind, table)]


def write_formats(
    resource: Resource, table: pa.Table, kinds: Sequence[str], about: Mapping[str, str], into: Path
) -> dict[str, Path]:
    """Writes these formats of a table, without the column of row numbers, into a folder; by their names.
    `about` the table: `demo` says that its rows are invented."""
    paths = {kind: into / format_file(resource.path, kind) for kind in kinds}
    for kind, path in paths.items():
        if kind == "xlsx":
            pack_workbook(table, resource.descriptor, path, demo="demo" in about)
            continue
        places = find_places(table)
        assert places is not None, "only what can be is chosen"
        if kind == "geojson":
            pack_geojson(table, places, path, demo="demo" in about)
        else:
            pack_geoparquet(table.replace_schema_metadata(dict(about)), places, path)
    return {path.name: path for path in paths.values()}


def _is_free(dataset: Dataset, resource: Resource, kind: str) -> bool:
    """Whether nothing that is declared has its file's name, or its name in the descriptor."""
    paths = {each.path for each in dataset.everything} | {each.twin for each in dataset.resources}
    names = {each.name for each in dataset.everything}
    return format_file(resource.path, kind) not in paths and f"{resource.name}-{kind}" not in names


def _is_small(kind: str, table: pa.Table) -> bool:
    if kind == "xlsx":
        return bool(table.num_rows * table.num_columns <= UNASKED_CELLS)
    return bool(table.num_rows <= UNASKED_ROWS and table.nbytes <= UNASKED_BYTES)


def _can_be(kind: str, table: pa.Table) -> bool:
    if kind == "xlsx":
        return fits_workbook(table)
    return (kind != "geojson" or table.num_rows <= MOST_FEATURES) and find_places(table) is not None
