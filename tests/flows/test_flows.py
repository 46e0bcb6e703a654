"""The nightly flow on a real Prefect: here and now, and on a server by its schedules."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from werkzeug import Response

from catalog.archive.archive import Archive
from messages import speaking
from pipelines.dataset.dataset import load_dataset
from pipelines.nightly.plan import order_by_needs
from pipelines.settings import Settings
from tests.support.lazy import flows, prefect_api, prefect_client, prefect_filters, prefect_sorting
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

ROWS = "id,barrio\n1,Almagro\n2,Boedo\n"
BAD = "id,barrio\n1,Almagro\ndos,Boedo\n"


def declare(folder: Path, name: str, source: dict | str, **pipeline) -> None:
    """A dataset folder; `source` is the text of its extract, or where that lies."""
    place = folder / name
    place.mkdir(parents=True)
    if isinstance(source, str):
        (place / "extract.csv").write_text(source, encoding="utf-8")
        source = {"kind": "file", "path": "extract.csv"}
    fields = [{"name": "id", "type": "integer"}, {"name": "barrio", "type": "string"}]
    declaration = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name,
        "title": name.capitalize(),
        "licenses": [{"name": "CC-BY-4.0"}],
        "pipeline": {
            "publisher": {"id": "tests", "name": "Pruebas"},
            "accrualPeriodicity": "R/P1D",
            **pipeline,
        },
        "resources": [
            {
                "name": "rows",
                "path": "rows.csv",
                "schema": {"fields": fields, "primaryKey": ["id"]},
                "pipeline": {"source": source},
            }
        ],
    }
    (place / "datapackage.yaml").write_text(yaml.safe_dump(declaration), encoding="utf-8")


class Source:
    """An agency's web server that answers 500 so many times, then its extract."""

    def __init__(self, httpserver, path: str, failures: int) -> None:
        self.failures, self.asked = failures, 0
        httpserver.expect_request(path).respond_with_handler(self.answer)
        self.declared = {"kind": "http", "url": httpserver.url_for(path)}

    def answer(self, request) -> Response:
        self.asked += 1
        return (
            Response(status=500) if self.asked <= self.failures else Response(ROWS, content_type="text/csv")
        )


def vereda_in(*words: str, here: Path, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "pipelines.cli", *words]
    return subprocess.run(
        command,
        cwd=here,
        env=around(here, **environment),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def around(here: Path, **environment: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "VEREDA_DATASETS": str(here / "datasets"),
        "VEREDA_RETRY_DELAY": "0",
        **environment,
    }


def outcomes(run: subprocess.CompletedProcess) -> dict[str, str]:
    return {outcome["dataset"]: outcome["outcome"] for outcome in json.loads(run.stdout)["outcomes"]}


def test_one_that_fails_stops_no_other_and_a_good_run_is_silent(tmp_path, httpserver):
    folder = tmp_path / "datasets"
    shaky, down = Source(httpserver, "/shaky.csv", 2), Source(httpserver, "/down.csv", 4)
    declare(folder, "good", ROWS)
    declare(folder, "bad", BAD)
    declare(folder, "shaky", shaky.declared)
    declare(folder, "down", down.declared)
    declare(folder, "a-child", ROWS, needs=["down"])
    (folder / "typo").mkdir()
    (folder / "typo" / "datapackage.yaml").write_text("name: [", encoding="utf-8")

    first = vereda_in("run", "--json", here=tmp_path)
    assert first.returncode == 3
    words = {
        "good": "published",
        "bad": "rejected",
        "shaky": "published",
        "down": "failed",
        "a-child": "rejected",
        "typo": "rejected",
    }
    assert outcomes(first) == words
    assert (shaky.asked, down.asked) == (3, 4)
    assert "Traceback" not in first.stderr
    assert (tmp_path / "var/portal/datasets/good/index.html").exists()

    second = vereda_in("run", "good", "a-child", "shaky", "down", here=tmp_path)
    assert second.returncode == 0, second.stdout
    assert second.stderr == ""
    archive = Archive.open(tmp_path / "var/archive")
    assert {name: len(archive.history(name).releases) for name in words} == {
        **dict.fromkeys(words, 1),
        "bad": 0,
        "typo": 0,
    }


@pytest.fixture(scope="module")
def api():
    """A Prefect API that stays, so that what a run left in it can be read."""
    with (
        speaking("en"),
        prefect_api.run_server(),
        prefect_client.SyncPrefectClient(flows.PREFECT_API_URL.value()) as client,
    ):
        yield client


def settings(here: Path) -> Settings:
    return Settings(
        datasets=here / "datasets",
        archive=str(here / "archive"),
        portal=here / "portal",
        retry_delay=0,
        lang="en",
    )


def test_a_source_that_asks_for_a_long_wait_is_not_asked_again_in_this_run(tmp_path, api, httpserver):
    asked = []
    httpserver.expect_request("/graphql").respond_with_handler(
        lambda request: (asked.append(1), Response(status=429, headers={"Retry-After": "900"}))[1]
    )
    declare(
        tmp_path / "datasets",
        "busy",
        {"kind": "consul", "url": httpserver.url_for("/graphql"), "query": "tags"},
    )
    (found,) = flows.run_here(None, None, settings(tmp_path), lambda *_: None, "run-1")
    assert (found.outcome, len(asked)) == ("failed", 1)
    assert "asks to wait 900 s; it is left alone until the next run" in found.message


def test_prefect_shows_the_table_each_report_and_the_state(tmp_path, api):
    declare(tmp_path / "datasets", "good", ROWS)
    declare(tmp_path / "datasets", "bad", BAD)
    heard = []
    found = flows.run_here(
        None,
        None,
        settings(tmp_path),
        lambda dataset, outcome: heard.append((dataset, outcome.outcome)),
        "run-1",
    )
    assert (
        sorted(heard)
        == sorted((outcome.dataset, outcome.outcome) for outcome in found)
        == [("bad", "rejected"), ("good", "published")]
    )

    run = latest(api)
    assert (run.state.type, run.state.message) == ("FAILED", "1 outcome needs a look: bad (rejected)")
    shown = {
        artifact.key: artifact.data for artifact in api.read_artifacts() if artifact.flow_run_id == run.id
    }
    assert {row["dataset"]: row["outcome"] for row in json.loads(shown["nightly"])} == {
        "good": "published",
        "bad": "rejected",
    }
    assert "| rows | type-error | id | 1 | 3 |" in shown["report-bad"]
    assert "## published 1.0.0" in shown["report-good"]


def test_an_error_of_the_program_is_one_failed_dataset_and_its_traceback_is_logged(
    tmp_path, api, monkeypatch
):
    declare(tmp_path / "datasets", "good", ROWS)
    declare(tmp_path / "datasets", "hard", ROWS)
    whole = flows.Run
    monkeypatch.setattr(
        "flows.Run",
        lambda dataset, *rest, **more: 1 / 0 if dataset.id == "hard" else whole(dataset, *rest, **more),
    )
    found = {
        outcome.dataset: outcome
        for outcome in flows.run_here(None, None, settings(tmp_path), lambda *_: None, "run-1")
    }
    assert found["good"].outcome == "published"
    assert found["hard"].outcome == "failed"
    assert "ZeroDivisionError: division by zero" in found["hard"].message
    logged = api.read_logs(
        prefect_filters.LogFilter(flow_run_id=prefect_filters.LogFilterFlowRunId(any_=[latest(api).id]))
    )
    assert any("Traceback" in entry.message and "test_flows.py" in entry.message for entry in logged)


def test_a_portal_that_cannot_be_written_is_told_and_the_releases_stay(tmp_path, api):
    declare(tmp_path / "datasets", "good", ROWS)
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal" / "mine.txt").write_text("not a portal", encoding="utf-8")
    found = [
        (outcome.dataset, outcome.outcome)
        for outcome in flows.run_here(None, None, settings(tmp_path), lambda *_: None, "run-1")
    ]
    assert found == [("good", "published"), ("portal", "failed")]


def latest(client: SyncPrefectClient):
    return client.read_flow_runs(sort=prefect_sorting.FlowRunSort.START_TIME_DESC, limit=1)[0]


def test_a_dataset_comes_after_those_it_needs_even_in_a_circle(tmp_path):
    for name, needs in {"a": ["c"], "b": ["a"], "c": ["b"], "d": ["e"], "e": [], "f": ["unknown"]}.items():
        declare(tmp_path, name, ROWS, needs=needs)
    order = [dataset.id for dataset in order_by_needs(load_dataset(tmp_path / name) for name in "abcdef")]
    assert sorted(order) == list("abcdef")
    assert order.index("e") < order.index("d")


def test_a_prefect_server_that_is_down_is_named(tmp_path):
    url = f"http://127.0.0.1:{free_port()}/api"
    run = vereda_in(
        "run", here=tmp_path, PREFECT_API_URL=url, VEREDA_LANG="en", PREFECT_CLIENT_MAX_RETRIES="0"
    )
    assert run.returncode == 3
    assert url in run.stderr
    assert "Traceback" not in run.stderr


def test_schedules_need_a_server(tmp_path):
    run = vereda_in("deploy", here=tmp_path)
    assert run.returncode == 2
    assert "PREFECT_API_URL" in run.stderr


def test_deployed_datasets_run_on_a_server_at_their_own_hours(tmp_path):
    declare(tmp_path / "datasets", "good", ROWS, schedule="30 4 * * 2")
    declare(tmp_path / "datasets", "other", ROWS)
    url = f"http://127.0.0.1:{free_port()}"
    environment = around(
        tmp_path,
        PREFECT_HOME=str(tmp_path / "home"),
        PREFECT_API_URL=f"{url}/api",
        PREFECT_RUNNER_POLL_FREQUENCY="1",
    )
    prefect = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        url.rsplit(":")[-1],
    ]
    with (
        started(prefect, tmp_path, {**environment, "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}) as answering,
        prefect_client.SyncPrefectClient(f"{url}/api") as client,
    ):
        wait_for(lambda: client.api_healthcheck() is None, answering)
        with started([sys.executable, "-m", "pipelines.cli", "deploy"], tmp_path, environment) as serving:
            wait_for(lambda: len(client.read_deployments()) == 2, serving)
            deployments = {deployment.name: deployment for deployment in client.read_deployments()}
            (schedule,) = deployments["good"].schedules
            assert (schedule.schedule.cron, schedule.schedule.timezone) == (
                "30 4 * * 2",
                "America/Argentina/Buenos_Aires",
            )
            run = client.create_flow_run_from_deployment(deployments["good"].id)
            wait_for(lambda: client.read_flow_run(run.id).state.is_final(), serving)
            assert client.read_flow_run(run.id).state.is_completed()
    assert serving.returncode == 0
    assert not any(
        word in (tmp_path / "deploy.log").read_text() for word in ("Traceback", "Warning", "ERROR")
    )
    archive = Archive.open(tmp_path / "var/archive")
    assert archive.datasets() == [("good", False)]
    assert str(archive.history("good").current.version) == "1.0.0"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


@contextmanager
def started(command: list[str], here: Path, environment: dict[str, str]):
    """A program in the background, stopped afterwards; what it wrote is in `<its last word>.log`."""
    with (
        (here / f"{command[3]}.log").open("w") as log,
        subprocess.Popen(command, cwd=here, env=environment, stdout=log, stderr=log) as program,
    ):
        try:
            yield program
        finally:
            program.terminate()
            try:
                program.wait(30)
            except subprocess.TimeoutExpired:
                program.kill()


def wait_for(ready, program: subprocess.Popen, patience: timedelta = timedelta(minutes=4)) -> None:
    deadline = time.monotonic() + patience.total_seconds()
    while not ready():
        assert program.poll() is None, f"{program.args} ended with {program.returncode}"
        assert time.monotonic() < deadline, f"{program.args} took too long"
        time.sleep(0.3)
