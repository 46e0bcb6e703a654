"""Of several ways of reading a column, the one that is meant, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass

MOST = 0.8
"""Share of a column's cells from which on a way of writing is worth telling, though it does not read all."""


SLIPS = 0.01
"""Share of cells that a plainer way may leave out: -34.578.254 among coordinates is a slip, and no thousands
mark."""


ENOUGH, NEARLY, FEW = 20, 0.9, 20
"""Of so many filled cells, a way that reads this share of them is the column's, if it leaves out no more than
so few: these are the problems."""


@dataclass(frozen=True)
class WritingGuess:
    """`what` it is about (numbers, dates …), `value` as it would be declared, `texts` the published text of
    each text of the column.

    `others` are ways that read as many cells, and otherwise; `share` is the share of cells that the way
    reads. `possible` are the texts that one of all these ways reads, where that is more than `texts`;
    `against` two of them that prove opposite ways.
    """

    what: str
    value: str
    texts: Mapping[str, str]
    confidence: float = 0.99
    others: tuple[str, ...] = ()
    share: float = 1.0
    possible: frozenset[str] = frozenset()
    against: tuple[str, str] | None = None

    @property
    def in_question(self) -> Collection[str]:
        """The texts that read, whichever of the ways is meant."""
        return self.possible or self.texts.keys()


Admits = Callable[[str, Mapping[str, str]], bool]
"""Whether a way, and what it makes of texts, may be the one that is meant."""


def choose_writing(
    what: str,
    fits: Mapping[str, Mapping[str, str]],
    cells: Mapping[str, int],
    key: Callable[[str], Hashable],
    *,
    slack: float = SLIPS,
    admits: Admits | None = None,
) -> WritingGuess | None:
    """Of the ways in `fits` (for each, what it makes of the texts that it reads) the one that reads every
    text of `cells`.

    Where several do and disagree about a value (`key` of a published text), nobody can tell: the confidence
    is then shared. Where none does, the first of those that read most, but for the share of `slack`, if that
    is nearly all; others that read as many and disagree are told. Ways that are not admitted count for
    nothing where another one is.
    """
    whole = {way: texts for way, texts in fits.items() if len(texts) == len(cells)}
    if not whole:
        return _choose_nearly(what, fits, cells, key, slack, admits)
    different: dict[tuple[Hashable, ...], str] = {}
    for way, texts in whole.items():
        different.setdefault(tuple(key(texts[text]) for text in cells), way)
    first, *others = _admitted(different.values(), whole, admits)
    return WritingGuess(what, first, whole[first], 0.99 / (1 + len(others)), tuple(others))


def _choose_nearly(
    what: str,
    fits: Mapping[str, Mapping[str, str]],
    cells: Mapping[str, int],
    key: Callable[[str], Hashable],
    slack: float,
    admits: Admits | None,
) -> WritingGuess | None:
    """The same where no way reads all."""
    total = sum(cells.values())
    shares = {way: sum(cells[text] for text in texts) / total for way, texts in fits.items()}
    most = max(shares.values(), default=0.0)
    if most < MOST:
        return None
    way, *rest = _admitted([way for way, share in shares.items() if share >= most - slack], fits, admits)
    rivals = tuple(
        other
        for other in rest
        if shares[other] >= shares[way]
        and any(
            key(fits[other][text]) != key(fits[way][text]) for text in fits[other].keys() & fits[way].keys()
        )
    )
    possible = frozenset().union(*(fits[each] for each in (way, *rivals))) if rivals else frozenset()
    return WritingGuess(what, way, fits[way], 0.5 * shares[way], rivals, shares[way], possible)


def _admitted(ways: Iterable[str], fits: Mapping[str, Mapping[str, str]], admits: Admits | None) -> list[str]:
    """Those of the ways that are admitted; all of them where there is but one, or none is."""
    listed = list(ways)
    if admits is None or len(listed) < 2:
        return listed
    return [way for way in listed if admits(way, fits[way])] or listed


def is_few(odd: int, cells: int) -> bool:
    """Whether so many odd ones among so many filled cells are slips, and the others show what is meant."""
    return odd == 0 or (cells >= ENOUGH and odd <= FEW and odd <= (1 - NEARLY) * cells + 1e-9)
