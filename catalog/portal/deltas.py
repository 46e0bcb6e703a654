"""`delta.json`: how a copy of a dataset's tables follows from version to version, by what changed in their
lines alone, until each table has the sha256 of the current one.

    delta.json                        the versions that were current, in their order, and the tables now
    delta/<before>-<after>/<name>.gz  how the lines of a table before become those after

A delta is text: `=n` takes the next n lines, `-n` passes over n, `@n` goes on at line n (from 0), `+n` is
followed by n new lines.
"""

from __future__ import annotations

import gzip
import json
import mmap
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.public import Edition, Listing

INDEX, FOLDER = "delta.json", "delta"
MOST = 400
"""Steps that the index has: more would cost a copy that is one version behind more than the step itself."""
LARGEST = 1_000_000_000
"""Bytes of a table of which there is a delta."""


Hashes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Step:
    """From one current version to the next; `tables` are those (by the name of their CSV) whose bytes
    differ."""

    before: Edition
    after: Edition

    @property
    def name(self) -> str:
        return f"{self.before.version}-{self.after.version}"

    @property
    def tables(self) -> tuple[str, ...]:
        old, new = table_hashes(self.before), table_hashes(self.after)
        return tuple(name for name in new if new[name] != old.get(name))

    @property
    def changed(self) -> tuple[str, ...]:
        """The tables that were there before as well."""
        return tuple(name for name in self.tables if name in self.before.files)


def table_hashes(edition: Edition) -> dict[str, str]:
    return {name: file.sha256 for name, file in edition.files.items() if name.endswith(".csv")}


def list_steps(listing: Listing) -> list[Step]:
    """The last ones, oldest first."""
    return [Step(*pair) for pair in listing.steps[-MOST:]]


def delta_path(step: Step, name: str) -> str:
    return f"{FOLDER}/{step.name}/{name}.gz"


def delta_sources(step: Step, name: str) -> dict[str, str]:
    """The files that a delta is made from, with their sha256; by their place in the dataset's folder."""
    return {f"v/{each.version}/{name}": each.files[name].sha256 for each in (step.before, step.after)}


def write_delta(before: Path, after: Path, into: Path) -> None:
    """How the lines of one file become those of another, both ending in a line end; of larger files than
    LARGEST nothing is written."""
    if max(before.stat().st_size, after.stat().st_size) > LARGEST:
        return
    with _Lines.open(before) as old, _Lines.open(after) as new:
        parts = _describe(old, new, _match(old.hashes, new.hashes))
        content = gzip.compress(b"".join(parts), mtime=0)
    into.parent.mkdir(parents=True, exist_ok=True)
    into.write_bytes(content)


def delta_index(listing: Listing, steps: Sequence[Step], folder: Path) -> str:
    """The text of `delta.json`; `folder` holds the dataset's files and its deltas."""
    assert listing.current is not None, "what has no version left has no copy to follow"
    told = [
        {
            "from": str(step.before.version),
            "to": str(step.after.version),
            "tables": {name: _table(step, name, folder) for name in step.tables},
        }
        for step in steps
    ]
    now = listing.current
    files: Mapping[str, Any] = {
        name: {"sha256": sha256, "bytes": now.files[name].bytes} for name, sha256 in table_hashes(now).items()
    }
    head = {"id": listing.dataset, "version": str(now.version), "tables": files}
    lines = ",\n".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in told)
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "steps": [\n{lines}\n]}}\n'


def _table(step: Step, name: str, folder: Path) -> dict[str, Any]:
    """What a table is after a step; where its delta is no shorter than the table, it is left out."""
    file, path = step.after.files[name], folder / delta_path(step, name)
    size = path.stat().st_size if path.is_file() else file.bytes
    return {"sha256": file.sha256} | ({"delta": size} if size < file.bytes else {})


class _Lines:
    """A file by its lines: where each begins and ends, and a hash of it."""

    def __init__(self, content: mmap.mmap | bytes) -> None:
        self.content = content
        ends = np.flatnonzero(np.frombuffer(content, np.uint8) == ord("\n")) + 1
        self.starts = np.concatenate([np.zeros(1, np.int64), ends])
        hashes = (hash(content[start:end]) for start, end in pairwise(self.starts))
        self.hashes = np.fromiter(hashes, np.int64, len(ends))

    @classmethod
    def open(cls, path: Path) -> _Lines:
        with path.open("rb") as file:
            return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b"")

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_error: object) -> None:
        if isinstance(self.content, mmap.mmap):
            self.content.close()

    def text(self, start: int, end: int) -> bytes:
        return bytes(self.content[self.starts[start] : self.starts[end]])


def _match(old: Hashes, new: Hashes) -> list[int]:
    """For each new line the old one that it is, -1 for none: the next one where there are several."""
    order = np.argsort(old, kind="stable")
    ordered = old[order]
    lows, highs = (np.searchsorted(ordered, new, side) for side in ("left", "right"))
    places, found, here = order.tolist(), [], 0
    for low, high in zip(lows.tolist(), highs.tolist(), strict=True):
        if low == high:
            found.append(-1)
            continue
        at = bisect_left(places, here, low, high)
        here = places[at if at < high else low] + 1
        found.append(here - 1)
    return found


def _describe(old: _Lines, new: _Lines, match: Sequence[int]) -> Iterator[bytes]:
    """The delta, piece by piece."""
    here, line = 0, 0
    while line < len(match):
        end = line + 1
        if match[line] < 0:
            while end < len(match) and match[end] < 0:
                end += 1
            yield b"+%d\n" % (end - line)
            yield new.text(line, end)
        else:
            while end < len(match) and match[end] == match[end - 1] + 1:
                end += 1
            if match[line] != here:
                forward = match[line] > here
                yield b"-%d\n" % (match[line] - here) if forward else b"@%d\n" % match[line]
            yield b"=%d\n" % (end - line)
            here = match[end - 1] + 1
        line = end
