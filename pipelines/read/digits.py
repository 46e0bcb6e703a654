"""Codes that a spreadsheet wrote as powers of ten, as 2,01235E+10: their last digits are lost."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from messages import ngettext
from pipelines.dataset.dataset import Resource
from pipelines.read.detect.verdict import FEW
from validation.report import Problem

POWER = r"^\s*-?\d(?:[.,]\d{1,14})?E\+\d{1,3}\s*$"
PARTS = re.compile(r"\s*-?\d(?:[.,](\d+))?E\+(\d+)\s*")


class DigitWatch:
    """Looks at blocks of cells as they pass, after the declared repairs (numbers, then the columns called
    `names`): in columns of text that are not `hidden`, at what Excel makes of a long number when it saves a
    CSV."""

    def __init__(self, resource: Resource, names: Sequence[str], hidden: Collection[str]):
        kinds = {each["name"]: each.get("type", "any") for each in resource.schema["fields"]}
        self.resource = resource.name
        self.watched = {
            place: name.strip()
            for place, name in enumerate(names)
            if kinds.get(name.strip()) == "string" and name.strip() not in hidden
        }
        self.found: dict[str, list[tuple[int, str]]] = {}
        self.counts: dict[str, int] = {}

    def apply(self, columns: list[pa.Array]) -> list[pa.Array]:
        for place, name in self.watched.items():
            column = columns[place + 1]
            if not pc.any(pc.match_substring(column, "E+")).as_py():
                continue
            suspect = pc.fill_null(pc.match_substring_regex(column, POWER), False)
            rows, texts = columns[0].filter(suspect).to_pylist(), column.filter(suspect).to_pylist()
            lost = [(row, text) for row, text in zip(rows, texts, strict=True) if _loses_digits(text)]
            self.counts[name] = self.counts.get(name, 0) + len(lost)
            kept = self.found.setdefault(name, [])
            kept += lost[: max(0, FEW - len(kept))]
        return columns

    def add(self, later: DigitWatch) -> None:
        """Adds what another one saw in the rows that follow."""
        for name, cells in later.found.items():
            kept = self.found.setdefault(name, [])
            kept += cells[: max(0, FEW - len(kept))]
        for name, count in later.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count

    def problems(self) -> Iterator[Problem]:
        """One for each cell, or, where these are many, one for the column."""
        for name, cells in self.found.items():
            if self.counts[name] > FEW:
                note = ngettext(
                    "{n} code was written as a power of ten by a spreadsheet, as “{cell}” in row {row}: its "
                    "last digits are lost",
                    "{n} codes were written as powers of ten by a spreadsheet, as “{cell}” in row {row}: "
                    "their last digits are lost",
                    self.counts[name],
                    cell=cells[0][1],
                    row=cells[0][0],
                )
                yield Problem("table-error", self.resource, note, code="digits-lost", field=name)
                continue
            for row, text in cells:
                note = _(
                    "a spreadsheet wrote the code as a power of ten, and its last digits are lost: “{cell}”",
                    cell=text,
                )
                yield Problem(
                    "cell-error", self.resource, note, code="digits-lost", row=row, field=name, cell=text
                )


def _loses_digits(text: str) -> bool:
    """Whether the power of ten says fewer digits than the number had."""
    match = PARTS.fullmatch(text)
    return match is not None and int(match[2]) > len(match[1] or "")
