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

from pipelines.read.forms.column_notes import SheetColumnNotes
from pipelines.read.forms.date_format import DateFormat
from pipelines.read.forms.number_format import NumberFormat
from pipelines.read.forms.sheet_cells import DAY, MOMENT, SPAN, TEXT, Marks
from pipelines.read.forms.shown_units import scale_of

CLOCK = re.compile(r"(-?)(\d+):(\d\d):0?(\d+(?:\.\d+)?)")
LONG = r"^(?:2[4-9]|[3-9][0-9]|[0-9]{3,}):"
"""Hours that no time of day has."""
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
    a year of `2024`, a day whose time is hidden, or a time without its day; and all that is shown, where this
    is asked for. The column takes note of what is read and not shown."""
    shapes = np.where(np.isin(kinds, (DAY, MOMENT, SPAN)), shapes_of(column.day_formats, numbers), -1)
    asked = column.as_shown and column.kind in ("string", "any")
    for at in np.unique(shapes[shapes >= 0]).tolist():
        shape, here = column.day_formats[at][0], shapes == at
        if asked:
            shown = change_each(texts.filter(pa.array(here)), partial(_show_day, shape))
            texts = pc.replace_with_mask(texts, pa.array(here), shown)
        else:
            texts = _as_far_as_shown(column, shape, numbers, texts, kinds, here)
    return texts


def _as_far_as_shown(
    column: SheetColumnNotes, shape: DateFormat, numbers: Marks, texts: pa.Array, kinds: Marks, here: Marks
) -> pa.Array:
    """Days, moments and times of one format; `here` marks them."""
    days = here & (kinds != SPAN)
    if column.kind in SHOWN:
        if shape.shows == SHOWN[column.kind]:
            texts = _cut(texts, days, 0, LENGTHS[column.kind])
            column.mark_certain(numbers[days])
        return texts
    if column.kind == "time":
        long = pc.match_substring_regex(texts, LONG).to_numpy(zero_copy_only=False)
        moments = here & ((kinds == MOMENT) | ((kinds == SPAN) & long))
        if shape.shows.isdisjoint("ymd"):
            its = texts.filter(pa.array(moments))
            column.hidden_days.note(numbers[moments], its, shape)
            texts = pc.replace_with_mask(texts, pa.array(moments), change_each(its, _time_of_day))
            column.mark_certain(numbers[moments])
        return texts
    if column.kind not in ("date", "datetime"):
        return texts
    if not shape.shows >= set("ymd"):
        column.hidden_days.note(numbers[days], texts.filter(pa.array(days)), shape)
    if shape.hides_time:
        moments = days & (kinds == MOMENT)
        whole = texts.filter(pa.array(moments))
        midnight = pc.sum(pc.match_substring_regex(whole, "T00:00:00$")).as_py() or 0
        column.hidden_times += len(whole) - midnight
        texts = _cut(texts, moments, 0, 10) if column.kind == "date" else texts
    return texts


def _time_of_day(text: str) -> str:
    """The time of a moment, or of hours that were counted over days."""
    day, _sign, time = text.rpartition("T")
    if day:
        return time
    hours, sign, rest = text.partition(":")
    return f"{int(hours) % 24:02}{sign}{rest}"


def _cut(texts: pa.Array, here: Marks, start: int, stop: int | None) -> pa.Array:
    """The texts that are marked, from one place to another."""
    some = pa.array(here)
    return pc.replace_with_mask(texts, some, pc.utf8_slice_codeunits(texts.filter(some), start, stop))


def texts_as_shown(column: SheetColumnNotes, numbers: Marks, texts: pa.Array, kinds: Marks) -> pa.Array:
    """Texts with what their format puts beside them; those that it hides stay, and are noted."""
    filled = pc.not_equal(texts, "").to_numpy(zero_copy_only=False) & (kinds == TEXT)
    shapes = np.where(filled, shapes_of(column.text_formats, numbers), -1)
    for at in np.unique(shapes[shapes >= 0]).tolist():
        shape, here = column.text_formats[at][0], shapes == at
        its = texts.filter(pa.array(here))
        if shape.hides:
            column.unseen.note(numbers[here], its, shape)
        else:
            texts = pc.replace_with_mask(texts, pa.array(here), change_each(its, shape.show))
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
    kept = multiply_text(text, Decimal("0.01") if unit == "%" else scale_of(unit))
    section = shape.section_of(kept)
    turned = section is not None and (section.percent if unit == "%" else section.thousands > 0)
    shown = shape.show(kept if turned else text)
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
        return pc.coalesce(pc.utf8_trim_whitespace(shown), change_each(texts, shape.show_code))
    if shape.is_digits and pc.all(pc.ascii_is_decimal(texts), min_count=0).as_py():
        return show_numbers(texts, None, shape)
    return change_each(texts, shape.show_code)


def change_each(texts: pa.Array, change: Callable[[str], str]) -> pa.Array:
    """Each text changed; those that come again but once."""
    coded = texts.dictionary_encode()
    return pa.array(map(change, coded.dictionary.to_pylist()), pa.string()).take(coded.indices)


def are_times(raw: pa.Array, texts: pa.Array) -> Marks:
    """Which cells are times of an ODS that their reader gave as it writes them (PT37H), and that are texts as
    all others now."""
    given = pc.match_substring_regex(raw, "^-?PT?[0-9]")
    found: Marks = pc.and_(given, pc.match_substring_regex(texts, "^-?[0-9]+:[0-9]{2}:")).to_numpy(
        zero_copy_only=False
    )
    return found


def as_durations(texts: pa.Array) -> pa.Array:
    def spell(text: str) -> str:
        match = CLOCK.fullmatch(text)
        return f"{match[1]}PT{int(match[2])}H{int(match[3])}M{match[4]}S" if match else text

    return change_each(texts, spell)


def times_hundred(text: str) -> str:
    return multiply_text(text, Decimal(100))


def divide_text(text: str, divisor: Decimal) -> str:
    """A number divided by a power of ten."""
    return multiply_text(text, 1 / divisor)


def multiply_text(text: str, factor: Decimal) -> str:
    try:
        value = Decimal(text) * factor
    except InvalidOperation:
        return text
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
