"""The answers of the commands as values: what `--json` prints and the tables on the terminal show."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.archive.archive import Archive, find_history
from catalog.archive.release import Entry, History, Version, find_release
from catalog.public import freshness, survey
from messages import gettext as _
from messages import language
from pipelines.dataset.dataset import Dataset, DatasetError, dataset_folders, load_datasets
from pipelines.dataset.pending import DeclaredPending, Pending, describe_pending, find_awaiting, load_pending

if TYPE_CHECKING:
    from catalog.archive.log import Log
    from pipelines.release.receipt_outcomes import ReceiptOutcome
    from pipelines.settings import Settings


def list_datasets(archive: Archive, folder: Path, now: datetime) -> dict[str, Any]:
    """Every dataset that is declared in the folder or was ever released."""
    found = survey(archive)
    shown = {listing.dataset: listing for listing in found.listings}
    faults = {path.rpartition("/")[2]: fault for path, fault in found.faults.items()}
    declared = {path.name for path in dataset_folders(folder)}
    # Of what was released, the release says all; reading every declaration would take the longest.
    unreleased = declared - shown.keys()
    items = load_datasets(folder, unreleased) if unreleased else []
    known = {item.id: item for item in items if isinstance(item, Dataset)}
    broken = _broken_declarations(items)
    standings = archive.run_log.standings()
    rows = []
    for name in sorted({*shown, *declared, *faults}):
        listing, item = shown.get(name), known.get(name)
        current = listing.current if listing else None
        standing = standings.get(name)
        # Of runs before there was a record of each, only the dataset's own tells.
        last = standing.outcome if standing else _last_run(archive, name).get("outcome")
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
                "state": "live",
                "note": faults.get(name, "") or broken.get(name, ""),
            }
        )
    awaiting = [describe_pending(each) for each in find_awaiting(items, archive)]
    waiting = {each.id for each in awaiting}
    live = [row for row in rows if row["id"] not in waiting]
    outcomes = {row["id"]: row["outcome"] for row in rows}
    pending = [
        row | {"outcome": outcomes.get(row["id"])}
        for row in _pending_rows(folder, awaiting, {*shown, *declared, *faults})
    ]
    return {"datasets": [*live, *pending]}


def _pending_rows(
    folder: Path, awaiting: Iterable[Pending], known: Collection[str]
) -> Iterator[dict[str, Any]]:
    """Datasets that are to come: those that are declared, and of the list those of whose name none is there.
    What is wrong with the list is a note."""
    entries = list(awaiting)
    try:
        entries += [each for each in load_pending(folder) if each.id not in known]
    except DatasetError as error:
        yield _pending_row("pending", "", None, str(error))
    for each in sorted(entries, key=lambda entry: entry.id):
        words = each.en if language() == "en" and each.en else each
        yield _pending_row(each.id, words.title, each.publisher, "") | {
            "missing": words.missing,
            "ask": words.ask,
            "columns": each.columns if isinstance(each, DeclaredPending) else 0,
            "handIn": list(each.tables) if isinstance(each, DeclaredPending) else [],
        }


def _pending_row(id: str, title: str, publisher: str | None, note: str) -> dict[str, Any]:
    unknown = dict.fromkeys(("version", "released", "outcome", "rows", "fresh"))
    return {
        "id": id,
        "title": title,
        "publisher": publisher,
        "demo": False,
        **unknown,
        "held": 0,
        "state": "pending",
        "note": note,
    }


def _broken_declarations(items: Iterable[Dataset | DatasetError]) -> dict[str, str]:
    """What is wrong with those that do not load, by dataset. One that still asks for answers is no fault:
    `vereda status` names it."""
    return {
        item.dataset: str(item)
        for item in items
        if isinstance(item, DatasetError) and not item.key.startswith("pipeline.questions")
    }


def _last_run(archive: Archive, name: str) -> Mapping[str, Any]:
    """What the last run of a dataset answered; nothing where its record is damaged."""
    with suppress(*archive.failures_of_one, ValueError):
        return archive.last_run(name) or {}
    return {}


def describe_release(archive: Archive, history: History, portal: str) -> dict[str, Any]:
    """The current release's datapackage.json, with every version and the links of its files in the portal at
    the address `portal`."""
    from catalog.archive.published import Previous

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
        "withdrawn": [str(r.version) for r in history.releases if r.version in history.withdrawn],
        "urls": {"latest": latest, **urls},
    }


def list_receipts(settings: Settings, archive: Archive, id: str | None) -> list[ReceiptOutcome]:
    """What was handed in for a dataset, or for all, and what became of each. Raises UnknownRelease for a name
    that is neither a dataset nor in the archive, or none of its tables."""
    from pipelines.agency.check import find_dataset
    from pipelines.release.receipt_outcomes import (
        find_handed_tables,
        find_modes,
        find_whole_tables,
        name_replacements,
        receipt_outcomes,
    )

    if id is not None:
        name = id.partition("/")[0]
        if not (settings.datasets / name).is_dir():
            find_history(archive, name)
        ids = [name]
    else:
        ids = sorted(path.name for path in settings.datasets.iterdir() if path.is_dir())
    wanted = (id or "").partition("/")[2]
    found: list[ReceiptOutcome] = []
    for each in ids:
        whole = find_whole_tables(settings.datasets, each)
        tables = find_handed_tables(settings.datasets, each)
        for demo in (False, True):
            outcomes = receipt_outcomes(archive, archive.history(each, demo), whole, tables)
            outcomes = name_replacements(find_modes(settings.datasets, each), outcomes)
            found += [outcome for outcome in outcomes if wanted in ("", outcome.receipt.resource)]
    if id is not None and wanted and not found and (settings.datasets / ids[0]).is_dir():
        find_dataset(settings.datasets, id)
    return found


def describe_history(log: Log) -> dict[str, Any]:
    """The log of a dataset, as far as it can be read."""
    history = log.history
    befores = [None, *(standing.current for standing in history.standings)]
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
                "what": describe_act(entry, before, after.current),
                "current": str(after.current) if after.current else None,
                "changes": entry.changes,
                "files": [
                    {"name": name, "bytes": file.bytes, "sha256": file.sha256, "public": file.public}
                    for name, file in sorted(entry.files.items())
                ],
            }
            for entry, before, after in zip(history, befores, history.standings, strict=False)
        ],
        **({"damaged": [vars(damage) for damage in log.damages]} if log.damages else {}),
    }


def describe_act(entry: Entry, before: Version | None, after: Version | None) -> str:
    """What an entry did, in a sentence: `before` and `after` are the versions current before and after it."""
    from catalog.archive.changes.reasons import describe_changes

    values = {"version": entry.version, "before": before, "after": after}
    if entry.kind == "current":
        if before is None:
            return _("{version} is current again.", **values)
        return _("{version} is current again, in place of {before}.", **values)
    if entry.kind == "withdraw":
        if after is None:
            return _("{version} was withdrawn. No version is current.", **values)
        if before == after:
            return _("{version} was withdrawn. {after} stays current.", **values)
        return _("{version} was withdrawn. {after} is current.", **values)
    if entry.kind == "accept":
        return _("An unusual extract was accepted.")
    return " ".join(describe_changes(entry.changes))


def compare_versions(
    archive: Archive, history: History, start: str | None, end: str | None, into: Path
) -> dict[str, Any]:
    """What changed from one version to another: by default to the current one from the release before it.
    `into` is a folder for the file with the changes row by row and cell by cell."""
    from catalog.archive.changes.changes import compare
    from catalog.archive.published import Previous, write_parquet

    later = find_release(history, end)
    earlier = find_release(history, start) if start else _release_before(history, later)
    new = Previous(archive, later)
    old = Previous(archive, earlier) if earlier else None
    changes = compare(old.tables if old else {}, new.tables, old.descriptor if old else None, new.descriptor)
    into.mkdir(parents=True, exist_ok=True)
    names = [history.dataset, *([str(earlier.version)] if earlier else ()), str(later.version)]
    file = into / f"{'-'.join(names)}.parquet"
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
