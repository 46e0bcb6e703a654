"""What belongs to a dataset beside its own page: the page on what changed between versions, and the one where problems are reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from catalog.portal import pairs
from catalog.portal.listing import Listing
from catalog.portal.metadata.record import Masthead
from catalog.portal.paths import Page
from catalog.problems import problems
from catalog.words import sentences
from messages import gettext as _

PROBLEM = "problema"


def shown(listing: Listing) -> dict[str, Any]:
    """What the dataset's page says of them."""
    return {"pairs": pairs.pairs(listing), "problems": problems(listing.problems)}


def pages(listing: Listing, folder: Path, masthead: Masthead) -> Mapping[str, Callable[[], Page]]:
    """By path, how each page is made; `folder` holds the dataset's files."""
    found: dict[str, Callable[[], Page]] = {}
    if pairs.pairs(listing):
        found[f"{listing.path}/{pairs.FOLDER}/index.html"] = lambda: _changes(listing, folder)
    if listing.current:
        found[f"{listing.path}/{PROBLEM}/index.html"] = lambda: _problem(listing, masthead)
    return found


def _changes(listing: Listing, folder: Path) -> Page:
    told = list(pairs.told(listing, folder / pairs.FOLDER))
    editions = list(reversed(pairs.chosen(listing)))
    values = {
        "listing": listing,
        "editions": [(edition, pairs.dated(edition)) for edition in editions],
        "names": {each.pair.name for each in told},
        "told": [(each, sentences(each.summary)) for each in told],
        "left": sum(1 for edition in listing.editions if edition.files) - len(editions),
    }
    return Page(f"{listing.path}/{pairs.FOLDER}/index.html", "changes.html", values)


def _problem(listing: Listing, masthead: Masthead) -> Page:
    address = _contact(listing, masthead)
    page = f"{masthead.base}{listing.path}/index.html"
    version = listing.current.version if listing.current else ""
    subject = _("Problem with the data: {dataset} {version}", dataset=listing.dataset, version=version)
    told = {"title": listing.title, "version": version, "page": page}
    body = _("Dataset: {title}\nVersion: {version}\nAddress: {page}\n\nWhat is wrong, and where (row, field):\n", **told)
    mail = f"mailto:{quote(address, safe='@')}?subject={quote(subject)}&body={quote(body)}" if address else None
    values = {"listing": listing, "address": address, "mail": mail, "problems": problems(listing.problems)}
    return Page(f"{listing.path}/{PROBLEM}/index.html", "problem.html", values)


def _contact(listing: Listing, masthead: Masthead) -> str | None:
    """The e-mail address where the publisher is reached, else the one of whoever answers for the catalogue."""
    told = listing.descriptor
    given = (told.get("contactPoint") or {}).get("hasEmail") or told.get("publisher", {}).get("email")
    return str(given).removeprefix("mailto:") if given else masthead.email
