"""A grid: what an agency's file holds once its form (CSV, workbook, answers of an API) no longer matters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipelines.finding import Finding
from pipelines.layout import Layout

Rows = Iterator[tuple[int, list[str]]]


class Unreadable(Exception):
    """The bytes cannot be read as a table, or not beyond `row`; `type` is frictionless's word for it."""

    def __init__(self, type: str, note: str, row: int | None = None):
        self.type, self.note, self.row = type, note, row
        super().__init__(note)


@dataclass(frozen=True)
class Remark:
    """What is worth a look in a raw file, and stops nobody: a word for it, and a sentence."""

    code: str
    note: str


@dataclass(frozen=True)
class Grid:
    """The labels of a raw file's header, and the rows below it, all text, under the file's own row numbers (from 1, header counted).

    `rows` may be asked for again and again; a row may be shorter or longer than the header. Where the file breaks off, `rows` gives
    what can be read and then raises Unreadable. `address` names a cell (its row's number, its place from 0) as its makers do (C7 in a
    workbook). `encoding`, `delimiter` and `sheet` are what was found out, None where there is none; `findings` has how sure that is.
    """

    labels: tuple[str, ...]
    rows: Callable[[], Rows]
    header_row: int = 1
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    remarks: tuple[Remark, ...] = ()
    address: Callable[[int, int], str] | None = None
    findings: tuple[Finding, ...] = ()


Grids = Callable[[Layout], Grid]
"""A raw file, to be read by a layout; raises Unreadable where it cannot be."""
