"""What the tests of shipped datasets share."""

from __future__ import annotations

import pytest

from tests.support.documents import read_documents


@pytest.fixture(scope="session")
def documents() -> dict[str, str]:
    """The texts of the documents by their number."""
    return read_documents()
