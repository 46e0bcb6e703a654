"""Writes the outlines of the city, its comunas and its barrios by their names, from datasets/barrios: for
catalogues that want a place as GeoJSON. As precise as the map of the comunas, some 50 m."""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tools.comunas_map import METRE, SHRINK, SOURCE, STEP, _arcs, _closed, _laid, _place, _rings

PLACES = Path(__file__).resolve().parent.parent / "catalog" / "places.json"


def draw_places() -> str:
    """JSON: by name, the geometry (RFC 7946)."""
    rows = list(_rows())
    names = sorted({barrio for barrio, _comuna, _ring in rows})
    found: dict[str, Any] = {}
    found |= _outlines([(1, ring) for _barrio, _comuna, ring in rows], {1: "Ciudad Autónoma de Buenos Aires"})
    comunas = {number: f"Comuna {number}" for number in range(1, 16)}
    found |= _outlines([(comuna, ring) for _barrio, comuna, ring in rows], comunas)
    numbers = {name: number for number, name in enumerate(names, 1)}
    labels = {number: name.title() for name, number in numbers.items()}
    found |= _outlines([(numbers[barrio], ring) for barrio, _comuna, ring in rows], labels)
    lines = ",\n".join(
        f"{json.dumps(name, ensure_ascii=False)}:{json.dumps(shape, separators=(',', ':'))}"
        for name, shape in found.items()
    )
    return f"{{{lines}}}\n"


def _rows() -> Any:
    """Barrio, comuna and outline of each."""
    csv.field_size_limit(sys.maxsize)
    with SOURCE.open(encoding="latin-1", newline="") as file:
        for row in csv.DictReader(file):
            for ring in re.findall(r"\(([^()]+)\)", row["WKT"]):
                points = np.array([pair.split() for pair in ring.split(",")], dtype=float)
                yield row["BARRIO"].strip(), int(float(row["COMUNA"])), points


def _outlines(shapes: list[tuple[int, Any]], names: dict[int, str]) -> dict[str, Any]:
    every = np.concatenate([ring for _number, ring in shapes])
    origin = every.min(axis=0) - 2 * STEP * METRE / SHRINK
    borders = _arcs(_closed(_laid(shapes, origin, every.max(axis=0))))
    found = {}
    for number, name in names.items():
        rings = [[_place(corner, origin) for corner in ring] for ring in _rings(borders, number)]
        polygons = [[ring] for ring in rings if len(ring) > 4]
        found[name] = {"type": "MultiPolygon", "coordinates": polygons}
    return found


if __name__ == "__main__":
    PLACES.write_text(draw_places(), encoding="utf-8", newline="\n")
