"""A renamed column is mapped once, by a person: kept, used from then on, told with who said so and when."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from catalog.archive.mappings import ColumnMapping
from pipelines.agency.check import check_dataset
from pipelines.agency.report.received import describe_received
from pipelines.dataset.dataset import load_dataset
from pipelines.dataset.mappings import keep_mapping, map_columns, parse_mapping
from pipelines.release.verify import verify
from tests.support.cities import City, csv, declaration, published_rows
from tests.support.terminal import vereda

pytestmark = pytest.mark.usefixtures("impatient_inbox")
CONTENT = csv("1,Plaza,10", "2,Parque,20", header="id,Denominación,monto")
AT = "2026-03-01T00:00:00-03:00"


@pytest.fixture(autouse=True)
def works(city: City) -> None:
    city.declare(declaration("obras", source={"kind": "inbox"}))


def put(city: City, name: str) -> None:
    folder = city.inbox / "area" / "obras"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(CONTENT, "utf-8")


def keep(city: City, label: str, field: str | None) -> ColumnMapping:
    dataset = load_dataset(city.datasets / "obras")
    return keep_mapping(city.archive, dataset, dataset.resource("obras"), label, field, "Ana Paz", AT)


def test_a_renamed_column_is_mapped_where_its_file_is_handed_in_and_kept(city):
    file = city.folder / "enero.csv"
    file.write_text(CONTENT, "utf-8")
    refused = vereda(city, "submit", "obras", str(file), "--map", "Denominacion=nombre", status=2)
    assert "no tiene la columna «Denominacion»; tiene: «id», «Denominación», «monto»" in refused
    assert city.archive.receipts("obras").all() == []  # nothing is kept then
    vereda(city, "submit", "obras", str(file), "--map", "denominación = nombre")
    assert [row["nombre"] for row in published_rows(city, "obras")] == ["Plaza", "Parque"]
    (kept,) = json.loads(vereda(city, "mappings", "obras", "--json"))["mappings"]
    assert (kept["label"], kept["field"], kept["dataset"]) == ("Denominación", "nombre", "obras")
    assert kept["by"]
    assert kept["at"]


def test_a_rejected_file_is_judged_again_and_the_report_says_who_mapped_what(city):
    put(city, "enero.csv")
    assert [each.outcome for each in city.run("obras")] == ["rejected"]
    keep(city, "Denominación", "nombre")
    assert [each.outcome for each in city.run("obras")] == ["published"]
    history = city.history("obras")
    assert verify(city.archive, history.current, history).bytes_same
    file = city.inbox / "area" / "obras" / "enero.csv"
    with check_dataset(city.datasets, city.archive, "obras", file) as done:
        said = "la columna «Denominación» se lee como nombre: lo dijo Ana Paz el 1 de marzo de 2026"
        assert said in describe_received(done)[0].findings

    keep(city, "Denominación", None)
    assert city.archive.mappings("obras").current() == ()
    with check_dataset(city.datasets, city.archive, "obras", file) as done:
        assert {problem.type for problem in done.report.problems} >= {"missing-label", "extra-label"}


def test_what_cannot_be_mapped_is_refused(city):
    for label, field, why in (
        ("Denominación", "titulo", "no tiene el campo titulo; tiene id, nombre, monto"),
        ("Nombre ", "monto", "ya es nombre"),
        ("Denominación", None, "no está asignada"),
    ):
        with pytest.raises(ValueError, match=why):
            keep(city, label, field)
    with pytest.raises(ValueError, match="escriba la columna, = y el campo"):
        parse_mapping("Denominación")
    assert parse_mapping("a=b = c") == ("a=b", "c")
    assert city.archive.mappings("obras").all() == []


def test_what_holds_already_is_kept_once(city):
    assert keep(city, "Denominación", "nombre") == keep(city, "Denominación", "nombre")
    keep(city, "Denominación", "monto")
    (held,) = city.archive.mappings("obras").current()
    assert (held.number, held.field) == (2, "monto")


def test_layouts_that_ask_for_the_old_label_know_the_new_one(city):
    layouts = [
        {"header": ["Nombre viejo"], "labels": {"Nombre viejo": "nombre"}},
        {"header": ["Otro"], "labels": {"Otro": "nombre"}, "fields": {"monto": {"decimalChar": ","}}},
    ]
    city.declare(declaration("obras", source={"kind": "inbox"}, layouts=layouts))
    dataset = load_dataset(city.datasets / "obras")
    mapping = ColumnMapping(1, "obras", "Denominación", "nombre", "Ana", AT)
    mapped = map_columns(dataset, [mapping]).resource("obras").pipeline.layouts
    new = ("Denominación",)
    assert [each.header for each in mapped] == [("Nombre viejo",), ("Otro",), new, new]
    assert all(each.labels["Denominación"] == "nombre" for each in mapped)
    declared = replace(mapping, label="Otro", field="monto")
    assert map_columns(dataset, [declared]).resource("obras").pipeline.layouts[1].labels["Otro"] == "nombre"
