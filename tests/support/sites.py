"""Sites on this machine: a folder, whatever a handler answers, or an ASGI application, over HTTP while a test
asks."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any


class QuietHandler(http.server.BaseHTTPRequestHandler):
    """One that does not write of each request."""

    def log_message(self, *_words: object) -> None:
        pass


class _Folder(QuietHandler, http.server.SimpleHTTPRequestHandler):
    pass


@contextmanager
def serve(handler: Callable[..., QuietHandler]) -> Iterator[str]:
    """The address of a server of this handler, on a free port of this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def serve_folder(folder: Path) -> AbstractContextManager[str]:
    """The address of a server of the files of a folder."""
    return serve(partial(_Folder, directory=folder))


@contextmanager
def serve_application(application: Any) -> Iterator[str]:
    """The address of a server of this ASGI application, as `vereda serve` serves it."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join()
