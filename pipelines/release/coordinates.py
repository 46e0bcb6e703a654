"""Coordinates that are none: beyond the poles, far from a city in which all others lie, or metres."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from isolation.spill import Mask, keep_rows
from messages import gettext as _
from messages import ngettext
from messages.formats import join_words
from pipelines.dataset.coordinates import DEGREES, coordinate_axes, shown_axes
from pipelines.dataset.dataset import Resource
from validation.report import KEPT, Problem
from validation.table import ROW

CITY = {"lat": (-34.71, -34.52), "lon": (-58.54, -58.33)}
"""Between which degrees the city lies."""
LISTED = 10
FAR, MOST, ENOUGH = 1.0, 0.9, 20
"""Degrees from the city that are far, where so much of so many points are near."""

Written = Callable[[str, Sequence[int]], Mapping[int, str]]
"""What the file has in the cells of a field in these rows, as far as that is known."""


def nothing_written(_field: str, _rows: Sequence[int]) -> Mapping[int, str]:
    """What is known of a table without its file."""
    return {}


LabelOf = Callable[[str], str | None]
"""What a field's column is called in the file, where that is known."""


def find_odd_coordinates(
    resource: Resource,
    table: pa.Table,
    written: Written = nothing_written,
    label_of: LabelOf = lambda _field: None,
) -> Iterator[Problem]:
    """A problem for each coordinate that no place has, and for latitudes and longitudes that stand in each
    other's column; a warning for each that is far from the city, where nearly all others are near, one for
    places at 0 and 0, and one for a column of metres. Fields are known by their names, or by the map that
    shows them."""
    axes = {
        name: axis
        for name, axis in coordinate_axes(resource).items()
        if name in table.column_names and _is_number(table[name].type)
    }
    told, told_rows = _find_misplaced(resource, table, axes, written, label_of)
    yield from told
    if told_rows.any():
        table = keep_rows(table, ~told_rows)
    shown = shown_axes(resource)
    for name, axis in axes.items():
        values = pc.cast(table[name], pa.float64(), safe=False)
        known, beyond = len(values) - values.null_count, pc.greater(pc.abs(values), DEGREES[axis])
        if name not in shown and (problem := _find_metres(resource, table, name, values, axis, written)):
            yield problem
            continue
        note = _(
            "no place has this {axis}: it lies between -{limit} and {limit}",
            axis={"lat": _("latitude"), "lon": _("longitude")}[axis],
            limit=f"{DEGREES[axis]:g}",
        )
        lost = pc.and_(beyond, _lost_their_point(values, axis))
        if problem := _find_column_without_point(resource, table, name, lost, known, written):
            yield problem
            continue
        pointless = _("{note}; its decimal point seems to be missing", note=note)
        yield from _problems(resource, table, name, lost, pointless, "impossible-coordinate", written)
        other = pc.and_(beyond, pc.invert(lost))
        yield from _problems(resource, table, name, other, note, "impossible-coordinate", written)
        near = _is_near(values, axis)
        inside = pc.sum(near).as_py() or 0
        if known < ENOUGH or inside < MOST * known or inside == known:
            continue
        note = _(
            "the place is far from the city, where nearly all others are: look whether a digit is missing"
        )
        outside = pc.and_(pc.invert(near), pc.invert(beyond))
        yield from _problems(resource, table, name, outside, note, "far-coordinate", written)


def _is_near(values: pa.ChunkedArray, axis: str) -> pa.ChunkedArray:
    """Whether values are degrees of the city, or a little beyond."""
    low, high = CITY[axis]
    return pc.and_(pc.greater_equal(values, low - FAR), pc.less_equal(values, high + FAR))


def _lost_their_point(values: pa.ChunkedArray, axis: str) -> pa.ChunkedArray:
    """Whether values are degrees of the city once a decimal point stands where it should: -3460 is -34.60."""
    near = [_is_near(pc.divide(values, 10.0**power), axis) for power in range(1, 16)]
    return functools.reduce(pc.or_, near)


def _find_misplaced(
    resource: Resource, table: pa.Table, axes: Mapping[str, str], written: Written, label_of: LabelOf
) -> tuple[list[Problem], Mask]:
    """What is to be said of rows in which latitude and longitude changed places, or are both 0; and which
    rows these are."""
    names = sorted(axes, key=lambda name: axes[name])
    if [axes[name] for name in names] != ["lat", "lon"]:
        return [], np.zeros(table.num_rows, np.bool_)
    lat, lon = (pc.cast(table[name], pa.float64(), safe=False) for name in names)
    swapped = pc.fill_null(pc.and_(_is_near(lat, "lon"), _is_near(lon, "lat")), False)
    nowhere = pc.fill_null(pc.and_(pc.equal(lat, 0.0), pc.equal(lon, 0.0)), False)
    known = pc.sum(pc.and_(pc.is_valid(lat), pc.is_valid(lon))).as_py() or 0
    problems = [
        *_tell_swapped(resource, table, (names[0], names[1]), swapped, known, written, label_of),
        *_tell_nowhere(resource, table, names[0], nowhere),
    ]
    return problems, np.asarray(pc.or_(swapped, nowhere).to_numpy())


def _tell_swapped(
    resource: Resource,
    table: pa.Table,
    names: tuple[str, str],
    swapped: pa.ChunkedArray,
    known: int,
    written: Written,
    label_of: LabelOf,
) -> Iterator[Problem]:
    """One problem for each row, or, where nearly all are so, one for the table."""
    found = table.filter(swapped)
    is_table = len(found) >= MOST * known
    lats, lons = (_quotes(found.slice(0, 1) if is_table else found, name, written) for name in names)
    labels = tuple(label_of(name) or name for name in names)
    for (row, plain, lat), (_row, _lon, lon) in zip(lats, lons, strict=True):
        if is_table:
            note, said = (
                _say_all_swapped(each, len(found), known, lat, lon, row) for each in (names, labels)
            )
            yield Problem(
                *("table-error", resource.name, note),
                code="swapped-coordinates",
                field=names[0],
                for_sender=said if labels != names else None,
            )
            continue
        note, said = (_say_swapped(each, lon) for each in (names, labels))
        yield Problem(
            *("cell-error", resource.name, note),
            code="swapped-coordinates",
            row=row,
            field=names[0],
            cell=plain,
            for_sender=said if labels != names else None,
            shown=lat,
        )


def _say_all_swapped(columns: Sequence[str], n: int, known: int, lat: str, lon: str, row: int) -> str:
    return ngettext(
        "{n} place of {all} lies in the city only if {lat} and {lon} change places, as {one} and "
        "{other} in row {row}",
        "{n} places of {all} lie in the city only if {lat} and {lon} change places, as {one} and "
        "{other} in row {row}",
        n,
        all=known,
        lat=columns[0],
        lon=columns[1],
        one=lat,
        other=lon,
        row=row,
    )


def _say_swapped(columns: Sequence[str], other: str) -> str:
    return _(
        "the place lies in the city only if {lat} and {lon} change places: beside it stands {other}",
        lat=columns[0],
        lon=columns[1],
        other=other,
    )


def _tell_nowhere(
    resource: Resource, table: pa.Table, name: str, nowhere: pa.ChunkedArray
) -> Iterator[Problem]:
    rows = table.filter(nowhere)[ROW].to_pylist()
    if rows:
        note = ngettext(
            "{n} place is at 0 and 0, which is in the sea off Africa, in row {rows}: programs write that "
            "where they have no coordinates",
            "{n} places are at 0 and 0, which is in the sea off Africa, in rows {rows}: programs write that "
            "where they have no coordinates",
            len(rows),
            rows=join_words(map(str, rows), LISTED),
        )
        yield Problem(
            "table-error",
            resource.name,
            note,
            code="filler-value",
            row=rows[0],
            field=name,
            severity="warning",
        )


def _find_metres(
    resource: Resource, table: pa.Table, name: str, values: pa.ChunkedArray, axis: str, written: Written
) -> Problem | None:
    """A warning where nearly all values are above all degrees, as those of maps in metres are. Degrees of the
    city that lost their decimal mark are below zero."""
    above = pc.fill_null(pc.greater(values, DEGREES[axis]), False)
    count, known = pc.sum(above).as_py() or 0, len(values) - values.null_count
    if not count or count < MOST * known:
        return None
    ((row, _plain, value),) = _quotes(table.filter(above).slice(0, 1), name, written)
    note = ngettext(
        "{n} of {all} values is no degree, as {value} in row {row}: they seem to be metres of a map in "
        "another system",
        "{n} of {all} values are no degrees, as {value} in row {row}: they seem to be metres of a map in "
        "another system",
        count,
        all=known,
        value=value,
        row=row,
    )
    return Problem(
        "table-error", resource.name, note, code="no-degrees", row=row, field=name, severity="warning"
    )


def _find_column_without_point(
    resource: Resource, table: pa.Table, name: str, lost: pa.ChunkedArray, known: int, written: Written
) -> Problem | None:
    """One problem where all values of a column lost their decimal point: so a program wrote them."""
    if known < ENOUGH or pc.sum(lost).as_py() != known:
        return None
    ((row, _plain, value),) = _quotes(table.filter(pc.fill_null(lost, False)).slice(0, 1), name, written)
    note = _("the decimal point seems to be missing in all values of the column, as in {value}", value=value)
    return Problem(
        "table-error", resource.name, note, code="no-degrees", row=row, field=name, severity="critical"
    )


def _problems(
    resource: Resource,
    table: pa.Table,
    name: str,
    mask: pa.ChunkedArray,
    note: str,
    code: str,
    written: Written,
) -> Iterator[Problem]:
    found = table.filter(pc.fill_null(mask, False))
    for row, plain, quoted in _quotes(found, name, written):
        severity: Any = "critical" if code == "impossible-coordinate" else "warning"
        yield Problem(
            "cell-error",
            resource.name,
            note,
            code=code,
            row=row,
            field=name,
            cell=plain,
            shown=quoted,
            severity=severity,
        )


def _quotes(table: pa.Table, name: str, written: Written) -> list[tuple[int, str, str]]:
    """Of each row its number, the coordinate as people write it, and as the file has it."""
    rows = table[ROW].to_pylist()
    plain = [_write_plainly(value) for value in table[name].to_pylist()]
    known = written(name, rows[:KEPT])
    return [(row, text, known.get(row, text)) for row, text in zip(rows, plain, strict=True)]


def _write_plainly(value: Any) -> str:
    """A number as people write it, without the `.0` of a float that is whole."""
    return f"{Decimal(str(value)).normalize():f}"


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_integer(kind))
