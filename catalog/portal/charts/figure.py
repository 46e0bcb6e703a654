"""What a picture shows: the few numbers that a declared view makes of a published table, and the rows that it
cannot show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from messages import ngettext
from messages.formats import format_number

BARS, COLOURS = 15, 5  # as many as can be told apart
COMUNAS = range(1, 16)
WEST, EAST, SOUTH, NORTH = -58.54, -58.33, -34.71, -34.52  # of the city
CELL = 0.004  # degrees: some 400 m, so that a map of points stays small


@dataclass(frozen=True)
class Cell:
    """A value by its place on the axis (a text, a number of a comuna, or a point: longitude and latitude) and
    its group."""

    x: Any
    value: float
    by: str = ""


@dataclass(frozen=True)
class Figure:
    """The numbers of a view. `kind` is bars, line, comunas or points; `x`, `by` and `value` say what stands
    on the axes, `unit` in what the values are; `rows` counts the table's, `unplaced` those without a place in
    the picture, `unvalued` those without a value.
    """

    kind: str
    title: str
    x: str
    by: str
    value: str
    unit: str
    cells: Sequence[Cell]
    rows: int
    unplaced: int
    unvalued: int
    ordered: bool

    @property
    def coverage(self) -> list[str]:
        """What the picture leaves out, in words."""
        told = {"rows": format_number(self.rows), "field": self.x}
        said = []
        if self.unplaced:
            message = ngettext(
                "{count} of {rows} rows is not in the picture: its {field} is not known.",
                "{count} of {rows} rows are not in the picture: their {field} is not known.",
                self.unplaced,
                count=format_number(self.unplaced),
                **told,
            )
            said.append(message)
        if self.unvalued:
            message = ngettext(
                "{count} row has no {value}, and counts for nothing here.",
                "{count} rows have no {value}, and count for nothing here.",
                self.unvalued,
                count=format_number(self.unvalued),
                value=lowered(self.value),
            )
            said.append(message)
        return said


def figures(resource: Mapping[str, Any], table: pa.Table) -> list[Figure]:
    """The figures of a published table, in the order of its views."""
    return [figure(view, resource, table) for view in resource.get("view", ())]


def figure(view: Mapping[str, Any], resource: Mapping[str, Any], table: pa.Table) -> Figure:
    """Raises KeyError where the view names a field that the table has not."""
    kind = view.get("chart") or view["map"]
    measure = str(view.get("y") or view.get("value") or "count")
    summed = _summed(measure)
    xs, by = _places(kind, view, table), view.get("by")
    groups = _texts(table[by], _("not known")) if by else pa.nulls(table.num_rows, pa.string()).fill_null("")
    values = pc.cast(table[summed], pa.float64()) if summed else pa.repeat(pa.scalar(1.0), table.num_rows)
    whole = pa.table({"x": xs, "by": groups, "value": values})
    placed = whole.filter(pc.is_valid(whole["x"]))
    unvalued = placed["value"].null_count
    found = placed.group_by(["x", "by"], use_threads=False).aggregate([("value", "sum")]).to_pylist()
    cells = [Cell(row["x"], row["value_sum"], row["by"]) for row in found if row["value_sum"] is not None]
    ordered = (
        kind == "line" or not pa.types.is_string(table[view["x"]].type) if kind in ("bars", "line") else False
    )
    largest = max((abs(cell.value) for cell in cells), default=0)
    factor = 10**9 if largest >= 10**10 else 10**6 if largest >= 10**7 else 1
    cells = [Cell(each.x, each.value / factor, each.by) for each in _few(kind, cells, ordered)]
    names = _titles(resource)
    what, where = names[summed] if summed else _("rows"), _place(kind, view, names)
    unit = _unit(
        what,
        factor,
        next(
            (str(f["unit"]) for f in resource["schema"]["fields"] if f["name"] == summed and "unit" in f), ""
        ),
    )
    title = _title(
        kind,
        str(resource.get("title") or resource["name"]),
        lowered(unit if factor > 1 else what) if summed else None,
        where,
        names.get(by),
    )
    return Figure(
        kind,
        title,
        where,
        names.get(by, ""),
        what,
        unit,
        cells,
        table.num_rows,
        len(xs) - len(placed),
        unvalued,
        ordered,
    )


def _unit(what: str, factor: int, unit: str) -> str:
    """What the values are, with the unit that they are told in."""
    told = {"value": what, "unit": unit}
    if factor == 1:
        return f"{what} ({unit})" if unit else what
    if unit:
        return (
            _("{value} (millions of {unit})", **told)
            if factor == 10**6
            else _("{value} (thousand millions of {unit})", **told)
        )
    return _("{value} (millions)", **told) if factor == 10**6 else _("{value} (thousand millions)", **told)


def _summed(measure: str) -> str | None:
    """The field whose values are added up; None where rows are counted."""
    match = re.fullmatch(r"sum\((.+)\)", measure)
    return match[1] if match else None if measure == "count" else measure


def _places(kind: str, view: Mapping[str, Any], table: pa.Table) -> pa.ChunkedArray | pa.Array:
    if kind == "comunas":
        found = pc.cast(table[view["field"]], pa.int64())
        return pc.if_else(pc.is_in(found, pa.array(COMUNAS, pa.int64())), found, pa.scalar(None, pa.int64()))
    if kind == "points":
        return _squares(table[view["lon"]], table[view["lat"]])
    column = table[view["x"]]
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return _periods(column)
    return column if pa.types.is_integer(column.type) else _texts(column)


def _squares(lon: pa.ChunkedArray, lat: pa.ChunkedArray) -> pa.Array:
    """Each point's square of the city as text "lon lat" of its middle; null outside the city."""
    found = []
    for x, y in zip(lon.to_pylist(), lat.to_pylist(), strict=True):
        inside = x is not None and y is not None and WEST <= x <= EAST and SOUTH <= y <= NORTH
        found.append(f"{round(x / CELL) * CELL:.3f} {round(y / CELL) * CELL:.3f}" if inside else None)
    return pa.array(found, pa.string())


def _periods(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Days as months where they span less than three years, else as years; moments by the clocks of Buenos
    Aires."""
    if pa.types.is_timestamp(column.type):
        column = pc.subtract(
            pc.cast(column, pa.timestamp("us")), pa.scalar(3 * 3600 * 10**6, pa.duration("us"))
        )
    years = pc.year(column)
    span = pc.min_max(years).as_py()
    if span["min"] is None or span["max"] - span["min"] >= 3:
        return pc.cast(years, pa.int64())
    return pc.strftime(column, "%Y-%m")


def _texts(column: pa.ChunkedArray, unknown: str | None = None) -> pa.ChunkedArray:
    written = pc.cast(column, pa.string())
    return written if unknown is None else pc.fill_null(written, unknown)


def _few(kind: str, cells: Sequence[Cell], ordered: bool) -> list[Cell]:
    """The cells in the order in which they are shown; of many bars or groups the largest, and the rest
    together."""
    groups = _largest([(cell.by, cell.value) for cell in cells], COLOURS)
    cells = _merged(Cell(cell.x, cell.value, groups.get(cell.by, _("others"))) for cell in cells)
    if kind == "bars" and not ordered:
        kept = _largest([(cell.x, cell.value) for cell in cells], BARS)
        cells = _merged(Cell(kept.get(cell.x, _("others")), cell.value, cell.by) for cell in cells)
        totals = {
            name: sum(cell.value for cell in cells if cell.x == name) for name in {cell.x for cell in cells}
        }
        return sorted(cells, key=lambda each: (each.x == _("others"), -totals[each.x], each.x, each.by))
    return sorted(cells, key=lambda each: (each.x, each.by))


def _largest(values: Sequence[tuple[Any, float]], most: int) -> dict[Any, Any]:
    """The names with the largest sums, each standing for itself; all where there are not many."""
    totals: dict[Any, float] = {}
    for name, value in values:
        totals[name] = totals.get(name, 0.0) + value
    ranked = sorted(totals, key=lambda name: (-totals[name], str(name)))
    return {name: name for name in (ranked if len(ranked) <= most else ranked[: most - 1])}


def _merged(cells: Iterator[Cell]) -> list[Cell]:
    sums: dict[tuple[Any, str], float] = {}
    for cell in cells:
        sums[cell.x, cell.by] = sums.get((cell.x, cell.by), 0.0) + cell.value
    return [Cell(x, value, by) for (x, by), value in sums.items()]


def _titles(resource: Mapping[str, Any]) -> dict[str | None, str]:
    return {field["name"]: str(field.get("title") or field["name"]) for field in resource["schema"]["fields"]}


def _place(kind: str, view: Mapping[str, Any], names: Mapping[str | None, str]) -> str:
    return (
        _("place on the map")
        if kind == "points"
        else lowered(names[view["field"] if kind == "comunas" else view["x"]])
    )


def _title(kind: str, table: str, what: str | None, where: str, by: str | None) -> str:
    told = {"table": table, "what": what, "field": where, "group": lowered(by or "")}
    if kind == "points":
        return _("{table}, on the map", **told)
    if what is None:
        return _("{table}, by {field} and {group}", **told) if by else _("{table}, by {field}", **told)
    return (
        _("{table}: {what}, by {field} and {group}", **told)
        if by
        else _("{table}: {what}, by {field}", **told)
    )


def lowered(name: str) -> str:
    """A title inside a sentence: its capital letter goes, unless it is an abbreviation."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
