"""What can be wrong with a cell: its value is of another kind, not allowed, missing, or one too many."""

from __future__ import annotations

from messages import gettext_later as _
from validation.problems.kind import ProblemKind

LOOK_AT_VALUES = _(
    "Look at the values that the note names, and correct them at the source where they are wrong."
)
LOOK_AT_VALUE = _("Look at the value and correct it if it is wrong.")
CORRECT_NUMBER = _(
    "Correct the number. If it is a code or a telephone and not an amount, tell the data team."
)
FILL_IN = _(
    "Write the value that is missing: this column may not have empty cells. If you do not have it, tell the "
    "data team."
)
FITTING_NUMBER = _("a number that fits into a published file")
FULL_ROW = _("as many cells as the header has columns")

CELLS = (
    ProblemKind(
        "type-error",
        "cell",
        title=_("A value of another kind"),
        remedy=_(
            "Correct the cell at the source, or declare how the agency writes it (`layouts`, `values`) in "
            "datapackage.yaml."
        ),
        expected=_("a value of the kind that the column holds (date, number, yes or no)"),
        agency_remedy=_(
            "Write the value in the way that is expected. If you do not have it, leave the cell empty: do "
            "not write “S/D” or a dash."
        ),
        required_remedy=_(
            "Write the value in the way that is expected. It may not be left out: if you do not have it, "
            "tell the data team."
        ),
    ),
    ProblemKind(
        "constraint-error",
        "cell",
        title=_("A value that is not allowed"),
        remedy=_(
            "Correct the cell at the source. If the value is right, widen the field's `constraints` in "
            "datapackage.yaml."
        ),
        expected=_("a value that the column admits"),
        agency_remedy=_(
            "Replace the value by one that is admitted. If it is right as it is, tell the data team."
        ),
    ),
    ProblemKind(
        "unique-error",
        "cell",
        title=_("A value that should not repeat"),
        remedy=_("Correct or remove one of the two rows: this field names each row once."),
        expected=_("a value that stands in one row only"),
        agency_remedy=_(
            "Look for the other row with the same value: correct one of them, or remove it if it is there "
            "twice."
        ),
    ),
    ProblemKind(
        "control-character",
        "cell",
        title=_("A control character in a cell"),
        remedy=_(
            "Ask for the cell without it, or take it out by a rule under `values`: no workbook, feed or "
            "picture can hold it."
        ),
        expected=_("a text of characters that can be seen"),
        agency_remedy=_(
            "Write the text of the cell anew, by hand: it holds a character that nobody sees, which comes "
            "along when text is copied from another program."
        ),
    ),
    ProblemKind(
        "lost-character",
        "cell",
        title=_("A character that was lost"),
        remedy=_("Ask for the extract again, as UTF-8: the letter that stood there cannot be found out."),
        expected=_("text whose letters can all be read"),
        agency_remedy=_("Write the letter that is missing where � stands."),
        severity="warning",
    ),
    ProblemKind(
        "encoded-twice",
        "column",
        title=_("Accents that were encoded twice"),
        remedy=_("Ask for the extract as UTF-8, or declare `decode: utf-8-twice` for the field in `fields`."),
        expected=_("text whose accents can be read"),
        agency_remedy=_(
            "Export the file again from the system that has the data: opening and saving it has spoilt its "
            "accents."
        ),
        severity="warning",
    ),
    ProblemKind(
        "unseen-character",
        "column",
        title=_("Characters that nobody sees"),
        remedy=_(
            "Take them out at the source, or declare a repair (`values`): two texts that look the same are "
            "not "
            "the same with them."
        ),
        expected=_("text without spaces of odd kinds and without invisible characters"),
        agency_remedy=_(
            "They came along from a page or a document: take them out with Find and replace (an odd space "
            "for a plain one), or write those cells anew."
        ),
        severity="warning",
    ),
    ProblemKind(
        "digits-lost",
        "cell",
        title=_("A number that lost digits"),
        remedy=_(
            "Ask for the column as text: a workbook keeps 15 digits of a number, and zeros for the others."
        ),
        expected=_("a code in a cell that is formatted as text"),
        agency_remedy=_(
            "Format the column as text, and write the code anew: Excel keeps 15 digits of a number, and has "
            "lost "
            "the others."
        ),
    ),
    ProblemKind(
        "spreadsheet-error",
        "cell",
        title=_("The error of a formula in a cell"),
        remedy=_(
            "Ask for the extract again with its formulas put right. Where the error stands for no data, "
            "declare it: `missingValues` of the field in the layout's `fields`."
        ),
        expected=_("a text, or an empty cell where there is none"),
        agency_remedy=_(
            "Correct the formula in the workbook, or write the text by hand, and save the file again."
        ),
    ),
    ProblemKind(
        "formula-unsaved",
        "cell",
        title=_("A formula without its result"),
        remedy=_(
            "Ask for the workbook again, opened and saved in Excel or LibreOffice: a program wrote it "
            "without the results of its formulas."
        ),
        expected=_("a value, or a formula whose result is saved with it"),
        agency_remedy=_("Open the workbook in Excel or LibreOffice, save it there, and hand that in."),
    ),
    ProblemKind(
        "no-data-sign",
        "column",
        title=_("Signs of no data in a column of text"),
        remedy=_(
            "Where they mean that there is no data, declare them: `missingValues` of the field in the "
            "layout's `fields`. Else nothing is to be done."
        ),
        expected=_("an empty cell where there is no data"),
        agency_remedy=_(
            "Where there is no data, leave the cell empty. If the text is meant, leave it as it is."
        ),
        required_remedy=FILL_IN,
        severity="warning",
    ),
    ProblemKind(
        "odd-day",
        "column",
        title=_("Dates of another age"),
        remedy=_(
            "Look at the dates. If they are right, declare `minimum` or `maximum` in the field's "
            "`constraints`."
        ),
        expected=_("dates of our time"),
        agency_remedy=_("Look at the year of these dates, and correct it if it is wrong."),
        severity="warning",
    ),
    ProblemKind(
        "number-rounded",
        "column",
        title=_("Numbers with more digits than are kept"),
        remedy=_(
            "Declare `money: true` for the field, or `money: {{precision: 38, scale: 2}}`, and the digits "
            "stay. Where they are codes, make it a field of texts."
        ),
        expected=_("numbers of up to 15 digits"),
        agency_remedy=_(
            "The file may be right: tell the data team that these numbers need all their digits, or whether "
            "they are codes."
        ),
        severity="warning",
    ),
    ProblemKind(
        "filler-value",
        "column",
        title=_("A value that seems to stand for no data"),
        remedy=_(
            "Where it means that there is no data, declare it: `missingValues` of the field in the layout's "
            "`fields`. If it is right, declare `minimum` or `maximum` in the field's `constraints`."
        ),
        expected=_("an empty cell where there is no data"),
        agency_remedy=_(
            "Where there is no data, leave the cell empty. If the value is right, leave it as it is."
        ),
        required_remedy=FILL_IN,
        severity="warning",
    ),
    ProblemKind(
        "swapped-dates",
        "column",
        title=_("Days and months that were exchanged"),
        remedy=_(
            "Ask for the dates anew: a spreadsheet took day/month/year for month/day/year where it could, "
            "and left "
            "the others as text."
        ),
        expected=_("dates whose day and month are where they should be"),
        agency_remedy=_(
            "Format the column as text before the dates are typed or pasted in, and write them anew: the "
            "spreadsheet exchanged day and month wherever it could."
        ),
    ),
    ProblemKind(
        "impossible-coordinate",
        "cell",
        title=_("A coordinate that no place has"),
        remedy=_(
            "Correct the coordinate at the source: a separator, or the order of latitude and longitude."
        ),
        expected=_("degrees of a place on the earth"),
        agency_remedy=_("Write the coordinate anew, in degrees: -34.6037 and -58.3816 in the city's centre."),
    ),
    ProblemKind(
        "swapped-coordinates",
        "cell",
        title=_("Latitude and longitude in each other's place"),
        remedy=_("Exchange them at the source, or the labels of the two columns in the layout."),
        expected=_("in the city a latitude is near -34.6, and a longitude near -58.4"),
        agency_remedy=_(
            "Exchange the two values; where all rows are so, exchange the names of the two columns."
        ),
    ),
    ProblemKind(
        "far-coordinate",
        "cell",
        title=_("A place far from the city"),
        remedy=_(
            "Look at the coordinate: a digit or a sign may be missing, or latitude and longitude exchanged."
        ),
        expected=_("degrees of a place in or near the city"),
        agency_remedy=_("Look at the place on a map, and correct its coordinates if they are wrong."),
        severity="warning",
    ),
    ProblemKind(
        "no-degrees",
        "column",
        title=_("Coordinates that are no degrees"),
        remedy=_(
            "Give the column a name that says what it holds, or ask for degrees (WGS 84): whoever reads "
            "`lat` or `long` takes it for them."
        ),
        expected=_("degrees of a place on the earth"),
        agency_remedy=_(
            "Send the coordinates in degrees (-34.6037 and -58.3816 in the city's centre), or tell us in "
            "which system they are."
        ),
        severity="warning",
    ),
    ProblemKind(
        "no-number",
        "cell",
        title=_("A cell that is no number"),
        remedy=_("Correct the cell at the source, or declare its text under `missingValues`."),
        expected=_("a number"),
        agency_remedy=_("Write the number. If you do not have it, leave the cell empty."),
    ),
    ProblemKind(
        "odd-writing",
        "cell",
        title=_("A cell written otherwise than its column"),
        remedy=_("Write the cell as the others of its column at the source."),
        expected=_("the same way of writing in the whole column"),
        agency_remedy=_("Write the value in the same way as the other cells of the column."),
    ),
    ProblemKind(
        "short-year",
        "cell",
        title=_("A month with a year of two digits"),
        remedy=_(
            "Write the year with four digits at the source, or declare how the months are written (`format` "
            "in the layout's `fields`)."
        ),
        expected=_("a year and month, as 2026-08"),
        agency_remedy=_("Write the year with four digits, and before the month, as in 2026-08."),
    ),
    ProblemKind(
        "missing-cell",
        "cell",
        title=_("A cell that is missing"),
        remedy=_(
            "Complete the row: it has fewer cells than the header. Often a quote or a line break is out of "
            "place."
        ),
        expected=FULL_ROW,
        agency_remedy=_(
            "Complete the row. Often a quotation mark or a line break inside a cell has cut it in two."
        ),
    ),
    ProblemKind(
        "extra-cell",
        "cell",
        title=_("A cell too many"),
        remedy=_(
            "Correct the row: it has more cells than the header. Often a separator inside a text lacks its "
            "quotes."
        ),
        expected=FULL_ROW,
        agency_remedy=_(
            "Remove what stands to the right of the last column, or put into quotation marks the text that "
            "has a separator in it."
        ),
    ),
    ProblemKind(
        "cell-beside",
        "cell",
        title=_("A cell to the right of the table"),
        remedy=_("Ask for the sheet without it, or with a name above it where it is a column."),
        expected=_("nothing to the right of the last column"),
        agency_remedy=_(
            "Clear the cell. If what it says belongs to the row, write it into its column; if it is a column "
            "of its own, give it a name in the header."
        ),
    ),
    ProblemKind(
        "cell-error",
        "cell",
        title=_("A problem in a cell"),
        remedy=_("Correct the cell that the note names at the source."),
        expected=_("a cell without mistakes"),
        agency_remedy=_("Correct the cell as the note says."),
    ),
    ProblemKind(
        "integer-too-large",
        "cell",
        title=_("A whole number that is too large"),
        remedy=_("Correct the number. If it is a code and not an amount, declare the field as `string`."),
        expected=FITTING_NUMBER,
        agency_remedy=CORRECT_NUMBER,
    ),
    ProblemKind(
        "number-too-large",
        "cell",
        title=_("A number that is too large"),
        remedy=_("Correct the number: no published format can hold it."),
        expected=FITTING_NUMBER,
        agency_remedy=CORRECT_NUMBER,
    ),
    ProblemKind(
        "number-too-precise",
        "cell",
        title=_("An amount with too many decimals"),
        remedy=_("Round the amount at the source, or declare `money` with a larger `scale`."),
        expected=_("an amount with no more decimals than the column keeps"),
        agency_remedy=_("Write the amount with fewer decimals."),
    ),
    ProblemKind(
        "truncated-value",
        "cell",
        title=_("A value that seems cut off"),
        remedy=LOOK_AT_VALUES,
        expected=_("a text that is whole"),
        agency_remedy=_("Write the text to its end: it seems to be cut off."),
    ),
    ProblemKind(
        "forbidden-value",
        "cell",
        title=_("A forbidden value"),
        remedy=LOOK_AT_VALUES,
        expected=_("a value that the column admits"),
        agency_remedy=LOOK_AT_VALUE,
    ),
    ProblemKind(
        "sequential-value",
        "cell",
        title=_("A value out of sequence"),
        remedy=LOOK_AT_VALUES,
        expected=_("numbers that follow one another"),
        agency_remedy=LOOK_AT_VALUE,
    ),
    ProblemKind(
        "ascii-value",
        "cell",
        title=_("Characters outside ASCII"),
        remedy=LOOK_AT_VALUES,
        expected=_("letters without accents or special characters"),
        agency_remedy=LOOK_AT_VALUE,
    ),
)
