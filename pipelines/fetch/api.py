"""Questions to a publisher's interface, asked politely: within limits, waiting as long as it asks, saying
what went wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from messages import gettext as _
from pipelines.fetch.client import SourceClient
from pipelines.fetch.errors import refusal_error, unavailable_error, without_secrets
from pipelines.fetch.snapshot import SourceError, SourceUnavailable, size_error, store_blocks
from pipelines.settings import Limits

WAITS = 3
ANSWER = 64_000_000
"""Bytes of one answer: to be understood, it takes some twenty times as much memory."""
LONGEST = 60.0
"""Seconds: who asks for a longer wait is left alone until the next run."""


class ApiClient:
    """Requests to one interface, one after another; `limits` are those of them all together. `secret` headers
    go to its origin alone.

    `key` is the key of the declaration that names the address, for messages.
    """

    def __init__(
        self,
        url: str,
        key: str,
        limits: Limits,
        headers: Mapping[str, str],
        secret: Mapping[str, str] | None = None,
    ):
        self.key, self.limits = key, limits
        self.client = SourceClient(url, key, limits, {"Accept": "application/json", **headers}, secret)
        self.start, self.bytes = time.monotonic(), 0

    def __enter__(self) -> ApiClient:
        return self

    def __exit__(self, *error: object) -> None:
        self.client.__exit__()

    def get(self, url: str) -> tuple[int, bytes]:
        """Status and body of a GET."""
        return self._ask_patiently("GET", url, None)

    def post(self, url: str, content: Mapping[str, Any]) -> tuple[int, bytes]:
        """Status and body of a POST of JSON; a redirect is followed by another POST."""
        return self._ask_patiently("POST", url, content)

    def refusal(self, url: str, status: int) -> SourceError:
        """What an answer with another status than 200 means."""
        return refusal_error(without_secrets(url, self.key), status, self.key)

    def _ask_patiently(self, method: str, url: str, content: Mapping[str, Any] | None) -> tuple[int, bytes]:
        for _wait in range(WAITS + 1):
            status, body, wait = self._ask_once(method, url, content)
            if wait is None:
                return status, body
            left = self.limits.fetch_seconds - (time.monotonic() - self.start)
            if wait > min(LONGEST, left):
                told = _(
                    "{url} answered {status} and asks to wait {seconds} s; it is left alone until the next "
                    "run",
                    url=without_secrets(url, self.key),
                    status=status,
                    seconds=round(wait),
                )
                raise SourceUnavailable(told, retry_after=wait)
            time.sleep(wait)
        raise refusal_error(without_secrets(url, self.key), status, self.key)

    def _ask_once(
        self, method: str, url: str, content: Mapping[str, Any] | None
    ) -> tuple[int, bytes, float | None]:
        told = without_secrets(url, self.key)
        with self.client.stream(method, url, content) as answer:
            return answer.status_code, b"".join(self._limited_blocks(answer, told)), _requested_wait(answer)

    def _limited_blocks(self, answer: httpx.Response, told: str) -> Iterator[bytes]:
        size = 0
        for block in self.client.blocks(answer, told):
            size += len(block)
            self.bytes += len(block)
            if self.bytes > self.limits.extract:
                raise size_error(told, self.limits)
            if size > ANSWER:
                why = _(
                    "{url} sent an answer of more than {most} bytes; ask who runs it", url=told, most=ANSWER
                )
                raise SourceError(why)
            if time.monotonic() - self.start > self.limits.fetch_seconds:
                raise unavailable_error(told, _("more than {seconds} s", seconds=self.limits.fetch_seconds))
            yield block


READINGS = 3


class CollectionChanged(Exception):
    """What is read page by page changed meanwhile: what was read has gaps or doubles."""


def store_answers(
    ask: Callable[[], Iterable[bytes]], into: Path, told: str, limits: Limits, changed: str
) -> tuple[str, int]:
    """The answers in the file `into`, as a JSON text sequence (RFC 7464), and their sha256 and bytes. Where
    `ask` raises CollectionChanged, all is asked anew; at last SourceUnavailable is raised and says
    `changed`."""
    for _reading in range(READINGS):
        try:
            return store_blocks((b"\x1e" + answer + b"\n" for answer in ask()), into, told, limits)
        except CollectionChanged:
            continue
    raise SourceUnavailable(changed)


def decode_json(body: bytes, told: str, key: str) -> Any:
    """The JSON of an answer. Raises SourceUnavailable where it is none: a page of maintenance, or cut off."""
    try:
        return json.loads(body)
    except RecursionError as error:
        raise SourceError(
            _("{url} sent JSON that is nested too deeply to be read; ask who runs it", url=told)
        ) from error
    except ValueError as error:  # not UTF-8 as well
        if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
            page = _(
                "{url} answered with a web page instead of data; it is tried again at the next run; where "
                "it stays, correct {key}",
                url=told,
                key=key,
            )
            raise SourceUnavailable(page) from error
        raise unavailable_error(told, _("what came is no JSON: cut in the middle?")) from error


def _requested_wait(answer: httpx.Response) -> float | None:
    """Seconds that the answer asks to wait for another try (RFC 9110, section 10.2.3), None where it does
    not."""
    asked = answer.headers.get("Retry-After")
    if asked is None or answer.status_code not in (429, 503):
        return None
    try:
        if asked.isdecimal():
            return float(int(asked))
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):  # TypeError: a date without a zone
        return None
