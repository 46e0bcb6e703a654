"""Datasets for a night, Prefect's server and the programs beside it, started and stopped for a test."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import yaml
from werkzeug import Response

from messages import speaking
from pipelines.settings import Settings
from tests.support.lazy import flows, prefect_api, prefect_client
from tests.support.paths import ROOT

ROWS = "id,barrio\n1,Almagro\n2,Boedo\n"
SLOW = 0.4
"""Seconds that a busy host takes."""
BAD = "id,barrio\n1,Almagro\ndos,Boedo\n"


@contextmanager
def open_prefect():
    """A client of a Prefect server of this process, without the deployments of other tests, which have the
    same database."""
    address = flows.PREFECT_API_URL.value
    with speaking("en"), prefect_api.run_server(), prefect_client.SyncPrefectClient(address()) as client:
        for each in client.read_deployments():
            client.delete_deployment(each.id)
        yield client


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


class BusyHost:
    """A web server that takes its time, and notes who was in it at once: `log` has (path, start, end)."""

    def __init__(self, httpserver) -> None:
        self.log: list[tuple[str, float, float]] = []
        self.url = httpserver.url_for("/")
        httpserver.expect_request(re.compile("/.*")).respond_with_handler(self.answer)

    def answer(self, request) -> Response:
        start = time.monotonic()
        time.sleep(SLOW)
        self.log.append((request.path, start, time.monotonic()))
        return Response(ROWS, content_type="text/csv")

    def most_at_once(self, path: str | None = None) -> int:
        spans = [span for span in self.log if path in (None, span[0])]
        return max(sum(start <= at < end for _path, start, end in spans) for _path, at, _end in spans)


def vereda_in(*words: str, here: Path, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "pipelines.cli", *words]
    return subprocess.run(
        command,
        cwd=here,
        env=around(here, **environment),
        capture_output=True,
        text=True,
        timeout=900,
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


def night_settings(here: Path) -> Settings:
    return Settings(
        datasets=here / "datasets",
        archive=str(here / "archive"),
        portal=here / "portal",
        retry_delay=0,
        lang="en",
    )


def unit_environment(name: str) -> dict[str, str]:
    """What a unit sets for its program in service."""
    lines = (ROOT / f"deploy/systemd/{name}.service").read_text("utf-8").splitlines()
    pairs = [line.removeprefix("Environment=") for line in lines if line.startswith("Environment=")]
    return dict(pair.split("=", 1) for line in pairs for pair in shlex.split(line))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


@contextmanager
def started(command: list[str], here: Path, environment: dict[str, str], deaf: bool = False):
    """A program in the background, stopped afterwards by SIGTERM; what it wrote is in `<its fourth
    word>.log`, after what earlier ones did. `deaf`: to SIGINT, as a shell's script starts programs with
    `&`."""
    with (
        (here / f"{command[3]}.log").open("a") as log,
        subprocess.Popen(
            command,
            cwd=here,
            env=environment,
            stdout=log,
            stderr=log,
            preexec_fn=(lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) if deaf else None,
        ) as program,
    ):
        try:
            yield program
        finally:
            program.terminate()
            try:
                program.wait(60)
            except subprocess.TimeoutExpired:
                program.kill()


def wait_for(ready, program: subprocess.Popen, patience: timedelta = timedelta(minutes=15)) -> None:
    deadline = time.monotonic() + patience.total_seconds()
    while not ready():
        assert program.poll() is None, f"{program.args} ended with {program.returncode}"
        assert time.monotonic() < deadline, f"{program.args} took too long"
        time.sleep(0.3)


class Server:
    """A Prefect server of its own, with what its programs are called with; `home` keeps its database."""

    def __init__(self, here: Path, **environment: str) -> None:
        self.here, self.url = here, f"http://127.0.0.1:{free_port()}"
        self.environment = around(
            here,
            PREFECT_HOME=str(here / "home"),
            PREFECT_API_URL=f"{self.url}/api",
            PREFECT_RUNNER_POLL_FREQUENCY="1",
            PREFECT_SERVER_ANALYTICS_ENABLED="false",
            **unit_environment("vereda-prefect"),
            **environment,
        )

    @contextmanager
    def serving(self):
        """The server, and a client of it."""
        from prefect.client.orchestration import SyncPrefectClient

        port = self.url.rpartition(":")[2]
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port]
        with (
            started(command, self.here, self.environment) as program,
            SyncPrefectClient(f"{self.url}/api", httpx_settings={"timeout": 120}) as client,
        ):
            wait_for(lambda: client.api_healthcheck() is None, program)
            yield program, client

    @contextmanager
    def deployed(self, *words: str):
        """`vereda deploy`, as a script starts it with `&`: deaf to SIGINT."""
        command = [sys.executable, "-m", "pipelines.cli", "deploy", *words]
        with started(command, self.here, self.environment, deaf=True) as program:
            yield program

    @property
    def log(self) -> str:
        return (self.here / "server.log").read_text()

    @property
    def deploy_log(self) -> str:
        return (self.here / "deploy.log").read_text()
