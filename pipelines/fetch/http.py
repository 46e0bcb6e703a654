"""Extracts at a web address: fetched only where they changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx

from messages import gettext as _
from pipelines.dataset.sources import HttpSource
from pipelines.fetch.client import SourceClient
from pipelines.fetch.errors import refusal_error, without_login
from pipelines.fetch.snapshot import Snapshot, SourceError, SourceUnavailable, store_blocks
from pipelines.settings import Limits

KEY = "source.url"


def fetch_http(
    source: HttpSource,
    resource: str,
    previous: Snapshot | None,
    into: Path,
    limits: Limits,
    as_of: date | None = None,
    *,
    trusted: bool = True,
) -> Snapshot:
    """A GET, conditional on what is known of `previous` (RFC 9110, section 13); its answer 304 gives
    `previous` back. Of dated addresses, that of the newest vintage not later than `as_of`. An address that is
    not `trusted` leads to public hosts alone.

    Raises SourceUnavailable where another try may help (no connection, silence, cut off, 408, 425, 429, 5xx),
    else SourceError.
    """
    address, told = source.address_at(as_of)
    if address is None:
        raise SourceError(_("{resource} has no extract as old as {date}", resource=resource, date=as_of))
    headers = {"Accept": "text/csv, */*;q=0.5"}
    place = without_login(address)
    known = previous if previous is not None and previous.source in (place, address) else None
    if known is not None:
        asked = (("If-None-Match", known.etag), ("If-Modified-Since", known.last_modified))
        headers |= {name: value for name, value in asked if value and is_sendable(value)}
    client = SourceClient(address, KEY, limits, headers, trusted=trusted)
    with client, client.stream("GET", address) as answer:
        url = client.told
        if answer.status_code == httpx.codes.NOT_MODIFIED and known is not None:
            return known if known.source == place else replace(known, source=place)
        if answer.status_code != httpx.codes.OK:
            raise refusal_error(url, answer.status_code, KEY)
        sha256, size = store_blocks(_whole_body(client, address, answer), into, url, limits)
    return Snapshot(
        resource,
        place,
        sha256,
        size,
        into,
        as_of=told.isoformat() if told else None,
        etag=_mark(answer, "ETag"),
        last_modified=_mark(answer, "Last-Modified"),
    )


RESUMES = 5
"""How often a file that was cut off is gone on with."""


def _whole_body(client: SourceClient, address: str, answer: httpx.Response) -> Iterator[bytes]:
    """The body of an answer; where the connection is cut, the rest is asked for (RFC 9110, section 14), as
    long as the source says that it is still the same version."""
    done = 0
    with ExitStack() as open_answers:
        for resumed in range(RESUMES + 1):
            try:
                for block in client.blocks(answer, client.told):
                    done += len(block)
                    yield block
                return
            except SourceUnavailable:
                asked = _range_headers(answer, done)
                if asked is None or resumed == RESUMES:
                    raise
                again = open_answers.enter_context(client.stream("GET", address, headers=asked))
                if not _goes_on(again, answer, done):
                    raise
                answer = again


def _range_headers(answer: httpx.Response, done: int) -> dict[str, str] | None:
    """How to ask for what follows the first `done` bytes; None where the source does not give parts, or does
    not name its versions for certain."""
    mark = _mark(answer, "ETag")
    plain = answer.headers.get("Content-Encoding", "identity") == "identity"
    parts = (
        answer.status_code == httpx.codes.PARTIAL_CONTENT or answer.headers.get("Accept-Ranges") == "bytes"
    )
    if not done or not plain or not parts or mark is None or mark.startswith("W/"):
        return None
    return {"Range": f"bytes={done}-", "If-Range": mark, "Accept-Encoding": "identity"}


def _goes_on(again: httpx.Response, answer: httpx.Response, done: int) -> bool:
    """Whether an answer is the rest of the same version."""
    return (
        again.status_code == httpx.codes.PARTIAL_CONTENT
        and again.headers.get("Content-Range", "").startswith(f"bytes {done}-")
        and again.headers.get("Content-Encoding", "identity") == "identity"
        and _mark(again, "ETag") == _mark(answer, "ETag")
    )


def is_sendable(value: str) -> bool:
    """Whether a mark of a version may stand in a request: a source may have sent what no header can hold."""
    return re.fullmatch(r"[\x20-\x7e]{1,1000}", value) is not None


def _mark(answer: httpx.Response, name: str) -> str | None:
    """What the source calls this version, where it can be asked by that name again."""
    value = answer.headers.get(name)
    return value if value and is_sendable(value) else None
