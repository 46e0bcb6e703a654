"""A dataset made from others: what its query sees, what it was made from, and that it can be made again; real
and demo never mix."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow.csv
import pytest

from catalog.archive.published import Previous, previous_of
from catalog.portal.portal import Portal
from messages import speaking
from pipelines.dataset.dataset import DatasetError, load_dataset
from pipelines.fetch.derived import derive
from pipelines.release.verify import verify
from pipelines.settings import Limits
from tests.support.checks import check_report
from tests.support.cities import csv, declaration, published_rows

WORKS = csv("1,Plaza,10.5", "2,Escuela,", "3,Plaza,7")
TOTALS = [
    {"name": "nombre", "type": "string"},
    {"name": "obras", "type": "integer"},
    {"name": "monto", "type": "number"},
    {"name": "hay_monto", "type": "boolean"},
]
QUERY = (
    "SELECT nombre, count(*) AS obras, sum(monto) AS monto, bool_and(monto IS NOT NULL) AS hay_monto "
    'FROM "obras" GROUP BY nombre'
)


def derived(
    name: str, sql: str, needs: list[str], fields=None, key: str | None = "nombre", demo: bool = False
) -> dict:
    made = declaration(name, source={"kind": "derived", "sql": sql}, fields=fields or TOTALS, key=key)
    made["pipeline"] |= {"needs": needs} | ({"demo": True} if demo else {})
    return made


def demo(made: dict) -> dict:
    made["pipeline"]["demo"] = True
    return made


def test_it_is_made_from_the_current_releases_and_says_of_which(city):
    city.declare(declaration("obras"), datos=WORKS)
    city.declare(derived("totales", QUERY, ["obras"]))
    outcome = city.outcome("totales")
    assert (outcome.outcome, "obras" in outcome.message) == ("rejected", True), "it waits for what it needs"
    city.run("obras")
    assert city.outcome("totales").outcome == "published"
    plaza, escuela = (
        {"obras": 2, "monto": 17.5, "hay_monto": True},
        {"obras": 1, "monto": None, "hay_monto": False},
    )
    assert published_rows(city, "totales") == [{"nombre": "Escuela", **escuela}, {"nombre": "Plaza", **plaza}]
    entry = city.history("totales").current
    assert entry.provenance["needs"] == {"obras": "1.0.0"}
    told = Previous(city.archive, entry).descriptor
    assert told["derivedFrom"] == [{"id": "obras", "title": "Título de obras", "version": "1.0.0"}]
    assert told["resources"][0]["query"] == QUERY


def test_a_new_release_of_what_it_is_made_from_is_followed_and_a_second_run_changes_nothing(city):
    city.declare(declaration("obras"), datos=WORKS)
    city.declare(derived("totales", QUERY, ["obras"]))
    city.run("obras")
    city.run("totales")
    assert city.outcome("totales").outcome == "unchanged"
    city.send("obras", csv("1,Plaza,10.5", "2,Escuela,3", "3,Plaza,7"))
    city.run("obras")
    outcome = city.outcome("totales")
    assert (outcome.outcome, outcome.changes) == (
        "published",
        {"totales": {"added": 0, "removed": 0, "changed": 1}},
    )
    assert city.history("totales").current.provenance["needs"] == {"obras": "1.0.1"}


def test_it_is_made_again_by_asking_the_query_again(city):
    city.declare(declaration("obras"), datos=WORKS)
    city.declare(derived("totales", QUERY, ["obras"]))
    city.run("obras")
    city.run("totales")
    city.send("obras", csv("1,Plaza,99"))
    city.run("obras")
    city.run("totales")
    history = city.history("totales")
    raw = history.releases[0].provenance["snapshots"]["totales"]["sha256"]
    (city.folder / "archive" / "blobs" / raw).unlink()
    again = [verify(city.archive, entry, history) for entry in history.releases]
    assert [each.rows_same for each in again] == [True, True]
    assert "totales.csv" in again[0].note, "what was made again is told to be damaged all the same"


def test_rows_come_in_the_keys_order_whatever_the_query_says(city):
    city.declare(declaration("obras"), datos=WORKS)
    city.run("obras")
    fields = [{"name": "id", "type": "integer"}, {"name": "nombre", "type": "string"}]
    city.declare(
        derived("a", 'SELECT id, nombre FROM "obras/obras" ORDER BY id DESC', ["obras"], fields, key="id")
    )
    city.declare(
        derived("b", 'SELECT id, nombre FROM "obras" ORDER BY nombre DESC', ["obras"], fields, key=None)
    )
    for name in "ab":
        city.run(name)
    assert (
        [row["id"] for row in published_rows(city, "a")]
        == [row["id"] for row in published_rows(city, "b")]
        == [1, 2, 3]
    )


def test_released_values_arrive_as_they_were_published(city):
    fields = [
        {"name": "cuando", "type": "datetime"},
        {"name": "dia", "type": "date"},
        {"name": "codigo", "type": "string"},
    ]
    city.declare(
        declaration("actos", fields=fields, key=None),
        datos='cuando,dia,codigo\n2024-01-31T23:30:00,2024-01-31,"007, a"\n',
    )
    city.run("actos")
    made = [*fields, {"name": "dia_local", "type": "date"}]
    city.declare(
        derived("copia", 'SELECT *, cuando::DATE AS dia_local FROM "actos"', ["actos"], made, key=None)
    )
    assert city.outcome("copia").outcome == "published"
    (row,) = published_rows(city, "copia")
    assert row["cuando"].astimezone(UTC) == datetime(2024, 2, 1, 2, 30, tzinfo=UTC)
    assert (str(row["dia"]), row["codigo"], str(row["dia_local"])) == (
        "2024-01-31",
        "007, a",
        "2024-01-31",
    ), "Buenos Aires' day"


WRONG = {
    'SELECT nombre FROM "obra"': "none of the tables of its datasets",
    "SELEC 1": "syntax error",
    "SELECT 1; SELECT 2": "one SELECT",
    "COPY (SELECT 1) TO 'x.csv'": "one SELECT",
    "SET threads = 8": "one SELECT",
    "INSTALL httpfs": "one SELECT",
    "SELECT * FROM read_csv('/etc/passwd')": "calls read_csv",
    "SELECT * FROM 'https://example.org/x.parquet'": "none of the tables",
    "SELECT * FROM glob('*')": "calls glob",
    "SELECT random() AS monto": "random",
    "SELECT today() AS dia": "today",
    "SELECT current_date AS dia": "current_date",
    "SELECT ago(INTERVAL 1 DAY) AS dia": "ago",
    'SELECT * FROM "obras" USING SAMPLE 1 ROWS': "sample",
    'SELECT * FROM "obras" TABLESAMPLE 50 PERCENT': "sample",
    "SELECT INTERVAL 1 MONTH AS plazo": "cast it",
}


@pytest.mark.parametrize("sql", WRONG)
def test_a_wrong_query_is_told_with_its_file_and_key(city, sql):
    city.declare(declaration("obras"), datos=WORKS)
    city.run("obras")
    city.declare(derived("totales", sql, ["obras"]))
    with speaking("en"):
        outcome = city.outcome("totales")
    assert outcome.outcome == "rejected"
    assert outcome.message.startswith("datasets/totales/datapackage.yaml: resources[0].pipeline.source.sql ")
    assert WRONG[sql] in outcome.message


def test_an_endless_query_is_stopped(city):
    city.declare(declaration("obras"), datos=WORKS)
    city.run("obras")
    folder = city.declare(
        derived("totales", "SELECT count(*) AS obras FROM range(1_000_000) a, range(1_000_000) b", ["obras"])
    )
    dataset = load_dataset(folder)
    needs = {"obras": previous_of(city.archive, city.history("obras"))}
    with speaking("en"), pytest.raises(DatasetError, match="takes longer than 1 seconds"):
        derive(dataset, dataset.resources[0], needs, city.folder / "raw", Limits(fetch_seconds=1))


def test_a_derived_dataset_names_what_it_is_made_from(city):
    folder = city.declare(derived("totales", QUERY, []))
    with speaking("en"), pytest.raises(DatasetError, match="needs is missing"):
        load_dataset(folder)


def test_invented_rows_never_reach_a_real_dataset(city):
    city.declare(demo(declaration("obras")), datos=WORKS)
    city.run("obras")
    city.declare(derived("totales", QUERY, ["obras"]))
    with speaking("en"):
        outcome = city.outcome("totales")
    assert (outcome.outcome, outcome.version) == ("rejected", None)
    assert (
        outcome.message
        == "obras holds invented rows, and real data is never made with them; say demo: true here too"
    )
    assert city.archive.history("totales").entries == ()


def test_a_demonstration_is_made_from_demonstrations_and_from_facts(city):
    city.declare(demo(declaration("obras")), datos=WORKS)
    city.declare(declaration("plazas"), datos=csv("7,Plaza,1"))
    both = """SELECT o.nombre, count(*) AS obras, sum(p.monto) AS monto, true AS hay_monto
              FROM "obras" o JOIN "plazas" p USING (nombre) GROUP BY 1"""
    city.declare(derived("totales", both, ["plazas", "obras"], demo=True))
    for name in ("obras", "plazas", "totales"):
        city.run(name)
    history = city.archive.history("totales", demo=True)
    assert city.archive.history("totales").entries == ()
    assert published_rows(city, "totales", demo=True) == [
        {"nombre": "Plaza", "obras": 2, "monto": 2.0, "hay_monto": True}
    ]
    told = Previous(city.archive, history.current).descriptor["derivedFrom"]
    assert [(each["id"], each.get("demo")) for each in told] == [("plazas", None), ("obras", True)]
    assert verify(city.archive, history.current, history).bytes_same
    assert city.run("totales")[0].outcome == "unchanged"


def test_check_asks_the_query_without_publishing(city, tmp_path):
    city.declare(declaration("obras"), datos=WORKS)
    city.declare(
        derived(
            "totales",
            QUERY.replace("count(*)", "-count(*)"),
            ["obras"],
            [*TOTALS[:1], {**TOTALS[1], "constraints": {"minimum": 0}}, *TOTALS[2:]],
        )
    )
    city.run("obras")
    report = check_report(city.datasets, city.archive, "totales", to=tmp_path / "checked")
    assert [(p.type, p.field, p.row) for p in report.problems] == [
        ("constraint-error", "obras", 2),
        ("constraint-error", "obras", 3),
    ]
    assert (
        json.loads((tmp_path / "checked" / "datapackage.json").read_text())["resources"][0]["name"]
        == "totales"
    )
    assert city.history("totales").entries == ()


def test_the_same_releases_give_the_same_bytes(city):
    many = csv(*(f"{i},Obra {i % 97},{(i * 7919 % 1000) / 7:.6f}" for i in range(1, 30_000)))
    city.declare(declaration("obras"), datos=many)
    city.run("obras")
    dataset = load_dataset(city.declare(derived("totales", QUERY.replace("sum(", "avg("), ["obras"])))
    needs = {"obras": previous_of(city.archive, city.history("obras"))}
    made = [derive(dataset, dataset.resources[0], needs, city.folder / str(n)).sha256 for n in range(2)]
    assert made[0] == made[1]
    assert pyarrow.csv.read_csv(city.folder / "0").num_rows == 97


def test_its_page_shows_the_query_and_leads_to_what_it_was_made_from(city, tmp_path):
    city.declare(demo(declaration("obras")), datos=WORKS)
    city.declare(derived("totales", QUERY + " HAVING count(*) > 0", ["obras"], demo=True))
    city.run("obras")
    city.run("totales")
    portal = Portal(tmp_path / "portal")
    portal.apply(city.archive, portal.plan(city.archive))
    page = (tmp_path / "portal" / "demo" / "totales" / "index.html").read_text("utf-8")
    assert "HAVING count(*) &gt; 0" in page
    assert '<a href="../../demo/obras/index.html">obras</a> 1.0.0 (demostración)' in page


def test_it_is_no_newer_than_the_data_that_it_was_made_from(city):
    """Data of June that is added up in November is data of June: its page must not call it up to date."""
    vintages = [{"asOf": "2025-06-30", "path": "source/datos.csv"}]
    city.declare(declaration("obras", source={"kind": "file", "vintages": vintages}), datos=WORKS)
    city.declare(derived("totales", QUERY, ["obras"]))
    city.run("obras")
    assert city.outcome("totales").outcome == "published"
    history = city.history("totales")
    assert history.current.as_of == "2025-06-30"
    assert verify(city.archive, history.current, history).bytes_same
    assert city.outcome("totales").outcome == "unchanged"
