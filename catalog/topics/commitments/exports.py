"""The pages' rows as CSV: how every milestone stood on a day, and everything that happened.

The calendar of calls, meetings and due milestones (iCalendar, RFC 5545), the same bytes from the same log.

News of commitments as an Atom feed: what happened to each commitment on a day.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from uuid import uuid5

from icalendar import Calendar
from icalendar import Event as CalendarEvent

from catalog.feeds import IDS, MOST_ITEMS, Feed, Item
from catalog.metadata.record import Masthead
from catalog.topics.commitments import words
from catalog.topics.commitments.events import Event
from catalog.topics.commitments.ledger import Ledger
from catalog.topics.commitments.plans import DONE, Milestone, last_day, slug
from catalog.topics.commitments.standing import Standing
from catalog.topics.history import KnownRow, RoleTable, Row
from catalog.words import web
from messages import gettext as _

STANDING = (
    *(
        "fecha",
        "plan_id",
        "compromiso_id",
        "hito_id",
        "titulo",
        "vence",
        "estado",
        "avance",
        "periodo",
        "registrado",
    ),
    *("dias_de_atraso", "responde", "evidencias"),
)
EVENTS = (
    *(
        "fecha",
        "suceso",
        "plan_id",
        "compromiso_id",
        "hito_id",
        "periodo",
        "estado_anterior",
        "estado",
        "avance_anterior",
        "avance",
    ),
    *("vence", "evidencias"),
)
KINDS = {
    "plan": "plan vigente",
    "submitted": "plan presentado",
    "plan-over": "plan terminado",
    "plan-loaded": "plan cargado",
    "loaded": "compromiso agregado",
    "added": "hito agregado",
    "removed": "hito retirado",
    "redefined": "hito redefinido",
    "reported": "informe",
    "late": "atraso",
    "past-due": "vencido sin informe",
    "corrected": "corrección",
    "reviewed": "revisión",
}


def standing(told: Standing) -> str:
    """A row for each milestone; `dias_de_atraso` is empty where nothing follows its plan."""
    rows = []
    for each in told.milestones:
        report, milestone = each.report, each.milestone
        known = [report.state, report.progress, report.period, report.recorded] if report else [None] * 4
        late = each.late if each.followed else None
        evidence = "; ".join(report.evidence) if report else None
        ids = [told.day, milestone.plan, milestone.commitment, milestone.id, milestone.title, milestone.due]
        rows.append([*ids, *known, late, each.answers, evidence])
    return _csv(STANDING, rows)


def events(told: Sequence[Event]) -> str:
    rows = []
    for each in told:
        report = each.after or each.before
        ids = [
            each.day,
            KINDS[each.kind],
            each.plan,
            each.commitment,
            each.milestone.id if each.milestone else None,
        ]
        states = [part.state if part else None for part in (each.before, each.after)]
        progress = [part.progress if part else None for part in (each.before, each.after)]
        due = each.milestone.due if each.milestone else None
        rows.append(
            [
                *ids,
                report.period if report else None,
                *states,
                *progress,
                due,
                "; ".join(each.evidence) or None,
            ]
        )
    return _csv(EVENTS, rows)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    plain = [[f"{cell:g}" if isinstance(cell, float) else cell for cell in row] for row in rows]
    csv.writer(text, lineterminator="\n").writerows([header, *plain])
    return text.getvalue()


def calendar(ledger: Ledger, base: str) -> str:
    """Every date of a ledger; `base` is the portal's address. DTSTAMP is the moment of the version that first
    told the date as it is."""
    found = Calendar()
    found.add("prodid", "-//Vereda//commitments//ES")
    found.add("version", "2.0")
    name = _("Open government, Buenos Aires: calls, meetings and due milestones")
    found.add("x-wr-calname", _marked(name, ledger))
    dated = [*_milestones(ledger, base), *_meetings(ledger, base)]
    for _at, event in sorted(dated, key=lambda each: (each[0], str(each[1]["uid"]))):
        found.add_component(event)
    return bytes(found.to_ical()).decode()


def _milestones(ledger: Ledger, base: str) -> Iterator[tuple[date, CalendarEvent]]:
    standings = {each.milestone.id: each for each in ledger.now.milestones}
    for table in ledger.milestones:
        for row in table.now:
            milestone = Milestone.of(row)
            each = standings.get(milestone.id)
            if each is None:
                continue
            done = each.state == DONE
            said = _("Done: {name}", name=milestone.title) if done else _("Due: {name}", name=milestone.title)
            event = _event(
                ledger,
                f"milestone {milestone.id}",
                milestone.due,
                said,
                _first(table, row, "hito_id"),
                _("due milestone"),
            )
            event.add("url", f"{base}{ledger.home}compromiso/{slug(milestone.commitment)}/index.html")
            event.add("description", f"{milestone.id}. {each.answers}" if each.answers else milestone.id)
            yield milestone.due, event


def _meetings(ledger: Ledger, base: str) -> Iterator[tuple[date, CalendarEvent]]:
    for table in ledger.minutes:
        for row in table.now:
            at = last_day(row["fecha"])
            if at:
                event = _event(
                    ledger,
                    f"meeting {row['acta_id']}",
                    at,
                    str(row["organo"]),
                    _first(table, row, "acta_id"),
                    _("meeting"),
                )
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
                event = _event(
                    ledger,
                    name,
                    at,
                    said,
                    _first(table, row, "fecha", "actividad"),
                    _("call") if call else _("meeting"),
                )
                event.add("url", f"{base}{table.listing.path}/index.html")
                if row["lugar"]:
                    event.add("location", row["lugar"])
                yield at, event


def _event(ledger: Ledger, name: str, at: date, said: str, told: KnownRow, category: str) -> CalendarEvent:
    """A whole day. Its UID stays the same however often it is told, and is another in a demonstration."""
    event = CalendarEvent()
    event.add("uid", f"{uuid5(IDS, f'{ledger.home}{name}')}@vereda")
    event.add("dtstamp", datetime.fromisoformat(told.edition.at).astimezone(UTC))
    event.add("dtstart", at)
    event.add("dtend", at + timedelta(days=1))
    event.add("summary", _marked(said, ledger))
    event.add("categories", ["DEMO", category] if ledger.demo else [category])
    event.add("transp", "TRANSPARENT")
    return event


def _first(table: RoleTable, row: Row, *key: str) -> KnownRow:
    """The first version that has the row as it is now, without a break since."""
    first = table.versions[-1]
    for known in reversed(table.versions):
        if not any(each == row for each in known.rows if all(each[field] == row[field] for field in key)):
            break
        first = known
    return first


def _marked(text: str, ledger: Ledger) -> str:
    return f"DEMO · {text}" if ledger.demo else text


def feed(ledger: Ledger, masthead: Masthead) -> Feed | None:
    """The newest first; None where nothing happened."""
    groups = groupby(sorted(ledger.events, key=_about), key=_about)
    items = [_item(ledger, masthead, list(events)) for _key, events in groups]
    items.sort(key=lambda item: (item.updated, item.id), reverse=True)
    if not items:
        return None
    title = _("Open government commitments: news")
    path = f"{ledger.home}feed.atom"
    author = next(
        (
            t.listing.descriptor["publisher"]["name"]
            for t in ledger.plans
            if t.listing.descriptor.get("publisher")
        ),
        None,
    )
    said = f"DEMO · {title}" if ledger.demo else title
    page = f"{masthead.base}{ledger.home}index.html"
    return Feed(
        path, f"urn:uuid:{uuid5(IDS, path)}", said, page, author or masthead.publisher, items[:MOST_ITEMS]
    )


def _about(event: Event) -> tuple[str, str, str]:
    return event.day.isoformat(), event.plan, event.commitment or ""


def _item(ledger: Ledger, masthead: Masthead, events: list[Event]) -> Item:
    day, plan, commitment = _about(events[0])
    known = ledger.now.commitment(commitment)
    title = (
        known.commitment.title
        if known
        else next((p.plan.title for p in ledger.now.plans if p.plan.id == plan), plan)
    )
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
