"""What can be wrong with a table as a whole: its size, its rules, its ties to other tables."""

from __future__ import annotations

from messages import gettext_later as _
from validation.problems.cells import LOOK_AT_VALUE, LOOK_AT_VALUES
from validation.problems.kind import ProblemKind

EXPORT_AGAIN = _(
    "Ask the agency to export the file again, or fetch it again: it seems to have been damaged on the way."
)
HAND_IN_AGAIN = _("Export the file again from its system, and hand it in.")
LIKE_THE_OTHERS = _("values like the others of the column")
ANNOUNCED_SIZE = _("a table of the size that was announced")

TABLES = (
    ProblemKind(
        "table-error",
        "table",
        title=_("A problem in the table"),
        remedy=_("Read the note and correct the file or its declaration."),
        expected=_("a table that agrees with what the dataset says of itself"),
        agency_remedy=_("Read the note, and correct what it names."),
    ),
    ProblemKind(
        "field-count",
        "table",
        title=_("Another number of columns"),
        remedy=EXPORT_AGAIN,
        expected=ANNOUNCED_SIZE,
        agency_remedy=HAND_IN_AGAIN,
    ),
    ProblemKind(
        "row-count",
        "table",
        title=_("Another number of rows"),
        remedy=EXPORT_AGAIN,
        expected=ANNOUNCED_SIZE,
        agency_remedy=HAND_IN_AGAIN,
    ),
    ProblemKind(
        "table-dimensions",
        "table",
        title=_("A table of another size"),
        remedy=EXPORT_AGAIN,
        expected=ANNOUNCED_SIZE,
        agency_remedy=HAND_IN_AGAIN,
    ),
    ProblemKind(
        "deviated-value",
        "table",
        title=_("An unusual value"),
        remedy=LOOK_AT_VALUES,
        expected=LIKE_THE_OTHERS,
        agency_remedy=LOOK_AT_VALUE,
    ),
    ProblemKind(
        "deviated-cell",
        "table",
        title=_("An unusual cell"),
        remedy=LOOK_AT_VALUES,
        expected=LIKE_THE_OTHERS,
        agency_remedy=LOOK_AT_VALUE,
    ),
    ProblemKind(
        "required-value",
        "table",
        title=_("A required value is missing"),
        remedy=_("Add the value that the note names."),
        expected=_("a value that must be there"),
        agency_remedy=LOOK_AT_VALUE,
    ),
    ProblemKind(
        "quarantine-exceeded",
        "table",
        title=_("Too many rows with problems"),
        remedy=_(
            "Correct them at the source. If so many may be missing, raise `maxShare` under `quarantine` in "
            "datapackage.yaml."
        ),
        agency_remedy=_("Correct the rows with the other problems, and hand the file in again."),
    ),
    ProblemKind(
        "expectation",
        "table",
        title=_("An expectation is not met"),
        remedy=_(
            "Look at the rows named and correct them at the source. Where the expectation is out of date, "
            "change its file."
        ),
        expected=_("values that are usual in this dataset"),
        agency_remedy=_(
            "Look at the rows that are named and correct what is wrong. If the data is right, tell us: our "
            "rule may be out of date."
        ),
        severity=None,
    ),
    ProblemKind(
        "expectation-broken",
        "table",
        title=_("An expectation that cannot be judged"),
        remedy=_(
            "Correct the dataset's expectations file: the type, the column or the condition does not exist "
            "or does not fit the field."
        ),
        expected=_("a check that can be made"),
        agency_remedy=_("You need do nothing: tell the data team."),
    ),
    ProblemKind(
        "keys-renumbered",
        "table",
        title=_("The keys were numbered anew"),
        remedy=_(
            "Ask the agency to keep its numbers, or declare another `primaryKey` that stays with each row, "
            "or none."
        ),
        expected=_("the same identifier for the same thing in every extract"),
        agency_remedy=_(
            "Do not number the rows anew: use in each extract the number or code that each one had before."
        ),
    ),
    ProblemKind(
        "reference-field",
        "table",
        title=_("A reference to a field that does not exist"),
        remedy=_("Correct the name of the field in the foreign key (`foreignKeys`, `reference.fields`)."),
        agency_remedy=_("Nothing is wrong with your file: tell whoever sent you this report."),
    ),
    ProblemKind(
        "reference-table",
        "table",
        title=_("A reference to a table that does not exist"),
        remedy=_("Correct the name of the table in the foreign key (`foreignKeys`, `reference.resource`)."),
        agency_remedy=_("Nothing is wrong with your file: tell whoever sent you this report."),
    ),
    ProblemKind(
        "reference-missing",
        "table",
        title=_("Nothing to compare a reference with"),
        remedy=_(
            "Release the dataset that it names first (`needs`, then `vereda run`), or hand in both tables "
            "together."
        ),
        expected=_("that the table it refers to is there"),
        agency_remedy=_("Hand in the table that it refers to as well, or tell the data team."),
    ),
    ProblemKind(
        "reference-removed",
        "table",
        title=_("A row that others refer to is gone"),
        remedy=_("Put the row back in the file, or send again the rows that refer to it."),
        expected=_("that what other rows refer to is still there"),
        agency_remedy=_("Put back the row that is missing, or hand in again the rows that refer to it."),
    ),
    ProblemKind(
        "undeclared-writing",
        "column",
        title=_("A column that can be read in more than one way"),
        remedy=_(
            "Declare how the agency writes it, under the layout's `fields` in datapackage.yaml, as the "
            "note says."
        ),
        agency_remedy=_(
            "Tell whoever sent you this report which way of reading the column is the right one."
        ),
        severity="warning",
    ),
    ProblemKind(
        "opposite-dates",
        "column",
        title=_("Two orders of day and month in one file"),
        remedy=_(
            "Ask the agency whether both are right. If so, declare how each is written (`format`, under the "
            "layout's `fields`)."
        ),
        agency_remedy=_(
            "Look whether the day and the month of each column are where they should be: a program may have "
            "exchanged them."
        ),
        severity="warning",
    ),
    ProblemKind(
        "fraction-cut",
        "column",
        title=_("Seconds finer than can be kept"),
        remedy=_(
            "Nothing is to be done where a millionth of a second is fine enough. Else give the field the "
            "type `string`."
        ),
        expected=_("seconds with six decimals at most"),
        agency_remedy=_(
            "Write the seconds with six decimals at most, or leave them as they are: what is finer is not "
            "published."
        ),
        severity="warning",
    ),
)
