"""Who is signed in at the desk: each session a small file on this machine, under the hash of a secret that
only the browser has; it ends when nothing is done for a while, and in any case after a day's work."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

IDLE, WHOLE = timedelta(hours=1), timedelta(hours=10)
"""For how long a session lasts without a request, and in all."""
RARELY = timedelta(minutes=1)
"""How exactly the last request is noted."""
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class PrivateRecords:
    """Small records in a folder that only this machine's user reads, each found by a secret of which no more
    than the hash is kept. Several processes may share the folder."""

    folder: Path

    def add(self, record: Mapping[str, Any]) -> str:
        """Keeps the record; gives its secret."""
        secret = secrets.token_urlsafe(32)
        self.keep(secret, record)
        return secret

    def keep(self, secret: str, record: Mapping[str, Any]) -> None:
        """Writes the record in one act."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = self.folder / f".{uuid4().hex}"
        aside.touch(mode=0o600)
        aside.write_text(json.dumps(record, ensure_ascii=False), "utf-8")
        aside.replace(self._place(secret))

    def find(self, secret: str) -> dict[str, Any] | None:
        """The record of a secret; None where there is none."""
        if not SECRET.fullmatch(secret):
            return None
        try:
            found: dict[str, Any] = json.loads(self._place(secret).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found

    def take(self, secret: str) -> dict[str, Any] | None:
        """The record of a secret, which is gone then: of two that ask at once, one gets it."""
        found = self.find(secret)
        if found is None:
            return None
        try:
            self._place(secret).unlink()
        except FileNotFoundError:
            return None
        return found

    def remove(self, secret: str) -> None:
        if SECRET.fullmatch(secret):
            self._place(secret).unlink(missing_ok=True)

    def sweep(self, is_over: Callable[[Mapping[str, Any]], bool]) -> None:
        """Removes what is over, and what is no record."""
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            with suppress(OSError):  # another sweep was first
                try:
                    over = is_over(json.loads(path.read_text("utf-8")))
                except (ValueError, KeyError, TypeError):
                    over = not path.name.startswith(".")
                if over:
                    path.unlink()

    def _place(self, secret: str) -> Path:
        return self.folder / hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class Session:
    """Somebody who signed in: what the sign-in told (`person`), the `key` of the archive by which it was, 0
    where it was by none; `mark` stands in each of his forms. Moments are ISO 8601."""

    person: Mapping[str, Any]
    key: int
    mark: str
    begun: str
    used: str


@dataclass(frozen=True)
class Sessions:
    records: PrivateRecords
    clock: Callable[[], datetime]

    def begin(self, person: Mapping[str, Any], key: int = 0) -> str:
        """A new session; gives the secret that the browser keeps."""
        self.sweep()
        now = self.clock().isoformat(timespec="seconds")
        return self.records.add(asdict(Session(person, key, secrets.token_urlsafe(24), now, now)))

    def find(self, secret: str) -> Session | None:
        """The session of a secret while it lasts, which is so much longer by being asked for."""
        plain = self.records.find(secret)
        if plain is None:
            return None
        now = self.clock()
        try:
            if self._is_over(plain):
                self.records.remove(secret)
                return None
            session = Session(**plain)
        except (TypeError, ValueError, KeyError):
            return None
        if now - datetime.fromisoformat(session.used) > RARELY:
            session = replace(session, used=now.isoformat(timespec="seconds"))
            self.records.keep(secret, asdict(session))
        return session

    def end(self, secret: str) -> None:
        self.records.remove(secret)

    def sweep(self) -> None:
        self.records.sweep(self._is_over)

    def _is_over(self, plain: Mapping[str, Any]) -> bool:
        now = self.clock()
        begun, used = (datetime.fromisoformat(plain[name]) for name in ("begun", "used"))
        return now - begun > WHOLE or now - used > IDLE
