"""The pages of commitments: now, by plan, by commitment, and one for each day on which something changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalog.archive.links import LinkStanding
from catalog.archive.roles import ROLES
from catalog.feeds import Feed
from catalog.metadata.record import Masthead
from catalog.page import Page
from catalog.topics.commitments import words
from catalog.topics.commitments.events import Correction, Event
from catalog.topics.commitments.exports import calendar, commitment_feeds, events_csv, feed, standing_csv
from catalog.topics.commitments.ledger import Ledger
from catalog.topics.commitments.plans import slug
from catalog.topics.commitments.standing import (
    CommitmentStanding,
    MilestoneStanding,
    PlanStanding,
    Standing,
)
from catalog.topics.history import RoleTable, Row, cite, split_list


def pages(ledger: Ledger, other: Ledger, links: Mapping[str, LinkStanding]) -> Iterator[Page]:
    """Every page in the language that is spoken now. `other` is the demonstration, or what is real: the first
    page leads there, and shows none of it. `links` is how the links stand that are cited."""
    common = {"ledger": ledger, "home": ledger.home, "demo": ledger.demo, "labels": words, "slug": slug}
    common |= {"cite": cite(ledger.tables), "items": split_list, "links": links}
    addresses = CitedLinks(ledger)
    index = {"now": ledger.now, "events": _last(ledger.events, 6), "other": other}
    index |= {"promises": promises(ledger), "claims": [row for table in ledger.claims for row in table.now]}
    yield Page(f"{ledger.home}index.html", "commitments/index.html", {**common, **index})
    for plan in ledger.now.plans:
        events = [each for each in ledger.events if each.plan == plan.plan.id]
        last = _last(events, 20)
        values = {"plan": plan, "events": last, "more": len(last) < len(events)}
        values["cocreation"] = _cocreation(ledger, plan.plan.id)
        stages, lines = _of_plan(ledger.stages, plan.plan.id), _of_plan(ledger.lines, plan.plan.id)
        values |= {"stages": stages, "lines": lines, "cited": addresses.of_plan(plan, stages, lines)}
        path = f"{ledger.home}plan/{plan.plan.slug}/index.html"
        yield Page(path, "commitments/plan.html", {**common, **values})
        for commitment in plan.commitments:
            events = [each for each in ledger.events if each.commitment == commitment.commitment.id]
            values = {"plan": plan, "commitment": commitment, "events": events}
            values["cited"] = addresses.of_commitment(commitment, events)
            path = f"{ledger.home}compromiso/{commitment.commitment.slug}/index.html"
            yield Page(path, "commitments/commitment.html", {**common, **values})
    for before, standing in zip([None, *ledger.standings], ledger.standings, strict=False):
        events = [each for each in ledger.events if each.day == standing.day]
        values = {"now": standing, "before": before, "events": events}
        values["corrections"] = later_corrections(ledger, standing)
        path = f"{ledger.home}fecha/{standing.day}/index.html"
        yield Page(path, "commitments/day.html", {**common, **values})


def files(ledger: Ledger, masthead: Masthead) -> Iterator[tuple[str, str | Feed]]:
    """What stands there once, whatever the language: the days for the slider, tidy rows, the calendar, the
    feed."""
    days = json.dumps([each.isoformat() for each in ledger.days])
    # A script, since a browser does not let a page from the file system fetch a file. Not in the pages:
    # theirs stay as they are.
    yield f"{ledger.home}dates.js", f"window.VEREDA_DATES = {days};\n"
    yield f"{ledger.home}estado.csv", standing_csv(ledger.now)
    yield f"{ledger.home}cambios.csv", events_csv(ledger.events)
    for standing in ledger.standings:
        yield f"{ledger.home}fecha/{standing.day}/estado.csv", standing_csv(standing)
    yield f"{ledger.home}compromisos.ics", calendar(ledger, masthead.base)
    news = feed(ledger, masthead)
    for each in (*([news] if news else []), *commitment_feeds(ledger, masthead)):
        yield each.path, each


@dataclass(frozen=True)
class CitedLinks:
    """The addresses that a page cites, in the order in which a reader meets them."""

    ledger: Ledger

    def of_plan(self, plan: PlanStanding, *rows: Sequence[Row]) -> list[str]:
        """Of a plan, its reviews, and what else the page shows of it."""
        cited = [plan.plan.row, *(review.row for review in plan.reviews)]
        cited += [row for table in self.ledger.cocreation for row in table.now]
        cited = [row for row in cited if row.get("plan_id") == plan.plan.id]
        return self._addresses([*cited, *(row for each in rows for row in each)])

    def of_commitment(self, standing: CommitmentStanding, events: Sequence[Event]) -> list[str]:
        """Of a commitment, its milestones with all their evidence, and its reviews."""
        rows = [standing.commitment.row, *(each.milestone.row for each in standing.milestones)]
        rows += [review.row for review in standing.reviews]
        evidence = [address for event in events for address in event.evidence]
        evidence += [
            address for each in standing.milestones if each.report for address in each.report.evidence
        ]
        return list(dict.fromkeys([*evidence, *self._addresses(rows)]))

    def _addresses(self, rows: Sequence[Row]) -> list[str]:
        sources = cite(self.ledger.tables)
        found: list[str | None] = []
        for row in rows:
            found.append(row.get("enlace"))
            found += [address for _title, address in sources(row.get("fuente"))]
        return [address for address in dict.fromkeys(found) if address]


def promises(ledger: Ledger) -> dict[str, list[Row]]:
    """What the head of government promised, by axis, in the order of the numbers."""
    found: dict[str, list[Row]] = {}
    rows = [row for table in ledger.promises for row in table.now]
    for row in sorted(rows, key=lambda row: (str(row["eje"]), int(row["numero"] or 0))):
        found.setdefault(row["eje"] or "", []).append(row)
    return found


def _of_plan(tables: Sequence[RoleTable], plan: str) -> list[Row]:
    rows = [row for table in tables for row in table.now if row["plan_id"] == plan]
    return sorted(rows, key=lambda row: int(row["orden"] or 0))


def later_corrections(ledger: Ledger, standing: Standing) -> list[tuple[MilestoneStanding, Correction]]:
    """What this day shows and a later version corrected."""
    later = {each.before: each for each in ledger.corrections if each.day > standing.day}
    return [(each, later[each.report]) for each in standing.milestones if each.report in later]


def _last(events: Sequence[Event], days: int) -> list[Event]:
    """Those of the last days on which something happened."""
    first = sorted({each.day for each in events})[-days:][:1]
    return [each for each in events if each.day >= first[0]] if first else []


def _cocreation(ledger: Ledger, plan: str) -> list[tuple[str, str, Row]]:
    """How a plan was made: (title, figure, row) of every figure that is given of it, with the titles of the
    published descriptor."""
    found = []
    names = [name for name in ROLES["cocreation"].may if name not in ("nota", "fuente")]
    for table in ledger.cocreation:
        fields, role = table.resource["schema"]["fields"], table.resource["role"]["fields"]
        titles = {field["name"]: str(field.get("title") or field["name"]) for field in fields}
        for row in table.now:
            known = [name for name in names if row["plan_id"] == plan and row[name] is not None]
            found += [(titles[role.get(name, name)], str(row[name]), row) for name in known]
    return found
