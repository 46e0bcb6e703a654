"""Places of the city by their names, as outlines: for a CKAN that keeps places as GeoJSON"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

CITY = "Ciudad Autónoma de Buenos Aires"
# How else the city is called; 02 and AR-C are its codes at INDEC and in ISO 3166-2.
ALIASES = {
    **dict.fromkeys(("ciudad de buenos aires", "caba", "02", "ar c", "buenos aires ciudad"), CITY),
    "villa general mitre": "Villa Gral. Mitre",
}


def find_geometry(spatial: Any) -> Mapping[str, Any] | None:
    """The geometry of a declared place: GeoJSON as it is, the outline of a barrio, a comuna or the city by
    its name, of several together. None where one of them is not known."""
    if isinstance(spatial, Mapping):
        return (
            spatial if spatial.get("type") and ("coordinates" in spatial or "geometries" in spatial) else None
        )
    if isinstance(spatial, str) and spatial.lstrip().startswith("{"):
        try:
            found = json.loads(spatial)
        except ValueError:
            return None
        return find_geometry(found) if isinstance(found, Mapping) else None
    names = spatial if isinstance(spatial, list) else [spatial]
    shapes = [_outline(name) for name in names if isinstance(name, str)]
    if not shapes or len(shapes) < len(names) or not all(shapes):
        return None
    polygons = [polygon for shape in shapes if shape for polygon in shape["coordinates"]]
    return {"type": "MultiPolygon", "coordinates": polygons}


def _outline(name: str) -> Mapping[str, Any] | None:
    key = _fold(name)
    key = _fold(ALIASES.get(key, key))
    key = re.sub(r"^(barrio( de)?|la|el) ", "", key)
    return _outlines().get(key)


@cache
def _outlines() -> dict[str, Mapping[str, Any]]:
    found = json.loads((Path(__file__).parents[1] / "places.json").read_text(encoding="utf-8"))
    return {_fold(name): shape for name, shape in found.items()}


def _fold(name: str) -> str:
    """Small, without accents and signs."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", letters).strip()
