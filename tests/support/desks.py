"""The desk of a small city: two agencies with a key each, and who signs people in."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from pipelines.agency.tokens import issue_token
from pipelines.settings import DEFAULT_LIMITS
from pipelines.web.desk.answers import Answers
from pipelines.web.desk.checking import Checker
from pipelines.web.desk.deliveries import Deliveries
from pipelines.web.desk.desk import Desk
from pipelines.web.desk.identity import MARK
from pipelines.web.forms import Pace
from pipelines.web.portal import ReportDesk, portal_application
from tests.support.cities import City, csv, declaration
from tests.support.sites import serve_application

INBOX = {"kind": "inbox"}


def wait_for_page(url: httpx.URL) -> httpx.Response:
    """A page of the desk once it no longer looks again by itself."""
    for _look in range(1200):
        page = httpx.get(url, timeout=60)
        if 'http-equiv="refresh"' not in page.text:
            return page
        time.sleep(0.05)
    raise AssertionError("it is still waiting")


def follow_answer(address: str, sent: httpx.Response) -> httpx.Response:
    """The answer to a file that was sent to be checked, once it is there."""
    assert sent.status_code == 303, sent.text
    return wait_for_page(httpx.URL(f"{address}mesa/").join(sent.headers["location"]))


@dataclass
class Counter:
    """The desk of a city, with the keys of two of its agencies."""

    city: City
    address: str
    keys: dict[str, str]
    started: list[tuple[str, int]]
    desk: Desk
    open: list[httpx.Client] = field(default_factory=list)

    def form(self, content: bytes, key: str, dataset: str = "obras/obras", **fields: str) -> httpx.Response:
        return httpx.post(
            f"{self.address}mesa/entregar",
            files={"archivo": ("mayo.csv", content)},
            data={"conjunto": dataset, "clave": key, **fields},
            timeout=60,
        )

    def call(self, content: bytes, key: str, dataset: str = "obras/obras", **headers: str) -> httpx.Response:
        return httpx.post(
            f"{self.address}mesa/api/entregas/{dataset}?nombre=mayo.csv",
            content=content,
            headers={"Authorization": f"Bearer {key}", **headers},
            timeout=60,
        )

    def receipts(self, dataset: str = "obras") -> list[Any]:
        return self.city.archive.receipts(dataset, False).all()

    def visitor(self, **cookies: str) -> httpx.Client:
        """A browser with these cookies, closed when the desk is."""
        origin = {"Origin": self.address.rstrip("/")}
        client = httpx.Client(base_url=self.address, timeout=60, headers=origin, cookies=cookies)
        self.open.append(client)
        return client

    def browser(self, agency: str = "") -> httpx.Client:
        """A browser, where an agency is named signed in with its key."""
        client = self.visitor()
        if agency:
            answer = client.post("mesa/entrar", data={"clave": self.keys[agency]})
            assert answer.status_code == 303, answer.text
        return client

    wait = staticmethod(wait_for_page)

    def send(self, browser: httpx.Client, path: str, page: str, /, **fields: str) -> httpx.Response:
        """Sends a form as the page that has it gave it out, with its mark."""
        return browser.post(path, data={MARK: read_mark(browser.get(page).text), **fields})


def read_mark(page: str) -> str:
    """The mark of the session in a page's forms."""
    found = re.search(rf'name="{MARK}" value="([^"]+)"', page)
    assert found, page
    return found[1]


@contextmanager
def open_counter(city: City, **more: Any) -> Iterator[Counter]:
    """The desk of two agencies' datasets, `obras` and `salud`, over HTTP; `more` goes to the Desk."""
    for name, agency in (("obras", "obras-publicas"), ("salud", "ministerio-salud")):
        made = declaration(name, source=INBOX)
        made["pipeline"]["publisher"] = {"id": agency, "name": agency}
        city.declare(made)
    city.declare(declaration("ajeno"), datos=csv("1,Plaza,10"))
    keys = {
        agency: issue_token(city.archive, city.datasets, agency, 30, "prueba", city.clock())[1]
        for agency in ("obras-publicas", "ministerio-salud")
    }
    started: list[tuple[str, int]] = []
    checker = Checker(Answers(city.folder / "desk", city.clock), city.datasets, city.archive, DEFAULT_LIMITS)
    deliveries = Deliveries(
        *(city.datasets, city.archive, city.inbox, DEFAULT_LIMITS, city.clock),
        lambda dataset, receipt: started.append((dataset, receipt)),
    )
    desk = Desk(checker, lambda table, out: None, deliveries, Pace(from_one=1000, from_all=1000), **more)
    site = city.folder / "site"
    site.mkdir(exist_ok=True)
    reports = ReportDesk(site, city.archive, city.clock)
    with serve_application(portal_application(site, reports, desk=desk)) as address:
        opened = Counter(city, address, keys, started, desk)
        try:
            yield opened
        finally:
            for client in opened.open:
                client.close()
    desk.close()


@contextmanager
def open_provider(*accounts: dict[str, Any]) -> Iterator[str]:
    """The address of an OpenID provider, a process of its own, with these accounts (`sub` and claims)."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    claims = [word for each in accounts for word in ("--user-claims", json.dumps(each))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *claims]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _look in range(1200):
            try:
                httpx.get(f"{address}/.well-known/openid-configuration")
                break
            except httpx.TransportError:
                assert process.poll() is None
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()
