"""A version that will break programs is told ahead: on the page, in the feeds, in the descriptor, in CKAN;
what programs were bound to stays where it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from catalog.archive.archive import Archive
from catalog.ckan.package import CkanSite
from catalog.ckan.projection import project
from catalog.portal.portal import Portal
from catalog.public import listing_as_json, listing_from_json, listings
from messages import speaking
from tests.support.portals import NOW, ROWS, Page, Publisher, table

PROMISE: dict[str, Any] = {
    "version": 2,
    "date": "2025-03-01",
    "changes": "La columna monto pasa a llamarse monto_ars.",
    "en": {"changes": "The column monto will be called monto_ars."},
}


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    publisher = Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")
    publisher.release(at="2024-08-01T02:30:00-03:00")
    publisher.release(version="1.0.1", level="patch", at="2024-09-02T02:30:00-03:00", announces=PROMISE)
    publisher.release(version="1.1.0", level="minor", at="2024-09-03T02:30:00-03:00", announces=PROMISE)
    return publisher


def publish(publisher: Publisher, now: datetime = NOW) -> Path:
    folder = publisher.folder.parent / "portal"
    portal = Portal(folder, "https://datos.example", lambda: now)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    return folder


def test_a_breaking_version_is_announced_where_people_and_programs_look(publisher: Publisher) -> None:
    site = publish(publisher)
    page = Page(site / "datasets/obras/index.html").text
    assert "El 1 de marzo de 2025 llega la versión 2" in page
    assert "La columna monto pasa a llamarse monto_ars." in page
    assert "Anunciado el 2 de septiembre de 2024." in page  # by the version that first told of it
    english = Page(site / "en/datasets/obras/index.html").text
    assert "The column monto will be called monto_ars." in english
    for feed in ("datasets/obras/feed.atom", "feed.atom", "publishers/ba-obras/feed.atom"):
        text = (site / feed).read_text(encoding="utf-8")
        assert text.count('term="announcement"') == 1, feed
        assert "está anunciada para el 1 de marzo de 2025" in text
        assert "<published>2024-09-02T02:30:00-03:00</published>" in text
    (listing,) = listings(publisher.archive)
    assert listing.descriptor["announces"] == PROMISE
    package = project(listing, CkanSite("https://ckan.example", "mark", None))
    assert (package.extras["announcedVersion"], package.extras["announcedDate"]) == ("2", "2025-03-01")
    assert package.fields["notes"].startswith("La versión 2 está anunciada para el 1 de marzo de 2025")


def test_a_promise_that_was_not_kept_is_said(publisher: Publisher) -> None:
    publish(publisher)
    site = publish(
        publisher, datetime.fromisoformat("2025-03-02T03:00:00-03:00")
    )  # no new version: only days
    page = Page(site / "datasets/obras/index.html").text
    assert "estaba prometida para el 1 de marzo de 2025 y todavía no llegó" in page


def test_once_it_has_come_nothing_is_announced_and_the_old_major_stays(publisher: Publisher) -> None:
    before = (publish(publisher) / "datasets/obras/v/1/obras.csv").read_bytes()
    at = "2024-09-10T02:30:00-03:00"
    publisher.release(version="2.0.0", level="major", at=at, rows=table_without(1), announces=PROMISE)
    site = publish(publisher)
    assert "llega la versión 2" not in Page(site / "datasets/obras/index.html").text
    assert 'term="announcement"' not in (site / "feed.atom").read_text(encoding="utf-8")
    assert (site / "datasets/obras/v/1/obras.csv").read_bytes() == before
    assert (site / "datasets/obras/v/2/obras.csv").read_bytes() != before
    (listing,) = listings(publisher.archive)
    assert "announcedVersion" not in project(listing, CkanSite("https://ckan.example", "mark", None)).extras


def test_another_day_is_another_announcement(publisher: Publisher) -> None:
    later = {**PROMISE, "date": "2025-06-01"}
    publisher.release(version="1.1.1", level="patch", at="2024-09-05T02:30:00-03:00", announces=later)
    (listing,) = listings(publisher.archive)
    assert listing.announced is not None
    assert (listing.announced.day, listing.announced.since[:10]) == ("2025-06-01", "2024-09-05")
    with speaking("en"):
        assert listing.announced.changes.startswith("The column")
    assert listing_from_json(listing_as_json(listing).encode()) == replace(listing)


def table_without(row: int) -> Any:
    return table([each for number, each in enumerate(ROWS) if number != row])
