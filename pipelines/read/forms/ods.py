"""The sheets of an ODS are looked at before a reader opens them: one short tag can stand for a million
rows."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from messages import gettext as _
from pipelines.read.detect.numbers import parse_number
from pipelines.read.forms.date_format import parse_date_format
from pipelines.read.forms.number_format import parse_format
from pipelines.read.forms.ods_styles import cell_formats
from pipelines.read.forms.sheet_look import FAULTS, TOKEN, Attributes, SheetLook, parse_part
from pipelines.read.forms.xlsx import CellWatcher, cell_address, fault_count_error
from pipelines.read.grid import Unreadable
from pipelines.settings import Limits

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
BREAKS = {"tab": "\t", "line-break": "\n", "s": " "}
SPACES = 1_000
"""Spaces in a row that a cell may have."""
PERCENT = "0.##########%"
DAY = "d/m/yyyy"
"""The code of days that have no style, and show no time."""
HIDDEN = ";;;"
"""The code of cells that show nothing."""
NULL_DATE = "1904"
"""The year from which days are counted, where it is not 1899 or 1900."""
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
    content = Content(limits, cell_formats(packed))
    rows = PlainRows(content)
    parse_part(packed, "content.xml", content.start, content.finish, split=rows.split)
    content.end_of_row()
    content.end_of_table()
    for look in content.found.values():
        look.epoch = content.epoch
    return content.found


TIME = re.compile(
    r"(?P<sign>-?)P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?"
    r"(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?"
)
PADDED = re.compile(r"0\d+|\d+(-\d+)+")
CLOSED = ("collapse", "filter")
NOTED = ("float", "percentage", "currency", "date")


def _matters(code: str) -> bool:
    """Whether a format shows more of a number than its digits and their marks, or not all of a day."""
    form, days = parse_format(code), parse_date_format(code)
    if form is None:
        return days is not None and days.shows != set("ymd")
    return form.shows_codes or any(each is None or each.says_more for each in form.sections)


def _is_plain(code: str) -> bool:
    """Whether a format says how a number looks, and what is shown of it follows from that."""
    form = parse_format(code)
    return form is not None and not form.first.general and not _matters(code)


def _clock(time: str) -> str | None:
    """A time or duration (XML Schema, part 2, 3.2.6) in hours, minutes and seconds, of which a workbook shows
    thousandths at most."""
    match = TIME.fullmatch(time)
    if match is None or not any(match[part] for part in ("days", "hours", "minutes", "seconds")):
        return None
    hours, minutes = (int(match[part] or 0) for part in ("hours", "minutes"))
    total = Decimal((match["seconds"] or "0").replace(",", ".")) + 60 * minutes
    total += 3600 * (hours + 24 * int(match["days"] or 0))
    whole, thousandths = divmod(round(total * 1000), 1000)
    fraction = f".{thousandths:03}".rstrip("0") if thousandths else ""
    return f"{match['sign']}{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{fraction}"


_STYLE = rb'(?: table:style-name="%b[^"<]*")?'
_FORMULA = rb'(?: table:formula="[^"<]*")?'
_VALUES = (
    (rb"", rb"string", rb"[^<]*"),
    (rb' office:value="[^"<]*"', rb"float", rb"-?(?!0[0-9])[0-9., $]*(?:E[+-][0-9]+)?"),
    (rb' office:date-value="[^"<T]*"', rb"date", rb"[^<]*"),
    (rb' office:boolean-value="[^"<]*"', rb"boolean", rb"[^<]*"),
)
"""Cells of which nothing is noted but that they are there: an attribute, a kind, what they show."""
_CELL = rb"|".join(
    rb'office:value-type="%b"%b(?: calcext:value-type="%b")?><text:p>%b</text:p></table:table-cell>'
    % (kind, attribute, kind, shown)
    for attribute, kind, shown in _VALUES
)
_ANY = _STYLE % b""
_EMPTY = rb"<table:table-cell%b/>" % _ANY
_TIMES = rb'<table:table-cell%b(?: table:number-columns-repeated="[0-9]+")?/>' % _ANY
_STYLED = re.compile(
    rb'<table:table-cell(?: table:style-name="([^"<]*)")?(?: table:formula="[^"<]*")?'
    rb'(?: office:value-type="(float)")?'
)
ROW_START, ROW_END = b"<table:table-row", b"</table:table-row>"


def plain_row(noted: Collection[str]) -> re.Pattern[bytes]:
    """Rows of cells of which nothing is noted but that they are there; none has one of the styles that are to
    be `noted`."""
    names = b"|".join(re.escape(name.encode()) for name in sorted(noted))
    style = _STYLE % (b'(?!(?:%b)")' % names if names else b"")
    filled = rb"<table:table-cell%b%b (?:%b)" % (style, _FORMULA, _CELL)
    return re.compile(
        rb"\s*<table:table-row%b>((?:(?:%b)*+%b)*+)(?:%b)*+</table:table-row>"
        % (_ANY, _EMPTY, filled, _TIMES)
    )


class PlainRows:
    """Takes the XML apart: rows of which nothing is noted but how wide they are need not be followed tag by
    tag."""

    def __init__(self, content: Content):
        self.content, self.pending = content, b""
        self.plain = plain_row(content.noted)

    def split(self, parser: Any, block: bytes) -> Iterator[tuple[bytes, bool]]:
        """The pieces of the blocks up to this one, as far as rows in them are whole, and whether they are to
        be followed."""
        data = self.pending + block
        end = data.rfind(ROW_END) + len(ROW_END) if block and ROW_END in data else 0
        end = end or (0 if ROW_START in data and block and len(data) < TOKEN // 2 else len(data))
        self.pending, place, start = data[end:], 0, 0
        while place < end:
            row = None if self.content.styled else self.plain.match(data, place, end)
            if row is None:
                behind = data.find(ROW_END, place, end)
                behind = behind + len(ROW_END) if behind >= 0 else end
                begin = data.rfind(ROW_START, place, behind)
                # What stands before the first row is no row; a row that is not plain is followed whole.
                place = begin if begin > place and self.plain.match(data, begin, end) else behind
                continue
            if start < place:
                yield data[start:place], True
                start = place
                if self.content.styled:  # so says what was told just now
                    continue
            rows, start = [], place
            while row is not None:
                rows.append(row[1])
                place = row.end()
                row = self.plain.match(data, place, end)
            self.content.take_plain_rows(parser, rows)
            yield data[start:place], False
            start = place
        if start < end:
            yield data[start:end], True


class Content(CellWatcher):
    """Follows the tags of `content.xml` (OpenDocument 1.3, part 3, 9.1) through its sheets. `row` is the
    number of the open row, which stands for `times` rows; `column` counts its cells, up to `width` they hold
    something. Of the open cell `kind` is what its value is, `paragraphs` how many it has; what becomes of
    its text is noted when the row ends. `formats` says by the names of styles how cells are shown; `noted`
    are those that matter, and `styled` says that whole columns of the sheet, or rows, have one of them.
    `plain` are styles of which no more is told than how a number looks. `epoch` is the first year of its
    days."""

    def __init__(self, limits: Limits, formats: Mapping[str, str] | None = None):
        super().__init__(limits)
        self.formats = formats or {}
        self.noted = frozenset(name for name, code in self.formats.items() if _matters(code))
        self.plain = {name: code for name, code in self.formats.items() if _is_plain(code)}
        self.styled, self.epoch = False, 1900
        self.defaults, self.row_style, self.style = list[tuple[range, str]](), "", ""
        self.plain_text: str | None = None
        self.found: dict[str, SheetLook] = {}
        self.row, self.times, self.column, self.width = 1, 0, 0, 0
        self.hidden, self.note = False, False
        self.kind: str | None = None
        self.time = self.unit = ""
        self.paragraphs, self.split, self.repeat = 0, False, 1
        self.columns, self.hidden_columns = 1, list[range]()
        self.marks: list[tuple[str, int]] = []
        self.words: list[tuple[bool, int, str]] = []

    def start(self, parser: Any, tag: str, attributes: Attributes) -> None:
        if tag in ("table-cell", "covered-table-cell"):
            self.close(parser)
            self._cell(attributes)
        elif tag == "annotation":
            self.note = True
        elif tag == "p" and not self.note and (self.fault or self.kind is not None):
            self.text += ["\n"] if self.paragraphs else []
            self.paragraphs += 1
            parser.CharacterDataHandler = self.text.append
        elif tag in BREAKS and parser.CharacterDataHandler is not None:
            self.text.append(BREAKS[tag] * min(int(attributes.get(f"{TEXT}c", 1)), SPACES))
            self.split = self.split or tag != "s"
        elif tag == "table-row":
            self.close(parser)
            self.end_of_row()
            self.times = int(attributes.get(f"{TABLE}number-rows-repeated", 1))
            self.row_style = self._default_style(attributes)
            self.hidden = attributes.get(f"{TABLE}visibility", "visible") != "visible"
        elif tag == "table-column":
            self._column(attributes)
        elif tag == "table":
            self.close(parser)
            self.end_of_row()
            self.end_of_table()
            self.look, self.row, self.columns = SheetLook(), 1, 1
            self.styled, self.defaults, self.row_style = False, [], ""
            self.found[attributes.get(f"{TABLE}name", "")] = self.look
        elif tag == "null-date" and attributes.get(f"{TABLE}date-value", "").startswith(NULL_DATE):
            self.epoch = int(NULL_DATE)

    def _column(self, attributes: Attributes) -> None:
        times = int(attributes.get(f"{TABLE}number-columns-repeated", 1))
        if style := self._default_style(attributes):
            self.defaults.append((range(self.columns - 1, self.columns - 1 + times), style))
        if attributes.get(f"{TABLE}visibility") in CLOSED:
            self.hidden_columns.append(range(self.columns, self.columns + times))
        self.columns += times

    def _default_style(self, attributes: Attributes) -> str:
        """The style of the cells of a column or row that have none themselves, if it matters."""
        style = attributes.get(f"{TABLE}default-cell-style-name", "")
        self.styled = self.styled or style in self.noted
        return style if style in self.formats else ""

    def finish(self, parser: Any, tag: str) -> None:
        if tag == "annotation":
            self.note = False
        elif tag == "p":
            parser.CharacterDataHandler = None
        elif tag == "table-cell":
            self._note_text()

    def _note_text(self) -> None:
        """What the cell that ends shows, where a reader would give something else."""
        text, place = "".join(self.text), self.place[1]
        for at in range(place, place + (self.repeat if self.kind else 0)):
            code, said = self._looks(at, text)
            if code:
                self.marks.append((code, at))
            if said is not None:
                self.words.append((self.kind in ("time", "string"), at, said))
        self.kind = None
        if not self.fault:
            self.text = []

    def _looks(self, place: int, text: str) -> tuple[str | None, str | None]:
        """How the open cell is shown, if that matters, and what is to be noted of it."""
        if self.kind == "time":
            return self._code_at(place), _clock(self.time)
        if self.kind == "string":
            if self.plain_text and not text.strip():
                return HIDDEN, self.plain_text
            return None, text if self.split or self.plain_text not in (None, text) else None
        code = (self._code_at(place) if self.kind in NOTED else None) or self._code_by_text(text)
        return code, text if code else None

    def _code_by_text(self, text: str) -> str | None:
        """How a cell without a style is shown, as far as what it shows says it."""
        if self.kind == "date":
            return DAY if "T" in self.time and ":" not in text else None
        if self.kind == "percentage":
            return PERCENT
        if self.kind == "currency":
            number = parse_number(text)
            return f"[${self.unit or (number and number.unit) or ''}] 0"
        return "00" if self.kind == "float" and PADDED.fullmatch(text) else None

    def _code_at(self, place: int) -> str | None:
        """How the open cell is shown, as far as its style says it, or else its row's or its column's."""
        if self.style:
            return self.formats.get(self.style)
        columns = (style for those, style in self.defaults if place in those)
        return self.formats.get(self.row_style or next(columns, ""))

    def _cell(self, attributes: Attributes) -> None:
        times = int(attributes.get(f"{TABLE}number-columns-repeated", 1))
        formula, kind = f"{TABLE}formula" in attributes, attributes.get(f"{OFFICE}value-type")
        self.place = (self.row, self.column)
        self.column += times
        if kind is not None or formula:
            self.width = self.column
            self.reach(self.row, self.width)
        self.kind, self.repeat, self.paragraphs, self.split = kind, times, 0, False
        self.time, self.unit = (
            attributes.get(f"{OFFICE}time-value") or attributes.get(f"{OFFICE}date-value", ""),
            attributes.get(f"{OFFICE}currency", ""),
        )
        self.style = attributes.get(f"{TABLE}style-name", "")
        self.plain_text = attributes.get(f"{OFFICE}string-value")
        self.fault = attributes.get(f"{CALC}value-type") == "error"
        self.formula = formula and kind is None
        down, right = (int(attributes.get(f"{TABLE}number-{way}-spanned", 1)) for way in ("rows", "columns"))
        if down > 1 or right > 1:
            row, column = self.place
            self.look.merge(
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
            self._repeat_faults()
            for code, place in self.marks:
                self.look.mark_format(code, self.row, place, self.times)
            for replaces, place, text in self.words:
                (self.look.texts if replaces else self.look.shown)[self.row, place] = text
            if self.times > 1 and self.words:
                self.look.repeated.append((self.row, self.times))
        self.row += self.times
        self.times = self.column = self.width = 0
        self.marks, self.words = [], []

    def take_plain_rows(self, parser: Any, rows: Sequence[bytes]) -> None:
        """Rows that follow one another, as they are written, of which nothing is to be noted but how wide
        they are, and how their numbers look."""
        self.close(parser)
        self.end_of_row()
        marks: dict[tuple[str, int], list[int]] = {}
        known: dict[tuple[tuple[bytes, bytes], ...], list[tuple[str, int]]] = {}
        for row in rows:
            width = row.count(b"<table:table-cell")
            if width:
                self.reach(self.row, width)
                self.look.filled += 1
            if width and self.plain:
                cells = tuple(_STYLED.findall(row))
                if cells not in known:
                    known[cells] = list(self._plain_of(cells))
                for key in known[cells]:
                    marks.setdefault(key, []).append(self.row)
            self.row += 1
        for (code, place), numbers in marks.items():
            self.look.mark_rows(code, np.array(numbers, np.int64), place)
        self.hidden = False

    def _plain_of(self, cells: Sequence[tuple[bytes, bytes]]) -> Iterator[tuple[str, int]]:
        """Of a row's cells (their styles, and whether they hold a number) those with a number that has a
        style: its code, and where it stands."""
        for place, (own, number) in enumerate(cells):
            columns = (style for those, style in self.defaults if place in those)
            style = own.decode() if own else next(columns, "")
            if number and style in self.plain:
                yield self.plain[style], place

    def _repeat_faults(self) -> None:
        if self.times == 1:
            return
        for (row, column), text in [item for item in self.look.faults.items() if item[0][0] == self.row]:
            if self.times * (len(self.look.faults) + 1) > FAULTS:
                raise fault_count_error()
            self.look.faults.update({(row + down, column): text for down in range(1, self.times)})

    def end_of_table(self) -> None:
        self.look.hide_columns(self.hidden_columns)
        self.hidden_columns = []
        self.end()
