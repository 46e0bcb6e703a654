"""A run that is killed before any one of its writes leaves the old release or the new one, and the next run
finishes the work. `make chaos` kills before each of them."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys

import pytest

from catalog.portal.portal import Portal
from tests.support import killed
from tests.support.cities import City, csv, declaration
from tests.support.paths import ROOT

KILLS = int(os.environ.get("TEST_KILLS", "60"))


def choose_writes(writes: int) -> list[int]:
    """The first and the last, and of the others as many as there are to be kills; in order."""
    between = range(2, writes)
    return [1, *sorted(random.Random("obras").sample(between, min(KILLS, len(between)))), writes]


@pytest.fixture
def before(tmp_path):
    """A city with one release in its archive and portal, and a new extract that is not released yet."""
    city = City(tmp_path / "before")
    city.declare(declaration("obras"), datos=csv("1,Plaza,10.5", "2,Escuela,"))
    killed.run_and_publish(city.folder)
    city.send("obras", csv("1,Plaza,10.5", "2,Escuela,3", "3,Centro de salud,7"))
    return city.folder


def whole(city: City) -> str:
    """Checks that archive and portal are each of one piece; gives the archive's current version."""
    history = city.history("obras")
    assert [e.number for e in history] == list(range(1, len(history.entries) + 1))
    for entry in history.releases:
        for file in entry.files.values():
            assert len(city.archive.get(file.sha256)) == file.bytes
    portal = city.folder / "portal"
    assert (portal / "index.html").read_text("utf-8").rstrip().endswith("</html>")
    page = (portal / "datasets/obras/index.html").read_text("utf-8")
    for version in [v for v in ("1.0.0", "1.1.0") if f"v/{v}/obras.csv" in page]:
        assert (portal / f"datasets/obras/v/{version}/obras.csv").stat().st_size
    return str(history.current.version)


def test_killed_before_any_of_its_writes(before, tmp_path):
    folder = tmp_path / "city"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(folder / "tmp"),
    }
    with subprocess.Popen(
        [sys.executable, "-m", killed.__name__, str(folder)], stdin=-1, stdout=-1, text=True, env=environment
    ) as server:

        def life(fatal: int) -> tuple[int, str]:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(before, folder, symlinks=True)
            (folder / "tmp").mkdir()
            server.stdin.write(f"{fatal}\n")
            server.stdin.flush()
            status, writes = server.stdout.readline().split()
            return int(status), writes

        status, writes = life(0)
        assert status == 0
        versions = []
        for fatal in choose_writes(int(writes)):
            status, _writes = life(fatal)
            assert status == signal.SIGKILL, fatal
            city = City(folder)
            versions.append(whole(city))
            killed.run_and_publish(folder)
            assert whole(city) == "1.1.0", fatal
            assert [str(e.version) for e in city.history("obras").releases] == ["1.0.0", "1.1.0"], fatal
            assert Portal(folder / "portal").plan(city.archive) == []
        server.stdin.close()
    assert int(writes) > 20
    assert versions == sorted(versions), "never back again"
    assert set(versions) == {"1.0.0", "1.1.0"}
