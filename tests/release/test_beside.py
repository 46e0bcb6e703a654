"""What is done beside the rest, as it is for large tables, gives what is done in turn."""

from __future__ import annotations

import pytest

from isolation import nursery
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
