"""A whole CKAN on this machine, for trying things out and for tests: PostgreSQL, Redis, Solr, CKAN and its
job worker, all on 127.0.0.1."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.support.ckan import programs
from tests.support.ckan.daemon import Daemon
from tests.support.ckan.where import Where

PLUGINS = ("activity", "datastore", "datatables_view", "text_view", "xloader")
# Contents that can be thrown away need no fsync.
POSTGRES = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
}
JAVA = ("java", "-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@dataclass(frozen=True)
class Stack:
    """One CKAN, its contents in `folder`. Several can run side by side."""

    folder: Path

    @property
    def where(self) -> Where:
        """Raises FileNotFoundError before the first `up`."""
        known = Where.known(self.folder)
        if not known:
            raise FileNotFoundError(f"{self.folder} holds no CKAN: `make ckan` makes one")
        return known

    @property
    def token(self) -> str:
        """Of `admin`, the system administrator; empty while there is none."""
        file = self.folder / "token"
        return file.read_text() if file.exists() else ""

    @property
    def datastore_url(self) -> str:
        """Where the DataStore's tables can be written directly, as xloader does."""
        return self.where.database("ckan", "datastore")

    @property
    def daemons(self) -> dict[str, Daemon]:
        """By name, in the order of starting."""
        return {name: Daemon(name, self.folder) for name in ("postgres", "redis", "solr", "ckan", "worker")}

    def running(self) -> list[str]:
        return [name for name, daemon in self.daemons.items() if daemon.pid]

    def up(self) -> None:
        """Starts what does not run, with the usual plugins; the first time it makes everything."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._alone():
            for name in ("log", "run", "redis", "solr", "storage"):
                (self.folder / name).mkdir(exist_ok=True)
            before, now = Where.known(self.folder), Where.chosen(self.folder, self.running())
            with ThreadPoolExecutor() as pool:
                built = [pool.submit(programs.build_ckan), pool.submit(programs.build_solr)]
                self.start_postgres()
                self.start_redis()
                for each in built:
                    each.result()
            self.start_solr()
            if not self.token:
                self._bootstrap()
            self.start_ckan()
            self.wait_for_solr()
            if before and before.ckan != now.ckan:  # the index holds whole URLs
                programs.run(
                    [programs.PYTHON.with_name("ckan"), "search-index", "rebuild", "--quiet"], env=self._env()
                )

    def down(self) -> None:
        """Ends all of it; its contents stay."""
        if self.folder.exists():
            with self._alone():
                for name, daemon in reversed(self.daemons.items()):
                    daemon.stop(
                        signal.SIGINT if name == "postgres" else signal.SIGTERM
                    )  # PostgreSQL waits for its clients on SIGTERM

    def remove(self) -> None:
        """Ends it and deletes its contents."""
        self.down()
        shutil.rmtree((self.folder / "postgres").resolve(), ignore_errors=True)
        for name in ("postgres", "token", "ckan.ini", "where.json"):
            (self.folder / name).unlink(missing_ok=True)
        for name in ("redis", "solr", "storage", "log", "run"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def start_postgres(self) -> None:
        # PostgreSQL refuses to run as root.
        user = "postgres" if os.geteuid() == 0 else None
        contents = self._contents_of_postgres(user)
        if not (contents / "PG_VERSION").exists():
            with tempfile.NamedTemporaryFile("w", dir="/var/tmp") as secret:
                secret.write(self.where.secret)
                secret.flush()
                if user:
                    shutil.chown(secret.name, user)
                initdb = [
                    programs.postgres("initdb"),
                    "--pgdata",
                    contents,
                    "--username=postgres",
                    f"--pwfile={secret.name}",
                    "--auth=scram-sha-256",
                ]
                programs.run(
                    [*initdb, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"], user=user, cwd=Path("/")
                )
        options = [f"-c{name}={value}" for name, value in POSTGRES.items()]
        daemon = self.daemons["postgres"]
        daemon.start(
            [programs.postgres("postgres"), "-D", contents, f"-cport={self.where.postgres}", *options],
            user=user,
        )
        daemon.wait(lambda: _accepts(self.where.postgres))

    def start_redis(self) -> None:
        settings = {
            "bind": "127.0.0.1",
            "port": self.where.redis,
            "requirepass": self.where.secret,
            "save": "",
            "dir": self.folder / "redis",
        }
        daemon = self.daemons["redis"]
        daemon.start(
            [
                "redis-server",
                *(text for name, value in settings.items() for text in (f"--{name}", str(value))),
            ]
        )
        daemon.wait(lambda: _accepts(self.where.redis))

    def start_solr(self) -> None:
        source, conf = programs.HERE / "solr", self.folder / "solr" / "ckan" / "conf"
        conf.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / "solr.xml", self.folder / "solr")
        shutil.copy(source / "solrconfig.xml", conf)
        shutil.copy(
            next(programs.PYTHON.parents[1].glob("lib/python3*/site-packages/ckan/config/solr/schema.xml")),
            conf,
        )
        for empty in (
            conf.parent / "core.properties",
            conf / "synonyms.txt",
            conf / "stopwords.txt",
            conf / "protwords.txt",
        ):
            empty.touch()
        program = [*JAVA, "-cp", programs.CLASS_PATH.read_text().strip(), source / "Solr.java"]
        self.daemons["solr"].start([*program, self.folder / "solr", str(self.where.solr)])

    def wait_for_solr(self) -> None:
        self.daemons["solr"].wait(lambda: _answers(f"{self.where.solr_url}/admin/ping"))

    def start_ckan(self, plugins: Sequence[str] = PLUGINS) -> None:
        """CKAN's two web workers and, for xloader, its job worker; those that run with other plugins are
        started again."""
        if self._write_ini(plugins):
            self.stop_ckan()
        web, worker = self.daemons["ckan"], self.daemons["worker"]
        # A whole reload of the DataStore is one long request; the control socket would be shared with all
        # other gunicorns of this user.
        options = [
            "--workers=2",
            "--timeout=600",
            "--worker-tmp-dir=/dev/shm",
            "--no-control-socket",
            f"--pythonpath={programs.HERE}",
        ]
        web.start(
            [
                programs.PYTHON.with_name("gunicorn"),
                f"--bind=127.0.0.1:{self.where.ckan}",
                *options,
                "wsgi:application",
            ],
            env=self._env(),
        )
        if "xloader" in plugins:
            worker.start([programs.PYTHON.with_name("ckan"), "jobs", "worker"], env=self._env())
        web.wait(lambda: _answers(f"{self.where.url}/api/3/action/status_show"))

    def stop_ckan(self) -> None:
        for name in ("worker", "ckan"):
            self.daemons[name].stop()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Two that start or end the same CKAN take turns."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _contents_of_postgres(self, user: str | None) -> Path:
        """Its folder, which `user` must be able to reach: where that is not so, `postgres` is a link to one
        that it can."""
        contents = self.folder / "postgres"
        if not contents.exists():
            if user and not all(parent.stat().st_mode & 0o001 for parent in contents.resolve().parents):
                contents.symlink_to(tempfile.mkdtemp(prefix="vereda-ckan-", dir="/var/tmp"))
            else:
                contents.mkdir(mode=0o700)
            if user:
                shutil.chown(contents, user, user)
        return contents.resolve()

    def _write_ini(self, plugins: Sequence[str]) -> bool:
        """Whether it says something new."""
        file, text = self.folder / "ckan.ini", self.where.ini(self.folder, plugins, self.token)
        if file.exists() and file.read_text() == text:
            return False
        file.touch(mode=0o600)
        file.write_text(text)
        return True

    def _bootstrap(self) -> None:
        self._write_ini(PLUGINS)
        token = self.folder / "token"
        (token.with_suffix(".new")).touch(mode=0o600)
        env = {"CKAN_TOKEN_FILE": str(token.with_suffix(".new")), "CKAN_PASSWORD": self.where.secret}
        programs.run(
            [programs.PYTHON, programs.HERE / "bootstrap.py"],
            env={**self._env(), **env, "POSTGRES_URL": self.where.database("postgres")},
        )
        token.with_suffix(".new").replace(token)

    def _env(self) -> dict[str, str]:
        return {"CKAN_INI": str(self.folder / "ckan.ini"), "LC_ALL": "C.UTF-8"}


def _accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _answers(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status == 200
    return False
