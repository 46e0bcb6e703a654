"""A PostgreSQL of its own for tests, on a free port of 127.0.0.1, stopped by its own number."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.support.ckan import programs

PASSWORD = "clave-de-lectura"


class Postgres:
    """The server: `admin` is its owner's address, `reader` that of a user who may only read."""

    def __init__(self, folder: Path):
        self.folder = folder
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.user = "postgres" if os.geteuid() == 0 else None
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def admin(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def reader(self, password: str = PASSWORD) -> str:
        return f"postgresql://lectora:{password}@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        initdb = programs.postgres("initdb")
        assert initdb is not None
        programs.run(
            [initdb, "-D", self.folder, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            user=self.user,
            cwd=Path("/"),
        )
        (self.folder / "pg_hba.conf").write_text(
            "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        self.start()
        self.execute(f"CREATE ROLE lectora LOGIN PASSWORD '{PASSWORD}'")

    def start(self) -> None:
        program = programs.postgres("postgres")
        assert program is not None
        self.process = subprocess.Popen(
            [program, "-D", self.folder, "-h", "127.0.0.1", "-p", str(self.port), "-k", "", "-F"],
            user=self.user,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.admin).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)  # at once
            self.process.wait()
            self.process = None

    def execute(self, *statements: str) -> None:
        """As its owner."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    """A new server; the test is left out where the machine has no PostgreSQL."""
    if not (programs.postgres("postgres") and programs.postgres("initdb")):
        pytest.skip("no PostgreSQL here: it needs the Debian package postgresql")
    folder = Path(tempfile.mkdtemp(prefix="vereda-postgres-", dir="/var/tmp"))
    server = Postgres(folder)
    try:
        if server.user:
            shutil.chown(folder, server.user)
        server.make()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
