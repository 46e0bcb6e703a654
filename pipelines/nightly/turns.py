"""Who may do what now: a dataset runs once at a time, a source's host gets few requests at once, and what a
killed run left on this machine's disk is cleared away."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from catalog.archive.archive import Archive
from messages import gettext as _
from pipelines.dataset.dataset import Resource
from pipelines.dataset.sources import ConsulSource, HttpSource, TrelloSource
from pipelines.fetch.snapshot import SourceUnavailable

PATIENCE = 3600.0
"""Seconds to wait for a turn: as long as a source may take."""


@contextmanager
def dataset_turn(
    archive: Archive, dataset: str, by: Mapping[str, Any], say: Callable[[Mapping[str, Any]], None]
) -> Iterator[bool]:
    """Holds the dataset while its block runs; False where another run has had it for too long. `say` hears of
    the run that is waited for."""
    with archive.locks.wait([dataset_lock(dataset)], by, PATIENCE, say) as mine:
        yield mine


def dataset_lock(dataset: str) -> str:
    return f"dataset-{dataset}"


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
        return urlsplit(str(source.address_at(None)[0])).netloc.rpartition("@")[2].lower()
    if isinstance(source, ConsulSource) and source.url:
        return urlsplit(str(source.url)).netloc.rpartition("@")[2].lower()
    if isinstance(source, TrelloSource) and source.board:
        return urlsplit(trello or "https://api.trello.com").netloc.lower()
    return None
