"""Writes the generated parts of docs/reference.md: each command's help, and every setting. A test fails where
they are out of date."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference.md"


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
        default = (
            "the checkout's `datasets/`"
            if name == "datasets"
            else f"`{field.default}`"
            if field.default is not None
            else "–"
        )
        rows.append(f"| `VEREDA_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def written(page: str) -> str:
    """The page with its generated parts as they should be."""
    for name, text in (("commands", commands()), ("settings", settings())):
        block = f"<!-- {name} -->\n{text}\n<!-- /{name} -->"
        page = re.sub(
            rf"<!-- {name} -->.*?<!-- /{name} -->", lambda _match, block=block: block, page, flags=re.DOTALL
        )
    return page


def _help(name: str) -> str:
    environment = {**os.environ, "VEREDA_LANG": "en", "COLUMNS": "100", "TERMINAL_WIDTH": "100"}
    command = [sys.executable, "-m", "pipelines.cli", name, "--help"]
    text = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return text.strip().replace("python -m pipelines.cli", "vereda")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
