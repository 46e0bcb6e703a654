"""Values that stand where there is none, or that a slip of a digit made: days of another century, the day
from which a program counts, 9999 among small numbers. Where a field declares bounds, there is no question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from messages import gettext as _
from messages import ngettext
from messages.formats import quote
from pipelines.dataset.dataset import Resource
from pipelines.release.coordinates import Written, nothing_written
from validation.report import Problem
from validation.table import ROW, Table

EARLIEST, AHEAD = 1800, 50
"""The year before which no table of the city tells; how many years ahead plans and contracts may reach."""
ZERO_DAYS = ("1899-12-30", "1899-12-31", "1900-01-01", "1904-01-01", "1970-01-01", "1980-01-01")
"""The days from which spreadsheets and computers count: an empty cell becomes one of them."""
APART = 5
"""Years around such a day in which nothing else lies, where it stands for no day."""
FILLERS = {digit * n for digit in "9" for n in range(3, 12)} | {f"-{'9' * n}" for n in range(2, 12)}
REPEATED, TIMES_LARGER = 3, 10
"""How often a filler stands at least, and how much larger it is than all other numbers."""
TOLD = 5
"""Rows that a sentence names."""


def find_odd_values(
    resource: Resource, table: pa.Table, day: str, written: Written = nothing_written
) -> Iterator[Problem]:
    """A warning for each column of days or numbers that has such values, as of `day` (ISO)."""
    for declared in resource.schema["fields"]:
        name, bounds = declared["name"], declared.get("constraints", {})
        if name not in table.column_names or not len(table) or "enum" in bounds:
            continue
        column = table[name]
        if declared.get("type") in ("date", "datetime", "year", "yearmonth"):
            yield from _find_odd_days(
                resource.name, name, table[ROW], column, bounds, date.fromisoformat(day), written
            )
        elif declared.get("type") in ("number", "integer") and name not in resource.primary_key:
            yield from _find_fillers(resource.name, name, table[ROW], column, bounds)


def _find_odd_days(
    resource: str,
    name: str,
    rows: pa.ChunkedArray,
    column: pa.ChunkedArray,
    bounds: Mapping[str, Any],
    day: date,
    written: Written,
) -> Iterator[Problem]:
    years = _years(column)
    odd = pa.chunked_array([pa.array([False] * len(chunk), pa.bool_()) for chunk in years.chunks], pa.bool_())
    if "minimum" not in bounds:
        odd = pc.or_(odd, pc.less(years, EARLIEST))
    if "maximum" not in bounds:
        odd = pc.or_(odd, pc.greater(years, day.year + AHEAD))
    if problem := _tell_days(resource, name, rows, column, odd, written):
        yield problem
    if "minimum" in bounds or not (pa.types.is_date(column.type) or pa.types.is_timestamp(column.type)):
        return
    days = pc.cast(column, pa.date32()) if pa.types.is_date(column.type) else _days(column)
    for zero in map(date.fromisoformat, ZERO_DAYS):
        here = pc.fill_null(pc.equal(days, pa.scalar(zero, pa.date32())), False)
        near = pc.and_(pc.less(pc.abs(pc.subtract(years, zero.year)), APART), pc.invert(here))
        if pc.any(here).as_py() and not pc.any(near).as_py() and not pc.all(here).as_py():
            rows_there = rows.filter(here)
            note = ngettext(
                "{n} cell says {day}, in row {rows}: programs write that day where there is none",
                "{n} cells say {day}, in rows {rows}: programs write that day where there is none",
                len(rows_there),
                day=_as_written(written, name, rows_there, zero.isoformat()),
                rows=_list_rows(rows_there),
            )
            yield _problem(resource, name, rows_there, note, "filler-value")


def _tell_days(
    resource: str,
    name: str,
    rows: pa.ChunkedArray,
    column: pa.ChunkedArray,
    odd: pa.ChunkedArray,
    written: Written,
) -> Problem | None:
    odd = pc.fill_null(odd, False)
    found = rows.filter(odd)
    if not len(found):
        return None
    value = column.filter(odd)[0].as_py()
    note = ngettext(
        "{n} cell is of another age, as {day} in row {row}",
        "{n} cells are of another age, as {day} in row {row} (rows {rows})",
        len(found),
        day=_as_written(written, name, found, value.date().isoformat() if hasattr(value, "date") else value),
        row=found[0].as_py(),
        rows=_list_rows(found),
    )
    return _problem(resource, name, found, note, "odd-day")


def _find_fillers(
    resource: str, name: str, rows: pa.ChunkedArray, column: pa.ChunkedArray, bounds: Mapping[str, Any]
) -> Iterator[Problem]:
    values = pc.cast(column, pa.float64(), safe=False)
    fillers = pa.array(sorted(map(float, FILLERS)), pa.float64())
    suspect = pc.is_in(values, fillers)
    if (pc.sum(suspect).as_py() or 0) < REPEATED:
        return
    others = values.filter(pc.and_(pc.is_valid(values), pc.invert(suspect)))
    if not len(others):
        return
    extent = pc.min_max(others).as_py()
    for item in pc.value_counts(values.filter(suspect)).to_pylist():
        value, count = item["values"], item["counts"]
        high = value > 0 and "maximum" not in bounds and value > TIMES_LARGER * max(abs(extent["max"]), 1)
        low = value < 0 and "minimum" not in bounds and extent["min"] >= 0
        if count < REPEATED or not (high or low):
            continue
        found = rows.filter(pc.fill_null(pc.equal(values, value), False))
        note = _(
            "{n} cells say {value}, in rows {rows}, and all others are far from it: it seems to stand for no "
            "data",
            n=count,
            value=f"{value:.0f}",
            rows=_list_rows(found),
        )
        yield _problem(resource, name, found, note, "filler-value")


EXACT = 2**53
"""From here on a number of 64 bits is not always the one that was written."""


def find_rounded_numbers(resource: Resource, delivered: Table, typed: pa.Table) -> Iterator[Problem]:
    """A warning for each column of numbers, but amounts, in which a number so large is published as
    another one."""
    for declared in resource.schema["fields"]:
        name = declared["name"]
        if declared.get("type") != "number" or name not in typed.column_names:
            continue
        if not pa.types.is_floating(typed[name].type) or declared.get("floatNumber"):
            continue
        large = pc.and_(pc.is_finite(typed[name]), pc.greater_equal(pc.abs(typed[name]), float(EXACT)))
        rows = typed[ROW].filter(large)
        if not len(rows):
            continue
        found = list(_rounded_cells(declared, resource, delivered, rows))
        if found:
            row, text, kept = found[0]
            numbers = pa.chunked_array([pa.array([number for number, _text, _kept in found], pa.int64())])
            note = ngettext(
                "{n} number has more digits than the column keeps: {written} in row {row} would be published "
                "as {kept}",
                "{n} numbers have more digits than the column keeps: {written} in row {row} would be "
                "published as {kept} (rows {rows})",
                len(found),
                written=quote(text),
                row=row,
                kept=kept,
                rows=_list_rows(numbers),
            )
            yield _problem(resource.name, name, numbers, note, "number-rounded")


def _rounded_cells(
    declared: Mapping[str, Any], resource: Resource, delivered: Table, rows: pa.ChunkedArray
) -> Iterator[tuple[int, str, str]]:
    """Row, text, and the number that is kept of it, of the cells in these rows that say another one."""
    missing = resource.schema.get("missingValues", [""])
    read = Field.from_descriptor({"missingValues": missing, **declared}).create_cell_reader()
    place = next((n for n, label in enumerate(delivered.labels) if label.strip() == declared["name"]), None)
    wanted = pc.unique(rows)
    if place is None:
        return
    for batch in delivered.batches():
        some = batch.filter(pc.is_in(batch.column(0), value_set=wanted))
        for row, text in zip(some.column(0).to_pylist(), some.column(place + 1).to_pylist(), strict=True):
            value, notes = read(text)
            if not notes and isinstance(value, Decimal) and Decimal(kept := float(value)) != value:
                yield row, text, f"{Decimal(repr(kept)):f}".removesuffix(".0")


def _as_written(written: Written, name: str, rows: pa.ChunkedArray, value: Any) -> str:
    """What the file has in the first of the rows, else the value."""
    row = rows[0].as_py()
    return written(name, [row]).get(row) or str(value)


def _problem(resource: str, name: str, rows: pa.ChunkedArray, note: str, code: str) -> Problem:
    return Problem(
        "table-error", resource, note, code=code, row=rows[0].as_py(), field=name, severity="warning"
    )


def _list_rows(rows: pa.ChunkedArray) -> str:
    return ", ".join(map(str, rows.slice(0, TOLD).to_pylist())) + (" …" if len(rows) > TOLD else "")


def _years(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The year of each value."""
    if pa.types.is_string(column.type):
        years = pc.cast(pc.list_element(pc.split_pattern(column, "-", max_splits=1), 0), pa.int64())
        return pc.if_else(pc.less(years, 100), None, years)  # two digits were told when they were read
    if pa.types.is_integer(column.type):
        return pc.cast(column, pa.int64())
    return pc.year(column if pa.types.is_date(column.type) else _days(column))


def _days(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The days of moments, as the clocks here show them."""
    return pc.cast(pc.local_timestamp(column), pa.date32(), safe=False)
