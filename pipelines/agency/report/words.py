"""For each kind of problem, what was expected and how to put it right, for people who know the data and not
our tools."""

from __future__ import annotations

from typing import NamedTuple

from messages import gettext as _
from validation.problems.words import words as known

AdviceWords = dict[str, tuple[str, str]]
"""By problem type or code: what was expected, and how to put it right."""


class Advice(NamedTuple):
    title: str
    expected: str
    remedy: str


def advice(type: str, code: str | None = None, kind: str | None = None) -> Advice:
    """The words for a kind of problem in the current language; where none are written for agencies, those for
    the data team. `kind` is the field's type, where it was not met."""
    told, titles = agency(), known()
    if type == "type-error" and not code and kind in (by_kind := _kinds()):
        return Advice(*by_kind[kind], told[type][1])
    if type == "foreign-key" and not code:
        return Advice(_("A name that is not in its list"), *told[type])
    for word in (code, type):
        if word in told:
            return Advice(titles[word][0], *told[word])
        if word in titles and word not in ("table-error", "row-error", "cell-error"):
            return Advice(titles[word][0], "", titles[word][1])
    return Advice(titles.get(type, titles["error"])[0], *told["table-error"])


def _kinds() -> AdviceWords:
    """By the field's type: what the problem is called, and what was expected."""
    number, date = _("A number that cannot be read"), _("A date that cannot be read")
    return {
        "integer": (number, _("a whole number, as 1234")),
        "number": (number, _("a number with a point before its decimals, as 1234.5")),
        "year": (_("A year that cannot be read"), _("a year, as 2026")),
        "date": (date, _("a date, as 2026-08-31")),
        "datetime": (date, _("a date and time, as 2026-08-31T18:30:00")),
        "yearmonth": (date, _("a year and month, as 2026-08")),
        "time": (_("A time that cannot be read"), _("a time of day, as 18:30:00")),
        "boolean": (_("Neither yes nor no"), _("true or false")),
    }


def agency() -> AdviceWords:
    """All that is written for agencies."""
    return {
        **_cells(),
        **_rows(),
        **_header(),
        **_table(),
        **_file(),
        **_over_time(),
        **_untold(),
        **_checks(),
    }


def _cells() -> AdviceWords:
    code = _(
        "Correct the number. If it is a code or a telephone and not an amount, write to whoever publishes "
        "the dataset."
    )
    small = _("a number that fits into a published file")
    return {
        "type-error": (
            _("a value of the kind that the column holds (date, number, yes or no)"),
            _(
                "Write the value in the way that is expected. If you do not have it, leave the cell empty: "
                "do not write “S/D” or a dash."
            ),
        ),
        "constraint-error": (
            _("a value that the column admits"),
            _(
                "Replace the value by one that is admitted. If it is right as it is, write to whoever "
                "publishes the dataset."
            ),
        ),
        "unique-error": (
            _("a value that stands in one row only"),
            _(
                "Look for the other row with the same value: correct one of them, or remove it if it is "
                "there twice."
            ),
        ),
        "cell-error": (_("a cell without mistakes"), _("Correct the cell as the note says.")),
        "missing-cell": (
            _("as many cells as the header has columns"),
            _("Complete the row. Often a quotation mark or a line break inside a cell has cut it in two."),
        ),
        "extra-cell": (
            _("as many cells as the header has columns"),
            _(
                "Remove what stands to the right of the last column, or put into quotation marks the text "
                "that has a separator in it."
            ),
        ),
        "integer-too-large": (small, code),
        "number-too-large": (small, code),
    }


def _rows() -> AdviceWords:
    return {
        "blank-row": (_("rows that follow one another without gaps"), _("Delete the empty row.")),
        "primary-key": (
            _("a key that no other row has, and that is not empty"),
            _(
                "If the row is there twice, delete one of the two. If they are two different things, give "
                "each its own key."
            ),
        ),
        "foreign-key": (
            _("a value that stands in the list of reference"),
            _(
                "Write the name as it stands in the list, with its accents and capitals. If something is "
                "missing in the list, tell us."
            ),
        ),
        "row-error": (_("a row without mistakes"), _("Correct the row as the note says.")),
        "duplicate-row": (_("rows that are there once"), _("Delete one of the two rows.")),
        "row-constraint": (
            _("cells that do not contradict one another"),
            _("Look at the row as a whole and correct what contradicts."),
        ),
        "outside-period": (
            _("rows of the period that the file was handed in for"),
            _("Move the row to the file of its period, or correct its date."),
        ),
    }


def _header() -> AdviceWords:
    first = _("a header with the names of the columns, each once")
    return {
        "extra-label": (
            _("only columns that the dataset has"),
            _(
                "If it is a missing column under another name, rename it in the header; if not, delete it "
                "or ask us to add it."
            ),
        ),
        "missing-label": (
            _("all columns of the dataset"),
            _(
                "Add the column with this name, or rename it if it is there under another one. If there is "
                "no data, leave it empty."
            ),
        ),
        "blank-label": (
            first,
            _("Write the name of the column in the header, or delete the column if it is empty."),
        ),
        "duplicate-label": (first, _("Rename or delete one of the two columns.")),
        "incorrect-label": (first, _("Write the name of the column in the header as it is expected.")),
        "blank-header": (
            first,
            _("Write the names of the columns in the row of the header, above the data."),
        ),
        "unmatched-header": (
            first,
            _("Check that this is the right file and sheet, and that no titles stand above the header."),
        ),
        "header-error": (first, _("Correct the header as the note says.")),
        "label-error": (first, _("Correct the name of the column in the header as the note says.")),
    }


def _table() -> AdviceWords:
    return {
        "table-error": (
            _("a table that agrees with what the dataset says of itself"),
            _("Read the note, and correct what it names."),
        ),
        "expectation": (
            _("values that are usual in this dataset"),
            _(
                "Look at the rows that are named and correct what is wrong. If the data is right, tell us: "
                "our rule may be out of date."
            ),
        ),
        "expectation-broken": (
            _("a check that can be made"),
            _("You need do nothing: tell whoever publishes the dataset."),
        ),
        "reference-missing": (
            _("that the table it refers to is there"),
            _("Hand in the table that it refers to as well, or tell whoever publishes the dataset."),
        ),
    }


def _file() -> AdviceWords:
    whole = _("a whole file that can be opened")
    return {
        "source-error": (
            whole,
            _(
                "Put right what is said above and hand the file in again. If it is cut off or empty, "
                "export it again."
            ),
        ),
        "format-error": (
            _("a table: CSV, XLSX, XLS or ODS"),
            _(
                "Open the file in your spreadsheet program and save it as an Excel workbook (.xlsx), "
                "without a password."
            ),
        ),
        "encoding-error": (
            _("a text in one known encoding"),
            _("Export it again, choosing “CSV UTF-8” when you save, or hand in the Excel workbook itself."),
        ),
        "scheme-error": (_("an address that answers"), _("Check the address of the file.")),
        "compression-error": (whole, _("Hand in the file without compressing it.")),
        "file-error": (whole, _("Export the file again from its system, and hand it in.")),
        "data-error": (whole, _("Export the file again from its system, and hand it in.")),
    }


def _over_time() -> AdviceWords:
    return {
        "keys-renumbered": (
            _("the same identifier for the same thing in every extract"),
            _(
                "Do not number the rows anew: use in each extract the number or code that each one had "
                "before."
            ),
        ),
        "reference-removed": (
            _("that what other rows refer to is still there"),
            _("Put back the row that is missing, or hand in again the rows that refer to it."),
        ),
    }


def _untold() -> AdviceWords:
    """What is told by its place alone."""
    nobody = _("no data of persons, unless it was agreed that it is published")
    out = _(
        "Take it out of the cell. If it has to be published by law, or the column should be left out or "
        "disguised, write to us first."
    )
    return {
        **{f"personal-{kind}": (nobody, out) for kind in ("cuit", "dni", "email", "phone", "name")},
        "formula-cell": (
            _("text and numbers, and nothing that a spreadsheet would calculate"),
            _(
                "Take away the sign at the beginning of the cell (=, +, -, @), or replace the formula by "
                "its result."
            ),
        ),
        "html-cell": (_("plain text"), _("Leave the text alone, without the marks between < and >.")),
    }


def _checks() -> AdviceWords:
    """What frictionless's further checks report."""
    look, again = (
        _("Look at the value and correct it if it is wrong."),
        _("Export the file again from its system, and hand it in."),
    )
    usual, size = _("values like the others of the column"), _("a table of the size that was announced")
    return {
        "truncated-value": (
            _("a text that is whole"),
            _("Write the text to its end: it seems to be cut off."),
        ),
        "forbidden-value": (_("a value that the column admits"), look),
        "sequential-value": (_("numbers that follow one another"), look),
        "ascii-value": (_("letters without accents or special characters"), look),
        "deviated-value": (usual, look),
        "deviated-cell": (usual, look),
        "required-value": (_("a value that must be there"), look),
        "field-count": (size, again),
        "row-count": (size, again),
        "table-dimensions": (size, again),
        "hash-count": (size, again),
        "byte-count": (size, again),
    }
