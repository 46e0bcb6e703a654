"""Who did what at the desk, and who was refused: a log that only grows, chained as those of releases are.

    audit/00000001.json, 00000002.json …

Each entry names the sha256 of the one before it, and the record of each run names the newest: so that one
which was changed, taken out or cut off later is noticed (`vereda verify`). It holds the name of whoever
signed in, and nothing else of a person; of files their datasets and receipts, never what stands in them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from catalog.archive.log import find_broken_links
from catalog.archive.numbered import NumberedLog
from catalog.archive.release import Damage, Damaged, dump_json
from catalog.archive.store import Shelf
from messages import gettext as _

FOLDER = "audit"
Act = Literal[
    "sign-in", "sign-out", "hand-in", "take-back", "see", "accept", "map", "answer", "token", "overflow"
]
Result = Literal["done", "denied", "failed"]
MOST = 200
"""Characters of what stands in a field: more is nobody's name."""


@dataclass(frozen=True)
class AuditEntry:
    """What somebody did: `by` is the name of whoever signed in ("" for nobody), `agency` theirs ("" for the
    data team's), `of` a dataset, a receipt ("obras/3") or a page, `because` the reason that was given;
    `rows` how many were handed in, where a program added them to a table. `number` counts from 1; `at` ISO
    8601 with offset; `previous` is the sha256 of the entry before."""

    number: int
    at: str
    act: Act
    result: Result
    by: str = ""
    agency: str = ""
    of: str = ""
    because: str = ""
    previous: str | None = None
    rows: int = 0


@dataclass
class Audit:
    """The log of an archive. It remembers where it ended last, so that an entry costs the same however many
    there are. Raises ArchiveError where the storage fails."""

    shelf: Shelf
    known: int = field(default=0)

    def add(self, entry: AuditEntry) -> AuditEntry:
        """Keeps the entry after the newest one, as that stands there, and gives it back with its number and
        chain."""
        by, agency, of = map(_clean, (entry.by, entry.agency, entry.of))
        because = _clean(entry.because, 5 * MOST)
        entry = replace(entry, by=by, agency=agency, of=of, because=because)
        while True:
            last = self.last
            previous = self._hash(last) if last else None
            numbered = replace(entry, number=last + 1, previous=previous)
            if self.log.put(numbered) or self.log.read(last + 1) == numbered:
                self.known = last + 1
                return numbered

    def _hash(self, number: int) -> str:
        """Of an entry as it stands there: one that was damaged stops no other."""
        return hashlib.sha256(self.shelf.read(self.log.path(number))).hexdigest()

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 where there is none."""
        if not self.known or not self.log.has(self.known):
            self.known = self.log.last
        while self.log.has(self.known + 1):
            self.known += 1
        return self.known

    def newest(self, before: int | None, most: int) -> list[AuditEntry | Damage]:
        """The `most` entries under the number `before`, or the newest, newest first; of one that cannot be
        read, what is wrong with it."""
        top = self.last if before is None else min(before - 1, self.last)
        return [self._read(number) for number in range(top, max(0, top - most), -1)]

    def _read(self, number: int) -> AuditEntry | Damage:
        try:
            return self.log.read(number)
        except Damaged as error:
            return Damage(FOLDER, self.log.path(number), str(error))

    def damage(self, seen: Iterable[Mapping[str, Any]] = ()) -> Iterator[Damage]:
        """Entries that are missing, cannot be read, or are not those after which the next was written; and
        those that runs saw (`seen`: `entry`, `sha256`) and that are gone, or others now."""
        pages = list(self.log.pages())
        hashes = {page.number: hashlib.sha256(page.text).hexdigest() for page in pages if page.entry}
        faults = {page.number: page.fault for page in pages if page.entry is None}
        for number, _unsaid in find_broken_links(
            [(page.number, page.entry.previous) for page in pages if page.entry], hashes
        ):
            faults.setdefault(number, _changed(number))
        for each in seen:
            if hashes.get(each["entry"]) != each["sha256"]:
                faults.setdefault(each["entry"], _changed(each["entry"]))
        for number, note in sorted(faults.items()):
            yield Damage(FOLDER, self.log.path(number), note)

    @property
    def log(self) -> NumberedLog[AuditEntry]:
        return NumberedLog(self.shelf, FOLDER, _dump, _parse)


def newest_entry(shelf: Shelf) -> dict[str, Any] | None:
    """The number and sha256 of the newest entry, for the record of a run; None where there is none that can
    be read."""
    log = Audit(shelf).log
    try:
        last = log.last
        return {"entry": last, "sha256": hashlib.sha256(log.read_bytes(last)).hexdigest()} if last else None
    except Damaged:
        return None


def _changed(number: int) -> str:
    return _(
        "entry {number} of the desk's audit log was changed or taken out since it was written; a backup of "
        "the archive has it. Find out who may write there.",
        number=number,
    )


def _clean(text: str, most: int = MOST) -> str:
    """A text in one line, without what prints nothing."""
    return "".join(each if each.isprintable() else " " for each in text[:most]).strip()


def _dump(entry: AuditEntry) -> bytes:
    return dump_json({key: value for key, value in vars(entry).items() if value or key != "rows"})


def _parse(text: bytes) -> AuditEntry:
    entry = AuditEntry(**json.loads(text))
    if entry.act not in get_args(Act) or entry.result not in get_args(Result):
        raise ValueError(f"{entry.act} {entry.result}")
    return entry
