"""What the tests of publishing to a CKAN share."""

from __future__ import annotations

import pytest

from tests.support.ckans import Town


@pytest.fixture
def town(tmp_path, ckan):
    """With 1.0.0 released and nothing published."""
    return Town.at(tmp_path, ckan)
