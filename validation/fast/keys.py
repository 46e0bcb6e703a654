"""Which rows share a key? Keys are numbers of 64 bits; rows that share one by chance are looked at once more,
and nothing is lost."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from validation.fast.proof import Texts, Values

MULTIPLIER = 0x9E3779B97F4A7C15
PARTS = 64
KEYS_IN_MEMORY = 1 << 21


@dataclass
class KeysSeen:
    """The keys of a column, or of some together, over all blocks so far; beyond two million they go to files
    on disk.

    `pending` has the rows' numbers and keys of each block in memory, and the keys in order. Where keys grow
    from row to row, as serial numbers do, nothing need be compared, and `rising` says so. `files` have keys
    that begin alike, so that equal keys are in one file.
    """

    pending: list[tuple[Values, Values, Values]] = field(default_factory=list)
    rising: bool = True
    last: int | None = None
    count: int = 0
    files: list[IO[bytes]] = field(default_factory=list)

    def add(self, rows: Values, keys: Values) -> None:
        if not len(keys):
            return
        signed = keys.view(np.int64)
        rising = bool((signed[1:] > signed[:-1]).all())
        self.rising = self.rising and rising and (self.last is None or int(signed[0]) > self.last)
        self.last = int(signed[-1])
        # in order here, while others check the next blocks: at the end all wait for it
        self.pending.append((rows.astype(np.int64), keys, keys if rising else np.sort(keys)))
        self.count += len(keys)
        if self.count >= KEYS_IN_MEMORY:
            self._spill()

    def shared_rows(self) -> Values:
        """The numbers of all rows whose key another row has too, ascending."""
        if self.rising:
            return np.zeros(0, np.int64)
        if not self.files:
            return _shared_rows(self.pending)
        self._spill()
        return np.sort(np.concatenate([_shared_rows([_read_pairs(file)]) for file in self.files]))

    def close(self) -> None:
        for file in self.files:
            file.close()

    def _spill(self) -> None:
        if not self.pending:
            return
        self.files = self.files or [tempfile.TemporaryFile() for _part in range(PARTS)]  # noqa: SIM115 - closed by close()
        rows, keys, _ordered = (np.concatenate(parts) for parts in zip(*self.pending, strict=True))
        self.pending, self.count = [], 0
        parts = ((keys * np.uint64(MULTIPLIER)) >> np.uint64(58)).astype(np.uint8)
        order = np.argsort(parts, kind="stable")
        pairs = np.column_stack([rows.view(np.uint64)[order], keys[order]])
        bounds = np.searchsorted(parts[order], np.arange(1, PARTS))
        for file, part in zip(self.files, np.split(pairs, bounds), strict=True):
            file.seek(0, 2)
            file.write(part.tobytes())


@dataclass(frozen=True)
class Repeats:
    """Rows whose key others have, too, in order, and of each the first row that has it."""

    rows: Values
    firsts: Values

    @property
    def later(self) -> Values:
        """The rows that repeat the key of one before."""
        found: Values = self.rows[self.rows != self.firsts]
        return found

    def firsts_of(self, some: Values) -> Values:
        """The first rows with the keys of some rows."""
        found: Values = self.firsts[np.isin(self.rows, some)]
        return found


def find_repeats(rows: Values, columns: Sequence[pa.ChunkedArray[Any]]) -> Repeats:
    """Which of the rows, whose typed keys these are, have the same key: by the values themselves, since keys
    of 64 bits may agree by chance."""
    codes = np.zeros(len(rows), np.int64)
    for column in columns:
        encoded = column.combine_chunks().dictionary_encode()
        places = pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(zero_copy_only=False)
        codes = np.unique(codes * (len(encoded.dictionary) + 1) + places, return_inverse=True)[1]
    _codes, first, of = np.unique(codes, return_index=True, return_inverse=True)
    return Repeats(rows, rows[first[of]])


def _read_pairs(file: IO[bytes]) -> tuple[Values, Values, Values]:
    file.seek(0)
    rows, keys = np.frombuffer(file.read(), np.uint64).reshape(-1, 2).T
    return rows.copy().view(np.int64), keys.copy(), np.sort(keys)


def _shared_rows(pending: list[tuple[Values, Values, Values]]) -> Values:
    if not pending:
        return np.zeros(0, np.int64)
    # the stable sort merges what is in order already
    keys = np.sort(np.concatenate([ordered for _rows, _keys, ordered in pending]), kind="stable")
    twice = np.unique(keys[1:][keys[1:] == keys[:-1]])
    if not len(twice):
        return np.zeros(0, np.int64)
    return np.sort(np.concatenate([rows[np.isin(keys, twice)] for rows, keys, _ordered in pending]))


def combine_keys(columns: list[tuple[Values, Values]]) -> tuple[Values, Values]:
    """One key for the keys of several columns, and the rows that have one: all but those where every part is
    void."""
    keys = np.zeros(len(columns[0][0]), np.uint64)
    some = np.zeros(len(keys), np.bool_)
    for part, void in columns:
        keys = (keys ^ np.where(void, np.uint64(0x5851F42D4C957F2D), part)) * np.uint64(0xD6E8FEB86659FD93)
        keys ^= keys >> np.uint64(32)
        some |= ~void
    return keys, some


def text_keys(texts: Texts) -> Values:
    """A number for each text: the sum of (byte + 1) * M**place over 64 bits. The same text has the same
    number, in every block."""
    lengths, starts = texts.lengths, texts.offsets[:-1] - texts.start
    longest = int(lengths.max(initial=0))
    keys = np.zeros(len(lengths), np.uint64)
    if longest <= 32:
        power = 1
        if len(keys) and (alike := lengths == lengths[0]).mean() > 0.5:
            if not alike.all():
                keys[alike] = text_keys(Texts(texts.array.filter(pa.array(alike))))
                keys[~alike] = text_keys(Texts(texts.array.filter(pa.array(~alike))))
                return keys
            for column in texts.bytes.reshape(len(keys), longest).T:
                keys += (column.astype(np.uint64) + np.uint64(1)) * np.uint64(power)
                power = power * MULTIPLIER % (1 << 64)
            return keys ^ (keys >> np.uint64(29))
        for place in range(longest):
            rows = slice(None) if (lengths > place).all() else np.flatnonzero(lengths > place)
            keys[rows] += (texts.bytes[starts[rows] + place].astype(np.uint64) + np.uint64(1)) * np.uint64(
                power
            )
            power = power * MULTIPLIER % (1 << 64)
    else:  # by running sums, in which place p of the block carries M**p
        size = len(texts.bytes)
        sums = np.zeros(size + 1, np.uint64)
        np.cumsum((texts.bytes.astype(np.uint64) + np.uint64(1)) * _powers(MULTIPLIER, size), out=sums[1:])
        keys = (sums[texts.offsets[1:] - texts.start] - sums[starts]) * _powers(
            pow(MULTIPLIER, -1, 1 << 64), size + 1
        )[starts]
    return keys ^ (keys >> np.uint64(29))


def _powers(base: int, size: int) -> Values:
    return np.cumprod(np.concatenate([np.ones(1, np.uint64), np.full(max(size - 1, 0), base, np.uint64)]))[
        :size
    ]
