"""The names and remedies of problems with a file as a whole, with its source, and with what is declared of
it."""

from __future__ import annotations

from messages import gettext as _


def of_files() -> dict[str, tuple[str, str]]:
    return {**_file(), **_sources(), **_declaration()}


def _file() -> dict[str, tuple[str, str]]:
    again = _(
        "Ask the agency to export the file again, or fetch it again: it seems to have been damaged on the "
        "way."
    )
    look = _("Look at the values that the note names, and correct them at the source where they are wrong.")
    return {
        "source-error": (
            _("The file cannot be read"),
            _("Open the file: it may be empty, cut off or something else. Ask the agency for it again."),
        ),
        "hidden-rows": (
            _("Hidden rows"),
            _("Show them and see whether they belong to the data; take out those that do not."),
        ),
        "macros-ignored": (
            _("A workbook with macros"),
            _("Nothing to do, if the cells are right without them; else save it as .xlsx and look at them."),
        ),
        "merged-cells": (
            _("Merged cells"),
            _("Separate them, and write in each row what they say together."),
        ),
        "format-error": (
            _("The file has another format"),
            _("Check the address or the file: a CSV is expected, and this is not one."),
        ),
        "encoding-error": (
            _("The text cannot be read"),
            _("Save the file as UTF-8, or declare its `encoding` under `layouts` in datapackage.yaml."),
        ),
        "scheme-error": (
            _("The file cannot be fetched"),
            _("Check the address in datapackage.yaml, and that the site answers."),
        ),
        "compression-error": (_("The file cannot be unpacked"), again),
        "file-error": (_("A problem in the file"), again),
        "hash-count": (_("The file is not the one expected"), again),
        "byte-count": (_("The file has another size"), again),
        "data-error": (_("A problem in the data"), look),
    }


def _sources() -> dict[str, tuple[str, str]]:
    """What boards and sites tell beside their data."""
    board = _("Ask those who keep the board whether that was meant; if it was, declare it.")
    return {
        "board-closed": (_("The board is closed"), board),
        "board-renamed": (_("The board has another name"), board),
        "budget-unknown": (
            _("Investments that cannot be attributed to a budget"),
            _("You need do nothing. Ask those who run the site to give its budgets' investments apart."),
        ),
    }


def _declaration() -> dict[str, tuple[str, str]]:
    there = _(
        "Correct the dataset's datapackage.yaml as the note says; `vereda check` tells whether it is right."
    )
    return {
        "metadata-error": (_("A problem in the metadata"), there),
        "catalog-error": (_("A problem in the catalogue's description"), there),
        "dataset-error": (_("A problem in the dataset's description"), there),
        "checklist-error": (_("A problem in the list of checks"), there),
        "check-error": (_("A problem in a check"), there),
        "detector-error": (_("A problem in the detection's settings"), there),
        "dialect-error": (_("A problem in the file's dialect"), there),
        "control-error": (_("A problem in a format's settings"), there),
        "inquiry-error": (_("A problem in an inquiry"), there),
        "inquiry-task-error": (_("A problem in a task of an inquiry"), there),
        "package-error": (_("A problem in the data package"), there),
        "pipeline-error": (_("A problem in a pipeline"), there),
        "step-error": (_("A problem in a step of a pipeline"), there),
        "report-error": (_("A problem in a report"), there),
        "report-task-error": (_("A problem in a part of a report"), there),
        "schema-error": (_("A problem in the table's schema"), there),
        "field-error": (_("A problem in a field's description"), there),
        "stats-error": (_("A problem in the declared sizes"), there),
        "resource-error": (_("A problem in a table's description"), there),
        "error": (_("A problem"), _("Read the note and correct the file or its declaration.")),
    }
