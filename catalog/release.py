"""A release: one published version of a dataset, and the log of all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Level = Literal["major", "minor", "patch"]
Kind = Literal["release", "current", "withdraw", "accept"]
LEVELS: tuple[Level, ...] = ("patch", "minor", "major")


@dataclass(frozen=True, order=True)
class Version:
    """A semantic version of data, after the Data Package *Version* pattern."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Reads "1.2.3"; raises ValueError for anything else."""
        match = re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", text, re.ASCII)
        if not match:
            raise ValueError(f"not a version: {text!r}")
        return cls(*map(int, match.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def next(self, level: Level) -> Version:
        if level == "major":
            return Version(self.major + 1, 0, 0)
        if level == "minor":
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch + 1)


FIRST = Version(1, 0, 0)


@dataclass(frozen=True)
class File:
    """A file of a release: where its bytes are (by sha256), how many, and whether anyone may have them."""

    sha256: str
    bytes: int
    public: bool


@dataclass(frozen=True)
class Release:
    """What `pack` made and `commit` is to publish: files on this machine, and all that is known of them.

    `changes` and `rows` are by resource, as `--json` shows them. `provenance` has the raw snapshots, the declaration, the
    versions of the inputs, the clock and the tools' versions: with them, the release can be made again.
    """

    dataset: str
    demo: bool
    run: str
    at: str
    as_of: str | None
    version: Version
    level: Level | None
    paths: Mapping[str, Path]
    private: frozenset[str]
    changes: Mapping[str, Any]
    rows: Mapping[str, int]
    problems: int
    provenance: Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """One entry of a dataset's log. Of kind `release` it is the manifest of a version; the other kinds speak of one.

    `at` is ISO 8601 with its offset; `as_of` the date of the extract where the source has dated ones.
    """

    dataset: str
    demo: bool
    number: int
    kind: Kind
    run: str
    at: str
    version: Version
    level: Level | None = None
    as_of: str | None = None
    because: str | None = None
    files: Mapping[str, File] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    problems: int = 0
    provenance: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class History:
    """The log of a dataset, oldest first."""

    dataset: str
    demo: bool
    entries: tuple[Entry, ...] = ()

    @property
    def head(self) -> int:
        """The number of the newest entry; 0 where there is none."""
        return self.entries[-1].number if self.entries else 0

    @property
    def releases(self) -> tuple[Entry, ...]:
        return tuple(e for e in self.entries if e.kind == "release")

    @property
    def withdrawn(self) -> frozenset[Version]:
        return frozenset(e.version for e in self.entries if e.kind == "withdraw")

    @property
    def current(self) -> Entry | None:
        """The release that readers get as latest: the one named last by a release or a rollback and not withdrawn."""
        for entry in reversed(self.entries):
            if entry.kind in ("release", "current") and entry.version not in self.withdrawn:
                return self.release(entry.version)
        return None

    @property
    def highest(self) -> Version | None:
        """The highest version ever used, withdrawn ones included: numbers are not used again."""
        return max((e.version for e in self.releases), default=None)

    def release(self, version: Version) -> Entry:
        """The manifest of a version; raises KeyError where there is none."""
        for entry in self.releases:
            if entry.version == version:
                return entry
        raise KeyError(str(version))

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)
