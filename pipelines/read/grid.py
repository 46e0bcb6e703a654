"""A grid: the cells of an agency's file once its form (CSV, workbook, answers of an API) no longer matters; a
table with a column for each month becomes one with a row for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from messages import gettext as _
from pipelines.dataset.layout import Layout, Unpivot
from pipelines.dataset.text import is_blank
from pipelines.read.finding import Finding
from validation.patterns import require_time

Rows = Iterator[tuple[int, list[str]]]
Marks = np.ndarray[Any, np.dtype[np.bool_]]
RowNumbers = np.ndarray[Any, np.dtype[np.int64]]
Certain = Callable[[RowNumbers], Marks | None]


def nothing_certain(_place: int, _numbers: RowNumbers) -> Marks | None:
    """What is certain in a file of texts."""
    return None


def nothing_shown(_row: int, _place: int, _cell: str) -> str | None:
    """What is shown of a file of texts."""
    return None


class Unreadable(Exception):
    """The bytes cannot be read as a table, or not beyond `row`; `type` is frictionless's word for it, `code`
    ours where we have one. `findings`: what was found out before that; `for_sender` is said to whoever wrote
    the file in place of `note`, where this speaks of declarations."""

    def __init__(
        self,
        type: str,
        note: str,
        row: int | None = None,
        findings: tuple[Finding, ...] = (),
        code: str | None = None,
        for_sender: str | None = None,
    ):
        self.type, self.note, self.row, self.findings, self.code = type, note, row, findings, code
        self.for_sender = for_sender
        super().__init__(note)


@dataclass(frozen=True)
class Remark:
    """What is worth a look in a raw file, and stops nobody: a word for it, and a sentence."""

    code: str
    note: str


@dataclass(frozen=True)
class RowFault:
    """What is wrong with a row as its file writes it: a code of the register, a sentence that quotes nothing,
    and the text; where that is one cell's, its place (from 0). Without a row, of the whole column there."""

    code: str
    row: int | None
    note: str
    place: int | None = None
    text: str | None = None


@dataclass(frozen=True)
class Grid:
    """The labels of a raw file's header, and the rows below it, all text, under the file's own row numbers
    (from 1, header counted).

    `rows` may be asked for again and again; a row may be shorter or longer than the header. Where the file
    breaks off, `rows` gives what can be read and then raises Unreadable. `address` names a cell (its row's
    number, its place from 0) as its makers do (C7 in a workbook). `encoding`, `delimiter` and `sheet` are
    what was found out, None where there is none; `findings` says how surely, `late` what was found while
    `rows` was last read, and `faults` what was wrong with rows then; `certain` says of a column (its place,
    and the numbers of rows) in which rows a true value of a workbook stands, whose text is not a matter of
    writing; None where there is none. `shown` gives what whoever opens the file sees of a cell, where that is
    another text. `epoch`: the first year of the dates that are written as serial numbers. `blocks` gives the
    same rows in batches of columns, where the file is plain enough."""

    labels: tuple[str, ...]
    rows: Callable[[], Rows]
    header_row: int = 1
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    remarks: tuple[Remark, ...] = ()
    address: Callable[[int, int], str] | None = None
    findings: tuple[Finding, ...] = ()
    late: Callable[[], tuple[Finding, ...]] = tuple
    faults: Callable[[], tuple[RowFault, ...]] = tuple
    certain: Callable[[int, RowNumbers], Marks | None] = nothing_certain
    shown: Callable[[int, int, str], str | None] = nothing_shown
    epoch: int = 1900
    above: tuple[str, ...] = ()
    blocks: Callable[[], Iterator[pa.RecordBatch]] | None = None

    def certain_by_name(self, names: Sequence[str], columns: Sequence[int]) -> dict[str, Certain]:
        """The same of columns with these names, at these places."""
        if self.certain is nothing_certain:
            return {}
        return {name: partial(self.certain, place) for name, place in zip(names, columns, strict=True)}


Grids = Callable[[Layout], Grid]
"""A raw file, to be read by a layout; raises Unreadable where it cannot be."""


class UnpivotedRow(list[str]):
    """The cells of a row that is one group of columns of a row of the file; `origins` has, for each cell, its
    place there (None for what stands in the header)."""

    def __init__(self, cells: Sequence[str], origins: Sequence[int | None]):
        super().__init__(cells)
        self.origins = origins


@dataclass(frozen=True)
class _ColumnGroups:
    """Which columns stay, and for each group what its labels say and where its measures stand (None: the file
    lacks that column)."""

    kept: tuple[int, ...]
    names: tuple[str, ...]
    measures: tuple[str, ...]
    places: Mapping[tuple[str, ...], Mapping[str, int]]


def unpivot_grid(grid: Grid, layout: Layout) -> Grid:
    """The grid with the columns of the layout's `unpivot` turned into rows, in the order of the file's rows,
    then of its columns. All rows of one row have its number. A group of columns whose cells are all empty
    says nothing, and gives no row.

    Raises Unreadable where two columns would be one. A grid without such columns is given back as it is.
    """
    if layout.unpivot is None:
        return grid
    groups = _group_columns(grid.labels, layout.unpivot, layout.ignore)
    if not groups.places:
        return grid
    labels = (*(grid.labels[place] for place in groups.kept), *groups.names, *groups.measures)
    return replace(
        grid,
        labels=labels,
        rows=partial(_unpivot_rows, grid, groups),
        blocks=None,
        certain=partial(_certain_unpivoted, grid, groups),
        faults=partial(_unpivot_faults, grid, groups),
    )


def _group_columns(labels: Sequence[str], unpivot: Unpivot, ignore: Sequence[str]) -> _ColumnGroups:
    pattern = re.compile(unpivot.columns)
    require_time(unpivot.columns, labels)
    names = tuple(name for name in pattern.groupindex if name != "measure")
    found = {
        place: match
        for place, label in enumerate(labels)
        if label not in ignore and (match := pattern.search(label))
    }
    places: dict[tuple[str, ...], dict[str, int]] = {}
    measures: dict[str, None] = {}
    for place, match in found.items():
        measure = unpivot.value if unpivot.value is not None else match["measure"]
        group = places.setdefault(tuple(match[name] or "" for name in names), {})
        if measure in group:
            note = _(
                "the columns {one} and {other} say the same to `unpivot`",
                one=labels[group[measure]],
                other=labels[place],
            )
            raise Unreadable("source-error", note)
        group[measure] = place
        measures[measure] = None
    return _ColumnGroups(
        tuple(place for place in range(len(labels)) if place not in found), names, tuple(measures), places
    )


def measure_of(label: str, layout: Layout) -> str:
    """Of a column that the layout's `unpivot` turns into rows the one that its cells come to stand in; else
    the label itself. Its pattern is one that takes no time on the labels."""
    unpivot = layout.unpivot
    if unpivot is None or label in layout.ignore:
        return label
    match = re.search(unpivot.columns, label)
    if match is None:
        return label
    return unpivot.value if unpivot.value is not None else match["measure"]


def _unpivot_rows(grid: Grid, groups: _ColumnGroups) -> Rows:
    width = len(grid.labels)
    for number, row in grid.rows():
        kept = [row[place] for place in groups.kept if place < len(row)]
        blank = all(map(is_blank, row))
        if len(row) < width or blank:
            # What is wrong with such a row is reported once, of the row as it is.
            yield number, [] if blank else kept
            continue
        extra = row[width:]
        for says, measures in groups.places.items():
            places = [measures.get(measure) for measure in groups.measures]
            cells = ["" if place is None else row[place] for place in places]
            if any(cells) or extra:
                yield (
                    number,
                    UnpivotedRow(
                        [*kept, *says, *cells, *extra], [*groups.kept, *(None for _name in says), *places]
                    ),
                )
                extra = []


def _certain_unpivoted(grid: Grid, groups: _ColumnGroups, place: int, numbers: RowNumbers) -> Marks | None:
    """What is certain in a column of the rows that were made of the file's; `numbers` has all rows that were
    made of a row, or none."""
    made: list[tuple[int, int]] = []
    try:
        for number, row in _unpivot_rows(grid, groups):
            at = row.origins[place] if isinstance(row, UnpivotedRow) else None
            made.append((number, -1 if at is None else at))
    except Unreadable:
        pass
    rows = np.array(made, np.int64).reshape(-1, 2)
    rows = rows[np.isin(rows[:, 0], numbers)]
    found = np.zeros(len(rows), np.bool_)
    for origin in np.unique(rows[:, 1]).tolist():
        here = rows[:, 1] == origin
        marks = grid.certain(origin, rows[here, 0]) if origin >= 0 else None
        found[here] = False if marks is None else marks
    return found if len(found) == len(numbers) and found.any() else None


def _unpivot_faults(grid: Grid, groups: _ColumnGroups) -> tuple[RowFault, ...]:
    """The faults of the file, each in the column that its cell comes to stand in."""
    to = {place: at for at, place in enumerate(groups.kept)}
    first = len(groups.kept) + len(groups.names)
    for measures in groups.places.values():
        to |= {place: first + groups.measures.index(measure) for measure, place in measures.items()}
    return tuple(
        fault if fault.place is None else replace(fault, place=to.get(fault.place)) for fault in grid.faults()
    )


class NamesApart:
    """Gives names of columns that are none of those `taken`, nor given before: with as many asterisks as it
    takes. Thousands of columns may be called alike."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self.last: dict[str, str] = {}

    def name(self, label: str) -> str:
        name = self.last.get(label, label)
        while name in self.taken:
            name += "*"
        self.taken.add(name)
        self.last[label] = name
        return name
