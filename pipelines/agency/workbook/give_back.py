"""The agency's own file goes back with notes in its cells, and beside it a copy with the certain
corrections."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from catalog.archive.release import UnknownRelease
from messages import gettext as _
from messages import ngettext
from messages.formats import format_number
from pipelines.agency.check import Check
from pipelines.agency.corrections import MOST, CellCorrection, Corrections
from pipelines.agency.report.groups import CellMark, group_check_problems, mark_cells
from pipelines.agency.report.received import describe_received, forecast_run
from pipelines.agency.workbook.annotate import (
    CELLS,
    NOTED,
    ROWS,
    FileView,
    annotate_workbook,
    lost_parts,
    make_workbook,
)
from pipelines.agency.workbook.front import Front, sort_corrections, write_corrections, write_summary
from pipelines.agency.workbook.patch import (
    correct_csv,
    correct_workbook,
    csv_form,
    encodable_corrections,
    rows_above,
)
from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.read.encoding import Form
from pipelines.read.forms.xlsx import cell_address
from pipelines.read.places import FileCell, Places


@dataclass(frozen=True)
class CorrectedCopy:
    """The corrected copy: where it is, and what was corrected in it."""

    path: Path
    corrections: Sequence[CellCorrection]


def write_back(done: Check, out: Path, fixes: Mapping[str, Corrections]) -> tuple[list[str], Path | None]:
    """Writes the annotated workbook to `out` and the corrected copy beside it; gives a sentence for each, and
    where the copy is. `fixes` are the corrections by resource.

    Raises UnknownRelease where several tables are meant, ValueError where `out` is no .xlsx.
    """
    if out.suffix.lower() != ".xlsx":
        raise ValueError(
            _("{file}: the workbook that goes back is an .xlsx; give it a name that ends so", file=out)
        )
    names = [r.name for r in done.inputs.dataset.resources]
    if done.resource is None and len(names) > 1:
        id = done.inputs.dataset.id
        raise UnknownRelease(
            _(
                "{id} has several resources; name one: {names}",
                id=id,
                names=", ".join(f"{id}/{n}" for n in names),
            )
        )
    resource = done.inputs.dataset.resource(done.resource or names[0])
    places = done.checked.readings[resource.name].places
    if places is None:
        return [_("The file cannot be read as a table, so there is no workbook to write notes in.")], None
    out.parent.mkdir(parents=True, exist_ok=True)
    return _WorkbookWriter(done, resource, places, out).write(fixes[resource.name])


class _WorkbookWriter:
    def __init__(self, done: Check, resource: Resource, places: Places, out: Path) -> None:
        self.done, self.resource, self.places, self.out = done, resource, places, out
        self.path, self.grid = done.inputs.file_of(resource.name), places.raw
        self.found = [group for group in group_check_problems(done) if group.resource == resource.name]
        self.rows = sum(batch.num_rows for batch in places.table.batches())
        self.form = self._form()

    def _form(self) -> Form | None:
        """How the file is written where it is a CSV, and not packed in something."""
        with self.path.open("rb") as file:
            packed = file.read(2) in (b"PK", b"\x1f\x8b")
        if packed or self.grid.delimiter is None or self.grid.encoding is None:
            return None
        reading = self.done.checked.readings[self.resource.name]
        layout = self.resource.pipeline.layouts[reading.layout] if reading.layout is not None else Layout()
        return csv_form(self.path, self.grid.encoding, self.grid.delimiter, layout.dialect)

    def write(self, fixes: Corrections) -> tuple[list[str], Path | None]:
        copy = self._copy(fixes)
        made = copy.corrections if copy else ()
        fixes = replace(fixes, certain={(each.row, each.place): each for each in made})
        marked = mark_cells(self.places, self.found, fixes)
        self._annotate(marked, made, self._notes(marked, fixes, copy))
        said = [_("Your file with notes in it: {place}", place=self.out)]
        if fixes.cut:
            said.append(
                _("There is no corrected copy: too many cells would be in it; the workbook says more.")
            )
        if copy:
            said.append(
                ngettext(
                    "A copy with {n} cell corrected: {place}",
                    "A copy with {n} cells corrected: {place}",
                    len(made),
                    place=copy.path,
                )
            )
        return said, copy.path if copy else None

    def _copy(self, fixes: Corrections) -> CorrectedCopy | None:
        if not fixes.certain or fixes.cut:
            return None  # a column that is half rewritten reads worse than before
        stem = f"{self.out.stem.removesuffix('-anotado')}-corregido"
        if self.form and self._has_stray_quotes:
            return None  # where its rows begin and end is in doubt
        if self.form:
            made = encodable_corrections(self.form, fixes.certain.values())
            path = self.out.with_name(f"{stem}.csv")
            if made:
                correct_csv(self.path, self.form, {(each.row, each.place): each for each in made}, path)
            return CorrectedCopy(path, made) if made else None
        path = self.out.with_name(f"{stem}.xlsx")
        if self._is_xlsx:
            suffix = ".xlsm" if _has_part(self.path, "xl/vbaProject.bin") else ".xlsx"
            types = {field["name"]: field["type"] for field in self.resource.schema["fields"]}
            changed = correct_workbook(
                self.path, self.grid.sheet or "", types, fixes.certain.values(), path.with_suffix(suffix)
            )
            if changed:
                return CorrectedCopy(path.with_suffix(suffix), changed)
        shown = FileView(self._title, self.grid, 0, {})
        make_workbook(path, shown, [], {}, None, {cell: each.after for cell, each in fixes.certain.items()})
        return CorrectedCopy(path, list(fixes.certain.values()))

    @property
    def _has_stray_quotes(self) -> bool:
        reading = self.done.checked.readings[self.resource.name]
        return any(fault.code == "stray-quote" for fault in reading.faults) or any(
            finding.what == "stray-quotes" for finding in reading.findings
        )

    @property
    def _is_xlsx(self) -> bool:
        """Whether the file is an XLSX, that openpyxl opens."""
        return (
            self.grid.sheet is not None
            and zipfile.is_zipfile(self.path)
            and _has_part(self.path, "xl/workbook.xml")
        )

    @property
    def _title(self) -> str:
        return (self.grid.sheet or _("Data"))[:31]

    @property
    def _keeps_workbook(self) -> bool:
        """Whether the agency's own workbook is written in, and not one made of its values."""
        return self._is_xlsx and self.rows * len(self.grid.labels) <= CELLS

    def _annotate(
        self, marked: Mapping[FileCell, CellMark], made: Sequence[CellCorrection], notes: Sequence[str]
    ) -> None:
        if self._keeps_workbook:
            title = self.grid.sheet or ""
            annotate_workbook(
                self.path,
                self.out,
                title,
                marked,
                self._front(made, notes, lambda row, place: _cell_link(title, row, place)),
            )
            return
        shown = FileView(self._title, self.grid, self.rows, marked)
        above = rows_above(self.path, self.form, self.grid.header_row) if self.form else []
        make_workbook(self.out, shown, above, marked, self._front(made, notes, shown.link))

    def _front(
        self, made: Sequence[CellCorrection], notes: Sequence[str], link: Callable[[int, int], str | None]
    ) -> Callable[[Any, Any], None]:
        table = next(each for each in describe_received(self.done) if each.resource == self.resource.name)
        about = [
            (_("Dataset"), self.done.inputs.dataset.title),
            (_("Rows read"), str(table.rows)),
            *table.facts,
        ]
        about += [
            (_("Problems"), str(sum(group.count for group in self.found))),
            (_("Cells corrected in the copy"), str(len(made))),
        ]
        front = Front(
            table.name,
            about,
            forecast_run(self.done),
            self.found,
            self.places,
            sort_corrections(made),
            notes,
            link,
        )

        def fill(summary: Any, listed: Any) -> None:
            write_summary(summary, front)
            write_corrections(listed, front)

        return fill

    def _notes(
        self, marked: Mapping[FileCell, CellMark], fixes: Corrections, copy: CorrectedCopy | None
    ) -> list[str]:
        """What this workbook shows, and what it does not."""
        told = []
        if copy:
            told.append(
                _(
                    "The corrected copy is {file}: look at it, and hand in that one once the rest is right.",
                    file=copy.path.name,
                )
            )
        if fixes.cut:
            told.append(
                _(
                    "More than {n} cells could be corrected, so there is no corrected copy: half of a column "
                    "would be written otherwise than the rest. Correct them where the file is made.",
                    n=format_number(MOST),
                )
            )
        if self._keeps_workbook:
            told.append(
                _(
                    "You can correct the cells here and hand in this workbook: its first two sheets are "
                    "passed over."
                )
            )
            if gone := lost_parts(self.path):
                told.append(_("This copy lacks: {what}. Your own file still has them.", what=", ".join(gone)))
        else:
            told += self._value_notes(marked)
        if unlisted := sum(group.count - len(group.problems) for group in self.found):
            told.append(
                ngettext(
                    "{n} more problem is counted, but not marked: of each kind and column the first 1,000 "
                    "are.",
                    "{n} more problems are counted, but not marked: of each kind and column the first "
                    "1,000 are.",
                    unlisted,
                )
            )
        if len(marked) > NOTED:
            told.append(
                _("The first {n} marked cells have a note; the others have their colour only.", n=NOTED)
            )
        return told

    def _value_notes(self, marked: Mapping[FileCell, CellMark]) -> list[str]:
        shown = FileView(self._title, self.grid, self.rows, marked)
        told = []
        if not shown.whole:
            told.append(
                _(
                    "The file is large: only its header and the rows with a marked cell are shown, each "
                    "with its number in the file."
                )
            )
        if shown.cut:
            told.append(_("Of these rows the first {n} are shown.", n=ROWS))
        if self.form:
            told.append(
                _(
                    "Your CSV is shown as text, cell by cell, so that no code or date changes: correct it "
                    "in your own file."
                )
            )
        elif not self._is_xlsx:
            told.append(
                _(
                    "Of such a workbook only the values are shown, as text; its look and its other sheets "
                    "are in your own file."
                )
            )
        return told


def _cell_link(sheet: str, row: int, place: int) -> str:
    quoted = sheet.replace("'", "''")
    return f"'{quoted}'!{cell_address(row, place)}"


def _has_part(path: Path, part: str) -> bool:
    with zipfile.ZipFile(path) as packed:
        return part in packed.namelist()
