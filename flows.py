"""When datasets run: the nightly Prefect flow, its retries, its limit and its schedules. What a run does is
`pipelines/release/run.py`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

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
from catalog.archive.release import Damaged
from catalog.archive.store import ArchiveError
from catalog.ckan.remote import CkanError
from catalog.portal.portal import PortalError
from messages import gettext as _
from messages import ngettext, speak
from pipelines.dataset.dataset import Dataset, DatasetError, Resource, load_datasets
from pipelines.fetch import fetch
from pipelines.fetch.snapshot import Snapshot, SourceUnavailable
from pipelines.fetch.trello import Account
from pipelines.nightly.artifacts import outcome_row, outcomes_markdown
from pipelines.nightly.prefect_api import hush, require_answer, run_server, serve_deployments
from pipelines.nightly.publish import configured_catalogues, publish
from pipelines.notices.receivers import begin_telling, send
from pipelines.release.outcome import Outcome, exit_status
from pipelines.release.run import Fetch, record_outcome, run
from pipelines.settings import Limits, Settings, SettingsError, load_settings

if "PREFECT_HOME" not in os.environ:
    HOME = Path("var/prefect").resolve()
    HOME.mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_HOME"] = str(HOME)
os.environ.setdefault("DO_NOT_TRACK", "1")


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

    hush()
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
    """All datasets, each as a task after the ones it needs, then the catalogues; the state says whether all
    went well."""
    archive = Archive.open(settings.archive, settings.secret)
    known = {
        found.dataset if isinstance(found, DatasetError) else found.id: found
        for found in load_datasets(settings.datasets)
    }
    if unknown := sorted(set(ids or ()) - set(known)):
        raise SettingsError(
            _("There is no dataset {ids} in {folder}.", ids=", ".join(unknown), folder=settings.datasets)
        )
    chosen = {name: found for name, found in known.items() if not ids or name in ids}
    ended: dict[str, list[Outcome]] = {name: [] for name in chosen}

    def end(outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            ended.setdefault(outcome.dataset, []).append(outcome)
            progress(outcome.dataset, outcome)

    for name, found in chosen.items():
        if isinstance(found, DatasetError):
            end([record_outcome(Outcome(name, "rejected", str(found)), archive, _now, run_id)])
    datasets = [found for found in known.values() if isinstance(found, Dataset)]
    begin_telling(settings, datasets, archive, _now())
    futures: dict[str, PrefectFuture[Any]] = {}
    runner: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=settings.workers)
    with runner:
        for dataset in in_order(found for found in chosen.values() if isinstance(found, Dataset)):
            # A need that failed does not stop its dependants: run() knows whether an earlier release of it
            # will do.
            first = [allow_failure(futures[need]) for need in dataset.needs if need in futures]
            release = _release(dataset, archive, settings, as_of, run_id)
            futures[dataset.id] = runner.submit(release, {}, wait_for=first)  # type: ignore[arg-type]
        for future in as_completed(list(futures.values())):
            end(_ended(future))
    published = {name: _publish(name, archive, settings) for name in configured_catalogues(settings)}
    end([outcome for failed in published.values() for outcome in failed])
    if not published["portal"]:  # nobody is sent to a page that is not there yet
        end(_tell(archive, settings, datasets))
    outcomes = [outcome for each in ended.values() for outcome in each]
    create_table_artifact(table=[outcome_row(outcome) for outcome in outcomes], key="nightly")
    bad = [outcome for outcome in outcomes if outcome.outcome not in ("published", "unchanged")]
    if exit_status(outcomes) == 0:
        return Completed(
            data=outcomes, message=ngettext("{n} outcome, all well", "{n} outcomes, all well", len(outcomes))
        )
    told = ", ".join(f"{outcome.dataset} ({outcome.outcome})" for outcome in bad)
    return Failed(
        data=outcomes,
        message=ngettext(
            "{n} outcome needs a look: {told}", "{n} outcomes need a look: {told}", len(bad), told=told
        ),
    )


def _ended(future: PrefectFuture[Any]) -> list[Outcome]:
    outcomes = future.result(raise_on_failure=False)
    if isinstance(outcomes, BaseException):
        raise outcomes
    return list(outcomes)


def in_order(datasets: Iterable[Dataset]) -> list[Dataset]:
    """Each dataset after those it needs. A circle of needs is cut where it closes; run() then tells what is
    missing."""
    known = {dataset.id: dataset for dataset in datasets}
    placed: dict[str, Dataset] = {}

    def place(dataset: Dataset, above: frozenset[str]) -> None:
        for need in dataset.needs:
            if need in known and need not in above and need not in placed:
                place(known[need], above | {need})
        placed[dataset.id] = dataset

    for dataset in known.values():
        if dataset.id not in placed:
            place(dataset, frozenset({dataset.id}))
    return list(placed.values())


def _release(
    dataset: Dataset, archive: Archive, settings: Settings, as_of: str | None, run_id: str
) -> Task[[], State[list[Outcome]]]:
    """The task of one dataset. It hands over to `run`; an error of the program becomes an outcome here, its
    traceback a log entry."""

    @task(name=dataset.id, task_run_name=dataset.id, cache_policy=NO_CACHE)
    def release() -> State[list[Outcome]]:
        try:
            when = date.fromisoformat(as_of) if as_of else None
            limits = Limits.of(settings)
            outcomes = run(
                dataset,
                archive,
                _now,
                _patient(settings),
                run_id=run_id,
                as_of=when,
                inbox=settings.inbox,
                limits=limits,
            )
        except Exception as error:  # noqa: BLE001 (the others must go on)
            get_run_logger().exception("%s", dataset.id)
            message = _(
                "Vereda itself broke ({why}); Prefect's log of this run has the details. Please report it.",
                why=f"{type(error).__name__}: {error}",
            )
            outcomes = [
                record_outcome(
                    Outcome(dataset.id, "failed", message, demo=dataset.demo), archive, _now, run_id
                )
            ]
        create_markdown_artifact(
            outcomes_markdown(dataset, outcomes), key=f"report-{re.sub('[^a-z0-9]+', '-', dataset.id)}"
        )
        told = "; ".join(
            " ".join(filter(None, (outcome.outcome, outcome.version, outcome.message)))
            for outcome in outcomes
        )
        return (Completed if exit_status(outcomes) == 0 else Failed)(data=outcomes, message=told)

    return release


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
    """Makes a catalogue look like the archive, with the catalogue's own retries; gives an outcome only where
    that failed."""
    try:
        publish(settings, archive, name)
    except (CkanError, PortalError, ArchiveError, SettingsError) as error:
        return [Outcome(name, "failed", str(error))]
    return []


@task(name="tell", cache_policy=NO_CACHE)
def _tell(archive: Archive, settings: Settings, datasets: Sequence[Dataset]) -> list[Outcome]:
    """Sends what is new to those who want to know it; gives an outcome only where that failed. The next run
    tries again."""
    try:
        told = send(settings, datasets, archive, _now())
    except (ArchiveError, Damaged) as error:
        return [Outcome("notices", "failed", str(error))]
    return [Outcome("notices", "failed", "; ".join(told.wrong))] if told.wrong else []


def _now() -> datetime:
    return datetime.now(timezone(timedelta(hours=-3)))
