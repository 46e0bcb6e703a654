"""What every catalogue keeps its word in: the portal and CKAN pass the same tests."""

from __future__ import annotations

import pytest

from catalog.port import Catalogue
from catalog.portal.portal import Portal
from tests.support.ckans import SECOND, Town, download


class OnPortal:
    """The portal, read as its visitors read it."""

    def __init__(self, folder, prefix):
        self.folder, self.prefix = folder / "portal", prefix

    def catalogue(self) -> Catalogue:
        return Portal(self.folder)

    def read(self, town, version):
        path = self.folder / "datasets" / town.name / version / f"{town.name}.csv"
        return path.read_bytes() if path.is_file() else None

    def lose(self):
        self.folder.unlink()


class OnCkan:
    """A CKAN, read as strangers read it."""

    def __init__(self, site):
        self.site, self.prefix = site, site.prefix

    def catalogue(self) -> Catalogue:
        return Town(None, self.site, self.prefix).ckan()

    def read(self, town, version):
        found = self.site.call("package_search", fq=f"name:{town.name}")["results"]
        key = f"{version}/{town.name}.csv"
        link = next((r for package in found for r in package["resources"] if r["vereda"] == key), None)
        served = download(link["url"]) if link else None
        return None if served is None or served.startswith(b"<!DOCTYPE") else served  # a page, not the file

    def lose(self):
        self.site.clear()


@pytest.fixture(params=["portal", "ckan"])
def shown(request, tmp_path):
    return OnPortal(tmp_path, "t-") if request.param == "portal" else OnCkan(request.getfixturevalue("ckan"))


@pytest.fixture
def shown_town(tmp_path, shown):
    return Town.at(tmp_path / "city", shown)


def publish_town(shown, town):
    catalogue = shown.catalogue()
    steps = catalogue.plan(town.city.archive)
    catalogue.apply(town.city.archive, steps)
    return steps


def test_after_publishing_nothing_is_left_to_do(shown, shown_town):
    assert publish_town(shown, shown_town)
    assert publish_town(shown, shown_town) == []


def test_a_plan_changes_nothing(shown, shown_town):
    catalogue = shown.catalogue()
    assert catalogue.plan(shown_town.city.archive) == catalogue.plan(shown_town.city.archive) != []
    assert shown.read(shown_town, "latest") is None


def test_without_steps_nothing_is_done(shown, shown_town):
    shown.catalogue().apply(shown_town.city.archive, [])
    assert shown.read(shown_town, "latest") is None


def test_the_plan_speaks_of_what_changed_alone(shown, shown_town):
    publish_town(shown, shown_town)
    shown_town.release(SECOND)
    steps = publish_town(shown, shown_town)
    assert all(shown_town.name in step.target for step in steps)
    assert sum(step.bytes for step in steps) >= len(shown_town.file("1.1.0"))


def test_latest_follows_and_versions_stay(shown, shown_town):
    publish_town(shown, shown_town)
    assert shown.read(shown_town, "latest") == shown_town.file("1.0.0")
    shown_town.release(SECOND)
    publish_town(shown, shown_town)
    assert shown.read(shown_town, "latest") == shown.read(shown_town, "v/1.1.0") == shown_town.file("1.1.0")
    assert shown.read(shown_town, "v/1.0.0") == shown_town.file("1.0.0")


def test_a_rollback_makes_another_version_latest(shown, shown_town):
    shown_town.release(SECOND)
    publish_town(shown, shown_town)
    shown_town.say("current", "1.0.0")
    publish_town(shown, shown_town)
    assert shown.read(shown_town, "latest") == shown_town.file("1.0.0")
    assert shown.read(shown_town, "v/1.1.0") == shown_town.file("1.1.0")


def test_what_is_withdrawn_is_served_no_more(shown, shown_town):
    shown_town.release(SECOND)
    publish_town(shown, shown_town)
    shown_town.say("withdraw", "1.1.0", "error")
    publish_town(shown, shown_town)
    assert shown.read(shown_town, "v/1.1.0") is None
    assert shown.read(shown_town, "latest") == shown_town.file("1.0.0")


def test_a_catalogue_that_was_lost_is_made_again(shown, shown_town):
    shown_town.release(SECOND)
    publish_town(shown, shown_town)
    shown.lose()
    publish_town(shown, shown_town)
    assert shown.read(shown_town, "latest") == shown_town.file("1.1.0")
    assert shown.read(shown_town, "v/1.0.0") == shown_town.file("1.0.0")
    assert publish_town(shown, shown_town) == []


def test_steps_that_another_publisher_did_meanwhile_are_not_done_again(shown, shown_town):
    steps = shown.catalogue().plan(shown_town.city.archive)
    publish_town(shown, shown_town)
    shown.catalogue().apply(shown_town.city.archive, steps)
    assert shown.read(shown_town, "latest") == shown_town.file("1.0.0")
    assert publish_town(shown, shown_town) == []
