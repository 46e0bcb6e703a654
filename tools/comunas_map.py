"""Draws the portal's map of the comunas from the outlines in datasets/barrios: precise to some 50 m, as fits
a picture of the whole city.

The barrios' outlines do not share their corners, so they are laid on a grid of 25 m; the borders are followed
there and straightened, each once for both of its sides.
"""

from __future__ import annotations

import csv
import json
import math
import re
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "datasets" / "barrios" / "source" / "barrios.csv"
MAP = ROOT / "catalog" / "portal" / "charts" / "comunas.geojson"
METRE = 1 / 111_195  # degrees of latitude
STEP, TOLERANCE = 25.0, 1.6  # metres; steps
SHRINK = math.cos(math.radians(-34.6))  # of a degree of longitude in Buenos Aires
Point = tuple[float, float]
Corner = tuple[int, int]


def draw_map() -> str:
    """The comunas as GeoJSON (RFC 7946); `label` is a place well inside, for its number."""
    shapes = _shapes()
    every = np.concatenate([ring for _comuna, ring in shapes])
    origin = every.min(axis=0) - 2 * STEP * METRE / SHRINK
    grid = _closed(_laid(shapes, origin, every.max(axis=0)))
    features = []
    borders = _arcs(grid)
    for comuna in range(1, 16):
        rings = [[_place(corner, origin) for corner in ring] for ring in _rings(borders, comuna)]
        shape = [[ring] for ring in rings if len(ring) > 4]
        label = _place(_inside(grid == comuna), origin)
        told = {"comuna": comuna, "label": label}
        features.append(
            {
                "type": "Feature",
                "properties": told,
                "geometry": {"type": "MultiPolygon", "coordinates": shape},
            }
        )
    source = (
        "Gobierno de la Ciudad de Buenos Aires, BA Data: Barrios (2018), CC-BY-2.5-AR; tools/comunas_map.py"
    )
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in features)
    return f'{{"type":"FeatureCollection","source":{json.dumps(source)},"features":[\n{lines}\n]}}\n'


def _shapes() -> list[tuple[int, Any]]:
    """Comuna and outline of each barrio, in degrees."""
    csv.field_size_limit(sys.maxsize)
    with SOURCE.open(encoding="latin-1", newline="") as file:
        rows = [(int(float(row["COMUNA"])), row["WKT"]) for row in csv.DictReader(file)]
    found = [(comuna, ring) for comuna, wkt in rows for ring in re.findall(r"\(([^()]+)\)", wkt)]
    return [
        (comuna, np.array([pair.split() for pair in ring.split(",")], dtype=float)) for comuna, ring in found
    ]


def _laid(shapes: list[tuple[int, Any]], origin: Any, last: Any) -> Any:
    """The comuna of each cell of the grid, 0 outside."""
    size = np.array([METRE / SHRINK, METRE]) * STEP
    width, height = (int(n) + 4 for n in (last - origin) / size)
    grid = np.zeros((height, width), dtype=np.int8)
    for comuna, ring in shapes:
        x, y = ((ring - origin) / size).T
        for row in range(int(y.min()), int(y.max()) + 2):
            crossing = (y[:-1] <= row + 0.5) != (y[1:] <= row + 0.5)
            share = (row + 0.5 - y[:-1][crossing]) / (y[1:] - y[:-1])[crossing]
            cuts = np.sort(x[:-1][crossing] + share * (x[1:] - x[:-1])[crossing])
            for start, end in zip(cuts[::2], cuts[1::2], strict=True):
                grid[row, math.ceil(start - 0.5) : math.floor(end - 0.5) + 1] = comuna
    return grid


def _closed(grid: Any) -> Any:
    """Cells that lie between outlines get their neighbour's comuna: the slivers are a cell wide."""
    for axis, by in ((0, 1), (1, 1)):
        before, after = np.roll(grid, by, axis), np.roll(grid, -by, axis)
        grid = np.where((grid == 0) & (before > 0) & (after > 0), before, grid)
    return grid


def _arcs(grid: Any) -> list[tuple[int, int, list[Corner]]]:
    """The borders between corners where three meet: the comuna on the left, on the right, and the corners,
    straightened."""
    sides: dict[tuple[Corner, Corner], tuple[int, int]] = {}
    for i, j in zip(
        *np.nonzero(grid[:, 1:] != grid[:, :-1]), strict=True
    ):  # going up (rows grow to the north): the west is left
        sides[(int(i), int(j) + 1), (int(i) + 1, int(j) + 1)] = (int(grid[i, j]), int(grid[i, j + 1]))
    for i, j in zip(*np.nonzero(grid[1:] != grid[:-1]), strict=True):  # going east: the north is left
        sides[(int(i) + 1, int(j)), (int(i) + 1, int(j) + 1)] = (int(grid[i + 1, j]), int(grid[i, j]))
    sides |= {(b, a): (right, left) for (a, b), (left, right) in list(sides.items())}
    beside: dict[Corner, list[Corner]] = defaultdict(list)
    for a, b in sorted(sides):
        beside[a].append(b)
    found, done = [], set()
    for start in [*(c for c in sorted(beside) if len(beside[c]) != 2), *sorted(beside)]:
        for second in beside[start]:
            if (start, second) in done:
                continue
            line = [start, second]
            while len(beside[line[-1]]) == 2 and line[-1] != start:
                line.append(next(each for each in beside[line[-1]] if each != line[-2]))
            done |= {*pairwise(line), *pairwise(line[::-1])}
            found.append((*sides[start, second], _straight(line)))
    return found


def _straight(line: list[Corner]) -> list[Corner]:
    """Without the corners that lie nearer than TOLERANCE to the line between others (Douglas and Peucker); a
    loop keeps its far end."""
    if len(line) < 3:
        return line
    points = np.array(line, dtype=float)
    way, off = points[-1] - points[0], points - points[0]
    length = math.hypot(*way)
    far = np.abs(way[0] * off[:, 1] - way[1] * off[:, 0]) / length if length else np.hypot(*off.T)
    at = int(far.argmax())
    return (
        _straight(line[: at + 1])[:-1] + _straight(line[at:]) if far[at] > TOLERANCE else [line[0], line[-1]]
    )


def _rings(borders: list[tuple[int, int, list[Corner]]], comuna: int) -> list[list[Corner]]:
    """The outlines of a comuna, anticlockwise, each closed."""
    left = [line for a, _b, line in borders if a == comuna] + [
        line[::-1] for _a, b, line in borders if b == comuna
    ]
    rings = []
    while left:
        ring = left.pop(0)
        while ring[-1] != ring[0]:
            following = next(line for line in left if line[0] == ring[-1])
            left.remove(following)
            ring = ring + following[1:]
        rings.append(ring)
    return rings


def _inside(mask: Any) -> Corner:
    """A cell as far from the border as can be."""
    while True:
        smaller = mask.copy()
        for axis in (0, 1):
            smaller &= np.roll(mask, 1, axis) & np.roll(mask, -1, axis)
        if not smaller.any():
            rows, columns = np.nonzero(mask)
            return int(rows[len(rows) // 2]), int(columns[len(columns) // 2])
        mask = smaller


def _place(corner: Corner, origin: Any) -> Point:
    row, column = corner
    return round(float(origin[0]) + column * STEP * METRE / SHRINK, 5), round(
        float(origin[1]) + row * STEP * METRE, 5
    )


if __name__ == "__main__":
    MAP.write_text(draw_map(), encoding="utf-8", newline="\n")
