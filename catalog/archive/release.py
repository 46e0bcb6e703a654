"""A release: one published version of a dataset, and the log of all of them, which is kept as JSON: an entry
gives the same bytes each time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args

from messages import gettext as _

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
SKEW = timedelta(minutes=1)
"""By how much the clocks of machines that share an archive may differ."""


def twin(csv: str) -> str:
    """The name of the Parquet that stands beside a table's CSV in a release."""
    return csv.removesuffix(".csv") + ".parquet"


FORMATS = {"xlsx": ".xlsx", "geojson": ".geojson", "geoparquet": ".geo.parquet"}


def format_file(csv: str, kind: str) -> str:
    """The name of the file that has a table in another format, beside its CSV."""
    return csv.removesuffix(".csv") + FORMATS[kind]


@dataclass(frozen=True)
class File:
    """A file of a release: where its bytes are (by sha256), how many, and whether anyone may have them."""

    sha256: str
    bytes: int
    public: bool


@dataclass(frozen=True)
class Release:
    """What `pack` made and `commit` is to publish: files on this machine, and all that is known of them.

    `changes` and `rows` are by resource, as `--json` shows them. `provenance` has the raw snapshots, the
    declaration, the versions of the inputs, the clock and the tools' versions: with them, the release can be
    made again. Files that are `still`, to which nobody writes any more, need not be copied, nor those hashed
    whose sha256 is among `hashes`, since it was made when they were written.
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
    hashes: Mapping[str, str] = field(default_factory=dict)
    still: bool = False


@dataclass(frozen=True)
class Entry:
    """One entry of a dataset's log. Of kind `release` it is the manifest of a version; the other kinds speak
    of one.

    `at` is ISO 8601 with its offset; `as_of` the date of the extract where the source has dated ones;
    `previous` the sha256 of the entry before, as it is stored: none in the first one, nor in those that were
    written before entries were chained.
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
    previous: str | None = None

    @property
    def blobs(self) -> frozenset[str]:
        """The sha256 of all that this entry names: its files, the raw extracts and the declaration."""
        named = {file.sha256 for file in self.files.values()}
        named |= {
            each["sha256"] for each in self.provenance.get("snapshots", {}).values() if "sha256" in each
        }
        return frozenset(named | set(self.provenance.get("declaration", {}).values()))


@dataclass(frozen=True)
class Standing:
    """How a log stands after some of its entries: the `current` version, those that a person rolled away
    from (`taken_back`), and those that were withdrawn."""

    current: Version | None = None
    released: tuple[Version, ...] = ()
    taken_back: frozenset[Version] = frozenset()
    withdrawn: frozenset[Version] = frozenset()

    def after(self, entry: Entry) -> Standing:
        version = entry.version
        if entry.kind == "release":
            return replace(self, current=version, released=(*self.released, version))
        if entry.kind == "current":
            # Whoever goes back to a version passes over all that came after it.
            later = self.released[self.released.index(version) + 1 :] if version in self.released else ()
            return replace(self, current=version, taken_back=(self.taken_back | frozenset(later)) - {version})
        if entry.kind == "withdraw":
            gone = replace(self, withdrawn=self.withdrawn | {version})
            return replace(gone, current=gone.newest) if version == self.current else gone
        return self

    @property
    def newest(self) -> Version | None:
        """The newest version that nobody took back: such a one becomes current again only by a person."""
        left = (v for v in reversed(self.released) if v not in self.withdrawn | self.taken_back)
        return next(left, None)


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

    def acceptance(self, extracts: Mapping[str, Any]) -> Entry | None:
        """The entry that lets these extracts (by table) through, where none was released since."""
        newest = self.releases[-1].number if self.releases else 0
        later = [e for e in self.entries if e.kind == "accept" and e.number > newest]
        return next((e for e in later if e.provenance["snapshots"] == extracts), None)

    @property
    def withdrawn(self) -> frozenset[Version]:
        return self.standing.withdrawn

    @cached_property
    def standings(self) -> tuple[Standing, ...]:
        """How the log stood after each of its entries."""
        found: list[Standing] = []
        for entry in self.entries:
            found.append((found[-1] if found else Standing()).after(entry))
        return tuple(found)

    @property
    def standing(self) -> Standing:
        return self.standings[-1] if self.standings else Standing()

    @property
    def current(self) -> Entry | None:
        """The release that readers get as latest: the newest one, or the one that a person made current;
        after a withdrawal, the newest that nobody took back."""
        version = self.standing.current
        return self.release(version) if version else None

    @property
    def taken_back(self) -> tuple[Entry, ...]:
        """The releases that a person rolled away from or withdrew, oldest first."""
        back = self.standing.taken_back | self.standing.withdrawn
        return tuple(release for release in self.releases if release.version in back)

    def moment(self, now: datetime) -> str:
        """`now` for the next entry, ISO 8601 to the second: never before the newest entry, also where the
        clock went back, so that entries stay in order."""
        last = datetime.fromisoformat(self.entries[-1].at) if self.entries else now
        return max(now, last.astimezone(now.tzinfo)).isoformat(timespec="seconds")

    def clock_went_back(self, now: datetime) -> bool:
        """Whether the newest entry is from later than `now`, by more than machines differ."""
        if not self.entries:
            return False
        return datetime.fromisoformat(self.entries[-1].at) - now > SKEW

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


class Damaged(Exception):
    """A file of the archive is not what it was when it was written: bring the one that the message names back
    from a backup."""


@dataclass(frozen=True)
class Damage:
    """A file that is not what it should be: `of` names the dataset (or "archive", "portal"), `file` its place
    there, `note` says in a sentence what is wrong and what to do."""

    of: str
    file: str
    note: str


def entry_as_json(entry: Entry) -> bytes:
    """UTF-8 JSON with sorted keys, a key a line. `changes`, `rows` and `provenance` must hold JSON values
    only."""
    plain = {
        **vars(entry),
        "version": str(entry.version),
        "files": {name: vars(file) for name, file in entry.files.items()},
    }
    return dump_json(plain)


def entry_from_json(text: bytes) -> Entry:
    """The entry that `entry_as_json` wrote; raises ValueError, TypeError, KeyError or AttributeError for
    anything else."""
    plain = json.loads(text)
    files = {name: File(**file) for name, file in plain["files"].items()}
    entry = Entry(**{**plain, "version": Version.parse(plain["version"]), "files": files})
    if entry.kind not in get_args(Kind) or entry.level not in (None, *LEVELS):
        raise ValueError(f"{entry.kind}, {entry.level}")
    _require_types(entry)
    return entry


def _require_types(entry: Entry) -> None:
    """Raises ValueError or TypeError where a value is of another type than the pages count on."""
    if datetime.fromisoformat(entry.at).tzinfo is None:
        raise ValueError(f"at: {entry.at!r}")
    wanted: Mapping[str, tuple[object, type | UnionType]] = {
        "demo": (entry.demo, bool),
        "run": (entry.run, str),
        "as_of": (entry.as_of, str | None),
        "because": (entry.because, str | None),
        "problems": (entry.problems, int),
        "previous": (entry.previous, str | None),
        **{f"rows/{name}": (count, int) for name, count in entry.rows.items()},
        **{f"changes/{name}": (each, dict) for name, each in entry.changes.items()},
        "provenance": (entry.provenance, dict),
        **{f"files/{name}": (file.bytes, int) for name, file in entry.files.items()},
        **{f"public/{name}": (file.public, bool) for name, file in entry.files.items()},
    }
    for name, (value, kind) in wanted.items():
        if not isinstance(value, kind):
            raise TypeError(f"{name}: {value!r}")
    if wrong := [sha256 for sha256 in entry.blobs if not re.fullmatch(r"[0-9a-f]{64}", sha256)]:
        raise ValueError(f"sha256: {wrong[0]!r}")


def damaged_entry(place: str, why: object) -> Damaged:
    if isinstance(why, json.JSONDecodeError):
        why = _("it is no JSON from line {line} on", line=why.lineno)
    elif isinstance(why, KeyError):
        why = _("it lacks {name}", name=why.args[0])
    elif isinstance(why, UnicodeDecodeError):
        why = _("it is no UTF-8 from byte {n} on", n=why.start + 1)
    elif isinstance(why, TypeError | AttributeError):
        why = _("it is no entry of a log: {why}", why=why)
    return Damaged(
        _(
            "{place} cannot be read ({detail}). `vereda repair` brings it back from its copy, if there is "
            "one; else a backup of the archive does, or a newer version of this program reads it.",
            place=place,
            detail=why,
        )
    )


def dump_json(plain: Mapping[str, Any]) -> bytes:
    text = json.dumps(
        plain, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False, default=mapping_as_json
    )
    return text.encode() + b"\n"


def mapping_as_json(value: object) -> dict[str, Any]:
    """What JSON makes of a mapping that is no dict; TypeError for anything else."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not a JSON value: {value!r}")


def same_act(before: History, entry: Entry) -> Entry | None:
    """The entry by which the version is current, or withdrawn, already."""
    version = entry.version
    if entry.kind == "withdraw" and version in before.withdrawn:
        return next(e for e in before if e.kind == "withdraw" and e.version == version)
    if entry.kind == "current" and before.standing.current == version:
        acts = [e for e in before if e.kind in ("release", "current") and e.version == version]
        return acts[-1]
    return None


class UnknownRelease(Exception):
    """There is no such dataset, resource or version: `vereda list` and `vereda history` say which there
    are."""


class NeverReleased(UnknownRelease):
    """Of a dataset, if it is one, there is no release; `vereda list` says which datasets there are."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        super().__init__(
            _(
                "{dataset} has no release yet; `vereda run {dataset}` makes one, `vereda list` shows what "
                "there is",
                dataset=dataset,
            )
        )


def find_release(history: History, version: str | None) -> Entry:
    """The release of a version, the current one where none is named; raises UnknownRelease."""
    try:
        entry = history.release(Version.parse(version)) if version else history.current
    except (KeyError, ValueError):
        entry = None
    if entry is None:
        raise UnknownRelease(
            _(
                "{dataset} has no version {version}; `vereda history {dataset}` lists them",
                dataset=history.dataset,
                version=version,
            )
        )
    return entry
