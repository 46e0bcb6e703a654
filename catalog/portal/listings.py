"""The datasets of a build, in a file: each is read when its turn comes, since a catalogue has thousands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, overload

from catalog.public import Listing
from isolation.aside import Aside


class Listings(Sequence[Listing]):
    """Datasets in an order, by their `paths`; what is `kept` of them may be shared with other orders."""

    def __init__(self, kept: Aside[Listing], paths: Sequence[str]) -> None:
        self.kept, self.paths = kept, paths

    @classmethod
    def of(cls, listings: Iterable[Listing]) -> Listings:
        """The real datasets before the demo ones, each by id; of two of a path the last one."""
        kept: Aside[Listing] = Aside()
        for listing in listings:
            kept.put(listing.path, listing)
        return cls(kept, in_order(kept))

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[Listing]:
        """One after another, none kept."""
        return (self.kept[path] for path in self.paths)

    @overload
    def __getitem__(self, place: int) -> Listing: ...
    @overload
    def __getitem__(self, place: slice) -> Listings: ...
    def __getitem__(self, place: int | slice) -> Listing | Listings:
        if isinstance(place, slice):
            return self.pick(self.paths[place])
        return self.kept[self.paths[place]]

    def get(self, path: str) -> Listing | None:
        return self.kept.get(path)

    def pick(self, paths: Sequence[str]) -> Listings:
        """Those at the paths, in their order."""
        return Listings(self.kept, paths)

    def choose(self, wanted: Callable[[Listing], bool]) -> Listings:
        """Those that are wanted."""
        return self.pick([path for path in self.paths if wanted(self.kept[path])])

    def sort(self, key: Callable[[Listing], Any]) -> Listings:
        """All of them by a key, which is made once of each."""
        keys = sorted(((key(each), place) for place, each in enumerate(self)))
        return self.pick([self.paths[place] for _key, place in keys])

    def put(self, listing: Listing) -> Listings:
        """All of them, with this one in place of the one at its path."""
        self.kept.put(listing.path, listing)
        return self.pick(in_order({*self.paths, listing.path}))

    def without(self, path: str) -> Listings:
        return self.pick([each for each in self.paths if each != path])


def in_order(paths: Iterable[str]) -> list[str]:
    """The real datasets before the demo ones, each by id."""
    return sorted(paths, key=lambda path: (path.startswith("demo/"), path.rpartition("/")[2]))
