"""An agency's own page: all that it handed in and what became of each file, live; it takes back what waits,
and says once which renamed column is which field. Nobody sees what is another agency's."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from catalog.archive.runs import dataset_lock
from tests.support.cities import City, csv, declaration, published_rows
from tests.support.desks import INBOX, Counter, open_counter, read_mark


@pytest.fixture
def counter(city: City) -> Iterator[Counter]:
    with open_counter(city) as opened:
        yield opened


def hand_in(counter: Counter, browser: httpx.Client, content: str, **fields: str) -> httpx.Response:
    """Hands a file in by the form, and gives its receipt's page."""
    data = {"conjunto": "obras/obras", "marca": read_mark(browser.get("mesa/entregar").text), **fields}
    answer = browser.post("mesa/entregar", data=data, files={"archivo": ("mayo.csv", content.encode())})
    assert answer.status_code == 303, answer.text
    return browser.get(httpx.URL(f"{counter.address}mesa/").join(answer.headers["location"]))


def test_the_page_tells_what_became_of_each_file(counter: Counter):
    browser = counter.browser("obras-publicas")
    assert "Todavía no se entregó nada" in browser.get("mesa/entregas/").text
    hand_in(counter, browser, csv("1,Plaza,10"))
    page = browser.get("mesa/entregas/").text
    assert 'http-equiv="refresh"' in page
    assert counter.city.outcome("obras").outcome == "published"
    hand_in(counter, browser, csv("1,Plaza,10", "2,Escuela,20"))
    counter.city.outcome("obras")
    hand_in(counter, browser, csv("1,Plaza,diez"))
    counter.city.outcome("obras")
    page = browser.get("mesa/entregas/").text
    assert 'http-equiv="refresh"' not in page
    said = re.sub(r"<[^>]+>|\s+", " ", page)
    for words in ("N.º 3 · mayo", "rechazado", "versión 1.1.0", "se agregó 1 fila", "Primera versión"):
        assert words in re.sub(r" +", " ", said), words
    assert page.index("N.º 3") < page.index("N.º 1")
    english = re.sub(r" +", " ", re.sub(r"<[^>]+>|\s+", " ", browser.get("en/mesa/entregas/").text))
    assert "First version" in english


def test_the_other_language_shows_the_same_page(counter: Counter):
    browser = counter.browser("obras-publicas")
    receipt = hand_in(counter, browser, csv("1,Plaza,10")).url.path
    for path in (receipt, "/mesa/entregas/", "/mesa/entregar?conjunto=obras/obras", "/mesa/r/nada/"):
        page = browser.get(path).text
        (other,) = re.findall(r'<a href="([^"]+)" hreflang="en"', page)
        assert other == f"/en{path}"
        (back,) = re.findall(r'<a href="([^"]+)" hreflang="es"', browser.get(other).text)
        assert back == path
        assert "Salir" in page, "who is signed in is told so"
    refused = browser.post("mesa/entregar", data={"conjunto": "obras/obras"}, files={"archivo": ("a", b"")})
    assert '<a href="/en/mesa/" hreflang="en"' in refused.text


def test_the_same_file_twice_is_told(counter: Counter):
    browser = counter.browser("obras-publicas")
    hand_in(counter, browser, csv("1,Plaza,10"))
    page = hand_in(counter, browser, csv("1,Plaza,10"))
    assert "El mismo archivo que el n.º 1" in page.text or "mismo archivo" in page.text


def test_what_waits_is_taken_back_and_no_run_takes_it_up(counter: Counter):
    city, browser = counter.city, counter.browser("obras-publicas")
    hand_in(counter, browser, csv("1,Plaza,10"))
    city.outcome("obras")
    hand_in(counter, browser, csv("9,Error,90"))
    taken = counter.send(browser, "mesa/entregas/obras/2/retirar", "mesa/entregas/")
    assert taken.status_code == 303
    page = browser.get("mesa/entregas/").text
    assert "retiró" in page
    assert '<b class="state taken-back">retirado por quien lo entregó</b>' in page
    assert "reemplazado" not in page
    assert 'http-equiv="refresh"' not in page
    city.outcome("obras")
    assert [row["id"] for row in published_rows(city, "obras")] == [1]
    again = counter.send(browser, "mesa/entregas/obras/1/retirar", "mesa/entregas/")
    assert (again.status_code, "ya no espera" in again.text) == (409, True)
    assert counter.send(browser, "mesa/entregas/obras/7/retirar", "mesa/entregas/").status_code == 404
    hand_in(counter, browser, csv("9,Error,90"))  # it was right after all
    city.outcome("obras")
    assert [row["id"] for row in published_rows(city, "obras")] == [9]


def test_what_was_rejected_is_taken_back_when_it_is_not_to_count(counter: Counter):
    browser = counter.browser("obras-publicas")
    hand_in(counter, browser, csv("1,Plaza,diez"))
    counter.city.outcome("obras")
    assert "Entregar otra versión" in browser.get("mesa/entregas/").text
    taken = counter.send(browser, "mesa/entregas/obras/1/retirar", "mesa/entregas/")
    assert taken.status_code == 303
    assert "rechazado" not in browser.get("mesa/entregas/").text


def test_of_two_tables_the_receipt_leads_to_the_one_that_is_missing(counter: Counter):
    made = declaration("accesos", source=INBOX)
    other = declaration("reparaciones", source=INBOX)["resources"][0]
    made["resources"].append({**other, "title": "Reparaciones"})
    made["pipeline"]["publisher"] = {"id": "obras-publicas", "name": "obras-publicas"}
    counter.city.declare(made)
    counter.desk.read = (-1e9, [])  # what was read of the declarations a moment ago
    browser = counter.browser("obras-publicas")
    receipt = hand_in(counter, browser, csv("1,Plaza,10"), conjunto="accesos/accesos")
    for page in (receipt.text, browser.get("mesa/entregas/").text):
        assert "Falta «Reparaciones»: entréguela también" in page
        assert 'href="/mesa/entregar?conjunto=accesos/reparaciones"' in page
        assert "próxima corrida" not in page
        assert 'http-equiv="refresh"' not in page
    hand_in(counter, browser, csv("1,Plaza,10"), conjunto="accesos/reparaciones")
    assert "Falta" not in browser.get(receipt.url).text


def test_nothing_is_taken_back_while_it_is_judged(counter: Counter):
    browser = counter.browser("obras-publicas")
    hand_in(counter, browser, csv("1,Plaza,10"))
    free = counter.city.archive.locks.take(dataset_lock("obras"), {"dataset": "obras"})
    assert free is not None
    answer = counter.send(browser, "mesa/entregas/obras/1/retirar", "mesa/entregas/")
    free()
    assert answer.status_code == 409
    assert counter.city.archive.receipts("obras").take_backs.all() == []


def test_two_agencies_do_not_see_each_other(counter: Counter):
    mine, other = counter.browser("obras-publicas"), counter.browser("ministerio-salud")
    receipt = hand_in(counter, mine, csv("1,Plaza,10"))
    assert "mayo.csv" not in other.get("mesa/entregas/").text
    for path in (
        "mesa/columnas/obras/obras",
        "mesa/columnas/obras/obras?recibo=1",
        "en/mesa/columnas/obras/obras",
    ):
        assert other.get(path).status_code == 403
    for path in ("mesa/entregas/obras/1/retirar", "mesa/columnas/obras/obras"):
        answer = counter.send(other, path, "mesa/entregas/", **{"columna:x": "id"})
        assert answer.status_code == 403, path
    assert "Título de obras" not in other.get("mesa/entregar").text
    data = {"conjunto": "obras/obras", "marca": read_mark(other.get("mesa/entregar").text)}
    sent = other.post("mesa/entregar", data=data, files={"archivo": ("a.csv", b"id\n1\n")})
    assert sent.status_code == 403
    visitor = counter.visitor()
    for path in ("mesa/entregas/", "mesa/columnas/obras/obras?recibo=1"):
        answer = visitor.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/mesa/entrar?a=%2Fmesa%2F")
    assert visitor.post("mesa/entregas/obras/1/retirar").status_code == 303
    wrong = re.sub(r"/[0-9a-f]{32}/", f"/{'0' * 32}/", receipt.url.path)
    assert other.get(wrong).status_code == 404
    assert (
        other.post(f"{wrong}revisar", data={"marca": read_mark(other.get("mesa/entregar").text)}).status_code
        == 404
    )
    assert len(counter.receipts()) == 1
    assert counter.city.archive.receipts("obras").take_backs.all() == []
    assert counter.city.archive.mappings("obras").all() == []


def test_a_renamed_column_is_said_once_and_read_from_then_on(counter: Counter):
    city, browser = counter.city, counter.browser("obras-publicas")
    receipt = hand_in(counter, browser, "id,nombre,Monto en pesos\n1,Plaza,10\n")
    assert city.outcome("obras").outcome == "rejected"
    assert "columnas/obras/obras?recibo=1" in browser.get(receipt.url).text
    form = browser.get("mesa/columnas/obras/obras?recibo=1").text
    assert "Monto en pesos" in form
    assert "selected" not in form  # nothing is guessed
    assert form.index('value="monto"') < form.index('value="id"')  # what the file lacks comes first
    page = "mesa/columnas/obras/obras?recibo=1"
    nothing = counter.send(browser, "mesa/columnas/obras/obras", page, recibo="1")
    assert nothing.status_code == 422
    said = {"recibo": "1", "columna:Monto en pesos": "nada"}
    assert counter.send(browser, "mesa/columnas/obras/obras", page, **said).status_code == 422
    said["columna:Monto en pesos"] = "monto"
    sent = counter.send(browser, "mesa/columnas/obras/obras", page, **said)
    again = browser.get(httpx.URL(f"{counter.address}mesa/columnas/obras/").join(sent.headers["location"]))
    assert "se está leyendo de nuevo" in again.text
    assert 'http-equiv="refresh"' in again.text
    assert counter.started[-1] == ("obras", 1)
    (kept,) = city.archive.mappings("obras").current()
    assert (kept.label, kept.field) == ("Monto en pesos", "monto")
    assert "obras-publicas" in kept.by
    assert city.outcome("obras").outcome == "published"
    assert 'http-equiv="refresh"' not in browser.get(again.url).text
    assert [float(row["monto"]) for row in published_rows(city, "obras")] == [10.0]
    form = browser.get(page).text
    assert "se lee como monto" in form
    forget = {"recibo": "", "olvidar:Monto en pesos": "1"}
    assert counter.send(browser, "mesa/columnas/obras/obras", page, **forget).status_code == 303
    assert city.archive.mappings("obras").current() == ()


def test_a_rejected_file_is_checked_from_its_receipt(counter: Counter):
    browser = counter.browser("obras-publicas")
    receipt = hand_in(counter, browser, csv("1,Plaza,diez"))
    counter.city.outcome("obras")
    page = browser.get(receipt.url)
    answer = browser.post(f"{page.url}revisar", data={"marca": read_mark(page.text)})
    assert answer.status_code == 303
    report = counter.wait(page.url.join(answer.headers["location"]))
    assert "Se rechazó: hay 1 problema que lo impide." in report.text
    assert "diez" in report.text
    assert "mayo-anotado" in report.text


def test_what_was_chosen_stays_when_a_form_is_refused(counter: Counter, monkeypatch):
    browser = counter.browser("obras-publicas")
    mark = read_mark(browser.get("mesa/entregar").text)
    data = {"conjunto": "obras/obras", "periodo": "2026-02", "marca": mark}
    chosen = 'value="obras/obras" selected'
    empty = browser.post("mesa/entregar", data=data, files={"archivo": ("a.csv", b"")})
    assert (empty.status_code, chosen in empty.text, 'value="2026-02"' in empty.text) == (422, True, True)
    counter.desk.pace.from_one = counter.desk.handing.from_one = 0
    for path in ("mesa/entregar", "mesa/revisar"):
        often = browser.post(path, data=data, files={"archivo": ("a.csv", b"id\n1\n")})
        assert (often.status_code, chosen in often.text) == (429, True), path
    counter.desk.pace.from_one = 1000
    monkeypatch.setattr("pipelines.web.desk.desk.MOST", 1000)
    large = browser.post("mesa/revisar", data=data, files={"archivo": ("a.csv", b"1" * 50_000)})
    assert (large.status_code, chosen in large.text) == (413, True)
