"""The record of who did what holds what programs did, and what was denied them, by its right name, and never
an address that would open something."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator

import httpx
import pytest

from pipelines.web.desk import rows as desk_rows
from tests.support.cities import City, csv, declaration
from tests.support.teams import INBOX, DeskPlace, declare_agencies, open_desk

TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def place(city: City, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskPlace]:
    monkeypatch.setattr(desk_rows, "PAUSE", 0.2)
    declare_agencies(city)
    made = declaration("pedidos", source=INBOX, extract={"mode": "append"})
    made["pipeline"]["publisher"] = {"id": "obras-publicas", "name": "obras-publicas"}
    city.declare(made)
    with open_desk(city) as place:
        yield place


def key(place: DeskPlace, who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {place.keys[who]}"}


def kept(place: DeskPlace) -> str:
    return "".join(path.read_text() for path in (place.city.folder / "archive/audit").glob("*.json"))


def test_rows_that_a_program_adds_are_on_record_with_their_number(place: DeskPlace):
    url = f"{place.address}mesa/api/filas/pedidos/pedidos"
    for name, rows in (("a", [1, 2]), ("b", [3]), ("b", [3])):
        content = [{"id": n, "nombre": "secreta"} for n in rows]
        headers = {**key(place, "obras-publicas"), "Idempotency-Key": name}
        assert httpx.post(url, json=content, headers=headers).status_code == 202
    rows = 0
    for _look in range(600):
        rows = sum(map(int, re.findall(r'"rows": (\d+)', kept(place))))
        if rows == 3:
            break
        if place.started:  # what comes after a batch waits for its run
            place.started.clear()
            place.city.run("pedidos")
        time.sleep(0.05)
    assert rows == 3
    noted = [each for each in place.audit() if each[1] == "hand-in"]
    assert noted[0][2:] == ("done", "pedidos/1")
    assert "secreta" not in kept(place)
    page = place.browser("team").get("mesa/equipo/registro").text
    assert "pedidos/1 (3 filas)" in page or "pedidos/1 (2 filas)" in page


def test_what_is_denied_a_program_is_on_record_by_its_name_and_without_a_secret(place: DeskPlace):
    mine, other = key(place, "obras-publicas"), key(place, "ministerio-salud")
    about = base64.b64encode(b"obras/obras").decode()
    begun = httpx.post(
        f"{place.address}mesa/api/cargas",
        headers={**TUS, **mine, "Upload-Length": "5", "Upload-Metadata": f"dataset {about}"},
    )
    link = begun.headers["location"].rpartition("/")[2]
    url = f"{place.address}mesa/api/cargas/{link}"
    piece = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    assert httpx.patch(url, content=b"12345", headers={**piece, **other}).status_code == 404
    assert httpx.delete(url, headers={**TUS, **other}).status_code == 404
    assert httpx.head(url, headers={**TUS, **other}).status_code == 404
    assert httpx.patch(url, content=b"12345", headers=piece).status_code == 401
    rows = f"{place.address}mesa/api/filas/pedidos/pedidos"
    assert httpx.post(rows, json=[{"id": 1}], headers=other).status_code == 403
    gone = f"{place.address}mesa/api/cargas/{'A' * 32}"
    assert httpx.delete(gone, headers={**TUS, **other}).status_code == 404
    assert httpx.delete(gone, headers=TUS).status_code == 401
    denied = [each[1:] for each in place.audit() if each[2] == "denied"]
    assert denied == [
        ("hand-in", "denied", "obras"),
        ("hand-in", "denied", "obras"),
        ("see", "denied", "obras"),
        ("hand-in", "denied", "obras"),
        ("hand-in", "denied", "pedidos"),
        ("hand-in", "denied", "/mesa/api/cargas/…"),
    ]
    assert place.audit()[0][0]  # whose key it was
    for secret in (link, "A" * 32):
        assert secret not in kept(place)


def test_each_denied_form_has_its_own_name(place: DeskPlace):
    agency = place.browser("ministerio-salud")
    form = agency.get("mesa/entregar")
    origin = {"Origin": place.address.rstrip("/")}
    mark = re.search(r'name="marca" value="([^"]+)"', form.text)
    assert mark
    for path, act in (("entregas/obras/1/retirar", "take-back"), ("columnas/obras/obras", "map")):
        sent = agency.client.post(f"{place.address}mesa/{path}", data={"marca": mark[1]}, headers=origin)
        assert sent.status_code == 403
        assert place.audit()[-1][1:] == (act, "denied", "obras")
    assert agency.get("mesa/columnas/obras/obras").status_code == 403
    assert place.audit()[-1][1:] == ("see", "denied", "obras")


def test_the_page_of_the_record_is_in_words(place: DeskPlace):
    made = declaration("salud", source=INBOX, quarantine={"maxShare": 0.6})
    made["pipeline"]["publisher"] = {"id": "ministerio-salud", "name": "ministerio-salud"}
    place.city.declare(made)
    content = csv("1,Hospital,10", "2,Posta,veinte").encode()
    url = f"{place.address}mesa/api/entregas/salud/salud?nombre=a.csv"
    assert httpx.post(url, content=content, headers=key(place, "ministerio-salud")).status_code == 201
    assert place.city.outcome("salud").outcome == "quarantined"
    team = place.browser("team")
    assert team.get("mesa/equipo/conjunto/salud/retenidas").status_code == 200
    page = team.get("mesa/equipo/registro").text
    assert "salud 1.0.0: filas retenidas" in page
    assert " held" not in page
