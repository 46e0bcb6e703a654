"""Are the texts of a column written as they were? A column of dates that became Excel's numbers is still a column of texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import exp, log

from messages import gettext as _
from pipelines.guards.expected import Expected, expected
from pipelines.guards.profile import SAMPLE, Column
from pipelines.guards.unusual import EXTREME, Case, Unusual, column_of, figure, filled, in_column, noise


def written(case: Case, name: str, column: Column) -> Iterator[Unusual]:
    """What is unusual in the ways of writing of a column of texts, else in their length."""
    code = "writing-unusual"
    past = [each for p in case.past.since(code, name) if (each := column_of(p, name, column.kind)) and each.writing]
    if column.writing is None or not past:
        return
    ways = [each.writing or {} for each in past]
    now = min(_apart(column.writing, each) for each in ways)
    values = [0.0, *(min(_apart(each, other) for other in ways[:place]) for place, each in enumerate(ways) if place)]
    range_ = expected(values, 0.1, noise(0.0, min(filled(case.now, name), SAMPLE)))
    times = range_.times(now)
    was_dates, serials = ways[-1].get("date", 0), column.writing.get("serial", 0)
    if was_dates >= 0.5 and serials >= 0.2:
        note = _(
            "{share:.0%} of the texts of {field} are numbers as 46126, which is how Excel stores a day; {before:.0%} were dates before",
            share=serials,
            field=name,
            before=was_dates,
        )
        yield in_column("dates-as-serials", case, name, note, serials, Expected(0, 0.2, 0.2, len(past)), max(times, EXTREME), True)
    elif times > 1:
        note = _(
            "{now:.0%} of the texts of {field} are written in another way: mostly {ways}, before mostly {before}",
            now=now,
            field=name,
            ways=_mostly(column.writing),
            before=_mostly(ways[-1]),
        )
        yield in_column(code, case, name, note, now, range_, times, times >= EXTREME or (now >= 0.5 and range_.releases >= 3))
    else:
        yield from _length(case, name, column)


def _length(case: Case, name: str, column: Column) -> Iterator[Unusual]:
    code = "length-unusual"
    values = case.past.series(
        code, name, lambda p: log(each.length + 1) if (each := column_of(p, name, column.kind)) and each.length else None
    )
    if not values or column.length is None:
        return
    rows = max(min(filled(case.now, name), filled(case.past.last, name), SAMPLE), 1)
    range_ = expected(values, log(2), 3 / rows**0.5)
    times = range_.times(log(column.length + 1))
    if times > 1:
        told = Expected(exp(range_.low) - 1, exp(range_.high) - 1, range_.width, range_.releases)
        note = _(
            "half of the texts of {field} have {now} characters or more; between {low} and {high} was expected",
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
