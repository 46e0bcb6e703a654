"""Where this process keeps what it works on for a moment: extracts before they are checked, tables half-way.

    <temporary files>/vereda-<user>/<process>-…     this process's folder, for nobody else to read

Whoever works holds a lock on its folder. A killed process lets go of it, and the next one that comes by
removes what it left: nothing of an extract lies about for longer than that.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.util import Finalize
from pathlib import Path
from threading import Lock

DAY = 24 * 3600
_ENTERING = Lock()


@dataclass(frozen=True)
class WorkRoom:
    """A process's folder, the lock that it holds on it, and where temporary files were before."""

    folder: Path
    lock: int
    process: int
    outside: str


_room: WorkRoom | None = None


def enter_workroom() -> Path:
    """This process's folder, from now on the place of all its temporary files; made, and locked, the first
    time, and removed when the process ends. Raises OSError where there is no room for it."""
    global _room
    with _ENTERING:
        if _room and _room.process == os.getpid() and tempfile.tempdir == str(_room.folder):
            return _room.folder
        if _room and tempfile.tempdir == str(_room.folder):
            tempfile.tempdir = _room.outside  # a forked child's is its parent's
        outside = tempfile.gettempdir()
        folder, lock = _make_room(_rooms_folder(Path(outside)))
        _room = WorkRoom(folder, lock, os.getpid(), outside)
        tempfile.tempdir = str(folder)
        # after multiprocessing has removed its own folder, which lies in this one (at -100)
        Finalize(None, _leave, (_room,), exitpriority=-200)
        return folder


def sweep_workrooms(now: float | None = None) -> list[Path]:
    """Removes what killed processes of this user left of their work, and gives back the folders; a folder
    whose process lives is not touched. Folders of the time before there was such a place go when they are a
    day old (`now` is in seconds since 1970)."""
    outside = Path(_room.outside if _room and _room.process == os.getpid() else tempfile.gettempdir())
    rooms = _rooms_folder(outside)
    swept = [folder for folder in _subfolders(rooms) if _remove_if_left(folder)]
    limit = (time.time() if now is None else now) - DAY
    for folder in _subfolders(outside):
        is_ours = folder != rooms and re.fullmatch(r"vereda-[a-z0-9_]{8}", folder.name)
        with suppress(OSError):  # whose it was has just removed it
            if is_ours and folder.stat().st_mtime < limit:
                shutil.rmtree(folder, ignore_errors=True)
                swept.append(folder)
    return swept


def _rooms_folder(outside: Path) -> Path:
    """The folder of all of this user's processes, which nobody else can look into. Where someone else made
    one of its name, another one is made."""
    folder = outside / f"vereda-{os.getuid()}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid():
        if found.st_mode & 0o077:
            folder.chmod(0o700)
        return folder
    return Path(tempfile.mkdtemp(prefix=f"vereda-{os.getuid()}-", dir=outside))


def _make_room(rooms: Path) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=rooms))
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():  # else a sweep was between the two
            return folder, lock
        os.close(lock)


def _remove_if_left(folder: Path) -> bool:
    """Removes a process's folder unless the process lives."""
    try:
        lock = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return not folder.exists()


def _subfolders(folder: Path) -> list[Path]:
    """The folders of this user right under a folder, no links."""
    found = []
    for path in sorted(folder.iterdir()):
        with suppress(OSError):
            about = path.lstat()
            if stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid():
                found.append(path)
    return found


def _leave(room: WorkRoom) -> None:
    """At the end of the process that made it; not of its forked children."""
    if room.process == os.getpid():
        shutil.rmtree(room.folder, ignore_errors=True)
        with suppress(OSError):
            os.close(room.lock)
