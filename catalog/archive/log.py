"""The log of a dataset as far as it can be read, and what is wrong with it.

Each entry names the sha256 of the one before it, so that one which was changed or taken out later is noticed:
the next one no longer follows it. Entries that were written before there were such chains say nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from catalog.archive.blobs import Blobs
from catalog.archive.numbered import NumberedLog, NumberedPage
from catalog.archive.release import Damage, Damaged, Entry, History, entry_from_json
from catalog.archive.store import Shelf
from messages import gettext as _


@dataclass(frozen=True)
class Log:
    """`history` has the entries that can be read, `hashes` the sha256 of each by its number; `misplaced` are
    the files that are copies of one of them under another number."""

    history: History
    hashes: dict[int, str]
    damages: tuple[Damage, ...]
    misplaced: tuple[str, ...] = ()


@dataclass(frozen=True)
class SeenEntry:
    """The newest entry of a log as a run saw it, at that time."""

    number: int
    sha256: str
    at: str


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
    misplaced = [
        path(page.number)
        for page in pages
        if page.entry is None and hashlib.sha256(page.text).hexdigest() in hashes.values()
    ]
    return Log(History(dataset, demo, entries), hashes, tuple(damages), tuple(misplaced))


def _broken_links(
    entries: Iterable[Entry], hashes: dict[int, str], dataset: str
) -> Iterable[tuple[int, str]]:
    """The entries that are not those after which the next was written."""
    for number, unsaid in find_broken_links([(each.number, each.previous) for each in entries], hashes):
        yield number, (_describe_unsaid if unsaid else _describe_change)(dataset, number)


def find_broken_links(
    links: Iterable[tuple[int, str | None]], hashes: Mapping[int, str]
) -> Iterator[tuple[int, bool]]:
    """Where a chain is broken: `links` are the entries by number, each with the sha256 of the one that it
    follows. True: this entry does not say which, as those before it do; False: it is not the one after which
    the next was written."""
    chained = False
    for number, previous in links:
        if previous is None and chained:
            yield number, True
        if previous is not None and number - 1 in hashes and hashes[number - 1] != previous:
            yield number - 1, False
        chained = chained or previous is not None


def _describe_unsaid(dataset: str, number: int) -> str:
    return _(
        "{dataset}: entry {number} does not say which one it follows, as those before it do: it "
        "was written anew. `vereda repair` brings it back from its copy, if there is one; else "
        "a backup of the archive does.",
        dataset=dataset,
        number=number,
    )


def _describe_change(dataset: str, number: int) -> str:
    return _(
        "{dataset}: entry {number} is not the one after which entry {next} was written: it was "
        "changed since. `vereda repair` brings it back from its copy, if there is one; else a "
        "backup of the archive does.",
        dataset=dataset,
        number=number,
        next=number + 1,
    )


def copy_entries(log: NumberedLog[Entry], blobs: Blobs, last: int) -> dict[str, Any]:
    """Keeps each entry up to the `last` one among the blobs as well, from where `restore_entry` takes it;
    gives what a run notes: the number and sha256 of the last one, and by number the sha256 of others that
    had no copy yet. Of those that were written before there were chains nothing else tells."""
    noted: dict[str, Any] = {}
    older: dict[str, str] = {}
    for number in range(last, 0, -1):
        text = log.read_bytes(number)
        sha256 = hashlib.sha256(text).hexdigest()
        if number == last:
            noted = {"entry": number, "sha256": sha256}
        if blobs.has(sha256):
            break  # and those before it
        blobs.put(text)
        if number < last:
            older[str(number)] = sha256
    return {**noted, **({"older": older} if older else {})}


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
    yield from (seen.sha256 for seen in seen_entries(runs) if seen.number == number)


def seen_entries(runs: Iterable[Mapping[str, Any]]) -> Iterator[SeenEntry]:
    """The entries that each run saw, the newest first."""
    for run in runs:
        with suppress(KeyError, TypeError, ValueError, AttributeError):
            at = str(run.get("at"))
            yield SeenEntry(int(run["log"]["entry"]), str(run["log"]["sha256"]), at)
            for number, sha256 in run["log"].get("older", {}).items():
                yield SeenEntry(int(number), str(sha256), at)


def is_seen(log: NumberedLog[Entry], seen: SeenEntry) -> bool:
    """Whether the entry is there still, as it was seen."""
    if not log.has(seen.number):
        return False
    text = log.shelf.read(log.path(seen.number))
    return hashlib.sha256(text).hexdigest() == seen.sha256


def lost_entries(log: Log, path: Callable[[int], str], runs: Iterable[Mapping[str, Any]]) -> list[Damage]:
    """The entries that recorded runs saw, and that are no longer there, or are others now."""
    dataset, known = log.history.dataset, {damage.file for damage in log.damages}
    found: dict[int, Damage] = {}
    for seen in seen_entries(runs):
        file = path(seen.number)
        if file not in known and log.hashes.get(seen.number) != seen.sha256:
            note = describe_loss(dataset, seen, there=seen.number in log.hashes)
            found.setdefault(seen.number, Damage(dataset, file, note))
    return list(found.values())


def describe_loss(dataset: str, seen: SeenEntry, *, there: bool) -> str:
    """What is told of an entry that is gone, or is another one now."""
    values = {"dataset": dataset, "number": seen.number, "at": seen.at}
    if there:
        return _(
            "{dataset}: entry {number} is another one than the run of {at} saw. `vereda repair` brings it "
            "back from its copy, if there is one; else a backup of the archive does.",
            **values,
        )
    return _(
        "{dataset}: entry {number} is gone, which the run of {at} saw. `vereda repair` brings it back from "
        "its copy, if there is one; else a backup of the archive does.",
        **values,
    )


def copied_entries(log: NumberedLog[Entry], log_of: Callable[[str, bool], NumberedLog[Entry]]) -> list[str]:
    """The files of a log that are entries of another, byte for byte as they stand there."""
    found = []
    for page in log.pages():
        if page.entry is None and page.text:
            with suppress(ValueError, TypeError, KeyError, AttributeError, Damaged):
                entry = entry_from_json(page.text)
                if log_of(entry.dataset, entry.demo).read_bytes(page.number) == page.text:
                    found.append(log.path(page.number))
    return found


_LOGS = "log|received|taken-back|problems|mappings|appended/batches"
_FILES = rf"({_LOGS})/\d{{8}}\.json|appended/calls/[0-9a-f]{{32}}\.json"
"""What lies in a dataset's folder: entries of its logs, and the calls by which rows came."""


def find_strange_files(shelf: Shelf, id: str) -> list[Damage]:
    """What stands where only datasets, whose names are as the pattern `id` says, and their numbered files
    should."""
    found = []
    for top in ("datasets", "demo"):
        odd = shelf.oddities(top)
        for name in [*odd, *shelf.names(top)]:
            if name not in odd:
                if re.fullmatch(rf"{top}/{id}/({_FILES})", name):
                    continue
                if any(name.startswith(f"{each}/") for each in odd):
                    continue
            note = _("{file} belongs to no dataset's log; move it out of the archive.", file=name)
            found.append(Damage(name.split("/")[1], name, note))
    return found


def set_aside(shelf: Shelf, path: str) -> str:
    """Moves a file that belongs to no log, or not there, out of the way; says where it is now."""
    return shelf.move(path, f"strange/{path}")
