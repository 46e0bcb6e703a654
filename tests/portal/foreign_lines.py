"""Only for `make test-long`, since it fetches packages with npm: the lines in JavaScript run with hyparquet
as npm gives it, and those for Excel are read by Microsoft's own parser of Power Query's language."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import httpx
import pytest

from catalog.archive.published import read_parquet
from tests.portal.test_lines import Served, served  # noqa: F401  (the fixture)

PACKAGES = ("hyparquet", "hyparquet-compressors", "@microsoft/powerquery-parser")
PARSE = """
import { readFileSync } from "node:fs";
import pq from "@microsoft/powerquery-parser";
const told = await pq.TaskUtils.tryLexParse(pq.DefaultSettings, readFileSync(process.argv[2], "utf-8"));
console.log(JSON.stringify({ ok: pq.TaskUtils.isParseStageOk(told), error: String(told.error ?? "") }));
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("npm")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    words = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", *PACKAGES]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return folder


def _run(packages: Path, script: str, *words: str) -> str:
    (packages / "run.mjs").write_text(script, encoding="utf-8")
    done = subprocess.run(
        ["node", "run.mjs", *words], cwd=packages, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_javascript_reads_the_parquet_over_the_web(served: Served, packages: Path) -> None:  # noqa: F811
    line = served.lines["JavaScript", "parquet"]
    told = _run(packages, f"{line}\nconsole.log(JSON.stringify(tabla.map(row => [row.nombre, row.monto])));")
    file = read_parquet(served.folder / "datasets/obras/v/1/obras.parquet")
    assert json.loads(told) == [[row["nombre"], row["monto"]] for row in file.to_pylist()]
    assert httpx.get(served.address).status_code == 200


@pytest.mark.parametrize("reads", ["csv", "api"])
def test_power_query_reads_its_lines(served: Served, packages: Path, reads: str) -> None:  # noqa: F811
    (packages / "lines.pq").write_text(served.lines["Excel", reads], encoding="utf-8")
    assert json.loads(_run(packages, PARSE, "lines.pq")) == {"ok": True, "error": ""}
    (packages / "lines.pq").write_text(served.lines["Excel", reads].replace("in\n", ""), encoding="utf-8")
    assert not json.loads(_run(packages, PARSE, "lines.pq"))["ok"]
