"""What a Prefect server knows of Vereda: the night with its schedule, and each dataset for runs by hand; kept
as the folder of declarations is while it serves them, beside the watched inbox."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
from prefect import Flow, get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import ArtifactCreate, WorkPoolCreate
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.types.entrypoint import EntrypointType

from catalog.archive.archive import Archive
from catalog.archive.runs import RunRecord
from messages import gettext as _
from messages import speak
from pipelines.dataset.dataset import DECLARATION, Dataset, DatasetError, load_datasets
from pipelines.nightly.due import extra_times, last_firing
from pipelines.nightly.endings import cancelled_where, end_flow_run, settle_flow_run
from pipelines.nightly.inbox import InboxWatch, Stray, inbox_strays
from pipelines.nightly.outage import away_sentence, bear_outages
from pipelines.nightly.schedule import mark_process
from pipelines.settings import Settings
from pipelines.workroom import sweep_workrooms

LOOK = 5.0
"""Seconds between two looks at the inbox and at the folder of declarations."""
SWEEPS = 12
"""So many looks after a run was killed clear its files away: a child of it may live a little longer."""
GRACE = timedelta(seconds=90)
"""So long a run that is over may take to tell Prefect, also where its server was away."""
PAGE = 200
NIGHT = "nightly"
AWAY = "away"
"""What troubles the watch while Prefect's server does not answer."""
Say = Callable[[str], None]


def serve(
    settings: Settings, nightly: Flow[..., Any], release: Flow[..., Any], say: Say, pool: str | None = None
) -> None:
    """Registers the deployments, and carries out their runs until SIGINT or SIGTERM; with a work `pool`, its
    workers do, and this keeps the deployments and watches the inbox."""
    logging.getLogger("prefect.runner").setLevel(logging.WARNING)  # it tells each second how many runs wait
    bear_outages()
    runner = NightRunner(limit=settings.workers, pause_on_shutdown=False)
    office = Office(settings, nightly, release, runner, say, pool)
    with get_client(sync_client=True) as client:
        if pool:
            _ensure_pool(client, pool)
        office.register(client)
        office.make_up(client)
    say(
        _(
            "The night begins at {night} ({zone}); {url} shows it. Ctrl+C ends this.",
            night=settings.night,
            zone=settings.zone,
            url=str(PREFECT_API_URL.value()).removesuffix("/api"),
        )
    )
    if pool:
        say(_("On each machine that is to run something: `prefect worker start --pool {pool}`", pool=pool))
    with office.watching():
        asyncio.run(runner.serve_until_stopped(alone=pool is None))


def _ensure_pool(client: SyncPrefectClient, pool: str) -> None:
    """Makes the work pool, of processes, where the server has none of that name."""
    with suppress(ObjectAlreadyExists):
        client.create_work_pool(WorkPoolCreate(name=pool, type="process"))


class NightRunner(Runner):
    """Prefect's runner, which both SIGINT and SIGTERM stop in order. Its own way ends in tracebacks, and
    hears no SIGINT where a script started it with `&`. What it carries out then is cancelled."""

    ask_to_stop: Callable[[], object] = staticmethod(lambda: None)

    def serve_deployment(self, deployment: UUID, name: str) -> None:
        """Carries out runs of a deployment that the server has."""
        self._deployment_registry.register_deployment(deployment, name)

    def handle_sigterm(self, *_args: Any, **_more: Any) -> None:
        self.ask_to_stop()

    async def serve_until_stopped(self, *, alone: bool) -> None:
        """`alone`: nobody else carries out the runs; otherwise it only waits to be stopped."""
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        self.ask_to_stop = lambda: loop.call_soon_threadsafe(stop.set)
        loop.add_signal_handler(signal.SIGINT, stop.set)
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        if not alone:
            await stop.wait()
            return
        serving = asyncio.create_task(self.start())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not serving.done():
            await self.astop()
        await serving


@dataclass
class Office:
    """Keeps the server's deployments as the declarations are, and starts what waits."""

    settings: Settings
    nightly: Flow[..., Any]
    release: Flow[..., Any]
    runner: NightRunner
    say: Say
    pool: str | None = None
    datasets: list[Dataset] = field(default_factory=list)
    broken: list[DatasetError] = field(default_factory=list)
    known: dict[str, UUID] = field(default_factory=dict)
    marks: dict[str, Any] = field(default_factory=dict)
    strays: list[Stray] = field(default_factory=list)
    over: set[str] = field(default_factory=set)
    sweeps: int = 0

    def __post_init__(self) -> None:
        self.watch = InboxWatch(self.settings.inbox)

    def register(self, client: SyncPrefectClient) -> None:
        """Makes the server's deployments as the declarations are: new ones appear, others are brought up to
        date, those of datasets that left go."""
        self.marks = _declaration_marks(self.settings.datasets)
        found = load_datasets(self.settings.datasets)
        self.broken = [each for each in found if isinstance(each, DatasetError)]
        for each in self.broken:
            self.say(str(each))
        self.datasets = [each for each in found if isinstance(each, Dataset)]
        there = {(flow, each.name): each for flow, each in _deployments(client, self.flows)}
        wanted = {(str(each.flow_name), each.name): each for each in self._wanted()}
        for key in there.keys() - wanted.keys():
            client.delete_deployment(there[key].id)
            if there[key].id == self.known.get(key[1]):
                del self.known[key[1]]
        for key, deployment in wanted.items():
            kept = there[key].id if key in there and _same(there[key], deployment) else None
            self._adopt(kept or cast(UUID, deployment.apply(work_pool_name=self.pool)), key[1])

    @property
    def flows(self) -> list[str]:
        return [self.nightly.name, self.release.name]

    def make_up(self, client: SyncPrefectClient) -> None:
        """Starts the night that was missed, or cut off, while nobody served it: once, however many there
        were. Where no night ever ran, the first is waited for; one that was cancelled is not begun again."""
        self._drop_late(client)
        archive = Archive.open(self.settings.archive)
        self._bury(client, archive)
        last = _last_night(archive)
        missed = last_firing(self.settings.night, self.settings.zone, self.settings.now)
        if last and datetime.fromisoformat(last.started) < missed:
            self._start_night(client, last)

    def look(self, client: SyncPrefectClient) -> None:
        """One round of what is done beside: new and removed datasets, files handed in, runs that died."""
        if self.marks != _declaration_marks(self.settings.datasets):
            self.register(client)
        archive = Archive.open(self.settings.archive)
        for dataset, mark in self.watch.find_datasets(self.datasets, archive):
            self.say(_("{dataset}: a file was handed in", dataset=dataset.id))
            client.create_flow_run_from_deployment(
                self.known[dataset.id],
                parameters={"dataset": dataset.id, "because": "inbox"},
                idempotency_key=f"{dataset.id}-{mark}",
            )
        self._tell_strays(client)
        self._bury(client, archive)
        if self.sweeps > 0:
            sweep_workrooms()
            self.sweeps -= 1

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Looks every few seconds, in a thread, while the block runs."""
        ended = threading.Event()

        def look_until_ended() -> None:
            speak(self.settings.lang)  # a thread begins in the language of none
            trouble = ""
            while not ended.wait(LOOK):
                try:
                    # It looks again in a moment; Prefect's client would try for a minute and more.
                    tries = temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 1})
                    with tries, get_client(sync_client=True) as client:
                        if error := client.api_healthcheck():  # a look may have nothing else to ask
                            raise error
                        self.look(client)
                    if trouble == AWAY:
                        self.say(_("Prefect's server answers again"))
                    trouble = ""
                except httpx.TransportError:
                    if trouble != AWAY and not ended.is_set():
                        self.say(away_sentence(self.settings.now))
                    trouble = AWAY
                except Exception as error:  # noqa: BLE001 (the next look may do better; said once)
                    told = f"{type(error).__name__}: {error}".partition("\n")[0]
                    if told != trouble and not ended.is_set():
                        self.say(_("watching stopped for now: {why}", why=told))
                    trouble = told

        thread = threading.Thread(target=look_until_ended, name="watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(timeout=LOOK)

    def _wanted(self) -> Iterator[RunnerDeployment]:
        settings, now = self.settings, self.settings.now
        times = [settings.night, *extra_times(self.datasets, settings, now)]
        yield RunnerDeployment.from_flow(
            self.nightly,
            NIGHT,
            schedules=[Cron(time, timezone=settings.zone) for time in times],
            tags=[NIGHT],
            version=None if self.pool else mark_process(os.getpid()),  # a pool's workers go on without it
            entrypoint_type=EntrypointType.MODULE_PATH,
            work_pool_name=self.pool,
        )
        for dataset in self.datasets:
            yield RunnerDeployment.from_flow(
                self.release,
                dataset.id,
                parameters={"dataset": dataset.id},
                description=dataset.title,
                tags=dataset_tags(dataset),
                entrypoint_type=EntrypointType.MODULE_PATH,
                work_pool_name=self.pool,
            )

    def _adopt(self, deployment: UUID, name: str) -> None:
        self.known[name] = deployment
        if self.pool is None:
            self.runner.serve_deployment(deployment, name)

    def _drop_late(self, client: SyncPrefectClient) -> None:
        """Of the nights that wait since nobody served them, all but the last: it takes what is due once."""
        late = self._scheduled(client, datetime.now(UTC))
        for run in late[:-1]:
            client.delete_flow_run(run.id)

    def _scheduled(self, client: SyncPrefectClient, before: datetime) -> list[Any]:
        """The nights that wait to be carried out and should have begun before that time, oldest first."""
        runs = client.read_flow_runs(
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[self.known[NIGHT]])),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
            ),
            limit=PAGE,
        )
        due = [run for run in runs if run.expected_start_time and run.expected_start_time <= before]
        return sorted(due, key=lambda run: run.expected_start_time)

    def _start_night(self, client: SyncPrefectClient, last: RunRecord) -> None:
        """The night after that one, where none waits already: it takes what is due."""
        if self._scheduled(client, datetime.now(UTC)):
            return
        self.say(_("A night was missed or cut off; it is made up now."))
        client.create_flow_run_from_deployment(self.known[NIGHT], idempotency_key=f"after-{last.run}")

    def _tell_strays(self, client: SyncPrefectClient) -> None:
        """Says which folders of the inbox are nobody's, when that changes."""
        found = inbox_strays(self.settings.inbox, [*self.datasets, *self.broken])
        if found == self.strays:
            return
        for stray in found:
            if stray not in self.strays:
                self.say(_("inbox: {what}", what=stray.sentence))
        self.strays = found
        lines = [f"- {stray.sentence}: `{stray.remedy}`" for stray in found] or [
            _("every folder of the inbox is a dataset's")
        ]
        client.create_artifact(ArtifactCreate(key="inbox", type="markdown", data="\n".join(lines)))

    def _is_settled(self, client: SyncPrefectClient, record: RunRecord) -> bool:
        """Whether Prefect knows the end of a run that is over; where its server was away just then, it is
        told, once the run itself does not try any more."""
        if not record.flow_run or not record.ended:
            return True
        over = self.settings.now - datetime.fromisoformat(record.ended) > GRACE
        return settle_flow_run(client, UUID(record.flow_run), record, over=over)

    def _bury(self, client: SyncPrefectClient, archive: Archive) -> None:
        """Runs whose process was killed end in Prefect too; a night that was cut off is begun again, once,
        and what was handed in is looked at again. One that a person cancelled in Prefect, and that was killed
        because it did not end by itself, is on record as that."""
        for record in _newest(archive, leaving=self.over):
            if record.ended and self._is_settled(client, record):
                self.over.add(record.run)
            if not _is_cut_off(archive, record):
                continue
            self.over.add(record.run)
            archive.locks.clear()
            self.sweeps = SWEEPS
            stop = record.stop
            if record.flow_run:
                stop = stop or cancelled_where(client, UUID(record.flow_run))
                end_flow_run(client, UUID(record.flow_run), cancelled=bool(stop))
            if stop:
                now = self.settings.now.isoformat(timespec="seconds")
                archive.run_log.write(replace(record, running=(), ended=now, end="cancelled", stop=stop))
            elif record.kind == "night" and record.flow_run:
                last = _last_night(archive)
                if last and last.run == record.run:  # else a later one has taken what was due
                    self._start_night(client, record)
            else:
                self.watch.seen.clear()


def dataset_tags(dataset: Dataset) -> list[str]:
    """By publisher and theme."""
    themes = [f"theme:{each}" for each in dataset.pipeline.super_theme]
    return [f"publisher:{dataset.pipeline.publisher.id}", *themes, *(["demo"] if dataset.demo else [])]


def _declaration_marks(folder: Path) -> dict[str, Any]:
    """What changes where a dataset comes, goes or is declared anew."""
    marks = {}
    for path in sorted(folder.glob(f"*/{DECLARATION}")):
        with suppress(OSError):
            found = path.stat()
            marks[path.parent.name] = (found.st_mtime_ns, found.st_size)
    return marks


def _deployments(client: SyncPrefectClient, flows: list[str]) -> Iterator[tuple[str, DeploymentResponse]]:
    """All deployments of these flows, with the name of their flow."""
    for flow in flows:
        found: list[DeploymentResponse] = []
        while True:
            page = client.read_deployments(
                flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])), limit=PAGE, offset=len(found)
            )
            found += page
            if len(page) < PAGE:
                break
        yield from ((flow, each) for each in found)


def _same(there: DeploymentResponse, wanted: RunnerDeployment) -> bool:
    """Whether the server's deployment is as it should be; the night's is written each time, for its
    schedules."""
    return (
        wanted.name != NIGHT
        and not there.schedules
        and not there.paused
        and there.entrypoint == wanted.entrypoint
        and there.parameters == wanted.parameters
        and sorted(there.tags) == sorted(wanted.tags)
        and there.description == wanted.description
        and there.work_pool_name == wanted.work_pool_name
    )


def _newest(archive: Archive, number: int = 20, leaving: Collection[str] = ()) -> Iterator[RunRecord]:
    """The last runs, newest first, without those that are left out: the record of thousands of datasets is
    not read at each look."""
    for run in reversed(archive.run_log.runs()[-number:]):
        with suppress(Exception):  # a damaged record is for `vereda repair`
            if run not in leaving:
                yield archive.run_log.read(run)


def _last_night(archive: Archive) -> RunRecord | None:
    return next((record for record in _newest(archive) if record.kind == "night"), None)


def _is_cut_off(archive: Archive, record: RunRecord) -> bool:
    return record.ended is None and not archive.run_log.alive(record)
