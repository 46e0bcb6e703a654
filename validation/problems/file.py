"""What can be wrong with a file before its table is read, and what its source says beside it."""

from __future__ import annotations

from messages import gettext_later as _
from validation.problems.cells import LOOK_AT_VALUES
from validation.problems.kind import ProblemKind
from validation.problems.table import ANNOUNCED_SIZE, EXPORT_AGAIN, HAND_IN_AGAIN

WHOLE_FILE = _("a whole file that can be opened")
ASK_THE_BOARD = _("Ask those who keep the board whether that was meant; if it was, declare it.")

FILES = (
    ProblemKind(
        "source-error",
        "file",
        title=_("The file cannot be read"),
        remedy=_("Open the file: it may be empty, cut off or something else. Ask the agency for it again."),
        expected=WHOLE_FILE,
        agency_remedy=_(
            "Put right what is said above and hand the file in again. If it is cut off or empty, export it "
            "again."
        ),
    ),
    ProblemKind(
        "checks-stopped",
        "file",
        title=_("The tables could not be checked"),
        remedy=_(
            "See how large the extract is, and what stands in its cells: checking it takes more memory or "
            "time than it may (VEREDA_MAX_MEMORY, VEREDA_MAX_SECONDS), or ends the program that does it. "
            "Other datasets are not touched."
        ),
        expected=_("tables that can be checked within the limits"),
        agency_remedy=_("Hand the file in again in smaller parts; if it is small, write to the data team."),
    ),
    ProblemKind(
        "other-separator",
        "file",
        title=_("Another separator than the one declared"),
        remedy=_(
            "Ask for the file with the declared separator, or declare under `dialect` of the layout the "
            "`delimiter` that it has; without one, it is found out."
        ),
        expected=_("cells that are parted by the agreed sign"),
        agency_remedy=_(
            "Export the file with the separator that is named last. Excel takes the one of the computer: "
            "instead of a CSV, you may also hand in the workbook (.xlsx), which needs none."
        ),
    ),
    ProblemKind(
        "code-page",
        "file",
        title=_("A file in the letters of DOS or of an old Macintosh"),
        remedy=_(
            "Look whether its words are right. If they are, declare `encoding` in the layout, or ask for "
            "the file as UTF-8."
        ),
        expected=_("a file in UTF-8"),
        agency_remedy=_(
            "Nothing changed in your words. If the program that writes the file can, export it as UTF-8: "
            "then nobody has to find out how it writes accents."
        ),
        severity="warning",
    ),
    ProblemKind(
        "formats-unread",
        "file",
        title=_("A workbook whose number formats are not read"),
        remedy=_(
            "Save it as .xlsx, and hand in that one: then percentages and codes are read as they are shown."
        ),
        severity="warning",
    ),
    ProblemKind(
        "sheets-unread",
        "file",
        title=_("Sheets that were not read"),
        remedy=_(
            "Say in the layout which `sheet` is meant, or ask for all rows in one sheet: nothing of the "
            "others is published."
        ),
        expected=_("all rows in one sheet"),
        agency_remedy=_(
            "If the rows of the other sheets belong to the data as well, put them all into one sheet, and "
            "hand the file in again."
        ),
        severity="warning",
    ),
    ProblemKind(
        "hidden-rows",
        "file",
        title=_("Hidden rows"),
        remedy=_("Show them and see whether they belong to the data; take out those that do not."),
        severity="warning",
    ),
    ProblemKind(
        "hidden-columns",
        "file",
        title=_("Hidden columns"),
        remedy=_("Show them and see whether they belong to the data; take out those that do not."),
        severity="warning",
    ),
    ProblemKind(
        "macros-ignored",
        "file",
        title=_("A workbook with macros"),
        remedy=_(
            "Nothing to do, if the cells are right without them; else save it as .xlsx and look at them."
        ),
        severity="warning",
    ),
    ProblemKind(
        "merged-cells",
        "file",
        title=_("Merged cells"),
        remedy=_("Separate them, and write in each row what they say together."),
        severity="warning",
    ),
    ProblemKind(
        "format-error",
        "file",
        title=_("The file is no table that can be read"),
        remedy=_("Check the address or the file: it is damaged, or no table."),
        expected=_("a table: CSV, XLSX, XLS or ODS"),
        agency_remedy=_("Do what is said above, and hand the file in again."),
    ),
    ProblemKind(
        "encoding-error",
        "file",
        title=_("The text cannot be read"),
        remedy=_("Save the file as UTF-8, or declare its `encoding` under `layouts` in datapackage.yaml."),
        expected=_("a text in one known encoding"),
        agency_remedy=_(
            "Export it again, choosing “CSV UTF-8” when you save, or hand in the Excel workbook itself."
        ),
    ),
    ProblemKind(
        "scheme-error",
        "file",
        title=_("The file cannot be fetched"),
        remedy=_("Check the address in datapackage.yaml, and that the site answers."),
        expected=_("an address that answers"),
        agency_remedy=_("Check the address of the file."),
    ),
    ProblemKind(
        "compression-error",
        "file",
        title=_("The file cannot be unpacked"),
        remedy=EXPORT_AGAIN,
        expected=WHOLE_FILE,
        agency_remedy=_("Hand in the file without compressing it."),
    ),
    ProblemKind(
        "file-error",
        "file",
        title=_("A problem in the file"),
        remedy=EXPORT_AGAIN,
        expected=WHOLE_FILE,
        agency_remedy=HAND_IN_AGAIN,
    ),
    ProblemKind(
        "hash-count",
        "file",
        title=_("The file is not the one expected"),
        remedy=EXPORT_AGAIN,
        expected=ANNOUNCED_SIZE,
        agency_remedy=HAND_IN_AGAIN,
    ),
    ProblemKind(
        "byte-count",
        "file",
        title=_("The file has another size"),
        remedy=EXPORT_AGAIN,
        expected=ANNOUNCED_SIZE,
        agency_remedy=HAND_IN_AGAIN,
    ),
    ProblemKind(
        "data-error",
        "file",
        title=_("A problem in the data"),
        remedy=LOOK_AT_VALUES,
        expected=WHOLE_FILE,
        agency_remedy=HAND_IN_AGAIN,
    ),
    ProblemKind(
        "board-closed",
        "file",
        title=_("The board is closed"),
        remedy=ASK_THE_BOARD,
        severity="warning",
    ),
    ProblemKind(
        "board-renamed",
        "file",
        title=_("The board has another name"),
        remedy=ASK_THE_BOARD,
        severity="warning",
    ),
    ProblemKind(
        "supplier-person",
        "file",
        title=_("Suppliers that are persons, or may be"),
        remedy=_("You need do nothing: their names and numbers are not published."),
        severity="warning",
    ),
    ProblemKind(
        "budget-unknown",
        "file",
        title=_("Investments that cannot be attributed to a budget"),
        remedy=_("You need do nothing. Ask those who run the site to give its budgets' investments apart."),
        severity="warning",
    ),
)
