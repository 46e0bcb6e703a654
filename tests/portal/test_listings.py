"""A build of the portal holds no more than a few datasets in memory, however many there are."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from catalog.portal.listings import Listings
from catalog.portal.portal import Portal
from catalog.portal.quality import KnownFacts
from catalog.portal.site import Site
from catalog.public import Listing, listings
from tests.portal.test_portal import rich
from tests.support.portals import Publisher, publish


def test_a_build_holds_the_dataset_whose_turn_it_is(
    publisher: Publisher, portal_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    rich(publisher)
    for number in range(12):
        publisher.release(f"tabla-{number:02}")
    write, alive = Site._write, []  # noqa: SLF001 (all pages go through it)

    def count() -> int:
        gc.collect()
        return sum(type(each) is Listing for each in gc.get_objects())

    def watch(self, path, text):
        if path.endswith(("/feed.atom", "/index.html")):
            alive.append(count() - before)
        write(self, path, text)

    before = count()
    monkeypatch.setattr(Site, "_write", watch)
    portal = publish(publisher, portal_folder)
    assert len(alive) > 50
    # This one, the one before; the newest of a list of news, which are ten at most.
    assert sorted(alive)[len(alive) // 2] <= 3
    monkeypatch.undo()
    assert isinstance(portal, Portal)
    assert portal.plan(publisher.archive) == []


def test_datasets_are_picked_sorted_and_replaced_without_the_others(publisher: Publisher):
    rich(publisher)
    known = listings(publisher.archive)
    kept = Listings.of(reversed(known))
    assert list(kept) == known
    assert kept[0] == known[0]
    assert list(kept[:1]) == known[:1]
    assert list(kept.sort(lambda each: [-ord(letter) for letter in each.dataset])) == sorted(
        known, key=lambda each: each.dataset, reverse=True
    )
    assert list(kept.choose(lambda each: each.demo)) == [each for each in known if each.demo]
    assert list(kept.without(known[0].path)) == known[1:]
    assert list(kept.without(known[0].path).put(known[0])) == known


@pytest.mark.parametrize("text", ["{}", '{"a": {"rows": 1}, "b": {}}', "[1]\n", "\x00", ""])
def test_facts_that_are_written_in_another_way_are_read_anew(tmp_path: Path, text: str):
    key = "0" * 32 + "1" * 32
    file = tmp_path / "quality.json"
    file.write_text(text)
    assert KnownFacts(file).get(key) is None
    file.write_text(f'{{\n"{key}": {{"rows": 1}}\n}}\n')
    assert KnownFacts(file).get(key) == {"rows": 1}
