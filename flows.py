"""When datasets run: the night, which takes what is due, and the runs of one dataset by hand or for a file
that was handed in. What a run does is `pipelines/release/run.py`."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

HOME = Path(os.environ.setdefault("PREFECT_HOME", str(Path("var/prefect").resolve())))
with suppress(OSError):  # Prefect says so where it needs it, and makes no folder in one that is not there
    HOME.mkdir(parents=True, exist_ok=True)
os.environ.setdefault("DO_NOT_TRACK", "1")
# Prefect reads these as it is imported, so the imports follow.

from prefect import Task, flow, get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.exceptions import TerminationSignal
from prefect.futures import PrefectFuture
from prefect.settings import PREFECT_API_URL
from prefect.states import Cancelled, Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from catalog.archive.archive import Archive
from catalog.archive.release import Damaged
from catalog.archive.runs import Kind, RunRecord, Standing, new_run_id
from catalog.archive.store import ArchiveError
from isolation import nursery
from messages import gettext as _
from messages import speak
from pipelines.dataset.dataset import Dataset
from pipelines.nightly.artifacts import (
    crash_outcome,
    night_sentence,
    outcomes_sentence,
    show_night,
    show_reports,
)
from pipelines.nightly.deployments import serve
from pipelines.nightly.due import is_due, is_outdated
from pipelines.nightly.endings import find_cancellation, find_stop, state_of
from pipelines.nightly.evidence import keep_evidence
from pipelines.nightly.journal import Journal, has_run
from pipelines.nightly.outage import bear_outages
from pipelines.nightly.plan import NightPlan, choose_due, pass_over_awaiting, plan_night, require_known
from pipelines.nightly.prefect_api import quiet_run_logs, quiet_runs, require_answer, run_server
from pipelines.nightly.publish import (
    configured_catalogues,
    configured_portal,
    publish_or_report,
    send_or_report,
)
from pipelines.nightly.schedule import starting_remedy
from pipelines.nightly.status import find_late, find_missing, next_command
from pipelines.nightly.turns import dataset_turn, fetch_in_turns, night_turn, run_tasks, say_waiting
from pipelines.notices.receivers import begin_notices
from pipelines.release.outcome import Outcome, exit_status, record_outcome, without_problems
from pipelines.release.outcome_words import end_word
from pipelines.release.run import Run
from pipelines.release.sweep import sweep
from pipelines.settings import Limits, Settings, SettingsError, load_settings
from pipelines.workroom import enter_workroom, sweep_workrooms
from validation.table import leave_pandas_out

Progress = Callable[[str, Outcome], None]


def _name_night() -> str:
    return _("night of {time}", time=_scheduled(load_settings()))


def _name_release() -> str:
    told = {"dataset": runtime.flow_run.parameters.get("dataset"), "time": _scheduled(load_settings())}
    if runtime.flow_run.parameters.get("because") == "inbox":
        return _("{dataset}, handed in, {time}", **told)
    return _("{dataset}, by hand, {time}", **told)


def _scheduled(settings: Settings) -> str:
    speak(settings.lang)
    start = runtime.flow_run.scheduled_start_time
    moment: datetime = start.astimezone(ZoneInfo(settings.zone)) if start else settings.now
    return f"{moment:%Y-%m-%d %H:%M}"


@flow(name="nightly", flow_run_name=_name_night)
def nightly() -> State[None]:
    """Releases what is due of all datasets, each after those it needs; then brings the catalogues up and
    tells whoever wants to know, once."""
    return _deployed("night", None, None)


@flow(name="release", flow_run_name=_name_release)
def release(
    dataset: str, as_of: str | None = None, because: Literal["hand", "inbox"] = "hand"
) -> State[None]:
    """Brings one dataset's release up to date with its source, due or not."""
    return _deployed(because, [dataset], as_of)


def _deployed(kind: Kind, ids: list[str] | None, as_of: str | None) -> State[None]:
    """A run that a Prefect server started."""
    settings = load_settings()
    speak(settings.lang)
    quiet_runs()
    bear_outages()
    run = NightRun(settings, kind, ids, as_of, new_run_id(settings.now), due=kind == "night")
    return run.execute()


def run_here(
    ids: Sequence[str] | None,
    as_of: str | None,
    settings: Settings,
    progress: Progress,
    run_id: str,
    kind: Kind | None = None,
    receipts: Sequence[int] = (),
    planned: Callable[[NightPlan], None] | None = None,
) -> list[Outcome]:
    """The datasets `ids` (all where none is named), due or not, in this process, on the server of
    PREFECT_API_URL or else on one that lives as long as the run.

    `planned` hears what will run, `progress` of each outcome as its dataset ends; `receipts` numbers what the
    run is for. Raises
    ServerUnavailable, SettingsError for an unknown id, ArchiveError where the archive cannot be used at all.
    """
    chosen = list(ids) if ids else None
    require_known(settings.datasets, chosen)  # before a server is asked or started for nothing
    run = NightRun(settings, kind or ("hand" if ids else "night"), chosen, as_of, run_id, progress=progress)
    run.receipts, run.planned = tuple(receipts), planned or run.planned
    named = ", ".join(chosen) if chosen else _("all datasets")

    @flow(name="release" if ids else "nightly", flow_run_name=f"{named}, {settings.now:%Y-%m-%d %H:%M}")
    def here() -> State[None]:
        return run.execute()

    quiet_run_logs()
    quiet_runs()
    nursery.prepare()  # before Prefect starts threads
    with run_server(lambda: run.ended):
        state = here(return_state=True)
        if run.trouble:
            raise run.trouble
        if not run.ended:
            broken: Any = state.result(raise_on_failure=False)
            raise broken if isinstance(broken, BaseException) else RuntimeError(state.message)
    return run.outcomes


def deploy(settings: Settings, say: Callable[[str], None] | None = None, pool: str | None = None) -> None:
    """Serves the night, on its schedule, and each dataset, for runs by hand, for the server of
    PREFECT_API_URL; starts datasets whose files are handed in. Until stopped. With a work `pool`, its workers
    carry out the runs, on whichever machines they are.

    Raises SettingsError without that address, ServerUnavailable where nothing answers there."""
    if not PREFECT_API_URL.value():
        raise SettingsError(
            _(
                "Schedules need a Prefect server: start one with `make prefect` or `prefect server "
                "start`, and set PREFECT_API_URL to its /api address."
            )
        )
    require_answer(starting_remedy())
    serve(settings, nightly, release, say or partial(print, flush=True), pool)


@dataclass
class NightRun:
    """A run of all datasets, of those that are `due`, or of those that are named, and what comes after.
    Prefect is told a state and a sentence; the outcomes stay here and in the archive."""

    settings: Settings
    kind: Kind
    ids: list[str] | None
    as_of: str | None
    run_id: str
    due: bool = False
    progress: Progress = lambda dataset, outcome: None
    planned: Callable[[NightPlan], None] = lambda plan: None
    receipts: tuple[int, ...] = ()
    outcomes: list[Outcome] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    trouble: Exception | None = None
    ended: bool = False
    stopping: threading.Event = field(default_factory=threading.Event)

    def execute(self) -> State[None]:
        """The datasets, then the catalogues, then whoever wants to know; the state says whether all went
        well."""
        leave_pandas_out()
        with ExitStack() as turn:
            try:
                self.archive = Archive.open(self.settings.archive, self.settings.secret)
                if self.due:
                    turn.enter_context(night_turn(self.archive, self.by(), say_waiting))
                self.plan = self.choose()
                self.planned(self.plan)
                self.journal = self.open_journal()
            except (SettingsError, ArchiveError, ValueError) as error:
                self.trouble = error
                return Failed(message=str(error))
            return self.execute_plan()

    def execute_plan(self) -> State[None]:
        try:
            enter_workroom()
            sweep_workrooms()
            for outcome in self.find_outcomes():
                self.outcomes.append(outcome if self.ids else without_problems(outcome))
                self.progress(outcome.dataset, outcome)
        except BaseException as error:
            self.stopping.set()
            stopped = isinstance(error, KeyboardInterrupt | TerminationSignal)
            if stopped:
                self.journal.note_stop(partial(find_stop, error))
            self.close("cancelled" if stopped else "broken")
            raise
        self.outcomes = self.plan.arrange(self.outcomes)
        self.close("done")
        try:
            if not self.ids:
                _sweep(self.archive, self.settings)
            return self.report()
        except (KeyboardInterrupt, TerminationSignal) as error:
            self.journal.note_stop(partial(find_stop, error))
            raise

    def choose(self) -> NightPlan:
        """What to run. What the archive cannot tell of a dataset, its own run will say."""
        settings, now = self.settings, self.settings.now
        # A run of one dataset costs what that dataset costs: of the others only notices and a CKAN, where
        # somebody else's package may be of that name, want to know.
        read_all = settings.tells or bool(settings.ckan_url)
        plan = plan_night(settings.datasets, self.ids, read_all)
        if not self.ids:
            plan = pass_over_awaiting(plan, self.archive, settings.inbox)
        self.standings: dict[str, Standing] = self.archive.run_log.standings() if self.due else {}
        return choose_due(plan, lambda dataset: self.is_due(dataset, now)) if self.due else plan

    def is_due(self, dataset: Dataset, now: datetime) -> bool:
        standing = self.standings.get(dataset.id)
        try:
            return is_due(dataset, standing, self.settings.zone, now) or is_outdated(
                dataset, standing, self.archive
            )
        except (ArchiveError, Damaged):
            return True

    def open_journal(self) -> Journal:
        known, awaiting = self.plan.names, len(self.plan.awaiting)
        record = RunRecord(
            self.run_id,
            self.kind,
            self.now(),
            flow_run=str(runtime.flow_run.id) if runtime.flow_run.id else None,
            asked=tuple(self.ids) if self.ids else None,
            not_due=len(known) - len(self.plan.chosen) - awaiting if self.due else 0,
            awaiting=awaiting,
            receipts=self.receipts,
        )
        journal = Journal(self.archive, record, lambda: self.settings.now)
        journal.open()
        return journal

    def find_outcomes(self) -> Iterator[Outcome]:
        """What becomes of the night, each outcome as it is known."""
        faulty = [self.record(each) for each in self.plan.find_faulty(self.archive)]
        self.journal.add(faulty)
        yield from faulty
        begin_notices(self.settings, self.plan.declared, self.archive, self.settings.now)
        failed = set()
        for outcome in self.run_datasets():
            failed |= {outcome.dataset} if outcome.outcome == "failed" else set()
            yield outcome
        self.keep_evidence()
        if self.due and not self.plan.chosen:
            return
        failures = {name: self.reach(name) for name in configured_catalogues(self.settings)}
        for each in failures.values():
            yield from (outcome for outcome in each if outcome.dataset not in failed)  # said once
        if all(outcome.dataset != "portal" for outcome in failures["portal"]):
            yield from self.reach("notices")  # nobody is sent to a page that is not there yet

    def run_datasets(self) -> Iterator[Outcome]:
        """A task for each dataset, after those of the datasets it needs."""
        found: dict[str, list[Outcome]] = {}
        runner: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=self.settings.workers)
        with runner:
            try:
                planned = self.plan.datasets
                for name, future in run_tasks(runner, planned, lambda each: self.task_of(each.id, found)):
                    if name not in found:  # Prefect itself broke: the state holds its error
                        raise _error_of(future)
                    yield from found.pop(name)
            except (KeyboardInterrupt, TerminationSignal) as error:
                # What runs is waited for, and a kill may come before its end.
                self.journal.note_stop(partial(find_stop, error))
                raise
            finally:
                self.stopping.set()  # of what waits, nothing begins any more

    def task_of(self, name: str, found: dict[str, list[Outcome]]) -> Task[[], State[None]]:
        """The task of one dataset, which puts its outcomes into `found`. What it does is a Run's affair; an
        error of the program becomes an outcome here, its traceback a log entry."""

        @task(name=name, task_run_name=name, cache_policy=NO_CACHE)
        def release() -> State[None]:
            if self.stopping.is_set():
                found[name] = []
                return Completed(message=_("the run was stopped before it began"))
            dataset = self.plan.declared[name]
            before: list[Mapping[str, Any]] = []

            def wait_for(holder: Mapping[str, Any]) -> None:
                say_waiting(holder)
                before.append(holder)

            with dataset_turn(self.archive, name, self.by(), wait_for) as mine:
                if not self.is_wanted(dataset, before):
                    found[name] = []
                    return Completed(message=_("not due"))
                with self.journal.dataset(name) as note:
                    outcomes = self.run_dataset(dataset, mine)
                    note(outcomes)
            show_reports(dataset, outcomes, self.next_steps(outcomes), self.settings)
            found[name] = outcomes
            return state_of(outcomes, outcomes_sentence(outcomes))

        return release

    def is_wanted(self, dataset: Dataset, before: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the dataset is to run, now that its needs did and the runs `before` let go of it: not where
        it waited for its needs and they stayed as they were; not in a night for which another run took it."""
        if not self.due:
            return True
        if any(has_run(self.archive, str(holder.get("run")), dataset.id) for holder in before):
            return False
        standing = self.standings.get(dataset.id)
        return dataset.id not in self.plan.waiting or is_outdated(dataset, standing, self.archive)

    def run_dataset(self, dataset: Dataset, mine: bool) -> list[Outcome]:
        if not mine:
            message = _("another run of it does not end; see `vereda status`, then run it again")
            return [self.record(Outcome(dataset.id, "failed", message, demo=dataset.demo))]
        try:
            return Run(
                dataset,
                self.archive,
                lambda: self.settings.now,
                fetch_in_turns(self.archive, self.settings, self.by()),
                run_id=self.run_id,
                as_of=date.fromisoformat(self.as_of) if self.as_of else None,
                inbox=self.settings.inbox,
                limits=replace(Limits.of(self.settings), dask=self.settings.dask or ""),
            ).execute()
        except Exception as error:  # noqa: BLE001 (the others must go on)
            get_run_logger().exception("%s", dataset.id)
            return [self.record(crash_outcome(dataset, error))]

    def keep_evidence(self) -> None:
        """Asks the links of what was released: all in a night. Whoever hands a file in does not wait."""
        if not self.settings.evidence or self.kind in ("inbox", "submit", "desk"):
            return

        @task(name="evidence", task_run_name="evidence", cache_policy=NO_CACHE)
        def ask() -> State[None]:
            return Completed(message=keep_evidence(self.archive, self.settings, self.run_id, self.ids))

        ask(return_state=True)

    def reach(self, place: str) -> list[Outcome]:
        """Brings a catalogue up, or tells whoever wants to know; gives an outcome only where that failed."""
        self.reached.append(place)
        started = self.settings.now

        @task(name=place, task_run_name=place, cache_policy=NO_CACHE)
        def bring_up() -> State[None]:
            if place == "notices":
                failed.extend(send_or_report(self.settings, self.archive, self.plan.declared, started))
            else:
                declared = self.plan.declared
                failed.extend(publish_or_report(self.settings, self.archive, place, self.ids or (), declared))
            return state_of(failed, outcomes_sentence(failed))

        failed: list[Outcome] = []
        bring_up(return_state=True)
        self.journal.add(failed)
        return failed

    def close(self, end: Literal["done", "cancelled", "broken"]) -> None:
        try:
            self.journal.close(end, self.plan.names, self.reached)
        except (ArchiveError, Damaged) as error:
            lost = Outcome("archive", "failed", str(error))
            self.outcomes.append(lost)
            self.progress(lost.dataset, lost)
        self.ended = end == "done"

    def report(self) -> State[None]:
        """Shows the night on its page in Prefect, and gives its state."""
        not_due, awaiting = self.journal.record.not_due, self.plan.awaiting
        sentence = night_sentence(self.outcomes, len(awaiting), not_due)
        show_night(
            *(self.outcomes, sentence, not_due, self.next_steps(self.outcomes), self.settings),
            awaiting=awaiting,
            late=self.find_late(),
        )
        if not (stop := find_cancellation()):
            return state_of(self.outcomes, sentence)
        # Of a run that is being cancelled, Prefect's server takes no other end.
        self.journal.note_stop(lambda: (stop, None))
        return Cancelled(message=f"{end_word('done', stop)}: {sentence}".replace("\xa0", " "))

    def find_late(self) -> list[dict[str, str]]:
        """What a night shows of them, as `vereda status`. What cannot be read is an outcome already."""
        with suppress(ArchiveError, Damaged):
            return [] if self.ids else find_late(self.archive, self.settings.now)
        return []

    def next_steps(self, outcomes: Sequence[Outcome]) -> dict[str, str]:
        """What to type for each that waits for a person, as `vereda status` says it."""
        return {
            each.dataset: next_command(
                each.dataset,
                each.outcome,
                self.run_id,
                stopped=bool(each.report.get("stopped")),
                missing=find_missing(self.archive, self.plan.needs(each.dataset)),
            )
            for each in outcomes
            if exit_status([each])
        }

    def record(self, outcome: Outcome) -> Outcome:
        return record_outcome(outcome, self.archive, self.settings.now, self.run_id)

    def by(self) -> dict[str, str]:
        """Who holds a lock, for whoever waits for it."""
        return {"run": self.run_id, "since": self.now()}

    def now(self) -> str:
        return self.settings.now.isoformat(timespec="seconds")


def _error_of(future: PrefectFuture[Any]) -> BaseException:
    error = future.result(raise_on_failure=False)
    return error if isinstance(error, BaseException) else RuntimeError(future.state.message)


def _sweep(archive: Archive, settings: Settings) -> None:
    """What killed runs left is removed; where that cannot be done now, the next night does it."""
    with suppress(SettingsError):
        for action in sweep(archive, configured_portal(settings), settings.now):
            logging.getLogger(__name__).info("%s %s: %s", action.what, action.of, action.why)
