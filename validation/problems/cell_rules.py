"""The words for a cell that breaks a rule of its field, or is not of its type: for most rules and types their
own, instead of those of `constraint-error` and `type-error`."""

from __future__ import annotations

from typing import NamedTuple

from messages import Message
from messages import gettext_later as _
from validation.problems.cells import FILL_IN


class RuleWords(NamedTuple):
    """How agencies are told of values that break a rule of their field."""

    title: Message
    remedy: Message


_OUT_OF_BOUNDS = RuleWords(
    _("A value beyond its bounds"),
    _("Look at the value, and correct it. If it is right as it is, tell the data team."),
)
_OTHER_LENGTH = RuleWords(
    _("A text of another length"),
    _("Write the text whole and without what does not belong to it. If it is right, tell the data team."),
)
RULES = {
    "required": RuleWords(_("A cell that may not be empty"), FILL_IN),
    "enum": RuleWords(
        _("A value that is not on the list"),
        _("Write one of the values of the list, as it stands there. If one is lacking, tell the data team."),
    ),
    "pattern": RuleWords(
        _("A text of another form"),
        _("Write the value in the form that is expected. If it is right as it is, tell the data team."),
    ),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _OUT_OF_BOUNDS),
    **dict.fromkeys(("minLength", "maxLength"), _OTHER_LENGTH),
}
"""By the rule, instead of the words of ``constraint-error``."""


class Unreadable(NamedTuple):
    """How agencies are told of values that are not of their field's type."""

    title: Message
    expected: Message


_NUMBER = _("A number that cannot be read")
_DATE = _("A date that cannot be read")

UNREADABLE = {
    "integer": Unreadable(_NUMBER, _("a whole number, as 1234")),
    "number": Unreadable(_NUMBER, _("a number with a point before its decimals, as 1234.5")),
    "year": Unreadable(_("A year that cannot be read"), _("a year, as 2026")),
    "date": Unreadable(_DATE, _("a date, as 2026-08-31")),
    "datetime": Unreadable(_DATE, _("a date and time, as 2026-08-31T18:30:00")),
    "yearmonth": Unreadable(_DATE, _("a year and month, as 2026-08")),
    "time": Unreadable(_("A time that cannot be read"), _("a time of day, as 18:30:00")),
    "boolean": Unreadable(_("Neither yes nor no"), _("yes or no, or true and false")),
}
"""By the field's type, instead of the words of ``type-error``."""
IN_WORKBOOKS = {"number": _("a number, in a cell that is no text")}
"""What is expected in a workbook, whose program has a writing of its own."""
