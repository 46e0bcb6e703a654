"""Past one machine: workers of a Prefect work pool, each with a folder of its own, on an archive in S3 and a
Prefect server on PostgreSQL. Minutes: `make test-long`."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from catalog.archive.archive import Archive
from tests.support.archives import s3
from tests.support.databases import run_postgres
from tests.support.nights import BAD, ROWS, BusyHost, Server, declare, started, wait_for

MINUTE = "* * * * *"
NAMES = [f"lejos-{number}" for number in range(6)]


@pytest.fixture
def httpserver():
    """One that answers several at once."""
    with HTTPServer(threaded=True) as server:
        yield server


@contextmanager
def worker(server: Server, name: str):
    """A worker as on a machine of its own: its own folder, its own portal."""
    here = server.here / name
    here.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "vereda", "--name", name]
    own = {**server.environment, "PREFECT_HOME": str(here / "home"), "VEREDA_PORTAL": str(here / "portal")}
    with started(command, here, own) as program:
        yield program


def log_of(server: Server, name: str) -> str:
    return (server.here / name / "worker.log").read_text()


def test_two_workers_over_one_archive_in_s3_and_prefect_on_postgresql(tmp_path, httpserver, monkeypatch):
    host = BusyHost(httpserver)
    for name in NAMES:
        declare(tmp_path / "datasets", name, {"kind": "http", "url": httpserver.url_for(f"/{name}.csv")})
    declare(tmp_path / "datasets", "malo", BAD)
    declare(tmp_path / "datasets", "entregado", {"kind": "inbox"})
    with ExitStack() as stack:
        bucket = stack.enter_context(s3())
        database = stack.enter_context(run_postgres())
        server = Server(
            tmp_path,
            **bucket,
            VEREDA_ARCHIVE="s3://vereda/city",
            VEREDA_INBOX=str(tmp_path / "inbox"),
            VEREDA_NIGHT=MINUTE,
            VEREDA_SOURCE_REQUESTS="2",
            VEREDA_LANG="en",
            PREFECT_SERVER_DATABASE_CONNECTION_URL=database.admin.replace("://", "+asyncpg://"),
            PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT="60",
        )
        for key, value in bucket.items():
            monkeypatch.setenv(key, value)
        archive = Archive.open("s3://vereda/city")
        _answering, client = stack.enter_context(server.serving())
        serving = stack.enter_context(server.deployed("--pool", "vereda"))
        wait_for(lambda: len(client.read_deployments()) == len(NAMES) + 3, serving)
        first = stack.enter_context(worker(server, "uno"))
        stack.enter_context(worker(server, "dos"))
        for each in client.read_deployments():  # by hand, all at once, beside the night
            if each.name in NAMES:
                client.create_flow_run_from_deployment(each.id)
        wait_for(lambda: all(archive.history(name).releases for name in NAMES), serving)
        wait_for(lambda: nights(archive), serving)
        hand_in(tmp_path / "inbox/tests/entregado/enero.csv")
        wait_for(lambda: archive.history("entregado").releases, serving)
        assert host.most_at_once() <= 2
        assert all("submitting flow run" in log_of(server, name) for name in ("uno", "dos"))

        first.kill()  # with the machine, as it were
        first.wait()
        before = len(nights(archive))
        wait_for(lambda: len(nights(archive)) > before + 1, serving)
        for name in (*NAMES, "entregado"):
            assert [str(release.version) for release in archive.history(name).releases] == ["1.0.0"]
        assert archive.run_log.standings()["malo"].outcome == "rejected"


def nights(archive: Archive) -> list:
    """The nights that came to their end, oldest first."""
    records = [archive.run_log.read(run) for run in archive.run_log.runs()]
    return [record for record in records if record.kind == "night" and record.end == "done"]


def hand_in(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(ROWS, encoding="utf-8")
