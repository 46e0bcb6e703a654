"""The night runs by itself: a real Prefect server whose scheduler starts it, `vereda deploy` beside it, a
minute that passes, a release in the archive."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import httpx
import pytest
import yaml

from catalog.archive.archive import Archive
from tests.support.lazy import prefect_filters, prefect_sorting
from tests.support.nights import BAD, ROWS, Server, declare, wait_for

MINUTE = "* * * * *"
INTERRUPTIONS = ["runner SIGTERM", "runner SIGKILL", "server SIGTERM", "server SIGKILL"]


def nights(client) -> list:
    """The flow runs of the night that ended, oldest first."""
    found = client.read_flow_runs(
        flow_filter=prefect_filters.FlowFilter(name=prefect_filters.FlowFilterName(any_=["nightly"])),
        sort=prefect_sorting.FlowRunSort.START_TIME_ASC,
    )
    return [run for run in found if run.state.is_final()]


def logged(client, run) -> str:
    only = prefect_filters.LogFilter(flow_run_id=prefect_filters.LogFilterFlowRunId(any_=[run.id]))
    return "\n".join(entry.message for entry in client.read_logs(only, limit=200))


def hand_in(here: Path, dataset: str, name: str, text: str) -> None:
    folder = here / "var/inbox/tests" / dataset
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_the_scheduler_starts_the_night_and_a_file_that_lies_still_its_dataset(tmp_path):
    datasets = tmp_path / "datasets"
    declare(datasets, "good", ROWS)
    declare(datasets, "bad", BAD)
    declare(datasets, "sent", {"kind": "inbox"})
    (tmp_path / "var/inbox/tests/semt").mkdir(parents=True)
    server = Server(tmp_path, VEREDA_NIGHT=MINUTE, VEREDA_LANG="en")
    with server.serving() as (answering, client), server.deployed() as serving:
        wait_for(lambda: nights(client), serving)
        hand_in(tmp_path, "sent", "enero.csv", ROWS)
        declare(datasets, "late-comer", ROWS)
        night = nights(client)[0]
        deployments = {each.name: each for each in client.read_deployments()}
        assert [
            (each.schedule.cron, each.schedule.timezone) for each in deployments["nightly"].schedules
        ] == [(MINUTE, "America/Argentina/Buenos_Aires")]
        assert deployments["good"].schedules == []
        assert deployments["good"].tags == ["publisher:tests"]

        archive = Archive.open(tmp_path / "var/archive")
        wait_for(lambda: archive.history("sent").releases, serving)
        wait_for(lambda: "late-comer" in {each.name for each in client.read_deployments()}, serving)
        assert answering.poll() is None
        # Through a tunnel, or on another port, its pages must ask the server that they came from.
        assert httpx.get(f"{server.url}/ui-settings").json()["api_url"] == "/api"
    assert serving.returncode == 0

    assert night.auto_scheduled
    assert night.name.startswith("night of 20")
    assert (night.state.type, night.state.message) == (
        "FAILED",
        "1 outcome needs a look: bad (rejected); 1 waits for its first file",
    )
    record = archive.run_log.read(archive.run_log.runs()[0])
    assert (record.kind, record.end, record.flow_run) == ("night", "done", str(night.id))
    assert {each["dataset"]: each["outcome"] for each in record.outcomes} == {
        "good": "published",
        "bad": "rejected",
        "sent": "unchanged",
    }
    assert "did you mean sent?" in server.deploy_log
    assert re.findall(".*(?:Traceback|Warning)(?:.*\n?){,40}", server.deploy_log) == []
    # The locked SQLAlchemy must let the scheduler loop run: under 2.1 each round of it ends with this.
    assert "bulk DML" not in server.log
    assert not list((tmp_path / "var/archive/locks").glob("*"))


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_the_night_goes_on_after(tmp_path, interruption):
    """In the long target: one of the two programs is stopped or killed while a night goes on, and starts
    again."""
    program, number = interruption.split()
    declare(tmp_path / "datasets", "good", ROWS, schedule=MINUTE)
    declare(tmp_path / "datasets", "slow", ROWS, schedule=MINUTE)
    suite = {
        "name": "slow",
        # one that Great Expectations is asked about, and its import takes seconds
        "expectations": [{"type": "expect_column_to_exist", "kwargs": {"column": "id"}}],
    }
    place = tmp_path / "datasets/slow"
    (place / "slow.yaml").write_text(yaml.safe_dump(suite))
    declaration = yaml.safe_load((place / "datapackage.yaml").read_text())
    declaration["resources"][0]["pipeline"]["expectations"] = "slow.yaml"
    (place / "datapackage.yaml").write_text(yaml.safe_dump(declaration))
    server = Server(tmp_path, VEREDA_NIGHT=MINUTE, VEREDA_LANG="en", VEREDA_WORKERS="1")
    archive = Archive.open(tmp_path / "var/archive")
    stop = getattr(signal, number)

    def ended_nights() -> list:
        records = [archive.run_log.read(run) for run in archive.run_log.runs()]
        return [record for record in records if record.end == "done"]

    def is_running() -> bool:
        return any(archive.run_log.alive(archive.run_log.read(run)) for run in archive.run_log.runs())

    with server.serving() as (answering, client):
        with server.deployed() as serving:
            wait_for(is_running, serving)
            if program == "runner":
                serving.send_signal(stop)
                serving.wait(90)
            else:
                answering.send_signal(stop)
                answering.wait(60)
                with server.serving() as (again, client):
                    assert_goes_on(archive, ended_nights, again)
                    assert_nothing_runs_for_ever(client, again)
                return
        with server.deployed() as serving:
            assert_goes_on(archive, ended_nights, serving)
            assert_nothing_runs_for_ever(client, serving)


def assert_goes_on(archive: Archive, ended_nights, program) -> None:
    before = len(ended_nights())
    wait_for(lambda: len(ended_nights()) > before + 1, program)
    assert {str(archive.history(name).current.version) for name in ("good", "slow")} == {"1.0.0"}


def assert_nothing_runs_for_ever(client, program) -> None:
    """Of the runs that were going on, each comes to an end in Prefect as well."""
    running = [run.id for run in client.read_flow_runs(limit=100) if run.state.is_running()]
    wait_for(lambda: all(client.read_flow_run(each).state.is_final() for each in running), program)


if not os.environ.get("TEST_NIGHTS"):  # minutes each: `make test-long` has them
    del test_the_night_goes_on_after
