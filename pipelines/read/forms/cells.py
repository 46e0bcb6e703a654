"""A program for a process of its own: the cells of one sheet of a workbook, as lines of JSON.

A reader of workbooks keeps room for every cell that a sheet spans, and of some forms only the reader knows
how many these are: what is too large ends that process and no other. A line for each row of the sheet, its
cells as text; a day without a time is a list of that text, a number a list of its text and 0.
"""

from __future__ import annotations

import datetime as dt
import decimal
import itertools
import json

import python_calamine


def read_cells(path: str, wanted: str, into: str, most: int) -> dict[str, object]:
    """Writes the sheet called `wanted`, or the first visible one where that is "", of the workbook at `path`
    to the file `into`: a line for each row, its cells as text; a day without a time is a list of that text.
    At most `most` rows, 0 for all.

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
            write_rows(book.get_sheet_by_name(name), into, most)
    return {"sheets": shown, "sheet": name}


def write_rows(found: python_calamine.CalamineSheet, into: str, most: int) -> None:
    before = [""] * (found.start[1] if found.start else 0)
    with open(into, "w", encoding="utf-8") as file:  # noqa: PTH123
        for values in itertools.islice(found.iter_rows(), most or None):
            cells: list[object] = [cell_text(value) for value in values]
            while cells and cells[-1] == "":
                cells.pop()
            file.write(json.dumps([*before, *cells] if cells else [], ensure_ascii=False))
            file.write("\n")


def cell_text(value: object) -> object:
    """A cell as text that Table Schema reads: whole numbers without a point, dates in ISO 8601, true and
    false."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() | int():
            return [number_text(value), 0]
        case dt.datetime():
            return value.isoformat()
        case dt.date():
            return [value.isoformat()]
        case dt.timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
        case _:
            return str(value)


def number_text(value: float) -> str:
    """A number with the 15 digits that a workbook keeps, and without an exponent."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 2**53):
        return str(int(value))
    digits = f"{value:.15g}"
    return format(decimal.Decimal(digits), "f") if "e" in digits else digits
