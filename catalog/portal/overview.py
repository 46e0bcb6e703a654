"""What the pages that are about more than one dataset look at, and the sections that the portal has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from unicodedata import combining, normalize

from catalog.archive.release import Version
from catalog.metadata.record import ANYWAY, Masthead
from catalog.portal import quality as quality_index
from catalog.portal.quality import Facts, Index
from catalog.public import Listing
from catalog.topics import Area
from messages import gettext as _

# Where a theme of the national profile has its page: addresses stay, whatever the theme is called on the
# page.
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

    listings: Sequence[Listing]
    fresh: Mapping[str, str | None]
    facts: Mapping[str, Mapping[Version, Facts]]
    folder: Path
    masthead: Masthead

    @property
    def real(self) -> list[Listing]:
        """By title; those that are left come before those whose versions were all withdrawn."""
        return sorted((each for each in self.listings if not each.demo), key=_title)

    @property
    def demo(self) -> list[Listing]:
        return sorted((each for each in self.listings if each.demo), key=_title)

    def index(self, listing: Listing) -> Index | None:
        return quality_index.index(self.facts[listing.path], listing, self.fresh[listing.path])


@dataclass(frozen=True)
class Group:
    """Datasets that belong together: those of a theme, or of a publisher. `path` is their page."""

    id: str
    title: str
    path: str
    listings: Sequence[Listing]


def by_theme(listings: Sequence[Listing], titles: Mapping[str, str]) -> list[Group]:
    """The themes that have datasets, by title; `titles` has what each is called."""
    found: dict[str, list[Listing]] = {}
    for listing in listings:
        for code in dict.fromkeys(
            str(each).lower() for each in listing.descriptor.get("superTheme") or ANYWAY
        ):
            found.setdefault(code, []).append(listing)
    return sorted(
        (Group(code, titles.get(code, code), theme_path(code), held) for code, held in found.items()),
        key=lambda each: plain(each.title),
    )


def by_publisher(listings: Sequence[Listing]) -> list[Group]:
    """The publishers by the name that their newest dataset gives them."""
    found: dict[str, list[Listing]] = {}
    for listing in listings:
        if publisher(listing).get("id"):
            found.setdefault(publisher(listing)["id"], []).append(listing)
    named = {id: publisher(max(held, key=released)) for id, held in found.items()}
    return sorted(
        (Group(id, str(named[id].get("name") or id), publisher_path(id), held) for id, held in found.items()),
        key=lambda each: plain(each.title),
    )


def theme_path(code: str) -> str:
    return f"temas/{THEMES.get(code) or re.sub(r'[^a-z0-9]+', '-', code)}/index.html"


def publisher_path(id: str) -> str:
    return f"publicadores/{id}/index.html"


def publisher(listing: Listing) -> Mapping[str, Any]:
    told: Mapping[str, Any] = listing.descriptor.get("publisher") or {}
    return told


def released(listing: Listing) -> datetime:
    """The moment of its current version; where all were withdrawn, of its newest."""
    return datetime.fromisoformat((listing.current or listing.editions[0]).at)


def plain(text: str) -> str:
    """The text without accents and in small letters: for sorting, not for reading."""
    return "".join(each for each in normalize("NFD", text.lower()) if not combining(each))


def sections(listings: Sequence[Listing], apart: Sequence[Area]) -> list[tuple[str, str]]:
    """The navigation: title and path of each section that has pages in a build of these datasets, with its
    areas `apart`."""
    found = [(_("Data"), "datos/index.html"), *((area.title(), area.path) for area in apart)]
    if any(not each.demo for each in listings):
        found.append((_("Quality"), "calidad/index.html"))
    return found


def _title(listing: Listing) -> tuple[bool, str]:
    return listing.current is None, plain(listing.title)
