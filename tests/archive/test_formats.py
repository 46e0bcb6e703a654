"""A table in other formats, opened by other programs: cell by cell what the table says."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from frictionless import Resource

from catalog.archive.geometry import (
    Places,
    find_places,
    pack_geojson,
    pack_geoparquet,
    parse_wkt,
)
from catalog.archive.published import text_table
from catalog.archive.workbook import fits_workbook, pack_workbook
from tests.support.lazy import openpyxl
from tests.support.portals import FIELDS, table

ODD = [
    "=1+1", "007", "", " a ", "línea\nnueva", "\r\n", "\t", "<&>\"'", "_x0041_", "\x01", "ñandú 🦤", "1e5",
    "x" * 32_767,
]  # fmt: skip
RESOURCE = {"name": "obras", "path": "obras.csv", "schema": {"fields": FIELDS}}


def workbook(rows: pa.Table, into: Path, name: str = "obras") -> Path:
    assert fits_workbook(rows)
    fields = [{"name": each} for each in rows.column_names]
    pack_workbook(rows, {"name": name, "schema": {"fields": fields}}, into)
    return into


def test_the_workbook_is_typed_and_the_same_every_time(tmp_path: Path) -> None:
    rows = table()
    pack_workbook(rows, RESOURCE, tmp_path / "a.xlsx")
    pack_workbook(pa.concat_tables([rows.slice(0, 1), rows.slice(1)]), RESOURCE, tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    sheet, dictionary = book.worksheets
    assert (sheet.title, dictionary.title, sheet.freeze_panes) == ("obras", "Diccionario", "A2")
    assert sheet.auto_filter.ref == "A1:L5"
    head, first, second, *_rest, last = sheet.iter_rows(values_only=True)
    assert list(head) == rows.column_names
    day, moment = (datetime.fromisoformat(each) for each in ("2013-12-01", "2024-01-02T03:04:05"))
    assert first == (
        "Escuela N.° 24", "Finalizada", "007", 12, 67065700.1, day, None, moment, None, 2013,
        time(9, 30), True,
    )  # fmt: skip
    assert second[5] == "0001-01-01"  # no spreadsheet knows that day
    assert last[3] == "9007199254740993"  # nor keeps so many digits
    told = {row[0]: row for row in dictionary.iter_rows(min_row=2, values_only=True)}
    assert told["monto"][2:5] == ("number", "ARS", "Monto del contrato")


def test_every_text_comes_back_out_of_the_workbook(tmp_path: Path) -> None:
    from python_calamine import CalamineWorkbook

    file = workbook(pa.table({"t": ODD}), tmp_path / "odd.xlsx")
    sheet = openpyxl.load_workbook(file).worksheets[0]
    read = [row[0] or "" for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert [_unescape(each) for each in read] == ODD
    theirs = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()[1:]
    assert [row[0] for row in theirs] == ODD


def _unescape(words: str) -> str:
    """`_x0041_` of the format, which openpyxl does not undo in a cell that holds its own text."""
    return re.sub("_x([0-9A-F]{4})_", lambda each: chr(int(each[1], 16)), words)


@pytest.mark.parametrize(
    "rows",
    [pa.table({"t": ["x" * 32_768]}), pa.table({"n": pa.nulls(1_048_576, pa.int8())})],
    ids=["a text that is cut", "too many rows"],
)
def test_what_a_spreadsheet_would_cut_is_no_workbook(rows: pa.Table) -> None:
    assert not fits_workbook(rows)


def test_libreoffice_reads_the_workbook_as_the_csv(tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        pytest.skip("NO LIBREOFFICE: soffice is not on this machine")
    rows = table().drop_columns(["monto", "visto", "hora"])  # which a CSV of LibreOffice rounds
    file = workbook(rows, tmp_path / "obras.xlsx")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    words = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false",
    ]
    subprocess.run([*words, "--outdir", tmp_path, file], check=True, capture_output=True, timeout=120)
    read = Resource(path=str(tmp_path / "obras.csv"), basepath="").read_rows()
    texts = text_table(rows, rows.column_names).to_pylist()
    assert [row["nombre"] for row in read] == [row["nombre"] for row in texts]
    assert [str(row["inicio"] or "") for row in read] == [row["inicio"] or "" for row in texts]
    assert [row["comuna"] for row in read] == [12, None, 1, 9007199254740993]


POINTS = pa.table(
    {
        "nombre": ["A", "B", "C"],
        "lat": [-34.6, None, -34.5],
        "lng": [-58.4, -58.3, -58.5],
        "dia": [date(2024, 1, 1), None, None],
        "monto": pa.array([Decimal("1.50"), None, Decimal("2.00")], pa.decimal128(9, 2)),
    }
)


def test_points_become_features(tmp_path: Path) -> None:
    places = find_places(POINTS)
    assert places == Places(latitude="lat", longitude="lng")
    pack_geojson(POINTS, places, tmp_path / "p.geojson")
    found = json.loads((tmp_path / "p.geojson").read_bytes())
    assert [each["geometry"] for each in found["features"]] == [
        {"type": "Point", "coordinates": [-58.4, -34.6]},
        None,
        {"type": "Point", "coordinates": [-58.5, -34.5]},
    ]
    assert found["features"][0]["properties"] == {"nombre": "A", "dia": "2024-01-01", "monto": 1.5}


def test_geoparquet_says_what_it_holds(tmp_path: Path) -> None:
    places = find_places(POINTS)
    assert places
    pack_geoparquet(POINTS, places, tmp_path / "p.geo.parquet")
    read = pq.read_table(tmp_path / "p.geo.parquet")
    told = json.loads(read.schema.metadata[b"geo"])
    assert told["version"] == "1.1.0"
    assert told["columns"]["geometry"]["geometry_types"] == ["Point"]
    assert told["columns"]["geometry"]["bbox"] == [-58.5, -34.6, -58.4, -34.5]
    wkb = read["geometry"].to_pylist()
    assert struct.unpack("<BIdd", wkb[0]) == (1, 1, -58.4, -34.6)
    assert wkb[1] is None
    assert read.drop_columns(["geometry"]).equals(POINTS)


@pytest.mark.parametrize(
    ("wkt", "kind", "first"),
    [
        ("POINT (1 2)", "Point", 1.0),
        ("LINESTRING(0 0,1 1)", "LineString", [0, 0]),
        ("POLYGON ((0 0, 0 1, 1 1, 0 0))", "Polygon", [[0, 0], [1, 1], [0, 1], [0, 0]]),  # turned
        ("MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))", "MultiPolygon", [[[0, 0], [1, 0], [1, 1], [0, 0]]]),
        ("MultiPoint ((1 2), (3 4))", "MultiPoint", [1, 2]),
    ],
)
def test_shapes_are_read(wkt: str, kind: str, first: object) -> None:
    shape = parse_wkt(wkt)
    assert shape
    assert (shape["type"], shape["coordinates"][0]) == (kind, first)


@pytest.mark.parametrize(
    "rows",
    [
        pa.table({"lat": ["-34.6"], "lng": ["-58.4"]}),
        pa.table({"lat": [91.0], "lng": [-58.4]}),
        pa.table({"lat": [1.0], "lng": [1.0], "lon": [1.0]}),
        pa.table({"wkt": ["POINT (1 2)", "calle 3"]}),
        pa.table({"wkt": ["POINT Z (1 2 3)"]}),
    ],
    ids=["texts", "beyond the pole", "two longitudes", "an address", "three numbers"],
)
def test_what_says_nowhere_has_no_place(rows: pa.Table) -> None:
    assert find_places(rows) is None
