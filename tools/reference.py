"""Writes what is generated in docs/: in reference.md each command's help and every setting; all of
problems.md. A test fails where they are out of date."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from messages import gettext as _
from messages import speaking

if TYPE_CHECKING:
    from validation.problems.kind import ProblemKind

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference.md"
PROBLEMS = ROOT / "docs" / "problems.md"
PROBLEMS_HEAD = """# Kinds of problems

All that frictionless or Vereda may report of a file, by where it lies; written by `tools/reference.py` from
the register in `validation/problems/`. `critical` stops a release, or holds the row back where the dataset
declares a `quarantine`; `held` holds the row back; `warning` stops nothing. Agencies read what the data team
reads where nothing stands in their column. What is marked *place only* is reported without its value.
"""


def commands() -> str:
    """The help of every command, in English, as a terminal of 100 columns shows it."""
    from pipelines.cli.app import app

    names = sorted(
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    )
    return "\n\n".join(f"### `vereda {name}`\n\n```text\n{_help(name)}\n```" for name in names)


def settings() -> str:
    """A table of the settings: name, what it is when nobody sets it, what it says."""
    from pipelines.settings import Settings

    rows = ["| setting | default | what it says |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if field.default is not None else "–"
        if name == "datasets":
            default = "the checkout's `datasets/`"
        rows.append(f"| `VEREDA_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def regenerate(page: str) -> str:
    """The page with its generated parts as they should be."""
    for name, text in (("commands", commands()), ("settings", settings())):
        block = f"<!-- {name} -->\n{text}\n<!-- /{name} -->"
        page = re.sub(
            rf"<!-- {name} -->.*?<!-- /{name} -->", lambda _match, block=block: block, page, flags=re.DOTALL
        )
    return page


def problems() -> str:
    """The page of all kinds of problems: a table for each level, in English and in Spanish."""
    from validation.problems.kind import LEVELS
    from validation.problems.registry import KINDS

    parts = [PROBLEMS_HEAD]
    for level, meaning in LEVELS.items():
        parts.append(f"## {level.capitalize()}: {meaning}\n")
        parts.append("| code | severity | what it is called | what to do | what agencies are told |")
        parts.append("|---|---|---|---|---|")
        parts += [_problem_row(kind) for _code, kind in sorted(KINDS.items()) if kind.level == level]
        parts.append("")
    return "\n".join(parts)


def _problem_row(kind: ProblemKind) -> str:
    code = f"`{kind.code}`" if kind.public else f"`{kind.code}` (place only)"
    english, spanish = (_words_in(language, kind) for language in ("en", "es"))
    words = [f"{here}<br>*{there}*" if here else "" for here, there in zip(english, spanish, strict=True)]
    cells = [code, kind.severity or "as declared", *words]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _words_in(language: str, kind: ProblemKind) -> tuple[str, str, str]:
    """Title, remedy, and what agencies are told where that is not the same."""
    from validation.problems.registry import advice

    with speaking(language):
        words = advice(kind.code)
        title = f"“{words.title}”: " if kind.agency_title else ""
        expected = _("expected: {what}", what=words.expected) + ". " if words.expected else ""
        agencies = f"{title}{expected}{words.remedy}" if kind.agency_remedy else ""
        return str(kind.title), str(kind.remedy), agencies


def _help(name: str) -> str:
    environment = {**os.environ, "VEREDA_LANG": "en", "COLUMNS": "100", "TERMINAL_WIDTH": "100"}
    command = [sys.executable, "-m", "pipelines.cli", name, "--help"]
    text = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return text.strip().replace("python -m pipelines.cli", "vereda")


if __name__ == "__main__":
    PAGE.write_text(regenerate(PAGE.read_text("utf-8")), "utf-8")
    PROBLEMS.write_text(problems(), "utf-8")
