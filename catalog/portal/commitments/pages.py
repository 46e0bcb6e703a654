"""The pages of commitments: now, by plan, by commitment, and one for each day on which something changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from catalog.portal.commitments import tidy, words
from catalog.portal.commitments.dates import calendar
from catalog.portal.commitments.events import Correction
from catalog.portal.commitments.ledger import Ledger
from catalog.portal.commitments.news import feed
from catalog.portal.commitments.plans import slug
from catalog.portal.commitments.standing import MilestoneStanding, Standing
from catalog.portal.feeds import Feed
from catalog.portal.metadata.record import Masthead
from catalog.portal.paths import Page
from catalog.portal.roles import ROLES
from catalog.portal.told import Row
from catalog.release import twin


@dataclass(frozen=True)
class Download:
    """A table behind the pages: where its newest CSV and Parquet always are, from the site's root."""

    title: str
    page: str
    csv: str
    parquet: str


def pages(ledger: Ledger, other: Ledger) -> Iterator[Page]:
    """Every page in the language that is spoken now. `other` is the demonstration, or what is real: the first
    page leads there, and shows none of it."""
    common = {"ledger": ledger, "home": ledger.home, "demo": ledger.demo, "said": words, "slug": slug}
    index = {"now": ledger.now, "events": list(reversed(ledger.events))[:12], "downloads": downloads(ledger), "other": other}
    yield Page(f"{ledger.home}index.html", "commitments/index.html", {**common, **index})
    for plan in ledger.now.plans:
        events = [each for each in ledger.events if each.plan == plan.plan.id]
        told = {"plan": plan, "events": list(reversed(events)), "cocreation": _cocreation(ledger, plan.plan.id)}
        yield Page(f"{ledger.home}plan/{plan.plan.slug}/index.html", "commitments/plan.html", {**common, **told})
        for commitment in plan.commitments:
            id, slug_ = commitment.commitment.id, commitment.commitment.slug
            events = [each for each in ledger.events if each.commitment == id]
            values = {"plan": plan, "commitment": commitment, "events": list(reversed(events))}
            yield Page(f"{ledger.home}compromiso/{slug_}/index.html", "commitments/commitment.html", {**common, **values})
    for before, standing in zip([None, *ledger.standings], ledger.standings, strict=False):
        events = [each for each in ledger.events if each.day == standing.day]
        values = {"now": standing, "before": before, "events": events, "mended": mended(ledger, standing)}
        yield Page(f"{ledger.home}fecha/{standing.day}/index.html", "commitments/day.html", {**common, **values})


def files(ledger: Ledger, masthead: Masthead) -> Iterator[tuple[str, str | Feed]]:
    """What stands there once, whatever the language: the days for the slider, tidy rows, the calendar, the feed."""
    days = json.dumps([each.isoformat() for each in ledger.days])
    # A script, since a browser does not let a page from the file system fetch a file. Not in the pages: theirs stay as they are.
    yield f"{ledger.home}dates.js", f"window.VEREDA_DATES = {days};\n"
    yield f"{ledger.home}estado.csv", tidy.standing(ledger.now)
    yield f"{ledger.home}cambios.csv", tidy.events(ledger.events)
    for standing in ledger.standings:
        yield f"{ledger.home}fecha/{standing.day}/estado.csv", tidy.standing(standing)
    yield f"{ledger.home}compromisos.ics", calendar(ledger, masthead.base)
    news = feed(ledger, masthead)
    if news:
        yield news.path, news


def downloads(ledger: Ledger) -> list[Download]:
    found = []
    for told in ledger.tables:
        title, latest = str(told.resource.get("title") or told.resource["name"]), f"{told.listing.path}/latest/"
        name = told.resource["path"]
        found.append(Download(title, f"{told.listing.path}/index.html", latest + quote(name), latest + quote(twin(name))))
    return found


def mended(ledger: Ledger, standing: Standing) -> list[tuple[MilestoneStanding, Correction]]:
    """What this day shows and a later version corrected."""
    later = {each.before: each for each in ledger.corrections if each.day > standing.day}
    return [(each, later[each.report]) for each in standing.milestones if each.report in later]


def _cocreation(ledger: Ledger, plan: str) -> list[tuple[str, str, Row]]:
    """How a plan was made: (title, figure, row) of every figure that is given of it, with the titles of the published descriptor."""
    found = []
    for told in ledger.cocreation:
        titles = {field["name"]: field.get("title") or field["name"] for field in told.resource["schema"]["fields"]}
        for row in (row for row in told.now if row["plan_id"] == plan):
            figures = [name for name in ROLES["cocreation"].may if name not in ("nota", "fuente") and row[name] is not None]
            found += [(str(titles[told.resource["role"]["fields"].get(name, name)]), str(row[name]), row) for name in figures]
    return found
