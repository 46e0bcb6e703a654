"""What the desk says of itself to programs is so: each address that it describes answers, with the status and
the form that stand there, and no address for programs is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest

from tests.support.cities import City, csv, declaration
from tests.support.desks import INBOX, Counter, open_counter


@pytest.fixture
def counter(city: City) -> Iterator[Counter]:
    made = declaration("pedidos", source=INBOX, extract={"mode": "append"})
    made["pipeline"]["publisher"] = {"id": "obras-publicas", "name": "obras-publicas"}
    city.declare(made)
    with open_counter(city) as opened:
        yield opened


def check(described: dict[str, Any], path: str, answer: httpx.Response) -> None:
    """The answer is one that the description has."""
    operation = described["paths"][path][answer.request.method.lower()]
    said = operation["responses"][str(answer.status_code)]
    for schema in (each["schema"] for each in said.get("content", {}).values()):
        whole = {**schema, "components": described["components"]}
        jsonschema.validate(answer.json(), whole)


def test_each_address_is_described_and_answers_so(counter: Counter):
    described = httpx.get(f"{counter.address}mesa/api/openapi.json").json()
    top, key = f"{counter.address}mesa", {"Authorization": f"Bearer {counter.keys['obras-publicas']}"}
    tus = {**key, "Tus-Resumable": "1.0.0"}
    client = httpx.Client(timeout=60)
    file, name = csv("1,Plaza,10").encode(), {"Idempotency-Key": "a"}
    asked: list[tuple[str, str, httpx.Response]] = []

    def ask(path: str, method: str, at: str, **more: Any) -> httpx.Response:
        answer = client.request(method, at if at.startswith("http") else top + at, **more)
        asked.append((path, method, answer))
        check(described, path, answer)
        return answer

    send = "/api/entregas/{dataset}/{resource}"
    for headers, status in ((key | name, 201), (key | name, 200), ({}, 401)):
        assert (
            ask(send, "POST", "/api/entregas/obras/obras", content=file, headers=headers).status_code
            == status
        )
    assert ask(send, "POST", "/api/entregas/salud/salud", content=file, headers=key).status_code == 403
    ask("/api/recibos/{dataset}", "GET", "/api/recibos/obras", headers=key)
    ask("/api/recibos/{dataset}/{number}", "GET", "/api/recibos/obras/1", headers=key)
    ask("/api/recibos/{dataset}/{number}", "GET", "/api/recibos/obras/9", headers=key)
    rows = [{"id": 1, "nombre": "a", "monto": 1}]
    kept = ask(
        "/api/filas/{dataset}/{resource}", "POST", "/api/filas/pedidos/pedidos", json=rows, headers=key | name
    )
    ask("/api/filas/{dataset}/{resource}/{call}", "GET", kept.json()["status"], headers=key)
    ask("/api/filas/{dataset}/{resource}", "POST", "/api/filas/pedidos/pedidos", json=rows, headers=key)
    about = {"Upload-Length": "3", "Upload-Metadata": "dataset b2JyYXMvb2JyYXM="}
    begun = ask("/api/cargas", "POST", "/api/cargas", headers=tus | about)
    ask("/api/cargas", "OPTIONS", "/api/cargas")
    one, link = "/api/cargas/{link}", f"{counter.address.rstrip('/')}{begun.headers['location']}"
    piece = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    for method, headers in (
        ("HEAD", tus),
        ("GET", key),
        ("PATCH", tus | piece),
        ("DELETE", tus),
        ("GET", key),
    ):
        ask(one, method, link, headers=headers, content=b"id\n" if method == "PATCH" else None)
    client.close()
    there = {(path, method.upper()) for path, each in described["paths"].items() for method in each}
    there -= {(path, "PARAMETERS") for path, _method in there}
    assert {(path, method) for path, method, _answer in asked} == there


def test_no_address_for_programs_is_left_out(counter: Counter):
    described = httpx.get(f"{counter.address}mesa/api/openapi.json").json()
    found = set()
    for route in counter.desk.routes():
        if route.path.startswith("/mesa/api/") and not route.path.endswith(("openapi.json", "{rest:path}")):
            refused = httpx.put(counter.address + re.sub(r"\{\w+(:int)?\}", "1", route.path).lstrip("/"))
            assert refused.status_code == 405, route.path
            path = re.sub(r":int", "", route.path.removeprefix("/mesa"))
            found |= {(path, method) for method in refused.headers["Allow"].split(", ")}
    known = {(path, method.upper()) for path, each in described["paths"].items() for method in each}
    known -= {(path, "PARAMETERS") for path, _method in known}
    missing = {(path, method) for path, method in found if method != "HEAD"} - known
    assert missing == set()
    assert json.dumps(described)
