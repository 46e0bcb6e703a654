"""What a receipt tells stays true: what is missing until it can be taken up, what came in its place and what
became of that, that it was taken back; and which rejected files are settled."""

from __future__ import annotations

import pytest

from catalog.archive.release import UnknownRelease
from pipelines.cli.queries import list_receipts
from pipelines.dataset.dataset import load_datasets
from pipelines.nightly.status import describe_status
from pipelines.release.guards.accept import accept
from pipelines.release.receipt_outcomes import ReceiptOutcome, unsettled_receipts
from pipelines.settings import Settings
from tests.support.cities import City, csv, declaration
from tests.support.teams import give

pytestmark = pytest.mark.usefixtures("english", "impatient_inbox")


def outcomes(city: City, dataset: str = "obras") -> list[ReceiptOutcome]:
    settings = Settings(datasets=city.datasets, archive=str(city.archive.where))
    return list_receipts(settings, city.archive, dataset)


def needs(city: City) -> list[tuple[str, str, str]]:
    settings = Settings(datasets=city.datasets, inbox=city.inbox, archive=str(city.archive.where))
    status = describe_status(city.archive, load_datasets(city.datasets), settings, city.moment)
    return [(each["dataset"], each["message"], each["next"]) for each in status["needs"]]


def works(n: int) -> str:
    return csv(*(f"{i},Plaza {i},1" for i in range(n)))


def two_tables(city: City) -> None:
    made = declaration("accesos", source={"kind": "inbox"})
    other = declaration("reparaciones", source={"kind": "inbox"})["resources"][0]
    made["resources"].append({**other, "title": "Reparaciones"})
    city.declare(made)


def test_of_two_tables_the_first_file_says_which_one_is_missing(city):
    two_tables(city)
    give(city, "accesos/accesos", works(2), "a.csv")
    city.run("accesos")
    (found,) = outcomes(city, "accesos")
    assert (found.state, found.missing) == ("waiting", (("reparaciones", "Reparaciones"),))
    assert found.because.startswith("“Reparaciones” is missing: hand it in too")
    ((dataset, message, command),) = needs(city)
    assert (dataset, command) == ("accesos", "vereda submit accesos/reparaciones FILE")
    assert "no. 1 (a.csv) waits: “Reparaciones” is missing" in message
    give(city, "accesos/reparaciones", works(3), "b.csv")
    assert [each.missing for each in outcomes(city, "accesos")] == [(), ()]
    city.run("accesos")
    assert [each.state for each in outcomes(city, "accesos")] == ["published", "published"]
    assert needs(city) == []


def test_a_file_that_was_taken_back_is_missing_again(city):
    two_tables(city)
    give(city, "accesos/accesos", works(2), "a.csv")
    give(city, "accesos/reparaciones", works(2), "b.csv")
    city.archive.receipts("accesos").take_backs.add(2, "Ana", "2026-03-01T10:00:00-03:00")
    first, second = outcomes(city, "accesos")
    assert first.missing == (("reparaciones", "Reparaciones"),)
    assert (second.state, second.because) == ("taken-back", "Ana took it back on March 1, 2026")
    assert (second.to_json()["state"], second.to_json()["takenBack"]) == ("superseded", True)


def test_what_came_in_a_files_place_stays_what_is_told(city):
    city.declare(declaration("obras", source={"kind": "inbox"}))
    give(city, "obras", works(9), "a.csv")
    city.run("obras")
    give(city, "obras", works(10), "b.csv")
    give(city, "obras", csv("1,Plaza,diez"), "c.csv")
    city.run("obras")
    assert outcomes(city)[1].state == "superseded"
    assert outcomes(city)[1].because == "no. 3 (c.csv) came before it was read: rejected"
    give(city, "obras", works(11), "d.csv")
    give(city, "obras", csv("1,Plaza,nada"), "e.csv")
    city.run("obras")
    told = {each.receipt.number: each.because for each in outcomes(city)}
    assert told[2] == "no. 3 (c.csv) came before it was read: rejected"
    assert told[4] == "no. 5 (e.csv) came before it was read: rejected"


def test_accepting_what_a_later_file_replaced_is_not_proposed(city):
    city.declare(declaration("obras", source={"kind": "inbox"}))
    give(city, "obras", works(9), "a.csv")
    city.run("obras")
    give(city, "obras", works(1), "b.csv")
    assert city.outcome("obras").outcome == "rejected"
    city.archive.receipts("obras").take_backs.add(2, "Ana", "2026-03-01T10:00:00-03:00")
    told = {"because": "es así", "by": "Ana", "run": "a", "at": "2026-03-02T10:00:00-03:00"}
    with pytest.raises(ValueError, match=r"no. 2 was taken back by Ana"):
        accept(city.archive, city.history("obras"), whole={"obras"}, **told)
    give(city, "obras", works(10), "c.csv")
    assert city.outcome("obras").outcome == "published"
    with pytest.raises((ValueError, UnknownRelease)):
        accept(city.archive, city.history("obras"), whole={"obras"}, receipt=2, **told)


def test_a_rejected_file_is_settled_by_a_later_one_of_its_table(city):
    city.declare(declaration("obras", source={"kind": "inbox"}))
    modes = {"obras": "full"}
    give(city, "obras", csv("1,Plaza,diez"), "a.csv")
    city.run("obras")
    assert unsettled_receipts(modes, outcomes(city)) == {1}
    give(city, "obras", csv("1,Plaza,once"), "b.csv")
    city.run("obras")
    assert unsettled_receipts(modes, outcomes(city)) == {1, 2}
    give(city, "obras", works(3), "c.csv")
    city.run("obras")
    assert unsettled_receipts(modes, outcomes(city)) == set()
    give(city, "obras", csv("1,Plaza,diez"), "d.csv")
    city.run("obras")
    assert unsettled_receipts(modes, outcomes(city)) == {4}


def test_rejected_rows_to_add_stay_in_sight_until_they_are_taken_back(city):
    city.declare(declaration("pedidos", source={"kind": "inbox"}, extract={"mode": "append"}))
    give(city, "pedidos", works(2), "a.csv")
    city.run("pedidos")
    give(city, "pedidos", csv("7,Plaza,diez"), "b.csv")
    city.run("pedidos")
    give(city, "pedidos", csv("8,Plaza,1"), "c.csv")
    assert [each.outcome for each in city.run("pedidos")] == ["published"]
    ((dataset, message, command),) = needs(city)
    assert (dataset, command) == ("pedidos", "vereda receipts pedidos")
    assert "1 file with rows to add was rejected" in message
    assert "no. 2" in message
    city.archive.receipts("pedidos").take_backs.add(2, "Ana", "2026-03-01T10:00:00-03:00")
    assert needs(city) == []
    assert outcomes(city, "pedidos")[1].state == "taken-back"


def test_a_file_of_another_period_settles_nothing(city):
    fields = [
        {"name": "id", "type": "integer", "description": "Número"},
        {"name": "dia", "type": "date", "description": "Día"},
    ]
    extract = {"mode": "by-period", "field": "dia"}
    city.declare(declaration("visitas", source={"kind": "inbox"}, fields=fields, extract=extract))
    modes = {"visitas": "by-period"}
    give(city, "visitas", csv("x,2024-05-01", header="id,dia"), "mayo.csv")
    city.run("visitas")
    give(city, "visitas", csv("1,2024-06-01", header="id,dia"), "junio.csv")
    city.run("visitas")
    assert unsettled_receipts(modes, outcomes(city, "visitas")) == {1}
    give(city, "visitas", csv("2,2024-05-01", header="id,dia"), "mayo.csv")
    city.run("visitas")
    assert unsettled_receipts(modes, outcomes(city, "visitas")) == set()


def test_a_month_is_settled_by_whatever_file_tells_of_it(city):
    fields = [
        {"name": "id", "type": "integer", "description": "Número"},
        {"name": "dia", "type": "date", "description": "Día"},
    ]
    extract = {"mode": "by-period", "field": "dia"}
    city.declare(declaration("visitas", source={"kind": "inbox"}, fields=fields, extract=extract))
    modes = {"visitas": "by-period"}
    for name, rows, unsettled in (
        ("mayo-malo.csv", ["x,2024-05-01", "2,2024-05-02"], {1}),
        ("junio.csv", ["1,2024-06-01"], {1}),
        ("mayo.csv", ["2,2024-05-01"], set()),
    ):
        give(city, "visitas", csv(*rows, header="id,dia"), name)
        city.run("visitas")
        assert unsettled_receipts(modes, outcomes(city, "visitas")) == unsettled
