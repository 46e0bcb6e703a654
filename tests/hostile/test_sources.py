"""Sources that lie: each ends as `failed`, in a sentence that names the source and what it sent, in time and
in little memory."""

from __future__ import annotations

import gzip
import json
import os
import socket
import threading
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from catalog.archive.archive import Archive
from pipelines.dataset.dataset import Dataset, Resource, load_datasets
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.fetch import fetch
from pipelines.fetch.access import Access, TrelloAccount
from pipelines.fetch.addresses import Reach, is_inner, is_inner_name
from pipelines.fetch.snapshot import Snapshot, SourceError, SourceUnavailable
from pipelines.release.difference import open_side
from pipelines.settings import Limits
from tests.support.cities import City, csv, declaration
from tests.support.liars import Liar, lying_server, respond

pytestmark = pytest.mark.usefixtures("english")
BODY = b"id,nombre,monto\n1,Plaza,2\n"


@pytest.fixture
def liar():
    with lying_server() as made:
        yield made


def table(**source: Any) -> Resource:
    made = ResourcePipeline.model_validate({"source": source})
    return Resource("obras", "obras.csv", {"schema": {"fields": []}}, made, None)


def get(url: str, folder: Path, previous: Snapshot | None = None, **limits: Any) -> Snapshot:
    bounds = Limits(**{"timeout": 5.0, "fetch_seconds": 10.0, **limits})
    return fetch(table(kind="http", url=url), folder, previous, folder / "raw", limits=bounds)


# --- marks of versions


@pytest.mark.parametrize(
    "mark",
    ['"a\nX: y"', '"ñ"', '"\u20ac"', '"\x00"', "x" * 5000],
    ids=["line", "latin-1", "euro", "nul", "long"],
)
def test_a_stored_mark_that_cannot_be_sent_is_not_sent(liar: Liar, tmp_path, mark):
    liar.answers["/a"] = respond(BODY)
    known = Snapshot("obras", liar.url("/a"), "0" * 64, 3, None, etag=mark, last_modified=mark)
    assert get(liar.url("/a"), tmp_path, known).bytes == len(BODY)
    assert b"If-None-Match" not in liar.heard[0]
    assert b"If-Modified-Since" not in liar.heard[0]


def test_a_mark_that_cannot_be_sent_is_not_kept(liar: Liar, tmp_path):
    liar.answers["/a"] = respond(BODY, ETag='"\xf1"', Last_Modified="\xf1")
    snapshot = get(liar.url("/a"), tmp_path)
    assert (snapshot.etag, snapshot.last_modified) == (None, None)


# --- packing


def test_gzip_within_gzip_is_refused_unopened(liar: Liar, tmp_path):
    bomb = gzip.compress(gzip.compress(bytes(50_000_000), mtime=0))
    liar.answers["/a"] = respond(bomb, Content_Encoding="gzip, gzip")
    with pytest.raises(SourceError, match=r"/a sent its answer packed as 'gzip, gzip'"):
        get(liar.url("/a"), tmp_path)


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip,identity,gzip", "x" * 3000])
def test_a_packing_that_nobody_asked_for(liar: Liar, tmp_path, coding):
    liar.answers["/a"] = respond(BODY, Content_Encoding=coding)
    with pytest.raises(SourceError, match="which nobody asked for"):
        get(liar.url("/a"), tmp_path)


def test_a_small_answer_that_unpacks_to_much(liar: Liar, tmp_path):
    liar.answers["/a"] = respond(gzip.compress(bytes(60_000_000), mtime=0), Content_Encoding="gzip")
    with pytest.raises(SourceError, match="unpack to more than 250 times as many"):
        get(liar.url("/a"), tmp_path)
    assert (tmp_path / "raw").stat().st_size < 40_000_000


@pytest.mark.parametrize(
    ("packed", "coding"),
    [
        (gzip.compress(BODY, mtime=0), "gzip"),
        (gzip.compress(BODY[:5], mtime=0) + gzip.compress(BODY[5:], mtime=0), "x-gzip"),
        (gzip.compress(BODY, mtime=0) + bytes(9), "GZIP"),
        (zlib.compress(BODY), "deflate"),
        (zlib.compress(BODY)[2:-4], "deflate"),
        (BODY, "identity"),
    ],
)
def test_what_is_packed_as_it_says_is_unpacked(liar: Liar, tmp_path, packed, coding):
    liar.answers["/a"] = respond(packed, Content_Encoding=coding)
    get(liar.url("/a"), tmp_path)
    assert (tmp_path / "raw").read_bytes() == BODY


@pytest.mark.parametrize(
    "packed", [BODY, gzip.compress(BODY, mtime=0)[:-9], gzip.compress(BODY, mtime=0) + b"more"]
)
def test_what_is_not_packed_as_it_says(liar: Liar, tmp_path, packed):
    liar.answers["/a"] = respond(packed, Content_Encoding="gzip")
    with pytest.raises(SourceUnavailable, match="not compressed as it says"):
        get(liar.url("/a"), tmp_path)


def test_large_blocks_are_unpacked_whole(liar: Liar, tmp_path):
    body = os.urandom(3_000_000) + bytes(5_000_000)
    liar.answers["/a"] = respond(gzip.compress(body, mtime=0), Content_Encoding="gzip")
    get(liar.url("/a"), tmp_path)
    assert (tmp_path / "raw").read_bytes() == body


# --- time


def drip(text: bytes) -> Any:
    def answer(connection: socket.socket) -> None:
        for place in range(len(text)):
            connection.sendall(text[place : place + 1])
            time.sleep(0.05)

    return answer


def test_a_head_that_drips_is_left_in_time(liar: Liar, tmp_path):
    liar.answers["/a"] = drip(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 100)
    with pytest.raises(SourceUnavailable, match=r"/a did not answer properly \(no answer in 0\.3 s\)"):
        get(liar.url("/a"), tmp_path, timeout=0.3)


def test_a_body_that_drips_is_left_in_time(liar: Liar, tmp_path):
    liar.answers["/a"] = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 900)
    with pytest.raises(SourceUnavailable, match=r"more than 3\.0 s"):
        get(liar.url("/a"), tmp_path, fetch_seconds=3.0)


def test_redirects_share_the_time_of_all(liar: Liar, tmp_path):
    def slow(connection: socket.socket) -> None:
        time.sleep(0.4)
        connection.sendall(respond(status="302 Found", Location="/a"))

    liar.answers["/a"] = slow
    with pytest.raises(SourceUnavailable, match=r"more than 1\.0 s"):
        get(liar.url("/a"), tmp_path, fetch_seconds=1.0)


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/9.9 OK\r\n\r\n",
        b"\x00" * 5000,
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 2_000_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
def test_what_is_no_http_is_told(liar: Liar, tmp_path, sent):
    liar.answers["/a"] = sent
    with pytest.raises(SourceUnavailable, match="/a did not answer properly"):
        get(liar.url("/a"), tmp_path)


@pytest.mark.parametrize("wait", ["9" * 400, "-1", "٣", "1e9999", "Thu, 99 Foo 99999 99:99:99 GMT", "\xf1"])
def test_a_wait_that_is_none(liar: Liar, tmp_path, wait):
    liar.answers["/graphql"] = respond(b"no", "503 Later", Retry_After=wait.encode("utf-8").decode("latin-1"))
    with pytest.raises(SourceUnavailable, match="answered 503"):
        ask_consul(liar, tmp_path)


# --- where it leads


@pytest.mark.parametrize(
    "location",
    [
        "http://[::1",
        "http://" + "a" * 300 + ".com/",
        "http://xn--a.example/",
        "//\udcff/",
        "javascript:a",
        "",
        "http://",
    ],
)
def test_a_redirect_to_no_address(liar: Liar, tmp_path, location):
    liar.answers["/a"] = respond(
        status="302 Found", Location=location.encode("utf-8", "surrogateescape").decode("latin-1")
    )
    with pytest.raises(SourceError):
        get(liar.url("/a"), tmp_path)


INNER = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
]


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_known(address):
    assert is_inner(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "190.210.0.1", "2800:3f0:4002::1", "64:ff9b::808:808"])
def test_a_public_address_is_known(address):
    assert not is_inner(address)


def test_names_of_inner_networks():
    inner = ("localhost", "LOCALHOST.", "intranet", "a.b.internal", "datos.local", "10.0.0.1", "2130706433")
    assert [name for name in inner if not is_inner_name(name)] == []
    assert not is_inner_name("datos.buenosaires.gob.ar")


def answers_of_dns(monkeypatch, **names: list[str]) -> None:
    known = {name.replace("_", "."): addresses for name, addresses in names.items()}

    def getaddrinfo(host, port, *_args, **_more):
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in known.get(host, [host])
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1"])
def test_a_public_name_that_dns_leads_inside_is_refused(tmp_path, monkeypatch, address):
    answers_of_dns(monkeypatch, datos_example_com=["8.8.8.8", address])
    with pytest.raises(SourceError, match=r"datos\.example\.com, which is an inner address here"):
        get("http://datos.example.com/a", tmp_path)


def test_a_public_name_is_let_in_where_the_settings_say_so(liar: Liar, tmp_path, monkeypatch):
    answers_of_dns(monkeypatch, datos_example_com=["127.0.0.1"])
    liar.answers["/a"] = respond(BODY)
    url = f"http://datos.example.com:{liar.port}/a"
    assert get(url, tmp_path, inner_hosts=("datos.example.com",)).bytes == len(BODY)
    assert b"Host: datos.example.com" in liar.heard[0]


def test_a_redirect_does_not_lead_inside(tmp_path, monkeypatch):
    answers_of_dns(monkeypatch, datos_example_com=["8.8.8.8"])
    reach = Reach("datos.example.com", "source.url")
    assert reach.resolve("datos.example.com", 80) == ["8.8.8.8"]
    for host in ("127.0.0.1", "169.254.169.254", "2130706433", "localhost", "::1"):
        answers_of_dns(monkeypatch, **{"2130706433": ["127.0.0.1"], "localhost": ["::1", "127.0.0.1"]})
        with pytest.raises(SourceError, match="inner address"):
            reach.resolve(host, 80)
        with pytest.raises(SourceError, match="inner address"):
            reach.check_name(host)


def test_from_an_inner_host_only_that_host_is_reached(liar: Liar, tmp_path):
    liar.answers["/b"] = respond(BODY)
    liar.answers["/a"] = respond(status="302 Found", Location=liar.url("/b"))
    assert get(liar.url("/a"), tmp_path).bytes == len(BODY)
    liar.answers["/a"] = respond(status="302 Found", Location="http://169.254.169.254/latest/meta-data/")
    with pytest.raises(SourceError, match=r"leads to 169\.254\.169\.254, which is an inner address"):
        get(liar.url("/a"), tmp_path)


def test_what_dns_says_later_does_not_count(liar: Liar, tmp_path, monkeypatch):
    """The address that was looked at is the one that is asked: DNS is asked once for each connection."""
    asked = []

    def getaddrinfo(host, port, *_args, **_more):
        asked.append(host)
        address = host if host[0].isdigit() else "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr("pipelines.fetch.addresses.socket.getaddrinfo", getaddrinfo)
    liar.answers["/a"] = respond(BODY)
    get(f"http://localhost:{liar.port}/a", tmp_path)
    assert asked[0] == "localhost"
    assert "localhost" not in asked[1:]


# --- credentials

SECRETS = TrelloAccount(SecretStr("clave-secreta"), SecretStr("token-secreto"))


def ask_trello(liar: Liar, folder: Path) -> Snapshot:
    account = TrelloAccount(SECRETS.key, SECRETS.token, liar.url(""))
    source = table(kind="trello", board="abcd1234")
    limits = Limits(timeout=5.0, fetch_seconds=10.0)
    return fetch(source, folder, None, folder / "raw", limits=limits, access=Access(account))


BOARD_PATH = "/1/boards/abcd1234"


def test_a_token_goes_to_its_own_origin_alone(liar: Liar, tmp_path):
    with lying_server() as other:
        other.answers["/b"] = respond(b"{}")
        liar.answers[BOARD_PATH] = respond(status="302 Found", Location=other.url("/b"))
        with pytest.raises(SourceError):
            ask_trello(liar, tmp_path)
        assert b"secret" in liar.heard[0]
        assert len(other.heard) == 1
        assert b"secret" not in other.heard[0]


def test_the_password_of_an_address_goes_to_its_own_origin_alone(liar: Liar, tmp_path):
    with lying_server() as other:
        other.answers["/b"] = respond(BODY)
        liar.answers["/a"] = respond(status="302 Found", Location=other.url("/b"))
        get(liar.url("/a").replace("://", "://usuario:secreto@"), tmp_path)
        assert b"Authorization: Basic" in liar.heard[0]
        assert b"Authorization" not in other.heard[0]


# --- answers of interfaces


def ask_consul(liar: Liar, folder: Path, query: str = "proposals") -> Snapshot:
    source = table(kind="consul", url=liar.url("/graphql"), query=query)
    return fetch(source, folder, None, folder / "raw", limits=Limits(timeout=5.0, fetch_seconds=10.0))


def page(nodes: Any, info: Any = None) -> bytes:
    edges = [{"node": node} for node in nodes] if isinstance(nodes, list) else nodes
    return json.dumps(
        {
            "data": {
                "proposals": {"edges": edges, "pageInfo": info or {"hasNextPage": False, "endCursor": None}}
            }
        }
    ).encode()


def node(**parts: Any) -> dict[str, Any]:
    tags = {"edges": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    return {"id": "1", "tags": tags, **parts}


GRAPHQL = {
    "no id": page([{"tags": node()["tags"]}]),
    "id is an object": page([node(id={"a": 1})]),
    "id is a list": page([node(id=[1])]),
    "id is null": page([node(id=None)]),
    "id is huge": page([node(id="x" * 10_000)]),
    "tags are null": page([node(tags=None)]),
    "tags are a list": page([node(tags=[1])]),
    "tags without pages": page([node(tags={"edges": []})]),
    "zone is a text": page([node(geozone="centro")]),
    "node is null": page([None]),
    "node is a number": page([7]),
    "edges are an object": page({"a": 1}),
    "pageInfo is a list": page([node()], [1]),
    "hasNextPage is a text": page([node()], {"hasNextPage": "no", "endCursor": None}),
    "cursor is an object": page([node()], {"hasNextPage": True, "endCursor": {"a": []}}),
    "cursor is a list": page([node()], {"hasNextPage": True, "endCursor": ["MQ"]}),
    "cursor is null": page([node()], {"hasNextPage": True, "endCursor": None}),
    "data is a list": b'{"data": [1]}',
    "data is a text": b'{"data": "proposals"}',
    "data is deep": b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "errors are deep": b'{"errors": ' + b'[{"message":' * 20_000 + b"1" + b"}]" * 20_000 + b"}",
    "errors are odd": b'{"errors": {"a": 1}}',
    "a long number": b'{"data": ' + b"1" * 10_000 + b"}",
    "not a number": b'{"data": {"proposals": NaN}}',
    "a lone surrogate": page([node(id="\ud800", tags=None)]),
    "not UTF-8": b'{"data": "\xff"}',
    "nothing": b"",
}


@pytest.mark.parametrize("sent", GRAPHQL.values(), ids=GRAPHQL.keys())
def test_an_answer_of_the_wrong_shape_is_told(liar: Liar, tmp_path, sent):
    liar.answers["/graphql"] = respond(sent)
    with pytest.raises(SourceError, match="/graphql") as caught:
        ask_consul(liar, tmp_path)
    assert len(str(caught.value)) < 600


BOARD: dict[str, Any] = {
    "id": "b",
    "name": "Tablero",
    "lists": [{"id": "l", "name": "L"}],
    "cards": [{"id": "c"}],
}
BOARDS = {
    "cards of numbers": {"cards": [1]},
    "card without id": {"cards": [{}]},
    "card id is a list": {"cards": [{"id": []}]},
    "badges are a list": {"cards": [{"id": "c", "badges": [1]}]},
    "attachments are an object": {"cards": [{"id": "c", "attachments": {"a": 1}}]},
    "attachment is null": {"cards": [{"id": "c", "attachments": [None]}]},
    "labels of texts": {"cards": [{"id": "c", "labels": ["rojo"]}]},
    "label ids of objects": {"cards": [{"id": "c", "idLabels": [{}]}]},
    "custom item without field": {"cards": [{"id": "c", "customFieldItems": [{"value": {"text": "a"}}]}]},
    "custom value is a list": {
        "cards": [{"id": "c", "customFieldItems": [{"idCustomField": "f", "value": [1]}]}]
    },
    "option id is a list": {
        "cards": [{"id": "c", "customFieldItems": [{"idCustomField": "f", "idValue": []}]}]
    },
    "list without id": {"lists": [{"name": "a"}]},
    "lists are an object": {"lists": {"id": "l"}},
    "board labels of texts": {"labels": ["a"]},
    "custom fields of numbers": {"customFields": [1]},
    "options are an object": {"customFields": [{"id": "f", "options": {"a": 1}}]},
    "option value is a text": {"customFields": [{"id": "f", "options": [{"id": "o", "value": "a"}]}]},
    "checklists of texts": {"checklists": ["a"]},
    "checklist of a list": {"checklists": [{"idCard": []}]},
    "items are a number": {"checklists": [{"idCard": "c", "checkItems": 1}]},
}


@pytest.mark.parametrize("change", BOARDS.values(), ids=BOARDS.keys())
def test_a_board_of_the_wrong_shape_is_told(liar: Liar, tmp_path, change):
    liar.answers[BOARD_PATH] = respond(json.dumps(BOARD | change).encode())
    with pytest.raises(SourceError, match=f"{BOARD_PATH} answered") as caught:
        ask_trello(liar, tmp_path)
    assert "secret" not in str(caught.value)


def test_a_board_that_is_nested_too_deeply(liar: Liar, tmp_path):
    liar.answers[BOARD_PATH] = respond(b'{"cards":' + b"[" * 200_000 + b"]" * 200_000 + b"}")
    with pytest.raises(SourceError, match="nested too deeply"):
        ask_trello(liar, tmp_path)


CKANS = {
    "an id is an object": {"count": 1, "results": [{"id": {"a": 1}}]},
    "an id is a list": {"count": 1, "results": [{"id": []}]},
    "a dataset is a text": {"count": 1, "results": ["a"]},
    "datasets are an object": {"count": 1, "results": {}},
    "no count": {"results": []},
    "the count is a text": {"count": "1", "results": []},
    "more than there are": {"count": 10**30, "results": []},
    "the same again and again": {"count": 10**30, "results": [{"id": "a"}]},
}


@pytest.mark.parametrize("result", CKANS.values(), ids=CKANS.keys())
def test_a_catalogue_of_the_wrong_shape_is_told(liar: Liar, tmp_path, result):
    liar.answers["/api/3/action/package_search"] = respond(
        json.dumps({"success": True, "result": result}).encode()
    )
    source = table(kind="ckan", url=liar.url(""), list="files")
    with pytest.raises(SourceError, match=str(liar.port)):
        fetch(source, tmp_path, None, tmp_path / "raw", limits=Limits(timeout=5, fetch_seconds=10))


# --- files that are none


@pytest.mark.parametrize("kind", ["pipe", "device", "socket"])
def test_a_source_that_is_no_file_fails_at_once(tmp_path, kind):
    city = City(tmp_path)
    city.declare(declaration("obras"), datos=csv("1,Plaza,2"))
    place = city.datasets / "obras" / "source" / "datos.csv"
    place.unlink()
    listening = socket.socket(socket.AF_UNIX)
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "device":
        os.mknod(place, 0o666 | 0o020000, os.makedev(1, 5))
    else:
        here = Path.cwd()
        os.chdir(place.parent)
        try:
            listening.bind(place.name)
        finally:
            os.chdir(here)
    answers: list[Any] = []
    asked = threading.Thread(target=lambda: answers.append(city.outcome("obras")), daemon=True)
    asked.start()
    asked.join(60)
    listening.close()
    assert answers[0].outcome == "failed"
    assert "no se puede leer source/datos.csv" in answers[0].message


def test_a_declaration_that_is_no_file_is_its_own_fault(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("obras"), datos=csv("1,Plaza,2"))
    (city.datasets / "pipe").mkdir()
    os.mkfifo(city.datasets / "pipe" / "datapackage.yaml")
    found = load_datasets(city.datasets)
    assert isinstance(found[0], Dataset)
    assert "pipe/datapackage.yaml: cannot be read (it is no file but a pipe" in str(found[1])


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir], ids=["pipe", "folder"])
def test_what_is_compared_is_a_file(tmp_path, make):
    make(tmp_path / "a.csv")
    with pytest.raises(OSError, match=r"."):
        open_side(str(tmp_path / "a.csv"), Archive.open(tmp_path / "archive"), tmp_path / "room")
