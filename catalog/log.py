"""A dataset's log as text: an entry as JSON and back, byte for byte the same each time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args

from catalog.release import LEVELS, Entry, File, Kind, Version
from messages import gettext as _


class Damaged(Exception):
    """Kept bytes are not what they were when they were written: bring the file that the message names back from a backup."""


def to_json(entry: Entry) -> bytes:
    """UTF-8 JSON with sorted keys, a key a line. `changes`, `rows` and `provenance` must hold JSON values only."""
    plain = {**vars(entry), "version": str(entry.version), "files": {name: vars(file) for name, file in entry.files.items()}}
    return dump(plain)


def from_json(text: bytes, place: str) -> Entry:
    """The entry that `to_json` wrote; raises Damaged, naming `place`, for anything else."""
    try:
        plain = json.loads(text)
        files = {name: File(**file) for name, file in plain["files"].items()}
        entry = Entry(**{**plain, "version": Version.parse(plain["version"]), "files": files})
        if entry.kind not in get_args(Kind) or entry.level not in (None, *LEVELS):
            raise ValueError(f"{entry.kind}, {entry.level}")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise unreadable(place, error) from error
    return entry


def unreadable(place: str, why: object) -> Damaged:
    return Damaged(
        _("{place} cannot be read ({detail}). Bring it back from a backup of the archive, or update this program.", place=place, detail=why)
    )


def dump(plain: Mapping[str, Any]) -> bytes:
    text = json.dumps(plain, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False, default=_mapping)
    return text.encode() + b"\n"


def _mapping(value: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON value: {value!r}")
