"""The portal on this machine, as a web server shows it: a reader may ask for a part of a file, and learns what kind of file it is."""

from __future__ import annotations

import mimetypes
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from pipelines.reports import Desk

# What Debian's own list of types does not know, or knows otherwise on each machine
TYPES = {
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",  # IANA
    ".ttl": "text/turtle",
    ".jsonld": "application/ld+json",
    ".atom": "application/atom+xml",
}
# Programs in a reader's browser read Parquet from here piece by piece.
ANYONE = Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "HEAD"], expose_headers=["Content-Range", "ETag"])


def serve(folder: Path, port: int, say: Callable[[str], None], desk: Desk) -> None:
    """Serves the folder on 127.0.0.1 (port 0: any free one) until Ctrl+C; `say` hears the address once readers may come; `desk` takes
    what they report.

    Conditional and range requests as in RFC 9110, sections 13 and 14. Raises OSError where the port is taken.
    """
    app = application(folder, desk)
    with socket.create_server(("127.0.0.1", port)) as listening, suppress(KeyboardInterrupt):
        say(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off")).run([listening])


def application(folder: Path, desk: Desk) -> Starlette:
    """The site in `folder`, with `desk` behind its pages for reports."""
    for suffix, kind in TYPES.items():
        mimetypes.add_type(kind, suffix)
    return Starlette(routes=[*desk.routes(), Mount("/", StaticFiles(directory=folder, html=True))], middleware=[ANYONE])
