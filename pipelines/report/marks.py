"""Which cells of an agency's file are to be looked at, and what a note in each says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from messages import gettext as _
from pipelines.places import Places
from pipelines.report.corrections import Correction, Corrections
from pipelines.report.groups import Group
from validation.notes import plain
from validation.report import Problem

Colour = Literal["critical", "warning", "corrected"]
Cell = tuple[int, int]
"""A row's number in the file, and a place in it from 0."""


@dataclass(frozen=True)
class Mark:
    """A cell's colour, and the note in it."""

    colour: Colour
    note: str


def marks(places: Places, found: Sequence[Group], fixes: Corrections) -> dict[Cell, Mark]:
    """By cell, the gravest group first."""
    said: dict[Cell, list[str]] = {}
    colours: dict[Cell, Colour] = {}
    for group in found:
        for cell, problem in cells_of(places, group):
            colours.setdefault(cell, "warning" if group.severity == "warning" else "critical")
            note = _note(group, problem, () if cell in fixes.certain else fixes.possible.get(cell, ()))
            if note not in said.setdefault(cell, []):
                said[cell].append(note)
    for cell, correction in fixes.certain.items():
        colours[cell] = "corrected"
        said.setdefault(cell, []).append(_corrected(correction))
    return {cell: Mark(colours[cell], "\n\n".join(notes)) for cell, notes in said.items()}


def cells_of(places: Places, group: Group) -> Iterator[tuple[Cell, Problem]]:
    """The cells in which a group's problems stand: of a row as a whole its key's cells, else its first one; of a column its label."""
    for problem, place in zip(group.problems, places.cells(group.problems), strict=True):
        for cell in _cells(places, group, problem, place):
            yield cell, problem


def _cells(places: Places, group: Group, problem: Problem, place: int | None) -> Iterable[Cell]:
    if problem.row is None:
        label = problem.descriptor.get("label") if group.type.endswith("-label") else problem.field
        column = places.column(str(label)) if label else None
        return [(places.raw.header_row, column)] if column is not None else []
    if place is not None:
        return [(problem.row, place)]
    names = (problem.field or group.field or "").split(", ")
    columns = [column for name in names if name and (column := places.column(name)) is not None]
    if group.type == "extra-cell":
        columns = [len(places.raw.labels)]
    return [(problem.row, column) for column in columns or [0]]


def _note(group: Group, problem: Problem, possible: Sequence[str]) -> str:
    told = "" if group.untold or group.alike else plain(problem)
    what = told if told and told != group.expected else _("expected: {what}", what=group.expected) if group.expected else ""
    lines = [f"{group.title}. {what[:1].upper()}{what[1:]}".strip().rstrip(".") + ".", group.remedy]
    if possible:
        names = _(" or ").join(f"“{each}”" for each in possible[:2])
        lines.insert(1, _("Is it {names}?", names=names))
    return "\n".join(lines)


def _corrected(correction: Correction) -> str:
    return _("In the corrected copy: “{after}” ({why}).", after=correction.after, why=correction.why)


def rows_of(marked: Mapping[Cell, Mark]) -> list[int]:
    """The numbers of the rows with a marked cell."""
    return sorted({row for row, _place in marked})
