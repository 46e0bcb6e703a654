"""Coordinates that are none: beyond the poles, or far from a city in which all others lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from pipelines.dataset.dataset import Resource
from pipelines.dataset.text import fold_text
from validation.report import Problem
from validation.table import ROW

NAMES = {
    "lat": {"lat", "latitud", "latitude"},
    "lon": {"lon", "long", "lng", "longitud", "longitude"},
}
LIMITS = {"lat": 90.0, "lon": 180.0}
CITY = {"lat": (-34.71, -34.52), "lon": (-58.54, -58.33)}
"""Between which degrees the city lies."""
FAR, MOST, ENOUGH = 1.0, 0.9, 20
"""Degrees from the city that are far, where so much of so many points are near."""


def find_odd_coordinates(resource: Resource, table: pa.Table) -> Iterator[Problem]:
    """A problem for each coordinate that no place has, and a warning for each that is far from the city,
    where nearly all others are near. Fields are known by their names, or by the map that shows them."""
    for name, axis in _axes(resource).items():
        if name not in table.column_names or not _is_number(table[name].type):
            continue
        values = pc.cast(table[name], pa.float64())
        beyond = pc.greater(pc.abs(values), LIMITS[axis])
        note = _(
            "no place has this {axis}: it lies between -{limit} and {limit}",
            axis=axis,
            limit=f"{LIMITS[axis]:g}",
        )
        yield from _problems(resource, table, name, beyond, note, "impossible-coordinate")
        low, high = CITY[axis]
        near = pc.and_(pc.greater_equal(values, low - FAR), pc.less_equal(values, high + FAR))
        known, inside = len(values) - values.null_count, pc.sum(near).as_py() or 0
        if known < ENOUGH or inside < MOST * known or inside == known:
            continue
        note = _(
            "the place is far from the city, where nearly all others are: look whether a digit is missing"
        )
        outside = pc.and_(pc.invert(near), pc.invert(beyond))
        yield from _problems(resource, table, name, outside, note, "far-coordinate")


def _problems(
    resource: Resource, table: pa.Table, name: str, mask: pa.ChunkedArray, note: str, code: str
) -> Iterator[Problem]:
    found = table.filter(pc.fill_null(mask, False))
    for row, value in zip(found[ROW].to_pylist(), found[name].to_pylist(), strict=True):
        severity: Any = "critical" if code == "impossible-coordinate" else "warning"
        yield Problem(
            "cell-error",
            resource.name,
            note,
            code=code,
            row=row,
            field=name,
            cell=str(value),
            severity=severity,
        )


def _axes(resource: Resource) -> Mapping[str, str]:
    """The fields that are coordinates: `lat` or `lon` of each."""
    views = [view for view in resource.pipeline.view if view.map == "points"]
    shown = {name: axis for view in views for axis, name in (("lat", view.lat), ("lon", view.lon)) if name}
    called = {
        name: axis for name in resource.fields for axis, names in NAMES.items() if fold_text(name) in names
    }
    pair = called if set(called.values()) == {"lat", "lon"} else {}
    return {**pair, **shown}


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_integer(kind))
