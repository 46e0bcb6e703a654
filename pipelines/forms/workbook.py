"""Workbooks (XLSX, XLSB, XLS, ODS) → a grid of one of their sheets."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from messages import gettext as _
from messages import ngettext
from pipelines.bounds import Bounds
from pipelines.dataset import Resource
from pipelines.finding import Finding
from pipelines.forms.book import Book, rows_of, trimmed
from pipelines.forms.lines import too_wide
from pipelines.forms.opendocument import looks
from pipelines.forms.packed import opened
from pipelines.forms.sheets import Look, address, parse
from pipelines.forms.xls import looks_of_xls
from pipelines.found.dates import epoch
from pipelines.found.header import Header, find_header
from pipelines.found.known import Known
from pipelines.grid import Grid, Grids, Remark, Unreadable
from pipelines.layout import Layout

NOTES = "Vereda - "
"""Sheets that begin so are ours: what is wrong with the others."""
MACROS = ("xl/vbaProject.bin", "Basic/script-lc.xml")
SHEETS = 40
"""Visible sheets among which the table is looked for: each is opened by a process of its own."""


def workbook(path: Path, kind: str, resource: Resource, room: Path, bounds: Bounds) -> Grids:
    """The sheets of the workbook at `path`, which is of the kind `xlsx`, `xlsb`, `ods` or `xls`; `room` is for what is made of them."""
    room.mkdir(parents=True, exist_ok=True)
    macros, seen = False, dict[str, Look]()
    if kind == "xls":
        seen = looks_of_xls(path)
    else:
        with opened(path, bounds) as packed:
            macros = any(part in packed.namelist() for part in MACROS)
            if kind == "ods":
                seen = looks(packed, bounds)
            for part in packed.namelist():
                if kind == "xlsx" and part.endswith(".xml") and not part.startswith("xl/worksheets/"):
                    parse(packed, part, lambda *_tag: None)
    return _Sheets(Book(path, kind, room, bounds, seen), resource, macros, epoch(path) if kind == "xlsx" else 1900)


@dataclass(frozen=True)
class _Sheets:
    """A workbook: a grid for each layout. `epoch` is the first year of its serial dates."""

    book: Book
    resource: Resource
    macros: bool
    epoch: int

    def __call__(self, layout: Layout) -> Grid:
        known = Known.of(self.resource, layout)
        name, of_sheet = self._named(layout.sheet, known)
        lines, seen = self.book.lines(name), self.book.look(name)
        row, labels, of_header = _header(self.book, name, layout.header_row, known)
        if not labels:
            note = _("sheet {sheet}: row {row}, where the header should be, is empty", sheet=name, row=row)
            raise Unreadable("source-error", note)
        if len(labels) > self.book.bounds.columns:
            raise Unreadable("source-error", too_wide(len(labels), self.book.bounds))
        if unsaved := [place for place in seen.unsaved if place[0] >= row and place[1] < len(labels)]:
            raise Unreadable("source-error", _unsaved(unsaved))
        types = {field["name"]: field["type"] for field in self.resource.schema["fields"]}
        moments = {place for place, label in enumerate(labels) if types.get(layout.labels.get(label, label)) == "datetime"}
        rows = partial(rows_of, lines, row, len(labels), seen.faults, moments)
        findings = (Finding("form", self.book.kind.upper(), 1.0), *of_sheet, *of_header)
        remarks = tuple(self._remarks(seen, row))
        return Grid(tuple(labels), rows, row, sheet=name, address=address, remarks=remarks, findings=findings, epoch=self.epoch)

    def _named(self, wanted: str | None, known: Known) -> tuple[str, tuple[Finding, ...]]:
        """The sheet that is declared, or else the visible one whose header has the most known labels, the first of them."""
        first = self.book.first(wanted)
        own = self.resource.name[:31]  # so a template calls its sheets
        shown = [name for name, visible in self.book.sheets if visible and not name.startswith(NOTES)]
        shown = [name for place, name in enumerate(shown) if place < SHEETS or name == own]
        if len(shown) < 2:
            return wanted or (shown[0] if shown else first), ()
        counts = {name: header.known if (header := find_header(self.book.head(name), known)) else 0.0 for name in shown}
        best = max(counts, key=lambda name: (counts[name], name == own))
        if wanted is not None:
            other = counts[best] > counts.get(wanted, 0.0) + 1
            return wanted, (Finding("sheet", best, 0.9, declared=wanted),) if other else ()
        rivals = [name for name in shown if name != best != own and counts[name] >= counts[best]]
        second = max(count for name, count in counts.items() if name != best)
        confidence = 1 / (len(rivals) + 1) if rivals else 1 - 0.5 ** (2 * (counts[best] - second) + 1)
        return best, (Finding("sheet", best, min(confidence, 0.99), example=", ".join(rivals) if rivals and counts[best] else None),)

    def _remarks(self, seen: Look, header_row: int) -> Iterator[Remark]:
        if self.macros:
            yield Remark("macros-ignored", _("the workbook has macros: they were not run, only its cells were read"))
        if seen.hidden:
            note = ngettext("{n} hidden row was read like the others", "{n} hidden rows were read like the others", seen.hidden)
            yield Remark("hidden-rows", note)
        merged = [name for _first, last, name in seen.merged if last > header_row]
        if merged:
            names = ", ".join(merged[:5]) + (" …" if len(merged) > 5 else "")
            note = _("merged cells ({cells}): what they say counts for the first of them alone, the others are empty", cells=names)
            yield Remark("merged-cells", note)


def _header(book: Book, sheet: str, declared: int | None, known: Known) -> tuple[int, list[str], tuple[Finding, ...]]:
    """The header's row, as it is declared or else found, its labels, and what was found out about it."""
    found = find_header(book.head(sheet), known)
    row = declared or (found.row if found else 1)
    _number, labels = next(islice(rows_of(book.lines(sheet), row - 1, 0, {}, ()), 1), (row, []))
    if declared is None:
        return row, trimmed(list(found.labels), 0) if found and found.merged else labels, tuple(_of_header(found))
    if found and found.row != row and found.known > known.among(labels) + 1:
        return row, labels, (Finding("header-row", str(found.row), found.confidence, declared=str(row)),)
    return row, labels, ()


def _of_header(header: Header | None) -> Iterator[Finding]:
    if header is not None and header.merged:
        yield Finding("header-rows", f"{header.row - 1}–{header.row}", header.confidence)
    elif header is not None and header.row > 1:
        yield Finding("header-row", str(header.row), header.confidence)


def _unsaved(places: Collection[tuple[int, int]]) -> str:
    row, place = min(places)
    return ngettext(
        "{n} formula has no saved result ({cell}); open the workbook in Excel or LibreOffice, save it there and hand that in",
        "{n} formulas have no saved result ({cell} first); open the workbook in Excel or LibreOffice, save it there and hand that in",
        len(places),
        cell=address(row, place),
    )
