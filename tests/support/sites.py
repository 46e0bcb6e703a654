"""Sites on this machine: a folder, or whatever a handler answers, over HTTP while a test asks."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path


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
