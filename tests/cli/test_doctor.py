"""Before the night: what is wrong with the set-up, and what to type or change."""

from __future__ import annotations

import json
import os
import socket
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from catalog.archive.runs import RunRecord, new_run_id
from pipelines.nightly import doctor
from tests.support.cities import City, csv, declaration
from tests.support.terminal import run_vereda, vereda

TOKEN = "token-that-nobody-may-see"


@pytest.fixture
def sound(city) -> City:
    city.declare(declaration("obras"), datos=csv("1,Plaza,10.5"))
    city.run("obras")
    city.inbox.mkdir()
    return city


def examine(city: City, status: int, **settings: str) -> dict[str, dict]:
    """The checks by name."""
    known = {"INBOX": city.inbox, "PORTAL_URL": "https://datos.example.org", "MAX_BYTES": "1000", **settings}
    done = run_vereda(city, "doctor", "--json", **known)
    assert done.returncode == status, done.stdout + done.stderr
    assert TOKEN not in done.stdout + done.stderr
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def wrong(checks: dict[str, dict]) -> dict[str, str]:
    """What to do, by the names of the checks that found something wrong; nothing is advised elsewhere."""
    assert all((check["next"] is None) == check["ok"] and check["found"] for check in checks.values())
    return {name: check["next"] for name, check in checks.items() if not check["ok"]}


def test_a_sound_city_needs_nothing(sound):
    checks = examine(sound, 0)
    assert wrong(checks) == {}
    assert list(checks) == [
        *("settings", "declarations", "archive", "portal", "inbox"),
        *("prefect", "packages", "clock", "address"),
    ]
    assert "VEREDA_PORTAL_URL" in checks["settings"]["found"]


def test_the_terminal_says_it_in_spanish_with_what_to_type(sound):
    text = vereda(sound, "doctor", status=1, INBOX=str(sound.folder / "buzon"), MAX_BYTES="1000")
    assert f"→ mkdir -p {sound.folder / 'buzon'}" in text
    assert "✗ dirección pública: VEREDA_PORTAL_URL no está puesta" in text
    assert "✓ archivo: " in text


def test_a_file_in_the_place_of_a_folder(sound):
    (sound.folder / "kept").write_text("")
    checks = examine(sound, 1, ARCHIVE=str(sound.folder / "kept"))
    assert list(wrong(checks)) == ["archive"]
    assert "VEREDA_ARCHIVE" in checks["archive"]["next"]


def test_an_archive_that_takes_no_file(sound):
    """/proc is a folder in which not even root makes one."""
    remedy = wrong(examine(sound, 1, ARCHIVE="/proc"))["archive"]
    assert ("remount,rw" if os.geteuid() == 0 else "chown") in remedy


def test_a_broken_declaration_names_its_command(sound):
    (sound.datasets / "multas").mkdir()
    (sound.datasets / "multas" / "datapackage.yaml").write_text("name: [")
    checks = examine(sound, 1)
    assert wrong(checks) == {"declarations": "vereda check multas"}
    assert "multas" in checks["declarations"]["found"]


def test_a_setting_that_cannot_be_read_ends_it_early(sound):
    checks = examine(sound, 1, WORKERS="many")
    assert list(checks) == ["settings", "packages"]
    assert "VEREDA_WORKERS" in checks["settings"]["found"]


def test_too_little_room(sound):
    assert set(wrong(examine(sound, 1, MAX_BYTES=str(10**18)))) == {"archive", "portal", "inbox"}


@contextmanager
def deaf_host():
    """The address of a host that takes what it is sent and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_ckan_that_never_answers_is_not_waited_for(sound):
    with deaf_host() as url:
        checks = examine(sound, 1, CKAN_URL=url, CKAN_TOKEN=TOKEN)
    assert list(wrong(checks)) == ["ckan"]
    assert url in checks["ckan"]["found"]
    assert "VEREDA_CKAN_URL" in checks["ckan"]["next"]


def test_a_web_server_that_is_no_ckan_and_no_prefect(sound, httpserver, monkeypatch):
    httpserver.expect_request("/api/health").respond_with_json(True)
    httpserver.expect_request("/api/deployments/name/nightly/nightly").respond_with_data("", status=404)
    monkeypatch.setenv("PREFECT_API_URL", httpserver.url_for("/api"))
    checks = examine(sound, 1, CKAN_URL=httpserver.url_for(""), CKAN_TOKEN=TOKEN)
    assert list(wrong(checks)) == ["ckan", "prefect"]
    assert checks["prefect"]["next"] == "vereda deploy"


def test_a_clock_that_is_behind_the_newest_run(sound):
    later = datetime.now(UTC) + timedelta(days=2)
    sound.archive.run_log.write(RunRecord(new_run_id(later), "night", later.isoformat()))
    assert wrong(examine(sound, 1)) == {"clock": "sudo timedatectl set-ntp true"}


def test_a_package_under_which_nothing_is_scheduled(monkeypatch):
    there = {"prefect": "3.8.8", "sqlalchemy": "2.1.0", "fastapi": "0.150.2"}
    monkeypatch.setattr(doctor, "version", there.__getitem__)
    check = doctor.examine_packages()
    assert (check.ok, check.next) == (False, "pip install 'sqlalchemy<2.1'")
