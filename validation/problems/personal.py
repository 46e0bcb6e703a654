"""The names and remedies of what is told by its place alone: personal data, and text that would run."""

from __future__ import annotations

from messages import gettext as _


def told_by_place() -> dict[str, tuple[str, str]]:
    meant = _(
        "Say under `personalData` in datapackage.yaml what is meant for this column: `drop` leaves it out, "
        "`hash` and `mask` disguise it, "
        "{public} publishes it with its reason. Where it stands in a free text, take it out at the source, "
        "or with a rule under `values`.",
        public="`{publicBecause: …}`",
    )
    return {
        "personal-cuit": (_("The CUIT or CUIL of a person, undeclared"), meant),
        "personal-dni": (_("The document number of a person, undeclared"), meant),
        "personal-email": (_("An e-mail address, undeclared"), meant),
        "personal-phone": (_("A telephone number, undeclared"), meant),
        "personal-name": (_("The name of an identified person, undeclared"), meant),
        "formula-cell": (
            _("A text that a spreadsheet would calculate"),
            _(
                "Correct the cell at the source, so that it does not begin with =, +, -, @ or a tab; or "
                "take the mark away with a rule "
                "under `values`: {rule}.",
                rule="`{pattern: '^[\\s=+@-]+(?=.*[A-Za-z])', replace: \"\", because: …}`",
            ),
        ),
        "html-cell": (
            _("HTML in a cell"),
            _(
                "Correct the cell at the source, or turn it into text with a rule under `values`: {rule}.",
                rule="`{pattern: '<[^>]*>', replace: \" \", because: …}`",
            ),
        ),
    }
