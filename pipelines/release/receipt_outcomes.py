"""What became of each file that was handed in: its own outcome, not that of the run in which it was
judged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from catalog.archive.archive import Archive
from catalog.archive.receipts import Receipt, TakeBack
from catalog.archive.release import History
from messages import gettext as _
from messages.formats import format_date
from pipelines.dataset.dataset import Dataset, DatasetError, load_dataset

State = Literal[
    "waiting", "published", "unchanged", "quarantined", "rejected", "failed", "accepted", "superseded"
]


@dataclass(frozen=True)
class ReceiptOutcome:
    """A receipt and what became of it; `version` in which it was published, `because` says why in a sentence
    ("" where there is nothing to say)."""

    dataset: str
    receipt: Receipt
    state: State
    version: str | None = None
    because: str = ""

    @property
    def is_open(self) -> bool:
        """Whether another state comes after this one."""
        return self.state in ("waiting", "accepted")

    def to_json(self) -> dict[str, Any]:
        """As `vereda receipts --json` shows it."""
        keys = ("resource", "number", "name", "sha256", "at", "period")
        return {
            "dataset": self.dataset,
            **{key: getattr(self.receipt, key) for key in keys},
            "state": self.state,
            "version": self.version,
            "because": self.because or None,
        }


def whole_tables(dataset: Dataset) -> frozenset[str]:
    """The tables of which each file that is handed in tells of everything."""
    return frozenset(r.name for r in dataset.resources if r.pipeline.extract.mode == "full")


def find_whole_tables(datasets: Path, id: str) -> frozenset[str]:
    """Of a dataset, the tables of which each file tells of everything; none where it cannot be read."""
    try:
        return whole_tables(load_dataset(datasets / id))
    except (DatasetError, OSError):
        return frozenset()


def receipt_outcomes(archive: Archive, history: History, whole: Set[str]) -> list[ReceiptOutcome]:
    """Of each receipt of a dataset, oldest first. `whole` are the tables of which each file tells of
    everything, so that a later one counts in the place of one that waited."""
    receipts = archive.receipts(history.dataset, history.demo).all()
    runs = judged_receipts(archive, history, {receipt.number for receipt in receipts})
    accepted = accepted_receipts(history)
    taken = archive.receipts(history.dataset, history.demo).take_backs.by_receipt()
    found = []
    for receipt in receipts:
        run = runs.get(receipt.number)
        if run is None and (back := taken.get(receipt.number)):
            found.append(_outcome_of_take_back(history.dataset, receipt, back))
            continue
        later = [r for r in receipts if r.resource == receipt.resource and r.number > receipt.number]
        later = [each for each in later if each.number not in taken]
        found.append(_outcome(history, receipt, run, later if receipt.resource in whole else [], accepted))
    return found


def _outcome_of_take_back(dataset: str, receipt: Receipt, back: TakeBack) -> ReceiptOutcome:
    because = _("{by} took it back on {day}", by=back.by, day=format_date(back.at[:10]))
    return ReceiptOutcome(dataset, receipt, "superseded", None, because)


def counted_receipts(dataset: Dataset, archive: Archive) -> list[Receipt]:
    """The receipts of a dataset that were not taken back, oldest first."""
    taken = archive.receipts(dataset.id, dataset.demo).take_backs.by_receipt()
    known = archive.receipts(dataset.id, dataset.demo).all()
    return [receipt for receipt in known if receipt.number not in taken]


def judged_receipts(archive: Archive, history: History, numbers: Set[int]) -> dict[int, Mapping[str, Any]]:
    """By number, the newest record of a run that judged the receipt; none for those that wait."""
    found: dict[int, Mapping[str, Any]] = {}
    for name in reversed(archive.runs(history.dataset)):
        if numbers <= set(found):
            break
        kept = archive.read_run(history.dataset, name)
        if kept.get("demo", False) == history.demo:
            for number in kept.get("receipts", ()):
                found.setdefault(number, kept)
    return found


def unreadable_receipts(archive: Archive, history: History, numbers: Set[int]) -> set[int]:
    """Those of the receipts whose files could not be read: they count in the place of no other."""
    judged = judged_receipts(archive, history, numbers)
    return {number for number, kept in judged.items() if number in kept.get("unreadable", ())}


def accepted_receipts(history: History) -> set[int]:
    """The receipts whose extract someone accepted, and that were not released yet."""
    released = {_number(s) for e in history.releases for s in e.provenance["snapshots"].values()}
    accepted = {n for e in history.entries if e.kind == "accept" for n in e.provenance.get("receipts", ())}
    return accepted - released


def judging_basis(dataset: Dataset, archive: Archive) -> str:
    """What an outcome depends on beside the file: the declaration, and the releases of other datasets that it
    needs."""
    needs = [
        (name, demo, current and str(current.version))
        for name in dataset.needs
        for demo in (False, True)
        for current in (archive.history(name, demo).current,)
    ]
    declaration = {name: hashlib.sha256(content).hexdigest() for name, content in dataset.declaration.items()}
    basis: list[Any] = [declaration, needs]
    if dataset.mappings:
        basis.append([[each.resource, each.label, each.field] for each in dataset.mappings])
    return hashlib.sha256(json.dumps(basis, sort_keys=True).encode()).hexdigest()


def settled_receipts(dataset: Dataset, archive: Archive, history: History, numbers: Set[int]) -> set[int]:
    """Those of the receipts that would be judged as they were: unchanged or rejected, by the declaration of
    now."""
    basis, accepted = judging_basis(dataset, archive), accepted_receipts(history)
    return {
        number
        for number, kept in judged_receipts(archive, history, numbers).items()
        if kept["outcome"] in ("rejected", "unchanged")
        and kept.get("basis") == basis
        and number not in accepted
    }


def _outcome(
    history: History,
    receipt: Receipt,
    run: Mapping[str, Any] | None,
    later: list[Receipt],
    accepted: Set[int],
) -> ReceiptOutcome:
    if receipt.number in accepted:
        return ReceiptOutcome(history.dataset, receipt, "accepted", None, _("the next run publishes it"))
    if run is not None:
        version = run.get("version") if run["outcome"] in ("published", "quarantined", "unchanged") else None
        return ReceiptOutcome(history.dataset, receipt, run["outcome"], version, _because(run))
    for entry in history.releases:  # released before runs named their receipts
        if _number(entry.provenance["snapshots"].get(receipt.resource, {})) == receipt.number:
            return ReceiptOutcome(history.dataset, receipt, "published", str(entry.version))
    if later:
        because = _("no. {number} ({name}) counts in its place", number=later[-1].number, name=later[-1].name)
        return ReceiptOutcome(history.dataset, receipt, "superseded", None, because)
    return ReceiptOutcome(history.dataset, receipt, "waiting", None, _("the next run takes it up"))


def _because(run: Mapping[str, Any]) -> str:
    """Why, for whoever handed the file in; of runs before these had words of their own, the data team's."""
    return str(run.get("forSender") or run.get("message") or "")


def _number(snapshot: Mapping[str, Any]) -> int:
    return snapshot.get("receipt") or 0
