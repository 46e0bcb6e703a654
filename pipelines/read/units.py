"""Amounts whose sign is of another unit than their column's: dollars among pesos."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from messages import ngettext
from pipelines.dataset.dataset import Resource
from pipelines.read.detect.numbers import CURRENCIES, UNITS, parse_number
from pipelines.read.detect.verdict import FEW
from validation.report import Problem
from validation.table import ROW

BARE = r"(?:^|[^A-Za-z$])\$(?:[^A-Za-z$]|$)"
"""A $ that is no part of another sign, as in U$S."""


class UnitWatch:
    """Looks at blocks of cells as they pass (numbers, then the columns called `names`): in columns of numbers
    with a unit, at the signs beside the numbers. A mere $ is pesos here, but in a column of another currency
    that writes all its amounts so, which is told once."""

    def __init__(self, resource: Resource, names: Sequence[str]):
        self.resource = resource.name
        units = {
            each["name"]: each["unit"]
            for each in resource.schema["fields"]
            if each.get("type") in ("number", "integer") and each.get("unit") in UNITS.values()
        }
        self.watched = {
            place: (name.strip(), units[name.strip()], _foreign_signs(units[name.strip()]))
            for place, name in enumerate(names)
            if name.strip() in units
        }
        self.found: dict[str, list[tuple[int, str, str]]] = {}
        self.counts: dict[str, int] = {}
        self.filled: dict[str, int] = {}
        self.bare: dict[str, int] = {}

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        for place, (name, unit, signs) in self.watched.items():
            column = batch.column(place + 1)
            suspect = pc.fill_null(pc.match_substring_regex(column, signs, ignore_case=True), False)
            blank = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True)
            self.filled[name] = self.filled.get(name, 0) + len(column) - (pc.sum(blank).as_py() or 0)
            rows, texts = batch.column(ROW).filter(suspect).to_pylist(), column.filter(suspect).to_pylist()
            for row, text in zip(rows, texts, strict=True):
                number = parse_number(text)
                if number is None or number.unit in (None, unit):
                    continue
                self.counts[name] = self.counts.get(name, 0) + 1
                if number.unit == "ARS" and re.search(BARE, text):
                    self.bare[name] = self.bare.get(name, 0) + 1
                if self.counts[name] <= FEW:
                    self.found.setdefault(name, []).append((row, text, number.unit or ""))
        return batch

    def add(self, later: UnitWatch) -> None:
        """Adds what another one saw in the rows that follow."""
        for name, cells in later.found.items():
            kept = self.found.setdefault(name, [])
            kept += cells[: max(0, FEW - len(kept))]
        for mine, theirs in (
            (self.counts, later.counts),
            (self.filled, later.filled),
            (self.bare, later.bare),
        ):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count

    def problems(self) -> Iterator[Problem]:
        """One for each cell, or, where these are many, one for the column."""
        declared = {name: unit for name, unit, _signs in self.watched.values()}
        for name, cells in self.found.items():
            unit, count = declared[name], self.counts[name]
            if unit != "%" and self.bare.get(name, 0) == self.filled[name]:
                note = _(
                    "all its amounts have a mere $, as “{cell}”, which stands for pesos here, and the column "
                    "is in {unit}",
                    cell=cells[0][1],
                    unit=unit,
                )
                yield Problem(
                    "table-error", self.resource, note, code="other-unit", field=name, severity="warning"
                )
                continue
            if count > FEW:
                note = ngettext(
                    "{n} amount is in {shown}, as “{cell}” in row {row}, and the column is in {unit}",
                    "{n} amounts are in {shown}, as “{cell}” in row {row}, and the column is in {unit}",
                    count,
                    shown=cells[0][2],
                    cell=cells[0][1],
                    row=cells[0][0],
                    unit=unit,
                )
                yield Problem("table-error", self.resource, note, code="other-unit", field=name)
                continue
            for row, text, shown in cells:
                note = _(
                    "“{cell}” is in {shown}, and the column is in {unit}", cell=text, shown=shown, unit=unit
                )
                yield Problem(
                    "cell-error", self.resource, note, code="other-unit", row=row, field=name, cell=text
                )


def _foreign_signs(unit: str) -> str:
    """What the signs of other units hold."""
    named = UNITS | CURRENCIES
    signs = [re.escape(sign) for sign, meant in named.items() if meant != unit and sign != "$"]
    found = sorted(signs, key=len, reverse=True)
    return "|".join(found if unit == "ARS" else [*found, BARE])
