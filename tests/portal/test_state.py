"""A portal in which nothing changed is found so dataset by dataset and file by file, whatever stands in it;
and what was written by an earlier Vereda is read too."""

from __future__ import annotations

import gc
import hashlib
import json
from pathlib import Path

import pytest

from catalog.portal import portal as portals
from catalog.portal.portal import Portal
from catalog.portal.seal import SEAL, Seal, entry_of, find_faults, list_files, seal_build
from catalog.portal.state import STATE, open_state, read_state, write_state
from catalog.public import Listing
from tests.portal.test_portal import rich
from tests.support.portals import NOW, Publisher, publish

NAMES = ("b.csv", "b/z.txt", "b/a/a.txt", "b-c/x.txt", "b c/é.txt", "z", "Z/a", "b/a.txt", "b.d/y.txt")


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A sealed folder whose names sort otherwise with their folders than one by one."""
    folder = tmp_path / "build"
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    seal_build(folder, None)
    return folder


def test_a_seal_has_a_line_for_each_file_and_is_json_to_who_reads_it_whole(build: Path):
    paths = [path for path, _found in list_files(build) if path != SEAL]
    assert list(json.loads((build / SEAL).read_bytes())) == paths
    assert len((build / SEAL).read_text().splitlines()) == len(paths) + 2
    assert find_faults(build) == find_faults(build, whole=True) == {}


@pytest.mark.parametrize("earlier", [False, True])
def test_what_is_not_as_it_was_written_is_found_among_the_others(build: Path, earlier: bool):
    if earlier:  # as one piece of JSON, by path
        (build / SEAL).write_text(json.dumps(json.loads((build / SEAL).read_bytes()), sort_keys=True))
        assert find_faults(build) == {}
    (build / "b/a.txt").write_text("other")
    (build / "b.csv").unlink()
    (build / "z").unlink()
    (build / "b/a/b.txt").write_text("nobody's")
    (build / "zz").mkdir()
    (build / "zz/new").write_text("nobody's")
    assert find_faults(build) == {
        "b/a.txt": "changed",
        "b.csv": "missing",
        "z": "missing",
        "b/a/b.txt": "strange",
        "zz/new": "strange",
    }


def test_what_was_hashed_as_it_was_written_is_read_only_where_it_was_written_to_since(tmp_path: Path):
    (tmp_path / "same").write_text("1")
    (tmp_path / "other").write_text("2")
    hashed = {entry_of((tmp_path / name).stat()): f"hash of {name}" for name in ("same", "other")}
    (tmp_path / "other").write_text("22")
    seal_build(tmp_path, None, {"": hashed})
    files = Seal.read(tmp_path).files
    assert files["same"].sha256 == "hash of same"
    assert files["other"].sha256 == hashlib.sha256(b"22").hexdigest()


def test_a_seal_that_was_cut_off_is_none(build: Path):
    text = (build / SEAL).read_bytes()
    for kept in (0, 1, 40, len(text) // 2, len(text) - 2):
        (build / SEAL).write_bytes(text[:kept])
        assert find_faults(build) is None
        assert Seal.read(build) is None


def test_a_state_is_read_whole_and_mark_by_mark(tmp_path: Path):
    marks = {"datasets/a": {"head": 1, "files": {"é": "x"}}, "demo/a": {"head": 2}}
    state = {"made": "m", "sections": [], "requests": 0, "links": "", "datasets": marks}
    write_state(tmp_path, state)
    assert read_state(tmp_path) == json.loads((tmp_path / STATE).read_text()) == state
    with open_state(tmp_path) as found:
        assert found.paths == marks.keys()
        assert list(found.marks) == list(marks.items())
        assert found.about["made"] == "m"
    text = (tmp_path / STATE).read_text()
    for spoilt in (text[:-5], text.replace("\n", ""), "{", json.dumps(state, indent=1)):
        (tmp_path / STATE).write_text(spoilt)
        with pytest.raises((ValueError, KeyError, TypeError)), open_state(tmp_path) as found:
            list(found.marks)


def test_nothing_changed_is_seen_one_dataset_after_another(
    publisher: Publisher, portal_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    rich(publisher)
    portal, alive = publish(publisher, portal_folder), []
    iterate = portals.iterate_listings

    def count() -> int:
        gc.collect()
        return sum(isinstance(each, Listing) for each in gc.get_objects())

    before = count()

    def watch(archive, faults):
        for listing in iterate(archive, faults):
            alive.append(count() - before)
            yield listing

    monkeypatch.setattr(portals, "iterate_listings", watch)
    monkeypatch.setattr(Portal, "_survey", lambda *_: pytest.fail("all of them at once"))
    assert portal.plan(publisher.archive) == []
    assert len(alive) == 2
    assert max(alive) <= 2  # this one, and the one before while it is put in its place


def test_a_mark_that_changed_and_a_file_that_is_not_as_it_was_are_not_passed_over(
    publisher: Publisher, portal_folder: Path
):
    rich(publisher)
    portal = publish(publisher, portal_folder)
    page = portal_folder / "demo/comisarias/index.html"
    text = page.read_text()
    page.write_text("other")
    assert [step.action for step in portal.plan(publisher.archive)] == ["mend"]
    page.write_text(text)
    (portal_folder / "strange.html").write_text("nobody's")
    assert [step.target for step in portal.plan(publisher.archive)] == ["strange.html"]
    (portal_folder / "strange.html").unlink()
    assert Portal(portal_folder, "https://other.example", lambda: NOW).plan(publisher.archive)
    publisher.release(version="1.2.0")
    assert [step.target for step in portal.plan(publisher.archive)] == ["datasets/obras"]
