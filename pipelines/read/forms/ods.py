"""The sheets of an ODS are looked at before a reader opens them: one short tag can stand for a million
rows."""

from __future__ import annotations

import zipfile
from typing import Any

from messages import gettext as _
from pipelines.read.forms.xlsx import (
    FAULTS,
    Attributes,
    CellWatcher,
    SheetLook,
    cell_address,
    fault_count_error,
    parse_part,
)
from pipelines.read.grid import Unreadable
from pipelines.settings import Limits

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "


def look_at_ods(packed: zipfile.ZipFile, limits: Limits) -> dict[str, SheetLook]:
    """Each sheet by its name; raises Unreadable where one reaches too far, or no reader should open them."""
    if "META-INF/manifest.xml" in packed.namelist():
        with packed.open("META-INF/manifest.xml") as file:  # OpenDocument 1.3, part 2, 4.8
            if b"encryption-data" in file.read(1_000_000):
                raise Unreadable(
                    "format-error",
                    _("the workbook is locked with a password; save it without one and hand it in again"),
                )
    content = _Content(limits)
    parse_part(packed, "content.xml", content.start)
    content.end_of_row()
    content.end()
    return content.found


class _Content(CellWatcher):
    """Follows the tags of `content.xml` (OpenDocument 1.3, part 3, 9.1) through its sheets. `row` is the
    number of the open row, which stands for `times` rows; `column` counts its cells, up to `width` they hold
    something."""

    def __init__(self, limits: Limits):
        super().__init__(limits)
        self.found: dict[str, SheetLook] = {}
        self.row, self.times, self.column, self.width = 1, 0, 0, 0
        self.hidden = False

    def start(self, parser: Any, tag: str, attributes: Attributes) -> None:
        if tag in ("table-cell", "covered-table-cell"):
            self.close(parser)
            self._cell(attributes)
        elif tag == "p" and self.fault:
            parser.CharacterDataHandler = self.text.append
        elif tag == "table-row":
            self.close(parser)
            self.end_of_row()
            self.times = int(attributes.get(f"{TABLE}number-rows-repeated", 1))
            self.hidden = attributes.get(f"{TABLE}visibility", "visible") != "visible"
        elif tag == "table":
            self.close(parser)
            self.end_of_row()
            self.end()
            self.look, self.row = SheetLook(), 1
            self.found[attributes.get(f"{TABLE}name", "")] = self.look

    def _cell(self, attributes: Attributes) -> None:
        times = int(attributes.get(f"{TABLE}number-columns-repeated", 1))
        formula, kind = f"{TABLE}formula" in attributes, attributes.get(f"{OFFICE}value-type")
        self.place = (self.row, self.column)
        self.column += times
        if kind is not None or formula:
            self.width = self.column
            self.reach(self.row, self.width)
        self.fault = attributes.get(f"{CALC}value-type") == "error"
        self.formula = formula and kind is None
        down, right = (int(attributes.get(f"{TABLE}number-{way}-spanned", 1)) for way in ("rows", "columns"))
        if down > 1 or right > 1:
            row, column = self.place
            self.merge(
                row,
                row + down - 1,
                f"{cell_address(row, column)}:{cell_address(row + down - 1, column + right - 1)}",
            )

    def end_of_row(self) -> None:
        """Counts the open row as often as it stands for; rows that hold nothing count where another one
        follows."""
        if self.width:
            self.reach(self.row + self.times - 1, self.width)
            self.look.filled += self.times
            self.look.hidden += self.times * self.hidden
            for (row, column), text in (
                [item for item in self.look.faults.items() if item[0][0] == self.row]
                if self.times > 1
                else ()
            ):
                if self.times * (len(self.look.faults) + 1) > FAULTS:
                    raise fault_count_error()
                self.look.faults.update({(row + down, column): text for down in range(1, self.times)})
        self.row += self.times
        self.times = self.column = self.width = 0
