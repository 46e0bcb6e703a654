"""A log that only grows: entries numbered from 1, each a file of its own that is put where there was none.

    <folder>/00000001.json, 00000002.json …

Releases, receipts, reported problems and notices are kept in this way. Of two writers at once one gets the
number, and the other sees what the first one wrote.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from catalog.archive.release import Damaged, damaged_entry
from catalog.archive.store import Shelf
from messages import gettext as _


class Numbered(Protocol):
    @property
    def number(self) -> int: ...


T = TypeVar("T", bound=Numbered)


@dataclass(frozen=True)
class NumberedPage(Generic[T]):
    """What stands in a log under a number: its bytes and its entry, or no entry and what is wrong with it."""

    number: int
    text: bytes
    entry: T | None
    fault: str = ""


@dataclass(frozen=True)
class NumberedLog(Generic[T]):
    """The log in a folder of the archive. `dump` gives an entry's text, `parse` the entry of a text, raising
    ValueError, TypeError, KeyError or AttributeError where it holds none.
    """

    shelf: Shelf
    folder: str
    dump: Callable[[T], bytes]
    parse: Callable[[bytes], T]

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 where there is none."""
        return max(self.shelf.numbers(self.folder), default=0)

    def all(self) -> list[T]:
        """Oldest first; raises Damaged for an entry that is missing or cannot be read."""
        found = []
        for page in self.pages():
            if page.entry is None:
                raise Damaged(page.fault)
            found.append(page.entry)
        return found

    def pages(self) -> Iterator[NumberedPage[T]]:
        """All that is there, oldest first, also where entries are damaged; a gap is one page, whose number is
        the first that is missing."""
        expected = 1
        for number in sorted(set(self.shelf.numbers(self.folder))):
            # A folder's listing may miss an entry that is written while it runs, and show the next: so each
            # is asked for by name.
            while expected < number and self.has(expected):
                yield self._page(expected)
                expected += 1
            if expected < number:
                yield NumberedPage(expected, b"", None, self._describe_gap(expected, number))
            yield self._page(number)
            expected = number + 1

    def _page(self, number: int) -> NumberedPage[T]:
        try:
            text = self.shelf.read(self.path(number))
        except Damaged as error:
            return NumberedPage(number, b"", None, str(error))
        try:
            return NumberedPage(number, text, self._parse(number, text))
        except Damaged as error:
            return NumberedPage(number, text, None, str(error))

    def _describe_gap(self, first: int, number: int) -> str:
        place = self.place(number)
        if number - first == 1:
            return _(
                "{place} is missing, and {next} is there. `vereda repair` brings it back from its copy, if "
                "there is one, or moves away what belongs to another log.",
                place=self.place(first),
                next=place,
            )
        return _(
            "{place} is missing, and all that follow it up to {next}. `vereda repair` brings them back "
            "from their copies, if there are any, or moves away what belongs to another log.",
            place=self.place(first),
            next=place,
        )

    def has(self, number: int) -> bool:
        return self.shelf.head(self.path(number)) is not None

    def read(self, number: int) -> T:
        return self._parse(number, self.shelf.read(self.path(number)))

    def _parse(self, number: int, text: bytes) -> T:
        try:
            entry = self.parse(text)
            if entry.number != number:
                raise ValueError(f"number {entry.number}")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise damaged_entry(self.place(number), error if text else _("it is empty")) from error
        return entry

    def read_bytes(self, number: int) -> bytes:
        """An entry as it is stored, once it is sure that it is one."""
        text = self.shelf.read(self.path(number))
        self.check(number, text)
        return text

    def check(self, number: int, text: bytes) -> None:
        """Raises Damaged where a text is not that of an entry of this log with this number."""
        self._parse(number, text)

    def put(self, entry: T) -> bool:
        """Whether the entry was put under its number: False where the number is taken."""
        return self.shelf.create(self.path(entry.number), self.dump(entry))

    def append(self, next_entry: Callable[[Sequence[T]], T]) -> T:
        """Puts what `next_entry` makes of the entries so far, again and again until no other writer was
        faster. Where it answers with one of them, nothing is put."""
        while True:
            known = self.all()
            entry = next_entry(known)
            if entry.number <= len(known) or self.put(entry):
                return entry
            if self.read(entry.number) == entry:  # ours: the storage tried the same put twice
                return entry

    def place(self, number: int) -> str:
        """Where an entry is, for messages."""
        return self.shelf.place(self.path(number))

    def path(self, number: int) -> str:
        """Where an entry is, in the archive."""
        return f"{self.folder}/{number:08}.json"


def read_json(shelf: Shelf, path: str) -> dict[str, Any]:
    """A record that stands by itself in the archive; raises Damaged where it cannot be read."""
    try:
        found: dict[str, Any] = json.loads(shelf.read(path))
    except ValueError as error:
        raise damaged_entry(shelf.place(path), error) from error
    return found
