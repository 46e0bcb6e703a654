"""Whether a table's key still means the same rows, or was numbered anew: found by measure, since nobody
announces it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive import published
from catalog.archive.changes.duck import open_duckdb

Codes = npt.NDArray[np.int64]
Sides = tuple[Codes, Codes]

MANY = 200_000
"""Rows from which on keys are traced by DuckDB, as long as nothing looks like a renumbering."""
AT_ONCE = 1_000_000
"""Rows that are compared together."""
LEAST_ROWS = 10  # below, chance speaks louder than a renumbering


@dataclass(frozen=True)
class MovedColumn:
    """A column whose values are still there, but under other keys. Shares of the rows that it compares: those
    whose key or value is on both sides. `kept`: the value is under its key; `found`: it is anywhere;
    `followed`: of the values that moved and can be traced one to one, the share that the rest of its row
    followed rather than stay with the key (None where there is no other column).
    """

    column: str | None
    rows: int
    kept: float
    found: float
    followed: float | None


@dataclass(frozen=True)
class Renumbering:
    """A key that was numbered anew. `keys`: how many are on both sides; `columns`: what shows it, the
    strongest first, where None stands for the whole row; `example`: a value of that column with its key
    before and after, as published text.
    """

    keys: int
    columns: tuple[MovedColumn, ...]
    example: Mapping[str, str]

    @property
    def kept(self) -> float:
        return self.columns[0].kept

    @property
    def found(self) -> float:
        return self.columns[0].found


def find_renumbering(previous: pa.Table, table: pa.Table, primary_key: Sequence[str]) -> Renumbering | None:
    """The measured renumbering of a declared key, or None: for rows that were sorted anew, added, removed or
    corrected, and without a key.

    A column shows it that nearly identifies its rows (values at least half distinct on both sides), whose
    values are widely there again (as many as 0.3 of the smaller table's), but far less under their keys
    (under half of those), and whose values took the rest of their row along in three quarters of the cases: a
    column that was merely filled anew from the same few values does not. Where no column identifies, the
    whole row is measured, and more strictly. New keys for all rows (1 … 99 → 1001 … 1099) are seen as well.
    """
    fields = [name for name in table.column_names if name in previous.column_names]
    smaller = min(previous.num_rows, table.num_rows)
    if not primary_key or not set(primary_key) <= set(fields) or smaller < LEAST_ROWS:
        return None
    beside = {name: published.comparable_columns(previous[name], table[name]) for name in fields}
    keys = [beside.pop(name) for name in primary_key]
    if _same_in_order(keys) and _mostly_under_their_keys(beside, np.arange(table.num_rows)):
        return None
    if smaller >= MANY and _mostly_under_their_keys(beside, _trace_keys(keys)):
        return None
    key = _together([_codes(*both) for both in keys])
    by_key = _traced(*key)
    if _mostly_under_their_keys(beside, by_key):
        return None
    others = {name: _codes(*both) for name, both in beside.items()}
    candidates = _identifying_columns(others, table)
    found = []
    for name, sides in candidates.items():
        moved = _measure(name, sides, key, by_key, others if name else {})
        if moved is not None:
            found.append(moved)
    if not found:
        return None
    found.sort(key=lambda moved: -moved.rows * (moved.found - moved.kept) * (moved.followed or 1))
    strongest = found[0].column
    example = _example(previous, table, primary_key, strongest, key, _traced(*candidates[strongest]))
    return Renumbering(int((by_key >= 0).sum()), tuple(found), example)


def _same_in_order(keys: Sequence[tuple[pa.ChunkedArray, pa.ChunkedArray]]) -> bool:
    """Whether the key is one whole number that grows from row to row, and is the same in both tables: the
    rows are then beside one another as they are."""
    (before, after), *more = keys
    if more or not pa.types.is_integer(before.type) or before.null_count or not before.equals(after):
        return False
    numbers = before.to_numpy()
    return bool((numbers[1:] > numbers[:-1]).all())


def _trace_keys(keys: Sequence[tuple[pa.ChunkedArray, pa.ChunkedArray]]) -> Codes:
    """As `_traced`, of whole keys."""
    names = [f"c{place}" for place in range(len(keys))]
    there = "c0 is not null" if len(keys) == 1 else "true"
    once = f"select {', '.join(names)}, min(r) as r from {{}} where {there} group by all having count(*) = 1"
    same = " and ".join(f"p.{name} is not distinct from n.{name}" for name in names)
    with open_duckdb() as duck:
        for side, columns in (("before", [each[0] for each in keys]), ("after", [each[1] for each in keys])):
            rows = pa.array(np.arange(len(columns[0]), dtype=np.int64))
            duck.register(side, pa.table([*columns, rows], names=[*names, "r"]))
        found = duck.sql(
            f"select p.r as i, n.r as j from ({once.format('before')}) p"
            f" join ({once.format('after')}) n on {same}"
        ).to_arrow_table()
    by_key = np.full(len(keys[0][0]), -1, np.int64)
    by_key[found["i"].to_numpy()] = found["j"].to_numpy()
    return by_key


def _mostly_under_their_keys(
    sides: Mapping[str, tuple[pa.ChunkedArray, pa.ChunkedArray]], by_key: Codes
) -> bool:
    """Whether in each column, and of the rows as a whole, half of what is there at least is under its key:
    then no column is worth a closer look, which is most of the work."""
    whole = by_key >= 0
    for before, after in sides.values():
        same, both_empty = _compare_traced(before, after, by_key)
        if np.count_nonzero(same) < 0.5 * (len(before) - before.null_count):
            return False
        whole &= same | both_empty
    return bool(np.count_nonzero(whole) >= 0.5 * len(by_key))


def _compare_traced(
    before: pa.ChunkedArray, after: pa.ChunkedArray, by_key: Codes
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Of each row before, whether the value of its row after is the same, and whether there is none in
    either."""
    same, empty = np.zeros(len(by_key), np.bool_), np.zeros(len(by_key), np.bool_)
    for start in range(0, len(by_key), AT_ONCE):
        codes = by_key[start : start + AT_ONCE]
        traced = codes[codes >= 0]
        first, last = (int(traced.min()), int(traced.max()) + 1) if len(traced) else (0, 0)
        there = after.slice(first, last - first)
        if not (len(traced) == len(codes) == len(there) and bool((np.diff(codes) == 1).all())):
            there = there.take(pa.array(codes - first, mask=codes < 0))
        here = before.slice(start, AT_ONCE)
        end = start + len(codes)
        same[start:end] = pc.fill_null(pc.equal(here, there), False).to_numpy()
        empty[start:end] = pc.and_(pc.is_null(here), pc.is_null(there)).to_numpy()
    return same, empty


def _identifying_columns(others: Mapping[str, Sides], table: pa.Table) -> Mapping[str | None, Sides]:
    """The columns beside the key that nearly identify a row; None, the whole row, where none of them does."""
    found: dict[str | None, Sides] = {
        name: sides for name, sides in others.items() if _distinct(sides) >= 0.5
    }
    if len(others) == 1:
        return {
            name: sides
            for name, sides in found.items()
            if not _numeric(table[name].type) and _distinct(sides) >= 0.9
        }
    if others and not found:
        row = _together(list(others.values()))
        return {None: row} if _distinct(row) >= 0.9 else {}
    return found


def _measure(
    column: str | None, sides: Sides, key: Sides, by_key: Codes, coded: Mapping[str, Sides]
) -> MovedColumn | None:
    """What a column shows; None where it does not show a renumbering."""
    before, after = sides
    filled = before >= 0
    under_key = filled & (by_key >= 0) & (before == after[by_key])
    # The last place is null's, whose code is -1.
    there_now = np.zeros(int(max(before.max(initial=-1), after.max(initial=-1))) + 2, bool)
    there_now[after] = True
    anywhere = filled & there_now[before]
    rows = int((filled & ((by_key >= 0) | anywhere)).sum())
    kept, there = int(under_key.sum()), int(anywhere.sum())
    others = [other for name, other in coded.items() if name != column]
    least = (0.3 if others else 0.5) * min(int(filled.sum()), int((after >= 0).sum()))
    if there < max(LEAST_ROWS, least) or kept >= 0.5 * there:
        return None
    followed = _share_that_followed(_traced(before, after), by_key, key, others) if others else None
    if followed is not None and followed < 0.75:
        return None
    return MovedColumn(column, rows, kept / rows, there / rows, followed)


def _share_that_followed(by_value: Codes, by_key: Codes, key: Sides, others: Sequence[Sides]) -> float:
    """The share of moved values whose new row is half like their old row, or more, and more than the row that
    has its key now; ties do not count. Where too few old keys are left to say so: the share whose new row is
    two thirds like the old one. 0 where those are few, too.
    """
    moved = np.flatnonzero((by_value >= 0) & (key[0] != key[1][by_value]))
    likeness, rivalled = _likeness(moved, by_value[moved], others), by_key[moved] >= 0
    rivals, alike = moved[rivalled], likeness[rivalled]
    rival = _likeness(rivals, by_key[rivals], others)
    decided = alike != rival
    followed = (alike > rival) & (alike >= 0.5)
    if int(decided.sum()) < LEAST_ROWS / 2:
        followed = likeness[~rivalled] >= 2 / 3
        decided = np.ones_like(followed)
    return int(followed.sum()) / int(decided.sum()) if followed.sum() >= LEAST_ROWS / 2 else 0.0


def _likeness(before: Codes, after: Codes, columns: Sequence[Sides]) -> npt.NDArray[np.float64]:
    """For pairs of rows, by position: the share of cells that are equal, among those that either row has."""
    equal, filled = np.zeros(len(before)), np.zeros(len(before))
    for old, new in columns:
        equal += (old[before] == new[after]) & (old[before] >= 0)
        filled += (old[before] >= 0) | (new[after] >= 0)
    return equal / np.maximum(filled, 1)


def _codes(before: pa.ChunkedArray, after: pa.ChunkedArray) -> Sides:
    """Two columns as numbers, equal where the values are equal; -1 for null."""
    both = pa.chunked_array([*before.chunks, *after.chunks], before.type).combine_chunks()
    indices = both.dictionary_encode().indices
    joined = pc.fill_null(indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return joined[: len(before)], joined[len(before) :]


def _together(columns: Sequence[Sides]) -> Sides:
    """Several columns as one."""
    size = len(columns[0][0])
    joined = np.concatenate(columns[0])
    for column in columns[1:]:
        following = np.concatenate(column)
        pairs = (joined + 1) * (following.max(initial=-1) + 2) + following + 1
        joined = np.unique(pairs, return_inverse=True)[1].astype(np.int64)
    return joined[:size], joined[size:]


def _traced(before: Codes, after: Codes) -> Codes:
    """For each row before, the position of the only row after with its code; -1 where there is none or either
    side has several."""
    size = int(max(before.max(initial=-1), after.max(initial=-1))) + 1
    place = np.full(size + 1, -1, np.int64)
    place[after] = np.arange(len(after))
    for side in (before, after):
        place[:size][np.bincount(side[side >= 0], minlength=size) > 1] = -1
    place[-1] = -1  # the place of null, whose code is -1
    return place[before]


def _distinct(sides: Sides) -> float:
    """The share of distinct values among those that are there, on the side where it is smaller."""
    shares = []
    for side in sides:
        filled = side[side >= 0]
        shares.append(np.count_nonzero(np.bincount(filled)) / len(filled) if len(filled) else 0.0)
    return min(shares)


def _numeric(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _example(
    previous: pa.Table,
    table: pa.Table,
    primary_key: Sequence[str],
    column: str | None,
    key: Sides,
    by_value: Codes,
) -> Mapping[str, str]:
    """The first value that can be traced to another key: `value`, `before`, `after`."""
    at = int(np.flatnonzero((by_value >= 0) & (key[0] != key[1][by_value]))[0])
    to = int(by_value[at])
    fields = [column] if column is not None else [n for n in previous.column_names if n not in primary_key]
    return {
        "value": _line(previous, fields, at),
        "before": _line(previous, primary_key, at),
        "after": _line(table, primary_key, to),
    }


def _line(table: pa.Table, fields: Sequence[str], at: int) -> str:
    return ", ".join(str(published.text(table[name].slice(at, 1))[0].as_py() or "") for name in fields)
