"""Which fields of a table are coordinates: by their names, or by the map that shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.dataset.dataset import Resource
from pipelines.dataset.text import fold_text

NAMES = {
    "lat": {"lat", "latitud", "latitude"},
    "lon": {"lon", "long", "lng", "longitud", "longitude"},
}
DEGREES = {"lat": 90.0, "lon": 180.0}
"""As far as degrees go from zero, on either side."""


def coordinate_axes(resource: Resource) -> dict[str, str]:
    """The fields that are coordinates: `lat` or `lon` of each."""
    called = {
        name: axis for name in resource.fields for axis, names in NAMES.items() if fold_text(name) in names
    }
    pair = called if set(called.values()) == {"lat", "lon"} else {}
    return {**pair, **shown_axes(resource)}


def shown_axes(resource: Resource) -> dict[str, str]:
    """The fields that a map of points shows."""
    views = [view for view in resource.pipeline.view if view.map == "points"]
    return {name: axis for view in views for axis, name in (("lat", view.lat), ("lon", view.lon)) if name}


def fields_within_degrees(resource: Resource) -> Mapping[str, Mapping[str, Any]]:
    """The fields of numbers that are coordinates, by name, declared to lie within degrees; one whose own
    bounds are declared is left out."""
    return dict(_bounded_fields(resource))


def _bounded_fields(resource: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    axes = coordinate_axes(resource)
    for field in resource.schema["fields"]:
        name, known = field["name"], field.get("constraints", {})
        is_number = field.get("type") in ("number", "integer")
        if name in axes and is_number and not {"minimum", "maximum"} & set(known):
            most = DEGREES[axes[name]]
            yield name, {**field, "constraints": {**known, "minimum": -most, "maximum": most}}
