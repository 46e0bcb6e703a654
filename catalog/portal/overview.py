"""What the pages that are about more than one dataset look at, and the sections that the portal has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any
from unicodedata import combining, normalize

from catalog.archive.release import Version
from catalog.metadata.record import ANYWAY, Masthead
from catalog.portal.listings import Listings
from catalog.portal.quality import Facts, Index, current_index, index_history
from catalog.public import Edition, Listing
from catalog.topics import Area
from messages import gettext as _

# Where a theme of the national profile has its page: addresses stay, whatever the theme is called there.
THEMES = {
    "agri": "agroganaderia-pesca-y-forestacion",
    "econ": "economia-y-finanzas",
    "educ": "educacion-cultura-y-deportes",
    "ener": "energia",
    "envi": "medio-ambiente",
    "gove": "gobierno-y-sector-publico",
    "heal": "salud",
    "intr": "asuntos-internacionales",
    "just": "justicia-seguridad-y-legales",
    "regi": "regiones-y-ciudades",
    "soci": "poblacion-y-sociedad",
    "tech": "ciencia-y-tecnologia",
    "tran": "transporte",
}


@dataclass(frozen=True)
class Overview:
    """All datasets of a build. By path: `fresh` has the word on each one's freshness, `facts` what the index
    of each of its versions rests on. `folder` is the build, in which their files stand already.
    """

    listings: Listings
    fresh: Mapping[str, str | None]
    facts: Mapping[str, Mapping[Version, Facts]]
    folder: Path
    masthead: Masthead

    @cached_property
    def real(self) -> Listings:
        """By title; those that are left come before those whose versions were all withdrawn."""
        return self.listings.choose(lambda each: not each.demo).sort(_title_key)

    @cached_property
    def demo(self) -> Listings:
        return self.listings.choose(lambda each: each.demo).sort(_title_key)

    @property
    def ordered(self) -> Iterator[Listing]:
        """What is real, then the demonstrations."""
        return chain(self.real, self.demo)

    def index(self, listing: Listing) -> Index | None:
        return current_index(self.facts[listing.path], listing, self.fresh[listing.path])

    def index_history(self, listing: Listing) -> list[tuple[Edition, Index]]:
        return index_history(self.facts[listing.path], listing)


@dataclass(frozen=True)
class Group:
    """Datasets that belong together: those of a theme, or of a publisher. `path` is their page."""

    id: str
    title: str
    path: str
    listings: Listings


def by_theme(listings: Listings, titles: Mapping[str, str]) -> list[Group]:
    """The themes that have datasets, by title; `titles` has what each is called."""
    found: dict[str, list[str]] = {}
    for listing in listings:
        codes = (str(each).lower() for each in listing.descriptor.get("superTheme") or ANYWAY)
        for code in dict.fromkeys(codes):
            found.setdefault(code, []).append(listing.path)
    groups = [
        Group(code, titles.get(code, code), theme_path(code), listings.pick(paths))
        for code, paths in found.items()
    ]
    return sorted(groups, key=lambda group: sort_key(group.title))


def by_publisher(listings: Listings) -> list[Group]:
    """The publishers by the name that their newest dataset gives them."""
    found: dict[str, list[str]] = {}
    for listing in listings:
        if id := publisher(listing).get("id"):
            found.setdefault(id, []).append(listing.path)
    groups = []
    for id, paths in found.items():
        each = listings.pick(paths)
        newest = publisher(max(each, key=release_moment))
        groups.append(Group(id, str(newest.get("name") or id), publisher_path(id), each))
    return sorted(groups, key=lambda group: sort_key(group.title))


def theme_path(code: str) -> str:
    return f"temas/{THEMES.get(code) or re.sub(r'[^a-z0-9]+', '-', code)}/index.html"


def publisher_path(id: str) -> str:
    return f"publicadores/{id}/index.html"


def publisher(listing: Listing) -> Mapping[str, Any]:
    found: Mapping[str, Any] = listing.descriptor.get("publisher") or {}
    return found


def release_moment(listing: Listing) -> datetime:
    """The moment of its current version; where all were withdrawn, of its newest."""
    return datetime.fromisoformat((listing.current or listing.editions[0]).at)


def sort_key(text: str) -> str:
    """The text without accents and in small letters: for sorting, not for reading."""
    return "".join(each for each in normalize("NFD", text.lower()) if not combining(each))


def sections(any_real: bool, apart: Sequence[Area]) -> list[tuple[str, str]]:
    """The navigation: title and path of each section that has pages in a build, by whether it has `any_real`
    dataset, with its areas `apart`."""
    found = [(_("Data"), "datos/index.html"), *((area.title(), area.path) for area in apart)]
    if any_real:
        found.append((_("Quality"), "calidad/index.html"))
    return found


def _title_key(listing: Listing) -> tuple[bool, str]:
    return listing.current is None, sort_key(listing.title)
