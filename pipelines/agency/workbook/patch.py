"""An agency's file with the certain corrections and no other change: a CSV in its own writing, a workbook
part by part."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

from pipelines.agency.corrections import CellCorrection
from pipelines.agency.workbook.front import writable_text
from pipelines.dataset.layout import CsvDialect
from pipelines.read.encoding import Form, codec_of
from pipelines.read.forms.xlsx import cell_address, sheet_part

EPOCHS = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
"""What Excel counts days from; the second in workbooks that say `date1904`."""


def csv_form(path: Path, encoding: str, delimiter: str, dialect: CsvDialect | None) -> Form:
    """How a CSV is written, its mark included."""
    with path.open("rb") as file:
        marked = file.read(3) == b"\xef\xbb\xbf"
    said = dialect or CsvDialect()
    name = "utf-8-sig" if marked else codec_of(encoding)
    return Form(
        name, delimiter, said.quote_char or '"', said.double_quote, said.escape_char, said.skip_initial_space
    )


def rows_above(path: Path, form: Form, header_row: int) -> list[list[str]]:
    """The rows of a CSV that stand above its header."""
    with path.open(encoding=form.encoding, newline="") as file:
        return [row for _number, row in zip(range(header_row - 1), form.rows(file), strict=False)]


def encodable_corrections(form: Form, corrections: Iterable[CellCorrection]) -> list[CellCorrection]:
    """The corrections whose text the file's encoding has letters for."""

    def fits(text: str) -> bool:
        try:
            text.encode(form.encoding)
        except UnicodeError:
            return False
        return True

    return [each for each in corrections if fits(each.after)]


def correct_csv(
    path: Path, form: Form, corrections: Mapping[tuple[int, int], CellCorrection], out: Path
) -> None:
    """Writes the CSV with its own encoding, separator, line ends and habit of quoting; rows without
    corrections keep their cells."""
    with path.open("rb") as file:
        start = file.read(1 << 16)
    text = start.decode(form.encoding, "ignore")
    quoted = text.count(form.quote_char) >= 2 * text.count("\n") and text.lstrip("\ufeff").startswith(
        form.quote_char
    )
    by_row: dict[int, list[CellCorrection]] = {}
    for each in corrections.values():
        by_row.setdefault(each.row, []).append(each)
    with (
        path.open(encoding=form.encoding, newline="") as file,
        out.open("w", encoding=form.encoding, newline="") as target,
    ):
        writer = csv.writer(
            target,
            delimiter=form.delimiter,
            quotechar=form.quote_char,
            doublequote=form.double_quote,
            escapechar=form.escape_char,
            quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
            lineterminator="\r\n" if "\r\n" in text else "\n",
        )
        for number, row in enumerate(form.rows(file), 1):
            for each in by_row.get(number, ()):
                row[each.place] = each.after
            writer.writerow(row)


def correct_workbook(
    path: Path, sheet: str, types: Mapping[str, str], corrections: Iterable[CellCorrection], out: Path
) -> list[CellCorrection]:
    """Writes the workbook with other values in these cells of a sheet; every other part keeps its bytes:
    pictures, macros, charts.

    `types` has the type of each field: a number or a date becomes one. Gives the corrections made: not those
    of formulas. Empty where the sheet cannot be corrected in this way: nothing is written then.
    """
    with zipfile.ZipFile(path) as packed:
        part = sheet_part(packed, sheet)
        if part is None:
            return []
        xml, book = packed.read(part), packed.read("xl/workbook.xml")
        styles = _Styles(packed.read("xl/styles.xml") if "xl/styles.xml" in packed.namelist() else b"")
        epoch = EPOCHS[re.search(rb'date1904="(1|true)"', book) is not None]
        patch = _Patch(
            types, epoch, styles, {cell_address(each.row, each.place).encode(): each for each in corrections}
        )
        changed = patch.apply(xml)
        if not patch.applied:
            return []
        parts = {
            part: changed,
            "xl/styles.xml": styles.to_xml(),
            "xl/workbook.xml": _recalculate_on_opening(book),
        }
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            for each in packed.infolist():
                target.writestr(each, parts.get(each.filename) or packed.read(each), zipfile.ZIP_DEFLATED)
    return patch.applied


class _Patch:
    """The cells of a sheet's XML that get another value."""

    def __init__(
        self, types: Mapping[str, str], epoch: date, styles: _Styles, wanted: Mapping[bytes, CellCorrection]
    ) -> None:
        self.types, self.epoch, self.styles, self.wanted = types, epoch, styles, wanted
        self.applied: list[CellCorrection] = []

    def apply(self, xml: bytes) -> bytes:
        root = re.search(rb"<(\w+:)?worksheet\b", xml)
        self.prefix = (root[1] or b"") if root else b""
        name = re.escape(self.prefix)
        return re.sub(
            rb"<" + name + rb"c\b([^>]*?)(?:/>|>(.*?)</" + name + rb"c>)", self._cell, xml, flags=re.DOTALL
        )

    def _cell(self, found: re.Match[bytes]) -> bytes:
        at = re.search(rb'\br="([A-Z]+\d+)"', found[1])
        correction = self.wanted.get(at[1]) if at else None
        inside = found[2] or b""
        if at is None or correction is None or re.search(rb"<(\w+:)?f\b", inside):
            return found[0]
        self.applied.append(correction)
        style = re.search(rb'\bs="(\d+)"', found[1])
        return self._cell_xml(at[1], int(style[1]) if style else 0, correction)

    def _cell_xml(self, at: bytes, style: int, correction: CellCorrection) -> bytes:
        kind, text, name = self.types.get(correction.field, "string"), correction.after, self.prefix
        if kind == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            days = str((date.fromisoformat(text) - self.epoch).days).encode()
            return b'<%bc r="%b" s="%d"><%bv>%b</%bv></%bc>' % (
                name,
                at,
                self.styles.date_style(style),
                name,
                days,
                name,
                name,
            )
        if kind in ("number", "integer", "year") and re.fullmatch(r"-?\d+(\.\d+)?", text):
            return b'<%bc r="%b" s="%d"><%bv>%b</%bv></%bc>' % (
                name,
                at,
                style,
                name,
                text.encode(),
                name,
                name,
            )
        said = escape(writable_text(text)).encode()
        return b'<%bc r="%b" s="%d" t="inlineStr"><%bis><%bt>%b</%bt></%bis></%bc>' % (
            name,
            at,
            style,
            name,
            name,
            said,
            name,
            name,
            name,
        )


class _Styles:
    """The cell formats of a workbook; those that a date needs are added."""

    def __init__(self, xml: bytes) -> None:
        self.xml = xml
        self.block = re.search(rb"<((?:\w+:)?)cellXfs\b[^>]*>(.*?)</\1cellXfs>", xml, re.DOTALL)
        name = re.escape(self.block[1]) if self.block else b""
        one = re.compile(rb"<" + name + rb"xf\b[^>]*?/>|<" + name + rb"xf\b.*?</" + name + rb"xf>", re.DOTALL)
        self.formats: list[bytes] = one.findall(self.block[2]) if self.block else []
        self.added: dict[int, int] = {}

    def date_style(self, style: int) -> int:
        """The same format, but showing a date (format 14: as the reader's country writes it)."""
        if not style < len(self.formats):
            return style
        if style not in self.added:
            start, mark, rest = self.formats[style].partition(b">")
            closed = b"/" if start.endswith(b"/") else b""
            bare = re.sub(rb'\s(numFmtId|applyNumberFormat)="[^"]*"', b"", start.removesuffix(b"/"))
            self.added[style] = len(self.formats)
            self.formats.append(bare + b' numFmtId="14" applyNumberFormat="1"' + closed + mark + rest)
        return self.added[style]

    def to_xml(self) -> bytes:
        if not self.block or not self.added:
            return self.xml
        name = self.block[1]
        block = b'<%bcellXfs count="%d">%b</%bcellXfs>' % (
            name,
            len(self.formats),
            b"".join(self.formats),
            name,
        )
        return self.xml[: self.block.start()] + block + self.xml[self.block.end() :]


def _recalculate_on_opening(book: bytes) -> bytes:
    """Formulas that look at a corrected cell are worked out when the workbook is opened."""
    return re.sub(rb"(<(?:\w+:)?calcPr\b)(?![^>]*fullCalcOnLoad)", rb'\1 fullCalcOnLoad="1"', book)
