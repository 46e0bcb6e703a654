"""What a build of the portal consists of, noted when it is finished: so that a file that is changed, emptied
or lost later is found, and never handed on to the next build.

    portal.seal.json    by path: [sha256, size, time of change, inode]

It has a line for each file, in the order in which a walk through the folders meets them, so that seal and
build are compared file by file: thousands of datasets have hundreds of thousands of files, and none is held.

Every plan compares sizes, times and inodes, which costs a look at each file's entry in its folder and reads
none; only where one differs the file is read, and its hash decides. `vereda verify` reads every file: it
finds as well what a failing disk changed, which leaves the times as they were.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Literal

from messages import LANGUAGES
from messages import gettext as _

SEAL = "portal.seal.json"
Fault = Literal["changed", "missing", "strange"]
Entry = tuple[int, int, int]
"""What a folder tells of a file: its inode, its size and when it was written to."""
LANGUAGE_FOLDERS = [[each] for each in LANGUAGES]
Hashes = Mapping[str, Mapping[Entry, str]]
"""What was hashed as it was written, by the folder of the dataset ("" of what is in none)."""
NO_HASHES: Hashes = MappingProxyType({})


@dataclass(frozen=True)
class SealedFile:
    """A file as it was written: `changed` in nanoseconds since 1970."""

    sha256: str
    size: int
    changed: int
    inode: int

    def seems_same(self, now: os.stat_result) -> bool:
        """Whether nothing wrote to it since, as far as its entry in the folder tells."""
        return (now.st_size, now.st_mtime_ns, now.st_ino) == (self.size, self.changed, self.inode)


@dataclass(frozen=True)
class Seal:
    """The files of a build, by path."""

    files: Mapping[str, SealedFile]

    @classmethod
    def read(cls, build: Path) -> Seal | None:
        """The seal of a build; None where there is none, or it cannot be read."""
        try:
            plain = json.loads((build / SEAL).read_bytes())
            return cls({path: SealedFile(*each) for path, each in plain.items()})
        except (OSError, ValueError, TypeError, AttributeError):
            return None


def find_faults(build: Path, *, whole: bool = False) -> dict[str, Fault] | None:
    """What is not as it was written, by path; with `whole`, every file is read. None where the seal is
    missing, or cannot be read."""
    try:
        with (build / SEAL).open("rb") as file:
            return dict(_compare(build, read_lines(file), whole))
    except OutOfOrder:  # a build of an earlier Vereda
        seal = Seal.read(build)
        in_order = sorted(seal.files.items(), key=lambda each: _place_in_walk(each[0])) if seal else []
        return dict(_compare(build, iter(in_order), whole)) if seal else None
    except (OSError, ValueError, TypeError):
        return None


def is_sealed(build: Path) -> bool:
    """Whether there is a seal that can be read."""
    try:
        with (build / SEAL).open("rb") as file:
            for _line in read_lines(file):
                pass
    except OutOfOrder:  # a build of an earlier Vereda
        return Seal.read(build) is not None
    except (OSError, ValueError, TypeError):
        return False
    return True


class OutOfOrder(Exception):
    """The seal's files are not in lines, or not in the order of a walk."""


def read_lines(file: IO[bytes]) -> Iterator[tuple[str, SealedFile]]:
    """The files of a seal, one after another; raises OutOfOrder, and ValueError or TypeError where it is
    none."""
    if file.readline() != b"{\n":
        raise OutOfOrder
    before: tuple[tuple[bool, str], ...] = ()
    for line in file:
        if line == b"}\n":
            return
        ((path, plain),) = json.loads(b"{" + line.rstrip(b",\n") + b"}").items()
        place = _place_in_walk(path)
        if place <= before:
            raise OutOfOrder
        before = place
        yield path, SealedFile(*plain)
    raise ValueError("cut off")


def _place_in_walk(path: str) -> tuple[tuple[bool, str], ...]:
    """Sorts paths as `list_files` gives them: of a folder the files first, then what its folders hold."""
    *folders, name = path.split("/")
    return *((True, each) for each in folders), (False, name)


def _compare(
    build: Path, sealed: Iterator[tuple[str, SealedFile]], whole: bool
) -> Iterator[tuple[str, Fault]]:
    """The faults of a build, whose files come in the same order as those that are `sealed`."""
    known = next(sealed, None)
    for path, now in list_files(build):
        place = _place_in_walk(path)
        while known and _place_in_walk(known[0]) < place:
            yield known[0], "missing"
            known = next(sealed, None)
        if known and known[0] == path:
            if (whole or not known[1].seems_same(now)) and hash_file(build / path) != known[1].sha256:
                yield path, "changed"
            known = next(sealed, None)
        elif path != SEAL:
            yield path, "strange"
    while known:
        yield known[0], "missing"
        known = next(sealed, None)


def seal_build(folder: Path, former: Path | None, hashed: Hashes = NO_HASHES) -> None:
    """Notes what a finished build consists of, and makes sure that it lasts: what is new is synced to the
    disk. What the former build had in the same place as well, by a hard link, was hashed and synced then;
    files that were `hashed` as they were written are synced alone."""
    known = KnownHashes(former, hashed)
    end = "{\n"
    with (folder / SEAL).open("w", encoding="utf-8") as seal:
        for path, found in list_files(folder):
            if path == SEAL:
                continue
            entry = entry_of(found)
            known.turn_to(path)
            if (sha256 := known.synced.get(entry)) is None:
                if sha256 := known.written.get(entry):
                    _sync_file(folder / path)
                else:
                    sha256 = _hash_and_sync(folder / path)
            line = json.dumps([sha256, found.st_size, found.st_mtime_ns, found.st_ino])
            seal.write(f"{end}{json.dumps(path)}: {line}")
            end = ",\n"
        seal.write("\n}\n" if end != "{\n" else "{\n\n}\n")
    _hash_and_sync(folder / SEAL)
    for place, _folders, _names in os.walk(folder, topdown=False):
        sync_folder(Path(place))


class KnownHashes:
    """The files of a new build whose hash is known: those that were `synced` with the former one, by its
    seal, and those that were `written` now. Of one part (what a dataset has in a language) at a time, for
    paths that come in the order of a walk. A seal that is not in lines, or damaged, says nothing from there
    on."""

    def __init__(self, former: Path | None, hashed: Hashes) -> None:
        self.hashed = hashed
        self.lines = self._read(former) if former else iter(())
        self.next = next(self.lines, None)
        self.part: str | None = None
        self.synced: dict[Entry, str] = {}
        self.written: Mapping[Entry, str] = {}

    @staticmethod
    def _read(former: Path) -> Iterator[tuple[str, SealedFile]]:
        with suppress(OSError, ValueError, TypeError, OutOfOrder), (former / SEAL).open("rb") as file:
            yield from read_lines(file)

    def turn_to(self, path: str) -> None:
        """To the part of the new build in which the path is."""
        part, place = _part_of(path), _place_in_walk(path)
        if part == self.part:
            return
        self.part, self.synced, self.written = part, {}, self.hashed.get(part, {})
        while self.next and _part_of(self.next[0]) != part and _place_in_walk(self.next[0]) < place:
            self.next = next(self.lines, None)
        while self.next and _part_of(self.next[0]) == part:
            known = self.next[1]
            self.synced[known.inode, known.size, known.changed] = known.sha256
            self.next = next(self.lines, None)


def _part_of(path: str) -> str:
    """The folder of a dataset, in the language's folder or without one; of what is higher up, its own."""
    folders = path.split("/")[:-1]
    return "/".join(folders[:3] if folders[:1] in LANGUAGE_FOLDERS else folders[:2])


def entry_of(found: os.stat_result) -> Entry:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Makes sure that the names in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def describe_fault(fault: Fault) -> str:
    sentences = {
        "changed": _("it is not what was published; `vereda publish` writes it anew"),
        "missing": _("it is missing; `vereda publish` writes it anew"),
        "strange": _("no build wrote it, and it is served; `vereda publish` leaves it out"),
    }
    return sentences[fault]


def list_files(build: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every file of a build with its path in it; a link is a file of its own."""
    for place, folders, names in os.walk(build):
        folders.sort()
        for name in sorted([*names, *(each for each in folders if Path(place, each).is_symlink())]):
            path = Path(place, name)
            yield path.relative_to(build).as_posix(), path.lstat()


def hash_file(path: Path) -> str:
    """The sha256 of a file; nothing where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _hash_and_sync(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return digest
