"""When datasets run: the nightly Prefect flow, its retries, its limit and its schedules. What a run does is
`pipelines/release/run.py`."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

if "PREFECT_HOME" not in os.environ:
    HOME = Path("var/prefect").resolve()
    HOME.mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_HOME"] = str(HOME)
os.environ.setdefault("DO_NOT_TRACK", "1")
# Prefect reads these as it is imported, so the imports follow.

from prefect import Task, flow, get_run_logger, runtime, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.deployments.runner import RunnerDeployment
from prefect.futures import PrefectFuture, as_completed
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.tasks import exponential_backoff
from prefect.types.entrypoint import EntrypointType
from prefect.utilities.annotations import allow_failure

from catalog.archive.archive import Archive
from messages import gettext as _
from messages import speak
from pipelines.dataset.dataset import Dataset, DatasetError, Resource, load_datasets
from pipelines.fetch import fetch
from pipelines.fetch.snapshot import Snapshot, SourceUnavailable
from pipelines.fetch.trello import Account
from pipelines.nightly.artifacts import (
    artifact_key,
    crash_outcome,
    night_sentence,
    outcome_row,
    outcomes_markdown,
    outcomes_sentence,
)
from pipelines.nightly.plan import NightPlan, plan_night
from pipelines.nightly.prefect_api import quiet_run_logs, require_answer, run_server, serve_deployments
from pipelines.nightly.publish import (
    configured_catalogues,
    configured_portal,
    publish_or_report,
    send_or_report,
)
from pipelines.notices.receivers import begin_notices
from pipelines.release.outcome import Outcome, exit_status, record_outcome
from pipelines.release.run import Fetch, Run
from pipelines.release.sweep import sweep
from pipelines.settings import Limits, Settings, SettingsError, load_settings
from pipelines.workroom import enter_workroom, sweep_workrooms

ZONE = "America/Argentina/Buenos_Aires"
Progress = Callable[[str, Outcome], None]


@flow(name="nightly")
def nightly(ids: list[str] | None = None, as_of: str | None = None) -> State[list[Outcome]]:
    """Releases what is due of the datasets `ids` (of all, where none is named), as of a date, and publishes
    to the catalogues."""
    settings = load_settings()
    speak(settings.lang)
    return _night(ids, as_of, settings, lambda dataset, outcome: None, str(runtime.flow_run.id))


def run_here(
    ids: Sequence[str] | None, as_of: str | None, settings: Settings, progress: Progress, run_id: str
) -> list[Outcome]:
    """The same flow, in this process, on the server of PREFECT_API_URL or else on one that lives as long as
    the run.

    `progress` hears of each outcome as its dataset ends. Raises ServerUnavailable, SettingsError for an
    unknown id, ArchiveError where the archive cannot be used at all.
    """

    @flow(name="nightly")
    def here(ids: list[str] | None, as_of: str | None) -> State[list[Outcome]]:
        return _night(ids, as_of, settings, progress, run_id)

    quiet_run_logs()
    with run_server():
        state = here(list(ids) if ids else None, as_of, return_state=True)
        outcomes: Any = state.result(raise_on_failure=False)
    if isinstance(outcomes, BaseException):
        raise outcomes
    return list(outcomes)


def deploy(settings: Settings, say: Callable[[str], None] = print) -> None:
    """Serves the flow, until stopped, once for each dataset on its own schedule, for the server of
    PREFECT_API_URL.

    Raises SettingsError without that address, ServerUnavailable where nothing answers there.
    """
    if not PREFECT_API_URL.value():
        raise SettingsError(
            _(
                "Schedules need a Prefect server: start one with `prefect server start` and set "
                "PREFECT_API_URL to its /api address."
            )
        )
    require_answer()
    served = []
    for dataset in load_datasets(settings.datasets):
        if isinstance(dataset, DatasetError):
            say(str(dataset))
            continue
        schedule = Cron(dataset.schedule, timezone=ZONE)
        served.append(
            RunnerDeployment.from_flow(
                nightly,
                dataset.id,
                schedule=schedule,
                parameters={"ids": [dataset.id]},
                entrypoint_type=EntrypointType.MODULE_PATH,
            )
        )
        say(f"{dataset.id}: {dataset.schedule}")
    say(
        _(
            "These schedules ({zone}) are served to {url}; Ctrl+C ends that.",
            zone=ZONE,
            url=PREFECT_API_URL.value(),
        )
    )
    serve_deployments(served, settings.workers)


def _night(
    ids: list[str] | None, as_of: str | None, settings: Settings, progress: Progress, run_id: str
) -> State[list[Outcome]]:
    """The datasets, then the catalogues, then whoever wants to know; the state says whether all went well."""
    archive = Archive.open(settings.archive, settings.secret)
    plan = plan_night(settings.datasets, ids)
    enter_workroom()
    sweep_workrooms()
    outcomes = []
    for outcome in _outcomes(plan, archive, settings, as_of, run_id):
        outcomes.append(outcome)
        progress(outcome.dataset, outcome)
    if not ids:
        _sweep(archive, settings)
    outcomes = plan.arrange(outcomes)
    create_table_artifact(table=[outcome_row(outcome) for outcome in outcomes], key="nightly")
    return _state(outcomes, night_sentence(outcomes))


def _outcomes(
    plan: NightPlan, archive: Archive, settings: Settings, as_of: str | None, run_id: str
) -> Iterator[Outcome]:
    """What becomes of the night, each outcome as it is known."""
    for faulty in plan.faulty:
        yield record_outcome(faulty, archive, _now(), run_id)
    begin_notices(settings, plan.declared, archive, _now())
    yield from _run_all(plan, archive, settings, as_of, run_id)
    failures = {name: _publish(name, archive, settings) for name in configured_catalogues(settings)}
    for failed in failures.values():
        yield from failed
    stands = all(failed.dataset != "portal" for failed in failures["portal"])
    if stands:  # nobody is sent to a page that is not there yet
        yield from _tell(archive, settings, plan.declared)


def _run_all(
    plan: NightPlan, archive: Archive, settings: Settings, as_of: str | None, run_id: str
) -> Iterator[Outcome]:
    """A task for each dataset, after those of the datasets it needs."""
    futures: dict[str, PrefectFuture[Any]] = {}
    runner: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=settings.workers)
    with runner:
        for dataset in plan.datasets:
            # A need that failed does not stop its dependants: their runs know whether an earlier release of
            # it will do.
            first = [allow_failure(futures[need]) for need in dataset.needs if need in futures]
            release = _release(dataset, archive, settings, as_of, run_id)
            futures[dataset.id] = runner.submit(release, {}, wait_for=first)  # type: ignore[arg-type]
        for future in as_completed(list(futures.values())):
            outcomes = future.result(raise_on_failure=False)
            if isinstance(outcomes, BaseException):
                raise outcomes
            yield from outcomes


def _release(
    dataset: Dataset, archive: Archive, settings: Settings, as_of: str | None, run_id: str
) -> Task[[], State[list[Outcome]]]:
    """The task of one dataset. What it does is a Run's affair; an error of the program becomes an outcome
    here, its traceback a log entry."""

    @task(name=dataset.id, task_run_name=dataset.id, cache_policy=NO_CACHE)
    def release() -> State[list[Outcome]]:
        try:
            outcomes = Run(
                dataset,
                archive,
                _now,
                _patient(settings),
                run_id=run_id,
                as_of=date.fromisoformat(as_of) if as_of else None,
                inbox=settings.inbox,
                limits=Limits.of(settings),
            ).execute()
        except Exception as error:  # noqa: BLE001 (the others must go on)
            get_run_logger().exception("%s", dataset.id)
            outcomes = [record_outcome(crash_outcome(dataset, error), archive, _now(), run_id)]
        create_markdown_artifact(outcomes_markdown(dataset, outcomes), key=artifact_key(dataset))
        return _state(outcomes, outcomes_sentence(outcomes))

    return release


def _state(outcomes: list[Outcome], message: str) -> State[list[Outcome]]:
    return (Completed if exit_status(outcomes) == 0 else Failed)(data=outcomes, message=message)


def _patient(settings: Settings) -> Fetch:
    """`fetch` as a task that tries again, up to three times and ever later, where that may help."""
    limits = Limits.of(settings)
    account = Account.of(settings)

    @task(
        name="fetch",
        task_run_name="fetch {resource.name}",
        retries=3,
        retry_delay_seconds=exponential_backoff(settings.retry_delay),
        retry_jitter_factor=0.3 if settings.retry_delay else None,
        retry_condition_fn=lambda task, task_run, state: _may_help(state.result(raise_on_failure=False)),
        cache_policy=NO_CACHE,
    )
    def fetch_patiently(
        resource: Resource, folder: Path, previous: Snapshot | None, into: Path, as_of: date | None = None
    ) -> Snapshot:
        return fetch(resource, folder, previous, into, as_of, limits, account)

    return fetch_patiently


def _may_help(failure: Any) -> bool:
    """Whether trying again in this run may help: not where the source asks to be left alone for longer."""
    return isinstance(failure, SourceUnavailable) and failure.retry_after is None


@task(name="publish", task_run_name="publish to {name}", cache_policy=NO_CACHE)
def _publish(name: str, archive: Archive, settings: Settings) -> list[Outcome]:
    return publish_or_report(settings, archive, name)


@task(name="tell", cache_policy=NO_CACHE)
def _tell(archive: Archive, settings: Settings, datasets: Sequence[Dataset]) -> list[Outcome]:
    return send_or_report(settings, archive, datasets, _now())


def _sweep(archive: Archive, settings: Settings) -> None:
    """What killed runs left is removed; where that cannot be done now, the next night does it."""
    with suppress(SettingsError):
        for action in sweep(archive, configured_portal(settings), _now()):
            logging.getLogger(__name__).info("%s %s: %s", action.what, action.of, action.why)


def _now() -> datetime:
    return datetime.now(timezone(timedelta(hours=-3)))
