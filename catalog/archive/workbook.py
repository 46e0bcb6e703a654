"""A table as a workbook: typed, with its header frozen and the dictionary on a sheet of its own. The same
table gives the same bytes."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.published import text

MOST_ROWS, MOST_CELLS = 1_048_575, 5_000_000
"""Of a sheet below its header, as the format ends; of a workbook, as spreadsheets still open it."""
LONGEST = 32_767  # characters of a cell
BLOCK = 10_000
EPOCH, FIRST = -25_569, -25_508
"""Days from 1970 to a spreadsheet's day 0; before 1900-03-01 it counts a day that there never was."""
SAFE = 10**15
"""Whole numbers from here on would lose digits: a spreadsheet keeps fifteen."""
MOMENT = (1980, 1, 1, 0, 0, 0)  # a ZIP knows no earlier one
PLAIN, HEAD, DAY, INSTANT, CLOCK = range(5)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PARTS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
DICTIONARY = ("Campo", "Título", "Tipo", "Unidad", "Descripción", "Reglas")


def fits_workbook(table: pa.Table) -> bool:
    """Whether a spreadsheet takes the whole table, none of its cells cut."""
    if table.num_rows > MOST_ROWS or table.num_rows * table.num_columns > MOST_CELLS:
        return False
    texts = [column for column in table.columns if _is_text(column.type)]
    return all((pc.max(pc.utf8_length(text(each))).as_py() or 0) <= LONGEST for each in texts)


def pack_workbook(table: pa.Table, resource: Mapping[str, Any], into: Path, *, demo: bool = False) -> None:
    """Writes the table of this published resource; only where `fits_workbook`. Invented rows stand on a sheet
    that says so."""
    names = (_sheet_name(f"{'DEMO ' if demo else ''}{resource['name']}"), "Diccionario")
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in _frame(names):
            _put(book, name, [content])
        _put(book, "xl/worksheets/sheet1.xml", _sheet(table))
        _put(book, "xl/worksheets/sheet2.xml", _sheet(_dictionary(table, fields)))


def _put(book: zipfile.ZipFile, name: str, parts: Iterator[str] | Sequence[str]) -> None:
    info = zipfile.ZipInfo(name, MOMENT)
    info.compress_type = zipfile.ZIP_DEFLATED
    with book.open(info, "w") as file:
        for part in parts:
            file.write(part.encode())


def _dictionary(table: pa.Table, fields: Mapping[str, Mapping[str, Any]]) -> pa.Table:
    rows = []
    for name in table.column_names:
        field = fields.get(name, {})
        rules = json.dumps(field["constraints"], ensure_ascii=False) if field.get("constraints") else None
        words = [field.get(key) for key in ("title", "type", "unit", "description")]
        rows.append([name, *(str(each) if each else None for each in words), rules])
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return pa.table(columns, names=list(DICTIONARY))


def _sheet(table: pa.Table) -> Iterator[str]:
    end = f"{_letters(table.num_columns)}{table.num_rows + 1}"
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{_width(table, place - 1)}" customWidth="1"/>'
        for place in range(1, table.num_columns + 1)
    )
    yield (
        f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{MAIN}"><dimension ref="A1:{end}"/>'
        '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" '
        f'state="frozen"/></sheetView></sheetViews><cols>{widths}</cols><sheetData>'
    )
    # With the rows' numbers: QGIS reads no row without.
    yield '<row r="1">' + "".join(_text_cell(name, HEAD) for name in table.column_names) + "</row>"
    for start in range(0, table.num_rows, BLOCK):
        block = table.slice(start, BLOCK)
        cells = [_cells(column) for column in block.columns]
        rows = enumerate(zip(*cells, strict=True), start + 2)
        yield "".join(f'<row r="{number}">{"".join(row)}</row>' for number, row in rows)
    yield f'</sheetData><autoFilter ref="A1:{end}"/></worksheet>'


def _cells(column: pa.ChunkedArray) -> list[str]:
    kind = column.type
    if pa.types.is_boolean(kind):
        return ["<c/>" if each is None else f'<c t="b"><v>{each:d}</v></c>' for each in column.to_pylist()]
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        pairs = zip(column.to_pylist(), text(column).to_pylist(), strict=True)
        return [_number_cell(value, written) for value, written in pairs]
    if pa.types.is_date(kind):
        days = pc.cast(pc.cast(column, pa.date32()), pa.int32()).to_pylist()
        return [_day_cell(day, DAY, written) for day, written in zip(days, _texts(column), strict=True)]
    if pa.types.is_timestamp(kind):
        return [
            _day_cell(day, INSTANT, written)
            for day, written in zip(_moments(column), _texts(column), strict=True)
        ]
    if pa.types.is_time(kind):
        seconds = pc.cast(pc.cast(column, pa.time64("us")), pa.int64()).to_pylist()
        return ["<c/>" if each is None else _value_cell(each / 86_400e6, CLOCK) for each in seconds]
    return ["<c/>" if each is None else _text_cell(each) for each in _texts(column)]


def _texts(column: pa.ChunkedArray) -> list[str | None]:
    found: list[str | None] = text(column).to_pylist()
    return found


def _moments(column: pa.ChunkedArray) -> list[float | None]:
    """Days since 1970 on the clocks of Buenos Aires."""
    shift = 3 * 3600 if column.type.tz else 0
    micros = pc.cast(pc.cast(column, pa.timestamp("us", column.type.tz)), pa.int64()).to_pylist()
    return [None if each is None else (each / 1e6 - shift) / 86_400 for each in micros]


def _day_cell(days: float | None, style: int, written: str | None) -> str:
    if days is None or written is None:
        return "<c/>"
    return _value_cell(days - EPOCH, style) if days >= FIRST else _text_cell(written)


def _value_cell(value: float, style: int) -> str:
    return f'<c s="{style}"><v>{value!r}</v></c>'


def _number_cell(value: Any, written: str | None) -> str:
    if value is None or written is None:
        return "<c/>"
    whole = isinstance(value, int) and abs(value) >= SAFE
    if whole or written in ("NaN", "INF", "-INF"):
        return _text_cell(written)
    return f"<c><v>{value!r}</v></c>" if isinstance(value, float) else f"<c><v>{written}</v></c>"


_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def _text_cell(words: str, style: int = PLAIN) -> str:
    """What XML cannot write stands as the format has it: `_x0001_`."""
    written = escape(_UNWRITABLE.sub(lambda each: f"_x{ord(each[0]):04X}_", words), {"\r": "&#13;"})
    mark = f' s="{style}"' if style else ""
    return f'<c t="inlineStr"{mark}><is><t xml:space="preserve">{written}</t></is></c>'


def _width(table: pa.Table, place: int) -> int:
    head = [each or "" for each in text(table.column(place).slice(0, 100)).to_pylist()]
    return max(8, min(60, 2 + max(map(len, [table.column_names[place], *head]))))


def _letters(number: int) -> str:
    """The name of a sheet's column, from 1 on: A, Z, AA."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def _sheet_name(name: str) -> str:
    safe = re.sub(r"[\[\]:*?/\\']", "-", name)[:31]
    return f"{safe[:28]} 1" if safe.lower() == "diccionario" else safe


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_nested(kind))


def _frame(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The parts of the package but the sheets."""
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{SHEET_TYPE}.worksheet+xml"/>'
        for number in (1, 2)
    )
    yield (
        "[Content_Types].xml",
        f'{head}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{SHEET_TYPE}.styles+xml"/>{sheets}</Types>',
    )
    relation = f'<Relationship Id="rId%d" Type="{PARTS}/%s" Target="%s"/>'
    relations = f'{head}<Relationships xmlns="{PACKAGE}/relationships">%s</Relationships>'
    yield "_rels/.rels", relations % (relation % (1, "officeDocument", "xl/workbook.xml"))
    targets = [(1, "worksheet", "worksheets/sheet1.xml"), (2, "worksheet", "worksheets/sheet2.xml")]
    parts = "".join(relation % each for each in [*targets, (3, "styles", "styles.xml")])
    yield "xl/_rels/workbook.xml.rels", relations % parts
    listed = "".join(
        f'<sheet name="{escape(name, {chr(34): "&quot;"})}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, 1)
    )
    yield (
        "xl/workbook.xml",
        f'{head}<workbook xmlns="{MAIN}" xmlns:r="{PARTS}"><sheets>{listed}</sheets></workbook>',
    )
    yield "xl/styles.xml", f'{head}<styleSheet xmlns="{MAIN}">{_STYLES}</styleSheet>'


# Number format and font of PLAIN, HEAD, DAY, INSTANT, CLOCK
_FORMATS = ((0, 0), (0, 1), (164, 0), (165, 0), (166, 0))
_STYLES = (
    '<numFmts count="3"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
    '<numFmt numFmtId="166" formatCode="hh:mm:ss"/>'
    '</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/>'
    '</fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="5">'
    + "".join(
        f'<xf numFmtId="{number}" fontId="{font}" fillId="0" borderId="0" xfId="0" '
        f'applyNumberFormat="1" applyFont="1"/>'
        for number, font in _FORMATS
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
)
