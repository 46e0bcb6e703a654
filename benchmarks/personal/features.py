"""What the two trainers have in common: features that are there more than once, numbered, and which sample
has which, as a sparse matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from scipy.sparse import csr_matrix

F = TypeVar("F", bound=Hashable)
LEAST = 2
"""Samples in which a feature is, so that it is learnt."""


def number_features(samples: Iterable[Iterable[F]]) -> dict[F, int]:
    """The place of each feature that enough samples have, in the order of the features."""
    seen = Counter(feature for sample in samples for feature in sample)
    return {each: at for at, each in enumerate(sorted(f for f, n in seen.items() if n >= LEAST))}


def count_features(samples: Sequence[Mapping[F, int]], numbers: Mapping[F, int]) -> csr_matrix:
    """Samples × features: how often each is there."""
    found = [
        sorted((numbers[each], n) for each, n in sample.items() if each in numbers) for sample in samples
    ]
    ends = np.cumsum([0, *map(len, found)])
    places = [place for sample in found for place, _n in sample]
    counts = [float(n) for sample in found for _place, n in sample]
    return csr_matrix((counts, places, ends), shape=(len(samples), len(numbers)))
