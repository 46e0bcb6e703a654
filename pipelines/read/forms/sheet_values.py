"""What days, hours and numbers of a sheet's column say, as a field wants them and as the sheet shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.read.detect.numbers import UNITS, find_measure
from pipelines.read.forms.column_notes import SheetColumnNotes
from pipelines.read.forms.date_format import DateFormat
from pipelines.read.forms.number_format import NumberFormat
from pipelines.read.forms.sheet_cells import DAY, MOMENT, SPAN, Marks

CLOCK = re.compile(r"(\d+):(\d\d):0?(\d+(?:\.\d+)?)")
SHOWN = {"yearmonth": frozenset("ym"), "year": frozenset("y")}
"""What a format shows of a day that stands for a month, or a year."""
LENGTHS = {"yearmonth": 7, "year": 4}


def shapes_of(formats: Sequence[tuple[Any, bytearray]], numbers: Marks) -> Marks:
    """Of each row which of the column's formats shows its cell; -1 for none."""
    shapes = np.full(len(numbers), -1, np.int64)
    for at in range(len(formats) - 1, -1, -1):
        marks = np.frombuffer(formats[at][1], np.uint8)
        here = numbers < len(marks)
        shapes[here] = np.where(marks[numbers[here]] > 0, at, shapes[here])
    return shapes


def days_as_shown(column: SheetColumnNotes, numbers: Marks, texts: pa.Array, kinds: Marks) -> pa.Array:
    """Days and moments as far as a sheet shows them, where the field asks for that much: a month of `mar-24`,
    a year of `2024`, a day whose time is hidden; and all that is shown, where this is asked for."""
    shapes = np.where(np.isin(kinds, (DAY, MOMENT, SPAN)), shapes_of(column.day_formats, numbers), -1)
    for at in np.unique(shapes[shapes >= 0]).tolist():
        shape, here = column.day_formats[at][0], shapes == at
        asked = column.as_shown and column.kind in ("string", "any")
        days = here & (kinds != SPAN)
        if asked:
            shown = change_each(texts.filter(pa.array(here)), partial(_show_day, shape))
            texts = pc.replace_with_mask(texts, pa.array(here), shown)
        elif shape.shows == SHOWN.get(column.kind):
            cut = pc.utf8_slice_codeunits(texts.filter(pa.array(days)), 0, LENGTHS[column.kind])
            texts = pc.replace_with_mask(texts, pa.array(days), cut)
            column.mark_certain(numbers[days])
        elif column.kind == "date" and shape.hides_time:
            moments = pa.array(here & (kinds == MOMENT))
            whole = texts.filter(moments)
            midnight = pc.sum(pc.match_substring_regex(whole, "T00:00:00$")).as_py() or 0
            column.hidden_times += len(whole) - midnight
            texts = pc.replace_with_mask(texts, moments, pc.utf8_slice_codeunits(whole, 0, 10))
    return texts


def _show_day(shape: DateFormat, text: str) -> str:
    return shape.show(text) or text


def shown_day(text: str, shape: DateFormat) -> str | None:
    """A day or moment as a sheet shows it, with what it is where that is more; None where it is the text."""
    shown = shape.show(text)
    if shown in (None, text):
        return None
    day, _sign, time = text.partition("T")
    hides = (set("ymd") if time or "-" in day else set()) | (set("hn") if time.strip("0:") else set())
    return f"{shown} ({text})" if hides - shape.shows else shown


def shown_number(text: str, shape: NumberFormat, unit: str | None) -> str | None:
    """A number as a sheet shows it, and what it is, where these differ."""
    shares = shape.first.percent and unit == "%"
    shown = shape.show(multiply_text(text, Decimal("0.01")) if shares else text)
    plain = None if shown is None else multiply_text(shown.rstrip("%").replace(",", ""), Decimal(1))
    return None if plain in (None, multiply_text(text, Decimal(1))) else f"{shown} ({text})"


def show_numbers(
    texts: pa.Array, shown: pa.Array | None, shape: NumberFormat, *, grouped: bool = False
) -> pa.Array:
    """What a sheet shows of numbers, as it says itself or else by their format; where thousands are wanted
    `grouped`, by their format."""
    if shown is None and shape.is_digits and pc.all(pc.ascii_is_decimal(texts), min_count=0).as_py():
        return pc.utf8_lpad(texts, len(shape.first.parts), "0")

    def show(text: str) -> str:
        by_format = shape.show(text)
        return text if by_format is None else by_format

    plain = change_each(texts, show)
    told = plain if shown is None else pc.coalesce(shown, plain)
    if not grouped:
        return told
    with_thousands = change_each(texts, lambda text: shape.show(text, thousands=True) or "")
    return pc.if_else(pc.equal(with_thousands, ""), told, with_thousands)


def show_codes(texts: pa.Array, shown: pa.Array | None, shape: NumberFormat) -> pa.Array:
    """What a text field says of numbers: codes and numbers with words as a sheet shows them."""
    if shown is not None and shape.shows_codes:
        return pc.coalesce(shown, change_each(texts, shape.show_code))
    if shape.is_digits:
        return show_numbers(texts, None, shape)
    return change_each(texts, shape.show_code)


def other_unit(shape: NumberFormat, unit: str | None) -> str | None:
    """The unit in which cells are shown, where their column is in another one of its kind."""
    first = shape.first
    if first.currency:
        return first.currency if unit in UNITS.values() and unit != first.currency else None
    meant = find_measure(unit or "")
    return first.measure if first.measure and meant and meant != first.measure else None


def change_each(texts: pa.Array, change: Callable[[str], str]) -> pa.Array:
    """Each text changed; those that come again but once."""
    coded = texts.dictionary_encode()
    return pa.array(map(change, coded.dictionary.to_pylist()), pa.string()).take(coded.indices)


def as_durations(texts: pa.Array) -> pa.Array:
    def spell(text: str) -> str:
        match = CLOCK.fullmatch(text)
        return f"PT{int(match[1])}H{int(match[2])}M{match[3]}S" if match else text

    return change_each(texts, spell)


def times_hundred(text: str) -> str:
    return multiply_text(text, Decimal(100))


def multiply_text(text: str, factor: Decimal) -> str:
    try:
        value = Decimal(text) * factor
    except InvalidOperation:
        return text
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
