"""Files that come in pieces, as a program sends them that knows tus: cut anywhere, it goes on where it
stopped, and the archive has the file byte for byte, once; nobody goes on with another's."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tusclient.client import TusClient

from pipelines.web.desk import uploads as stored
from tests.support.cities import City
from tests.support.desks import Counter, open_counter

MEGABYTES = int(os.environ.get("TEST_UPLOAD", "6"))
"""Of the file that is cut and sent again: `make test-long` has 500."""
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def counter(city: City) -> Iterator[Counter]:
    with open_counter(city) as opened:
        yield opened


class Program:
    """A program of an agency."""

    def __init__(self, counter: Counter, agency: str = "obras-publicas"):
        self.counter = counter
        self.key = {"Authorization": f"Bearer {counter.keys[agency]}"}
        self.begun = f"{counter.address}mesa/api/cargas"

    def uploader(self, file: Any, **more: Any) -> Any:
        about = {"dataset": "obras/obras", "filename": "mayo.csv"}
        return TusClient(self.begun, headers=self.key).uploader(file_stream=file, metadata=about, **more)

    def begin(self, length: int, **about: str) -> httpx.Response:
        said = {"dataset": "obras/obras", "filename": "mayo.csv", **about}
        pairs = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
        headers = {**TUS, **self.key, "Upload-Length": str(length), "Upload-Metadata": pairs}
        return httpx.post(self.begun, headers=headers)

    def patch(self, url: str, content: bytes, offset: int, **headers: str) -> httpx.Response:
        kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
        return httpx.patch(url, content=content, headers={**TUS, **self.key, **kind, **headers}, timeout=60)

    def head(self, url: str) -> httpx.Response:
        return httpx.head(url, headers={**TUS, **self.key}, timeout=60)

    def url(self, answer: httpx.Response) -> str:
        assert answer.status_code == 201, answer.text
        return str(httpx.URL(self.begun).join(answer.headers["location"]))


def cut(program: Program, url: str, content: bytes, offset: int, promised: int) -> None:
    """Sends a part of a piece, and breaks off."""
    parts = urlsplit(url)
    head = (
        f"PATCH {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nTus-Resumable: 1.0.0\r\n"
        f"Authorization: {program.key['Authorization']}\r\nUpload-Offset: {offset}\r\n"
        f"Content-Type: application/offset+octet-stream\r\nContent-Length: {promised}\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port)) as line:
        line.sendall(head.encode() + content)


def test_a_large_file_is_cut_and_goes_on(counter: Counter, tmp_path: Path):
    program, file = Program(counter), tmp_path / "grande.csv"
    block, sha256 = os.urandom(1 << 20), hashlib.sha256()
    with file.open("wb") as out:
        for number in range(MEGABYTES):
            piece = block[number % 256 :] + block[: number % 256]
            out.write(piece)
            sha256.update(piece)
    size = file.stat().st_size
    with file.open("rb") as source:
        first = program.uploader(source, chunk_size=size // 5)
        first.upload(stop_at=size // 3)  # the program is killed
    there = int(program.head(first.url).headers["upload-offset"])
    assert 0 < there < size
    with file.open("rb") as source:
        source.seek(there)
        cut(program, first.url, source.read(300_000), there, size - there)  # the network is
    for _look in range(200):
        now = int(program.head(first.url).headers["upload-offset"])
        if now == there + 300_000:
            break
    assert now > there  # what came counts
    assert counter.receipts() == []
    with file.open("rb") as source:
        again = program.uploader(source, chunk_size=size // 5 + 7, url=first.url, upload_checksum=True)
        again.upload()
    (receipt,) = counter.receipts()
    assert (receipt.sha256, receipt.bytes, receipt.name) == (sha256.hexdigest(), size, "mayo.csv")
    assert counter.started == [("obras", 1)]
    done = program.head(first.url)
    assert done.headers["upload-offset"] == str(size)
    told = httpx.get(done.headers["vereda-receipt"], headers=program.key).json()
    assert (told["number"], told["state"]) == (1, "waiting")
    assert httpx.get(first.url, headers=program.key).json()["state"] == "received"
    kept = counter.city.folder / "desk" / "uploads"
    assert sum(path.stat().st_size for path in kept.rglob("file")) == 0


def test_only_its_owner_goes_on(counter: Counter):
    program, other = Program(counter), Program(counter, "ministerio-salud")
    url = program.url(program.begin(10))
    assert other.head(url).status_code == 404
    assert other.patch(url, b"12345", 0).status_code == 404
    assert httpx.delete(url, headers={**TUS, **other.key}).status_code == 404
    assert httpx.get(url, headers=other.key).status_code == 404
    assert httpx.head(url, headers=TUS).status_code == 401
    browser = counter.browser("obras-publicas")  # a session is no key: other sites could use it
    assert browser.patch(url, content=b"12345", headers={**TUS, "Upload-Offset": "0"}).status_code == 401
    assert program.head(url).headers["upload-offset"] == "0"
    assert other.begin(10).status_code == 403
    for guess in ("A" * 32, "..%2f..%2fetc", "%00"):
        assert program.head(f"{program.begun}/{guess}").status_code in (404, 405)


def test_what_a_piece_must_be(counter: Counter):
    program = Program(counter)
    url = program.url(program.begin(10))
    assert program.patch(url, b"1234", 3).status_code == 409
    assert program.patch(url, b"1" * 11, 0).status_code == 413
    assert program.patch(url, b"1234", 0, **{"Content-Type": "text/csv"}).status_code == 415
    assert program.patch(url, b"1234", 0, **{"Tus-Resumable": "0.2.2"}).status_code == 412
    wrong = base64.b64encode(hashlib.sha1(b"1235").digest()).decode()
    assert program.patch(url, b"1234", 0, **{"Upload-Checksum": f"sha1 {wrong}"}).status_code == 460
    assert program.patch(url, b"1234", 0, **{"Upload-Checksum": "crc32 AAAA"}).status_code == 400
    assert program.head(url).headers["upload-offset"] == "0"
    right = base64.b64encode(hashlib.sha256(b"1234").digest()).decode()
    assert program.patch(url, b"1234", 0, **{"Upload-Checksum": f"sha256 {right}"}).status_code == 204
    assert program.patch(url, b"1234", 0).status_code == 409  # sent twice: not added twice
    assert program.head(url).headers["upload-offset"] == "4"
    assert httpx.delete(url, headers={**TUS, **program.key}).status_code == 204
    assert program.head(url).status_code == 404
    assert counter.receipts() == []


def test_what_an_upload_must_be(counter: Counter, monkeypatch):
    program = Program(counter)
    said = httpx.options(program.begun)
    assert said.headers["tus-version"] == "1.0.0"
    assert "termination" in said.headers["tus-extension"]
    most = int(said.headers["tus-max-size"])
    assert program.begin(most + 1).status_code == 413  # before a byte was sent
    assert program.begin(0).status_code == 422
    assert httpx.post(program.begun, headers={**TUS, **program.key}).status_code == 400
    assert httpx.post(program.begun, headers={**TUS, "Upload-Length": "5"}).status_code == 401
    url = program.url(program.begin(5, period="nunca", filename="../../etc/passwd"))
    late = program.patch(url, b"id\n1\n", 0)
    assert (late.status_code, "nunca" in late.json()["error"]) == (422, True)
    assert httpx.get(url, headers=program.key).json()["state"] == "refused"
    monkeypatch.setattr(stored, "MOST_OPEN", 2)
    program.url(program.begin(5))
    program.url(program.begin(5))
    assert program.begin(5).status_code == 429
    assert counter.receipts() == []


def test_what_nobody_went_on_with_is_swept(counter: Counter):
    program = Program(counter)
    url = program.url(program.begin(10))
    uploads = stored.Uploads(counter.city.folder / "desk" / "uploads", counter.city.clock)
    place = uploads.place(next(uploads.all()).link)
    for ago, status in ((timedelta(minutes=1), 200), (-timedelta(minutes=1), 404)):
        changed = (counter.city.moment - stored.KEPT + ago).timestamp()
        for path in (*place.iterdir(), place):
            os.utime(path, (changed, changed))
        uploads.sweep()
        assert program.head(url).status_code == status


def test_a_file_that_was_whole_when_the_desk_was_killed_gets_its_receipt(counter: Counter):
    program = Program(counter)
    url = program.url(program.begin(5))
    place = counter.city.folder / "desk" / "uploads" / url.rpartition("/")[2]
    (place / "file").write_bytes(b"id\n1\n")
    assert program.head(url).headers["vereda-receipt"].endswith("/recibos/obras/1")
    assert program.head(url).headers["vereda-receipt"].endswith("/recibos/obras/1")
    assert len(counter.receipts()) == 1
