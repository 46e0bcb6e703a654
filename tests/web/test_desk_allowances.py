"""Whoever has files checked, signed in or not, stands in nobody's way: signing in, handing in and checking
have bounds of their own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from pipelines.web.desk.desk import AT_ONCE, WAITING
from pipelines.web.forms import Pace
from tests.support.cities import City, csv
from tests.support.desks import Counter, open_counter, read_mark

GOOD = csv("1,Plaza,10").encode()


@pytest.fixture
def counter(city: City) -> Iterator[Counter]:
    with open_counter(city) as opened:
        yield opened


def check(counter: Counter) -> httpx.Response:
    """A stranger has a file checked."""
    return httpx.post(
        f"{counter.address}mesa/revisar",
        files={"archivo": ("a.csv", GOOD)},
        data={"conjunto": "obras/obras"},
        timeout=60,
    )


def hand_in(counter: Counter, browser: httpx.Client) -> httpx.Response:
    data = {"conjunto": "obras/obras", "marca": read_mark(browser.get("mesa/entregar").text)}
    return browser.post("mesa/entregar", data=data, files={"archivo": ("a.csv", GOOD)})


def test_checks_shut_nobody_out(counter: Counter):
    counter.desk.pace = Pace(from_one=2, from_all=2)
    assert [check(counter).status_code for _each in range(3)] == [303, 303, 429]
    browser = counter.browser("obras-publicas")  # from the same address
    assert hand_in(counter, browser).status_code == 303
    assert counter.form(GOOD, counter.keys["obras-publicas"]).status_code == 303
    assert counter.call(GOOD, counter.keys["obras-publicas"]).status_code == 201


def test_a_desk_that_is_busy_refuses_checks_alone(counter: Counter):
    counter.desk.working = AT_ONCE + WAITING
    assert check(counter).status_code == 429
    browser = counter.browser("obras-publicas")
    answer = hand_in(counter, browser)
    assert answer.status_code == 303
    page = browser.get(httpx.URL(f"{counter.address}mesa/").join(answer.headers["location"]))
    sent = browser.post(f"{page.url}revisar", data={"marca": read_mark(browser.get("mesa/entregar").text)})
    assert sent.status_code == 303  # whoever is signed in has room of his own
    counter.desk.working = AT_ONCE + 2 * WAITING
    sent = browser.post(f"{page.url}revisar", data={"marca": read_mark(browser.get("mesa/entregar").text)})
    assert sent.status_code == 429
    counter.desk.working = 0


def test_right_keys_are_not_counted_and_wrong_ones_are_told_in_their_words(counter: Counter):
    counter.desk.guesses.from_one = 3
    visitor = counter.visitor()
    for _each in range(8):
        assert visitor.post("mesa/entrar", data={"clave": counter.keys["obras-publicas"]}).status_code == 303
    wrong = [counter.visitor().post("mesa/entrar", data={"clave": "vereda_x"}) for _each in range(4)]
    assert [each.status_code for each in wrong] == [401, 401, 401, 429]
    assert "archivo" not in wrong[3].text.partition("<main")[2].partition("</h1>")[0]
    # Whoever is signed in brings no key, and hands in from that address as before.
    assert hand_in(counter, visitor).status_code == 303


def test_handing_in_is_counted_by_account(counter: Counter):
    counter.desk.handing = Pace(from_one=2, from_all=1000)
    one, other = counter.browser("obras-publicas"), counter.browser("ministerio-salud")
    assert [hand_in(counter, one).status_code for _each in range(3)] == [303, 303, 429]
    data = {"conjunto": "salud/salud", "marca": read_mark(other.get("mesa/entregar").text)}
    assert other.post("mesa/entregar", data=data, files={"archivo": ("a.csv", GOOD)}).status_code == 303
    assert check(counter).status_code == 303


def test_no_other_site_signs_anybody_in(counter: Counter):
    foreign = {"Origin": "https://otro.example"}
    data = {"clave": counter.keys["obras-publicas"]}
    assert httpx.post(f"{counter.address}mesa/entrar", data=data, headers=foreign).status_code == 403
