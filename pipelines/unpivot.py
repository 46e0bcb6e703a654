"""A table that is wide by month (or year, or anything) → a tidy one, as its layout declares."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from messages import gettext as _
from pipelines.grid import Grid, Rows, Unreadable
from pipelines.layout import Layout, Unpivot


class Group(list[str]):
    """The cells of a row that is one group of columns of a row of the file; `origins` has, for each cell, its place there (None for
    what stands in the header)."""

    def __init__(self, cells: Sequence[str], origins: Sequence[int | None]):
        super().__init__(cells)
        self.origins = origins


@dataclass(frozen=True)
class _Groups:
    """Which columns stay, and for each group what its labels say and where its measures stand (None: the file lacks that column)."""

    kept: tuple[int, ...]
    names: tuple[str, ...]
    measures: tuple[str, ...]
    places: Mapping[tuple[str, ...], Mapping[str, int]]


def unpivoted(grid: Grid, layout: Layout) -> Grid:
    """The grid with the columns of the layout's `unpivot` turned into rows, in the order of the file's rows, then of its columns. All
    rows of one row have its number. A group of columns whose cells are all empty says nothing, and gives no row.

    Raises Unreadable where two columns would be one. A grid without such columns is given back as it is.
    """
    if layout.unpivot is None:
        return grid
    groups = _groups(grid.labels, layout.unpivot, layout.ignore)
    if not groups.places:
        return grid
    labels = (*(grid.labels[place] for place in groups.kept), *groups.names, *groups.measures)
    return replace(grid, labels=labels, rows=partial(_rows, grid, groups))


def _groups(labels: Sequence[str], unpivot: Unpivot, ignore: Sequence[str]) -> _Groups:
    pattern = re.compile(unpivot.columns)
    names = tuple(name for name in pattern.groupindex if name != "measure")
    found = {place: match for place, label in enumerate(labels) if label not in ignore and (match := pattern.search(label))}
    places: dict[tuple[str, ...], dict[str, int]] = {}
    measures: dict[str, None] = {}
    for place, match in found.items():
        measure = unpivot.value if unpivot.value is not None else match["measure"]
        group = places.setdefault(tuple(match[name] or "" for name in names), {})
        if measure in group:
            note = _("the columns {one} and {other} say the same to `unpivot`", one=labels[group[measure]], other=labels[place])
            raise Unreadable("source-error", note)
        group[measure] = place
        measures[measure] = None
    return _Groups(tuple(place for place in range(len(labels)) if place not in found), names, tuple(measures), places)


def _rows(grid: Grid, groups: _Groups) -> Rows:
    width = len(grid.labels)
    for number, row in grid.rows():
        kept = [row[place] for place in groups.kept if place < len(row)]
        if len(row) < width or not any(row):  # what is wrong with such a row is told once, of the row as it is
            yield number, kept if any(row) else []
            continue
        extra = row[width:]
        for says, measures in groups.places.items():
            places = [measures.get(measure) for measure in groups.measures]
            cells = ["" if place is None else row[place] for place in places]
            if any(cells) or extra:
                yield number, Group([*kept, *says, *cells, *extra], [*groups.kept, *(None for _name in says), *places])
                extra = []
