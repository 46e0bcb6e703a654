"""Held rows stay held, and are told, until their period is delivered again or they are put right."""

from __future__ import annotations

import json

import pytest

from catalog.archive.changes.reasons import describe_changes
from catalog.portal.portal import Portal
from pipelines.release.quarantine import list_held_rows
from pipelines.release.verify import verify
from tests.support.cities import City, csv, declaration, published_rows
from tests.support.terminal import run_vereda

FIELDS = [
    {"name": "id", "type": "integer", "description": "Número", "constraints": {"required": True}},
    {"name": "dia", "type": "date", "description": "Día", "constraints": {"required": True}},
    {"name": "cuantos", "type": "integer", "description": "Cuántos"},
]
pytestmark = pytest.mark.usefixtures("english", "impatient_inbox")


def declare(city: City, key: str | None = "id", mode: str = "by-period") -> None:
    extract = {"mode": mode} | ({"field": "dia"} if mode == "by-period" else {})
    city.declare(
        declaration(
            "visitas",
            source={"kind": "inbox"},
            fields=FIELDS,
            key=key,
            extract=extract,
            quarantine={"maxShare": 0.5},
        )
    )


def deliver(city: City, name: str, *rows: str):
    folder = city.inbox / "area" / "visitas"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(csv(*rows, header="id,dia,cuantos"), "utf-8")
    return city.outcome("visitas")


def held(city: City) -> list[tuple[str, int]]:
    rows = list_held_rows(city.archive, city.history("visitas"))["rows"]
    return [(row["file"], row["row"]) for row in rows]


def counted(city: City) -> int:
    current = city.history("visitas").current
    descriptor = json.loads(city.archive.get(current.files["datapackage.json"].sha256))
    return sum(resource.get("heldRows", 0) for resource in descriptor["resources"])


JANUARY = ("1,2024-01-05,3", "2,2024-01-06,muchas", "3,2024-01-07,4")


@pytest.mark.parametrize("key", ["id", None])
def test_by_period_a_held_row_stays_until_its_period_comes_again(city, key):
    declare(city, key)
    assert deliver(city, "enero.csv", *JANUARY).outcome == "quarantined"
    for month in (2, 3):
        outcome = deliver(city, f"mes{month}.csv", f"{month}0,2024-0{month}-05,3")
        assert outcome.outcome == "published"
        assert "1 row of an earlier file (enero.csv) is still held back" in outcome.message
        assert (held(city), counted(city)) == ([("enero.csv", 3)], 1)
    history = city.history("visitas")
    assert verify(city.archive, history.current, history).bytes_same

    outcome = deliver(city, "enero-bien.csv", JANUARY[0], "2,2024-01-06,5", JANUARY[2])
    assert (outcome.outcome, held(city), counted(city)) == ("published", [], 0)
    assert "held back" not in outcome.message
    assert len(published_rows(city, "visitas")) == 5


def test_new_held_rows_stand_beside_the_earlier_ones(city):
    declare(city)
    deliver(city, "enero.csv", *JANUARY)
    outcome = deliver(city, "febrero.csv", "4,2024-02-01,1", "5,2024-02-02,?")
    assert outcome.outcome == "quarantined"
    assert (held(city), counted(city)) == ([("febrero.csv", 3), ("enero.csv", 3)], 2)
    deliver(city, "enero.csv", *JANUARY[:1])
    assert held(city) == [("febrero.csv", 3)]


def test_the_page_tells_of_rows_that_earlier_deliveries_left_held(city, tmp_path):
    declare(city)
    deliver(city, "enero.csv", *JANUARY)
    deliver(city, "febrero.csv", "4,2024-02-01,1")
    portal = Portal(tmp_path / "portal")
    portal.apply(city.archive, portal.plan(city.archive))
    page = (tmp_path / "portal" / "datasets" / "visitas" / "index.html").read_text("utf-8")
    assert "1 fila de una entrega anterior sigue retenida" in " ".join(page.split())


def test_a_row_whose_day_cannot_be_read_is_of_its_files_periods(city):
    declare(city)
    deliver(city, "verano.csv", "1,2024-01-05,3", "2,2024-02-30,1", "3,2024-02-07,4", "4,2024-02-08,4")
    deliver(city, "marzo.csv", "7,2024-03-05,3")
    deliver(city, "enero.csv", "1,2024-01-05,33")
    assert held(city) == [("verano.csv", 3)]
    deliver(city, "febrero.csv", "3,2024-02-07,44")
    assert held(city) == []


def test_a_row_is_put_right_by_its_key_in_whatever_file_it_comes(city):
    declare(city)
    deliver(city, "enero.csv", "1,2024-01-05,3", "2,2024-01-40,1", "3,2024-01-07,4")
    deliver(city, "febrero.csv", "2,2024-02-01,1")
    assert held(city) == []


@pytest.mark.parametrize("key", ["id", None])
def test_what_only_adds_keeps_held_rows_until_they_come_mended(city, key):
    declare(city, key, "append")
    deliver(city, "uno.csv", *JANUARY)
    assert "still held back" in deliver(city, "dos.csv", "4,2024-02-05,3").message
    assert held(city) == [("uno.csv", 3)]
    deliver(city, "tres.csv", "2,2024-01-06,7")
    assert held(city) == []


def test_a_file_with_a_held_row_goes_back_as_a_workbook_and_show_tells_of_it(city, tmp_path):
    declare(city)
    deliver(city, "enero.csv", *JANUARY)
    deliver(city, "febrero.csv", "4,2024-02-05,3")
    file = tmp_path / "otra.csv"
    file.write_text(csv(*JANUARY, header="id,dia,cuantos"))
    out = tmp_path / "vuelta.xlsx"
    done = run_vereda(
        city, "check", "visitas", str(file), "--workbook", str(out), "--report", str(tmp_path / "r")
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert out.is_file()
    assert (tmp_path / "r" / "informe.html").is_file()
    shown = run_vereda(city, "show", "visitas", "--held").stdout
    assert "enero.csv" in shown
    assert "muchas" in shown


def test_versions_and_senders_are_told_how_many_rows_are_held_whosever_they_are(city):
    declare(city)
    deliver(city, "enero.csv", *JANUARY)
    deliver(city, "febrero.csv", "11,2024-02-05,3", "12,2024-02-06,pocas", "13,2024-02-07,4")
    told = [describe_changes(release.changes) for release in city.history("visitas").releases]
    assert told == [
        ["visitas: first release, with 2 rows.", "visitas: 1 row is held back in all."],
        ["visitas: 2 rows are held back in all.", "visitas: 2 rows added."],
    ]
    deliver(city, "febrero-bien.csv", "11,2024-02-05,3", "12,2024-02-06,1", "13,2024-02-07,4")
    again = deliver(city, "febrero-otra-vez.csv", "13,2024-02-07,4", "11,2024-02-05,3", "12,2024-02-06,1")
    assert (again.outcome, again.for_sender) == ("unchanged", "1 row is still held back")
    assert "`vereda show visitas --held` shows it" in again.message
