"""What the portal says of itself is valid in each standard, names only what is there, and never passes
invented rows on as real."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from catalog.archive.archive import Archive
from catalog.metadata.codes import FREQUENCIES, TYPES
from catalog.metadata.mqa import assess
from catalog.metadata.record import VERSIONS, Masthead, record_of
from catalog.portal.portal import Portal
from catalog.public import listings
from pipelines.dataset.dataset import Dataset, load_datasets
from pipelines.dataset.declaration import PERIODICITIES
from pipelines.release.descriptor import PUBLIC_KEYS
from tests.support.lazy import jsonschema, pyshacl, rdflib, rdflib_compare
from tests.support.paths import ROOT
from tests.support.portals import NOW, Publisher, publish, table

if TYPE_CHECKING:
    from rdflib import Graph, URIRef

URL = "https://datos.example/portal"
WHO = "Gobierno abierto (prueba) <datos@ciudad.example>"
CHANGES = {"obras": {"reasons": [{"code": "rows-added", "rows": 1507}]}}
SCHEMA = json.loads((ROOT / "tests/metadata/perfil-nacional.schema.json").read_text("utf-8"))
# What a declaration may say that a standard would not take as it is.
AWKWARD: dict[str, Any] = {
    "title": "Obras públicas " + "de la Ciudad y de sus comunas " * 5,
    "description": "Qué, dónde y </script><b>cuánto</b>. " * 60,
    "keywords": ["obras (públicas)", "I+D", "¿?", "obras (públicas)"],
    "temporal": "desde 2015",
    "spatial": [-58.53, -34.71, -58.33, -34.52],
    "contactPoint": {"fn": "Mesa de datos", "hasEmail": "mailto:mesa@ciudad.example"},
    "licenses": [{"name": "otra", "title": "Una licencia sin dirección"}],
}
TOLD_WELL: dict[str, Any] = {
    "superTheme": ["ECON", "TRAN"],
    "temporal": "2015-01-01/2019-12-31",
    "spatial": "Ciudad Autónoma de Buenos Aires",
    "publisher": {"id": "obras", "name": "Obras & Urbanismo", "email": "obras@ciudad.example"},
}


def publish_named(publisher: Publisher, folder: Path, url: str | None = URL, who: str | None = WHO) -> Path:
    """Under an address, answered for by somebody."""
    publish(publisher, folder, url, who=who)
    return folder


def rich(publisher: Publisher) -> None:
    publisher.release(**TOLD_WELL)
    publisher.release(
        version="1.1.0",
        level="minor",
        changes=CHANGES,
        rows=table()[:2],
        at="2024-09-03T02:30:00-03:00",
        **TOLD_WELL,
    )
    publisher.release("raras", **AWKWARD)
    publisher.release("encuentros", demo=True, title="Encuentros")


def data_json(portal_folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((portal_folder / "data.json").read_text("utf-8"))
    return told


def faults(told: dict[str, Any]) -> list[str]:
    return [
        f"{error.json_path}: {error.message}"
        for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(told)
    ]


def dcat(name: str) -> URIRef:
    return rdflib.URIRef(f"http://www.w3.org/ns/dcat#{name}")


def dcterms(name: str) -> URIRef:
    return rdflib.URIRef(f"http://purl.org/dc/terms/{name}")


def graph(portal_folder: Path, name: str = "catalog.ttl") -> Graph:
    with theirs():
        return rdflib.Graph().parse(portal_folder / name)


def unlike(found: Graph) -> str:
    """What SHACL finds wrong; nothing where the graph is as it should be."""
    with theirs():
        conforms, _results, text = pyshacl.validate(
            found, shacl_graph=str(ROOT / "tests/metadata/dcat-ap.shapes.ttl")
        )
    return "" if conforms else str(text)


@contextmanager
def theirs() -> Iterator[None]:
    """rdflib's reader of JSON-LD and pyshacl use what rdflib itself calls deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def test_data_json_is_valid_under_the_national_profile_and_the_citys_guide(
    publisher: Publisher, portal_folder: Path
) -> None:
    rich(publisher)
    told = data_json(publish_named(publisher, portal_folder))
    assert faults(told) == []
    assert told["publisher"] == {"name": "Gobierno abierto (prueba)", "mbox": "datos@ciudad.example"}
    obras, raras = told["dataset"]
    assert (obras["superTheme"], obras["publisher"]["mbox"], obras["version"]) == (
        ["ECON", "TRAN"],
        "obras@ciudad.example",
        "1.1.0",
    )
    assert (obras["issued"], obras["modified"]) == ("2024-09-02T02:30:00-03:00", "2024-09-03T02:30:00-03:00")
    assert raras["keyword"] == ["obras públicas", "I D"]
    assert raras["contactPoint"] == {"fn": "Mesa de datos", "hasEmail": "mesa@ciudad.example"}
    assert "temporal" not in raras
    assert raras["title"].endswith("…")


def test_an_address_that_nobody_declared_is_not_made_up(publisher: Publisher, portal_folder: Path) -> None:
    publisher.release()
    told = data_json(publish_named(publisher, portal_folder, who=None))
    assert faults(told) == [
        "$.publisher: 'mbox' is a required property"
    ]  # the city's guide asks for it: VEREDA_PORTAL_PUBLISHER gives it
    assert "@" not in json.dumps(told)


def test_every_declared_dataset_is_valid_as_it_is_declared(publisher: Publisher, portal_folder: Path) -> None:
    declared = [
        each for each in load_datasets(ROOT / "datasets") if isinstance(each, Dataset) and not each.demo
    ]
    assert declared
    for each in declared:
        told = {
            key: value
            for key, value in each.descriptor.items()
            if key in ("title", "description", "licenses", "sources", "keywords")
        }
        told |= {
            key: each.descriptor["pipeline"][key] for key in PUBLIC_KEYS if key in each.descriptor["pipeline"]
        }
        publisher.release(each.id, **json.loads(json.dumps(told, default=str)))
    publish_named(publisher, portal_folder)
    assert faults(data_json(portal_folder)) == []
    assert unlike(graph(portal_folder)) == ""


def test_each_file_is_offered_with_its_very_bytes_latest_and_by_version(
    publisher: Publisher, portal_folder: Path
) -> None:
    rich(publisher)
    publish_named(publisher, portal_folder, url=None)
    offered = data_json(portal_folder)["dataset"][0]["distribution"]
    named = ["datapackage.json", "obras.csv", "obras.parquet"]
    assert [unquote(each["downloadURL"]).partition("/datasets/obras/")[2] for each in offered] == [
        f"{under}/{name}" for under in ("latest", "v/1.1.0", "v/1.0.0") for name in named
    ]
    for each in offered:
        path = Path(unquote(urlsplit(each["downloadURL"]).path))
        assert hashlib.sha256(path.read_bytes()).hexdigest() == each["checksum"]["checksumValue"]
        assert (path.stat().st_size, path.name) == (each["byteSize"], each["fileName"])
    assert len({each["identifier"] for each in offered}) == len(offered)


def test_fields_are_told_by_their_label_with_type_unit_and_meaning(
    publisher: Publisher, portal_folder: Path
) -> None:
    rich(publisher)
    latest = {
        each["fileName"]: each
        for each in data_json(publish_named(publisher, portal_folder))["dataset"][0]["distribution"][:3]
    }
    fields = {each["title"]: each for each in latest["obras.csv"]["field"]}
    assert fields["nombre"] == {
        "title": "nombre",
        "type": "string",
        "description": "Nombre. Nombre de la obra",
    }
    assert fields["monto"] == {
        "title": "monto",
        "type": "number",
        "description": "Monto del contrato",
        "units": "ARS",
    }
    assert (fields["visto"]["type"], fields["anio"]["type"]) == ("date-time", "integer")
    assert latest["obras.parquet"]["field"] == latest["obras.csv"]["field"]
    assert "field" not in latest["datapackage.json"]


def test_the_catalogue_is_dcat_ap_in_two_writings_of_one_graph(
    publisher: Publisher, portal_folder: Path
) -> None:
    rich(publisher)
    publish_named(publisher, portal_folder)
    turtle = graph(portal_folder)
    assert unlike(turtle) == ""
    linked = graph(portal_folder, "catalog.jsonld")
    assert rdflib_compare.isomorphic(turtle, linked)
    assert unlike(graph(portal_folder, "datasets/obras/metadata.ttl")) == ""


def test_the_shapes_find_what_is_wrong(publisher: Publisher, portal_folder: Path) -> None:
    rich(publisher)
    found = graph(publish_named(publisher, portal_folder))
    found.remove((None, dcterms("publisher"), None))
    found.remove((None, dcat("accessURL"), None))
    assert all(
        path in unlike(found) for path in ("Result Path: dct:publisher", "Result Path: dcat:accessURL")
    )


def test_versions_stand_in_a_row_with_what_changed(publisher: Publisher, portal_folder: Path) -> None:
    rich(publisher)
    found = graph(publish_named(publisher, portal_folder))
    page = f"{URL}/datasets/obras/index.html"
    whole, second, first = (rdflib.URIRef(f"{page}#{name}") for name in ("dataset", "v1.1.0", "v1.0.0"))
    assert set(found.objects(whole, dcat("hasVersion"))) == {first, second}
    assert list(found.objects(second, dcat("previousVersion"))) == [first]
    assert list(found.objects(first, dcat("previousVersion"))) == []
    notes = rdflib.URIRef("http://www.w3.org/ns/adms#versionNotes")
    assert list(found.objects(second, notes)) == [
        rdflib.Literal("obras: se agregaron 1.507 filas.", lang="es")
    ]
    assert str(found.value(whole, dcterms("accrualPeriodicity"))).endswith("/frequency/MONTHLY")
    assert {str(theme).rpartition("/")[2] for theme in found.objects(whole, dcat("theme"))} == {
        "ECON",
        "TRAN",
    }
    period = found.value(whole, dcterms("temporal"))
    assert (
        str(found.value(period, dcat("startDate"))),
        str(found.value(period, dcat("endDate"))),
    ) == (
        "2015-01-01",
        "2019-12-31",
    )


def test_a_withdrawn_version_is_offered_nowhere(publisher: Publisher, portal_folder: Path) -> None:
    rich(publisher)
    publisher.say("withdraw", "1.1.0", "tenía datos de otro mes")
    publish_named(publisher, portal_folder)
    for name in ("data.json", "catalog.ttl", "catalog.jsonld", "datasets/obras/metadata.ttl"):
        assert "1.1.0" not in (portal_folder / name).read_text("utf-8")
    publisher.say("withdraw", "1.0.0", "tampoco servía")
    publish_named(publisher, portal_folder)
    assert [each["identifier"] for each in data_json(portal_folder)["dataset"]] == ["raras"]
    assert unlike(graph(portal_folder)) == ""


def test_invented_rows_are_not_harvested(publisher: Publisher, portal_folder: Path) -> None:
    rich(publisher)
    publish_named(publisher, portal_folder)
    for name in ("data.json", "catalog.ttl", "catalog.jsonld", "sitemap.xml", "feed.atom"):
        assert "encuentros" not in (portal_folder / name).read_text("utf-8").lower()
    page = (portal_folder / "demo/encuentros/index.html").read_text("utf-8")
    assert '<meta name="robots" content="noindex">' in page
    described = embedded(portal_folder / "demo/encuentros/index.html")
    assert described["name"].startswith("DEMO")
    assert "inventados" in described["creativeWorkStatus"]


def test_a_page_tells_search_engines_what_it_is_about(publisher: Publisher, portal_folder: Path) -> None:
    rich(publisher)
    publish_named(publisher, portal_folder)
    told = embedded(portal_folder / "datasets/obras/index.html")
    assert (told["@type"], told["version"], told["isAccessibleForFree"]) == ("Dataset", "1.1.0", True)
    assert told["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert told["creator"]["name"] == "Obras & Urbanismo"
    assert (told["dateModified"], told["temporalCoverage"]) == (
        "2024-09-03T02:30:00-03:00",
        "2015-01-01/2019-12-31",
    )
    assert [each["contentUrl"] for each in told["distribution"]][
        1
    ] == f"{URL}/datasets/obras/latest/obras.csv"
    assert {
        "@type": "PropertyValue",
        "name": "monto",
        "description": "Monto del contrato",
        "unitText": "ARS",
    } in told["variableMeasured"]
    assert (
        "</script><b>" in embedded(portal_folder / "datasets/raras/index.html")["description"]
    )  # read as text, it ended nothing


def embedded(page: Path) -> dict[str, Any]:
    match = re.search(
        r'<script type="application/ld\+json">(.*?)</script>', page.read_text("utf-8"), re.DOTALL
    )
    assert match
    told: dict[str, Any] = json.loads(match[1])
    return told


def test_the_same_archive_gives_the_same_bytes(
    publisher: Publisher, portal_folder: Path, tmp_path: Path
) -> None:
    rich(publisher)
    publish_named(publisher, portal_folder)
    other = publish_named(publisher, tmp_path / "other")
    names = [
        path.relative_to(portal_folder)
        for path in sorted(portal_folder.rglob("*"))
        if path.suffix in (".json", ".jsonld", ".ttl", ".atom", ".xml") and path.name != "portal.seal.json"
    ]
    assert len(names) > 12
    assert [
        name
        for name in names
        if name.name != "portal.json" and (portal_folder / name).read_bytes() != (other / name).read_bytes()
    ] == []


def test_a_dataset_that_did_not_change_is_not_described_again(
    publisher: Publisher, portal_folder: Path
) -> None:
    rich(publisher)
    publish_named(publisher, portal_folder)
    kept = [portal_folder / "datasets/raras" / name for name in ("metadata.ttl", "feed.atom", "index.html")]
    inodes = [path.stat().st_ino for path in kept]
    publisher.release(version="2.0.0", level="major", **TOLD_WELL)
    publish_named(publisher, portal_folder)
    assert [path.stat().st_ino for path in kept] == inodes
    assert data_json(portal_folder)["dataset"][0]["version"] == "2.0.0"
    assert rdflib_compare.isomorphic(graph(portal_folder), graph(portal_folder, "catalog.jsonld"))


def test_nothing_private_is_named(publisher: Publisher, portal_folder: Path) -> None:
    rich(publisher)
    publish_named(publisher, portal_folder)
    for name in (
        "data.json",
        "catalog.ttl",
        "catalog.jsonld",
        "feed.atom",
        "datasets/obras/feed.atom",
        "datasets/obras/metadata.ttl",
    ):
        text = (portal_folder / name).read_text("utf-8")
        assert "raw.csv" not in text
        assert "SECRET" not in text


def test_an_empty_catalogue_is_valid_too(publisher: Publisher, portal_folder: Path) -> None:
    publisher.release("encuentros", demo=True)
    publish_named(publisher, portal_folder)
    assert faults(data_json(portal_folder)) == []
    assert unlike(graph(portal_folder)) == ""
    assert not (portal_folder / "feed.atom").exists()


def test_the_sitemap_names_pages_that_are_there(publisher: Publisher, portal_folder: Path) -> None:
    rich(publisher)
    publish_named(publisher, portal_folder)
    places = re.findall(r"<loc>(.*?)</loc>", (portal_folder / "sitemap.xml").read_text("utf-8"))
    assert [(portal_folder / place.removeprefix(f"{URL}/")).is_file() for place in places] == [True] * len(
        set(places)
    )
    assert f"Sitemap: {URL}/sitemap.xml" in (portal_folder / "robots.txt").read_text("utf-8")


def test_every_landing_page_and_iri_leads_to_the_page(publisher: Publisher, portal_folder: Path) -> None:
    rich(publisher)
    found = graph(publish_named(publisher, portal_folder, url=None))
    for subject in set(found.subjects(rdflib.RDF.type, dcat("Dataset"))) | set(
        found.objects(None, dcat("landingPage"))
    ):
        assert Path(unquote(urlsplit(urldefrag(str(subject))[0]).path)).is_file()


def test_every_rhythm_that_may_be_declared_has_its_code() -> None:
    assert list(FREQUENCIES) == PERIODICITIES
    assert set(TYPES.values()) <= set(SCHEMA["$defs"]["field"]["properties"]["type"]["enum"])


def test_an_address_with_a_blank_and_an_accent_is_written_as_one(
    publisher: Publisher, portal_folder: Path
) -> None:
    publisher.release()
    publish_named(publisher, portal_folder, url="https://datos.example/portal público")
    assert faults(data_json(portal_folder)) == []
    assert unlike(graph(portal_folder)) == ""


def test_other_catalogues_get_a_bounded_list_of_versions(tmp_path):
    publisher = Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")
    for number in range(VERSIONS + 4):
        publisher.release(version=f"1.{number}.0", level="minor" if number else None)
    portal = Portal(tmp_path / "portal", "https://datos.example", lambda: NOW)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    turtle = (tmp_path / "portal/catalog.ttl").read_text(encoding="utf-8")
    assert turtle.count("dcat:isVersionOf") == VERSIONS
    assert f"v/1.{VERSIONS + 3}.0/" in turtle
    assert "v/1.0.0/" not in turtle


def test_the_mqa_of_a_well_described_dataset(tmp_path):
    publisher = Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")
    about = {"temporal": "2023-01-01/2023-12-31", "spatial": "Ciudad Autónoma de Buenos Aires"}
    publisher.release("completo", superTheme=["GOVE"], **about)
    publisher.release("pobre", keywords=[], licenses=[])
    found = {each.dataset: each for each in listings(publisher.archive)}
    public, private = (Masthead.of(base, None) for base in ("https://datos.example/", "file:///srv/portal/"))
    whole = assess(record_of(found["completo"], public), public)
    assert (whole.score, [each.name for each in whole.missing]) == (405, [])
    assert assess(record_of(found["completo"], private), private).score == 405 - 80  # nobody can reach it
    poor = assess(record_of(found["pobre"], public), public)
    names = ["Keyword usage", "Geo search", "Time based search", "License information", "License vocabulary"]
    assert [each.name for each in poor.missing] == [*names, "Rights"]
    assert poor.score == 405 - 30 - 20 - 20 - 20 - 10 - 5


@pytest.mark.parametrize(
    ("path", "listed"),
    [
        ("https://creativecommons.org/licenses/by/4.0/deed.es", True),
        ("https://creativecommons.org/publicdomain/zero/1.0/", True),
        ("https://creativecommons.org/licenses/by/2.5/ar/", False),  # the list has none of a country
        ("https://datos.example/licencia", False),
    ],
)
def test_a_licence_counts_where_the_list_has_it(tmp_path, path, listed):
    publisher = Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")
    publisher.release("obras", licenses=[{"name": "x", "path": path}])
    base = Masthead.of("https://datos.example/", None)
    (listing,) = listings(publisher.archive)
    missing = [each.name for each in assess(record_of(listing, base), base).missing]
    assert ("License vocabulary" in missing) == (not listed)
    assert "Machine readable" not in missing  # Parquet is on no list, the CSV beside it is


def test_croissant_names_the_files_of_this_version_and_every_column(
    publisher: Publisher, portal_folder: Path
) -> None:
    """mlcroissant itself reads it in tests/metadata/croissant.py (`make test-long`)."""
    publisher.release()
    publisher.release("inventado", demo=True)
    publish(publisher, portal_folder, "https://datos.example")
    told = json.loads((portal_folder / "datasets/obras/croissant.json").read_bytes())
    assert told["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert (told["version"], told["license"][:8]) == ("1.0.0", "https://")
    for each in told["distribution"]:
        path = each["contentUrl"].removeprefix("https://datos.example/")
        assert path.startswith("datasets/obras/v/1.0.0/")
        content = (portal_folder / path).read_bytes()
        assert each["sha256"] == hashlib.sha256(content).hexdigest()
        assert each["contentSize"] == f"{len(content)} B"
    (records,) = told["recordSet"]
    kinds = {each["name"]: each["dataType"] for each in records["field"]}
    assert kinds["comuna"] == kinds["anio"] == "cr:Int64"
    assert (kinds["monto"], kinds["inicio"], kinds["destacada"]) == ("cr:Float64", "sc:Date", "sc:Boolean")
    assert {each["source"]["fileObject"]["@id"] for each in records["field"]} == {"obras.parquet"}
    with theirs():
        graph = rdflib.Graph().parse(data=json.dumps(told), format="json-ld")
    column = rdflib.URIRef("http://mlcommons.org/croissant/column")
    assert {str(each) for each in graph.objects(None, column)} == set(kinds)
    page = (portal_folder / "datasets/obras/index.html").read_text(encoding="utf-8")
    assert 'title="Croissant" href="../../datasets/obras/croissant.json"' in page
    sitemap = (portal_folder / "sitemap.xml").read_text(encoding="utf-8")
    assert "<loc>https://datos.example/datasets/obras/croissant.json</loc>" in sitemap
    assert not (portal_folder / "demo/inventado/croissant.json").exists()
