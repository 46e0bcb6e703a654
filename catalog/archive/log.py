"""The log of a dataset as far as it can be read, and what is wrong with it.

Each entry names the sha256 of the one before it, so that one which was changed or taken out later is noticed:
the next one no longer follows it. Entries that were written before there were such chains say nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from catalog.archive.numbered import NumberedPage
from catalog.archive.release import Damage, Entry, History
from messages import gettext as _


@dataclass(frozen=True)
class Log:
    """`history` has the entries that can be read, `hashes` the sha256 of each by its number."""

    history: History
    hashes: dict[int, str]
    damages: tuple[Damage, ...]


def check_log(
    dataset: str, demo: bool, pages: Sequence[NumberedPage[Entry]], path: Callable[[int], str]
) -> Log:
    """The log of which these are the pages; `path` says where an entry is in the archive."""
    hashes = {page.number: hashlib.sha256(page.text).hexdigest() for page in pages if page.entry}
    damages = [Damage(dataset, path(page.number), page.fault) for page in pages if page.entry is None]
    entries = tuple(page.entry for page in pages if page.entry)
    damages += [
        Damage(dataset, path(number), note) for number, note in _broken_links(entries, hashes, dataset)
    ]
    return Log(History(dataset, demo, entries), hashes, tuple(damages))


def _broken_links(
    entries: Iterable[Entry], hashes: dict[int, str], dataset: str
) -> Iterable[tuple[int, str]]:
    """The entries that are not those after which the next was written."""
    chained = False
    for entry in entries:
        before = entry.number - 1
        if entry.previous is None and chained:
            yield (
                entry.number,
                _(
                    "{dataset}: entry {number} does not say which one it follows, as those before it do: it "
                    "was written anew. Bring it back from a backup of the archive.",
                    dataset=dataset,
                    number=entry.number,
                ),
            )
        if entry.previous is not None and before in hashes and hashes[before] != entry.previous:
            yield (
                before,
                _(
                    "{dataset}: entry {number} is not the one after which entry {next} was written: it was "
                    "changed since. Bring it back from a backup of the archive.",
                    dataset=dataset,
                    number=before,
                    next=entry.number,
                ),
            )
        chained = chained or entry.previous is not None


def describe_lost_entry(dataset: str, number: int, at: str, *, there: bool) -> str:
    """The sentence for an entry that a run saw and that is not there any more, or is another one now."""
    values = {"dataset": dataset, "number": number, "at": at}
    if there:
        return _(
            "{dataset}: entry {number} is another one than the run of {at} saw. Bring it back from a backup "
            "of the archive.",
            **values,
        )
    return _(
        "{dataset}: entry {number} is gone, which the run of {at} saw. Bring it back from a backup of the "
        "archive.",
        **values,
    )


def find_same_act(before: History, entry: Entry) -> Entry | None:
    """The entry by which the version is current, or withdrawn, already."""
    version = entry.version
    if entry.kind == "withdraw" and version in before.withdrawn:
        return next(e for e in before if e.kind == "withdraw" and e.version == version)
    if entry.kind == "current" and before.standing.current == version:
        acts = [e for e in before if e.kind in ("release", "current") and e.version == version]
        return acts[-1]
    return None
