"""Rows on their way into a DataStore table: new and changed ones go in before stale ones go out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog import published
from catalog.ckan.remote import Invalid, Remote

BATCH = 5000  # measured: larger calls are no faster, and hold the table longer
DELETED = 1000  # ids in one call


@dataclass(frozen=True)
class Changed:
    """What a release changed in a table with a key: records to put in (of a changed row, key and changed fields), keys to take out."""

    records: Sequence[Mapping[str, Any]]
    gone: Sequence[Mapping[str, Any]]


def changed_rows(changes: pa.Table, table: str) -> Changed:
    """A table's part of a release's changes.parquet."""
    lines = changes.filter(pc.equal(changes["resource"], table)).to_pylist()
    records: dict[str, dict[str, Any]] = {}
    for line in lines:
        if line["change"] == "row-added":
            records[line["key"]] = json.loads(line["after"])
        elif line["change"] == "cell-changed":
            records.setdefault(line["key"], json.loads(line["key"]))[line["field"]] = line["after"]
    return Changed(list(records.values()), [json.loads(line["key"]) for line in lines if line["change"] == "row-removed"])


@dataclass(frozen=True)
class Pushed:
    """The table of a resource, for writing. `key` are its key's fields; none: rows are only put in and taken out."""

    remote: Remote
    resource: str
    key: Sequence[str]
    batch: int = BATCH

    def change(self, changed: Changed) -> None:
        by_fields: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
        for record in changed.records:
            by_fields.setdefault(tuple(sorted(record)), []).append(record)
        for records in by_fields.values():
            self._upsert(records, "upsert")
        if len(self.key) == 1:
            for start in range(0, len(changed.gone), DELETED):
                values = [gone[self.key[0]] for gone in changed.gone[start : start + DELETED]]
                self._delete({self.key[0]: values})
        else:
            for gone in changed.gone:
                self._delete(dict(gone))

    def put(self, rows: pa.Table, fresh: bool = False) -> None:
        """Puts rows in, over those with the same key. Into a `fresh` table, which has none of them, they go without a look at its keys,
        which is some three times as fast, until another publisher turns out to put them in as well.
        """
        insert = fresh or not self.key
        for start in range(0, rows.num_rows, self.batch):
            records = published.rows(rows.slice(start, self.batch), rows.column_names).to_pylist()
            try:
                self._upsert(records, "insert" if insert else "upsert")
            except Invalid:
                if not (insert and self.key):
                    raise
                insert = False
                self._upsert(records, "upsert")

    def drop(self, ids: Sequence[int]) -> None:
        """Takes rows out by their `_id`."""
        for start in range(0, len(ids), DELETED):
            self._delete({"_id": list(ids[start : start + DELETED])})

    def _upsert(self, records: Sequence[Mapping[str, Any]], method: str) -> None:
        for start in range(0, len(records), self.batch):
            sent = {"resource_id": self.resource, "force": True, "method": method, "records": list(records[start : start + self.batch])}
            self.remote.act("datastore_upsert", sent)

    def _delete(self, filters: Mapping[str, Any]) -> None:
        self.remote.act("datastore_records_delete", {"resource_id": self.resource, "force": True, "filters": dict(filters)})
