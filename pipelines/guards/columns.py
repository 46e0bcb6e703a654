"""Is each column like it was? Empty cells and categories here; numbers and texts beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from messages import gettext as _
from pipelines.guards.expected import expected
from pipelines.guards.numbers import numbers
from pipelines.guards.profile import Column
from pipelines.guards.texts import written
from pipelines.guards.unusual import EXTREME, Case, Unusual, column_of, filled, in_column, noise, share

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
            yield from numbers(case, name, column)
            yield from written(case, name, column)


def _nulls(case: Case, name: str, column: Column) -> Iterator[Unusual]:
    code = "nulls-unusual"
    values = case.past.series(code, name, lambda p: share(p.columns[name].nulls, p.rows) if name in p.columns else None)
    now = share(column.nulls, case.now.rows)
    rows = min(case.now.rows, case.past.last.rows)
    range_ = expected(values, 0.05, noise(values[-1], rows))
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
        yield in_column(code, case, name, note, now, range_, times, emptied or (times >= EXTREME and times * range_.width >= HALF))


def _categories(case: Case, name: str, column: Column) -> Iterator[Unusual]:
    code = "categories-unusual"
    past = [
        p.columns[name].categories for p in case.past.since(code, name) if (each := column_of(p, name, column.kind)) and each.categories
    ]
    known = [each for each in past if each]
    if not known or (column.categories is None and (len(known[-1]) > 20 or filled(case.now, name) < 20 * len(known[-1]))):
        return  # as many, or as few rows, as that say nothing
    unknown: list[str] = []
    gone: list[tuple[float, str]] = []
    rows = filled(case.now, name)
    if column.categories is None:
        new = 1.0
    else:
        unknown, new = _unknown(column.categories, known)
        gone = [(least, value) for value in known[-1] if value not in column.categories and (least := _least(value, known)) * rows >= 10]
    vanished = sum(least for least, _value in gone)
    now = max(new, vanished)
    values = [0.0, *(_unknown(each, known[:place])[1] for place, each in enumerate(known) if place)]
    range_ = expected(values, 0.05, noise(max(values), rows))
    times = range_.times(now)
    if times > 1:
        told = {"field": name, "new": new, "gone": vanished, "high": range_.high}
        note = _("in {field}, {new:.0%} of the rows have values that were not there before{examples}", **told, examples=_examples(unknown))
        if gone:
            lost = _examples([value for _least, value in sorted(gone, reverse=True)])
            note += "; " + _("values that had {gone:.0%} of the rows are gone{examples}", **told, examples=lost)
        yield in_column(code, case, name, note, now, range_, times, now >= HALF and range_.releases >= SEVERAL)


def _unknown(counts: Mapping[str, int], known: list[Mapping[str, int]]) -> tuple[list[str], float]:
    """The values that none of the others has, the most frequent first, and their share of the rows."""
    unknown = sorted((value for value in counts if not any(value in each for each in known)), key=lambda value: -counts[value])
    return unknown, share(sum(counts[value] for value in unknown), sum(counts.values()))


def _least(value: str, known: list[Mapping[str, int]]) -> float:
    return min(share(each.get(value, 0), sum(each.values())) for each in known)


def _examples(values: list[str]) -> str:
    shown = ", ".join(f"“{value[:40]}”" for value in values[:SHOWN])
    return f" ({shown}{', …' if len(values) > SHOWN else ''})" if shown else ""
