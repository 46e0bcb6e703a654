"""What happened to commitments: the difference between two days, and what was reported otherwise later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from catalog.topics.commitments.plans import Milestone, Report, Review
from catalog.topics.commitments.standing import CommitmentStanding, MilestoneStanding, PlanStanding, Standing
from catalog.topics.history import RoleTable


@dataclass(frozen=True)
class Correction:
    """A report that a later version gives otherwise (`after`), or no more (None). `day` is that on which this
    was known."""

    day: date
    before: Report
    after: Report | None


@dataclass(frozen=True)
class Event:
    """Something that happened on `day`.

    `kind` is plan, submitted, plan-over, plan-loaded, loaded, added, removed, redefined, reported, late,
    past-due (while no report says how it ended), corrected or reviewed. `before` and `after` are reports,
    `due` is the date before it was moved.
    """

    day: date
    kind: str
    plan: str
    commitment: str | None = None
    milestone: Milestone | None = None
    before: Report | None = None
    after: Report | None = None
    due: date | None = None
    review: Review | None = None

    @property
    def evidence(self) -> tuple[str, ...]:
        """The evidence that it brought."""
        if self.kind not in ("reported", "corrected"):
            return ()
        known = self.before.evidence if self.before else ()
        return tuple(each for each in (self.after.evidence if self.after else ()) if each not in known)


def find_corrections(table: RoleTable) -> Iterator[Correction]:
    """Every report of a table that a later version changed or took away."""
    for earlier, later in zip(table.versions, table.versions[1:], strict=False):
        after = {report.key: report for report in map(Report.of, later.rows)}
        for report in map(Report.of, earlier.rows):
            if after.get(report.key) != report:
                yield Correction(later.since, report, after.get(report.key))


def compare_days(before: Standing, after: Standing, corrected: Sequence[Correction]) -> Iterator[Event]:
    """What happened from one day on which something changed to the next."""
    wrong = {each.before.milestone: each for each in corrected}
    for plan in after.plans:
        former = before.plan(plan.plan.id)
        if former is None and plan.plan.start == after.day:
            yield Event(after.day, "submitted" if plan.plan.row["presentado"] else "plan", plan.plan.id)
        elif former is None and plan.plan.since <= before.day:
            yield Event(after.day, "plan-loaded", plan.plan.id)
        elif former and plan.plan.end and plan.plan.over(after.day) and not former.plan.over(before.day):
            yield Event(after.day, "plan-over", plan.plan.id)
        yield from _commitments(former, plan, wrong)
        known = {review.id for review in former.all_reviews} if former else set()
        whole = {review.row["informe"] for review in plan.reviews}
        for review in plan.all_reviews:
            # What a report of the whole plan says of a commitment is no second report of it.
            same = review.commitment and review.row["informe"] in whole and not review.completion
            if review.id not in known and review.row["situacion"] != "prevista" and not same:
                yield Event(after.day, "reviewed", plan.plan.id, review.commitment, review=review)
    for each in corrected:
        found = next((m for m in after.milestones if m.milestone.id == each.before.milestone), None)
        if found:
            milestone = found.milestone
            ids = (milestone.plan, milestone.commitment, milestone)
            yield Event(found.day, "corrected", *ids, each.before, each.after)
        else:
            yield Event(after.day, "corrected", each.before.plan, before=each.before)


def _commitments(
    former: PlanStanding | None, plan: PlanStanding, wrong: dict[str, Correction]
) -> Iterator[Event]:
    then = {each.commitment.id: each for each in former.commitments} if former else {}
    for commitment in plan.commitments:
        if former is not None and commitment.commitment.id not in then:
            yield Event(plan.day, "loaded", plan.plan.id, commitment.commitment.id)
        yield from _milestones(then.get(commitment.commitment.id), commitment, wrong)


def _milestones(
    former: CommitmentStanding | None, commitment: CommitmentStanding, wrong: dict[str, Correction]
) -> Iterator[Event]:
    then = {each.milestone.id: each for each in former.milestones} if former else {}
    plan, now = commitment.commitment.plan, {each.milestone.id for each in commitment.milestones}
    for gone in (each for id, each in then.items() if id not in now):
        yield Event(commitment.day, "removed", plan, commitment.commitment.id, gone.milestone)
    for each in commitment.milestones:
        id = each.milestone.id
        yield from _milestone(then.get(id), each, former is not None, wrong.get(id))


def _milestone(
    was: MilestoneStanding | None, now: MilestoneStanding, there: bool, wrong: Correction | None
) -> Iterator[Event]:
    day, milestone = now.day, now.milestone
    ids = (milestone.plan, milestone.commitment, milestone)
    if was is None and there:
        yield Event(day, "added", *ids)
    if was is not None and (was.milestone.due, was.milestone.title) != (milestone.due, milestone.title):
        yield Event(day, "redefined", *ids, due=was.milestone.due)
    former = was.report if was else None
    if now.report is not None and now.report != former and not _is_correction(now.report, former, wrong):
        yield Event(day, "reported", *ids, before=former, after=now.report)
    if now.late and not (was and was.late):
        yield Event(day, "late", *ids, after=now.report)
    if now.unknown and not (was and was.unknown):
        yield Event(day, "past-due", *ids)


def _is_correction(report: Report, former: Report | None, wrong: Correction | None) -> bool:
    """Whether a report is only the former one put right, which is an event of its own."""
    return wrong is not None and former == wrong.before and report.key == wrong.before.key
