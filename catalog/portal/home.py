"""The portal's first page, and the pages that list datasets: all of them, those of a theme, those of a
publisher.

The index in which the home searches as one types: built ahead, and written as a script that any page may
load.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog import feeds, words
from catalog.archive.changes.reasons import describe_changes
from catalog.page import Page
from catalog.portal.overview import Group, Overview, by_publisher, by_theme, publisher
from catalog.portal.quality import past
from catalog.public import Edition, Listing
from messages import gettext as _
from messages import ngettext

NEWEST, LATEST = 10, 6
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
    yield Page(
        "index.html",
        "home.html",
        {**whole, **_figures(real), **_state(overview, real), "themes": themes, "publishers": publishers},
    )
    yield Page("datos/index.html", "datasets.html", whole)
    for group in themes:
        demo = next((each.listings for each in by_theme(overview.demo, {}) if each.id == group.id), ())
        yield Page(group.path, "theme.html", {**shared, "theme": group, "demo": demo})
    for group in publishers:
        yield Page(group.path, "publisher.html", {**shared, **_about(group, overview)})


def news(listings: Sequence[Listing], most: int) -> list[News]:
    """The newest versions that can still be had, the newest first."""
    found = [
        (listing, edition) for listing in listings for edition in listing.editions if not edition.withdrawn
    ]
    found.sort(key=lambda each: (datetime.fromisoformat(each[1].at), each[1].number), reverse=True)
    return [News(listing, edition, _line(listing, edition)) for listing, edition in found[:most]]


def tallies(words: Sequence[str | None]) -> list[Tally]:
    """How many there are of each word on freshness, the freshest first; words that nobody has are left
    out."""
    counts = Counter(words)
    return [
        Tally(word, counts[word], round(100 * counts[word] / len(words), 2)) for word in WORDS if counts[word]
    ]


def late(overview: Overview, listings: Sequence[Listing]) -> list[Listing]:
    """Those that are late, the latest first."""
    order = ("very-late", "late")
    found = [
        (each.current.as_of or each.current.at, each)
        for each in listings
        if each.current and overview.fresh[each.path] in order
    ]
    return [
        each
        for _at, each in sorted(
            found, key=lambda pair: (order.index(str(overview.fresh[pair[1].path])), pair[0])
        )
    ]


def _figures(real: Sequence[Listing]) -> dict[str, Any]:
    left = [each for each in real if each.current]
    return {
        "rows": sum(sum(each.current.rows.values()) for each in left if each.current),
        "versions": sum(not edition.withdrawn for each in left for edition in each.editions),
    }


def _state(overview: Overview, listings: Sequence[Listing]) -> dict[str, Any]:
    """What is new among some datasets, and how fresh they are."""
    left = [each for each in listings if each.current]
    behind = late(overview, left)
    return {
        "news": news(left, NEWEST),
        "tallies": tallies([overview.fresh[each.path] for each in left]),
        "late": behind[:LATEST],
        "later": len(behind) - LATEST,
    }


def _about(group: Group, overview: Overview) -> dict[str, Any]:
    """What a publisher's page says. Contacts are those that its datasets name."""
    indices = [index for each in group.listings if (index := overview.index(each))]
    return {
        "group": group,
        "told": publisher(max(group.listings, key=lambda each: each.changed)),
        "contacts": list(
            dict.fromkeys(contact for each in group.listings for contact in _contacts(each.descriptor))
        ),
        "feed": feeds.publisher_path(group.id),
        "score": round(sum(each.score for each in indices) / len(indices)) if indices else None,
        "past": {
            each.path: [index.score for _edition, index in past(overview.facts[each.path], each)]
            for each in group.listings
        },
        **_state(overview, group.listings),
    }


def _contacts(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, e-mail); either may be empty."""
    contact = told.get("contactPoint") or {}
    if contact:
        yield str(contact.get("fn") or ""), str(contact.get("hasEmail") or "").removeprefix("mailto:")
    elif email := (told.get("publisher") or {}).get("email"):
        yield "", str(email)


def _line(listing: Listing, edition: Edition) -> str:
    if edition is listing.editions[-1]:
        return _("First version.")
    first, *others = describe_changes(edition.changes)
    more = ngettext("And {n} more change.", "And {n} more changes.", len(others)) if others else ""
    return f"{first} {more}".rstrip()


ABOUT = 240


def script(listings: Sequence[Listing], fresh: Mapping[str, str | None]) -> str:
    """A script, since a browser does not let a page from the file system fetch a file. An entry is an array,
    for brevity:

    [path, title, number of the publisher, beginning of the description, keywords, [field, …], word on its
    freshness, 1 where invented]
    """
    names = list(dict.fromkeys(str(publisher(each).get("name") or "") for each in listings))
    index = {"publishers": names, "datasets": [_entry(each, names, fresh[each.path]) for each in listings]}
    return "window.VEREDA_INDEX = " + json.dumps(index, ensure_ascii=True, separators=(",", ":")) + ";\n"


def _entry(listing: Listing, names: Sequence[str], fresh: str | None) -> list[object]:
    told = listing.descriptor
    resources = told.get("resources", ())
    about = " ".join(str(told.get("description") or "").split())
    keywords = [
        *told.get("keywords", ()),
        *(each["title"] for each in resources if each.get("title") and "schema" in each),
        listing.dataset,
    ]
    fields = [field for each in resources for field in each.get("schema", {}).get("fields", ())]
    named = dict.fromkeys(
        f"{field['title']} ({field['name']})" if field.get("title") else str(field["name"])
        for field in fields
    )
    number = names.index(str(publisher(listing).get("name") or ""))
    return [
        listing.path,
        listing.title,
        number,
        about[:ABOUT],
        " · ".join(map(str, keywords)),
        list(named),
        fresh,
        int(listing.demo),
    ]
