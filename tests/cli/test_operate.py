"""The morning after: what needs a person, since when, why, and what to type; no source is asked again."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.support.cities import City, csv, declaration
from tests.support.nights import free_port
from tests.support.terminal import vereda


@pytest.fixture(scope="module")
def morning(tmp_path_factory) -> City:
    """A night in which one dataset went well, one was rejected, one's source was gone, and one lacks what it
    needs."""
    city = City(tmp_path_factory.mktemp("morning"))
    city.declare(declaration("obras"), datos=csv("1,Plaza,10.5"))
    city.declare(declaration("multas"), datos=csv("1,Plaza,diez"))
    city.declare(declaration("ferias"), datos=csv("1,Plaza,10"))
    shutil.rmtree(city.datasets / "ferias" / "source")
    waiting = declaration("cruces")
    waiting["pipeline"]["needs"] = ["ferias"]
    city.declare(waiting, datos=csv("1,Plaza,10"))
    (city.folder / "night.txt").write_text(vereda(city, "run", status=3), "utf-8")
    return city


def ask(city: City, *words: str) -> dict:
    return json.loads(vereda(city, *words, "--json"))


def test_status_names_what_needs_a_person_the_worst_first(morning):
    needs = ask(morning, "status")["needs"]
    told = [(need["dataset"], need["outcome"], need["nights"]) for need in needs]
    assert told[0] == ("ferias", "failed", 1)
    assert sorted(told[1:]) == [("cruces", "rejected", 1), ("multas", "rejected", 1)]
    assert all(need["since"] and need["message"] for need in needs)


def test_status_says_what_to_type(morning):
    answer = ask(morning, "status")
    commands = {need["dataset"]: need["next"] for need in answer["needs"]}
    run = ask(morning, "runs")["runs"][0]["run"]
    assert commands == {
        "ferias": "vereda run ferias",
        "cruces": "vereda run ferias cruces",
        "multas": f"vereda runs multas --show {run}",
    }
    assert answer["night"]["outcomes"] == {"published": 1, "rejected": 2, "failed": 1}
    assert (answer["night"]["next"], answer["schedule"]["state"]) == (None, "none")  # none starts by itself


def test_a_run_counts_its_datasets_and_ends_with_what_status_says(morning):
    progress, _heading, end = (morning.folder / "night.txt").read_text("utf-8").partition("3 cosas esperan")
    assert all(f"{n} de 4 " in progress for n in range(1, 5))
    needs = ask(morning, "status")["needs"]
    assert [line for line in end.splitlines() if "→" in line] == [f"    → {need['next']}" for need in needs]
    assert "vereda serve" not in end


def test_status_speaks_spanish_in_the_terminal(morning):
    text = vereda(morning, "status")
    assert "3 cosas esperan a una persona" in text
    assert "multas: rechazado desde el" in text
    assert "No hay una próxima noche planificada" in text
    assert "`vereda deploy`" in text


def test_a_run_is_told_again_with_the_cell_and_without_its_source(morning):
    source = morning.datasets / "multas" / "source" / "datos.csv"
    content = source.read_bytes()
    source.unlink()
    try:
        run = ask(morning, "runs", "multas")["runs"][0]
        text = vereda(morning, "runs", "multas", "--show", run["run"])
    finally:
        source.write_bytes(content)
    assert [each["dataset"] for each in run["outcomes"]] == ["multas"]
    assert "fila 2, columna monto, «diez»: Un valor de otro tipo: se esperaba un número" in text
    assert 'type is "' not in text
    assert "monto" in text
    assert "obras" not in text


def test_what_is_right_again_needs_nobody(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("multas"), datos=csv("1,Plaza,diez"))
    vereda(city, "run", status=1)
    assert [need["dataset"] for need in ask(city, "status")["needs"]] == ["multas"]
    city.send("multas", csv("1,Plaza,10"))
    assert "vereda serve" in vereda(city, "run")
    assert ask(city, "status")["needs"] == []


def test_a_declaration_that_cannot_be_read_waits_for_a_person_before_any_run(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("obras"), datos=csv("1,Plaza,10"))
    (city.datasets / "obras" / "datapackage.yaml").write_text("name: [", encoding="utf-8")
    (need,) = ask(city, "status")["needs"]
    assert (need["dataset"], need["outcome"], need["next"]) == ("obras", "rejected", "vereda check obras")


def test_an_unknown_run_is_a_sentence(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("obras"), datos=csv("1,Plaza,10"))
    assert "vereda runs" in vereda(city, "runs", "--show", "20260101T000000Z-abcdef", status=2, errors=True)


@pytest.mark.parametrize("words", [["run"], ["show"], ["history"], ["check"], ["verify"], ["runs"], ["lint"]])
def test_an_id_that_is_none_is_said_at_once_with_the_nearest(morning, words, monkeypatch):
    """Before any server is asked: this one is gone."""
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    told = vereda(morning, *words, "obra", status=2, errors=True)
    assert told.startswith("obra no está entre los conjuntos de ")
    assert "¿quiso decir obras?" in told
    assert "vereda run" not in told
    assert len(told.splitlines()) == 1


def test_what_a_run_was_for_is_said(tmp_path):
    """Of a run that the desk had: the desk, and the receipts; of one that an agency typed, likewise."""
    city = City(tmp_path)
    city.declare(declaration("obras", source={"kind": "inbox"}))
    (tmp_path / "enero.csv").write_text(csv("1,Plaza,10"), "utf-8")
    vereda(city, "submit", "obras", str(tmp_path / "enero.csv"))
    vereda(city, "run", "obras", "--receipt", "1")
    found = ask(city, "runs")["runs"]
    assert [(run["kind"], run["receipts"]) for run in found] == [("desk", [1]), ("submit", [1])]
    text = vereda(city, "runs")
    assert "mesa, recibo 1" in text
    assert "entrega, recibo 1" in text


def test_a_misspelt_folder_of_the_inbox_is_told_by_the_run_that_takes_nothing_from_it(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("obras"), datos=csv("1,Plaza,10.5"))
    city.declare(declaration("ferias", source={"kind": "inbox"}))
    (city.folder / "var/inbox/area/feria").mkdir(parents=True)
    (city.folder / "var/inbox/area/feria/enero.csv").write_text(csv("1,Plaza,10"))
    text = " ".join(vereda(city, "run", "obras").split())
    assert "de area/feria no se toma nada, porque no es de nadie; ¿será ferias?" in text
    assert "→ mv var/inbox/area/feria var/inbox/area/ferias" in text
    assert "1 cosa espera a una persona: buzón de area/feria" in text  # and the place is said once
    shown = vereda(city, "runs", "--show", ask(city, "runs")["runs"][0]["run"])
    assert "terminada" in shown.splitlines()[0]


@pytest.fixture
def second_night(tmp_path) -> City:
    """A city on the night after the first: a source is gone, a declaration is broken, an agency has yet to
    send a file."""
    city = City(tmp_path)
    for name in ("bicis", "calles", "plazas"):
        city.declare(declaration(name), datos=csv("1,Plaza,10"))
    sent = declaration("turnos")
    sent["resources"][0]["pipeline"]["source"] = {"kind": "inbox"}
    city.declare(sent)
    vereda(city, "run", "bicis", "calles", "plazas")
    next((city.datasets / "bicis").rglob("*.csv")).unlink()
    (city.datasets / "calles/datapackage.yaml").write_text("name: [", "utf-8")
    (city.folder / "night.json").write_text(vereda(city, "run", "--json", status=3), "utf-8")
    return city


def test_of_what_failed_the_version_that_stays_is_told_wherever_it_shows(second_night):
    outcomes = json.loads((second_night.folder / "night.json").read_text("utf-8"))["outcomes"]
    told = {each["dataset"]: (each["outcome"], each["version"], each["previous"]) for each in outcomes}
    assert told == {
        "bicis": ("failed", "1.0.0", "1.0.0"),
        "calles": ("rejected", "1.0.0", "1.0.0"),
        "plazas": ("unchanged", "1.0.0", "1.0.0"),
        "turnos": ("unchanged", None, None),
    }
    needs = {need["dataset"]: need["version"] for need in ask(second_night, "status")["needs"]}
    assert needs == {"bicis": "1.0.0", "calles": "1.0.0"}
    shown = vereda(second_night, "status")
    assert "bicis: falló (queda la 1.0.0)" in shown
    assert "calles: rechazado (queda la 1.0.0)" in shown
    assert "bicis: falló (queda la 1.0.0)" in vereda(second_night, "run", "bicis", status=3)


def test_what_waits_for_its_first_file_is_counted_as_that(second_night):
    night = ask(second_night, "status")["night"]
    assert night["outcomes"] == {"failed": 1, "rejected": 1, "unchanged": 1}
    assert (night["awaiting"], night["notDue"]) == (1, 0)
    counts = "1 falló, 1 rechazado, 1 sin cambios, 1 espera su primer archivo"
    assert counts in vereda(second_night, "status")
    assert counts in " ".join(vereda(second_night, "runs").split())
