"""A city with two versions of a dataset in archive and portal, and a process that acts on copies of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import chaos
from tests.support.cities import City, csv, declaration
from tests.support.paths import ROOT


class Lives:
    """Acts on a fresh copy of the city, again and again."""

    def __init__(self, before: Path, folder: Path) -> None:
        self.before, self.folder = before, folder
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "tmp")}
        self.server = subprocess.Popen(
            [sys.executable, "-m", chaos.__name__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def begin(self) -> None:
        """A new city, as it was before everything."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.before, self.folder, symlinks=True)
        (self.folder / "tmp").mkdir()

    def act(self, *acts: str | tuple[str, int]) -> list[list[Any]]:
        """What became of acts that run at once: signal, writes, answer."""
        asked = [each if isinstance(each, tuple) else (each, 0) for each in acts]
        assert self.server.stdin
        assert self.server.stdout
        self.server.stdin.write(json.dumps({"acts": asked}) + "\n")
        self.server.stdin.flush()
        answer: list[list[Any]] = json.loads(self.server.stdout.readline())
        for _signal, _writes, said in answer:
            assert "Traceback" not in str(said), said
        return answer

    def look(self) -> dict[str, Any]:
        [[_signal, _writes, seen]] = self.act("look")
        return seen


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1.0.0 and 1.1.0 are published; a third extract waits."""
    city = City(tmp_path_factory.mktemp("city") / "before")
    city.declare(declaration("obras"), datos=csv("1,Plaza,10.5"))
    chaos.run(city)
    city.send("obras", csv("1,Plaza,10.5", "2,Escuela,"))
    chaos.run(city)
    city.send("obras", csv("1,Plaza,10.5", "2,Escuela,3", "3,Centro de salud,7"))
    return city.folder


@pytest.fixture(scope="module")
def lives(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lives]:
    lives = Lives(before, tmp_path_factory.mktemp("lives") / "city")
    yield lives
    lives.server.communicate("")
