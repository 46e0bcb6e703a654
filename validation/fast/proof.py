"""Texts that frictionless surely reads as a value of a type, found a column at a time. What is not proven is
not yet wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Values = np.ndarray[Any, Any]
ZERO, MINUS, POINT, COLON, LETTER_T, SPACE, LETTER_Z = b"0-.:T Z"
FIRST_DAY = -719_162  # 0001-01-01, by days since 1970
LOCAL = 3 * 3600  # what a clock in Buenos Aires is behind UTC
_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.uint8)


@dataclass(frozen=True)
class Proof:
    """Which texts are proven, and their values (anything where they are not; None where nobody asked for
    values)."""

    proven: Mask
    values: Values | None = None


class Texts:
    """A string array seen as bytes."""

    def __init__(self, array: pa.StringArray) -> None:
        self.array = array
        _validity, offsets, data = array.buffers()
        self.offsets: Values = (
            np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
            if offsets
            else np.zeros(1, np.int32)
        )
        self.data: Values = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)

    @cached_property
    def lengths(self) -> Values:
        return np.diff(self.offsets)

    @property
    def start(self) -> int:
        return int(self.offsets[0])

    @cached_property
    def bytes(self) -> Values:
        return self.data[self.start : int(self.offsets[-1])]

    def rows_of(self, places: Values) -> Values:
        """The row that each byte place belongs to."""
        return np.searchsorted(self.offsets, places + self.start, side="right") - 1

    def block(self, rows: Values, width: int) -> Values:
        """The bytes of rows that are all `width` bytes long, a row each."""
        if len(rows) == len(self.array):
            return self.bytes.reshape(-1, width)
        return self.data[self.offsets[rows][:, None] + np.arange(width)]

    def keep(self, proven: Mask) -> pa.StringArray:
        return self.array if proven.all() else pc.if_else(pa.array(proven), self.array, None)


Kernel = Callable[[Texts, bool], Proof]


def by_cast(
    likely: Callable[[Texts], Mask], kind: pa.DataType, prove: Kernel, first: int | None = None, more: int = 0
) -> Kernel:
    """Proves what Arrow casts without an objection; `likely` says which texts that could be, and must let
    none pass that Arrow understands in another way. The others are proven by `prove`; so are all where one
    that was likely is none, or has a value below `first`. Values are `more` than Arrow's."""
    plain = {pa.date32(): pa.int32(), pa.timestamp("s"): pa.int64()}.get(kind, kind)

    def prove_quickly(texts: Texts, values: bool) -> Proof:
        if texts.array.null_count or not len(texts.array):
            return prove(texts, values)
        proven = likely(texts)
        try:
            found = _numpy(texts.keep(proven).cast(kind).cast(plain))
        except pa.ArrowInvalid:
            return prove(texts, values)
        if first is not None and found.min() < first:
            return prove(texts, values)
        found = (found + more).astype(found.dtype if kind == pa.float64() else np.int64, copy=False)
        if not proven.all():
            rest = np.flatnonzero(~proven)
            others = prove(Texts(texts.array.take(pa.array(rest))), True)
            assert others.values is not None
            proven, found = proven.copy(), found.copy()
            proven[rest], found[rest] = others.proven, others.values
        return Proof(proven, found)

    return prove_quickly


def _likely_number(texts: Texts, longest: int, *signs: int) -> Mask:
    """Which texts are of some length, and of nothing but figures and `signs`."""
    bytes_, lengths = texts.bytes, texts.lengths
    likely = (lengths >= 1) & (lengths <= longest)
    odd = bytes_ - ZERO > 9
    for sign in signs:
        odd &= bytes_ != sign
    if odd.any():
        likely[texts.rows_of(np.flatnonzero(odd))] = False
    return np.asarray(likely)


def prove_integers(texts: Texts, values: bool) -> Proof:
    """-?[0-9]{1,18}"""
    bytes_, lengths = texts.bytes, texts.lengths
    proven = (lengths >= 1) & (lengths <= 18)
    places = np.flatnonzero(bytes_ - ZERO > 9)
    if len(places):
        rows = texts.rows_of(places)
        minus = (bytes_[places] == MINUS) & (places + texts.start == texts.offsets[rows])
        proven[rows[~minus]] = False
        proven[rows[minus & (lengths[rows] < 2)]] = False
    if not values:
        return Proof(proven)
    return Proof(proven, _numpy(texts.keep(proven).cast(pa.int64())))


def numbers(decimal_char: str, group_char: str, bare: bool) -> Kernel:
    """-?[0-9]*(.[0-9]*)? with at least one digit; groups are stripped from anywhere, as frictionless does."""
    point, group = ord(decimal_char), ord(group_char) if group_char else -1

    def prove(texts: Texts, values: bool) -> Proof:
        bytes_, lengths, offsets = texts.bytes, texts.lengths, texts.offsets
        proven = (lengths >= 1) & (lengths <= 300)
        digits = lengths.copy()
        places = np.flatnonzero(bytes_ - ZERO > 9)
        if len(places):
            rows, found = texts.rows_of(places), bytes_[places]
            points, minus = found == point, (found == MINUS) & (places + texts.start == offsets[rows])
            proven[rows[~(points | minus | (found == group))]] = False
            dotted = rows[points]
            proven[dotted[1:][dotted[1:] == dotted[:-1]]] = False
            digits -= np.bincount(rows, minlength=len(digits)).astype(digits.dtype)
            if not bare:
                # what stands before the first digit and after the last is cut off: leave such cells alone
                at = places + texts.start
                ends = (at == offsets[rows + 1] - 1) | ((at == offsets[rows]) & ~minus)
                proven[rows[ends]] = False
                second = (at == offsets[rows] + 1) & (bytes_[np.maximum(places - 1, 0)] == MINUS)
                proven[rows[second]] = False
        proven &= digits >= 1
        if not values:
            return Proof(proven)
        plain = texts.keep(proven)
        if group_char:
            plain = pc.replace_substring(plain, group_char, "")
        if decimal_char != ".":
            plain = pc.replace_substring(plain, decimal_char, ".")
        return Proof(proven, _numpy(plain.cast(pa.float64())))

    if decimal_char != "." or group_char or not bare:
        return prove
    return by_cast(lambda texts: _likely_number(texts, 300, MINUS, POINT), pa.float64(), prove)


def prove_dates(texts: Texts, values: bool) -> Proof:
    """YYYY-MM-DD, a day of the calendar from the year 1 on; values are days since 1970."""
    proven = texts.lengths == 10
    rows = np.flatnonzero(proven)
    cells = texts.block(rows, 10)
    proven[rows] = _calendar(cells)
    if not values:
        return Proof(proven)
    days = np.zeros(len(proven), np.int64)
    days[rows] = _days(cells)
    return Proof(proven, days)


def prove_datetimes(texts: Texts, values: bool) -> Proof:
    """YYYY-MM-DDTHH:MM:SS, or with a blank for the T, or with a Z at the end; values are seconds since 1970,
    in UTC with the Z, else by the clock on the wall, and `LOCAL` seconds more."""
    proven = np.zeros(len(texts.array), np.bool_)
    seconds = np.zeros(len(proven), np.int64)
    for width in (19, 20):
        rows = np.flatnonzero(texts.lengths == width)
        if len(rows):
            cells = texts.block(rows, width)
            good = (
                _calendar(cells[:, :10])
                & _clock(cells[:, 11:19])
                & ((cells[:, 10] == LETTER_T) | (cells[:, 10] == SPACE))
            )
            proven[rows] = good & (cells[:, 19] == LETTER_Z) if width == 20 else good
            if values:
                seconds[rows] = (
                    _days(cells) * 86_400 + _seconds(cells[:, 11:19]) + (LOCAL if width == 19 else 0)
                )
    return Proof(proven, seconds if values else None)


integers = by_cast(lambda texts: _likely_number(texts, 18, MINUS), pa.int64(), prove_integers)
dates = by_cast(lambda texts: texts.lengths == 10, pa.date32(), prove_dates, FIRST_DAY)
# Of 19 bytes, Arrow takes for a moment without a zone YYYY-MM-DDTHH:MM:SS alone.
datetimes = by_cast(
    lambda texts: texts.lengths == 19, pa.timestamp("s"), prove_datetimes, FIRST_DAY * 86_400, LOCAL
)


def times(texts: Texts, values: bool) -> Proof:
    """HH:MM:SS; values are seconds."""
    proven = texts.lengths == 8
    rows = np.flatnonzero(proven)
    cells = texts.block(rows, 8)
    proven[rows] = _clock(cells)
    if not values:
        return Proof(proven)
    seconds = np.zeros(len(proven), np.int64)
    seconds[rows] = _seconds(cells)
    return Proof(proven, seconds)


def strings(shortest: int | None, longest: int | None, pattern: str | None) -> Kernel:
    """Texts of some length in characters that match a pattern, which is one that RE2 understands as Python
    does."""

    def prove(texts: Texts, values: bool) -> Proof:
        lengths = texts.lengths
        proven = np.ones(len(lengths), np.bool_)
        if longest is not None:
            proven &= lengths <= longest  # in bytes, of which there are at least as many
        if shortest is not None:
            proven &= lengths >= (shortest if shortest < 1 or not (texts.bytes & 128).any() else 4 * shortest)
        if (shortest is not None or longest is not None) and not proven.all():
            rest = np.flatnonzero(~proven)
            characters = _numpy(pc.utf8_length(texts.array.take(pa.array(rest))))
            low, high = shortest or 0, np.iinfo(np.int32).max if longest is None else longest
            proven[rest] = (characters >= low) & (characters <= high)
        if pattern is not None:
            proven &= _numpy(pc.match_substring_regex(texts.array, pattern))
        return Proof(proven)

    return prove


def _numpy(array: Any) -> Values:
    if array.null_count:
        array = array.fill_null(False if pa.types.is_boolean(array.type) else 0)
    return np.asarray(array.to_numpy(zero_copy_only=False))


def _two(cells: Values, place: int) -> Values:
    return np.asarray((cells[:, place] - ZERO) * np.uint8(10) + (cells[:, place + 1] - ZERO))


def _calendar(cells: Values) -> Mask:
    figures = cells[:, [0, 1, 2, 3, 5, 6, 8, 9]] - ZERO
    good = (figures <= 9).all(axis=1) & (cells[:, 4] == MINUS) & (cells[:, 7] == MINUS)
    year = figures[:, :4] @ np.array([1000, 100, 10, 1], np.int32)
    month, day = _two(cells, 5), _two(cells, 8)
    good &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= _DAYS[np.minimum(month, 12)])
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return np.asarray(good & ~((month == 2) & (day == 29) & ~leap))


def _days(cells: Values) -> Values:
    """Days since 1970 of YYYY-MM-DD, by the months counted from March."""
    figures = cells[:, [0, 1, 2, 3]].astype(np.int64) - ZERO
    year, month, day = (
        figures @ np.array([1000, 100, 10, 1]),
        _two(cells, 5).astype(np.int64),
        _two(cells, 8).astype(np.int64),
    )
    year = year - (month <= 2)
    past = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return np.asarray(year * 365 + year // 4 - year // 100 + year // 400 + past - 719_468)


def _seconds(cells: Values) -> Values:
    return np.asarray(
        _two(cells, 0).astype(np.int64) * 3600 + _two(cells, 3).astype(np.int64) * 60 + _two(cells, 6)
    )


def _clock(cells: Values) -> Mask:
    figures = cells[:, [0, 1, 3, 4, 6, 7]] - ZERO
    good = (figures <= 9).all(axis=1) & (cells[:, 2] == COLON) & (cells[:, 5] == COLON)
    return np.asarray(good & (_two(cells, 0) < 24) & (_two(cells, 3) < 60) & (_two(cells, 6) < 60))
