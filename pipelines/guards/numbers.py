"""Are the numbers of a column of the size that they were? By their quantiles, which a few strange ones do not move."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, log

from messages import gettext as _
from pipelines.guards.expected import Expected, expected
from pipelines.guards.profile import QUANTILES, SAMPLE, Column
from pipelines.guards.unusual import EXTREME, Case, Unusual, column_of, figure, filled, in_column, share


def numbers(case: Case, name: str, column: Column) -> Iterator[Unusual]:
    """What is unusual in a column of numbers: where they lie, how far they are spread."""
    before = column_of(case.past.last, name, column.kind)
    if name in case.key or column.quantiles is None or before is None or before.quantiles is None:
        return
    rows = max(min(filled(case.now, name), filled(case.past.last, name), SAMPLE), 1)
    found = [_middle(case, name, column, before.quantiles, rows), _spread(case, name, column, rows)]
    yield from sorted((each for each in found if each), key=lambda each: -each.times)[:1]


def _middle(case: Case, name: str, column: Column, before: tuple[float, ...], rows: int) -> Unusual | None:
    """The median, measured by the width of the middle half of the numbers."""
    assert column.quantiles is not None
    code = "numbers-unusual"
    unit = (before[3] - before[1]) or (before[4] - before[0]) or abs(before[2]) * 0.2 or 1.0
    values = case.past.series(
        code, name, lambda p: each.quantiles[2] / unit if (each := column_of(p, name, column.kind)) and each.quantiles else None
    )
    range_ = expected(values, 0.5, 3.7 / rows**0.5)
    now = column.quantiles[2] / unit
    times = range_.times(now)
    if times <= 1:
        return None
    scaled = Expected(range_.low * unit, range_.high * unit, range_.width * unit, range_.releases)
    note = _(
        "the median of {field} is {now}; between {low} and {high} was expected",
        field=name,
        now=figure(column.quantiles[2]),
        low=figure(scaled.low),
        high=figure(scaled.high),
    )
    return in_column(code, case, name, note + _hint(column.quantiles[2], before[2]), column.quantiles[2], scaled, times, times >= EXTREME)


def _spread(case: Case, name: str, column: Column, rows: int) -> Unusual | None:
    """From the 5 % to the 95 % quantile, as a factor."""
    code = "numbers-unusual"
    values = case.past.series(code, name, lambda p: _width(each) if (each := column_of(p, name, column.kind)) else None)
    wide = _width(column)
    if not values or wide is None:
        return None
    range_ = expected(values, log(2), 8 / rows**0.5)
    times = range_.times(wide)
    if times <= 1:
        return None
    low, high = figure(exp(range_.low)), figure(exp(range_.high))
    note = _(
        "nine in ten numbers of {field} lie within {now} of each other; between {low} and {high} was expected",
        field=name,
        now=figure(exp(wide)),
        low=low,
        high=high,
    )
    told = Expected(exp(range_.low), exp(range_.high), range_.width, range_.releases)
    return in_column(code, case, name, note + _hint(exp(wide), exp(values[-1])), exp(wide), told, times, times >= EXTREME)


def _width(column: Column) -> float | None:
    numbers = column.quantiles
    return log(numbers[-1] - numbers[0]) if numbers and len(numbers) == len(QUANTILES) and numbers[-1] > numbers[0] else None


def _hint(now: float, before: float) -> str:
    """A word on a decimal mark that was lost or added."""
    for power in (10, 100, 1000, 10_000):
        for ratio, times in ((share(now, before), power), (share(before, now), power)):
            if 0.8 <= ratio / times <= 1.25:
                return "; " + _("that is about {n} times apart, as when a decimal mark is lost", n=times)
    return ""
