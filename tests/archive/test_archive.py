"""The archive keeps what it is given, the same way on a folder, in memory and on S3, and says so when it
cannot."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.archive.archive import Archive, Conflict
from catalog.archive.blobs import Blobs
from catalog.archive.release import (
    FIRST,
    LEVELS,
    Damaged,
    Entry,
    File,
    Version,
    entry_as_json,
    entry_from_json,
)
from catalog.archive.store import ArchiveError
from messages import speaking
from tests.support.archives import AT, CREDENTIALS, release, s3
from tests.support.disks import small_file_system

LATER = Version(1, 1, 0)


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, str]]:
    with s3() as environment:
        yield environment


@pytest.fixture(params=["folder", "memory", "s3"])
def archive(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    if request.param == "folder":
        return Archive.open(tmp_path / "archivo del año #1 %20")
    if request.param == "memory":
        return Archive.open("memory:///")
    for name, value in request.getfixturevalue("bucket").items():
        monkeypatch.setenv(name, value)
    return Archive.open(f"s3://vereda/{uuid.uuid4()}")


pytestmark = pytest.mark.usefixtures("english")


def later(archive: Archive, days: int = 30) -> Archive:
    """The same archive, some days from now."""
    return dataclasses.replace(archive, clock=lambda: datetime.now(UTC) + timedelta(days=days))


def spoil(archive: Archive, path: str, text: bytes) -> None:
    archive.store.delete(path)
    archive.store.put(path, text, mode="overwrite")


def spoken(number: int, kind: str, version: Version, run: str = "run-9") -> Entry:
    return Entry("obras", False, number, kind, run, AT, version, because="a mistake in it")


@pytest.mark.parametrize("text", [b"", b"id\n1\n", b"\x00\xff" * 4_000_000])
def test_a_file_comes_back_as_it_was_given(archive: Archive, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "raw").write_bytes(text)
    sha256 = archive.put(tmp_path / "raw")
    assert sha256 == archive.put(text) == hashlib.sha256(text).hexdigest()
    assert archive.get(sha256) == text
    archive.save(sha256, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == text


def test_a_still_file_is_kept_by_a_second_name(tmp_path: Path) -> None:
    archive, file = Archive.open(tmp_path / "archive"), tmp_path / "raw"
    file.write_bytes(b"id\n1\n")
    old = datetime.now(UTC) - timedelta(days=20)
    os.utime(file, (old.timestamp(), old.timestamp()))
    blob = tmp_path / "archive/blobs" / archive.put(file, still=True)
    assert blob.stat().st_ino == file.stat().st_ino
    assert archive.sweep(datetime.now(UTC) - timedelta(days=9)) == [], "its age is counted from now on"
    file.unlink()
    assert archive.get(blob.name) == b"id\n1\n"
    assert [each.name for each in blob.parent.iterdir()] == [blob.name]


def test_on_another_disk_a_still_file_is_copied_and_its_hash_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_names: Any) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr("catalog.archive.store.os.link", refuse)
    archive, file = Archive.open(tmp_path / "archive"), tmp_path / "raw"
    file.write_bytes(b"id\n1\n")
    sha256 = Blobs(archive.shelf, archive.clock).put(file, "0" * 64, still=True)
    assert sha256 == hashlib.sha256(b"id\n1\n").hexdigest()
    (blob,) = (tmp_path / "archive/blobs").iterdir()
    assert blob.name == sha256
    assert blob.stat().st_ino != file.stat().st_ino


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 2_500_000, 3_000_000])
def test_what_is_saved_gives_the_hash_of_its_beginning(archive: Archive, tmp_path: Path, size: int) -> None:
    content = bytes(range(250)) * 12_000
    digest = archive.save(archive.put(content), tmp_path / "back", size)
    assert digest.hexdigest() == hashlib.sha256(content[:size]).hexdigest()
    digest.update(b"more")
    assert digest.hexdigest() == hashlib.sha256(content[:size] + b"more").hexdigest()


def test_a_file_is_kept_once_and_written_again_only_if_its_size_is_wrong(archive: Archive) -> None:
    path = "blobs/" + archive.put(b"id\n1\n")
    written = archive.store.head(path)["last_modified"]
    archive.put(b"id\n1\n")
    assert archive.store.head(path)["last_modified"] == written
    spoil(archive, path, b"id\n")
    assert archive.get(archive.put(b"id\n1\n")) == b"id\n1\n"


@pytest.mark.parametrize("text", [b"", b"id\n1", b"id\n2\n", None])
def test_a_truncated_changed_or_lost_file_is_noticed(
    archive: Archive, tmp_path: Path, text: bytes | None
) -> None:
    sha256 = archive.put(b"id\n1\n")
    archive.store.delete(f"blobs/{sha256}")
    if text is not None:
        archive.store.put(f"blobs/{sha256}", text, mode="overwrite")
    with pytest.raises(Damaged, match=rf"{sha256} is (damaged|missing).* backup"):
        archive.get(sha256)
    (tmp_path / "obras.csv").write_bytes(b"before")
    with pytest.raises(Damaged):
        archive.save(sha256, tmp_path / "obras.csv")
    assert (tmp_path / "obras.csv").read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_commit_publishes_all_that_is_known_of_a_release(archive: Archive, tmp_path: Path) -> None:
    assert archive.history("obras").entries == ()
    made = release(tmp_path / "1", {"obras.csv": b"id\n1\n", "report-private.json": b"{}"})
    entry = archive.commit(made, after=0)
    assert archive.history("obras").entries == (entry,)
    assert archive.history("obras").current == entry
    assert entry.files == {
        "obras.csv": File(hashlib.sha256(b"id\n1\n").hexdigest(), 5, public=True),
        "report-private.json": File(hashlib.sha256(b"{}").hexdigest(), 2, public=False),
    }
    same = (
        "dataset",
        "demo",
        "run",
        "at",
        "as_of",
        "version",
        "level",
        "changes",
        "rows",
        "problems",
        "provenance",
    )
    assert {name: getattr(entry, name) for name in same} == {name: getattr(made, name) for name in same}
    assert all(
        archive.get(file.sha256) == made.paths[name].read_bytes() for name, file in entry.files.items()
    )
    second = archive.commit(release(tmp_path / "2", {"obras.csv": b"id\n1\n2\n"}, LATER, "run-2"), after=1)
    assert [(e.number, e.version) for e in archive.history("obras")] == [(1, FIRST), (2, LATER)]
    assert archive.history("obras").current == second


def test_who_comes_second_is_told_and_publishes_on_the_new_head(archive: Archive, tmp_path: Path) -> None:
    archive.commit(release(tmp_path / "1", {"obras.csv": b"one"}, run="run-1"), after=0)
    with pytest.raises(Conflict, match="obras: run run-1 wrote entry 1 first"):
        archive.commit(release(tmp_path / "2", {"obras.csv": b"two"}, run="run-2"), after=0)
    assert [e.run for e in archive.history("obras")] == ["run-1"]
    archive.commit(
        release(tmp_path / "2", {"obras.csv": b"two"}, LATER, "run-2"), after=archive.history("obras").head
    )
    assert [archive.get(e.files["obras.csv"].sha256) for e in archive.history("obras")] == [b"one", b"two"]


def test_a_commit_that_is_tried_again_has_won(archive: Archive, tmp_path: Path) -> None:
    made = release(tmp_path, {"obras.csv": b"one"})
    assert archive.commit(made, after=0) == archive.commit(made, after=0)
    with pytest.raises(Conflict):
        archive.commit(dataclasses.replace(made, version=LATER), after=0)
    assert archive.history("obras").head == 1


def test_the_log_has_no_gap(archive: Archive, tmp_path: Path) -> None:
    made = release(tmp_path, {"obras.csv": b"one"})
    for after in (1, -1):
        with pytest.raises(ValueError, match="gap"):
            archive.commit(made, after=after)
    assert archive.datasets() == []


def test_invented_and_real_rows_do_not_mix(archive: Archive, tmp_path: Path) -> None:
    real = archive.commit(release(tmp_path / "1", {"obras.csv": b"real"}), after=0)
    demo = archive.commit(release(tmp_path / "2", {"obras.csv": b"demo"}, run="run-2", demo=True), after=0)
    archive.commit(release(tmp_path / "3", {"obras.csv": b"demo"}, dataset="comisarias", demo=True), after=0)
    archive.commit(release(tmp_path / "4", {"obras.csv": b"near"}, dataset="obras-viejas"), after=0)
    assert archive.datasets() == [
        ("comisarias", True),
        ("obras", False),
        ("obras", True),
        ("obras-viejas", False),
    ]
    assert archive.history("obras").entries == (real,)
    assert archive.history("obras", demo=True).entries == (demo,)


def test_a_rollback_and_a_withdrawal_are_entries(archive: Archive, tmp_path: Path) -> None:
    for number, version in enumerate([FIRST, LATER, Version(2, 0, 0)]):
        archive.commit(
            release(tmp_path / str(number), {"obras.csv": b"%d" % number}, version, f"run-{number}"),
            after=number,
        )
    archive.append(spoken(4, "current", FIRST))
    assert archive.history("obras").current.version == FIRST
    with pytest.raises(Conflict):
        archive.append(spoken(4, "withdraw", FIRST, run="run-10"))
    archive.append(spoken(5, "withdraw", FIRST, run="run-10"))
    archive.append(spoken(6, "accept", LATER))
    history = archive.history("obras")
    assert history.current is None, "nobody asked for one of those that were passed over"
    assert (history.highest, history.head) == (Version(2, 0, 0), 6)
    assert history.entries[4].because == "a mistake in it"
    with pytest.raises(ValueError, match=r"obras 1\.0\.0 was withdrawn"):
        archive.append(spoken(7, "current", FIRST))
    with pytest.raises(ValueError, match=r"obras has no version 7\.0\.0"):
        archive.append(spoken(7, "withdraw", Version(7, 0, 0)))
    assert archive.append(spoken(4, "current", FIRST)) == history.entries[3]
    assert archive.history("obras") == history


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"{}", b"\xff", b'{"files": {"a": 1}}'])
def test_a_damaged_log_is_noticed_by_name(archive: Archive, tmp_path: Path, text: bytes) -> None:
    archive.commit(release(tmp_path, {"obras.csv": b"one"}), after=0)
    spoil(archive, "datasets/obras/log/00000001.json", text)
    with pytest.raises(Damaged, match=r"datasets/obras/log/00000001\.json cannot be read"):
        archive.history("obras")


def test_a_lost_or_misplaced_entry_is_noticed(archive: Archive, tmp_path: Path) -> None:
    for number, version in enumerate([FIRST, LATER]):
        archive.commit(
            release(tmp_path / str(number), {"obras.csv": b"%d" % number}, version, f"run-{number}"),
            after=number,
        )
    second = archive.shelf.read("datasets/obras/log/00000002.json")
    spoil(archive, "datasets/obras/log/00000001.json", second)
    with pytest.raises(Damaged, match=r"00000001\.json cannot be read"):
        archive.history("obras")
    archive.store.delete("datasets/obras/log/00000001.json")
    with pytest.raises(Damaged, match=r"00000001\.json is missing"):
        archive.history("obras")


def test_every_run_is_on_record(archive: Archive) -> None:
    assert (archive.runs("obras"), archive.last_run("obras")) == ([], None)
    at = datetime(2024, 5, 2, 23, 59, 59, 999_999, tzinfo=UTC)
    stopped = dataclasses.replace(archive, clock=lambda: at)
    for outcome in ("published", "unchanged", "failed"):
        stopped.record("obras", {"outcome": outcome, "message": "«año»"})
    assert archive.runs("obras") == [
        "20240502T235959.999999Z.json",
        "20240503T000000.000000Z.json",
        "20240503T000000.000001Z.json",
    ]
    assert archive.last_run("obras") == {"outcome": "failed", "message": "«año»"}
    spoil(archive, f"runs/obras/{archive.runs('obras')[-1]}", b"{")
    with pytest.raises(Damaged, match="runs/obras/20240503T0"):
        archive.last_run("obras")


def test_a_sweep_takes_only_what_nothing_names(archive: Archive, tmp_path: Path) -> None:
    raw, judged, orphan = archive.put(b"raw"), archive.put(b"rejected"), archive.put(b"of a killed run")
    made = release(tmp_path, {"obras.csv": b"one"}, demo=True)
    entry = archive.commit(dataclasses.replace(made, provenance={"raw": f"sha256:{raw}"}), after=0)
    archive.record("obras", {"outcome": "rejected", "raw": [{"sha256": judged}]})
    now = datetime.now(UTC)
    assert archive.sweep(now + timedelta(days=99)) == [], (
        "what is younger than eight days may belong to a running commit"
    )
    assert later(archive).sweep(now - timedelta(days=1)) == []
    assert later(archive).sweep(now + timedelta(days=1)) == [f"blobs/{orphan}"]
    assert later(archive).sweep(now + timedelta(days=1)) == []
    assert [archive.get(sha256) for sha256 in (raw, judged, entry.files["obras.csv"].sha256)] == [
        b"raw",
        b"rejected",
        b"one",
    ]


def test_an_old_orphan_that_a_run_counts_on_is_not_swept(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path / "archive")
    sha256 = archive.put(b"one")
    os.utime(tmp_path / "archive/blobs" / sha256, (0, 0))
    archive.put(b"one")
    assert archive.sweep(datetime.now(UTC)) == []
    assert archive.get(sha256) == b"one"


@dataclasses.dataclass
class Meanwhile:
    """A store that does something else just before `prefix` is listed."""

    store: Any
    prefix: str
    act: Callable[[], object]

    def list(self, prefix: str) -> object:
        if prefix == self.prefix:
            self.act()
        return self.store.list(prefix)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@pytest.mark.parametrize("moment", ["blobs", "datasets", "runs"])
def test_an_old_orphan_that_is_committed_during_a_sweep_stays(tmp_path: Path, moment: str) -> None:
    archive = Archive.open(tmp_path / "archive")
    orphans = [archive.put(text) for text in (b"one", b"two")]
    for sha256 in orphans:
        os.utime(tmp_path / "archive/blobs" / sha256, (0, 0))
    made = release(tmp_path, {"obras.csv": b"one"})
    sweeper = dataclasses.replace(
        archive, store=Meanwhile(archive.store, moment, lambda: archive.commit(made, after=0))
    )
    assert sweeper.sweep(datetime.now(UTC)) == [f"blobs/{orphans[1]}"]
    assert archive.get(orphans[0]) == b"one"


def test_a_sweep_takes_what_killed_writers_left(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path / "archive")
    archive.put(b"one")
    for name in ("blobs/abc#12", "datasets/obras/log/00000001.json#3", "runs/obras/x.json#4"):
        (tmp_path / "archive" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "archive" / name).write_bytes(b"ha")
    assert (archive.datasets(), archive.history("obras").entries, archive.runs("obras")) == ([], (), [])
    os.utime(tmp_path / "archive/blobs/abc#12", (0, 0))
    assert archive.sweep(datetime.now(UTC)) == ["blobs/abc#12"]
    assert len(later(archive).sweep(datetime.now(UTC) + timedelta(days=1))) == 3


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "Obras", "obras viejas", "obras\n", "ñ", "a#1"])
def test_an_id_leads_nowhere_else(archive: Archive, tmp_path: Path, name: str) -> None:
    made = release(tmp_path, {"obras.csv": b"one"}, dataset=name)
    for act in (
        lambda: archive.history(name),
        lambda: archive.runs(name),
        lambda: archive.record(name, {}),
        lambda: archive.commit(made, 0),
    ):
        with pytest.raises(ValueError, match="not the id of a dataset"):
            act()
    for sha256 in (name, "../" + "a" * 61, "A" * 64, "a" * 64 + "\n"):
        with pytest.raises(ValueError, match="not a sha256"):
            archive.get(sha256)


def test_a_file_is_safe_on_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts: list[str] = []
    fsync, link, move = os.fsync, os.link, Path.replace

    def short(path: object) -> str:
        return (
            "archive"
            if Path(str(path)) == tmp_path / "archive"
            else Path(str(path)).name.partition("#")[0][:8]
        )

    monkeypatch.setattr(
        os,
        "fsync",
        lambda fd: (acts.append(f"sync {short(Path(f'/proc/self/fd/{fd}').readlink())}"), fsync(fd))[1],
    )
    monkeypatch.setattr(os, "link", lambda a, b: (acts.append(f"name {short(b)}"), link(a, b))[1])
    monkeypatch.setattr(Path, "replace", lambda a, b: (acts.append(f"name {short(b)}"), move(a, b))[1])
    archive = Archive.open(tmp_path / "archive")
    sha256 = hashlib.sha256(b"one").hexdigest()[:8]
    acts.clear()
    archive.commit(release(tmp_path / "1", {"obras.csv": b"one"}), after=0)
    blob = ["sync archive", f"sync {sha256}", f"name {sha256}", "sync blobs"]
    assert acts == [
        *blob,
        "sync archive",
        "sync datasets",
        "sync obras",
        "sync 00000001",
        "name 00000001",
        "sync log",
    ]


@pytest.fixture
def disk_of_2_mib(tmp_path: Path) -> Iterator[Path]:
    with small_file_system(tmp_path / "disk", "2m") as place:
        yield place


def test_on_a_full_disk_the_last_release_stays_and_a_rerun_completes(
    disk_of_2_mib: Path, tmp_path: Path
) -> None:
    archive = Archive.open(disk_of_2_mib / "archive")
    first = archive.commit(release(tmp_path / "1", {"obras.csv": b"one"}), after=0)
    big = release(tmp_path / "2", {"a.csv": b"a" * 500_000, "b.csv": b"b" * 1_200_000}, LATER, "run-2")
    with (disk_of_2_mib / "ballast").open("wb") as ballast:
        ballast.write(b"x" * 900_000)
    with pytest.raises(
        ArchiveError, match=r"No space is left for .*/archive/blobs/[0-9a-f]{64} \(.*\)\. Make room"
    ):
        archive.commit(big, after=1)
    with (disk_of_2_mib / "ballast").open("ab", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(b"x" * 4096)
    with pytest.raises(ArchiveError, match=r"No space is left for .*runs/obras/.*\.json"):
        archive.record("obras", {"outcome": "failed"})
    with pytest.raises(ArchiveError, match=r"No space is left for .*/a\.csv"):
        archive.save(archive.put(tmp_path / "2/a.csv"), disk_of_2_mib / "a.csv")
    assert archive.history("obras").entries == (first,)
    assert archive.get(first.files["obras.csv"].sha256) == b"one"
    assert list(disk_of_2_mib.rglob("*#*")) == []
    assert not (disk_of_2_mib / "a.csv").exists()
    (disk_of_2_mib / "ballast").unlink()
    assert archive.commit(big, after=1).number == 2
    assert archive.history("obras").current.version == LATER


def test_a_closed_folder_says_so(disk_of_2_mib: Path) -> None:
    archive = Archive.open(disk_of_2_mib / "archive")
    subprocess.run(["mount", "-o", "remount,ro", disk_of_2_mib], check=True)
    with pytest.raises(
        ArchiveError,
        match=r"blobs/[0-9a-f]{64} is closed to this program \(Read-only.*\)\. Give it the right",
    ):
        archive.put(b"one")
    with pytest.raises(ArchiveError, match="is closed to this program"):
        Archive.open(disk_of_2_mib / "other")


def test_a_wrong_address_says_so(
    bucket: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        ArchiveError, match=r"file/archive cannot be read or written \(File exists\)\. Check the address"
    ):
        Archive.open(tmp_path / "file" / "archive")
    with pytest.raises(ValueError, match="ftp://example is not the address of an archive"):
        Archive.open("ftp://example")
    for name, value in bucket.items():
        monkeypatch.setenv(name, value)
    archive = Archive.open("s3://no-such-bucket/vereda")
    with pytest.raises(
        ArchiveError,
        match=r"There is no place for s3://no-such-bucket/vereda/blobs/.*Make its folder or bucket",
    ):
        archive.put(b"one")
    with pytest.raises(ArchiveError, match="s3://no-such-bucket/vereda/datasets/obras/log cannot be read"):
        archive.history("obras")


def test_storage_out_of_reach_says_so_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(name, value)
    archive = Archive.open("s3://vereda/archive")
    for act in (lambda: archive.put(b"one"), lambda: archive.history("obras"), lambda: archive.get("a" * 64)):
        with pytest.raises(
            ArchiveError,
            match=r"^s3://vereda/archive/\S+ cannot be read or written \(.*\)\. "
            r"Check the address, the network",
        ) as told:
            act()
        assert "\n" not in str(told.value)
    with speaking("es"), pytest.raises(ArchiveError, match=r"no se puede leer ni escribir"):
        archive.put(b"one")


def test_a_folder_can_be_named_as_a_path_or_an_address(tmp_path: Path) -> None:
    sha256 = Archive.open(str(tmp_path / "año nuevo")).put(b"one")
    assert Archive.open((tmp_path / "año nuevo").as_uri()).get(sha256) == b"one"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
anything = st.dictionaries(st.text(), values, max_size=4)
numbers = st.integers(0, 10**12)
entries = st.builds(
    Entry,
    dataset=st.from_regex(r"[a-z0-9-]+", fullmatch=True),
    demo=st.booleans(),
    number=st.integers(1, 99_999_999),
    kind=st.sampled_from(["release", "current", "withdraw", "accept"]),
    run=st.text(),
    at=st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
    version=st.builds(Version, numbers, numbers, numbers),
    level=st.sampled_from([None, *LEVELS]),
    as_of=st.none() | st.dates().map(str),
    because=st.none() | st.text(),
    files=st.dictionaries(
        st.text(),
        st.builds(File, st.from_regex(r"[0-9a-f]{64}", fullmatch=True), numbers, st.booleans()),
        max_size=3,
    ),
    changes=st.dictionaries(st.text(), anything, max_size=3),
    rows=st.dictionaries(st.text(), numbers, max_size=3),
    problems=numbers,
    provenance=anything,
)


@given(entries)
def test_an_entry_comes_back_from_its_json_the_same(entry: Entry) -> None:
    text = entry_as_json(entry)
    assert entry_from_json(text) == entry
    assert entry_as_json(entry_from_json(text)) == text
    assert list(json.loads(text)) == sorted(field.name for field in dataclasses.fields(Entry))


@given(entries, st.data())
def test_a_truncated_entry_is_never_taken_for_one(entry: Entry, data: st.DataObject) -> None:
    text = entry_as_json(entry)
    cut = data.draw(st.integers(0, len(text) - 2))
    with pytest.raises(ValueError):  # noqa: PT011 (JSON's own, and ours)
        entry_from_json(text[:cut])
