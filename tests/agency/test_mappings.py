"""A renamed column is mapped once, by a person: kept, used from then on, told with who said so and when."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from catalog.archive.mappings import ColumnMapping
from pipelines.dataset.dataset import load_dataset
from pipelines.dataset.mappings import map_columns
from pipelines.release.verify import verify
from tests.support.cities import City, csv, declaration, published_rows
from tests.support.terminal import run_vereda, vereda

pytestmark = pytest.mark.usefixtures("impatient_inbox")
NEW = "id,Denominación,monto"


def put(city: City, name: str, header: str) -> None:
    folder = city.inbox / "area" / "obras"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(csv("1,Plaza,10", "2,Parque,20", header=header), "utf-8")


def listed(city: City) -> list[dict]:
    return json.loads(vereda(city, "mappings", "obras", "--json"))["mappings"]


@pytest.fixture(autouse=True)
def works(city: City) -> None:
    city.declare(declaration("obras", source={"kind": "inbox"}))


def test_a_renamed_column_is_mapped_where_its_file_is_handed_in_and_kept(city):
    file = city.folder / "enero.csv"
    file.write_text(csv("1,Plaza,10", "2,Parque,20", header=NEW), "utf-8")
    refused = vereda(city, "submit", "obras", str(file), "--map", "Denominacion=nombre", status=2)
    assert "no tiene la columna «Denominacion»; tiene: «id», «Denominación», «monto»" in refused
    assert city.archive.receipts("obras").all() == []  # nothing is kept then
    vereda(city, "submit", "obras", str(file), "--map", "denominación = nombre")
    (kept,) = listed(city)
    assert (kept["label"], kept["field"], kept["dataset"]) == ("Denominación", "nombre", "obras")
    assert kept["by"]
    assert kept["at"]
    assert [row["nombre"] for row in published_rows(city, "obras")] == ["Plaza", "Parque"]
    history = city.history("obras")
    assert verify(city.archive, history.current, history).bytes_same


def test_the_report_says_who_mapped_it_and_a_rejected_file_is_judged_again(city):
    put(city, "enero.csv", NEW)
    assert [each.outcome for each in city.run("obras")] == ["rejected"]
    vereda(city, "mappings", "obras", "--map", "Denominación=nombre", "--by", "Ana Paz")
    assert [each.outcome for each in city.run("obras")] == ["published"]
    page = city.folder / "informe"
    vereda(city, "check", "obras", str(city.inbox / "area/obras/enero.csv"), "--report", str(page))
    said = "la columna «Denominación» se lee como nombre: lo dijo Ana Paz el "
    assert said in (page / "informe.html").read_text("utf-8")

    vereda(city, "mappings", "obras", "--forget", "Denominación")
    assert listed(city) == []
    put(city, "febrero.csv", NEW)
    assert [each.outcome for each in city.run("obras")] == ["rejected"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Denominación=titulo", "no tiene el campo titulo; tiene id, nombre, monto"),
        ("nombre=monto", "ya es nombre"),
        ("Denominación", "escriba la columna, = y el campo"),
    ],
)
def test_what_cannot_be_mapped_is_refused(city, said, why):
    done = run_vereda(city, "mappings", "obras", "--map", said)
    assert (done.returncode, why in done.stderr) == (2, True), done.stderr
    assert "ninguna columna" in vereda(city, "mappings", "obras")


def test_layouts_that_ask_for_the_old_label_know_the_new_one(city):
    layouts = [
        {"header": ["Nombre viejo"], "labels": {"Nombre viejo": "nombre"}},
        {"header": ["Otro"], "labels": {"Otro": "nombre"}, "fields": {"monto": {"decimalChar": ","}}},
    ]
    city.declare(declaration("obras", source={"kind": "inbox"}, layouts=layouts))
    dataset = load_dataset(city.datasets / "obras")
    mapping = ColumnMapping(1, "obras", "Denominación", "nombre", "Ana", "2026-03-01T00:00:00-03:00")
    mapped = map_columns(dataset, [mapping]).resource("obras").pipeline.layouts
    assert [each.header for each in mapped] == [
        ("Nombre viejo",),
        ("Otro",),
        ("Denominación",),
        ("Denominación",),
    ]
    assert all(each.labels["Denominación"] == "nombre" for each in mapped)
    declared = replace(mapping, label="Otro", field="monto")
    assert map_columns(dataset, [declared]).resource("obras").pipeline.layouts[1].labels["Otro"] == "nombre"
