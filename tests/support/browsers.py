"""The plugin of pytest by which tests look at pages in Debian's Chromium: `playwright`, and `page`, in which
anything wrong is a failure.

A module that uses `page` has a fixture `browser`, a context that `launched` gives. Where there is no Chromium
the tests are skipped, loudly; where CI is set they fail.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
ARGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


@contextmanager
def launched(playwright: Any, profile: Path, **options: Any) -> Iterator[Any]:
    """A browser's context with a new profile in the folder `profile`; `options` are playwright's."""
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=shutil.which("chromium"), args=ARGS, **options
    )
    yield context
    context.close()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Any]:
    if shutil.which("chromium") is None:
        if os.environ.get("CI"):
            pytest.fail(
                "chromium is missing: in CI the browser tests are not skipped; install the Debian package "
                "chromium"
            )
        pytest.skip("NO BROWSER TESTS: chromium is not on this machine (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page in which any message in the console, error, dialog, failed or foreign request is a failure."""
    wrong: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    # A page that leads to another stops loading: that is no failure.
    page.on(
        "requestfailed",
        lambda request: None if "ERR_ABORTED" in (request.failure or "") else wrong.append(request.url),
    )
    page.on("request", lambda request: None if request.url.startswith("file:") else wrong.append(request.url))
    yield page
    page.close()
    assert wrong == []
