"""What agencies handed in that no run will settle by itself: files that wait for those of another table, and
rows to be added that were rejected, which no later batch stands for."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import suppress
from typing import Any

from catalog.archive.archive import Archive
from catalog.archive.release import Damaged, History
from catalog.archive.store import ArchiveError
from messages import gettext as _
from messages import ngettext
from pipelines.nightly.inbox import HandedIn
from pipelines.release.receipt_outcomes import ReceiptOutcome, receipt_outcomes, unsettled_receipts


def find_unsettled(archive: Archive, handed: Iterable[HandedIn], told: Set[str]) -> Iterator[dict[str, Any]]:
    """What of it waits for a person, as `vereda status` lists its needs; `told` are the datasets of which it
    says already that their last run ended badly. Of what cannot be read, its own run tells."""
    for place in handed:
        added = {name for name, mode in place.modes.items() if mode == "append"}
        if len(place.titles) < 2 and not added:
            continue
        with suppress(ArchiveError, Damaged):
            history = archive.history(place.id, place.demo)
            found = receipt_outcomes(archive, history, place.whole, place.titles)
            yield from _waiting(place, history, found)
            if place.id not in told:
                yield from _rejected(place, history, found, added)


def _waiting(place: HandedIn, history: History, found: Sequence[ReceiptOutcome]) -> Iterator[dict[str, Any]]:
    """A file that no run takes up until one of another table comes."""
    waiting = [each for each in found if each.missing]
    if not waiting:
        return
    first = waiting[0]
    told = _("no. {number} ({name}) waits", number=first.receipt.number, name=first.receipt.name)
    table = f"{place.id}/{first.missing[0][0]}"
    command = f"vereda submit {shlex.quote(table)} FILE"
    yield _need(place, history, "awaiting", first.receipt.at, f"{told}: {first.because}", command)


def _rejected(
    place: HandedIn, history: History, found: Sequence[ReceiptOutcome], added: Set[str]
) -> Iterator[dict[str, Any]]:
    """Rows that were to be added and are in no version."""
    unsettled = unsettled_receipts(place.modes, found)
    mine = [each for each in found if each.receipt.number in unsettled and each.receipt.resource in added]
    if not mine:
        return
    told = ngettext(
        "{n} file with rows to add was rejected and came to nothing, the last one no. {number}: {because}. "
        "Hand the rows in again, then take the file back at the desk",
        "{n} files with rows to add were rejected and came to nothing, the last one no. {number}: {because}. "
        "Hand the rows in again, then take the files back at the desk",
        len(mine),
        number=mine[-1].receipt.number,
        because=mine[-1].because,
    )
    command = f"vereda receipts {shlex.quote(place.id)}"
    yield _need(place, history, "rejected", mine[0].receipt.at, told, command)


def _need(
    place: HandedIn, history: History, outcome: str, since: str, message: str, command: str
) -> dict[str, Any]:
    version = str(history.current.version) if history.current else None
    return {
        "dataset": place.id,
        "outcome": outcome,
        "since": since,
        "nights": 0,
        "version": version,
        "message": message,
        "next": command,
    }
