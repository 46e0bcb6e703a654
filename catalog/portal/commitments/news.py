"""News of commitments as an Atom feed: what happened to each commitment on a day."""

from __future__ import annotations

from itertools import groupby
from uuid import uuid5

from catalog.portal.commitments import words
from catalog.portal.commitments.events import Event
from catalog.portal.commitments.ledger import Ledger
from catalog.portal.feeds import IDS, LONGEST, Feed, Item
from catalog.portal.metadata.record import Masthead
from messages import gettext as _


def feed(ledger: Ledger, masthead: Masthead) -> Feed | None:
    """The newest first; None where nothing happened."""
    groups = groupby(sorted(ledger.events, key=_about), key=_about)
    items = [_item(ledger, masthead, list(events)) for _key, events in groups]
    items.sort(key=lambda item: (item.updated, item.id), reverse=True)
    if not items:
        return None
    title = _("Open government commitments: news")
    path = f"{ledger.home}feed.atom"
    author = next((t.listing.descriptor["publisher"]["name"] for t in ledger.plans if t.listing.descriptor.get("publisher")), None)
    said = f"DEMO · {title}" if ledger.demo else title
    page = f"{masthead.base}{ledger.home}index.html"
    return Feed(path, f"urn:uuid:{uuid5(IDS, path)}", said, page, author or masthead.publisher, items[:LONGEST])


def _about(event: Event) -> tuple[str, str, str]:
    return event.day.isoformat(), event.plan, event.commitment or ""


def _item(ledger: Ledger, masthead: Masthead, events: list[Event]) -> Item:
    day, plan, commitment = _about(events[0])
    known = ledger.now.commitment(commitment)
    title = known.commitment.title if known else next((p.plan.title for p in ledger.now.plans if p.plan.id == plan), plan)
    at = f"{day}T00:00:00-03:00"
    return Item(
        id=f"urn:uuid:{uuid5(IDS, f'{ledger.home}{day} {plan} {commitment}')}",
        link=f"{masthead.base}{ledger.home}fecha/{day}/index.html",
        author=None,
        published=at,
        updated=at,
        kind="commitment" if commitment else "plan",
        title=f"DEMO · {title}" if ledger.demo else title,
        changes=[words.sentence(event) for event in events],
    )
