"""Is the table as large as it should be? Rows that are gone, replaced, doubled, cut off at a spreadsheet's
end; warnings and repairs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from math import exp, log

import pyarrow as pa

from catalog.archive.changes.duck import open_duckdb
from messages import gettext as _
from messages import ngettext
from pipelines.release.guards.measure import (
    COLUMN,
    EXTREME,
    Case,
    Expected,
    Unusual,
    expected_range,
    figure,
    noise,
    share,
    unusual_column,
)

LEAST = 10
"""Rows that must be gone before anyone is told."""
LOST = 0.25
"""The share of a table's rows that no extract takes away without a word from a person, unless history knows
such steps."""
FEW, MOST = 4, 0.75
"""Of a table of fewer than 20 rows: so many that are gone, and so large a share of it, are not chance. Where
a row that is gone is published as gone, so many and more than LOST are too many, whatever its size."""
SHEETS = (65_535, 65_536, 1_048_575, 1_048_576)
"""Rows of a sheet of Excel, old and new, with its header or without."""


def measure_rows(case: Case, distinct: Callable[[], tuple[float, float]]) -> Iterator[Unusual]:
    """What is unusual in the number of rows; `distinct` gives the shares of repeated rows now and before,
    where asked."""
    yield from _measure_lost_rows(case)
    yield from _measure_replaced_keys(case)
    yield from _measure_growth(case, distinct)
    if case.now.rows in SHEETS and case.past.last.rows != case.now.rows:
        note = _(
            "there are exactly {n} rows, which is where a spreadsheet ends: the rest may be cut off",
            n=case.now.rows,
        )
        yield _unusual(
            "rows-truncated",
            case,
            note,
            case.now.rows,
            Expected(0, 0, 1, len(case.past.profiles)),
            EXTREME,
            True,
        )


def _measure_lost_rows(case: Case) -> Iterator[Unusual]:
    """Rows that are gone and that no others replace."""
    code = "rows-lost"
    before, now = case.past.last.total, case.now.total
    values = _losses([float(profile.total) for profile in case.past.since(code)])
    range_ = expected_range(values, 0.05)
    lost = share(before - now, before)
    if before - now >= (FEW if case.marks else LEAST) and range_.times(lost) > 1:
        note = _(
            "of {before} rows, {lost:.0%} are gone and no others came in their place ({now} are left); up "
            "to {high:.0%} was expected",
            before=before,
            now=now,
            lost=lost,
            high=range_.high,
        )
        yield _unusual(
            code, case, note, lost, range_, range_.times(lost), lost > max(LOST, 1.5 * max(values))
        )


def measure_small_table(case: Case) -> Iterator[Unusual]:
    """Of a table with few rows: most of them gone, with no others in their place."""
    code = "rows-lost"
    before, now = case.past.last.total, case.now.total
    values = _losses([float(profile.total) for profile in case.past.since(code)])
    lost = share(before - now, before)
    many = lost > LOST if case.marks else lost >= MOST
    if before - now >= FEW and many and lost > 1.5 * max(values):
        note = _(
            "of {before} rows, {lost:.0%} are gone and no others came in their place ({now} are left)",
            before=before,
            now=now,
            lost=lost,
        )
        range_ = Expected(0, max(values), MOST, len(case.past.profiles))
        yield _unusual(code, case, note, lost, range_, EXTREME, True)


def _losses(totals: list[float]) -> list[float]:
    return [0.0, *(max(share(before - after, before), 0.0) for before, after in itertools.pairwise(totals))]


def _measure_replaced_keys(case: Case) -> Iterator[Unusual]:
    """Keys that are gone, whatever came in their place."""
    code = "rows-replaced"
    if not case.key:
        return
    profiles = case.past.since(code)
    values = [0.0, *(share(after.removed, before.total) for before, after in itertools.pairwise(profiles))]
    range_ = expected_range(values, 0.1)
    gone = share(case.now.removed, case.past.last.total)
    if case.now.removed >= LEAST and range_.times(gone) > 1:
        note = _(
            "{gone:.0%} of the keys of the last version are gone; up to {high:.0%} was expected",
            gone=gone,
            high=range_.high,
        )
        yield _unusual(code, case, note, gone, range_, range_.times(gone), range_.times(gone) >= EXTREME)


def _measure_growth(case: Case, distinct: Callable[[], tuple[float, float]]) -> Iterator[Unusual]:
    code = "rows-unusual"
    if case.mode == "by-period" or not case.now.rows:
        return  # months.py measures a period with periods
    whole = case.mode == "full"
    floor = log(1.2) if whole else log(3)
    values = case.past.series(code, None, lambda p: log(p.rows) if p.rows else None)
    if not values:
        return
    range_ = expected_range(values, floor, moving=whole)
    now = log(case.now.rows)
    times = range_.times(now)
    if times > 1 and now > values[-1]:
        low, high = exp(range_.low), exp(range_.high)
        note = ngettext(
            "{n} row came; between {low} and {high} were expected",
            "{n} rows came; between {low} and {high} were expected",
            case.now.rows,
            low=figure(round(low)),
            high=figure(round(high)),
        )
        told = Expected(low, high, range_.width, range_.releases)
        yield _unusual(code, case, note, case.now.rows, told, times, times >= EXTREME)
    if whole and not case.key and case.now.rows >= 1.5 * case.past.last.rows:
        yield from _measure_repeated_rows(case, distinct)


def _measure_repeated_rows(case: Case, distinct: Callable[[], tuple[float, float]]) -> Iterator[Unusual]:
    """The same rows loaded twice, in a table without a key to say so."""
    now, before = distinct()
    if now - before >= 0.2:
        note = _(
            "{now:.0%} of the rows are there more than once, against {before:.0%} before: as when a file "
            "is loaded twice",
            now=now,
            before=before,
        )
        told = Expected(0, before + 0.2, 0.2, 1)
        yield _unusual("rows-repeated", case, note, now, told, max((now - before) / 0.2, EXTREME), True)


def repeated_rows(table: pa.Table) -> float:
    """The share of rows that have been there before, cell by cell."""
    with open_duckdb() as duck:
        duck.register("t", table)
        found = duck.execute("select count(*) from (select distinct * from t)").fetchone()
    return 1 - share(found[0] if found else 0, table.num_rows) if table.num_rows else 0.0


def measure_remarks(case: Case) -> Iterator[Unusual]:
    """Warnings and repairs that come far oftener than they did: each says little, all together say that
    something else was sent."""
    for name, count in case.now.remarks.items():
        what, kind, field = name.split("|")
        code = f"{what}-unusual"
        values = [share(p.remarks.get(name, 0), p.rows) for p in case.past.since(code, field or None)]
        now = share(count, case.now.rows)
        range_ = expected_range(values, 0.02, noise(values[-1], case.now.rows))
        times = range_.times(now)
        if times > 1 and now > values[-1]:
            told = {
                "field": COLUMN if field else case.resource,
                "kind": kind,
                "now": now,
                "high": range_.high,
            }
            note = (
                ngettext(
                    "{n} cell of {field} was repaired (rule {kind})",
                    "{n} cells of {field} were repaired (rule {kind})",
                    count,
                    **told,
                )
                if what == "repairs"
                else ngettext(
                    "{n} warning about {field} ({kind})", "{n} warnings about {field} ({kind})", count, **told
                )
            )
            note += ": " + _("{now:.0%} of the rows; up to {high:.0%} was expected", **told)
            stops = times >= EXTREME and now >= 0.2
            if field:
                yield unusual_column(code, case, field, note, now, range_, times, stops)
            else:
                yield _unusual(code, case, note, now, range_, times, stops)


def _unusual(
    code: str, case: Case, note: str, measured: float, range_: Expected, times: float, stops: bool
) -> Unusual:
    return Unusual(
        code, case.resource, None, note, measured, range_.low, range_.high, range_.releases, times, stops
    )
