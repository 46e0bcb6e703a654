"""The log of a dataset as far as it can be read, and what is wrong with it.

Each entry names the sha256 of the one before it, so that one which was changed or taken out later is noticed:
the next one no longer follows it. Entries that were written before there were such chains say nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from catalog.archive.blobs import Blobs
from catalog.archive.numbered import NumberedLog, NumberedPage
from catalog.archive.release import Damage, Damaged, Entry, History
from catalog.archive.store import Shelf
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


def copy_entries(log: NumberedLog[Entry], blobs: Blobs, last: int) -> str:
    """Keeps each entry up to the `last` one among the blobs as well, from where `restore_entry` takes it;
    gives the sha256 of the last one."""
    newest = ""
    for number in range(last, 0, -1):
        text = log.read_bytes(number)
        sha256 = hashlib.sha256(text).hexdigest()
        newest = newest or sha256
        if blobs.has(sha256):
            break  # and those before it
        blobs.put(text)
    return newest


def restore_entry(
    log: NumberedLog[Entry], blobs: Blobs, number: int, runs: Iterable[Mapping[str, Any]]
) -> bool:
    """Puts back an entry that was damaged, changed or lost, from its copy, whose sha256 the next entry or one
    of the `runs` remembers; what stood in its place is set aside. Says whether it did."""
    for sha256 in _remembered_hashes(log, number, runs):
        with suppress(Damaged, ValueError):
            text = b"".join(blobs.blocks(sha256))
            log.check(number, text)
            if log.has(number):
                set_aside(log.shelf, log.path(number))
            log.shelf.put(log.path(number), text)
            return True
    return False


def _remembered_hashes(
    log: NumberedLog[Entry], number: int, runs: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    for page in log.pages():
        if page.number == number + 1 and page.entry and page.entry.previous:
            yield page.entry.previous
    yield from (sha256 for seen, sha256, _at in _seen_entries(runs) if seen == number)


def _seen_entries(runs: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, str, str]]:
    """The newest entry that each run saw: its number, its sha256, and when that was."""
    for run in runs:
        with suppress(KeyError, TypeError, ValueError):
            yield int(run["log"]["entry"]), str(run["log"]["sha256"]), str(run.get("at"))


def lost_entries(log: Log, path: Callable[[int], str], runs: Iterable[Mapping[str, Any]]) -> list[Damage]:
    """The entries that recorded runs saw, and that are no longer there, or are others now."""
    dataset, known = log.history.dataset, {damage.file for damage in log.damages}
    found: dict[int, Damage] = {}
    for number, sha256, at in _seen_entries(runs):
        if path(number) not in known and log.hashes.get(number) != sha256:
            note = _describe_loss(dataset, number, at, there=number in log.hashes)
            found.setdefault(number, Damage(dataset, path(number), note))
    return list(found.values())


def _describe_loss(dataset: str, number: int, at: str, *, there: bool) -> str:
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


def set_aside(shelf: Shelf, path: str) -> str:
    """Moves a file that belongs to no log, or not there, out of the way; says where it is now."""
    into = f"strange/{path}"
    shelf.move(path, into)
    return into
