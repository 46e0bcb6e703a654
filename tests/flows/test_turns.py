"""Two runs at once: a source's host is spared, a dataset runs once at a time, and a kill leaves no mess."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from catalog.archive.archive import Archive
from tests.support.nights import ROWS, BusyHost, around, declare, vereda_in


@pytest.fixture
def httpserver():
    """One that answers several at once."""
    with HTTPServer(threaded=True) as server:
        yield server


def test_two_runs_at_once_ask_a_host_twice_at_once_and_run_no_dataset_at_the_same_time(tmp_path, httpserver):
    host = BusyHost(httpserver)
    names = [f"source-{letter}" for letter in "abcdef"]
    for name in names:
        declare(tmp_path / "datasets", name, {"kind": "http", "url": f"{host.url}{name}.csv"})
    found: list[subprocess.CompletedProcess] = []
    runs = [
        threading.Thread(
            target=lambda home=home: found.append(
                vereda_in("run", "--json", here=tmp_path, VEREDA_WORKERS="4")
            )
        )
        for home in ("one", "two")
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [run.returncode for run in found] == [0, 0], [run.stderr for run in found]
    assert host.most_at_once() == 2
    assert {host.most_at_once(f"/{name}.csv") for name in names} == {1}
    archive = Archive.open(tmp_path / "var/archive")
    assert {name: len(archive.history(name).releases) for name in names} == dict.fromkeys(names, 1)
    said = sorted(each["outcome"] for run in found for each in json.loads(run.stdout)["outcomes"])
    assert said == ["published"] * 6 + ["unchanged"] * 6
    assert list((tmp_path / "var/archive/locks").iterdir()) == []


NIGHT = """
import flows
from pipelines.nightly.prefect_api import run_server
with run_server():
    print(flows.nightly(return_state=True).message)
"""


def test_two_nights_at_once_run_each_dataset_once(tmp_path, httpserver):
    """Two schedules meet in one minute, or two machines serve the same archive: the second night waits, and
    finds nothing that the first left undone."""
    host = BusyHost(httpserver)
    for name in ("source-a", "source-b"):
        declare(tmp_path / "datasets", name, {"kind": "http", "url": f"{host.url}{name}.csv"})
    declare(tmp_path / "datasets", "good", ROWS)
    environment = around(tmp_path, VEREDA_LANG="en")
    nights = [
        subprocess.Popen(
            [sys.executable, "-c", NIGHT],
            cwd=tmp_path,
            env={**environment, "PREFECT_HOME": str(tmp_path / home)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for home in ("one", "two")
    ]
    said = sorted(night.communicate(timeout=300)[0].splitlines()[-1] for night in nights)
    assert said == ["3 outcomes, all well", "nothing was due: 3 datasets wait for their time"]
    assert sorted(path for path, _start, _end in host.log) == ["/source-a.csv", "/source-b.csv"]


def test_a_killed_run_frees_its_datasets_and_the_next_clears_its_leavings(tmp_path, httpserver):
    arrived, go_on = threading.Event(), threading.Event()

    def answer(_request) -> Response:
        arrived.set()
        go_on.wait(60)
        return Response(ROWS, content_type="text/csv")

    httpserver.expect_request("/slow.csv").respond_with_handler(answer)
    declare(tmp_path / "datasets", "slow", {"kind": "http", "url": httpserver.url_for("/slow.csv")})
    (tmp_path / "tmp").mkdir()
    command = [sys.executable, "-m", "pipelines.cli", "run", "slow"]
    environment = around(tmp_path, TMPDIR=str(tmp_path / "tmp"))
    archive = Archive.open(tmp_path / "var/archive")
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL) as run:
        assert arrived.wait(120)
        (record,) = (archive.run_log.read(each) for each in archive.run_log.runs())
        assert archive.run_log.alive(record)
        assert archive.locks.holder("dataset-slow")["run"] == record.run
        run.kill()
    go_on.set()
    assert not archive.run_log.alive(archive.run_log.read(record.run))
    assert list((tmp_path / "tmp").glob("vereda-*/*"))
    again = vereda_in("run", "slow", here=tmp_path, TMPDIR=str(tmp_path / "tmp"))
    assert again.returncode == 0, again.stdout + again.stderr
    assert list((tmp_path / "tmp").glob("vereda-*/*")) == []
    assert list((tmp_path / "var/archive/locks").glob("*")) == []


if not os.environ.get("TEST_NIGHTS"):  # half a minute each: `make test-long` has them
    del test_two_nights_at_once_run_each_dataset_once
    del test_a_killed_run_frees_its_datasets_and_the_next_clears_its_leavings
