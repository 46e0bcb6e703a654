"""Prefect's server goes away for longer than its own clients try, or a person cancels in its pages a run that
ends all the same: record, `vereda status` and Prefect agree afterwards, and no log has a traceback."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
import threading
import time
from contextlib import ExitStack
from datetime import timedelta

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError
from werkzeug import Response

from tests.flows.test_cancelled import City
from tests.support.lazy import nightly_outage, prefect_states
from tests.support.nights import ROWS, started, wait_for

AWAY = timedelta(seconds=80)
"""Longer than Prefect's own clients try."""


def test_what_asks_the_server_goes_on_while_it_is_away():
    looks = []

    async def look() -> None:
        looks.append(1)
        if len(looks) < 5:
            raise httpx.ConnectError("refused") if len(looks) % 2 else ConnectionResetError()
        raise ValueError("over")

    with pytest.raises(ValueError, match="over"):
        asyncio.run(nightly_outage.poll_patiently(workload=look, interval=0, jitter_range=0.3))
    assert len(looks) == 5


def answered(status: int) -> httpx.HTTPStatusError:
    request = httpx.Request("POST", "http://127.0.0.1:4200/api/work")
    return httpx.HTTPStatusError(str(status), request=request, response=httpx.Response(status))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionRefusedError(111, "refused"), False),
        (httpx.ConnectError("refused"), False),
        (ConnectionClosedError(None, None), False),
        (answered(503), False),
        (answered(409), True),
        (OSError(28, "No space left on device"), True),
        (PermissionError(13, "Permission denied"), True),
        (ValueError("another"), True),
    ],
    ids=["refused", "unreachable", "closed", "busy", "conflict", "full", "forbidden", "fault"],
)
def test_the_log_leaves_out_that_the_server_is_away_and_nothing_else(error, told):
    kept = nightly_outage.WithoutTheServer()
    record = logging.LogRecord("prefect", logging.ERROR, "", 0, "failed", (), (type(error), error, None))
    assert kept.filter(record) is told


class Gate:
    """A source that answers when it is told to."""

    def __init__(self, httpserver) -> None:
        self.asked, self.open = threading.Event(), threading.Event()
        httpserver.expect_request(re.compile("/.*")).respond_with_handler(self.answer)
        self.url = httpserver.url_for("/slow.csv")

    def answer(self, _request) -> Response:
        self.asked.set()
        self.open.wait(600)
        return Response(ROWS, content_type="text/csv")


@pytest.fixture
def gate(httpserver):
    gate = Gate(httpserver)
    yield gate
    gate.open.set()


@pytest.mark.parametrize("tries", ["5", "0"], ids=["tells it late", "gives up"])
def test_a_night_during_which_the_server_is_away_ends_and_prefect_is_told(tmp_path, gate, tries):
    """In the long target: minutes pass. Afterwards who cancels is heard again."""
    city = City(tmp_path, gate.url, PREFECT_CLIENT_MAX_RETRIES=tries)
    with ExitStack() as stack:
        with city.server.serving() as (answering, client):
            serving = stack.enter_context(city.server.deployed())
            run = city.start_night(client, serving)
            answering.kill()
        gate.open.set()
        time.sleep(AWAY.total_seconds())
        with city.server.serving() as (_answering, client):
            wait_for(lambda: is_over(client, run.id), serving)
            state, record, told = client.read_flow_run(run.id).state, city.record(), city.status()
            assert (record.end, record.stop, record.flow_run) == ("done", None, str(run.id))
            assert (state.type, state.message) == ("COMPLETED", "3 outcomes, all well")
            assert "3 published" in told
            gate.open.clear()
            run = city.start(client, serving, "slow")
            client.set_flow_run_state(run.id, prefect_states.Cancelling())
            wait_for(lambda: client.read_flow_run(run.id).state.is_final() and city.record().ended, serving)
            assert client.read_flow_run(run.id).state.type == "CANCELLED"
            assert (city.record().end, city.record().stop) == ("cancelled", "prefect")
    log = city.server.deploy_log
    assert "Traceback" not in log
    assert log.count("Prefect's server does not answer since") == 1
    assert log.count("Prefect's server answers again") == 1


def is_over(client, run) -> bool:
    """Whether a flow run ended in Prefect, with those of its tasks that its server heard of."""
    tasks = [task.state for task in client.read_task_runs() if task.flow_run_id == run]
    states = [client.read_flow_run(run).state, *tasks]
    return len(states) > 2 and all(state and state.is_final() for state in states)


if not os.environ.get("TEST_NIGHTS"):  # minutes: `make test-long` has it
    del test_a_night_during_which_the_server_is_away_ends_and_prefect_is_told


def test_a_run_at_the_terminal_that_was_cancelled_in_prefect_says_that_all_was_done(tmp_path, gate):
    """Nobody stops it: Prefect's server takes no end of it then but that it was cancelled."""
    city = City(tmp_path, gate.url)
    with city.server.serving() as (answering, client):
        command = [sys.executable, "-m", "pipelines.cli", "run"]
        with started(command, tmp_path, city.server.environment) as typed:
            wait_for(lambda: city.archive.run_log.runs() and city.is_stuck(), typed)
            run = client.read_flow_runs()[0]
            client.set_flow_run_state(run.id, prefect_states.Cancelling())
            gate.open.set()
            assert typed.wait(120) == 0
        wait_for(lambda: client.read_flow_run(run.id).state.is_final(), answering)
        state, record, told = client.read_flow_run(run.id).state, city.record(), city.status()
    assert (state.type, state.message) == (
        "CANCELLED",
        "cancelled when all was done: 3 outcomes, all well",
    )
    assert (record.end, record.stop, len(record.outcomes)) == ("done", "prefect", 3)
    assert record.standings.keys() == {"good", "slow", "waiting"}
    assert "cancelled when all was done; 3 published" in told
    assert "Traceback" not in (tmp_path / "run.log").read_text()
