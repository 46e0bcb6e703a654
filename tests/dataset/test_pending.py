"""What has no dataset yet is told in the list and on a page, and nothing is invented in its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalog.portal.portal import Portal
from messages import speaking
from pipelines.cli.queries import list_datasets
from pipelines.dataset.dataset import DatasetError, dataset_folders, load_dataset
from pipelines.dataset.pending import load_pending
from pipelines.nightly.publish import pending_data
from tests.support.cities import City, csv, declaration

ROOT = Path(__file__).parents[2]
ENTRY = """\
- id: obras-por-venir
  title: Obras por venir
  publisher: Ministerio de Obras
  about: Qué se va a construir.
  missing: Faltan las filas.
  ask: Pedirlas al Ministerio.
  source: https://datos.example/obras
  en:
    title: Works to come
    about: What will be built.
    missing: The rows are missing.
    ask: Ask the ministry.
"""


def write(city: City, text: str) -> Path:
    city.datasets.mkdir(exist_ok=True)
    (city.datasets / "pending.yaml").write_text(f"pending:\n{text}")
    return city.datasets


def test_the_list_and_the_page_tell_what_is_to_come(city: City, tmp_path):
    city.declare(declaration("obras"), datos=csv("1,Plaza,10"))
    city.outcome("obras")
    write(city, ENTRY)
    rows = list_datasets(city.archive, city.datasets, city.clock())["datasets"]
    assert [(row["id"], row["state"]) for row in rows] == [("obras", "live"), ("obras-por-venir", "pending")]
    assert (rows[1]["missing"], rows[1]["version"]) == ("Faltan las filas.", None)
    assert set(rows[0]) <= set(rows[1])
    with speaking("en"):
        english = list_datasets(city.archive, city.datasets, city.clock())["datasets"][1]
    assert english["title"] == "Works to come"

    portal = Portal(tmp_path / "portal", "https://datos.example", city.clock)
    portal.apply(city.archive, portal.plan(city.archive))
    assert not (tmp_path / "portal" / "por-venir").exists()
    portal.pending = pending_data(city.datasets, city.folder / "archive")
    portal.apply(city.archive, portal.plan(city.archive))
    page = (tmp_path / "portal" / "por-venir" / "index.html").read_text()
    assert "Faltan las filas." in page
    assert "https://datos.example/obras" in page
    assert "Ask the ministry." in (tmp_path / "portal" / "en" / "por-venir" / "index.html").read_text()
    assert "por-venir/index.html" in (tmp_path / "portal" / "acerca" / "index.html").read_text()
    assert portal.plan(city.archive) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ENTRY + ENTRY, "stands here twice"),
        (ENTRY.replace("obras-por-venir", "obras"), "declared in a folder of its own"),
        (ENTRY.replace("missing: Faltan las filas.", "missing: ''"), "pending[0].missing"),
        (ENTRY.replace("  ask: Pedirlas al Ministerio.\n", ""), "pending[0].ask is missing"),
        (ENTRY.replace("https://datos", "javascript:"), "begins with https"),
        ("- [", "is not YAML"),
    ],
)
def test_what_is_wrong_in_the_list_is_named_and_stops_nothing(english, city: City, text, told):
    city.declare(declaration("obras"), datos=csv("1,Plaza,10"))
    folder = write(city, text)
    with pytest.raises(DatasetError) as caught:
        load_pending(folder)
    assert told in str(caught.value)
    assert "pending.yaml" in str(caught.value)
    rows = list_datasets(city.archive, folder, city.clock())["datasets"]
    assert [row["id"] for row in rows] == ["obras", "pending"]
    assert told in rows[1]["note"]
    assert pending_data(folder, city.folder / "archive") == ()


def test_the_citys_own_list_holds_no_dataset_that_is_there():
    entries = load_pending(ROOT / "datasets")
    assert entries
    assert all(each.en for each in entries)
    assert not {each.id for each in entries} & {path.name for path in dataset_folders(ROOT / "datasets")}
    json.dumps([each.model_dump() for each in entries])


def test_a_frozen_dataset_is_published_once(english, city: City):
    declared = declaration("juegos")
    declared["pipeline"]["frozen"] = True
    city.declare(declared, datos=csv("1,Villa,10"))
    assert city.outcome("juegos").outcome == "published"
    assert city.outcome("juegos").outcome == "unchanged"
    city.send("juegos", csv("1,Villa,10", "2,Parque,5"))
    for _night in range(2):
        outcome = city.outcome("juegos")
        assert outcome.outcome == "rejected"
        assert "closed (frozen: true)" in outcome.message
    assert len(city.history("juegos").releases) == 1
    city.send("juegos", csv("1,Villa,10"))
    declared["description"] = "Otra descripción"
    city.declare(declared)
    assert city.outcome("juegos").outcome == "published"  # words may be put right


def test_a_dataset_waits_only_for_what_is_handed_in_or_derived(english, city: City):
    declared = declaration("obras")
    declared["pipeline"]["pending"] = {"missing": "Faltan las filas.", "ask": "Pedirlas."}
    folder = city.declare(declared, datos=csv("1,Plaza,10"))
    with pytest.raises(DatasetError, match="goes with a table that is handed in"):
        load_dataset(folder)
    declared["resources"][0]["pipeline"]["source"] = {"kind": "inbox"}
    assert load_dataset(city.declare(declared)).pipeline.pending is not None
    del declared["pipeline"]["pending"]["ask"]
    with pytest.raises(DatasetError, match=r"pending\.ask is missing"):
        load_dataset(city.declare(declared))


def test_what_waits_is_on_the_page_and_asked_for_by_hand_says_what_to_do(english, city: City, tmp_path):
    declared = declaration("reclamos")
    declared["pipeline"]["pending"] = {"missing": "Faltan las filas.", "ask": "Pedirlas a la oficina."}
    declared["resources"][0]["pipeline"]["source"] = {"kind": "inbox"}
    city.declare(declared)
    (told,) = pending_data(city.datasets, city.folder / "archive")
    listed = list_datasets(city.archive, city.datasets, city.clock())["datasets"]
    assert [(each["state"], each["handIn"]) for each in listed] == [("pending", ["reclamos"])]
    assert (told.id, told.columns, told.words["ask"]) == ("reclamos", 3, "Pedirlas a la oficina.")
    outcome = city.outcome("reclamos")
    assert (outcome.outcome, outcome.version) == ("unchanged", None)
    assert "vereda submit" in outcome.message
