"""What the API shows of the archive: datasets, their versions, what changed between two of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from catalog.archive.archive import Archive
from catalog.archive.changes.changes import compare
from catalog.archive.published import read_parquet
from catalog.archive.release import File, Version, twin
from catalog.public import Edition, Listing, freshness, listing_of, listings
from messages import gettext as _
from pipelines.web.api.question import Refusal

LATEST = "latest"


@dataclass(frozen=True)
class Shelf:
    """The public part of an archive; `clock` tells how fresh a dataset is. What is not there, or no
    longer, is a Refusal."""

    archive: Archive
    clock: Callable[[], datetime]

    def datasets(self) -> list[dict[str, Any]]:
        return [self._describe(listing) for listing in listings(self.archive)]

    def _describe(self, listing: Listing) -> dict[str, Any]:
        current = listing.current
        return {
            "id": listing.dataset,
            "title": listing.title,
            "description": listing.descriptor.get("description", ""),
            "publisher": listing.descriptor.get("publisher", {}).get("name"),
            "demo": listing.demo,
            "version": str(current.version) if current else None,
            "released": current.at if current else None,
            "asOf": current.as_of if current else None,
            "fresh": freshness(listing, self.clock()),
            "tables": dict(current.rows) if current else {},
        }

    def dataset(self, id: str) -> dict[str, Any]:
        listing = self._listing(id)
        return {**self._describe(listing), "versions": [_version(each, listing) for each in listing.editions]}

    def descriptor(self, id: str, version: str) -> tuple[Edition, dict[str, Any]]:
        """The published `datapackage.json` of a version."""
        edition = self._edition(self._listing(id), version)
        return edition, self._descriptor(edition)

    def table(self, id: str, version: str, name: str) -> tuple[Edition, File]:
        """The Parquet of a table."""
        edition, descriptor = self.descriptor(id, version)
        path = _table_paths(descriptor).get(name)
        file = edition.files.get(path) if path else None
        if file is None:
            names = ", ".join(_table_paths(descriptor))
            raise Refusal(
                404,
                _("{dataset} has no table «{name}»; there are: {names}.", dataset=id, name=name, names=names),
            )
        return edition, file

    def changes(self, id: str, start: str, end: str) -> dict[str, Any]:
        """What changed from one version to another, as `vereda changes --json` says it, and each change."""
        listing = self._listing(id)
        old, new = self._edition(listing, start), self._edition(listing, end)
        before, after = self._descriptor(old), self._descriptor(new)
        changes = compare(self._tables(old, before), self._tables(new, after), before, after)
        versions = {"from": str(old.version), "to": str(new.version)}
        return {"id": id, **versions, "resources": changes.summary(), "changes": changes.table().to_pylist()}

    def versions(self, id: str, start: str, end: str) -> tuple[Version, Version]:
        """The two versions that are meant."""
        listing = self._listing(id)
        return self._edition(listing, start).version, self._edition(listing, end).version

    def _tables(self, edition: Edition, descriptor: Mapping[str, Any]) -> dict[str, pa.Table]:
        return {
            name: read_parquet(self.archive.get(edition.files[path].sha256))
            for name, path in _table_paths(descriptor).items()
        }

    def _descriptor(self, edition: Edition) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.archive.get(edition.files["datapackage.json"].sha256))
        return found

    def _listing(self, id: str) -> Listing:
        try:
            histories = [self.archive.history(id, demo) for demo in (False, True)]
        except ValueError:  # no id at all
            histories = []
        history = next((each for each in histories if each.releases), None)
        if history is None:
            raise Refusal(404, _("There is no dataset «{id}».", id=id))
        return listing_of(self.archive, history)

    def _edition(self, listing: Listing, version: str) -> Edition:
        try:
            wanted = None if version == LATEST else Version.parse(version)
        except ValueError:
            wanted = Version(-1, 0, 0)
        edition = listing.current if wanted is None else None
        if wanted is not None:
            edition = next((each for each in listing.editions if each.version == wanted), None)
        if edition is None:
            names = ", ".join([LATEST, *(str(each.version) for each in listing.editions)])
            raise Refusal(
                404,
                _(
                    "{dataset} has no version «{version}»; there are: {names}.",
                    dataset=listing.dataset,
                    version=version,
                    names=names,
                ),
            )
        if edition.withdrawn:
            because = next(note.because for note in edition.notes if note.kind == "withdraw")
            raise Refusal(
                410,
                _(
                    "Version {version} was withdrawn: {because}",
                    version=edition.version,
                    because=because or "—",
                ),
            )
        return edition


def _version(edition: Edition, listing: Listing) -> dict[str, Any]:
    return {
        "version": str(edition.version),
        "step": edition.level,
        "released": edition.at,
        "asOf": edition.as_of,
        "current": listing.current is not None and edition.version == listing.current.version,
        "withdrawn": edition.withdrawn,
        "rows": dict(edition.rows),
        "files": {name: {"bytes": file.bytes, "sha256": file.sha256} for name, file in edition.files.items()},
    }


def _table_paths(descriptor: Mapping[str, Any]) -> dict[str, str]:
    """The Parquet of each table."""
    return {each["name"]: twin(each["path"]) for each in descriptor["resources"] if "schema" in each}
