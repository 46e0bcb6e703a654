"""The XML of a workbook's sheets is looked at before a reader opens it: how far they reach, and what readers
leave out."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Mapping
from posixpath import normpath
from typing import Any

from messages import gettext as _
from pipelines.read.forms.date_format import BUILT_IN as DATES
from pipelines.read.forms.date_format import parse_date_format
from pipelines.read.forms.number_format import BUILT_IN, parse_format, parse_text_format
from pipelines.read.forms.sheet_look import ALONE, COLUMNS, FAULTS, Attributes, SheetLook, parse_part
from pipelines.read.forms.xlsx_scan import scan_sheet
from pipelines.read.grid import Unreadable
from pipelines.settings import Limits

FEW_TABLES = 100
"""Tables of a sheet that are looked at."""
TEXTS = ("s", "str", "inlineStr")
"""Kinds of cells that hold a text."""


def look_at_sheet(packed: zipfile.ZipFile, sheet: str, limits: Limits) -> SheetLook:
    """The sheet of an XLSX; raises Unreadable where it reaches too far or no reader should open it."""
    part = sheet_part(packed, sheet)
    if part is None:
        return SheetLook()
    formats, rules = number_formats(packed), rule_formats(packed)
    look = scan_sheet(packed, part, formats, limits, rules)
    look = look or watch_sheet(packed, part, formats, limits, rules)
    look.totals = _totals_rows(packed, part)
    return look


def watch_sheet(
    packed: zipfile.ZipFile,
    part: str,
    formats: Mapping[str, str],
    limits: Limits,
    rules: Collection[str] = (),
) -> SheetLook:
    """The same of a sheet's part, tag by tag, however it is written."""
    seen = _SheetWatcher(limits, formats, rules)
    parse_part(packed, part, seen.start)
    seen.end()
    seen.look.hide_columns(seen.hidden_columns)
    return seen.look


def number_formats(packed: zipfile.ZipFile) -> dict[str, str]:
    """The codes of the formats of an XLSX's numbers and days, by the style of a cell; only plain ones."""
    codes = {str(number): code for number, code in {**BUILT_IN, **DATES}.items()}
    styles: list[str] = []
    inside = False

    def start(_parser: Any, tag: str, attributes: Attributes) -> None:
        nonlocal inside
        if tag == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag in ("cellXfs", "cellStyleXfs", "dxfs", "cellStyles"):
            inside = tag == "cellXfs"
        elif tag == "xf" and inside:
            styles.append(attributes.get("numFmtId", "0"))

    if "xl/styles.xml" in packed.namelist():
        parse_part(packed, "xl/styles.xml", start)
    named = {str(place): codes[number] for place, number in enumerate(styles) if number in codes}
    parsers = (parse_format, parse_date_format, parse_text_format)
    return {style: code for style, code in named.items() if any(parse(code) for parse in parsers)}


def rule_formats(packed: zipfile.ZipFile) -> frozenset[str]:
    """The numbers of those looks of an XLSX's rules (conditional formats) that show numbers in a format of
    their own."""
    found: set[str] = set()
    looks = 0
    inside = False

    def start(_parser: Any, tag: str, attributes: Attributes) -> None:
        nonlocal looks, inside
        if tag in ("dxfs", "tableStyles"):
            inside = tag == "dxfs"
        elif tag == "dxf" and inside:
            looks += 1
        elif tag == "numFmt" and inside and parse_format(attributes.get("formatCode", "")):
            found.add(str(looks - 1))

    if "xl/styles.xml" in packed.namelist():
        parse_part(packed, "xl/styles.xml", start)
    return frozenset(found)


def _totals_rows(packed: zipfile.ZipFile, part: str) -> list[tuple[int, int]]:
    """Of a sheet's tables (ECMA-376, part 1, 18.5) that end with a totals row the first and the last row."""
    folder, _sign, name = part.rpartition("/")
    relations, found = f"{folder}/_rels/{name}.rels", list[tuple[int, int]]()
    parts: list[str] = []

    def relation(_parser: Any, tag: str, attributes: Attributes) -> None:
        if tag == "Relationship" and attributes.get("Type", "").endswith("/table"):
            target = attributes.get("Target", "")
            parts.append(normpath(target if target.startswith("/") else f"{folder}/{target}").lstrip("/"))

    def table(_parser: Any, tag: str, attributes: Attributes) -> None:
        rows = re.findall(r"[0-9]+", attributes.get("ref", "")) if tag == "table" else []
        if len(rows) == 2 and attributes.get("totalsRowCount", "0") != "0":
            found.append((int(rows[0]), int(rows[1])))

    if relations in packed.namelist():
        parse_part(packed, relations, relation)
    for each in parts[:FEW_TABLES]:
        if each in packed.namelist():
            parse_part(packed, each, table)
    return found


def refuse_far(packed: zipfile.ZipFile, limits: Limits) -> None:
    """Raises Unreadable where a sheet of an XLSX reaches too far, or no reader should open it."""
    for part in packed.namelist():
        if part.startswith("xl/worksheets/") and part.endswith(".xml"):
            seen = _SheetWatcher(limits)
            parse_part(packed, part, seen.start)
            seen.end()


def sheet_part(packed: zipfile.ZipFile, sheet: str) -> str | None:
    """The part of an XLSX that holds a sheet."""
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= set(packed.namelist()):
        return None
    ids: dict[str, str] = {}
    targets: dict[str, str] = {}

    def book(_parser: Any, tag: str, attributes: Attributes) -> None:
        if tag == "sheet":
            id = next((value for key, value in attributes.items() if key.endswith(" id")), "")
            ids.setdefault(attributes.get("name", ""), id)

    def relations(_parser: Any, tag: str, attributes: Attributes) -> None:
        if tag == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    parse_part(packed, "xl/workbook.xml", book)
    parse_part(packed, "xl/_rels/workbook.xml.rels", relations)
    target = targets.get(ids.get(sheet, ""), "")
    name = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return name if name in packed.namelist() else None


def first_visible_sheet(packed: zipfile.ZipFile) -> str:
    """The name of the first sheet of an XLSX that is not hidden; "" where there is none."""
    names: list[str] = []

    def book(_parser: Any, tag: str, attributes: Attributes) -> None:
        if tag == "sheet" and attributes.get("state", "visible") == "visible":
            names.append(attributes.get("name", ""))

    if "xl/workbook.xml" in packed.namelist():
        parse_part(packed, "xl/workbook.xml", book)
    return names[0] if names else ""


class CellWatcher:
    """What the two forms of sheets share: an open cell whose text matters, closed by the next tag that begins
    another."""

    def __init__(self, limits: Limits):
        self.look, self.limits = SheetLook(), limits
        self.fault = self.formula = False
        self.place = (1, 0)
        self.text: list[str] = []

    def reach(self, rows: int, columns: int) -> None:
        """Notes the last row and column (as numbers from 1) that hold something; raises Unreadable where that
        is too far."""
        look = self.look
        look.rows, look.columns = max(look.rows, rows), max(look.columns, columns)
        if look.rows * look.columns > self.limits.cells:
            raise self._far()

    def _far(self) -> Unreadable:
        note = _(
            "a sheet spans {rows} rows and {columns} columns; clear what stands far from the table",
            rows=self.look.rows,
            columns=self.look.columns,
        )
        return Unreadable("format-error", note)

    def end(self) -> None:
        """Notes what is open still; raises Unreadable where a cell stands alone, far below the others."""
        self.close()
        if self.look.rows > ALONE and self.look.filled * 100 < self.look.rows:
            raise self._far()

    def close(self, parser: Any = None) -> None:
        """Notes the cell that was open, if it holds an error, or a formula without its result."""
        if self.fault:
            self.look.faults[self.place] = "".join(self.text).strip()
            if len(self.look.faults) > FAULTS:
                raise fault_count_error()
        elif self.formula and not "".join(self.text).strip() and len(self.look.unsaved) < FAULTS:
            self.look.unsaved.append(self.place)
        self.fault = self.formula = False
        self.text = []
        if parser is not None:
            parser.CharacterDataHandler = None


class _SheetWatcher(CellWatcher):
    """Follows the tags of one sheet of an XLSX (ECMA-376, part 1, 18.3.1); places that are not written follow
    one another."""

    row = column = 0
    number = True

    def __init__(self, limits: Limits, formats: Mapping[str, str] | None = None, rules: Collection[str] = ()):
        super().__init__(limits)
        self.rules, self.range = rules, ""
        self.columns: dict[str, int] = {}
        self.hidden_columns: list[range] = []
        self.formats = formats or {}

    def start(self, parser: Any, tag: str, attributes: Attributes) -> None:
        if tag == "c":
            if self.fault or self.formula:
                self.close(parser)
            self._cell(attributes)
        elif tag == "row":
            self.row, self.column = int(attributes.get("r") or self.row + 1), 0
            self.look.hidden += attributes.get("hidden") in ("1", "true")
            self.look.filled += 1
            self.reach(self.row, 1)
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = (min(int(attributes.get(end, 1)), COLUMNS) for end in ("min", "max"))
            self.hidden_columns.append(range(first, last + 1))
        elif tag == "f":
            self.formula = self.number
        elif tag == "v" and (self.formula or self.fault):
            parser.CharacterDataHandler = self.text.append
        elif tag == "mergeCell":
            self.look.merge_range(attributes.get("ref", ""))
        elif tag in ("conditionalFormatting", "cfRule"):
            self._rule(attributes)
        elif tag == "extLst":  # what it has is of other names: an `f` is no cell's
            self.close(parser)
            self.number = False

    def _rule(self, attributes: Attributes) -> None:
        self.range = attributes.get("sqref", self.range)
        if attributes.get("dxfId") in self.rules:
            self.look.note_rule(self.range)

    def _cell(self, attributes: Attributes) -> None:
        self.column += 1
        if name := attributes.get("r"):
            letters = name.rstrip("0123456789")
            if letters not in self.columns:
                self.columns[letters] = column_number(letters)
            self.row, self.column = int(name[len(letters) :]), self.columns[letters]
        kind = attributes.get("t")
        self.fault, self.number = kind == "e", kind in (None, "n")
        self.place = (self.row, self.column - 1)
        code = self.formats.get(attributes.get("s", ""), "")
        if code and (self.number or (kind in TEXTS and parse_text_format(code))):
            self.look.mark_format(code, self.row, self.column - 1)
        if self.column > self.look.columns or self.row > self.look.rows:
            self.reach(self.row, self.column)


def fault_count_error() -> Unreadable:
    return Unreadable(
        "format-error", _("more than {n} cells hold an error (as #REF!); correct the formulas", n=FAULTS)
    )


def column_number(letters: str) -> int:
    """A → 1, Z → 26, AA → 27; raises ValueError for what no sheet has."""
    if not re.fullmatch("[A-Z]{1,3}", letters):
        raise ValueError(letters)
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def cell_address(row: int, place: int) -> str:
    """A1, B1 … Z1, AA1 …"""
    letters, place = "", place + 1
    while place:
        place, letter = divmod(place - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"
