"""Prefect's server may be away while nights are served or run: that is said once, in words, and whatever asks
the server goes on asking."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import httpx
from prefect._internal import observers
from prefect.exceptions import CancelledRun, UnfinishedRun
from prefect.runner import _scheduled_run_poller
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from messages import gettext as _

AWAY = (httpx.TransportError, ConnectionError, ConnectionClosed, InvalidHandshake)
"""What a client of the server, or its websocket, raises then."""
ENDINGS = (CancelledRun, UnfinishedRun)
"""What Prefect raises of a run that it was asked to cancel, and that is no error of the program."""
NOISE = (
    "Unable to connect to 'ws",
    "EventsWorker failed",
    "Service 'EventsWorker' failed",
    "Service 'APILogWorker' failed",
    "Still processing items",
)


def is_away(error: BaseException) -> bool:
    """Whether the server did not answer, or answered that it cannot just now: busy, its database is locked
    for others."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= 500
    return isinstance(error, AWAY)


def bear_outages() -> None:
    """From now on, in this process, Prefect neither gives up on its server nor shows tracebacks of it."""
    logging.raiseExceptions = False  # Prefect's handler prints what of a log it could not send
    for module in (observers, _scheduled_run_poller):
        module.critical_service_loop = poll_patiently  # type: ignore[attr-defined] # Prefect has no setting
    known = logging.root.manager.loggerDict.values()
    loggers = [logging.root, *(each for each in known if isinstance(each, logging.Logger))]
    for handler in {handler for logger in loggers for handler in logger.handlers}:
        if not any(isinstance(each, WithoutTheServer) for each in handler.filters):
            handler.addFilter(WithoutTheServer())


async def poll_patiently(
    workload: Callable[[], Awaitable[Any]], interval: float, run_once: bool = False, **_limits: Any
) -> None:
    """Does the work each `interval` seconds until it is cancelled. In place of Prefect's own loop, which
    prints the tracebacks of some tries and then gives up for good: no night would begin any more, and nobody
    could cancel one."""
    with suppress(asyncio.CancelledError):  # whoever waits for its end asks for its error
        while True:
            try:
                await workload()
            except Exception as error:
                if not is_away(error):
                    raise
                # said once, by whoever looks after the deployments
            if run_once:
                return
            await asyncio.sleep(interval)


class WithoutTheServer(logging.Filter):
    """Of what Prefect logs, not that its server is away, with a traceback at each try."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        while error:
            if (
                isinstance(error, ENDINGS)
                or is_away(error)
                or (isinstance(error, TimeoutError) and record.name.startswith("prefect.FlowRun"))
            ):
                return False
            error = error.__cause__
        return not record.getMessage().startswith(NOISE)


def away_sentence(now: datetime) -> str:
    """Said once, when it begins."""
    return _(
        "Prefect's server does not answer since {time}: what runs goes on, and it is asked again every few "
        "seconds",
        time=f"{now:%H:%M}",
    )
