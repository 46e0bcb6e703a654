"""Whether CKAN serves the very files that were sent to it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import httpx

from catalog.ckan.difference import file_in
from catalog.ckan.package import Package
from catalog.ckan.remote import Remote, Unsure, trusted
from messages import gettext as _


def damaged(remote: Remote, package: Package, actual: Mapping[str, Any], keys: Collection[str] | None = None) -> frozenset[str]:
    """The keys of the resources whose file, read again, has another length or sha256 than it should; `keys` are those to look at."""
    ids = {resource["vereda"]: resource["id"] for resource in actual["resources"] if resource.get("vereda")}
    wrong = set()
    for resource in package.resources:
        file = file_in(resource)
        if file is None or resource.key not in ids or (keys is not None and resource.key not in keys):
            continue
        place = f"dataset/{actual['id']}/resource/{ids[resource.key]}/download/{resource.filename}"
        if served(remote, place) != (file.bytes, file.sha256):
            wrong.add(resource.key)
    return frozenset(wrong)


def served(remote: Remote, place: str) -> tuple[int, str]:
    """The length and sha256 of what stands at a place of the CKAN, (0, "") where nothing does."""
    digest, length = hashlib.sha256(), 0
    try:
        with (
            httpx.Client(
                timeout=remote.timeout, headers={"Authorization": remote.token}, follow_redirects=True, verify=trusted()
            ) as client,
            client.stream("GET", f"{remote.url.rstrip('/')}/{place}") as response,
        ):
            if response.status_code != 200:
                return 0, ""
            for block in response.iter_bytes(1 << 20):
                digest.update(block)
                length += len(block)
    except httpx.TransportError as error:
        why = type(error).__name__
        message = _("{url} does not answer ({why}). Check that CKAN runs and is in reach, and publish again.", url=remote.shown, why=why)
        raise Unsure(message) from None
    return length, digest.hexdigest()
