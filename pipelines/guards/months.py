"""Are all the months there? Months that lost rows, a last month that is too short, dates that stand still or lie ahead."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from math import exp, log
from statistics import median

from messages import gettext as _
from pipelines.guards.expected import Expected, expected
from pipelines.guards.profile import Column, Profile
from pipelines.guards.unusual import EXTREME, Case, Unusual, column_of, filled, in_column, noise, share

LEAST = 10
"""Rows that a month must have to be judged, and to have lost."""
GONE = 0.3
"""The share of a month's rows whose loss is told, where the other months lost none."""


def of_dates(case: Case) -> Iterator[Unusual]:
    """What is unusual in the columns of dates that had the same type in the release before."""
    for name, column in case.now.columns.items():
        before = column_of(case.past.last, name, column.kind)
        if before is None or column.nulls == case.now.rows:
            continue
        if case.mode == "full" and before.months and column.months:
            yield from _shortened(case, name, before.months, column)
            yield from _short_end(case, name, column)
        yield from _newest(case, name, column)
        yield from _ahead(case, name, column)


def _shortened(case: Case, name: str, before: Mapping[str, int], column: Column) -> Iterator[Unusual]:
    """Months that lost rows while the others stayed: the worst one. The first months may leave together, as those of a moving window do."""
    code = "month-shortened"
    now = column.months or {}
    judged = {month: min(now.get(month, 0) / rows, 1.0) for month, rows in before.items() if rows >= LEAST}
    if len(judged) < 4:
        return
    usual = median(judged.values())
    width = max(GONE, 6 * median(abs(left - usual) for left in judged.values()))
    first = next((month for month in sorted(before) if now.get(month, 0)), "")
    moved_on = max(now) > max(before)
    worst = min((m for m in judged if not (moved_on and m < first)), key=lambda m: (judged[m], -before[m]), default=None)
    if worst is None or judged[worst] >= usual - width or before[worst] - now.get(worst, 0) < LEAST:
        return
    note = _(
        "of {before} rows of {month} (by {field}), {now} are left, while the other months stayed as they were",
        before=before[worst],
        month=worst,
        field=name,
        now=now.get(worst, 0),
    )
    known = any(_worst(p, q, name, column.kind) <= judged[worst] + 0.1 for p, q in _pairs(case.past.since(code, name)))
    told = Expected(usual - width, 1.0, width, len(case.past.profiles))
    yield in_column(code, case, name, note, judged[worst], told, (usual - judged[worst]) / width, not known)


def _pairs(profiles: Sequence[Profile]) -> Iterator[tuple[Profile, Profile]]:
    return iter(itertools.pairwise(profiles))


def _worst(before: Profile, after: Profile, name: str, kind: str) -> float:
    """The least share of a month's rows that was left."""
    old, new = column_of(before, name, kind), column_of(after, name, kind)
    months = (old.months if old else None) or {}
    there = (new.months if new else None) or {}
    return min((there.get(month, 0) / rows for month, rows in months.items() if rows >= LEAST), default=1.0)


def _short_end(case: Case, name: str, column: Column) -> Iterator[Unusual]:
    """The rows of a new last month against those of the months before it, as other releases that brought a new month had them."""
    code = "month-short"
    profiles = case.past.since(code, name)
    kept = [each for p in profiles if (each := column_of(p, name, column.kind)) and each.newest]
    fresh = [end for before, after in itertools.pairwise(kept) if (end := _end(after)) and end[0] > (before.newest or "")[:7]]
    now = _end(column)
    if now is None or not kept or now[0] <= (kept[-1].newest or "")[:7] or len(fresh) < 3 or now[2] < LEAST:
        return
    range_ = expected([end[1] for end in fresh], log(1.25))
    times = range_.times(now[1])
    if times > 1 and now[1] < range_.low:
        told = Expected(exp(range_.low), exp(range_.high), range_.width, range_.releases)
        note = _(
            "the last month, {month} (by {field}), has {now:.0%} of the rows of a usual one; at least {low:.0%} was expected",
            month=now[0],
            field=name,
            now=exp(now[1]),
            low=told.low,
        )
        yield in_column(code, case, name, note, exp(now[1]), told, times, times >= 1.5)


def _end(column: Column) -> tuple[str, float, float] | None:
    """The last month that is not ahead, its size as a factor of those of the year before it (logarithm), and their median."""
    months = sorted(month for month in column.months or {} if column.newest and month <= column.newest[:7])
    if len(months) < 3 or column.months is None:
        return None
    usual = median(column.months[month] for month in months[-13:-1])
    return months[-1], log(column.months[months[-1]] / usual), usual


def _newest(case: Case, name: str, column: Column) -> Iterator[Unusual]:
    """A last date that stands still, or goes back, where each release brought a later one."""
    code = "dates-standing"
    days = [_day(each) for p in case.past.since(code, name) if (each := column_of(p, name, column.kind))]
    known, now = [day for day in days if day], _day(column)
    steps = [(after - before).days for before, after in itertools.pairwise(known)]
    if now is None or len(steps) < 3 or min(steps) <= 0 or now > known[-1]:
        return
    back = (known[-1] - now).days
    note = _(
        "the last day of {field} is {now}, and that of the version before was {before}; each of the last {n} versions brought later ones",
        field=name,
        now=now.isoformat(),
        before=known[-1].isoformat(),
        n=len(steps),
    )
    step = median(steps)
    told = Expected(1, max(steps), step, len(steps))
    yield in_column(code, case, name, note, -back, told, 1 + back / step, back >= 0.8 * step)


def _day(column: Column) -> date | None:
    return date.fromisoformat(column.newest) if column.newest else None


def _ahead(case: Case, name: str, column: Column) -> Iterator[Unusual]:
    """Dates after the day of the extract."""
    code = "dates-ahead"
    values = case.past.series(code, name, lambda p: each.ahead if (each := column_of(p, name, column.kind)) else None)
    if column.ahead is None or not values:
        return
    rows = filled(case.now, name)
    range_ = expected(values, 0.02, noise(values[-1], rows))
    times = range_.times(column.ahead)
    if times > 1 and column.ahead > values[-1]:
        note = _(
            "{now:.0%} of the dates of {field} lie after the day of the extract; up to {high:.0%} was expected",
            now=column.ahead,
            field=name,
            high=range_.high,
        )
        yield in_column(code, case, name, note, column.ahead, range_, times, times >= EXTREME)


def of_periods(resource: str, sizes: Mapping[str, int], delivered: Mapping[str, int]) -> Iterator[Unusual]:
    """What is unusual in the rows of periods that were delivered, against those that were there (mode by-period)."""
    others = [log(rows) for period, rows in sorted(sizes.items()) if period not in delivered and rows][-24:]
    for period, rows in sorted(delivered.items()):
        if period in sizes:
            lost = share(sizes[period] - rows, sizes[period])
            if sizes[period] - rows >= LEAST and lost >= GONE:
                told = {"period": period, "before": sizes[period], "now": rows}
                note = _("{period} had {before} rows and now has {now}: was it sent whole?", **told)
                yield Unusual("period-short", resource, None, note, rows, (1 - GONE) * sizes[period], sizes[period], 1, lost / GONE, True)
        elif len(others) >= 3 and exp(median(others)) >= LEAST:
            range_ = expected(others, log(1.25))
            times = range_.times(log(rows))
            if times > 1:
                low, high = exp(range_.low), exp(range_.high)
                note = _(
                    "{period} has {now} rows; between {low} and {high} were expected from {n} other periods",
                    period=period,
                    now=rows,
                    low=round(low),
                    high=round(high),
                    n=len(others),
                )
                code = "period-short" if rows < low else "rows-unusual"
                stops = times >= (1.5 if rows < low else EXTREME)
                yield Unusual(code, resource, None, note, rows, low, high, len(others), times, stops)
