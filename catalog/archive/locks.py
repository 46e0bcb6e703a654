"""Who is at work on what: marks that last as long as the process that put them, so that two runs do not do
the same at once, here or on another machine.

    locks/<name>.lock             in a folder: a file that its process has locked; a kill frees it at once
    locks/<name>/00000001.json    in a bucket: a lease, renewed while its process lives; two minutes after a
                                  kill it is void, and the next number may be put where there was none

They save work and spare sources. What is published does not depend on them: of two who write a log entry one
wins anyway."""

from __future__ import annotations

import fcntl
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from catalog.archive.release import dump_json
from catalog.archive.store import ArchiveError, Shelf, reaching

LEASE, RENEWAL = timedelta(seconds=120), timedelta(seconds=30)
PAUSE = 0.1
"""Seconds between two looks at a lock that another one has."""

Release = Callable[[], None]


@dataclass(frozen=True)
class Locks:
    """The locks of an archive; `root` is its folder where it is one. `by` says for people who holds a lock.

    Raises ArchiveError where the storage fails.
    """

    shelf: Shelf
    root: Path | None
    clock: Callable[[], datetime]

    def take(self, name: str, by: Mapping[str, Any]) -> Release | None:
        """Takes a lock and gives what frees it; None where somebody else has it."""
        path = f"locks/{_lock_name(name)}"
        if self.root:
            with reaching(self.shelf.place(path)):
                return _take_file(self.root / f"{path}.lock", by)
        return self._take_lease(path, by)

    @contextmanager
    def wait(
        self,
        names: Sequence[str],
        by: Mapping[str, Any],
        patience: float,
        say: Callable[[Mapping[str, Any]], None] = lambda holder: None,
    ) -> Iterator[bool]:
        """Holds one of the locks while its block runs; False where none came free in `patience` seconds.

        `say` hears once who has the first of them, where there is something to wait for.
        """
        deadline, release = time.monotonic() + patience, self._take_any(names, by)
        if release is None:
            say(self.holder(names[0]) or {})
        while release is None and time.monotonic() < deadline:
            time.sleep(PAUSE if self.root else 10 * PAUSE)
            release = self._take_any(names, by)
        try:
            yield release is not None
        finally:
            if release:
                release()

    def holder(self, name: str) -> Mapping[str, Any] | None:
        """Who has a lock now; None where nobody has."""
        path = f"locks/{_lock_name(name)}"
        if self.root:
            with reaching(self.shelf.place(path)):
                return _read_file(self.root / f"{path}.lock")
        number = max(self.shelf.numbers(path), default=0)
        lease = self._read_lease(path, number) if number else None
        return lease["by"] if lease and self._valid(lease) else None

    def held(self, prefix: str = "") -> list[str]:
        """The locks whose names begin like that and that somebody has now. In a folder, those that processes
        left that were killed are cleared away."""
        if self.root:
            names = [path.stem for path in sorted(self.root.glob("locks/*.lock"))]
        else:
            since = self.clock() - 30 * LEASE  # what is held was renewed: clocks may differ by less than that
            found = (each for each in self.shelf.objects("locks") if each["last_modified"] > since)
            names = sorted({each["path"].split("/")[1] for each in found})
        return [name for name in names if name.startswith(prefix) and self.holder(name) is not None]

    def clear(self) -> None:
        """Clears away what killed processes left of their locks; in a bucket their leases run out."""
        if self.root:
            self.held()

    def _take_any(self, names: Sequence[str], by: Mapping[str, Any]) -> Release | None:
        for name in names:
            if release := self.take(name, by):
                return release
        return None

    def _take_lease(self, folder: str, by: Mapping[str, Any]) -> Release | None:
        last = max(self.shelf.numbers(folder), default=0)
        if last and self._valid(self._read_lease(folder, last)):
            return None
        path = f"{folder}/{last + 1:08}.json"
        if not self.shelf.create(path, self._lease(by)):
            return None
        ended = threading.Event()

        def renew() -> None:
            while not ended.wait(RENEWAL.total_seconds()):
                with suppress(ArchiveError):  # the next renewal may reach it
                    self.shelf.put(path, self._lease(by))

        thread = threading.Thread(target=renew, name=f"lease {folder}", daemon=True)
        thread.start()

        def release() -> None:
            ended.set()
            thread.join()
            self.shelf.put(path, self._lease(by, timedelta()))
            for number in self.shelf.numbers(folder):
                if number <= last:
                    self.shelf.delete(f"{folder}/{number:08}.json")

        return release

    def _lease(self, by: Mapping[str, Any], length: timedelta = LEASE) -> bytes:
        return dump_json({"by": dict(by), "until": (self.clock() + length).astimezone(UTC).isoformat()})

    def _read_lease(self, folder: str, number: int) -> dict[str, Any]:
        """A lease that cannot be read is void: it was cut off, and nobody renews it."""
        try:
            lease: dict[str, Any] = json.loads(self.shelf.read(f"{folder}/{number:08}.json"))
            datetime.fromisoformat(lease["until"])
        except (ValueError, KeyError, TypeError):
            return {"by": {}, "until": datetime.min.replace(tzinfo=UTC).isoformat()}
        return lease

    def _valid(self, lease: Mapping[str, Any]) -> bool:
        return datetime.fromisoformat(lease["until"]) > self.clock()


def _lock_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", name):
        raise ValueError(f"no name of a lock: {name!r}")
    return name


def _take_file(path: Path, by: Mapping[str, Any]) -> Release | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for _look in range(3):  # the file may be removed by its last holder between the two acts
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o664)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if _is_named(descriptor, path):
            break
        os.close(descriptor)
    else:
        return None
    with suppress(OSError):  # a full disk: the lock holds, only nobody reads whose it is
        os.truncate(descriptor, 0)
        os.write(descriptor, json.dumps(dict(by)).encode())

    def release() -> None:
        with suppress(FileNotFoundError):
            path.unlink()
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)

    return release


def _is_named(descriptor: int, path: Path) -> bool:
    """Whether the open file still bears its name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _read_file(path: Path) -> Mapping[str, Any] | None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        # Whoever has it has it alone: a shared lock is got where nobody has.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        by = os.pread(descriptor, 10_000, 0)
        try:
            found: dict[str, Any] = json.loads(by)
        except ValueError:
            return {}
        return found
    else:
        with suppress(OSError):  # whoever only looks may not write
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_named(descriptor, path):
                path.unlink()  # of a process that was killed
        return None
    finally:
        os.close(descriptor)
