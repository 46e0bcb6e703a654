"""The rows of a sheet, cell by cell: what reading by columns must give as well."""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

from pipelines.read.detect.dates import NUMERIC
from pipelines.read.detect.numbers import UNITS
from pipelines.read.forms.column_notes import DECIMALS, ISO, MONTHS, POINTED, RANGE
from pipelines.read.forms.date_format import parse_date_format
from pipelines.read.forms.number_format import parse_format
from pipelines.read.forms.sheet_look import SheetLook
from pipelines.read.forms.sheet_rows import trim_cells
from pipelines.read.forms.sheet_values import CLOCK, times_hundred
from pipelines.read.grid import RowFault

Rows = list[tuple[int, list[str]]]


@dataclass
class Column:
    """A field's type and unit, whether its cells are wanted as they are shown, its formats with the rows that
    are marked; days, texts that are days, and counts of what was seen."""

    kind: str
    unit: str | None
    as_shown: bool
    formats: list[tuple[Any, bytearray]]
    days: list[int] = field(default_factory=list)
    written: list[tuple[int, int]] = field(default_factory=list)
    numbers: int = 0
    percents: int = 0
    scaled: int = 0
    dated: int = 0
    texts: list[tuple[int, str]] = field(default_factory=list)
    certain: list[int] = field(default_factory=list)
    shares: int = 0
    small: list[tuple[int, str]] = field(default_factory=list)
    day_formats: list[tuple[Any, bytearray]] = field(default_factory=list)
    hidden_times: int = 0


class Value(str):
    """The text of a cell that is no text."""

    kinds: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str, *kinds: str) -> Value:
        made = cls(text)
        made.kinds = kinds
        return made


class RowByRow:
    """The sheet of a workbook below its header; `fields` are the declared ones by place."""

    def __init__(self, path: Path, sheet: str, skip: int, width: int, look: SheetLook):
        self.path, self.sheet, self.skip, self.width, self.look = path, sheet, skip, width, look
        self.columns: dict[int, Column] = {}
        self.found: list[tuple[str, int, int, str]] = []

    def want(self, fields: Mapping[int, Mapping[str, Any]], as_shown: set[int]) -> None:
        for place, declared in fields.items():
            formats = [
                (shape, marks)
                for (code, at), marks in self.look.formats.items()
                if at == place and (shape := parse_format(code))
            ]
            kind, unit = declared.get("type", "any"), declared.get("unit")
            self.columns[place] = Column(kind, unit, place in as_shown, formats)
            self.columns[place].day_formats = [
                (days, marks)
                for (code, at), marks in self.look.formats.items()
                if at == place and not parse_format(code) and (days := parse_date_format(code))
            ]

    def rows(self) -> Rows:
        sheet = CalamineWorkbook.from_path(self.path).get_sheet_by_name(self.sheet)
        before = [""] * (sheet.start[1] if sheet.start else 0)
        bases = {at: first for first, times in self.look.repeated for at in range(first, first + times)}
        found = []
        for number, values in enumerate(sheet.iter_rows(), 1):
            if number > self.skip:
                cells = [*before, *map(describe_cell, values)]
                base = bases.get(number, number)
                texts = [self._text(number, base, place, cell) for place, cell in enumerate(cells)]
                for (row, place), fault in self.look.faults.items():
                    if row == number:
                        texts += [""] * (place + 1 - len(texts))
                        texts[place] = fault
                found.append((number, trim_cells(texts, self.width)))
        return found

    def _text(self, number: int, base: int, place: int, cell: Any) -> str:
        column = self.columns.get(place)
        if isinstance(cell, str):
            text = self.look.texts.get((base, place), cell)
            if column is None or not text:
                return str(text)
            kinds = kinds_of(cell, text)
            if kinds and "boolean" not in kinds:
                text = self._day(number, text, column, "date" in kinds)
            self._note_value(number, kinds, text, column)
            if column.kind in ("date", "datetime"):
                self._note_day(column, text)
            elif column.kind == "duration" and (match := CLOCK.fullmatch(text)):
                return f"{match[1]}PT{int(match[2])}H{int(match[3])}M{match[4]}S"
            return str(text)
        if len(cell) == 1:
            if column is not None:
                cell = [self._day(number, cell[0], column, True)]
                self._note_certain(number, ("date", "datetime"), column)
            if column is not None and column.kind in ("string", "any"):
                column.dated += 1
            elif column is not None and column.kind != "number" and (match := ISO.fullmatch(cell[0])):
                column.days.append(int(match[2]))
            return f"{cell[0]}T00:00:00" if column is not None and column.kind == "datetime" else cell[0]
        return cell[0] if column is None else self._number(number, base, place, cell[0], column)

    def _day(self, number: int, text: str, column: Column, is_day: bool) -> str:
        marked = (each for each, marks in column.day_formats if number < len(marks) and marks[number])
        shape = next(marked, None)
        if shape is None:
            return text
        if column.as_shown and column.kind in ("string", "any"):
            return str(shape.show(text) or text)
        if column.kind == "date" and is_day and shape.hides_time and "T" in text:
            column.hidden_times += not text.endswith("T00:00:00")
            return text[:10]
        return text

    def _note_certain(self, number: int, kinds: tuple[str, ...], column: Column) -> None:
        if column.kind in kinds and not column.as_shown:
            column.certain.append(number)

    def _note_value(self, number: int, kinds: tuple[str, ...], text: str, column: Column) -> None:
        self._note_certain(number, kinds, column)
        if "date" in kinds and column.kind in ("string", "any"):
            column.dated += 1
        else:
            column.texts += [(number, text.strip())] if text.strip() else []

    def _note_day(self, column: Column, text: str) -> None:
        if match := ISO.fullmatch(text):
            column.days.append(int(match[2]))
        elif (match := NUMERIC.fullmatch(text.strip())) and len(match["a"]) < 3:
            column.written.append((int(match["a"]), int(match["b"])))

    def _number(self, number: int, base: int, place: int, text: str, column: Column) -> str:
        shape = next((each for each, marks in column.formats if number < len(marks) and marks[number]), None)
        shown = self._shown(base, place, text, shape)
        text_field = column.kind in ("string", "any")
        if column.as_shown and shown is not None:
            return (shape.show(text, thousands=True) if shape and text_field else None) or shown
        if text_field:
            if len(text.lstrip("-0.").replace(".", "")) > 15 and "." not in text:
                self.found.append(("digits-lost", number, place, text))
            if shape is None:
                return text
            told = self.look.shown.get((base, place)) if shape.shows_codes else None
            return told or shape.show_code(text)
        column.numbers += 1
        self._note_certain(number, ("integer", "number"), column)
        if column.kind == "integer" and len(text.lstrip("-")) > 15 and len(text.strip("-0")) > 12:
            self.found.append(("digits-lost", number, place, text))
        is_share = shape is not None and shape.first.percent
        if column.unit == "%":
            column.shares += is_share
            column.small += [(number, text)] if not is_share and 0 < abs(float(text)) <= 1 else []
        return text if shape is None else self._shaped(number, place, text, column, shape, shown)

    def _shown(self, base: int, place: int, text: str, shape: Any) -> str | None:
        return self.look.shown.get((base, place)) or (shape.show(text) if shape else None)

    def _shaped(
        self, number: int, place: int, text: str, column: Column, shape: Any, shown: str | None
    ) -> str:
        column.scaled += shape.first.thousands > 0
        if shape.first.percent:
            if column.unit == "%":
                return times_hundred(text)
            column.percents += 1
        elif shape.first.currency and column.unit in UNITS.values() and shape.first.currency != column.unit:
            self.found.append(("other-unit", number, place, shown))
        return text

    def faults(self) -> list[tuple[str, int | None, int | None, str | None]]:
        """What was wrong, as `brief` says it."""
        found: list[tuple[str, int | None, int | None, str | None]] = list(self.found)
        found += [
            ("formula-unsaved", row, place, None)
            for row, place in self.look.unsaved
            if row > self.skip and place < self.width
        ]
        for place, column in self.columns.items():
            if column.percents and column.unit != "%":
                found.append(("shown-as-percent", None, place, None))
            if column.scaled:
                found.append(("shown-scaled", None, place, None))
            if column.hidden_times:
                found.append(("hidden-time", None, place, None))
            if column.shares:
                found += [("odd-writing", row, place, text) for row, text in column.small]
            if (
                len(column.days) > 1
                and max(column.days) <= 12
                and len(column.written) * 3 >= len(column.days)
                and all(12 >= two >= 1 and 12 < one <= MONTHS[two] for one, two in column.written)
            ):
                found.append(("swapped-dates", None, place, None))
            found += self._mixtures(place, column)
        return found

    def _mixtures(self, place: int, column: Column) -> Iterator[tuple[str, int | None, int, str | None]]:
        texts = [text for _row, text in column.texts]
        alone = not texts and column.kind == "string"
        ranges = any(re.search(RANGE, text) for text in texts)
        if column.dated and (column.dated <= len(texts) or ranges or alone):
            yield "dates-among-texts", None, place, None
        if column.kind == "number" and column.numbers and not any(re.search(DECIMALS, t) for t in texts):
            pointed = [each for each in column.texts if re.search(POINTED, each[1])]
            yield from (("odd-writing", row, place, text) for row, text in pointed)

    def certain(self, place: int) -> list[int]:
        """The rows whose cells are values of the column's type; none where days and months of true dates may
        have changed places."""
        column = self.columns[place]
        swapped = column.days and column.written and max(column.days) <= 12
        if swapped and all(12 >= two >= 1 and 12 < one <= MONTHS[two] for one, two in column.written):
            return []
        return column.certain


def brief(faults: tuple[RowFault, ...]) -> Iterator[tuple[str, int | None, int | None, str | None]]:
    """Faults without their sentences; of a whole column, the text is the example in its sentence."""
    return ((each.code, each.row, each.place, each.text if each.row else None) for each in faults)


def describe_cell(value: object) -> Any:
    """A text; a list of a day; a list of a number's digits and 0."""
    match value:
        case str():
            return value
        case bool():
            return Value.of("true" if value else "false", "boolean")
        case float() | int():
            return [number_text(value), 0]
        case dt.datetime():
            return Value.of(value.isoformat(), "date", "datetime")
        case dt.date():
            return [value.isoformat()]
        case dt.timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return Value.of(f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}", "time", "duration")
        case dt.time():
            return Value.of(value.isoformat(), "time", "duration")
        case _:
            return str(value)


def kinds_of(cell: str, text: str) -> tuple[str, ...]:
    """What a cell that is a text here is a value of; `text` is what is said of it."""
    if cell.startswith("PT") and CLOCK.fullmatch(text):
        return ("time", "duration")  # an ODS writes times so
    return getattr(cell, "kinds", ())


def number_text(value: float) -> str:
    if isinstance(value, int) or (value.is_integer() and abs(value) < 2**53):
        return str(int(value))
    digits = f"{value:.15g}"
    return format(decimal.Decimal(digits), "f") if "e" in digits else digits
