"""Workbooks (XLSX, XLSB, XLS, ODS) become a grid of one of their sheets, read in a process of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isolation.process import Bounds, Raised, Stopped, call
from messages import LANGUAGES, ngettext, speaking
from messages import gettext as _
from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.read.detect.dates import workbook_epoch
from pipelines.read.detect.header import LOOKED_AT, Header, KnownLabels, find_header, merge_labels
from pipelines.read.finding import Finding
from pipelines.read.forms.delimited import describe_too_wide
from pipelines.read.forms.kind import refused_kind_error
from pipelines.read.forms.ods import look_at_ods
from pipelines.read.forms.packed import open_packed
from pipelines.read.forms.sheet_cells import TEXT, SheetBlock, count_filled, read_blocks
from pipelines.read.forms.sheet_labels import labels_of, rows_to_look_at
from pipelines.read.forms.sheet_look import SheetLook, parse_part
from pipelines.read.forms.sheet_rows import SheetRows, trim_cells
from pipelines.read.forms.xls import look_at_xls
from pipelines.read.forms.xlsx import cell_address, first_visible_sheet, look_at_sheet, refuse_far
from pipelines.read.grid import Grid, Grids, Remark, Unreadable
from pipelines.settings import Limits

READER = Path(__file__).with_name("cells.py")


@dataclass
class Book:
    """The workbook at `path`, of the kind `xlsx`, `xlsb`, `ods` or `xls`; `room` is for what is made of it,
    `seen` has what was looked at before: sheets by their names. `sheets` (name, whether it is visible) is
    empty until one was read."""

    path: Path
    kind: str
    room: Path
    limits: Limits
    seen: dict[str, SheetLook] = field(default_factory=dict)
    sheets: tuple[tuple[str, bool], ...] = ()
    read: dict[str, Path] = field(default_factory=dict)
    heads: dict[str, SheetBlock | None] = field(default_factory=dict)

    def open_sheet(self, wanted: str | None) -> str:
        """The name of the sheet that is wanted, or else of the first visible one, which then is read; raises
        Unreadable."""
        name = next((name for name, visible in self.sheets if visible), None) if wanted is None else wanted
        if name in self.read:
            return name
        into = self.room / f"{len(self.read)}.cells"
        with ThreadPoolExecutor(1, thread_name_prefix="sheet") as pool:  # it waits for a process
            reader = pool.submit(self._run_reader, wanted or "", into, self.limits.seconds, 0)
            self._look_beside(wanted)
            told = reader.result()
        if "error" in told:
            raise self._unreadable(told["error"])
        self.sheets = tuple((name, visible) for name, visible in told["sheets"])
        if (sheet := told["sheet"]) is None:
            if wanted is None:
                raise Unreadable(
                    "source-error", _("the workbook has no visible sheet; show the one that is meant")
                )
            there = ", ".join(name for name, _visible in self.sheets)
            raise Unreadable(
                "source-error",
                _("the workbook has no sheet {sheet!r}; it has {names}", sheet=wanted, names=there),
            )
        self.read[sheet] = into
        return str(sheet)

    def cells(self, sheet: str) -> Path:
        """The file with the sheet's cells as its reader wrote them."""
        return self.read[self.open_sheet(sheet)]

    def _look_beside(self, wanted: str | None) -> None:
        """Looks at the sheet that is most likely read while its reader is at work; what is wrong with it is
        told when it is looked at."""
        if self.kind == "xlsx":
            with suppress(Unreadable), open_packed(self.path, self.limits) as packed:
                self.look_at(first_visible_sheet(packed) if wanted is None else wanted)

    def look_at(self, sheet: str) -> SheetLook:
        if sheet not in self.seen:
            look = SheetLook()
            if self.kind == "xlsx":
                with open_packed(self.path, self.limits) as packed:
                    look = look_at_sheet(packed, sheet, self.limits)
            self.seen[sheet] = look
        return self.seen[sheet]

    def head(self, sheet: str, known: KnownLabels) -> list[list[str]]:
        """The first rows of a sheet, known labels as they are shown; none where it cannot be read."""
        if sheet not in self.heads:
            self.heads[sheet] = self._first_rows(sheet)
        block = self.heads[sheet]
        if block is None:
            return []
        rows = rows_to_look_at(block, self._look_at_head(sheet, block), known)
        return [trim_cells(row, 0) for row in rows]

    def _first_rows(self, sheet: str) -> SheetBlock | None:
        cells = self.read.get(sheet)
        if cells is None:
            cells = self.room / f"{len(self.heads)}.head"
            told = self._run_reader(sheet, cells, max(1, self.limits.seconds // 10), LOOKED_AT)
            if told.get("sheet") != sheet:
                return None
        block = next(read_blocks(cells), None)
        return block.slice(0, min(LOOKED_AT, block.count)) if block else None

    def _look_at_head(self, sheet: str, block: SheetBlock) -> SheetLook:
        """What was seen of a sheet, as far as its first rows can need it: labels that are no texts."""
        if sheet in self.seen:
            return self.seen[sheet]
        for row in range(min(HEADERS, block.count)):
            kinds = [int(c.kinds[row]) for c in block.columns if c.texts[row].as_py()]
            if set(kinds) - {TEXT} and kinds.count(TEXT) * 2 > len(kinds):
                with suppress(Unreadable):
                    return self.look_at(sheet)
        return SheetLook()

    def _run_reader(self, sheet: str, into: Path, seconds: int, most: int) -> dict[str, Any]:
        bounds = Bounds(self.limits.memory, seconds, self.limits.unpacked)
        try:
            return dict(call(READER, "read_cells", str(self.path), sheet, str(into), most, bounds=bounds))
        except Stopped:
            return {"error": "large"}
        except Raised:
            return {"error": "unreadable"}

    def _unreadable(self, error: str) -> Unreadable:
        if error == "locked":
            return refused_kind_error("locked")
        if self.kind == "xlsx":
            with open_packed(self.path, self.limits) as packed:
                refuse_far(packed, self.limits)  # tells more of it
        if error == "large":
            note = _(
                "the workbook takes more memory or time to open than it may; clear what stands far from "
                "the table, or hand in CSV"
            )
            return Unreadable("format-error", note)
        note = _(
            "the workbook is damaged and cannot be opened; open it in Excel or LibreOffice, save it again "
            "as .xlsx and hand that in"
        )
        return Unreadable("format-error", note)


def _read_labels(book: Book, sheet: str, row: int, known: KnownLabels) -> list[str]:
    """The labels in a row of a sheet, as far as it holds something."""
    block = next(read_blocks(book.cells(sheet), row - 1), None)
    if block is None:
        return []
    return trim_cells(labels_of(block.slice(0, 1), book.look_at(sheet), known)[0], 0)


def without_guides(names: Sequence[str]) -> list[str]:
    """The sheets without those of a template of ours that nobody fills in: its guide, lists and examples."""
    for each in LANGUAGES:
        with speaking(each):
            guide, lists, example = _("How to fill it in"), _("Lists"), _("Example")
        if guide in names:
            return [name for name in names if name not in (guide, lists) and not name.startswith(example)]
    return list(names)


HEADERS = 5
"""Rows of which one may be the header of a sheet of which nothing is known yet."""
NOTES = "Vereda - "
"""Sheets that begin so are ours: what is wrong with the others."""
MACROS = ("xl/vbaProject.bin", "Basic/script-lc.xml")
SHEETS = 40
"""Visible sheets among which the table is looked for."""
FEW = 5
"""Hidden sheets that are looked at."""


def read_workbook(path: Path, kind: str, resource: Resource, room: Path, limits: Limits) -> Grids:
    """The sheets of the workbook at `path`, which is of the kind `xlsx`, `xlsb`, `ods` or `xls`; `room` is
    for what is made of them."""
    room.mkdir(parents=True, exist_ok=True)
    macros, seen = False, dict[str, SheetLook]()
    if kind == "xls":
        seen = look_at_xls(path)
    else:
        with open_packed(path, limits) as packed:
            macros = any(part in packed.namelist() for part in MACROS)
            if kind == "ods":
                seen = look_at_ods(packed, limits)
            for part in packed.namelist():
                if kind == "xlsx" and part.endswith(".xml") and not part.startswith("xl/worksheets/"):
                    parse_part(packed, part)
    return _SheetGrids(
        Book(path, kind, room, limits, seen),
        resource,
        macros,
        workbook_epoch(path) if kind == "xlsx" else 1900,
    )


def read_sheet_heads(
    path: Path, kind: str, resource: Resource, room: Path, limits: Limits
) -> dict[str, list[list[str]]]:
    """The first rows of each visible sheet of a workbook, by its name; raises Unreadable."""
    grids = read_workbook(path, kind, resource, room, limits)
    assert isinstance(grids, _SheetGrids)
    first = grids.book.open_sheet(None)
    names = [name for name, visible in grids.book.sheets if visible] or [first]
    return {name: grids.book.head(name, KnownLabels()) for name in names[:SHEETS]}


@dataclass(frozen=True)
class _SheetGrids:
    """A workbook: a grid for each layout. `epoch` is the first year of its serial dates."""

    book: Book
    resource: Resource
    macros: bool
    epoch: int

    def __call__(self, layout: Layout) -> Grid:
        known = KnownLabels.of(self.resource, layout)
        name, of_sheet = self._choose_sheet(layout.sheet, known)
        cells, seen = self.book.cells(name), self.book.look_at(name)
        row, labels, of_header = _find_header_row(self.book, name, layout.header_row, known)
        if not labels:
            note = _("sheet {sheet}: row {row}, where the header should be, is empty", sheet=name, row=row)
            raise Unreadable("source-error", note)
        if len(labels) > self.book.limits.columns:
            raise Unreadable("source-error", describe_too_wide(len(labels), self.book.limits))
        labels = [*labels, *_unnamed_columns(cells, row, len(labels))]
        totals = {} if layout.foot is False else dict(_totals_rows(cells, row, seen))
        rows = SheetRows(cells, row, labels, seen, totals)
        rows.want(self.resource, layout)
        left_out = (Finding("totals-row", str(n), 0.99, example=sum) for n, sum in totals.items())
        findings = (Finding("form", self.book.kind.upper(), 1.0), *of_sheet, *of_header, *left_out)
        hidden = () if layout.sheet else self._hidden_rivals(labels, known)
        remarks = (*_describe_rivals(of_sheet), *hidden, *self.remarks(seen, row))
        return Grid(
            tuple(labels),
            rows.rows,
            row,
            sheet=name,
            address=cell_address,
            remarks=remarks,
            findings=findings,
            epoch=self.epoch if self.book.kind == "xlsx" else seen.epoch,
            faults=rows.faults,
            certain=rows.certain,
            shown=rows.shown_text,
            above=() if row == 1 else tuple(_read_labels(self.book, name, row - 1, known)),
            blocks=rows.blocks,
        )

    def _choose_sheet(self, wanted: str | None, known: KnownLabels) -> tuple[str, tuple[Finding, ...]]:
        """The sheet that is declared, or else the visible one whose header has the most known labels, the
        first of them."""
        first = self.book.open_sheet(wanted)
        own = self.resource.name[:31]  # so a template calls its sheets
        names = [name for name, visible in self.book.sheets if visible and not name.startswith(NOTES)]
        shown = without_guides(names)
        shown = [name for place, name in enumerate(shown) if place < SHEETS or name == own]
        if len(shown) < 2:
            return wanted or (shown[0] if shown else first), ()
        counts = {
            name: header.known if (header := find_header(self.book.head(name, known), known)) else 0.0
            for name in shown
        }
        best = max(counts, key=lambda name: (counts[name], name == own))
        if wanted is not None:
            other = counts[best] > counts.get(wanted, 0.0) + 1
            return wanted, (Finding("sheet", best, 0.9, declared=wanted),) if other else ()
        rivals = [name for name in shown if name != best != own and counts[name] >= counts[best]]
        second = max(count for name, count in counts.items() if name != best)
        confidence = 1 / (len(rivals) + 1) if rivals else 1 - 0.5 ** (2 * (counts[best] - second) + 1)
        return best, (
            Finding(
                "sheet",
                best,
                min(confidence, 0.99),
                example=", ".join(rivals) if rivals and counts[best] else None,
            ),
        )

    def _hidden_rivals(self, labels: Sequence[str], known: KnownLabels) -> Iterator[Remark]:
        """What is told of hidden sheets that hold the columns of the one that is read."""
        names = without_guides([name for name, _visible in self.book.sheets if not name.startswith(NOTES)])
        hidden = {name for name, visible in self.book.sheets if not visible}
        for name in [name for name in names if name in hidden][:FEW]:
            header = find_header(self.book.head(name, known), known)
            if header is not None and header.known and header.known >= known.count_among(labels):
                note = _("the hidden sheet “{sheet}” has the same columns, and was not read", sheet=name)
                yield Remark("sheets-unread", note)

    def remarks(self, seen: SheetLook, header_row: int) -> Iterator[Remark]:
        if self.macros:
            yield Remark(
                "macros-ignored", _("the workbook has macros: they were not run, only its cells were read")
            )
        if self.book.kind == "xlsb":
            note = _(
                "how an XLSB shows its numbers is not read: a percentage comes as 0.55, and a code without "
                "the zeros before it"
            )
            yield Remark("formats-unread", note)
        if seen.hidden:
            note = ngettext(
                "{n} hidden row was read like the others",
                "{n} hidden rows were read like the others",
                seen.hidden,
            )
            yield Remark("hidden-rows", note)
        if seen.hidden_columns:
            note = ngettext(
                "{n} hidden column was read like the others",
                "{n} hidden columns were read like the others",
                seen.hidden_columns,
            )
            yield Remark("hidden-columns", note)
        if seen.conditional:
            note = _(
                "rules (conditional formats) show numbers of {cells} in a format of their own, which was not "
                "read",
                cells=", ".join(seen.conditional[:5]) + (" …" if len(seen.conditional) > 5 else ""),
            )
            yield Remark("rules-unread", note)
        merged = [name for _first, last, name in seen.merged if last > header_row]
        if merged:
            names = ", ".join(merged[:5]) + (" …" if len(merged) > 5 else "")
            note = _(
                "merged cells ({cells}): what they say counts for the first of them alone, the others are "
                "empty",
                cells=names,
            )
            yield Remark("merged-cells", note)


def _describe_rivals(of_sheet: Iterable[Finding]) -> Iterator[Remark]:
    """What is told of sheets that hold the same columns as the one that is read."""
    for finding in of_sheet:
        if finding.example:
            note = _(
                "only the sheet “{sheet}” was read; the same columns stand in {others} as well",
                sheet=finding.value,
                others=finding.example,
            )
            yield Remark("sheets-unread", note)


def _find_header_row(
    book: Book, sheet: str, declared: int | None, known: KnownLabels
) -> tuple[int, list[str], tuple[Finding, ...]]:
    """The header's row, as it is declared or else found, its labels, and what was found out about it."""
    found = find_header(book.head(sheet, known), known)
    row = declared or (found.row if found else 1)
    labels = _read_labels(book, sheet, row, known)
    if declared is None:
        if found and found.merged:
            labels = trim_cells(list(merge_labels(_read_labels(book, sheet, row - 1, known), labels)), 0)
        return row, labels, tuple(_header_findings(found))
    if found and found.row != row and found.known > known.count_among(labels) + 1:
        return row, labels, (Finding("header-row", str(found.row), found.confidence, declared=str(row)),)
    return row, labels, ()


def _totals_rows(cells: Path, header_row: int, seen: SheetLook) -> Iterator[tuple[int, str]]:
    """The totals rows of tables that the workbook knows, and the first cell of each; one that is called so is
    found like any other."""
    for first, last in seen.totals:
        block = next(read_blocks(cells, last - 1), None) if first == header_row < last else None
        if block is not None and block.count:
            row = block.slice(0, 1)
            filled = [column for column in row.columns if column.texts[0].as_py().strip()]
            if filled and all(column.kinds[0] != TEXT for column in filled):
                yield last, filled[0].texts[0].as_py()


def _unnamed_columns(cells: Path, header_row: int, width: int) -> list[str]:
    """A label that is empty for each column behind the last label, up to the last one that is filled like the
    others; single cells there are notes."""
    most, beyond = count_filled(cells, header_row, width)
    filled = [place for place, count in beyond.items() if 2 * count > most]
    return [""] * (max(filled, default=width - 1) + 1 - width)


def _header_findings(header: Header | None) -> Iterator[Finding]:
    if header is not None and header.merged:
        yield Finding("header-rows", f"{header.row - 1}–{header.row}", header.confidence)
    elif header is not None and header.row > 1:
        yield Finding("header-row", str(header.row), header.confidence)
