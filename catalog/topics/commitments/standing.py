"""How plans, their commitments and milestones stand on a day, as far as was known on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from catalog.topics.commitments.plans import DONE, Commitment, Milestone, Plan, Report, Review


@dataclass(frozen=True)
class MilestoneStanding:
    """`report` is the last one known on `day`; `followed`: whether any report of its plan was known. Without
    one nothing is said to be late. `review` is the one that says how its commitment ended, if one does."""

    milestone: Milestone
    report: Report | None
    followed: bool
    day: date
    answers: str | None
    review: Review | None = None

    @property
    def state(self) -> str | None:
        return self.report.state if self.report else None

    @property
    def past_due(self) -> int:
        """Days since it was due; 0 before."""
        return max((self.day - self.milestone.due).days, 0)

    @property
    def late(self) -> int:
        """Days by which it is late: due, followed, and not known to be complete."""
        return self.past_due if self.followed and self.state != DONE else 0

    @property
    def unknown(self) -> bool:
        """Past its date, while neither a report nor a review told how it ended."""
        return self.past_due > 0 and not self.followed and self.review is None

    @property
    def reviewed(self) -> bool:
        """Whether a review alone tells how it ended."""
        return self.report is None and self.review is not None

    @property
    def mark(self) -> tuple[object, ...]:
        """What a change of is a change."""
        return (
            self.milestone.id,
            self.milestone.title,
            self.milestone.due,
            self.report,
            self.late > 0,
            self.unknown,
            self.review.id if self.review else None,
        )


class _Milestones:
    """What is counted over several milestones."""

    day: date
    milestones: Sequence[MilestoneStanding]

    @property
    def reported(self) -> int:
        return sum(each.report is not None for each in self.milestones)

    @property
    def done(self) -> int:
        return sum(each.state == DONE for each in self.milestones)

    @property
    def late(self) -> list[MilestoneStanding]:
        return sorted(
            (each for each in self.milestones if each.late), key=lambda each: (-each.late, each.milestone.id)
        )

    @property
    def progress(self) -> float | None:
        """The mean of what was reported of its milestones, in percent, each with the same weight; None where
        nothing was."""
        found = [
            each.report.progress
            for each in self.milestones
            if each.report and each.report.progress is not None
        ]
        return sum(found) / len(found) if found else None

    @property
    def state(self) -> str | None:
        """Complete where every milestone is, not started where none is; else by the mean progress:
        substantial from 50 % on."""
        states = {each.state for each in self.milestones}
        if not self.reported:
            return None
        if len(states) == 1:
            return next(iter(states))
        return "SP" if (self.progress or 0) >= 50 else "LP"


@dataclass(frozen=True)
class CommitmentStanding(_Milestones):
    """`reviews` are those that were published by `day`."""

    commitment: Commitment
    milestones: tuple[MilestoneStanding, ...]
    reviews: tuple[Review, ...]
    day: date

    @property
    def review(self) -> Review | None:
        """That which says how it ended, where no report does."""
        return next((each.review for each in self.milestones if each.reviewed), None)

    @property
    def reviewed(self) -> bool:
        return self.state is None and self.review is not None

    def disagrees(self, review: Review) -> bool:
        """Whether a review gives another state than follows from the reports; only where both give one."""
        return review.state is not None and self.state is not None and review.state != self.state


@dataclass(frozen=True)
class PlanStanding(_Milestones):
    plan: Plan
    commitments: tuple[CommitmentStanding, ...]
    reviews: tuple[Review, ...]
    missing: tuple[str, ...]
    day: date

    @cached_property
    def milestones(self) -> tuple[MilestoneStanding, ...]:  # type: ignore[override]
        return tuple(each for commitment in self.commitments for each in commitment.milestones)

    @property
    def without_milestones(self) -> int:
        """Of how many of its commitments no milestone is loaded."""
        return sum(not each.milestones for each in self.commitments)

    @property
    def loaded(self) -> str:
        """How many of its commitments are loaded: ninguno, algunos, todos."""
        return self.plan.row["compromisos_cargados"] or ("todos" if self.commitments else "ninguno")

    @property
    def elapsed(self) -> float | None:
        return self.plan.elapsed(self.day)

    @property
    def followed(self) -> bool:
        return any(each.followed for each in self.milestones)

    @property
    def last_report(self) -> Report | None:
        return max(
            (m.report for m in self.milestones if m.report),
            key=lambda report: (report.until, report.recorded),
            default=None,
        )

    @property
    def mark(self) -> tuple[object, ...]:
        known = (
            self.plan.id,
            self.plan.title,
            self.plan.over(self.day) if self.plan.end else None,
            self.loaded,
        )
        return (
            known,
            tuple(each.id for each in self.all_reviews),
            tuple(each.mark for each in self.milestones),
        )

    @property
    def all_reviews(self) -> list[Review]:
        return [*self.reviews, *(review for each in self.commitments for review in each.reviews)]


@dataclass(frozen=True)
class Standing:
    """Everything on a day. `reconstructed`: the day is before the first version of what was reported, so that
    its dates alone tell of it."""

    day: date
    plans: tuple[PlanStanding, ...]
    reconstructed: bool

    @property
    def milestones(self) -> list[MilestoneStanding]:
        return [each for plan in self.plans for each in plan.milestones]

    @property
    def late(self) -> list[MilestoneStanding]:
        return sorted(
            (each for plan in self.plans for each in plan.late),
            key=lambda each: (-each.late, each.milestone.id),
        )

    @property
    def mark(self) -> tuple[object, ...]:
        return tuple(plan.mark for plan in self.plans)

    def commitment(self, id: str) -> CommitmentStanding | None:
        return next(
            (each for plan in self.plans for each in plan.commitments if each.commitment.id == id), None
        )

    def plan(self, id: str) -> PlanStanding | None:
        return next((each for each in self.plans if each.plan.id == id), None)
