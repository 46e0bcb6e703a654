"""Several machines on one archive, and what is done to an archive while it is written: the commands as
people type them, in processes with names, time zones and temporary folders of their own. Minutes;
`make chaos` runs it."""

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

from tests.support.archives import s3
from tests.support.cities import City, csv, declaration
from tests.support.paths import ROOT

IDS = ["barrios", "obras", "plazas"]
ROUNDS = int(os.environ.get("TEST_RACES", "50")) // 10


class Machine:
    """One of several on the same archive and declarations."""

    def __init__(self, name: str, city: Path, archive: str, **environment: str) -> None:
        self.folder = city / name
        (self.folder / "tmp").mkdir(parents=True)
        self.command = [sys.executable, "-m", "pipelines.cli"]
        if not os.geteuid():
            own = f"hostname {name} && exec {sys.executable} -m pipelines.cli"
            self.command = ["unshare", "--uts", "sh", "-c", f'{own} "$@"', "vereda"]
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(self.folder / "tmp"),
            "VEREDA_LANG": "en",
            "VEREDA_DATASETS": str(city / "datasets"),
            "VEREDA_ARCHIVE": archive,
            "VEREDA_PORTAL": str(self.folder / "portal"),
            "VEREDA_INBOX": str(self.folder / "inbox"),
            **environment,
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.command, *words],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def say(self, *words: str, status: int = 0) -> Any:
        return read(self.start(*words), status)


def read(process: subprocess.Popen[str], status: int = 0) -> Any:
    """The answer of a command, as JSON."""
    out, error = process.communicate(timeout=600)
    assert "Traceback" not in error
    assert process.returncode == status, out + error
    return json.loads(out)


def send(city: City, rows: int) -> None:
    for id in IDS:
        city.send(id, csv(*(f"{n},Plaza {n},{n}.5" for n in range(rows))))


@pytest.fixture
def declared(city: City) -> City:
    for id in IDS:
        city.declare(declaration(id), datos="")
    send(city, 3)
    return city


@pytest.fixture(params=["folder", "bucket"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    if request.param == "folder":
        yield str(tmp_path / "archive"), {}
        return
    with s3() as environment:
        yield "s3://vereda/shared", environment


def test_two_machines_release_each_version_once(declared: City, archive: tuple[str, dict[str, str]]) -> None:
    where, environment = archive
    here = Machine("uno", declared.folder, where, **environment, TZ="UTC")
    there = Machine("dos", declared.folder, where, **environment, TZ="Asia/Tokyo")
    for turn in range(ROUNDS):
        send(declared, 10 + turn)
        ends = [read(each) for each in [here.start("run", "--json"), there.start("run", "--json")]]
        words = [{o["dataset"]: o["outcome"] for o in end["outcomes"]} for end in ends]
        for id in IDS:
            assert {word[id] for word in words} <= {"published", "unchanged"}, words
            entries = here.say("history", id, "--json")["entries"]
            assert [entry["version"] for entry in entries] == [f"1.{n}.0" for n in range(turn + 1)]
    for machine in (here, there):
        assert machine.say("verify", "--json")["damaged"] == []
        machine.say("publish", "--json")
        assert machine.say("plan", "--json")["steps"] == []


def copy_archive(source: Path, into: Path) -> None:
    """In the order of docs/how-to.md, while others write."""
    into.mkdir()
    for part in ("archive.json", "requests", "takeovers", "runs", "outbox", "datasets", "demo", "blobs"):
        if (source / part).exists():
            copy = ["rsync", "-a", "--exclude", "*#*", str(source / part), str(into)]
            done = subprocess.run(copy, capture_output=True, text=True, check=False)
            assert done.returncode in (0, 24), done.stderr  # 24: what was being written went away


@pytest.mark.skipif(not shutil.which("rsync"), reason="RSYNC IS NOT THERE")
def test_a_copy_of_a_night_at_work_is_restored_elsewhere(declared: City) -> None:
    folder = declared.folder
    first = Machine("uno", folder, str(folder / "archive"))
    first.say("run", "--json")
    for turn in range(ROUNDS):
        send(declared, 10 + turn)
        night = first.start("run", "--json")
        copied = 0
        while night.poll() is None:
            shutil.rmtree(folder / f"copy-{turn}", ignore_errors=True)
            copy_archive(folder / "archive", folder / f"copy-{turn}")
            copied += 1
        read(night)
        assert copied
        second = Machine(f"dos-{turn}", folder, str(folder / f"copy-{turn}"))
        found = second.say("verify", "--json")
        assert found["damaged"] == []
        assert {each["bytes"] for each in found["releases"]} == {"same"}
        second.say("run", "--json")
        assert {o["outcome"] for o in second.say("run", "--json")["outcomes"]} == {"unchanged"}
        assert second.say("plan", "--json")["steps"] == []
        for id in IDS:
            page = second.folder / "portal/datasets" / id / "index.html"
            assert page.stat().st_size > 1000
