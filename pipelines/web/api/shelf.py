"""What the API shows of the archive: datasets, their versions, what changed between two of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.archive.archive import Archive, find_history
from catalog.archive.changes.changes import compare
from catalog.archive.published import Previous
from catalog.archive.release import File, History, UnknownRelease, find_release, twin
from catalog.public import Edition, Listing, freshness, listing_of, listings
from catalog.question import Refusal
from messages import gettext as _

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
        listing = listing_of(self.archive, self._history(id))
        return {**self._describe(listing), "versions": [_version(each, listing) for each in listing.editions]}

    def listing(self, id: str) -> Listing:
        return listing_of(self.archive, self._history(id))

    def release(self, id: str, version: str) -> Previous:
        """A version, the one that is `latest`, or of a major number (`1`) the one that programs bound to it
        read."""
        history = self._history(id)
        if re.fullmatch("[1-9][0-9]{0,8}", version):
            bound = listing_of(self.archive, history).majors.get(int(version))
            version = str(bound.version) if bound else version
        try:
            entry = find_release(history, None if version == LATEST else version)
        except UnknownRelease as error:
            names = ", ".join([LATEST, *(str(each.version) for each in reversed(history.releases))])
            sentence = _(
                "{dataset} has no version «{version}»; there are: {names}.",
                dataset=id,
                version=version,
                names=names,
            )
            raise Refusal(404, sentence) from error
        if entry.version in history.withdrawn:
            act = next(each for each in history if each.kind == "withdraw" and each.version == entry.version)
            sentence = _(
                "Version {version} was withdrawn: {because}",
                version=entry.version,
                because=act.because or "—",
            )
            raise Refusal(410, sentence)
        return Previous(self.archive, entry)

    def _history(self, id: str) -> History:
        try:
            history = find_history(self.archive, id)
        except (UnknownRelease, ValueError):  # or no id at all
            history = None
        if history is None or not history.releases:
            raise Refusal(404, _("There is no dataset «{id}».", id=id))
        return history


def table_of(release: Previous, name: str) -> tuple[File, Mapping[str, Any]] | None:
    """The Parquet of a table of a release and its descriptor; None where it has no such table."""
    for each in release.descriptor["resources"]:
        file = release.entry.files.get(twin(each["path"]))
        if each["name"] == name and "schema" in each and file is not None and file.public:
            return file, each
    return None


def is_moving(version: str) -> bool:
    """Whether an address with it means another version one day."""
    return version.count(".") != 2


def find_table(release: Previous, name: str) -> File:
    """The Parquet of a table of a release; raises Refusal."""
    paths = {each["name"]: twin(each["path"]) for each in release.descriptor["resources"] if "schema" in each}
    file = release.entry.files.get(paths.get(name, ""))
    if file is None or not file.public:
        dataset, names = release.entry.dataset, ", ".join(paths)
        raise Refusal(
            404,
            _(
                "{dataset} has no table «{name}»; there are: {names}.",
                dataset=dataset,
                name=name,
                names=names,
            ),
        )
    return file


def list_changes(old: Previous, new: Previous) -> dict[str, Any]:
    """What changed from one release to another, as `vereda changes --json` says it, and each change."""
    changes = compare(old.tables, new.tables, old.descriptor, new.descriptor)
    versions = {"from": str(old.entry.version), "to": str(new.entry.version)}
    return {
        "id": new.entry.dataset,
        **versions,
        "resources": changes.summary(),
        "changes": changes.table().to_pylist(),
    }


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
