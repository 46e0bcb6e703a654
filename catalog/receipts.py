"""Receipts: what agencies handed in, in the order in which it was taken, each with the bytes that the archive keeps of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from obstore.exceptions import AlreadyExistsError

from catalog.log import dump, unreadable
from catalog.store import Shelf


@dataclass(frozen=True)
class Receipt:
    """A file that was handed in. `number` counts from 1 in each dataset; `name` is the file's in its folder; `at` ISO 8601 with offset;
    `period` what the agency said that it tells of; `token` says which call wrote it."""

    number: int
    resource: str
    name: str
    sha256: str
    bytes: int
    at: str
    period: str | None = None
    token: str = ""


@dataclass(frozen=True)
class Receipts:
    """The receipts of a dataset, under `<datasets|demo>/<id>/received/00000001.json`, each put where there was none."""

    shelf: Shelf
    folder: str

    def all(self) -> list[Receipt]:
        """Oldest first; raises Damaged for one that cannot be read."""
        return [self._read(number) for number in range(1, max(self.shelf.numbers(self.folder), default=0) + 1)]

    def add(self, receipt: Receipt, *, unless_last: bool) -> Receipt:
        """Keeps the receipt under the next number, and gives it back with that. With `unless_last`, where the last receipt of that name
        has these bytes already, gives that one."""
        while True:
            known = self.all()
            if unless_last and (last := last_of(known, receipt.resource, receipt.name)) and last.sha256 == receipt.sha256:
                return last
            numbered = replace(receipt, number=len(known) + 1)
            try:
                self.shelf.put(self._path(numbered.number), dump(vars(numbered)), "create")
            except AlreadyExistsError:
                if self._read(numbered.number) != numbered:  # another one was first; else a put that was tried again
                    continue
            return numbered

    def _read(self, number: int) -> Receipt:
        path = self._path(number)
        try:
            return Receipt(**json.loads(self.shelf.read(path)))
        except (ValueError, TypeError) as error:
            raise unreadable(self.shelf.place(path), error) from error

    def _path(self, number: int) -> str:
        return f"{self.folder}/{number:08}.json"


def last_of(receipts: Iterable[Receipt], resource: str, name: str) -> Receipt | None:
    """The last receipt of a file of that name."""
    return next((r for r in reversed(list(receipts)) if (r.resource, r.name) == (resource, name)), None)
