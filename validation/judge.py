"""Expectations whose whole meaning is a line of pandas, judged without Great Expectations, and exactly as it
judges them: importing it takes longer than checking a small file.

What is here are its own lines, on the same frame; a test compares counts, rows and values found with its
answers. Whatever is not surely so (another type, a key that is not known here, a value of another kind, an
error) is left to it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Kwargs = Mapping[str, Any]
Outcome = dict[str, Any]
"""``success``, and ``unexpected_count`` with ``unexpected_index_list``, or ``observed_value``."""


def judge(frame: pd.DataFrame, kind: str, kwargs: Kwargs) -> Outcome | None:
    """What Great Expectations would say of an expectation of this type; None where it is to be asked."""
    known = KINDS.get(kind)
    if known is None or not known.knows(frame, kwargs):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows = frame
            if condition := kwargs.get("row_condition"):
                rows = frame.query(condition, parser="pandas")
            return known.judge(rows, kwargs)
    except Exception:  # noqa: BLE001 - of what cannot be judged, Great Expectations says why in its own words
        return None


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_whole(value: Any) -> bool:
    return type(value) is int


def _is_bound(value: Any) -> bool:
    return value is None or _is_number(value) or (isinstance(value, datetime) and value.tzinfo is None)


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_plain(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) in (str, int, float, bool) for each in value)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(map(_is_text, value))


def _are_pairs(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, list) and len(each) == 2 for each in value)


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


# `@name` in a condition means a variable of whoever calls: theirs is another one.
CONDITION: dict[str, Callable[[Any], bool]] = {
    "row_condition": lambda value: _is_text(value) and "@" not in value,
    "condition_parser": lambda value: value == "pandas",
}
BOUNDS: dict[str, Callable[[Any], bool]] = {
    **CONDITION,
    "min_value": _is_bound,
    "max_value": _is_bound,
    "strict_min": _is_flag,
    "strict_max": _is_flag,
}


@dataclass(frozen=True)
class Kind:
    """A type of expectation: the keys that it must have and may have, each with what its value may be."""

    needs: Mapping[str, Callable[[Any], bool]]
    may: Mapping[str, Callable[[Any], bool]] = field(default_factory=dict)

    def knows(self, frame: pd.DataFrame, kwargs: Kwargs) -> bool:
        """Whether nothing is in ``kwargs`` but what is known here, and all columns are there."""
        keys = {**self.needs, **self.may}
        if not self.needs.keys() <= kwargs.keys() <= keys.keys():
            return False
        if not all(keys[key](value) for key, value in kwargs.items()):
            return False
        columns = [kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs]
        columns += kwargs.get("column_list", ())
        there = all(column in frame.columns for column in columns)
        conditional = ("row_condition" in kwargs) == ("condition_parser" in kwargs)
        return there and conditional and len(set(columns)) == len(columns)

    def judge(self, rows: pd.DataFrame, kwargs: Kwargs) -> Outcome | None:
        raise NotImplementedError


@dataclass(frozen=True)
class RowKind(Kind):
    """One that holds of a row or does not. ``holds`` gives a bool for each of the rows, without those that
    ``choose`` leaves out."""

    holds: Callable[[pd.DataFrame, Kwargs], Any] = lambda rows, kwargs: None
    choose: Callable[[pd.DataFrame, Kwargs], pd.DataFrame] = lambda rows, kwargs: rows

    def judge(self, rows: pd.DataFrame, kwargs: Kwargs) -> Outcome | None:
        chosen = self.choose(rows, kwargs)
        holds = self.holds(chosen, kwargs)
        if holds is None or holds.dtype != bool:
            return None
        unexpected = [int(number) for number in chosen.index[~holds]]
        share = (len(chosen) - len(unexpected)) / len(chosen) if len(chosen) else 1
        return {
            "success": share >= kwargs.get("mostly", 1),
            "unexpected_count": len(unexpected),
            "unexpected_index_list": unexpected,
        }


@dataclass(frozen=True)
class ValueKind(Kind):
    """One that is about a number that is found: within bounds, or equal to ``value``."""

    find: Callable[[pd.DataFrame, Kwargs], Any] = lambda rows, kwargs: None

    def judge(self, rows: pd.DataFrame, kwargs: Kwargs) -> Outcome | None:
        import pandas as pd

        found = self.find(rows, kwargs)
        if found is None or isinstance(found, datetime):
            return None
        if pd.isnull(found):
            return {"success": False, "observed_value": None}
        if "value" in kwargs:
            return {"success": bool(found == kwargs["value"]), "observed_value": found}
        if not _are_ordered(kwargs):
            return None
        return {"success": bool(_is_within(found, kwargs)), "observed_value": found}


def _are_ordered(kwargs: Kwargs, kind: Callable[[Any], bool] = _is_number) -> bool:
    """Whether there is a bound, all are of this kind, and the lower one is not above the other."""
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    bounds = [bound for bound in (low, high) if bound is not None]
    return bool(bounds) and all(kind(bound) for bound in bounds) and (len(bounds) == 1 or low <= high)  # type: ignore[operator]


def _is_within(values: Any, kwargs: Kwargs) -> Any:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    above = True if low is None else values > low if kwargs.get("strict_min") else values >= low
    below = True if high is None else values < high if kwargs.get("strict_max") else values <= high
    return above & below


def _present(rows: pd.DataFrame, kwargs: Kwargs) -> pd.DataFrame:
    return rows[rows[kwargs["column"]].notnull()]


def _between(rows: pd.DataFrame, kwargs: Kwargs) -> Any:
    column = rows[kwargs["column"]]
    if column.dtype.kind == "M":
        ordered = _are_ordered(kwargs, lambda bound: isinstance(bound, datetime))
    else:
        ordered = column.dtype.kind in "if" and _are_ordered(kwargs)
    return _is_within(column, kwargs) if ordered else None


def _in_set(rows: pd.DataFrame, kwargs: Kwargs) -> Any:
    column = rows[kwargs["column"]]
    return None if column.dtype.kind == "M" else column.isin(kwargs["value_set"])


def _not_in_set(rows: pd.DataFrame, kwargs: Kwargs) -> Any:
    among = _in_set(rows, kwargs)
    return None if among is None else ~among


def _matches(rows: pd.DataFrame, kwargs: Kwargs) -> Any:
    found = rows[kwargs["column"]].astype(str).str.contains(kwargs["regex"])
    return found.astype(bool) if found.dtype == "boolean" else found


def _lengths_between(rows: pd.DataFrame, kwargs: Kwargs) -> Any:
    lengths = rows[kwargs["column"]].astype(str).str.len()
    return _is_within(lengths, kwargs) if _are_ordered(kwargs, _is_whole) else None


def _greater(rows: pd.DataFrame, kwargs: Kwargs) -> Any:
    a, b = rows[kwargs["column_A"]], rows[kwargs["column_B"]]
    return a >= b if kwargs.get("or_equal") else a > b


def _pair_in_set(rows: pd.DataFrame, kwargs: Kwargs) -> Any:
    import pandas as pd

    allowed = {(a, b) for a, b in kwargs["value_pairs_set"]}
    pairs = pd.DataFrame({"A": rows[kwargs["column_A"]], "B": rows[kwargs["column_B"]]})
    listed = [
        tuple(None if pd.isnull(value) else value for value in (row["A"], row["B"])) in allowed
        for _number, row in pairs.iterrows()
    ]
    return pd.Series(listed, index=rows.index, dtype=bool)


def _pairs_present(rows: pd.DataFrame, kwargs: Kwargs) -> pd.DataFrame:
    how = PAIRS_LEFT_OUT[kwargs.get("ignore_row_if", "both_values_are_missing")]
    return rows.dropna(how=how, subset=[kwargs["column_A"], kwargs["column_B"]]) if how else rows


def _lists_present(rows: pd.DataFrame, kwargs: Kwargs) -> pd.DataFrame:
    how = ROWS_LEFT_OUT[kwargs.get("ignore_row_if", "all_values_are_missing")]
    return rows.dropna(how=how, subset=kwargs["column_list"]) if how else rows


def _numbers(rows: pd.DataFrame, kwargs: Kwargs) -> Any:
    """The numbers of a column; None where it has others."""
    column = _present(rows, kwargs)[kwargs["column"]]
    return column if column.dtype.kind in "if" else None


def _aggregate(name: str) -> Callable[[pd.DataFrame, Kwargs], Any]:
    def find(rows: pd.DataFrame, kwargs: Kwargs) -> Any:
        numbers = _numbers(rows, kwargs)
        return None if numbers is None else getattr(numbers, name)()

    return find


PAIRS_LEFT_OUT: dict[str, Any] = {
    "both_values_are_missing": "all",
    "either_value_is_missing": "any",
    "neither": None,
}
ROWS_LEFT_OUT: dict[str, Any] = {
    "all_values_are_missing": "all",
    "any_value_is_missing": "any",
    "never": None,
}
COLUMN = {"column": _is_text}
MOSTLY = {**CONDITION, "mostly": _is_share}
PAIR = {"column_A": _is_text, "column_B": _is_text}
PAIR_MAY = {**MOSTLY, "ignore_row_if": lambda value: value in PAIRS_LEFT_OUT}
LIST_MAY = {**MOSTLY, "ignore_row_if": lambda value: value in ROWS_LEFT_OUT}
REGEX = {**COLUMN, "regex": _is_text}
VALUES = {**COLUMN, "value_set": _is_plain}

KINDS: dict[str, Kind] = {
    "expect_column_values_to_not_be_null": RowKind(
        COLUMN, MOSTLY, lambda rows, kwargs: rows[kwargs["column"]].notnull()
    ),
    "expect_column_values_to_be_null": RowKind(
        COLUMN, MOSTLY, lambda rows, kwargs: rows[kwargs["column"]].isnull()
    ),
    "expect_column_values_to_be_unique": RowKind(
        COLUMN, MOSTLY, lambda rows, kwargs: ~rows[kwargs["column"]].duplicated(keep=False), _present
    ),
    "expect_column_values_to_be_between": RowKind(COLUMN, {**MOSTLY, **BOUNDS}, _between, _present),
    "expect_column_values_to_be_in_set": RowKind(VALUES, MOSTLY, _in_set, _present),
    "expect_column_values_to_not_be_in_set": RowKind(VALUES, MOSTLY, _not_in_set, _present),
    "expect_column_values_to_match_regex": RowKind(REGEX, MOSTLY, _matches, _present),
    "expect_column_values_to_not_match_regex": RowKind(
        REGEX, MOSTLY, lambda rows, kwargs: ~_matches(rows, kwargs), _present
    ),
    "expect_column_value_lengths_to_be_between": RowKind(
        COLUMN, {**MOSTLY, **BOUNDS}, _lengths_between, _present
    ),
    "expect_column_pair_values_a_to_be_greater_than_b": RowKind(
        PAIR, {**PAIR_MAY, "or_equal": _is_flag}, _greater, _pairs_present
    ),
    "expect_column_pair_values_to_be_equal": RowKind(
        PAIR,
        PAIR_MAY,
        lambda rows, kwargs: rows[kwargs["column_A"]] == rows[kwargs["column_B"]],
        _pairs_present,
    ),
    "expect_column_pair_values_to_be_in_set": RowKind(
        {**PAIR, "value_pairs_set": _are_pairs},
        {key: check for key, check in PAIR_MAY.items() if key not in CONDITION},  # it would not heed one
        _pair_in_set,
        _pairs_present,
    ),
    "expect_compound_columns_to_be_unique": RowKind(
        {"column_list": _are_names},
        LIST_MAY,
        lambda rows, kwargs: ~rows[kwargs["column_list"]].duplicated(keep=False),
        _lists_present,
    ),
    "expect_table_row_count_to_equal": ValueKind(
        {"value": _is_whole}, CONDITION, lambda rows, kwargs: len(rows)
    ),
    "expect_table_row_count_to_be_between": ValueKind(
        {},
        {**BOUNDS, "min_value": _is_whole, "max_value": _is_whole},
        lambda rows, kwargs: len(rows),
    ),
    "expect_column_sum_to_be_between": ValueKind(COLUMN, BOUNDS, _aggregate("sum")),
    "expect_column_min_to_be_between": ValueKind(COLUMN, BOUNDS, _aggregate("min")),
    "expect_column_max_to_be_between": ValueKind(COLUMN, BOUNDS, _aggregate("max")),
    "expect_column_mean_to_be_between": ValueKind(COLUMN, BOUNDS, _aggregate("mean")),
}
