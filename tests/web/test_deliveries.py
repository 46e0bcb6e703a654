"""Agencies hand files in over the web: a receipt before anything looks at the file, then what became of it;
one agency never sees what is another's; what is sent twice counts once."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator

import httpx
import pytest

from catalog.archive.tokens import Tokens
from pipelines.agency.tokens import describe_tokens, find_token, issue_token, revoke_token
from tests.support.cities import City, csv, published_rows
from tests.support.desks import Counter, open_counter, read_mark


@pytest.fixture
def counter(city: City) -> Iterator[Counter]:
    with open_counter(city) as opened:
        yield opened


def test_a_clerk_hands_in_and_sees_what_became_of_it(counter: Counter):
    form = httpx.get(f"{counter.address}mesa/entregar").text
    assert "obras/obras" in form
    assert "ajeno/ajeno" not in form  # it is read from its source
    sent = csv("1,Plaza,10", "2,Escuela,20").encode()
    answer = counter.form(sent, counter.keys["obras-publicas"])
    assert answer.status_code == 303
    page = httpx.get(httpx.URL(f"{counter.address}mesa/").join(answer.headers["location"]))
    assert hashlib.sha256(sent).hexdigest() in page.text
    assert 'http-equiv="refresh"' in page.text
    assert counter.started == [("obras", 1)]
    assert counter.city.archive.get(counter.receipts()[0].sha256) == sent
    assert counter.city.outcome("obras").outcome == "published"
    page = httpx.get(page.url)
    assert "versión 1.0.0" in page.text
    assert "datasets/obras/index.html" in page.text
    assert len(published_rows(counter.city, "obras")) == 2

    answer = counter.form(csv("1,Plaza,diez").encode(), counter.keys["obras-publicas"])
    counter.city.outcome("obras")
    page = httpx.get(httpx.URL(f"{counter.address}mesa/").join(answer.headers["location"]))
    assert "rechazado" in page.text
    assert 'action="revisar"' not in page.text  # its address opens no file: that takes a session
    assert "mesa/entrar?a=" in page.text
    assert (
        httpx.post(f"{page.url}revisar").headers["location"].startswith("/mesa/entrar?a=%2Fmesa%2Frecibo%2F")
    )
    refused = counter.browser("ministerio-salud")
    sent = refused.post(f"{page.url}revisar", data={"marca": read_mark(refused.get("mesa/entregar").text)})
    assert (sent.status_code, "otra área" in sent.text) == (403, True)
    mine = counter.browser("obras-publicas")
    assert 'action="revisar"' in mine.get(page.url).text


def test_nobody_hands_in_or_sees_what_is_not_theirs(counter: Counter):
    content, mine, other = (
        csv("1,Plaza,10").encode(),
        counter.keys["obras-publicas"],
        counter.keys["ministerio-salud"],
    )
    location = counter.form(content, mine).headers["location"]
    for key, dataset, status in (
        ("", "obras/obras", 401),
        ("vereda_nada", "obras/obras", 401),
        (mine + "x", "obras/obras", 401),
        (other, "obras/obras", 403),
        (other, "no/hay", 403),
        (other, "../../etc/passwd", 403),
        (other, "salud/otra", 422),
        (counter.keys["obras-publicas"], "ajeno/ajeno", 403),
    ):
        assert counter.form(content, key, dataset).status_code == status, dataset
    for dataset in ("obras", "no-hay"):
        answers = [
            httpx.get(
                f"{counter.address}mesa/api/recibos/{dataset}{number}",
                headers={"Authorization": f"Bearer {other}"},
            )
            for number in ("", "/1")
        ]
        assert [answer.status_code for answer in answers] == [403, 403]
    assert httpx.get(f"{counter.address}mesa/api/recibos/obras").status_code == 401
    path = re.sub(r"[0-9a-f]{32}", "0" * 32, location)
    missing = httpx.get(httpx.URL(f"{counter.address}mesa/").join(path))
    assert missing.status_code == 404
    assert "Los recibos se guardan" in missing.text
    assert "48" not in missing.text  # that is of answers to checks
    assert 'href="/mesa/entregas/"' in missing.text
    assert len(counter.receipts()) == 1
    assert counter.receipts("salud") == []


def test_keys_end_and_are_taken_back(english, counter: Counter):
    city, key = counter.city, counter.keys["obras-publicas"]
    assert find_token(city.archive, key, city.clock()).agency == "obras-publicas"
    stored = b"".join(path.read_bytes() for path in (city.folder / "archive" / "tokens").iterdir())
    assert key.encode() not in stored
    revoke_token(city.archive, 1, "prueba", city.clock())
    assert counter.call(b"id\n1\n", key).status_code == 401
    with pytest.raises(ValueError, match="taken back already"):
        revoke_token(city.archive, 1, "prueba", city.clock())
    with pytest.raises(ValueError, match="no token 9"):
        revoke_token(city.archive, 9, "prueba", city.clock())
    with pytest.raises(ValueError, match="publishes nothing here"):
        issue_token(city.archive, city.datasets, "obras-publica", 30, "prueba", city.clock())
    city.moment = city.moment.replace(year=2027)
    assert find_token(city.archive, counter.keys["ministerio-salud"], city.clock()) is None
    states = [each["state"] for each in describe_tokens(Tokens(city.archive.shelf).all(), city.clock())]
    assert states == ["revoked", "expired"]


def test_a_program_that_asks_again_gets_the_same_receipt(counter: Counter):
    key, content = counter.keys["obras-publicas"], csv("1,Plaza,10").encode()
    first = counter.call(content, key, **{"Idempotency-Key": "mayo-1"})
    assert first.status_code == 201
    assert first.json()["sha256"] == hashlib.sha256(content).hexdigest()
    counter.city.outcome("obras")
    again = counter.call(content, key, **{"Idempotency-Key": "mayo-1"})
    assert (again.status_code, again.json()["number"]) == (200, first.json()["number"])
    told = httpx.get(first.json()["status"], headers={"Authorization": f"Bearer {key}"}).json()
    assert (told["state"], told["version"]) == ("published", "1.0.0")
    other = counter.call(csv("2,Escuela,5").encode(), key, **{"Idempotency-Key": "mayo-2"})
    assert other.json()["number"] == first.json()["number"] + 1
    listed = httpx.get(f"{counter.address}mesa/api/recibos/obras", headers={"Authorization": f"Bearer {key}"})
    assert [each["number"] for each in listed.json()["receipts"]] == [1, 2]


def test_the_same_call_for_another_period_is_refused(counter: Counter):
    key, content = counter.keys["obras-publicas"], csv("1,Plaza,10").encode()
    path = f"{counter.address}mesa/api/entregas/obras/obras?nombre=mayo.csv&periodo="
    known = {"Authorization": f"Bearer {key}", "Idempotency-Key": "mayo"}
    answers = [
        httpx.post(path + period, content=content, headers=known, timeout=60)
        for period in ("2026-01", "2026-01", "2026-02", "")
    ]
    assert [each.status_code for each in answers] == [201, 200, 422, 422]
    assert len(counter.receipts()) == 1
    assert "otro período" in answers[2].json()["error"]


def test_a_version_is_linked_once_the_portal_has_its_page(counter: Counter):
    portal = counter.city.folder / "portal"
    object.__setattr__(counter.desk.deliveries, "portal", portal)
    answer = counter.form(csv("1,Plaza,10").encode(), counter.keys["obras-publicas"])
    assert counter.city.outcome("obras").outcome == "published"
    address = httpx.URL(f"{counter.address}mesa/").join(answer.headers["location"])
    page = httpx.get(address).text
    assert "versión 1.0.0" in page
    assert "se arma en unos minutos" in page
    assert "datasets/obras/index.html" not in page
    (portal / "datasets/obras/v/1.0.0").mkdir(parents=True)
    page = httpx.get(address).text
    assert "datasets/obras/index.html" in page
    assert "se arma" not in page


def test_doubled_calls_at_once_lose_and_double_nothing(counter: Counter):
    key = counter.keys["obras-publicas"]
    numbers: dict[int, set[int]] = {}

    def send(part: int) -> None:
        content = csv(f"{part},Plaza,{part}").encode()
        answer = counter.call(content, key, **{"Idempotency-Key": f"parte-{part}"})
        assert answer.status_code in (200, 201), answer.text
        numbers.setdefault(part, set()).add(answer.json()["number"])

    threads = [threading.Thread(target=send, args=(call % 20,)) for call in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {part: len(found) for part, found in numbers.items()} == dict.fromkeys(range(20), 1)
    kept = {hashlib.sha256(csv(f"{part},Plaza,{part}").encode()).hexdigest() for part in range(20)}
    assert {each.sha256 for each in counter.receipts()} == kept
    assert len(counter.receipts()) == 20


def test_what_a_program_sends_wrong_is_told_as_json(counter: Counter):
    key = counter.keys["obras-publicas"]
    assert counter.call(b"", key).status_code == 422
    late = httpx.post(
        f"{counter.address}mesa/api/entregas/obras/obras?periodo=nunca",
        content=b"id\n1\n",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert (late.status_code, "nunca" in late.json()["error"]) == (422, True)
    asked = httpx.get(
        f"{counter.address}mesa/api/recibos/obras/99", headers={"Authorization": f"Bearer {key}"}
    )
    assert asked.status_code == 404
    for name in ("x" * 300, "é" * 200):  # longer than a folder's name may be
        assert counter.call(b"id\n1\n", key, f"{name}/obras").status_code == 403
    unknown = counter.call(b"id\n1\n", "nada")
    assert (unknown.status_code, unknown.headers["www-authenticate"]) == (401, "Bearer")
