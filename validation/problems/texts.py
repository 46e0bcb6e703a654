"""What can be wrong with a column of texts: some program spoilt them on their way."""

from __future__ import annotations

from messages import gettext_later as _
from validation.problems.kind import ProblemKind

TEXTS = (
    ProblemKind(
        "odd-sign",
        "column",
        title=_("Signs inside words"),
        remedy=_(
            "Ask for the extract as UTF-8, or declare how its texts are encoded (`encoding` in the layout). "
            "Where single words are meant so, nothing is to be done."
        ),
        expected=_("words whose letters can all be read"),
        agency_remedy=_(
            "Look whether the words are right in the system that has the data, and export the file again as "
            "“CSV UTF-8”: a program on the way did not know the letters with accents."
        ),
        severity="warning",
    ),
    ProblemKind(
        "odd-letter",
        "column",
        title=_("Letters of another alphabet inside words"),
        remedy=_(
            "Ask for the words in Latin letters, or replace the others by a rule of the field under `values`."
        ),
        expected=_("words in the letters of one alphabet"),
        agency_remedy=_(
            "Write these words anew, by hand: a letter in them comes from another alphabet (Cyrillic or "
            "Greek), and only looks like the right one."
        ),
        severity="warning",
    ),
    ProblemKind(
        "html-entity",
        "column",
        title=_("Characters as HTML writes them"),
        remedy=_(
            "Ask for the texts as people read them, or turn them into characters by a rule of the field "
            "under `values`: `{{text: html, because: …}}`."
        ),
        expected=_("text as people read it"),
        agency_remedy=_(
            "The texts come from a web page: export them as plain text, or replace these signs by the "
            "letters that they stand for (&ntilde; is ñ, &amp; is &)."
        ),
        severity="warning",
    ),
    ProblemKind(
        "dates-among-texts",
        "column",
        title=_("Dates among texts"),
        remedy=_(
            "Look at the cells: a spreadsheet makes a date of 3-5 and 1/2. Ask for the column as text, "
            "written anew. Where days are meant, nothing is to be done."
        ),
        expected=_("texts, in cells that are formatted as text"),
        agency_remedy=_(
            "Format the column as text, and then write these cells anew: Excel took what was written (3-5, "
            "1/2) for a date. Where a day is meant, leave it as it is."
        ),
        severity="warning",
    ),
)
