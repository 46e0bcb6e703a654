"""What frictionless notes in its own terms, said so that whoever filled in the cell understands it."""

from __future__ import annotations

import re

from messages import gettext as _
from validation.report import Problem


def plain(problem: Problem) -> str:
    """The problem's note in the current language; as frictionless wrote it where it has no plainer one."""
    found = re.fullmatch(r'type is "(\w+)/(.*)"', problem.note)
    if problem.type == "type-error" and found:
        return _expected(found[1])
    found = re.fullmatch(r'constraint "(\w+)" is "(.*)"', problem.note, re.DOTALL)
    if problem.type == "constraint-error" and found:
        return _required(found[1], found[2])
    found = re.fullmatch(r'for "(.*?)": values "(.*)" not found in the lookup table "(.*?)" as "(.*?)"', problem.note, re.DOTALL)
    if problem.type == "foreign-key" and found:
        value = re.sub(r"yearmonth\(year=(\d+), month=(\d+)\)", lambda month: f"{month[1]}-{int(month[2]):02}", found[2])
        return _("“{value}” stands nowhere in {table} ({fields})", value=value, table=found[3] or problem.resource, fields=found[4])
    return _repeated(problem.note)


def _repeated(note: str) -> str:
    if found := re.fullmatch(r"the same as in the row at position (\d+)", note):
        return _("the same stands in row {row}", row=found[1])
    if note.startswith("cells composing the primary keys are all"):
        return _("the cells of the key are empty")
    if found := re.fullmatch(r'at position "([\d, ]+)"', note):
        return _("it is also the name of column no. {column}", column=found[1])
    return note


def _expected(kind: str) -> str:
    known = {
        "integer": _("a whole number was expected, as 1234"),
        "number": _("a number was expected, with a point before its decimals, as 1234.5"),
        "boolean": _("true or false was expected"),
        "date": _("a date was expected, as 2026-08-31"),
        "time": _("a time of day was expected, as 18:30:00"),
        "datetime": _("a date and time was expected, as 2026-08-31T18:30:00"),
        "year": _("a year was expected, as 2026"),
        "yearmonth": _("a year and month was expected, as 2026-08"),
    }
    return known.get(kind) or _("a value of the type {kind} was expected", kind=kind)


def _required(constraint: str, value: str) -> str:
    known = {
        "required": _("the cell is empty, and must have a value"),
        "minimum": _("the value must be {value} or more", value=value),
        "maximum": _("the value must be {value} or less", value=value),
        "exclusiveMinimum": _("the value must be more than {value}", value=value),
        "exclusiveMaximum": _("the value must be less than {value}", value=value),
        "minLength": _("the text must have {value} characters or more", value=value),
        "maxLength": _("the text must have {value} characters or fewer", value=value),
        "pattern": _("the text must have the form {value}", value=value),
        "enum": _("the value must be one of {value}", value=value.strip("[]")),
    }
    return known.get(constraint) or _("the value breaks the rule {constraint}: {value}", constraint=constraint, value=value)
