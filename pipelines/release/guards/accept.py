"""How a person lets an unusual extract through (`vereda accept`): the one that was stopped, and no other."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from catalog.archive.archive import Archive
from catalog.archive.release import Entry, History, UnknownRelease
from messages import gettext as _
from pipelines.release.inputs import identify_extracts
from pipelines.release.outcome_words import outcome_word
from pipelines.release.receipt_outcomes import (
    acceptances,
    find_successor,
    is_released,
    judged_receipts,
    receipt_outcomes,
)


def accept(
    archive: Archive,
    history: History,
    *,
    because: str,
    by: str,
    run: str,
    at: str,
    whole: Set[str] = frozenset(),
    receipt: int | None = None,
    extracts: Mapping[str, Any] | None = None,
) -> tuple[Entry, list[str]]:
    """Writes the entry that lets the extracts of the last stopped run through, or those of the run that
    stopped a `receipt`; gives what was unusual in them, in sentences. `whole` are the tables of which each
    file tells of everything; with `extracts` (by table), these and no others are let through.

    Raises UnknownRelease where nothing was stopped since the last release, ValueError for an empty reason,
    and where the next run would not publish it since a later file counts in its place.
    """
    if not because.strip():
        raise ValueError(_('say why, so that whoever reads the log understands: --because "…"'))
    stopped = find_stopped(archive, history, receipt)
    version = history.current.version if history.current else None
    if stopped is None or version is None:
        raise UnknownRelease(_why_not(archive, history, receipt, whole))
    if extracts is not None and stopped["stopped"] != extracts:
        raise ValueError(_("another extract was stopped meanwhile: look at that one first"))
    if why := find_replacement(archive, history, stopped.get("handedIn", {}), whole):
        raise ValueError(why)
    levels = [
        {"code": each["code"], "resource": each["resource"], "field": each["field"]}
        for each in stopped["unusual"]
    ]
    entry = Entry(
        dataset=history.dataset,
        demo=history.demo,
        number=history.head + 1,
        kind="accept",
        run=run,
        at=at,
        version=version,
        because=because.strip(),
        provenance={
            "snapshots": stopped["stopped"],
            "unusual": levels,
            "by": by,
            "receipts": stopped["receipts"],
        },
    )
    return archive.append(entry), [each["note"] for each in stopped["unusual"]]


def _why_not(archive: Archive, history: History, receipt: int | None, whole: Set[str]) -> str:
    """Why there is nothing to accept: what became of the receipt that is meant, or of the last run."""
    dataset = history.dataset
    none = _("no extract of {dataset} was stopped for being unusual since its last version", dataset=dataset)
    if receipt is None:
        last = archive.last_run(dataset) or {}
        if last.get("outcome") != "rejected":
            return none
        stopped = last.get("report", {}).get("stopped")
        if stopped and (entry := history.acceptance(stopped)):
            return _(
                "{who} accepted it already ({because}): `vereda run {dataset}` publishes it",
                who=entry.provenance["by"],
                because=entry.because,
                dataset=dataset,
            )
        return _("{none}; the last one was rejected: {because}", none=none, because=last.get("message", ""))
    found = [e for e in receipt_outcomes(archive, history, whole) if e.receipt.number == receipt]
    if not found:
        return _(
            "{dataset} has no receipt no. {number}; `vereda receipts {dataset}` lists them",
            dataset=dataset,
            number=receipt,
        )
    became = ", ".join(filter(None, (outcome_word(found[0].state), found[0].version)))
    known = {
        "number": receipt,
        "name": found[0].receipt.name,
        "became": ": ".join(filter(None, (became, found[0].because))),
    }
    if found[0].state in ("rejected", "failed"):
        return _(
            "no. {number} ({name}) was not stopped for being unusual, and only that can be accepted: "
            "{became}",
            **known,
        )
    return _("no. {number} ({name}): there is nothing to accept of it. {became}", **known)


def find_replacement(
    archive: Archive, history: History, stopped: Mapping[str, int], whole: Set[str]
) -> str | None:
    """Why the next run would not publish what was stopped (receipts by table), in a sentence: a later file
    that tells of the same was released, or counts in its place, or it was taken back. None where it would."""
    receipts = archive.receipts(history.dataset, history.demo).all()
    taken = archive.receipts(history.dataset, history.demo).take_backs.by_receipt()
    judged = judged_receipts(archive, history, {receipt.number for receipt in receipts})
    for resource, number in stopped.items():
        mine = receipts[number - 1]
        if number in taken:
            return _("no. {number} was taken back by {by}", number=number, by=taken[number].by)
        if is_released(history, mine):
            continue
        later = [each for each in receipts[number:] if each.resource == resource and each.number not in taken]
        later = [
            each for each in later if each.number not in judged.get(each.number, {}).get("unreadable", ())
        ]
        if successor := find_successor(history, receipts, mine, judged):
            because, instead = _("which was released since"), successor
            if not is_released(history, successor):
                because = _("which tells of the same, as it is published")
        elif later and resource in whole:
            because, instead = _("which was handed in since and counts in its place"), later[-1]
        else:
            continue
        return _(
            "no. {number} ({name}) was stopped before no. {later} ({later_name}), {because}: to accept it "
            "would publish nothing. If it is right, hand it in again (`vereda submit`), and accept that",
            number=number,
            name=mine.name,
            later=instead.number,
            later_name=instead.name,
            because=because,
        )
    return None


def find_stopped(archive: Archive, history: History, receipt: int | None) -> Mapping[str, Any] | None:
    """What the newest run that guards stopped kept of it, or the one that stopped a receipt; none that was
    accepted already, or, where it was not handed in, is older than the newest release."""
    newest = history.releases[-1] if history.releases else None
    released = False
    pending = [list(each) for each in acceptances(archive, history)]
    for name in reversed(archive.runs(history.dataset)):
        kept = archive.read_run(history.dataset, name)
        report: Mapping[str, Any] = kept.get("report", {})
        released |= bool(newest and kept["run"] == newest.run and kept.get("outcome") != "rejected")
        if "stopped" not in report or kept.get("demo", False) != history.demo:
            if released and not kept.get("receipts"):
                return None
            continue
        if receipt is not None and receipt not in kept.get("receipts", ()):
            continue
        known = [e.provenance["snapshots"] for e in history.releases]
        done = history.acceptance(report["stopped"]) or kept.get("receipts") in pending
        done = done or (released and not report.get("handedIn"))
        if done or (released and any(_same(report["stopped"], each) for each in known)):
            return None
        return {**report, "receipts": kept.get("receipts", [])}
    return None


def _same(stopped: Mapping[str, Any], snapshots: Mapping[str, Any]) -> bool:
    return dict(stopped) == identify_extracts(snapshots)
