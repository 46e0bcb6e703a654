"""Where the rows of a table lie: as GeoJSON (RFC 7946) and as GeoParquet 1.1, out of a pair of coordinates or
a column of shapes in WKT, both in degrees of WGS 84."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.published import text, write_parquet

LATITUDE, LONGITUDE = ("lat", "latitud", "latitude"), ("lng", "lon", "long", "longitud", "longitude")
SHAPES = ("wkt", "geom", "the_geom", "geometry", "geometria", "geometría")
DEPTHS = {"Point": 0, "LineString": 1, "Polygon": 2, "MultiPoint": 1, "MultiLineString": 2, "MultiPolygon": 3}
WKB = {
    name: number
    for number, name in enumerate(
        ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"), 1
    )
}
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_WKT = re.compile(
    r"\s*(?:SRID=4326;)?\s*(MULTI)?(POINT|LINESTRING|POLYGON)\s*(\(.*\))\s*", re.IGNORECASE | re.DOTALL
)
_PAIR = re.compile(rf"({_NUMBER})\s+({_NUMBER})")

Shape = Mapping[str, Any]
"""A geometry of GeoJSON: `type` and `coordinates`."""


@dataclass(frozen=True)
class Places:
    """The columns that say where a row lies: `latitude` and `longitude`, or `shape`, in WKT."""

    latitude: str | None = None
    longitude: str | None = None
    shape: str | None = None

    def of(self, table: pa.Table) -> list[Shape | None]:
        """The geometry of each row, None where it has none."""
        if self.shape is not None:
            return [parse_wkt(each) if each else None for each in table[self.shape].to_pylist()]
        pairs = zip(table[self.longitude].to_pylist(), table[self.latitude].to_pylist(), strict=True)
        return [_point(longitude, latitude) for longitude, latitude in pairs]


def find_places(table: pa.Table) -> Places | None:
    """How a table says where its rows lie; None where it does not, in more than one way, or in none that
    all its rows keep to (beyond the poles, not closed, of another writing)."""
    pair = find_coordinates(table.schema)
    if pair is not None:
        degrees = ((pair[0], 90), (pair[1], 180))
        beyond = (
            pc.max(pc.abs(pc.cast(table[name], pa.float64(), safe=False))).as_py() or 0
            for name, _most in degrees
        )
        if all(value <= most for value, (_name, most) in zip(beyond, degrees, strict=True)):
            return Places(latitude=pair[0], longitude=pair[1])
        return None
    columns = [
        each.name for each in table.schema if each.name.lower() in SHAPES and pa.types.is_string(each.type)
    ]
    if len(columns) != 1:
        return None
    shapes = [each for each in table[columns[0]].to_pylist() if each]
    whole = bool(shapes) and all(parse_wkt(each) is not None for each in shapes)
    return Places(shape=columns[0]) if whole else None


def find_coordinates(schema: pa.Schema) -> tuple[str, str] | None:
    """The columns of latitude and longitude, in degrees; None where there is no pair, or more than one."""
    found = [[each.name for each in schema if each.name.lower() in names] for names in (LATITUDE, LONGITUDE)]
    if [len(each) for each in found] != [1, 1]:
        return None
    kinds = [schema.field(names[0]).type for names in found]
    if not all(pa.types.is_floating(kind) or pa.types.is_decimal(kind) for kind in kinds):
        return None
    return found[0][0], found[1][0]


def parse_wkt(written: str) -> Shape | None:
    """The shape that a text in WKT names, two numbers a point; None where it names none."""
    match = _WKT.fullmatch(written)
    if not match:
        return None
    plain = {"POINT": "Point", "LINESTRING": "LineString", "POLYGON": "Polygon"}[match[2].upper()]
    kind = f"Multi{plain}" if match[1] else plain
    body = re.sub(r"\s*([(),])\s*", r"\1", match[3].strip())
    if kind == "MultiPoint":
        body = re.sub(rf"\(({_NUMBER}\s+{_NUMBER})\)", r"\1", body)
    nested = _PAIR.sub(r"[\1,\2]", body)
    try:
        found = json.loads(nested.replace("(", "[").replace(")", "]"))
    except ValueError:
        return None
    coordinates = found[0] if kind == "Point" and len(found) == 1 else found
    if not _is_deep(coordinates, DEPTHS[kind]):
        return None
    return {"type": kind, "coordinates": _turned(kind, coordinates)}


def pack_geojson(table: pa.Table, places: Places, into: Path, *, demo: bool = False) -> None:
    """A feature a row, a line a feature; the table's other columns are its properties. Of invented rows it
    says so (`demo`)."""
    mark = '"demo":true,' if demo else ""
    with into.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{{"type":"FeatureCollection",{mark}"features":[\n')
        for number, feature in enumerate(features(table, places)):
            file.write(
                (",\n" if number else "") + json.dumps(feature, ensure_ascii=False, separators=(",", ":"))
            )
        file.write("\n]}\n")


def features(table: pa.Table, places: Places) -> Iterator[dict[str, Any]]:
    """The rows as features of GeoJSON: numbers and true/false as such, all else as published text."""
    taken = {places.latitude, places.longitude, places.shape}
    names = [name for name in table.column_names if name not in taken]
    columns = [_properties(table[name]) for name in names]
    for geometry, *row in zip(places.of(table), *columns, strict=True):
        yield {"type": "Feature", "geometry": geometry, "properties": dict(zip(names, row, strict=True))}


def pack_geoparquet(table: pa.Table, places: Places, into: Path) -> None:
    """The table with a column `geometry` in WKB, and what GeoParquet 1.1 tells of it."""
    shapes = places.of(table)
    name = "geometry" if "geometry" not in table.column_names else "geometry_wkb"
    kinds = sorted({each["type"] for each in shapes if each})
    about: dict[str, Any] = {"encoding": "WKB", "geometry_types": kinds, "edges": "planar"}
    if box := _box(each for each in shapes if each):
        about["bbox"] = box
    told = {"version": "1.1.0", "primary_column": name, "columns": {name: about}}
    wkb = pa.array([_wkb(each) if each else None for each in shapes], pa.binary())
    metadata = {**(table.schema.metadata or {}), b"geo": json.dumps(told, sort_keys=True).encode()}
    write_parquet(table.append_column(name, wkb).replace_schema_metadata(metadata), into)


def _point(longitude: Any, latitude: Any) -> Shape | None:
    if longitude is None or latitude is None:
        return None
    return {"type": "Point", "coordinates": [float(longitude), float(latitude)]}


def _properties(column: pa.ChunkedArray) -> Sequence[Any]:
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        plain: list[Any] = column.to_pylist()
        return plain
    written: list[Any] = text(column).to_pylist()
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        odd = ("NaN", "INF", "-INF")
        return [each if each is None or each in odd else json.loads(each) for each in written]
    return written


def _is_deep(value: Any, depth: int) -> bool:
    """Whether it is lists of points, so deep as the kind of shape asks for."""
    if depth == 0:
        return isinstance(value, list) and len(value) == 2 and not isinstance(value[0], list)
    return isinstance(value, list) and bool(value) and all(_is_deep(each, depth - 1) for each in value)


def _turned(kind: str, coordinates: Any) -> Any:
    """Rings as RFC 7946 wants them: outlines against the clock, holes with it."""
    if kind == "MultiPolygon":
        return [_turned("Polygon", each) for each in coordinates]
    if kind != "Polygon":
        return coordinates
    return [
        ring if (_area(ring) > 0) == (place == 0) else ring[::-1] for place, ring in enumerate(coordinates)
    ]


def _area(ring: Sequence[Sequence[float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))


def _points(value: Any) -> Iterator[Sequence[float]]:
    if isinstance(value[0], list):
        for each in value:
            yield from _points(each)
    else:
        yield value


def _box(shapes: Iterable[Shape]) -> list[float] | None:
    points = [point for shape in shapes for point in _points(shape["coordinates"])]
    if not points:
        return None
    easts, norths = [float(each[0]) for each in points], [float(each[1]) for each in points]
    return [min(easts), min(norths), max(easts), max(norths)]


def _wkb(shape: Shape) -> bytes:
    kind, coordinates = shape["type"], shape["coordinates"]
    head = struct.pack("<BI", 1, WKB[kind])
    if kind == "Point":
        return head + struct.pack("<2d", *coordinates)
    if kind == "LineString":
        return head + _wkb_points(coordinates)
    if kind == "Polygon":
        return head + struct.pack("<I", len(coordinates)) + b"".join(map(_wkb_points, coordinates))
    single = kind.removeprefix("Multi")
    parts = [_wkb({"type": single, "coordinates": each}) for each in coordinates]
    return head + struct.pack("<I", len(parts)) + b"".join(parts)


def _wkb_points(points: Sequence[Sequence[float]]) -> bytes:
    return struct.pack("<I", len(points)) + b"".join(struct.pack("<2d", *each) for each in points)
