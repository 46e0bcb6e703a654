"""What a run has to do: a step for each dated extract that is due, for each delivery that adds to the others,
else one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date

from catalog.archive.receipts import Receipt
from catalog.archive.release import History
from messages import gettext as _
from messages import ngettext
from pipelines.dataset.dataset import Dataset, Resource
from pipelines.dataset.sources import FolderSource, HttpSource, InboxSource
from pipelines.fetch.inbox import explain_empty_inbox, receipt_as_of


@dataclass(frozen=True)
class DueStep:
    """What one release is computed from: the extracts as of a date (None: as they are now), and what counts
    of what was handed in, by resource; `new` are the receipts that it judges, and `behind` those in whose
    place they count. `notes` tell what there is to say of that, and `for_sender` what of it whoever handed a
    file in cannot know."""

    as_of: date | None = None
    handed: tuple[Receipt, ...] = ()
    notes: tuple[str, ...] = ()
    new: tuple[int, ...] = ()
    behind: tuple[Receipt, ...] = ()
    for_sender: tuple[str, ...] = ()

    def receipt(self, resource: str) -> Receipt | None:
        return next((receipt for receipt in self.handed if receipt.resource == resource), None)


def due_steps(
    dataset: Dataset,
    history: History,
    receipts: Sequence[Receipt],
    as_of: date | None,
    settled: Callable[[Set[int]], Set[int]] = lambda _numbers: set(),
    accepted: Sequence[tuple[int, ...]] = (),
    again: Sequence[tuple[int, ...]] = (),
) -> tuple[list[DueStep], str]:
    """The steps that are due, in their order; where there are none, a sentence says why.

    Of dated extracts: those after the last that was released, or that one again. Of what was handed in: all
    after the last that was released, each of its own where a delivery covers a part (by-period, append), only
    the last where it covers all. One that was judged already (`settled` says which of some numbers) is left
    alone once another came. What somebody accepted (the receipts of each such extract) was promised to be
    published: it is a step of its own, before what came later, also where another part was released since;
    so is what is judged `again` (retrial.py).
    """
    dates = _vintages(dataset)
    wanted = [moment for moment in dates if as_of is None or moment <= as_of]
    last = max((e.as_of for e in history.releases if e.as_of), default="")
    new = [moment for moment in wanted if moment.isoformat() > last]
    if any(isinstance(r.pipeline.source, InboxSource) for r in dataset.resources):
        known = [r for r in receipts if as_of is None or r.at[:10] <= as_of.isoformat()]
        return _inbox_steps(dataset, history, known, new, settled, accepted, again)
    if not dates:
        return [DueStep()], ""
    due = new or wanted[-1:]
    why = "" if due else _("there is no extract as old as {date}; the first is of a later day", date=as_of)
    return [DueStep(moment) for moment in due], why


def _vintages(dataset: Dataset) -> list[date]:
    """The dates of all dated extracts, in their order, from the first on at which each such table has one:
    before, there is no whole dataset to release. A table that grows by its extracts needs them all."""
    dated = [
        (resource.pipeline.extract.mode, [vintage.as_of for vintage in source.vintages])
        for resource in dataset.everything
        if isinstance(source := resource.pipeline.source, FolderSource | HttpSource) and source.vintages
    ]
    first = max((min(dates) for _mode, dates in dated), default=date.min)
    if any(mode != "full" and min(dates) < first for mode, dates in dated):
        first = date.min
    return sorted({moment for _mode, dates in dated for moment in dates if moment >= first})


def _inbox_steps(
    dataset: Dataset,
    history: History,
    receipts: Sequence[Receipt],
    dates: Sequence[date],
    settled: Callable[[Set[int]], Set[int]],
    accepted: Sequence[tuple[int, ...]],
    again: Sequence[tuple[int, ...]],
) -> tuple[list[DueStep], str]:
    """`dates` are those of other tables' extracts that are due: each is a step of its own, before what was
    handed in since."""
    inboxes = {r.name: r for r in dataset.resources if isinstance(r.pipeline.source, InboxSource)}
    known = [receipt for receipt in receipts if receipt.resource in inboxes]
    lacking = [
        resource
        for resource in inboxes.values()
        if receipt_as_of(resource, known, 0) is None and not _has_first_file(resource)
    ]
    if lacking:
        return [], "; ".join(explain_empty_inbox(resource) for resource in lacking)

    def receipts_up_to(number: int) -> tuple[Receipt, ...]:
        """What counts of each table once so much was handed in. Of one that comes in parts, a part that was
        released: one that was refused stands in no other table's way."""
        counted = []
        for name, resource in inboxes.items():
            whole = resource.pipeline.extract.mode == "full"
            part = [r for r in known if r.number == number or r.number in released[name]]
            found = None if whole else next((r for r in part[::-1] if r.resource == name), None)
            counted.append(found or receipt_as_of(resource, known, number))
        return tuple(receipt for receipt in counted if receipt)

    released = {name: released_receipts(history, name) for name in inboxes}
    last = last_released_receipt(history)
    dated = [DueStep(moment, receipts_up_to(last)) for moment in dates]
    dated += _passed_steps(receipts_up_to(last), known, [*accepted, *again], last)
    if not known:
        return dated or [DueStep()], ""
    new = [receipt for receipt in known if receipt.number > last]
    if dated and not new:
        return dated, ""
    parts = [receipt for receipt in new if inboxes[receipt.resource].pipeline.extract.mode != "full"]
    settled_before = settled({receipt.number for receipt in new}) if len(new) > 1 else set()
    judged = settled_before & {receipt.number for receipt in parts}
    parts = [receipt for receipt in parts if receipt.number not in judged]
    handed, start = [], last
    ends = {receipt.number for receipt in [*parts, known[-1]]}
    ends |= {receipt.number for receipt in new} & {max(each) for each in accepted}
    for end in sorted(ends):
        mine = [r for r in new if start < r.number <= end and (r.number == end or r.number not in judged)]
        newest = {receipt.resource: receipt.number for receipt in mine}
        unread = [
            receipt for receipt in mine if receipt.number == end or receipt.number not in settled_before
        ]
        passed = tuple(_passed_over_notes(unread))
        notes = (*passed, *_same_notes(mine, known))
        behind = tuple(receipt for receipt in mine if receipt.number != newest[receipt.resource])
        numbers = tuple(sorted(newest.values()))
        handed.append(DueStep(None, receipts_up_to(end), notes, numbers, behind, passed))
        start = end
    return [*dated, *handed], ""


def _passed_steps(
    counted: Sequence[Receipt], known: Sequence[Receipt], accepted: Sequence[tuple[int, ...]], last: int
) -> Iterator[DueStep]:
    """A step for each extract that was accepted, or is judged again, after something handed in later had been
    released: its files, beside what is `counted` of the other tables."""
    for numbers in accepted:
        mine = {receipt.resource: receipt for receipt in known if receipt.number in numbers}
        if mine and max(numbers) <= last:
            handed = tuple(mine.get(receipt.resource, receipt) for receipt in counted)
            yield DueStep(None, handed, new=tuple(sorted(receipt.number for receipt in mine.values())))


def last_released_receipt(history: History) -> int:
    """The number of the last receipt that was released; 0 where none was."""
    numbers = (_number(s) for e in history.releases for s in e.provenance["snapshots"].values())
    return max(numbers, default=0)


def released_receipts(history: History, resource: str) -> set[int]:
    """The numbers of a table's receipts of which releases were made."""
    return {_number(e.provenance["snapshots"].get(resource, {})) for e in history.releases} - {0}


def history_before(history: History, number: int) -> History:
    """The log as it was before that receipt, or a later one, was released."""
    for place, entry in enumerate(history.entries):
        handed = (_number(each) for each in entry.provenance.get("snapshots", {}).values())
        if entry.kind == "release" and max(handed, default=0) >= number:
            return replace(history, entries=history.entries[:place])
    return history


def step_without(
    step: DueStep, unreadable: Sequence[int], receipts: Sequence[Receipt], last: int
) -> DueStep | None:
    """A step with the files that waited behind those that cannot be read, so that these stand in no good
    one's way; of a table of which none waited, with what counted before. None where nothing is left to judge.
    `last` is the last receipt that was released."""
    refused = [receipt for receipt in step.handed if receipt.number in unreadable]
    handed, behind, new = list(step.handed), list(step.behind), set(step.new) - set(unreadable)
    for receipt in refused:
        place = handed.index(receipt)
        waiting = [each for each in behind if each.resource == receipt.resource]
        counted = [r for r in receipts if r.resource == receipt.resource and r.number <= last]
        handed[place : place + 1] = waiting[-1:] or counted[-1:]
        if waiting:
            new.add(waiting[-1].number)
            behind.remove(waiting[-1])
    if not new:
        return None
    return DueStep(step.as_of, tuple(handed), (), tuple(sorted(new)), tuple(behind))


def step_beside(
    step: DueStep, at_fault: Sequence[int], receipts: Sequence[Receipt], history: History
) -> DueStep | None:
    """A step without the files that were refused, of whose tables what was released last counts. None where
    nothing else is new, or a table would be without a file, or has the same."""
    new = tuple(number for number in step.new if number not in at_fault)
    handed = []
    for receipt in step.handed:
        before = [r for r in receipts if r.number in released_receipts(history, receipt.resource)]
        if receipt.number in at_fault and (not before or before[-1] == receipt):
            return None
        handed.append(before[-1] if receipt.number in at_fault else receipt)
    return DueStep(step.as_of, tuple(handed), (), new) if new else None


def _has_first_file(resource: Resource) -> bool:
    """Whether the declaration brings a file for the time before anything was handed in."""
    source = resource.pipeline.source
    return isinstance(source, InboxSource) and source.path is not None


def _number(snapshot: dict[str, int | None]) -> int:
    return snapshot.get("receipt") or 0


def _passed_over_notes(new: Sequence[Receipt]) -> Iterator[str]:
    """How many files a step passes over, since a later one tells of everything."""
    for resource in dict.fromkeys(receipt.resource for receipt in new):
        mine = [receipt for receipt in new if receipt.resource == resource]
        if len(mine) > 1:
            yield ngettext(
                "{n} more file was handed in before {name}; each tells of everything, so the last one "
                "counts and the archive keeps both",
                "{n} more files were handed in before {name}; each tells of everything, so the last one "
                "counts and the archive keeps all",
                len(mine) - 1,
                name=mine[-1].name,
            )


def _same_notes(new: Sequence[Receipt], known: Sequence[Receipt]) -> Iterator[str]:
    """Which files of a step were handed in before."""
    for last in {receipt.resource: receipt for receipt in new}.values():
        if same := same_before(last, known):
            yield _(
                "{name} has the same bytes as no. {number} ({earlier}, {at})",
                name=last.name,
                number=same.number,
                earlier=same.name,
                at=same.at,
            )


def same_before(receipt: Receipt, known: Sequence[Receipt]) -> Receipt | None:
    """The first receipt of the same bytes for the same table, where that is an earlier one."""
    for earlier in known:
        same = (earlier.resource, earlier.sha256) == (receipt.resource, receipt.sha256)
        if same and earlier.number < receipt.number:
            return earlier
    return None
