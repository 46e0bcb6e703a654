"""The tutorial's commands, run one after another as a newcomer types them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

from catalog.archive.archive import Archive
from tests.support.paths import ROOT


def test_the_tutorial_does_what_it_says(tmp_path):
    shutil.copytree(ROOT / "datasets" / "ogp", tmp_path / "datasets" / "ogp")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    command = tmp_path / ".venv/bin/vereda"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pipelines.cli "$@"\n')
    command.chmod(0o755)
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/tutorial.md").read_text("utf-8"), re.DOTALL)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "VEREDA_DATASETS": "datasets",
        "VEREDA_LANG": "en",
        "COLUMNS": "120",
    }
    said = ""
    for block in blocks:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, block + done.stdout + done.stderr
        assert not done.stderr
        said += done.stdout
    assert "1 row added" in said
    assert "1 row corrected" in said
    assert "rejected, as it should be" in said
    assert "doce" in said
    history = Archive.open(tmp_path / "var/archive").history("talleres", demo=True)
    assert [str(entry.version) for entry in history.releases] == ["1.0.0", "1.1.0"]
    page = (tmp_path / "var/portal/demo/talleres/index.html").read_text("utf-8")
    assert "Talleres barriales" in page
