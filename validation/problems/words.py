"""The name of each kind of problem, and what to do about it, for people who have never heard of a schema.

What frictionless notes in its own terms, said so that whoever filled in the cell understands it.
"""

from __future__ import annotations

import re

from messages import gettext as _
from validation.problems.file_words import of_files
from validation.problems.personal import told_by_place
from validation.problems.unusual import unusual
from validation.report import Problem


def plain(problem: Problem) -> str:
    """The problem's note in the current language; as frictionless wrote it where it has no plainer one."""
    found = re.fullmatch(r'type is "(\w+)/(.*)"', problem.note)
    if problem.type == "type-error" and found:
        return _expected_words(found[1])
    found = re.fullmatch(r'constraint "(\w+)" is "(.*)"', problem.note, re.DOTALL)
    if problem.type == "constraint-error" and found:
        return _required(found[1], found[2])
    found = re.fullmatch(
        r'for "(.*?)": values "(.*)" not found in the lookup table "(.*?)" as "(.*?)"',
        problem.note,
        re.DOTALL,
    )
    if problem.type == "foreign-key" and found:
        value = re.sub(
            r"yearmonth\(year=(\d+), month=(\d+)\)", lambda month: f"{month[1]}-{int(month[2]):02}", found[2]
        )
        return _(
            "“{value}” stands nowhere in {table} ({fields})",
            value=value,
            table=found[3] or problem.resource,
            fields=found[4],
        )
    return _repeated(problem.note)


def _repeated(note: str) -> str:
    if found := re.fullmatch(r"the same as in the row at position (\d+)", note):
        return _("the same stands in row {row}", row=found[1])
    if note.startswith("cells composing the primary keys are all"):
        return _("the cells of the key are empty")
    if found := re.fullmatch(r'at position "([\d, ]+)"', note):
        return _("it is also the name of column no. {column}", column=found[1])
    return note


def _expected_words(kind: str) -> str:
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
    return known.get(kind) or _("a value of the type {kind} was expected", kind=kind)


def _required(constraint: str, value: str) -> str:
    known = {
        "required": _("the cell is empty, and must have a value"),
        "minimum": _("the value must be {value} or more", value=value),
        "maximum": _("the value must be {value} or less", value=value),
        "exclusiveMinimum": _("the value must be more than {value}", value=value),
        "exclusiveMaximum": _("the value must be less than {value}", value=value),
        "minLength": _("the text must have {value} characters or more", value=value),
        "maxLength": _("the text must have {value} characters or fewer", value=value),
        "pattern": _("the text must have the form {value}", value=value),
        "enum": _("the value must be one of {value}", value=value.strip("[]")),
    }
    return known.get(constraint) or _(
        "the value breaks the rule {constraint}: {value}", constraint=constraint, value=value
    )


Words = dict[str, tuple[str, str]]
"""By problem type or code: its name and its remedy, in the current language."""


def words() -> Words:
    """The words for every problem that frictionless or this project reports."""
    return {
        **_cells(),
        **_rows(),
        **_header(),
        **_table(),
        **_expected(),
        **of_files(),
        **told_by_place(),
        **unusual(),
    }


def title(problem_type: str) -> str:
    """The name of a problem type, or of a code, in the current language; one that nobody named is called by
    its type."""
    return words().get(problem_type, (problem_type,))[0]


def remedy(problem: Problem) -> str:
    """What to do about a problem, as a sentence in the current language."""
    known = words()
    return next(known[word] for word in (problem.code, problem.type, "error") if word in known)[1]


def sentence(problem: Problem) -> str:
    """Where the problem is, what it is and what to do, in one line. It may quote the agency's file: never
    publish it."""
    told = plain(problem) or remedy(problem)
    column = problem.field or problem.descriptor.get("label")
    place = {
        "resource": problem.resource,
        "row": f"{problem.row} ({problem.place})" if problem.place else problem.row,
        "column": column,
        "cell": problem.cell,
        "title": title(problem.code or problem.type),
    }
    if problem.row and column and problem.cell:
        return _("{resource}, row {row}, column {column}, “{cell}”: {title}: {told}", told=told, **place)
    if problem.row and column:
        return _("{resource}, row {row}, column {column}: {title}: {told}", told=told, **place)
    if problem.row:
        return _("{resource}, row {row}: {title}: {told}", told=told, **place)
    if column:
        return _("{resource}, column {column}: {title}: {told}", told=told, **place)
    return _("{resource}: {title}: {told}", told=told, **place)


def _cells() -> Words:
    look = _("Look at the values that the note names, and correct them at the source where they are wrong.")
    return {
        "type-error": (
            _("A value of another kind"),
            _(
                "Correct the cell in the file, or declare how the agency writes it (`layouts`, `values`) "
                "in datapackage.yaml."
            ),
        ),
        "constraint-error": (
            _("A value that is not allowed"),
            _(
                "Correct the cell at the source. If the value is right, widen the field's `constraints` in "
                "datapackage.yaml."
            ),
        ),
        "unique-error": (
            _("A value that should not repeat"),
            _("Correct or remove one of the two rows: this field names each row once."),
        ),
        "missing-cell": (
            _("A cell that is missing"),
            _(
                "Complete the row: it has fewer cells than the header. Often a quote or a line break is "
                "out of place."
            ),
        ),
        "extra-cell": (
            _("A cell too many"),
            _(
                "Correct the row: it has more cells than the header. Often a separator inside a text lacks "
                "its quotes."
            ),
        ),
        "undeclared-writing": (
            _("A column that can be read in more than one way"),
            _(
                "Declare how the agency writes it, under the layout's `fields` in datapackage.yaml, as the "
                "note says."
            ),
        ),
        "cell-error": (_("A problem in a cell"), _("Correct the cell that the note names at the source.")),
        "integer-too-large": (
            _("A whole number that is too large"),
            _("Correct the number. If it is a code and not an amount, declare the field as `string`."),
        ),
        "number-too-large": (
            _("A number that is too large"),
            _("Correct the number: no published format can hold it."),
        ),
        "truncated-value": (_("A value that seems cut off"), look),
        "forbidden-value": (_("A forbidden value"), look),
        "sequential-value": (_("A value out of sequence"), look),
        "ascii-value": (_("Characters outside ASCII"), look),
    }


def _rows() -> Words:
    return {
        "blank-row": (_("An empty row"), _("Remove the row, or fill it in.")),
        "primary-key": (
            _("A repeated or empty key"),
            _("Give each row its own key at the source, or remove the row that is there twice."),
        ),
        "foreign-key": (
            _("A reference to a row that does not exist"),
            _("Correct the reference, or add the row that it names to the other table."),
        ),
        "row-error": (_("A problem in a row"), _("Correct the row that the note names at the source.")),
        "duplicate-row": (_("A repeated row"), _("Remove one of the two rows.")),
        "outside-period": (
            _("A row of another period"),
            _("Hand the file in for the period that its rows tell of, or take the other rows out of it."),
        ),
        "totals-row": (
            _("A totals row that does not add up"),
            _(
                "Take the row out of the file if it is none of the data; where it is, declare `foot: "
                "false` in the layout."
            ),
        ),
        "note-row": (
            _("A text alone below the table"),
            _("Take it out of the file if it is none of the data, or declare `foot` in the layout."),
        ),
        "reference-held": (
            _("A reference to a row that is held back"),
            _(
                "Nothing is wrong with the row itself: it comes in as soon as the row that it names is "
                "corrected."
            ),
        ),
        "quarantine-exceeded": (
            _("Too many rows with problems"),
            _(
                "Correct them at the source. If so many may be missing, raise `maxShare` under "
                "`quarantine` in datapackage.yaml."
            ),
        ),
        "row-constraint": (
            _("A row that breaks a rule"),
            _("Correct the row: its cells contradict one another."),
        ),
    }


def _header() -> Words:
    return {
        "extra-label": (
            _("An unknown column"),
            _(
                "Declare the column in datapackage.yaml: as a field, under `labels` if it was renamed, or "
                "under `ignore` to leave it out."
            ),
        ),
        "missing-label": (
            _("A column is missing"),
            _(
                "Add the column to the file; if the agency renamed it, declare its new label under "
                "`labels` in datapackage.yaml."
            ),
        ),
        "blank-label": (
            _("A column without a name"),
            _("Write the column's name in the header, or ignore it by declaration."),
        ),
        "duplicate-label": (
            _("Two columns with one name"),
            _("Rename one of the columns, or put its name under `ignore` in datapackage.yaml."),
        ),
        "incorrect-label": (
            _("A column with another name"),
            _("Correct the header, or declare the new label under `labels` in datapackage.yaml."),
        ),
        "blank-header": (
            _("The header is empty"),
            _("Write the columns' names in the first row, or declare which row has them (`headerRow`)."),
        ),
        "unmatched-header": (
            _("No column is known"),
            _("Check that this is the right file; if its layout is new, declare it under `layouts`."),
        ),
        "renamed-column": (
            _("A column that seems to be another"),
            _(
                "Rename the column as the note says; if that is its name from now on, add it under "
                "`labels` in datapackage.yaml."
            ),
        ),
        "header-error": (_("A problem in the header"), _("Correct the header of the file as the note says.")),
        "label-error": (
            _("A problem in a column's name"),
            _("Correct the column's name in the header as the note says."),
        ),
    }


def _table() -> Words:
    again = _(
        "Ask the agency to export the file again, or fetch it again: it seems to have been damaged on the "
        "way."
    )
    look = _("Look at the values that the note names, and correct them at the source where they are wrong.")
    return {
        "table-error": (
            _("A problem in the table"),
            _("Read the note and correct the file or its declaration."),
        ),
        "field-count": (_("Another number of columns"), again),
        "row-count": (_("Another number of rows"), again),
        "table-dimensions": (_("A table of another size"), again),
        "deviated-value": (_("An unusual value"), look),
        "deviated-cell": (_("An unusual cell"), look),
        "required-value": (_("A required value is missing"), _("Add the value that the note names.")),
    }


def _expected() -> Words:
    return {
        "expectation": (
            _("An expectation is not met"),
            _(
                "Look at the rows named and correct them at the source. Where the expectation is out of "
                "date, change its file."
            ),
        ),
        "expectation-broken": (
            _("An expectation that cannot be judged"),
            _(
                "Correct the dataset's expectations file: the type, the column or the condition does not "
                "exist or does not fit the field."
            ),
        ),
        "keys-renumbered": (
            _("The keys were numbered anew"),
            _(
                "Ask the agency to keep its numbers, or declare another `primaryKey` that stays with each "
                "row, or none."
            ),
        ),
        "reference-missing": (
            _("Nothing to compare a reference with"),
            _(
                "Release the dataset that it names first (`needs`, then `vereda run`), or hand in both "
                "tables together."
            ),
        ),
        "reference-removed": (
            _("A row that others refer to is gone"),
            _("Put the row back in the file, or send again the rows that refer to it."),
        ),
    }
