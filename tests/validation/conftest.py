"""What the tests of validation share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for all tests of a module, in which files are written over and over."""
    return tmp_path_factory.mktemp("work")
