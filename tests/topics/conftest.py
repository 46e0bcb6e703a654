"""What the tests of topics' pages share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def site() -> Path:
    """The portal of the real plans and the demonstrations, as they are shipped."""
    from tests.support.plans import shipped

    return shipped().folder / "portal"
