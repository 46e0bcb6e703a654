"""Extracts in the dataset's own folder, and extracts at a web address: fetched only where they changed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx

from messages import gettext as _
from messages.system import describe_os_error
from pipelines.dataset.sources import FolderSource, HttpSource
from pipelines.fetch.api import (
    AGENT,
    REDIRECTS,
    refusal_error,
    translate_errors,
    unavailable_error,
    without_secrets,
)
from pipelines.fetch.snapshot import Snapshot, SourceError, store_blocks
from pipelines.settings import Limits


def fetch_file(
    source: FolderSource, resource: str, folder: Path, into: Path, as_of: date | None, limits: Limits
) -> Snapshot:
    """The file, or the newest vintage not later than `as_of`; raises SourceError where there is none."""
    path, told = source.path, None
    for vintage in source.vintages:
        if as_of is None or vintage.as_of <= as_of:
            path, told = vintage.path, vintage.as_of.isoformat()
    if path is None:
        raise SourceError(_("{resource} has no extract as old as {date}", resource=resource, date=as_of))
    place = (folder / path).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise SourceError(_("{path} lies outside the dataset's folder; put the extract inside it", path=path))
    try:
        sha256, size = store_blocks(_file_blocks(place), into, path, limits)
    except OSError as error:
        if error.filename is None or Path(error.filename) != place:
            raise
        raise SourceError(
            _("{path} cannot be read ({why}); put the extract there", path=path, why=describe_os_error(error))
        ) from error
    return Snapshot(resource, path, sha256, size, into, as_of=told)


def _file_blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block


KEY = "source.url"


def fetch_http(
    source: HttpSource, resource: str, previous: Snapshot | None, into: Path, limits: Limits
) -> Snapshot:
    """A GET, conditional on what is known of `previous` (RFC 9110, section 13); its answer 304 gives
    `previous` back.

    Raises SourceUnavailable where another try may help (no connection, silence, cut off, 408, 425, 429, 5xx),
    else SourceError.
    """
    headers = {"User-Agent": AGENT, "Accept": "text/csv, */*;q=0.5"}
    known = previous if previous is not None and previous.source == source.url else None
    if known is not None:
        headers |= {"If-None-Match": known.etag} if known.etag else {}
        headers |= {"If-Modified-Since": known.last_modified} if known.last_modified else {}
    url = without_secrets(source.url, KEY)
    with (
        translate_errors(url, KEY, limits),
        httpx.Client(
            follow_redirects=True, max_redirects=REDIRECTS, timeout=limits.timeout, headers=headers
        ) as client,
        client.stream("GET", source.url) as answer,
    ):
        if answer.status_code == httpx.codes.NOT_MODIFIED and known is not None:
            return known
        if answer.status_code != httpx.codes.OK:
            raise refusal_error(url, answer.status_code, KEY)
        sha256, size = store_blocks(_response_blocks(answer, url, limits), into, url, limits)
    return Snapshot(
        resource,
        source.url,
        sha256,
        size,
        into,
        etag=answer.headers.get("ETag"),
        last_modified=answer.headers.get("Last-Modified"),
    )


def _response_blocks(answer: httpx.Response, url: str, limits: Limits) -> Iterator[bytes]:
    start = time.monotonic()
    # As they come: gathered into large blocks, a source that drips would never be looked at.
    for block in answer.iter_bytes():
        yield block
        if time.monotonic() - start > limits.fetch_seconds:
            raise unavailable_error(url, _("more than {seconds} s", seconds=limits.fetch_seconds))
