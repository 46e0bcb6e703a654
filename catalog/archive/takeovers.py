"""What a foreign catalogue held before something of it was taken over, and when it was given back: whole, so
that it can be made again"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from catalog.archive.numbered import read_json
from catalog.archive.release import damaged_entry, dump_json
from catalog.archive.store import Shelf

MARK = "archive.json"


@dataclass(frozen=True)
class Takeovers:
    """The records of one dataset, in the order in which they were written: `{kind: export, at, site, package,
    resources}`; `{kind: upload, at, site, resource, file}` of what others uploaded since, before it is
    replaced; `{kind: giving-back, at}` before it is given back, and `{kind: given-back, at, adoption}` when
    that is done. Files and rows in them are blobs of the archive."""

    shelf: Shelf
    folder: str

    def all(self) -> list[dict[str, Any]]:
        """The records, the oldest first; raises Damaged where one cannot be read."""
        numbers = self.shelf.numbers(self.folder)
        return [read_json(self.shelf, f"{self.folder}/{number:08}.json") for number in numbers]

    def add(self, record: Mapping[str, Any]) -> None:
        """Keeps a record after those that are there."""
        number = max(self.shelf.numbers(self.folder), default=0) + 1
        while not self.shelf.create(f"{self.folder}/{number:08}.json", dump_json(record)):
            number += 1

    @property
    def last_export(self) -> dict[str, Any] | None:
        """What was there before the last take-over."""
        return next((record for record in reversed(self.all()) if record["kind"] == "export"), None)

    @property
    def given_back(self) -> dict[str, Any] | None:
        """The record that says so, where it was given back and not taken over since."""
        records = self.all()
        return records[-1] if records and records[-1]["kind"] == "given-back" else None

    @property
    def is_giving_back(self) -> bool:
        """Whether a giving back was begun, and did not come to its end."""
        records = self.all()
        return bool(records) and records[-1]["kind"] == "giving-back"


def read_mark(shelf: Shelf) -> str:
    """What tells this archive from all others: chosen when it is first asked for, and kept in it."""
    shelf.create(MARK, dump_json({"mark": uuid4().hex}))
    try:
        mark = json.loads(shelf.read(MARK))["mark"]
    except (ValueError, LookupError, TypeError) as error:
        raise damaged_entry(shelf.place(MARK), error) from error
    return str(mark)
