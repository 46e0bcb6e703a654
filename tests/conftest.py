"""What all tests share: no setting of this machine reaches them, and where CI is set none is skipped."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest
from hypothesis import settings

FORKING = ("test_nursery", "test_open_files", "test_patterns", "test_beside")
"""Modules that fork the process of the tests itself."""

# How long an example takes says how busy the machine is.
settings.register_profile("vereda", deadline=None)
settings.load_profile("vereda")


@pytest.fixture
def english():
    """English is spoken; tests that read sentences in it ask for this by name."""
    from messages import speaking

    with speaking("en"):
        yield


@pytest.fixture
def city(tmp_path):
    """A city without datasets yet; a module that needs some declares them in a fixture of its own."""
    from tests.support.cities import City

    return City(tmp_path)


@pytest.fixture
def impatient_inbox(monkeypatch):
    """What is handed in counts as complete at once."""
    from pipelines.fetch import inbox

    monkeypatch.setattr(inbox, "PAUSE", 0.01)


@pytest.fixture
def publisher(tmp_path):
    """Who releases invented datasets, to be shown by a portal."""
    from catalog.archive.archive import Archive
    from tests.support.portals import Publisher

    return Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")


@pytest.fixture
def portal_folder(tmp_path):
    """Where a portal is built: at an address with what addresses may have, a blank and an accent."""
    return tmp_path / "portal público" / "portal"


def pytest_configure(config):
    # What a target asks of the tests themselves is called TEST_…
    for name in [name for name in os.environ if name.startswith(("VEREDA_", "PREFECT_"))]:
        del os.environ[name]
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["VEREDA_EVIDENCE"] = "false"  # a night of the city's datasets would ask its sites
    # One database of Prefect for all tests: making its tables takes seconds.
    os.environ["PREFECT_HOME"] = config.prefect_home = tempfile.mkdtemp(prefix="vereda-prefect-")


def pytest_collection_modifyitems(items):
    """What forks this process comes first, while it is small and has no threads."""
    items.sort(key=lambda item: item.path.stem not in FORKING)


def pytest_unconfigure(config):
    shutil.rmtree(config.prefect_home, ignore_errors=True)


def pytest_sessionfinish(session):
    """With CI set everything that the tests need is there: a skip would hide that it is not."""
    # None in a worker: it reports to the session that tells.
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = 1
