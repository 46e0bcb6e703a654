"""Extracts at a web address, asked for politely: only what changed, within limits, following redirects to http(s) alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from messages import gettext as _
from pipelines.declaration import HttpSource
from pipelines.fetch.snapshot import Limits, Snapshot, SourceError, SourceUnavailable, store

REDIRECTS = 5


def fetch_http(source: HttpSource, resource: str, previous: Snapshot | None, into: Path, limits: Limits) -> Snapshot:
    """A GET, conditional on what is known of `previous` (RFC 9110, section 13); its answer 304 gives `previous` back.

    Raises SourceUnavailable where another try may help (no connection, silence, cut off, 408, 425, 429, 5xx), else SourceError.
    """
    headers = {"User-Agent": "Vereda (open data pipeline)", "Accept": "text/csv, */*;q=0.5"}
    if previous is not None and previous.source == source.url:
        headers |= {"If-None-Match": previous.etag} if previous.etag else {}
        headers |= {"If-Modified-Since": previous.last_modified} if previous.last_modified else {}
    url = _safe(source.url)
    try:
        with (
            httpx.Client(follow_redirects=True, max_redirects=REDIRECTS, timeout=limits.timeout, headers=headers) as client,
            client.stream("GET", source.url) as answer,
        ):
            if answer.status_code == httpx.codes.NOT_MODIFIED and previous is not None:
                return previous
            _refuse(answer, url)
            sha256, size = store(_blocks(answer, url, limits), into, url, limits)
    except (httpx.TooManyRedirects, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise SourceError(_("{url} leads nowhere ({why}); correct the address in source.url", url=url, why=error)) from error
    except httpx.HTTPError as error:
        why = str(error) or type(error).__name__
        raise SourceUnavailable(_("{url} did not answer properly ({why}); it is tried again at the next run", url=url, why=why)) from error
    return Snapshot(
        resource, source.url, sha256, size, into, etag=answer.headers.get("ETag"), last_modified=answer.headers.get("Last-Modified")
    )


def _refuse(answer: httpx.Response, url: str) -> None:
    status = answer.status_code
    if status in (408, 425, 429) or status >= 500:
        raise SourceUnavailable(_("{url} answered {status}; it is tried again at the next run", url=url, status=status))
    if status != httpx.codes.OK:
        raise SourceError(_("{url} answered {status}; correct source.url or ask the publisher", url=url, status=status))


def _blocks(answer: httpx.Response, url: str, limits: Limits) -> Iterator[bytes]:
    start = time.monotonic()
    for block in answer.iter_bytes(1 << 20):
        yield block
        if time.monotonic() - start > limits.total:
            why = _("more than {seconds} s", seconds=limits.total)
            raise SourceUnavailable(_("{url} did not answer properly ({why}); it is tried again at the next run", url=url, why=why))


def _safe(url: str) -> str:
    """The address as it may stand in logs: no user, password or query, where secrets travel."""
    parsed = httpx.URL(url)
    return str(parsed.copy_with(username=None, password=None, query=None)) + ("?…" if parsed.query else "")
