"""Where the header stands: below titles, or over two rows whose cells were merged."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.found.known import Known

LOOKED_AT = 60
"""Rows among which the header is looked for."""
VALUE = re.compile(r"[-+$ ]*\d[\d.,/:\-+ %$]*|\d{4}-\d\d-\d\d[T ].*")


@dataclass(frozen=True)
class Header:
    """`row` counts from 1; where `merged`, the row above names the columns that this one leaves blank. `known` tells how many of its
    labels were known beforehand."""

    row: int
    labels: tuple[str, ...]
    confidence: float
    known: float = 0.0
    merged: bool = False


def merge(above: Sequence[str], below: Sequence[str]) -> tuple[str, ...]:
    """The labels of a header of two rows: those of the lower one, and where it is blank those of the upper one."""
    width = max(len(above), len(below))
    upper, lower = ([*cells, *[""] * (width - len(cells))] for cells in (above, below))
    return tuple(low if low.strip() else high for high, low in zip(upper, lower, strict=True))


def find_header(rows: Sequence[Sequence[str]], known: Known) -> Header | None:
    """The header among a file's first rows; None where there is none but blank ones.

    It is the row with the most known labels, and where none is known, the first that names the columns: texts, all different, as many as
    the rows below it have cells.
    """
    looked = rows[:LOOKED_AT]
    counts = [known.among(row) for row in looked]
    best = max(counts, default=0.0)
    if not best:
        return _by_shape(looked)
    place = counts.index(best)
    second = max((count for other, count in enumerate(counts) if other != place), default=0.0)
    confidence = (best - second) / best * (1 - 0.5 ** (2 * best)) if second else 1 - 0.5 ** (2 * best + 1)
    header = Header(place + 1, tuple(looked[place]), confidence, best)
    return _merged(looked, known, place, header)


def _merged(rows: Sequence[Sequence[str]], known: Known, place: int, header: Header) -> Header:
    """The header over two rows, where the other one has labels for cells that are blank in this one."""
    for lower in (place, place + 1):
        if not 0 < lower < len(rows) or not all(known.has(cell) for cell in rows[lower] if cell.strip()) or not any(rows[lower]):
            continue
        labels = merge(rows[lower - 1], rows[lower])
        count = known.among(labels)
        if count > header.known:
            header = Header(lower + 1, labels, header.confidence, count, merged=True)
    return header


def _by_shape(rows: Sequence[Sequence[str]]) -> Header | None:
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    if not any(filled):
        return None
    usual = Counter(len(row) for row, count in zip(rows, filled, strict=True) if count > 1 or max(filled) == 1).most_common(1)[0][0]
    for place, row in enumerate(rows):
        cells = [cell.strip() for cell in row if cell.strip()]
        named = len(cells) >= 0.75 * min(usual, max(filled)) and len(row) >= 0.75 * usual
        if named and all(map(_names, cells)) and len(set(cells)) >= 0.75 * len(cells):
            return Header(place + 1, tuple(row), 0.5 + 0.45 * _contrast(cells, rows[place + 1 :]) if len(rows) > place + 1 else 0.5)
    place = next(place for place, count in enumerate(filled) if count)
    return Header(place + 1, tuple(rows[place]), 0.2)


def _names(cell: str) -> bool:
    """Whether a cell may be a column's name: no value, a year set aside."""
    return not VALUE.fullmatch(cell) or bool(re.fullmatch(r"(19|20)\d\d", cell))


def _contrast(labels: Sequence[str], below: Sequence[Sequence[str]]) -> float:
    """From 0 to 1: how surely the row differs from those below it, being repeated nowhere, with values under it."""
    values = any(VALUE.fullmatch(cell.strip()) for row in below for cell in row)
    repeated = any(set(labels) & {cell.strip() for cell in row} for row in below)
    return (0.6 if values else 0.2) + (0.0 if repeated else 0.4)
