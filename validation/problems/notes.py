"""One problem in words: what frictionless notes in its own terms, said so that whoever filled in the cell
understands it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from messages import gettext as _
from messages import ngettext
from messages.formats import join_words, quote, shorten, spell_unseen, write_decimal
from validation.problems.registry import advice, is_public, remedy, title

if TYPE_CHECKING:
    from validation.report import Problem

_WRONG_TYPE = re.compile(r'type is "(\w+)/(.*)"')
_BROKEN_RULE = re.compile(r'constraint "(\w+)" is "(.*)"', re.DOTALL)
_LOST_REFERENCE = re.compile(
    r'for "(.*?)": values "(.*)" not found in the lookup table "(.*?)" as "(.*?)"', re.DOTALL
)
EMPTY_KEY = "cells composing the primary keys are all"
"""With which the note of a row begins whose whole key is empty."""
SHOWN = 100
"""Characters of a cell that stand in a sentence: enough to find it, in what a letter or a terminal holds."""
_YEARMONTH = re.compile(r"yearmonth\(year=(\d+), month=(\d+)\)")


def plain(problem: Problem) -> str:
    """The problem's note in the current language; as frictionless wrote it where it has no plainer one."""
    found = _WRONG_TYPE.fullmatch(problem.note)
    if problem.type == "type-error" and found:
        return _describe_type(found[1])
    found = _BROKEN_RULE.fullmatch(problem.note)
    if problem.type == "constraint-error" and found:
        return _describe_rule(found[1], write_decimal(found[2]))
    found = _LOST_REFERENCE.fullmatch(problem.note)
    if problem.type == "foreign-key" and found:
        value = _YEARMONTH.sub(lambda month: f"{month[1]}-{int(month[2]):02}", found[2])
        return _(
            "“{value}” stands nowhere in {table} ({fields})",
            value=value,
            table=found[3] or problem.resource,
            fields=found[4],
        )
    return _describe_place(problem.note)


def plain_for_sender(problem: Problem) -> str:
    """Likewise, for whoever filled in the file, without a word on declarations and commands."""
    return plain(problem) if problem.for_sender is None else problem.for_sender


def sentence(problem: Problem) -> str:
    """Where the problem is, what it is and what to do, in one line, for the data team. It may quote the
    agency's file: never publish it."""
    column = problem.field or problem.descriptor.get("label")
    return _sentence(problem, column, title(problem.code or problem.type), plain(problem) or remedy(problem))


def sentence_for_sender(problem: Problem, label: str | None = None) -> str:
    """Likewise, for whoever filled in the file, in which the column is called `label`."""
    found = _WRONG_TYPE.fullmatch(problem.note)
    known = advice(problem.type, problem.code, found[1] if found else None, broken_rule(problem))
    note = plain_for_sender(problem) if is_public(problem.code) else ""
    if problem.for_sender is not None or not note:
        note = ". ".join(filter(None, (note, known.remedy)))
    if broken_rule(problem) == "required":  # the title says what its note would
        note = known.remedy
    column = label or problem.descriptor.get("label") or problem.field
    return _sentence(problem, column, known.title, note)


def quotes_cell(note: str, cell: str) -> bool:
    """Whether a note has the cell already, as it is, with what nobody sees spelt out, or the part of it that
    matters."""
    shown = spell_unseen(cell)
    if any(quote(text) in note for text in (cell, shown, shown.strip())):
        return True
    before, after = map(re.escape, quote("\0").split("\0"))
    parts = [part for part in re.findall(f"{before}(.+?){after}", note) if "…" in (part[0], part[-1])]
    return any(part.strip("…") in shown for part in parts if part.strip("…"))


def _sentence(problem: Problem, column: str | None, title: str, note: str) -> str:
    place = {
        "resource": problem.resource,
        "row": f"{problem.row} ({problem.place})" if problem.place else problem.row,
        "column": column,
        "cell": shorten(problem.quoted or "", SHOWN),
        "title": title,
    }
    if problem.row and column and problem.quoted and not quotes_cell(note, problem.quoted):
        return _("{resource}, row {row}, column {column}, “{cell}”: {title}: {note}", note=note, **place)
    if problem.row and column:
        return _("{resource}, row {row}, column {column}: {title}: {note}", note=note, **place)
    if problem.row:
        return _("{resource}, row {row}: {title}: {note}", note=note, **place)
    if column:
        return _("{resource}, column {column}: {title}: {note}", note=note, **place)
    return _("{resource}: {title}: {note}", note=note, **place)


def _describe_type(field_type: str) -> str:
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
    return known.get(field_type) or _("a value of the type {kind} was expected", kind=field_type)


def _describe_rule(constraint: str, value: str) -> str:
    known = {
        "required": _("the cell is empty, and must have a value"),
        "minimum": _("the value must be {value} or more", value=value),
        "maximum": _("the value must be {value} or less", value=value),
        "exclusiveMinimum": _("the value must be more than {value}", value=value),
        "exclusiveMaximum": _("the value must be less than {value}", value=value),
        "minLength": ngettext(
            "the text must have {value} character or more",
            "the text must have {value} characters or more",
            _count(value),
            value=value,
        ),
        "maxLength": ngettext(
            "the text must have {value} character or fewer",
            "the text must have {value} characters or fewer",
            _count(value),
            value=value,
        ),
        "pattern": _("the text must have the form {value}", value=value),
        "enum": _("the value must be one of {value}", value=_list_values(value)),
    }
    return known.get(constraint) or _(
        "the value breaks the rule {constraint}: {value}", constraint=constraint, value=value
    )


def _count(value: str) -> int:
    """The number that a rule names, as far as it decides between one and several."""
    return int(value) if value.isdecimal() else 2


def broken_rule(problem: Problem) -> str | None:
    """The constraint that a value breaks."""
    found = _find_rule(problem)
    return found[1] if found else None


def _find_rule(problem: Problem) -> re.Match[str] | None:
    return _BROKEN_RULE.fullmatch(problem.note) if problem.type == "constraint-error" else None


def expected_by_rule(problem: Problem) -> str:
    """What a value that breaks a constraint should be; "" of other problems."""
    found = _find_rule(problem)
    if not found:
        return ""
    constraint, value = found[1], write_decimal(found[2])
    known = {
        "required": _("a cell with its value"),
        "minimum": _("{value} or more", value=value),
        "maximum": _("{value} or less", value=value),
        "exclusiveMinimum": _("more than {value}", value=value),
        "exclusiveMaximum": _("less than {value}", value=value),
        "minLength": ngettext(
            "a text of {value} character or more",
            "a text of {value} characters or more",
            _count(value),
            value=value,
        ),
        "maxLength": ngettext(
            "a text of {value} character or fewer",
            "a text of {value} characters or fewer",
            _count(value),
            value=value,
        ),
        "pattern": _("a text of the form {value}", value=value),
        "enum": _("one of {value}", value=_list_values(value)),
    }
    return known.get(constraint) or plain(problem)


MOST_LISTED = 30


def _list_values(value: str) -> str:
    """The values of a list as frictionless writes it."""
    try:
        values = [str(each) for each in ast.literal_eval(value)]
    except (ValueError, SyntaxError, TypeError):
        return value.strip("[]")
    return join_words(map(quote, values), MOST_LISTED)


def _describe_place(note: str) -> str:
    """What a note says of a row or column elsewhere, or of a key without values."""
    if found := re.fullmatch(r"the same as in the row at position (\d+)", note):
        return _("the same stands in row {row}", row=found[1])
    if note.startswith(EMPTY_KEY):
        return _("the cells of the key are empty")
    if found := re.fullmatch(r'at position "([\d, ]+)"', note):
        return _("it is also the name of column no. {column}", column=found[1])
    return note
