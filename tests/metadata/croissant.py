"""Only for `make test-long`: shipped datasets in Croissant, judged and read to the last row by MLCommons' own
program (in `var/long`, which the long target fills)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import DATASETS, ROOT
from tests.support.sites import serve_folder

PYTHON = ROOT / "var/long/bin/python"
READ = """
import json, sys
import mlcroissant
found = mlcroissant.Dataset(jsonld=sys.argv[1])
rows = {each.id: sum(1 for _row in found.records(each.id)) for each in found.metadata.record_sets}
issues = found.metadata.ctx.issues
print(json.dumps({"rows": rows, "errors": sorted(issues.errors), "warnings": sorted(issues.warnings)}))
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a portal with real datasets, as `vereda run` publishes them."""
    folder = tmp_path_factory.mktemp("croissant")
    with serve_folder(folder) as address:
        settings = {
            "VEREDA_ARCHIVE": folder / "archive",
            "VEREDA_PORTAL": folder / "portal",
            "VEREDA_DATASETS": DATASETS,
            "VEREDA_PORTAL_URL": f"{address}/portal",
        }
        words = [
            Path(sys.executable).with_name("vereda"),
            "run",
            "barrios",
            "ba-obras",
            "ba-compromisos",
        ]
        told = os.environ | {name: str(value) for name, value in settings.items()}
        subprocess.run(words, cwd=folder, env=told, check=True, capture_output=True)
        yield f"{address}/portal"


@pytest.mark.parametrize("dataset", ["barrios", "ba-obras", "ba-compromisos"])
def test_mlcroissant_reads_every_row(address: str, dataset: str) -> None:
    words = [PYTHON, "-c", READ, f"{address}/datasets/{dataset}/croissant.json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert (told["errors"], told["warnings"]) == ([], [])
    assert told["rows"]
    assert all(told["rows"].values())
