"""What lets a text be searched for what is said of a person: two letters in a row."""

from __future__ import annotations

import re._constants as sre
import re._parser as parser
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pytest

from validation.personal.sayings import PATTERNS

DEFINITE = [  # of F.N. and (n. SPOKEN has words of their own
    pytest.param(pattern, id=f"{kind}-{number}")
    for number, (kind, pattern) in enumerate(PATTERNS)
    if kind != "birth-date"
]


@dataclass(frozen=True)
class Run:
    """Letters in a row that every match has at least: anywhere, at its start, at its end; and, where it is
    of so many letters and nothing else, how many."""

    anywhere: int = 0
    start: int = 0
    end: int = 0
    whole: int | None = 0

    def then(self, other: Run) -> Run:
        both = None if self.whole is None or other.whole is None else self.whole + other.whole
        return Run(
            max(self.anywhere, other.anywhere, self.end + other.start),
            self.start if self.whole is None else self.whole + other.start,
            other.end if other.whole is None else other.whole + self.end,
            both,
        )


UNKNOWN = Run(whole=None)


def is_letter(token: Any, value: Any) -> bool:
    if token is sre.LITERAL:
        return chr(value).isalpha()
    if token is sre.RANGE:
        return all(chr(sign).isalpha() for sign in range(value[0], value[1] + 1))
    return token is sre.IN and all(is_letter(*each) for each in value)


def shortest_run(tokens: Iterable[Any]) -> Run:
    return reduce(Run.then, (run_of(*each) for each in tokens), Run())


def run_of(token: Any, value: Any) -> Run:
    if is_letter(token, value):
        return Run(1, 1, 1, 1)
    if token is sre.SUBPATTERN:
        return shortest_run(value[3])
    if token is sre.BRANCH:
        runs = [shortest_run(each) for each in value[1]]
        wholes = {each.whole for each in runs}
        least = (min(getattr(each, name) for each in runs) for name in ("anywhere", "start", "end"))
        return Run(*least, wholes.pop() if len(wholes) == 1 else None)
    if token in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        fewest, most, repeated = value
        run = reduce(Run.then, [shortest_run(repeated)] * fewest, Run())
        if fewest == most:
            return run
        known = run.whole or 0
        return Run(run.anywhere, max(run.start, known), max(run.end, known), None)
    return Run() if token in (sre.ASSERT, sre.ASSERT_NOT, sre.AT) else UNKNOWN


@pytest.mark.parametrize("pattern", DEFINITE)
def test_all_that_is_said_has_two_letters_in_a_row(pattern: str) -> None:
    assert shortest_run(parser.parse(pattern)).anywhere >= 2


def test_a_pattern_without_them_would_be_seen() -> None:
    assert shortest_run(parser.parse(r"(?:abc|ab\d)")).anywhere == 2
    assert shortest_run(parser.parse(r"a\sbcd?")).anywhere == 2
