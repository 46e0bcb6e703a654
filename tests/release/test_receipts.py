"""Each file that is handed in has an outcome of its own, and is told it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from catalog.archive.release import UnknownRelease
from pipelines.cli.queries import list_receipts
from pipelines.dataset.dataset import load_dataset
from pipelines.fetch.inbox import receive
from pipelines.release.guards.accept import accept
from pipelines.release.receipt_outcomes import ReceiptOutcome
from pipelines.release.run import Run
from pipelines.release.steps import due_steps
from pipelines.settings import DEFAULT_LIMITS, Settings
from tests.support.cities import City, csv, declaration, published_rows
from tests.support.terminal import run_vereda, vereda

FIELDS = [
    {"name": "id", "type": "integer", "description": "Número"},
    {"name": "dia", "type": "date", "description": "Día"},
    {"name": "cuantos", "type": "integer", "description": "Cuántos"},
]
pytestmark = pytest.mark.usefixtures("english", "impatient_inbox")
MONTHS = {"mode": "by-period", "field": "dia"}


@pytest.fixture(autouse=True)
def two_datasets(city):
    city.declare(declaration("visitas", source={"kind": "inbox"}, fields=FIELDS, extract=MONTHS))
    city.declare(declaration("obras", source={"kind": "inbox"}))


def put(city: City, dataset: str, name: str, content: str) -> None:
    folder = city.inbox / "area" / dataset
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content, "utf-8")


def month(number: int, *counts: object, first: int = 0) -> str:
    rows = (f"{first + number * 100 + i},2024-{number:02}-{i + 1:02},{n}" for i, n in enumerate(counts))
    return csv(*rows, header="id,dia,cuantos")


def works(n: int) -> str:
    return csv(*(f"{i},Plaza {i},1" for i in range(n)))


def receipt_list(city: City, dataset: str) -> list[ReceiptOutcome]:
    settings = Settings(datasets=city.datasets, archive=str(city.archive.where))
    return list_receipts(settings, city.archive, dataset)


def states(city: City, dataset: str) -> list[tuple]:
    return [(each.receipt.name, each.state, each.version) for each in receipt_list(city, dataset)]


def accept_last(city: City, dataset: str, **more):
    told = {"because": "es así", "by": "Ana", "run": "a", "at": "2026-03-02T10:00:00-03:00"}
    return accept(city.archive, city.history(dataset), **told, **more)


def test_a_good_file_after_a_rejected_one_is_told_its_own_outcome(city, tmp_path):
    bad, good = tmp_path / "marzo-malo.csv", tmp_path / "marzo-bien.csv"
    bad.write_text(month(3, "a", "b"))
    good.write_text(month(3, 1, 2))
    assert "rechazado" in vereda(city, "submit", "visitas", str(bad), status=1)
    done = run_vereda(city, "submit", "visitas", str(good), "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, [each["outcome"] for each in answer["outcomes"]]) == (0, ["published"])
    progress = {"number": 1, "name": "marzo-malo.csv", "mended": 2, "left": 0, "new": 0}
    assert answer["receipt"]["progress"] == progress

    assert "no tiene el recurso 'otra'" in vereda(city, "receipts", "visitas/otra", status=2)
    listed = json.loads(vereda(city, "receipts", "visitas", "--json"))["receipts"]
    assert [(r["number"], r["name"], r["state"], r["version"]) for r in listed] == [
        (1, "marzo-malo.csv", "rejected", None),
        (2, "marzo-bien.csv", "published", "1.0.0"),
    ]
    assert "cuantos" in listed[0]["because"]


def test_a_rejected_file_is_judged_again_once_the_declaration_is_another(city):
    put(city, "visitas", "uno.csv", month(1, "3 (tres)", 4))
    assert [each.outcome for each in city.run("visitas")] == ["rejected"]
    repair = {"cuantos": [{"pattern": " \\(.*\\)", "replace": "", "because": "notas"}]}
    city.declare(
        declaration("visitas", source={"kind": "inbox"}, fields=FIELDS, extract=MONTHS, values=repair)
    )
    put(city, "visitas", "dos.csv", month(2, 1))
    assert [(each.outcome, each.receipts) for each in city.run("visitas")] == [
        ("published", (1,)),
        ("published", (2,)),
    ]
    assert states(city, "visitas") == [("uno.csv", "published", "1.0.0"), ("dos.csv", "published", "1.1.0")]


def test_held_rows_are_told_by_the_label_that_the_agency_sees(city):
    layout = {"labels": {"Cuántas visitas hubo": "cuantos"}}
    city.declare(
        declaration(
            "visitas", source={"kind": "inbox"}, fields=FIELDS, quarantine={"maxShare": 0.5}, layouts=[layout]
        )
    )
    content = month(1, "muchas", *range(4)).replace("id,dia,cuantos", "id,dia,Cuántas visitas hubo")
    put(city, "visitas", "enero.csv", content)
    (outcome,) = city.run("visitas")
    assert (outcome.outcome, "(cuantos)" in outcome.message) == ("quarantined", True)
    (listed,) = json.loads(vereda(city, "receipts", "visitas", "--json"))["receipts"]
    assert "(Cuántas visitas hubo): 1" in listed["because"]


def test_waiting_superseded_unchanged_and_published(city):
    put(city, "obras", "a.csv", works(3))
    put(city, "obras", "b.csv", works(4))
    city.run("obras")
    put(city, "obras", "c.csv", works(4))
    city.run("obras")
    receipts = city.archive.receipts("obras")
    receipts.add(replace(receipts.all()[0], token="otra vez"), unless_last=False)
    found = states(city, "obras")
    assert [each[1] for each in found] == ["superseded", "published", "unchanged", "waiting"]


def test_accept_does_what_it_says(city):
    put(city, "obras", "a.csv", works(9))
    city.run("obras")
    put(city, "obras", "b.csv", works(1))
    assert city.outcome("obras").outcome == "rejected"
    entry, _notes = accept_last(city, "obras", whole={"obras"})
    assert (entry.provenance["receipts"], states(city, "obras")[-1][1]) == ([2], "accepted")
    assert city.outcome("obras").outcome == "published"
    assert (len(published_rows(city, "obras")), states(city, "obras")[-1]) == (
        1,
        ("b.csv", "published", "1.1.0"),
    )


def test_accept_refuses_what_a_later_file_has_replaced(city):
    put(city, "obras", "a.csv", works(9))
    city.run("obras")
    put(city, "obras", "b.csv", works(1))
    city.run("obras")
    put(city, "obras", "c.csv", works(10))
    receive(load_dataset(city.datasets / "obras"), city.archive, city.inbox, "2026-03-02", DEFAULT_LIMITS)
    with pytest.raises(ValueError, match=r"no. 2 \(b.csv\).* no. 3 \(c.csv\), which was handed in since"):
        accept_last(city, "obras", whole={"obras"})
    city.run("obras")
    with pytest.raises(ValueError, match=r"no. 3 \(c.csv\), which was released since"):
        accept_last(city, "obras", whole={"obras"})
    put(city, "obras", "b-otra-vez.csv", works(1))
    assert city.outcome("obras").outcome == "rejected"
    accept_last(city, "obras", whole={"obras"})
    assert city.outcome("obras").outcome == "published"
    with pytest.raises(UnknownRelease):
        accept_last(city, "obras", whole={"obras"})


def test_a_file_that_cannot_be_read_stands_in_no_good_ones_way(city):
    put(city, "obras", "a.csv", works(3))
    city.run("obras")
    put(city, "obras", "b.csv", works(4))
    receive(load_dataset(city.datasets / "obras"), city.archive, city.inbox, "2026-03-02", DEFAULT_LIMITS)
    put(city, "obras", "c.csv", "\x89PNG\r\n no es una tabla")
    outcomes = city.run("obras")
    assert [(each.outcome, each.receipts) for each in outcomes] == [("rejected", (3,)), ("published", (2,))]
    expected = [("a.csv", "published", "1.0.0"), ("b.csv", "published", "1.1.0"), ("c.csv", "rejected", None)]
    assert states(city, "obras") == expected
    assert len(published_rows(city, "obras")) == 4
    assert [each.outcome for each in city.run("obras")] == ["rejected"]
    assert states(city, "obras") == expected
    put(city, "obras", "d.csv", works(5))
    assert [(each.outcome, each.receipts) for each in city.run("obras")] == [("published", (4,))]


def test_one_behind_which_nothing_good_waits_is_told_alone(city):
    put(city, "obras", "a.csv", works(3))
    city.run("obras")
    put(city, "obras", "b.csv", "\x89PNG\r\n no es una tabla")
    assert [(each.outcome, each.receipts) for each in city.run("obras")] == [("rejected", (2,))]


def test_of_two_tables_the_one_that_can_be_read_is_released(city):
    described = declaration("dos", source={"kind": "inbox"})
    (one,) = described["resources"]
    described["resources"] = [{**one, "name": name, "path": f"{name}.csv"} for name in ("uno", "otra")]
    city.declare(described)
    put(city, "dos/uno", "a.csv", works(3))
    put(city, "dos/otra", "b.csv", works(3))
    assert [each.outcome for each in city.run("dos")] == ["published"]
    put(city, "dos/uno", "c.csv", works(4))
    put(city, "dos/otra", "d.csv", "\x89PNG\r\n no es una tabla")
    assert [(each.outcome, each.rows) for each in city.run("dos")][1:] == [
        ("published", {"uno": 4, "otra": 3})
    ]
    assert [each[1] for each in states(city, "dos")] == ["published", "published", "published", "rejected"]


def test_acceptance_is_not_refused_for_a_file_that_cannot_be_read(city):
    put(city, "obras", "a.csv", works(9))
    city.run("obras")
    put(city, "obras", "b.csv", works(1))
    city.run("obras")
    put(city, "obras", "c.csv", "\x89PNG\r\n no es una tabla")
    assert [each.receipts for each in city.run("obras")] == [(3,)]  # no. 2 was judged already
    accept_last(city, "obras", whole={"obras"}, receipt=2)
    assert [(each.outcome, each.receipts) for each in city.run("obras")] == [
        ("published", (2,)),
        ("rejected", (3,)),
    ]
    assert len(published_rows(city, "obras")) == 1


def stopped_and_accepted(city: City) -> None:
    put(city, "obras", "a.csv", works(9))
    city.run("obras")
    put(city, "obras", "b.csv", works(1))
    city.run("obras")
    accept_last(city, "obras", whole={"obras"})


@pytest.mark.parametrize(
    ("later", "became"), [(works(2), "published"), (csv("1,Plaza,diez"), "rejected")], ids=["good", "bad"]
)
def test_what_was_accepted_is_published_before_what_came_later_is_judged(city, later, became):
    stopped_and_accepted(city)
    put(city, "obras", "c.csv", later)
    assert [(each.outcome, each.receipts) for each in city.run("obras")] == [
        ("published", (2,)),
        (became, (3,)),
    ]
    assert [each[1] for each in states(city, "obras")] == ["published", "published", became]


def test_a_file_that_a_run_judged_is_not_told_as_passed_over(city):
    put(city, "obras", "a.csv", csv("1,Plaza,diez"))
    city.run("obras")
    put(city, "obras", "b.csv", works(3))
    assert city.outcome("obras").message == ""
    put(city, "obras", "c.csv", works(4))
    put(city, "obras", "d.csv", works(5))
    assert "1 more file was handed in before d.csv" in city.outcome("obras").message


def test_what_was_accepted_and_is_refused_for_something_else_is_told_that(city):
    stopped_and_accepted(city)
    shape = declaration("obras", source={"kind": "inbox"})
    fields = shape["resources"][0]["schema"]["fields"]
    shape["resources"][0]["schema"]["fields"] = [{**fields[0], "constraints": {"minimum": 5}}, *fields[1:]]
    city.declare(shape)
    assert city.outcome("obras").outcome == "rejected"
    assert states(city, "obras")[1] == ("b.csv", "rejected", None)
    put(city, "obras", "c.csv", csv("7,Plaza,1"))
    assert [each.receipts for each in city.run("obras")] == [(3,)]


def test_what_was_released_while_another_was_accepted_is_named(city):
    """A run had found its steps when somebody accepted the file before."""
    put(city, "obras", "a.csv", works(9))
    city.run("obras")
    put(city, "obras", "b.csv", works(1))
    city.run("obras")
    accept_last(city, "obras", whole={"obras"})
    run = Run(
        load_dataset(city.datasets / "obras"), city.archive, city.clock, run_id="corrida", inbox=city.inbox
    )
    put(city, "obras", "c.csv", works(8))
    run.receive_files()
    (step,) = due_steps(run.dataset, run.history(), city.archive.receipts("obras").all(), None)[0]
    assert run.record(run.attempt(step)).outcome == "published"
    (found,) = [each for each in receipt_list(city, "obras") if each.receipt.number == 2]
    assert (found.state, found.because) == (
        "superseded",
        "no. 3 (c.csv) was released before it; if it is right, hand it in again",
    )
