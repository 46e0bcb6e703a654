"""The portal's first page, and the pages that list datasets: all, of a theme, of a publisher."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from itertools import groupby
from typing import Any

from catalog import feeds, words
from catalog.archive.changes.reasons import describe_changes
from catalog.page import Page
from catalog.portal.listings import Listings
from catalog.portal.overview import Group, Overview, by_publisher, by_theme, publisher
from catalog.public import Edition, Listing
from messages import gettext as _
from messages import ngettext

NEWEST, LATEST = 10, 6  # so many news, and so many that are late, are named
LISTED = 250  # datasets on a page of the list
WORDS = ("fresh", "due", "late", "very-late", None)


@dataclass(frozen=True)
class News:
    """A version that was released, and what changed, in a line."""

    listing: Listing
    edition: Edition
    line: str


@dataclass(frozen=True)
class Tally:
    """How many datasets share a word on their freshness: `percent` of all."""

    word: str | None
    count: int
    percent: float


def pages(overview: Overview) -> Iterator[Page]:
    """The home, the whole list, and a page per theme and publisher of real data."""
    real, shared = overview.real, {"fresh": overview.fresh, "index": overview.index}
    themes, publishers = by_theme(real, words.themes()), by_publisher(real)
    whole = {**shared, "real": real, "demo": overview.demo}
    groups = {"themes": themes, "publishers": publishers}
    samples = {each.id: each.listings for each in by_theme(overview.demo, {})}
    yield Page("index.html", "home.html", {**whole, **_totals(real), **_news(overview, real), **groups})
    yield from _list_pages(whole, real)
    for group in themes:
        values = {**shared, "theme": group, "demo": samples.get(group.id, ())}
        yield Page(group.path, "theme.html", values)
    for group in publishers:
        yield Page(group.path, "publisher.html", {**shared, **_publisher_values(group, overview)})


def _list_pages(whole: Mapping[str, Any], real: Listings) -> Iterator[Page]:
    """The list of all datasets, in as many pages as it takes."""
    last = max(1, -(-len(real) // LISTED))
    for number in range(1, last + 1):
        part = real[(number - 1) * LISTED : number * LISTED]
        values = {"part": part, "number": number, "last": last, "list_path": list_path}
        yield Page(list_path(number), "datasets.html", {**whole, **values})


def list_path(number: int) -> str:
    return "datos/index.html" if number == 1 else f"datos/{number}/index.html"


def tally_freshness(words: Sequence[str | None]) -> list[Tally]:
    """How many there are of each word on freshness, the freshest first; words that nobody has are left
    out."""
    counts = Counter(words)
    found = [word for word in WORDS if counts[word]]
    return [Tally(word, counts[word], round(100 * counts[word] / len(words), 2)) for word in found]


def _totals(real: Listings) -> dict[str, Any]:
    rows = versions = 0
    for each in real:
        if each.current:
            rows += sum(each.current.rows.values())
            versions += sum(not edition.withdrawn for edition in each.editions)
    return {"rows": rows, "versions": versions}


def _news(overview: Overview, listings: Listings) -> dict[str, Any]:
    """What is new among some datasets, and how fresh they are."""
    current = listings.choose(lambda each: each.current is not None)
    late = _late(overview, current)
    return {
        "news": _newest_versions(current, NEWEST),
        "tallies": tally_freshness([overview.fresh[path] for path in current.paths]),
        "late": late[:LATEST],
        "more_late": len(late) - LATEST,
    }


def _newest_versions(listings: Listings, most: int) -> list[News]:
    """The newest version of each that can still be had, the newest first: a dataset that brought years of
    history along is one piece of news."""
    left = ((listing, each) for listing in listings for each in listing.editions if not each.withdrawn)
    firsts = (next(versions) for _path, versions in groupby(left, key=lambda each: each[0].path))
    newest = nlargest(most, firsts, key=lambda each: (datetime.fromisoformat(each[1].at), each[1].number))
    return [News(listing, edition, _headline(listing, edition)) for listing, edition in newest]


def _late(overview: Overview, listings: Listings) -> Listings:
    """Those that are late, the latest first."""
    order = ("very-late", "late")
    found = []
    for each in listings:
        word = overview.fresh[each.path]
        if each.current and word in order:
            found.append((order.index(word), each.current.as_of or each.current.at, each.path))
    return listings.pick([path for _place, _day, path in sorted(found, key=lambda late: late[:2])])


def _publisher_values(group: Group, overview: Overview) -> dict[str, Any]:
    """What a publisher's page says. Contacts are those that its datasets name."""
    scores = [index.score for each in group.listings if (index := overview.index(each))]
    contacts = (contact for each in group.listings for contact in _contacts(each.descriptor))
    history = {
        each.path: [index.score for _edition, index in overview.index_history(each)]
        for each in group.listings
    }
    return {
        "group": group,
        "publisher": publisher(max(group.listings, key=lambda each: each.changed)),
        "contacts": list(dict.fromkeys(contacts)),
        "feed": feeds.publisher_path(group.id),
        "score": round(sum(scores) / len(scores)) if scores else None,
        "history": history,
        **_news(overview, group.listings),
    }


def _contacts(descriptor: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, e-mail); either may be empty."""
    contact = descriptor.get("contactPoint") or {}
    if contact:
        yield str(contact.get("fn") or ""), str(contact.get("hasEmail") or "").removeprefix("mailto:")
    elif email := (descriptor.get("publisher") or {}).get("email"):
        yield "", str(email)


def _headline(listing: Listing, edition: Edition) -> str:
    if edition is listing.editions[-1]:
        return _("First version.")
    first, *others = describe_changes(edition.changes)
    more = ngettext("And {n} more change.", "And {n} more changes.", len(others)) if others else ""
    return f"{first} {more}".rstrip()
