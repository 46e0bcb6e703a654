"""A snapshot: what a source held at one moment, byte for byte, and what is needed to ask it politely
again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from messages import gettext as _
from pipelines.dataset.dataset import Resource
from pipelines.dataset.periods import BUENOS_AIRES
from pipelines.dataset.sources import TrelloSource
from pipelines.settings import Limits


class SourceError(Exception):
    """A source did not give its extract: look at the source, or at the declaration's `source`, and run
    again."""


class SourceUnavailable(SourceError):
    """A source did not answer properly this time: trying again later may be enough; not before `retry_after`
    seconds, where it asks so."""

    def __init__(self, message: str, retry_after: float | None = None):
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Snapshot:
    """The bytes that a source gave for one resource. `path` is a copy on this machine, None where only the
    archive has them.

    `source` is the address or path as declared, of what was handed in the file's name; `as_of` the date of
    which a dated extract tells; `receipt` the number under which it was handed in, and `period` what the
    agency said that it tells of; `watermark` how far a database was read.
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
    watermark: str | None = None


def hash_file(path: Path) -> tuple[str, int]:
    """The sha256 of a file, and its number of bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def store_blocks(blocks: Iterable[bytes], into: Path, source: str, limits: Limits) -> tuple[str, int]:
    """Writes the blocks into a file; gives their sha256 and number of bytes; raises SourceError beyond the
    limit."""
    digest, size = hashlib.sha256(), 0
    with into.open("wb") as file:
        for block in blocks:
            size += len(block)
            if size > limits.extract:
                raise size_error(source, limits)
            digest.update(block)
            file.write(block)
    return digest.hexdigest(), size


def size_error(source: str, limits: Limits) -> SourceError:
    return SourceError(
        _(
            "{source} is larger than {limit} bytes; raise VEREDA_MAX_BYTES if that is right",
            source=source,
            limit=limits.extract,
        )
    )


def date_snapshot(snapshot: Snapshot, resource: Resource, now: datetime) -> Snapshot:
    """The snapshot, with the day on which it was read where its rows tell of that day's period."""
    source = resource.pipeline.source
    if isinstance(source, TrelloSource) and source.period and snapshot.as_of is None:
        return replace(snapshot, as_of=now.astimezone(BUENOS_AIRES).date().isoformat())
    return snapshot
