"""A night that is cancelled, by a person in Prefect or because what serves it is stopped, stays cancelled: it
is not begun again, and nothing of it is left behind, also where its process had to be killed."""

from __future__ import annotations

import os
import re
import signal
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from werkzeug import Response

from catalog.archive.archive import Archive
from tests.flows.test_schedule import nights
from tests.support.lazy import prefect_states
from tests.support.nights import ROWS, Server, declare, vereda_in, wait_for

NEVER = "0 3 29 2 *"


@pytest.fixture
def endless(httpserver):
    """The address of a source that answers when the test is over."""
    over = threading.Event()

    def answer(_request) -> Response:
        over.wait(600)
        return Response(ROWS, content_type="text/csv")

    httpserver.expect_request(re.compile("/.*")).respond_with_handler(answer)
    yield httpserver.url_for("/slow.csv")
    over.set()


class City:
    """A city of which one source does not answer, with all that its nights leave behind."""

    def __init__(self, here: Path, url: str, **environment: str) -> None:
        self.here, self.rooms = here, here / "temporary"
        self.rooms.mkdir()
        declare(here / "datasets", "good", ROWS)
        declare(here / "datasets", "slow", {"kind": "http", "url": url})
        declare(here / "datasets", "waiting", ROWS, needs=["slow"])
        environment |= {"VEREDA_NIGHT": NEVER, "VEREDA_LANG": "en", "TMPDIR": str(self.rooms)}
        # Of the run that waits for the source, on a busy machine too.
        self.server = Server(here, VEREDA_TIMEOUT="900", **environment)
        self.archive = Archive.open(here / "var/archive")

    @contextmanager
    def night(self, client):
        """`vereda deploy`, and a night that has come to the source that does not answer."""
        with self.server.deployed() as serving:
            yield serving, self.start_night(client, serving)

    def start_night(self, client, serving):
        wait_for(self.serves, serving)
        return self.start(client, serving, "nightly")

    def start(self, client, serving, name: str):
        """A run of that deployment, which has come to the source that does not answer."""
        deployment = next(each for each in client.read_deployments() if each.name == name)
        before = len(self.archive.run_log.runs())
        run = client.create_flow_run_from_deployment(deployment.id)
        wait_for(lambda: len(self.archive.run_log.runs()) > before and self.is_stuck(), serving)
        return run

    def serves(self) -> bool:
        return "The night begins at" in self.server.deploy_log

    def record(self):
        return self.archive.run_log.read(self.archive.run_log.runs()[-1])

    def is_stuck(self) -> bool:
        running = [each["dataset"] for each in self.record().running]
        return running == ["slow"] and bool(self.archive.history("good").releases)

    def left_behind(self, serving) -> list[Path]:
        """All but the room of what serves the nights."""
        rooms = [
            room for room in self.rooms.glob("vereda-*/*") if not room.name.startswith(f"{serving.pid}-")
        ]
        return [*(self.here / "var/archive/locks").glob("*"), *rooms]

    def status(self) -> str:
        address = self.server.environment["PREFECT_API_URL"]
        return vereda_in("status", here=self.here, VEREDA_LANG="en", PREFECT_API_URL=address).stdout


def kill_process_of(run) -> None:
    """As Prefect does itself half a minute after it asked a run to end that does not."""
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            mine = f"PREFECT__FLOW_RUN_ID={run.id}".encode() in place.read_bytes().split(b"\0")
        except OSError:
            continue
        if mine:
            os.kill(int(place.parent.name), signal.SIGKILL)


def assert_stays_cancelled(city: City, client, run, serving) -> None:
    wait_for(lambda: city.record().ended and not city.left_behind(serving), serving)
    record = city.record()
    assert (record.flow_run, record.end, record.running) == (str(run.id), "cancelled", ())
    assert {each["dataset"] for each in record.outcomes} <= {"good"}
    assert client.read_flow_run(run.id).state.type == "CANCELLED"
    tasks = [task for task in client.read_task_runs() if task.flow_run_id == run.id]
    assert "slow" in {task.name for task in tasks}
    assert all(task.state.is_final() for task in tasks), [task.state for task in tasks]


def test_a_cancelled_night_is_not_begun_again_and_leaves_nothing(tmp_path, endless):
    city = City(tmp_path, endless)
    with city.server.serving() as (_answering, client):
        with city.night(client) as (serving, run):
            client.set_flow_run_state(run.id, prefect_states.Cancelling())
            wait_for(lambda: city.record().stop, serving)
            kill_process_of(run)
            assert_stays_cancelled(city, client, run, serving)
            told = city.status()
            assert "night: cancelled, " in told
            assert "it was cancelled in Prefect before all datasets had run" in told
        with city.night(client) as (serving, second):
            serving.terminate()
            wait_for(lambda: city.record().stop, serving)
            kill_process_of(second)
            assert serving.wait(120) == 0
            told = city.status()
            assert "Last night: " in told
            assert "it was cancelled when `vereda deploy` was stopped" in told
        before = city.server.deploy_log
        with city.server.deployed() as serving:
            wait_for(lambda: city.server.deploy_log.count("The night begins at") == 3, serving)
            assert_stays_cancelled(city, client, second, serving)
            assert city.server.deploy_log.removeprefix(before).count("\n") == 1
            waiting = [each for each in client.read_flow_runs() if not each.state.is_final()]
            assert [each.name for each in waiting if each.auto_scheduled is False] == []
            assert {each.id for each in nights(client)} == {run.id, second.id}
