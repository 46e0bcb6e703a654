"""The terminal: each command asks one question or does one thing, in Spanish unless VEREDA_LANG says
otherwise."""

# `vereda --help` has to be there at once, `vereda list` nearly so. The modules of this folder therefore
# import what a command needs inside the command; elsewhere imports stand at the top, unless a comment says
# why not.

from __future__ import annotations

import os
import sys

import typer
from typer._click.exceptions import NoArgsIsHelpError, UsageError
from typer.models import CommandInfo

from messages import language
from pipelines.cli import catalogues, convert, look, operate, people, publish, run, submit, upkeep
from pipelines.cli.app import app
from pipelines.cli.help import HelpCommand
from pipelines.cli.usage import describe_usage_error

__all__ = [
    "COMMANDS",
    "app",
    "catalogues",
    "convert",
    "look",
    "main",
    "operate",
    "people",
    "publish",
    "run",
    "submit",
    "upkeep",
]

COMMANDS = (
    *("run", "check", "submit", "receipts", "mappings", "token"),
    *("status", "runs", "evidence", "doctor"),
    *("list", "show", "history", "changes", "diff"),
    *("verify", "repair", "sweep"),
    "template",
    *("new", "import", "lint", "convert"),
    *("tell", "rollback", "withdraw", "plan", "publish", "serve", "deploy", "accept"),
    *("problem", "answer", "problems"),
    *("request", "answer-request", "requests", "forget", "cite"),
)
"""The order in which the help lists them: every command has its place here."""


def _place(command: CommandInfo) -> int:
    name = command.name or (command.callback.__name__ if command.callback else "")
    return COMMANDS.index(name)


app.registered_commands.sort(key=_place)
for _command in app.registered_commands:
    _command.cls = HelpCommand


def main() -> None:
    """Runs the command that was typed. Whoever reads its answer may stop early (`vereda list | head`): then
    it ends without a word, and with 1, as Typer and Rich do."""
    try:
        _run_command()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that Python's last flush succeeds
        sys.exit(1)


def _run_command() -> None:
    if language() == "en":
        app(prog_name="vereda")
    try:
        status = app(prog_name="vereda", standalone_mode=False)
    except NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except UsageError as error:
        typer.echo(describe_usage_error(error), err=True)
        sys.exit(2)
    except typer.Abort:
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)
