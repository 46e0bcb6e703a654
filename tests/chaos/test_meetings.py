"""Two processes at once, as on two machines: nothing is lost, mixed or said twice. `make chaos` has five
hundred such meetings."""

from __future__ import annotations

import os

import pytest

from tests.chaos.conftest import Lives
from tests.support.chaos import age

RACES = int(os.environ.get("TEST_RACES", "50"))
# Publishing takes longest, so that it has the smaller share.
SHARES = {
    ("commit", "commit"): 0.3,
    ("append", "append"): 0.25,
    ("record", "record"): 0.15,
    ("commit", "sweep-now"): 0.1,
    ("withdraw", "withdraw"): 0.05,
    ("rollback", "withdraw"): 0.05,
    ("run", "run"): 0.05,
    ("run", "withdraw"): 0.05,
}


def leave_orphans(lives: Lives) -> None:
    """What a commit put into the archive, all of it old, as though its process had been killed before the
    log told of it: a sweep removes just what the next commit needs."""
    lives.act("commit")
    (entry,) = lives.folder.rglob("obras/log/00000003.json")
    entry.unlink()
    age(lives.folder)


@pytest.mark.parametrize("pair", SHARES, ids="+".join)
def test_who_meet_lose_nothing(lives: Lives, pair: tuple[str, str]) -> None:
    for _race in range(max(1, round(RACES * SHARES[pair]))):
        lives.begin()
        if "sweep-now" in pair:
            leave_orphans(lives)
        before = lives.look()
        ends = lives.act(*pair)
        assert [died for died, _writes, _said in ends] == [0, 0]
        seen = lives.look()
        assert (seen["damages"], seen["damage"]) == ([], [])
        added = [(kind, version) for _number, kind, version, _run in seen["entries"][2:]]
        assert [number for number, *_rest in seen["entries"]] == list(range(1, len(added) + 3))
        if pair == ("commit", "commit"):
            assert added == [("release", "1.2.0"), ("release", "1.3.0")]
        elif pair == ("append", "append"):
            assert added == [("current", "1.0.0")], "the same act twice is one"
        elif pair == ("record", "record"):
            assert seen["runs"] == before["runs"] + 2
        elif pair == ("withdraw", "withdraw"):
            assert added == [("withdraw", "1.1.0")]
        elif pair == ("run", "run"):
            assert added == [("release", "1.2.0")]
        elif pair == ("rollback", "withdraw"):
            assert seen["current"] == "1.0.0"
        else:
            assert ("release", "1.2.0") in added
        if set(pair) <= {"run", "rollback", "withdraw"}:
            assert seen["steps"] == [], "the portal is as the archive says"
