"""The desk in service: several processes that share all they must, nginx before them; a kill at any moment
loses nothing that was receipted."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.cities import City, csv
from tests.support.served import HOST, Front, ServedDesk, front, serve_desk, wait_for
from tests.support.teams import declare_agencies, issue_keys

LONG = "TEST_KILLS" in os.environ
"""As `make chaos` says it."""
PARTS = 24 if LONG else 4


@pytest.fixture
def town(tmp_path: Path) -> City:
    city = City(tmp_path)
    declare_agencies(city)
    city.moment = city.moment.replace(year=2040)  # keys that are good by the wall's clock
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal" / "index.html").write_text("inicio")
    return city


def content(part: int) -> bytes:
    return csv(f"{part},Plaza {'x' * 20_000},{part}").encode()


def hand_in(address: str, key: str, part: int) -> httpx.Response | None:
    """Hands a part in under its own key of idempotency; None where nobody answers."""
    try:
        return httpx.post(
            f"{address}mesa/api/entregas/obras/obras?nombre=parte-{part}.csv",
            content=content(part),
            headers={"Authorization": f"Bearer {key}", "Idempotency-Key": f"parte-{part}"},
            timeout=60,
        )
    except httpx.TransportError:
        return None


def hand_in_all(address: str, key: str, told: dict[int, dict[str, Any]]) -> list[threading.Thread]:
    """Hands all parts in, two at a time; `told` gets the receipt of each that was answered."""

    def send(first: int) -> None:
        for part in range(first, PARTS, 2):
            answer = hand_in(address, key, part)
            if answer is not None and answer.status_code in (200, 201):
                told[part] = answer.json()

    threads = [threading.Thread(target=send, args=(first,)) for first in range(2)]
    for thread in threads:
        thread.start()
    return threads


def wait_until(is_so: Callable[[], bool]) -> None:
    for _look in range(6000):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError("that was not in a minute")


def require_each_once(city: City, told: dict[int, dict[str, Any]]) -> None:
    """What was receipted is there, byte for byte, and once."""
    receipts = city.archive.receipts("obras").all()
    numbers = {each.number: each.sha256 for each in receipts}
    for part, receipt in told.items():
        sha256 = hashlib.sha256(content(part)).hexdigest()
        assert numbers[receipt["number"]] == sha256 == receipt["sha256"]
        assert city.archive.get(sha256) == content(part)
    hashes = [each.sha256 for each in receipts]
    assert len(hashes) == len(set(hashes))


def test_a_killed_process_and_a_killed_program_lose_nothing(town: City):
    key = issue_keys(town)["obras-publicas"]
    told: dict[int, dict[str, Any]] = {}
    with serve_desk(town.folder) as served:
        threads = hand_in_all(served.address, key, told)
        wait_until(lambda: len(told) >= 1)
        served.kill_worker(served.workers()[0])  # the other goes on, and this one is replaced
        for thread in threads:
            thread.join()
        require_each_once(town, told)
        told.clear()
        threads = hand_in_all(served.address, key, told)
        wait_until(lambda: len(told) >= 1)
        served.kill()
        for thread in threads:
            thread.join()
    require_each_once(town, told)
    with serve_desk(town.folder) as served:
        for part in range(PARTS):
            answer = hand_in(served.address, key, part)
            assert answer is not None
            assert answer.status_code in (200, 201)
            told.setdefault(part, answer.json())
            assert answer.json()["number"] == told[part]["number"]
        require_each_once(town, told)
        assert len(town.archive.receipts("obras").all()) == PARTS
        if not LONG:
            return
        last = told[max(told, key=lambda part: told[part]["number"])]
        state = wait_for_state(served.address, key, last["number"])
    assert state in ("published", "unchanged")
    assert town.history("obras").current is not None


def wait_for_state(address: str, key: str, number: int) -> str:
    """What became of a receipt, once that is known: nobody has to type anything for it."""
    state = "waiting"
    for _look in range(600):
        answer = httpx.get(
            f"{address}mesa/api/recibos/obras/{number}",
            headers={"Authorization": f"Bearer {key}"},
            timeout=60,
        )
        state = answer.json()["state"]
        if state != "waiting":
            break
        time.sleep(0.2)
    return str(state)


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[City, ServedDesk, Front, dict[str, str]]]:
    """The desk in two processes, and nginx before it."""
    if not (shutil.which("nginx") or Path("/usr/sbin/nginx").exists()):
        if os.environ.get("CI"):
            pytest.fail(
                "nginx is missing: in CI its tests are not skipped; install the Debian package nginx-light"
            )
        pytest.skip("NO TESTS OF NGINX: it is not on this machine (Debian: apt install nginx-light)")
    city = City(tmp_path_factory.mktemp("service"))
    declare_agencies(city)
    city.moment = city.moment.replace(year=2040)  # keys that are good by the wall's clock
    keys = issue_keys(city)
    (city.folder / "portal").mkdir()
    (city.folder / "portal" / "index.html").write_text("inicio")
    more = {"VEREDA_DESK_URL": f"https://{HOST}/mesa/"}
    with serve_desk(city.folder, **more) as served:
        upstream = int(served.address.rsplit(":", 1)[1].strip("/"))
        with front(city.folder / "nginx", upstream) as before:
            yield city, served, before, keys


def sign_in(client: httpx.Client, key: str) -> httpx.Response:
    return client.post("mesa/entrar", data={"clave": key}, headers={"Origin": f"https://{HOST}"})


def test_a_session_is_known_to_every_process_and_its_cookie_is_of_https_alone(service: Any):
    _city, served, before, keys = service
    assert len(served.workers()) == 2
    with before.client() as client:
        answer = sign_in(client, keys["team"])
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"]
        name = cookie.partition("=")[0]
        assert name.startswith("__Host-")
        for word in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
            assert word in cookie
        assert "Domain" not in cookie
        assert answer.headers["strict-transport-security"]
        secret = cookie.partition("=")[2].partition(";")[0]
    for _time in range(20):  # each over a connection of its own: both processes answer
        with before.client(Cookie=f"{name}={secret}") as client:
            assert client.get("mesa/equipo/").status_code == 200


def test_only_the_public_name_is_served_and_only_with_tls(service: Any):
    _city, served, before, _keys = service
    plain = f"http://127.0.0.1:{before.plain}/mesa/"
    moved = httpx.get(plain, headers={"Host": HOST})
    assert (moved.status_code, moved.headers["location"]) == (308, f"https://{HOST}/mesa/")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(plain, headers={"Host": "otro.example"})
    with pytest.raises(httpx.ConnectError):  # a name that the certificate does not have
        httpx.get(f"https://localhost:{before.tls}/", verify=False)
    # past nginx, the program itself knows its names as well
    for host in ("otro.example", f"{HOST}.otro.example", "x@y", "[", ""):
        answer = httpx.get(f"{served.address}mesa/", headers={"Host": host})
        assert answer.status_code in (400, 421), host
    assert httpx.get(f"{served.address}mesa/", headers={"Host": HOST}).status_code == 200


def test_what_a_client_says_of_itself_is_not_believed(service: Any):
    _city, _served, before, keys = service
    forged = {
        "X-Forwarded-Host": "otro.example",
        "X-Forwarded-Proto": "http",
        "Forwarded": "host=otro.example",
    }
    with before.client(**forged) as client:
        assert sign_in(client, keys["team"]).headers["set-cookie"].startswith("__Host-")
        page = client.get("mesa/")
        assert "otro.example" not in page.text + str(page.headers)
    with before.client(Authorization=f"Bearer {keys['obras-publicas']}") as client:
        answer = client.post("mesa/api/entregas/obras/obras?nombre=a.csv", content=csv("1,Plaza,10").encode())
        assert answer.json()["status"].startswith(f"https://{HOST}/mesa/api/recibos/obras/")


def test_sizes_are_limited_before_a_file_is_read(service: Any):
    city, _served, before, keys = service
    with before.client() as client:
        assert client.post("mesa/entrar", content=b"x" * 150_000).status_code == 413
        headers = {"Content-Length": str(150_000_000), "Content-Type": "multipart/form-data; boundary=x"}
        assert refused_at_once(before, "/mesa/revisar", headers) == 413
        assert client.get(f"mesa/?{'x' * 40_000}").status_code == 414
    with before.client(Authorization=f"Bearer {keys['obras-publicas']}") as client:
        large = csv(*(f"{n},{'x' * 200},{n}" for n in range(30_000))).encode()
        assert len(large) > 6_000_000
        answer = client.post("mesa/api/entregas/obras/obras?nombre=grande.csv", content=large)
        assert answer.status_code == 201
        assert city.archive.get(answer.json()["sha256"]) == large
    assert list((city.folder / "nginx" / "body").rglob("*")) == []  # it went through as it came


def refused_at_once(before: Front, path: str, headers: dict[str, str]) -> int:
    """The status that is told of a body which was announced and of which not a byte was sent."""
    trust = ssl.create_default_context(cafile=str(before.certificate))
    lines = [f"POST {path} HTTP/1.1", f"Host: {HOST}", *(f"{key}: {value}" for key, value in headers.items())]
    with (
        socket.create_connection(("127.0.0.1", before.tls), timeout=30) as plain,
        trust.wrap_socket(plain, server_hostname=HOST) as tls,
    ):
        tls.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return int(tls.recv(200).split()[1])


def test_guessed_keys_are_counted_by_all_processes_together(service: Any):
    """Last of those that sign in: the address is shut out for some minutes."""
    city, _served, before, _keys = service
    (city.folder / "desk" / "pace.sqlite").unlink(missing_ok=True)
    statuses = []
    for number in range(14):
        with before.client(Authorization=f"Bearer vereda_{number}") as client:
            client.headers["X-Forwarded-For"] = f"203.0.113.{number}"  # nginx puts the true one there
            statuses.append(client.get("mesa/api/recibos/obras").status_code)
    assert statuses == [401] * 10 + [429] * 4
    stored = (city.folder / "desk" / "pace.sqlite").read_bytes()
    assert b"127.0.0.1" not in stored
    (city.folder / "desk" / "pace.sqlite").unlink()


def test_a_check_whose_process_was_killed_is_told_so(service: Any):
    _city, served, _before, _keys = service
    answer = httpx.post(
        f"{served.address}mesa/revisar",
        files={"archivo": ("datos.csv", csv(*(f"{n},Plaza,x" for n in range(60_000))).encode())},
        data={"conjunto": "obras/obras"},
        timeout=60,
    )
    assert answer.status_code == 303, answer.text
    url = httpx.URL(f"{served.address}mesa/").join(answer.headers["location"])
    for pid in served.workers():
        served.kill_worker(pid)
    time.sleep(0.2)
    wait_for(f"{served.address}mesa/")
    page = httpx.get(url, timeout=60).text
    assert "Envíelo de nuevo" in page or "Plaza" in page  # where the check was faster
    assert 'http-equiv="refresh"' not in page


def test_the_configuration_is_right(tmp_path: Path, service: Any):
    _city, _served, before, _keys = service
    folder = before.certificate.parent
    words = [
        shutil.which("nginx") or "/usr/sbin/nginx",
        "-t",
        "-p",
        str(folder),
        "-c",
        f"{folder}/nginx.conf",
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert re.search("test is successful", done.stderr), done.stderr
