"""What a catalogue says stays as it says it; what it lacks or denies is asked in words that are true, and
what is left out is told."""

from __future__ import annotations

import json

import pytest

from messages import speaking
from pipelines.dataset.dataset import load_dataset
from pipelines.harvest.package import read_columns
from pipelines.harvest.write import import_catalogue
from pipelines.settings import DEFAULT_LIMITS
from tests.harvest.test_import import (
    DATA_JSON,
    draft,
    drafts_of_data_json,
    kinds,
    package,
    resource,
)
from tests.support.cities import City
from tests.support.sites import serve_folder
from tests.support.terminal import vereda

NOTES = "# Baches\r\n\r\n<b>Lista</b> & otros; ver [la norma](https://example.org/n).\r\n\r\n- uno\r\n- dos"


def test_texts_stay_as_they_are(tmp_path):
    columns = json.dumps([{"title": "a<b", "type": "string", "description": "uno\ndos & <3"}])
    found = draft(
        tmp_path,
        resource("Baches <reparados> & otros", "b.csv", columns, description=NOTES),
        title="Baches <reparados> & otros",
        notes=NOTES,
    )
    assert found.state == "ready"
    dataset = load_dataset(tmp_path / "datasets" / "obras")
    (table,) = dataset.resources
    (field,) = table.schema["fields"]
    told = dataset.descriptor
    assert (told["title"], told["description"]) == ("Baches <reparados> & otros", NOTES)
    assert (table.descriptor["title"], table.descriptor["description"]) == (told["title"], NOTES)
    assert (field["name"], field["description"]) == ("a<b", "uno\ndos & <3")


def test_the_lines_of_a_text_are_lines_in_the_declaration(tmp_path):
    draft(tmp_path, resource("Obras", "b.csv"), notes="# Obras\n\nLista:\n\n- uno")
    written = (tmp_path / "datasets" / "obras" / "datapackage.yaml").read_text("utf-8")
    assert "description: |-\n  # Obras\n\n  Lista:\n\n  - uno\n" in written


def test_a_publisher_may_be_a_name_alone(tmp_path):
    (found,) = drafts_of_data_json(tmp_path, DATA_JSON | {"publisher": "Municipio de Sur"})
    assert found.declaration["pipeline"]["publisher"] == {
        "id": "municipio-de-sur",
        "name": "Municipio de Sur",
    }


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"columns": '[{"title": "a"}, {"title": "A"}]'}, "Its dictionary cannot be used"),
        ({"columns": '[{"title": "a", '}, "Its dictionary cannot be used"),
        ({"columns": "a: entero; b: texto"}, "Its dictionary cannot be used"),
        ({"columns": ""}, "The catalogue has no dictionary of it"),
    ],
    ids=["a name twice", "cut", "in words", "none"],
)
def test_a_dictionary_that_is_there_is_not_said_to_be_missing(tmp_path, told, words):
    with speaking("en"):
        found = draft(tmp_path, resource("Obras", "a.csv", told["columns"]))
    assert kinds(found) == ["fields"]
    assert words in found.questions[0].question


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ftp://example.org/a.csv", "“ftp://example.org/a.csv”"),
        ("http://user:secreto@example.org/a.csv", "a name or a password"),
        ("", "gives no address"),
    ],
    ids=["ftp", "password", "none"],
)
def test_an_address_that_no_declaration_takes_is_said_to_be_there(tmp_path, address, words):
    with speaking("en"):
        found = draft(tmp_path, resource("Obras", None, format="CSV") | {"url": address})
    assert kinds(found) == ["address"]
    assert words in found.questions[0].question
    assert "secreto" not in json.dumps(found.declaration)


@pytest.mark.parametrize(
    ("of_package", "of_file", "asked"),
    [
        ("other-closed", None, ["licenses"]),
        ("CC-BY-NC-4.0", None, ["licenses"]),
        ("CC-BY-4.0", "CC BY-NC 4.0", ["resources[0].licenses"]),
        ("CC-BY-4.0", "odc-odbl", ["resources[0].licenses"]),
        ("CC-BY-2.5-AR", "CC-BY-4.0", []),
        ("uk-ogl", None, []),
    ],
    ids=["not open", "not for sale", "file not for sale", "file otherwise open", "newer", "open"],
)
def test_a_licence_that_is_not_open_or_denied_is_asked(tmp_path, of_package, of_file, asked):
    found = draft(tmp_path, resource("Obras", "a.csv", license_id=of_file), license_id=of_package)
    assert [each.about for each in found.questions if each.kind == "licence"] == asked


def test_what_is_left_out_is_told(tmp_path):
    with speaking("en"):
        found = draft(
            tmp_path,
            resource("Obras", "obras.csv"),
            resource("Obras (Excel)", "obras.xlsx", ""),
            resource("Servicio", "wms", "", format="WMS"),
        )
    assert found.notes == (
        "No file, and so left out: «Servicio» (wms).",
        "The same as another, and so not renewed; in the CKAN it stays as it is: «Obras (Excel)» (xlsx).",
    )


def test_themes_of_another_list_are_told(tmp_path):
    with speaking("en"):
        (found,) = drafts_of_data_json(tmp_path, DATA_JSON | {"theme": ["salud", "HEAL"]})
    assert found.declaration["pipeline"]["superTheme"] == ["HEAL"]
    assert found.notes == ("No theme of the national profile, and so left out: «salud».",)


@pytest.mark.parametrize(
    ("told", "type"),
    [
        ("varchar(50)", "string"),
        ("number (integer)", "integer"),
        ("decimal(10,2)", "number"),
        ("fecha (dd/mm/aaaa)", "date"),
        ("moneda", "any"),
    ],
)
def test_types_of_columns_in_many_spellings(told, type):
    (column,) = read_columns({"field": [{"title": "a", "type": told}]})
    assert column.type == type


def read_from(tmp_path, files, *resources, **more):
    """The draft of a package whose files lie on a server of this machine, with what is read from them."""
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    with serve_folder(tmp_path) as url, speaking("en"):
        listed = [each | {"url": each["url"].replace("https://example.org", url)} for each in resources]
        (tmp_path / "c.json").write_text(json.dumps([package(*listed, **more)]), "utf-8")
        (found,) = import_catalogue(str(tmp_path / "c.json"), tmp_path / "d", DEFAULT_LIMITS, read=True)
    return found


def test_columns_of_a_file_that_share_a_label_or_have_none_are_asked_about(tmp_path):
    found = read_from(tmp_path, {"a.csv": "id,lat,,lat\n1,2,,3\n2,4,,5\n"}, resource("Obras", "a.csv", ""))
    assert [(each.about, each.kind) for each in found.questions] == [
        ("resources[0].pipeline.layouts", "columns")
    ] * 2
    (table,) = found.declaration["resources"]
    assert table["pipeline"]["layouts"] == [{"ignore": ["lat", ""]}]


def test_a_stored_table_whose_file_has_other_columns_is_asked_about(tmp_path):
    fields = [{"id": "_id", "type": "int"}, {"id": "obra", "type": "text"}, {"id": "monto", "type": "text"}]
    stored = resource("Obras", "a.csv", "", datastore_active=True, fields=fields)
    found = read_from(tmp_path, {"a.csv": "obra,barrio\nPlaza,Boedo\n"}, stored)
    (question,) = found.questions
    assert (question.kind, question.about) == ("columns", "resources[0].schema.fields")
    assert "not in the file: monto; only in the file: barrio" in question.question


def test_a_file_that_does_not_come_is_told(tmp_path):
    found = read_from(tmp_path, {}, resource("Obras", "none.csv", ""), resource("Guía", "none", ""))
    assert kinds(found) == ["format", "unread"]
    assert all("404" in each.question for each in found.questions)


def test_reading_the_files_is_advised_where_they_were_not_read(tmp_path):
    with serve_folder(tmp_path) as url:
        bare = package(resource("Obras", None, "") | {"url": f"{url}/none.csv"})
        (tmp_path / "c.json").write_text(json.dumps([bare]), "utf-8")
        city, call = (
            City(tmp_path),
            ["import", "ckan", str(tmp_path / "c.json"), "--into", str(tmp_path / "d")],
        )
        before, after = vereda(city, *call), vereda(city, *call[:-1], str(tmp_path / "e"), "--read")
    assert ("--read" in before, "404" in before) == (True, False)
    assert ("--read" in after, "404" in after) == (False, True)


def test_years_of_which_one_does_not_come_are_one_table_all_the_same(tmp_path):
    files = {f"{y}.csv": f"anio;rubro;monto\n{y};Tasas;1.234,5{y % 2 or ''}\n" for y in (2018, 2019)}
    years = [resource(f"Ingresos {y}", f"{y}.csv", "") for y in (2018, 2019, 2020)]
    found = read_from(tmp_path, files, *years)
    assert [each["name"] for each in found.declaration["resources"]] == ["ingresos", "ingresos-2020"]
    assert found.declaration["resources"][0]["pipeline"]["extract"]["field"] == "anio"
    assert (kinds(found), "404" in found.questions[0].question) == (["unread"], True)
