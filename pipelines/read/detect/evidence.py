"""What is known of a column beside its own cells, and decides how it is written where that can be read in
several ways: the period that its file was handed in for, the file's other columns, the release before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.dataset.periods import periods_of_values
from pipelines.read.detect.alike import replace_texts
from pipelines.read.detect.column import ColumnGuess
from pipelines.read.detect.dates import DAY_ORDERS
from pipelines.read.detect.verdict import is_few
from pipelines.read.finding import SURE, Because, Finding

KINDS = ("numbers", "dates")
"""Findings that say of the next file how it is written."""


@dataclass(frozen=True)
class Evidence:
    """`ways` has, by field, how it was written in the release before; the days of `field` are of `period`, as
    far as one was named (`periodicity` is that of the dataset)."""

    ways: Mapping[str, str] = field(default_factory=dict)
    field: str | None = None
    period: str | None = None
    periodicity: str = ""


NO_EVIDENCE = Evidence()
Inspect = Callable[[int, str], ColumnGuess | None]
"""What a column (by its place) says of itself, where it is known in which way it is written."""


def settle_doubts(
    found: Mapping[int, ColumnGuess],
    columns: Mapping[int, tuple[str, str, pa.ChunkedArray]],
    declared: Collection[str],
    evidence: Evidence,
    inspect: Inspect,
) -> dict[int, ColumnGuess]:
    """What was found in columns, by place, where those that can be read in several ways are read in the one
    that something else proves. `columns` has of each its field's name and type, and its cells; `declared` are
    the orders of days that the layout names."""
    settled = dict(found)
    asked = [place for place, guess in found.items() if guess.note]
    for place in asked:
        name, kind, cells = columns[place]
        if kind in ("date", "datetime") and name == evidence.field and evidence.period:
            proven = _read_by_period(place, cells, evidence, inspect)
            settled[place] = _give_reason(proven, "period") if proven else settled[place]
    orders = {*declared, *(guess.order for guess in settled.values() if guess.order)}
    for place in asked:
        name, kind, _cells = columns[place]
        is_date = kind in ("date", "datetime")
        if settled[place].note and is_date and len(orders) == 1:
            settled[place] = inspect(place, DAY_ORDERS[min(orders)]) or settled[place]
        if settled[place].note and (way := evidence.ways.get(name)) and not (is_date and orders):
            guess = inspect(place, way)
            if guess is not None and guess.note is None:
                settled[place] = _give_reason(guess, "before")
    return settled


def _read_by_period(
    place: int, cells: pa.ChunkedArray, evidence: Evidence, inspect: Inspect
) -> ColumnGuess | None:
    """What a column of days says where the one order in which they are of the period is taken for theirs;
    None where both are, or none is."""
    read = [guess for way in DAY_ORDERS.values() if (guess := inspect(place, way)) and guess.note is None]
    fitting = [guess for guess in read if _is_of_period(cells, guess, evidence)]
    return fitting[0] if len(fitting) == 1 else None


def _is_of_period(cells: pa.ChunkedArray, guess: ColumnGuess, evidence: Evidence) -> bool:
    counted = pc.value_counts(cells.drop_null())
    texts = pc.utf8_slice_codeunits(replace_texts(counted.field("values"), guess.texts), 0, 10)
    is_day = pc.match_substring_regex(texts, r"^\d{4}-\d\d-\d\d$")
    days = pa.chunked_array([pc.cast(texts.filter(is_day), pa.date32())])
    counts = counted.field("counts").filter(is_day)
    inside = pc.equal(periods_of_values(days, evidence.periodicity), evidence.period).combine_chunks()
    total, within = pc.sum(counts).as_py() or 0, pc.sum(counts.filter(inside)).as_py() or 0
    return bool(within) and is_few(total - within, total)


def _give_reason(guess: ColumnGuess, because: Because) -> ColumnGuess:
    return replace(guess, findings=tuple(replace(each, because=because) for each in guess.findings))


def ways_of_writing(findings: Collection[Finding]) -> dict[str, str]:
    """By field, how its numbers or days are written, as far as that was found out and followed: what the next
    file's evidence is."""
    return {
        each.field: each.value
        for each in findings
        if each.field and each.what in KINDS and each.declared is None and each.confidence >= SURE
    }
