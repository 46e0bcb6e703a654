"""News by e-mail, from the page to the mailbox and out again: a served portal, a real SMTP server, and what
is left of an address when it has gone."""

from __future__ import annotations

import email
import email.policy
import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from aiosmtpd.controller import Controller

from catalog.archive.archive import Archive
from catalog.portal.portal import Portal
from pipelines.notices.letters import LetterWriter, tell_subscribers
from pipelines.notices.mail import Server
from pipelines.notices.receivers import send_notices
from pipelines.notices.subscribers import MOST_UNCONFIRMED, Subscribers, is_address
from pipelines.settings import Settings
from pipelines.web.following import FollowDesk
from pipelines.web.forms import FROM_ONE, Pace
from pipelines.web.portal import ReportDesk, portal_application
from tests.support.portals import NOW, ROWS, Publisher, table
from tests.support.sites import serve_application

WHO = "vecina@ejemplo.org"
BASE, LATER = "https://datos.example", "2024-09-21T02:30:00-03:00"


@dataclass
class Post:
    """An SMTP server that keeps what it takes; `answers` are given to the next receivers instead of 250."""

    letters: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if self.answers and (said := self.answers.pop(0)):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"

    @contextmanager
    def open(self) -> Iterator[Post]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        office = Controller(self, hostname="127.0.0.1", port=self.port, server_hostname="correo.example")
        office.start()
        try:
            yield self
        finally:
            office.stop()


@dataclass
class City:
    """A served portal with a mail server; `now` is the time of its clock."""

    address: str
    post: Post
    publisher: Publisher
    portal: Portal
    subscribers: Subscribers
    writer: LetterWriter
    desk: FollowDesk
    now: datetime = NOW

    def publish(self) -> Path:
        self.portal.apply(self.publisher.archive, self.portal.plan(self.publisher.archive))
        return self.portal.place.link

    def tell(self) -> Any:
        return tell_subscribers(self.subscribers, self.writer, self.now)

    def ask(self, feed: str, who: str = WHO, **more: Any) -> httpx.Response:
        return httpx.post(f"{self.address}avisos/", data={"correo": who, "de": feed}, **more)

    def follow(self, feed: str, who: str = WHO) -> str:
        """Follows a feed as a person does; the address with which one leaves."""
        assert self.ask(feed, who).status_code == 200
        link = self.link("confirmar")
        assert httpx.post(link).status_code == 200
        return link.replace("confirmar", "dejar")

    def link(self, action: str) -> str:
        """The last letter's link, at the server of this test."""
        text = self.post.letters[-1].get_content()
        found = re.search(rf"{BASE}/(\S*avisos/{action}/\?t=[0-9a-f]+)", text)
        assert found, text
        return self.address + found[1]

    @property
    def files(self) -> list[Path]:
        return sorted(self.subscribers.folder.glob("*.json"))


@contextmanager
def opened(tmp_path: Path) -> Iterator[City]:
    publisher = Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")
    publisher.release()
    clock: list[City] = []
    with Post().open() as post:
        server = Server(f"smtp://127.0.0.1:{post.port}", "Datos <datos@ciudad.example>", 5, 0, tls=False)
        portal = Portal(tmp_path / "portal", BASE, lambda: NOW)
        portal.apply(publisher.archive, portal.plan(publisher.archive))
        folder = portal.place.link
        writer, subscribers = LetterWriter(server, f"{BASE}/", folder), Subscribers(tmp_path / "subscribers")
        desk = FollowDesk(folder, subscribers, writer, lambda: clock[0].now, Pace(lambda: 0.0))
        reports = ReportDesk(folder, publisher.archive, lambda: NOW)
        with serve_application(portal_application(folder, reports, following=desk)) as address:
            clock.append(City(address, post, publisher, portal, subscribers, writer, desk))
            yield clock[0]


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with opened(tmp_path) as city:
        yield city


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """For those who leave nothing behind."""
    with opened(tmp_path_factory.mktemp("standing")) as city:
        yield city


def test_from_the_page_to_the_mailbox_and_out_with_one_click(city: City) -> None:
    page = httpx.get(f"{city.address}avisos/?de=datasets/obras/feed.atom").text
    assert '<option value="datasets/obras/feed.atom" selected>Obras públicas de la Ciudad: novedades' in page
    assert "se borran. No se usan para nada más" in page
    leave = city.follow("datasets/obras/feed.atom")
    assert [str(each["Subject"]) for each in city.post.letters] == [
        "Para confirmar: Obras públicas de la Ciudad: novedades"
    ]
    assert (city.tell().sent, len(city.post.letters)) == ({}, 1)  # what was there before is no news
    city.publisher.release(version="1.1.0", level="minor", rows=table([*ROWS, *ROWS[:1]]), at=LATER)
    city.publish()
    assert city.tell().sent == {"quienes siguen novedades": 1}
    letter = city.post.letters[-1]
    assert (letter["To"], letter["Subject"]) == (WHO, "Obras públicas de la Ciudad: versión 1.1.0")
    assert f"{BASE}/datasets/obras/index.html#v1.1.0" in letter.get_content()
    assert city.tell().sent == {}  # once
    # RFC 8058: a mail program leaves with one POST to the address of the header, and no person looks on.
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    header = letter["List-Unsubscribe"].strip().strip("<>")
    assert urlsplit(header).query == urlsplit(leave).query
    own = city.address.rstrip("/") + header.removeprefix(BASE)
    answer = httpx.post(
        own, data={"List-Unsubscribe": "One-Click"}, headers={"origin": "https://correo.example"}
    )
    assert answer.status_code == 200
    assert city.files == []
    assert httpx.get(own).status_code == 404


def test_nothing_is_sent_before_it_is_confirmed_and_no_machine_confirms(city: City) -> None:
    city.ask("feed.atom")
    link = city.link("confirmar")
    assert "<button" in httpx.get(link).text  # a program that looks into links confirms nothing
    city.publisher.release(version="1.1.0", level="minor", at=LATER)
    city.publish()
    assert (city.tell().sent, len(city.post.letters)) == ({}, 1)
    city.now += timedelta(days=3)
    city.tell()
    assert city.files == []  # nobody answered: the address is erased
    assert httpx.post(link).status_code == 404


def test_a_publisher_a_comuna_and_everything_can_be_followed(city: City) -> None:
    city.publisher.release("otra", at="2024-09-10T02:30:00-03:00")
    site = city.publish()
    for feed in ("publishers/ba-obras/feed.atom", "comunas/12/feed.atom", "feed.atom"):
        assert f'value="{feed}"' in (site / "avisos/index.html").read_text(encoding="utf-8")
        city.follow(feed)
    changed = {
        "obras": {
            "fields": {"added": [], "removed": [], "moved": [], "retyped": []},
            "rows": {"added": 1, "removed": 0, "changed": 0},
            "cells": 0,
            "reasons": [{"code": "rows-added", "rows": 1}],
        }
    }
    city.publisher.release(
        version="1.1.0",
        level="minor",
        changes=changed,
        at=LATER,
        lines=[row("row-added", 12)],
    )
    city.publish()
    assert city.tell().sent == {"quienes siguen novedades": 3}
    letters = [each.get_content() for each in city.post.letters[-3:]]
    (comuna,) = [each for each in letters if "seguís «Comuna 12" in each]
    assert "En la comuna 12, en la versión 1.1.0: 1 fila agregada." in comuna


def test_an_address_is_in_no_public_file_and_in_no_archive(city: City, tmp_path: Path) -> None:
    city.follow("datasets/obras/feed.atom")
    city.publisher.release(version="1.1.0", level="minor", at=LATER)
    city.publish()
    city.post.answers = ["550 5.7.1 <vecina@ejemplo.org>: blocked"]
    delivery = city.tell()
    assert WHO not in " ".join(delivery.wrong)
    assert delivery.wrong
    (own,) = city.files
    assert own.stat().st_mode & 0o077 == 0
    assert json.loads(own.read_text())["address"] == WHO
    assert json.loads(own.read_text())["token"] not in own.name
    for folder in ("archive", "work"):
        assert not [
            path
            for path in (tmp_path / folder).rglob("*")
            if path.is_file() and WHO.encode() in path.read_bytes()
        ]
    site = city.portal.place.link.resolve()
    assert not [path for path in site.rglob("*") if path.is_file() and WHO.encode() in path.read_bytes()]
    assert city.tell().sent == {"quienes siguen novedades": 1}  # the refusal was not its end: the news come
    assert city.subscribers.forget("Vecina@Ejemplo.org") == 1
    assert city.files == []


def test_who_is_unknown_to_the_mail_server_is_erased_and_the_others_get_theirs(city: City) -> None:
    city.follow("feed.atom")
    city.follow("feed.atom", "otra@ejemplo.org")
    city.publisher.release(version="1.1.0", level="minor", at=LATER)
    city.publish()
    city.post.answers = ["550 5.1.1 no such user"]
    delivery = city.tell()
    assert (delivery.sent, len(city.files)) == ({"quienes siguen novedades": 1}, 1)
    assert "se borra" in delivery.wrong[0]


def test_a_mail_server_that_is_down_costs_nobody_the_news(city: City) -> None:
    city.follow("feed.atom")
    city.publisher.release(version="1.1.0", level="minor", at=LATER)
    city.publish()
    server = Server("smtp://127.0.0.1:9", "Datos <datos@ciudad.example>", 1, 0, tls=False)
    down = LetterWriter(server, BASE, city.writer.portal)
    assert tell_subscribers(city.subscribers, down, city.now).sent == {}
    assert city.tell().sent == {"quienes siguen novedades": 1}


def test_a_run_that_sends_notices_sends_these_too(city: City) -> None:
    city.follow("feed.atom")
    city.publisher.release(version="1.1.0", level="minor", at=LATER)
    city.publish()
    server = f"smtp://127.0.0.1:{city.post.port}"
    settings = Settings(
        mail_server=server,
        mail_from="Datos <datos@ciudad.example>",
        mail_tls=False,
        retry_delay=0,
        portal=city.portal.place.link,
        portal_url=BASE,
        subscribers=city.subscribers.folder,
    )
    told = send_notices(settings, [], city.publisher.archive, city.now)
    assert (told.sent, told.wrong) == ({"quienes siguen novedades": 1}, [])
    assert settings.model_copy(update={"portal_url": None}).takes_subscribers is False


def test_who_left_meanwhile_is_not_written_again(city: City) -> None:
    city.follow("feed.atom")
    (subscription,) = city.subscribers.all()
    city.subscribers.leave(subscription.token)
    assert city.subscribers.note(subscription, subscription.since, ()) is False
    assert city.files == []


def test_nobody_s_mailbox_is_filled_and_nobody_learns_who_follows_what(city: City) -> None:
    city.publisher.release("otra")
    city.publish()
    feeds = [
        "feed.atom",
        "datasets/obras/feed.atom",
        "datasets/otra/feed.atom",
        "publishers/ba-obras/feed.atom",
    ]
    answers = [city.ask(feed).text for feed in feeds]
    assert len(set(answers)) == 1
    assert len(city.post.letters) == MOST_UNCONFIRMED
    assert city.ask(feeds[0]).text == answers[0]  # asked for already: the same words, and no letter
    assert len(city.post.letters) == MOST_UNCONFIRMED
    assert FROM_ONE == 5
    assert city.ask(feeds[0], "x@ejemplo.org").status_code == 429


@pytest.mark.parametrize(
    ("who", "feed", "status"),
    [
        ("vecina", "feed.atom", 422),
        ("a@b.example, c@d.example", "feed.atom", 422),
        ("a@b.example\nBcc: c@d.example", "feed.atom", 422),
        (WHO, "../../etc/passwd", 404),
        (WHO, "nada/feed.atom", 404),
        (WHO, "", 404),
    ],
)
def test_what_cannot_be_followed_is_refused(standing: City, who: str, feed: str, status: int) -> None:
    assert standing.ask(feed, who).status_code == status
    assert (standing.files, standing.post.letters) == ([], [])


def test_another_site_cannot_send_the_form(standing: City) -> None:
    assert standing.ask("feed.atom", headers={"origin": "https://otro.example"}).status_code == 403


def test_a_letter_speaks_the_language_of_the_page(standing: City) -> None:
    httpx.post(f"{standing.address}en/avisos/", data={"correo": WHO, "de": "datasets/obras/feed.atom"})
    assert standing.post.letters[-1]["Subject"].startswith("Confirm: ")
    assert "Confirmed." in httpx.post(standing.link("confirmar")).text
    assert standing.subscribers.forget(WHO) == 1


def test_without_mail_the_page_says_so_and_leads_to_the_feeds(standing: City) -> None:
    without = FollowDesk(standing.desk.folder, standing.subscribers, None, lambda: NOW)
    assert without.routes() == []
    page = (standing.portal.place.link / "avisos/index.html").read_text(encoding="utf-8")
    outside = re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)
    assert "<form" not in outside
    assert "Esta copia del sitio no manda correos." in outside
    assert "comunas/5/feed.atom" in outside


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a@b.example", True),
        ("ñandú@correo.example", True),
        ("a@b", False),
        ("a b@c.example", False),
        ("<a@b.example>", False),
    ],
)
def test_an_address_is_one_address(text: str, fits: bool) -> None:
    assert is_address(text) == fits


def row(change: str, comuna: int) -> dict[str, str | None]:
    """A line of changes.parquet."""
    values = json.dumps({"nombre": "Plaza", "comuna": str(comuna)})
    before, after = (values, None) if change == "row-removed" else (None, values)
    return {
        "resource": "obras",
        "change": change,
        "key": None,
        "field": None,
        "before": before,
        "after": after,
    }
