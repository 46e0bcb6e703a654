"""Of several ways of reading a column, the one that is meant, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

MOST = 0.8
"""Share of a column's cells from which on a way of writing is worth telling, though it does not read all."""


@dataclass(frozen=True)
class Verdict:
    """`what` it is about (numbers, dates …), `value` as it would be declared, `texts` the published text of each text of the column.

    `others` are ways that read the whole column as well, and otherwise; `share` is the share of cells that the way reads.
    """

    what: str
    value: str
    texts: Mapping[str, str]
    confidence: float = 0.99
    others: tuple[str, ...] = ()
    share: float = 1.0


def judged(what: str, fits: Mapping[str, Mapping[str, str]], cells: Mapping[str, int], key: Callable[[str], Hashable]) -> Verdict | None:
    """Of the ways in `fits` (for each, what it makes of the texts that it reads) the one that reads every text of `cells`.

    Where several do and disagree about a value (`key` of a published text), nobody can tell: the confidence is then shared. Where none
    does, the one that reads most, if that is nearly all.
    """
    whole = {way: texts for way, texts in fits.items() if len(texts) == len(cells)}
    if not whole:
        total = sum(cells.values())
        way = max(fits, key=lambda name: sum(cells[text] for text in fits[name]), default=None)
        if way is None:
            return None
        share = sum(cells[text] for text in fits[way]) / total
        return Verdict(what, way, fits[way], 0.5 * share, share=share) if share >= MOST else None
    different: dict[tuple[Hashable, ...], str] = {}
    for way, texts in whole.items():
        different.setdefault(tuple(key(texts[text]) for text in cells), way)
    first, *others = different.values()
    return Verdict(what, first, whole[first], 0.99 / len(different), tuple(others))
