"""What reads an answer may stop early: `vereda … | head` ends quietly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli.tables import console
from tests.support.paths import ROOT


@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["status"]])
def test_an_answer_that_nobody_reads_ends_without_a_word(words: list[str], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "VEREDA_DATASETS": str(tmp_path)}
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", *words],
            cwd=tmp_path,
            env=environment,
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"")


def test_what_an_agency_wrote_is_shown_as_it_is_and_never_as_a_picture(capsys) -> None:
    console().print("obras, fila 2: «:car: [bold]»")
    assert capsys.readouterr().out == "obras, fila 2: «:car: [bold]»\n"
