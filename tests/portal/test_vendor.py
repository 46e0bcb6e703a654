"""What the pages run of others is, byte for byte, what was vendored, with its licence."""

from __future__ import annotations

import json

import pytest

from tools import vendor

NOTE = json.loads(vendor.LIST.read_bytes())


def test_every_vendored_file_is_noted_and_unchanged() -> None:
    there = sorted(path.name for path in vendor.HOME.iterdir() if path != vendor.LIST)
    assert {name: vendor.hash_of(name) for name in there} == NOTE["sha256"]


@pytest.mark.parametrize("package", vendor.PACKAGES)
def test_every_vendored_package_has_its_version_and_licence(package: str) -> None:
    assert set(NOTE["packages"][package]) == {"version", "licence"}
    assert "Permission is hereby granted" in (vendor.HOME / f"{package}.LICENSE.txt").read_text("utf-8")


def test_the_bundle_needs_no_more_than_the_pages_allow() -> None:
    """No WebAssembly, no code made of text, nothing fetched from elsewhere."""
    bundle = (vendor.HOME / vendor.BUNDLE).read_text("utf-8")
    for word in ("WebAssembly", "eval(", "new Function", "https://", "http://"):
        assert word not in bundle
