"""The declarations of a night, as they were when it began, without keeping them in memory: there may be
thousands, and each is needed when its dataset's turn comes."""

from __future__ import annotations

import os
import pickle
import tempfile
import weakref
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass

from pipelines.dataset.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan holds of a dataset until its turn comes."""

    id: str
    needs: tuple[str, ...]
    tells_of_all: bool
    pending: bool

    @classmethod
    def of(cls, dataset: Dataset) -> Planned:
        return cls(dataset.id, dataset.needs, dataset.tells_of_all, dataset.pipeline.pending is not None)


class Declared(Collection[Dataset]):
    """The datasets that are declared without fault, by their names, in a file of this process alone, which
    has no name and goes with it; in memory, where there is no room for it. Several threads read it, once all
    is there."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[int, int] | bytes] = {}
        self._end = 0
        self._file = None
        with suppress(OSError):
            self._file = tempfile.TemporaryFile(prefix="vereda-", buffering=0)  # noqa: SIM115 (see below)
            weakref.finalize(self, self._file.close)

    def add(self, dataset: Dataset) -> None:
        content = pickle.dumps(dataset, pickle.HIGHEST_PROTOCOL)
        self._places[dataset.id] = self._write(content) or content

    def _write(self, content: bytes) -> tuple[int, int] | None:
        """Where the content lies in the file; None where the disk is full."""
        if self._file is None:
            return None
        with suppress(OSError):
            if os.pwrite(self._file.fileno(), content, self._end) == len(content):
                place = self._end, len(content)
                self._end += len(content)
                return place
        return None

    def __getitem__(self, name: str) -> Dataset:
        """The dataset as it was declared; raises KeyError."""
        place = self._places[name]
        if not isinstance(place, bytes):
            assert self._file is not None
            start, length = place
            place = os.pread(self._file.fileno(), length, start)
        found: Dataset = pickle.loads(place)  # this process wrote it
        return found

    def __iter__(self) -> Iterator[Dataset]:
        """One after another, none kept."""
        return (self[name] for name in self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, dataset: object) -> bool:
        return isinstance(dataset, Dataset) and dataset.id in self._places
