"""Which rows of two files are the same, by their key or by what else they say: as numbers that are equal
where the rows are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from validation.fast.proof import Values
from validation.table import Table, schema

NOWHERE = -1
"""The number of a row that nobody knows."""


@dataclass(frozen=True)
class FileRows:
    """Some rows of a file: their numbers, in order, and their cells by label; what is not there is empty."""

    numbers: Values
    cells: dict[str, pa.Array]

    def find(self, numbers: Values) -> Values:
        """The places of the rows with these numbers, the last one of each; -1 where there is none."""
        if not len(self.numbers):
            return np.full(len(numbers), -1)
        at = np.searchsorted(self.numbers, numbers, side="right") - 1
        return np.where((at >= 0) & (self.numbers[at] == numbers), at, -1)


def take_rows(table: Table | None, numbers: Values) -> FileRows:
    """The rows of a table with these numbers."""
    if table is None:
        return FileRows(np.zeros(0, np.int64), {})
    wanted = pa.array(numbers, pa.int64())
    found = [batch.filter(pc.is_in(batch.column(0), value_set=wanted)) for batch in table.batches()]
    rows = pa.Table.from_batches(found, schema(len(table.labels)))
    texts = (pc.fill_null(column, "").combine_chunks() for column in rows.columns[1:-1])
    return FileRows(rows.column(0).to_numpy(), dict(zip(table.labels, texts, strict=True)))


class RowNames:
    """What tells a row in which something is wrong from others: its key, or, where that is what is wrong, or
    a part of it is empty, what else it says. Of two files: what one has no column for says nothing."""

    def __init__(self, old: FileRows, new: FileRows, key: Collection[str]) -> None:
        self.files = old, new
        self.labels = [label for label in new.cells if label in old.cells]
        self.key = [label for label in self.labels if label in key]
        self.codes: dict[str, tuple[Values, Values]] = {}

    def count_same(self, field: str | None, old: Values, new: Values) -> int:
        """How many of the rows with something wrong in `field` are the same in both files: by their names,
        and of the others by their numbers."""
        old_names, new_names = self._name(field, old, new)
        rest = old[_are_beyond(old_names, new_names, last=True)], new[_are_beyond(new_names, old_names)]
        by_number = np.count_nonzero(~_are_beyond(rest[1], rest[0]))
        return len(new) - len(rest[1]) + int(by_number)

    def _name(self, field: str | None, old: Values, new: Values) -> tuple[Values, Values]:
        """A row that its file does not have is called by its number."""
        mine = set((field or "").split(", "))
        places = [file.find(rows) for file, rows in zip(self.files, (old, new), strict=True)]
        start = len(self.files[0].numbers)
        at = np.concatenate([places[0], np.where(places[1] < 0, -1, places[1] + start)])
        there = at >= 0
        names = 3 * np.concatenate([old, new]) + 2
        keyed = there & bool(self.key) & mine.isdisjoint(self.key)
        for label in self.key:
            keyed[there] &= self._codes_of(label)[1][at[there]]
        others = [label for label in self.labels if label not in mine]
        for number, (rows, labels) in enumerate(((keyed, self.key), (there & ~keyed, others))):
            names[rows] = (
                3 * _combine([self._codes_of(label)[0][at[rows]] for label in labels], rows) + number
            )
        return names[: len(old)], names[len(old) :]

    def _codes_of(self, label: str) -> tuple[Values, Values]:
        """Of the rows of both files: a number for each text in a column, and whether there is one."""
        if label not in self.codes:
            texts = pa.concat_arrays([file.cells[label] for file in self.files])
            codes = texts.dictionary_encode().indices.to_numpy(zero_copy_only=False)
            some = pc.not_equal(texts, "").to_numpy(zero_copy_only=False)
            self.codes[label] = codes.astype(np.int64), some
        return self.codes[label]


def _combine(columns: Sequence[Values], rows: Values) -> Values:
    """A number for each row that is equal where all its numbers are."""
    names = np.zeros(np.count_nonzero(rows), np.int64)
    for codes in columns:
        if len(codes):
            names = np.unique(names * (codes.max() + 1) + codes, return_inverse=True)[1]
    return names


def _are_beyond(some: Values, others: Values, *, last: bool = False) -> Values:
    """Which of some, in their order, have no like among the others, where each has one at most: the later
    ones of those that are alike, or where it is the others that choose, the earlier ones."""
    known, counts = np.unique(others, return_counts=True)
    order = np.argsort(some, kind="stable")
    ranked = some[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]])) if len(some) else order
    sizes = np.diff(np.append(starts, len(some)))
    rank = np.arange(len(some)) - np.repeat(starts, sizes)
    at = np.searchsorted(known, ranked)
    at = np.minimum(at, max(len(known) - 1, 0))
    have = np.where(known[at] == ranked, counts[at], 0) if len(known) else np.zeros(len(some), np.int64)
    beyond = np.empty(len(some), np.bool_)
    beyond[order] = rank < np.repeat(sizes, sizes) - have if last else rank >= have
    return beyond
