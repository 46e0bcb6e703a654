"""Figures as Vega-Lite: bars, lines, the comunas shaded, squares of the city; in the city's colours, legible
in grey and without colour."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

from catalog.portal.charts.bars import (
    UPRIGHT,
    bars_of_names,
    bars_of_numbers,
    group_colour,
    upright_axes,
    wrap_groups,
)
from catalog.portal.charts.figure import Figure
from catalog.portal.charts.style import (
    DASHES,
    DEEP,
    INK,
    LINE,
    PALE,
    SOFT,
    TEXT,
    Spec,
    format_value,
    wrap_text,
)
from messages import gettext as _

HERE = Path(__file__).parent
HEADING, BELOW = 17, 12.5  # sizes of letters
MARGIN, WIDEST_MAP = 5, 520  # pixels


def vega_spec(figure: Figure, width: int, about: str, demo: bool) -> Spec:
    """The figure `width` pixels wide, with its title and, below, what it is `about`; invented data says so
    across the picture."""
    bars = bars_of_numbers if figure.ordered else bars_of_names
    draw = {"bars": bars, "line": _line, "comunas": _comunas, "points": _points}[figure.kind]
    is_map = figure.kind in ("comunas", "points")
    inner = (min(width, WIDEST_MAP) if is_map else width) - 2 * MARGIN
    layers, lines = draw(figure, inner), wrap_text(figure.title, inner, HEADING, bold=True)
    if demo:
        layers["layer"].append(_watermark())
        lines.insert(0, _("DEMO: invented data"))
    title = {
        "text": lines,
        "subtitle": wrap_text(about, inner, BELOW),
        "anchor": "start",
        "frame": "bounds",
        "offset": 14,
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": title,
        **layers,
        "padding": MARGIN,
        "config": _config(),
    }


def _config() -> Spec:
    text = {
        "labelColor": INK,
        "titleColor": SOFT,
        "labelFontSize": TEXT,
        "titleFontSize": TEXT,
        "titleFontWeight": "normal",
    }
    axis = {**text, "gridColor": LINE, "domainColor": SOFT, "tickColor": LINE}
    heading = {
        "color": INK,
        "fontSize": HEADING,
        "fontWeight": "bold",
        "subtitleColor": SOFT,
        "subtitleFontSize": BELOW,
        "subtitlePadding": 5,
    }
    legend = {
        **text,
        "orient": "bottom",
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


def _line(figure: Figure, width: int) -> Spec:
    axes = upright_axes(figure, width)
    width, groups = axes.inner, wrap_groups(figure, axes.inner)
    values = [
        {"x": axes.names[str(cell.x)], "by": groups[cell.by], "value": cell.value} for cell in figure.cells
    ]
    place = {**axes.place, "type": "ordinal", "title": None}
    value = {**axes.value, "field": "value"}
    colour = {"color": group_colour(figure, width)}
    dashes = dict(colour)
    if figure.by:  # one legend for both, dash and colour
        both = {"symbols": {"stroke": {"value": {"signal": "scale('color', datum.value)"}}}}
        legend = {**colour["color"]["legend"], "symbolType": "stroke", "symbolSize": 900, "encoding": both}
        domain = colour["color"]["scale"]["domain"]
        dashes["strokeDash"] = {
            **colour["color"],
            "scale": {"domain": domain, "range": DASHES},
            "legend": legend,
        }
        colour["color"] = {**colour["color"], "legend": None}
        dashes["color"] = colour["color"]
    line = {"mark": {"type": "line", "strokeWidth": 2.5}, "encoding": {"x": place, "y": value, **dashes}}
    points = {
        "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
        "encoding": {"x": place, "y": value, **colour},
    }
    return {"data": {"values": values}, "width": width, "height": UPRIGHT, "layer": [line, points]}


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
        "width": width,
        "height": int(width * 1.06),
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
