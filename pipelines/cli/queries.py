"""The answers of the commands as values: what `--json` prints and the tables on the terminal show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from catalog.archive.archive import Archive
from catalog.archive.changes.changes import compare
from catalog.archive.published import Previous, read_parquet, write_parquet
from catalog.archive.release import Entry, History, find_release
from catalog.public import freshness, listings
from pipelines.dataset.dataset import Dataset, DatasetError
from pipelines.release.quarantine import HELD


def list_datasets(archive: Archive, declared: list[Dataset | DatasetError], now: datetime) -> dict[str, Any]:
    """Every dataset that is declared or was ever released."""
    shown = {listing.dataset: listing for listing in listings(archive)}
    known = {item.id if isinstance(item, Dataset) else item.dataset: item for item in declared}
    standings = archive.run_log.standings()
    rows = []
    for name in sorted({*shown, *known}):
        listing, item = shown.get(name), known.get(name)
        current = listing.current if listing else None
        standing = standings.get(name)
        # Of runs before there was a record of each, only the dataset's own tells.
        last = standing.outcome if standing else (archive.last_run(name) or {}).get("outcome")
        rows.append(
            {
                "id": name,
                "title": listing.title if listing else getattr(item, "title", name),
                "publisher": listing.descriptor.get("publisher", {}).get("name")
                if listing
                else getattr(item, "publisher", None),
                "demo": listing.demo if listing else getattr(item, "demo", False),
                "version": str(current.version) if current else None,
                "released": current.at if current else None,
                "outcome": last,
                "rows": sum(current.rows.values()) if current else None,
                "held": sum(each.get("heldRows", 0) for each in listing.descriptor["resources"])
                if listing and current
                else 0,
                # Where nothing is promised, nothing can be late.
                "fresh": (freshness(listing, now) or "fresh") if listing and current else None,
            }
        )
    return {"datasets": rows}


def describe_release(archive: Archive, history: History, portal: str) -> dict[str, Any]:
    """The current release's datapackage.json, with every version and the links of its files in the portal at
    the address `portal`."""
    entry = find_release(history, None)
    base = f"{portal.rstrip('/')}/{'demo' if history.demo else 'datasets'}/{history.dataset}/"
    urls = {
        str(release.version): {
            name: f"{base}v/{release.version}/{name}"
            for name, file in sorted(release.files.items())
            if file.public
        }
        for release in history.releases
        if release.version not in history.withdrawn
    }
    latest = {name: f"{base}latest/{name}" for name, file in sorted(entry.files.items()) if file.public}
    descriptor = Previous(archive, entry).descriptor
    return {
        **descriptor,
        "versions": [str(release.version) for release in history.releases],
        "urls": {"latest": latest, **urls},
    }


def list_held_rows(archive: Archive, history: History) -> dict[str, Any]:
    """The rows of the agency's file that the current release holds back, with their cells: never for the
    public."""
    entry = find_release(history, None)
    file = entry.files.get(HELD)
    rows = read_parquet(archive.get(file.sha256)).to_pylist() if file else []
    return {
        "id": history.dataset,
        "version": str(entry.version),
        "rows": [{**row, "cells": json.loads(row["cells"])} for row in rows],
    }


def describe_history(history: History) -> dict[str, Any]:
    """The log of a dataset."""
    return {
        "id": history.dataset,
        "entries": [
            {
                "entry": entry.number,
                "kind": entry.kind,
                "version": str(entry.version),
                "step": entry.level,
                "at": entry.at,
                "asOf": entry.as_of,
                "because": entry.because,
                "by": entry.provenance.get("by"),
                "changes": entry.changes,
                "files": [
                    {"name": name, "bytes": file.bytes, "sha256": file.sha256, "public": file.public}
                    for name, file in sorted(entry.files.items())
                ],
            }
            for entry in history
        ],
    }


def compare_versions(
    archive: Archive, history: History, start: str | None, end: str | None, into: Path
) -> dict[str, Any]:
    """What changed from one version to another: by default to the current one from the release before it.
    `into` is a folder for the file with the changes row by row and cell by cell."""
    later = find_release(history, end)
    earlier = find_release(history, start) if start else _release_before(history, later)
    new = Previous(archive, later)
    old = Previous(archive, earlier) if earlier else None
    changes = compare(old.tables if old else {}, new.tables, old.descriptor if old else None, new.descriptor)
    into.mkdir(parents=True, exist_ok=True)
    file = into / f"{history.dataset}-{earlier.version if earlier else 'nothing'}-{later.version}.parquet"
    write_parquet(changes.table(), file)
    versions = {"from": str(earlier.version) if earlier else None, "to": str(later.version)}
    return {"id": history.dataset, **versions, "resources": changes.summary(), "file": str(file)}


def _release_before(history: History, entry: Entry) -> Entry | None:
    earlier = [
        release
        for release in history.releases
        if release.number < entry.number and release.version not in history.withdrawn
    ]
    return earlier[-1] if earlier else None


def as_json(answer: Mapping[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False, indent=2, default=str)
