"""Errors of plain cells and of keys as numbers: of each kind the rows that have it. Frictionless writes the
first ones in words; a hundred thousand rows more need not be read again to be counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from validation.fast.column import FieldCells
from validation.fast.proof import Values
from validation.fast.row_numbers import distinct

TYPES = ("type-error", "constraint-error")
KEY_TYPES = ("primary-key", "foreign-key")


@dataclass(frozen=True)
class CellErrors:
    """Errors of one type in one column, by its place, or of one foreign key, by its own, or of the primary
    key (0): the rows that have some, in order, and how many each has."""

    place: int
    type: str
    rows: Values
    counts: Values


def gather_errors(columns: Sequence[FieldCells], blank: Values) -> Iterator[CellErrors]:
    """The errors of a block's cells, as far as they are known; those of `blank` rows are one of the row."""
    for place, cells in enumerate(columns):
        for number, type_ in enumerate(TYPES):
            counts = cells.errors[:, number]
            some = (counts > 0) & ~np.isin(cells.bad, blank)
            if some.any():
                yield CellErrors(place, type_, cells.bad[some], counts[some])


def errors_once(place: int, type: str, rows: Values) -> Iterator[CellErrors]:
    """One error for each of the rows, if there are any."""
    if len(rows):
        yield CellErrors(place, type, rows, np.ones(len(rows), np.int8))


def add_errors(parts: Iterable[CellErrors]) -> tuple[CellErrors, ...]:
    """Those of many parts, which follow one another, each kind once."""
    kinds: dict[tuple[int, str], list[CellErrors]] = {}
    for each in parts:
        kinds.setdefault((each.place, each.type), []).append(each)
    return tuple(
        CellErrors(
            *kind,
            np.concatenate([each.rows for each in found]),
            np.concatenate([each.counts for each in found]),
        )
        for kind, found in kinds.items()
    )


def early_rows(errors: Iterable[CellErrors], kept: int) -> Values:
    """The rows that have one of the first `kept` errors of a kind."""
    early = [each.rows[np.cumsum(each.counts, dtype=np.int64) - each.counts < kept] for each in errors]
    return distinct(early)


def errors_of_rows(errors: Iterable[CellErrors], rows: Values) -> Iterator[CellErrors]:
    """The errors that stand in some of the rows."""
    for each in errors:
        some = np.isin(each.rows, rows)
        if some.any():
            yield CellErrors(each.place, each.type, each.rows[some], each.counts[some])
