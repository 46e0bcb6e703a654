"""How runs end that did not come to their end: who cancelled one, and what Prefect is told of one whose
process was killed."""

from __future__ import annotations

import getpass
import os
from contextlib import suppress
from uuid import UUID

from prefect import get_client, runtime
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import State, StateType
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Cancelled, Crashed

from catalog.archive.runs import Stop
from messages import gettext as _
from pipelines.nightly.schedule import PATIENCE

SHUTTING_DOWN = "Runner is shutting down."
"""What Prefect's runner says of the runs that it cancels because it is stopped itself."""
MOST = 200
"""So many task runs Prefect's server gives at once."""


def find_stop(error: BaseException) -> tuple[Stop, str | None]:
    """Where the run of this process was cancelled just now, as the `error` shows, and by whom, if that is
    known: not who sent a signal."""
    if not runtime.deployment.id:
        return "terminal", _find_user() if isinstance(error, KeyboardInterrupt) else None
    return find_cancellation() or "service", None  # where the server is gone, so is the service


def find_cancellation() -> Stop | None:
    """Where Prefect was asked to cancel the run of this process; None where it was not, or does not answer.
    Nobody stops for it a run that was typed at the terminal."""
    asked = {"timeout": PATIENCE}
    with (
        suppress(Exception),
        temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}),
        get_client(httpx_settings=asked, sync_client=True) as client,
    ):
        return cancelled_where(client, UUID(str(runtime.flow_run.id)))
    return None


def _find_user() -> str | None:
    """Who typed the command, also where it was with `sudo`."""
    with suppress(OSError, KeyError):
        return os.environ.get("SUDO_USER") or getpass.getuser()
    return None


def cancelled_where(client: SyncPrefectClient, flow_run: UUID) -> Stop | None:
    """Where a run of Prefect's was cancelled; None where it was not, or is not known to this server."""
    with suppress(Exception):  # another server's, or deleted
        state = client.read_flow_run(flow_run).state
        if state and state.type in (StateType.CANCELLED, StateType.CANCELLING):
            return "service" if state.message == SHUTTING_DOWN else "prefect"
    return None


def end_flow_run(client: SyncPrefectClient, flow_run: UUID, *, cancelled: bool) -> None:
    """Of a run whose process is dead: it was `cancelled` in Prefect too, whatever killed it after that; else,
    where Prefect still takes it for running, it crashed. None of its tasks runs or waits any more."""
    with suppress(Exception):  # another server's, or deleted
        state = client.read_flow_run(flow_run).state
        told = Cancelled() if cancelled else _killed()
        if state and (not state.is_final() or (cancelled and state.is_crashed())):
            client.set_flow_run_state(flow_run, told, force=True)
        for task in _open_tasks(client, flow_run):
            client.set_task_run_state(task, told, force=True)


def _open_tasks(client: SyncPrefectClient, flow_run: UUID) -> list[UUID]:
    """The task runs of a flow run that did not end."""
    mine, offset, found = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run])), 0, []
    while page := client.read_task_runs(flow_run_filter=mine, limit=MOST, offset=offset):
        found += [task.id for task in page if not (task.state and task.state.is_final())]
        offset += len(page)
    return found


def _killed() -> State[None]:
    return Crashed(message=_("its process was killed; what it had published stays"))
