"""What is new of a dataset: what its log says since the last notice, and how it stands now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from catalog.archive.archive import Archive
from catalog.archive.outbox import Notice, NoticeKind, Outbox, Standing
from catalog.archive.release import Damaged, Entry, History
from catalog.public import freshness, listing_of
from pipelines.dataset.dataset import Dataset
from pipelines.release.quarantine import HELD

News = tuple[NoticeKind, Standing, Mapping[str, Any]]
BAD: Mapping[str, NoticeKind] = {"rejected": "rejected", "quarantined": "quarantined", "failed": "failed"}
LOG: Mapping[str, NoticeKind] = {"release": "released", "withdraw": "withdrawn", "current": "restored"}


def current_standing(
    dataset: Dataset, archive: Archive, history: History, now: datetime
) -> tuple[Standing, Mapping[str, Any]]:
    """How the dataset stands now, and what its last run answered."""
    last: Mapping[str, Any] = {}
    with suppress(Damaged):
        last = archive.last_run(dataset.id) or {}
    run = BAD.get(str(last.get("outcome")), "ok")
    if run == "ok" and history.current and HELD in history.current.files:
        run = "quarantined"  # an unchanged extract: its rows are still held back
    # A source that fails says so in other words each night, so its words are no cause; data that is wrong in
    # another way is another extract.
    causes = {
        "rejected": last.get("message"),
        "quarantined": history.current and str(history.current.version),
    }
    cause = causes.get(run)
    mark = hashlib.sha256(str(cause).encode()).hexdigest()[:16] if cause else ""
    fresh = None
    with suppress(*archive.failures_of_one):  # its run says so
        fresh = freshness(listing_of(archive, history), now) if history.releases else None
    return Standing(history.head, run, mark, fresh in ("late", "very-late")), last


def note_news(dataset: Dataset, archive: Archive, outbox: Outbox, now: datetime) -> None:
    """Puts into the outbox what is new of the dataset. Where another process does so at the same time, what
    that one has left."""
    while True:
        number = outbox.last(dataset.id)
        before = outbox.standing(dataset.id, number)
        history = archive.history(dataset.id)
        after, last = current_standing(dataset, archive, history, now)
        found = list(_news(before, after, history, last, archive))
        at = now.isoformat(timespec="seconds")
        notices = [
            Notice(dataset.id, number + n, kind, at, dataset.title, stands, facts)
            for n, (kind, stands, facts) in enumerate(found, 1)
        ]
        if all(outbox.add(notice) for notice in notices):
            return


def _news(
    before: Standing, after: Standing, history: History, last: Mapping[str, Any], archive: Archive
) -> Iterator[tuple[NoticeKind, Standing, Mapping[str, Any]]]:
    """Each piece of news with the standing that it gives: the log's entries first, then the state as it is
    after them."""
    for entry in history.entries[before.head :]:
        if kind := _kind(entry):
            facts = _facts(entry, history) | _announcement(entry, history, archive)
            yield kind, Standing(entry.number, *before.state), facts
    if before.state != after.state:
        facts = {
            "message": last.get("message", ""),
            "forSender": last.get("forSender", ""),
            "problems": last.get("problems", 0),
            "run": last.get("run"),
        }
        yield _state(before, after), after, facts


def _kind(entry: Entry) -> NoticeKind | None:
    return "breaking" if entry.kind == "release" and entry.level == "major" else LOG.get(entry.kind)


def _facts(entry: Entry, history: History) -> dict[str, Any]:
    earlier = [release for release in history.releases if release.number < entry.number]
    return {
        "version": str(entry.version),
        "previous": str(earlier[-1].version) if earlier else None,
        "step": entry.level,
        "asOf": entry.as_of,
        "because": entry.because,
        "changes": entry.changes,
        "rows": entry.rows,
    }


def _announcement(entry: Entry, history: History, archive: Archive) -> dict[str, Any]:
    """The version that a release announces, where the one before did not."""
    told = _announces(entry, archive) if entry.kind == "release" else None
    if not told:
        return {}
    earlier = [release for release in history.releases if release.number < entry.number]
    before = _announces(earlier[-1], archive) if earlier else None
    return {"announces": told} if told != before else {}


def _announces(entry: Entry, archive: Archive) -> Mapping[str, Any] | None:
    file = entry.files.get("datapackage.json")
    if file is None:
        return None
    found: Mapping[str, Any] | None = json.loads(archive.get(file.sha256)).get("announces")
    return found


def _state(before: Standing, after: Standing) -> NoticeKind:
    if after.run != "ok" and (before.run, before.cause) != (after.run, after.cause):
        return BAD[after.run]
    return "normal" if after.normal else "late"
