"""The Prefect API that a run here and now reports to. Imported by flows.py alone."""

from __future__ import annotations

import fcntl
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

import httpx
import uvicorn
from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.sorting import FlowRunSort
from prefect.events.worker import EventsWorker
from prefect.exceptions import FailedRun, ObjectNotFound
from prefect.logging.handlers import APILogWorker
from prefect.settings import (
    PREFECT_API_DATABASE_CONNECTION_URL,
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_HOME,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    PREFECT_SERVER_DATABASE_TIMEOUT,
    PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED,
    PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE,
    PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL,
    PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED,
    temporary_settings,
)

from messages import gettext as _
from messages.formats import without_password
from pipelines.nightly.schedule import describe_silence

SILENCE = 30.0
"""Seconds in which a server, which may be busy, says that it is there."""
TRIES = 4
"""So many more, in half a minute, has whatever is told to a server that may be starting anew."""


PAGES = 4_000
"""Kilobytes of its database that each connection keeps."""
OURS: dict[Any, Any] = {
    PREFECT_SERVER_ANALYTICS_ENABLED: False,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
    PREFECT_SERVER_DATABASE_TIMEOUT: 120.0,
    # One by one, states of tasks are written more slowly than they come, and those that wait take memory; so
    # does a statement for each number of states that are written at once. Of the seconds between two looks
    # Prefect takes the whole ones: of half a second none, and it would look all the time.
    PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE: 20,
    PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL: 1,
    # A server that lives as long as a run has no automations, and nobody who listens to its events.
    PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED: False,
    PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED: False,
}
"""The settings of the server of one run."""


class ServerUnavailable(ConnectionError):
    """Prefect's server does not answer: start it, or unset PREFECT_API_URL to run without one."""


def quiet_run_logs() -> None:
    """Keeps the runs' own log off the terminal: Prefect's database has it, and the outcomes say what a person
    needs."""

    def is_shown_here(record: logging.LogRecord) -> bool:
        return not record.name.startswith(("prefect.flow_runs", "prefect.task_runs"))

    logging.raiseExceptions = False  # a log that did not reach Prefect is told at the end, once
    for name in ("prefect.events.clients", "prefect._internal.concurrency"):  # Prefect sets their levels anew
        logging.getLogger(name).filters = [lambda _record: False]
    for handler in logging.getLogger().handlers:
        handler.addFilter(is_shown_here)
        handler.setLevel(logging.WARNING)
    logging.getLogger("prefect").setLevel(logging.WARNING)


def quiet_runs() -> None:
    """Of a run's log, what a person can use: a dataset that was rejected is an outcome, told in its state,
    and no error of the program with a traceback. Datasets that went well are counted at the end."""

    def tells_something(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        return not isinstance(error, FailedRun) and not record.getMessage().startswith(
            "Task run failed with state"
        )

    for name, level in (("prefect.flow_runs", logging.INFO), ("prefect.task_runs", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.filters = [tells_something]


def require_answer(remedy: str) -> None:
    """Raises ServerUnavailable, which tells the `remedy`, where the server of PREFECT_API_URL does not
    answer."""
    asked = {"timeout": SILENCE}
    with (
        temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}),
        get_client(httpx_settings=asked, sync_client=True) as client,
    ):
        if error := client.api_healthcheck():
            raise ServerUnavailable(
                _(
                    "Prefect's server at {url} does not answer ({why}): {remedy}.",
                    remedy=remedy,
                    url=without_password(str(client.api_url)),
                    why=describe_silence(error, SILENCE),
                )
            )


@contextmanager
def run_server(is_over: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """A Prefect API for one run: the one of PREFECT_API_URL, else our own in a thread, which stops after
    everything has reached it. `is_over` tells whether the run came to its end.

    Prefect's own way, a server in another process, is stopped while logs are still on their way, and is left
    behind by a kill.
    """
    if PREFECT_API_URL.value():
        require_answer(_("start it, or unset PREFECT_API_URL to run without one"))
        tries = min(PREFECT_CLIENT_MAX_RETRIES.value(), TRIES)
        try:
            with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: tries}):
                yield
        except (httpx.HTTPError, ObjectNotFound) as error:  # of Prefect's own client: a source's are outcomes
            _leave_untold()
            _tell_lost(is_over(), error)
        except BaseException:
            _drain()
            raise
        else:
            _drain()
        return
    with temporary_settings(OURS), socket.create_server(("127.0.0.1", 0)) as listening:
        api, thread = _start_server(listening)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/api"
        try:
            with temporary_settings({PREFECT_API_URL: url}):
                try:
                    yield
                finally:  # also of a run that broke: sending to a server that is gone is noise, for a minute
                    _drain()
                    _await_final_states()
        finally:
            # Services that are stopped while they write say so with a traceback, though all that matters is
            # kept by now.
            for name in ("prefect.server", "sqlalchemy"):
                logging.getLogger(name).setLevel(logging.CRITICAL)
            api.should_exit = True
            thread.join()


def _start_server(listening: socket.socket) -> tuple[uvicorn.Server, threading.Thread]:
    from prefect.server.api.server import create_app

    _spare_memory()
    home = PREFECT_HOME.value()
    home.mkdir(parents=True, exist_ok=True)
    app = create_app(ephemeral=True, ignore_cache=True)
    api = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=5))
    thread = threading.Thread(
        target=copy_context().run, args=(api.run, [listening]), name="prefect-server", daemon=True
    )
    with (home / "starting.lock").open("w") as lock:
        # Two first runs at once would both create the tables of the database.
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread.start()
        while not api.started:
            if not thread.is_alive():
                raise ServerUnavailable(
                    _(
                        "Prefect could not start on its database in {folder}: free or repair that folder.",
                        folder=home,
                    )
                )
            time.sleep(0.02)
    return api, thread


def _spare_memory() -> None:
    """Prefect lets each of its connections to SQLite keep 20,000 pages of its database, 80 MB, so that a
    night takes the more memory the more tasks there are; some megabytes do."""
    from prefect.server.database.configurations import AioSqliteConfiguration
    from prefect.server.database.dependencies import MODELS_DEPENDENCIES

    class Spare(AioSqliteConfiguration):
        def setup_sqlite(self, conn: Any, record: Any) -> None:
            super().setup_sqlite(conn, record)
            cursor = conn.cursor()
            cursor.execute(f"PRAGMA cache_size = -{PAGES}")
            cursor.close()

    url = str(PREFECT_API_DATABASE_CONNECTION_URL.value())
    if url.startswith("sqlite") and MODELS_DEPENDENCIES.get("database_config") is None:
        MODELS_DEPENDENCIES["database_config"] = Spare(connection_url=url)


def _tell_lost(is_over: bool, error: Exception) -> None:
    """Says that the server was lost during a run. What became of the data does not hang on it: where that
    `is_over`, a sentence is enough. Raises ServerUnavailable where the run ended before its time."""
    url = without_password(str(PREFECT_API_URL.value()))
    if not is_over:
        message = _(
            "Prefect's server at {url} stopped answering, and the run ended before its time: start the "
            "server, or unset PREFECT_API_URL, and run it again. What was published stays; `vereda status` "
            "says what is missing.",
            url=url,
        )
        raise ServerUnavailable(message) from error
    message = _(
        "Prefect's server at {url} stopped answering during the run, and its pages do not show the end. "
        "All was done all the same, and `vereda runs` has it. Start the server again.",
        url=url,
    )
    print(message, file=sys.stderr)


def _leave_untold() -> None:
    """Drops what was still to be told to a server that is gone: each log and event would be tried for a
    minute before the program ends."""
    logging.getLogger("prefect").setLevel(logging.CRITICAL)
    kinds: list[Any] = [APILogWorker, EventsWorker]
    for worker in {each for kind in kinds for each in kind._instances.values()}:  # noqa: SLF001
        _stop(worker)


def _stop(worker: Any) -> None:
    """Ends one of Prefect's threads at once, for which it has no way of its own."""
    if worker._loop and worker._task:  # noqa: SLF001
        worker._loop.call_soon_threadsafe(worker._task.cancel)  # noqa: SLF001
    worker._queue.put_nowait(None)  # noqa: SLF001 (what takes from it waits for something)


def _drain() -> None:
    """Waits until logs and events have reached the server."""
    APILogWorker.instance().drain()
    EventsWorker.drain_all()


def _await_final_states(patience: float = 5.0) -> None:
    """Waits until the server has written the end of every task of its last flow run: it does so a while after
    it was told."""
    until = time.monotonic() + patience
    with get_client(sync_client=True) as client:
        last = client.read_flow_runs(sort=FlowRunSort.START_TIME_DESC, limit=1)
        tasks = FlowRunFilter(id=FlowRunFilterId(any_=[run.id for run in last]))
        while time.monotonic() < until:
            if all(
                task.state and task.state.is_final() for task in client.read_task_runs(flow_run_filter=tasks)
            ):
                return
            time.sleep(0.05)
