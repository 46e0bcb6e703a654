"""Which rows share a key? Keys are numbers of 64 bits; rows that share one by chance are looked at once more, and nothing is lost."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from validation.proof import Texts, Values

Numbers = np.ndarray[Any, Any]
_M = 0x9E3779B97F4A7C15
PARTS = 64
HELD = 1 << 23


@dataclass
class Seen:
    """The keys of a column, or of some together, over all blocks so far; more than eight million at a time go to a file on disk.

    `held` has, for each block, its rows' numbers and keys. Where keys grow from row to row, as serial numbers do, nothing need be
    compared, and `rising` says so.
    """

    held: list[tuple[Numbers, Numbers]] = field(default_factory=list)
    rising: bool = True
    last: int | None = None
    count: int = 0
    spilled: Any = None

    def add(self, rows: Numbers, keys: Numbers) -> None:
        if not len(keys):
            return
        signed = keys.view(np.int64)
        self.rising = self.rising and (self.last is None or int(signed[0]) > self.last) and bool((signed[1:] > signed[:-1]).all())
        self.last = int(signed[-1])
        self.held.append((rows.astype(np.int64), keys))
        self.count += len(keys)
        if self.count >= HELD:
            self._spill()

    def _spill(self) -> None:
        self.spilled = self.spilled or tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as this is
        self.spilled.seek(0, 2)
        rows, keys = (np.concatenate(parts) for parts in zip(*self.held, strict=True))
        np.column_stack([rows.view(np.uint64), keys]).tofile(self.spilled)
        self.held, self.count = [], 0

    def shared(self) -> Numbers:
        """The numbers of all rows whose key another row has too, ascending."""
        if self.rising:
            return np.zeros(0, np.int64)
        if self.spilled is None:
            return _shared(self.held)
        if self.held:
            self._spill()
        found = [_shared(self._part(part)) for part in range(PARTS)]
        return np.sort(np.concatenate(found))

    def _part(self, part: int) -> list[tuple[Numbers, Numbers]]:
        """The spilled rows whose keys fall into one of the parts: equal keys are always in the same."""
        self.spilled.seek(0)
        kept = []
        while len(pairs := np.fromfile(self.spilled, np.uint64, 1 << 21)):
            rows, keys = pairs.reshape(-1, 2).T
            mine = (keys * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(58) == part
            kept.append((rows[mine].view(np.int64), keys[mine]))
        return kept


def _shared(held: list[tuple[Numbers, Numbers]]) -> Numbers:
    if not held:
        return np.zeros(0, np.int64)
    keys = np.sort(np.concatenate([keys for _rows, keys in held]))
    twice = np.unique(keys[1:][keys[1:] == keys[:-1]])
    if not len(twice):
        return np.zeros(0, np.int64)
    return np.sort(np.concatenate([rows[np.isin(keys, twice)] for rows, keys in held]))


def together(columns: list[tuple[Numbers, Numbers]]) -> tuple[Numbers, Numbers]:
    """One key for the keys of several columns, and the rows that have one: all but those where every part is void."""
    keys = np.zeros(len(columns[0][0]), np.uint64)
    some = np.zeros(len(keys), np.bool_)
    for part, void in columns:
        keys = (keys ^ np.where(void, np.uint64(0x5851F42D4C957F2D), part)) * np.uint64(0xD6E8FEB86659FD93)
        keys ^= keys >> np.uint64(32)
        some |= ~void
    return keys, some


def text_keys(texts: Texts) -> Values:
    """A number for each text: the sum of (byte + 1) * M**place over 64 bits. The same text has the same number, in every block."""
    lengths, starts = texts.lengths, texts.offsets[:-1] - texts.start
    longest = int(lengths.max(initial=0))
    keys = np.zeros(len(lengths), np.uint64)
    if longest <= 32:
        power = 1
        for place in range(longest):
            rows = slice(None) if (lengths > place).all() else np.flatnonzero(lengths > place)
            keys[rows] += (texts.bytes[starts[rows] + place].astype(np.uint64) + np.uint64(1)) * np.uint64(power)
            power = power * _M % (1 << 64)
    else:  # by running sums, in which place p of the block carries M**p
        size = len(texts.bytes)
        sums = np.zeros(size + 1, np.uint64)
        np.cumsum((texts.bytes.astype(np.uint64) + np.uint64(1)) * _powers(_M, size), out=sums[1:])
        keys = (sums[texts.offsets[1:] - texts.start] - sums[starts]) * _powers(pow(_M, -1, 1 << 64), size + 1)[starts]
    return keys ^ (keys >> np.uint64(29))


def _powers(base: int, size: int) -> Values:
    return np.cumprod(np.concatenate([np.ones(1, np.uint64), np.full(max(size - 1, 0), base, np.uint64)]))[:size]
