"""Who follows news of the portal by e-mail: an address, the feed that it follows, and nothing else; outside
the archive and the portal, and erased when it leaves.

    <folder>/<sha256 of the token>.json     a subscription, readable by its owner alone

Whoever has the token may confirm and leave: it is in the letters and in this file, and nowhere else.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from messages import LANGUAGES

UNCONFIRMED = timedelta(days=2)  # after that, an address that nobody confirmed is erased
MOST_UNCONFIRMED = 3  # of an address at a time: nobody's mailbox is filled by strangers
FEED = re.compile(r"(?:[a-z0-9][a-z0-9._-]*/)*feed\.atom")
ADDRESS = re.compile(r"[^\s<>@\",;:\\\[\]()]{1,64}@[^\s<>@\",;:\\\[\]()]+\.[^\s<>@\",;:\\\[\]().]{2,}")


@dataclass(frozen=True)
class Subscription:
    """`feed` is the path of a feed in the portal; `at` when it was asked for, `since` when its news were last
    looked at, both ISO 8601 with offset; `had` the ids of the news that it has had, or that were older."""

    token: str
    address: str
    feed: str
    language: str
    at: str
    confirmed: bool = False
    since: str = ""
    had: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subscribers:
    """The subscriptions in a folder of this machine."""

    folder: Path

    def all(self) -> list[Subscription]:
        """Oldest first; what cannot be read is left out."""
        paths = self.folder.glob("*.json") if self.folder.is_dir() else ()
        found = [each for path in paths if (each := _read(path))]
        return sorted(found, key=lambda each: (each.at, each.token))

    def ask(self, address: str, feed: str, language: str, now: datetime) -> Subscription | None:
        """A subscription that is to be confirmed; None where the address follows the feed already, or has
        enough letters that nobody answered."""
        with self._lock():
            self._forget_unconfirmed(now)
            own = [each for each in self.all() if each.address.lower() == address.lower()]
            waiting = [each for each in own if not each.confirmed]
            if any(each.feed == feed for each in own) or len(waiting) >= MOST_UNCONFIRMED:
                return None
            at = now.isoformat(timespec="seconds")
            known = language if language in LANGUAGES else LANGUAGES[0]
            subscription = Subscription(secrets.token_hex(16), address, feed, known, at)
            self._write(subscription)
            return subscription

    def find(self, token: str) -> Subscription | None:
        return _read(self._path(token))

    def confirm(self, token: str, now: datetime, known: Sequence[str]) -> Subscription | None:
        """The subscription, which gets news from now on: those with the ids `known` are none. None where
        there is no such subscription, or it was asked for too long ago."""
        with self._lock():
            self._forget_unconfirmed(now)
            found = self.find(token)
            if found and not found.confirmed:
                since = now.isoformat(timespec="seconds")
                found = replace(found, confirmed=True, since=since, had=tuple(known))
                self._write(found)
            return found

    def leave(self, token: str) -> bool:
        """Erases a subscription; whether there was one."""
        with self._lock(), suppress(FileNotFoundError):
            self._path(token).unlink()
            return True
        return False

    def forget(self, address: str) -> int:
        """Erases all that is kept of an address; how many subscriptions that were."""
        if not self.folder.is_dir():
            return 0
        with self._lock():
            own = [each for each in self.all() if each.address.lower() == address.lower()]
            for each in own:
                self._path(each.token).unlink(missing_ok=True)
            return len(own)

    def note(self, subscription: Subscription, since: str, had: Sequence[str]) -> bool:
        """Notes what was sent; False where it left meanwhile: what was erased is not written again."""
        with self._lock():
            if self.find(subscription.token) is None:
                return False
            self._write(replace(subscription, since=since, had=tuple(had)))
            return True

    def sweep(self, now: datetime) -> None:
        """Erases what nobody confirmed in time."""
        with self._lock():
            self._forget_unconfirmed(now)

    @contextmanager
    def sending(self) -> Iterator[bool]:
        """Whether this process may send now: one at a time does, so that nothing goes out twice."""
        self._make()
        with (self.folder / "sending.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _forget_unconfirmed(self, now: datetime) -> None:
        for each in self.all():
            if not each.confirmed and now - datetime.fromisoformat(each.at) > UNCONFIRMED:
                self._path(each.token).unlink(missing_ok=True)

    def _path(self, token: str) -> Path:
        """Not by the token itself: whoever may list the folder cannot confirm or leave for others."""
        return self.folder / f"{hashlib.sha256(token.encode()).hexdigest()}.json"

    def _write(self, subscription: Subscription) -> None:
        path = self._path(subscription.token)
        aside = path.with_suffix(f".{secrets.token_hex(4)}")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(subscription), file, ensure_ascii=False)
        aside.replace(path)

    def _make(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self._make()
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def is_address(text: str) -> bool:
    """Whether a letter may be sent to it: one address, without a name, and nothing that could stand in a
    header."""
    return len(text) <= 254 and ADDRESS.fullmatch(text) is not None and text.isprintable()


def _read(path: Path) -> Subscription | None:
    with suppress(OSError, ValueError, TypeError, AttributeError):
        plain = json.loads(path.read_text(encoding="utf-8"))
        return Subscription(**{**plain, "had": tuple(plain["had"])})
    return None
