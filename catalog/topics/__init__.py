"""The parts of the portal that are made of several datasets: each has pages in every language, and files that
stand there once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from catalog.archive.links import LinkStanding
from catalog.feeds import Feed
from catalog.metadata.record import Masthead
from catalog.page import Page
from catalog.public import Listing
from catalog.topics import participation
from catalog.topics.commitments import pages as commitments
from catalog.topics.commitments.ledger import Ledger
from catalog.topics.history import has_roles
from messages import gettext as _


@dataclass(frozen=True)
class Area:
    """`title` gives what it is called in the language that is spoken, `path` its first page under the
    language's root."""

    title: Callable[[], str]
    path: str
    pages: Callable[[], Iterator[Page]]
    files: Callable[[Masthead], Iterator[tuple[str, str | Feed]]]


def areas(
    all_listings: Iterable[Listing], site: Path, today: date, links: Mapping[str, LinkStanding]
) -> list[Area]:
    """Those of which something was published. `site` is the folder in which the public files stand, `links`
    how the links stand that data leans on."""
    listings, found = [each for each in all_listings if has_roles(each)], []
    real, demo = (Ledger.of(listings, each, site, today) for each in (False, True))
    if real.plans or demo.plans:
        found.append(_commitments_area(real, demo, links))
    known, invented = (participation.Participation.of(listings, each, site, today) for each in (False, True))
    if known.tables or invented.tables:
        found.append(_participation_area(known, invented, links))
    return found


def _commitments_area(real: Ledger, demo: Ledger, links: Mapping[str, LinkStanding]) -> Area:
    """What is real and the demonstration, side by side and never mixed."""
    ledgers = [real, demo] if demo.plans else [real]

    def pages() -> Iterator[Page]:
        for ledger in ledgers:
            yield from commitments.pages(ledger, demo if ledger is real else real, links)

    def files(masthead: Masthead) -> Iterator[tuple[str, str | Feed]]:
        for ledger in ledgers:
            yield from commitments.files(ledger, masthead)

    return Area(lambda: _("Commitments"), real.home + "index.html", pages, files)


def _participation_area(
    real: participation.Participation, demo: participation.Participation, links: Mapping[str, LinkStanding]
) -> Area:
    def pages() -> Iterator[Page]:
        yield from participation.pages(real, demo, links)
        if demo.tables:
            yield from participation.pages(demo, real, links)

    return Area(lambda: _("Participation"), real.home + "index.html", pages, lambda masthead: iter(()))
