"""Where a problem stands in the agency's own file: the cell's address in a workbook, the column before it was
turned into rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from messages import gettext as _
from pipelines.read.grid import Grid, UnpivotedRow, Unreadable
from validation.report import Problem
from validation.table import Table


@dataclass(frozen=True)
class Places:
    """From a table back to its file: `raw` is the grid of the file, `grid` the one after `unpivot`, `columns`
    has the place in a row of `grid` of each label of the table (None: no file has it)."""

    raw: Grid
    grid: Grid
    columns: Sequence[int | None]
    table: Table

    def locate(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems, each with its place where it stands in one cell."""
        listed = list(problems)
        return [
            self._locate_cell(problem, place)
            for problem, place in zip(listed, self.cells(listed), strict=True)
        ]

    def cells(self, problems: Sequence[Problem]) -> list[int | None]:
        """For each problem the place of its cell (from 0) in its row of the file; None where it does not
        stand in one cell."""
        origins = (
            self._origins({p.row for p in problems if p.row is not None}) if self.grid is not self.raw else {}
        )
        return [self._place_of(problem, origins) for problem in problems]

    def column(self, name: str) -> int | None:
        """The place in the file of the column that is called `name` in the table; None where it has none of
        its own."""
        place = self.columns[self.table.labels.index(name)] if name in self.table.labels else None
        if place is None or self.grid is self.raw:
            return place
        label = self.grid.labels[place]
        return self.raw.labels.index(label) if label in self.raw.labels else None

    def _place_of(
        self, problem: Problem, origins: Mapping[tuple[int, tuple[str, ...]], Sequence[int | None]]
    ) -> int | None:
        if problem.row is None or problem.field not in self.table.labels:
            return None
        place: int | None = self.columns[self.table.labels.index(problem.field)]
        if self.grid is self.raw:
            return place
        group = origins.get((problem.row, tuple(problem.descriptor.get("cells", ()))))
        return group[place] if group and place is not None and place < len(group) else None

    def _locate_cell(self, problem: Problem, place: int | None) -> Problem:
        if place is None or problem.row is None:
            return problem
        address = self.raw.address(problem.row, place) if self.raw.address else None
        if self.grid is self.raw:
            return replace(problem, place=address) if address else problem
        column = _("column {label}", label=self.raw.labels[place])
        return replace(problem, place=f"{address}, {column}" if address else column)

    def _origins(self, wanted: set[int]) -> dict[tuple[int, tuple[str, ...]], Sequence[int | None]]:
        """Of the rows with these numbers, by number and cells: where their cells come from."""
        pairs = zip(self.table.rows(), _readable_rows(self.grid), strict=False)
        return {
            (number, tuple(cells)): raw.origins
            for (number, cells), raw in pairs
            if number in wanted and isinstance(raw, UnpivotedRow)
        }


def _readable_rows(grid: Grid) -> Iterator[list[str]]:
    try:
        for _number, row in grid.rows():
            yield row
    except Unreadable:
        return
