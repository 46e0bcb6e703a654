"""What is unlike the releases before: rows that are gone, numbers of another size, dates that stand still."""

from __future__ import annotations

from messages import gettext_later as _
from validation.problems.kind import ProblemKind

CHECK_THE_FILE = _(
    "Check that the file is whole and the newest one, and ask the agency for it again where it is not."
)
LOOK_AT_COLUMN = _(
    "Look at the column in the file, and at the one of the last version. If it is right, nothing is to be "
    "done: the next releases learn from it; if it stops the run, `vereda accept` lets it through."
)
COMPARE_WITH_BEFORE = _(
    "Compare it with what you sent before. If it is right, tell whoever sent you this report; if not, "
    "correct it and hand it in again."
)

UNUSUAL = (
    ProblemKind(
        "unusual-extract",
        "table",
        title=_("An extract unlike the ones before it"),
        remedy=_(
            "Compare it with the last version. If it is right, say so with `vereda accept`; if not, ask "
            "the agency for it again."
        ),
        agency_remedy=COMPARE_WITH_BEFORE,
    ),
    ProblemKind(
        "nulls-unusual",
        "column",
        title=_("Unusually many or few empty cells"),
        remedy=LOOK_AT_COLUMN,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "categories-unusual",
        "column",
        title=_("Categories that are new, or gone"),
        remedy=LOOK_AT_COLUMN,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "numbers-unusual",
        "column",
        title=_("Numbers of another size"),
        remedy=LOOK_AT_COLUMN,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "writing-unusual",
        "column",
        title=_("Texts written in another way"),
        remedy=LOOK_AT_COLUMN,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "dates-as-serials",
        "column",
        title=_("Dates that became a spreadsheet's numbers"),
        remedy=_("Format the column as a date in the spreadsheet, and export the file again."),
        severity="warning",
    ),
    ProblemKind(
        "length-unusual",
        "column",
        title=_("Texts of another length"),
        remedy=LOOK_AT_COLUMN,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "rows-gone",
        "table",
        title=_("No rows where there were some"),
        remedy=_("Look whether the file is the whole one, and export it again."),
        severity="warning",
    ),
    ProblemKind(
        "no-rows",
        "table",
        title=_("A table without rows"),
        remedy=_(
            "Ask for the file with its rows. A dataset is released from its first row on: until there is "
            "one, nothing has to be handed in."
        ),
        expected=_("at least one row below the header"),
        agency_remedy=_(
            "Look whether the export is whole, and hand the file in again. If there are no data yet, you "
            "need not hand anything in."
        ),
    ),
    ProblemKind(
        "no-period",
        "table",
        title=_("A file without rows, for no period"),
        remedy=_(
            "Ask for the file with its rows; where the period has none, hand the file in for that period "
            "(`--period`)."
        ),
        expected=_("at least one row below the header, or the period that the file is for"),
        agency_remedy=_(
            "Look whether the export is whole, and hand the file in again. If there was nothing in that "
            "period, hand the same file in again and say which period it is for."
        ),
    ),
    ProblemKind(
        "rows-lost",
        "table",
        title=_("Rows that are gone"),
        remedy=CHECK_THE_FILE,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "rows-replaced",
        "table",
        title=_("Keys that are gone"),
        remedy=LOOK_AT_COLUMN,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "rows-unusual",
        "table",
        title=_("Another number of rows than usual"),
        remedy=CHECK_THE_FILE,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "rows-repeated",
        "table",
        title=_("Rows that are there twice"),
        remedy=_("Look whether the file was loaded or copied twice, and export it again."),
        severity="warning",
    ),
    ProblemKind(
        "rows-truncated",
        "table",
        title=_("A file that ends where a spreadsheet does"),
        remedy=_(
            "Export the table as CSV and not through a spreadsheet, which holds no more rows than these."
        ),
        severity="warning",
    ),
    ProblemKind(
        "month-shortened",
        "column",
        title=_("A month that lost its rows"),
        remedy=CHECK_THE_FILE,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "month-short",
        "column",
        title=_("A last month with few rows"),
        remedy=CHECK_THE_FILE,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "period-short",
        "table",
        title=_("A period with few rows"),
        remedy=CHECK_THE_FILE,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "dates-standing",
        "column",
        title=_("Dates that do not go on"),
        remedy=CHECK_THE_FILE,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "dates-ahead",
        "column",
        title=_("Dates after the day of the extract"),
        remedy=LOOK_AT_COLUMN,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "stale-extract",
        "table",
        title=_("An old file, sent again"),
        remedy=CHECK_THE_FILE,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "warnings-unusual",
        "table",
        title=_("Unusually many warnings"),
        remedy=LOOK_AT_COLUMN,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
    ProblemKind(
        "repairs-unusual",
        "table",
        title=_("Unusually many repairs"),
        remedy=LOOK_AT_COLUMN,
        agency_remedy=COMPARE_WITH_BEFORE,
        severity="warning",
    ),
)
