"""Rows that programs add to a table, call by call: each call kept once under its own name before it is
answered, then taken together in batches, each of which is handed in as a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.archive.numbered import NumberedLog
from catalog.archive.release import damaged_entry, dump_json
from catalog.archive.store import Shelf

Form = Literal["csv", "json"]


@dataclass(frozen=True)
class AppendCall:
    """Rows that came by one call: `token` stands for the call, however often it is made; `content` is its
    rows as text, under these `columns`, written as `form` writes them; `body` the sha256 of what was sent,
    `by` who sent it, `at` ISO 8601 with offset."""

    token: str
    resource: str
    form: Form
    columns: tuple[str, ...]
    rows: int
    content: str
    body: str
    by: str
    at: str


@dataclass(frozen=True)
class AppendBatch:
    """Calls that are handed in together, as the file `name` with the bytes `sha256`."""

    number: int
    resource: str
    name: str
    sha256: str
    tokens: tuple[str, ...]
    at: str


@dataclass(frozen=True)
class Appends:
    """The rows added to a dataset's tables: `folder` is its `<datasets|demo>/<id>/appended`."""

    shelf: Shelf
    folder: str

    def add(self, call: AppendCall) -> AppendCall:
        """Keeps a call; where one of its token is kept already, gives that one."""
        path = self._path(call.token)
        if self.shelf.create(path, dump_json(vars(call))):
            return call
        found = self.find(call.token)
        assert found is not None
        return found

    def find(self, token: str) -> AppendCall | None:
        """The call of a token; raises Damaged where it cannot be read."""
        path = self._path(token)
        if self.shelf.head(path) is None:
            return None
        try:
            plain = json.loads(self.shelf.read(path))
            return AppendCall(**{**plain, "columns": tuple(plain["columns"])})
        except (ValueError, TypeError, KeyError) as error:
            raise damaged_entry(self.shelf.place(path), error) from error

    def batches(self) -> list[AppendBatch]:
        """Oldest first; raises Damaged."""
        return self._log.all()

    def batch_of(self, token: str) -> AppendBatch | None:
        """The batch in which a call was taken, where it was."""
        return next((each for each in self.batches() if token in each.tokens), None)

    def waiting(self, batches: Iterable[AppendBatch]) -> list[AppendCall]:
        """The calls that are in no batch, in the order in which they came."""
        gone = {token for each in batches for token in each.tokens}
        prefix = f"{self.folder}/calls"
        names = [name.rpartition("/")[2].removesuffix(".json") for name in self.shelf.names(prefix)]
        found = [call for name in names if name not in gone and (call := self.find(name))]
        return sorted(found, key=lambda call: (call.at, call.token))

    def take(self, make: Callable[[Sequence[AppendCall], int], AppendBatch | None]) -> AppendBatch | None:
        """A batch of calls that wait, as `make` chooses them under the next number; None where it chooses
        none. Of two that take at once no call is in two batches."""

        def next_batch(known: Sequence[AppendBatch]) -> AppendBatch:
            made = make(self.waiting(known), len(known) + 1)
            if made is None:
                raise _Nothing
            return made

        try:
            return self._log.append(next_batch)
        except _Nothing:
            return None

    def _path(self, token: str) -> str:
        return f"{self.folder}/calls/{token}.json"

    @property
    def _log(self) -> NumberedLog[AppendBatch]:
        return NumberedLog(
            self.shelf, f"{self.folder}/batches", lambda each: dump_json(vars(each)), _parse_batch
        )


class _Nothing(Exception):
    """No call waits."""


def _parse_batch(text: bytes) -> AppendBatch:
    plain: Mapping[str, object] = json.loads(text)
    tokens = plain["tokens"]
    assert isinstance(tokens, list)
    return AppendBatch(**{**plain, "tokens": tuple(tokens)})  # type: ignore[arg-type]
