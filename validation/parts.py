"""A file in parts that begin and end with a row: where they are, and what there is to find in each. Parts know nothing of one another."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from pathlib import Path

import numpy as np

from validation.blocks import LF, QUOTE, Source
from validation.rows import Findings, examine
from validation.rules import Rules

STRETCH = 1 << 25


@dataclass(frozen=True)
class Part:
    """Where a part begins and ends in the file, and the number of its first row."""

    start: int
    end: int
    row: int


@dataclass(frozen=True)
class Survey:
    """Of some bytes: whether their quotes are odd in number, and both for bytes that begin outside of a quoted cell and for those that
    begin inside: how many rows end there, and where the first one does (None where none does). Surveys add up."""

    odd: bool
    ends: tuple[int, int]
    first: tuple[int | None, int | None]

    def plus(self, later: Survey) -> Survey:
        first = [mine if mine is not None else later.first[inside ^ self.odd] for inside, mine in enumerate(self.first)]
        ends = [mine + later.ends[inside ^ self.odd] for inside, mine in enumerate(self.ends)]
        return Survey(self.odd ^ later.odd, (ends[0], ends[1]), (first[0], first[1]))


class Unseen(Exception):
    """Whoever was to read a file does not see it, or sees another one."""


def survey(path: str, start: int, end: int, size: int) -> Survey:
    """Surveys some bytes of a file of that size."""
    data = _read(path, start, end, size)
    array = np.frombuffer(data, np.uint8)
    breaks = np.flatnonzero(array == LF)
    if QUOTE not in data:
        return Survey(odd=False, ends=(len(breaks), 0), first=(start + int(breaks[0]) + 1 if len(breaks) else None, None))
    quotes = np.flatnonzero(array == QUOTE)
    inside = np.searchsorted(quotes, breaks) & 1 == 1
    found = [breaks[~inside], breaks[inside]]
    first = [start + int(each[0]) + 1 if len(each) else None for each in found]
    return Survey(bool(len(quotes) & 1), (len(found[0]), len(found[1])), (first[0], first[1]))


def stretches(size: int) -> list[tuple[int, int]]:
    return [(start, min(start + STRETCH, size)) for start in range(0, size, STRETCH)]


def cut(surveys: Sequence[Survey], size: int) -> list[Part]:
    """The parts of a file of which these are the surveys, stretch by stretch: each begins where the first row of a stretch ends."""
    starts = [(0, 1)]
    for before, here in zip(accumulate(surveys, Survey.plus), surveys[1:], strict=False):
        first = here.first[before.odd]
        if first is not None and first < size:
            starts.append((first, before.ends[0] + 2))
    ends = [start for start, _row in starts[1:]] + [size]
    return [Part(start, end, row) for (start, row), end in zip(starts, ends, strict=True)]


def examine_part(path: str, dialect: tuple[str, int, int], rules: Rules, part: Part, size: int) -> Findings:
    """What there is to find in a part of a file of that size; its delimiter, its width and its first row are the `dialect`.

    Raises Doubtful where only frictionless can tell, Unseen."""
    _read(path, 0, 0, size)
    delimiter, width, first_row = dialect
    source = Source(Path(path), delimiter, width, first_row, (part.start, part.end, part.row))
    none = Findings((), 0, np.zeros(0, np.int64), {}, [(np.zeros(0, np.int64), np.zeros(0, np.uint64))] * rules.keys)
    try:
        return reduce(Findings.plus, (examine(source, rules, place, data) for place, data in source.blocks(lambda _chunk: None)), none)
    finally:
        source.close()


def digest(path: str, name: str, size: int) -> str:
    """The hash of a whole file."""
    _read(path, 0, 0, size)
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(name, usedforsecurity=False)).hexdigest()


def _read(path: str, start: int, end: int, size: int) -> bytes:
    try:
        with Path(path).open("rb") as file:
            if file.seek(0, 2) != size:
                raise Unseen(path)
            file.seek(start)
            return file.read(end - start)
    except OSError as error:
        raise Unseen(path) from error
