"""The real CKAN that tests and `make ckan` bring up: all of it comes up, all of it ends, and what breaks it
for a test breaks it truly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from dotenv import dotenv_values

from pipelines.settings import Settings
from tests.support.ckan.__main__ import down, up
from tests.support.ckan.faults import ckan_restarts, datastore_off, disk_full, solr_down
from tests.support.ckan.programs import ROOT
from tests.support.ckan.stack import Stack
from tests.support.ckan_stack import Refused, Site


@pytest.fixture(scope="module")
def own(ckan_stack, tmp_path_factory):
    """A second CKAN beside the one of the checkout, in a folder that only this user may enter."""
    stack = Stack(tmp_path_factory.mktemp("ckan"))
    assert up(stack) is None
    yield stack
    stack.remove()


def sessions(stack: Stack) -> set[int]:
    return {daemon.pid for daemon in stack.daemons.values()}


def alive(session: int) -> list[str]:
    """The command lines of all processes that a daemon of this session started, itself first."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state, _parent, _group, of, *_ = (process / "stat").read_text().rpartition(")")[2].split()
            if int(of) == session and state not in "ZX":
                found.append((process / "cmdline").read_text())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def test_vereda_is_told_where_it_is(own):
    told = dotenv_values(own.folder / "vereda.env")
    assert told == {
        "VEREDA_CKAN_URL": own.where.url,
        "VEREDA_CKAN_TOKEN": own.token,
        "VEREDA_CKAN_DATASTORE_URL": own.datastore_url,
    }
    assert (own.folder / "vereda.env").stat().st_mode & 0o077 == 0
    assert "var/ckan/vereda.env" in Settings.model_config["env_file"]


def test_its_administrator_may_write_and_others_read(own):
    site = Site(own, "told-")
    assert site.call("status_show", token="")["ckan_version"].startswith("2.12")
    site.organization()
    with pytest.raises(Refused, match="403"):
        site.call("organization_create", name="other", token="")


def test_up_again_starts_nothing_anew(own):
    before = sessions(own)
    own.up()
    assert sessions(own) == before


def test_down_ends_every_process_and_up_brings_the_contents_back(own):
    site = Site(own, "kept-")
    site.organization()
    url, token, before = own.where.url, own.token, sessions(own)
    assert all(alive(session) for session in before)
    down(own)
    assert [line for session in before for line in alive(session)] == []
    assert own.running() == []
    assert not (own.folder / "vereda.env").exists()
    own.up()
    assert (own.where.url, own.token) == (url, token)
    assert "kept-org" in site.call("organization_list")


def test_a_test_leaves_nothing_behind(ckan):
    editor = ckan.user(ckan.organization())
    package = ckan.call(
        "package_create", token=editor, name=f"{ckan.prefix}obras", owner_org=f"{ckan.prefix}org"
    )
    table = ckan.call(
        "datastore_create",
        token=editor,
        resource={"package_id": package["id"]},
        fields=[{"id": "n", "type": "int"}],
    )
    ckan.clear()
    assert not [
        name
        for action in ("package_list", "organization_list")
        for name in ckan.call(action)
        if name.startswith(ckan.prefix)
    ]
    with pytest.raises(Refused, match="404"):
        ckan.call("datastore_search", resource_id=table["resource_id"])


def test_a_member_may_not_write(ckan):
    organization = ckan.organization()
    with pytest.raises(Refused, match="403"):
        ckan.call(
            "package_create",
            token=ckan.user(organization, "member"),
            name=f"{ckan.prefix}obras",
            owner_org=organization,
        )


def test_without_solr_nothing_is_found(ckan_alone):
    with solr_down(ckan_alone.stack), pytest.raises(Refused):
        ckan_alone.call("package_search")
    assert ckan_alone.call("package_search", rows=0)["results"] == []


def test_without_the_datastore_its_actions_are_unknown(ckan_alone):
    with datastore_off(ckan_alone.stack), pytest.raises(Refused, match="datastore_search"):
        ckan_alone.call("datastore_search", resource_id="_table_metadata")
    assert ckan_alone.call("datastore_search", resource_id="_table_metadata", limit=0)["records"] == []


def test_a_restart_is_met_and_passes(ckan_alone):
    def ask_for_ever():
        while True:
            ckan_alone.call("status_show")

    with ckan_restarts(ckan_alone.stack), pytest.raises(httpx.TransportError):
        ask_for_ever()
    ckan_alone.call("status_show")


def test_a_full_disk_refuses_a_large_file_and_takes_it_when_there_is_room(ckan_alone):
    package = ckan_alone.call(
        "package_create", name=f"{ckan_alone.prefix}obras", owner_org=ckan_alone.organization()
    )

    def upload() -> int:
        return httpx.post(
            f"{ckan_alone.url}/api/3/action/resource_create",
            data={"package_id": package["id"]},
            files={"upload": ("obras.bin", os.urandom(400_000))},
            headers={"Authorization": ckan_alone.token},
            timeout=60,
        ).status_code

    with disk_full(ckan_alone.stack):
        assert upload() == 500
    assert upload() == 200


def test_where_no_ckan_can_be_it_is_said(tmp_path):
    """Without Java, say: the tests that need a CKAN are skipped, counted, and name what is missing."""
    env = {name: value for name, value in os.environ.items() if name != "CI"} | {"PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/ckan/test_proxy.py"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "6 passed, 1 skipped" in done.stdout
    assert "it needs the Debian packages" in done.stdout
    assert "default-jdk-headless" in done.stdout
