"""A source is asked politely, taken at its word only as far as its bytes go, and its failures say what to do
next."""

from __future__ import annotations

import gzip
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipelines.dataset.dataset import Resource
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.fetch import fetch
from pipelines.fetch.errors import without_login
from pipelines.fetch.snapshot import Snapshot, SourceError, SourceUnavailable
from pipelines.settings import Limits

BODY = b"id,nombre\n1,Plaza \xf1\n"
SHA256 = hashlib.sha256(BODY).hexdigest()


pytestmark = pytest.mark.usefixtures("english")


def resource(**source: Any) -> Resource:
    return Resource(
        "obras",
        "obras.csv",
        {"schema": {"fields": []}},
        ResourcePipeline.model_validate({"source": source}),
        None,
    )


def get(url: str, folder: Path, previous: Snapshot | None = None, **limits: Any) -> Snapshot:
    return fetch(
        resource(kind="http", url=url),
        folder,
        previous,
        folder / "raw",
        limits=Limits(**{"timeout": 10, **limits}),
    )


@contextmanager
def raw_server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that says what no well-behaved one does; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            connection, _address = server.accept()
            with connection, suppress(ConnectionError):  # whoever asks may leave at any time
                connection.recv(65536)
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/obras.csv"
        thread.join(10)


def test_bytes_are_kept_as_they_are(httpserver: HTTPServer, tmp_path):
    httpserver.expect_request("/obras.csv").respond_with_data(
        BODY, headers={"ETag": '"a"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
    )
    url = httpserver.url_for("/obras.csv")
    snapshot = get(url, tmp_path)
    assert (tmp_path / "raw").read_bytes() == BODY
    assert snapshot == Snapshot(
        "obras",
        url,
        SHA256,
        len(BODY),
        tmp_path / "raw",
        etag='"a"',
        last_modified="Mon, 01 Jan 2024 00:00:00 GMT",
    )


@pytest.mark.parametrize(
    ("known", "header"),
    [
        ({"etag": '"a"'}, ("If-None-Match", '"a"')),
        ({"last_modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, ("If-Modified-Since",) * 2),
    ],
)
def test_what_did_not_change_is_not_sent_again(httpserver: HTTPServer, tmp_path, known, header):
    name, value = header[0], next(iter(known.values()))
    httpserver.expect_request("/obras.csv", headers={name: value}).respond_with_data(b"", status=304)
    url = httpserver.url_for("/obras.csv")
    previous = Snapshot("obras", url, SHA256, len(BODY), None, **known)
    assert get(url, tmp_path, previous) is previous


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://ana:clave@host/a.csv?anio=2024", "https://host/a.csv?anio=2024"),
        ("https://host/a.csv?anio=2024&token=x#y", "https://host/a.csv?anio=2024&token=%E2%80%A6"),
        ("https://host/a.csv?q=a%20b", "https://host/a.csv?q=a%20b"),
        ("no address at all", "no address at all"),
    ],
)
def test_what_is_kept_of_an_address_lets_nobody_in(url, place):
    assert without_login(url) == place
    assert without_login(place) == place


def test_what_is_known_of_another_address_is_not_said(httpserver: HTTPServer, tmp_path):
    def handler(request: Request) -> Response:
        return Response(b"", status=304) if "If-None-Match" in request.headers else Response(BODY)

    httpserver.expect_request("/obras.csv").respond_with_handler(handler)
    previous = Snapshot("obras", "http://127.0.0.1/other.csv", SHA256, 1, None, etag='"a"')
    assert get(httpserver.url_for("/obras.csv"), tmp_path, previous).sha256 == SHA256


def test_nobody_asked_whether_it_changed(httpserver: HTTPServer, tmp_path):
    httpserver.expect_request("/obras.csv").respond_with_data(b"", status=304)
    previous = Snapshot("obras", "http://127.0.0.1/other.csv", SHA256, 1, None, etag='"a"')
    with pytest.raises(SourceError, match="answered 304"):
        get(httpserver.url_for("/obras.csv"), tmp_path, previous)


@pytest.mark.parametrize("status", [204, 206, 401, 403, 404, 410])
def test_the_publisher_must_be_asked(httpserver: HTTPServer, tmp_path, status):
    httpserver.expect_request("/obras.csv").respond_with_data("no", status=status)
    with pytest.raises(
        SourceError, match=rf"/obras.csv answered {status}; correct source.url or ask the publisher"
    ) as caught:
        get(httpserver.url_for("/obras.csv"), tmp_path)
    assert not isinstance(caught.value, SourceUnavailable)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_another_try_may_help(httpserver: HTTPServer, tmp_path, status):
    httpserver.expect_request("/obras.csv").respond_with_data("no", status=status)
    with pytest.raises(SourceUnavailable, match=rf"answered {status}; it is tried again at the next run"):
        get(httpserver.url_for("/obras.csv"), tmp_path)


def test_nobody_listens(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(
        SourceUnavailable,
        match=rf"http://127.0.0.1:{port}/obras.csv did not answer properly \(no connection: ",
    ):
        get(f"http://127.0.0.1:{port}/obras.csv", tmp_path)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nid,nombre\n1,Pla",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nid,no\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"",
    ],
)
def test_cut_in_the_middle(tmp_path, answer):
    with (
        raw_server(lambda connection: connection.sendall(answer)) as url,
        pytest.raises(SourceUnavailable, match="cut in the middle"),
    ):
        get(url, tmp_path)


def test_silence(tmp_path):
    heard = threading.Event()
    with raw_server(lambda _connection: heard.wait(10)) as url:
        with pytest.raises(SourceUnavailable, match=r"no answer in 0\.2 s"):
            get(url, tmp_path, timeout=0.2)
        heard.set()


def test_a_source_that_drips_is_left_in_time(tmp_path):
    def drip(connection: socket.socket) -> None:
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            for _drop in range(1000):
                connection.sendall(b"x")
                time.sleep(0.01)
        except OSError:
            pass  # it was left

    with raw_server(drip) as url, pytest.raises(SourceUnavailable, match=r"more than 0\.1 s"):
        get(url, tmp_path, fetch_seconds=0.1)


def test_redirects_are_followed(httpserver: HTTPServer, tmp_path):
    httpserver.expect_request("/a").respond_with_data(b"", status=302, headers={"Location": "/b"})
    httpserver.expect_request("/b").respond_with_data(BODY)
    snapshot = get(httpserver.url_for("/a"), tmp_path)
    assert (snapshot.sha256, snapshot.source) == (SHA256, httpserver.url_for("/a"))


@pytest.mark.parametrize(
    "target", ["ftp://127.0.0.1/a", "file:///etc/passwd", "http://127.0.0.1:a/", "data:text/csv,a"]
)
def test_redirects_that_lead_nowhere(tmp_path, target):
    answer = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
    with (
        raw_server(lambda connection: connection.sendall(answer)) as url,
        pytest.raises(SourceError, match="no web address") as caught,
    ):
        get(url, tmp_path)
    assert not isinstance(caught.value, SourceUnavailable)


def test_redirects_in_a_circle(httpserver: HTTPServer, tmp_path):
    for here, there in (("/a", "/b"), ("/b", "/a")):
        httpserver.expect_request(here).respond_with_data(b"", status=302, headers={"Location": there})
    with pytest.raises(SourceError, match="/a redirects in a circle"):
        get(httpserver.url_for("/a"), tmp_path)


def test_larger_than_the_limit(httpserver: HTTPServer, tmp_path):
    httpserver.expect_request("/obras.csv").respond_with_data(BODY)
    assert get(httpserver.url_for("/obras.csv"), tmp_path, extract=len(BODY)).bytes == len(BODY)
    with pytest.raises(SourceError, match=f"is larger than {len(BODY) - 1} bytes; raise VEREDA_MAX_BYTES"):
        get(httpserver.url_for("/obras.csv"), tmp_path, extract=len(BODY) - 1)


def test_a_small_answer_that_unpacks_beyond_the_limit(httpserver: HTTPServer, tmp_path):
    httpserver.expect_request("/obras.csv").respond_with_data(
        gzip.compress(bytes(10_000_000)), headers={"Content-Encoding": "gzip"}
    )
    with pytest.raises(SourceError, match="is larger than 1000000 bytes"):
        get(httpserver.url_for("/obras.csv"), tmp_path, extract=1_000_000)


def test_compressed_on_the_way(httpserver: HTTPServer, tmp_path):
    httpserver.expect_request("/obras.csv").respond_with_data(
        gzip.compress(BODY), headers={"Content-Encoding": "gzip"}
    )
    assert get(httpserver.url_for("/obras.csv"), tmp_path).sha256 == SHA256
    httpserver.expect_request("/bad.csv").respond_with_data(BODY, headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceUnavailable, match="not compressed as it says"):
        get(httpserver.url_for("/bad.csv"), tmp_path)


def test_a_compressed_file_stays_compressed(httpserver: HTTPServer, tmp_path):
    packed = gzip.compress(BODY)
    httpserver.expect_request("/obras.csv.gz").respond_with_data(packed, content_type="application/gzip")
    assert get(httpserver.url_for("/obras.csv.gz"), tmp_path).sha256 == hashlib.sha256(packed).hexdigest()


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_secrets_in_an_address_stay_out_of_what_is_told(httpserver: HTTPServer, tmp_path, status):
    headers = {"Location": "ftp://secreto:secreto@127.0.0.1/?k=secreto"} if status == 302 else {}
    httpserver.expect_request("/obras.csv").respond_with_data(BODY, status=status, headers=headers)
    url = httpserver.url_for("/obras.csv").replace("://", "://secreto:secreto@") + "?clave=secreto#secreto"
    with pytest.raises(SourceError) as caught:
        get(url, tmp_path, extract=1)
    assert "secreto" not in str(caught.value)
    assert f"{httpserver.host}:{httpserver.port}/obras.csv?…" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://secreto:x@[::1",
        "http://127.0.0.1:secreto/",
        "http://\x01secreto/",
        "http://secreto:x@127.0.0.1:1/?k=secreto",
    ],
)
def test_secrets_in_an_address_that_is_none(tmp_path, url):
    with pytest.raises(SourceError) as caught:
        get(url, tmp_path)
    assert "secreto" not in str(caught.value)


# --- files in the dataset's folder

VINTAGES = {
    "kind": "file",
    "vintages": [
        {"asOf": "2019-06-01", "path": "source/a.csv"},
        {"asOf": "2024-09-01", "path": "source/b.csv"},
    ],
}


@pytest.fixture
def dataset_folder(tmp_path: Path) -> Path:
    place = tmp_path / "obras"
    (place / "source").mkdir(parents=True)
    (place / "source" / "a.csv").write_bytes(b"a\n1\n")
    (place / "source" / "b.csv").write_bytes(b"b\n1\n")
    (tmp_path / "outside.csv").write_bytes(BODY)
    return place


@pytest.mark.parametrize(
    ("as_of", "path", "told"),
    [
        (None, "source/b.csv", "2024-09-01"),
        (date(2024, 9, 1), "source/b.csv", "2024-09-01"),
        (date(2024, 8, 31), "source/a.csv", "2019-06-01"),
        (date(2019, 6, 1), "source/a.csv", "2019-06-01"),
    ],
)
def test_the_newest_vintage_up_to_a_date(dataset_folder, tmp_path, as_of, path, told):
    snapshot = fetch(resource(**VINTAGES), dataset_folder, None, tmp_path / "raw", as_of)
    assert (snapshot.source, snapshot.as_of) == (path, told)
    assert (tmp_path / "raw").read_bytes() == (dataset_folder / path).read_bytes()


def test_no_vintage_is_so_old(dataset_folder, tmp_path):
    with pytest.raises(SourceError, match="obras has no extract as old as 2019-05-31"):
        fetch(resource(**VINTAGES), dataset_folder, None, tmp_path / "raw", date(2019, 5, 31))


@pytest.mark.parametrize("path", ["source/c.csv", "source"])
def test_a_file_that_is_not_there(dataset_folder, tmp_path, path):
    with pytest.raises(SourceError, match=rf"{path} cannot be read \(.+\); put the extract there"):
        fetch(resource(kind="file", path=path), dataset_folder, None, tmp_path / "raw")


def test_a_link_out_of_the_folder(dataset_folder, tmp_path):
    (dataset_folder / "source" / "link.csv").symlink_to(tmp_path / "outside.csv")
    with pytest.raises(SourceError, match="lies outside the dataset's folder"):
        fetch(resource(kind="file", path="source/link.csv"), dataset_folder, None, tmp_path / "raw")


def test_a_file_beyond_the_limit(dataset_folder, tmp_path):
    with pytest.raises(SourceError, match="is larger than 3 bytes"):
        fetch(
            resource(kind="file", path="source/a.csv"),
            dataset_folder,
            None,
            tmp_path / "raw",
            limits=Limits(extract=3),
        )


def test_a_full_disk_is_not_the_sources_fault(dataset_folder):
    with pytest.raises(OSError, match="No space left") as caught:
        fetch(resource(kind="file", path="source/a.csv"), dataset_folder, None, Path("/dev/full"))
    assert not isinstance(caught.value, SourceError)
