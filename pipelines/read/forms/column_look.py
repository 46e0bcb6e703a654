"""What has to be told of a sheet's column that shows something else than it holds: percentages, thousands,
other units, parts of days, nothing at all."""

from __future__ import annotations

from collections.abc import Iterator

from messages import gettext as _
from messages import ngettext
from messages.formats import join_words, quote, write_marks
from pipelines.read.forms.column_notes import SheetColumnNotes, ShownCells
from pipelines.read.grid import RowFault


def faults_of_look(place: int, column: SheetColumnNotes) -> Iterator[RowFault]:
    """What is told of cells that a sheet shows otherwise than they were read: of the whole column each, with
    the first cell beside the sentence."""
    if cells := column.percents:
        note = ngettext(
            "{n} cell is shown as a percentage and was read as the number behind it (row {row})",
            "{n} cells are shown as percentages and were read as the numbers behind them (the first in row "
            "{row})",
            cells.count,
            row=cells.row,
        )
        yield RowFault("shown-as-percent", None, note, place, _example(cells))
    yield from _scaled(place, column)
    if cells := column.unseen:
        note = ngettext(
            "{n} cell does not show its value, and was read as what it holds (row {row})",
            "{n} cells do not show their values, and were read as what they hold (the first in row {row})",
            cells.count,
            row=cells.row,
        )
        yield RowFault("number-unseen", None, note, place, _example(cells))
    yield from _mixed_units(place, column)
    yield from _hidden_in_days(place, column)


def _example(cells: ShownCells) -> str:
    """The first of the cells: what is shown, and what it holds."""
    held = f"({write_marks(cells.value)})"
    return f"{write_marks(cells.shown)} {held}" if cells.shown else held


def _scaled(place: int, column: SheetColumnNotes) -> Iterator[RowFault]:
    """Thousands and millions."""
    if cells := column.scaled:
        note = ngettext(
            "{n} cell is shown in thousands or millions and was read as the number behind it (row {row})",
            "{n} cells are shown in thousands or millions and were read as the numbers behind them (the "
            "first in row {row})",
            cells.count,
            row=cells.row,
        )
        yield RowFault("shown-scaled", None, note, place, _example(cells))
    if cells := column.rescaled:
        note = ngettext(
            "{n} cell is shown in thousands or millions and was read in {unit}, as the column is (row {row})",
            "{n} cells are shown in thousands or millions and were read in {unit}, as the column is (the "
            "first in row {row})",
            cells.count,
            unit=column.unit,
            row=cells.row,
        )
        yield RowFault("shown-scaled", None, note, place, _example(cells))
    if cells := column.worded:
        note = ngettext(
            "{n} cell is shown with {words}, and was read as the number beside it",
            "{n} cells are shown with {words}, and were read as the numbers beside it",
            cells.count,
            words=join_words(quote(word) for word in column.words),
        )
        yield RowFault("shown-scaled", None, note, place, _example(cells))


def _mixed_units(place: int, column: SheetColumnNotes) -> Iterator[RowFault]:
    """Units that are shown where the field has none, or has another one."""
    if not column.units or (column.unit is None and column.units.keys() <= {"$", "ARS"}):
        return
    if column.unit is not None:
        note = ngettext(
            "{n} cell is shown with a mere $, which stands for pesos here, and the column is in {unit}",
            "{n} cells are shown with a mere $, which stands for pesos here, and the column is in {unit}",
            column.units["$"][1],
            unit=column.unit,
        )
        yield RowFault("mixed-units", None, note, place)
    elif len(column.units) > 1:
        units = sorted(column.units.items(), key=lambda each: (-each[1][1], each[0]))
        rare, (row, _count) = units[-1]
        note = _(
            "its cells are shown in several units: {units}; {unit} first in row {row}",
            units=join_words(f"{unit} ({count})" for unit, (_row, count) in units),
            unit=rare,
            row=row,
        )
        yield RowFault("mixed-units", None, note, place)


def _hidden_in_days(place: int, column: SheetColumnNotes) -> Iterator[RowFault]:
    """Parts of days and moments that are not shown."""
    if (cells := column.hidden_days) and column.kind == "time":
        note = ngettext(
            "{n} cell has a day that the sheet does not show, and the time was read (row {row})",
            "{n} cells have a day that the sheet does not show, and the times were read (the first in row "
            "{row})",
            cells.count,
            row=cells.row,
        )
        yield RowFault("hidden-day", None, note, place, _example(cells))
    elif cells:
        note = ngettext(
            "{n} cell does not show its whole day, and was read as what it holds (row {row})",
            "{n} cells do not show their whole days, and were read as what they hold (the first in row "
            "{row})",
            cells.count,
            row=cells.row,
        )
        yield RowFault("hidden-day", None, note, place, _example(cells))
    if column.hidden_times and column.kind == "datetime":
        note = ngettext(
            "{n} cell has a time of day that the sheet does not show, and was read with it",
            "{n} cells have a time of day that the sheet does not show, and were read with it",
            column.hidden_times,
        )
        yield RowFault("hidden-time", None, note, place)
    elif column.hidden_times:
        note = ngettext(
            "{n} cell has a time of day that the sheet does not show, and the day was read",
            "{n} cells have a time of day that the sheet does not show, and the days were read",
            column.hidden_times,
        )
        yield RowFault("hidden-time", None, note, place)
