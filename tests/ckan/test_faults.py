"""A bad network, a tired CKAN, a token without rights: publishing gets there by itself, or says in a sentence
what to do."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.cities import FIELDS, City, declaration
from tests.support.ckan.faults import ckan_restarts, datastore_off, disk_full, index_lags, solr_down
from tests.support.ckan.programs import ROOT
from tests.support.ckan.proxy import Cut, Lost, Proxy, Refused, Silence
from tests.support.ckan_stack import Refused as Denied
from tests.support.ckans import FIRST, SECOND, Town, download, whole
from tests.support.lazy import ckan_remote


@pytest.fixture
def town_behind(town):
    """With 1.0.0 published and 1.1.0 to go."""
    town.publish()
    town.release(SECOND)
    return town


@pytest.fixture
def town_alone(tmp_path, ckan_alone):
    town = Town.at(tmp_path, ckan_alone)
    town.publish()
    town.release(SECOND)
    return town


# `make test-long` asks for many.
RACES = int(os.environ.get("TEST_RACES", "4"))
KILLS = int(os.environ.get("TEST_KILLS", "5"))
FAULTS = {
    "cut in mid-upload": (Cut(after=3000), "package_revise"),
    "500 after the work was done": (Lost(500), "package_revise"),
    "answer lost": (Lost(None), "package_revise"),
    "too many requests": (Refused(429, retry_after=1), "package_revise"),
    "unavailable": (Refused(503), "package_revise"),
    "silence": (Silence(3), "package_revise"),
    "rows put in, answer lost": (Lost(500), "datastore_upsert"),
    "rows taken out, answer lost": (Lost(None), "datastore_records_delete"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_network_is_got_over(town_behind, fault):
    spoiled, action = FAULTS[fault]
    with Proxy(town_behind.site.url) as proxy:
        proxy.expect(spoiled, on=action)
        town_behind.publish(url=proxy.url, timeout=1.5 if isinstance(spoiled, Silence) else 60.0)
        assert spoiled in [seen.fault for seen in proxy.seen]
    if isinstance(spoiled, Silence):
        time.sleep(3)  # the request that nobody waits for any more reaches CKAN now
    whole(town_behind, "1.1.0")
    assert sorted(row["id"] for row in town_behind.rows()) == [1, 2, 4]
    assert town_behind.plan() == []


@pytest.mark.parametrize("action", ["organization_create", "package_create", "datastore_create"])
def test_a_first_publication_is_not_doubled_where_an_answer_is_lost(tmp_path, ckan, action):
    town = Town.at(tmp_path, ckan)
    with Proxy(ckan.url) as proxy:
        proxy.expect(Lost(500), on=action)
        town.publish(url=proxy.url)
    whole(town, "1.0.0")
    assert (
        ckan.call("package_search", fq=f"extras_vereda:datasets/{town.name}", include_drafts=True)["count"]
        == 1
    )


def test_a_batch_that_breaks_off_says_how_far_it_was_and_goes_on(town):
    for number in (2, 3):
        made = declaration(f"{town.name}-{number}")
        made["pipeline"]["publisher"] = {"id": f"{town.prefix}area", "name": f"Área {town.prefix}"}
        town.city.declare(made, datos=FIRST)
        town.city.run(f"{town.name}-{number}")
    watched = []
    with Proxy(town.site.url) as proxy:

        def watch(number, of, name):
            watched.append((number, of, name))
            proxy.expect(Refused(503), on="api/action", times=100)

        with pytest.raises(ckan_remote.CkanError, match="paquetes recorridos: 1 de 3"):
            town.publish(url=proxy.url, watch=watch)
    assert watched == [(1, 3, town.name)]
    town.publish(watch=lambda *done: watched.append(done))
    assert watched[1:] == [(1, 2, f"{town.name}-2"), (2, 2, f"{town.name}-3")]
    assert town.plan() == []


def latest(town):
    """The package, and its latest CSV and Parquet."""
    package = town.package()
    resources = {r["vereda"]: r for r in package["resources"]}
    return package, resources[f"latest/{town.name}.csv"], resources[f"latest/{town.name}.parquet"]


def test_readers_never_see_half_of_a_latest(town_behind):
    """While it is published with the answers lost, whatever is shown as latest is one version, in files,
    metadata and hash."""
    with Proxy(town_behind.site.url) as proxy, ThreadPoolExecutor() as pool:
        proxy.expect(Lost(500), on="package_revise", times=2)
        published = pool.submit(town_behind.publish, url=proxy.url)
        seen = set()
        while not published.done():
            package, csv, parquet = latest(town_behind)
            assert csv["version"] == parquet["version"]
            # CKAN asks its database for a package and then for its resources: a commit in between shows in
            # one answer, and not in the next.
            again, csv, parquet = (
                (package, csv, parquet) if package["version"] == csv["version"] else latest(town_behind)
            )
            assert again["version"] == csv["version"] == parquet["version"]
            assert hashlib.sha256(download(csv["url"])).hexdigest() == csv["hash"]
            assert hashlib.sha256(download(parquet["url"])).hexdigest() == parquet["hash"]
            seen.add(csv["version"])
        published.result()
    assert seen <= {"1.0.0", "1.1.0"}
    whole(town_behind, "1.1.0")


def test_a_wrong_token_is_named_and_not_told(town_behind):
    with pytest.raises(ckan_remote.CkanError, match="VEREDA_CKAN_TOKEN") as caught:
        town_behind.publish(token="secreto-que-no-vale")
    assert "secreto-que-no-vale" not in str(caught.value)
    assert "package_revise" in str(caught.value)
    whole(town_behind, "1.0.0")


def test_a_token_without_the_right_hears_which_one(town_behind):
    with pytest.raises(ckan_remote.CkanError, match=r"package_revise.*permiso"):
        town_behind.publish(token=town_behind.site.user())
    whole(town_behind, "1.0.0")


def test_an_organization_that_is_missing_and_may_not_be_made(tmp_path, ckan):
    town = Town.at(tmp_path, ckan, superTheme=[])
    with pytest.raises(ckan_remote.CkanError, match=f"{town.prefix}area.*administrador"):
        town.publish(token="nadie")


def test_an_organization_that_may_not_be_written_into(tmp_path, ckan):
    town = Town.at(tmp_path, ckan)
    ckan.organization("area")
    ckan.call("organization_patch", id=f"{town.prefix}area", title=f"Área {town.prefix}")
    with pytest.raises(ckan_remote.CkanError, match=r"package_create.*permiso"):
        town.publish(token=ckan.user())


def test_a_group_that_may_not_be_filled(tmp_path, ckan):
    town = Town.at(tmp_path, ckan, superTheme=["GOVE"])
    with contextlib.suppress(Denied):  # it may be there: tests at the same time share it
        ckan.call("group_create", name="gove")
    ckan.organization("area")
    ckan.call("organization_patch", id=f"{town.prefix}area", title=f"Área {town.prefix}")
    with pytest.raises(ckan_remote.CkanError, match=r"grupos gove \(«Gobierno y sector público»\).*editor"):
        town.publish(token=ckan.user(f"{town.prefix}area"))


def test_an_editor_of_the_organization_may_publish(tmp_path, ckan):
    town = Town.at(tmp_path, ckan, superTheme=[])
    ckan.organization("area")
    ckan.call("organization_patch", id=f"{town.prefix}area", title=f"Área {town.prefix}")
    editor = ckan.user(f"{town.prefix}area")
    town.publish(token=editor)
    whole(town, str(town.city.history(town.name).current.version))
    assert town.plan(token=editor) == []


def test_without_solr_it_says_so_and_catches_up_later(town_alone):
    with (
        solr_down(town_alone.site.stack),
        pytest.raises(ckan_remote.CkanError, match=r"Solr|falla por sí mismo"),
    ):
        town_alone.publish(tries=2)
    town_alone.publish()
    whole(town_alone, "1.1.0")


def test_a_search_that_lags_behind_makes_no_step(town):
    town.publish()
    late = town.package()
    for each in late["resources"]:
        if each["datastore_active"]:
            each.update(datastore_active=False, table_version="")
    index_lags(town.site.stack, {**late, "metadata_modified": "2020-01-01T00:00:00.000001"})
    query = {"fq": f'name:"{late["name"]}"', "include_private": True}
    (shown,) = town.site.call("package_search", **query)["results"]
    assert not any(each["datastore_active"] for each in shown["resources"])
    assert any(each["datastore_active"] for each in town.package()["resources"])
    assert town.plan() == []


def test_without_the_datastore_it_says_so_and_catches_up_later(town_alone):
    with datastore_off(town_alone.site.stack), pytest.raises(ckan_remote.CkanError, match="datastore"):
        town_alone.publish()
    town_alone.publish()
    whole(town_alone, "1.1.0")
    assert sorted(row["id"] for row in town_alone.rows()) == [1, 2, 4]


def test_a_ckan_that_restarts_meanwhile(town_alone):
    with ckan_restarts(town_alone.site.stack, after=1.0):
        for _again in range(20):
            try:
                town_alone.publish()
                break
            except ckan_remote.CkanError:
                time.sleep(1)
    town_alone.publish()
    whole(town_alone, "1.1.0")


def test_a_full_disk_there_leaves_the_old_version_whole(town_alone):
    rows = "\n".join(f"{n},nombre {n} {random.Random(n).random()},{n}.5" for n in range(20_000))
    town_alone.release(f"id,nombre,monto\n{rows}\n")
    with (
        disk_full(town_alone.site.stack),
        pytest.raises(ckan_remote.CkanError, match=r"falla por sí mismo|no responde"),
    ):
        town_alone.publish(tries=2)
    assert town_alone.package()["version"] == "1.0.0"
    town_alone.publish()
    whole(town_alone, str(town_alone.city.history(town_alone.name).current.version))


def test_of_two_publishers_nothing_is_lost_or_doubled(town_behind):
    for n in range(RACES):
        town_behind.release(SECOND + "".join(f"{10 + extra},Obra {n},1\n" for extra in range(n % 3)))
        publishers = [
            town_behind.start_publishing(**({"database": town_behind.site.datastore_url} if n % 2 else {}))
            for _publisher in range(2)
        ]
        for publisher in publishers:
            publisher.join()
            assert publisher.exitcode == 0, f"race {n}"
        whole(town_behind, str(town_behind.city.history(town_behind.name).current.version))
        assert len(town_behind.rows()) == 3 + n % 3
        assert town_behind.plan() == town_behind.plan(chosen=frozenset([town_behind.name])) == [], f"race {n}"


def test_a_publisher_that_is_killed_leaves_work_for_the_next(town_behind):
    start = time.perf_counter()
    town_behind.start_publishing().join()
    seconds = time.perf_counter() - start
    for n in range(KILLS):
        retyped = [*FIELDS[:2], {"name": "monto", "type": "number" if n % 4 else "string"}]
        town_behind.declare(SECOND + f"{10 + n},Obra,1\n", fields=retyped)
        town_behind.city.run(town_behind.name)
        database = town_behind.site.datastore_url if n % 2 else None
        publisher, after = (
            town_behind.start_publishing(database=database),
            random.Random(n).uniform(0, seconds),
        )
        publisher.join(after)
        publisher.kill()
        publisher.join()
        town_behind.publish(database=database)
        whole(town_behind, str(town_behind.city.history(town_behind.name).current.version))
        assert sorted(row["id"] for row in town_behind.rows()) == [1, 2, 4, 10 + n], (
            f"kill {n} after {after:.3f} s"
        )
        assert town_behind.plan() == town_behind.plan(chosen=frozenset([town_behind.name])) == [], (
            f"kill {n} after {after:.3f} s"
        )


def test_a_ckan_that_is_down_does_not_stop_releases(tmp_path):
    """The nightly flow releases, tells that CKAN failed, and ends with the status of something outside that
    failed."""
    city = City(tmp_path)
    city.declare(declaration("obras"), datos=SECOND)
    settings = {
        "DATASETS": city.datasets,
        "ARCHIVE": tmp_path / "archive",
        "PORTAL": tmp_path / "portal",
        "CKAN_URL": "http://127.0.0.1:9",
        "CKAN_TOKEN": "secreto",
        "RETRY_DELAY": 0.01,
    }
    environment = (
        os.environ
        | {f"VEREDA_{name}": str(value) for name, value in settings.items()}
        | {"PYTHONPATH": str(ROOT)}
    )
    command = [sys.executable, "-m", "pipelines.cli", "run", "--json"]
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    outcomes = {outcome["dataset"]: outcome for outcome in json.loads(ended.stdout)["outcomes"]}
    assert (outcomes["obras"]["outcome"], outcomes["ckan"]["outcome"], ended.returncode) == (
        "published",
        "failed",
        3,
    )
    assert "http://127.0.0.1:9" in outcomes["ckan"]["message"]
    assert "secreto" not in ended.stdout + ended.stderr
    assert (tmp_path / "portal" / "index.html").is_file()
