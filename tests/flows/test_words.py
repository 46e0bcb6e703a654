"""Words never lie: whatever fails in a night, Prefect's state, the exit status, the record in the archive and
the message say the same."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from catalog.archive.archive import Archive
from catalog.archive.store import ArchiveError
from messages import speaking
from pipelines.release.outcome import Outcome, exit_status
from pipelines.settings import Settings
from tests.support.disks import small_file_system
from tests.support.lazy import flows, prefect_api, prefect_client, prefect_sorting
from tests.support.nights import BAD, ROWS, Source, around, declare, free_port, vereda_in

NIGHTS = int(os.environ.get("TEST_NIGHTS", "12"))
TROUBLES = ("source", "data", "portal", "ckan", "mail", "disk", "declaration")


@pytest.fixture(scope="module")
def api():
    with (
        speaking("en"),
        prefect_api.run_server(),
        prefect_client.SyncPrefectClient(flows.PREFECT_API_URL.value()) as client,
    ):
        yield client


def make_trouble(
    here: Path, chance: random.Random, httpserver, stack: ExitStack
) -> tuple[Settings, set[str]]:
    """A city of some datasets in which some things go wrong."""
    troubles = {name for name in TROUBLES if chance.random() < 0.3}
    folder, archive = here / "datasets", here / "archive"
    declare(folder, "good", ROWS, publisher={"id": "tests", "name": "Pruebas", "email": "a@example.org"})
    declare(folder, "child", ROWS, needs=["good"])
    source = Source(httpserver, f"/{here.name}.csv", 99 if "source" in troubles else 0)
    declare(folder, "far", source.declared)
    declare(folder, "other", BAD if "data" in troubles else ROWS)
    if "declaration" in troubles:
        (folder / "typo").mkdir()
        (folder / "typo/datapackage.yaml").write_text("name: [")
    if "portal" in troubles:
        (here / "portal").mkdir()
        (here / "portal/mine.txt").write_text("no portal")
    if "disk" in troubles:
        stack.enter_context(small_file_system(archive, "1m"))
        room = chance.choice([0, 8, 40, 120, 300]) * 1024
        (archive / "filler").write_bytes(b"x" * (1024 * 1024 - 4096 - room))
    told: dict = {}
    if "ckan" in troubles:
        told |= {"ckan_url": f"http://127.0.0.1:{free_port()}", "ckan_token": "x"}
    if "mail" in troubles:
        told |= {"mail_server": f"smtp://127.0.0.1:{free_port()}", "mail_from": "Vereda <v@example.org>"}
    settings = Settings(
        datasets=folder, archive=str(archive), portal=here / "portal", retry_delay=0, lang="en", **told
    )
    return settings, troubles


@pytest.mark.parametrize("seed", range(NIGHTS))
def test_state_status_record_and_message_agree(tmp_path, api, httpserver, seed):
    with ExitStack() as stack:
        settings, troubles = make_trouble(tmp_path, random.Random(seed), httpserver, stack)
        run_id = f"run-{seed}"
        try:
            outcomes = flows.run_here(None, None, settings, lambda *_: None, run_id)
        except ArchiveError as error:
            outcomes = [Outcome("archive", "failed", str(error))]
        run = api.read_flow_runs(sort=prefect_sorting.FlowRunSort.START_TIME_DESC, limit=1)[0]
        assert run.state.is_failed() == bool(exit_status(outcomes)), troubles
        assert run.state.is_final()
        bad = {each.dataset: each for each in outcomes if each.outcome not in ("published", "unchanged")}
        for name in bad:
            assert name in run.state.message or bad[name].message == run.state.message
        assert all(each.message for each in bad.values())
        assert bool(bad) == bool(expected(troubles, bad)), (troubles, bad)
        archive = Archive.open(settings.archive)
        if "archive" not in bad:
            assert_recorded(archive, run_id, outcomes)
        for name in ("good", "child", "far", "other"):
            released = bool(archive.history(name).releases)
            assert (
                released == any((o.dataset, o.outcome) == (name, "published") for o in outcomes)
                or "disk" in troubles
            )
        shown = [
            each for each in api.read_artifacts() if each.flow_run_id == run.id and each.key == "nightly"
        ]
        for artifact in shown:
            assert [(row["dataset"], row["outcome"]) for row in json.loads(artifact.data)] == [
                (each.dataset, each.outcome) for each in outcomes
            ]


def expected(troubles: set[str], bad: dict[str, Outcome]) -> set[str]:
    """The troubles that must show; a disk may have had room for all."""
    return troubles - ({"disk"} if not bad else set())


def assert_recorded(archive: Archive, run_id: str, outcomes: list[Outcome]) -> None:
    record = archive.run_log.read(run_id)
    assert (record.end, archive.run_log.alive(record)) == ("done", False)
    told = sorted((each["dataset"], each["outcome"], each["message"]) for each in record.outcomes)
    assert told == sorted((each.dataset, each.outcome, each.message) for each in outcomes)
    standings = archive.run_log.standings()
    for each in outcomes:
        assert (standings[each.dataset].outcome, standings[each.dataset].message) == (
            each.outcome,
            each.message,
        )


def kills() -> Iterator[float]:
    """Seconds after which a run is killed: in the long target."""
    chance = random.Random(7)
    for _each in range(NIGHTS // 10 if "TEST_NIGHTS" in os.environ else 0):
        yield chance.uniform(2, 14)


def test_after_a_kill_what_is_told_is_what_is_there(tmp_path):
    for number, seconds in enumerate(kills()):
        here = tmp_path / str(number)
        for name in ("good", "second", "third"):
            declare(here / "datasets", name, ROWS)
        command = [sys.executable, "-m", "pipelines.cli", "run"]
        with subprocess.Popen(command, cwd=here, env=around(here), stdout=subprocess.DEVNULL) as run:
            time.sleep(seconds)
            run.kill()
        archive = Archive.open(here / "var/archive")
        for record in (archive.run_log.read(each) for each in archive.run_log.runs()):
            assert not archive.run_log.alive(record)
            for each in record.outcomes:
                assert each["outcome"] == "published"
                assert archive.history(each["dataset"]).releases
        again = vereda_in("run", here=here)
        assert again.returncode == 0, again.stdout + again.stderr
        assert {each.outcome for each in archive.run_log.standings().values()} <= {"published", "unchanged"}
        assert {name for name, _demo in archive.datasets()} == {"good", "second", "third"}
