"""Files of a period that were refused, and are judged again though later ones were released: where what they
are judged by changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from catalog.archive.archive import Archive
from catalog.archive.receipts import Receipt
from catalog.archive.release import History
from pipelines.dataset.dataset import Dataset
from pipelines.dataset.sources import InboxSource
from pipelines.release.receipt_outcomes import (
    find_periods,
    find_successor,
    judged_receipts,
    judging_basis,
)
from pipelines.release.steps import last_released_receipt, released_receipts

MOST = 20
"""Of a dataset's refused files, the newest that are looked at."""
BESIDE = ("primary-key", "foreign-key")
"""Kinds of problems that a row may have because of rows of other periods or tables."""


def refused_parts(
    dataset: Dataset, archive: Archive, history: History, receipts: Sequence[Receipt]
) -> list[Receipt]:
    """The files of tables that come by period which were rejected, or failed, before what was released last,
    and which may pass now: the declaration, a mapping of columns or a dataset that they need is another one,
    or they failed for something outside. What guards stopped does not pass because others were released, and
    what a later file of the same period replaced is left alone. `receipts` are those not taken back."""
    parts = {
        each.name
        for each in dataset.resources
        if each.pipeline.extract.mode == "by-period" and isinstance(each.pipeline.source, InboxSource)
    }
    last = last_released_receipt(history)
    released = {name: released_receipts(history, name) for name in parts}
    found = [
        receipt
        for receipt in receipts
        if receipt.resource in parts
        and receipt.number < last
        and receipt.number not in released[receipt.resource]
    ][-MOST:]
    if not found:
        return []
    everything = archive.receipts(history.dataset, history.demo).all()
    since = found[0].number
    known = {each.number for each in receipts if each.resource in parts and since <= each.number <= last}
    judged = judged_receipts(archive, history, known)
    basis = judging_basis(dataset, archive)
    version = str(history.current.version) if history.current else None
    return [
        each
        for each in found
        if (kept := judged.get(each.number))
        and _may_pass(kept, basis, version)
        and not _is_replaced(history, everything, each, judged)
    ]


def _may_pass(kept: Mapping[str, Any], basis: str, version: str | None) -> bool:
    if kept["outcome"] == "failed":
        return True
    if kept["outcome"] != "rejected":
        return False
    if kept.get("basis") != basis:
        return True
    report = kept.get("report", {})
    beside = "stopped" not in report and any(kind in BESIDE for kind in _kinds(report))
    return beside and kept.get("version") != version


def _kinds(report: Mapping[str, Any]) -> Iterator[str]:
    for task in report.get("frictionless", {}).get("tasks", ()):
        yield from (str(error.get("type")) for error in task.get("errors", ()))


def _is_replaced(
    history: History, receipts: Sequence[Receipt], mine: Receipt, judged: Mapping[int, Mapping[str, Any]]
) -> bool:
    """Whether a later file tells of its periods, as far as they are known: of one that could not be read they
    are not, before it is judged."""
    return bool(find_periods(mine, receipts, judged)) and bool(
        find_successor(history, receipts, mine, judged)
    )


def find_later_file(
    archive: Archive, history: History, mine: Receipt, periods: Sequence[str]
) -> Receipt | None:
    """The last file that was released after a receipt was given and tells of one of the `periods` that its
    file is found to tell of."""
    receipts = archive.receipts(history.dataset, history.demo).all()
    later = {each.number for each in receipts[mine.number :] if each.resource == mine.resource}
    later &= released_receipts(history, mine.resource)
    if not later:
        return None
    judged = judged_receipts(archive, history, later)
    for number in sorted(later, reverse=True):
        told = find_periods(receipts[number - 1], receipts, judged)
        if not told or not told.isdisjoint(periods):
            return receipts[number - 1]
    return None
