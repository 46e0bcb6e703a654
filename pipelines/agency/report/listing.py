"""The list of every problem of a report, a CSV for a spreadsheet: with its row, what stands there and what to
do."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from messages import ngettext
from pipelines.agency.check import Check
from pipelines.agency.corrections import Corrections, WrongCells, is_of_a_cell
from pipelines.agency.report.groups import Example, ProblemGroup, describe_example
from pipelines.read.places import Places
from pipelines.read.read import Reading
from validation.report import Problem

FoundCells = Mapping[tuple[str, str], tuple[Places, WrongCells]]
"""By table and field what stands in the file where further problems are."""


def write_listing(
    done: Check, found: Sequence[ProblemGroup], into: Path, fixes: Mapping[str, Corrections]
) -> None:
    """Writes the list: UTF-8 with a mark, so that Excel reads its accents. What comes from the agency's file
    is text and nothing else, and what stands beside personal data stays untold. Of problems that were counted
    and not kept the cells are those that `fixes` have, and else are read in the file."""
    cells = _find_cells(found, done.checked.readings, fixes)
    header = (
        *(_("table"), _("severity"), _("problem"), _("column"), _("row"), _("cell")),
        *(_("value"), _("expected"), _("how to put it right")),
    )
    with into.open("wb") as file:
        file.write(f"\ufeff{_as_csv(*header)}\r\n".encode())
        for group in found:
            concealed = done.conceals(group.resource, group.field)
            is_told = not group.place_only and concealed is not None
            known = cells.get((group.resource, group.field or "")) if is_told else None
            file.writelines(_lines(group, known, concealed or frozenset()))


def _find_cells(
    found: Sequence[ProblemGroup], readings: Mapping[str, Reading], fixes: Mapping[str, Corrections]
) -> FoundCells:
    """The cells of further problems; none of tables whose rows were made of columns, nor of what stays
    untold."""
    cells: dict[tuple[str, str], tuple[Places, WrongCells]] = {}
    for name, reading in readings.items():
        places = reading.places
        if places is None or places.grid is not places.raw:
            continue
        known = fixes[name].wrong if name in fixes else {}
        wanted: dict[str, list[int]] = {}
        for group in found:
            if group.resource != name or not group.field or not group.further or group.place_only:
                continue
            if group.field in known and all(is_of_a_cell(problem.kind) for problem in group.problems[:1]):
                cells[name, group.field] = places, known[group.field]
            else:
                wanted.setdefault(group.field, []).extend(group.further)
        for field, read in _read_cells(places, wanted):
            cells[name, field] = places, read
    return cells


def _read_cells(places: Places, wanted: Mapping[str, Sequence[int]]) -> Iterator[tuple[str, WrongCells]]:
    """By field what stands in these rows of the file."""
    there = {field: place for field in wanted if (place := places.column(field)) is not None}
    if not there:
        return
    table = places.file_columns(list(there.values()))
    for column, (field, place) in zip(table.columns[1:], there.items(), strict=False):
        asked = pc.and_(pc.is_in(table.column(0), pa.array(wanted[field], pa.int64())), pc.is_valid(column))
        rows, texts = (each.filter(asked).combine_chunks() for each in (table.column(0), column))
        yield field, WrongCells(place, rows, texts.dictionary_encode())


def _lines(
    group: ProblemGroup, cells: tuple[Places, WrongCells] | None, concealed: Set[int | None]
) -> Iterator[bytes | pa.Buffer]:
    """There may be a hundred thousand: what they have in common is written as CSV once, and those that have
    no words of their own are put together by the column."""
    severity = {
        "critical": _("stops the release"),
        "held": _("holds its row back"),
        "warning": _("worth a look"),
    }[group.severity]
    before = _as_csv(*map(defuse_formula, (group.resource, severity, group.title, group.column or "")))
    remedy = _as_csv(defuse_formula(group.remedy))

    @cache
    def after(value: str, expected: str) -> str:
        return f"{_as_csv(defuse_formula(value), defuse_formula(expected))},{remedy}\r\n"

    for each in _examples(group):
        row, place = each.row or "", _as_csv(defuse_formula(each.cell)) if each.cell else ""
        yield f"{before},{row},{place},{after(each.value or '', each.note or group.expected)}".encode()
    if group.further:
        yield _further_lines(group, cells, concealed, before, lambda value: after(value, group.expected))
    if more := group.count - group.listed_count:
        said = ngettext(
            "and {n} more such problem, whose row was not kept",
            "and {n} more such problems, whose rows were not kept",
            more,
        )
        what = _("Correct these first, then check again.")
        yield f"{before},,,,{_as_csv(defuse_formula(said), defuse_formula(what))}\r\n".encode()


def _examples(group: ProblemGroup) -> Iterator[Example]:
    """Each problem that is kept as people find it in their file; where all is said of the group, what is like
    another in all but its row is worked out once."""
    known: dict[tuple[str | None, str, str | None], Example] = {}
    for problem in group.problems:
        like = (problem.cell, problem.note, problem.shown)
        if like not in known or not _is_told_alike(group, problem):
            known[like] = describe_example(problem, group)
        example = known[like]
        yield Example(problem.row, problem.place, example.value, example.note)


def _is_told_alike(group: ProblemGroup, problem: Problem) -> bool:
    return group.is_uniform and problem.row is not None and bool(problem.cell)


def _further_lines(
    group: ProblemGroup,
    cells: tuple[Places, WrongCells] | None,
    concealed: Set[int | None],
    before: str,
    after: Callable[[str], str],
) -> pa.Buffer:
    """Of the problems that were counted and not kept, whose rows are known: lines that begin and end as is
    said, with the row, the cell's address in a workbook, and what stands there, but in the concealed rows."""
    asked = np.array(group.further, np.int64)
    ends, addresses = pa.array([after("")], pa.large_string()), pa.scalar("", pa.large_string())
    chosen = np.zeros(len(asked), np.int64)
    if cells is not None and len(cells[1].rows):
        places, found = cells
        rows = found.rows.to_numpy()
        at = np.minimum(np.searchsorted(rows, asked), len(rows) - 1)
        there = rows[at] == asked
        told = there & ~np.isin(asked, [row for row in concealed if row is not None])
        chosen = np.where(told, found.texts.indices.to_numpy()[at] + 1, 0)
        texts = found.texts.dictionary.to_pylist()
        ends = pa.array([after(""), *map(after, texts)], pa.large_string())
        if address := places.raw.address:
            known = zip(group.further, there.tolist(), strict=True)
            written = [(is_there and address(row, found.place)) or "" for row, is_there in known]
            addresses = pa.array(written, pa.large_string())
    numbers = pc.cast(pa.array(asked), pa.large_string())
    start, comma, nothing = (pa.scalar(text, pa.large_string()) for text in (f"{before},", ",", ""))
    lines = pc.binary_join_element_wise(
        start, numbers, comma, addresses, comma, ends.take(pa.array(chosen)), nothing
    )
    return lines.buffers()[2]


def _as_csv(*cells: str) -> str:
    """The cells as they stand in the middle of a line."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([*cells, ""])
    return text.getvalue()[: -len(",\r\n")]


@lru_cache(maxsize=4096)
def defuse_formula(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would calculate it (OWASP, "CSV Injection");
    numbers stay as they are."""
    if re.match(r"\s*[=@＝＠\t\r]|\s*[+\-＋－](?![\d.,\s]*%?$)", text):
        return f"'{text}"
    return text
