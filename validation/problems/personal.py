"""What is reported by its place alone: personal data that nobody declared, columns that ask for a decision,
and text that would run where it is opened."""

from __future__ import annotations

from messages import Message
from messages import gettext_later as _
from validation.problems.kind import ProblemKind
from validation.report import Severity


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


def _ask(kind: str, title: Message, severity: Severity = "critical") -> ProblemKind:
    return ProblemKind(
        f"ask-{kind}",
        "column",
        severity=severity,
        title=title,
        remedy=_(
            "Decide once, under `personalData` in datapackage.yaml: `drop` leaves the column out, `hash` "
            "and `mask` disguise it, {public} publishes it with its reason. A column that is decided is "
            "not asked "
            "about again.",
            public="`{publicBecause: …}`",
        ),
        expected=_("a decision about this column before it is published"),
        agency_remedy=_(
            "Nothing has to be corrected in the file. Tell us whether this column may be published, and by "
            "which rule; or send the file without it."
        ),
    )


QUESTIONS = (
    _ask("name", _("A column of names of persons")),
    _ask("birth-date", _("A column of birth dates")),
    _ask("home-address", _("A column of home addresses")),
    _ask("identity", _("A column of identity numbers of persons")),
    _ask("account", _("A column of bank accounts or cards")),
    _ask("vehicle", _("A column of vehicle plates")),
    _ask("network", _("A column of addresses of computers")),
    _ask("contact", _("A column of telephones or mailboxes of persons")),
    _ask("office-contact", _("A column of telephones or mailboxes of offices"), "warning"),
    _ask("health", _("A column on the health of persons")),
    _ask("gender", _("A column with the gender of persons")),
    _ask("children", _("A column on children of persons")),
    _ask("union", _("A column on the union membership of persons")),
    _ask("religion", _("A column on the religion of persons")),
    _ask("origin", _("A column on the ethnic origin of persons")),
    _ask("politics", _("A column on the political opinions of persons")),
    _ask("sexuality", _("A column on the sexual life of persons")),
    _ask("criminal", _("A column on offences of persons")),
    _ask("biometrics", _("A column of biometric data of persons")),
    _ask("social", _("A column of social benefits or incomes of persons")),
    _ask("family", _("A column with the marital status or the kinship of persons")),
)


PLACE_ONLY = (
    *QUESTIONS,
    _personal("cuit", _("The CUIT or CUIL of a person, undeclared")),
    _personal("dni", _("The document number of a person, undeclared")),
    _personal("email", _("An e-mail address, undeclared")),
    _personal("phone", _("A telephone number, undeclared")),
    _personal("name", _("The name of an identified person, undeclared")),
    _personal("cbu", _("A bank account (CBU, CVU or IBAN), undeclared")),
    _personal("card", _("The number of a credit or debit card, undeclared")),
    _personal("passport", _("The number of a passport, undeclared")),
    _personal("plate", _("The plate of a vehicle, undeclared")),
    _personal("ip", _("The address of a computer, undeclared")),
    _personal("birth-date", _("The birth date of a person, undeclared")),
    _personal("address", _("The home of a person, undeclared")),
    _personal("health", _("The health of a person, undeclared")),
    _personal("religion", _("The religion of a person, undeclared")),
    _personal("union", _("The union of a person, undeclared")),
    _personal("child", _("A child in somebody's care, undeclared")),
    _personal("politics", _("The political opinion of a person, undeclared")),
    _personal("sexuality", _("The sexual life of a person, undeclared")),
    _personal("gender", _("The gender of a person, undeclared")),
    _personal("origin", _("The ethnic origin of a person, undeclared")),
    _personal("criminal", _("An offence of a person, undeclared")),
    _personal("social", _("The social benefits or the income of a person, undeclared")),
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
