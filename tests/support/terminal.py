"""The command `vereda` in a process of its own, over a city."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.cities import City
from tests.support.paths import ROOT


def run_vereda(city: City, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs to its end; `settings` are those that are called VEREDA_…"""
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *words],
        env=terminal_environment(city, **settings),
        cwd=city.folder,
        capture_output=True,
        text=True,
        check=False,
    )


def vereda(city: City, *words: str, status: int = 0, **settings: str) -> str:
    """What it answers, once it ended with this status."""
    done = run_vereda(city, *words, **settings)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout or done.stderr


def terminal_environment(city: City, **settings: str) -> dict[str, str]:
    """In which it finds the city's folders."""
    named = {
        "DATASETS": city.datasets,
        "ARCHIVE": city.archive.where,
        "PORTAL": city.folder / "portal",
        **settings,
    }
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "120",
        **{f"VEREDA_{name}": str(value) for name, value in named.items()},
    }
