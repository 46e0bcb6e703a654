"""Two runs at once lose nothing, and a run killed at any moment leaves the old release or the new."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalog.archive.archive import Archive, Conflict
from catalog.archive.release import FIRST, Version
from tests.support import archives
from tests.support.archives import commit_until_won, next_release, two_versions
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, str]]:
    with archives.s3() as environment:
        yield environment


@pytest.fixture(params=["folder", "memory", "s3"])
def archive(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    if request.param == "s3":
        for name, value in request.getfixturevalue("bucket").items():
            monkeypatch.setenv(name, value)
    return Archive.open(
        {"folder": tmp_path / "archive", "memory": "memory:///", "s3": f"s3://vereda/{uuid.uuid4()}"}[
            request.param
        ]
    )


def child(*words: str | Path) -> subprocess.Popen[str]:
    """Starts tests/support/archives.py with these words."""
    command = [sys.executable, "-m", archives.__name__, *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def is_whole(archive: Archive, releases: int) -> bool:
    """The log counts up without a gap, versions too, and each release's file tells the release's own run and
    version."""
    history = archive.history("obras")
    assert [(e.number, e.version) for e in history] == [(n + 1, Version(1, n, 0)) for n in range(releases)]
    return all(archive.get(e.files["obras.csv"].sha256) == f"{e.run} {e.version}".encode() for e in history)


def test_of_two_at_once_one_wins_each_time(archive: Archive, tmp_path: Path) -> None:
    races = 25 if str(archive.where).startswith("s3:") else 200
    together = threading.Barrier(2)
    wins: list[str] = []
    losses: list[str] = []

    def race(who: str) -> None:
        for n in range(races):
            made, after = next_release(archive, tmp_path / who, f"{who}-{n}")
            together.wait(60)  # both have read the same head
            try:
                archive.commit(made, after)
                wins.append(made.run)
            except Conflict:
                losses.append(made.run)
            together.wait(60)

    threads = [threading.Thread(target=race, args=[who]) for who in ("ana", "beto")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [e.run for e in archive.history("obras")] == wins
    assert len(wins) == len(losses) == races
    assert {name.rpartition("-")[2] for name in wins} == {str(n) for n in range(races)}
    assert is_whole(archive, races)


def test_processes_that_lose_publish_on_the_new_head(tmp_path: Path) -> None:
    children = [child("publish", tmp_path / "archive", tmp_path / who, who, "100") for who in ("ana", "beto")]
    assert [(c.communicate()[1], c.returncode) for c in children] == [("", 0), ("", 0)]
    archive = Archive.open(tmp_path / "archive")
    assert {e.run for e in archive.history("obras")} == {
        f"{who}-{n}" for who in ("ana", "beto") for n in range(100)
    }
    assert is_whole(archive, 200)


def test_a_sweep_beside_writers_takes_nothing_of_theirs(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path / "archive")
    work = [
        threading.Thread(
            target=lambda: [commit_until_won(archive, tmp_path / "work", f"run-{n}") for n in range(30)]
        ),
        threading.Thread(target=lambda: [archive.put(b"%d" % n) for n in range(400)]),
    ]
    for writer in work:
        writer.start()
    while any(writer.is_alive() for writer in work):
        assert archive.sweep(datetime.now(UTC) + timedelta(days=1)) == []
    assert is_whole(archive, 30)
    assert len(list((tmp_path / "archive/blobs").iterdir())) == 430


@pytest.mark.parametrize(("how", "place"), [("lines", "folder"), ("writes", "folder"), ("writes", "s3")])
def test_killed_at_any_moment_leaves_old_or_new_and_the_rerun_completes(
    tmp_path: Path, how: str, place: str, bucket: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in bucket.items():
        monkeypatch.setenv(name, value)
    where = str(tmp_path / "archive") if place == "folder" else f"s3://vereda/{uuid.uuid4()}"
    killer = child("kill", where, tmp_path / "work", how)
    told, errors = killer.communicate()
    assert (errors, killer.returncode) == ("", 0)
    deaths = int(told)
    assert deaths == 4 if how == "writes" else deaths > 40, (
        "a new blob and an entry, each before and after; or every line"
    )

    _first, second = two_versions(tmp_path / "work")
    heads = []
    for step in range(1, deaths + 1):
        archive = Archive.open(f"{where}/{step}")
        left = archive.history("obras")
        heads.append(left.head)
        assert left.current.version == (FIRST, FIRST.next("minor"))[left.head - 1]
        assert [len(archive.get(file.sha256)) for e in left for file in e.files.values()] == [
            file.bytes for e in left for file in e.files.values()
        ]
        archive.commit(second, after=1)
        again = archive.history("obras")
        assert (again.head, again.entries[: left.head]) == (2, left.entries)
        assert archive.get(again.current.files["obras.csv"].sha256) == second.paths["obras.csv"].read_bytes()
        in_a_month = Archive(
            archive.store, archive.where, archive.root, lambda: datetime.now(UTC) + timedelta(days=30)
        )
        assert all("#" in name for name in in_a_month.sweep(datetime.now(UTC) + timedelta(days=1)))
        assert list((tmp_path / "archive" / str(step)).rglob("*#*")) == []
    assert heads == sorted(heads), "once new, always new"
    assert set(heads) == {1, 2}, "some died before the act and some after it"


def test_a_blob_that_is_renewed_while_it_is_swept_stays(tmp_path, monkeypatch):
    archive = Archive.open(str(tmp_path / "archive"))
    sha256 = archive.put(b"bytes that nobody names yet")
    place = tmp_path / "archive" / "blobs" / sha256
    old = datetime.now(UTC).timestamp() - 30 * 86_400
    os.utime(place, (old, old))
    look = archive.shelf.head

    def look_and_renew(path):
        found = look(path)
        os.utime(place)  # as a `put` between the look and the removal does
        return found

    with monkeypatch.context() as patch:
        patch.setattr(type(archive.shelf), "head", lambda _shelf, path: look_and_renew(path))
        assert archive.sweep(datetime.now(UTC)) == []
    assert archive.get(sha256) == b"bytes that nobody names yet"
    assert [each.name for each in place.parent.iterdir()] == [sha256]
    os.utime(place, (old, old))
    assert archive.sweep(datetime.now(UTC)) == [f"blobs/{sha256}"]
