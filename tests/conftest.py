"""What all tests share: no setting of this machine reaches them, and where CI is set none is skipped."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest
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


# Those that take minutes, the longest first: whatever begins last is waited for by all others.
LONG = ("ckan", "test_validate_differential", "test_kill", "test_submit", "test_tutorial", "test_participation", "test_flows")


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items):
    """With several workers (`-n`, `--dist loadgroup`), the tests of a file stay together, and all that use the one CKAN."""

    def group(item):
        uses = {"ckan", "ckan_alone", "ckan_stack", "shown"} & set(item.fixturenames)  # shown: by its parameter
        return "ckan" if uses else item.path.stem

    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
    items.sort(key=lambda item: LONG.index(group(item)) if group(item) in LONG else len(LONG))


def pytest_sessionfinish(session):
    """With CI set everything that the tests need is there: a skip would hide that it is not."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")  # none in a worker: it reports to the session that tells
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = 1
