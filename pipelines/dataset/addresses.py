"""Addresses that a declaration gives: on the web, or of the post, so that no page links to a script."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from messages import gettext as _

WEB, MAIL = ("http", "https"), ("http", "https", "mailto")


def address_faults(descriptor: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each address with another scheme: its key, and a sentence that follows it."""
    pipeline = descriptor.get("pipeline")
    contacts = [("pipeline.contactPoint", pipeline.get("contactPoint"))] if isinstance(pipeline, dict) else []
    contacts += [("contactPoint", descriptor.get("contactPoint"))]
    for key, contact in contacts:
        for name, value in contact.items() if isinstance(contact, Mapping) else ():
            yield from _scheme_fault(f"{key}.{name}", value, MAIL)
    tables = descriptor.get("resources")
    places = [("", descriptor)] + [
        (f"resources[{index}].", each)
        for index, each in enumerate(tables if isinstance(tables, list) else ())
    ]
    for where, each in places:
        if isinstance(each, Mapping):
            yield from _thing_faults(where, each)


def _thing_faults(where: str, thing: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("homepage", "image", "id"):
        yield from _scheme_fault(
            f"{where}{key}", thing.get(key), (*WEB, "urn", "doi") if key == "id" else WEB
        )
    for key in ("sources", "licenses", "contributors"):
        listed = thing.get(key)
        for index, each in enumerate(listed if isinstance(listed, list) else ()):
            for name in ("path", "email") if isinstance(each, Mapping) else ():
                yield from _scheme_fault(f"{where}{key}[{index}].{name}", each.get(name), MAIL)


def _scheme_fault(key: str, value: Any, allowed: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Browsers leave out blanks and control characters inside a scheme: so does this."""
    if not isinstance(value, str):
        return
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", re.sub(r"[\x00-\x20]", "", value))
    if scheme and scheme[1].lower() not in allowed:
        yield (
            key,
            _(
                "is {value!r}, an address of the kind {scheme}:, which no page links to; use https://",
                value=value[:100],
                scheme=scheme[1],
            ),
        )
