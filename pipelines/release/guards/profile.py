"""What is remembered of an extract so that the next ones can be compared with it: counts, shares, quantiles
and ways of writing, no rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# In this order, in RE2's words; a text belongs to the first that it fits.
WAYS = {
    "date": (
        r"^\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
        r"(?:[ T]\d{1,2}:\d{2}.*)?\s*$"
    ),
    "serial": r"^\s*[345]\d{4}(?:[.,]\d+)?\s*$",  # Excel's days: 30000 is 1982-02-18, 59999 is 2064-04-07
    "integer": r"^\s*-?\d+\s*$",
    "number": r"^\s*[-+$]?\s*\d[\d.,\s]*%?\s*$",
    "web": r"^\s*(?:https?://|www\.)",
    "words": r"\pL",
}


AT_ONCE = 262_144
"""Rows that are looked at together."""
SAMPLE = 20_000
"""Rows, drawn from a fixed seed, from which quantiles and ways of writing are read; counts are of all rows.
"""
CATEGORIES = 50
"""A text with no more different values, each on ten rows on average, is a category."""
MONTHS = 600
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class ColumnProfile:
    """A column: `kind` is its Arrow type, `nulls` counts. `categories` has rows by value; `quantiles` of
    numbers are those at 5, 25, 50, 75 and 95 %; `writing` the share of each way of writing among the texts,
    `length` their median; of dates, `newest` is the last that is not after the extract's day, `ahead` the
    share of later ones, `months` rows by month ("2024-08")."""

    kind: str
    nulls: int
    categories: Mapping[str, int] | None = None
    quantiles: tuple[float, ...] | None = None
    writing: Mapping[str, float] | None = None
    length: float | None = None
    newest: str | None = None
    ahead: float | None = None
    months: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Profile:
    """The rows that were delivered, column by column; `total` counts the whole table, retained rows too, and
    `removed` the rows of the release before that are gone; `day` is the extract's. `remarks` counts warnings
    and repairs by their kind and field."""

    rows: int
    total: int
    removed: int = 0
    day: str | None = None
    columns: Mapping[str, ColumnProfile] = field(default_factory=dict)
    remarks: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        columns = {
            name: {key: value for key, value in asdict(column).items() if value is not None}
            for name, column in self.columns.items()
        }
        return {
            "rows": self.rows,
            "total": self.total,
            "removed": self.removed,
            "day": self.day,
            "columns": columns,
            "remarks": dict(self.remarks),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Profile:
        columns = {name: ColumnProfile(**{**each, **_tuple(each)}) for name, each in plain["columns"].items()}
        return cls(plain["rows"], plain["total"], plain["removed"], plain["day"], columns, plain["remarks"])


def _tuple(column: Mapping[str, Any]) -> dict[str, Any]:
    return {"quantiles": tuple(column["quantiles"])} if "quantiles" in column else {}


def profile_table(
    delivered: pa.Table,
    day: date | None,
    *,
    total: int | None = None,
    removed: int = 0,
    remarks: Mapping[str, int] | None = None,
) -> Profile:
    """The profile of the typed rows of an extract that was read on `day`; the rest as in Profile, `total`
    being its rows alone."""
    if delivered.num_rows > SAMPLE:
        drawn = np.sort(np.random.default_rng(7).choice(delivered.num_rows, SAMPLE, replace=False))
        sample = delivered.take(pa.array(drawn))
    else:
        sample = delivered
    columns = {name: _column(delivered[name], sample[name], day) for name in delivered.column_names}
    whole = delivered.num_rows if total is None else total
    return Profile(
        delivered.num_rows,
        whole,
        removed,
        day.isoformat() if day else None,
        columns,
        dict(sorted((remarks or {}).items())),
    )


def _column(cells: pa.ChunkedArray, sample: pa.ChunkedArray, day: date | None) -> ColumnProfile:
    kind, nulls = str(cells.type), cells.null_count
    if nulls == len(cells):
        return ColumnProfile(kind, nulls)
    if pa.types.is_boolean(cells.type):
        return ColumnProfile(kind, nulls, categories=_counts(cells))
    if pa.types.is_date(cells.type) or pa.types.is_timestamp(cells.type):
        return ColumnProfile(kind, nulls, **_dates(cells, day))
    if pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type) or pa.types.is_decimal(cells.type):
        return ColumnProfile(kind, nulls, quantiles=_quantiles(sample))
    if not pa.types.is_string(cells.type):
        return ColumnProfile(kind, nulls)
    few = pc.count_distinct(sample).as_py()
    categories = _counts(cells) if few <= CATEGORIES and few * 10 <= len(sample) - sample.null_count else None
    if categories is not None and len(categories) > CATEGORIES:
        categories = None
    texts = sample.drop_null()
    length = pc.quantile(pc.utf8_length(texts), 0.5)[0].as_py() if len(texts) else None
    return ColumnProfile(kind, nulls, categories=categories, writing=writing_shares(texts), length=length)


def writing_shares(texts: pa.ChunkedArray) -> dict[str, float] | None:
    """The share of each way of writing among texts without nulls; None where there are none."""
    if not len(texts):
        return None
    encoded = texts.combine_chunks().dictionary_encode()
    counts = {each["values"]: each["counts"] for each in pc.value_counts(encoded.indices).to_pylist()}
    weights = pa.array([counts.get(place, 0) for place in range(len(encoded.dictionary))], pa.int64())
    left, shares = encoded.dictionary, {}
    for name, pattern in WAYS.items():
        fits = pc.match_substring_regex(left, pattern)
        shares[name] = (pc.sum(weights.filter(fits)).as_py() or 0) / len(texts)
        other = pc.invert(fits)
        left, weights = left.filter(other), weights.filter(other)
    shares["other"] = (pc.sum(weights).as_py() or 0) / len(texts)
    return {name: float(f"{share:.6g}") for name, share in shares.items() if share}


def _counts(cells: pa.ChunkedArray) -> dict[str, int]:
    counted = Counter[str]()
    for start in range(0, len(cells), AT_ONCE):
        part = cells.slice(start, AT_ONCE).drop_null()
        counted.update(_count_values(pc.cast(part, pa.string())))
    return dict(sorted(counted.items()))


def _quantiles(cells: pa.ChunkedArray) -> tuple[float, ...] | None:
    numbers = pc.cast(cells, pa.float64(), safe=False).drop_null()
    numbers = numbers.filter(pc.is_finite(numbers))
    if not len(numbers):
        return None
    return tuple(_short(number) for number in pc.quantile(numbers, list(QUANTILES)).to_pylist())


def _dates(cells: pa.ChunkedArray, day: date | None) -> dict[str, Any]:
    counted = Counter[int]()  # days since 1970
    for start in range(0, len(cells), AT_ONCE):
        days = pc.cast(cells.slice(start, AT_ONCE).drop_null(), pa.date32(), safe=False)
        counted.update(_count_values(pc.cast(days, pa.int32())))
    last = (day - date(1970, 1, 1)).days if day else max(counted)
    known = [each for each in counted if each <= last]
    months = Counter[str]()
    numbers = np.array(list(counted), "datetime64[D]").astype("datetime64[M]").astype(np.int64)
    for month, n in zip(numbers.tolist(), counted.values(), strict=True):
        months[f"{1970 + month // 12:04}-{month % 12 + 1:02}"] += n
    return {
        "newest": (date(1970, 1, 1) + timedelta(max(known))).isoformat() if known else None,
        "ahead": _short(1 - sum(counted[each] for each in known) / counted.total()) if day else None,
        "months": dict(sorted(months.items())) if len(months) <= MONTHS else None,
    }


def _count_values(cells: pa.ChunkedArray) -> dict[Any, int]:
    return {each["values"]: each["counts"] for each in pc.value_counts(cells).to_pylist()}


def _short(number: float) -> float:
    """Six figures are enough to compare, and the same on every machine."""
    return float(f"{number:.6g}")
