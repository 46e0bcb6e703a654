"""What was published before: the tables and the descriptor of a release, read back from the archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from catalog.archive import Archive
from catalog.parquet import read_parquet
from catalog.release import Entry, History, twin


@dataclass(frozen=True)
class Previous:
    """A release in the archive; its files are read when they are asked for. `history` is the log in which it is the current one."""

    archive: Archive
    entry: Entry
    history: History | None = None

    @cached_property
    def descriptor(self) -> Mapping[str, Any]:
        """The published `datapackage.json`."""
        found: Mapping[str, Any] = json.loads(self.archive.get(self.entry.files["datapackage.json"].sha256))
        return found

    def table(self, resource: str) -> pa.Table | None:
        """The table with the schema's columns; None where the release has no such resource."""
        paths = {each["name"]: each["path"] for each in self.descriptor["resources"] if "schema" in each}
        if resource not in paths:
            return None
        file = self.entry.files[twin(paths[resource])]
        return read_parquet(self.archive.get(file.sha256))

    @cached_property
    def tables(self) -> Mapping[str, pa.Table]:
        names = [resource["name"] for resource in self.descriptor["resources"] if "schema" in resource]
        return {name: table for name in names if (table := self.table(name)) is not None}


def previous_of(archive: Archive, history: History) -> Previous | None:
    """The current release of a history."""
    return Previous(archive, history.current, history) if history.current else None
