"""Before the night: what is wrong with the set-up, and what to type or change."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from catalog.archive.runs import RunRecord, new_run_id
from messages import speaking
from pipelines.nightly import doctor, schedule
from pipelines.settings import Settings
from tests.support.cities import City, csv, declaration
from tests.support.mails import mail_server_on_a_bad_day
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


KEY = "s3cret-of-nobody"
NUMBERS = ("max_bytes", "max_unpacked", "max_ratio", "max_cells", "max_columns", "max_row", "max_memory")
NUMBERS += ("max_seconds", "workers", "source_requests", "ckan_versions", "timeout")
TEXTS = ("oidc_client", "oidc_secret", "oidc_claim", "oidc_team", "ckan_token", "trello_key", "trello_token")
"""Of these any text may be right: only whom they are for can say."""
WRONG = {
    **{name: [("0", "settings", "number"), ("many", "settings", "number")] for name in NUMBERS},
    "retry_delay": [("-1", "settings", "from 0 on")],
    **{name: [("perhaps", "settings", "true or false")] for name in ("evidence", "mail_tls")},
    "datasets": [("/nowhere", "declarations", "/nowhere")],
    "archive": [("ftp://x/y", "archive", "VEREDA_ARCHIVE"), ("/nowhere/a", "archive", "/nowhere/a")],
    "inbox": [("/nowhere/i", "inbox", "/nowhere/i")],
    "portal": [("/nowhere/p", "portal", "/nowhere")],
    **{name: [("/dev/null", "settings", "no folder")] for name in ("desk", "subscribers")},
    **{name: [("x", "settings", "web address")] for name in ("desk_url", "portal_form", "portal_api")},
    **{name: [("x", "settings", "web address")] for name in ("ckan_url", "trello_url")},
    "oidc_issuer": [("x", "settings", "web address"), ("http://x.org", "settings", "https://")],
    "oidc_agencies": [("{", "settings", "JSON"), ("[1]", "settings", "JSON")],
    "portal_bucket": [("ftp://x", "settings", "s3://")],
    "portal_url": [("datos.gob.ar", "address", "web address")],
    "portal_publisher": [("<>", "settings", "angle brackets")],
    "ckan_datastore_url": [(KEY, "settings", "postgresql://")],
    "ckan_profile": [("dcatt", "settings", "dcat")],
    "databases": [(f'{{"a": "{KEY}"}}', "settings", "postgresql://"), (KEY, "settings", "JSON")],
    "hash_key": [("s3cret-of", "settings", "16 characters")],
    "webhooks": [(KEY, "settings", "JSON"), (f'{{"https://h": "{KEY}"}}', "settings", "whsec_")],
    "followed_rows": [(KEY, "settings", "JSON"), ('[{"url": "x"}]', "settings", "web address")],
    "outcome_webhooks": [(KEY, "settings", "JSON"), ('[{"agency": "x"}]', "settings", "url is missing")],
    "mail_server": [(KEY, "settings", "smtp://"), (f"smtp://u:{KEY}@127.0.0.1:1", "mail", "127.0.0.1")],
    "mail_from": [("<>", "settings", "angle brackets"), ("Datos <d@x.org>", "mail", "VEREDA_MAIL_SERVER")],
    "mail_team": [("datos@x.org", "settings", "JSON"), ('["datos"]', "settings", "e-mail address")],
    "inner_hosts": [("datos.gob.ar", "settings", "JSON")],
    "lang": [("fr", "settings", "es, en")],
    "dask": [("host", "settings", "tcp://")],
    "night": [("3 o'clock", "settings", "0 3 * * *")],
    "zone": [("Buenos Aires", "settings", "America/Buenos_Aires")],
}
"""By setting: what is wrong with its value, which check says so, and what its sentence holds."""


@pytest.fixture
def at_home(tmp_path, monkeypatch):
    """A folder in which nothing is wrong; the language is English."""
    for folder in ("var/archive", "var/inbox"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VEREDA_PORTAL_URL", "https://datos.example.org")
    monkeypatch.setenv("VEREDA_MAX_BYTES", "1000")
    monkeypatch.setenv("VEREDA_LANG", "en")
    with speaking("en"):
        yield tmp_path


def test_every_setting_has_a_wrong_value():
    assert WRONG.keys() | set(TEXTS) == set(Settings.model_fields)


@pytest.mark.parametrize("setting", sorted(WRONG))
def test_a_setting_with_a_wrong_value_is_told_with_what_may_stand_there(at_home, monkeypatch, setting):
    for value, name, told in WRONG[setting]:
        monkeypatch.setenv(f"VEREDA_{setting.upper()}", value)
        if (setting, name) == ("mail_server", "mail"):
            monkeypatch.setenv("VEREDA_MAIL_FROM", "Datos <datos@example.org>")
        found = {check["name"]: check for check in doctor.examine()["checks"] if not check["ok"]}
        assert set(found) == {name}, found
        assert told in f"{found[name]['found']} {found[name]['next']}"
        assert found[name]["next"]
        assert "Input should" not in found[name]["found"]
        assert KEY not in json.dumps(found)


def test_a_list_that_is_no_json_ends_a_command_with_a_sentence(sound):
    done = run_vereda(sound, "list", MAIL_TEAM="datos@example.org")
    assert done.returncode == 2
    assert "VEREDA_MAIL_TEAM" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("day", "tls", "told"),
    [
        ("no such box", "false", "127.0.0.1 answers; letters come from Datos <datos@example.org>"),
        ("no such box", "true", "offers no encryption"),
        ("busy", "false", "cannot be reached"),
        ("no mail", "false", "cannot be reached"),
        ("strange certificate", "true", "cannot be reached"),
    ],
)
def test_a_mail_server_is_greeted_and_no_letter_written(at_home, monkeypatch, day, tls, told):
    with mail_server_on_a_bad_day(day, at_home) as port:
        monkeypatch.setenv("VEREDA_MAIL_SERVER", f"smtp://127.0.0.1:{port}")
        monkeypatch.setenv("VEREDA_MAIL_TLS", tls)
        monkeypatch.setenv("VEREDA_MAIL_FROM", "Datos <datos@example.org>")
        (check,) = [each for each in doctor.examine()["checks"] if each["name"] == "mail"]
    assert check["ok"] is ("answers" in told)
    assert told in check["found"]


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


def test_a_service_that_was_killed_on_this_machine_is_seen_at_once(sound, httpserver, monkeypatch):
    """Prefect's server takes it for at work for another minute."""
    deployment = {"status": "READY", "schedules": [{"active": True, "schedule": {"cron": "0 3 * * *"}}]}
    with subprocess.Popen(["sleep", "60"]) as service:
        mark = schedule.mark_process(service.pid)
        assert not schedule.has_ended(mark)
        service.kill()
    answers = [(mark, "unserved"), (f"another-{mark}", "served"), ("0f3a", "served"), (None, "served")]
    states = []
    for version, _state in answers:
        httpserver.clear()
        httpserver.expect_request("/api/health").respond_with_json(True)
        httpserver.expect_request("/api/deployments/name/nightly/nightly").respond_with_json(
            {**deployment, "version": version}
        )
        monkeypatch.setenv("PREFECT_API_URL", httpserver.url_for("/api"))
        states.append(schedule.find_schedule().state)
    assert states == [state for _version, state in answers]


def test_a_clock_that_is_behind_the_newest_run(sound):
    later = datetime.now(UTC) + timedelta(days=2)
    sound.archive.run_log.write(RunRecord(new_run_id(later), "night", later.isoformat()))
    assert wrong(examine(sound, 1)) == {"clock": "sudo timedatectl set-ntp true"}


def test_a_package_under_which_nothing_is_scheduled(monkeypatch):
    there = {"prefect": "3.8.8", "sqlalchemy": "2.1.0", "fastapi": "0.150.2"}
    monkeypatch.setattr(doctor, "version", there.__getitem__)
    check = doctor.examine_packages()
    assert (check.ok, check.next) == (False, "pip install 'sqlalchemy<2.1'")
