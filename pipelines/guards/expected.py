"""What a measure should be, learnt from the releases before: their range, widened by how much they differ one from the next."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Expected:
    """From `low` to `high`, learnt from `releases`; `width` is how far each lies beyond what was seen."""

    low: float
    high: float
    width: float
    releases: int

    def times(self, value: float) -> float:
        """How far a value lies from what was seen, in widths: more than 1 is unusual, 0 is where others were."""
        return max(self.low + self.width - value, value - (self.high - self.width), 0.0) / self.width


def expected(values: Sequence[float], floor: float, noise: float = 0.0, *, moving: bool = False) -> Expected:
    """The range for the value after `values` (oldest first, at least one).

    `floor` is the least difference worth a word, `noise` what chance alone does to so few rows. Twice the median step from one value to
    the next, beyond all that were seen, is still usual; `moving` values go on from the last one alone, four steps far. With few values all
    is wider: fourfold after one, twofold after three.
    """
    steps = [abs(after - before) for before, after in itertools.pairwise(values)]
    width = max(floor, (4 if moving else 2) * median(steps) if steps else 0.0) * (1 + 3 / len(values)) + noise
    seen = values[-1:] if moving else values
    return Expected(min(seen) - width, max(seen) + width, width, len(values))
