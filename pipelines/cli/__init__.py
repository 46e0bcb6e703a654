"""The terminal: each command asks one question or does one thing, in Spanish unless VEREDA_LANG says otherwise."""

from __future__ import annotations

from pipelines.cli import runs  # isort: skip (the help lists commands in the order in which they are made)
from pipelines.cli import reading  # isort: skip
from pipelines.cli import agencies  # isort: skip
from pipelines.cli import publishing  # isort: skip
from pipelines.cli import accepting  # isort: skip
from pipelines.cli import problems  # isort: skip
from pipelines.cli.app import app

__all__ = ["accepting", "agencies", "app", "main", "problems", "publishing", "reading", "runs"]


def main() -> None:
    app(prog_name="vereda")
