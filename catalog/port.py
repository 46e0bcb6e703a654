"""What a catalogue is: a place that can be made to look like the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from catalog.archive.archive import Archive


@dataclass(frozen=True)
class Step:
    """One thing that publishing would do: `action` (create, update, remove …) on `target`, and how many bytes
    and rows it moves."""

    action: str
    target: str
    detail: str
    bytes: int = 0
    rows: int = 0


class Catalogue(Protocol):
    """A projection of the archive. `plan` touches nothing; after `apply` of its steps, `plan` is empty.

    `apply` takes all steps together, since a catalogue may have to switch to them at once.
    """

    def plan(self, archive: Archive) -> list[Step]: ...

    def apply(self, archive: Archive, steps: Sequence[Step]) -> None: ...
