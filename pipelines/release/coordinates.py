"""Coordinates that are none: beyond the poles, far from a city in which all others lie, or metres."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from messages import ngettext
from pipelines.dataset.coordinates import DEGREES, coordinate_axes, shown_axes
from pipelines.dataset.dataset import Resource
from validation.report import Problem
from validation.table import ROW

CITY = {"lat": (-34.71, -34.52), "lon": (-58.54, -58.33)}
"""Between which degrees the city lies."""
FAR, MOST, ENOUGH = 1.0, 0.9, 20
"""Degrees from the city that are far, where so much of so many points are near."""


def find_odd_coordinates(resource: Resource, table: pa.Table) -> Iterator[Problem]:
    """A problem for each coordinate that no place has, a warning for each that is far from the city, where
    nearly all others are near, and one for a column of metres. Fields are known by their names, or by the map
    that shows them."""
    shown = shown_axes(resource)
    for name, axis in coordinate_axes(resource).items():
        if name not in table.column_names or not _is_number(table[name].type):
            continue
        values = pc.cast(table[name], pa.float64(), safe=False)
        known, beyond = len(values) - values.null_count, pc.greater(pc.abs(values), DEGREES[axis])
        if name not in shown and (problem := _find_metres(resource, table, name, values, axis)):
            yield problem
            continue
        note = _(
            "no place has this {axis}: it lies between -{limit} and {limit}",
            axis={"lat": _("latitude"), "lon": _("longitude")}[axis],
            limit=f"{DEGREES[axis]:g}",
        )
        yield from _problems(resource, table, name, beyond, note, "impossible-coordinate")
        low, high = CITY[axis]
        near = pc.and_(pc.greater_equal(values, low - FAR), pc.less_equal(values, high + FAR))
        inside = pc.sum(near).as_py() or 0
        if known < ENOUGH or inside < MOST * known or inside == known:
            continue
        note = _(
            "the place is far from the city, where nearly all others are: look whether a digit is missing"
        )
        outside = pc.and_(pc.invert(near), pc.invert(beyond))
        yield from _problems(resource, table, name, outside, note, "far-coordinate")


def _find_metres(
    resource: Resource, table: pa.Table, name: str, values: pa.ChunkedArray, axis: str
) -> Problem | None:
    """A warning where nearly all values are above all degrees, as those of maps in metres are. Degrees of the
    city that lost their decimal mark are below zero."""
    above = pc.fill_null(pc.greater(values, DEGREES[axis]), False)
    count, known = pc.sum(above).as_py() or 0, len(values) - values.null_count
    if not count or count < MOST * known:
        return None
    first = table.filter(above).slice(0, 1)
    note = ngettext(
        "{n} of {all} values is no degree, as {value} in row {row}: they seem to be metres of a map in "
        "another system",
        "{n} of {all} values are no degrees, as {value} in row {row}: they seem to be metres of a map in "
        "another system",
        count,
        all=known,
        value=_write_plainly(first[name][0].as_py()),
        row=(row := first[ROW][0].as_py()),
    )
    return Problem(
        "table-error", resource.name, note, code="no-degrees", row=row, field=name, severity="warning"
    )


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
            cell=_write_plainly(value),
            severity=severity,
        )


def _write_plainly(value: Any) -> str:
    """A number as people write it, without the `.0` of a float that is whole."""
    return f"{Decimal(str(value)).normalize():f}"


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_integer(kind))
