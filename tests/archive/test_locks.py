"""Locks: of two at once one has it, in a folder and in a bucket; a kill frees it; nothing of it stays."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalog.archive.archive import Archive
from catalog.archive.locks import LEASE
from tests.support.paths import ROOT

HOLD = """
import sys, time
from catalog.archive.archive import Archive
release = Archive.open(sys.argv[1]).locks.take("dataset-obras", {"run": "other"})
print("held" if release else "refused", flush=True)
time.sleep(600)
"""


class Wall:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(params=["folder", "bucket"])
def archive(request, tmp_path) -> Archive:
    return Archive.open(tmp_path / "archive" if request.param == "folder" else "memory:///")


def test_one_has_it_and_the_others_see_who(archive):
    release = archive.locks.take("dataset-obras", {"run": "a"})
    assert archive.locks.take("dataset-obras", {"run": "b"}) is None
    assert archive.locks.holder("dataset-obras") == {"run": "a"}
    other = archive.locks.take("dataset-salud", {"run": "b"})
    release()
    other()
    assert archive.locks.holder("dataset-obras") is None
    again = archive.locks.take("dataset-obras", {"run": "b"})
    assert archive.locks.holder("dataset-obras") == {"run": "b"}
    again()


def test_of_many_at_once_as_many_as_there_are_places_have_one(archive):
    guard, inside, most = threading.Lock(), [], []

    def work() -> None:
        with archive.locks.wait(["source-x-0", "source-x-1"], {}, 60) as mine:
            assert mine
            with guard:
                inside.append(1)
                most.append(len(inside))
            threading.Event().wait(0.05)
            with guard:
                inside.pop()

    threads = [threading.Thread(target=work) for _each in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(most), max(most)) == (6, 2)


def test_who_waits_in_vain_is_told_so_and_who_has_it(archive):
    heard = []
    release = archive.locks.take("catalogue-ckan", {"run": "a"})
    with archive.locks.wait(["catalogue-ckan"], {"run": "b"}, 0.2, heard.append) as mine:
        assert (mine, heard) == (False, [{"run": "a"}])
    release()


def test_a_kill_frees_a_lock_in_a_folder_at_once_and_the_next_leaves_nothing(tmp_path):
    archive = Archive.open(tmp_path)
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        assert archive.locks.take("dataset-obras", {}) is None
        assert archive.locks.holder("dataset-obras") == {"run": "other"}
        other.kill()
        other.wait()
    assert list(Path(tmp_path, "locks").iterdir()) != []
    assert archive.locks.holder("dataset-obras") is None
    assert list(Path(tmp_path, "locks").iterdir()) == []
    release = archive.locks.take("dataset-obras", {})
    release()
    assert list(Path(tmp_path, "locks").iterdir()) == []


def test_what_is_held_is_listed_and_what_a_kill_left_cleared_away(archive, tmp_path):
    mine = [archive.locks.take(name, {"run": "a"}) for name in ("run-a", "dataset-obras")]
    if archive.root:
        (archive.root / "locks/run-killed.lock").write_text("{}")
    archive.locks.take("run-over", {})()
    archive.locks.clear()
    assert archive.locks.held("run-") == ["run-a"]
    assert archive.locks.held() == ["dataset-obras", "run-a"]
    if archive.root:
        assert sorted(path.stem for path in archive.root.glob("locks/*")) == ["dataset-obras", "run-a"]
    for release in mine:
        release()
    assert archive.locks.held() == []


def test_a_lease_that_nobody_renews_is_void_and_one_takes_it_over():
    wall = Wall()
    archive = Archive(Archive.open("memory:///").store, clock=wall)
    dead = archive.locks.take("dataset-obras", {"run": "dead"})
    wall.now += LEASE - timedelta(seconds=1)
    assert archive.locks.take("dataset-obras", {"run": "b"}) is None
    wall.now += timedelta(seconds=2)
    assert archive.locks.holder("dataset-obras") is None
    release = archive.locks.take("dataset-obras", {"run": "b"})
    assert archive.locks.take("dataset-obras", {"run": "c"}) is None
    dead()  # it was only slow: it must not take the other's away
    assert archive.locks.holder("dataset-obras") == {"run": "b"}
    release()


def test_a_name_that_is_a_path_is_none(archive):
    with pytest.raises(ValueError, match="no name of a lock"):
        archive.locks.take("../obras", {})
