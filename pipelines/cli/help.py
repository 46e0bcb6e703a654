"""The frame of a command's help in the reader's language: the library says `Usage` and `Options`."""

from __future__ import annotations

import re

from typer._click.core import Context
from typer.core import TyperCommand, TyperGroup

from messages import gettext as _
from messages import language


def _translate(text: str) -> str:
    """A help text as the library lays it out, with the words of its frame in the reader's language. Types are
    left out where they would be English, and their room stays, so that the columns do."""
    if language() == "en":
        return text
    frame = {
        r"^Usage: ": _("Usage: "),
        r"^Options:$": _("Options:"),
        r"^Arguments:$": _("Arguments:"),
        r"^Commands:$": _("Commands:"),
        r"\[OPTIONS\] COMMAND \[ARGS\]\.\.\.$": _("[OPTIONS] COMMAND [ARGS]..."),
        r"\[OPTIONS\]": _("[OPTIONS]"),
        r"\[required\]": _("[required]"),
        r"\[default: ": _("[default: "),
        r"Show this message and exit\.": _("Show this message and exit."),
        r"<%Y-%m-%d>": _("YYYY-MM-DD"),
    }
    for pattern, word in frame.items():
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return re.sub(r"<(?:str|path|int|float|list\[\w+\])>", lambda kind: " " * len(kind[0]), text)


class HelpCommand(TyperCommand):
    """A command whose help is framed in the reader's language."""

    def get_help(self, ctx: Context) -> str:
        return _translate(super().get_help(ctx))


class HelpGroup(TyperGroup):
    """All commands, likewise."""

    def get_help(self, ctx: Context) -> str:
        return _translate(super().get_help(ctx))
