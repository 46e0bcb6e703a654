"""What is done beside the rest, as it is for large tables, gives what is done in turn."""

from __future__ import annotations

import pytest

from isolation import nursery, spill
from isolation.process import Stopped
from pipelines.release import beside
from tests.support.cities import City, csv, declaration

GOOD = [f"{number},Plaza {number},{number * 2.5}" for number in range(1, 60)]
DELIVERIES = {
    "clean": GOOD,
    "a-row-held": [*GOOD, "60,Plaza,mucho"],
    "personal": [*GOOD, "60,Vecina de mail vecina@ejemplo.com.ar,3"],
    "personal-and-wrong": [*GOOD, "60,ver vecina@ejemplo.com.ar,mucho"],
    "too-much-wrong": [*GOOD, *(f"{number},Plaza,mucho" for number in range(60, 90))],
}
LATER = [row for row in GOOD if not row.startswith("7,")] + ["70,Plaza nueva,1"]


@pytest.fixture(autouse=True)
def _own_nursery():
    yield
    nursery.restart()


def tell(folder, large: int, rows: list[str], monkeypatch: pytest.MonkeyPatch) -> list:
    monkeypatch.setattr(beside, "LARGE", large)
    nursery.restart(fork=True)  # tables are judged in a process that has what is set here
    city = City(folder)
    city.declare(declaration("obras", quarantine={"maxShare": 0.1}))
    told = []
    for delivery in (rows, LATER):
        city.send("obras", csv(*delivery))
        (outcome,) = city.run("obras")
        entries = [
            {name: file.sha256 for name, file in each.files.items()}
            for each in city.history("obras").releases
        ]
        told.append((outcome.outcome, outcome.message, outcome.problems, outcome.report, entries))
    return told


@pytest.mark.parametrize("name", DELIVERIES)
def test_beside_the_rest_or_in_turn(name, tmp_path, monkeypatch):
    in_turn = tell(tmp_path / "turn", 10**9, DELIVERIES[name], monkeypatch)
    apart, searched = beside.inspect_apart, tmp_path / "searched"

    def inspect_and_note(*given):
        with searched.open("a") as file:
            file.write("x")
        return apart(*given)

    monkeypatch.setattr(beside, "inspect_apart", inspect_and_note)
    at_once = tell(tmp_path / "once", 1, DELIVERIES[name], monkeypatch)
    assert at_once == in_turn
    assert len(searched.read_text()) == 2
    assert len({outcome for outcome, *_more in in_turn}) <= 2


def tell_of_months(folder, least: int, monkeypatch: pytest.MonkeyPatch) -> list:
    monkeypatch.setattr(beside, "UNPACKED", least)
    monkeypatch.setattr(spill, "SMALL", 0)
    nursery.restart(fork=True)
    city = City(folder)
    city.declare(declaration("obras", extract={"mode": "append"}))
    told = []
    for first in (1, 31, 50, 20):
        rows = [f"{number},Plaza {number} ({first}),{number * 2.5}" for number in range(first, first + 30)]
        city.send("obras", csv(*rows))
        (outcome,) = city.run("obras")
        told.append((outcome.outcome, outcome.message, outcome.changes))
    entries = [
        {name: file.sha256 for name, file in each.files.items()} for each in city.history("obras").releases
    ]
    return [*told, entries]


def test_earlier_rows_are_the_same_where_they_were_unpacked_before(tmp_path, monkeypatch):
    in_turn = tell_of_months(tmp_path / "turn", 10**12, monkeypatch)
    apart, unpacked = beside.call_apart, []

    def call_and_note(function, previous, *more, bounds):
        apart(function, previous, *more, bounds=bounds)
        unpacked.append([path.stat().st_size > 0 for path in previous.room.glob("*.arrow")])

    monkeypatch.setattr(beside, "call_apart", call_and_note)
    assert tell_of_months(tmp_path / "before", 0, monkeypatch) == in_turn
    assert unpacked == [[True]] * 3


def test_where_unpacking_fails_it_is_done_where_the_rows_are_needed(tmp_path, monkeypatch):
    in_turn = tell_of_months(tmp_path / "turn", 10**12, monkeypatch)

    def stop(*_given, **_more):
        raise Stopped("memory")

    monkeypatch.setattr(beside, "call_apart", stop)
    assert tell_of_months(tmp_path / "failing", 0, monkeypatch) == in_turn
