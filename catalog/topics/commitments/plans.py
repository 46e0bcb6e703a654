"""Plans, commitments and milestones, what is reported of a milestone, and what a review says, read from rows
of published text."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from catalog.topics.history import Row, split_list

# Not started, limited, substantial, complete: as in Canada's national action plans.
STATES = ("NS", "LP", "SP", "C")
DONE = "C"


@dataclass(frozen=True)
class Plan:
    """`start` and `end` are days as far as the documents give a month or a day; of a plan that is known by
    its years alone, the years."""

    id: str
    title: str
    start: date | None
    end: date | None
    first_year: int | None
    last_year: int | None
    row: Row

    @classmethod
    def of(cls, row: Row) -> Plan:
        starts, ends = row["presentado"] or row["inicio_mes"], row["fin_mes"]
        years = [row["anio_inicio"] or (starts or "")[:4], row["anio_fin"] or (ends or "")[:4]]
        first, last = (int(year) if year else None for year in years)
        return cls(
            _text(row, "plan_id"), _text(row, "titulo"), first_day(starts), last_day(ends), first, last, row
        )

    @property
    def slug(self) -> str:
        return slug(self.id)

    @property
    def since(self) -> date:
        """The day from which it is told of: its start, at the latest the end of its first year."""
        return self.start or (date(self.first_year, 12, 31) if self.first_year else date.min)

    def elapsed(self, day: date) -> float | None:
        """The part of its time that is over, from 0 to 1; None where a day of its start or end is not known
        and it is not surely over."""
        if self.last_year is not None and day.year > self.last_year:
            return 1.0
        if self.start is None or self.end is None:
            return None
        return min(max((day - self.start).days / max((self.end - self.start).days, 1), 0.0), 1.0)

    def over(self, day: date) -> bool:
        return self.elapsed(day) == 1.0

    def current(self, day: date) -> bool:
        return self.since <= day and self.elapsed(day) is not None and not self.over(day)


@dataclass(frozen=True)
class Commitment:
    id: str
    plan: str
    title: str
    answers: str | None
    row: Row

    @classmethod
    def of(cls, row: Row) -> Commitment:
        return cls(
            _text(row, "compromiso_id"), _text(row, "plan_id"), _text(row, "titulo"), row["responsable"], row
        )

    @property
    def slug(self) -> str:
        return slug(self.id)


@dataclass(frozen=True)
class Milestone:
    """`due` is the last day on which it is on time."""

    id: str
    commitment: str
    plan: str
    title: str
    start: date | None
    due: date
    row: Row

    @classmethod
    def of(cls, row: Row) -> Milestone:
        due = last_day(row["fin_mes"])
        assert due is not None, "the role needs it, and its schema requires it"
        known = (
            _text(row, "hito_id"),
            _text(row, "compromiso_id"),
            _text(row, "plan_id"),
            _text(row, "titulo"),
        )
        return cls(*known, first_day(row["inicio_mes"]), due, row)


@dataclass(frozen=True)
class Report:
    """What was reported of a milestone for a period. `until` is the period's last day, `recorded` the day of
    the report as the row gives it, else `until`; `progress` is in percent."""

    milestone: str
    plan: str
    period: str
    until: date
    recorded: date
    state: str
    progress: float | None
    evidence: tuple[str, ...]
    challenges: str | None
    area: str | None

    @classmethod
    def of(cls, row: Row) -> Report:
        until = last_day(row["periodo"])
        assert until is not None, "the role needs it"
        return cls(
            milestone=_text(row, "hito_id"),
            plan=_text(row, "plan_id"),
            period=_text(row, "periodo"),
            until=until,
            recorded=last_day(row["registrado"]) or until,
            state=_text(row, "estado"),
            progress=float(row["avance"]) if row["avance"] else None,
            evidence=split_list(row["evidencias"]),
            challenges=row["desafios"],
            area=row["informado_por"],
        )

    @property
    def key(self) -> tuple[str, str]:
        return self.period, self.milestone


@dataclass(frozen=True)
class Review:
    """What an independent review says of a commitment, or of a whole plan. `state` is its code of completion
    where it is one of ours, `in_words` what its text says, in words, of all milestones of the commitment."""

    id: str
    plan: str
    commitment: str | None
    reviewer: str
    published: date | None
    state: str | None
    in_words: str | None
    row: Row

    @classmethod
    def of(cls, row: Row) -> Review:
        state, in_words = row["cumplimiento"], row["cumplimiento_relato"]
        return cls(
            id=_text(row, "revision_id"),
            plan=_text(row, "plan_id"),
            commitment=row["compromiso_id"],
            reviewer=_text(row, "revisor"),
            published=last_day(row["publicada"]),
            state=state if state in STATES else None,
            in_words=in_words if in_words in STATES else None,
            row=row,
        )

    @property
    def completion(self) -> str | None:
        """How it says that every milestone of the commitment ended: a code is of the whole commitment, so it
        says so only where that is complete."""
        return self.state if self.state == DONE else self.in_words


def first_day(text: str | None) -> date | None:
    """Of a day, a month, a quarter or a year as text."""
    span = _span(text)
    return span[0] if span else None


def last_day(text: str | None) -> date | None:
    span = _span(text)
    return span[1] if span else None


def _span(text: str | None) -> tuple[date, date] | None:
    """2023-10-31 · 2023-10 · 2023-T4 · 2023; None for what is none of them."""
    match = re.fullmatch(r"(\d{4})(?:-(?:T([1-4])|(\d{2})(?:-(\d{2}))?))?", text or "")
    if not match:
        return None
    year, quarter, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    if day is not None and month is not None:
        return date(year, month, day), date(year, month, day)
    first, last = (month, month) if month else (1, 12)
    if quarter:
        first, last = 3 * quarter - 2, 3 * quarter
    return date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])


def slug(id: str) -> str:
    """An id as the name of a folder, whatever it holds."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", id).strip(".") or "-"


def _text(row: Row, field: str) -> str:
    value = row[field]
    return value if value is not None else "—"
