"""Whole runs from Consul, from its admin's export and from Trello: twice, with a change in between, and what
became of it."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pyarrow.parquet as pq
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from pipelines.fetch import fetch
from pipelines.fetch.access import Access, TrelloAccount
from pipelines.release.outcome import Outcome
from pipelines.release.verify import verify
from pipelines.settings import Limits
from tests.support.checks import check_report
from tests.support.cities import City, declaration, published_rows
from tests.support.consuls import Consul, investment, milestone, proposal
from tests.support.trellos import BOARD, Trello, card, checklist

MAIL = "vecina@example.org"


pytestmark = pytest.mark.usefixtures("english")


def text(name: str, type: str = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type, "description": name, **more}


def mapped(labels: dict[str, str], ignored: list[str]) -> list[dict[str, Any]]:
    return [{"labels": labels, "ignore": ignored}]


def one(outcomes: list[Outcome]) -> Outcome:
    (outcome,) = outcomes
    return outcome


def changes(city: City, dataset: str) -> list[tuple[str, str, str | None, str | None, str | None]]:
    """What the current release says that changed: change, key, field, before, after."""
    current = city.history(dataset).current
    assert current is not None
    city.archive.save(current.files["changes.parquet"].sha256, city.folder / "changes.parquet")
    table = pq.read_table(city.folder / "changes.parquet")
    return [
        tuple(row[name] for name in ("change", "key", "field", "before", "after"))
        for row in table.to_pylist()
    ]  # type: ignore[misc]


def everything_published(city: City, dataset: str) -> bytes:
    """All bytes that left the raw archive: the release's files, the outcomes with their reports."""
    entries = city.history(dataset).releases
    told = b"".join(city.archive.get(file.sha256) for entry in entries for file in entry.files.values())
    return told + b"".join(path.read_bytes() for path in (city.folder / "archive" / "runs").rglob("*.json"))


def verified(city: City, dataset: str) -> bool:
    history = city.history(dataset)
    return all(verify(city.archive, entry, history).bytes_same for entry in history.releases)


# Consul
PROPOSALS = {
    "id": "id",
    "title": "titulo",
    "cachedVotesUp": "apoyos",
    "geozoneName": "comuna",
    "retiredAt": "retirada",
}
REST = [
    "summary",
    "description",
    "publicCreatedAt",
    "geozoneId",
    "commentsCount",
    "confidenceScore",
    "hotScore",
    "videoUrl",
    "tags",
]


def proposals(url: str) -> dict:
    fields = [
        text("id", "integer"),
        text("titulo"),
        text("apoyos", "integer"),
        text("comuna"),
        text("retirada", "date"),
    ]
    layouts = mapped(PROPOSALS, [*REST, "retiredReason", "retiredExplanation"])
    return declaration(
        "propuestas",
        source={"kind": "consul", "url": url, "query": "proposals"},
        fields=fields,
        layouts=layouts,
    )


@pytest.fixture
def consul(httpserver: HTTPServer) -> Consul:
    made = Consul(httpserver)
    made.proposals = [proposal(number) for number in range(1, 31)]
    return made


def test_a_proposal_that_came_changed_was_retired_or_vanished(city: City, consul: Consul):
    city.declare(proposals(consul.url))
    assert city.outcome("propuestas").outcome == "published"
    assert city.outcome("propuestas").outcome == "unchanged"
    consul.proposals.append(proposal(31))
    consul.proposals[4]["cached_votes_up"] = 99
    consul.proposals[7]["retired_at"] = "2017-05-01"
    del consul.proposals[10]
    outcome = city.outcome("propuestas")
    assert (outcome.outcome, outcome.version, outcome.rows) == ("published", "1.1.0", {"propuestas": 30})
    assert outcome.changes == {"propuestas": {"added": 1, "removed": 1, "changed": 2}}
    told = [(change, json.loads(str(key))["id"], *rest) for change, key, *rest in changes(city, "propuestas")]
    assert {change[1:] for change in told if change[0] == "cell-changed"} == {
        ("5", "apoyos", "3", "99"),
        ("8", "retirada", None, "2017-05-01"),
    }
    assert {change[:2] for change in told if change[0] != "cell-changed"} == {
        ("row-added", "31"),
        ("row-removed", "11"),
    }
    assert verified(city, "propuestas")


def test_a_fault_in_the_middle_leaves_the_last_release(city: City, consul: Consul):
    city.declare(proposals(consul.url))
    city.outcome("propuestas")
    consul.faults = [None, lambda: Response("no", 500)]
    outcome = city.outcome("propuestas")
    assert (outcome.outcome, outcome.message) == (
        "failed",
        f"{consul.url} answered 500; it is tried again at the next run",
    )
    assert len(published_rows(city, "propuestas")) == 30
    assert city.outcome("propuestas").outcome == "unchanged"


def test_milestones_follow_a_project(city: City, consul: Consul):
    consul.budgets = [{"id": 1, "name": "BA Elige 2017", "phase": "finished"}]
    consul.investments = [investment(1, 1, milestones=[milestone(1)]), investment(2, 1)]
    labels = {
        "id": "id",
        "budgetName": "presupuesto",
        "investmentId": "proyecto",
        "title": "titulo",
        "publicationDate": "fecha",
    }
    fields = [
        text("id", "integer"),
        text("presupuesto"),
        text("proyecto", "integer"),
        text("titulo"),
        text("fecha", "date"),
    ]
    source = {"kind": "consul", "url": consul.url, "query": "milestones"}
    layouts = mapped(labels, ["budgetId", "investmentTitle", "description"])
    city.declare(declaration("hitos", source=source, fields=fields, layouts=layouts))
    assert city.outcome("hitos").outcome == "published"
    consul.investments[1]["milestones"].append(milestone(2, publication_date="2018-07-01"))
    assert city.outcome("hitos").changes == {"hitos": {"added": 1, "removed": 0, "changed": 0}}
    assert {(row["proyecto"], row["presupuesto"]) for row in published_rows(city, "hitos")} == {
        (1, "BA Elige 2017"),
        (2, "BA Elige 2017"),
    }


def test_investments_of_no_known_budget_are_published_and_told(city: City, consul: Consul):
    consul.budgets = [
        {"id": 1, "name": "2017", "phase": "finished"},
        {"id": 2, "name": "2018", "phase": "finished"},
    ]
    consul.investments = [investment(1, 1), investment(2, 2)]
    source = {"kind": "consul", "url": consul.url, "query": "investments"}
    ignored = [
        "budgetName",
        "budgetPhase",
        "description",
        "price",
        "feasibility",
        "location",
        "commentsCount",
    ]
    layouts = mapped({"id": "id", "title": "titulo", "budgetId": "presupuesto"}, ignored)
    fields = [text("id", "integer"), text("titulo"), text("presupuesto", "integer")]
    city.declare(declaration("proyectos", source=source, fields=fields, layouts=layouts))
    outcome = city.outcome("proyectos")
    assert (outcome.outcome, outcome.problems) == ("published", 1)
    assert [(row["id"], row["presupuesto"]) for row in published_rows(city, "proyectos")] == [
        (1, None),
        (2, None),
    ]
    told = json.dumps(outcome.report)
    assert "of 2 of 2 investments the installation does not say which budget they belong to" in told


# the admin's export of proposals
EXPORT = "Título,ID,Usuario (email),Resumen,Descripción,Categorías,Comuna,Apoyos,Link\n"


def exported(**more: Any) -> dict:
    labels = {
        "Título": "titulo",
        "ID": "id",
        "Descripción": "descripcion",
        "Comuna": "comuna",
        "Apoyos": "apoyos",
    }
    layouts = mapped(labels, ["Usuario (email)", "Resumen", "Categorías", "Link"])
    tags = {"pattern": "<[^>]*>", "replace": "", "because": "El editor de Consul escribe HTML"}
    fields = [
        text("id", "integer"),
        text("titulo"),
        text("descripcion"),
        text("comuna", "integer"),
        text("apoyos", "integer"),
    ]
    return declaration("exportadas", fields=fields, layouts=layouts, values={"descripcion": [tags]}, **more)


def test_an_ignored_column_leaves_the_raw_archive_nowhere(city: City):
    content = EXPORT + f"Plaza,1,{MAIL},,<p>Más <b>árboles</b></p>,Ambiente,4,10,https://example.org/1\n"
    city.declare(exported(), datos=content)
    assert city.outcome("exportadas").outcome == "published"
    assert published_rows(city, "exportadas") == [
        {"id": 1, "titulo": "Plaza", "descripcion": "Más árboles", "comuna": 4, "apoyos": 10}
    ]
    assert MAIL.encode() not in everything_published(city, "exportadas")
    city.send(
        "exportadas",
        content
        + f"Paseo,dos,{MAIL},,,,4,x,\n"
        + f"Corta,3,{MAIL}\n"
        + f"Larga,4,{MAIL},,,,4,1,l,{MAIL[:3]}\n",
    )
    outcome = city.outcome("exportadas")
    assert outcome.outcome == "rejected"
    assert MAIL not in str(outcome.message)
    assert MAIL.encode() not in everything_published(city, "exportadas")
    report = check_report(city.datasets, city.archive, "exportadas", to=city.folder / "checked")
    assert MAIL not in json.dumps(report.to_descriptor())
    assert [path.name for path in (city.folder / "checked").iterdir() if MAIL in path.read_text()] == []


# Trello
def tracked(**source: Any) -> dict:
    labels = {
        "period": "periodo",
        "customField.Hito": "hito",
        "list": "estado",
        "attachments": "evidencia",
        "due": "vence",
    }
    labels |= {"checkItems": "pasos", "checkItemsChecked": "hechos"}
    ignored = [
        "board",
        "listClosed",
        "id",
        "name",
        "desc",
        "closed",
        "start",
        "dueComplete",
        "dateLastActivity",
        "labels",
        "shortUrl",
    ]
    types = {"vence": "date", "pasos": "integer", "hechos": "integer"}
    fields = [text(name, types.get(name, "string")) for name in labels.values()]
    return declaration(
        "seguimiento",
        source={"kind": "trello", **source},
        fields=fields,
        key=None,
        layouts=[
            {
                "labels": labels,
                "ignore": [*ignored, "customField.Estado"],
                "fields": {"vence": {"format": "%Y-%m-%dT%H:%M:%S.%fZ"}},
            }
        ],
        extract={"mode": "by-period", "field": "periodo"},
    )


@pytest.fixture
def board(httpserver: HTTPServer) -> Trello:
    made = Trello(httpserver)
    made.cards, made.checklists = [card(1), card(2)], [checklist(1, "+Convocatoria", "Encuentro")]
    return made


def test_each_periods_last_state_stays_when_the_board_moves_on(city: City, board: Trello):
    descriptor = tracked(board=BOARD, period="P1M", name=board.name)
    descriptor["resources"][0]["schema"]["primaryKey"] = ["periodo", "hito"]
    city.declare(descriptor)
    asking = partial(fetch, limits=Limits(timeout=10), access=Access(TrelloAccount(url=board.url)))

    def run() -> Outcome:
        return one(city.run("seguimiento", fetch=asking))

    assert (run().outcome, run().outcome) == ("published", "unchanged")
    board.move(0, "En curso")
    moved = run()
    assert (moved.outcome, moved.changes) == (
        "published",
        {"seguimiento": {"added": 0, "removed": 0, "changed": 1}},
    )
    assert [
        (change, field, before, after) for change, _key, field, before, after in changes(city, "seguimiento")
    ] == [("cell-changed", "estado", "Pendiente", "En curso")]
    city.moment = city.moment.replace(month=4)
    board.move(0, "Terminado")
    del board.cards[1]
    assert run().changes == {"seguimiento": {"added": 1, "removed": 0, "changed": 0}}
    assert [(row["periodo"], row["hito"], row["estado"]) for row in published_rows(city, "seguimiento")] == [
        ("2026-03", "BUE0008.1", "En curso"),
        ("2026-03", "BUE0008.2", "Pendiente"),
        ("2026-04", "BUE0008.1", "Terminado"),
    ]
    assert verified(city, "seguimiento")
    published = everything_published(city, "seguimiento")
    assert [word for word in ("Vecina", "boards.trello.com", 'm1"') if word.encode() in published] == []
    board.public = False
    private = run()
    assert private.outcome == "failed"
    assert "the board was made private, or is gone; ask for it to be public" in str(private.message)
    assert len(published_rows(city, "seguimiento")) == 3


def test_a_renamed_board_is_published_and_told(city: City, board: Trello):
    descriptor = tracked(board=BOARD, period="P1M", name="Otro nombre")
    city.declare(descriptor)
    outcome = one(city.run("seguimiento", fetch=partial(fetch, access=Access(TrelloAccount(url=board.url)))))
    assert (outcome.outcome, outcome.problems) == ("published", 1)
    assert "is it the same one?" in json.dumps(outcome.report, ensure_ascii=False)


def test_exports_of_the_past_are_released_one_after_another(city: City, board: Trello):
    vintages = [
        {"asOf": "2026-06-30", "path": "source/junio.csv"},
        {"asOf": "2026-09-30", "path": "source/septiembre.csv"},
    ]
    folder = city.declare(tracked(vintages=vintages, period="P3M"))
    (folder / "source" / "junio.csv").write_text(json.dumps(board.export()))
    board.move(1, "Terminado")
    (folder / "source" / "septiembre.csv").write_text(json.dumps(board.export()))
    first, second = city.run("seguimiento")
    assert (first.as_of, second.as_of) == ("2026-06-30", "2026-09-30")
    assert [(row["periodo"], row["estado"]) for row in published_rows(city, "seguimiento")] == [
        *(
            ("2026-T2", "Pendiente"),
            ("2026-T2", "Pendiente"),
            ("2026-T3", "Pendiente"),
            ("2026-T3", "Terminado"),
        ),
    ]
    assert verified(city, "seguimiento")
