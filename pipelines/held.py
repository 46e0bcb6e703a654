"""The rows that are held back: which, why, and what is said of them. Their values stay in the archive."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

from catalog.published import text
from messages import gettext as _
from messages import ngettext
from pipelines.dataset import Resource
from pipelines.previous import Previous
from validation.table import ROW, Table
from validation.words import title

HELD = "held.parquet"
"""Never public: the rows that are held back, as the agency wrote them."""
_REASON = pa.struct([("type", pa.string()), ("code", pa.string()), ("field", pa.string())])
HELD_ROWS = pa.schema([("resource", pa.string()), ("row", pa.int64()), ("reasons", pa.list_(_REASON)), ("cells", pa.string())])


@dataclass(frozen=True, order=True)
class Fault:
    """Why a row is held back: a frictionless error type, our code beside it or "", the field(s) or ""."""

    type: str
    code: str
    field: str


Rows = dict[int, set[Fault]]
"""By number in the agency's file."""


@dataclass(frozen=True)
class Held:
    """The rows of a table that are held back: by their number in the agency's file, why; and as they were read (`typed`).

    `delivered` is how many rows the extract has. `missing` of the held ones were in the release before, by their key, and are not in
    this one.
    """

    faults: Mapping[int, Sequence[Fault]]
    typed: pa.Table = field(repr=False)
    delivered: int
    missing: int = 0

    @property
    def rows(self) -> int:
        return int(self.typed.num_rows)

    @property
    def reasons(self) -> dict[Fault, int]:
        """How many rows are held for each reason; a row may have several. The most frequent first."""
        numbers = self.typed[ROW].to_pylist()
        counts: dict[Fault, int] = {}
        for fault in (fault for number in numbers for fault in self.faults[number]):
            counts[fault] = counts.get(fault, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def to_json(self) -> dict[str, Any]:
        """What may be published of them: how many of how many, how many of those the release before had, and why."""
        reasons = [{"type": f.type, "code": f.code or None, "field": f.field or None, "rows": n} for f, n in self.reasons.items()]
        return {"rows": self.rows, "of": self.delivered, "missing": self.missing, "reasons": reasons}


def missing(resource: Resource, held: Held, before: pa.Table | None, now: pa.Table) -> int:
    """How many of the held rows were in the release before, by their key, and are in this one no more."""
    key = resource.primary_key
    if before is None or not key or not set(key) <= set(before.column_names):
        return 0
    gone = set(keys_of(before, key)) - set(keys_of(now, key))
    return sum(each in gone for each in keys_of(held.typed, key))


def sentences(held: Mapping[str, Held]) -> Iterator[str]:
    """How many rows of each table are held back, and why; no value is told."""
    for name, each in held.items():
        why = ", ".join(f"{title(f.code or f.type)}{f' ({f.field})' if f.field else ''}: {n}" for f, n in each.reasons.items())
        yield ngettext(
            "{resource}: {n} of {all} rows is held back until it is corrected ({why})",
            "{resource}: {n} of {all} rows are held back until they are corrected ({why})",
            each.rows,
            resource=name,
            all=each.delivered,
            why=why,
        )


def quarantined(dataset: str, held: Mapping[str, Held]) -> str:
    """What a run says of the rows that it held back, and where they are to be seen."""
    return "; ".join([*sentences(held), _("`vereda show {id} --held` shows them", id=dataset)]) if held else ""


def still_held(previous: Previous | None) -> str:
    """What to say where nothing changed, and rows of the current release are held back."""
    rows = sum(each.get("heldRows", 0) for each in previous.descriptor["resources"]) if previous else 0
    if not rows or previous is None:
        return ""
    return ngettext(
        "{n} row is still held back; `vereda show {id} --held` shows it",
        "{n} rows are still held back; `vereda show {id} --held` shows them",
        rows,
        id=previous.entry.dataset,
    )


def held_table(held: Mapping[str, Held], tables: Mapping[str, Table]) -> pa.Table:
    """The rows that are held back of the delivered `tables`, by number in the agency's file: why (`reasons`), and their `cells`, a JSON
    object of label → text (cells beyond the last label under ""). What is dropped or hidden of personal data is so here."""
    rows = []
    for name, each in held.items():
        table = tables[name]
        for number, cells in table.rows():
            if number in each.faults:
                labelled: dict[str, Any] = dict(zip(table.labels, cells, strict=False))
                labelled |= {"": more} if (more := cells[len(table.labels) :]) else {}
                reasons = [asdict(fault) for fault in each.faults[number]]
                rows.append({"resource": name, "row": number, "reasons": reasons, "cells": json.dumps(labelled, ensure_ascii=False)})
    return pa.Table.from_pylist(rows, HELD_ROWS)


def keys_of(table: pa.Table, names: Sequence[str]) -> list[tuple[str | None, ...]]:
    """Each row's values of these fields as they are published."""
    return list(zip(*(text(table[name]).to_pylist() for name in names), strict=True))
