"""The history of all commitments: how everything stood on each day on which something changed, as it was
known on that day.

There are two times. What a report says is dated by the report; since when it was known is dated by the
log. A later version adds days, and never changes what an earlier day shows: where it corrects a report, the
correction is something that happened later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from catalog.public import Listing
from catalog.topics.commitments.events import Correction, Event, compare_days, find_corrections
from catalog.topics.commitments.plans import Commitment, Milestone, Plan, Report, Review, last_day
from catalog.topics.commitments.standing import CommitmentStanding, MilestoneStanding, PlanStanding, Standing
from catalog.topics.history import RoleTable, Row, role_history


@dataclass(frozen=True)
class Ledger:
    """`demo`: of invented data, which never meets what is real. `today` is the day of "now"."""

    demo: bool
    today: date
    plans: Sequence[RoleTable]
    commitments: Sequence[RoleTable]
    milestones: Sequence[RoleTable]
    periods: Sequence[RoleTable]
    reports: Sequence[RoleTable]
    reviews: Sequence[RoleTable]
    minutes: Sequence[RoleTable]
    cocreation: Sequence[RoleTable]
    stages: Sequence[RoleTable]
    lines: Sequence[RoleTable]
    promises: Sequence[RoleTable]
    claims: Sequence[RoleTable]
    instances: Sequence[RoleTable]
    calls: Sequence[RoleTable]

    @classmethod
    def of(cls, listings: Sequence[Listing], demo: bool, site: Path, today: date) -> Ledger:
        """From the public files that stand in `site`."""
        mine = [each for each in listings if each.demo == demo]
        roles = (
            "plans",
            "commitments",
            "milestones",
            "periods",
            "follow-up",
            "reviews",
            "minutes",
            "cocreation",
            "stages",
            "lines",
            "promises",
            "claims",
            "instances",
            "calls",
        )
        return cls(demo, today, *(role_history(mine, role, site) for role in roles))

    @property
    def home(self) -> str:
        """The folder of its pages, under the language's root."""
        return "compromisos/demo/" if self.demo else "compromisos/"

    @property
    def tables(self) -> list[RoleTable]:
        """Where the rows come from."""
        return [
            *self.plans,
            *self.commitments,
            *self.milestones,
            *self.reports,
            *self.reviews,
            *self.minutes,
            *self.cocreation,
            *self.stages,
            *self.lines,
            *self.promises,
            *self.claims,
        ]

    @cached_property
    def now(self) -> Standing:
        return self.at(self.today)

    @cached_property
    def days(self) -> list[date]:
        """The days on which something changed, oldest first."""
        found: list[date] = []
        before: tuple[object, ...] = ()
        corrected = {each.day for each in self.corrections}
        for each in sorted(day for day in self._candidates() if day <= self.today):
            mark = self.at(each).mark
            if mark != before or each in corrected:
                found.append(each)
                before = mark
        return found

    @cached_property
    def standings(self) -> list[Standing]:
        """How everything stood on each of the days."""
        return [self.at(each) for each in self.days]

    @cached_property
    def corrections(self) -> list[Correction]:
        return [each for table in self.reports for each in find_corrections(table)]

    @cached_property
    def events(self) -> list[Event]:
        """What happened, oldest first."""
        found: list[Event] = []
        before = Standing(date.min, (), False)
        for standing in self.standings:
            corrections = [each for each in self.corrections if each.day == standing.day]
            found += compare_days(before, standing, corrections)
            before = standing
        return found

    def at(self, day: date) -> Standing:
        """How everything stood on a day, by what was known on it."""
        reports, reviews = self._reports(day), self._reviews(day)
        milestones = self._milestones_on(day, reports)
        commitments = [
            CommitmentStanding(
                commitment,
                tuple(each for each in milestones if each.milestone.commitment == commitment.id),
                tuple(each for each in reviews if each.commitment == commitment.id),
                day,
            )
            for commitment in map(Commitment.of, _rows(self.commitments, day, "compromiso_id"))
        ]
        plans = [
            PlanStanding(
                plan,
                tuple(each for each in commitments if each.commitment.plan == plan.id),
                tuple(each for each in reviews if each.plan == plan.id and each.commitment is None),
                self._missing(plan, day, reports),
                day,
            )
            for plan in map(Plan.of, _rows(self.plans, day, "plan_id"))
            if plan.since <= day
        ]
        plans.sort(key=lambda each: (each.plan.since, each.plan.id))
        first = min((table.versions[0].since for table in self.reports), default=day)
        return Standing(day, tuple(plans), reconstructed=bool(reports) and day < first)

    def _milestones_on(self, day: date, reports: Sequence[Report]) -> list[MilestoneStanding]:
        latest: dict[str, Report] = {}
        for each in sorted(reports, key=lambda each: (each.until, each.recorded)):
            latest[each.milestone] = each
        followed = {report.plan for report in reports}
        told = self._endings(day)
        commitments = _rows(self.commitments, day, "compromiso_id")
        responsible = {row["compromiso_id"]: row["responsable"] for row in commitments}
        found = []
        for milestone in map(Milestone.of, _rows(self.milestones, day, "hito_id")):
            report = latest.get(milestone.id)
            answers = _answers(responsible.get(milestone.commitment), report)
            known = milestone.plan in followed
            review = told.get(milestone.commitment)
            found.append(MilestoneStanding(milestone, report, known, day, answers, review))
        return found

    def _endings(self, day: date) -> dict[str, Review]:
        """By commitment, the review that says how its milestones ended, by code before words.

        Of a plan that nobody followed it tells of the time of the milestones, and an earlier day is not left
        without an answer because it was written later. Of one that was, what was known on the day holds.
        """
        followed = {
            row["plan_id"] for table in self.reports for known in table.versions for row in known.rows
        }
        reviews = [
            review
            for table in self.reviews
            for known in (table.at(day),)
            for review in map(Review.of, known.rows)
            if review.completion and review.commitment
            if review.plan not in followed or (review.published or known.since) <= day
        ]
        reviews.sort(key=lambda each: (each.state is not None, each.published or date.min, each.id))
        return {str(each.commitment): each for each in reviews}

    @cached_property
    def _parsed(self) -> dict[int, list[Report]]:
        """The reports of each version: every day asks for them."""
        return {
            id(known): [Report.of(row) for row in known.rows]
            for table in self.reports
            for known in table.versions
        }

    def _reports(self, day: date) -> list[Report]:
        """What had been reported. Before the first version of a table, what it dates to that day or
        earlier."""
        found = []
        for table in self.reports:
            known = table.at(day)
            reports = self._parsed[id(known)]
            found += (
                reports if known.since <= day else [report for report in reports if report.recorded <= day]
            )
        return found

    def _reviews(self, day: date) -> list[Review]:
        """What had been published. A review without a date was known since the version that told of it."""
        found: dict[str, Review] = {}
        for table in self.reviews:
            known = table.at(day)
            for review in map(Review.of, known.rows):
                if (review.published or known.since) <= day:
                    found.setdefault(review.id, review)
        return list(found.values())

    def _missing(self, plan: Plan, day: date, reports: Sequence[Report]) -> tuple[str, ...]:
        """The periods of a plan that were over and of which nothing had been reported, where its periods are
        known."""
        there = {report.period for report in reports if report.plan == plan.id}
        periods = [row for row in _rows(self.periods, day, "plan_id", "periodo") if row["plan_id"] == plan.id]
        over = [row["periodo"] for row in periods if (last_day(row["hasta_mes"]) or day) < day]
        return tuple(sorted(str(period) for period in over if period not in there))

    def _candidates(self) -> set[date]:
        """The days on which something may have changed."""
        one = timedelta(days=1)
        found = {known.since for table in self.tables for known in table.versions}
        for table in self.reports:
            found |= {
                each.recorded
                for each in self._parsed[id(table.versions[0])]
                if each.recorded < table.versions[0].since
            }
        for table in self.plans:
            for plan in (Plan.of(row) for known in table.versions for row in known.rows):
                found |= ({plan.start} if plan.start else set()) | ({plan.end + one} if plan.end else set())
        found |= {
            Milestone.of(row).due + one
            for table in self.milestones
            for known in table.versions
            for row in known.rows
        }
        published = [
            last_day(row["publicada"])
            for table in self.reviews
            for known in table.versions
            for row in known.rows
        ]
        return found | {each for each in published if each}


def _rows(tables: Sequence[RoleTable], day: date, *key: str) -> list[Row]:
    """The rows known on a day of all tables in a role; the first table that has a key tells of it."""
    found: dict[tuple[str | None, ...], Row] = {}
    for table in tables:
        for row in table.at(day).rows:
            found.setdefault(tuple(row[field] for field in key), row)
    return list(found.values())


def _answers(responsible: str | None, report: Report | None) -> str | None:
    """Who answers for a milestone: the commitment's body; where none is known, the area that reported."""
    return responsible or (report.area if report else None)
