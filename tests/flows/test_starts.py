"""What somebody maps or lets through at the desk is run by Prefect's server, where it has somebody who
carries it out; and by a process of the desk where it has nobody, or does not answer."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from catalog.archive.archive import Archive
from pipelines.nightly.starts import start_at_server
from pipelines.web.desk.runs import Runs
from tests.support.lazy import flows, nightly_deployments
from tests.support.nights import ROWS, declare, free_port, night_settings, open_prefect


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A city with one dataset, as the settings of the processes that are started say, too."""
    declare(tmp_path / "datasets", "obras", ROWS)
    settings = night_settings(tmp_path)
    for name in ("datasets", "archive", "portal"):
        monkeypatch.setenv(f"VEREDA_{name.upper()}", str(getattr(settings, name)))
    return settings


def carried_out(runs: Runs) -> None:
    """Waits until everything that was asked for has begun, or ended where it is carried out here."""
    runs.pool.shutdown(wait=True)


def test_a_run_goes_through_the_server_where_somebody_serves_it(settings, monkeypatch):
    with open_prefect() as client:
        monkeypatch.setenv("PREFECT_API_URL", flows.PREFECT_API_URL.value())
        assert not start_at_server("obras")  # the server has no such dataset
        runner = nightly_deployments.NightRunner(limit=1, pause_on_shutdown=False)
        ways = (settings, flows.nightly, flows.release, runner, lambda _said: None)
        office = nightly_deployments.Office(*ways)
        office.register(client)
        assert not start_at_server("obras")  # nobody carries it out
        client.get_scheduled_flow_runs_for_deployments([office.known["obras"]])  # as a runner that looks
        deadline = time.monotonic() + 60
        while client.read_deployment(office.known["obras"]).status != "READY":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        runs = Runs(start_at_server)
        runs.run_now("obras", 1)
        carried_out(runs)
        (asked,) = (each for each in client.read_flow_runs() if each.deployment_id == office.known["obras"])
        assert (asked.deployment_id, asked.parameters) == (office.known["obras"], {"dataset": "obras"})
        assert asked.state.is_scheduled()
    assert not Archive.open(settings.archive).history("obras", False).releases


def test_a_server_that_is_silent_leaves_nothing_lying(settings, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    runs = Runs(start_at_server)
    runs.run_now("obras", None)
    carried_out(runs)
    assert len(Archive.open(settings.archive).history("obras", False).releases) == 1
