"""Whoever follows a feed learns of every release, withdrawal and rollback once, in words, and of nothing
private."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree as ET

from catalog.archive.reports import ReportEntry
from tests.support.portals import AT, NOW, Publisher, publish

URL = "https://datos.example"
ATOM = "{http://www.w3.org/2005/Atom}"
CHANGES = {
    "obras": {
        "reasons": [{"code": "rows-added", "rows": 1507}, {"code": "cells-changed", "rows": 2, "cells": 3}]
    }
}

GONE = {"obras": {"reasons": [{"code": "field-removed", "fields": ["hora"]}]}}


def publish_at_url(publisher: Publisher, folder: Path, url: str | None = URL, now: datetime = NOW) -> Path:
    publish(publisher, folder, url, now=now)
    return folder


def eventful(publisher: Publisher) -> None:
    publisher.release(at="2024-09-01T03:00:00-03:00")
    publisher.release(version="1.1.0", level="minor", changes=CHANGES, at="2024-09-02T03:00:00-03:00")
    publisher.release(version="2.0.0", level="major", changes=GONE, at="2024-09-03T03:00:00-03:00")
    publisher.say("withdraw", "1.1.0", "tenía <datos> de otro mes\x0b")
    publisher.say("current", "1.0.0", "la 2.0.0 no servía")
    elsewhere = {"id": "transporte", "name": "Transporte"}
    publisher.release("subte", at="2024-08-01T03:00:00-03:00", publisher=elsewhere)
    publisher.release("encuentros", demo=True, at="2024-09-09T03:00:00-03:00")


def entries(path: Path) -> list[ET.Element]:
    return ET.parse(path).getroot().findall(f"{ATOM}entry")


def told(element: ET.Element, name: str) -> str:
    return "".join(element.find(f"{ATOM}{name}").itertext())  # type: ignore[union-attr]


def kinds(path: Path) -> list[str]:
    return [each.find(f"{ATOM}category").attrib["term"] for each in entries(path)]  # type: ignore[union-attr]


def test_each_thing_that_the_log_says_is_an_entry_in_words(publisher: Publisher, portal_folder: Path) -> None:
    eventful(publisher)
    path = publish_at_url(publisher, portal_folder) / "datasets/obras/feed.atom"
    found = {told(each, "title"): told(each, "content") for each in entries(path)}
    about, breaks = "Obras públicas de la Ciudad", "Puede que haya que adaptar los programas que la leen."
    assert found == {
        f"{about}: la versión 1.0.0 vuelve a ser la actual": "Motivo: la 2.0.0 no servía",
        f"{about}: la versión 1.1.0 fue retirada": "Motivo: tenía <datos> de otro mes",
        f"{about}: la versión 2.0.0 tiene cambios que pueden romper programas": (
            f"{breaks}obras: ya no está el campo hora."
        ),
        f"{about}: versión 1.1.0": "Esta versión fue retirada.",
        f"{about}: versión 1.0.0": "Primera versión.",
    }
    assert sorted(kinds(path)) == ["breaking", "release", "release", "rollback", "withdrawal"]


def test_what_a_release_changed_is_told(publisher: Publisher, portal_folder: Path) -> None:
    publisher.release()
    publisher.release(version="1.1.0", level="minor", changes=CHANGES, at="2024-09-03T03:00:00-03:00")
    newest = entries(publish_at_url(publisher, portal_folder) / "datasets/obras/feed.atom")[0]
    assert told(newest, "content").startswith("obras: se agregaron 1.507 filas.")
    assert newest.find(f"{ATOM}link").attrib["href"] == f"{URL}/datasets/obras/index.html#v1.1.0"  # type: ignore[union-attr]


def test_the_feeds_of_all_and_of_each_publisher_hold_their_datasets(
    publisher: Publisher, portal_folder: Path
) -> None:
    eventful(publisher)
    publish_at_url(publisher, portal_folder)
    assert len(entries(portal_folder / "feed.atom")) == 6
    assert len(entries(portal_folder / "publishers/ba-obras/feed.atom")) == 5
    assert len(entries(portal_folder / "publishers/transporte/feed.atom")) == 1
    assert sorted(path.name for path in (portal_folder / "publishers").iterdir()) == [
        "ba-obras",
        "transporte",
    ]
    assert told(entries(portal_folder / "demo/encuentros/feed.atom")[0], "title").startswith("DEMO")


def test_every_feed_is_atom(publisher: Publisher, portal_folder: Path) -> None:
    """RFC 4287, 4.1.1 and 4.1.2: what a feed and an entry must have, once; an author in the feed; ids that
    are IRIs; RFC 3339 moments."""
    eventful(publisher)
    feeds = sorted(publish_at_url(publisher, portal_folder).rglob("*.atom"))
    assert len(feeds) == 6 + 15  # one for each comuna
    names = set()
    for path in feeds:
        feed = ET.parse(path).getroot()
        assert feed.tag == f"{ATOM}feed"
        assert told(feed.find(f"{ATOM}author"), "name")  # type: ignore[arg-type]
        assert [link.attrib["href"] for link in feed.findall(f"{ATOM}link[@rel='self']")] == [
            f"{URL}/{path.relative_to(portal_folder)}"
        ]
        for each in (feed, *feed.findall(f"{ATOM}entry")):
            assert [len(each.findall(f"{ATOM}{name}")) for name in ("id", "title", "updated")] == [1, 1, 1]
            assert UUID(told(each, "id").removeprefix("urn:uuid:")).version == 5
            assert datetime.fromisoformat(told(each, "updated")).tzinfo
            assert len(each.findall(f"{ATOM}link[@rel='alternate']")) == 1
        ids = [told(each, "id") for each in feed.findall(f"{ATOM}entry")]
        assert len(ids) == len(set(ids))
        moments = [told(each, "updated") for each in feed.findall(f"{ATOM}entry")]
        assert told(feed, "updated") == max(moments, default=told(feed, "updated"))
        assert datetime.fromisoformat(told(feed, "updated")).tzinfo
        names.add(told(feed, "id"))
    assert len(names) == len(feeds)


def test_an_entry_keeps_its_id_wherever_and_whenever_the_portal_is_built(
    publisher: Publisher, portal_folder: Path, tmp_path: Path
) -> None:
    eventful(publisher)
    publish_at_url(publisher, portal_folder)
    before = (portal_folder / "feed.atom").read_bytes()
    publish_at_url(publisher, portal_folder, now=NOW + timedelta(days=90))
    assert (portal_folder / "feed.atom").read_bytes() == before
    moved = publish_at_url(publisher, tmp_path / "moved", "https://datos.ciudad.example")
    assert {told(each, "id") for each in entries(moved / "feed.atom")} == {
        told(each, "id") for each in entries(portal_folder / "feed.atom")
    }
    known = {told(each, "id") for each in entries(portal_folder / "datasets/obras/feed.atom")}
    publisher.release(version="2.0.1", level="patch", at="2024-09-10T03:00:00-03:00", title="Otro título")
    publish_at_url(publisher, portal_folder)
    assert known < {told(each, "id") for each in entries(portal_folder / "datasets/obras/feed.atom")}


def test_a_withdrawal_is_news_of_the_version_too_and_nothing_of_it_is_quoted(
    publisher: Publisher, portal_folder: Path
) -> None:
    eventful(publisher)
    publish_at_url(publisher, portal_folder)
    taken = next(
        each for each in entries(portal_folder / "feed.atom") if told(each, "title").endswith("versión 1.1.0")
    )
    assert told(taken, "published") == "2024-09-02T03:00:00-03:00"
    # The log's moment of the withdrawal: not before that of the entry before it, whatever the clock said.
    assert told(taken, "updated") == "2024-09-03T03:00:00-03:00"
    assert "1.507" not in (portal_folder / "feed.atom").read_text("utf-8")


def test_pages_say_where_their_feeds_are(publisher: Publisher, portal_folder: Path) -> None:
    eventful(publisher)
    publish_at_url(publisher, portal_folder)
    page = (portal_folder / "datasets/obras/index.html").read_text("utf-8")
    for address in (
        "../../datasets/obras/feed.atom",
        "../../publishers/ba-obras/feed.atom",
        "../../feed.atom",
    ):
        assert 'type="application/atom+xml" title="Novedades' in page
        assert f'href="{address}"' in page
    assert 'href="feed.atom"' in (portal_folder / "index.html").read_text("utf-8")


def test_years_that_one_run_brought_along_are_one_piece_of_news_where_many_datasets_are(
    publisher: Publisher, portal_folder: Path
) -> None:
    for version, run in (("1.0.0", "a"), ("1.1.0", "a"), ("1.2.0", "a"), ("1.3.0", "b")):
        at = f"2024-09-0{1 + int(version[2])}T03:00:00-03:00"
        publisher.release(version=version, level="minor" if version != "1.0.0" else None, at=at, run=run)
    kept = publisher.archive.problems("obras")
    kept.add(ReportEntry(0, 0, "report", AT, "Falta una obra", "1.1.0"))
    kept.add(ReportEntry(0, 1, "answer", AT, "La pedimos al área", shown=True))
    publish_at_url(publisher, portal_folder)
    about = "Obras públicas de la Ciudad"
    joint = [told(each, "title") for each in entries(portal_folder / "feed.atom")]
    assert sorted(joint) == [
        f"{about}: respuesta al informe 1",
        f"{about}: versión 1.2.0",  # the newest of the run that made three
        f"{about}: versión 1.3.0",
    ]
    own = [told(each, "title") for each in entries(portal_folder / "datasets/obras/feed.atom")]
    assert len(own) == 5
    assert len(entries(portal_folder / "publishers/ba-obras/feed.atom")) == 3
