"""What became of each file that was handed in: its own outcome, not that of the run in which it was
judged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from catalog.archive.archive import Archive
from catalog.archive.receipts import Receipt, TakeBack
from catalog.archive.release import History
from messages import gettext as _
from messages import ngettext
from messages.formats import format_date, quote
from pipelines.dataset.dataset import Dataset, DatasetError, load_dataset
from pipelines.dataset.sources import InboxSource
from pipelines.release.outcome_words import outcome_word
from pipelines.release.steps import released_receipts

State = Literal[
    "waiting",
    "published",
    "unchanged",
    "quarantined",
    "rejected",
    "failed",
    "accepted",
    "superseded",
    "taken-back",
]
PUBLISHED = ("published", "unchanged", "quarantined", "accepted")
"""States of a file that is, or will be, what counts of its table."""
TAKEN_BACK = ("rejected", "failed")
"""Of what a run judged so, whoever handed it in may say that it is not to count any more."""


@dataclass(frozen=True)
class ReceiptOutcome:
    """A receipt and what became of it; `version` in which it was published, `because` says why in a sentence
    ("" where there is nothing to say). `missing` are the tables, by name with their titles, of which nothing
    was handed in yet, so that no run takes this up; `later` is what counts in its place; `periods` are those
    of which the file tells, as far as its run could read them; `empty` whether no row was in it.
    `replaced_by` came after a file that was refused, or of which rows were held back, and made it good."""

    dataset: str
    receipt: Receipt
    state: State
    version: str | None = None
    because: str = ""
    missing: tuple[tuple[str, str], ...] = ()
    later: ReceiptOutcome | None = None
    periods: tuple[str, ...] = ()
    empty: bool = False
    replaced_by: ReceiptOutcome | None = None

    @property
    def is_open(self) -> bool:
        """Whether another state comes after this one."""
        return self.state in ("waiting", "accepted")

    @property
    def replacement(self) -> str:
        """What made it good since, in a sentence; "" where nothing did."""
        if self.replaced_by is None:
            return ""
        other = self.replaced_by
        return _(
            "no. {number} ({name}) came after it and counts in its place: {state}",
            number=other.receipt.number,
            name=other.receipt.name,
            state=" ".join(filter(None, (outcome_word(other.state), other.version))),
        )

    def to_json(self) -> dict[str, Any]:
        """As `vereda receipts --json` shows it: to programs, what was taken back is superseded."""
        taken_back = self.state == "taken-back"
        keys = ("resource", "number", "name", "sha256", "at", "period")
        return {
            "dataset": self.dataset,
            **{key: getattr(self.receipt, key) for key in keys},
            "state": "superseded" if taken_back else self.state,
            "version": self.version,
            "because": self.because or None,
            **({"takenBack": True} if taken_back else {}),
            **({"replacedBy": self.replaced_by.receipt.number} if self.replaced_by else {}),
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


def table_modes(dataset: Dataset) -> dict[str, str]:
    """How the files of each table count: full, by-period, append."""
    return {each.name: each.pipeline.extract.mode for each in dataset.resources}


def find_modes(datasets: Path, id: str) -> dict[str, str]:
    """The same of a dataset by its id; none where it cannot be read."""
    try:
        return table_modes(load_dataset(datasets / id))
    except (DatasetError, OSError):
        return {}


def handed_tables(dataset: Dataset) -> dict[str, str]:
    """The tables that are handed in, and of which the declaration brings no first file: titles by name."""
    found = {}
    for resource in dataset.resources:
        source = resource.pipeline.source
        if isinstance(source, InboxSource) and source.path is None:
            found[resource.name] = str(resource.descriptor.get("title") or resource.name)
    return found


def find_handed_tables(datasets: Path, id: str) -> dict[str, str]:
    """The same of a dataset by its id; none where it cannot be read."""
    try:
        return handed_tables(load_dataset(datasets / id))
    except (DatasetError, OSError):
        return {}


def receipt_outcomes(
    archive: Archive, history: History, whole: Set[str], tables: Mapping[str, str] | None = None
) -> list[ReceiptOutcome]:
    """Of each receipt of a dataset, oldest first. `whole` are the tables of which each file tells of
    everything, so that a later one counts in the place of one that waited; `tables` those that are handed in
    (`handed_tables`): until there is a file of each, no run takes any up."""
    receipts = archive.receipts(history.dataset, history.demo).all()
    runs = judged_receipts(archive, history, {receipt.number for receipt in receipts})
    accepted = {number for each in acceptances(archive, history) for number in each}
    taken = archive.receipts(history.dataset, history.demo).take_backs.by_receipt()
    counted = {receipt.resource for receipt in receipts if receipt.number not in taken}
    missing = tuple(each for each in (tables or {}).items() if each[0] not in counted)
    found: list[ReceiptOutcome] = []
    known: dict[int, ReceiptOutcome] = {}
    for receipt in reversed(receipts):  # what became of a later one is told with those that it followed
        run = runs.get(receipt.number)
        back = taken.get(receipt.number)
        if back and (run is None or run["outcome"] in TAKEN_BACK):
            outcome = _outcome_of_take_back(history.dataset, receipt, back)
        else:
            later = [r for r in receipts if r.resource == receipt.resource and r.number > receipt.number]
            later = [each for each in later if each.number not in taken and receipt.resource in whole]
            first = known[later[0].number] if later else None
            outcome = _outcome(history, receipts, receipt, runs, first, accepted)
        if outcome.state == "waiting" and missing:
            outcome = replace(outcome, because=_missing_sentence(missing), missing=missing)
        known[receipt.number] = outcome
        found.append(outcome)
    return found[::-1]


def unsettled_receipts(modes: Mapping[str, str], outcomes: Sequence[ReceiptOutcome]) -> set[int]:
    """Of a dataset whose tables' files count as `modes` say (full, by-period, append): the receipts that were
    rejected, or failed, and that no later file of the same table (and period) made good. Rows that were to be
    added stand for nothing else: they are unsettled until they are taken back, or come again as they were."""
    return {
        each.receipt.number
        for each in name_replacements(modes, outcomes)
        if each.state in TAKEN_BACK and each.replaced_by is None
    }


def name_replacements(modes: Mapping[str, str], outcomes: Sequence[ReceiptOutcome]) -> list[ReceiptOutcome]:
    """The outcomes, of those that did not come to all that was sent with what made them good since."""
    return [
        replace(
            each, replaced_by=_find_replacement(modes.get(each.receipt.resource), each, outcomes[n + 1 :])
        )
        if each.state in (*TAKEN_BACK, "quarantined")
        else each
        for n, each in enumerate(outcomes)
    ]


def _find_replacement(
    mode: str | None, each: ReceiptOutcome, later: Sequence[ReceiptOutcome]
) -> ReceiptOutcome | None:
    """The last of the files that came later and tell of all that an earlier one told of."""
    mine = each.receipt
    others = [
        other
        for other in later
        if other.state in PUBLISHED
        and not (other.empty and other.state == "unchanged")
        and other.receipt.resource == mine.resource
    ]
    if mode == "append":
        others = [other for other in others if mine.sha256 == other.receipt.sha256]
    elif mode == "by-period":
        telling = [other for other in others if not {*each.periods}.isdisjoint(other.periods)]
        if each.periods and {*each.periods} <= {period for other in telling for period in other.periods}:
            others = telling
        elif mine.period is None:
            others = [other for other in others if mine.name == other.receipt.name]
        else:
            others = [other for other in others if mine.period == other.receipt.period]
    return others[-1] if others else None


def _missing_sentence(missing: Sequence[tuple[str, str]]) -> str:
    names = ", ".join(quote(title) for _name, title in missing)
    return ngettext(
        "{names} is missing: hand it in too. Until then nothing of this dataset is published",
        "{names} are missing: hand them in too. Until then nothing of this dataset is published",
        len(missing),
        names=names,
    )


def _outcome_of_take_back(dataset: str, receipt: Receipt, back: TakeBack) -> ReceiptOutcome:
    because = _("{by} took it back on {day}", by=back.by, day=format_date(back.at[:10]))
    return ReceiptOutcome(dataset, receipt, "taken-back", None, because)


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


def acceptances(archive: Archive, history: History) -> list[tuple[int, ...]]:
    """The receipts of each extract that someone accepted and that the next run publishes: it was not released
    yet, nor was a later file that counts in its place, and no run has refused it since for something else."""
    ever = list(_ever_accepted(history))
    if not ever:
        return []
    receipts = archive.receipts(history.dataset, history.demo).all()
    judged = judged_receipts(archive, history, {receipt.number for receipt in receipts})
    refused = {number for number, kept in judged.items() if kept["outcome"] == "rejected"}
    refused = {number for number in refused if "stopped" not in judged[number].get("report", {})}
    pending = []
    for numbers in ever:
        left = tuple(number for number in numbers if not is_released(history, receipts[number - 1]))
        replaced = any(find_successor(history, receipts, receipts[number - 1], judged) for number in left)
        if left and refused.isdisjoint(left) and not replaced:
            pending.append(left)
    return pending


def is_released(history: History, receipt: Receipt) -> bool:
    """Whether some release was made of its file."""
    return receipt.number in released_receipts(history, receipt.resource)


def find_successor(
    history: History, receipts: Sequence[Receipt], mine: Receipt, judged: Mapping[int, Mapping[str, Any]]
) -> Receipt | None:
    """The last file that was handed in after that of a receipt, and counts in its place: for the same table,
    and, where both tell of periods (by the records of their runs, `judged`), of one of its periods. It was
    released; of a period, what was published may have said the same."""
    released = released_receipts(history, mine.resource)
    periods = find_periods(mine, receipts, judged)
    for other in reversed(receipts[mine.number :]):
        if other.resource != mine.resource:
            continue
        run, told = judged.get(other.number, {}), find_periods(other, receipts, judged)
        if other.number in released and (not (periods and told) or not periods.isdisjoint(told)):
            return other
        if run.get("outcome") == "unchanged" and not _is_empty(run) and not periods.isdisjoint(told):
            return other
    return None


def _is_empty(run: Mapping[str, Any]) -> bool:
    """Whether a run found no row in what was handed in, so that this stands in no other file's place."""
    return bool(run.get("report", {}).get("empty"))


def find_periods(
    mine: Receipt, receipts: Sequence[Receipt], judged: Mapping[int, Mapping[str, Any]]
) -> set[str]:
    """The periods of which the file of a receipt tells, by the records of the runs that judged it or the same
    bytes; none where they are not known."""
    found = {mine.period}
    for each in receipts:
        same = (each.resource, each.sha256) == (mine.resource, mine.sha256)
        if same and each.period in (None, mine.period):
            found |= set(
                judged.get(each.number, {}).get("report", {}).get("periods", {}).get(mine.resource, ())
            )
    return {period for period in found if period}


def _ever_accepted(history: History) -> Iterator[tuple[int, ...]]:
    for entry in history.entries:
        if entry.kind == "accept" and (numbers := entry.provenance.get("receipts")):
            yield tuple(numbers)


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
    basis = judging_basis(dataset, archive)
    accepted = {number for each in acceptances(archive, history) for number in each}
    return {
        number
        for number, kept in judged_receipts(archive, history, numbers).items()
        if kept["outcome"] in ("rejected", "unchanged")
        and kept.get("basis") == basis
        and number not in accepted
    }


def _outcome(
    history: History,
    receipts: Sequence[Receipt],
    receipt: Receipt,
    runs: Mapping[int, Mapping[str, Any]],
    later: ReceiptOutcome | None,
    accepted: Set[int],
) -> ReceiptOutcome:
    run = runs.get(receipt.number)
    if receipt.number in accepted:
        return ReceiptOutcome(history.dataset, receipt, "accepted", None, _("the next run publishes it"))
    if run is not None and (first := _released_first(history, receipts, receipt, runs)):
        because = _(
            "no. {number} ({name}) was released before it; if it is right, hand it in again",
            number=first.number,
            name=first.name,
        )
        return ReceiptOutcome(history.dataset, receipt, "superseded", None, because)
    if run is not None:
        version = run.get("version") if run["outcome"] in ("published", "quarantined", "unchanged") else None
        periods = tuple(sorted(find_periods(receipt, receipts, runs)))
        told = (run["outcome"], version, _because(run))
        return ReceiptOutcome(history.dataset, receipt, *told, periods=periods, empty=_is_empty(run))
    for entry in history.releases:  # released before runs named their receipts
        if _number(entry.provenance["snapshots"].get(receipt.resource, {})) == receipt.number:
            return ReceiptOutcome(history.dataset, receipt, "published", str(entry.version))
    if later:
        because = _(
            "no. {number} ({name}) came before it was read: {state}",
            number=later.receipt.number,
            name=later.receipt.name,
            state=" ".join(filter(None, (outcome_word(later.state), later.version))),
        )
        return ReceiptOutcome(history.dataset, receipt, "superseded", None, because, later=later)
    return ReceiptOutcome(history.dataset, receipt, "waiting", None, _("the next run takes it up"))


def _released_first(
    history: History, receipts: Sequence[Receipt], receipt: Receipt, runs: Mapping[int, Mapping[str, Any]]
) -> Receipt | None:
    """What was handed in later and released in the place of a receipt that was stopped, and accepted
    meanwhile."""
    if "stopped" not in runs[receipt.number].get("report", {}):
        return None
    if not any(receipt.number in each for each in _ever_accepted(history)):
        return None
    return find_successor(history, receipts, receipt, runs)


def _because(run: Mapping[str, Any]) -> str:
    """Why, for whoever handed the file in; of runs before these had words of their own, the data team's."""
    return str(run.get("forSender") or run.get("message") or "")


def _number(snapshot: Mapping[str, Any]) -> int:
    return snapshot.get("receipt") or 0
