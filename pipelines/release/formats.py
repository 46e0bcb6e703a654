"""The other forms of a table that a declaration asks for, beside its CSV and Parquet: a workbook, and where
its rows lie as GeoJSON and GeoParquet. The same table gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from catalog.archive.geometry import find_places, pack_geojson, pack_geoparquet
from catalog.archive.release import format_file
from catalog.archive.workbook import fits_workbook, pack_workbook
from pipelines.dataset.dataset import Dataset, Resource
from validation.table import ROW

MOST_FEATURES = 200_000
"""Rows of a GeoJSON: larger ones open in no browser and in few programs; the GeoParquet has them."""
AUTO = ("xlsx", "geojson", "geoparquet")


def choose_formats(dataset: Dataset, tables: Mapping[str, pa.Table]) -> dict[str, list[str]]:
    """By table, the declared formats that it can be written in: a workbook where a spreadsheet takes it
    whole, the others where every row says alike where it lies."""
    taken = {each.path for each in dataset.everything} | {each.twin for each in dataset.resources}
    found = {}
    for resource in dataset.resources:
        declared = resource.pipeline.formats
        wanted = AUTO if declared == "auto" else declared
        table = tables[resource.name] if wanted else None
        if table is not None:
            kinds = [kind for kind in wanted if format_file(resource.path, kind) not in taken]
            found[resource.name] = [kind for kind in kinds if _can_be(kind, table)]
    return found


def write_formats(resource: Resource, table: pa.Table, kinds: Sequence[str], into: Path) -> dict[str, Path]:
    """Writes these formats of a table, without the column of row numbers, into a folder; by their names."""
    paths = {kind: into / format_file(resource.path, kind) for kind in kinds}
    for kind, path in paths.items():
        if kind == "xlsx":
            pack_workbook(table, resource.descriptor, path)
            continue
        places = find_places(table)
        assert places is not None, "only what can be is chosen"
        (pack_geojson if kind == "geojson" else pack_geoparquet)(table, places, path)
    return {path.name: path for path in paths.values()}


def _can_be(kind: str, table: pa.Table) -> bool:
    plain = table.drop_columns([ROW])
    if kind == "xlsx":
        return fits_workbook(plain)
    return (kind != "geojson" or plain.num_rows <= MOST_FEATURES) and find_places(plain) is not None
