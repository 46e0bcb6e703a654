"""Questions to a publisher's interface, asked politely: within limits, waiting as long as it asks, saying
what went wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from messages import gettext as _
from pipelines.fetch.snapshot import SourceError, SourceUnavailable, size_error
from pipelines.settings import Limits

AGENT = "Vereda (open data pipeline)"
REDIRECTS = 5
WAITS = 3
LONGEST = 60.0
"""Seconds: who asks for a longer wait is left alone until the next run."""


class ApiClient:
    """Requests to one interface, one after another; `limits` are those of them all together. `secret` headers
    go to its host alone.

    `key` is the key of the declaration that names the address, for messages.
    """

    def __init__(
        self,
        key: str,
        limits: Limits,
        headers: Mapping[str, str],
        secret: Mapping[str, str] | None = None,
    ):
        self.key, self.limits, self.secret = key, limits, dict(secret or {})
        self.client = httpx.Client(
            timeout=limits.timeout, headers={"User-Agent": AGENT, "Accept": "application/json", **headers}
        )
        self.start, self.bytes = time.monotonic(), 0

    def __enter__(self) -> ApiClient:
        return self

    def __exit__(self, *error: object) -> None:
        self.client.close()

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
        host = httpx.URL(url).host
        with translate_errors(told, self.key, self.limits):
            for _hop in range(REDIRECTS + 1):
                headers = self.secret if httpx.URL(url).host == host else {}
                with self.client.stream(method, url, json=content, headers=headers) as answer:
                    if not answer.has_redirect_location:
                        return (
                            answer.status_code,
                            b"".join(self._limited_blocks(answer, told)),
                            _requested_wait(answer),
                        )
                    url = str(answer.url.join(answer.headers["Location"]))
        raise redirect_error(told, self.key)

    def _limited_blocks(self, answer: httpx.Response, told: str) -> Iterator[bytes]:
        for block in answer.iter_bytes():
            self.bytes += len(block)
            if self.bytes > self.limits.extract:
                raise size_error(told, self.limits)
            if time.monotonic() - self.start > self.limits.fetch_seconds:
                raise unavailable_error(told, _("more than {seconds} s", seconds=self.limits.fetch_seconds))
            yield block


def decode_json(body: bytes, told: str, key: str) -> Any:
    """The JSON of an answer. Raises SourceUnavailable where it is none: a page of maintenance, or cut off."""
    try:
        return json.loads(body)
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
    except (ValueError, TypeError):  # TypeError: a date without a zone
        return None


@contextmanager
def translate_errors(told: str, key: str, limits: Limits) -> Iterator[None]:
    """Turns what httpx raises into SourceError and SourceUnavailable."""
    try:
        yield
    except (httpx.TooManyRedirects, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise redirect_error(told, key) from error
    except httpx.HTTPError as error:
        if "Invalid URL in location header" in str(error):
            raise redirect_error(told, key) from error
        raise unavailable_error(told, _describe_error(error, limits)) from error


def refusal_error(told: str, status: int, key: str) -> SourceError:
    """The error of an answer that is not 200."""
    if status in (408, 425, 429) or status >= 500:
        return SourceUnavailable(
            _("{url} answered {status}; it is tried again at the next run", url=told, status=status)
        )
    return SourceError(
        _("{url} answered {status}; correct {key} or ask the publisher", url=told, status=status, key=key)
    )


def unavailable_error(told: str, why: str) -> SourceUnavailable:
    return SourceUnavailable(
        _("{url} did not answer properly ({why}); it is tried again at the next run", url=told, why=why)
    )


def redirect_error(told: str, key: str) -> SourceError:
    return SourceError(
        _(
            "{url} redirects in a circle, or to what is no web address; correct {key} or ask the publisher",
            url=told,
            key=key,
        )
    )


def _describe_error(error: Exception, limits: Limits) -> str:
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


def without_secrets(url: str, key: str) -> str:
    """The address as it may stand in logs: no user, password, query or fragment, where secrets travel."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise SourceError(_("{key} is no web address; correct it", key=key)) from error
    return str(parsed.copy_with(username=None, password=None, query=None, fragment=None)) + (
        "?…" if parsed.query else ""
    )
