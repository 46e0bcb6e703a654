"""What can be wrong where a workbook shows something else than its cells hold: another unit, a part of a day,
nothing at all."""

from __future__ import annotations

from messages import gettext_later as _
from validation.problems.kind import ProblemKind

SHOWN = (
    ProblemKind(
        "other-unit",
        "cell",
        title=_("An amount in another unit"),
        remedy=_("Convert the amount at the source, or give it a column of its own with its unit."),
        expected=_("amounts in the unit of the column"),
        agency_remedy=_("Write the amount in the unit of the column, or take it out."),
    ),
    ProblemKind(
        "shown-as-percent",
        "column",
        title=_("Percentages in a column that is none"),
        remedy=_("Say in the field's `unit` what is meant: with %, 55 % is read as 55."),
        expected=_("numbers in the unit of the column"),
        agency_remedy=_("Write the numbers as they are meant, in cells without a percent format."),
        severity="warning",
    ),
    ProblemKind(
        "shown-scaled",
        "column",
        title=_("Numbers that are shown divided"),
        remedy=_(
            "Ask in which unit the amounts are meant: the sheet shows thousands or millions, and the numbers "
            "behind were read."
        ),
        expected=_("numbers in the unit of the column"),
        agency_remedy=_(
            "The sheet shows these numbers in thousands or millions, and what was read is the whole amount. "
            "Look whether that is what the column asks for."
        ),
        severity="warning",
    ),
    ProblemKind(
        "hidden-time",
        "column",
        title=_("Times of day that nobody sees"),
        remedy=_("Where the time matters, give the field the type `datetime`, or a column of its own."),
        expected=_("days without a time"),
        agency_remedy=_(
            "If the day is what is meant, leave it as it is. If the time matters, tell the data team."
        ),
        severity="warning",
    ),
    ProblemKind(
        "hidden-day",
        "column",
        title=_("Days that nobody sees"),
        remedy=_(
            "Where a month or a year is what is meant, give the field the type `yearmonth` or `year`, and "
            "where it is a time, `time`; else ask for cells that show the whole day."
        ),
        expected=_("cells that show the whole day"),
        agency_remedy=_(
            "Show the whole day (format day/month/year) and look whether it is right. If a month, a year or "
            "a time is what is meant, tell the data team."
        ),
        severity="warning",
    ),
    ProblemKind(
        "number-unseen",
        "column",
        title=_("Numbers that nobody sees"),
        remedy=_(
            "Ask whether the number behind is meant: where the sheet shows nothing, or “no data” for 0, "
            "there may be none."
        ),
        expected=_("cells that show what they hold"),
        agency_remedy=_(
            "Give the cells a number format that shows them, and look whether what they hold is right. Where "
            "there is no data, clear the cell."
        ),
        severity="warning",
    ),
    ProblemKind(
        "rules-unread",
        "file",
        title=_("Numbers that a rule shows otherwise"),
        remedy=_(
            "Look at the numbers that were read: what a conditional format shows of them was not read, as "
            "thousands, percentages or words."
        ),
        expected=_("cells that show what they hold"),
        agency_remedy=_(
            "Look whether the numbers themselves are right, or give the cells the number format in place of "
            "the rule."
        ),
        severity="warning",
    ),
    ProblemKind(
        "mixed-units",
        "column",
        title=_("Amounts that are shown in several units"),
        remedy=_(
            "Ask which unit is meant, say it in the field's `unit`, and give others a column of their own."
        ),
        expected=_("amounts in one unit"),
        agency_remedy=_(
            "Write all amounts of the column in one unit, and show it alike, or take the sign out of the "
            "cells."
        ),
        severity="warning",
    ),
)
