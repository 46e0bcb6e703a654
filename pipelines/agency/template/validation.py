"""What a spreadsheet itself refuses while somebody writes: what is not on the list, not a number, too large
or repeated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from string import digits
from typing import Any

from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.datavalidation import DataValidation

from catalog import words
from messages import gettext as _
from pipelines.agency.template.columns import TemplateColumn, TemplateSheet
from pipelines.agency.template.patterns import TextShape, pattern_shapes

ROWS = 5_000
"""Rows for which a template has its lists and limits; below them `vereda check` alone judges."""
LONGEST = 255
"""Excel takes no longer formula in a rule, and shows no longer message."""
WHOLE = 999_999_999_999_999
FIRST_DAY, LAST_DAY = "1900-01-01", "9999-12-31"
FORMATS = {
    "date": "dd/mm/yyyy",
    "datetime": "dd/mm/yyyy hh:mm",
    "time": "hh:mm:ss",
    "integer": "0",
    "year": "0",
    "number": "General",
}
TEXT = "@"
"""So that a code keeps its zeros, and 2024-08 stays what it is."""


def number_format(column: TemplateColumn) -> str:
    if column.field is None or column.treated:
        return TEXT
    if column.writing is not None and column.writing.group_char is not None:
        return TEXT  # its thousands marks would change a number's value
    return FORMATS.get(column.type, TEXT)


def make_validation(
    sheet: TemplateSheet, place: int, lists: dict[tuple[str, ...], str], named: dict[str, TemplateSheet]
) -> DataValidation | None:
    """The rule of a column (the first is 0) of a sheet; None where everything may be written. `lists` has
    where options stand."""
    column = sheet.columns[place]
    if column.field is None or column.treated:
        return None
    rule = _choose_rule(sheet, place, lists, named)
    if rule is None:
        rule = DataValidation(type=None)
    rule.allow_blank = not column.constraints.get("required")
    rule.showErrorMessage, rule.errorStyle = True, "warning" if column.growing else "stop"
    rule.errorTitle, rule.error = _("Value not allowed"), explain_rule(column)[:LONGEST]
    rule.showInputMessage, rule.promptTitle = True, str(column.field.get("title", column.label))[:32]
    rule.prompt = explain_rule(column)[:LONGEST]
    letter, first = get_column_letter(place + 1), sheet.header_row + 1
    rule.add(f"{letter}{first}:{letter}{first + ROWS - 1}")
    return rule


def explain_rule(column: TemplateColumn) -> str:
    """What may be written in a column, in a sentence."""
    assert column.field is not None
    limits = [] if column.treated else words.rules(_field_without_options(column))
    if column.options and len(column.options) <= 12:
        limits.append(_("one of: {values}", values=" · ".join(column.options)))
    elif column.options or column.of:
        limits.append(_("one of the list"))
    if column.field.get("unit") == "%":
        limits.append(_("the number alone: 55 for 55 %"))
    return "; ".join([words.kind(column.field).capitalize(), *limits])


def _field_without_options(column: TemplateColumn) -> dict[str, Any]:
    """The field without its options, which are told as the agency writes them."""
    assert column.field is not None
    limits = {key: value for key, value in column.constraints.items() if key != "enum"}
    return {
        **{key: value for key, value in column.field.items() if key != "categories"},
        "constraints": limits,
    }


def _choose_rule(
    sheet: TemplateSheet, place: int, lists: dict[tuple[str, ...], str], named: dict[str, TemplateSheet]
) -> DataValidation | None:
    column, first = sheet.columns[place], sheet.header_row + 1
    if column.options:
        return DataValidation(type="list", formula1=lists[column.options])
    if column.of:
        other = named[column.of[0]]
        letter = get_column_letter([each.label for each in other.columns].index(column.of[1]) + 1)
        start = other.header_row + 1
        return DataValidation(
            type="list",
            formula1=f"{quote_sheetname(other.name)}!${letter}${start}:${letter}${start + ROWS - 1}",
        )
    cell = f"{get_column_letter(place + 1)}{first}"
    alone = (column.label,) in sheet.keys
    pattern = column.constraints.get("pattern")
    if alone or (pattern and column.type == "string"):
        parts = [*([_unique_formula(cell, first)] if alone else []), *_cell_conditions(column, cell)]
        formula = f"AND({','.join(parts)})" if len(parts) > 1 else "".join(parts)
        if formula and len(formula) <= LONGEST:
            return DataValidation(type="custom", formula1=formula)
        if alone and len(parts[0]) <= LONGEST:
            return DataValidation(type="custom", formula1=parts[0])
    return _plain_rule(column)


def _unique_formula(cell: str, first: int) -> str:
    """COUNTIF would not do: it takes a for A, and * for anything."""
    letter = cell.rstrip(digits)
    return f"SUMPRODUCT(--EXACT(${letter}${first}:${letter}${first + ROWS - 1},{cell}))=1"


def _cell_conditions(column: TemplateColumn, cell: str) -> Iterator[str]:
    """Conditions on a cell, as formulas."""
    low, high = _bounds(column)
    if column.type in ("integer", "number", "year", "date", "datetime"):
        yield f"ISNUMBER({cell})"
        yield from [f"{cell}=INT({cell})"] if column.type in ("integer", "year", "date") else []
        yield from [f"{cell}>={low}"] if low is not None else []
        yield from [f"{cell}<={high}"] if high is not None else []
        return
    if column.type != "string":
        return
    yield from [f"LEN({cell})>={low}"] if low is not None else []
    yield from [f"LEN({cell})<={high}"] if high is not None else []
    known = pattern_shapes(str(column.constraints["pattern"])) if "pattern" in column.constraints else None
    if known:
        conditions = [_shape_formula(way, cell) for way in known]
        yield f"OR({','.join(conditions)})" if len(conditions) > 1 else conditions[0]


def _shape_formula(way: TextShape, cell: str) -> str:
    """One way of writing a text, place by place; runs of digits are looked at as a number."""
    parts, place = [f"LEN({cell})={len(way)}"], 0
    while place < len(way):
        end = place + 1
        while end < len(way) and (
            way[end] == way[place] == digits or (len(way[end]) == 1 and len(way[place]) == 1)
        ):
            end += 1
        middle = f"MID({cell},{place + 1},{end - place})"
        run = "".join(way[place:end]).replace('"', '""')
        if way[place] == digits:
            parts.append(f"ISNUMBER(--{middle})")
        elif len(way[place]) == 1:
            parts.append(f'EXACT({middle},"{run}")')
        elif way[place]:
            parts.append(f'ISNUMBER(FIND({middle},"{run}"))')
        place = end
    return f"AND({','.join(parts)})"


def _plain_rule(column: TemplateColumn) -> DataValidation | None:
    """Limits of a kind of value, without a formula."""
    low, high = _bounds(column)
    if number_format(column) == TEXT and column.type != "string":
        return None
    if column.type in ("integer", "year"):
        smallest, largest = (1, 9_999) if column.type == "year" else (-WHOLE, WHOLE)
        return _between_rule("whole", smallest if low is None else low, largest if high is None else high)
    if column.type == "number":
        return _between_rule("decimal", "-1E+300" if low is None else low, "1E+300" if high is None else high)
    if column.type in ("date", "datetime"):
        return _between_rule(
            "date",
            _serial_number(column, FIRST_DAY) if low is None else low,
            _serial_number(column, LAST_DAY) if high is None else high,
        )
    if column.type == "string" and (low is not None or high is not None):
        return _between_rule("textLength", low or 0, 32_767 if high is None else high)
    return None


def _between_rule(kind: Any, low: object, high: object) -> DataValidation:
    return DataValidation(type=kind, operator="between", formula1=str(low), formula2=str(high))


def _bounds(column: TemplateColumn) -> tuple[Any, Any]:
    """The smallest and largest value (of a text: length), as a spreadsheet counts them."""
    limits = column.constraints
    if column.type == "string":
        return limits.get("minLength"), limits.get("maxLength")
    low, high = limits.get("minimum"), limits.get("maximum")
    step = 1 if column.type in ("integer", "year") else 0
    if low is None and "exclusiveMinimum" in limits:
        low = _serial_number(column, limits["exclusiveMinimum"]) + step
    if high is None and "exclusiveMaximum" in limits:
        high = _serial_number(column, limits["exclusiveMaximum"]) - step
    return tuple(None if value is None else _serial_number(column, value) for value in (low, high))  # type: ignore[return-value]


def _serial_number(column: TemplateColumn, value: Any) -> Any:
    """A limit as a number: days are counted."""
    if column.type in ("date", "datetime") and isinstance(value, str):
        moment = datetime.fromisoformat(value).replace(tzinfo=None)
        value = to_excel(moment if column.type == "datetime" else moment.date())
    number = float(value)
    return int(number) if number.is_integer() else number
