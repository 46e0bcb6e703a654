"""What can be wrong with a dataset's own description: frictionless checks all that datapackage.yaml says."""

from __future__ import annotations

from messages import gettext_later as _
from validation.problems.kind import ProblemKind

CORRECT_DECLARATION = _(
    "Correct the dataset's datapackage.yaml as the note says; `vereda check` tells whether it is right."
)

DECLARATIONS = (
    ProblemKind(
        "metadata-error",
        "declaration",
        title=_("A problem in the metadata"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "catalog-error",
        "declaration",
        title=_("A problem in the catalogue's description"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "dataset-error",
        "declaration",
        title=_("A problem in the dataset's description"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "checklist-error",
        "declaration",
        title=_("A problem in the list of checks"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "check-error",
        "declaration",
        title=_("A problem in a check"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "detector-error",
        "declaration",
        title=_("A problem in the detection's settings"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "dialect-error",
        "declaration",
        title=_("A problem in the file's dialect"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "control-error",
        "declaration",
        title=_("A problem in a format's settings"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "inquiry-error",
        "declaration",
        title=_("A problem in an inquiry"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "inquiry-task-error",
        "declaration",
        title=_("A problem in a task of an inquiry"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "package-error",
        "declaration",
        title=_("A problem in the data package"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "pipeline-error",
        "declaration",
        title=_("A problem in a pipeline"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "step-error",
        "declaration",
        title=_("A problem in a step of a pipeline"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "report-error",
        "declaration",
        title=_("A problem in a report"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "report-task-error",
        "declaration",
        title=_("A problem in a part of a report"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "schema-error",
        "declaration",
        title=_("A problem in the table's schema"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "field-error",
        "declaration",
        title=_("A problem in a field's description"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "stats-error",
        "declaration",
        title=_("A problem in the declared sizes"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "resource-error",
        "declaration",
        title=_("A problem in a table's description"),
        remedy=CORRECT_DECLARATION,
    ),
    ProblemKind(
        "error",
        "declaration",
        title=_("A problem"),
        remedy=_("Read the note and correct the file or its declaration."),
    ),
)
