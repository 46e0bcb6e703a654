"""Regular expressions that a declaration gives, tried on what an agency sent: some take longer than the world
lasts, and those run in a process of their own, for seconds only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from isolation.process import Bounds, Stopped, call
from messages import gettext as _

PROGRAM = Path(__file__).with_name("pattern_program.py")
SECONDS = 10
STEPS = 200_000_000
"""Steps that all texts together may take here: some seconds."""


class PatternTooSlow(Exception):
    """A pattern takes too long on what was sent: it is the pattern that is to be corrected."""

    def __init__(self, pattern: str):
        self.pattern = pattern
        told = _(
            "takes more than {seconds} s on a text of the extract ({pattern}); write it without repetitions "
            "inside repetitions",
            seconds=SECONDS,
            pattern=pattern[:100],
        )
        super().__init__(told)

    def __reduce__(self) -> tuple[type[PatternTooSlow], tuple[str]]:
        return PatternTooSlow, (self.pattern,)


def require_time(pattern: str, texts: Sequence[str]) -> None:
    """Raises PatternTooSlow where searching the texts for a pattern takes too long; else Python's `re` may do
    it here."""
    longest = max(map(len, texts), default=0)
    if not texts or len(texts) * _steps(pattern, longest) <= STEPS:
        return
    try:
        call(PROGRAM, "search", pattern, list(texts), bounds=Bounds(seconds=SECONDS))
    except Stopped as stopped:
        raise PatternTooSlow(pattern) from stopped


def _steps(pattern: str, length: int) -> float:
    """How many steps a text of that length takes at worst: a power of it, by how many repetitions compete;
    without end where one repeats what can be read in several ways."""
    power = repetitions(pattern)
    return float("inf") if power is None else float(max(length, 1)) ** (power + 1)


@cache
def repetitions(pattern: str) -> int | None:
    """How many open repetitions a pattern has, one after another; None where one stands inside another, or
    repeats a choice."""
    try:
        return _count(_parser.parse(pattern), False)
    except Exception:  # noqa: BLE001 (no pattern: whoever uses it will say so)
        return 0


def _count(tree: Any, inside: bool) -> int | None:
    total = 0
    for operation, value in tree:
        found = _count_one(str(operation), value, inside)
        if found is None:
            return None
        total += found
    return total


def _count_one(operation: str, value: Any, inside: bool) -> int | None:
    match operation:
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            low, high, repeated = value
            open_ended = low != high and int(high) > 1
            if inside and open_ended:
                return None
            below = _count(repeated, inside or int(high) > 1)
            return None if below is None else below + open_ended
        case "BRANCH":
            parts = [_count(branch, inside) for branch in value[1]]
            if None in parts or (inside and len(parts) > 1):
                return None
            return sum(part or 0 for part in parts)
        case "SUBPATTERN":
            return _count(value[-1], inside)
        case "ASSERT" | "ASSERT_NOT":
            return _count(value[1], inside)
        case "ATOMIC_GROUP":
            return _count(value, inside)
        case "GROUPREF" | "GROUPREF_EXISTS":
            return None
    return 0
