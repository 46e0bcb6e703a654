"""Where the archive's files are kept, a folder of this machine or a bucket elsewhere, and what to do when it
fails."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import LocalStore, MemoryStore, from_url

from catalog.archive.release import Damaged
from messages import gettext as _

if TYPE_CHECKING:
    from obstore import GetResult, ObjectMeta
    from obstore.store import RetryConfig


@dataclass(frozen=True)
class Folder:
    """A `Store`: read by obstore's LocalStore, written by itself.

    LocalStore's own `put` is atomic but syncs nothing: after a power cut an entry may be there and its bytes
    not. Here a file's bytes are synced before it gets its name, and its folder after.
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
        # LocalStore does not list names like this.
        aside = target.with_name(f"{target.name}#{secrets.randbits(63)}")
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


MISSING = (FileNotFoundError, NotFoundError)  # obstore raises the first, and documents the second


class ArchiveError(Exception):
    """The storage outside failed (full, closed, out of reach): do what the message says, and run the same
    again."""


class Store(Protocol):
    """What the archive asks of its storage; obstore's stores are such, and so is `Folder`.

    `put` is atomic: readers see all of the object or none. With mode "create" it raises AlreadyExistsError
    where there is one, and of two at once one wins. `list` takes whole path segments as prefix. `get` and
    `head` raise one of MISSING.
    """

    def put(self, path: str, file: Path | bytes, *, mode: Literal["create", "overwrite"]) -> object: ...

    def get(self, path: str) -> GetResult: ...

    def head(self, path: str) -> ObjectMeta: ...

    def list(self, prefix: str) -> Iterable[Sequence[ObjectMeta]]: ...

    def delete(self, paths: str) -> None: ...


@dataclass(frozen=True)
class Shelf:
    """A store under the name that messages give it: the same acts, their failures as ArchiveError or
    Damaged."""

    store: Store
    where: str

    def put(self, path: str, file: Path | bytes) -> None:
        """Puts an object, in place of the one that is there."""
        with reaching(self.place(path)):
            self.store.put(path, file, mode="overwrite")

    def create(self, path: str, file: bytes) -> bool:
        """Whether the object was put: False where there is one already."""
        try:
            with reaching(self.place(path)):
                self.store.put(path, file, mode="create")
        except AlreadyExistsError:
            return False
        return True

    def blocks(self, path: str) -> Iterator[bytes]:
        """An object's bytes in blocks of at least 1 MiB but the last; raises Damaged where there is none."""
        with reaching(self.place(path)):
            try:
                stream = self.store.get(path).stream(1 << 20)
            except MISSING as error:
                raise Damaged(
                    _(
                        "{place} is missing. Bring it back from a backup of the archive.",
                        place=self.place(path),
                    )
                ) from error
            for block in stream:
                yield bytes(block)

    def read(self, path: str) -> bytes:
        return b"".join(self.blocks(path))

    def head(self, path: str) -> ObjectMeta | None:
        with reaching(self.place(path)):
            try:
                return self.store.head(path)
            except MISSING:
                return None

    def objects(self, prefix: str) -> list[ObjectMeta]:
        with reaching(self.place(prefix)):
            return [found for page in self.store.list(prefix) for found in page]

    def names(self, prefix: str) -> list[str]:
        return sorted(found["path"] for found in self.objects(prefix))

    def numbers(self, folder: str) -> list[int]:
        """The numbers of the files in a folder whose files are counted: 00000001.json …"""
        matches = (re.search(r"/(\d{8})\.json$", name) for name in self.names(folder))
        return [int(match[1]) for match in matches if match]

    def delete(self, path: str) -> None:
        with reaching(self.place(path)):
            self.store.delete(path)

    def place(self, path: str) -> str:
        return f"{self.where}/{path}"


def open_store(where: str) -> Store:
    """The store at a folder's path (made if missing) or a URL; raises ValueError for a URL of a kind that we
    do not know."""
    parts = urlsplit(where)
    if "://" not in where or parts.scheme == "file":
        path = url2pathname(parts.path) if parts.scheme == "file" else where
        with reaching(where):
            return Folder.open(Path(path).expanduser().absolute())
    if parts.scheme == "memory":
        return MemoryStore()
    try:
        # Five tries take some seconds. Ten, the default, would keep a night's run waiting at every read.
        retries: RetryConfig = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}
        store: Store = from_url(where, retry_config=retries)
    except (BaseError, ValueError) as error:
        detail = _detail(error)
        raise ValueError(
            _(
                "{where} is not the address of an archive ({detail}). Give VEREDA_ARCHIVE a folder, "
                "s3://bucket/folder, gs://… or az://…",
                where=where,
                detail=detail,
            )
        ) from error
    return store


@contextmanager
def reaching(place: str) -> Iterator[None]:
    """Turns what the storage at `place` raises inside this block into an ArchiveError that says what to do
    next."""
    try:
        yield
    except AlreadyExistsError:
        raise
    except (OSError, BaseError) as error:
        raise ArchiveError(_advice(place, error)) from error


def _advice(place: str, error: Exception) -> str:
    code, values = getattr(error, "errno", None), {"place": place, "detail": _detail(error)}
    if code in (errno.ENOSPC, errno.EDQUOT):
        return _(
            "No space is left for {place} ({detail}). Make room there and run the same again; what was "
            "published is untouched.",
            **values,
        )
    if code in (errno.EACCES, errno.EPERM, errno.EROFS) or isinstance(
        error, PermissionDeniedError | UnauthenticatedError
    ):
        return _(
            "{place} is closed to this program ({detail}). Give it the right to read and write there, and "
            "run the same again.",
            **values,
        )
    if isinstance(error, MISSING):
        return _(
            "There is no place for {place} ({detail}). Make its folder or bucket, or correct the setting "
            "that names it.",
            **values,
        )
    return _(
        "{place} cannot be read or written ({detail}). Check the address, the network and the credentials, "
        "and run the same again.",
        **values,
    )


def _detail(error: Exception) -> str:
    """An error's own words in one line; obstore's go on with pages of its inner state."""
    return getattr(error, "strerror", None) or str(error).partition("\n")[0]
