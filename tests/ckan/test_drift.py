"""Whatever others change of what was published: a plan for all datasets finds it, at a cost that a nightly
run can bear."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql

from tests.support.cities import FIELDS, City, csv, declaration
from tests.support.ckan.proxy import Proxy
from tests.support.ckan_stack import Refused
from tests.support.ckans import Town, actions, whole
from tests.support.lazy import ckan_catalogue, ckan_remote

WAYS = ("database", "API")


@pytest.fixture
def published_town(town):
    town.publish()
    return town


def found_and_mended(town, action, target, **told):
    assert (action, target) in actions(town.plan(**told))
    town.publish(**told)
    whole(town, "1.0.0")
    assert len(town.rows()) == 3
    assert town.plan(**told) == town.plan(chosen=frozenset([town.name])) == []


def test_a_description_that_someone_wrote_over(published_town):
    published_town.site.call("package_patch", id=published_town.name, notes="Otra cosa")
    found_and_mended(published_town, "update", published_town.name)
    assert published_town.package()["notes"] == "Datos de prueba"


def test_a_resource_that_someone_deleted(published_town):
    gone = published_town.resource(f"v/1.0.0/{published_town.name}.csv")
    published_town.site.call("resource_delete", id=gone["id"])
    found_and_mended(published_town, "upload", f"{published_town.name}/{published_town.name}-1.0.0.csv")
    assert published_town.resource(f"v/1.0.0/{published_town.name}.csv")["id"] == gone["id"]


@pytest.mark.parametrize("way", WAYS)
def test_a_table_that_someone_emptied(published_town, way):
    published_town.site.call(
        "datastore_records_delete", resource_id=published_town.latest["id"], force=True, filters={}
    )
    found_and_mended(
        published_town,
        "mend",
        f"{published_town.name}/{published_town.name}",
        database=published_town.site.datastore_url if way == "database" else None,
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_table_that_someone_dropped(published_town, way):
    with psycopg.connect(published_town.site.datastore_url) as database:
        database.execute(sql.SQL("drop table {}").format(sql.Identifier(published_town.latest["id"])))
    found_and_mended(
        published_town,
        "mend",
        f"{published_town.name}/{published_town.name}",
        database=published_town.site.datastore_url if way == "database" else None,
    )


def test_a_cell_that_someone_changed_is_found_where_the_dataset_is_named(published_town):
    published_town.site.call(
        "datastore_upsert",
        resource_id=published_town.latest["id"],
        force=True,
        records=[{"id": 2, "nombre": "Otra"}],
    )
    assert published_town.plan() == []
    found_and_mended(
        published_town,
        "mend",
        f"{published_town.name}/{published_town.name}",
        chosen=frozenset([published_town.name]),
    )


def test_an_unchanged_catalogue_costs_a_few_calls(tmp_path, ckan):
    """Of the site, of all packages, of all tables' rows: a call each for up to a hundred datasets."""
    city = City(tmp_path)
    for number in range(10):
        made = declaration(f"{ckan.prefix}{number:02d}")
        made["pipeline"]["publisher"] = {"id": f"{ckan.prefix}area", "name": f"Área {ckan.prefix}"}
        city.declare(made, datos=csv("1,a,1"))
        city.run(made["name"])
    with Proxy(ckan.url) as proxy:
        there = ckan_catalogue.Ckan(ckan_remote.Remote(proxy.url, ckan.token))
        there.apply(city.archive, there.plan(city.archive))
        sent = len(proxy.seen)
        steps = there.plan(city.archive)
        there.apply(city.archive, steps)
        asked = [seen.path.rpartition("/")[2] for seen in proxy.seen[sent:]]
    assert steps == []
    assert sorted(asked) == ["datastore_search_sql", "package_search", "status_show"]


def test_a_column_of_another_type_takes_the_place_of_the_old_one_at_once(tmp_path, ckan):
    """Where the database is known: readers see all rows, of one type or of the other, at every moment."""
    town = Town.at(tmp_path, ckan, csv(*(f"{n},Obra {n},{n}.5" for n in range(6000))))
    told = {"database": ckan.datastore_url}
    town.publish(**told)
    resource = town.latest["id"]
    ckan.call("datastore_create", resource_id=resource, force=True, aliases=f"{ckan.prefix}vista")
    with psycopg.connect(ckan.datastore_url) as database:
        partly = sql.SQL("create view {} as select id, nombre from {} where id < 10")
        database.execute(partly.format(sql.Identifier(f"{ckan.prefix}parte"), sql.Identifier(resource)))
    town.declare(
        csv(*(f"{n},Obra {n},$ {n}" for n in range(6000))),
        fields=[*FIELDS[:2], {"name": "monto", "type": "string"}],
    )
    assert town.city.outcome(town.name).version == "2.0.0"
    with ThreadPoolExecutor() as pool:
        published, seen = pool.submit(town.publish, **told), set()
        while not published.done():
            found = ckan.call("datastore_search", resource_id=resource, filters={"id": 5}, fields=["monto"])
            seen.add(
                (
                    found["records"][0]["monto"],
                    ckan.call("datastore_search", resource_id=resource, limit=0)["total"],
                )
            )
            time.sleep(0.01)
        published.result()
    assert seen <= {(5.5, 6000), ("$ 5", 6000)}
    whole(town, "2.0.0")
    assert ckan.call("datastore_search", resource_id=f"{ckan.prefix}vista", limit=0)["total"] == 6000
    with psycopg.connect(ckan.datastore_url) as database:
        partly = sql.SQL("select count(nombre) from {}").format(sql.Identifier(f"{ckan.prefix}parte"))
        assert database.execute(partly).fetchone() == (10,)
    assert ckan.call("datastore_search", resource_id=resource, q="Obra 4321")["total"] == 1
    with pytest.raises(Refused, match="unique"):
        ckan.call("datastore_upsert", resource_id=resource, force=True, method="insert", records=[{"id": 5}])
    ckan.call(
        "datastore_upsert",
        resource_id=resource,
        force=True,
        method="insert",
        records=[{"id": 6000, "nombre": "Nueva"}],
    )
    assert ckan.call("datastore_search", resource_id=resource, q="Nueva")["total"] == 1
    assert town.plan(chosen=frozenset([town.name]), **told) != []
