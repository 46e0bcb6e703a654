"""`vereda accept`: a person says that what the guards stopped is right, for the record, and for those extracts alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.archive import Archive
from catalog.release import Entry, History
from messages import gettext as _
from pipelines.answers import Unknown


def accept(archive: Archive, history: History, *, because: str, by: str, run: str, at: str) -> tuple[Entry, list[str]]:
    """Writes the entry that lets the extracts of the last stopped run through, and gives the codes and fields of what it accepts.

    Raises Unknown where nothing was stopped since the last release, ValueError for an empty reason.
    """
    if not because.strip():
        raise ValueError(_('say why, so that whoever reads the log understands: --because "…"'))
    stopped = _last_stopped(archive, history)
    version = history.current.version if history.current else None
    if stopped is None or version is None:
        raise Unknown(_("no extract of {dataset} was stopped for being unusual since its last version", dataset=history.dataset))
    levels = [{"code": each["code"], "resource": each["resource"], "field": each["field"]} for each in stopped["unusual"]]
    entry = Entry(
        dataset=history.dataset,
        demo=history.demo,
        number=history.head + 1,
        kind="accept",
        run=run,
        at=at,
        version=version,
        because=because.strip(),
        provenance={"snapshots": stopped["stopped"], "unusual": levels, "by": by},
    )
    return archive.append(entry), [each["note"] for each in stopped["unusual"]]


def _last_stopped(archive: Archive, history: History) -> Mapping[str, Any] | None:
    """What the newest run that guards stopped kept of it; none that is older than the newest release, or was accepted already."""
    newest = history.releases[-1] if history.releases else None
    accepted = [e.provenance["snapshots"] for e in history.entries if e.kind == "accept" and newest and e.number > newest.number]
    for name in reversed(archive.runs(history.dataset)):
        kept = archive.kept_run(history.dataset, name)
        report: Mapping[str, Any] = kept.get("report", {})
        if newest and (kept["run"], kept.get("outcome")) == (newest.run, "published"):
            return None
        if "stopped" in report and kept.get("demo", False) == history.demo:
            return None if report["stopped"] in accepted else report
    return None
