"""The calendar of calls, meetings and due milestones (iCalendar, RFC 5545), the same bytes from the same log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import uuid5

from icalendar import Calendar, Event

from catalog.portal.commitments.ledger import Ledger
from catalog.portal.commitments.plans import DONE, Milestone, last_day, slug
from catalog.portal.feeds import IDS
from catalog.portal.page import web
from catalog.portal.told import Known, Row, Told
from messages import gettext as _


def calendar(ledger: Ledger, base: str) -> str:
    """Every date of a ledger; `base` is the portal's address. DTSTAMP is the moment of the version that first told the date as it is."""
    found = Calendar()
    found.add("prodid", "-//Vereda//commitments//ES")
    found.add("version", "2.0")
    name = _("Open government, Buenos Aires: calls, meetings and due milestones")
    found.add("x-wr-calname", _marked(name, ledger))
    dated = [*_milestones(ledger, base), *_meetings(ledger, base)]
    for _at, event in sorted(dated, key=lambda each: (each[0], str(each[1]["uid"]))):
        found.add_component(event)
    return bytes(found.to_ical()).decode()


def _milestones(ledger: Ledger, base: str) -> Iterator[tuple[date, Event]]:
    standings = {each.milestone.id: each for each in ledger.now.milestones}
    for table in ledger.milestones:
        for row in table.now:
            milestone = Milestone.of(row)
            each = standings.get(milestone.id)
            if each is None:
                continue
            done = each.state == DONE
            said = _("Done: {name}", name=milestone.title) if done else _("Due: {name}", name=milestone.title)
            event = _event(ledger, f"milestone {milestone.id}", milestone.due, said, _first(table, row, "hito_id"), _("due milestone"))
            event.add("url", f"{base}{ledger.home}compromiso/{slug(milestone.commitment)}/index.html")
            event.add("description", f"{milestone.id}. {each.answers}" if each.answers else milestone.id)
            yield milestone.due, event


def _meetings(ledger: Ledger, base: str) -> Iterator[tuple[date, Event]]:
    for table in ledger.minutes:
        for row in table.now:
            at = last_day(row["fecha"])
            if at:
                event = _event(ledger, f"meeting {row['acta_id']}", at, str(row["organo"]), _first(table, row, "acta_id"), _("meeting"))
                event.add("description", _("Minutes: {link}", link=row["enlace"]))
                if web(row["enlace"]):
                    event.add("url", row["enlace"])
                yield at, event
    for table in ledger.instances:
        seen: set[str] = set()
        for row in table.now:
            at = last_day(row["fecha"])
            key = " ".join(str(row[field]) for field in ("fecha", "actividad", "lugar", "etapa"))
            if at and key not in seen and (row["etapa"] or "Encuentro") in ("Convocatoria", "Encuentro"):
                seen.add(key)
                call = row["etapa"] == "Convocatoria"
                said = _("Call: {name}", name=row["actividad"]) if call else str(row["actividad"])
                name = f"{table.listing.path} {key}"
                event = _event(ledger, name, at, said, _first(table, row, "fecha", "actividad"), _("call") if call else _("meeting"))
                event.add("url", f"{base}{table.listing.path}/index.html")
                if row["lugar"]:
                    event.add("location", row["lugar"])
                yield at, event


def _event(ledger: Ledger, name: str, at: date, said: str, told: Known, category: str) -> Event:
    """A whole day. Its UID stays the same however often it is told, and is another in a demonstration."""
    event = Event()
    event.add("uid", f"{uuid5(IDS, f'{ledger.home}{name}')}@vereda")
    event.add("dtstamp", datetime.fromisoformat(told.edition.at).astimezone(UTC))
    event.add("dtstart", at)
    event.add("dtend", at + timedelta(days=1))
    event.add("summary", _marked(said, ledger))
    event.add("categories", ["DEMO", category] if ledger.demo else [category])
    event.add("transp", "TRANSPARENT")
    return event


def _first(table: Told, row: Row, *key: str) -> Known:
    """The first version that has the row as it is now, without a break since."""
    first = table.versions[-1]
    for known in reversed(table.versions):
        if not any(each == row for each in known.rows if all(each[field] == row[field] for field in key)):
            break
        first = known
    return first


def _marked(text: str, ledger: Ledger) -> str:
    return f"DEMO · {text}" if ledger.demo else text
