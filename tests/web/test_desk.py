"""The desk: whoever has a file sees what a publication would make of it, with nothing but a browser; nothing
is published, and nobody else sees the answer."""

from __future__ import annotations

import io
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from pipelines.agency.template.workbook import make_template
from pipelines.settings import DEFAULT_LIMITS
from pipelines.web.desk import desk as pages
from pipelines.web.desk.answers import KEPT, Answers
from pipelines.web.desk.checking import Checker
from pipelines.web.desk.desk import Desk
from pipelines.web.forms import Pace
from pipelines.web.portal import ReportDesk, portal_application
from tests.support.cities import City, csv, declaration
from tests.support.desks import follow_answer
from tests.support.sites import QuietHandler, serve, serve_application

OTHER = [
    {"name": "linea", "type": "string", "description": "Línea"},
    {"name": "votos", "type": "integer", "description": "Votos"},
]


@dataclass
class Place:
    """The desk of a city as its visitors find it."""

    city: City
    desk: Desk
    answers: Answers
    address: str
    moment: list[Any]

    def send(self, content: bytes, name: str = "datos.csv", dataset: str = "obras/obras", **more: Any) -> Any:
        """Sends a file by the form; gives what the browser gets."""
        return httpx.post(
            f"{self.address}mesa/revisar",
            files={"archivo": (name, content)},
            data={"conjunto": dataset},
            timeout=60,
            **more,
        )

    def wait(self, answer: httpx.Response) -> httpx.Response:
        """Follows the redirect, and looks again until the answer is there, as the page does by itself."""
        return follow_answer(self.address, answer)


@pytest.fixture
def place(city: City) -> Iterator[Place]:
    city.declare(
        declaration("obras", source={"kind": "inbox", "path": "source/datos.csv"}), datos=csv("1,Plaza,10")
    )
    city.declare(declaration("choferes", fields=OTHER, key="linea"), datos="linea,votos\n60,3\n")
    assert city.outcome("obras").outcome == "published"
    moment = [city.clock()]
    answers = Answers(city.folder / "desk", lambda: moment[0])
    checker = Checker(answers, city.datasets, city.archive, DEFAULT_LIMITS)
    desk = Desk(checker, lambda table, out: make_template(city.datasets, city.archive, table, out))
    site = city.folder / "site"
    site.mkdir()
    (site / "index.html").write_text("inicio")
    reports = ReportDesk(site, city.archive, city.clock)
    with serve_application(portal_application(site, reports, desk=desk)) as address:
        yield Place(city, desk, answers, address, moment)
    desk.close()


def test_a_wrecked_file_gets_its_report_and_its_workbook_back(place: Place):
    form = httpx.get(f"{place.address}mesa/").text
    assert 'value="obras/obras"' in form
    assert "set-cookie" not in httpx.get(f"{place.address}mesa/").headers
    before = len(place.city.history("obras").entries)
    page = place.wait(place.send(csv("1,Plaza,diez", "2,,20").encode()))
    assert page.status_code == 200
    assert "diez" in page.text
    assert "No se publicó nada" in page.text.replace("\n", " ")
    assert page.headers["cache-control"] == "private, no-store"
    assert "noindex" in page.headers["x-robots-tag"]
    names = re.findall(r'href="([^"]+\.xlsx)" download', page.text)
    assert names == ["datos-anotado.xlsx"]
    workbook = load_workbook(io.BytesIO(httpx.get(page.url.join(names[0])).content))
    assert any(cell.comment for sheet in workbook for row in sheet.iter_rows() for cell in row)
    listing = httpx.get(page.url.join("problemas.csv")).content.decode("utf-8-sig")
    assert "diez" in listing
    assert httpx.get(page.url.join("report.json")).json()["valid"] is False
    assert len(place.city.history("obras").entries) == before
    assert place.city.archive.receipts("obras", False).all() == []


def test_a_good_file_is_told_so(place: Place):
    page = place.wait(place.send(csv("1,Plaza,10", "2,Escuela,20").encode()))
    assert "Se publicaría como versión 1.1.0" in page.text


def test_the_dataset_is_found_by_its_columns(place: Place):
    page = place.wait(place.send(b"linea,votos\n60,tres\n", dataset=""))
    assert "Título de choferes" in page.text
    layout = {"header": ["Ln", "Vts"], "labels": {"Ln": "linea", "Vts": "votos"}}
    place.city.declare(declaration("choferes", fields=OTHER, key="linea", layouts=[layout]))
    page = place.wait(place.send(b"Ln,Vts,Obs\n60,3,x\n", dataset=""))
    assert "T\u00edtulo de choferes" in page.text
    page = place.wait(place.send(b"a,b\n1,2\n", dataset=""))
    assert "ningún conjunto" in page.text
    assert "No sé" in httpx.get(f"{place.address}mesa/").text


def test_in_english(place: Place):
    sent = httpx.post(
        f"{place.address}en/mesa/revisar",
        files={"archivo": ("data.csv", csv("1,Plaza,ten").encode())},
        data={"conjunto": "obras/obras"},
    )
    url = httpx.URL(f"{place.address}en/mesa/").join(sent.headers["location"])
    for _look in range(600):
        page = httpx.get(url)
        if "refresh" not in page.text:
            break
        time.sleep(0.05)
    assert "Nothing was published" in page.text.replace("\n", " ")
    assert "It would be rejected" in page.text


def test_a_workbook_and_an_empty_one(place: Place):
    empty = httpx.get(f"{place.address}mesa/plantilla/obras/obras.xlsx")
    book = load_workbook(io.BytesIO(empty.content))
    assert [cell.value for cell in book.worksheets[0][1]][:3] == ["id", "nombre", "monto"]
    mine = Workbook()
    for row in (["id", "nombre", "monto"], [1, "Plaza", "diez pesos"]):
        mine.active.append(row)
    packed = io.BytesIO()
    mine.save(packed)
    page = place.wait(place.send(packed.getvalue(), "entrega de mayo.xlsx"))
    assert "C2" in page.text
    assert "entrega de mayo-anotado.xlsx" in page.text
    form = book["obras"]
    form["B1"] = "nombres"
    form.append([1, "Plaza", 10])
    spoiled = io.BytesIO()
    book.save(spoiled)
    page = place.wait(place.send(spoiled.getvalue(), "plantilla.xlsx"))
    assert "nombres" in page.text  # what is wrong with the sheet that is filled in, not with the example
    assert "Inventado" not in page.text
    for missing in ("nada/nada", "obras/otra"):
        assert httpx.get(f"{place.address}mesa/plantilla/{missing}.xlsx").status_code == 404


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "foto.png"),
        (b"%PDF-1.7 nada", "nota.pdf"),
        (b"PK\x03\x04" + b"\xff" * 200, "roto.xlsx"),
        (b"id,nombre,monto\n1,\x00,3\n", "cero.csv"),
        (b"<html><script>alert(1)</script>", "<script>alert(1)</script>.csv"),
        (b"id,nombre,monto\n1,<script>alert(2)</script>,x\n", "..\\..\\c:\\windows\\x.csv"),
        (b"id,nombre,monto\n1,=cmd|' /C calc'!A0,x\n", "../../etc/passwd"),
    ],
)
def test_whatever_is_sent_gets_an_answer(place: Place, content: bytes, name: str):
    page = place.wait(place.send(content, name))
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "Traceback" not in page.text
    assert not [path for path in place.city.folder.rglob("*passwd*") if "desk" not in path.parts]
    for path in place.answers.folder.rglob("*"):
        assert path.resolve().is_relative_to(place.answers.folder.resolve())


def test_what_is_no_upload_is_refused_in_words(place: Place, monkeypatch):
    url = f"{place.address}mesa/revisar"
    assert httpx.post(url, data={"conjunto": "obras/obras"}).status_code == 400
    assert place.send(b"").status_code == 422
    assert place.send(b"a", dataset="no/hay").status_code == 422
    assert httpx.post(url, files={"archivo": ("", b"x")}).status_code in (400, 422)
    assert place.send(b"a", headers={"Origin": "https://otro.example"}).status_code == 403
    assert place.send(b"a", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    monkeypatch.setattr(pages, "MOST", 1_000_000)
    refused = place.send(b"a" * 1_500_000)
    assert refused.status_code == 413
    assert "más de 1 MB" in refused.text

    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="archivo"; filename="a.csv"\r\n\r\n'
        for _block in range(5000):
            yield b"1,2,3\n" * 1000

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    try:
        status = httpx.post(url, content=endless(), headers=headers, timeout=30).status_code
    except httpx.WriteError:  # it was told before all was sent
        status = 413
    assert status == 413
    assert list(place.answers.folder.iterdir() if place.answers.folder.exists() else []) == []


def test_a_pasted_address_leads_to_public_hosts_alone(place: Place, monkeypatch):
    asked: list[str] = []

    class Site(QuietHandler):
        def do_GET(self):  # noqa: N802
            asked.append(self.path)
            if self.path == "/fuera":
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:9/secreto.csv")
                return self.end_headers()
            content = csv("1,Plaza,diez").encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            return self.wfile.write(content)

    def paste(address: str) -> httpx.Response:
        data = {"conjunto": "obras/obras", "enlace": address}
        url = f"{place.address}mesa/revisar"
        return place.wait(httpx.post(url, data=data, files={"archivo": ("", b"")}, timeout=60))

    with serve(Site) as site:
        inner = [
            site,
            site.replace("127.0.0.1", "localhost"),
            "http://[::ffff:127.0.0.1]/",
            "file:///etc/passwd",
        ]
        inner += [
            "http://169.254.169.254/latest/meta-data",
            "ftp://example.org/x",
            "gopher://127.0.0.1/",
            "x",
        ]
        for address in inner:
            page = paste(address)
            assert "Tiene que ser pública" in page.text, address
        assert asked == []
        # A public host that leads inside: this machine's site stands for it.
        limits = replace(place.desk.checker.limits, inner_hosts=("sitio.example",))
        monkeypatch.setattr(place.desk, "checker", replace(place.desk.checker, limits=limits))
        port = urlsplit(site).port
        found = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *more, **ways: found(
                "127.0.0.1" if host == "sitio.example" else host, *more, **ways
            ),
        )
        page = paste(f"http://sitio.example:{port}/datos/mayo.csv")
        assert "diez" in page.text
        assert "mayo" in page.text
        assert "Tiene que ser pública" in paste(f"http://sitio.example:{port}/fuera").text


def test_nobody_comes_too_often(place: Place):
    place.desk.pace = Pace(from_one=2)
    assert [place.send(b"id\n1\n").status_code for _time in range(3)] == [303, 303, 429]


def test_an_answer_is_its_senders_until_its_time_is_over(place: Place):
    page = place.wait(place.send(csv("1,Plaza,diez").encode()))
    link = page.url.path.split("/")[-2]
    for other in ("state.json", "../state.json", "%2e%2e/state.json", "informe.html", ".x"):
        assert httpx.get(f"{page.url}{other}").status_code in (404, 200)
        assert '"link"' not in httpx.get(f"{page.url}{other}").text
    assert httpx.get(f"{place.address}mesa/r/{'A' * 32}/").status_code == 404
    assert httpx.get(f"{place.address}mesa/r/").status_code == 404
    assert (
        place.answers.folder.stat().st_mode & 0o777,
        place.answers.place(link).stat().st_mode & 0o777,
    ) == (
        0o700,
        0o700,
    )
    assert not list(place.answers.place(link).glob("datos.csv"))  # the file itself is gone
    place.moment[0] += KEPT - timedelta(minutes=1)
    assert httpx.get(page.url).status_code == 200
    place.moment[0] += timedelta(minutes=1)
    assert httpx.get(page.url).status_code == 404
    place.answers.sweep()
    assert list(place.answers.folder.iterdir()) == []


def test_two_hundred_at_once_lose_nothing(place: Place):
    place.desk.pace = Pace(from_one=1000, from_all=1000)
    statuses: list[int] = []

    def send(number: int) -> None:
        answer = place.send(csv(f"{number},Plaza,diez").encode())
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {303, 429}
    until = time.monotonic() + 120
    while time.monotonic() < until and place.desk.working:
        time.sleep(0.1)
    states = [place.answers.find(each.name).state for each in place.answers.folder.iterdir()]
    assert len(states) == statuses.count(303)
    assert set(states) == {"done"}


def test_what_waited_when_the_server_ended_is_told_so(place: Place):
    answer = place.answers.add("datos.csv", "obras/obras")
    Desk(place.desk.checker, lambda table, out: None).close()  # another process of the same server
    assert 'http-equiv="refresh"' in httpx.get(f"{place.address}mesa/r/{answer.link}/").text
    place.answers.keep(replace(answer, owner="999999999-1"))  # a process that is no longer there
    Desk(place.desk.checker, lambda table, out: None).close()
    page = httpx.get(f"{place.address}mesa/r/{answer.link}/")
    assert "Envíelo de nuevo" in page.text


def test_a_dataset_whose_declaration_broke_meanwhile_is_told_so(place: Place):
    httpx.get(f"{place.address}mesa/")  # the list is read
    (place.city.datasets / "obras" / "datapackage.yaml").write_text("name: [")
    page = place.wait(place.send(csv("1,Plaza,diez").encode()))
    assert "datapackage" not in page.text
    assert "quien administra este sitio" in page.text
