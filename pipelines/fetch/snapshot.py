"""A snapshot: what a source held at one moment, byte for byte, and what is needed to ask it again politely."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from messages import gettext as _


class SourceError(Exception):
    """A source did not give its extract: look at the source, or at the declaration's `source`, and run again."""


class SourceUnavailable(SourceError):
    """A source did not answer properly this time: trying again later may be enough."""


@dataclass(frozen=True)
class Limits:
    """What a read of the network may take: seconds without an answer, seconds in all, bytes."""

    timeout: float = 60.0
    total: float = 3600.0
    bytes: int = 2_000_000_000


@dataclass(frozen=True)
class Snapshot:
    """The bytes that a source gave for one resource. `path` is a copy on this machine, None where only the archive has them.

    `source` is the address or path as declared, of what was handed in the file's name; `as_of` the date of which a dated extract
    tells; `receipt` the number under which it was handed in, and `period` what the agency said that it tells of.
    """

    resource: str
    source: str
    sha256: str
    bytes: int
    path: Path | None
    as_of: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    receipt: int | None = None
    period: str | None = None


def store(blocks: Iterable[bytes], into: Path, source: str, limits: Limits) -> tuple[str, int]:
    """Writes the blocks into a file; gives their sha256 and number of bytes; raises SourceError beyond the limit."""
    digest, size = hashlib.sha256(), 0
    with into.open("wb") as file:
        for block in blocks:
            size += len(block)
            if size > limits.bytes:
                raise SourceError(
                    _("{source} is larger than {limit} bytes; raise VEREDA_MAX_BYTES if that is right", source=source, limit=limits.bytes)
                )
            digest.update(block)
            file.write(block)
    return digest.hexdigest(), size
