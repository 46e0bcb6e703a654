"""What a build of the portal consists of, noted when it is finished: so that a file that is changed, emptied
or lost later is found, and never handed on to the next build.

    portal.seal.json    by path: [sha256, size, time of change, inode]

Every plan compares sizes, times and inodes, which costs a look at each file's entry in its folder and reads
none; only where one differs the file is read, and its hash decides. `vereda verify` reads every file: it
finds as well what a failing disk changed, which leaves the times as they were.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Literal

from messages import gettext as _

SEAL = "portal.seal.json"
Fault = Literal["changed", "missing", "strange"]


@dataclass(frozen=True)
class SealedFile:
    """A file as it was written: `changed` in nanoseconds since 1970."""

    sha256: str
    size: int
    changed: int
    inode: int


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

    def faults(self, build: Path, *, whole: bool = False) -> dict[str, Fault]:
        """What is not as it was written, by path; with `whole`, every file is read."""
        found: dict[str, Fault] = {}
        there = dict(list_files(build))
        for path, known in self.files.items():
            now = there.get(path)
            if now is None:
                found[path] = "missing"
                continue
            seems_same = (now.st_size, now.st_mtime_ns, now.st_ino) == astuple(known)[1:]
            if (whole or not seems_same) and hash_file(build / path) != known.sha256:
                found[path] = "changed"
        return found | dict.fromkeys(there.keys() - self.files.keys() - {SEAL}, "strange")


def seal_build(folder: Path, former: Seal | None) -> None:
    """Notes what a finished build consists of, and makes sure that it lasts: what is new is synced to the
    disk. What the former build had as well, by a hard link, was hashed and synced then."""
    sealed = former.files.values() if former else ()
    known = {(each.inode, each.size, each.changed): each.sha256 for each in sealed}
    files = {}
    for path, found in list_files(folder):
        sha256 = known.get((found.st_ino, found.st_size, found.st_mtime_ns))
        files[path] = [
            sha256 or _hash_and_sync(folder / path),
            found.st_size,
            found.st_mtime_ns,
            found.st_ino,
        ]
    (folder / SEAL).write_text(json.dumps(files, sort_keys=True), encoding="utf-8")
    _hash_and_sync(folder / SEAL)
    for place, _folders, _names in os.walk(folder, topdown=False):
        sync_folder(Path(place))


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
