"""A program for a process of its own: the cells of one sheet of a workbook, as blocks of columns.

A reader of workbooks keeps room for every cell that a sheet spans, and of some forms only the reader knows
how many these are: what is too large ends that process and no other. It imports little, so that it starts in
a moment: `sheet_cells.py` reads what it writes, and gives numbers their texts.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from array import array
from collections.abc import Iterable, Sequence
from typing import BinaryIO

import python_calamine

ROWS = 20_000
CELLS = 2_000_000
"""Rows and cells that a block has at most."""
BYTES = 1 << 30
"""Bytes of text from where on a block of several rows is halved."""
TEXT, DAY, NUMBER, DIGITS, MIXED, MOMENT, SPAN, TRUTH = range(8)
"""What a cell is: a text; a day without a time; a number, as it is, or as its digits; of a column, several
of these; a day with a time; a time alone; true or false."""
WHOLE = 2**53


def read_cells(path: str, wanted: str, into: str, most: int) -> dict[str, object]:
    """Writes the sheet called `wanted`, or the first visible one where that is "", of the workbook at `path`
    to the file `into`. At most `most` rows, 0 for all.

    Gives what it found: `sheets` (name, visible), `sheet` (None where there is none), or `error` (locked,
    large, unreadable).
    """
    try:
        return read_sheet(path, wanted, into, most)
    except python_calamine.PasswordError:
        return {"error": "locked"}
    except (MemoryError, OSError):
        return {"error": "large"}
    except BaseException as error:  # noqa: BLE001 (a reader that panics raises what is no Exception)
        return {"error": "large" if "MemError" in str(error) else "unreadable"}


def read_sheet(path: str, wanted: str, into: str, most: int) -> dict[str, object]:
    with open(path, "rb") as file:  # noqa: PTH123 (as few imports as can be: it starts in a moment)
        book = python_calamine.CalamineWorkbook.from_filelike(file)
        tables = [
            each for each in book.sheets_metadata if each.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
        shown = [(each.name, each.visible == python_calamine.SheetVisibleEnum.Visible) for each in tables]
        name = wanted if wanted in dict(shown) else None
        if not wanted:
            name = next((name for name, visible in shown if visible), None)
        if name is not None:
            write_cells(book.get_sheet_by_name(name), into, most)
    return {"sheets": shown, "sheet": name}


def write_cells(found: python_calamine.CalamineSheet, into: str, most: int) -> None:
    left = found.start[1] if found.start else 0
    rows = itertools.islice(found.iter_rows(), most or None)
    with open(into, "wb") as file:  # noqa: PTH123
        first = list(itertools.islice(rows, 1))
        size = max(1, min(ROWS, CELLS // max(1, len(first[0]))) if first else 1)
        whole = itertools.chain(first, rows)
        while block := list(itertools.islice(whole, size)):
            write_block(block, left, file)


def write_block(rows: Sequence[Sequence[object]], left: int, file: BinaryIO) -> None:
    """Some rows: a line of JSON says how many there are, how many columns are empty before them, and of each
    column what its cells are and how long the four parts are that follow: of several kinds, the kind of each
    cell; the numbers, as doubles; the length of each text, as an unsigned int; the texts."""
    columns = [pack_column(values) for values in itertools.zip_longest(*rows, fillvalue="")]
    if len(rows) > 1 and sum(len(parts[-1]) for _kind, parts in columns) > BYTES:
        middle = len(rows) // 2
        write_block(rows[:middle], left, file)
        write_block(rows[middle:], left, file)
        return
    told = [[kind, *map(len, parts)] for kind, parts in columns]
    file.write(json.dumps({"rows": len(rows), "left": left, "columns": told}).encode() + b"\n")
    for _kind, parts in columns:
        file.writelines(parts)


Parts = tuple[bytes, bytes, bytes, bytes]


def pack_column(values: Sequence[object]) -> tuple[int, Parts]:
    """What a column's cells are, and its four parts."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return TEXT, (b"", b"", *pack_texts(values))  # type: ignore[arg-type]
    if kinds == {float}:
        return NUMBER, (b"", array("d", values).tobytes(), b"", b"")  # type: ignore[type-var]
    if kinds == {dt.date}:
        return DAY, (b"", b"", *pack_texts(map(dt.date.isoformat, values)))  # type: ignore[arg-type]
    if kinds == {dt.datetime}:
        return MOMENT, (b"", b"", *pack_texts(map(dt.datetime.isoformat, values)))  # type: ignore[arg-type]
    marks, numbers, texts = bytearray(), array("d"), list[str]()
    for value in values:
        kind, cell = describe_cell(value)
        marks.append(kind)
        if isinstance(cell, str):
            texts.append(cell)
        else:
            numbers.append(cell)
    return MIXED, (bytes(marks), numbers.tobytes(), *pack_texts(texts))


def pack_texts(texts: Iterable[str]) -> tuple[bytes, bytes]:
    """The length of each in bytes, and all of them."""
    texts = list(texts)
    joined = "".join(texts)
    data, lengths = joined.encode(), array("I", map(len, texts))
    if len(data) != len(joined):
        lengths = array("I", (len(text.encode()) for text in texts))
    return lengths.tobytes(), data


def describe_cell(value: object) -> tuple[int, str | float]:
    """The kind of a cell, and its text as Table Schema reads it (dates in ISO 8601, true and false) or its
    number."""
    match value:
        case str():
            return TEXT, value
        case bool():
            return TRUTH, "true" if value else "false"
        case float():
            return NUMBER, value
        case int():
            return (NUMBER, float(value)) if abs(value) < WHOLE else (DIGITS, str(value))
        case dt.datetime():
            return MOMENT, value.isoformat()
        case dt.date():
            return DAY, value.isoformat()
        case dt.timedelta():
            # a workbook shows thousandths at most; what is beyond comes from counting days in floats
            minutes, thousandths = divmod(round(value.total_seconds() * 1000), 60_000)
            seconds = f"{thousandths // 1000:02}.{thousandths % 1000:03}".rstrip("0").removesuffix(".")
            return SPAN, f"{minutes // 60:02}:{minutes % 60:02}:{seconds}"
        case dt.time():
            return SPAN, value.isoformat()
        case _:
            return TEXT, str(value)
