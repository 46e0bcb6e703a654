"""How runs end in Prefect: failed where a person is needed; who cancelled one; and what its server is told of
one that was killed, or that ended while the server was away."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from prefect import get_client, runtime
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Cancelled, Completed, Crashed, Failed

from catalog.archive.runs import RunRecord, Stop
from messages import gettext as _
from pipelines.nightly.artifacts import night_sentence, outcomes_sentence
from pipelines.nightly.schedule import PATIENCE
from pipelines.release.outcome import Outcome, exit_status

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
        for task, _name in _open_tasks(client, flow_run):
            client.set_task_run_state(task, told, force=True)


def settle_flow_run(client: SyncPrefectClient, flow_run: UUID, record: RunRecord, *, over: bool) -> bool:
    """Whether Prefect has the end that is on record. Where it has none, and the run itself is `over` and does
    not tell it any more, it is told here, of the flow and of its tasks: its server was away."""
    outcomes = [
        Outcome(each["dataset"], each["outcome"], awaiting=bool(each.get("awaiting")))
        for each in record.outcomes
    ]
    with suppress(ObjectNotFound):  # another server's, or deleted
        state = client.read_flow_run(flow_run).state
        if state and state.is_final() and not (state.is_crashed() and record.end == "done"):
            return True
        if not over:
            return False
        if record.end != "done" or record.stop:
            end_flow_run(client, flow_run, cancelled=bool(record.stop))
            return True
        sentence = night_sentence(outcomes, record.awaiting, record.not_due)
        client.set_flow_run_state(flow_run, state_of(outcomes, sentence), force=True)
        for task, name in _open_tasks(client, flow_run):
            mine = [each for each in outcomes if each.dataset == name]
            client.set_task_run_state(task, state_of(mine, outcomes_sentence(mine)), force=True)
    return True


def state_of(outcomes: Sequence[Outcome], message: str) -> State[None]:
    """Failed exactly where a person is needed. Without data: Prefect would log a failed state's as an error
    of the program. Without blanks that do not break: its log would spell their code."""
    return (Completed if exit_status(outcomes) == 0 else Failed)(message=message.replace("\xa0", " "))


def _open_tasks(client: SyncPrefectClient, flow_run: UUID) -> list[tuple[UUID, str]]:
    """The task runs of a flow run that did not end, with their names."""
    mine, offset, found = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run])), 0, []
    while page := client.read_task_runs(flow_run_filter=mine, limit=MOST, offset=offset):
        found += [(task.id, task.name) for task in page if not (task.state and task.state.is_final())]
        offset += len(page)
    return found


def _killed() -> State[None]:
    return Crashed(message=_("its process was killed; what it had published stays"))
