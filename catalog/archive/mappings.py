"""Columns that agencies renamed: which field each of them is, as a person said once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalog.archive.numbered import NumberedLog
from catalog.archive.release import dump_json
from catalog.archive.store import Shelf


@dataclass(frozen=True)
class ColumnMapping:
    """That the column `label` of a table is `field`, as `by` said; no field: that it is no longer. `number`
    counts from 1 in each dataset; `at` ISO 8601 with offset."""

    number: int
    resource: str
    label: str
    field: str | None
    by: str
    at: str


@dataclass(frozen=True)
class Mappings:
    """The mappings of a dataset: `folder` is its `<datasets|demo>/<id>/mappings`."""

    shelf: Shelf
    folder: str

    def all(self) -> list[ColumnMapping]:
        """Oldest first; raises Damaged for one that cannot be read."""
        return self._log.all()

    def current(self) -> tuple[ColumnMapping, ...]:
        """Those that hold: of each label the newest, unless it was taken back."""
        newest = {(each.resource, each.label): each for each in self.all()}
        return tuple(each for each in newest.values() if each.field is not None)

    def add(self, mapping: ColumnMapping) -> ColumnMapping:
        """Keeps the mapping under the next number; where it holds already, gives that one."""

        def next_mapping(known: Sequence[ColumnMapping]) -> ColumnMapping:
            place = (mapping.resource, mapping.label)
            last = next((e for e in reversed(known) if (e.resource, e.label) == place), None)
            if last and last.field == mapping.field:
                return last
            return replace(mapping, number=len(known) + 1)

        return self._log.append(next_mapping)

    @property
    def _log(self) -> NumberedLog[ColumnMapping]:
        return NumberedLog(self.shelf, self.folder, lambda each: dump_json(vars(each)), _parse_mapping)


def _parse_mapping(text: bytes) -> ColumnMapping:
    return ColumnMapping(**json.loads(text))
