"""Rows that programs add by key: however calls are repeated, cut or made at once, the table has each row
once; each call has an address where it is told what became of it."""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from pipelines.web.desk import rows as desk_rows
from tests.support.cities import City, declaration, published_rows
from tests.support.desks import INBOX, Counter, open_counter

CALLS = 1000


@pytest.fixture
def counter(city: City, monkeypatch) -> Iterator[Counter]:
    monkeypatch.setattr(desk_rows, "PAUSE", 0.5)
    made = declaration("pedidos", source=INBOX, extract={"mode": "append"})
    made["pipeline"]["publisher"] = {"id": "obras-publicas", "name": "obras-publicas"}
    city.declare(made)
    with open_counter(city) as opened:
        yield opened


class Program:
    """A program that adds rows to a table."""

    def __init__(self, counter: Counter, agency: str = "obras-publicas", table: str = "pedidos/pedidos"):
        self.counter, self.key = counter, counter.keys[agency]
        self.url = f"{counter.address}mesa/api/filas/{table}"

    def call(self, name: str, content: Any, kind: str = "application/json", **more: str) -> httpx.Response:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {"Content-Type": kind, "Authorization": f"Bearer {self.key}", **more}
        headers |= {"Idempotency-Key": name} if name else {}
        return httpx.post(self.url, content=body, headers=headers, timeout=60)

    def status(self, answer: httpx.Response) -> dict[str, Any]:
        told = httpx.get(answer.headers["location"], headers={"Authorization": f"Bearer {self.key}"})
        assert told.status_code == 200, told.text
        known: dict[str, Any] = told.json()
        return known

    def cut(self, name: str, body: bytes) -> None:
        """A call that breaks off in the middle of its rows."""
        parts = urlsplit(self.url)
        head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {self.key}\r\n"
            f"Idempotency-Key: {name}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection((parts.hostname, parts.port)) as line:
            line.sendall(head.encode() + body[: len(body) // 2])


def wait(counter: Counter) -> None:
    """Until all that came is handed in; whatever is, is run at once."""
    appends, judged = counter.city.archive.receipts("pedidos").appends, 0
    for _look in range(2400):
        batches, handed = appends.batches(), len(counter.receipts("pedidos"))
        if handed > judged:
            outcomes = counter.city.run("pedidos")
            assert {each.outcome for each in outcomes} <= {"published", "unchanged"}, outcomes
            judged = handed
        elif batches and not appends.waiting(batches) and handed == len(batches):
            return
        time.sleep(0.05)
    raise AssertionError("rows wait")


def test_a_thousand_calls_repeated_cut_and_doubled_lose_and_double_no_row(counter: Counter):
    program = Program(counter)
    chance = random.Random(23)
    work = [number for number in range(CALLS) for _time in range(chance.choice((1, 1, 1, 2)))]
    chance.shuffle(work)
    answers: dict[int, set[str]] = {}
    client = httpx.Client(timeout=60, headers={"Authorization": f"Bearer {program.key}"})

    def send(mine: list[int]) -> None:
        for number in mine:
            rows = [{"id": number, "nombre": f"Pedido {number}", "monto": number / 4}]
            if number % 10 == 3:
                program.cut(f"pedido-{number}", json.dumps(rows).encode())
            answer = client.post(program.url, json=rows, headers={"Idempotency-Key": f"pedido-{number}"})
            assert answer.status_code == 202, answer.text
            answers.setdefault(number, set()).add(answer.headers["location"])

    threads = [threading.Thread(target=send, args=(work[part::4],)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.close()
    assert [len(found) for found in answers.values()] == [1] * CALLS
    wait(counter)
    rows = published_rows(counter.city, "pedidos")
    assert sorted(row["id"] for row in rows) == list(range(CALLS))
    assert {row["id"]: float(row["monto"]) for row in rows} == {n: n / 4 for n in range(CALLS)}
    headers = {"Authorization": f"Bearer {program.key}"}
    told = httpx.get(answers[7].pop(), headers=headers).json()
    assert (told["state"], told["rows"]) == ("published", 1)
    assert told["receipt"] in {each.number for each in counter.receipts("pedidos")}


def test_csv_and_json_come_as_they_are_and_end_in_the_table(counter: Counter):
    program = Program(counter)
    first = program.call("a", [{"id": 1, "nombre": "Niñez, plaza", "monto": 0.1}, {"id": 2, "nombre": None}])
    assert (first.status_code, program.status(first)["state"]) == (202, "waiting")
    second = program.call("b", b'id,nombre,monto\n3,"Dos ""2"", y m\xc3\xa1s",7\n', "text/csv; charset=utf-8")
    assert second.status_code == 202, second.text
    wait(counter)
    rows = {row["id"]: row for row in published_rows(counter.city, "pedidos")}
    assert rows[1]["nombre"] == "Niñez, plaza"
    assert rows[2]["nombre"] is None
    assert rows[3]["nombre"] == 'Dos "2", y más'
    assert program.status(first)["state"] == program.status(second)["state"] == "published"
    assert counter.started  # a run was begun for what came


def test_the_lines_of_the_docs_are_run(counter: Counter, tmp_path: Path):
    text = (Path(__file__).parents[2] / "docs" / "how-to.md").read_text("utf-8")
    lines = [each for each in re.findall(r"```sh\n(curl .*?)```", text, re.DOTALL) if "/mesa/api/" in each]
    (tmp_path / "agosto.csv").write_text("id,nombre,monto\n1,Plaza,10\n", "utf-8")
    told = []
    for line in lines:
        here = line.replace("https://datos.example/", counter.address)
        here = here.replace("comisarias-cercanas/encuentros", "obras/obras")
        environment = {**os.environ, "KEY": counter.keys["obras-publicas"]}
        done = subprocess.run(
            ["bash", "-c", here], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        told.append(json.loads(done.stdout))
    assert [set(each) & {"sha256", "call"} for each in told] == [{"sha256"}, {"call"}]
    wait(counter)
    rows = published_rows(counter.city, "pedidos")
    assert [(row["id"], row["nombre"]) for row in rows] == [(1017, "Plaza Irlanda")]


def test_what_is_no_rows_is_refused_and_nothing_is_kept(counter: Counter):
    program = Program(counter)
    good = [{"id": 1, "nombre": "a", "monto": 1}]
    for name, content, kind, status in (
        ("", good, "application/json", 400),
        ("x" * 201, good, "application/json", 400),
        ("a", {"id": 1}, "application/json", 422),
        ("b", [], "application/json", 422),
        ("c", b"[{", "application/json", 422),
        ("d", [{"id": 1, "nada": 2}], "application/json", 422),
        ("e", [{"id": {"a": 1}}], "application/json", 422),
        ("f", b"id,nombre,monto\n1,2\n", "text/csv", 422),
        ("g", b"id,nombre,monto\n", "text/csv", 422),
        ("h", b"\xff\xfe", "text/csv", 422),
        ("i", b"[" * 100_000, "application/json", 422),
        ("j", good, "text/plain", 415),
    ):
        answer = program.call(name, content, kind)
        assert answer.status_code == status, (name, answer.text)
        assert answer.json()["error"]
    assert program.call("k", b" " * 5_100_000).status_code == 413
    assert program.call("l", good).status_code == 202
    other = program.call("l", [{"id": 2, "nombre": "b", "monto": 2}])
    assert (other.status_code, "Idempotency-Key" in other.json()["error"]) == (422, True)
    wait(counter)
    assert len(counter.receipts("pedidos")) == 1


def test_only_its_agency_adds_rows_and_sees_them(counter: Counter):
    good = [{"id": 1, "nombre": "a", "monto": 1}]
    mine = Program(counter)
    kept = mine.call("a", good)
    other = Program(counter, "ministerio-salud")
    assert other.call("a", good).status_code == 403
    asked = httpx.get(kept.headers["location"], headers={"Authorization": f"Bearer {other.key}"})
    assert asked.status_code == 403
    assert httpx.get(kept.headers["location"]).status_code == 401
    assert Program(counter, table="obras/obras").call("a", good).status_code == 422  # it is no such table
    assert Program(counter, table="pedidos/otra").call("a", good).status_code == 404
    missing = httpx.get(f"{mine.url}/{'0' * 32}", headers={"Authorization": f"Bearer {mine.key}"})
    assert missing.status_code == 404


def test_rows_that_waited_when_the_desk_was_killed_are_handed_in(city: City, monkeypatch):
    monkeypatch.setattr(desk_rows, "PAUSE", 3600.0)
    made = declaration("pedidos", source=INBOX, extract={"mode": "append"})
    made["pipeline"]["publisher"] = {"id": "obras-publicas", "name": "obras-publicas"}
    city.declare(made)
    with open_counter(city) as counter:
        answer = Program(counter).call("a", [{"id": 1, "nombre": "a", "monto": 1}])
        assert answer.status_code == 202
        assert counter.receipts("pedidos") == []
    with open_counter(city) as counter:
        wait(counter)
        again = Program(counter).call("a", [{"id": 1, "nombre": "a", "monto": 1}])
        assert Program(counter).status(again)["state"] == "published"
