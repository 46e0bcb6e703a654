"""A log that only grows: entries numbered from 1, each a file of its own that is put where there was none.

    <folder>/00000001.json, 00000002.json …

Releases, receipts, reported problems and notices are kept in this way. Of two writers at once one gets the
number, and the other sees what the first one wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from catalog.archive.release import damaged_entry
from catalog.archive.store import Shelf


class Numbered(Protocol):
    @property
    def number(self) -> int: ...


T = TypeVar("T", bound=Numbered)


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
        # A folder's listing may miss an entry that is written while it runs, and show the next: so each is
        # asked for by name.
        return [self.read(number) for number in range(1, self.last + 1)]

    def has(self, number: int) -> bool:
        return self.shelf.head(self._path(number)) is not None

    def read(self, number: int) -> T:
        path = self._path(number)
        try:
            entry = self.parse(self.shelf.read(path))
            if entry.number != number:
                raise ValueError(f"number {entry.number}")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise damaged_entry(self.shelf.place(path), error) from error
        return entry

    def put(self, entry: T) -> bool:
        """Whether the entry was put under its number: False where the number is taken."""
        return self.shelf.create(self._path(entry.number), self.dump(entry))

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
        return self.shelf.place(self._path(number))

    def _path(self, number: int) -> str:
        return f"{self.folder}/{number:08}.json"
