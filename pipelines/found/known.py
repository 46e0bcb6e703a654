"""The labels that a file may have, as far as its declaration tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.dataset import Resource
from pipelines.layout import Layout
from pipelines.texts import encoded_once, folded


@dataclass(frozen=True)
class Known:
    """`labels` as they are declared, `folded` without what drifts between files; `pattern` is that of the columns that `unpivot` turns."""

    labels: frozenset[str] = frozenset()
    folded: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None

    @classmethod
    def of(cls, resource: Resource, layout: Layout) -> Known:
        labels = frozenset({*resource.fields, *layout.header, *layout.labels, *layout.ignore} - {""})
        pattern = re.compile(layout.unpivot.columns) if layout.unpivot else None
        return cls(labels, frozenset(filter(None, map(folded, labels))), pattern)

    def has(self, cell: str) -> bool:
        """Whether a cell may be a label of the table."""
        if cell in self.labels:
            return True
        return bool(cell) and (folded(encoded_once(cell)) in self.folded or bool(self.pattern and self.pattern.search(cell)))

    def among(self, cells: Sequence[str]) -> float:
        """How many different cells are known labels; one that is so only in other letters or signs counts a little less."""
        return sum(1.0 if cell in self.labels else 0.95 for cell in _different(cells) if self.has(cell))


def _different(cells: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(cell for cell in cells if cell and len(cell) < 300)
