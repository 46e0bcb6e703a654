"""Requests to a source: redirects are followed as far as they lead to web addresses within reach, and
credentials go to their own origin alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from pipelines.fetch.addresses import Reach
from pipelines.fetch.errors import redirect_error, translate_errors, without_secrets
from pipelines.fetch.transport import SourceTransport
from pipelines.fetch.unpack import ACCEPTED, body_blocks
from pipelines.settings import Limits

AGENT = "Vereda (open data pipeline)"
REDIRECTS = 5
PORTS = {"http": 80, "https": 443}


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port (RFC 6454): what may hear a credential."""
    return url.scheme, url.host, url.port or PORTS.get(url.scheme)


class SourceClient:
    """Requests to the source at `url`, which the declaration's `key` names, within `limits`, those of time
    for all of them together. `secret` headers go to its origin alone; an address that is not `trusted`
    leads to public hosts only."""

    def __init__(
        self,
        url: str,
        key: str,
        limits: Limits,
        headers: Mapping[str, str],
        secret: Mapping[str, str] | None = None,
        *,
        trusted: bool = True,
    ):
        self.key, self.limits, self.secret = key, limits, dict(secret or {})
        self.told = without_secrets(url, key)
        self.home = httpx.URL(url)
        reach = Reach(self.home.host, key, limits.inner_hosts, trusted=trusted)
        self.client = httpx.Client(
            transport=SourceTransport(reach, limits.timeout, limits.fetch_seconds),
            timeout=limits.timeout,
            headers={"User-Agent": AGENT, "Accept-Encoding": ACCEPTED, **headers},
            trust_env=False,  # the transport asks for proxies; a .netrc is nobody's here
        )

    def __enter__(self) -> SourceClient:
        return self

    def __exit__(self, *error: object) -> None:
        self.client.close()

    @contextmanager
    def stream(
        self,
        method: str,
        url: str,
        content: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[httpx.Response]:
        """The answer to a request, or to the same one where a redirect leads; its body is still to come.

        Raises SourceError, SourceUnavailable."""
        told = without_secrets(url, self.key)
        with translate_errors(told, self.key, self.limits):
            here = httpx.URL(url)
            for _hop in range(REDIRECTS + 1):
                secret = self.secret if origin(here) == origin(self.home) else {}
                sent = {**(headers or {}), **secret}
                with self.client.stream(method, here, json=content, headers=sent) as answer:
                    if not answer.has_redirect_location:
                        yield answer
                        return
                    here = self._next(here, answer, told)
        raise redirect_error(told, self.key)

    def blocks(self, answer: httpx.Response, told: str) -> Iterator[bytes]:
        """The body of an answer, unpacked; raises SourceError, SourceUnavailable."""
        with translate_errors(told, self.key, self.limits):
            yield from body_blocks(answer, told, self.limits.ratio)

    def _next(self, here: httpx.URL, answer: httpx.Response, told: str) -> httpx.URL:
        try:
            there = here.join(answer.headers["Location"])
        except (httpx.InvalidURL, ValueError) as error:
            raise redirect_error(told, self.key) from error
        if there.scheme not in PORTS or not there.host:
            raise redirect_error(told, self.key)
        if there.userinfo and origin(there) != origin(here):
            return there.copy_with(username=None, password=None)
        return there
