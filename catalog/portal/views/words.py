"""A picture in words and as a table, for those who do not see it."""

from __future__ import annotations

from collections.abc import Sequence

from babel.lists import format_list

from catalog.portal.views.drawing import said
from catalog.portal.views.figure import Cell, Figure
from messages import gettext as _
from messages import language

TOLD, LISTED = 3, 60


def largest(figure: Figure) -> list[str]:
    """A sentence on the largest values; none for points, which have no names."""
    if figure.kind == "points" or not figure.cells:
        return []
    ranked = sorted(figure.cells, key=lambda cell: -cell.value)[:TOLD]
    named = [f"{_name(figure, cell)}: {said(cell.value)}" for cell in ranked]
    return [_("The largest values: {values}.", values=format_list(named, locale=language()))]


def rows(figure: Figure) -> list[tuple[str, str, str]]:
    """The values as a table: place, group, value; none for points, whose rows have their coordinates."""
    if figure.kind == "points":
        return []
    return [(_name(figure, Cell(cell.x, cell.value)), cell.by, said(cell.value)) for cell in _shown(figure.cells)]


def _shown(cells: Sequence[Cell]) -> Sequence[Cell]:
    return cells[:LISTED]


def _name(figure: Figure, cell: Cell) -> str:
    place = _("Comuna {number}", number=cell.x) if figure.kind == "comunas" else str(cell.x)
    return f"{place}, {cell.by}" if cell.by else place
