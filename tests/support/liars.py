"""A server that says what no well-meaning one does: each address on it has its own raw answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Answer = bytes | Callable[[socket.socket], None]


@dataclass
class Liar:
    """Answers by path, byte for byte; `heard` has the requests as they came."""

    host: str
    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    heard: list[bytes] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://{self.host}:{self.port}{path}"

    def serve_one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(20)
            request = b""
            while b"\r\n\r\n" not in request and (block := connection.recv(65536)):
                request += block
            self.heard.append(request)
            path = request.split(b" ")[1].decode().split("?")[0] if b" " in request else ""
            answer = self.answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            if callable(answer):
                answer(connection)
            else:
                connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65536)


def respond(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """A well-formed answer with these headers."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@contextmanager
def lying_server(host: str = "127.0.0.1") -> Iterator[Liar]:
    with socket.create_server((host, 0)) as listening:
        liar = Liar(host, listening.getsockname()[1])
        ended = threading.Event()

        def accept() -> None:
            while not ended.is_set():
                with suppress(TimeoutError, OSError):
                    connection, _address = listening.accept()
                    threading.Thread(target=liar.serve_one, args=(connection,), daemon=True).start()

        listening.settimeout(0.2)
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield liar
        finally:
            ended.set()
            thread.join(5)
