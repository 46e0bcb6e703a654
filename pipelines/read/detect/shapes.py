"""Which numbers and which days are written alike, so that the texts of a long column need not be looked at
one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.read.detect.alike import Codes, Shapes

Places = np.ndarray[Any, np.dtype[np.int64]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]
_GROUPED = r"^-?[1-9]\d{0,2}"
# By its marks: 0 whole, 1 "1.5", 2 "1,5", 3 "1.234,5", 4 "1,234.5", 5 "1.234.567", 6 "1,234,567".
_NUMBERS = (
    r"^-?\d+$",
    r"^-?\d+\.\d+$",
    r"^-?\d+,\d+$",
    _GROUPED + r"(?:\.\d{3})+,\d+$",
    _GROUPED + r"(?:,\d{3})+\.\d+$",
    _GROUPED + r"(?:\.\d{3}){2,}$",
    _GROUPED + r"(?:,\d{3}){2,}$",
)
_THOUSANDS = {1: _GROUPED + r"\.\d{3}$", 2: _GROUPED + r",\d{3}$"}
_WAY = re.compile(r'decimalChar: "(?P<decimal>.)"(?:, groupChar: "(?P<group>.)")?')
_ZEROS = r"[.,]0+$"
_DAY = (
    r"^(?P<a>\d{4}|\d{1,2})(?P<p>[/.\-])(?P<b>\d{1,2})(?P<q>[/.\-])(?P<c>\d{4}|\d{1,2})"
    r"(?:(?P<t>[T ])(?P<h>\d{1,2}):(?P<m>\d\d)(?::(?P<s>\d\d))?)?$"
)
_CANONICAL = r"^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d)?$"
_ZULU, _ZULU_CODE = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", 30_000
SEPARATORS = ["/", ".", "-"]
_ORDERS = {"%Y": ("a", "b", "c"), "%d": ("c", "b", "a"), "%m": ("c", "a", "b")}
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def shapes_of(kind: str) -> Shapes | None:
    """The shapes of a field's type; None where it has none."""
    if kind in ("number", "integer"):
        return NumberShapes(kind != "number")
    return DateShapes(kind) if kind in ("date", "datetime") else None


def matching(texts: pa.Array, places: Places, pattern: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Of the texts at these places whether they match; null does not."""
    some = texts if len(places) == len(texts) else texts.take(pa.array(places))
    found: np.ndarray[Any, np.dtype[np.bool_]] = (
        pc.match_substring_regex(some, pattern).fill_null(False).to_numpy(zero_copy_only=False)
    )
    return found


@dataclass(frozen=True)
class NumberShapes:
    """Numbers without signs of a unit; `whole` where decimals that are zero are left out."""

    whole: bool

    def classify(self, texts: pa.Array) -> Codes:
        codes = np.full(len(texts), -1, np.int16)
        left = np.arange(len(texts))
        for code, pattern in enumerate(_NUMBERS):
            found = matching(texts, left, pattern)
            these, left = left[found], left[~found]
            if not len(these):
                continue
            codes[these] = 4 * code
            if code in _THOUSANDS:
                codes[these[matching(texts, these, _THOUSANDS[code])]] += 2
            if self.whole and 1 <= code <= 4:
                codes[these[matching(texts, these, _ZEROS)]] += 1
        return codes

    def rewrite(self, texts: pa.Array, way: str) -> pa.Array:
        marks = _WAY.match(way)
        assert marks is not None, way
        if marks["group"]:
            texts = pc.replace_substring(texts, marks["group"], "")
        if marks["decimal"] != ".":
            texts = pc.replace_substring(texts, marks["decimal"], ".")
        return pc.replace_substring_regex(texts, r"\.0+$", "") if self.whole else texts


@dataclass(frozen=True)
class DateShapes:
    """Days of years with four digits, with or without hours, for a field of the type `kind`."""

    kind: str

    def classify(self, texts: pa.Array) -> Codes:
        parts = _Parts.of(texts)
        right = parts.valid("%Y") & parts.long["a"] & ~parts.long["c"]
        reverse = ~parts.long["a"] & parts.long["c"]
        day_first, month_first = reverse & parts.valid("%d"), reverse & parts.valid("%m")
        codes = np.full(len(texts), -1, np.int16)
        codes[right] = 0
        codes[day_first & ~month_first] = 1
        codes[month_first & ~day_first] = 2
        both = day_first & month_first
        codes[both] = np.where(parts.numbers["a"] == parts.numbers["b"], 4, 3)[both]
        known = codes >= 0
        canonical = matching(texts, np.arange(len(texts)), _CANONICAL)
        marks = (parts.sep * 3 + parts.clock) * 4 + parts.midnight * 2 + canonical
        codes[known] = codes[known] * 64 + marks[known]
        codes[matching(texts, np.arange(len(texts)), _ZULU)] = _ZULU_CODE
        return codes

    def rewrite(self, texts: pa.Array, way: str) -> pa.Array:
        parts = _Parts.of(texts)
        year, month, day = (parts.numbers[name] for name in _ORDERS[way.partition('"')[2][:2]])
        days = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)
        dates = days.astype("datetime64[D]") + (day - 1)
        if self.kind == "date":
            return pc.cast(pa.array(dates), pa.string())
        seconds = parts.numbers["h"] * 3600 + parts.numbers["m"] * 60 + parts.numbers["s"]
        moments = pa.array(dates.astype("datetime64[s]") + seconds)
        return pc.replace_substring(pc.cast(moments, pa.string()), " ", "T")


@dataclass(frozen=True)
class _Parts:
    """The numbers in texts of days (-1 where there is none, clocks 0), which of the outer ones have the four
    digits of a year, the sign between them by number, and how much there is of a clock: 0 nothing, 1 hours
    and minutes, 2 seconds as well."""

    numbers: dict[str, Numbers]
    long: dict[str, np.ndarray[Any, np.dtype[np.bool_]]]
    sep: Numbers
    clock: Numbers

    @classmethod
    def of(cls, texts: pa.Array) -> _Parts:
        """Those of canonical writing by the places of their digits, the others by an expression."""
        canonical = matching(texts, np.arange(len(texts)), _CANONICAL)
        sizes = pc.binary_length(texts).fill_null(0).to_numpy(zero_copy_only=False)
        groups = [np.flatnonzero(canonical & (sizes == size)) for size in (10, 19)]
        others = np.flatnonzero(~canonical)
        found = [cls.by_places(texts.take(pa.array(each))) for each in groups if len(each)]
        if len(others) or not found:
            found.append(cls.by_expression(texts.take(pa.array(others))))
        order = np.argsort(np.concatenate([*groups, others]), kind="stable")

        def join(parts: Iterable[Any]) -> Any:
            return np.concatenate(list(parts))[order]

        return cls(
            {name: join(each.numbers[name] for each in found) for name in "abchms"},
            {name: join(each.long[name] for each in found) for name in "ac"},
            join(each.sep for each in found),
            join(each.clock for each in found),
        )

    @classmethod
    def by_places(cls, texts: pa.Array) -> _Parts:
        """Of texts as 2024-01-31 or as 2024-01-31T10:00:00, all of them alike."""
        ends = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset :]
        written = np.frombuffer(texts.buffers()[2], np.uint8)[ends[0] : ends[len(texts)]]
        digits = written.reshape(len(texts), -1).astype(np.int64) - ord("0")
        two = {"b": 5, "c": 8, "h": 11, "m": 14, "s": 17}
        nothing = np.zeros(len(texts), np.int64)
        numbers = {
            name: digits[:, at] * 10 + digits[:, at + 1] if at < digits.shape[1] else nothing
            for name, at in two.items()
        }
        numbers["a"] = digits[:, :4] @ np.array([1000, 100, 10, 1])
        all_, none = np.ones(len(texts), np.bool_), np.zeros(len(texts), np.bool_)
        clock = nothing + (2 if digits.shape[1] > 10 else 0)
        return cls(numbers, {"a": all_, "c": none}, nothing + SEPARATORS.index("-"), clock)

    @classmethod
    def by_expression(cls, texts: pa.Array) -> _Parts:
        parts = pc.extract_regex(texts, _DAY)
        whole = pc.and_kleene(pc.is_valid(parts), pc.equal(_part(parts, "p"), _part(parts, "q")))
        whole = whole.fill_null(False).to_numpy(zero_copy_only=False)
        numbers = {name: np.where(whole, _number(parts, name), -1) for name in "abc"}
        numbers |= {name: np.maximum(_number(parts, name), 0) for name in "hms"}
        sep = pc.index_in(_part(parts, "p"), value_set=pa.array(SEPARATORS)).fill_null(0)
        clock = sum(
            (pc.not_equal(_part(parts, n), "").fill_null(False).to_numpy(zero_copy_only=False)).astype(
                np.int64
            )
            for n in "ms"
        )
        long = {
            name: pc.binary_length(_part(parts, name)).fill_null(0).to_numpy(zero_copy_only=False) == 4
            for name in "ac"
        }
        return cls(numbers, long, sep.to_numpy().astype(np.int64), clock)

    def valid(self, order: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Whether the numbers in this order are a day of a calendar, and the clock one of 24 hours."""
        year, month, day = (self.numbers[name] for name in _ORDERS[order])
        known = (year >= 1800) & (year <= 2200) & (month >= 1) & (month <= 12) & (day >= 1)
        month = np.where(known, month, 1)
        leap = (month == 2) & (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
        hours = (self.numbers["h"] < 24) & (self.numbers["m"] < 60) & (self.numbers["s"] < 60)
        found: np.ndarray[Any, np.dtype[np.bool_]] = known & hours & (day <= _MONTH_DAYS[month] + leap)
        return found

    @property
    def midnight(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        found: np.ndarray[Any, np.dtype[np.bool_]] = (
            self.numbers["h"] + self.numbers["m"] + self.numbers["s"] == 0
        )
        return found


def _part(parts: pa.StructArray, name: str) -> pa.Array:
    return pc.struct_field(parts, name)


def _number(parts: pa.StructArray, name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    text = _part(parts, name)
    digits = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    found: np.ndarray[Any, np.dtype[np.int64]] = pc.cast(digits, pa.int64()).fill_null(-1).to_numpy()
    return found
