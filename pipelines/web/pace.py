"""How often somebody may come, counted by all processes of a server together."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.web.forms import MINUTES

log = logging.getLogger(__name__)
TABLES = """
create table if not exists secret (value blob not null);
create table if not exists taken (kind text not null, at real not null, who blob not null);
create index if not exists taken_at on taken (kind, at);
"""


@dataclass(frozen=True)
class SharedPace:
    """What comes in of a `kind`: at most `from_one` from an address and `from_all` from all in MINUTES. It is
    kept in a file, of an address no more than a keyed hash and no longer than that; where the file cannot be
    written, nothing is let in."""

    file: Path
    kind: str
    from_one: int
    from_all: int
    clock: Callable[[], float] = time.time

    def allows(self, address: str) -> bool:
        """Counts one from the address, unless that is too much."""
        return self._ask(address, count=True)

    def is_free(self, address: str) -> bool:
        """Whether one more would be let in; counts nothing."""
        return self._ask(address, count=False)

    def _ask(self, address: str, *, count: bool) -> bool:
        try:
            with self._open() as database:
                return self._count(database, address, count)
        except (sqlite3.Error, OSError) as error:
            log.error("the desk cannot count what comes in: %s", error)
            return False

    def _count(self, database: sqlite3.Connection, address: str, count: bool) -> bool:
        now, who = self.clock(), self._hash(database, address)
        database.execute("delete from taken where at < ?", (now - MINUTES * 60,))
        query = "select count(*), coalesce(sum(who = ?), 0) from taken where kind = ?"
        every, mine = database.execute(query, (who, self.kind)).fetchone()
        if every >= self.from_all or mine >= self.from_one:
            return False
        if count:
            database.execute("insert into taken values (?, ?, ?)", (self.kind, now, who))
        return True

    def _hash(self, database: sqlite3.Connection, address: str) -> bytes:
        found = database.execute("select value from secret").fetchone()
        if found is None:
            found = (secrets.token_bytes(32),)
            database.execute("insert into secret values (?)", found)
        return hmac.new(found[0], address.encode(), hashlib.sha256).digest()[:16]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The file, in a transaction that no other process is in."""
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with closing(sqlite3.connect(self.file, timeout=10, isolation_level=None)) as database:
            if not database.execute("select 1 from sqlite_master where name = 'taken_at'").fetchone():
                database.executescript(TABLES)
                self.file.chmod(0o600)
            database.execute("begin immediate")
            try:
                yield database
            except BaseException:
                database.execute("rollback")
                raise
            database.execute("commit")
