"""Connections to sources: to addresses within reach, and none for longer than it may last, whatever is sent
and how slowly."""

from __future__ import annotations

import math
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from pipelines.fetch.addresses import Reach


class OutOfTime(httpx.ReadTimeout):
    """A reading lasted longer in all than it may."""


class _OutOfTime(httpcore.ReadTimeout):
    """The same, inside httpcore."""


@dataclass
class Deadline:
    """Until when all is to be read (`whole`), and until when the head of an answer; seconds of
    time.monotonic()."""

    whole: float
    head: float = math.inf

    def cut(self, timeout: float | None) -> float:
        """The seconds that an operation may take which was to take `timeout`."""
        now = time.monotonic()
        if now >= self.whole:
            raise _OutOfTime
        if now >= self.head:
            raise httpcore.ReadTimeout
        return min(math.inf if timeout is None else timeout, self.whole - now, self.head - now)


@dataclass
class _TimedStream(httpcore.NetworkStream):
    """A connection whose every operation ends at the deadline."""

    stream: httpcore.NetworkStream
    deadline: Deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        got: bytes = self._in_time(lambda: self.stream.read(max_bytes, self.deadline.cut(timeout)))
        return got

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._in_time(lambda: self.stream.write(buffer, self.deadline.cut(timeout)))

    def _in_time(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except httpcore.TimeoutException as error:
            if time.monotonic() >= self.deadline.whole:
                raise _OutOfTime from error
            raise

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self,
        ssl_context: Any,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secure = self.stream.start_tls(ssl_context, server_hostname, self.deadline.cut(timeout))
        return _TimedStream(secure, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


@dataclass
class _Dialer(httpcore.NetworkBackend):
    """Connects to the addresses that were looked at, so that no second answer of DNS is another one; without
    `reach` to whatever the host is (a proxy of the settings)."""

    deadline: Deadline
    reach: Reach | None
    timeout: float
    backend: httpcore.NetworkBackend = field(default_factory=httpcore.SyncBackend)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in self.reach.resolve(host, port) if self.reach else [host]:
            try:
                stream = self.backend.connect_tcp(
                    address, port, self.deadline.cut(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            self.deadline.head = time.monotonic() + self.timeout
            return _TimedStream(stream, self.deadline)
        raise failure or httpcore.ConnectError(host)


@cache
def certificates() -> ssl.SSLContext:
    """Whom this machine trusts: to be read once, it takes a while."""
    return httpx.create_ssl_context()


class SourceTransport(httpx.BaseTransport):
    """Requests of one reading of a source, all before the same deadline (`seconds` from now); the head of
    each answer within `timeout` seconds."""

    def __init__(self, reach: Reach, timeout: float, seconds: float):
        self.reach, self.timeout = reach, timeout
        self.context = certificates()
        self.deadline = Deadline(time.monotonic() + seconds)
        self.pools: dict[str, httpcore.ConnectionPool] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        pool = self._pool(request.url)
        self.deadline.head = time.monotonic() + 2 * self.timeout  # what connects begins anew
        asked = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        try:
            answer = pool.handle_request(asked)
        except (httpcore.ProtocolError, httpcore.TimeoutException, httpcore.NetworkError) as error:
            raise _as_httpx(error) from error
        except (httpcore.ProxyError, httpcore.UnsupportedProtocol) as error:
            raise _as_httpx(error) from error
        self.deadline.head = math.inf
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Blocks(answer.stream),
            extensions=answer.extensions,
        )

    def _pool(self, url: httpx.URL) -> httpcore.ConnectionPool:
        """The connections of this machine's own, or of the proxy that the environment names for the
        address."""
        proxy = "" if proxy_bypass(url.host) else getproxies().get(url.scheme, "")
        if proxy:
            self.reach.check_name(url.host)
        if proxy not in self.pools:
            self.pools[proxy] = self._make_pool(proxy)
        return self.pools[proxy]

    def _make_pool(self, proxy: str) -> httpcore.ConnectionPool:
        dialer = _Dialer(self.deadline, None if proxy else self.reach, self.timeout)
        if not proxy:
            return httpcore.ConnectionPool(ssl_context=self.context, network_backend=dialer)
        named = httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}")
        return httpcore.HTTPProxy(
            str(named.url),
            proxy_auth=named.raw_auth,
            ssl_context=self.context,
            network_backend=dialer,
        )

    def close(self) -> None:
        for pool in self.pools.values():
            pool.close()


@dataclass
class _Blocks(httpx.SyncByteStream):
    """The body of an answer as it comes."""

    stream: Any

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.stream
        except (httpcore.ProtocolError, httpcore.TimeoutException, httpcore.NetworkError) as error:
            raise _as_httpx(error) from error

    def close(self) -> None:
        self.stream.close()


def _as_httpx(error: Exception) -> httpx.TransportError:
    """The exception that httpx has under the same name."""
    if isinstance(error, _OutOfTime):
        return OutOfTime(str(error))
    made: httpx.TransportError = getattr(httpx, type(error).__name__, httpx.TransportError)(str(error))
    return made
