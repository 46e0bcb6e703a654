"""Patterns of Python in the words of RE2, which searches whole columns in linear time: looser ones, that find
all that the exact ones find, and a little more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from validation.personal.writings import in_all_writings

_LOOK = re.compile(r"\(\?<?[=!]")
_NAMED = re.compile(r"\(\?P<\w+>")
_MANY = re.compile(r"\{(\d*),(\d*)\}")
"""A counted repetition, which RE2 unfolds: of many it is any number."""
_TOKEN = re.compile(r"\{\d*,\d*\}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()]|.", re.DOTALL)


def superset_in_re2(pattern: str) -> str:
    """The pattern without what it asks of its surroundings (lookarounds, word boundaries), and with
    spaces and word characters of any script. Backreferences are not allowed."""
    out, place = [], 0
    while place < len(pattern):
        if _LOOK.match(pattern, place):
            place = _end_of_group(pattern, place)
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


def _end_of_group(pattern: str, place: int) -> int:
    """Where the group that opens at `place` has ended."""
    depth = 0
    for token in _TOKEN.finditer(pattern, place):
        depth += (token[0] == "(") - (token[0] == ")")
        if depth == 0:
            return token.end()
    return len(pattern)


def _loosen(token: str) -> str:
    if many := _MANY.fullmatch(token):
        return token if many[2] and int(many[2]) < 6 else "*" if many[1] in ("", "0") else "+"
    if token.startswith("["):
        return token.replace(r"\s", r"\s\pZ").replace(r"\w", r"\pL\pN_")
    return {r"\b": "", r"\s": r"[\s\pZ]", r"\w": r"\S", r"\W": r"[^A-Za-z0-9_]"}.get(token, token)


def needed_words(pattern: str) -> frozenset[str]:
    """Beginnings of words in small letters without accents, one of which stands in every match: the longest
    that a pattern has. A `\\b` before one says that a word begins with it. Empty: none is known."""
    tokens = [found[0] for found in _PARTS.finditer(pattern)]
    words, end = _words_of_choice(tokens, 0, begins=False)
    assert end == len(tokens), pattern
    return words


def words_in_re2(words: Iterable[str]) -> str:
    """One of the words that `needed_words` gives, in any writing."""
    begun = sorted(word.removeprefix(r"\b") for word in words if word.startswith(r"\b"))
    within = sorted(word for word in words if not word.startswith(r"\b"))
    choices = [
        rf"(?:^|\PL)(?:{'|'.join(map(in_all_writings, begun))})" if begun else "",
        *map(in_all_writings, within),
    ]
    return "|".join(filter(None, choices))


class WordIndex:
    """Which of several sets of words, as `needed_words` gives them, have one in a text; by their first three
    letters, so that a text is gone through once. A set without words is always one of them."""

    def __init__(self, sets: Sequence[frozenset[str]]) -> None:
        self.always = frozenset(number for number, words in enumerate(sets) if not words)
        self.heads: dict[str, dict[str, set[int]]] = {}
        self.short: dict[str, set[int]] = {}
        for number, words in enumerate(sets):
            for word in (word.replace(r"\b", " ") for word in words):
                place = self.short if len(word) < 3 else self.heads.setdefault(word[:3], {})
                place.setdefault(word, set()).add(number)

    def find(self, plain: str) -> set[int]:
        """The numbers of the sets; `plain` are the `plain_letters` of a text."""
        found = set(self.always)
        for word, numbers in self.short.items():
            if word in plain:
                found |= numbers
        for head in {plain[at : at + 3] for at in range(len(plain) - 2)} & self.heads.keys():
            for word, numbers in self.heads[head].items():
                if not numbers <= found and word in plain:
                    found |= numbers
        return found


def plain_letters(text: str) -> str:
    """The words of a text in small letters without accents, a blank before each."""
    return " " + _BREAK.sub(" ", text.lower().translate(_PLAIN))


def is_telling(words: frozenset[str]) -> bool:
    """Whether words are rare enough to be looked for first."""
    return bool(words) and _worth(words)[0] >= 2


_PARTS = re.compile(
    r"\(\?P<\w+>|\(\?[a-z]*:|\(\?<?[=!]|\(|\)|\||\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*,?\d*\}\??|[?*+]\??|\\.|.",
    re.DOTALL,
)
_OPTIONAL = re.compile(r"\{(?:0?,\d*|0)\}\??|[?*]\??")
_REPEATED = re.compile(r"\{\d*,?\d*\}\??|\+\??")
_LETTER = re.compile(
    r"\[([aeioun])[áéíóúüñ]+\]|\[[áéíóúüñ]([aeioun])\]|([A-Za-z0-9])|\[([A-Za-z])[áéíóúüñ]\]"
)
_PLAIN = str.maketrans("áéíóúüñ", "aeiouun")
_BREAK = re.compile(r"[^a-z0-9]+")
_STARTS = (r"\b", r"\s", "^", " ")


def _words_of_choice(tokens: list[str], place: int, *, begins: bool) -> tuple[frozenset[str], int]:
    """The words of alternatives up to the end of their group; none where one of them has none."""
    found: list[frozenset[str]] = []
    while True:
        words, place = _words_of_sequence(tokens, place, begins=begins)
        found.append(words)
        if place >= len(tokens) or tokens[place] != "|":
            return (frozenset().union(*found) if all(found) else frozenset()), place
        place += 1


def _words_of_sequence(tokens: list[str], place: int, *, begins: bool) -> tuple[frozenset[str], int]:
    """The best words of what follows one another: those whose shortest is longest."""
    choices: list[frozenset[str]] = []
    run = ""
    while place < len(tokens) and tokens[place] not in ("|", ")"):
        token, after = tokens[place], place + 1
        inner: frozenset[str] = frozenset()
        letter = _letter(token)
        if token.startswith("("):
            inner, after = _words_of_choice(tokens, place + 1, begins=begins and not run)
            after += 1
            if token.startswith(("(?<", "(?=", "(?!")):
                inner = frozenset()
        following = tokens[after] if after < len(tokens) else ""
        optional = _OPTIONAL.fullmatch(following) is not None
        repeated = optional or _REPEATED.fullmatch(following) is not None
        if letter and not optional:
            run += letter
        if run and (not letter or repeated):
            choices.append(frozenset((_marked(run, begins),)))
        if not letter or repeated:
            run, begins = (
                "",
                (token in _STARTS and not optional) or (begins and token.startswith(("(?<", "(?=", "(?!"))),
            )
        if inner and not optional:
            choices.append(inner)
        place = after + repeated
    if run:
        choices.append(frozenset((_marked(run, begins),)))
    return max(choices, key=_worth, default=frozenset()), place


def _letter(token: str) -> str:
    found = _LETTER.fullmatch(token)
    return found[found.lastindex].lower() if found and found.lastindex else ""


def _marked(word: str, begins: bool) -> str:
    """A word with the mark of its beginning."""
    return rf"\b{word}" if begins else word


_COMMON_TEXT = """
de del la las el los en con por su sus mi mis se es al una un que va esta nto calle
"""
_COMMON = frozenset(_COMMON_TEXT.split())


def _worth(words: frozenset[str]) -> tuple[float, int]:
    return min(_rareness(word) for word in words), -len(words)


def _rareness(word: str) -> float:
    """The longer the rarer; a beginning is rarer than a part, and the commonest words are no sign at all."""
    plain = word.removeprefix("\\b")
    return 0.5 * (plain != word) + (1 if plain in _COMMON else len(plain))
