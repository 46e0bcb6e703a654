"""Commitments for programs: rows as CSV, a calendar (iCalendar, RFC 5545), the news as an Atom feed. The same
log gives the same bytes."""

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
    "dias_de_atraso",
    "responde",
    "evidencias",
    "estado_segun_revision",
    "revision",
    "estado_en_palabras",
    "estado_segun_revision_en_palabras",
)
EVENTS = (
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
    "vence",
    "evidencias",
    "estado_segun_revision",
    "revision",
    "estado_en_palabras",
    "estado_segun_revision_en_palabras",
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


def standing_csv(standing: Standing) -> str:
    """A row for each milestone; `dias_de_atraso` is empty where nothing follows its plan."""
    rows = []
    for each in standing.milestones:
        report, milestone = each.report, each.milestone
        ids = [standing.day, milestone.plan, milestone.commitment, milestone.id]
        known = [report.state, report.progress, report.period, report.recorded] if report else [None] * 4
        late = each.late if each.followed else None
        evidence = "; ".join(report.evidence) if report else None
        review = [each.review.completion, each.review.id] if each.review else [None, None]
        states = _in_words(report.state if report else None, review[0])
        rows.append(
            [*ids, milestone.title, milestone.due, *known, late, each.answers, evidence, *review, *states]
        )
    return _csv(STANDING, rows)


def events_csv(events: Sequence[Event]) -> str:
    """A row for each thing that happened."""
    rows = []
    for each in events:
        milestone, report = each.milestone, each.after or each.before
        ids = [each.day, KINDS[each.kind], each.plan, each.commitment, milestone.id if milestone else None]
        period = report.period if report else None
        states = [part.state if part else None for part in (each.before, each.after)]
        progress = [part.progress if part else None for part in (each.before, each.after)]
        due = milestone.due if milestone else None
        review = [each.review.completion, each.review.id] if each.review else [None, None]
        evidence = "; ".join(each.evidence) or None
        rows.append(
            [*ids, period, *states, *progress, due, evidence, *review, *_in_words(states[1], review[0])]
        )
    return _csv(EVENTS, rows)


def _in_words(*states: str | None) -> list[str | None]:
    """What codes of states mean; nothing where there is none."""
    return [words.state_label(each) if each else None for each in states]


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    plain = [[f"{cell:g}" if isinstance(cell, float) else cell for cell in row] for row in rows]
    csv.writer(text, lineterminator="\n").writerows([header, *plain])
    return text.getvalue()


def calendar(ledger: Ledger, base: str) -> str:
    """Every date of a ledger; `base` is the portal's address. DTSTAMP is the moment of the version that first
    gave the date as it is."""
    found = Calendar()
    found.add("prodid", "-//Vereda//commitments//ES")
    found.add("version", "2.0")
    name = _("Open government, Buenos Aires: calls, meetings and due milestones")
    found.add("x-wr-calname", _title(name, ledger))
    dated = [*_milestones(ledger, base), *_meetings(ledger, base), *_calls(ledger, base)]
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
            summary = _("Due: {name}", name=milestone.title)
            if DONE in (each.state, each.review.completion if each.reviewed and each.review else None):
                summary = _("Done: {name}", name=milestone.title)
            known, name = _first(table, row, "hito_id"), f"milestone {milestone.id}"
            event = _event(ledger, name, milestone.due, summary, known, _("due milestone"))
            event.add("url", f"{base}{ledger.home}compromiso/{slug(milestone.commitment)}/index.html")
            event.add("description", f"{milestone.id}. {each.answers}" if each.answers else milestone.id)
            yield milestone.due, event


def _meetings(ledger: Ledger, base: str) -> Iterator[tuple[date, CalendarEvent]]:
    for table in ledger.minutes:
        for row in table.now:
            at = last_day(row["fecha"])
            if at:
                known, name = _first(table, row, "acta_id"), f"meeting {row['acta_id']}"
                event = _event(ledger, name, at, str(row["organo"]), known, _("meeting"))
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
                yield at, _activity(ledger, table, row, at, f"{table.listing.path} {key}", base)


def _calls(ledger: Ledger, base: str) -> Iterator[tuple[date, CalendarEvent]]:
    """Meetings that people are called to; where one enrols for them, the last day for that is a date too."""
    for table in ledger.calls:
        seen: set[tuple[str | None, ...]] = set()
        for row in table.now:
            key = row["fecha"], row["titulo"], row["lugar"]
            at, closes = last_day(row["fecha"]), last_day(row["inscripcion_hasta"])
            if key in seen:
                continue
            seen.add(key)
            for day, what, summary, category in (
                (at, "call", str(row["titulo"]), _("meeting")),
                (closes, "closing", _("Enrolment closes: {name}", name=row["titulo"]), _("call")),
            ):
                if day:
                    name = f"{table.listing.path} {what} {' '.join(map(str, key))}"
                    known = _first(table, row, "fecha", "titulo", "lugar")
                    event = _event(ledger, name, day, summary, known, category)
                    event.add("url", row["inscripcion"] if web(row["inscripcion"]) else _page(table, base))
                    event.add("location", row["lugar"])
                    if row["hora"]:
                        event.add("description", _("At {time}", time=row["hora"]))
                    yield day, event


def _page(table: RoleTable, base: str) -> str:
    return f"{base}{table.listing.path}/index.html"


def _activity(ledger: Ledger, table: RoleTable, row: Row, at: date, name: str, base: str) -> CalendarEvent:
    """A call for an activity, or the activity itself."""
    summary, category = str(row["actividad"]), _("meeting")
    if row["etapa"] == "Convocatoria":
        summary, category = _("Call: {name}", name=row["actividad"]), _("call")
    event = _event(ledger, name, at, summary, _first(table, row, "fecha", "actividad"), category)
    event.add("url", _page(table, base))
    if row["lugar"]:
        event.add("location", row["lugar"])
    return event


def _event(
    ledger: Ledger, name: str, at: date, summary: str, known: KnownRow, category: str
) -> CalendarEvent:
    """A whole day. Its UID stays the same from build to build, and is another in a demonstration."""
    event = CalendarEvent()
    event.add("uid", f"{uuid5(IDS, f'{ledger.home}{name}')}@vereda")
    event.add("dtstamp", datetime.fromisoformat(known.edition.at).astimezone(UTC))
    event.add("dtstart", at)
    event.add("dtend", at + timedelta(days=1))
    event.add("summary", _title(summary, ledger))
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


def _title(text: str, ledger: Ledger) -> str:
    return f"DEMO · {text}" if ledger.demo else text


def feed(ledger: Ledger, masthead: Masthead) -> Feed | None:
    """The newest first; None where nothing happened."""
    title, page = _("Open government commitments: news"), f"{ledger.home}index.html"
    return _feed(ledger, masthead, f"{ledger.home}feed.atom", title, page, ledger.events)


def commitment_feeds(ledger: Ledger, masthead: Masthead) -> Iterator[Feed]:
    """The news of each commitment of which something happened."""
    for plan in ledger.now.plans:
        for each in plan.commitments:
            commitment = each.commitment
            folder = f"{ledger.home}compromiso/{commitment.slug}"
            events = [event for event in ledger.events if event.commitment == commitment.id]
            title = _("{title}: news", title=commitment.title)
            found = _feed(ledger, masthead, f"{folder}/feed.atom", title, f"{folder}/index.html", events)
            if found:
                yield found


def _feed(
    ledger: Ledger, masthead: Masthead, path: str, title: str, page: str, events: Sequence[Event]
) -> Feed | None:
    groups = groupby(sorted(events, key=_about), key=_about)
    items = [_item(ledger, masthead, list(found)) for _key, found in groups]
    items.sort(key=lambda item: (item.updated, item.id), reverse=True)
    if not items:
        return None
    publishers = (table.listing.descriptor.get("publisher") for table in ledger.plans)
    author = next((publisher["name"] for publisher in publishers if publisher), masthead.publisher)
    return Feed(
        path=path,
        id=f"urn:uuid:{uuid5(IDS, path)}",
        title=_title(title, ledger),
        page=f"{masthead.base}{page}",
        author=author,
        items=items[:MOST_ITEMS],
    )


def _about(event: Event) -> tuple[str, str, str]:
    return event.day.isoformat(), event.plan, event.commitment or ""


def _item(ledger: Ledger, masthead: Masthead, events: list[Event]) -> Item:
    day, plan, commitment = _about(events[0])
    known = ledger.now.commitment(commitment)
    titles = [each.plan.title for each in ledger.now.plans if each.plan.id == plan]
    title = known.commitment.title if known else next(iter(titles), plan)
    at = f"{day}T00:00:00-03:00"
    return Item(
        id=f"urn:uuid:{uuid5(IDS, f'{ledger.home}{day} {plan} {commitment}')}",
        link=f"{masthead.base}{ledger.home}fecha/{day}/index.html",
        author=None,
        published=at,
        updated=at,
        kind="commitment" if commitment else "plan",
        title=_title(title, ledger),
        changes=[words.describe_event(event) for event in events],
    )
