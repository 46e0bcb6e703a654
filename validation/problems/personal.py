"""What is reported by its place alone: personal data that nobody declared, and text that would run where
it is opened."""

from __future__ import annotations

from messages import Message
from messages import gettext_later as _
from validation.problems.kind import ProblemKind


def _personal(kind: str, title: Message) -> ProblemKind:
    return ProblemKind(
        f"personal-{kind}",
        "cell",
        title=title,
        remedy=_(
            "Say under `personalData` in datapackage.yaml what is meant for this column: `drop` leaves it "
            "out, `hash` and `mask` disguise it, {public} publishes it with its reason. Where it stands in a "
            "free text, take it out at the source, or with a rule under `values`.",
            public="`{publicBecause: …}`",
        ),
        expected=_("no data of persons, unless it was agreed that it is published"),
        agency_remedy=_(
            "Take it out of the cell. If it has to be published by law, or the column should be left out or "
            "disguised, write to us first."
        ),
        public=False,
    )


PLACE_ONLY = (
    _personal("cuit", _("The CUIT or CUIL of a person, undeclared")),
    _personal("dni", _("The document number of a person, undeclared")),
    _personal("email", _("An e-mail address, undeclared")),
    _personal("phone", _("A telephone number, undeclared")),
    _personal("name", _("The name of an identified person, undeclared")),
    ProblemKind(
        "formula-cell",
        "cell",
        title=_("A text that a spreadsheet would calculate"),
        remedy=_(
            "Correct the cell at the source, so that it does not begin with =, +, -, @ or a tab; or take the "
            "mark away with a rule under `values`: {rule}.",
            rule="`{pattern: '^[\\s=+@-]+(?=.*[A-Za-z])', replace: \"\", because: …}`",
        ),
        expected=_("text and numbers, and nothing that a spreadsheet would calculate"),
        agency_remedy=_(
            "Take away the sign at the beginning of the cell (=, +, -, @), or replace the formula by its "
            "result."
        ),
        public=False,
    ),
    ProblemKind(
        "html-cell",
        "cell",
        title=_("HTML in a cell"),
        remedy=_(
            "Correct the cell at the source, or turn it into text with a rule under `values`: {rule}.",
            rule="`{pattern: '<[^>]*>', replace: \" \", because: …}`",
        ),
        expected=_("plain text"),
        agency_remedy=_("Leave the text alone, without the marks between < and >."),
        public=False,
    ),
)
