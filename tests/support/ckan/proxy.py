"""A reverse proxy on 127.0.0.1 that misbehaves when told to: what a bad network and a tired server do to a
client, repeatably.

with Proxy(site.url) as proxy:
    proxy.expect(Cut(after=100_000), on="package_revise")
    publish(to=proxy.url)
assert Cut(after=100_000) in [request.fault for request in proxy.seen]
"""

from __future__ import annotations

import contextlib
import http.client
import math
import os
import shutil
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import BinaryIO
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "expect", "keep-alive", "te", "transfer-encoding", "upgrade"}


@dataclass(frozen=True)
class Cut:
    """The connection breaks on both sides when so many bytes of the request's body went through."""

    after: int


@dataclass(frozen=True)
class Lost:
    """The server does the work; its answer is lost on the way: the client reads this status, or with None a
    broken connection."""

    status: int | None = 500


@dataclass(frozen=True)
class Refused:
    """Answered by the proxy itself, the server hears nothing: 429 with `retry_after` seconds, 503 …"""

    status: int = 429
    retry_after: int | None = None


@dataclass(frozen=True)
class Silence:
    """So many seconds nothing is heard; then the request goes on to the server, whether or not the client
    still waits."""

    seconds: float


Fault = Cut | Lost | Refused | Silence


@dataclass(frozen=True)
class Seen:
    """A request that came, and what was done to it (None: passed on)."""

    method: str
    path: str
    fault: Fault | None


@dataclass
class _Rule:
    fault: Fault
    on: str
    skip: int
    times: int


class Proxy:
    """Passes everything on to `target`, streaming, except what `expect` told it to spoil. URLs inside of
    answers are left as they are."""

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target)
        self.seen: list[Seen] = []
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"proxy": self}))

    def __enter__(self) -> Proxy:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.socket.close()  # not server_close(), which waits for the silent ones

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def expect(self, fault: Fault, *, on: str = "", skip: int = 0, times: int = 1) -> None:
        """Spoils the next `times` requests whose path holds `on`, after letting `skip` of them pass."""
        with self._lock:
            self._rules.append(_Rule(fault, on, skip, times))

    def decide(self, method: str, path: str) -> Fault | None:
        """What happens to this request, by the first rule that wants it; it is noted in `seen`."""
        with self._lock:
            rule = next((rule for rule in self._rules if rule.on in path and rule.times), None)
            fault = None
            if rule and rule.skip:
                rule.skip -= 1
            elif rule:
                rule.times -= 1
                fault = rule.fault
            self.seen.append(Seen(method, path, fault))
            return fault


class _Broken(Exception):
    """The connection is to break here."""


class _Handler(BaseHTTPRequestHandler):
    """One request per connection: kept ones would only blur which request met which fault."""

    proxy: Proxy
    protocol_version = "HTTP/1.1"

    def meet(self) -> None:
        self.close_connection = True
        try:
            self._do(self.proxy.decide(self.command, self.path))
        except (_Broken, OSError, http.client.HTTPException):
            # A reset, not a clean end: half an answer must not look like a whole one.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())

    def _do(self, fault: Fault | None) -> None:
        match fault:
            case None:
                self._relay(self._ask())
            case Silence(seconds):
                time.sleep(seconds)
                self._relay(self._ask())
            case Refused(status, retry_after):
                for _ in self._body():  # read, or the client would meet a broken pipe and no answer
                    pass
                self._answer(status, {} if retry_after is None else {"Retry-After": str(retry_after)})
            case Lost(status):
                self._ask().read()
                if status is None:
                    raise _Broken
                self._answer(status, {})
            case Cut(after):
                self._ask(until=after)
                raise _Broken

    def _ask(self, until: float = math.inf) -> http.client.HTTPResponse:
        """The server's answer to this request; breaks the connection when `until` bytes of its body went
        through."""
        server = http.client.HTTPConnection(self.proxy.target.hostname, self.proxy.target.port, timeout=600)
        server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        chunked = "Transfer-Encoding" in self.headers
        for name, value in self.headers.items():
            if name.lower() not in HOP_BY_HOP:
                server.putheader(name, value)
        if chunked:
            server.putheader("Transfer-Encoding", "chunked")
        server.endheaders()
        sent = 0
        with contextlib.suppress(
            BrokenPipeError, ConnectionResetError
        ):  # it may answer before it read everything
            for piece in self._body():
                piece = piece[: int(min(len(piece), until - sent))]
                sent += len(piece)
                server.send(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
                if sent >= until:
                    server.close()
                    raise _Broken
            if chunked:
                server.send(b"0\r\n\r\n")
        return server.getresponse()

    def _body(self) -> Iterator[bytes]:
        """The request's body as it comes in."""
        if "Transfer-Encoding" in self.headers:
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        left = int(self.headers.get("Content-Length", 0))
        while left:
            piece = self.rfile.read1(min(left, 64 * 1024))
            if not piece:
                raise _Broken
            left -= len(piece)
            yield piece

    def _relay(self, answer: http.client.HTTPResponse) -> None:
        self._answer(
            answer.status,
            {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP},
            answer,
        )

    def _answer(self, status: int, headers: Mapping[str, str], body: BinaryIO | None = None) -> None:
        self.send_response_only(status)
        for name, value in {
            **headers,
            "Connection": "close",
            **({} if body else {"Content-Length": "0"}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            shutil.copyfileobj(body, self.wfile)
            body.close()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: `seen` tells it."""


for _method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
    setattr(_Handler, f"do_{_method}", _Handler.meet)
