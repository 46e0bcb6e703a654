"""A file of a period that was refused is judged again once what it is judged by changed, though later periods
were released; what a later file replaced, and what guards stopped, is not."""

from __future__ import annotations

import pytest

from pipelines.cli.queries import list_receipts
from pipelines.release.outcome import Outcome
from pipelines.release.receipt_outcomes import ReceiptOutcome
from pipelines.settings import Settings
from tests.support.cities import City, csv, declaration, published_rows
from tests.support.teams import give

FIELDS = [
    {"name": "id", "type": "integer", "description": "Número"},
    {"name": "dia", "type": "date", "description": "Día"},
    {"name": "cuantos", "type": "integer", "description": "Cuántos"},
]
pytestmark = pytest.mark.usefixtures("english", "impatient_inbox")


def declare(city: City, **more) -> None:
    months = {"mode": "by-period", "field": "dia"}
    city.declare(
        declaration("visitas", source={"kind": "inbox"}, fields=FIELDS, extract=months, key="id", **more)
    )


READS_X = {"values": {"cuantos": [{"from": "x", "to": "1"}]}}


def month(number: int, days: int = 20, count: object = 1, header: str = "id,dia,cuantos") -> str:
    rows = (f"{number * 100 + day},2024-{number:02}-{day:02},{count}" for day in range(1, days + 1))
    return csv(*rows, header=header)


def hand_in(city: City, name: str, content: str, period: str | None = None) -> Outcome:
    number = give(city, "visitas", content, name, period)
    return next(each for each in city.run("visitas") if number in each.receipts)


def receipts(city: City) -> list[ReceiptOutcome]:
    settings = Settings(datasets=city.datasets, archive=str(city.archive.where))
    return list_receipts(settings, city.archive, "visitas")


def states(city: City) -> list[str]:
    return [each.state for each in receipts(city)]


def days(city: City, number: int) -> int:
    return sum(str(row["dia"])[5:7] == f"{number:02}" for row in published_rows(city, "visitas"))


def refused_february(city: City, **february) -> None:
    declare(city)
    assert hand_in(city, "enero.csv", month(1)).outcome == "published"
    assert hand_in(city, "febrero.csv", month(2, count="x"), **february).outcome == "rejected"
    assert hand_in(city, "marzo.csv", month(3)).outcome == "published"


@pytest.mark.parametrize("period", [None, "2024-02"])
def test_after_a_mended_declaration_it_is_judged_again_and_told(city, period):
    refused_february(city, period=period)
    assert [each.outcome for each in city.run("visitas")] == ["unchanged"]
    declare(city, **READS_X)
    outcomes = city.run("visitas")
    assert [(each.outcome, each.receipts) for each in outcomes][:1] == [("published", (2,))]
    assert (states(city), days(city, 2)) == (["published"] * 3, 20)
    assert [each.outcome for each in city.run("visitas")] == ["unchanged"]


def test_where_it_does_not_pass_it_is_tried_once(city):
    refused_february(city)
    declare(city, values={"cuantos": [{"from": "y", "to": "1"}]})
    assert ("rejected", (2,)) in [(each.outcome, each.receipts) for each in city.run("visitas")]
    assert [each.outcome for each in city.run("visitas")] == ["unchanged"]
    assert states(city) == ["published", "rejected", "published"]


@pytest.mark.parametrize("period", [None, "2024-02"])
@pytest.mark.parametrize("name", ["febrero.csv", "otro.csv"])
def test_what_a_later_file_of_its_period_replaced_is_not_released(city, period, name):
    refused_february(city, period=period)
    assert hand_in(city, name, month(2, days=19)).outcome == "published"
    declare(city, **READS_X)
    city.run("visitas")
    assert days(city, 2) == 19
    refused = receipts(city)[1]
    assert (refused.state, refused.replaced_by.receipt.number) == ("rejected", 4)
    assert refused.to_json()["replacedBy"] == 4


def test_of_a_file_that_could_not_be_read_the_period_is_known_when_it_is_judged(city):
    declare(city)
    hand_in(city, "enero.csv", month(1))
    assert hand_in(city, "a.csv", month(2, header="id,fecha_de_visita,cuantos")).outcome == "rejected"
    hand_in(city, "b.csv", month(2, days=19))
    hand_in(city, "c.csv", month(3, header="id,fecha_de_visita,cuantos"))
    hand_in(city, "d.csv", month(4))
    declare(city, layouts=[{"labels": {"fecha_de_visita": "dia"}}])
    told = {each.receipts: each for each in city.run("visitas")}
    assert told[(2,)].outcome == "rejected"
    assert "no. 3 (b.csv) came after it, tells of the same period" in told[(2,)].message
    assert told[(4,)].outcome == "published"
    assert (days(city, 2), days(city, 3)) == (19, 20)


def test_a_key_of_another_period_that_was_put_right_lets_it_pass(city):
    declare(city)
    stray = month(1) + "205,2024-01-25,1\n"
    hand_in(city, "enero.csv", stray)
    assert "key 205 as well" in hand_in(city, "febrero.csv", month(2)).message
    assert hand_in(city, "enero-2.csv", month(1)).outcome == "published"
    (outcome, *_rest) = city.run("visitas")
    assert (outcome.outcome, outcome.receipts) == ("published", (2,))
    assert len(published_rows(city, "visitas")) == 40


def test_what_guards_stopped_passes_by_a_person_alone(city):
    declare(city)
    hand_in(city, "enero.csv", month(1))
    hand_in(city, "febrero.csv", month(2))
    assert hand_in(city, "corto.csv", month(2, days=2)).outcome == "rejected"
    hand_in(city, "marzo.csv", month(3))
    assert [each.outcome for each in city.run("visitas")] == ["unchanged"]
    assert len(published_rows(city, "visitas")) == 60


def test_an_empty_file_stands_in_no_other_ones_place(city):
    refused_february(city, period="2024-02")
    assert hand_in(city, "vacio.csv", "id,dia,cuantos\n", "2024-02").outcome == "unchanged"
    assert receipts(city)[1].replaced_by is None
    declare(city, **READS_X)
    city.run("visitas")
    assert days(city, 2) == 20


def test_a_row_without_a_period_is_a_problem_and_can_be_held(city):
    declare(city)
    undated = month(1) + "130,,1\n"
    outcome = hand_in(city, "enero.csv", undated)
    assert (outcome.outcome, outcome.problems) == ("rejected", 1)
    assert "says of which period the row is" in outcome.message
    declare(city, quarantine={"maxShare": 0.2})
    assert [each.outcome for each in city.run("visitas")] == ["quarantined"]
    assert hand_in(city, "enero-2.csv", month(1)).outcome == "published"
    assert len(published_rows(city, "visitas")) == 20
    assert [each.replaced_by and each.replaced_by.receipt.number for each in receipts(city)] == [2, None]


def test_what_guards_stopped_is_judged_again_by_a_mended_declaration(city):
    declare(city)
    hand_in(city, "enero.csv", month(1))
    hand_in(city, "febrero.csv", month(2))
    assert hand_in(city, "marzo.csv", month(3, count=1000)).outcome == "rejected"
    hand_in(city, "abril.csv", month(4))
    declare(city, values={"cuantos": [{"from": "1000", "to": "1"}]})
    assert [(each.outcome, each.receipts) for each in city.run("visitas")][:1] == [("published", (3,))]
    assert days(city, 3) == 20
