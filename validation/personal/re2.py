"""Patterns of Python in the words of RE2, which searches whole columns in linear time: looser ones, that find
all that the exact ones find, and a little more."""

from __future__ import annotations

import re

_LOOK = re.compile(r"\(\?<?[=!]")
_NAMED = re.compile(r"\(\?P<\w+>")
_MANY = re.compile(r"\{(\d*),(\d*)\}")
"""A counted repetition, which RE2 unfolds: of many it is any number."""
_TOKEN = re.compile(r"\{\d*,?\d*\}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()]|.", re.DOTALL)


def superset_in_re2(pattern: str) -> str:
    """The pattern without what it asks of its surroundings (lookarounds, word boundaries), and with
    spaces and word characters of any script. Backreferences are not allowed."""
    out, place = [], 0
    while place < len(pattern):
        if _LOOK.match(pattern, place):
            place = end_of_group(pattern, place)
            continue
        if found := _NAMED.match(pattern, place):
            out.append("(?:")
            place = found.end()
            continue
        token = _TOKEN.match(pattern, place)
        assert token is not None
        out.append(_loosen(token[0]))
        place = token.end()
    return "".join(out)


def superset_of_numbers(pattern: str) -> str:
    """A pattern of Python that finds, in a text whose numbers are all written `0`, whatever the exact one
    finds in any text of these words: without what it asks of its surroundings, and of any length."""
    out, place = [], 0
    while place < len(pattern):
        if _LOOK.match(pattern, place):
            place = end_of_group(pattern, place)
            continue
        token = _TOKEN.match(pattern, place)
        assert token is not None
        said, place = token[0], token.end()
        if said.startswith("{"):
            out.append("*")
        elif said.isdigit() or re.fullmatch(r"\\d|\[[0-9-]+\]", said):
            out.append("0?")
            many = _REPEATED.match(pattern, place)
            place = many.end() if many else place
        else:
            out.append(said)
    return "".join(out)


_REPEATED = re.compile(r"(?:\{\d*,?\d*\}|[?*+])\??")


def end_of_group(pattern: str, place: int) -> int:
    """Where the group that opens at `place` has ended."""
    depth = 0
    for token in GROUPS_AND_BARS.finditer(pattern, place):
        depth += (token[0] == "(") - (token[0] == ")")
        if depth == 0:
            return token.end()
    return len(pattern)


GROUPS_AND_BARS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]", re.DOTALL)
"""Where groups open and close, and alternatives part; what is escaped or within a set of signs is neither."""


def _loosen(token: str) -> str:
    if many := _MANY.fullmatch(token):
        return token if many[2] and int(many[2]) < 6 else "*" if many[1] in ("", "0") else "+"
    if token.startswith("["):
        return token.replace(r"\s", r"\s\pZ").replace(r"\w", r"\pL\pN_")
    return {r"\b": "", r"\s": r"[\s\pZ]", r"\w": r"\S", r"\W": r"[^A-Za-z0-9_]"}.get(token, token)
