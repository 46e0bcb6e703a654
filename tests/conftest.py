"""What all tests share: no setting of this machine reaches them, and where CI is set none is skipped."""

from __future__ import annotations

import os
import shutil
import tempfile

from hypothesis import settings

# How long an example takes says how busy the machine is.
settings.register_profile("vereda", deadline=None)
settings.load_profile("vereda")


def pytest_configure(config):
    # What a target asks of the tests themselves is called TEST_…
    for name in [name for name in os.environ if name.startswith(("VEREDA_", "PREFECT_"))]:
        del os.environ[name]
    os.environ["DO_NOT_TRACK"] = "1"
    # One database of Prefect for all tests: making its tables takes seconds.
    os.environ["PREFECT_HOME"] = config.prefect_home = tempfile.mkdtemp(prefix="vereda-prefect-")


def pytest_unconfigure(config):
    shutil.rmtree(config.prefect_home, ignore_errors=True)


# Those that take minutes come first: whatever begins last is waited for by all others.
LONG = (
    "test_ckan_faults",
    "test_validate_differential",
    "test_kill",
    "test_ckan",
    "test_submit",
    "test_tutorial",
    "test_template",
)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


def pytest_sessionfinish(session):
    """With CI set everything that the tests need is there: a skip would hide that it is not."""
    reporter = session.config.pluginmanager.get_plugin(
        "terminalreporter"
    )  # none in a worker: it reports to the session that tells
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = 1
