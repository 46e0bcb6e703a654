"""What a receipt is superseded by is per period: an accepted file is published though another period came
later, and is refused only where the same one did."""

from __future__ import annotations

import pytest

from pipelines.agency.submit import hand_in
from pipelines.cli.queries import list_receipts
from pipelines.dataset.dataset import load_datasets
from pipelines.nightly.status import describe_status
from pipelines.release.guards.accept import accept
from pipelines.release.outcome import Outcome
from pipelines.release.receipt_outcomes import ReceiptOutcome
from pipelines.release.verify import verify
from pipelines.settings import Settings
from tests.support.cities import City, csv, declaration, published_rows
from tests.support.terminal import vereda

FIELDS = [
    {"name": "id", "type": "integer", "description": "Número"},
    {"name": "dia", "type": "date", "description": "Día"},
    {"name": "cuantos", "type": "integer", "description": "Cuántos"},
]
MONTHS = {"mode": "by-period", "field": "dia"}
pytestmark = pytest.mark.usefixtures("english", "impatient_inbox")


@pytest.fixture(autouse=True)
def by_month(city):
    city.declare(declaration("visitas", source={"kind": "inbox"}, fields=FIELDS, extract=MONTHS, key="id"))


def month(number: int, days: int = 20, count: object = 1) -> str:
    rows = (f"{number * 100 + day},2024-{number:02}-{day:02},{count}" for day in range(1, days + 1))
    return csv(*rows, header="id,dia,cuantos")


def give(city: City, name: str, content: str, period: str | None = None, dataset: str = "visitas") -> Outcome:
    """Hands a file in, and gives what became of it in the run that follows."""
    file = city.folder / name
    file.write_text(content, "utf-8")
    handed = hand_in(city.datasets, city.archive, city.inbox, dataset, file, period, city.clock())
    outcomes = city.run(dataset.split("/")[0])
    return next(each for each in reversed(outcomes) if handed.receipt.number in each.receipts)


def receipts(city: City, dataset: str = "visitas") -> list[ReceiptOutcome]:
    return list_receipts(
        Settings(datasets=city.datasets, archive=str(city.archive.where)), city.archive, dataset
    )


def states(city: City, dataset: str = "visitas") -> list[tuple[str, str | None]]:
    return [(each.state, each.version) for each in receipts(city, dataset)]


def accepted(city: City, receipt: int | None = None, dataset: str = "visitas"):
    told = {"because": "es así", "by": "Ana", "run": "a", "at": "2026-03-02T10:00:00-03:00"}
    return accept(city.archive, city.history(dataset), receipt=receipt, **told)


def days(city: City, number: int) -> int:
    return sum(str(row["dia"])[5:7] == f"{number:02}" for row in published_rows(city, "visitas"))


def stopped_february(city: City) -> None:
    """January, February, and a February of two days, which is no. 3 and stops."""
    assert give(city, "enero.csv", month(1)).outcome == "published"
    assert give(city, "febrero.csv", month(2)).outcome == "published"
    assert give(city, "corto.csv", month(2, days=2)).outcome == "rejected"


def test_what_was_accepted_is_published_though_other_periods_came_later(city):
    stopped_february(city)
    assert give(city, "marzo.csv", month(3)).outcome == "published"
    assert give(city, "enero-2.csv", month(1, days=19)).outcome == "published"
    accepted(city, 3)
    assert states(city)[2] == ("accepted", None)
    (outcome,) = city.run("visitas")
    assert (outcome.outcome, outcome.receipts, outcome.version) == ("published", (3,), "1.4.0")
    assert [days(city, n) for n in (1, 2, 3)] == [19, 2, 20]
    assert states(city)[2] == ("published", "1.4.0")
    assert [each.outcome for each in city.run("visitas")] == ["unchanged"]
    assert [days(city, n) for n in (1, 2, 3)] == [19, 2, 20]
    history = city.history("visitas")
    assert all(verify(city.archive, each, history).bytes_same for each in history.releases)


def test_it_comes_before_what_waits_and_what_waits_comes_in_the_same_run(city):
    stopped_february(city)
    give(city, "marzo.csv", month(3))
    accepted(city, 3)
    file = city.folder / "abril.csv"
    file.write_text(month(4))
    hand_in(city.datasets, city.archive, city.inbox, "visitas", file, None, city.clock())
    assert [(each.outcome, each.receipts) for each in city.run("visitas")] == [
        ("published", (3,)),
        ("published", (5,)),
    ]
    assert [days(city, n) for n in (1, 2, 3, 4)] == [20, 2, 20, 20]


@pytest.mark.parametrize("again", [month(2), month(2, days=19)], ids=["as it is published", "otherwise"])
def test_it_is_refused_where_the_same_period_came_later(city, again):
    stopped_february(city)
    rows = len(again.splitlines()) - 1
    assert give(city, "febrero-2.csv", again).outcome in ("published", "unchanged")
    give(city, "marzo.csv", month(3))
    with pytest.raises(ValueError, match=r"no. 3 \(corto.csv\) was stopped before no. 4 \(febrero-2.csv\)"):
        accepted(city, 3)
    assert days(city, 2) == rows


def test_a_later_file_of_two_periods_stands_for_both(city):
    stopped_february(city)
    both = month(2) + month(3).partition("\n")[2]
    give(city, "dos.csv", both)
    with pytest.raises(ValueError, match=r"before no. 4 \(dos.csv\), which was released since"):
        accepted(city, 3)


def test_of_two_files_of_a_period_that_were_stopped_the_one_that_is_meant_is_published(city):
    stopped_february(city)
    assert give(city, "corto-2.csv", month(2, days=3)).outcome == "rejected"
    give(city, "marzo.csv", month(3))
    accepted(city, 3)
    assert [(each.outcome, each.receipts) for each in city.run("visitas")][:1] == [("published", (3,))]
    assert days(city, 2) == 2
    assert [each[0] for each in states(city)] == [
        "published",
        "published",
        "published",
        "rejected",
        "published",
    ]


def test_what_is_accepted_twice_is_told(city):
    stopped_february(city)
    give(city, "marzo.csv", month(3))
    told = vereda(city, "accept", "visitas", "--because", "es así", "--receipt", "3")
    assert "n.º 3 (corto.csv)" in told
    again = vereda(city, "accept", "visitas", "--because", "es así", "--receipt", "3", status=2)
    assert "no hay nada que aceptar. aceptado: lo publica la próxima corrida" in " ".join(again.split())
    assert len([e for e in city.history("visitas").entries if e.kind == "accept"]) == 1
    city.run("visitas")
    again = vereda(city, "accept", "visitas", "--because", "es así", "--receipt", "3", status=2)
    assert "no hay nada que aceptar. publicado, 1.3.0" in " ".join(again.split())


def test_a_file_of_the_same_period_that_comes_after_acceptance_is_published_after_it(city):
    stopped_february(city)
    give(city, "marzo.csv", month(3))
    accepted(city, 3)
    assert give(city, "febrero-2.csv", month(2, days=19)).outcome == "published"
    assert [each[0] for each in states(city)] == ["published"] * 5
    assert days(city, 2) == 19


def test_the_team_is_shown_what_may_be_accepted_though_another_period_came(city):
    stopped_february(city)
    give(city, "marzo.csv", month(3))
    settings = Settings(datasets=city.datasets, inbox=city.inbox, archive=str(city.archive.where))
    status = describe_status(city.archive, load_datasets(city.datasets), settings, city.moment)
    assert [each["dataset"] for each in status["needs"]] == []


def test_what_was_accepted_of_one_table_is_published_though_another_table_changed(city):
    made = declaration("dos", source={"kind": "inbox"}, fields=FIELDS, extract=MONTHS, key="id")
    (one,) = made["resources"]
    other = {**one, "name": "otra", "path": "otra.csv", "pipeline": {"source": {"kind": "inbox"}}}
    made["resources"] = [{**one, "name": "visitas", "path": "visitas.csv"}, other]
    city.declare(made)
    file = city.folder / "otra.csv"
    file.write_text(month(1))
    hand_in(city.datasets, city.archive, city.inbox, "dos/otra", file, None, city.clock())
    assert give(city, "enero.csv", month(1), dataset="dos/visitas").outcome == "published"
    give(city, "febrero.csv", month(2), dataset="dos/visitas")
    assert give(city, "corto.csv", month(2, days=2), dataset="dos/visitas").outcome == "rejected"
    assert give(city, "otra-2.csv", month(1, days=19), dataset="dos/otra").outcome == "published"
    accepted(city, 4, "dos")
    (outcome, *_rest) = city.run("dos")
    assert (outcome.outcome, outcome.receipts, outcome.rows) == (
        "published",
        (4,),
        {"otra": 19, "visitas": 22},
    )
