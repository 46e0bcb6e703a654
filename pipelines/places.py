"""Where a problem stands in the agency's own file: the cell's address in a workbook, the column that a value was turned from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from messages import gettext as _
from pipelines.grid import Grid, Unreadable
from pipelines.unpivot import Group
from validation.report import Problem
from validation.table import Table


@dataclass(frozen=True)
class Places:
    """From a table back to its file: `raw` is the grid of the file, `grid` the one after `unpivot`, `columns` has the place in a row
    of `grid` of each label of the table."""

    raw: Grid
    grid: Grid
    columns: Sequence[int]
    table: Table

    def of(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems, each with its place where it stands in one cell."""
        listed = list(problems)
        origins = self._origins({p.row for p in listed if p.row is not None}) if self.grid is not self.raw else {}
        return [self._placed(problem, origins) for problem in listed]

    def _placed(self, problem: Problem, origins: Mapping[tuple[int, tuple[str, ...]], Sequence[int | None]]) -> Problem:
        if problem.row is None or problem.field not in self.table.labels:
            return problem
        place: int | None = self.columns[self.table.labels.index(problem.field)]
        if self.grid is self.raw:
            return replace(problem, place=self.raw.address(problem.row, place)) if self.raw.address and place is not None else problem
        group = origins.get((problem.row, tuple(problem.descriptor.get("cells", ()))))
        place = group[place] if group and place is not None and place < len(group) else None
        if place is None:
            return problem
        column = _("column {label}", label=self.raw.labels[place])
        return replace(problem, place=f"{self.raw.address(problem.row, place)}, {column}" if self.raw.address else column)

    def _origins(self, wanted: set[int]) -> dict[tuple[int, tuple[str, ...]], Sequence[int | None]]:
        """Of the rows with these numbers, by number and cells: where their cells come from."""
        pairs = zip(self.table.rows(), _readable(self.grid), strict=False)
        return {(number, tuple(cells)): raw.origins for (number, cells), raw in pairs if number in wanted and isinstance(raw, Group)}


def _readable(grid: Grid) -> Iterator[list[str]]:
    try:
        for _number, row in grid.rows():
            yield row
    except Unreadable:
        return
