"""The declarations of a night, as they were when it began, without keeping them in memory: there may be
thousands, and each is needed when its dataset's turn comes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from isolation.aside import Aside
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
    """The datasets that are declared without fault, by their names. Several threads read it, once all is
    there."""

    def __init__(self) -> None:
        self._kept: Aside[Dataset] = Aside()

    def add(self, dataset: Dataset) -> None:
        self._kept.put(dataset.id, dataset)

    def __getitem__(self, name: str) -> Dataset:
        """The dataset as it was declared; raises KeyError."""
        return self._kept[name]

    def __iter__(self) -> Iterator[Dataset]:
        """One after another, none kept."""
        return iter(self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, dataset: object) -> bool:
        return isinstance(dataset, Dataset) and dataset.id in self._kept
