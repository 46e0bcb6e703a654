"""The terminal: each command asks one question or does one thing, in Spanish unless VEREDA_LANG says
otherwise."""

from __future__ import annotations

from pipelines.cli import look as reading
from pipelines.cli import people as agencies
from pipelines.cli import people as problems
from pipelines.cli import publish as accepting
from pipelines.cli import publish as publishing
from pipelines.cli import run as runs
from pipelines.cli.app import app

__all__ = ["accepting", "agencies", "app", "main", "problems", "publishing", "reading", "runs"]


def main() -> None:
    app(prog_name="vereda")
