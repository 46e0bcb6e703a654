"""The archive of the whole city, damaged in many places at once: each dataset pays for its own damage alone,
and what the data team types tells and mends it. Minutes; `make chaos` runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.paths import ROOT

TOLD = {"ba-obras", "comisarias-cercanas", "compromisos-seguimiento", "grandes-choferes", "ogp-demo"} | {
    "participacion-instancias"
}


class Place:
    """The city's archive and portal below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "VEREDA_LANG": "en",
            "VEREDA_DATASETS": str(ROOT / "datasets"),
            "VEREDA_ARCHIVE": str(folder / "archive"),
            "VEREDA_PORTAL": str(folder / "portal"),
            "VEREDA_INBOX": str(folder / "inbox"),
        }

    def say(self, *words: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", *words],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def log(self, id: str) -> list[Path]:
        found = next(self.folder.glob(f"archive/*/{id}/log"))
        return sorted(found.glob("*.json"))

    def entry(self, id: str) -> dict[str, Any]:
        return dict(json.loads(self.log(id)[-1].read_text()))

    def blob(self, sha256: str) -> Path:
        return self.folder / "archive/blobs" / sha256

    def published(self, id: str, ending: str) -> Path:
        files = self.entry(id)["files"].items()
        return self.blob(next(file["sha256"] for name, file in files if name.endswith(ending)))

    def served(self, id: str, name: str) -> Path:
        """A file of the portal, which then shares its bytes with no other."""
        found = next(p for p in (self.folder / "portal").resolve().rglob(name) if f"/{id}/" in str(p))
        content = found.read_bytes()
        found.unlink()
        found.write_bytes(content)
        return found


def find_dependants(ids: set[str]) -> set[str]:
    """The datasets that need one of these, as the declarations say it."""
    found = set()
    for path in (ROOT / "datasets").glob("*/datapackage.yaml"):
        needs = yaml.safe_load(path.read_text("utf-8"))["pipeline"].get("needs", [])
        if ids.intersection(needs):
            found.add(path.parent.name)
    return found - ids


def overwrite(path: Path, content: bytes) -> None:
    path.unlink()  # whatever shares its bytes keeps them
    path.write_bytes(content)


def damage(place: Place) -> None:
    """Each in another dataset."""
    flipped = place.published("actas-gobierno-abierto", ".csv")
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 1
    overwrite(flipped, bytes(content))
    raw = place.blob(place.entry("ba-compromisos")["provenance"]["snapshots"]["compromisos"]["sha256"])
    overwrite(raw, raw.read_bytes()[:100])
    place.published("cocreacion", ".parquet").unlink()
    place.blob(next(iter(place.entry("programas-incentivos")["provenance"]["declaration"].values()))).unlink()
    overwrite(place.log("grandes-choferes")[-1], b"")
    overwrite(place.log("ogp-demo")[-1], place.log("ogp-demo")[-1].read_bytes()[:300])
    for id, number in (("ba-obras", 0), ("participacion-instancias", -1)):
        page = place.log(id)[number]
        overwrite(page, page.read_bytes().replace(b'"run": "', b'"run": "x'))
    place.log("compromisos-seguimiento")[-1].unlink()
    (place.log("comisarias-cercanas")[0].parent / "99999999.json").write_bytes(b"{}")
    copied = place.log("dialogando-ba")[0].parents[1]
    shutil.copytree(copied, copied.with_name("dialogando-ba (copia)"))
    linked = place.log("iniciativas-participacion")[0].parent
    (linked / "todo").symlink_to(linked.parent)
    page = place.served("ogp", "index.html")
    page.write_text(page.read_text("utf-8") + "x", "utf-8")
    place.served("participacion-cifras", "*.csv").write_bytes(b"")


OF_ALL = {"calidad-datos", "datos-personales"}
"""Those that tell of all others, and cannot while one of them is damaged."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("city"))
    place.say("run")
    return place


def test_each_damage_is_told_mended_and_its_dataset_s_alone(place: Place) -> None:
    damage(place)
    listed = place.say("list")
    assert all(f"\n{id}: " in listed for id in TOLD)
    assert "mend" in place.say("plan", status=3)
    outcomes = json.loads(place.say("run", "--json", status=3))["outcomes"]
    failed = {each["dataset"]: each["message"] for each in outcomes if each["outcome"] != "unchanged"}
    dependants = find_dependants(TOLD)
    assert dependants
    assert failed.keys() == TOLD | dependants | OF_ALL
    assert all("which it needs, is damaged" in failed[id] for id in dependants)
    assert all("`vereda repair`" in message for message in failed.values())
    place.say("publish", status=3)
    damaged = {each["of"] for each in json.loads(place.say("verify", "--json", status=1))["damaged"]}
    strange = {"dialogando-ba (copia)", "iniciativas-participacion"}
    assert damaged == TOLD | strange | {"actas-gobierno-abierto", "cocreacion"}  # the run mended the others
    actions = json.loads(place.say("repair", "--json"))["actions"]
    assert all(action["done"] for action in actions)
    assert json.loads(place.say("verify", "--json"))["damaged"] == []
    outcomes = json.loads(place.say("run", "--json"))["outcomes"]
    assert {each["outcome"] for each in outcomes} == {"unchanged"}
