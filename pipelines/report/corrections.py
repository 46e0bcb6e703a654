"""The cells of an agency's file that can be put right without asking, and what to ask of the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from frictionless import Field

from pipelines.build import references
from pipelines.dataset import Resource
from pipelines.grid import Unreadable
from pipelines.layout import Layout, Writing
from pipelines.personal import hidden
from pipelines.places import Places
from pipelines.repair import Column
from pipelines.report import certain
from pipelines.report.certain import Answer, Evidence
from pipelines.trial import Trial
from pipelines.unpivot import Group

KINDS = frozenset(("type-error", "constraint-error", "foreign-key"))
"""What a correction can put right."""
KEPT = 100_000
"""Corrections of one file; what is beyond stays for the next check."""


@dataclass(frozen=True)
class Correction:
    """A cell of the file (its row's number, its place from 0): what stood there, what stands there now, and why that is certain."""

    row: int
    place: int
    field: str
    before: str
    after: str
    why: str


@dataclass(frozen=True)
class Corrections:
    """By cell of the file what is certain, and what another might be meant as."""

    certain: Mapping[tuple[int, int], Correction] = field(default_factory=dict)
    possible: Mapping[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)
    cut: bool = False


def corrections(done: Trial, resource: Resource) -> Corrections:
    """Looks at every cell of the columns in which something is wrong, not only at the problems whose places were kept."""
    reading = done.checked.readings[resource.name]
    wrong = {kind.field for kind in done.report.counts if kind.resource == resource.name and kind.type in KINDS and not kind.code}
    names = [name for name in resource.fields if name in wrong and name not in hidden(resource.pipeline.personal_data)]
    if reading.places is None or not names:
        return Corrections()
    layout = resource.pipeline.layouts[reading.layout] if reading.layout is not None else Layout()
    allowed = _allowed(done, resource)
    columns = {name: _Column(resource, name, layout, allowed.get(name), _texts(reading.places, name)) for name in names}
    found: dict[tuple[int, int], Correction] = {}
    possible: dict[tuple[int, int], tuple[str, ...]] = {}
    for row, place, name, text in _cells(reading.places, names):
        answer = columns[name](text)
        if answer.certain is not None:
            if len(found) >= KEPT:
                return Corrections(found, possible, cut=True)
            found[row, place] = Correction(row, place, name, text, answer.certain.text, answer.certain.why)
        elif answer.possible and len(possible) < KEPT:
            possible[row, place] = answer.possible
    return Corrections(found, possible)


class _Column:
    """The answers for one field's cells, as they stand in the file; each distinct text is worked out once."""

    def __init__(self, resource: Resource, name: str, layout: Layout, allowed: Collection[str] | None, texts: Sequence[str]) -> None:
        declared = next(f for f in resource.schema["fields"] if f["name"] == name)
        missing = resource.schema.get("missingValues", [""])
        self.writing = layout.fields.get(name)
        self.way = Column(declared, missing, resource.pipeline.values.get(name, ()), self.writing)
        self.field = Field.from_descriptor({"missingValues": missing, **declared})
        self.type, self.percent = declared.get("type", "string"), declared.get("unit") == "%"
        self.default = declared.get("format", "default") == "default"
        self.allowed = allowed
        self.names = sorted({*map(str, declared.get("constraints", {}).get("enum", ())), *(allowed or ())})
        self.evidence = self._evidence(texts)
        self.known: dict[str, Answer] = {}

    def __call__(self, text: str) -> Answer:
        if text not in self.known:
            self.known[text] = self._answer(text)
        return self.known[text]

    def reads(self, published: str) -> bool:
        """Whether the schema takes this for a value that stands for something."""
        value, notes = self.field.read_cell(published)
        return value is not None and not notes and (self.allowed is None or published in self.allowed)

    def _published(self, text: str) -> str:
        return str(self.way.published(text))

    def _answer(self, text: str) -> Answer:
        read = self._published(text)
        value, notes = self.field.read_cell(read)
        if (not notes and (value is None or self.reads(read))) or not text.strip():
            return Answer()
        found = self._meant(read)
        if found.certain is None:
            return Answer(possible=tuple(each for each in found.possible if self.reads(each)))
        written = self._written(found.certain.text)
        if written is None or not self.reads(found.certain.text):
            return Answer()
        return Answer(certain.Reading(written, found.certain.why))

    def _meant(self, text: str) -> Answer:
        spaced = certain.spaced(text)
        if spaced != text and self.reads(spaced):
            return Answer(certain.Reading(spaced, certain.spaces()))
        if self.names:
            return certain.named(text, self.names)
        if self.type == "date" and self.default:
            return certain.day(text, self.evidence)
        if self.type == "number":
            return certain.number(text, self.evidence, self.percent, self.reads)
        if self.type in ("integer", "year"):
            return certain.whole(text, self.evidence, self.reads)
        return certain.truth(text) if self.type == "boolean" else Answer()

    def _written(self, published: str) -> str | None:
        """How to write it in the file so that it is read as that; None where no way is known."""
        ways = [published]
        if self.writing and self.writing.decimal_char:
            ways.append(published.replace(".", self.writing.decimal_char))
        if self.type == "date" and self.writing:
            ways += [date.fromisoformat(published).strftime(format) for format in self.writing.format]
        return next((way for way in ways if self._published(way) == published), None)

    def _evidence(self, texts: Sequence[str]) -> Evidence:
        if self.type == "date":
            read = [value for text in texts if isinstance(value := self.field.read_cell(self._published(text))[0], date)]
            declared = _declared_order(self.writing)
            return Evidence(certain.day_first(texts) if declared is None else declared, (min(read), max(read)) if read else None)
        if self.type in ("number", "integer", "year"):
            declared_mark = self.writing.decimal_char if self.writing else None
            return Evidence(decimal=declared_mark or certain.decimal_mark(texts))
        return Evidence()


def _declared_order(writing: Writing | None) -> bool | None:
    firsts = {format.lstrip()[:2] for format in writing.format} if writing else set()
    return {"%d": True, "%m": False}.get(firsts.pop()) if len(firsts) == 1 else None


def _allowed(done: Trial, resource: Resource) -> dict[str, frozenset[str]]:
    """By field the values that a reference of that field alone may have, where these are text."""
    others = references(done.inputs)
    found = {}
    for key in resource.schema.get("foreignKeys", ()):
        there = others.get(key["reference"].get("resource", "")) or done.checked.tables.get(key["reference"].get("resource", ""))
        fields, targets = _listed(key["fields"]), _listed(key["reference"]["fields"])
        if len(fields) == 1 and there is not None and targets[0] in there.column_names:
            values = there[targets[0]].unique().to_pylist()
            if all(isinstance(value, str) or value is None for value in values):
                found[fields[0]] = frozenset(value for value in values if value is not None)
    return found


def _listed(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _texts(places: Places, name: str) -> list[str]:
    """The different texts of a column, as the file has them; empty cells say nothing."""
    return list(dict.fromkeys(text for _row, _place, _name, text in _cells(places, [name]) if text.strip()))


def _cells(places: Places, names: Sequence[str]) -> Iterator[tuple[int, int, str, str]]:
    """Row number, place in the file, field and text of each cell of these fields; a cell that stands for several rows comes once."""
    wanted = [(name, column) for name in names if name in places.table.labels and (column := _index(places, name)) is not None]
    turned = places.grid is not places.raw
    try:
        for number, row in places.grid.rows():
            origins = row.origins if isinstance(row, Group) else None
            if turned and origins is None:
                continue
            for name, column in wanted:
                place = column if origins is None else (origins[column] if column < len(origins) else None)
                if column < len(row) and place is not None:
                    yield number, place, name, row[column]
    except Unreadable:
        return


def _index(places: Places, name: str) -> int | None:
    return places.columns[places.table.labels.index(name)]
