"""What can be wrong with a row: it is empty, repeated, of another period, or refers to what is not there."""

from __future__ import annotations

from messages import gettext_later as _
from validation.problems.kind import ProblemKind

TAKE_OUT_OR_TELL = _(
    "Take the row out of the file if it is none of the data; if it is, tell whoever sent you this report."
)

ROWS = (
    ProblemKind(
        "blank-row",
        "row",
        title=_("An empty row"),
        remedy=_("Remove the row, or fill it in."),
        expected=_("rows that follow one another without gaps"),
        agency_remedy=_("Delete the empty row."),
    ),
    ProblemKind(
        "primary-key",
        "row",
        title=_("A repeated or empty key"),
        remedy=_("Give each row its own key at the source, or remove the row that is there twice."),
        expected=_("a key that no other row has, and that is not empty"),
        agency_remedy=_(
            "If the row is there twice, delete one of the two. If they are two different things, give each "
            "its own key."
        ),
    ),
    ProblemKind(
        "alike-key",
        "row",
        title=_("A key that looks like another"),
        remedy=_(
            "Write both keys alike at the source: they differ in spaces, in characters that nobody sees, or "
            "in some that look like others."
        ),
        expected=_("a key that no other row has, and that does not look like another"),
        agency_remedy=_(
            "Write the key as in the other row: they differ in spaces, in a character that nobody sees, or "
            "in one that looks like another (a dash, a letter of another alphabet)."
        ),
    ),
    ProblemKind(
        "foreign-key",
        "row",
        title=_("A reference to a row that does not exist"),
        remedy=_("Correct the reference, or add the row that it names to the other table."),
        expected=_("a value that stands in the list of reference"),
        agency_remedy=_(
            "Write the name as it stands in the list, with its accents and capitals. If something is "
            "missing in the list, tell us."
        ),
        agency_title=_("A name that is not in its list"),
    ),
    ProblemKind(
        "row-error",
        "row",
        title=_("A problem in a row"),
        remedy=_("Correct the row that the note names at the source."),
        expected=_("a row without mistakes"),
        agency_remedy=_("Correct the row as the note says."),
    ),
    ProblemKind(
        "stray-quote",
        "row",
        title=_("A quotation mark out of place"),
        remedy=_(
            "Correct the row at the source, or export the file again with a program that doubles quotation "
            "marks inside a cell. Where they are meant to be read as they stand, declare `strict: false` in "
            "the "
            "layout."
        ),
        expected=_("quotation marks around a whole cell, and each one inside it written twice"),
        agency_remedy=_(
            "Look at the quotation marks of the row: take out the one that is too many, or save the file "
            "from "
            "the spreadsheet as a workbook (.xlsx) and hand that in."
        ),
    ),
    ProblemKind(
        "quote-in-cell",
        "row",
        title=_("Quotation marks inside a cell"),
        remedy=_("Nothing changed: look whether the cell says what it should, and where it ends."),
        expected=_("quotation marks around a whole cell, and each one inside it written twice"),
        agency_remedy=_("Look whether the cell says what it should. If so, there is nothing to do."),
        severity="warning",
    ),
    ProblemKind(
        "duplicate-row",
        "row",
        title=_("A repeated row"),
        remedy=_("Remove one of the two rows."),
        expected=_("rows that are there once"),
        agency_remedy=_("Delete one of the two rows."),
    ),
    ProblemKind(
        "outside-period",
        "row",
        title=_("A row of another period"),
        remedy=_("Hand the file in for the period that its rows tell of, or take the other rows out of it."),
        expected=_("rows of the period that the file was handed in for"),
        agency_remedy=_("Move the row to the file of its period, or correct its date."),
    ),
    ProblemKind(
        "row-without-period",
        "row",
        title=_("A row of no period"),
        remedy=_(
            "Ask for the row with its date: no file of a period would ever replace a row without one. If "
            "rows may be without, the table does not come by period (`extract`)."
        ),
        expected=_("a row that says of which period it is"),
        agency_remedy=_("Write the date of the row. If it is none of the data, delete the row."),
    ),
    ProblemKind(
        "totals-row",
        "row",
        title=_("A totals row that does not add up"),
        remedy=_(
            "Take the row out of the file if it is none of the data; where it is, declare `foot: false` in "
            "the layout."
        ),
        agency_remedy=TAKE_OUT_OR_TELL,
    ),
    ProblemKind(
        "units-row",
        "row",
        title=_("A row of units below the header"),
        remedy=_(
            "Have the row deleted, and declare the `unit` of the fields. Of values in thousands or millions "
            "ask for whole ones."
        ),
        agency_remedy=_(
            "Delete the row. If it says that values are thousands or millions, write these out, or tell "
            "whoever sent you this report."
        ),
    ),
    ProblemKind(
        "note-row",
        "row",
        title=_("A text alone below the table"),
        remedy=_("Take it out of the file if it is none of the data, or declare `foot` in the layout."),
        agency_remedy=TAKE_OUT_OR_TELL,
        severity="warning",
    ),
    ProblemKind(
        "reference-held",
        "row",
        title=_("A reference to a row that is held back"),
        remedy=_(
            "Nothing is wrong with the row itself: it comes in as soon as the row that it names is corrected."
        ),
        severity="held",
    ),
    ProblemKind(
        "row-constraint",
        "row",
        title=_("A row that breaks a rule"),
        remedy=_("Correct the row: its cells contradict one another."),
        expected=_("cells that do not contradict one another"),
        agency_remedy=_("Look at the row as a whole and correct what contradicts."),
    ),
)
