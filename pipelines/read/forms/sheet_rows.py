"""The rows of a sheet as the fields want them: a percentage in the field's unit, a code with its zeros; and
what a workbook has done to numbers and dates behind its makers' backs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from messages import gettext as _
from messages import ngettext
from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.read.detect.dates import NUMERIC
from pipelines.read.detect.numbers import UNITS
from pipelines.read.forms.number_format import NumberFormat, parse_format
from pipelines.read.forms.xlsx import SheetLook, cell_address
from pipelines.read.grid import RowFault, Rows, Unreadable

MONTHS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""The days that a month may have."""
DIGITS = 15
"""Digits of a number that a workbook keeps."""
NEVER = 1 << 62
"""A row beyond all sheets."""
ISO = re.compile(r"\d{4}-(\d\d)-(\d\d)(T.*)?")
CLOCK = re.compile(r"(\d+):(\d\d):(\d\d)")


@dataclass
class _Column:
    """What is known of a column and its field, and what was seen in it: true dates by their days and texts
    that are days, numbers that are no texts, numbers that are shown as percentages, or with the sign of
    another currency."""

    kind: str
    unit: str | None
    as_shown: bool
    formats: Sequence[tuple[NumberFormat, bytearray]] = ()
    days: list[int] = field(default_factory=list)
    written: list[tuple[int, int]] = field(default_factory=list)
    numbers: int = 0
    percents: int = 0
    scaled: int = 0

    def format_of(self, row: int) -> NumberFormat | None:
        return next((each for each, marks in self.formats if row < len(marks) and marks[row]), None)


class SheetRows:
    """The rows below the header of a sheet whose cells are in `lines`, as `cells.py` wrote them; each is as
    long as the header or as its last cell that holds something. What was noticed in them is there once they
    were read."""

    def __init__(self, lines: Path, skip: int, labels: Sequence[str], look: SheetLook):
        self.lines, self.skip, self.labels, self.look = lines, skip, labels, look
        self.columns: dict[int, _Column] = {}
        self.found: list[RowFault] = []
        self.faults_by_row: dict[int, dict[int, str]] = {}
        for (row, place), fault in look.faults.items():
            self.faults_by_row.setdefault(row, {})[place] = fault

    def want(self, resource: Resource, layout: Layout) -> None:
        """Takes note of the fields whose columns these are."""
        fields = {each["name"]: each for each in resource.schema["fields"]}
        formats: dict[int, list[tuple[NumberFormat, bytearray]]] = {}
        for (code, place), marks in self.look.formats.items():
            if parsed := parse_format(code):
                formats.setdefault(place, []).append((parsed, marks))
        for place, label in enumerate(self.labels):
            declared = fields.get(layout.labels.get(label, label))
            if declared is not None:
                writing = layout.fields.get(declared["name"])
                self.columns[place] = _Column(
                    declared.get("type", "any"),
                    declared.get("unit"),
                    bool(writing and writing.as_shown),
                    formats.get(place, ()),
                )

    def rows(self) -> Rows:
        self.found = []
        for column in self.columns.values():
            column.days, column.written = [], []
            column.numbers = column.percents = column.scaled = 0
        repeated = iter([*self.look.repeated, (NEVER, 0)])
        first, times = next(repeated)
        with self.lines.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                while number >= first + max(times, 1) and first < NEVER:
                    first, times = next(repeated)
                if number <= self.skip:
                    continue
                base = first if first <= number < first + times else number
                cells = [self._text(number, base, place, cell) for place, cell in enumerate(json.loads(line))]
                self._refuse_nul(number, line, cells)
                if number in self.faults_by_row:  # what calamine takes for empty
                    marked = self.faults_by_row[number]
                    cells += [""] * (max(marked) + 1 - len(cells))
                    cells = [marked.get(place, cell) for place, cell in enumerate(cells)]
                yield number, trim_cells(cells, len(self.labels))

    def faults(self) -> tuple[RowFault, ...]:
        """What was wrong while the rows were last read."""
        seen = [fault for place, column in self.columns.items() for fault in _judge_column(place, column)]
        return (*self.found, *self._formulas_without_results(), *seen)

    def _formulas_without_results(self) -> Iterator[RowFault]:
        """Cells whose formula was never calculated: what a reader sees in them is nothing."""
        for row, place in self.look.unsaved:
            if row > self.skip and place < len(self.labels):
                yield RowFault("formula-unsaved", row, _("the formula has no saved result"), place)

    def native_numbers(self) -> frozenset[int]:
        """The places of the columns in which true numbers stand."""
        return frozenset(place for place, column in self.columns.items() if column.numbers)

    def _text(self, number: int, base: int, place: int, cell: Any) -> str:
        column = self.columns.get(place)
        if isinstance(cell, str):
            text = self.look.texts.get((base, place), cell) if self.look.texts else cell
            if column is None or not text:
                return text
            if column.kind in ("date", "datetime"):
                self._note_day(column, number, text)
            elif column.kind == "duration" and (match := CLOCK.fullmatch(text)):
                return f"PT{int(match[1])}H{int(match[2])}M{int(match[3])}S"
            return text
        if len(cell) == 1:
            if column is not None and (match := ISO.fullmatch(cell[0])):
                column.days.append(int(match[2]))
            return f"{cell[0]}T00:00:00" if column is not None and column.kind == "datetime" else str(cell[0])
        return cell[0] if column is None else self._number(number, base, place, cell[0], column)

    def _note_day(self, column: _Column, number: int, text: str) -> None:
        if match := ISO.fullmatch(text):
            column.days.append(int(match[2]))
        elif (match := NUMERIC.fullmatch(text.strip())) and len(match["a"]) < 3:
            column.written.append((int(match["a"]), int(match["b"])))

    def _number(self, number: int, base: int, place: int, text: str, column: _Column) -> str:
        shape = column.format_of(number)
        shown = self.look.shown.get((base, place)) or (shape.show(text) if shape else None)
        if column.as_shown and shown is not None:
            as_text = shape is not None and column.kind in ("string", "any")
            return (shape.show(text, thousands=True) if shape and as_text else None) or shown
        if column.kind in ("string", "any"):
            if len(text.lstrip("-0.").replace(".", "")) > DIGITS and "." not in text:
                self._add_digits(number, place, text)
            wanted = shape is not None and (shape.pads or shape.percent)
            return shown if wanted and shown is not None else text
        column.numbers += 1
        if column.kind == "integer" and len(text.lstrip("-")) > DIGITS:
            self._add_digits(number, place, text)
        if shape is None:
            return text
        column.scaled += shape.thousands > 0
        if shape.percent:
            if column.unit == "%":
                return _times_hundred(text)
            column.percents += 1
        elif shape.unit and column.unit in UNITS.values() and shape.unit != column.unit:
            note = _(
                "the cell is shown in {shown}, and the column is in {unit}",
                shown=shape.unit,
                unit=column.unit,
            )
            self.found.append(RowFault("other-unit", number, note, place, shown))
        return text

    def _add_digits(self, number: int, place: int, text: str) -> None:
        note = _(
            "a number of more than {n} digits: the workbook has lost the others; write it anew, in a cell "
            "that "
            "is formatted as text",
            n=DIGITS,
        )
        self.found.append(RowFault("digits-lost", number, note, place, text))

    def _refuse_nul(self, number: int, line: str, cells: Sequence[str]) -> None:
        if "\\u0000" in line and (places := [place for place, cell in enumerate(cells) if "\0" in cell]):
            note = _(
                "cell {cell} has a NUL character, which no text can hold; write it anew",
                cell=cell_address(number, places[0]),
            )
            raise Unreadable("source-error", note, number)


def _judge_column(place: int, column: _Column) -> list[RowFault]:
    """What only the whole column shows."""
    found = []
    if column.percents and column.unit != "%":
        note = ngettext(
            "{n} cell is shown as a percentage and was read as the number behind it (0.55 for 55 %); say in "
            "the "
            "field's `unit` what is meant: % or nothing",
            "{n} cells are shown as percentages and were read as the numbers behind them (0.55 for 55 %); "
            "say in "
            "the field's `unit` what is meant: % or nothing",
            column.percents,
        )
        found.append(RowFault("shown-as-percent", None, note, place))
    if column.scaled:
        note = ngettext(
            "{n} cell is shown in thousands or millions and was read as the number behind it (1234567 for "
            "1,235)",
            "{n} cells are shown in thousands or millions and were read as the numbers behind them (1234567 "
            "for 1,235)",
            column.scaled,
        )
        found.append(RowFault("shown-scaled", None, note, place))
    swapped = (
        len(column.days) > 1
        and max(column.days) <= 12
        and len(column.written) * 3 >= len(column.days)  # of all days, three in five come after the 12th
        and all(12 >= second >= 1 and 12 < first <= MONTHS[second] for first, second in column.written)
    )
    if swapped:
        note = _(
            "of its dates, all that the workbook knows as dates are of the first 12 days of a month, and all "
            "with later days are texts: they were typed as day/month/year into a program that takes the "
            "month "
            "first, and day and month of the others are exchanged"
        )
        found.append(RowFault("swapped-dates", None, note, place))
    return found


def _times_hundred(text: str) -> str:
    try:
        value = Decimal(text) * 100
    except InvalidOperation:
        return text
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def trim_cells(cells: list[str], width: int) -> list[str]:
    """The cells as far as they hold something, but as many as `width` in any case."""
    end = len(cells)
    while end > width and not cells[end - 1].strip():
        end -= 1
    return cells[:end] + [""] * (width - end)
