"""Tables in other forms without a word in the declaration: which, when, and opened by the programs that
people have."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from frictionless import Package

from catalog.archive.published import WRITER
from pipelines.dataset.dataset import load_dataset
from pipelines.release.verify import verify
from tests.support.cities import City, declaration
from tests.support.paths import DATASETS
from validation.table import ROW

PLACES = [
    {"name": "id", "type": "integer"},
    {"name": "nombre", "type": "string"},
    {"name": "lat", "type": "number"},
    {"name": "lng", "type": "number"},
]
ROWS = "id,nombre,lat,lng\n1,Plaza,-34.6,-58.4\n2,Escuela,,\n3,Ñandú,-34.55,-58.45\n"
FORMS = {"obras.xlsx", "obras.geojson", "obras.geo.parquet"}


def _forms(city: City) -> set[str]:
    files = city.history("obras").current.files
    return {name for name in files if name.endswith((".xlsx", ".geojson", ".geo.parquet"))}


@pytest.fixture
def stranger(city: City, tmp_path: Path) -> Path:
    """What anybody has of a release with places."""
    city.declare(declaration("obras", fields=PLACES), datos=ROWS)
    assert city.outcome("obras").outcome == "published"
    folder = tmp_path / "stranger"
    folder.mkdir()
    for name, file in city.history("obras").current.files.items():
        if file.public:
            city.archive.save(file.sha256, folder / name)
    return folder


def test_a_small_table_comes_in_every_form_with_its_hash(stranger: Path) -> None:
    descriptor = json.loads((stranger / "datapackage.json").read_bytes())
    told = {each["path"]: each for each in descriptor["resources"]}
    assert set(told) > FORMS
    assert {each["name"] for each in told.values()} >= {"obras-xlsx", "obras-geojson", "obras-geoparquet"}
    assert all(told[name]["hash"].startswith("sha256:") for name in FORMS)
    assert Package(str(stranger / "datapackage.json")).validate().valid


def test_duckdb_reads_the_geoparquet(stranger: Path) -> None:
    found = duckdb.sql(f"SELECT id, nombre, geometry FROM read_parquet('{stranger}/obras.geo.parquet')")
    assert [(row[0], row[1], row[2] is None) for row in found.fetchall()] == [
        (1, "Plaza", False),
        (2, "Escuela", True),
        (3, "Ñandú", False),
    ]


def test_qgis_reads_the_workbook_and_the_features(stranger: Path) -> None:
    if shutil.which("ogrinfo") is None:
        pytest.skip("NO GDAL: ogrinfo is not on this machine")
    for name, rows in (("obras.xlsx", 3), ("obras.geojson", 3)):
        words = ["ogrinfo", "-ro", "-al", stranger / name]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"Feature Count: {rows}" in done.stdout
        assert "nombre (String) = Ñandú" in done.stdout
    assert "POINT (-58.45 -34.55)" in done.stdout


def test_what_was_released_before_is_not_released_anew_for_its_forms(city: City) -> None:
    """As on the first night after an upgrade; the next change of its rows brings them."""
    made = declaration("obras", fields=PLACES)
    made["resources"][0]["pipeline"]["formats"] = []
    city.declare(made, datos=ROWS)
    assert city.outcome("obras").outcome == "published"
    assert _forms(city) == set()
    city.declare(declaration("obras", fields=PLACES), datos=ROWS)
    assert city.outcome("obras").outcome == "unchanged"
    assert city.outcome("obras").outcome == "unchanged"
    city.send("obras", ROWS + "4,Otra,-34.5,-58.3\n")
    outcome = city.outcome("obras")
    assert (outcome.outcome, outcome.version) == ("published", "1.1.0")
    assert _forms(city) == FORMS
    reasons = city.history("obras").current.changes["obras"]["reasons"]
    assert [each["code"] for each in reasons] == ["rows-added"]
    for entry in city.history("obras").releases:
        assert verify(city.archive, entry, city.history("obras")).bytes_same


def test_a_declaration_asks_for_forms_at_once_or_switches_them_off(city: City) -> None:
    made = declaration("obras", fields=PLACES)
    city.declare(made, datos=ROWS)
    city.run("obras")
    assert _forms(city) == FORMS
    made["resources"][0]["pipeline"]["formats"] = ["xlsx"]
    city.declare(made, datos=ROWS)
    assert (city.outcome("obras").version, _forms(city)) == ("1.0.1", {"obras.xlsx"})
    made["resources"][0]["pipeline"]["formats"] = []
    city.declare(made, datos=ROWS)
    assert (city.outcome("obras").version, _forms(city)) == ("1.0.2", set())


def test_large_tables_come_in_no_form_that_nobody_asked_for(city: City, monkeypatch) -> None:
    from pipelines.release import formats

    monkeypatch.setattr(formats, "UNASKED_CELLS", 11)
    city.declare(declaration("obras", fields=PLACES), datos=ROWS)
    dataset = load_dataset(city.datasets / "obras")
    table = _table(ROWS)
    assert formats.choose_formats(dataset, {"obras": table}) == {"obras": ["geojson", "geoparquet"]}
    monkeypatch.setattr(formats, "UNASKED_ROWS", 2)
    assert formats.choose_formats(dataset, {"obras": table}) == {}


def test_what_an_earlier_writer_released_is_made_again_without(city: City) -> None:
    from pipelines.release import formats

    city.declare(declaration("obras", fields=PLACES), datos=ROWS)
    dataset, table = load_dataset(city.datasets / "obras"), _table(ROWS)
    assert formats.choose_formats(dataset, {"obras": table}, writer=3) == {}
    assert formats.choose_formats(dataset, {"obras": table}, writer=WRITER)["obras"]


def test_a_table_of_that_name_keeps_it(city: City) -> None:
    made = declaration("obras", fields=PLACES)
    other = declaration("obras-xlsx", fields=PLACES)["resources"][0]
    made["resources"].append(other)
    city.declare(made, datos=ROWS)
    assert city.outcome("obras").outcome == "published"
    files = city.history("obras").current.files
    assert "obras.xlsx" not in files
    assert {"obras-xlsx.csv", "obras-xlsx.xlsx", "obras.geojson"} < set(files)


def test_invented_rows_say_so_in_every_form(city: City, tmp_path: Path) -> None:
    from tests.support.lazy import openpyxl

    made = declaration("obras", fields=PLACES, source={"kind": "file", "path": "source/datos.csv"})
    made["pipeline"]["demo"] = True
    city.declare(made, datos=ROWS)
    assert city.outcome("obras").outcome == "published"
    files = city.archive.history("obras", demo=True).current.files
    for name in FORMS:
        city.archive.save(files[name].sha256, tmp_path / name)
    assert openpyxl.load_workbook(tmp_path / "obras.xlsx").sheetnames == ["DEMO obras", "Diccionario"]
    assert json.loads((tmp_path / "obras.geojson").read_bytes())["demo"] is True
    found = duckdb.sql(f"SELECT key, value FROM parquet_kv_metadata('{tmp_path}/obras.geo.parquet')")
    assert (b"demo", b"true") in [(row[0], row[1]) for row in found.fetchall()]


def _table(text: str) -> pa.Table:
    head, *lines = (line.split(",") for line in text.splitlines())
    columns: dict[str, list] = dict(zip(head, map(list, zip(*lines, strict=True)), strict=True))
    for name in ("lat", "lng"):
        columns[name] = [float(each) if each else None for each in columns[name]]
    return pa.table({ROW: list(range(2, 2 + len(lines))), **columns})


@pytest.mark.parametrize("dataset", ["barrios", "ba-obras"])
def test_no_shipped_dataset_has_to_ask(dataset: str) -> None:
    assert all(each.pipeline.formats is None for each in load_dataset(DATASETS / dataset).resources)
