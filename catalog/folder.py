"""A folder of this machine as the archive's storage, written so that a power cut leaves nothing half-written."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore

if TYPE_CHECKING:
    from obstore import GetResult, ObjectMeta


@dataclass(frozen=True)
class Folder:
    """A `Store`: read by obstore's LocalStore, written by itself.

    LocalStore's own `put` is atomic but syncs nothing: after a power cut an entry may be there and its bytes not.
    Here a file's bytes are synced before it gets its name, and its folder after.
    """

    root: Path
    reader: LocalStore

    @classmethod
    def open(cls, root: Path) -> Folder:
        """The folder, made where there is none."""
        _make(root)
        return cls(root, LocalStore(prefix=root))

    def put(self, path: str, file: Path | bytes, *, mode: Literal["create", "overwrite"]) -> None:
        target = self.root / path
        _make(target.parent)
        aside = target.with_name(f"{target.name}#{secrets.randbits(63)}")  # LocalStore does not list names like this
        try:
            _write(aside, file)
            if mode == "create":
                _link(aside, target)
            else:
                aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
        _sync(target.parent)

    def get(self, path: str) -> GetResult:
        return self.reader.get(path)

    def head(self, path: str) -> ObjectMeta:
        return self.reader.head(path)

    def list(self, prefix: str) -> Iterable[Sequence[ObjectMeta]]:
        return self.reader.list(prefix)

    def delete(self, paths: str) -> None:
        self.reader.delete(paths)


def strays(root: Path, before: datetime) -> Iterator[Path]:
    """The files that writers killed half-way left in a folder archive, untouched since before `before`."""
    for path in sorted(root.rglob("*#*")):
        with suppress(FileNotFoundError):  # a writer at work has just removed its own
            if re.search(r"#\d+$", path.name) and datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                yield path


def _make(folder: Path) -> None:
    """Makes a folder and those above it, and makes sure that each new one lasts."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _write(aside: Path, file: Path | bytes) -> None:
    with aside.open("xb") as copy:
        if isinstance(file, bytes):
            copy.write(file)
        else:
            with file.open("rb") as source:
                shutil.copyfileobj(source, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())


def _link(aside: Path, target: Path) -> None:
    """Gives the file its name unless the name is taken; unlike a rename, a link never replaces."""
    try:
        os.link(aside, target)
    except FileExistsError as error:
        raise AlreadyExistsError(str(target)) from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
