"""Answers to files that were checked: each in a folder of its own under a link that cannot be guessed, until
its time is over."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from uuid import uuid4

from messages import gettext as _

KEPT = timedelta(hours=48)
"""How long an answer, and what it shows of the file, is kept."""
STATE = "state.json"
LINK = re.compile(r"[A-Za-z0-9_-]{32}")
State = Literal["waiting", "done", "failed"]


@dataclass(frozen=True)
class Answer:
    """What is known of a file: `dataset` is "dataset/resource", "" while it is to be found out; `files` are
    those that may be fetched; `message` is why it `failed`. Moments are ISO 8601."""

    link: str
    name: str
    dataset: str
    at: str
    until: str
    state: State = "waiting"
    message: str = ""
    files: tuple[str, ...] = field(default=())
    owner: str = ""
    """The process that checks it."""
    labels: tuple[str, ...] = field(default=())
    """The file's columns of which nobody said what they are, where an agency may say so."""


class Answers:
    """The answers under `folder`, which only this machine's user reads."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]):
        self.folder, self.clock = folder, clock

    def add(self, name: str, dataset: str) -> Answer:
        """A new answer that waits for its check, and its folder."""
        now = self.clock()
        link = secrets.token_urlsafe(24)
        until = (now + KEPT).isoformat(timespec="minutes")
        at = now.isoformat(timespec="seconds")
        answer = Answer(link, name, dataset, at, until, owner=process_mark(os.getpid()))
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = self.folder / f".{link}"  # until it says what it is, no sweep may see it
        aside.mkdir(mode=0o700)
        (aside / STATE).write_text(json.dumps(asdict(answer), ensure_ascii=False), "utf-8")
        aside.rename(self.place(link))
        return answer

    def place(self, link: str) -> Path:
        return self.folder / link

    def keep(self, answer: Answer) -> None:
        """Writes what is known, in one act."""
        aside = self.place(answer.link) / f".{uuid4().hex}"
        aside.write_text(json.dumps(asdict(answer), ensure_ascii=False), "utf-8")
        aside.replace(self.place(answer.link) / STATE)

    def find(self, link: str) -> Answer | None:
        """The answer of a link; None where there is none, or its time is over."""
        if not LINK.fullmatch(link):
            return None
        try:
            plain = json.loads((self.place(link) / STATE).read_text("utf-8"))
            answer = Answer(**{**plain, "files": tuple(plain["files"]), "labels": tuple(plain["labels"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return answer if self._is_kept(answer) else None

    def file(self, answer: Answer, name: str) -> Path | None:
        """A file of the answer; None for any other name."""
        path = self.place(answer.link) / name
        return path if name in answer.files and path.is_file() else None

    def sweep(self) -> None:
        """Removes what is over, and what is no answer; what is being made is left for some hours."""
        for place in self.folder.iterdir() if self.folder.is_dir() else ():
            with suppress(OSError):  # another sweep was first
                age = time.time() - place.stat().st_mtime
                new = place.name.startswith(".") and age < KEPT.total_seconds()
                ours = LINK.fullmatch(place.name.removeprefix("."))  # the desk keeps other things beside them
                if ours and place.is_dir() and not new and self.find(place.name) is None:
                    shutil.rmtree(place, ignore_errors=True)

    def give_up_waiting(self) -> None:
        """What waits for a process that has ended waits no longer: its file is gone."""
        for place in self.folder.iterdir() if self.folder.is_dir() else ():
            if answer := self.find(place.name):
                self.give_up(answer)

    def give_up(self, answer: Answer) -> Answer:
        """The answer, which is told to have failed where it waits for a process that has ended."""
        pid = answer.owner.partition("-")[0]
        alive = pid.isdecimal() and process_mark(int(pid)) == answer.owner
        if answer.state != "waiting" or alive:
            return answer
        message = _("The desk was started anew while your file was checked. Send it again.")
        failed = replace(answer, state="failed", message=message)
        self.keep(failed)
        return failed

    def _is_kept(self, answer: Answer) -> bool:
        return datetime.fromisoformat(answer.until) > self.clock()


def process_mark(pid: int) -> str:
    """What tells a process from all others of this machine, those too that get its number later; nothing
    where there is none of that number."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return f"{pid}-" if not Path("/proc/self").exists() and _is_there(pid) else ""
    return f"{pid}-{stat.rpartition(')')[2].split()[19]}"


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
