"""Where a problem stands in the agency's own file: the cell's address in a workbook, the column before it was
turned into rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from messages.formats import join_words, write_decimal
from pipelines.read.batches import read_batches, select_columns
from pipelines.read.detect.foot import Tail
from pipelines.read.grid import Grid, UnpivotedRow, Unreadable
from validation.report import Problem
from validation.table import Table, schema

FileCell = tuple[int, int]
"""A row's number in the file, and a place in it from 0."""
_VALUE = re.compile(r"[+-]?\d+(\.\d+)?(E[+-]?\d+)?|\d{4}-\d\d.*|True|False")
"""A number, a day or a truth as Python writes it: the file may have written it otherwise."""
_OF_VALUES = ("integer-too-large", "number-too-large", "number-too-precise")
"""Problems of frictionless's checks of ours, which see values."""


@dataclass(frozen=True)
class Places:
    """From a table back to its file: `raw` is the grid of the file, `grid` the one after `unpivot`, `columns`
    has the place in a row of `grid` of each label of the table (None: no file has it). Of
    the fields in `hidden` nobody is shown what the file has. `untouched` are places in the file of columns
    that the table has as they are, in all rows."""

    raw: Grid
    grid: Grid
    columns: Sequence[int | None]
    table: Table
    hidden: Collection[str] = ()
    untouched: frozenset[int] = frozenset()

    def file_columns(self, columns: Sequence[int]) -> pa.Table:
        """The rows' numbers, and what stands in these columns of the file, as far as it can be read; null
        where a row is too short."""
        return pa.Table.from_batches(self._file_batches(columns), schema=schema(len(columns)))

    def _file_batches(self, columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """The same in blocks: those of the table, where it has all of these columns, else of the file."""
        if not self.untouched.issuperset(columns):
            return read_batches(self.raw, list(columns), [], Tail())
        places = [self.columns.index(column) for column in columns]
        return (select_columns(batch, places) for batch in self.table.batches())

    def locate(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems, each with its place where it stands in one cell."""
        listed = list(problems)
        lacking = [p.field or "" for p in listed if p.type == "missing-label"]
        placed = list(zip(listed, self.cells(listed), strict=True))
        texts = self.written(
            (problem.row, place)
            for problem, place in placed
            if place is not None and problem.row is not None and self._quotes_value(problem)
        )
        return [
            self._describe_label(problem, lacking)
            if problem.type == "extra-label"
            else self._locate_cell(problem, place, texts)
            for problem, place in placed
        ]

    def written(self, wanted: Iterable[FileCell]) -> dict[FileCell, str]:
        """What the file has in these cells; the true numbers of a workbook, which nobody wrote in one way or
        another, as the language writes them."""
        rows: dict[int, set[int]] = {}
        for row, place in wanted:
            rows.setdefault(place, set()).add(row)
        if not rows:
            return {}
        places, last = list(rows), max(map(max, rows.values()))
        asked = pa.array(sorted(set[int]().union(*rows.values())), pa.int64())
        found: dict[FileCell, str] = {}
        for batch in self._file_batches(places):
            if not batch.num_rows:
                continue
            some = batch.filter(pc.is_in(batch.column(0), value_set=asked))
            numbers = some.column(0).to_numpy()
            for place, column in zip(places, some.columns[1:], strict=False):
                marks = self.raw.certain(place, numbers)
                certain = np.zeros(len(numbers), np.bool_) if marks is None else marks
                for row, text, is_true in zip(numbers.tolist(), column.to_pylist(), certain, strict=True):
                    if text and row in rows[place]:
                        found[row, place] = write_decimal(text) if is_true else text
            if batch.column(0)[-1].as_py() >= last:
                break
        return found

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
        if problem.type == "extra-cell":
            return self._place_beyond(problem)
        if problem.row is None or problem.field not in self.table.labels:
            return None
        place: int | None = self.columns[self.table.labels.index(problem.field)]
        if self.grid is self.raw:
            return place
        group = origins.get((problem.row, tuple(problem.descriptor.get("cells", ()))))
        return group[place] if group and place is not None and place < len(group) else None

    def _place_beyond(self, problem: Problem) -> int | None:
        """The place of a cell behind the last column."""
        at, cells = int(problem.descriptor.get("fieldNumber") or 0), problem.descriptor.get("cells", ())
        if self.grid is not self.raw or not len(self.table.labels) < at <= len(cells):
            return None
        same = str(cells[at - 1] or "") == (problem.cell or "")
        return len(self.raw.labels) + at - 1 - len(self.table.labels) if same else None

    def _describe_label(self, problem: Problem, lacking: Sequence[str]) -> Problem:
        """An unknown column that has no label, or the label of another one: that is what is wrong with it."""
        name = str(problem.descriptor.get("label", ""))
        place = self.columns[self.table.labels.index(name)] if name in self.table.labels else None
        if place is None or self.grid is not self.raw:
            return problem
        label, column = self.raw.labels[place].strip(), self._column_name(place)
        address = self.raw.address(self.raw.header_row, place) if self.raw.address else None
        if not label:
            note = _("column {column} has data, and no name above it", column=column)
            if lacking:
                fields = join_words(lacking)
                note = _(
                    "column {column} has data, and no name above it; {fields} is missing",
                    column=column,
                    fields=fields,
                )
            return replace(_name_kind(problem, "blank-label", address), note=note, for_sender=note)
        first = next(at for at, other in enumerate(self.raw.labels) if other.strip() == label)
        if first == place:
            return problem
        note = _(
            "column {column} has the same name as column {other}",
            column=column,
            other=self._column_name(first),
        )
        return replace(_name_kind(problem, "duplicate-label", address), note=note, cell=label)

    def _column_name(self, place: int) -> str:
        """What a column is called that nothing else tells apart: its letters, or its number."""
        address = self.raw.address(1, place) if self.raw.address else None
        return address.rstrip("1") if address else str(place + 1)

    def _quotes_value(self, problem: Problem) -> bool:
        """Whether what it quotes is what was read of a cell, in place of what the cell says."""
        if problem.field in self.hidden:
            return False
        is_of_value = problem.type == "constraint-error" or problem.code in _OF_VALUES
        return is_of_value and bool(_VALUE.fullmatch(problem.cell or ""))

    def _locate_cell(self, problem: Problem, place: int | None, texts: Mapping[FileCell, str]) -> Problem:
        if place is None or problem.row is None:
            return problem
        row = problem.row
        if problem.cell and (shown := self.raw.shown(row, place, problem.cell)):
            problem = replace(problem, shown=shown)
        elif (text := texts.get((row, place))) and text != problem.cell:
            problem = replace(problem, shown=text)
        address = self.raw.address(row, place) if self.raw.address else None
        if problem.type == "extra-cell" and address:
            return _name_kind(problem, "cell-beside", address)
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


def _name_kind(problem: Problem, code: str, place: str | None) -> Problem:
    """The problem as one of a kind that says more, in its place."""
    return replace(problem, code=code, place=place)


def _readable_rows(grid: Grid) -> Iterator[list[str]]:
    try:
        for _number, row in grid.rows():
            yield row
    except Unreadable:
        return
