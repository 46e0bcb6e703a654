"""Is each column like it was? Empty cells and categories here; numbers and texts beside.

Are the numbers of a column of the size that they were? By their quantiles, which a few strange ones do not
move.

Are the texts of a column written as they were? A column of dates that became Excel's numbers is still a
column of texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import exp, log

from messages import gettext as _
from pipelines.release.guards.measure import (
    EXTREME,
    Case,
    Expected,
    Unusual,
    column_of,
    expected_range,
    figure,
    filled_count,
    in_column,
    noise,
    share,
)
from pipelines.release.guards.profile import QUANTILES, SAMPLE, ColumnProfile


def of_numbers(case: Case, name: str, column: ColumnProfile) -> Iterator[Unusual]:
    """What is unusual in a column of numbers: where they lie, how far they are spread."""
    before = column_of(case.past.last, name, column.kind)
    if name in case.key or column.quantiles is None or before is None or before.quantiles is None:
        return
    rows = max(min(filled_count(case.now, name), filled_count(case.past.last, name), SAMPLE), 1)
    found = [_middle(case, name, column, before.quantiles, rows), _spread(case, name, column, rows)]
    yield from sorted((each for each in found if each), key=lambda each: -each.times)[:1]


def _middle(
    case: Case, name: str, column: ColumnProfile, before: tuple[float, ...], rows: int
) -> Unusual | None:
    """The median, measured by the width of the middle half of the numbers."""
    assert column.quantiles is not None
    code = "numbers-unusual"
    unit = (before[3] - before[1]) or (before[4] - before[0]) or abs(before[2]) * 0.2 or 1.0
    values = case.past.series(
        code,
        name,
        lambda p: (
            each.quantiles[2] / unit if (each := column_of(p, name, column.kind)) and each.quantiles else None
        ),
    )
    range_ = expected_range(values, 0.5, 3.7 / rows**0.5)
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
    return in_column(
        code,
        case,
        name,
        note + _hint(column.quantiles[2], before[2]),
        column.quantiles[2],
        scaled,
        times,
        times >= EXTREME,
    )


def _spread(case: Case, name: str, column: ColumnProfile, rows: int) -> Unusual | None:
    """From the 5 % to the 95 % quantile, as a factor."""
    code = "numbers-unusual"
    values = case.past.series(
        code, name, lambda p: _width(each) if (each := column_of(p, name, column.kind)) else None
    )
    wide = _width(column)
    if not values or wide is None:
        return None
    range_ = expected_range(values, log(2), 8 / rows**0.5)
    times = range_.times(wide)
    if times <= 1:
        return None
    low, high = figure(exp(range_.low)), figure(exp(range_.high))
    note = _(
        "nine in ten numbers of {field} lie within {now} of each other; between {low} and {high} was "
        "expected",
        field=name,
        now=figure(exp(wide)),
        low=low,
        high=high,
    )
    told = Expected(exp(range_.low), exp(range_.high), range_.width, range_.releases)
    return in_column(
        code, case, name, note + _hint(exp(wide), exp(values[-1])), exp(wide), told, times, times >= EXTREME
    )


def _width(column: ColumnProfile) -> float | None:
    numbers = column.quantiles
    return (
        log(numbers[-1] - numbers[0])
        if numbers and len(numbers) == len(QUANTILES) and numbers[-1] > numbers[0]
        else None
    )


def _hint(now: float, before: float) -> str:
    """A word on a decimal mark that was lost or added."""
    for power in (10, 100, 1000, 10_000):
        for ratio, times in ((share(now, before), power), (share(before, now), power)):
            if 0.8 <= ratio / times <= 1.25:
                return "; " + _("that is about {n} times apart, as when a decimal mark is lost", n=times)
    return ""


def of_texts(case: Case, name: str, column: ColumnProfile) -> Iterator[Unusual]:
    """What is unusual in the ways of writing of a column of texts, else in their length."""
    code = "writing-unusual"
    past = [
        each
        for p in case.past.since(code, name)
        if (each := column_of(p, name, column.kind)) and each.writing
    ]
    if column.writing is None or not past:
        return
    ways = [each.writing or {} for each in past]
    now = min(_apart(column.writing, each) for each in ways)
    values = [
        0.0,
        *(min(_apart(each, other) for other in ways[:place]) for place, each in enumerate(ways) if place),
    ]
    range_ = expected_range(values, 0.1, noise(0.0, min(filled_count(case.now, name), SAMPLE)))
    times = range_.times(now)
    was_dates, serials = ways[-1].get("date", 0), column.writing.get("serial", 0)
    if was_dates >= 0.5 and serials >= 0.2:
        note = _(
            "{share:.0%} of the texts of {field} are numbers as 46126, which is how Excel stores a day; "
            "{before:.0%} were dates before",
            share=serials,
            field=name,
            before=was_dates,
        )
        yield in_column(
            "dates-as-serials",
            case,
            name,
            note,
            serials,
            Expected(0, 0.2, 0.2, len(past)),
            max(times, EXTREME),
            True,
        )
    elif times > 1:
        note = _(
            "{now:.0%} of the texts of {field} are written in another way: mostly {ways}, before mostly "
            "{before}",
            now=now,
            field=name,
            ways=_mostly(column.writing),
            before=_mostly(ways[-1]),
        )
        yield in_column(
            code,
            case,
            name,
            note,
            now,
            range_,
            times,
            times >= EXTREME or (now >= 0.5 and range_.releases >= 3),
        )
    else:
        yield from _length(case, name, column)


def _length(case: Case, name: str, column: ColumnProfile) -> Iterator[Unusual]:
    code = "length-unusual"
    values = case.past.series(
        code,
        name,
        lambda p: log(each.length + 1) if (each := column_of(p, name, column.kind)) and each.length else None,
    )
    if not values or column.length is None:
        return
    rows = max(min(filled_count(case.now, name), filled_count(case.past.last, name), SAMPLE), 1)
    range_ = expected_range(values, log(2), 3 / rows**0.5)
    times = range_.times(log(column.length + 1))
    if times > 1:
        told = Expected(exp(range_.low) - 1, exp(range_.high) - 1, range_.width, range_.releases)
        note = _(
            "half of the texts of {field} have {now} characters or more; between {low} and {high} was "
            "expected",
            field=name,
            now=figure(column.length),
            low=figure(told.low),
            high=figure(told.high),
        )
        yield in_column(code, case, name, note, column.length, told, times, times >= EXTREME)


def _apart(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The share of the texts that would have to be written in another way to make one the other."""
    return sum(abs(one.get(way, 0) - other.get(way, 0)) for way in {*one, *other}) / 2


def _mostly(ways: Mapping[str, float]) -> str:
    words = {
        "date": _("dates"),
        "serial": _("whole numbers"),
        "integer": _("whole numbers"),
        "number": _("numbers"),
        "web": _("web addresses"),
        "words": _("words"),
        "other": _("signs"),
    }
    return words[max(ways, key=lambda way: ways[way])]


SHOWN = 3
SEVERAL = 3
"""Releases before which categories only warn: a government that renames its ministries is no mistake."""
HALF = 0.5
"""So many cells of a column must have changed for it to stop the run alone."""


def of_columns(case: Case) -> Iterator[Unusual]:
    """What is unusual in the columns that had the same type in the release before."""
    for name, column in case.now.columns.items():
        before = case.past.last.columns.get(name)
        if before is None or before.kind != column.kind:
            continue
        yield from _nulls(case, name, column)
        if column.nulls < case.now.rows:  # of an empty column there is nothing else to say
            yield from _categories(case, name, column)
            yield from of_numbers(case, name, column)
            yield from of_texts(case, name, column)


def _nulls(case: Case, name: str, column: ColumnProfile) -> Iterator[Unusual]:
    code = "nulls-unusual"
    values = case.past.series(
        code, name, lambda p: share(p.columns[name].nulls, p.rows) if name in p.columns else None
    )
    now = share(column.nulls, case.now.rows)
    rows = min(case.now.rows, case.past.last.rows)
    range_ = expected_range(values, 0.05, noise(values[-1], rows))
    times = range_.times(now)
    if times > 1:
        emptied = now >= 0.95 and max(values) <= 0.5
        note = _(
            "of {field}, {now:.0%} of the cells are empty; between {low:.0%} and {high:.0%} were expected",
            field=name,
            now=now,
            low=max(range_.low, 0),
            high=min(range_.high, 1),
        )
        yield in_column(
            code,
            case,
            name,
            note,
            now,
            range_,
            times,
            emptied or (times >= EXTREME and times * range_.width >= HALF),
        )


def _categories(case: Case, name: str, column: ColumnProfile) -> Iterator[Unusual]:
    code = "categories-unusual"
    past = [
        p.columns[name].categories
        for p in case.past.since(code, name)
        if (each := column_of(p, name, column.kind)) and each.categories
    ]
    known = [each for each in past if each]
    if not known or (
        column.categories is None
        and (len(known[-1]) > 20 or filled_count(case.now, name) < 20 * len(known[-1]))
    ):
        return  # as many, or as few rows, as that say nothing
    unknown: list[str] = []
    gone: list[tuple[float, str]] = []
    rows = filled_count(case.now, name)
    if column.categories is None:
        new = 1.0
    else:
        unknown, new = _unknown(column.categories, known)
        gone = [
            (least, value)
            for value in known[-1]
            if value not in column.categories and (least := _least(value, known)) * rows >= 10
        ]
    vanished = sum(least for least, _value in gone)
    now = max(new, vanished)
    values = [0.0, *(_unknown(each, known[:place])[1] for place, each in enumerate(known) if place)]
    range_ = expected_range(values, 0.05, noise(max(values), rows))
    times = range_.times(now)
    if times > 1:
        told = {"field": name, "new": new, "gone": vanished, "high": range_.high}
        note = _(
            "in {field}, {new:.0%} of the rows have values that were not there before{examples}",
            **told,
            examples=_examples(unknown),
        )
        if gone:
            lost = _examples([value for _least, value in sorted(gone, reverse=True)])
            note += "; " + _(
                "values that had {gone:.0%} of the rows are gone{examples}", **told, examples=lost
            )
        yield in_column(
            code, case, name, note, now, range_, times, now >= HALF and range_.releases >= SEVERAL
        )


def _unknown(counts: Mapping[str, int], known: list[Mapping[str, int]]) -> tuple[list[str], float]:
    """The values that none of the others has, the most frequent first, and their share of the rows."""
    unknown = sorted(
        (value for value in counts if not any(value in each for each in known)),
        key=lambda value: -counts[value],
    )
    return unknown, share(sum(counts[value] for value in unknown), sum(counts.values()))


def _least(value: str, known: list[Mapping[str, int]]) -> float:
    return min(share(each.get(value, 0), sum(each.values())) for each in known)


def _examples(values: list[str]) -> str:
    shown = ", ".join(f"“{value[:40]}”" for value in values[:SHOWN])
    return f" ({shown}{', …' if len(values) > SHOWN else ''})" if shown else ""
