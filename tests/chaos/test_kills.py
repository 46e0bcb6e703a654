"""Whatever is killed, before whichever of its writes: what stands is whole, and doing the same again finishes
it. `make chaos` kills a thousand times."""

from __future__ import annotations

import os
import random
import signal

import pytest

from tests.chaos.conftest import Lives

KILLS = int(os.environ.get("TEST_KILLS", "50"))
ENDS = {"run": "1.2.0", "rollback": "1.0.0", "withdraw": "1.0.0", "publish": "1.1.0", "repair": "1.1.0"}
# tests/release/test_kill.py kills a run too, with `make chaos` before each of its writes.
SHARES = {"run": 0.2, "rollback": 0.3, "withdraw": 0.25, "repair": 0.25}


def damage(lives: Lives) -> None:
    """A stored file and a served one are not what they were."""
    blobs = lives.folder / "archive/blobs"
    served = lives.folder / "portal/datasets/obras/v/1.0.0/obras.parquet"
    same = next(path for path in blobs.iterdir() if path.read_bytes() == served.read_bytes())
    same.write_bytes(b"x" * same.stat().st_size)
    page = lives.folder / "portal/datasets/obras/index.html"
    page.write_bytes(b"x" * page.stat().st_size)


@pytest.mark.parametrize("act", SHARES)
def test_killed_anywhere_it_stands_and_can_be_finished(lives: Lives, act: str) -> None:
    lives.begin()
    if act == "repair":
        damage(lives)
    [[_signal, writes, _said]] = lives.act(act)
    assert writes > 5
    chosen = random.Random(act)
    for _life in range(max(1, round(KILLS * SHARES[act]))):
        lives.begin()
        if act == "repair":
            damage(lives)
        damaged = set(lives.look()["damage"])
        fatal = chosen.randint(1, writes)
        [[died, _writes, _said]] = lives.act((act, fatal))
        assert died == signal.SIGKILL, (act, fatal)
        seen = lives.look()
        assert seen["damages"] == [], (act, fatal)
        assert set(seen["damage"]) <= damaged, (act, fatal, "what was whole is whole")
        assert seen["current"] in ("1.1.0", ENDS[act]), (act, fatal, "the old state or the new one")
        lives.act(act)
        seen = lives.look()
        assert (seen["current"], seen["damage"], seen["steps"]) == (ENDS[act], [], []), (act, fatal)
        acts = [kind for _number, kind, _version, _run in seen["entries"]]
        wanted = {"run": "release", "rollback": "current", "withdraw": "withdraw"}.get(act)
        assert acts == ["release", "release", *([wanted] if wanted else [])], (act, fatal, "once")
        [[_signal, _writes, swept]] = lives.act("sweep")
        assert all(line.startswith("True") for line in swept), swept
        assert list((lives.folder / "tmp").glob("vereda-*/*")) == [], "no extract is left behind"
        assert list((lives.folder / "archive").rglob("*#*")) == []
        assert lives.look()["damage"] == []
