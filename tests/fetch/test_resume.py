"""A file that is cut off is gone on with, where the source says for certain that it is still the same."""

from __future__ import annotations

import hashlib
import random
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipelines.dataset.dataset import Resource
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.fetch import fetch
from pipelines.fetch.snapshot import Snapshot, SourceUnavailable
from pipelines.settings import Limits

pytestmark = pytest.mark.usefixtures("english")

BODY = random.Random(21).randbytes(300_000)
PART = 70_000


class Cutting(BaseHTTPRequestHandler):
    """Sends at most PART bytes of a file, and cuts the connection."""

    body, etag, ranges, encoding, changes = BODY, '"v1"', True, "", False
    asked: list[str]

    def do_GET(self) -> None:
        made = type(self)
        asked = self.headers.get("Range", "")
        made.asked.append(asked)
        start = int(re.findall(r"\d+", asked)[0]) if asked and made.ranges else 0
        whole = made.changes or self.headers.get("If-Range", made.etag) != made.etag
        if whole:
            start = 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(made.body) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(made.body) - 1}/{len(made.body)}")
        for name, value in (("ETag", made.etag), ("Accept-Ranges", "bytes" if made.ranges else "none")):
            self.send_header(name, value)
        if made.encoding:
            self.send_header("Content-Encoding", made.encoding)
        self.end_headers()
        self.wfile.write(made.body[start : start + PART])
        self.close_connection = True

    def log_message(self, *_what: object) -> None:
        pass


@pytest.fixture
def cutting() -> Iterator[tuple[type[Cutting], str]]:
    class Mine(Cutting):
        asked: list[str] = []  # noqa: RUF012 (a class for each test)

    with ThreadingHTTPServer(("127.0.0.1", 0), Mine) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Mine, f"http://127.0.0.1:{server.server_port}/obras.csv"
        server.shutdown()


def get(url: str, folder: Path) -> Snapshot:
    pipeline = ResourcePipeline.model_validate({"source": {"kind": "http", "url": url}})
    resource = Resource("obras", "obras.csv", {"schema": {"fields": []}}, pipeline, None)
    return fetch(resource, folder, None, folder / "raw", limits=Limits(timeout=10))


def test_the_rest_is_asked_for_until_all_is_there(cutting, tmp_path):
    handler, url = cutting
    snapshot = get(url, tmp_path)
    assert snapshot.sha256 == hashlib.sha256(BODY).hexdigest()
    assert (tmp_path / "raw").read_bytes() == BODY
    assert handler.asked == ["", *(f"bytes={n * PART}-" for n in range(1, 5))]


@pytest.mark.parametrize(
    "way",
    [
        {"ranges": False},
        {"etag": 'W/"v1"'},  # a weak mark does not tell of bytes
        {"encoding": "gzip"},
        {"changes": True},  # another version since
        {"body": BODY * 3},  # cut more often than anybody's patience
    ],
)
def test_nothing_is_pieced_together_that_may_be_of_two_versions(cutting, tmp_path, way):
    handler, url = cutting
    for name, value in way.items():
        setattr(handler, name, value)
    with pytest.raises(SourceUnavailable):
        get(url, tmp_path)
    assert len(handler.asked) == {"changes": 2, "body": 6}.get(next(iter(way)), 1)
