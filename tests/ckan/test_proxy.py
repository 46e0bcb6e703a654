"""The misbehaving proxy: what the client meets, and what the server behind it saw."""

from __future__ import annotations

import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.support.ckan.proxy import Cut, Lost, Proxy, Refused, Silence

BODY = os.urandom(1_000_000)


class Server(ThreadingHTTPServer):
    """Answers each POST with its body, and keeps what it got."""

    def __init__(self):
        self.got = []
        super().__init__(("127.0.0.1", 0), Echo)


class Echo(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(body)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Server() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        yield server
        server.shutdown()


@pytest.fixture
def proxy(server):
    with Proxy(f"http://127.0.0.1:{server.server_port}") as proxy:
        yield proxy


def post(proxy, action="package_revise", timeout=10):
    return httpx.post(f"{proxy.url}/api/3/action/{action}", content=BODY, timeout=timeout)


def test_what_is_not_spoilt_passes_whole(proxy, server):
    assert post(proxy).content == BODY
    assert server.got == [BODY]
    assert [(seen.method, seen.path, seen.fault) for seen in proxy.seen] == [
        ("POST", "/api/3/action/package_revise", None)
    ]


def test_only_the_expected_request_is_spoilt(proxy):
    proxy.expect(Refused(503), on="revise", skip=1, times=2)
    actions = [
        "package_show",
        "package_revise",
        "package_revise",
        "package_show",
        "package_revise",
        "package_revise",
    ]
    assert [post(proxy, action).status_code for action in actions] == [200, 200, 503, 200, 503, 200]


def test_a_cut_upload_reaches_the_server_in_part_and_never_ends_well(proxy, server):
    proxy.expect(Cut(after=300_000))
    with pytest.raises(httpx.TransportError):
        post(proxy)
    while not server.got:
        time.sleep(0.01)
    assert server.got == [BODY[:300_000]]


def test_an_answer_is_lost_after_the_work_was_done(proxy, server):
    proxy.expect(Lost(500))
    proxy.expect(Lost(None))
    assert post(proxy).status_code == 500
    with pytest.raises(httpx.TransportError):
        post(proxy)
    assert server.got == [BODY, BODY]


def test_too_many_requests_is_said_without_the_server(proxy, server):
    proxy.expect(Refused(429, retry_after=7))
    answer = post(proxy)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert server.got == []


def test_a_request_that_nobody_waits_for_any_more_still_arrives(proxy, server):
    proxy.expect(Silence(1))
    with pytest.raises(httpx.ReadTimeout):
        post(proxy, timeout=0.3)
    while not server.got:
        time.sleep(0.01)
    assert server.got == [BODY]


def test_a_body_of_unknown_length_passes_in_pieces(proxy, server, ckan):
    with Proxy(ckan.url) as proxy:
        found = httpx.post(
            f"{proxy.url}/api/3/action/package_search",
            content=iter([b'{"rows"', b": 0}"]),
            headers={"Content-Type": "application/json"},
        )
    assert found.json()["result"]["results"] == []
