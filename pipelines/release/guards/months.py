"""Are all the months there? Months that lost rows, a last month that is too short, dates that stand still or
lie ahead."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from math import exp, log
from statistics import median

from messages import gettext as _
from messages import ngettext
from pipelines.release.guards.measure import (
    COLUMN,
    EXTREME,
    Case,
    Expected,
    Unusual,
    column_of,
    expected_range,
    filled_count,
    noise,
    share,
    unusual_column,
)
from pipelines.release.guards.profile import ColumnProfile, Profile

LEAST = 10
"""Rows that a month must have to be judged, and to have lost."""
SEVERAL = 3
"""Releases that must have brought a new month before a short one stops the run."""
SOME_DAYS = 5
"""What comes every few days may stand still for one."""
GONE = 0.3
"""The share of a month's rows whose loss is told, where the other months lost none."""
FEW, MOST = 4, 0.5
"""Of a period that has less to lose: so many rows that are gone, and so large a share of it."""
STRAY = 0.1
"""A period with no larger share of a delivery is not what the delivery is about: one date was mistyped, and a
single row would replace the period."""


def measure_dates(case: Case) -> Iterator[Unusual]:
    """What is unusual in the columns of dates that had the same type in the release before."""
    for name, column in case.now.columns.items():
        before = column_of(case.past.last, name, column.kind)
        if before is None or column.nulls == case.now.rows:
            continue
        if case.mode == "full" and before.months and column.months:
            yield from _measure_months(case, name, before.months, column)
            yield from _measure_last_month(case, name, column)
        if case.mode != "by-period":  # there, an earlier period may come again
            yield from _measure_newest_date(case, name, column)
        yield from _measure_dates_ahead(case, name, column)


def _measure_months(
    case: Case, name: str, before: Mapping[str, int], column: ColumnProfile
) -> Iterator[Unusual]:
    """Months that lost rows while the others stayed: the worst one. The first months may leave together, as
    those of a moving window do."""
    code = "month-shortened"
    now = column.months or {}
    judged = {month: min(now.get(month, 0) / rows, 1.0) for month, rows in before.items() if rows >= LEAST}
    if len(judged) < 4:
        return
    usual = median(judged.values())
    width = max(GONE, 6 * median(abs(left - usual) for left in judged.values()))
    first = next((month for month in sorted(before) if now.get(month, 0)), "")
    moved_on = max(now) > max(before)
    worst = min(
        (m for m in judged if not (moved_on and m < first)),
        key=lambda m: (judged[m], -before[m]),
        default=None,
    )
    if worst is None or judged[worst] >= usual - width or before[worst] - now.get(worst, 0) < LEAST:
        return
    note = _(
        "of {before} rows of {month} (by {field}), {now} are left, while the other months stayed as they "
        "were",
        before=before[worst],
        month=worst,
        field=COLUMN,
        now=now.get(worst, 0),
    )
    known = any(
        _worst_month(p, q, name, column.kind) <= judged[worst] + 0.1
        for p, q in _pairs(case.past.since(code, name))
    )
    told = Expected(usual - width, 1.0, width, len(case.past.profiles))
    yield unusual_column(
        code, case, name, note, judged[worst], told, (usual - judged[worst]) / width, not known
    )


def _pairs(profiles: Sequence[Profile]) -> Iterator[tuple[Profile, Profile]]:
    return iter(itertools.pairwise(profiles))


def _worst_month(before: Profile, after: Profile, name: str, kind: str) -> float:
    """The least share of a month's rows that was left."""
    old, new = column_of(before, name, kind), column_of(after, name, kind)
    months = (old.months if old else None) or {}
    there = (new.months if new else None) or {}
    return min((there.get(month, 0) / rows for month, rows in months.items() if rows >= LEAST), default=1.0)


def _measure_last_month(case: Case, name: str, column: ColumnProfile) -> Iterator[Unusual]:
    """The rows of a new last month that is over, against those of the months before it; other releases tell
    how full one is at first, the table how much its months differ."""
    code = "month-short"
    known: dict[str, float] = {}
    for past in case.past.since(code, name):
        if (each := column_of(past, name, column.kind)) and (found := _last_month(past, each)):
            known.setdefault(found[0], found[1])
    now = _last_month(case.now, column)
    if now is None or not known or now[0] <= max(known) or now[2] < LEAST:
        return
    month, fill, usual, differ = now
    width = max(log(1.25), 3 * differ, 2 / usual**0.5) * (1 + 1 / len(known))
    low, times = min(known.values()) - width, (min(known.values()) - fill) / width
    if times > 1:
        note = _(
            "the last month, {month} (by {field}), has {now:.0%} of the rows of a usual one; at least "
            "{low:.0%} was expected",
            month=month,
            field=COLUMN,
            now=exp(fill),
            low=exp(low),
        )
        told = Expected(exp(low), exp(max(known.values()) + width), width, len(known))
        yield unusual_column(
            code, case, name, note, exp(fill), told, times, times >= 1.5 and len(known) >= SEVERAL
        )


def _last_month(profile: Profile, column: ColumnProfile) -> tuple[str, float, float, float] | None:
    """The last month that was over on the extract's day; its size as a factor of those of the year before it
    (logarithm), their median, and how much they differ (median of logarithms)."""
    sizes = [
        (month, rows)
        for month, rows in sorted((column.months or {}).items())
        if month < (profile.day or "")[:7]
    ]
    if len(sizes) < 3:
        return None
    usual = median(rows for _month, rows in sizes[-13:-1])
    differ = median(abs(log(rows / usual)) for _month, rows in sizes[-13:-1])
    return sizes[-1][0], log(sizes[-1][1] / usual), usual, differ


def _measure_newest_date(case: Case, name: str, column: ColumnProfile) -> Iterator[Unusual]:
    """A last date that stands still, or goes back, where each release brought a later one."""
    code = "dates-standing"
    days = [_day(each) for p in case.past.since(code, name) if (each := column_of(p, name, column.kind))]
    known, now = [day for day in days if day], _day(column)
    steps = [(after - before).days for before, after in itertools.pairwise(known)]
    if now is None or len(steps) < 3 or min(steps) <= 0 or now > known[-1]:
        return
    back = (known[-1] - now).days
    if back <= max(SOME_DAYS - median(steps), 0):
        return
    note = _(
        "the last day of {field} is {now}, and that of the version before was {before}; each of the last "
        "{n} versions brought later ones",
        field=COLUMN,
        now=now.isoformat(),
        before=known[-1].isoformat(),
        n=len(steps),
    )
    step = median(steps)
    told = Expected(1, max(steps), step, len(steps))
    yield unusual_column(code, case, name, note, -back, told, 1 + back / step, back >= 0.8 * step)


def _day(column: ColumnProfile) -> date | None:
    return date.fromisoformat(column.newest) if column.newest else None


def _measure_dates_ahead(case: Case, name: str, column: ColumnProfile) -> Iterator[Unusual]:
    """Dates after the day of the extract."""
    code = "dates-ahead"
    values = case.past.series(
        code, name, lambda p: each.ahead if (each := column_of(p, name, column.kind)) else None
    )
    if column.ahead is None or not values:
        return
    rows = filled_count(case.now, name)
    range_ = expected_range(values, 0.02, noise(values[-1], rows))
    times = range_.times(column.ahead)
    if times > 1 and column.ahead > values[-1]:
        note = _(
            "{now:.0%} of the dates of {field} lie after the day of the extract; up to {high:.0%} was "
            "expected",
            now=column.ahead,
            field=COLUMN,
            high=range_.high,
        )
        yield unusual_column(code, case, name, note, column.ahead, range_, times, times >= EXTREME)


def measure_periods(
    resource: str, sizes: Mapping[str, int], delivered: Mapping[str, int]
) -> Iterator[Unusual]:
    """What is unusual in the rows of periods that were delivered, against those that were there (mode
    by-period)."""
    others = [log(rows) for period, rows in sorted(sizes.items()) if period not in delivered and rows][-24:]
    for period, rows in sorted(delivered.items()):
        if period in sizes:
            if is_cut(sizes[period], rows, sum(delivered.values())):
                yield _shorter_period(resource, period, sizes[period], rows, delivered)
        elif len(others) >= 3 and exp(median(others)) >= LEAST:
            range_ = expected_range(others, log(1.25))
            times = range_.times(log(rows))
            if times > 1:
                low, high = exp(range_.low), exp(range_.high)
                note = ngettext(
                    "{period} has {n} row; between {low} and {high} were expected from {others} other "
                    "periods",
                    "{period} has {n} rows; between {low} and {high} were expected from {others} other "
                    "periods",
                    rows,
                    period=period,
                    low=round(low),
                    high=round(high),
                    others=len(others),
                )
                code = "period-short" if rows < low else "rows-unusual"
                stops = times >= (1.5 if rows < low else EXTREME)
                yield Unusual(code, resource, None, note, rows, low, high, len(others), times, stops)


def is_cut(before: int, now: int, delivered: int) -> bool:
    """Whether a period that had so many rows, and of which as many were delivered `now` as part of a file
    with `delivered` rows, was surely not sent whole."""
    lost = before - now
    if lost >= LEAST and share(lost, before) >= GONE:
        return True
    if lost >= FEW and share(lost, before) >= MOST:
        return True
    return lost > 1 and share(lost, before) >= MOST and now <= STRAY * delivered


def _shorter_period(
    resource: str, period: str, before: int, now: int, delivered: Mapping[str, int]
) -> Unusual:
    told = {"period": period, "before": before, "now": now}
    note = _("{period} had {before} rows and now has {now}: was it sent whole?", **told)
    others = sum(delivered.values()) - now
    if now <= STRAY * (now + others):
        note += " " + ngettext(
            "All else in the file, {n} row, is of another period: is that date right?",
            "All else in the file, {n} rows, is of other periods: is that date right?",
            others,
        )
    times = share(before - now, before) / GONE
    usual = (1 - GONE) * before
    return Unusual("period-short", resource, None, note, now, usual, before, 1, times, True)
