"""Extracts at a web address, asked for politely: only what changed, within limits, following redirects to http(s) alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from messages import gettext as _
from pipelines.fetch.snapshot import Limits, Snapshot, SourceError, SourceUnavailable, store
from pipelines.sources import HttpSource

REDIRECTS = 5


def fetch_http(source: HttpSource, resource: str, previous: Snapshot | None, into: Path, limits: Limits) -> Snapshot:
    """A GET, conditional on what is known of `previous` (RFC 9110, section 13); its answer 304 gives `previous` back.

    Raises SourceUnavailable where another try may help (no connection, silence, cut off, 408, 425, 429, 5xx), else SourceError.
    """
    headers = {"User-Agent": "Vereda (open data pipeline)", "Accept": "text/csv, */*;q=0.5"}
    known = previous if previous is not None and previous.source == source.url else None
    if known is not None:
        headers |= {"If-None-Match": known.etag} if known.etag else {}
        headers |= {"If-Modified-Since": known.last_modified} if known.last_modified else {}
    url = _safe(source.url)
    try:
        with (
            httpx.Client(follow_redirects=True, max_redirects=REDIRECTS, timeout=limits.timeout, headers=headers) as client,
            client.stream("GET", source.url) as answer,
        ):
            if answer.status_code == httpx.codes.NOT_MODIFIED and known is not None:
                return known
            _refuse(answer, url)
            sha256, size = store(_blocks(answer, url, limits), into, url, limits)
    except (httpx.TooManyRedirects, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise _astray(url) from error
    except httpx.HTTPError as error:
        if "Invalid URL in location header" in str(error):
            raise _astray(url) from error
        raise _unavailable(url, _why(error, limits)) from error
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
    for block in answer.iter_bytes():  # as they come: gathered into large blocks, a source that drips would never be looked at
        yield block
        if time.monotonic() - start > limits.total:
            raise _unavailable(url, _("more than {seconds} s", seconds=limits.total))


def _unavailable(url: str, why: str) -> SourceUnavailable:
    return SourceUnavailable(_("{url} did not answer properly ({why}); it is tried again at the next run", url=url, why=why))


def _astray(url: str) -> SourceError:
    return SourceError(_("{url} redirects in a circle, or to what is no web address; correct source.url or ask the publisher", url=url))


def _why(error: Exception, limits: Limits) -> str:
    """In words of our own: the library's may hold parts of the address, with its secrets."""
    match error:
        case httpx.TimeoutException():
            return _("no answer in {seconds} s", seconds=limits.timeout)
        case httpx.ConnectError():
            return _("no connection: {why}", why=error)
        case httpx.RemoteProtocolError() | httpx.ReadError():
            return _("the connection was cut in the middle")
        case httpx.DecodingError():
            return _("what came is not compressed as it says")
        case _:
            return type(error).__name__


def _safe(url: str) -> str:
    """The address as it may stand in logs: no user, password, query or fragment, where secrets travel."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise SourceError(_("source.url is no web address; correct it")) from error
    return str(parsed.copy_with(username=None, password=None, query=None, fragment=None)) + ("?…" if parsed.query else "")
