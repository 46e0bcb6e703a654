"""Extracts at a web address, asked for politely: only what changed, within limits, following redirects to http(s) alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from messages import gettext as _
from pipelines.fetch.asking import AGENT, REDIRECTS, refused, safe, translated, unavailable
from pipelines.fetch.snapshot import Limits, Snapshot, store
from pipelines.sources import HttpSource

KEY = "source.url"


def fetch_http(source: HttpSource, resource: str, previous: Snapshot | None, into: Path, limits: Limits) -> Snapshot:
    """A GET, conditional on what is known of `previous` (RFC 9110, section 13); its answer 304 gives `previous` back.

    Raises SourceUnavailable where another try may help (no connection, silence, cut off, 408, 425, 429, 5xx), else SourceError.
    """
    headers = {"User-Agent": AGENT, "Accept": "text/csv, */*;q=0.5"}
    known = previous if previous is not None and previous.source == source.url else None
    if known is not None:
        headers |= {"If-None-Match": known.etag} if known.etag else {}
        headers |= {"If-Modified-Since": known.last_modified} if known.last_modified else {}
    url = safe(source.url, KEY)
    with (
        translated(url, KEY, limits),
        httpx.Client(follow_redirects=True, max_redirects=REDIRECTS, timeout=limits.timeout, headers=headers) as client,
        client.stream("GET", source.url) as answer,
    ):
        if answer.status_code == httpx.codes.NOT_MODIFIED and known is not None:
            return known
        if answer.status_code != httpx.codes.OK:
            raise refused(url, answer.status_code, KEY)
        sha256, size = store(_blocks(answer, url, limits), into, url, limits)
    return Snapshot(
        resource, source.url, sha256, size, into, etag=answer.headers.get("ETag"), last_modified=answer.headers.get("Last-Modified")
    )


def _blocks(answer: httpx.Response, url: str, limits: Limits) -> Iterator[bytes]:
    start = time.monotonic()
    for block in answer.iter_bytes():  # as they come: gathered into large blocks, a source that drips would never be looked at
        yield block
        if time.monotonic() - start > limits.total:
            raise unavailable(url, _("more than {seconds} s", seconds=limits.total))
