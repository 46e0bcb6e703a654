"""Publishing to a real CKAN: it becomes what the archive says, stays so, and keeps what others put there."""

from __future__ import annotations

import csv as csvs
import hashlib
import io
import json
import re
import shutil

import pytest
from typer.testing import CliRunner

from catalog.archive.archive import Archive
from catalog.ckan.package import Adoption
from pipelines.cli.app import app
from tests.support.cities import FIELDS, City, csv, declaration
from tests.support.ckan_stack import Refused
from tests.support.ckans import FIRST, SECOND, Town, actions, download, whole
from tests.support.lazy import ckan_remote


def test_a_release_becomes_a_package_that_strangers_can_read(town):
    steps = town.publish()
    assert ("create", town.name) in actions(steps)
    assert ("load", f"{town.name}/{town.name}") in actions(steps)
    package = town.package()
    extras = {extra["key"]: extra["value"] for extra in package["extras"]}
    assert (package["title"], package["version"], package["license_id"]) == (
        f"Título de {town.name}",
        "1.0.0",
        "cc-by",
    )
    assert (package["organization"]["title"], [g["display_name"] for g in package["groups"]]) == (
        f"Área {town.prefix}",
        ["Gobierno y sector público"],
    )
    assert [tag["name"] for tag in package["tags"]] == ["prueba"]
    assert {key: extras[key] for key in ("accrualPeriodicity", "superTheme", "language", "country")} == {
        "accrualPeriodicity": "R/P1M",
        "superTheme": '["GOVE"]',
        "language": "spa",
        "country": "Argentina",
    }
    assert extras["versionNotes"]
    assert extras["issued"] == extras["modified"]
    whole(town, "1.0.0")


def test_publishing_twice_sends_nothing(town):
    town.publish()
    seen = town.package()
    assert town.plan() == []
    assert town.publish() == []
    assert town.package() == seen


def test_a_plan_touches_nothing(town):
    steps = town.plan()
    assert {step.action for step in steps} == {"create", "upload", "load"}
    assert sum(
        step.bytes for step in steps if step.target.endswith(".csv") and "-1.0.0" in step.target
    ) == len(town.file("1.0.0"))
    assert town.site.call("package_search", fq=f"name:{town.name}", include_drafts=True)["count"] == 0


def test_a_new_version_moves_latest_and_leaves_the_old_one_where_it_was(town):
    town.publish()
    before, first = town.latest, town.resource(f"v/1.0.0/{town.name}.csv")
    beside = {key: town.resource(key)["id"] for key in ("dictionary", "report", "descriptor", "versions")}
    stable = f"{town.site.url}/dataset/{town.name}/resource/{before['id']}/download/{town.name}.csv"
    assert download(stable) == town.file("1.0.0")
    assert town.release(SECOND) == "1.1.0"
    steps = town.publish()
    assert ("change", f"{town.name}/{town.name}") in actions(steps)
    whole(town, "1.1.0")
    assert town.latest["id"] == before["id"]
    assert {key: town.resource(key)["id"] for key in beside} == beside
    assert town.resource("versions")["format"] == "CSV"
    assert download(stable) == town.file("1.1.0")
    assert town.resource(f"v/1.0.0/{town.name}.csv") == first | {
        "position": town.resource(f"v/1.0.0/{town.name}.csv")["position"]
    }
    assert download(first["url"]) == town.file("1.0.0")
    assert first["url"].endswith("-1.0.0.csv")
    assert "1.0.0" in first["name"]
    carrying = [
        r["vereda"]
        for r in town.package()["resources"]
        if "table_version" in r or "attributesDescription" in r
    ]
    assert carrying == [f"latest/{town.name}.csv", "dictionary"]
    assert town.plan() == []


def test_the_page_lists_latest_first_and_then_the_versions_from_the_newest(town):
    town.release(SECOND)
    town.publish()
    parts = [
        re.sub(r"/.*", "", r["vereda"]) if not r["vereda"].startswith("v/") else r["vereda"][:7]
        for r in town.package()["resources"]
    ]
    assert (
        parts
        == ["latest"] * 3
        + ["dictionary", "changes-csv", "changes", "report", "descriptor", "versions"]
        + ["v/1.1.0"] * 3
        + ["v/1.0.0"] * 3
    )


def test_the_table_is_typed_and_has_the_dictionary_of_the_schema(tmp_path, ckan):
    fields = [
        {"name": "id", "type": "integer", "title": "Número"},
        {"name": "nombre", "type": "string", "description": "Cómo se llama"},
        {"name": "monto", "type": "number", "unit": "ARS"},
        {"name": "desde", "type": "date"},
        {"name": "visto", "type": "datetime"},
        {"name": "hora", "type": "time"},
        {"name": "activa", "type": "boolean"},
        {"name": "anio", "type": "year"},
    ]
    header = "id,nombre,monto,desde,visto,hora,activa,anio"
    rows = [
        '9007199254740993,"a ""b"", c",0.1,0001-01-01,2024-01-02T03:04:05,03:04:05,true,2024',
        "2,,-5e-324,,,,false,",
    ]
    town = Town.at(tmp_path, ckan, csv(*rows, header=header))
    town.city.run(town.name)
    town.declare(csv(*rows, header=header), fields=fields)
    assert town.city.outcome(town.name).outcome == "published"
    town.publish()
    info = ckan.call("datastore_info", id=town.latest["id"])
    assert {field["id"]: field["type"] for field in info["fields"]} == {
        "id": "int8",
        "nombre": "text",
        "monto": "float8",
        "desde": "date",
        "visto": "timestamptz",
        "hora": "time",
        "activa": "bool",
        "anio": "int8",
    }
    told = {field["id"]: field["info"] for field in info["fields"]}
    assert told["id"] == {"label": "Número", "type_override": "numeric"}
    assert told["monto"] == {"unit": "ARS", "type_override": "numeric"}
    assert told["nombre"] == {"notes": "Cómo se llama", "type_override": "text"}
    first, second = town.rows()
    assert (first["id"], first["nombre"], first["monto"], first["desde"], first["activa"]) == (
        2**53 + 1,
        'a "b", c',
        0.1,
        "0001-01-01",
        True,
    )
    assert (second["nombre"], second["monto"], second["desde"]) == (None, -5e-324, None)
    assert town.plan() == town.plan(chosen=frozenset([town.name])) == []


def test_rows_are_brought_up_to_date_by_key(town):
    town.publish()
    town.release(SECOND)
    town.publish()
    assert sorted(town.rows(), key=lambda row: row["id"]) == [
        {"id": 1, "nombre": "Plaza Irlanda", "monto": 1.5},
        {"id": 2, "nombre": "Escuela 24", "monto": 250.25},
        {"id": 4, "nombre": "Polideportivo", "monto": 7},
    ]


def test_rows_without_a_key_are_brought_up_to_date_too_repeated_ones_with_them(tmp_path, ckan):
    town = Town(*[Town.at(tmp_path, ckan).city, ckan, ckan.prefix])
    town.declare(csv("1,a,1", "1,a,1", "1,a,1", "2,,"), key=None)
    town.city.run(town.name)
    town.publish()
    assert len(town.rows()) == 4
    town.release(csv("1,a,1", "2,,", "2,,", "3,b,"))
    town.publish()
    assert sorted(map(str, town.rows())) == sorted(
        map(
            str,
            [
                {"id": 1, "nombre": "a", "monto": 1},
                *[{"id": 2, "nombre": None, "monto": None}] * 2,
                {"id": 3, "nombre": "b", "monto": None},
            ],
        )
    )


def test_another_type_gives_another_table(town):
    town.publish()
    fields = [FIELDS[0], FIELDS[1], {"name": "monto", "type": "string"}, {"name": "barrio", "type": "string"}]
    town.declare(csv("1,a,uno,Boedo", header="id,nombre,monto,barrio"), fields=fields)
    assert town.city.outcome(town.name).version == "2.0.0"
    town.publish()
    assert town.rows() == [{"id": 1, "nombre": "a", "monto": "uno", "barrio": "Boedo"}]
    whole(town, "2.0.0")


@pytest.mark.parametrize("way", ["API", "database"])
def test_another_key_makes_other_rows_unique(town, way):
    database = town.site.datastore_url if way == "database" else None
    town.publish(database=database)
    town.declare(csv("1,a,1", "1,b,2", "2,c,3"), key="nombre")
    assert town.city.outcome(town.name).outcome == "published"
    town.publish(database=database)
    assert sorted(row["nombre"] for row in town.rows()) == ["a", "b", "c"]
    town.site.call(
        "datastore_upsert", resource_id=town.latest["id"], force=True, records=[{"nombre": "a", "monto": 9}]
    )
    assert [row["monto"] for row in town.rows() if row["nombre"] == "a"] == [9]


def test_a_corrected_description_reaches_the_dictionary(town):
    town.publish()
    town.declare(FIRST, fields=[{**FIELDS[0], "title": "Número de obra"}, *FIELDS[1:]])
    assert town.city.outcome(town.name).version == "1.0.1"
    town.publish()
    fields = {
        field["id"]: field["info"]
        for field in town.site.call("datastore_info", id=town.latest["id"])["fields"]
    }
    assert fields["id"]["label"] == "Número de obra"
    lines = csvs.DictReader(io.StringIO(download(town.resource("dictionary")["url"]).decode()))
    assert next(iter(lines))["titulo"] == "Número de obra"


def test_what_others_added_by_hand_is_kept_and_mentioned(town):
    town.publish()
    package = town.package()
    town.site.call(
        "resource_create",
        package_id=package["id"],
        name="Mapa",
        url="https://example.org/mapa",
        format="HTML",
    )
    tags = [*({"name": tag["name"]} for tag in package["tags"]), {"name": "a mano"}]
    extras = [*package["extras"], {"key": "contacto", "value": "Ana"}]
    town.site.call("package_patch", id=package["id"], tags=tags, extras=extras)
    assert town.plan() == []
    town.declare(SECOND, about={"keywords": ["otra"]})
    town.city.run(town.name)
    steps = town.publish()
    assert any("Mapa" in step.detail and "a mano" in step.detail for step in steps)
    package = town.package()
    assert {tag["name"] for tag in package["tags"]} == {"otra", "a mano"}
    assert package["resources"][-1]["name"] == "Mapa"
    assert {"key": "contacto", "value": "Ana"} in [
        {key: extra[key] for key in ("key", "value")} for extra in package["extras"]
    ]
    assert town.plan() == []


def test_the_hash_and_the_table_are_left_alone_by_xloader(town):
    town.publish()
    town.release(SECOND)
    town.publish()
    for resource in town.package()["resources"]:
        with pytest.raises(Refused, match="Not found"):  # there is no job of xloader's
            town.site.call("xloader_status", resource_id=resource["id"])
    whole(town, "1.1.0")


def test_a_withdrawn_version_stays_listed_without_its_files(town):
    town.publish()
    old = town.resource(f"v/1.0.0/{town.name}.csv")
    town.release(SECOND)
    town.publish()
    town.say("withdraw", "1.0.0", "traía nombres de personas")
    town.publish()
    gone = town.resource(f"v/1.0.0/{town.name}.csv")
    assert gone["id"] == old["id"]
    assert "retirada" in gone["name"]
    assert "traía nombres de personas" in gone["description"]
    assert town.file("1.0.0") not in (download(old["url"]), download(gone["url"]))
    assert "traía nombres de personas" in download(town.resource("versions")["url"]).decode()
    whole(town, "1.1.0")
    assert town.plan() == []


def test_withdrawing_the_current_version_brings_back_the_one_before(town):
    town.publish()
    town.release(SECOND)
    town.publish()
    town.say("withdraw", "1.1.0", "error")
    town.publish()
    whole(town, "1.0.0")
    assert [row["id"] for row in sorted(town.rows(), key=lambda row: row["id"])] == [1, 2, 3]


def test_where_all_is_withdrawn_nothing_is_served(town):
    town.publish()
    latest = town.latest
    town.say("withdraw", "1.0.0", "error")
    town.publish()
    assert town.file("1.0.0") != download(
        f"{town.site.url}/dataset/{town.name}/resource/{latest['id']}/download/x.csv"
    )
    assert (town.package()["version"], town.latest["id"], town.latest["datastore_active"]) == (
        "",
        latest["id"],
        False,
    )
    assert town.plan() == []


def test_a_package_lists_the_last_versions_and_the_last_of_each_major(town):
    for n in range(2, 5):
        town.release(csv(*(f"{i},a,{i}" for i in range(n))))
    town.declare(csv("1,x"), fields=FIELDS[:2])
    town.declare(csv("1,x", header="id,nombre"), fields=FIELDS[:2])
    town.city.run(town.name)
    town.release(csv("1,x", "2,y", header="id,nombre"))
    portal = "https://datos.example"
    town.publish(versions=1, portal=portal)
    versions = [str(release.version) for release in town.city.history(town.name).releases]
    last_of_first = [version for version in versions if version.startswith("1.")][-1]
    listed = {r["version"] for r in town.package()["resources"] if r["vereda"].startswith("v/")}
    assert listed == {versions[-1], last_of_first}
    named = {
        line["version"]
        for line in csvs.DictReader(io.StringIO(download(town.resource("versions")["url"]).decode()))
    }
    assert named == set(versions)
    assert town.plan(versions=1, portal=portal) == []


def test_without_a_portal_no_link_to_a_version_dies(town):
    town.publish(versions=1)
    first = town.resource(f"v/1.0.0/{town.name}.csv")["url"]
    for n in range(2, 5):
        town.release(csv(*(f"{i},a,{i}" for i in range(n))))
    town.publish(versions=1)
    assert download(first) == town.file("1.0.0")


def test_a_version_says_where_it_stays_when_it_is_no_longer_listed(town):
    town.publish(portal="https://datos.example/")
    version = town.resource(f"v/1.0.0/{town.name}.csv")
    assert f"https://datos.example/datasets/{town.name}/v/1.0.0/{town.name}.csv" in version["description"]


def test_what_changed_is_a_table_too(town):
    town.publish()
    assert not [r for r in town.package()["resources"] if r["vereda"] == "changes-csv"]
    town.release(SECOND)
    town.publish(portal="https://datos.example")
    resource = town.resource("changes-csv")
    lines = list(csvs.DictReader(io.StringIO(download(resource["url"]).decode())))
    assert [
        (line["cambio"], line["id"], line["campo"], line["antes"], line["despues"]) for line in lines
    ] == [
        ("fila quitada", "3", "", "", ""),
        ("fila agregada", "4", "", "", ""),
        ("celda corregida", "2", "monto", "200", "250.25"),
    ]
    assert f"https://datos.example/datasets/{town.name}/cambios/" in resource["description"]


def test_the_dictionary_has_the_figures_of_each_column_and_a_preview(town):
    town.publish()
    resource = town.resource("dictionary")
    records = town.site.call("datastore_search", resource_id=resource["id"], sort="_id")["records"]
    figures = ("campo", "filas", "vacios", "distintos", "minimo", "maximo")
    assert [tuple(record[name] for name in figures) for record in records] == [
        ("id", 3, 0, 3, "1", "3"),
        ("nombre", 3, 0, 3, None, None),
        ("monto", 3, 1, 2, "1.5", "200"),
    ]
    lines = list(csvs.DictReader(io.StringIO(download(resource["url"]).decode())))
    assert [line["maximo"] for line in lines] == ["3", "", "200"]
    views = {
        key: [view["view_type"] for view in town.site.call("resource_view_list", id=town.resource(key)["id"])]
        for key in ("latest/", "dictionary", "report")
    }
    assert views == {
        "latest/": ["datatables_view"],
        "dictionary": ["datatables_view"],
        "report": ["text_view"],
    }
    town.release(SECOND)
    town.publish()
    records = town.site.call("datastore_search", resource_id=resource["id"], sort="_id")["records"]
    assert [record["maximo"] for record in records] == ["4", None, "250.25"]
    assert town.plan() == []


def test_a_package_is_heard_of_twice_a_version(town):
    town.publish()
    heard = activities(town)
    assert sum(each.endswith("package") for each in heard) == 3  # made, filled, complete
    town.release(SECOND)
    town.publish()
    assert len(activities(town)) - len(heard) == 2


def activities(town):
    found = town.site.call("package_activity_list", id=town.name, include_hidden_activity=True)
    return [each["activity_type"] for each in found]


def test_the_list_of_versions_leads_to_the_portal_for_good(town):
    town.publish(portal="https://datos.example/abiertos/")
    lines = list(csvs.DictReader(io.StringIO(download(town.resource("versions")["url"]).decode())))
    line = next(line for line in lines if line["archivo"] == f"{town.name}.csv")
    assert line["url"] == f"https://datos.example/abiertos/datasets/{town.name}/v/1.0.0/{town.name}.csv"
    assert (line["estado"], line["sha256"]) == ("vigente", hashlib.sha256(town.file("1.0.0")).hexdigest())


def test_a_demonstration_goes_there_only_when_asked(tmp_path, ckan):
    town = Town(Town.at(tmp_path, ckan).city, ckan, ckan.prefix)
    town.declare(FIRST, demo=True)
    town.city.run(town.name)
    assert "demo" not in json.dumps(actions(town.plan(chosen=None)))
    town.publish(demo=True)
    package = town.package(f"demo-{town.name}")
    assert {"key": "demo", "value": "true"} in [
        {key: extra[key] for key in ("key", "value")} for extra in package["extras"]
    ]
    ckan.call("dataset_purge", id=package["id"])


def test_a_package_that_was_there_is_taken_over_with_its_ids_and_addresses(town):
    site = town.site
    owner = site.organization("vieja")
    old = site.call(
        "package_create",
        name=f"{town.prefix}historico",
        title="Obras, como siempre",
        owner_org=owner,
        tags=[{"name": "histórico"}],
        resources=[
            {"name": "Obras 2019", "url": "https://example.org/obras.csv", "format": "CSV"},
            {"name": "Manual", "url": "https://example.org/m"},
        ],
    )
    adopted = Adoption(old["name"], owner, {f"{town.name}.csv": "Obras 2019"})
    steps = town.publish(adopted=adopted)
    assert actions(steps)[0] == ("adopt", old["name"])
    assert "Obras, como siempre" in steps[0].detail
    package = town.package(old["name"])
    latest = town.resource("latest/", old["name"])
    assert (package["id"], package["organization"]["name"]) == (old["id"], owner)
    assert (latest["id"], package["resources"][-1]["name"]) == (old["resources"][0]["id"], "Manual")
    assert "histórico" in {tag["name"] for tag in package["tags"]}
    assert download(f"{site.url}/dataset/{old['name']}/resource/{latest['id']}/download") == town.file(
        "1.0.0"
    )
    assert town.plan(adopted=adopted) == []
    assert site.call("organization_show", id=owner)["title"] == ""


def test_a_publisher_that_changed_its_name_keeps_its_organization(town):
    town.publish()
    before = town.package()["organization"]["id"]
    renamed = {
        "id": f"{town.prefix}area",
        "name": "Ministerio de Prueba",
        "formerNames": [{"name": f"Área {town.prefix}", "until": "2025-12-10"}],
    }
    town.declare(FIRST, publisher=renamed)
    town.city.run(town.name)
    steps = town.publish()
    assert ("update", f"organization/{town.prefix}area") in actions(steps)
    assert (town.package()["organization"]["id"], town.package()["organization"]["title"]) == (
        before,
        "Ministerio de Prueba",
    )
    assert town.plan() == []


def test_a_ckan_restored_from_nothing_gets_everything_back_with_its_addresses(town):
    town.release(SECOND)
    town.publish()
    before = {r["vereda"]: (r["id"], r["url"]) for r in town.package()["resources"]}
    town.site.clear()
    town.publish()
    assert {r["vereda"]: (r["id"], r["url"]) for r in town.package()["resources"]} == before
    whole(town, "1.1.0")
    assert download(before[f"v/1.0.0/{town.name}.csv"][1]) == town.file("1.0.0")


def test_a_package_that_someone_deleted_comes_back(town):
    town.publish()
    town.site.call("package_delete", id=town.name)
    town.publish()
    whole(town, "1.0.0")


def test_what_was_changed_behind_our_back_is_named_and_mended(town):
    town.publish()
    resource, chosen = town.latest["id"], frozenset([town.name])
    town.site.call(
        "datastore_upsert",
        resource_id=resource,
        force=True,
        method="upsert",
        records=[{"id": 2, "nombre": "cambiado"}, {"id": 9}],
    )
    town.site.delete_rows(resource, {"id": [1]})
    stored = town.resource(f"v/1.0.0/{town.name}.csv")
    town.site.call("resource_patch", id=stored["id"], hash="00")
    assert ("mend", f"{town.name}/{town.name}") in actions(town.plan(chosen=chosen))
    town.publish(chosen=chosen)
    whole(town, "1.0.0")
    assert [row["id"] for row in sorted(town.rows(), key=lambda row: row["id"])] == [1, 2, 3]
    assert town.plan(chosen=chosen) == []


def test_a_file_that_ckan_lost_is_sent_again(town):
    town.publish()
    stored = town.resource(f"v/1.0.0/{town.name}.csv")
    storage = town.site.stack.folder / "storage" / "resources"
    (storage / stored["id"][:3] / stored["id"][3:6] / stored["id"][6:]).write_bytes(b"id\n")
    chosen = frozenset([town.name])
    assert actions(town.plan(chosen=chosen)) == [("mend", f"{town.name}/v/1.0.0/{town.name}.csv")]
    town.publish(chosen=chosen)
    assert download(stored["url"]) == town.file("1.0.0")


def test_a_dataset_that_left_the_archive_is_reported_and_removed_only_when_told(tmp_path, ckan_alone):
    town = Town.at(tmp_path, ckan_alone)
    town.publish()
    city = City(tmp_path / "other")
    city.declare(declaration("otro"), datos=FIRST)
    city.run("otro")
    # The same archive, some time later: what tells it from others is kept in it.
    shutil.copy(tmp_path / "archive" / "archive.json", tmp_path / "other" / "archive")
    assert town.name in town.ckan().strays(city.archive)
    assert town.name not in [step.target for step in town.ckan().plan(city.archive)]
    assert [
        step
        for step in town.ckan(prune=True, chosen=frozenset(["otro"])).plan(city.archive)
        if step.action == "delete"
    ] == []
    pruning = town.ckan(prune=True)
    steps = [step for step in pruning.plan(city.archive) if step.target == town.name]
    assert actions(steps) == [("delete", town.name)]
    pruning.apply(city.archive, steps)
    assert town.package()["state"] == "deleted"


def test_nothing_is_removed_on_the_word_of_an_empty_archive(tmp_path, town):
    with pytest.raises(ckan_remote.CkanError, match="VEREDA_ARCHIVE"):
        town.ckan(prune=True).plan(Archive.open(tmp_path / "empty"))


def test_a_wrong_address_says_so(town):
    with pytest.raises(ckan_remote.CkanError, match="no responde"):
        town.publish(url="http://127.0.0.1:9", tries=1)


def test_many_rows_go_in_by_one_copy_where_the_database_is_known(tmp_path, ckan):
    rows = [f'{n},"Obra ""{n}"", ñ",{n}.5' for n in range(6000)]
    town = Town.at(tmp_path, ckan, csv(*rows, "6000,,"))
    town.publish(database=ckan.datastore_url)
    asked = {"resource_id": town.latest["id"], "sort": "id desc", "limit": 2}
    found = ckan.call("datastore_search", **asked)
    assert [(row["nombre"], row["monto"]) for row in found["records"]] == [
        (None, None),
        ('Obra "5999", ñ', 5999.5),
    ]
    assert found["total"] == 6001
    assert ckan.call("datastore_search", resource_id=town.latest["id"], q="5998")["total"] == 1
    town.release(csv(*rows[::-1], "6000,Al final,"))
    town.publish(database=ckan.datastore_url)
    assert ckan.call("datastore_search", **asked)["records"][0]["nombre"] == "Al final"
    whole(town, "1.0.1")


def test_a_database_that_fails_is_named_without_its_address(tmp_path, ckan):
    town = Town.at(tmp_path, ckan, csv(*(f"{n},a,1" for n in range(6000))))
    with pytest.raises(ckan_remote.CkanError, match="VEREDA_CKAN_DATASTORE_URL") as caught:
        town.publish(database="postgresql://alguien:secreto@127.0.0.1:9/nada", tries=1)
    assert "secreto" not in str(caught.value)


def test_the_terminal_plans_and_publishes(town, monkeypatch):
    settings = {
        "DATASETS": town.city.datasets,
        "ARCHIVE": town.city.folder / "archive",
        "CKAN_URL": town.site.url,
        "CKAN_TOKEN": town.site.token,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"VEREDA_{name}", str(value))

    def said(*command):
        answer = CliRunner().invoke(app, [*command, "--to", "ckan", "--json"])
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.stdout)

    planned = said("plan", town.name)
    assert planned["to"] == "ckan"
    assert {frozenset(step) for step in planned["steps"]} == {
        frozenset(("action", "target", "detail", "bytes", "rows"))
    }
    assert said("publish", town.name)["steps"] == planned["steps"]
    assert said("plan", town.name)["steps"] == []
    whole(town, "1.0.0")
    town.release(SECOND)
    monkeypatch.setattr("pipelines.cli.publish.FEW", 0)
    told = CliRunner().invoke(app, ["publish", town.name, "--to", "ckan"])
    assert told.stderr.splitlines() == [f"1 de 1: {town.name}"]
    assert CliRunner().invoke(app, ["plan", town.name, "--to", "portal"]).exit_code == 0
    assert CliRunner().invoke(app, ["plan", "--to", "otro"]).exit_code == 2
    monkeypatch.setenv("VEREDA_CKAN_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("VEREDA_RETRY_DELAY", "0")
    assert CliRunner().invoke(app, ["plan", "--to", "ckan"]).exit_code == 3
    monkeypatch.setenv("VEREDA_CKAN_TOKEN", "")
    assert CliRunner().invoke(app, ["plan", "--to", "ckan"]).exit_code == 2
