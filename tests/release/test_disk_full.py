"""A disk that fills up while a release is made: one clear sentence, the last good release stays, and a run
after making room goes on."""

from __future__ import annotations

import os
import subprocess
import tempfile

import pytest

from catalog.archive.archive import Archive
from tests.support.cities import City, csv, declaration
from tests.support.disks import small_file_system


@pytest.fixture
def disk_of_1_mib(tmp_path):
    with small_file_system(tmp_path / "disk", "1m") as place:
        yield place


@pytest.mark.parametrize("full", ["the archive's", "the temporary files'"])
def test_a_full_disk_fails_the_run_and_loses_nothing(disk_of_1_mib, tmp_path, full, monkeypatch):
    archive = disk_of_1_mib / "archive" if full == "the archive's" else tmp_path / "archive"
    city = City(tmp_path, Archive.open(archive))
    city.declare(declaration("obras"), datos=csv("1,Plaza,10.5"))
    assert city.outcome("obras").outcome == "published"
    if full == "the temporary files'":
        monkeypatch.setattr(tempfile, "tempdir", str(disk_of_1_mib))
    city.send("obras", csv(*(f"{n},Obra {n} {os.urandom(40).hex()},{n}" for n in range(8_000))))
    outcome = city.outcome("obras")
    assert outcome.outcome == "failed"
    assert "space" in outcome.message
    assert [str(e.version) for e in city.history("obras").releases] == ["1.0.0"]
    subprocess.run(["mount", "-o", "remount,size=200m", disk_of_1_mib], check=True)
    assert city.outcome("obras").outcome == "published"
