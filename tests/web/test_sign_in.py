"""Who asks at the desk: keys, sessions and accounts of the city; a session ends, is its browser's alone, and
sends no form that this desk did not give out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from pipelines.agency.tokens import issue_token, revoke_token
from pipelines.web.desk.identity import PLACE, identify, own_address
from pipelines.web.desk.oidc import Provider
from pipelines.web.desk.sessions import IDLE, WHOLE, PrivateRecords, Sessions
from pipelines.web.desk.upload import Refused
from tests.support.cities import City, csv
from tests.support.desks import Counter, open_counter, open_provider, read_mark

ACCOUNTS = (
    {"sub": "ana", "name": "Ana Pérez", "groups": ["todos", "obras-datos"]},
    {"sub": "beto", "name": "Beto <b>Ruiz</b>", "groups": ["datos-abiertos"]},
    {"sub": "caro", "name": "Caro", "groups": ["obras-datos", "salud-datos"]},
    {"sub": "dani", "name": "Dani", "groups": []},
)


@pytest.fixture
def counter(city: City) -> Iterator[Counter]:
    with open_counter(city) as opened:
        yield opened


def cookie(browser: httpx.Client) -> str:
    return browser.cookies["vereda-mesa"]


def test_a_key_signs_in_and_the_session_hands_in(counter: Counter):
    browser = counter.browser()
    wrong = browser.post("mesa/entrar", data={"clave": "vereda_nada"})
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
    assert "Pida otra" in wrong.text
    answer = browser.post("mesa/entrar", data={"clave": counter.keys["obras-publicas"]})
    assert answer.headers["location"] == "/mesa/entregas/"
    told = answer.headers["set-cookie"].lower()
    assert "httponly" in told
    assert "samesite=lax" in told
    assert "secure" not in told  # this is http
    form = browser.get("mesa/entregar").text
    assert "obras/obras" in form
    assert "salud/salud" not in form  # another agency's
    assert 'name="clave"' not in form
    data = {"conjunto": "obras/obras", "marca": read_mark(form)}
    sent = browser.post("mesa/entregar", data=data, files={"archivo": ("a.csv", csv("1,Plaza,10").encode())})
    assert sent.status_code == 303, sent.text
    assert [each.name for each in counter.receipts()] == ["a.csv"]
    assert counter.keys["obras-publicas"] not in "".join(
        path.read_text() for path in (counter.city.folder / "desk").rglob("*") if path.is_file()
    )


def test_a_form_of_another_site_or_session_does_nothing(counter: Counter):
    browser, other = counter.browser("obras-publicas"), counter.browser("ministerio-salud")
    mark = read_mark(browser.get("mesa/entregar").text)
    foreign = read_mark(other.get("mesa/entregar").text)
    file = {"archivo": ("a.csv", csv("1,Plaza,10").encode())}
    here = counter.address.rstrip("/")
    for sent, origin in (
        (mark, "https://otro.example"),
        (foreign, here),
        ("", here),
        (mark, "null"),
        (mark, ""),
    ):
        data = {"conjunto": "obras/obras", "marca": sent}
        answer = browser.post("mesa/entregar", data=data, files=file, headers={"Origin": origin})
        assert answer.status_code == 403, (sent, origin)
        assert browser.post("mesa/salir", data={"marca": sent}, headers={"Origin": origin}).status_code == 403
    assert counter.receipts() == []
    assert browser.get("mesa/entrar").status_code == 303  # still signed in


def test_signing_in_gives_another_secret_and_signing_out_ends_it(counter: Counter):
    browser = counter.browser("obras-publicas")
    first = cookie(browser)
    assert browser.post("mesa/entrar", data={"clave": counter.keys["obras-publicas"]}).status_code == 303
    second = cookie(browser)
    assert first != second
    stolen = counter.visitor(**{"vereda-mesa": first})
    assert 'name="clave"' in stolen.get("mesa/entregar").text
    answer = counter.send(browser, "mesa/salir", "mesa/entregar")
    assert answer.headers["location"] == "/mesa/entrar"
    assert not browser.cookies
    kept = counter.visitor(**{"vereda-mesa": second})
    assert 'name="clave"' in kept.get("mesa/entregar").text
    planted = counter.visitor(**{"vereda-mesa": "A" * 43})
    planted.post("mesa/entrar", data={"clave": counter.keys["obras-publicas"]})
    assert "A" * 43 not in [each.value for each in planted.cookies.jar if each.domain]


def test_a_session_ends_with_its_key(counter: Counter):
    browser = counter.browser("obras-publicas")
    assert browser.get("mesa/entrar").status_code == 303
    revoke_token(counter.city.archive, 1, "prueba", counter.city.clock())
    assert browser.get("mesa/entrar").status_code == 200


def test_a_session_ends_by_rest_and_by_age(tmp_path: Path, city: City):
    sessions = Sessions(PrivateRecords(tmp_path / "s"), city.clock)
    secret = sessions.begin({"name": "Ana"})
    city.moment += IDLE - timedelta(minutes=1)
    assert sessions.find(secret).person == {"name": "Ana"}
    for _hour in range(int(WHOLE / IDLE) + 1):
        city.moment += IDLE - timedelta(minutes=1)
        alive = sessions.find(secret)
    assert alive is None
    other = sessions.begin({"name": "Ana"})
    city.moment += IDLE + timedelta(minutes=1)
    assert sessions.find(other) is None
    sessions.begin({"name": "Beto"})
    assert len(list((tmp_path / "s").iterdir())) == 1
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o700
    for guess in ("", "..", "../../etc/passwd", "A" * 43):
        assert sessions.find(guess) is None


@pytest.mark.parametrize(
    "path",
    [
        "https://malo.example/",
        "//malo.example",
        "/mesa/../x",
        "/\\malo",
        "/mesa//malo.example",
        "mesa/x",
        "/mesa/\n",
    ],
)
def test_nobody_is_led_away(path: str):
    assert own_address(path, "/mesa/entregas/") == "/mesa/entregas/"
    assert own_address("/en/mesa/entregar?conjunto=obras", "") == "/en/mesa/entregar?conjunto=obras"


def test_a_key_may_be_of_the_team_or_of_some_datasets(english, counter: Counter):
    city = counter.city
    with pytest.raises(ValueError, match="is no dataset of obras-publicas"):
        issue_token(city.archive, city.datasets, "obras-publicas", 9, "x", city.clock(), only=["salud"])
    with pytest.raises(ValueError, match="name who has it"):
        issue_token(city.archive, city.datasets, "", 9, "x", city.clock(), team=True)
    _entry, key = issue_token(city.archive, city.datasets, "", 9, "x", city.clock(), team=True, holder="Eva")
    scope = {"type": "http", "headers": [(b"authorization", f"Bearer {key}".encode())]}
    person = asyncio.run(identify(Request({**scope, PLACE: counter.desk.identities})))
    assert (person.name, person.agency, person.team) == ("Eva", None, True)
    assert counter.call(csv("1,Plaza,10").encode(), key).status_code == 403
    browser = counter.browser()
    for _visit in ("signs in", "is signed in"):
        assert browser.post("mesa/entrar", data={"clave": key}).headers["location"] == "/mesa/equipo/"
        assert browser.get("mesa/entrar").headers["location"] == "/mesa/equipo/"
    _entry, key = issue_token(
        city.archive, city.datasets, "obras-publicas", 9, "x", city.clock(), only=["obras"]
    )
    assert counter.call(csv("1,Plaza,10").encode(), key).status_code == 201


def test_accounts_of_the_city_sign_in(city: City, tmp_path: Path):
    with open_provider(*ACCOUNTS) as address:
        ways = ({"obras-datos": "obras-publicas", "salud-datos": "ministerio-salud"}, "datos-abiertos")
        records = PrivateRecords(tmp_path / "sign-ins")
        provider = Provider(address, "vereda", "secreto", "groups", *ways, records)
        with open_counter(city, provider=provider) as counter:
            _sign_in_all(counter)
    assert list((tmp_path / "sign-ins").iterdir()) == []


def _sign_in_all(counter: Counter) -> None:
    ana = _come_back(counter, "ana", "/mesa/entregar")
    assert ana.headers["location"] == "/mesa/entregar"
    browser = counter.visitor(**_cookies(ana))
    page = browser.get("mesa/entregar").text
    assert "Ana Pérez" in page
    assert "obras/obras" in page
    assert "salud/salud" not in page
    beto = _come_back(counter, "beto")
    assert beto.headers["location"] == "/mesa/equipo/"
    page = httpx.get(f"{counter.address}mesa/", cookies=_cookies(beto)).text
    assert "Beto &lt;b&gt;Ruiz" in page
    for name, status in (("caro", 403), ("dani", 403)):
        assert _come_back(counter, name).status_code == status
        assert "vereda-mesa" not in _cookies(_come_back(counter, name))
    begun = httpx.get(f"{counter.address}mesa/entrar/cuenta")
    back = _answer(begun.headers["location"], "ana")
    assert httpx.get(back).status_code == 400  # another browser
    cookies = _cookies(begun)
    assert httpx.get(re.sub("state=[^&]+", "state=otro", back), cookies=cookies).status_code == 400
    assert httpx.get(back, cookies=cookies).status_code == 400  # its sign-in was used up
    begun = httpx.get(f"{counter.address}mesa/entrar/cuenta")
    made_up = re.sub("code=[^&]+", "code=inventado", _answer(begun.headers["location"], "ana"))
    assert httpx.get(made_up, cookies=_cookies(begun)).status_code == 400
    then = {"a": "https://malo.example/"}
    begun = httpx.get(f"{counter.address}mesa/entrar/cuenta", params=then)
    back = _answer(begun.headers["location"], "ana")
    assert httpx.get(back, cookies=_cookies(begun)).headers["location"] == "/mesa/entregas/"


def _come_back(counter: Counter, name: str, then: str = "") -> httpx.Response:
    """What the desk answers to somebody who signed in at the provider."""
    begun = httpx.get(f"{counter.address}mesa/entrar/cuenta", params={"a": then})
    assert begun.status_code == 302, begun.text
    assert "code_challenge_method=S256" in begun.headers["location"]
    return httpx.get(_answer(begun.headers["location"], name), cookies=_cookies(begun))


def _answer(address: str, name: str) -> str:
    return httpx.post(address, data={"sub": name}).headers["location"]


def _cookies(answer: httpx.Response) -> dict[str, str]:
    return {each.name: each.value or "" for each in answer.cookies.jar}


def test_a_provider_that_is_not_there_or_is_another_is_told(city: City, tmp_path: Path):
    ways = ("vereda", "secreto", "groups", {}, None, PrivateRecords(tmp_path / "s"), 2.0)
    with open_counter(city, provider=Provider("http://127.0.0.1:9", *ways)) as counter:
        answer = httpx.get(f"{counter.address}mesa/entrar/cuenta")
        assert answer.status_code == 503
        assert "no responde" in answer.text


def test_who_is_two_agencies_is_none(english, tmp_path: Path):
    agencies = {"a": "obras", "b": "salud"}
    provider = Provider("https://x", "v", "s", "groups", agencies, "t", PrivateRecords(tmp_path))
    with pytest.raises(Refused, match="several agencies: obras, salud"):
        provider.read_person({"groups": ["a", "b"], "sub": "1"})
    both = provider.read_person({"groups": ["a", "t"], "name": "Ana\nPérez", "sub": "1"})
    assert (both.name, both.agency, both.team) == ("Ana Pérez", "obras", True)
    assert provider.read_person({"groups": "b", "sub": "1"}).agency == "salud"
