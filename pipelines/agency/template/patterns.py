"""The texts that a regular expression allows, place by place, as far as they are of few lengths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice, product
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from string import digits
from typing import Any

MANY = 12
"""Ways of writing beyond which a pattern is not written out."""
TextShape = tuple[str, ...]
"""Place by place, the characters that may stand there; "" for any."""


class Unwritable(Exception):
    """The pattern says what cannot be told place by place."""


def pattern_shapes(pattern: str) -> list[TextShape] | None:
    """Every way of writing a text that the pattern allows as a whole; None where they are too many."""
    try:
        found = list(islice(_shapes(parser.parse(pattern), False), MANY + 1))
    except (Unwritable, re.error, RecursionError):
        return None
    return found if len(found) <= MANY else None


def pattern_example(pattern: str) -> str | None:
    """A text that the pattern allows as a whole: its first branches, the fewest repetitions; None where that
    is none."""
    try:
        way = next(_shapes(parser.parse(pattern), True))
    except (Unwritable, re.error, RecursionError, StopIteration):
        return None
    text = "".join(
        digits[(place + 1) % 10] if allowed == digits else (allowed or "x")[0]
        for place, allowed in enumerate(way)
    )
    return text if re.fullmatch(pattern, text) else None


def write_label(pattern: str, said: Mapping[str, str]) -> str | None:
    """The label of which the named groups of a pattern say `said`; None where it cannot be told."""
    try:
        tokens = parser.parse(pattern)
        text = "".join(_fill_groups(tokens, said))
    except (Unwritable, re.error, RecursionError):
        return None
    match = re.search(pattern, text)
    return text if match and all(match[name] == value for name, value in said.items()) else None


def group_branches(pattern: str, group: str) -> list[str]:
    """What a named group may hold, where that is written out in the pattern: (?P<measure>Votos|Choferes
    votados)."""
    found = re.search(rf"\(\?P<{group}>([^()\\\[\].*+?{{}}]+)\)", pattern)
    return found[1].split("|") if found else []


def _shapes(tokens: Any, fewest: bool) -> Iterator[TextShape]:
    parts = [list(islice(_token_shapes(code, value, fewest), MANY + 1)) for code, value in tokens]
    for way in product(*parts):
        yield tuple(place for part in way for place in part)


def _token_shapes(code: Any, value: Any, fewest: bool) -> Iterator[TextShape]:
    if code is codes.LITERAL:
        yield (chr(value),)
    elif code is codes.AT:
        yield ()
    elif code in (codes.ANY, codes.NOT_LITERAL):
        yield ("",)
    elif code is codes.IN:
        yield (_characters_of_set(value),)
    elif code is codes.SUBPATTERN:
        yield from _shapes(value[3], fewest)
    elif code is codes.BRANCH:
        for branch in value[1]:
            yield from _shapes(branch, fewest)
    elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        low, high, inside = value
        high = low if fewest else min(int(high), low + MANY + 1)
        for times in range(low, high + 1):
            yield from (
                tuple(p for part in way for p in part)
                for way in product(list(islice(_shapes(inside, fewest), MANY + 1)), repeat=times)
            )
    else:
        raise Unwritable


def _characters_of_set(value: Any) -> str:
    """The characters of a set; "" where it says what may not stand there, or a whole kind."""
    allowed = ""
    for code, one in value:
        if code is codes.LITERAL:
            allowed += chr(one)
        elif code is codes.RANGE and one[1] - one[0] < 64:
            allowed += "".join(map(chr, range(one[0], one[1] + 1)))
        elif code is codes.CATEGORY and one is codes.CATEGORY_DIGIT:
            allowed += digits
        else:
            return ""
    return allowed


def _fill_groups(tokens: Any, said: Mapping[str, str]) -> Iterator[str]:
    names = {index: name for name, index in tokens.state.groupdict.items()}
    for code, value in tokens:
        if code is codes.LITERAL:
            yield chr(value)
        elif code is codes.SUBPATTERN and (name := names.get(value[0])) in said:
            yield said[str(name)]
        elif code is not codes.AT:
            raise Unwritable
