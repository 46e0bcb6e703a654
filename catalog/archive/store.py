"""Where the archive's files are kept, a folder of this machine or a bucket elsewhere, and what to do when it
fails."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, Protocol
from urllib.parse import unquote, urlsplit

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

Mode = Literal["create", "overwrite"]


@dataclass(frozen=True)
class Folder:
    """A `Store`: read and written by itself, deleted from by obstore's LocalStore.

    LocalStore's own `put` is atomic but syncs nothing: after a power cut an entry may be there and its bytes
    not. Here a file's bytes are synced before it gets its name, and its folder after. And its reading goes
    through threads of its own, which costs more than the small files that an archive mostly has.
    """

    root: Path
    reader: LocalStore

    @classmethod
    def open(cls, root: Path) -> Folder:
        """The folder, made where there is none."""
        _make(root)
        return cls(root, LocalStore(prefix=root))

    def put(
        self, path: str, file: Path | bytes, *, mode: Mode, sha256: str | None = None, still: bool = False
    ) -> None:
        """Puts an object; with `sha256`, raises OtherBytes where what was copied has another one. A file that
        is `still`, to which nobody will ever write again, is not copied where it can have a second name."""
        try:
            self._put(path, file, mode, sha256, still)
        except FileNotFoundError:  # swept away by a process whose clock is ahead: once more
            self._put(path, file, mode, sha256, still)

    def _put(self, path: str, file: Path | bytes, mode: Mode, sha256: str | None, still: bool) -> None:
        target = self.root / path
        _make(target.parent)
        # Names like this are not listed.
        aside = target.with_name(f"{target.name}#{secrets.randbits(63)}")
        try:
            if not (still and isinstance(file, Path) and _name_again(file, aside)):
                _write(aside, file, sha256)
            if mode == "create":
                _link(aside, target)
            else:
                if target.is_dir() and not target.is_symlink():  # somebody put it there: nothing of ours
                    self.move(path, f"strange/{path}")
                aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
        _sync(target.parent)

    def get(self, path: str) -> FolderFile:
        self._require_file(path)
        return FolderFile(self.root / path)

    def head(self, path: str) -> ObjectMeta:
        return _describe_file(path, self._require_file(path))

    def list(self, prefix: str) -> Iterable[Iterable[ObjectMeta]]:
        """The files below a folder. Links are followed, but not in a circle; what is no file is left out."""
        top = self.root / prefix
        return [_walk(top, prefix, frozenset())] if top.is_dir() else []

    def folders(self, prefix: str) -> Sequence[str]:
        """The names of the folders right under a folder."""
        top = self.root / prefix
        return sorted(path.name for path in top.iterdir() if path.is_dir()) if top.is_dir() else []

    def oddities(self, prefix: str) -> Iterable[str]:
        """What stands below a folder and is neither a file nor a folder of files: links, pipes, and folders
        that are called like files."""
        for place, folders, names in os.walk(self.root / prefix):
            for name in sorted([*folders, *names]):
                path = Path(place, name)
                mode = path.lstat().st_mode
                if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)) or (stat.S_ISDIR(mode) and path.suffix):
                    yield path.relative_to(self.root).as_posix()

    def move(self, path: str, into: str) -> str:
        """Moves whatever stands there, without looking into it; gives the place where it is now, which is
        another one than `into` where something is there already."""
        place = self.root / into
        _make(place.parent)
        turn = 1
        while os.path.lexists(place):
            turn += 1
            place = (self.root / into).with_name(f"{Path(into).name}~{turn}")
        (self.root / path).rename(place)
        return place.relative_to(self.root).as_posix()

    def _require_file(self, path: str) -> os.stat_result:
        """What its folder says of a file; raises FileNotFoundError where there is something else, such as a
        pipe, which would be read for ever, or a link to itself."""
        place = self.root / path
        try:
            found = place.stat()
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
        else:
            if stat.S_ISREG(found.st_mode):
                return found
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(place))

    def delete(self, paths: str) -> None:
        self.reader.delete(paths)


class OtherBytes(Exception):
    """The file was written to while it was copied."""


def _walk(folder: Path, path: str, above: frozenset[tuple[int, int]]) -> Iterator[ObjectMeta]:
    """The files below a folder whose path in the store is `path`; `above` are the folders on the way."""
    own = folder.stat()
    if (own.st_dev, own.st_ino) in above:
        return
    for each in sorted(os.scandir(folder), key=lambda each: each.name):
        try:
            found = each.stat()
        except (FileNotFoundError, RuntimeError):  # gone meanwhile, or a link to nowhere
            continue
        except OSError as error:
            if error.errno == errno.ELOOP:
                continue
            raise
        name = f"{path}/{each.name}"
        if stat.S_ISDIR(found.st_mode):
            yield from _walk(folder / each.name, name, above | {(own.st_dev, own.st_ino)})
        elif stat.S_ISREG(found.st_mode) and not re.search(r"#\d+$", each.name):
            yield _describe_file(name, found)


def _describe_file(path: str, found: os.stat_result) -> ObjectMeta:
    size, modified = found.st_size, datetime.fromtimestamp(found.st_mtime, UTC)
    return {"path": path, "size": size, "last_modified": modified, "e_tag": None, "version": None}


@dataclass(frozen=True)
class FolderFile:
    path: Path

    def stream(self, size: int) -> Iterator[bytes]:
        """The file's bytes in blocks of `size`."""
        with self.path.open("rb", buffering=0) as file:
            while block := file.read(size):
                yield block


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


def _write(aside: Path, file: Path | bytes, sha256: str | None) -> None:
    with aside.open("xb") as copy:
        digest = copy_hashing(file, copy)
        if sha256 not in (None, digest):
            raise OtherBytes
        copy.flush()
        os.fsync(copy.fileno())


def _name_again(file: Path, aside: Path) -> bool:
    """Gives a file a second name, and makes sure that its bytes last; says whether it could: on another disk
    it has to be copied."""
    try:
        os.link(file, aside)
    except FileNotFoundError:
        raise
    except OSError:
        return False
    os.utime(aside)  # its age is counted from now on
    _sync(aside)
    return True


def copy_hashing(file: Path | bytes, into: IO[bytes]) -> str:
    """Copies, and gives the sha256 of the very bytes that were written."""
    digest = hashlib.sha256()
    with io.BytesIO(file) if isinstance(file, bytes) else file.open("rb") as source:
        while block := source.read(1 << 20):
            digest.update(block)
            into.write(block)
    return digest.hexdigest()


def _link(aside: Path, target: Path) -> None:
    """Gives the file its name unless the name is taken; unlike a rename, a link never replaces."""
    try:
        os.link(aside, target)
    except FileExistsError as error:
        raise AlreadyExistsError(str(target)) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


NUMBERED = re.compile(r"(\d{8})\.json")
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

    def put(self, path: str, file: Path | bytes, *, mode: Mode) -> object: ...

    def get(self, path: str) -> GetResult | FolderFile: ...

    def head(self, path: str) -> ObjectMeta: ...

    def list(self, prefix: str) -> Iterable[Iterable[ObjectMeta]]: ...

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

    def put_as(self, path: str, file: Path | bytes, sha256: str, *, still: bool = False) -> None:
        """Puts an object whose name says its sha256; raises OtherBytes where the file has other bytes by
        now. `still` as in Folder.put."""
        with reaching(self.place(path)):
            if isinstance(self.store, Folder):
                self.store.put(path, file, mode="overwrite", sha256=sha256, still=still)
                return
            if isinstance(file, bytes):
                self.store.put(path, file, mode="overwrite")
                return
            # What is sent is a copy that nobody else writes to.
            with tempfile.NamedTemporaryFile(prefix="vereda-") as copy:
                digest = copy_hashing(file, copy)
                copy.flush()
                if digest != sha256:
                    raise OtherBytes
                self.store.put(path, Path(copy.name), mode="overwrite")

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
                for block in self.store.get(path).stream(1 << 20):
                    yield bytes(block)
            except MISSING as error:
                raise Damaged(
                    _(
                        "{place} is missing. `vereda repair` brings back what can be made again; else take "
                        "it from a backup of the archive.",
                        place=self.place(path),
                    )
                ) from error

    def read(self, path: str) -> bytes:
        return b"".join(self.blocks(path))

    def head(self, path: str) -> ObjectMeta | None:
        with reaching(self.place(path)):
            try:
                return self.store.head(path)
            except MISSING:
                return None

    def objects(self, prefix: str) -> Iterator[ObjectMeta]:
        """One after another: there may be many more than anybody wants to hold."""
        with reaching(self.place(prefix)):
            for page in self.store.list(prefix):
                yield from page

    def names(self, prefix: str) -> list[str]:
        return sorted(found["path"] for found in self.objects(prefix))

    def numbers(self, folder: str) -> list[int]:
        """The numbers of the files in a folder whose files are counted: 00000001.json …"""
        matches = (NUMBERED.fullmatch(name.removeprefix(f"{folder}/")) for name in self.names(folder))
        return [int(match[1]) for match in matches if match]

    def folders(self, prefix: str, having: str) -> list[str]:
        """The names of the folders right under `prefix` in which a folder `having` has numbered files. One
        that cannot be read counts: whoever opens it hears why."""
        if isinstance(self.store, Folder):
            with reaching(self.place(prefix)):
                found = self.store.folders(prefix)
            return [name for name in found if self._is_numbered(f"{prefix}/{name}/{having}")]
        paths = (name.removeprefix(f"{prefix}/").split("/") for name in self.names(prefix))
        numbered = (path for path in paths if len(path) == 3 and NUMBERED.fullmatch(path[2]))
        return sorted({path[0] for path in numbered if path[1] == having})

    def _is_numbered(self, folder: str) -> bool:
        try:
            return bool(self.numbers(folder))
        except ArchiveError:
            return True

    def delete(self, path: str) -> None:
        with reaching(self.place(path)):
            self.store.delete(path)

    def oddities(self, prefix: str) -> list[str]:
        """What stands below a folder and is no file; nothing of that sort can be in a bucket."""
        if not isinstance(self.store, Folder):
            return []
        with reaching(self.place(prefix)):
            return list(self.store.oddities(prefix))

    def move(self, path: str, into: str) -> str:
        """Moves what stands there; gives the place where it is now."""
        with reaching(self.place(path)):
            if isinstance(self.store, Folder):
                return self.store.move(path, into)
        self.put(into, self.read(path))
        self.delete(path)
        return into

    def place(self, path: str) -> str:
        return f"{self.where}/{path}"


def open_store(where: str) -> Store:
    """The store at a folder's path (made if missing) or a URL; raises ValueError for a URL of a kind that we
    do not know."""
    parts = urlsplit(where)
    if "://" not in where or parts.scheme == "file":
        path = unquote(parts.path) if parts.scheme == "file" else where
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
    except (AlreadyExistsError, OtherBytes):
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
