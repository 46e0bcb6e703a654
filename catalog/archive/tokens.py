"""Who may hand in files over the web: tokens of agencies, given and taken back, each on record; of a token
itself no more than its hash is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from catalog.archive.numbered import NumberedLog
from catalog.archive.release import dump_json
from catalog.archive.store import Shelf

FOLDER = "tokens"


@dataclass(frozen=True)
class TokenEntry:
    """What happened to a token. A `new` one is an `agency`'s (a publisher's id), or the data `team`'s, until
    the moment `until` (ISO 8601 with offset), by its `sha256`; `holder` is the person or program that has it,
    `only` the datasets that it is for (none: all of the agency's). `revoke` takes back the token of the entry
    `of`. `by` is who did it."""

    number: int
    kind: Literal["new", "revoke"]
    at: str
    by: str
    agency: str = ""
    sha256: str = ""
    until: str = ""
    of: int = 0
    team: bool = False
    holder: str = ""
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tokens:
    """The tokens of all agencies."""

    shelf: Shelf

    def all(self) -> list[TokenEntry]:
        """Oldest first; raises Damaged for an entry that cannot be read."""
        return self._log.all()

    def add(self, entry: TokenEntry) -> TokenEntry:
        """Keeps the entry under the next number, and gives it back with that."""

        def numbered(known: Sequence[TokenEntry]) -> TokenEntry:
            return replace(entry, number=len(known) + 1)

        return self._log.append(numbered)

    def valid(self, now: datetime) -> list[TokenEntry]:
        """The tokens that are neither over nor taken back."""
        entries = self.all()
        gone = {entry.of for entry in entries if entry.kind == "revoke"}
        return [
            entry
            for entry in entries
            if entry.kind == "new" and entry.number not in gone and datetime.fromisoformat(entry.until) > now
        ]

    @property
    def _log(self) -> NumberedLog[TokenEntry]:
        return NumberedLog(self.shelf, FOLDER, lambda entry: dump_json(vars(entry)), _parse)


def _parse(text: bytes) -> TokenEntry:
    plain = json.loads(text)
    return TokenEntry(**{**plain, "only": tuple(plain.get("only", ()))})
