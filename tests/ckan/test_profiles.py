"""What the CKAN at the other end has switched on: places as shapes, a schema of its own, RDF."""

from __future__ import annotations

import json
import time

import httpx
import pytest

from catalog.ckan.package import Adoption
from catalog.ckan.places import find_geometry
from tests.support.ckan.stack import PLUGINS
from tests.support.ckan_stack import TLS
from tests.support.ckans import SECOND, Town, whole
from tests.support.lazy import rdflib

ABOUT = {
    "superTheme": ["GOVE", "TRAN"],
    "temporal": "2019-01-01/2019-12-31",
    "contactPoint": {"fn": "Mesa de datos", "hasEmail": "mailto:datos@example.org"},
}


@pytest.mark.parametrize(
    "name",
    [
        "Ciudad Autónoma de Buenos Aires",
        "caba",
        "02",
        "Comuna 5",
        "La Boca",
        "barrio de Núñez",
        "Villa Ortúzar",
    ],
)
def test_a_place_of_the_city_is_known_by_its_outline(name):
    shape = find_geometry(name)
    assert shape is not None
    assert shape["type"] == "MultiPolygon"
    (west, south) = shape["coordinates"][0][0][0]
    assert (-58.6 < west < -58.3, -34.8 < south < -34.5) == (True, True)


@pytest.mark.parametrize("name", ["Mendoza", "", "Comuna 99", None, 7, ["Comuna 1", "Rosario"]], ids=repr)
def test_any_other_place_stays_a_text(name):
    assert find_geometry(name) is None


def test_a_place_that_is_a_shape_already_stays_one():
    shape = {"type": "Point", "coordinates": [-58.4, -34.6]}
    assert find_geometry(shape) == shape == find_geometry(json.dumps(shape))


@pytest.fixture
def switched_on(ckan_alone, request):
    """The CKAN with extensions switched on, and off again."""
    ckan_alone.stack.start_ckan([*PLUGINS, *request.param])
    yield ckan_alone
    ckan_alone.stack.start_ckan()


def graph_of(site, name):
    answer = httpx.get(f"{site.url}/dataset/{name}.ttl", timeout=60, verify=TLS)
    answer.raise_for_status()
    return rdflib.Graph().parse(data=answer.text, format="turtle")


def names_in(graph, predicate):
    dct = "http://purl.org/dc/terms/"
    return {str(each).rpartition("/")[2] for each in graph.objects(None, rdflib.URIRef(dct + predicate))}


@pytest.mark.parametrize(
    "switched_on", [("spatial_metadata", "dcat")], indirect=True, ids=["spatial and dcat"]
)
def test_places_are_shapes_or_text_and_the_rdf_says_what_is_declared(tmp_path, switched_on):
    town = Town.at(tmp_path, switched_on, spatial="Ciudad Autónoma de Buenos Aires", **ABOUT)
    town.publish()
    whole(town, "1.0.0")
    extras = {each["key"]: each["value"] for each in town.package()["extras"]}
    assert json.loads(extras["spatial"])["type"] == "MultiPolygon"
    assert extras["spatial_text"] == "Ciudad Autónoma de Buenos Aires"
    graph = graph_of(switched_on, town.name)
    assert names_in(graph, "accrualPeriodicity") == {"MONTHLY"}
    assert "SPA" in names_in(graph, "language")
    text = graph.serialize(format="turtle")
    for said in ("data-theme/GOVE", "data-theme/TRAN", "2019-01-01", "2019-12-31", f"Área {town.prefix}"):
        assert said in text, said
    assert town.plan() == []
    town.declare(SECOND, spatial="Mendoza", **ABOUT)
    town.city.run(town.name)
    town.publish()
    extras = {each["key"]: each["value"] for each in town.package()["extras"]}
    assert (extras.get("spatial"), extras["spatial_text"]) == (None, "Mendoza")
    assert town.plan() == []


ALL = ("spatial_metadata", "scheming_datasets", "dcat", "structured_data")


@pytest.mark.parametrize("switched_on", [ALL], indirect=True, ids=["scheming with the schema of dcat"])
def test_a_schema_gets_its_fields_and_everything_is_published(tmp_path, switched_on):
    town = Town.at(tmp_path, switched_on, spatial="Comuna 5", **ABOUT)
    town.publish()
    whole(town, "1.0.0")
    package = town.package()
    assert package["frequency"].endswith("/frequency/MONTHLY")
    assert [each.rpartition("/")[2] for each in package["theme"]] == ["GOVE", "TRAN"]
    assert package["temporal_coverage"][0]["start"].startswith("2019-01-01")
    assert package["publisher"][0]["name"] == f"Área {town.prefix}"
    assert package["contact"][0]["email"] == "datos@example.org"
    extras = {each["key"]: each["value"] for each in package["extras"]}
    assert extras["vereda"] == f"datasets/{town.name}"
    assert not set(extras) & {"issued", "modified", "language", "frequency", "theme"}
    assert names_in(graph_of(switched_on, town.name), "accrualPeriodicity") == {"MONTHLY"}
    assert town.plan() == []
    town.release(SECOND)
    town.publish()
    whole(town, "1.1.0")
    assert town.plan() == []


@pytest.mark.parametrize("switched_on", [("datapusher",)], indirect=True, ids=["datapusher"])
def test_the_badge_of_a_datapusher_that_failed_is_taken_away(tmp_path, switched_on):
    site = switched_on
    town = Town.at(tmp_path, site)
    table = {"name": "Obras", "url": "https://example.org/obras.csv", "format": "CSV"}
    theirs = site.call("package_create", name=f"{site.prefix}suyo", owner_org=site.organization("suya"))
    id = site.call("resource_create", package_id=theirs["id"], **table)["id"]
    assert site.call("datapusher_status", resource_id=id)["status"] == "error"
    adopted = Adoption(theirs["name"], resources={f"{town.name}.csv": id}, accept=frozenset(["organization"]))
    town.publish(adopted=adopted)
    assert site.call("datapusher_status", resource_id=id)["status"] == "complete"
    for _night in range(
        3
    ):  # on a busy machine CKAN may show the package as it was; the next night settles that
        if not (left := town.plan(adopted=adopted)):
            break
        time.sleep(2)
        town.publish(adopted=adopted)
    assert left == [], site.call("package_show", id=theirs["id"])["resources"]
