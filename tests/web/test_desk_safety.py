"""What is asked of a web application's safety (OWASP ASVS), requirement by requirement, of the desk as it is
served: docs/security.md says which test holds which."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from openpyxl import Workbook

from pipelines.agency import tokens
from tests.support.cities import City, csv
from tests.support.desks import follow_answer
from tests.support.teams import DeskPlace, declare_agencies, open_desk

SCRIPT = "<script>alert(1)</script>"
HANDLER = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def place(city: City) -> Iterator[DeskPlace]:
    declare_agencies(city)
    with open_desk(city) as place:
        yield place


class Scripts(HTMLParser):
    """What of a page would run: scripts without an address of ours, handlers, addresses that are scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith(
                ("javascript:", "data:text")
            ):
                self.found.append(f"{tag} {name}")
        if tag in ("script", "iframe", "object", "embed", "base"):
            self.found.append(tag)


def scripts(page: str) -> list[str]:
    parser = Scripts()
    parser.feed(page)
    return parser.found


def every_page(place: DeskPlace) -> dict[str, httpx.Response]:
    """Pages of each kind, by who looks."""
    nobody, agency, team = place.browser(), place.browser("obras-publicas"), place.browser("team")
    found = {
        f"nobody {path}": nobody.get(f"mesa/{path}") for path in ("", "entregar", "entrar", "r/x/", "nada")
    }
    found |= {
        f"agency {path}": agency.get(f"mesa/{path}") for path in ("", "entregar", "entregas/", "equipo/")
    }
    paths = ("equipo/", "equipo/entregas", "equipo/publico", "equipo/registro", "equipo/conjunto/obras/")
    return found | {f"team {path}": team.get(f"mesa/{path}") for path in paths}


def test_every_page_says_what_may_run_and_be_kept(place: DeskPlace):
    for name, page in every_page(place).items():
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy, name
        assert "frame-ancestors 'none'" in policy, name
        assert "form-action 'self'" in policy, name
        assert "base-uri 'none'" in policy, name
        script = re.search(r"script-src ([^;]+)", policy)
        assert script
        assert script[1].strip() == "'self'", name
        assert page.headers["x-content-type-options"] == "nosniff", name
        assert page.headers["x-frame-options"] == "DENY", name
        assert page.headers["referrer-policy"] in ("no-referrer", "strict-origin-when-cross-origin"), name
        assert "access-control-allow-origin" not in page.headers, name
        if page.status_code == 200:
            assert page.headers["cache-control"] == "private, no-store", name
            assert "charset=utf-8" in page.headers["content-type"], name
        assert scripts(page.text) == [], name


def test_other_sites_read_the_portal_and_nothing_of_the_desk(place: DeskPlace):
    other = {"Origin": "https://otro.example"}
    assert httpx.get(place.address, headers=other).headers["access-control-allow-origin"] == "*"
    for path in ("mesa/", "en/mesa/", "mesa/equipo/", "mesa/api/recibos/obras", "mesa"):
        assert "access-control-allow-origin" not in httpx.get(f"{place.address}{path}", headers=other).headers
        asked = httpx.options(
            f"{place.address}{path}", headers={**other, "Access-Control-Request-Method": "POST"}
        )
        assert "access-control-allow-origin" not in asked.headers


def test_methods_that_no_page_has_are_refused(place: DeskPlace):
    for method in ("TRACE", "PUT", "DELETE", "PATCH", "CONNECT-X"):
        answer = httpx.request(method, f"{place.address}mesa/entrar")
        assert answer.status_code in (400, 404, 405), method
        assert httpx.request(method, f"{place.address}mesa/equipo/registro").status_code in (400, 404, 405)


def test_a_session_begins_anew_at_each_sign_in_and_is_over_after_signing_out(place: DeskPlace):
    browser = place.browser()
    browser.client.cookies.set("vereda-mesa", "A" * 43)  # one that somebody else chose
    browser.sign_in(place.keys["team"])
    (first,) = {cookie.value for cookie in browser.client.cookies.jar if cookie.value != "A" * 43}
    page = browser.get("mesa/equipo/")
    assert page.status_code == 200
    browser.sign_in(place.keys["team"])
    stale = httpx.get(f"{place.address}mesa/equipo/", cookies={"vereda-mesa": str(first)})
    assert stale.status_code == 303  # the one before ended
    page = browser.get("mesa/equipo/")
    second = [cookie.value for cookie in browser.client.cookies.jar][-1]
    assert first != second
    assert browser.send(page, "mesa/salir").status_code == 303
    assert httpx.get(f"{place.address}mesa/equipo/", cookies={"vereda-mesa": str(second)}).status_code == 303


def test_keys_are_compared_without_telling_how_much_of_one_is_right(place: DeskPlace, monkeypatch: Any):
    """Each valid key is compared as a whole, by its hash, with the library's own comparison."""
    compared: list[tuple[int, int]] = []
    true = tokens.hmac.compare_digest

    def compare(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return true(one, other)

    monkeypatch.setattr(tokens.hmac, "compare_digest", compare)
    for secret in ("", "v", place.keys["team"][:-1], place.keys["team"]):
        compared.clear()
        tokens.find_token(place.city.archive, secret, place.city.clock())
        assert compared == [(64, 64)] * len(place.keys)


def test_guessing_keys_is_slow_and_on_record(place: DeskPlace):
    nobody = place.browser()
    statuses = [nobody.sign_in(f"vereda_{number}").status_code for number in range(13)]
    assert statuses == [401] * 10 + [429] * 3
    assert nobody.sign_in(place.keys["team"]).status_code == 429  # also with a right one, for some minutes
    key = {"Authorization": f"Bearer {place.keys['obras-publicas']}"}
    assert httpx.get(f"{place.address}mesa/api/recibos/obras", headers=key).status_code == 429
    denied = [entry for entry in place.audit() if entry[:3] == ("", "sign-in", "denied")]
    assert len(denied) == 14
    kept = b"".join(path.read_bytes() for path in (place.city.folder / "archive/audit").iterdir())
    for secret in ("vereda_1", place.keys["team"], "127.0.0.1"):
        assert secret.encode() not in kept


@pytest.mark.parametrize(
    "then",
    [
        "https://otro.example/",
        "//otro.example/mesa/",
        "/\\otro.example/",
        "/mesa/../../otro",
        "/mesa//otro.example",
        "javascript:alert(1)",
        "/mesa/\r\nSet-Cookie: no-es-nuestra=1",
        "/otra/",
        "http:/mesa/",
    ],
    ids=range(9),
)
def test_nobody_is_led_away_after_signing_in(place: DeskPlace, then: str):
    browser = place.browser()
    origin = {"Origin": place.address.rstrip("/")}
    answer = browser.client.post(
        f"{place.address}mesa/entrar", data={"clave": place.keys["team"], "a": then}, headers=origin
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/mesa/equipo/"
    assert "set-cookie" in answer.headers
    assert "no-es-nuestra" not in answer.headers["set-cookie"]


def workbook(sheet: str, rows: list[list[Any]]) -> bytes:
    book = Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("name", ["headers", "cells", "file", "sheet"], ids=str)
def test_no_text_of_a_file_runs_in_a_page(place: DeskPlace, name: str):
    content, file = {
        "headers": (f"id,{SCRIPT},{HANDLER}\n1,a,b\n".encode(), "datos.csv"),
        "cells": (csv(f"{SCRIPT},{HANDLER.replace(chr(34), chr(39))},{SCRIPT}").encode(), "datos.csv"),
        "file": (csv("1,Plaza,diez").encode(), f"{SCRIPT.replace('/', '')}.csv"),
        "sheet": (workbook("<b onload=1>", [["id", "nombre", "monto"], [1, SCRIPT, HANDLER]]), "datos.xlsx"),
    }[name]
    browser = place.browser()
    sent = browser.client.post(
        f"{place.address}mesa/revisar",
        files={"archivo": (file, content)},
        data={"conjunto": "obras/obras"},
    )
    page = follow_answer(place.address, sent)
    assert page.status_code == 200
    assert "script-src 'self';" in page.headers["content-security-policy"]
    body = re.sub(r"<script>(?:(?!alert).)*?</script>", "", page.text, flags=re.DOTALL)  # the report's own
    assert [
        each for each in scripts(body) if each != "script" or "alert" in body.split("<script")[-1][:40]
    ] == []
    assert name != "cells" or "alert(1)" in unescape(page.text)  # it is shown, as text


def test_a_text_of_a_form_runs_in_no_page(place: DeskPlace):
    browser, agency = place.browser(), place.browser("obras-publicas")
    for query in (f"conjunto={HANDLER}", f"conjunto={SCRIPT}", f"a={HANDLER}"):
        for path in ("", "entregar", "entrar"):
            assert scripts(browser.get(f"mesa/{path}?{query}").text) == []
    for query in (f"estado={HANDLER}", f"antes={SCRIPT}"):
        for path in ("equipo/entregas", "equipo/registro"):
            assert scripts(place.browser("team").get(f"mesa/{path}?{query}").text) == []
    assert scripts(agency.get(f"mesa/columnas/obras/obras?columna={HANDLER}&recibo={SCRIPT}").text) == []


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * 60_000_000)
        packed.writestr("[Content_Types].xml", "<Types/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (bomb(), "datos.xlsx"),
        (b"\x7fELF" + bytes(2000), "datos.csv"),
        (b"%PDF-1.7\n" + bytes(2000), "datos.xlsx"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "datos.csv"),
        (b"MZ" + bytes(3000), "datos.ods"),
    ],
    ids=["bomb", "program", "pdf", "svg", "windows"],
)
def test_what_a_file_holds_decides_and_none_is_given_back_to_run(place: DeskPlace, content: bytes, name: str):
    sent = httpx.post(
        f"{place.address}mesa/revisar",
        files={"archivo": (name, content, "text/csv")},
        data={"conjunto": "obras/obras"},
        timeout=60,
    )
    page = follow_answer(place.address, sent)
    assert page.status_code == 200
    assert scripts(re.sub(r"<script>(?:(?!alert).)*?</script>", "", page.text, flags=re.DOTALL)) == []
    assert "Traceback" not in page.text
    for link in re.findall(r'href="([^"/]+)" download', page.text):
        given = httpx.get(page.url.join(link))
        assert given.headers["content-disposition"].startswith("attachment")
        assert given.headers["x-content-type-options"] == "nosniff"


def test_names_of_paths_lead_nowhere_else(place: DeskPlace):
    team = place.browser("team")
    secrets = ("archive/tokens/00000001.json", "desk/pace.sqlite")
    for path in (
        "mesa/equipo/conjunto/..%2f..%2farchive/",
        "mesa/equipo/conjunto/%2e%2e/retenidas",
        "mesa/recibo/..%2f../1/x/",
        "mesa/plantilla/../obras.xlsx",
        "mesa/r/..%2f..%2fsessions/",
        *(f"mesa/r/{'A' * 32}/..%2f..%2f..%2f{name}" for name in secrets),
        *(f"..%2f{name}" for name in secrets),
    ):
        answer = team.get(path)
        assert answer.status_code in (200, 303, 308, 404), path
        assert "sha256" not in answer.text, path
        assert "SQLite" not in answer.text, path


def test_what_fails_tells_nothing_of_the_machine(place: DeskPlace):
    team = place.browser("team")
    for path in ("mesa/equipo/conjunto/nada/", "mesa/recibo/obras/99/x/", "mesa/api/recibos/obras/99"):
        page = team.get(path)
        for word in ("Traceback", str(place.city.folder), "starlette", "uvicorn", 'File "'):
            assert word not in page.text
    assert "starlette" not in str(team.get("mesa/").headers).lower()
