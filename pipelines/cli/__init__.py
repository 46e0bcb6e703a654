"""The terminal: each command asks one question or does one thing, in Spanish unless VEREDA_LANG says
otherwise."""

# `vereda --help` has to be there at once. The modules of this folder therefore import what a command needs
# inside the command; everywhere else imports stand at the top.

from __future__ import annotations

from typer.models import CommandInfo

from pipelines.cli import look, people, publish, run
from pipelines.cli.app import app

__all__ = ["COMMANDS", "app", "look", "main", "people", "publish", "run"]

COMMANDS = (
    *("run", "check", "submit", "receipts"),
    *("list", "show", "history", "changes", "verify"),
    "template",
    *("tell", "rollback", "withdraw", "plan", "publish", "serve", "deploy", "accept"),
    *("problem", "answer", "problems"),
)
"""The order in which the help lists them: every command has its place here."""


def _place(command: CommandInfo) -> int:
    name = command.name or (command.callback.__name__ if command.callback else "")
    return COMMANDS.index(name)


app.registered_commands.sort(key=_place)


def main() -> None:
    app(prog_name="vereda")
