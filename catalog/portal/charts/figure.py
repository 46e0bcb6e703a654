"""What a picture shows: the few numbers that a declared view makes of a published table, and the rows that it
cannot show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.dictionary import coded_fields
from catalog.spoken import FIRST, say, speaks
from messages import gettext as _
from messages import language, ngettext, speaking
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
    the picture, `unvalued` those without a value; `language` is the one that its words are in,
    `factor` that by which the values were divided, `view` the declaration,
    `meaning` what an empty place means, `is_nominal` whether amounts of several times were added up, `names`
    what those values are called that are not words.
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
    language: str = FIRST
    factor: int = 1
    view: Mapping[str, Any] = field(default_factory=dict)
    meaning: str = ""
    is_nominal: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    def name_of(self, value: Any) -> str:
        """What a place on the axis or a group is called in the picture."""
        return self.names.get(str(value), str(value))

    @property
    def coverage(self) -> list[str]:
        """What the picture leaves out, in words."""
        sentences = []
        if self.unplaced:
            message = ngettext(
                "{count} of {rows} rows is not in the picture: its {field} is empty or has no place in it.",
                "{count} of {rows} rows are not in the picture: their {field} is empty or has no place in "
                "it.",
                self.unplaced,
                count=format_number(self.unplaced),
                rows=format_number(self.rows),
                field=self.x,
            )
            sentences.append(message)
        if self.unplaced and self.meaning:
            sentences.append(_("What it means: {description}.", description=self.meaning.rstrip(".")))
        if self.unvalued:
            message = ngettext(
                "{count} row has no {value}, and counts for nothing here.",
                "{count} rows have no {value}, and count for nothing here.",
                self.unvalued,
                count=format_number(self.unvalued),
                value=lower_first(self.value),
            )
            sentences.append(message)
        if self.kind == "points" and self.cells:
            sentences.append(_("Points are gathered in squares of some 400 metres."))
        if self.is_nominal:
            sentences.append(
                _(
                    "The amounts are in pesos of each row's own time, added up without regard to inflation: "
                    "they cannot be compared between years."
                )
            )
        return sentences


def make_figures(resource: Mapping[str, Any], table: pa.Table) -> list[Figure]:
    """The figures of a published table, in the order of its views."""
    found = []
    for view in resource.get("view", ()):
        with speaking(_words_language(view, resource)):
            found.append(make_figure(view, resource, table))
    return found


def _meaning_of_empty(view: Mapping[str, Any], resource: Mapping[str, Any]) -> str:
    """What the description of the picture's field says of empty cells; "" where it says nothing of them."""
    name = view.get("field") or view.get("x") or view.get("lat")
    described = next(
        (say(each, "description") for each in resource["schema"]["fields"] if each["name"] == name), ""
    )
    return described if re.search(r"vac[ií]|empty", described, re.IGNORECASE) else ""


def _words_language(view: Mapping[str, Any], resource: Mapping[str, Any]) -> str:
    """The language that is spoken, where all names in the picture are given in it: no sentence is half in
    one, half in another."""
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    used = [view.get(key) for key in ("x", "by", "field")] + [figure_field(view)]
    named = [resource, *(fields[name] for name in used if name in fields)]
    return language() if all(speaks(each) for each in named) else FIRST


def make_figure(view: Mapping[str, Any], resource: Mapping[str, Any], table: pa.Table) -> Figure:
    """Raises KeyError where the view names a field that the table has not."""
    kind = view.get("chart") or view["map"]
    summed, by = figure_field(view), view.get("by")
    places = _places(kind, view, table)
    groups = _texts(table[by], _("not known")) if by else pa.nulls(table.num_rows, pa.string()).fill_null("")
    values = (
        pc.cast(table[summed], pa.float64(), safe=False)
        if summed
        else pa.repeat(pa.scalar(1.0), table.num_rows)
    )
    whole = pa.table({"x": places, "by": groups, "value": values})
    placed = whole.filter(pc.is_valid(whole["x"]))
    sums = placed.group_by(["x", "by"], use_threads=False).aggregate([("value", "sum")]).to_pylist()
    cells = [Cell(row["x"], row["value_sum"], row["by"]) for row in sums if row["value_sum"] is not None]
    ordered = kind == "line" or (kind == "bars" and not _is_named(table[view["x"]].type))
    factor = _factor(cells)
    names = _titles(resource)
    value, x = names[summed] if summed else _("rows"), _place(kind, view, names)
    units = {field["name"]: str(field["unit"]) for field in resource["schema"]["fields"] if "unit" in field}
    unit = _unit(value, factor, units.get(summed or "", ""))
    measure = lower_first(unit if factor > 1 else value) if summed else None
    return Figure(
        kind=kind,
        title=_title(kind, say(resource) or resource["name"], measure, x, names.get(by)),
        x=x,
        by=names.get(by, ""),
        value=value,
        unit=unit,
        cells=[Cell(each.x, each.value / factor, each.by) for each in _reduce(kind, cells, ordered)],
        rows=table.num_rows,
        unplaced=len(places) - len(placed),
        unvalued=placed["value"].null_count,
        ordered=ordered,
        language=language(),
        factor=factor,
        view=view,
        meaning=_meaning_of_empty(view, resource),
        is_nominal=units.get(summed or "") in ("ARS", "$"),
        names=_answers(table, [view.get("x"), by]) | _meanings(resource, [view.get("x"), by]),
    )


def _is_named(kind: pa.DataType) -> bool:
    """Whether values of this type are names: they have no order of their own."""
    return bool(pa.types.is_string(kind) or pa.types.is_boolean(kind))


def _answers(table: pa.Table, fields: Sequence[str | None]) -> dict[str, str]:
    """Yes and no, where a field of the picture has them."""
    yes_or_no = any(each and pa.types.is_boolean(table[each].type) for each in fields)
    return {"true": _("yes"), "false": _("no")} if yes_or_no else {}


def _meanings(resource: Mapping[str, Any], fields: Sequence[str | None]) -> dict[str, str]:
    """What the codes of the picture's fields mean; a code that means two things there stays as it is."""
    found: dict[str, set[str]] = {}
    for coded, meanings in coded_fields(resource):
        for value, name in meanings if coded["name"] in fields else ():
            found.setdefault(value, set()).add(name)
    return {value: names.pop() for value, names in found.items() if len(names) == 1}


def _factor(cells: Sequence[Cell]) -> int:
    """By what large values are divided, so that people can read them."""
    largest = max((abs(cell.value) for cell in cells), default=0)
    if largest >= 10**10:
        return 10**9
    return 10**6 if largest >= 10**7 else 1


def _unit(what: str, factor: int, unit: str) -> str:
    """What the values are, with their unit."""
    if factor == 1:
        return f"{what} ({unit})" if unit else what
    values = {"value": what, "unit": unit}
    if factor == 10**6:
        return _("{value} (millions of {unit})", **values) if unit else _("{value} (millions)", value=what)
    if unit:
        return _("{value} (thousand millions of {unit})", **values)
    return _("{value} (thousand millions)", value=what)


def figure_field(view: Mapping[str, Any]) -> str | None:
    """The field whose values are added up; None where rows are counted."""
    measure = str(view.get("y") or view.get("value") or "count")
    match = re.fullmatch(r"sum\((.+)\)", measure)
    if match:
        return match[1]
    return None if measure == "count" else measure


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


def _reduce(kind: str, cells: Sequence[Cell], ordered: bool) -> list[Cell]:
    """The cells in the order in which they are shown; of many bars or groups the largest, and the rest
    together."""
    groups = _largest([(cell.by, cell.value) for cell in cells], COLOURS)
    cells = _merge(Cell(cell.x, cell.value, groups.get(cell.by, _("others"))) for cell in cells)
    if kind == "bars" and not ordered:
        bars = _largest([(cell.x, cell.value) for cell in cells], BARS)
        cells = _merge(Cell(bars.get(cell.x, _("others")), cell.value, cell.by) for cell in cells)
        totals: dict[Any, float] = {}
        for cell in cells:
            totals[cell.x] = totals.get(cell.x, 0) + cell.value
        return sorted(cells, key=lambda each: (each.x == _("others"), -totals[each.x], each.x, each.by))
    return sorted(cells, key=lambda each: (each.x, each.by))


def _largest(values: Sequence[tuple[Any, float]], most: int) -> dict[Any, Any]:
    """The names with the largest sums, each standing for itself; all where there are not many."""
    totals: dict[Any, float] = {}
    for name, value in values:
        totals[name] = totals.get(name, 0.0) + value
    ranked = sorted(totals, key=lambda name: (-totals[name], str(name)))
    return {name: name for name in (ranked if len(ranked) <= most else ranked[: most - 1])}


def _merge(cells: Iterator[Cell]) -> list[Cell]:
    sums: dict[tuple[Any, str], float] = {}
    for cell in cells:
        sums[cell.x, cell.by] = sums.get((cell.x, cell.by), 0.0) + cell.value
    return [Cell(x, value, by) for (x, by), value in sums.items()]


def _titles(resource: Mapping[str, Any]) -> dict[str | None, str]:
    return {field["name"]: say(field) or str(field["name"]) for field in resource["schema"]["fields"]}


def _place(kind: str, view: Mapping[str, Any], names: Mapping[str | None, str]) -> str:
    if kind == "points":
        return _("place on the map")
    return lower_first(names[view["field"] if kind == "comunas" else view["x"]])


def _title(kind: str, table: str, what: str | None, where: str, by: str | None) -> str:
    values = {"table": table, "what": what, "field": where, "group": lower_first(by or "")}
    if kind == "points":
        return _("{table}, on the map", **values)
    if what is None:
        return _("{table}, by {field} and {group}", **values) if by else _("{table}, by {field}", **values)
    if by:
        return _("{table}: {what}, by {field} and {group}", **values)
    return _("{table}: {what}, by {field}", **values)


def lower_first(name: str) -> str:
    """A title inside a sentence: its capital letter goes, unless it is an abbreviation."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
