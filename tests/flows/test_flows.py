"""The nightly flow on a real Prefect: here and now, and on a server by its schedules."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from catalog.archive.archive import Archive
from messages import speaking
from pipelines.dataset.dataset import load_dataset
from pipelines.nightly.plan import order_by_needs
from tests.support.lazy import (
    flows,
    prefect_api,
    prefect_client,
    prefect_filters,
    prefect_recorder,
    prefect_settings,
    prefect_sorting,
)
from tests.support.nights import BAD, ROWS, Server, Source, declare, free_port, night_settings, vereda_in

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient


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
    assert "4 de 4 " in second.stdout
    assert "2 conjuntos no cambiaron" in second.stdout
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


def test_the_server_of_a_run_rests_between_two_looks(monkeypatch):
    waits, consumer = [], prefect_recorder.consumer

    def watched(*, flush_every, **others):
        waits.append(flush_every)
        return consumer(flush_every=flush_every, **others)

    monkeypatch.setattr("prefect.server.services.task_run_recorder.consumer", watched)
    with prefect_api.run_server():
        pass
    assert waits
    assert min(waits) > 0, "a wait of nothing takes a whole processor as long as the run lasts"


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
    (found,) = flows.run_here(None, None, night_settings(tmp_path), lambda *_: None, "run-1")
    assert (found.outcome, len(asked)) == ("failed", 1)
    assert "asks to wait 900 s; it is left alone until the next run" in found.message


def test_prefect_shows_the_table_each_report_and_the_state(tmp_path, api):
    declare(tmp_path / "datasets", "good", ROWS)
    declare(tmp_path / "datasets", "bad", BAD)
    heard = []
    found = flows.run_here(
        None,
        None,
        night_settings(tmp_path),
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
        for outcome in flows.run_here(None, None, night_settings(tmp_path), lambda *_: None, "run-1")
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
        for outcome in flows.run_here(None, None, night_settings(tmp_path), lambda *_: None, "run-1")
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


def test_a_prefect_server_that_is_silent_is_named(monkeypatch):
    monkeypatch.setattr("pipelines.nightly.prefect_api.SILENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://ana:secreta@127.0.0.1:{deaf.getsockname()[1]}/api"
        with (
            speaking("en"),
            prefect_settings.temporary_settings({prefect_settings.PREFECT_API_URL: url}),
            pytest.raises(prefect_api.ServerUnavailable, match=r"//127.* not answer .no answer within 0 s"),
        ):
            prefect_api.require_answer("start it")


def test_a_prefect_server_that_dies_in_the_middle_costs_a_run_nothing(tmp_path, httpserver):
    """In the long target: it is killed while a dataset reads its source."""
    server = Server(tmp_path, VEREDA_LANG="en", PREFECT_CLIENT_MAX_RETRIES="0")
    with server.serving() as (answering, _client):

        def answer(_request) -> Response:
            answering.kill()
            return Response(ROWS, content_type="text/csv")

        httpserver.expect_request("/far.csv").respond_with_handler(answer)
        declare(tmp_path / "datasets", "far", {"kind": "http", "url": httpserver.url_for("/far.csv")})
        declare(tmp_path / "datasets", "child", ROWS, needs=["far"])
        run = vereda_in("run", here=tmp_path, **server.environment)
    assert run.returncode == 0, run.stdout + run.stderr
    (told,) = run.stderr.splitlines()
    assert "stopped answering during the run" in told
    archive = Archive.open(tmp_path / "var/archive")
    (record,) = (archive.run_log.read(each) for each in archive.run_log.runs())
    assert (record.end, archive.run_log.alive(record)) == ("done", False)
    assert {each["dataset"]: each["outcome"] for each in record.outcomes} == {
        "far": "published",
        "child": "published",
    }


if not os.environ.get("TEST_NIGHTS"):  # a server that starts, for one sentence: `make test-long` has it
    del test_a_prefect_server_that_dies_in_the_middle_costs_a_run_nothing


def test_what_serves_the_nights_does_not_do_without_its_server(tmp_path):
    url = f"http://127.0.0.1:{free_port()}/api"
    deploy = vereda_in("deploy", here=tmp_path, PREFECT_API_URL=url, VEREDA_LANG="en")
    assert deploy.returncode == 3
    assert f"Prefect's server at {url}/ does not answer" in deploy.stderr
    assert "start it (`make prefect`, or `systemctl start vereda-prefect`)" in deploy.stderr
    assert "unset" not in deploy.stderr


def test_schedules_need_a_server(tmp_path):
    run = vereda_in("deploy", here=tmp_path)
    assert run.returncode == 2
    assert "PREFECT_API_URL" in run.stderr
