"""The only reads of the outside: one module for each way in which publishers publish."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pipelines.dataset.dataset import Resource
from pipelines.dataset.sources import (
    CkanSource,
    ConsulSource,
    DataJsonSource,
    DecidimSource,
    FileSource,
    FolderSource,
    HttpSource,
    InboxSource,
    OcdsSource,
    SqlSource,
    TrelloSource,
)
from pipelines.fetch.access import NO_ACCESS, Access
from pipelines.fetch.inbox import explain_empty_inbox
from pipelines.fetch.snapshot import Snapshot, SourceError, SourceUnavailable
from pipelines.settings import DEFAULT_LIMITS, Limits

__all__ = ["Limits", "Snapshot", "SourceError", "SourceUnavailable", "fetch"]


def fetch(
    resource: Resource,
    folder: Path,
    previous: Snapshot | None,
    into: Path,
    as_of: date | None = None,
    limits: Limits = DEFAULT_LIMITS,
    access: Access = NO_ACCESS,
) -> Snapshot:
    """What the resource's source holds now, kept in the file `into`; `previous` itself where the source says
    that nothing changed.

    `folder` is the dataset's, `access` what the settings open at sources. Raises SourceError where the
    source does not give it, SourceUnavailable where trying again may help.
    """
    # Imported where a source is asked: `vereda check` of a file asks none, and HTTP takes 0.3 s.
    source = resource.pipeline.source
    if isinstance(source, HttpSource):
        from pipelines.fetch.http import fetch_http

        return fetch_http(source, resource.name, previous, into, limits, as_of)
    if isinstance(source, ConsulSource) and source.url:
        from pipelines.fetch.consul import fetch_consul

        return fetch_consul(source, resource.name, into, limits)
    if isinstance(source, TrelloSource) and source.board:
        from pipelines.fetch.trello import fetch_trello

        return fetch_trello(source, resource.name, into, limits, access.trello)
    if isinstance(source, SqlSource):
        from pipelines.fetch.database import fetch_rows

        return fetch_rows(source, resource.name, folder, previous, into, limits, access.databases)
    if isinstance(source, CkanSource) and source.url:
        from pipelines.fetch.ckan import fetch_ckan

        return fetch_ckan(source, resource.name, previous, into, limits)
    if isinstance(source, DataJsonSource | OcdsSource | DecidimSource) and source.url:
        from pipelines.fetch.http import fetch_http

        return fetch_http(
            HttpSource(kind="http", url=source.url), resource.name, previous, into, limits, as_of
        )
    if isinstance(source, InboxSource):
        # What was handed in is in the archive already; here it is what is read until then.
        if source.path is None:
            raise SourceError(explain_empty_inbox(resource))
        source = FileSource(kind="file", path=source.path)
    from pipelines.fetch.file import fetch_file

    assert isinstance(source, FolderSource), "the others are made by derive() or report_archive()"
    return fetch_file(source, resource.name, folder, into, as_of, limits)
