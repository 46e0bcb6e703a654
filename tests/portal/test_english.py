"""Texts that publishers give in English are shown in English; the others are marked as Spanish, whole."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from catalog.portal.portal import Portal
from pipelines.dataset.dataset import DatasetError, load_dataset
from tests.support.cities import City, csv, declaration
from tests.support.paths import ROOT
from tests.support.portals import NOW

REAL = [each.parent for each in sorted((ROOT / "datasets").glob("*/datapackage.yaml"))]


def declared(english: bool, view: dict | None = None) -> dict:
    fields = [
        {"name": "id", "type": "integer", "title": "Número"},
        {"name": "nombre", "type": "string", "title": "Nombre", "description": "Cómo se llama"},
        {"name": "monto", "type": "number", "title": "Monto"},
    ]
    made = declaration("obras", fields=fields, view=view or {"chart": "bars", "x": "nombre", "y": "count"})
    made["resources"][0]["title"] = "Obras"
    if english:
        made["pipeline"]["en"] = {"title": "Works", "description": "What is built"}
        made["resources"][0]["pipeline"]["en"] = {"title": "Works"}
        fields[1]["pipeline"] = {"en": {"title": "Name"}}
    return made


def published(city: City, made: dict) -> Path:
    city.declare(made, datos=csv("1,a,2", "2,b,3"))
    assert [each.outcome for each in city.run("obras")] == ["published"]
    portal = Portal(city.folder / "portal", url="https://datos.example", clock=lambda: NOW)
    portal.apply(city.archive, portal.plan(city.archive))
    return city.folder / "portal"


def test_an_english_page_says_what_is_given_in_english(tmp_path: Path) -> None:
    site = published(City(tmp_path), declared(english=True))
    page = (site / "en/datasets/obras/index.html").read_text(encoding="utf-8")
    assert "<h1><span>Works</span></h1>" in page
    assert '<p class="lead">What is built</p>' in page
    assert re.search(r'<b>Name</b>\.\s*<span lang="es">Cómo se llama</span>', page)
    assert "Works, by name" in (site / "en/datasets/obras/view/obras-1.svg").read_text(encoding="utf-8")
    assert "Obras, por nombre" in (site / "datasets/obras/view/obras-1.svg").read_text(encoding="utf-8")


def test_a_picture_without_english_is_spanish_as_a_whole(tmp_path: Path) -> None:
    site = published(City(tmp_path), declared(english=False))
    svg = (site / "en/datasets/obras/view/obras-1.svg").read_text(encoding="utf-8")
    assert "Obras, por nombre" in svg
    assert '<svg lang="es"' in svg
    page = (site / "en/datasets/obras/index.html").read_text(encoding="utf-8")
    assert re.search(r'<img [^>]*alt="Obras, por nombre[^>]*lang="es"', page)
    assert '<h1><span lang="es">' in page


def test_catalogues_give_both_languages(tmp_path: Path) -> None:
    site = published(City(tmp_path), declared(english=True))
    turtle = (site / "catalog.ttl").read_text(encoding="utf-8")
    assert 'dct:title "Título de obras"@es, "Works"@en' in turtle
    page = (site / "datasets/obras/index.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert found
    name = json.loads(found[1])["name"]
    assert {each["@language"]: each["@value"] for each in name} == {"es": "Título de obras", "en": "Works"}


def test_english_that_came_later_is_a_patch(tmp_path: Path) -> None:
    city = City(tmp_path)
    published(city, declared(english=False))
    city.declare(declared(english=True), datos=csv("1,a,2", "2,b,3"))
    (outcome,) = city.run("obras")
    assert (outcome.outcome, str(outcome.version)) == ("published", "1.0.1")


def test_a_slip_in_the_english_of_a_field_is_named(tmp_path: Path) -> None:
    city = City(tmp_path)
    made = declared(english=True)
    made["resources"][0]["schema"]["fields"][1]["pipeline"] = {"en": {"titel": "Name"}}
    with pytest.raises(DatasetError, match=r"fields\[1\]\.pipeline\.en\.titel"):
        load_dataset(city.declare(made))


@pytest.mark.parametrize("folder", REAL, ids=lambda folder: folder.name)
def test_real_datasets_speak_english(folder: Path) -> None:
    dataset = load_dataset(folder)
    if not dataset.demo:
        assert dataset.pipeline.en
        assert dataset.pipeline.en.description
        for resource in dataset.resources:
            fields = [field for field in resource.schema["fields"] if "en" not in field]
            assert resource.descriptor["en"]["title"]
            assert fields == []
