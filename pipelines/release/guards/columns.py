"""Is each column as it was? Its empty cells, its categories, the size of its numbers, how its texts are
written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import exp, log

from messages import gettext as _
from messages import ngettext
from messages.formats import quote, shorten
from pipelines.release.guards.measure import (
    COLUMN,
    EXTREME,
    Case,
    Expected,
    Unusual,
    column_of,
    expected_range,
    figure,
    filled_count,
    noise,
    share,
    unusual_column,
)
from pipelines.release.guards.profile import QUANTILES, SAMPLE, ColumnProfile

SHOWN = 3
SEVERAL = 3
"""Releases before which categories only warn: a government that renames its ministries is no mistake."""
HALF = 0.5
"""So many cells of a column must have changed for it to stop the run alone."""


def measure_columns(case: Case) -> Iterator[Unusual]:
    """What is unusual in the columns that had the same type in the release before."""
    for name, column in case.now.columns.items():
        before = case.past.last.columns.get(name)
        if before is None or before.kind != column.kind:
            continue
        yield from _measure_nulls(case, name, column)
        if column.nulls < case.now.rows:  # of an empty column there is nothing else to say
            yield from _measure_categories(case, name, column)
            yield from measure_numbers(case, name, column)
            yield from measure_texts(case, name, column)


def measure_emptied(case: Case) -> Iterator[Unusual]:
    """Columns that were filled and are empty, in an extract of too few rows to measure anything else."""
    for name, column in case.now.columns.items():
        before = case.past.last.columns.get(name)
        if before is not None and before.kind == column.kind and column.nulls == case.now.rows > 0:
            yield from (found for found in _measure_nulls(case, name, column) if found.stops)


def measure_numbers(case: Case, name: str, column: ColumnProfile) -> Iterator[Unusual]:
    """What is unusual in a column of numbers: where they lie, how far they are spread; by their quantiles,
    which a few strange numbers do not move."""
    before = column_of(case.past.last, name, column.kind)
    if name in case.key or column.quantiles is None or before is None or before.quantiles is None:
        return
    rows = max(min(filled_count(case.now, name), filled_count(case.past.last, name), SAMPLE), 1)
    found = [
        _measure_median(case, name, column, before.quantiles, rows),
        _measure_spread(case, name, column, rows),
    ]
    yield from sorted((each for each in found if each), key=lambda each: -each.times)[:1]


def _measure_median(
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
        field=COLUMN,
        now=figure(column.quantiles[2]),
        low=figure(scaled.low),
        high=figure(scaled.high),
    )
    return unusual_column(
        code,
        case,
        name,
        note + _hint(column.quantiles[2], before[2]),
        column.quantiles[2],
        scaled,
        times,
        times >= EXTREME,
    )


def _measure_spread(case: Case, name: str, column: ColumnProfile, rows: int) -> Unusual | None:
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
        field=COLUMN,
        now=figure(exp(wide)),
        low=low,
        high=high,
    )
    told = Expected(exp(range_.low), exp(range_.high), range_.width, range_.releases)
    return unusual_column(
        code, case, name, note + _hint(exp(wide), exp(values[-1])), exp(wide), told, times, times >= EXTREME
    )


def _width(column: ColumnProfile) -> float | None:
    numbers = column.quantiles
    if not numbers or len(numbers) != len(QUANTILES) or numbers[-1] <= numbers[0]:
        return None
    return log(numbers[-1] - numbers[0])


def _hint(now: float, before: float) -> str:
    """A word on a decimal mark that was lost or added."""
    for power in (10, 100, 1000, 10_000):
        for ratio, times in ((share(now, before), power), (share(before, now), power)):
            if 0.8 <= ratio / times <= 1.25:
                return "; " + _("that is about {n} times apart, as when a decimal mark is lost", n=times)
    return ""


def measure_texts(case: Case, name: str, column: ColumnProfile) -> Iterator[Unusual]:
    """What is unusual in the ways of writing of a column of texts, else in their length: dates that became
    Excel's numbers are texts still."""
    past = [column_of(profile, name, column.kind) for profile in case.past.since("writing-unusual", name)]
    ways = [each.writing for each in past if each and each.writing]
    if column.writing is None or not ways:
        return
    now = _least_distance(column.writing, ways)
    values = [0.0, *(_least_distance(ways[place], ways[:place]) for place in range(1, len(ways)))]
    range_ = expected_range(values, 0.1, noise(0.0, min(filled_count(case.now, name), SAMPLE)))
    times = range_.times(now)
    before = ways[-1]
    if before.get("date", 0) >= 0.5 and column.writing.get("serial", 0) >= 0.2:
        yield _dates_as_serials(case, name, column.writing, before, max(times, EXTREME), len(ways))
    elif times > 1:
        note = _(
            "{now:.0%} of the texts of {field} are written in another way: mostly {ways}, before mostly "
            "{before}",
            now=now,
            field=COLUMN,
            ways=_most_frequent_way(column.writing),
            before=_most_frequent_way(before),
        )
        stops = times >= EXTREME or (now >= 0.5 and range_.releases >= 3)
        yield unusual_column("writing-unusual", case, name, note, now, range_, times, stops)
    else:
        yield from _measure_length(case, name, column)


def _dates_as_serials(
    case: Case,
    name: str,
    now: Mapping[str, float],
    before: Mapping[str, float],
    times: float,
    releases: int,
) -> Unusual:
    note = _(
        "{share:.0%} of the texts of {field} are numbers as 46126, which is how Excel stores a day; "
        "{before:.0%} were dates before",
        share=now["serial"],
        field=COLUMN,
        before=before["date"],
    )
    expected = Expected(0, 0.2, 0.2, releases)
    return unusual_column("dates-as-serials", case, name, note, now["serial"], expected, times, True)


def _measure_length(case: Case, name: str, column: ColumnProfile) -> Iterator[Unusual]:
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
        note = ngettext(
            "half of the texts of {field} have {now} character or more; between {low} and {high} was "
            "expected",
            "half of the texts of {field} have {now} characters or more; between {low} and {high} was "
            "expected",
            round(column.length),
            field=COLUMN,
            now=figure(column.length),
            low=figure(told.low),
            high=figure(told.high),
        )
        yield unusual_column(code, case, name, note, column.length, told, times, times >= EXTREME)


def _least_distance(one: Mapping[str, float], others: Sequence[Mapping[str, float]]) -> float:
    return min(_distance(one, other) for other in others)


def _distance(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The share of the texts that would have to be written in another way to make one the other."""
    return sum(abs(one.get(way, 0) - other.get(way, 0)) for way in {*one, *other}) / 2


def _most_frequent_way(ways: Mapping[str, float]) -> str:
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


def _measure_nulls(case: Case, name: str, column: ColumnProfile) -> Iterator[Unusual]:
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
            field=COLUMN,
            now=now,
            low=max(range_.low, 0),
            high=min(range_.high, 1),
        )
        yield unusual_column(
            code,
            case,
            name,
            note,
            now,
            range_,
            times,
            emptied or (times >= EXTREME and times * range_.width >= HALF),
        )


def _measure_categories(case: Case, name: str, column: ColumnProfile) -> Iterator[Unusual]:
    """Values that were not there before, and values that are gone, by their share of the rows."""
    code = "categories-unusual"
    past = [column_of(profile, name, column.kind) for profile in case.past.since(code, name)]
    known = [each.categories for each in past if each and each.categories]
    rows = filled_count(case.now, name)
    if not known:
        return
    if column.categories is None and (len(known[-1]) > 20 or rows < 20 * len(known[-1])):
        return  # as many, or as few rows, as that say nothing
    unknown, new, gone = _compare_categories(column.categories, known, rows)
    vanished = sum(gone.values())
    now = max(new, vanished)
    values = [0.0, *(_unknown(each, known[:place])[1] for place, each in enumerate(known) if place)]
    range_ = expected_range(values, 0.05, noise(max(values), rows))
    times = range_.times(now)
    if times <= 1:
        return
    note = _(
        "in {field}, {new:.0%} of the rows have values that were not there before{examples}",
        field=COLUMN,
        new=new,
        examples=_examples(unknown),
    )
    if gone:
        lost = sorted(gone, key=lambda value: (gone[value], value), reverse=True)
        note += "; " + _(
            "values that had {gone:.0%} of the rows are gone{examples}",
            gone=vanished,
            examples=_examples(lost),
        )
    stops = now >= HALF and range_.releases >= SEVERAL
    yield unusual_column(code, case, name, note, now, range_, times, stops)


def _compare_categories(
    categories: Mapping[str, int] | None, known: list[Mapping[str, int]], rows: int
) -> tuple[list[str], float, dict[str, float]]:
    """The values that are new and their share of the rows; the values that are gone, each with the least
    share that it had. A column that has too many different values to be counted is new altogether."""
    if categories is None:
        return [], 1.0, {}
    unknown, new = _unknown(categories, known)
    shares = {value: _least(value, known) for value in known[-1] if value not in categories}
    return unknown, new, {value: least for value, least in shares.items() if least * rows >= 10}


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
    if not values:
        return ""
    quoted = [quote(shorten(value, 40)) for value in values[:SHOWN]]
    more = ["…"] if len(values) > SHOWN else []
    return f" ({', '.join([*quoted, *more])})"
