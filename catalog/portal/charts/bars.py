"""Bars: of names, each beside or below its whole name; of years and other numbers, upright."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.portal.charts.figure import Figure
from catalog.portal.charts.style import (
    GROUPS,
    INK,
    SOFT,
    SPLIT,
    TEXT,
    Spec,
    format_value,
    group_names,
    legend_columns,
    text_width,
    widest,
    wrap_names,
    wrap_text,
)
from messages import gettext as _

SHARE, LINES = 0.42, 3  # of the width for names beside bars; names of more lines stand above theirs
LINE_HEIGHT, BAR, GAP = 16, 22, 10  # pixels
WIDEST_BAR, UPRIGHT = 64, 240


@dataclass(frozen=True)
class Row:
    """A bar's place: its name in lines that begin at `text`, the bar from `top` to `bottom`, all in pixels
    from above."""

    name: str
    lines: Sequence[str]
    text: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Rows:
    """The bars below each other: `left` is where they begin, `height` that of all."""

    rows: Sequence[Row]
    left: float
    height: float
    above: bool


def bars_of_names(figure: Figure, width: int) -> Spec:
    """A bar for each name. All positions are ours: where a bar stands depends on how long its name is."""
    names = {cell.x: figure.name_of(cell.x) for cell in figure.cells}
    rows = place_rows(names, width)
    spans = stack_cells(figure, width)
    low = min([0.0, *(span["start"] for span in spans), *(span["end"] for span in spans)])
    high = max([0.0, *(span["start"] for span in spans), *(span["end"] for span in spans)])
    room = 24 if figure.by else widest([format_value(cell.value) for cell in figure.cells]) + 12
    scale: Spec = {"domain": [low, high if high > low else low + 1], "range": [rows.left, width - room]}
    places = {row.name: row for row in rows.rows}
    for span in spans:
        row = places[names[span["x"]]]
        span |= {"top": row.top, "bottom": row.bottom, "middle": (row.top + row.bottom) / 2}
    value: Spec = {"field": "start", "type": "quantitative", "scale": scale, "axis": None}
    if figure.by:
        scale["nice"] = True
        value |= {"axis": _value_axis(), "title": wrap_text(figure.unit, width - rows.left)}
    layers = [_bars(figure, spans, value, width)]
    if low < 0:
        layers.append(_zero(value))
    layers.append(_names(rows))
    if not figure.by:
        layers.append(_values(spans, value))
    return {"data": {"values": spans}, "width": width, "height": rows.height, "layer": layers}


def place_rows(names: Mapping[Any, str], width: int) -> Rows:
    """Names beside their bars; above them where one is too long for that."""
    column = int(width * SHARE)
    lines = {name: wrap_text(name, column) for name in names.values()}
    above = max((len(each) for each in lines.values()), default=0) > LINES
    if above:
        lines = {name: wrap_text(name, width) for name in names.values()}
    left = 0.0 if above else widest([line for each in lines.values() for line in each]) + 8
    rows, at = [], 0.0
    for name, wrapped in lines.items():
        tall = len(wrapped) * LINE_HEIGHT
        text, height = (at, tall + 3 + BAR) if above else (at + max(0, BAR - tall) / 2, max(tall, BAR))
        top = at + tall + 3 if above else at + (height - BAR) / 2
        rows.append(Row(name, wrapped, text, top, top + BAR))
        at += height + GAP
    return Rows(rows, left, max(at, 40), above)


def stack_cells(figure: Figure, width: int) -> list[Spec]:
    """Each cell with where it starts and ends: those of one bar follow each other, those below zero on the
    other side of it."""
    order, names = group_names(figure.cells, _("others")), wrap_groups(figure, width)
    ends: dict[tuple[Any, bool], float] = defaultdict(float)
    spans = []
    for cell in sorted(figure.cells, key=lambda cell: order.index(cell.by)):
        start = ends[cell.x, cell.value < 0]
        end = ends[cell.x, cell.value < 0] = start + cell.value
        shown = {"said": format_value(cell.value), "by": names[cell.by]}
        spans.append({"x": cell.x, "start": start, "end": end, "beside": max(end, 0.0), **shown})
    return spans


def _bars(figure: Figure, spans: Sequence[Spec], value: Spec, width: int) -> Spec:
    encoding: Spec = {
        "x": value,
        "x2": {"field": "end"},
        "y": {"field": "top", "type": "quantitative", "scale": None, "axis": None},
        "y2": {"field": "bottom"},
        "color": group_colour(figure, width),
    }
    return {"mark": {"type": "rect"}, "encoding": encoding}


def _zero(value: Spec) -> Spec:
    """A line at each bar where it begins; not from above to below, since names may stand in between."""
    encoding: Spec = {
        "x": {**value, "field": "zero"},
        "y": {"field": "top", "type": "quantitative", "scale": None, "axis": None},
        "y2": {"field": "bottom"},
    }
    zero = [{"calculate": "0", "as": "zero"}]
    mark = {"type": "rule", "color": SOFT, "strokeWidth": 1.5}
    return {"transform": zero, "mark": mark, "encoding": encoding}


def _names(rows: Rows) -> Spec:
    """Each name beside its bar, or above it."""
    values = [{"name": "\n".join(row.lines), "at": row.text} for row in rows.rows]
    align, x = ("left", 0.0) if rows.above else ("right", rows.left - 8)
    mark = {
        "type": "text",
        "align": align,
        "baseline": "top",
        "dy": 2,
        "fontSize": TEXT,
        "lineBreak": "\n",
        "lineHeight": LINE_HEIGHT,
        "color": INK,
        "limit": 0,
    }
    y = {"field": "at", "type": "quantitative", "scale": None, "axis": None}
    encoding = {"x": {"value": x}, "y": y, "text": {"field": "name", "type": "nominal"}}
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


def _values(spans: Sequence[Spec], value: Spec) -> Spec:
    mark = {"type": "text", "align": "left", "baseline": "middle", "dx": 5, "fontSize": TEXT, "color": INK}
    y = {"field": "middle", "type": "quantitative", "scale": None, "axis": None}
    encoding = {"x": {**value, "field": "beside"}, "y": y, "text": {"field": "said", "type": "nominal"}}
    return {"mark": mark, "encoding": encoding}


def bars_of_numbers(figure: Figure, width: int) -> Spec:
    """Upright bars, of years and other numbers in their order."""
    axes = upright_axes(figure, width)
    spans = stack_cells(figure, axes.inner)
    for span in spans:
        span["x"] = axes.names[str(span["x"])]
    place = {**axes.place, "type": "nominal", "title": wrap_text(figure.x, axes.inner)}
    value = {**axes.value, "field": "start"}
    bar = {"type": "bar", "width": min(WIDEST_BAR, max(1.0, 0.86 * axes.step))}
    encoding = {"x": place, "y": value, "y2": {"field": "end"}, "color": group_colour(figure, axes.inner)}
    layers = [{"mark": bar, "encoding": encoding}]
    return {"data": {"values": spans}, "width": axes.inner, "height": UPRIGHT, "layer": layers}


@dataclass(frozen=True)
class Axes:
    """The axes of upright bars and of lines: `inner` pixels between them, `step` for each place, the `names`
    of the places in lines, and how Vega-Lite encodes `place` and `value`."""

    inner: int
    step: float
    names: Mapping[str, str]
    place: Spec
    value: Spec


def upright_axes(figure: Figure, width: int) -> Axes:
    """Numbers left of the picture, what they are above them, places below; so many places are named as do not
    touch each other, and all are in the table."""
    left = _number_room(figure)
    inner = width - left
    order = [str(each) for each in sorted({cell.x for cell in figure.cells})]
    step = inner / max(len(order), 1)
    names = {each: "\n".join(wrap_text(figure.name_of(each), max(step - 8, 70))) for each in order}
    room = widest([line for each in names.values() for line in each.split("\n")]) + 8
    shown = list(names.values())[:: max(1, math.ceil(room / step))]
    below = {"labelAngle": 0, "labelOverlap": False, "labelLimit": 0, "labelExpr": SPLIT, "values": shown}
    place: Spec = {"field": "x", "sort": list(names.values()), "axis": {**below, "grid": False}}
    beside = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleBaseline": "bottom"}
    beside |= {"titleX": -left, "titleY": -10, "minExtent": left, "maxExtent": left}
    title = wrap_text(figure.unit, width)
    value: Spec = {"type": "quantitative", "title": title, "axis": {**_value_axis(), **beside}}
    return Axes(inner, step, names, place, value)


def _number_room(figure: Figure) -> int:
    """The pixels that the numbers take left of a picture."""
    totals: dict[Any, float] = defaultdict(float)
    for cell in figure.cells:
        totals[cell.x] += abs(cell.value)
    most = max(totals.values(), default=0) * 1.25
    said = format_value(float(int(most)) if most >= 10 else 0.25)
    return int(text_width(f"-{said}")) + 14


def wrap_groups(figure: Figure, width: int) -> dict[str, str]:
    """Of each group, in order, its name in the lines in which the legend shows it."""
    groups = group_names(figure.cells, _("others"))
    names = {each: figure.name_of(each) for each in groups}
    wrapped = wrap_names(list(names.values()), legend_columns(list(names.values()), width)[1])
    return {each: wrapped[name] for each, name in names.items()}


def group_colour(figure: Figure, width: int) -> Spec:
    """The colours of the groups, with their legend, which shows each name whole."""
    if not figure.by:
        return {"value": GROUPS[0]}
    names = list(wrap_groups(figure, width).values())
    scale = {"domain": names, "range": GROUPS}
    columns, _room = legend_columns([figure.name_of(cell.by) for cell in figure.cells], width)
    legend = {"columns": columns, "labelLimit": 0, "labelExpr": SPLIT}
    return {"field": "by", "type": "nominal", "title": None, "sort": names, "scale": scale, "legend": legend}


def _value_axis() -> Spec:
    return {"format": ",~f", "tickCount": 5, "labelOverlap": True, "labelFlush": True}
