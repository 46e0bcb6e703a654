"""What can be wrong with the header: columns that are unknown, missing, unnamed or called otherwise."""

from __future__ import annotations

from messages import gettext_later as _
from validation.problems.kind import ProblemKind

WHOLE_HEADER = _("a header with the names of the columns, each once")

HEADERS = (
    ProblemKind(
        "extra-label",
        "header",
        title=_("An unknown column"),
        remedy=_(
            "Declare the column in datapackage.yaml: as a field, under `labels` if it was renamed, or "
            "under `ignore` to leave it out."
        ),
        expected=_("only columns that the dataset has"),
        agency_remedy=_(
            "If it is a missing column under another name, rename it in the header; if not, delete it or "
            "ask us to add it."
        ),
    ),
    ProblemKind(
        "missing-label",
        "header",
        title=_("A column is missing"),
        remedy=_(
            "Add the column to the file; if the agency renamed it, declare its new label under `labels` in "
            "datapackage.yaml."
        ),
        expected=_("all columns of the dataset"),
        agency_remedy=_(
            "Add the column with this name, or rename it if it is there under another one. If there is no "
            "data, leave it empty."
        ),
    ),
    ProblemKind(
        "two-row-header",
        "header",
        title=_("A header in two rows"),
        remedy=_("Ask for the file with one row of names above the data."),
        expected=WHOLE_HEADER,
        agency_remedy=_(
            "Leave one row with the names of the columns above the data: write into each cell the title and "
            "the name together, undo merged cells, and delete the other row."
        ),
    ),
    ProblemKind(
        "blank-label",
        "header",
        title=_("A column without a name"),
        remedy=_("Write the column's name in the header, or ignore it by declaration."),
        expected=WHOLE_HEADER,
        agency_remedy=_("Write the name of the column in the header, or delete the column if it is empty."),
    ),
    ProblemKind(
        "duplicate-label",
        "header",
        title=_("Two columns with one name"),
        remedy=_("Rename one of the columns, or put its name under `ignore` in datapackage.yaml."),
        expected=WHOLE_HEADER,
        agency_remedy=_("Rename or delete one of the two columns."),
    ),
    ProblemKind(
        "incorrect-label",
        "header",
        title=_("A column with another name"),
        remedy=_("Correct the header, or declare the new label under `labels` in datapackage.yaml."),
        expected=WHOLE_HEADER,
        agency_remedy=_("Write the name of the column in the header as it is expected."),
    ),
    ProblemKind(
        "blank-header",
        "header",
        title=_("The header is empty"),
        remedy=_("Write the columns' names in the first row, or declare which row has them (`headerRow`)."),
        expected=WHOLE_HEADER,
        agency_remedy=_("Write the names of the columns in the row of the header, above the data."),
    ),
    ProblemKind(
        "unmatched-header",
        "header",
        title=_("No column is known"),
        remedy=_("Check that this is the right file; if its layout is new, declare it under `layouts`."),
        expected=WHOLE_HEADER,
        agency_remedy=_(
            "Check that this is the right file and sheet, and that no titles stand above the header."
        ),
    ),
    ProblemKind(
        "renamed-column",
        "header",
        title=_("A column that seems to be another"),
        remedy=_(
            "Rename the column as the note says. If that is its name from now on, say so once, by `vereda "
            "mappings ID --map LABEL=FIELD`, or under `labels` in datapackage.yaml."
        ),
        agency_remedy=_(
            "Name the column as the note says. If it is called so from now on, tell whoever sent you this "
            "report."
        ),
        severity="warning",
    ),
    ProblemKind(
        "header-error",
        "header",
        title=_("A problem in the header"),
        remedy=_("Correct the header of the file as the note says."),
        expected=WHOLE_HEADER,
        agency_remedy=_("Correct the header as the note says."),
    ),
    ProblemKind(
        "label-error",
        "header",
        title=_("A problem in a column's name"),
        remedy=_("Correct the column's name in the header as the note says."),
        expected=WHOLE_HEADER,
        agency_remedy=_("Correct the name of the column in the header as the note says."),
    ),
)
