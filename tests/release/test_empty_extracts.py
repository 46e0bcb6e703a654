"""Empty is not small: where there were rows and none came, nothing is published until a person says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.agency.submit import hand_in as submitted
from pipelines.release.guards.accept import accept
from tests.support.checks import check_report
from tests.support.cities import City, csv, declaration, published_rows
from tests.support.terminal import vereda

FIELDS = [
    {"name": "id", "type": "integer", "description": "Número"},
    {"name": "dia", "type": "date", "description": "Día"},
]
HEADER = "id,dia"
MONTHS = {"mode": "by-period", "field": "dia"}
pytestmark = pytest.mark.usefixtures("english", "impatient_inbox")


def numbered(n: int) -> str:
    return csv(*(f"{i},Plaza {i},1" for i in range(n)))


@pytest.mark.parametrize("rows", [1, 3, 40])
def test_a_full_extract_without_rows_stops_however_few_there_were(city, rows):
    city.declare(declaration("obras"), datos=numbered(rows))
    assert city.outcome("obras").outcome == "published"
    city.send("obras", csv())
    stopped = city.outcome("obras")
    assert (stopped.outcome, len(published_rows(city, "obras"))) == ("rejected", rows)
    assert "now it has none" in stopped.message
    assert "vereda accept obras" in stopped.message


def test_accept_lets_the_empty_table_through(city):
    city.declare(declaration("obras"), datos=numbered(19))
    city.run("obras")
    city.send("obras", csv())
    city.run("obras")
    assert "now it has none" in vereda(city, "accept", "obras", "--because", "cerró el área")
    assert city.outcome("obras").outcome == "published"
    assert published_rows(city, "obras") == []


@pytest.mark.parametrize("content", [csv(), "id;nombre;monto\n;;\n;;\n"])
def test_a_dataset_begins_with_its_first_row(city, content):
    made = declaration("obras", source={"kind": "inbox"})
    made["pipeline"]["publisher"] = {"id": "area", "name": "Área"}
    city.declare(made)
    folder = city.inbox / "area" / "obras"
    folder.mkdir(parents=True)
    (folder / "mayo.csv").write_text(content)
    stopped = city.outcome("obras")
    assert (stopped.outcome, stopped.message) == (
        "rejected",
        "obras: A table without rows: the file has a header, and no rows",
    )
    assert city.history("obras").entries == ()
    (folder / "junio.csv").write_text(numbered(1))
    assert city.run("obras")[-1].outcome == "published"


def test_a_file_beside_its_declaration_may_begin_empty_and_is_told(city):
    city.declare(declaration("obras"), datos=csv())
    report = check_report(city.datasets, city.archive, "obras")
    assert [(p.code, p.severity) for p in report.problems] == [("no-rows", "warning")]
    assert city.outcome("obras").rows == {"obras": 0}


def test_of_several_tables_one_may_begin_without_rows_and_is_told(city):
    both = declaration("obras")
    more = declaration("etapas", source={"kind": "file", "path": "source/etapas.csv"})["resources"]
    both["resources"] += more
    city.declare(both, datos=numbered(3), etapas=csv())
    report = check_report(city.datasets, city.archive, "obras")
    assert [(p.code, p.resource, p.severity) for p in report.problems] == [("no-rows", "etapas", "warning")]
    assert city.outcome("obras").rows == {"obras": 3, "etapas": 0}


def test_what_an_answer_begins_with_may_be_nothing(city):
    query = "select id from obras where id > 10"
    city.declare(declaration("obras"), datos=numbered(3))
    derived = declaration(
        "grandes",
        source={"kind": "derived", "sql": query},
        fields=[{"name": "id", "type": "integer", "description": "Número"}],
    )
    derived["pipeline"]["needs"] = ["obras"]
    city.declare(derived)
    city.run("obras")
    assert city.outcome("grandes").rows == {"grandes": 0}


@pytest.mark.parametrize("key", ["id", None])
def test_a_table_without_a_key_is_no_exception_nor_is_another_way_of_writing_the_header(city, key):
    city.declare(declaration("obras", key=key), datos=numbered(5))
    city.run("obras")
    city.send("obras", "\ufeffid;nombre;monto\r\n")
    assert city.outcome("obras").outcome == "rejected"


def hand_in(city: City, name: str, *rows: str) -> None:
    folder = city.inbox / "area" / "visitas"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(csv(*rows, header=HEADER), "utf-8")


def hand_in_for(city: City, period: str, file: Path) -> None:
    submitted(city.datasets, city.archive, city.inbox, "visitas", file, period, city.clock())


def test_a_period_that_had_rows_and_is_handed_in_without_any_stops(city, tmp_path):
    city.declare(declaration("visitas", source={"kind": "inbox"}, fields=FIELDS, extract=MONTHS))
    hand_in(city, "enero.csv", "1,2024-01-05", "2,2024-01-06")
    hand_in(city, "febrero.csv", "3,2024-02-05")
    city.run("visitas")

    empty = tmp_path / "enero-otra-vez.csv"
    empty.write_text(f"{HEADER}\n")
    hand_in_for(city, "2024-01", empty)
    outcome = city.outcome("visitas")
    assert outcome.outcome == "rejected"
    assert "2024-01 had 2 rows, and the file handed in for it has none" in outcome.message
    history = city.history("visitas")
    accept(
        city.archive, history, because="no abrió en enero", by="Ana", run="a", at="2026-03-02T10:00:00-03:00"
    )
    assert city.outcome("visitas").outcome == "published"
    assert [row["id"] for row in published_rows(city, "visitas")] == [3]


def test_a_file_without_rows_and_without_a_period_stops(city, tmp_path):
    city.declare(declaration("visitas", source={"kind": "inbox"}, fields=FIELDS, extract=MONTHS))
    hand_in(city, "enero.csv", "1,2024-01-05", "2,2024-01-06")
    city.run("visitas")
    hand_in(city, "febrero.csv")
    outcome = city.outcome("visitas")
    assert (outcome.outcome, len(published_rows(city, "visitas"))) == ("rejected", 2)
    assert "no rows, and nobody said which period it is for" in outcome.message
    hand_in_for(city, "2024-02", city.inbox / "area" / "visitas" / "febrero.csv")
    outcome = city.outcome("visitas")
    assert (outcome.outcome, len(published_rows(city, "visitas"))) == ("unchanged", 2)
    assert "febrero.csv has no rows" in outcome.message
    hand_in(city, "marzo.csv", "3,2024-03-05")
    assert [each.outcome for each in city.run("visitas")] == ["published"], "it stands in no file's way"


def test_rows_to_add_may_be_none(city):
    city.declare(declaration("visitas", source={"kind": "inbox"}, fields=FIELDS, extract={"mode": "append"}))
    hand_in(city, "uno.csv", "1,2024-01-05", "2,2024-01-06")
    city.run("visitas")
    hand_in(city, "nada.csv")
    outcome = city.outcome("visitas")
    assert (outcome.outcome, len(published_rows(city, "visitas"))) == ("unchanged", 2)
    assert "nada.csv has no rows" in outcome.message


@pytest.mark.parametrize(
    ("before", "now", "word"),
    [
        (19, 2, "rejected"),
        (12, 3, "rejected"),
        (19, 6, "published"),
        (4, 1, "published"),
        (8, 7, "published"),
    ],
)
def test_of_a_small_table_most_rows_gone_stops_and_a_few_do_not(city, before, now, word):
    city.declare(declaration("obras"), datos=numbered(before))
    city.run("obras")
    city.send("obras", numbered(now))
    assert city.outcome("obras").outcome == word
