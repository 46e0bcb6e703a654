"""What happens to machines: a disk that may only be read, a clock that goes back, a storage that stutters, a
backup in the middle of a run, a move, an upgrade, a process that dies with extracts in its hands."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog.archive.archive import Archive
from catalog.archive.release import entry_from_json
from catalog.archive.store import ArchiveError
from catalog.portal.portal import Portal
from pipelines import workroom
from pipelines.release.damage import find_damage
from pipelines.release.verify import verify
from tests.support.archives import commit_until_won, s3
from tests.support.cities import City, csv, declaration
from tests.support.paths import ROOT

pytestmark = pytest.mark.usefixtures("english")
THREE = csv("1,Plaza,10.5", "2,Escuela,3", "3,Puente,7")


def obras(city: City) -> City:
    city.declare(declaration("obras"), datos=csv("1,Plaza,10.5"))
    assert city.outcome("obras").outcome == "published"
    return city


def is_whole(archive: Archive, dataset: str = "obras") -> bool:
    history = archive.history(dataset)
    return all(not archive.blob_fault(sha256) for entry in history for sha256 in entry.blobs)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=50m", "tmpfs", place]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk cannot be mounted here: that needs root")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_an_archive_that_may_only_be_read_is_read_and_says_so(disk: Path, tmp_path: Path) -> None:
    city = obras(City(tmp_path, Archive.open(disk / "archive")))
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    city.send("obras", THREE)
    outcome = city.outcome("obras")
    assert outcome.outcome == "failed"
    assert "closed to this program" in outcome.message or "Read-only" in outcome.message
    history = city.history("obras")
    assert [str(e.version) for e in history.releases] == ["1.0.0"]
    assert verify(city.archive, history.releases[0], history).right
    portal = Portal(tmp_path / "portal")
    portal.apply(city.archive, portal.plan(city.archive))
    assert find_damage(city.archive, portal) == []
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    assert city.outcome("obras").version == "1.1.0"


def test_a_clock_that_went_back_is_told_and_entries_stay_in_order(city: City) -> None:
    obras(city)
    before = city.moment
    city.moment -= timedelta(days=400)
    city.send("obras", THREE)
    outcome = city.outcome("obras")
    assert outcome.outcome == "published"
    assert "clock of this machine went back" in outcome.message
    entries = city.history("obras").entries
    assert [e.at for e in entries] == sorted(e.at for e in entries)
    assert city.archive.last_run("obras")["version"] == "1.1.0"
    stopped = replace(city.archive, clock=lambda: datetime.now(UTC) - timedelta(days=3))
    stopped.record("obras", {"run": "later", "outcome": "unchanged"})
    assert stopped.last_run("obras")["run"] == "later", "what came last is the last one"
    city.moment = before
    assert "clock" not in city.outcome("obras").message


def test_a_storage_that_stutters_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third request meets 503, each answer takes its time; then nothing answers at all."""
    refuse = iter(n % 3 == 0 for n in range(1, 100_000))

    def stutter(environ: dict[str, Any]) -> bool:
        time.sleep(0.01)
        return environ["PATH_INFO"] != "/vereda" and next(refuse)

    with s3(refuses=stutter) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        archive = Archive.open(f"s3://vereda/{uuid.uuid4()}")
        for n in range(3):
            assert commit_until_won(archive, tmp_path / "work", f"run-{n}") == 0
        assert is_whole(archive)
        assert [e.run for e in archive.history("obras")] == ["run-0", "run-1", "run-2"]
    with pytest.raises(ArchiveError, match="cannot be read or written"):
        archive.history("obras")


def test_a_backup_taken_in_the_middle_of_runs_is_whole(tmp_path: Path) -> None:
    """In the order of docs/how-to.md: records, logs, files."""
    archive = Archive.open(tmp_path / "archive")
    done = threading.Event()

    def work() -> None:
        n = 0
        while not done.is_set():
            commit_until_won(archive, tmp_path / "work", f"run-{n}")
            archive.record("obras", {"run": f"run-{n}"})
            n += 1

    writer = threading.Thread(target=work)
    writer.start()
    try:
        while len(archive.runs("obras")) < 3:
            time.sleep(0.01)
        for take in range(5):
            backup = tmp_path / f"backup-{take}"
            backup.mkdir()
            for part in ("runs", "datasets", "blobs"):
                copy = ["cp", "-a", str(tmp_path / "archive" / part), str(backup)]
                subprocess.run(copy, check=False, capture_output=True)  # what is being written may go away
            restored = Archive.open(backup)
            assert is_whole(restored)
            assert restored.lost_entries("obras", False, restored.read_log("obras")) == []
            assert commit_until_won(restored, tmp_path / "after", "after") == 0
    finally:
        done.set()
        writer.join()


def test_a_moved_archive_is_the_same(city: City) -> None:
    obras(city)
    shutil.move(city.folder / "archive", city.folder / "elsewhere")
    city.archive = Archive.open(city.folder / "elsewhere")
    history = city.history("obras")
    assert verify(city.archive, history.releases[0], history).right
    assert city.outcome("obras").outcome == "unchanged"


def test_an_archive_of_the_time_before_opens_and_goes_on(city: City) -> None:
    obras(city)
    for path in (city.folder / "archive").rglob("*.json"):
        plain = json.loads(path.read_text("utf-8"))
        (plain.pop("previous", None), plain.pop("log", None))
        path.write_text(json.dumps(plain, sort_keys=True, indent=1, ensure_ascii=False) + "\n", "utf-8")
    copies = [path for path in (city.folder / "archive/blobs").iterdir() if is_entry(path)]
    assert len(copies) == 1
    copies[0].unlink()
    portal = Portal(city.folder / "portal")
    portal.apply(city.archive, portal.plan(city.archive))
    assert find_damage(city.archive, portal) == []
    history = city.history("obras")
    assert verify(city.archive, history.releases[0], history).note.endswith("every byte is the same")
    city.send("obras", THREE)
    assert city.outcome("obras").version == "1.1.0"
    (city.folder / "archive/datasets/obras/log/00000001.json").write_bytes(b"")
    assert city.archive.restore_entry("obras", False, 1), "old entries got copies as well"
    assert city.history("obras").entries[0] == history.entries[0]


def is_entry(path: Path) -> bool:
    try:
        return bool(entry_from_json(path.read_bytes()))
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


DIE = """
import os, sys, tempfile
from pathlib import Path
from pipelines.workroom import enter_workroom
with tempfile.TemporaryDirectory(prefix="vereda-", dir=enter_workroom()) as folder:
    Path(folder, "obras.raw").write_text("DNI 30.123.456")
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_run_had_in_its_hands_is_swept_and_not_that_of_a_live_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    processes = [
        subprocess.Popen([sys.executable, "-c", DIE], env=environment, stdin=-1, stdout=-1, text=True)
        for _each in range(2)
    ]
    rooms = [Path(process.stdout.readline().strip()).parent for process in processes]
    place = tmp_path / f"vereda-{os.getuid()}"
    assert {room.parent for room in rooms} == {place}
    assert {folder.stat().st_mode & 0o777 for folder in (place, *rooms)} == {0o700}
    processes[0].send_signal(signal.SIGKILL)
    processes[0].communicate()
    old = tmp_path / "vereda-abcd1234"  # of the time before there was such a place
    old.mkdir()
    os.utime(old, (0, 0))
    sweeper = "from pipelines.workroom import sweep_workrooms; print(*sweep_workrooms(), sep='\\n')"
    swept = subprocess.run(
        [sys.executable, "-c", sweeper], env=environment, capture_output=True, text=True, check=True
    )
    assert sorted(swept.stdout.split()) == sorted([str(rooms[0]), str(old)])
    assert [room.exists() for room in rooms] == [False, True]
    processes[1].communicate("")
    assert list(place.iterdir()) == [], "who ends takes its own away"


def test_a_folder_that_vanishes_while_leavings_are_swept_ends_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process removes its own between being listed and being looked at."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(workroom, "_room", None)
    old, gone = tmp_path / "vereda-abcdefgh", tmp_path / "vereda-ijklmnop"
    for folder in (old, gone):
        folder.mkdir()
        os.utime(folder, (0, 0))
    fullmatch = re.fullmatch

    def match(pattern: str, name: str) -> re.Match[str] | None:
        if name == gone.name:
            gone.rmdir()
        return fullmatch(pattern, name)

    monkeypatch.setattr(workroom.re, "fullmatch", match)
    assert workroom.sweep_workrooms() == [old]
    assert not old.exists()
