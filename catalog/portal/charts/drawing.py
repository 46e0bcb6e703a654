"""Figures as Vega-Lite: bars, lines, the comunas shaded, squares of the city; in the city's colours, legible
in grey and without colour."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

from catalog.portal.charts.figure import Cell, Figure
from messages import gettext as _
from messages.formats import format_number

HERE = Path(__file__).parent
INK, SOFT, LINE, PALE, DEEP, YELLOW = "#101e37", "#425266", "#d1d8e0", "#dbe7fa", "#1c345f", "#fc0"


# Also those who see fewer colours can tell them apart; lines differ by their dashes as well.
GROUPS = ["#274986", "#e08a00", "#2a9d8f", "#8f2d56", "#7a8797"]
DASHES = [[1, 0], [6, 3], [2, 3], [8, 3, 2, 3], [4, 4]]
Spec = dict[str, Any]


def vega_spec(figure: Figure, width: int, about: str, demo: bool) -> Spec:
    """The figure `width` pixels wide, with its title and, below, what it is `about`; invented data says so
    across the picture."""
    draw = {"bars": _bars, "line": _line, "comunas": _comunas, "points": _points}[figure.kind]
    layers, lines = draw(figure, width), _wrap(figure.title, width)
    if demo:
        layers["layer"].append(_watermark())
        lines.insert(0, _("DEMO: invented data"))
    title = {
        "text": lines,
        "subtitle": _wrap(about, int(width * 1.3)),
        "anchor": "start",
        "frame": "bounds",
        "offset": 14,
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": title,
        **layers,
        "config": _config(width),
    }


def _config(width: int) -> Spec:
    text = {
        "labelColor": INK,
        "titleColor": SOFT,
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
    }
    axis = {**text, "gridColor": LINE, "domainColor": SOFT, "tickColor": LINE, "labelLimit": 190}
    heading = {
        "color": INK,
        "fontSize": 17,
        "fontWeight": "bold",
        "subtitleColor": SOFT,
        "subtitleFontSize": 12.5,
        "subtitlePadding": 5,
    }
    legend = {
        **text,
        "orient": "bottom",
        "columns": 1 if width < 500 else 2,
        "labelLimit": 220,
        "symbolStrokeWidth": 3,
        "symbolSize": 110,
    }
    return {
        "aria": False,
        "font": "sans-serif",
        "background": "#ffffff",
        "view": {"stroke": None},
        "axis": axis,
        "legend": legend,
        "title": heading,
    }


def _bars(figure: Figure, width: int) -> Spec:
    """Names lie beside their bars; years and other numbers stand below them."""
    value: Spec = {
        "field": "value",
        "type": "quantitative",
        "title": figure.unit,
        "axis": {"format": ",~f", "tickCount": 5},
    }
    place: Spec = {
        "field": "x",
        "type": "nominal",
        "sort": None,
        "title": None if not figure.ordered else figure.x,
    }
    base, count = {"data": _values(figure)}, len({cell.x for cell in figure.cells})
    if figure.ordered:
        place["axis"] = {"labelAngle": 0, "labelOverlap": True}
        bars = {"mark": {"type": "bar"}, "encoding": {"x": place, "y": value, **_group_colour(figure)}}
        step = max(8, (width - 80) // max(count, 1))
        return {**base, "width": {"step": step}, "height": 240, "layer": [bars]}
    split = "split(datum.label, '\\n')"
    place["axis"] = {
        "labelExpr": split,
        "labelLimit": int(width * 0.42),
        "ticks": False,
        "domain": False,
        "labelPadding": 6,
    }
    for each in base["data"]["values"]:
        each["x"] = "\n".join(_wrap(each["x"], int(width * 0.38)))
    value["axis"] = None if not figure.by else value["axis"]
    bars = {
        "mark": {"type": "bar", "height": {"band": 0.72}},
        "encoding": {"y": place, "x": value, **_group_colour(figure)},
    }
    layers: list[Spec] = [bars]
    if not figure.by:
        words = {"type": "text", "align": "left", "dx": 5, "fontSize": 13, "color": INK}
        layers.append({"mark": words, "encoding": {"y": place, "x": value, "text": {"field": "said"}}})
    return {**base, "width": int(width * 0.5), "height": max(count, 2) * 32, "layer": layers}


def _line(figure: Figure, width: int) -> Spec:
    months = any(isinstance(cell.x, str) for cell in figure.cells)
    axis: Spec = {"labelAngle": 0, "labelOverlap": True, "grid": False}
    place = {"field": "x", "type": "ordinal", "title": None, "axis": axis}
    value: Spec = {
        "field": "value",
        "type": "quantitative",
        "title": figure.unit,
        "axis": {"format": ",~f", "tickCount": 5},
    }
    groups = _group_colour(figure)
    dashes = dict(groups)
    if figure.by:  # one legend for both, dash and colour
        both = {"symbols": {"stroke": {"value": {"signal": "scale('color', datum.value)"}}}}
        legend = {"symbolType": "stroke", "symbolSize": 900, "encoding": both}
        groups["color"]["legend"] = None
        dashes["strokeDash"] = {**groups["color"], "scale": {"range": DASHES}, "legend": legend}
    line = {"mark": {"type": "line", "strokeWidth": 2.5}, "encoding": {"x": place, "y": value, **dashes}}
    points = {
        "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
        "encoding": {"x": place, "y": value, **groups},
    }
    return {
        "data": _values(figure),
        "width": width - (90 if months else 80),
        "height": 240,
        "layer": [line, points],
    }


def _comunas(figure: Figure, width: int) -> Spec:
    """Each comuna with its number and its value; none where the table has nothing of it."""
    known = {cell.x: cell.value for cell in figure.cells}
    most = max(known.values(), default=0)
    shapes = []
    for each in _map():
        value = known.get(each["properties"]["comuna"])
        shapes.append({**each, "value": value, "dark": (value or 0) > most * 0.6})
    scale = {"domain": [0, most or 1], "range": [PALE, "#5b8ade", DEEP], "interpolate": "lab"}
    colour = {
        "condition": {"test": "!isValid(datum.value)", "value": "#e9edf2"},
        "field": "value",
        "type": "quantitative",
        "scale": scale,
        "legend": None,
    }
    shaded = {
        "data": {"values": shapes},
        "mark": {"type": "geoshape", "stroke": "#ffffff", "strokeWidth": 1.6, "invalid": None},
        "encoding": {"color": colour},
    }
    labels = [
        {
            "lon": each["properties"]["label"][0],
            "lat": each["properties"]["label"][1],
            "number": str(each["properties"]["comuna"]),
            "said": format_value(each["value"]),
            "dark": each["dark"],
        }
        for each in shapes
    ]
    words = [_label(labels, field, dy, size) for field, dy, size in (("number", -7, 10.5), ("said", 6, 14))]
    words[1]["mark"]["fontWeight"] = "bold"
    return _city({"layer": [shaded, *words]}, width)


def _label(labels: list[Spec], field: str, dy: int, size: float) -> Spec:
    where = {
        "longitude": {"field": "lon", "type": "quantitative"},
        "latitude": {"field": "lat", "type": "quantitative"},
    }
    colour = {"condition": {"test": "datum.dark", "value": "#ffffff"}, "value": INK}
    mark = {"type": "text", "dy": dy, "fontSize": size}
    return {
        "data": {"values": labels},
        "mark": mark,
        "encoding": {**where, "text": {"field": field}, "color": colour},
    }


def _points(figure: Figure, width: int) -> Spec:
    """A circle for each square of some 400 m: the more rows lie in it, the larger."""
    ground = {
        "data": {"values": _map()},
        "mark": {"type": "geoshape", "fill": "#f3f6f9", "stroke": "#9aa7b5", "strokeWidth": 1},
    }
    squares = []
    for cell in figure.cells:
        lon, lat = map(float, str(cell.x).split())
        x, y = project([lon, lat])
        squares.append({"lon": x, "lat": y, "value": cell.value})
    most = max((cell.value for cell in figure.cells), default=1)
    size = {
        "field": "value",
        "type": "quantitative",
        "title": figure.unit,
        "scale": {"domain": [0, most], "range": [0, 320]},
    }
    size["legend"] = {"format": ",~f", "values": sorted({1, max(1, round(most / 2)), max(1, round(most))})}
    where = {
        "longitude": {"field": "lon", "type": "quantitative"},
        "latitude": {"field": "lat", "type": "quantitative"},
    }
    mark = {"type": "circle", "color": "#274986", "opacity": 0.75, "stroke": "#ffffff", "strokeWidth": 0.5}
    circles = {"data": {"values": squares}, "mark": mark, "encoding": {**where, "size": size}}
    return _city({"layer": [ground, circles]}, width)


def _city(layers: Spec, width: int) -> Spec:
    return {
        **layers,
        "width": min(width, 520),
        "height": int(min(width, 520) * 1.06),
        "projection": {"type": "identity", "reflectY": True},
    }


def _watermark() -> Spec:
    """DEMO across the picture, so that no cutting takes it out."""
    word = {
        "type": "text",
        "text": "DEMO",
        "fontSize": 72,
        "fontWeight": "bold",
        "angle": -24,
        "color": INK,
        "opacity": 0.1,
    }
    word |= {"x": {"expr": "width / 2"}, "y": {"expr": "height / 2"}}
    return {"data": {"values": [{}]}, "mark": word}


@cache
def _shapes() -> list[Spec]:
    """The comunas on a plane: degrees of longitude are shorter than those of latitude."""
    found = json.loads((HERE / "comunas.geojson").read_text(encoding="utf-8"))["features"]
    for each in found:
        shapes = each["geometry"]["coordinates"]
        for shape in shapes:
            shape[:] = [[project(point) for point in ring] for ring in shape]
        each["properties"]["label"] = project(each["properties"]["label"])
    return list(found)


def _map() -> list[Spec]:
    return [dict(each) for each in _shapes()]


def project(point: list[float]) -> list[float]:
    """A place as Vega's plane has it, in hundredths of a degree."""
    return [round(point[0] * math.cos(math.radians(34.6)) * 100, 4), round(point[1] * 100, 4)]


def _values(figure: Figure) -> Spec:
    return {"values": [_value(cell) for cell in figure.cells]}


def _value(cell: Cell) -> Spec:
    return {
        "x": cell.x if isinstance(cell.x, str) else str(cell.x),
        "by": cell.by,
        "value": cell.value,
        "said": format_value(cell.value),
    }


def _group_colour(figure: Figure) -> Spec:
    if not figure.by:
        return {"color": {"value": GROUPS[0]}}
    names = sorted({cell.by for cell in figure.cells}, key=lambda name: (name == _("others"), name))
    scale = {"range": GROUPS}
    return {"color": {"field": "by", "type": "nominal", "title": None, "sort": names, "scale": scale}}


def format_value(value: float | None) -> str:
    if value is None:
        return "–"
    if not value % 1:
        return format_number(int(value))
    places = 0 if abs(value) >= 100 else 1
    if abs(value) < 1:
        places = 1 - math.floor(math.log10(abs(value)))
    return format_number(round(value, places))


def _wrap(text: str, width: int) -> list[str]:
    """The text in lines that fit: some eight pixels a letter."""
    most, lines = max(width // 8, 20), [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [line for line in lines if line]
