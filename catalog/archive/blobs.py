"""The bytes of the archive's files, each kept once, under their sha256."""

from __future__ import annotations

import hashlib
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from catalog.archive.release import Damaged
from catalog.archive.store import ArchiveError, Folder, OtherBytes, Shelf, reaching
from messages import gettext as _

# `put` counts on a blob that is younger than RENEW, else writes it anew; `sweep` spares what is younger than
# KEEP. So a run may take a day from its first `put` to its commit, and no blob that it counts on is swept
# meanwhile.
RENEW = timedelta(days=7)
KEEP = timedelta(days=8)
TRIES = 5
NO_HASHES: Mapping[Path, str] = MappingProxyType({})
Digest = Any
"""A hash that is being made (hashlib has no public name for its type)."""
LARGE = 10_000_000
"""Bytes from which on files are kept side by side."""


@dataclass(frozen=True)
class Blobs:
    """The objects `blobs/<sha256>` on a shelf; `clock` is compared with their ages as the store tells
    them."""

    shelf: Shelf
    clock: Callable[[], datetime]

    def put(self, source: Path | bytes, known: str | None = None, *, still: bool = False) -> str:
        """The sha256 of the bytes that are kept. A file that is saved again meanwhile is kept as it is then,
        under its own name; ArchiveError where it never comes to rest. One that is `still`, to which nobody
        will ever write again, need not be copied; nor hashed where its sha256 is `known`."""
        for attempt in range(TRIES):
            if known and not attempt and isinstance(source, Path):
                sha256, size = known, source.stat().st_size
            else:
                sha256, size = _measure(source)
            found = self.shelf.head(_path(sha256))
            if found and found["size"] == size and found["last_modified"] >= self.clock() - RENEW:
                return sha256
            with suppress(OtherBytes):
                self.shelf.put_as(_path(sha256), source, sha256, still=still)
                return sha256
        raise ArchiveError(
            _("{file} is being written to all the time; run it again when it is whole.", file=source)
        )

    def put_all(
        self, sources: Sequence[Path], known: Mapping[Path, str] = NO_HASHES, *, still: bool = False
    ) -> list[str]:
        """As `put`, of each file: where they are large, two at a time, the largest first."""

        def put(source: Path) -> str:
            return self.put(source, known.get(source), still=still)

        sizes = {source: source.stat().st_size for source in sources}
        if sum(sizes.values()) < LARGE:
            return [*map(put, sources)]
        with ThreadPoolExecutor(2, thread_name_prefix="keep") as pool:
            kept = {each: pool.submit(put, each) for each in sorted(sources, key=sizes.__getitem__)[::-1]}
            return [kept[source].result() for source in sources]

    def has(self, sha256: str) -> bool:
        """Whether there is a blob of that name, whatever its bytes are."""
        return self.shelf.head(_path(sha256)) is not None

    def bring_back(self, sha256: str, source: Path | bytes) -> bool:
        """Puts a blob in place of a damaged one. Not where the source is another one: says whether it was."""
        with suppress(OtherBytes):
            self.shelf.put_as(_path(sha256), source, sha256)
            return True
        return False

    def fault(self, sha256: str) -> str:
        """What is wrong with a blob, in a sentence; nothing where its bytes give its name."""
        try:
            for _block in self.blocks(sha256):
                pass
        except (Damaged, ArchiveError) as error:
            return str(error)
        return ""

    def blocks(self, sha256: str) -> Iterator[bytes]:
        """The bytes in blocks; raises Damaged after the last where they are others, ValueError for a hash
        that is none."""
        path, digest = _path(sha256), hashlib.sha256()
        for block in self.shelf.blocks(path):
            digest.update(block)
            yield block
        self._require(sha256, digest)

    def save(self, sha256: str, into: Path, beginning: int = 0) -> Digest:
        """Writes a blob to a file; gives the sha256 of so many bytes of its `beginning`, to which more can be
        added. While a block is hashed, a thread beside writes the one before."""
        digest = hashlib.sha256()
        begun, left = digest.copy(), beginning
        with (
            reaching(str(into)),
            tempfile.TemporaryDirectory(dir=into.parent, prefix=f".{into.name}.") as folder,
        ):
            aside = Path(folder) / into.name
            with aside.open("wb") as file, ThreadPoolExecutor(1, thread_name_prefix="save") as beside:
                writing = beside.submit(int)
                for block in self.shelf.blocks(_path(sha256)):
                    writing.result()
                    writing = beside.submit(file.write, block)
                    if 0 < left <= len(block):
                        digest.update(block[:left])
                        begun = digest.copy()
                        digest.update(block[left:])
                    else:
                        digest.update(block)
                    left -= len(block)
                writing.result()
            self._require(sha256, digest)
            aside.replace(into)
        return begun

    def _require(self, sha256: str, digest: Digest) -> None:
        if digest.hexdigest() == sha256:
            return
        place = self.shelf.place(_path(sha256))
        raise Damaged(
            _(
                "{place} is damaged: its bytes do not match its name. `vereda repair` brings back what "
                "can be made again; else take it from a backup of the archive.",
                place=place,
            )
        )

    def old(self, before: datetime) -> list[str]:
        """The hashes of the blobs older than `before`."""
        return [
            found["path"].removeprefix("blobs/")
            for found in self.shelf.objects("blobs")
            if found["last_modified"] < before
        ]

    def remove(self, sha256: str, before: datetime) -> list[str]:
        """Removes a blob unless a `put` renewed it or another sweep was first; gives back the paths
        removed."""
        path, store = _path(sha256), self.shelf.store
        found = self.shelf.head(path)
        if not found or found["last_modified"] >= before:
            return []
        if not isinstance(store, Folder):
            self.shelf.delete(path)
            return [path]
        with reaching(self.shelf.place(path)):
            return [path] if _remove_old(store.root / path, before) else []


def _remove_old(place: Path, before: datetime) -> bool:
    """Removes a file unless it has been renewed; says whether it did. It is taken aside before it is looked
    at: between a look and its removal a `put` could have renewed it."""
    aside = place.with_name(f"{place.name}#{secrets.randbits(63)}")
    try:
        place.rename(aside)
    except FileNotFoundError:
        return False
    if aside.stat().st_mtime >= before.timestamp():
        aside.rename(place)  # whatever was put there meanwhile has the same bytes
        return False
    aside.unlink()
    return True


def hashes(text: bytes) -> set[str]:
    """All that looks like a sha256 in a text: the blobs that it may speak of."""
    return {found.decode() for found in re.findall(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", text)}


def _measure(source: Path | bytes) -> tuple[str, int]:
    """The sha256 and the number of bytes."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest(), len(source)
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()


def _path(sha256: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError(f"not a sha256: {sha256!r}")
    return f"blobs/{sha256}"
