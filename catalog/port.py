"""What a catalogue is: a place that can be made to look like the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from catalog.archive.archive import Archive


@dataclass(frozen=True)
class Change:
    """A value that would be another: where it stands, and what is there before and after (None: nothing)."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Step:
    """One thing that publishing would do: `action` (create, update, remove …) on `target`, how many bytes and
    rows it moves, and the values that would be others. A step `refuse` says why nothing is done to its
    target, and what to declare."""

    action: str
    target: str
    detail: str
    bytes: int = 0
    rows: int = 0
    changes: tuple[Change, ...] = ()


class Catalogue(Protocol):
    """A projection of the archive. `plan` touches nothing; after `apply` of its steps, `plan` is empty.

    `apply` takes all steps together, since a catalogue may have to switch to them at once.
    """

    def plan(self, archive: Archive) -> list[Step]: ...

    def apply(self, archive: Archive, steps: Sequence[Step]) -> None: ...
