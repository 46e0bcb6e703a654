"""Who may do what now: datasets run after those they need, each once at a time, and a source's host gets few
requests at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import stamina
from prefect import Task, get_run_logger
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.utilities.annotations import allow_failure

from catalog.archive.archive import Archive
from catalog.archive.runs import dataset_lock
from messages import gettext as _
from pipelines.dataset.dataset import Resource
from pipelines.dataset.sources import AddressedSource, HttpSource, SqlSource, TrelloSource
from pipelines.fetch import fetch
from pipelines.fetch.access import Access
from pipelines.fetch.snapshot import Snapshot, SourceUnavailable
from pipelines.nightly.declared import Planned
from pipelines.release.run import Fetch
from pipelines.settings import Limits, Settings

AHEAD = 100
"""So many datasets are with Prefect at once: those that run, and those that come next."""
TRIES = 4
PATIENCE = 3600.0
"""Seconds to wait for a turn: as long as a source may take."""


def run_tasks(
    runner: ThreadPoolTaskRunner[Any],
    datasets: Sequence[Planned],
    task_of: Callable[[Planned], Task[[], Any]],
) -> Iterator[tuple[str, PrefectFuture[Any]]]:
    """The datasets' tasks, each after those of the datasets it needs, as they end. Only some are with Prefect
    at once: one that waits takes memory, and there may be thousands."""
    futures: dict[str, PrefectFuture[Any]] = {}
    ended: SimpleQueue[str] = SimpleQueue()

    def submit(dataset: Planned) -> PrefectFuture[Any]:
        # A need that failed does not stop its dependants: their runs know whether an earlier release of it
        # will do. One that ended is not waited for any more.
        needs = list(futures) if dataset.tells_of_all else dataset.needs
        first = [allow_failure(futures[need]) for need in needs if need in futures]
        future: PrefectFuture[Any] = runner.submit(task_of(dataset), {}, wait_for=first)  # type: ignore[arg-type]
        future.add_done_callback(lambda _future: ended.put(dataset.id))
        return future

    waiting = iter(datasets)
    while True:
        for dataset in islice(waiting, AHEAD - len(futures)):
            futures[dataset.id] = submit(dataset)
        if not futures:
            return
        name = ended.get()
        future = futures.pop(name)
        # Of each task, the runner keeps to its end what would cancel it.
        runner._cancel_events.pop(future.task_run_id, None)  # noqa: SLF001
        yield name, future


@contextmanager
def dataset_turn(
    archive: Archive, dataset: str, by: Mapping[str, Any], say: Callable[[Mapping[str, Any]], None]
) -> Iterator[bool]:
    """Holds the dataset while its block runs; False where another run has had it for too long. `say` hears of
    the run that is waited for."""
    with archive.locks.wait([dataset_lock(dataset)], by, PATIENCE, say) as mine:
        yield mine


@contextmanager
def night_turn(
    archive: Archive, by: Mapping[str, Any], say: Callable[[Mapping[str, Any]], None]
) -> Iterator[None]:
    """Holds the night while its block runs: of two that begin at once, by two schedules or on two machines,
    the second finds what the first left undone. After an hour it begins all the same."""
    with archive.locks.wait(["night"], by, PATIENCE, say):
        yield


def say_waiting(holder: Mapping[str, Any]) -> None:
    """Tells in the run's log which run is waited for."""
    sentence = _(
        "another run ({run}) has it since {since}; waiting for its end",
        run=holder.get("run", "?"),
        since=holder.get("since", "?"),
    )
    get_run_logger().info(sentence)


def fetch_in_turns(archive: Archive, settings: Settings, by: Mapping[str, Any]) -> Fetch:
    """`fetch`, in turn with the other reads of its host; up to three times more and ever later, where that
    may help. `by` says for people who reads."""
    limits, access = Limits.of(settings), Access.of(settings)
    logger = get_run_logger()

    def fetch_in_turn(
        resource: Resource, folder: Path, previous: Snapshot | None, into: Path, as_of: date | None = None
    ) -> Snapshot:
        for attempt in stamina.retry_context(
            on=_may_help,
            attempts=TRIES,
            timeout=None,
            wait_initial=settings.retry_delay,
            wait_max=16 * settings.retry_delay,
            wait_jitter=settings.retry_delay,
        ):
            if attempt.num > 1:
                logger.info(_("{resource}: try no. {n}", resource=resource.name, n=attempt.num))
            with attempt, source_turn(archive, resource, settings.source_requests, by, settings.trello_url):
                return fetch(resource, folder, previous, into, as_of, limits, access)
        raise AssertionError("the last try raises")

    return fetch_in_turn


def _may_help(failure: Exception) -> bool:
    """Whether trying again in this run may help: not where the source asks to be left alone for longer."""
    return isinstance(failure, SourceUnavailable) and failure.retry_after is None


@contextmanager
def source_turn(
    archive: Archive, resource: Resource, requests: int, by: Mapping[str, Any], trello: str | None = None
) -> Iterator[None]:
    """Holds one of the `requests` places that the source's host has for all runs together; raises
    SourceUnavailable where none comes free."""
    host = source_host(resource, trello)
    if host is None:
        yield
        return
    with host_turn(archive, host, requests, by):
        yield


@contextmanager
def host_turn(archive: Archive, host: str, requests: int, by: Mapping[str, Any]) -> Iterator[None]:
    """The same, of a host that is known by its name."""
    name = hashlib.sha256(host.encode()).hexdigest()[:16]
    places = [f"source-{name}-{place}" for place in range(requests)]
    with archive.locks.wait(places, {**by, "host": host}, PATIENCE) as mine:
        if not mine:
            message = _("other runs keep {host} busy; it is tried again at the next run", host=host)
            raise SourceUnavailable(message)
        yield


def source_host(resource: Resource, trello: str | None = None) -> str | None:
    """The host and port that reading a resource asks; None where it asks none. `trello` is the setting."""
    source = resource.pipeline.source
    if isinstance(source, HttpSource):
        return _host_of(source.address_at(None)[0])
    if isinstance(source, AddressedSource | SqlSource) and source.url:
        return _host_of(source.url)
    if isinstance(source, SqlSource):
        return f"database {source.database}"
    if isinstance(source, TrelloSource) and source.board:
        return urlsplit(trello or "https://api.trello.com").netloc.lower()
    return None


def _host_of(url: str | None) -> str | None:
    return urlsplit(str(url)).netloc.rpartition("@")[2].lower() or None
