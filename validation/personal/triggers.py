"""Which of many patterns can be in a text at all, by the words that each of them needs: a text is read once,
a word is looked up once, and a pattern is tried only where all its words are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from validation.personal.lazily import lazy_re
from validation.personal.re2 import GROUPS_AND_BARS, end_of_group, superset_of_numbers

KNOWN_WORDS = 200_000
"""Words whose patterns are kept in mind."""


@dataclass(frozen=True)
class PlainText:
    """A text, and the same in small letters without accents, sign for sign."""

    text: str

    @cached_property
    def plain(self) -> str:
        return in_plain_letters(self.text)

    @cached_property
    def words(self) -> list[str]:
        return _WORD.findall(self.plain)


def in_plain_letters(text: str) -> str:
    """Small letters without accents; as many signs as before."""
    plain = text.replace("İ", "I").lower()
    if plain.isascii():
        return plain
    for accented, letter in _PLAIN:
        plain = plain.replace(accented, letter)
    return plain


_WORD = re.compile(r"[a-z0-9]+")
_PLAIN = tuple(zip("áéíóúüñ", "aeiouun", strict=True))


class Triggers:
    """Patterns, each with sets of words of which every match has one of each set; compiled when they are
    first tried."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = [lazy_re(pattern) for pattern in patterns]

    def pattern(self, number: int) -> re.Pattern[str]:
        return self._patterns[number]

    @cached_property
    def _needed(self) -> list[list[frozenset[str]]]:
        return [needed_sets(each.pattern) for each in self._patterns]

    @cached_property
    def _index(self) -> _Index:
        return _Index(self._needed)

    @cached_property
    def _index_of_letters(self) -> _Index:
        return _Index([[each for each in sets if not _has_digits(each)] for sets in self._needed])

    def find(self, words: Sequence[str]) -> list[int]:
        """The numbers of the patterns that can be in a text of these words."""
        return self._index.find(words)

    def can_find(self, text: PlainText) -> bool:
        """Whether one of the patterns can be in any text of these words, given with `0` for each number."""
        return any(
            number not in self._of_numbers or self._of_numbers[number].search(text.text)
            for number in self._index_of_letters.find(text.words)
        )

    @cached_property
    def _of_numbers(self) -> dict[int, re.Pattern[str]]:
        """The patterns that no word of letters belongs to."""
        return {
            number: re.compile(superset_of_numbers(self._patterns[number].pattern), re.IGNORECASE)
            for number, sets in enumerate(self._needed)
            if all(_has_digits(each) for each in sets)
        }


def _has_digits(words: frozenset[str]) -> bool:
    return _DIGIT.search("".join(words)) is not None


_DIGIT = re.compile(r"\d")


class _Index(dict[str, int]):
    """By word the sets that it is in, a bit for each."""

    def __init__(self, needs: Sequence[Sequence[frozenset[str]]]) -> None:
        super().__init__()
        numbers: dict[frozenset[str], int] = {}
        self._always = [number for number, sets in enumerate(needs) if not sets]
        self._rare: dict[int, list[tuple[int, int]]] = {}
        for number, sets in enumerate(needs):
            bits = [1 << numbers.setdefault(words, len(numbers)) for words in sets]
            if bits:
                self._rare.setdefault(bits[0], []).append((sum(set(bits)), number))
        self._first = sum(self._rare)
        self._whole: dict[str, int] = {}
        self._begun: dict[str, int] = {}
        self._within: dict[str, int] = {}
        for words, at in numbers.items():
            for word in words:
                begun = self._whole if word.endswith(r"\b") else self._begun
                place = begun if word.startswith(r"\b") else self._within
                plain = word.removeprefix(r"\b").removesuffix(r"\b")
                place[plain] = place.get(plain, 0) | 1 << at

    def __missing__(self, word: str) -> int:
        if len(self) > KNOWN_WORDS:
            self.clear()
        sets = self._whole.get(word, 0)
        for end in range(1, len(word) + 1):
            sets |= self._begun.get(word[:end], 0)
        for inner, bits in self._within.items():
            if inner in word:
                sets |= bits
        self[word] = sets
        return sets

    def find(self, words: Sequence[str]) -> list[int]:
        there = 0
        for sets in {self[word] for word in words}:
            there |= sets
        found = list(self._always)
        rare = there & self._first
        while rare:
            lowest = rare & -rare
            found += [number for needed, number in self._rare[lowest] if needed & there == needed]
            rare ^= lowest
        return found


def alternatives(pattern: str) -> list[str]:
    """The patterns of which one is met wherever the whole is: its alternatives, each by itself."""
    return [each for part in _split(pattern) for each in _alternatives_in_group(part)]


def _alternatives_in_group(pattern: str) -> list[str]:
    """Likewise of a pattern without alternatives, but for those within the group that it may be."""
    opened = _GROUP.match(pattern)
    if not opened or end_of_group(pattern, 0) != len(pattern):
        return [pattern]
    inner = alternatives(pattern[opened.end() : -1])
    return inner if opened[0] == "(?:" and len(inner) > 1 else [f"{opened[0]}{each})" for each in inner]


_GROUP = re.compile(r"\(\?i?:")
_PARTS = re.compile(
    r"[A-Za-z0-9]+(?![?*+{A-Za-z0-9])|\(\?P<\w+>|\(\?[a-z]*:|\(\?<?[=!]|\(|\)|\||\[\^?\]?(?:\\."
    r"|[^\]\\])*\]|\{\d*,?\d*\}\??|[?*+]\??|\\.|.",
    re.DOTALL,
)


def _split(pattern: str) -> list[str]:
    """A pattern cut at the bars outside its groups."""
    depth, start, parts = 0, 0, []
    for token in GROUPS_AND_BARS.finditer(pattern):
        said = token[0]
        if said == "(":
            depth += 1
        elif said == ")":
            depth -= 1
        elif said == "|" and depth == 0:
            parts.append(pattern[start : token.start()])
            start = token.end()
    return [*parts, pattern[start:]]


def needed_sets(pattern: str) -> list[frozenset[str]]:
    """Sets of words in small letters without accents; every match has one of each set, the rarest first. A
    `\\b` before a word says that one begins with it, one after it too that it is a whole word. None: nothing
    is known."""
    tokens = _PARTS.findall(_EITHER.sub(_plain_letter, pattern))
    if "|" in _outside(tokens):
        choices = [_words_of_choice(tokens, begins=False)]
    else:
        choices = _choices_of_sequence(_without_group(tokens), 0, begins=False)[0]
    telling = sorted({each for each in choices if each}, key=_worth, reverse=True)
    return [each for at, each in enumerate(telling) if _worth(each)[0] >= (1 if at == 0 else 2)][:SETS]


SETS = 4
"""So many sets of words of a pattern are looked for."""


def _outside(tokens: Sequence[str]) -> list[str]:
    """The tokens outside all groups."""
    depth, out = 0, []
    for token in tokens:
        depth += token.startswith("(")
        if depth == 0:
            out.append(token)
        depth -= token == ")"
    return out


def _without_group(tokens: list[str]) -> list[str]:
    """The tokens within the one group that a pattern is, if it is one without alternatives."""
    inner = tokens[1:-1]
    if tokens[0] not in ("(?:", "(?i:") or tokens[-1] != ")" or {"|", ")"} & set(_outside(inner)):
        return tokens
    return _without_group(inner)


_OPTIONAL = re.compile(r"\{(?:0?,\d*|0)\}\??|[?*]\??")
_REPEATED = re.compile(r"\{\d*,?\d*\}\??|\+\??")
_EITHER = re.compile(
    r"\\.|\[(?:([A-Za-z])[áéíóúüñ]+|[áéíóúüñ]([aeioun]))\]|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL
)
"""A letter with its accent or without."""


def _plain_letter(found: re.Match[str]) -> str:
    return found[1] or found[2] or found[0]


_STARTS = (r"\b", r"\s", "^", " ")
_ENDS = (r"\b", r"\s", r"\.", "$", ":", "/", ",")
"""Of a word: what is no letter."""


def _words_of_choice(tokens: Sequence[str], *, begins: bool) -> frozenset[str]:
    """The words of alternatives; none where one of them has none."""
    found: list[frozenset[str]] = []
    place = 0
    while True:
        choices, place = _choices_of_sequence(tokens, place, begins=begins)
        found.append(max(choices, key=_worth, default=frozenset()))
        if place >= len(tokens):
            return frozenset().union(*found) if all(found) else frozenset()
        place += 1


@cache
def _words_of_group(tokens: tuple[str, ...], *, begins: bool) -> frozenset[str]:
    """Likewise, of what stands within a group: many patterns have the same ones."""
    return _words_of_choice(tokens, begins=begins)


def _end_of_group(tokens: Sequence[str], place: int) -> int:
    """Where the bracket stands that closes the one at `place`."""
    depth = 0
    for at in range(place, len(tokens)):
        depth += (tokens[at][0] == "(") - (tokens[at] == ")")
        if depth == 0:
            return at
    return len(tokens)


def _choices_of_sequence(
    tokens: Sequence[str], place: int, *, begins: bool
) -> tuple[list[frozenset[str]], int]:
    """The sets of words of what follows one another up to a bar, and where it ends."""
    choices: list[frozenset[str]] = []
    run = ""
    while place < len(tokens) and tokens[place] != "|":
        token, after = tokens[place], place + 1
        inner: frozenset[str] = frozenset()
        letter = _letters(token)
        looks = token.startswith(("(?<", "(?=", "(?!"))
        if token.startswith("("):
            end = _end_of_group(tokens, place)
            if not looks:
                inner = _words_of_group(tuple(tokens[after:end]), begins=begins and not run)
            after = end + 1
        following = tokens[after] if after < len(tokens) else ""
        counted = following[:1] in _COUNTS and bool(following)
        optional = counted and _OPTIONAL.fullmatch(following) is not None
        repeated = optional or (counted and _REPEATED.fullmatch(following) is not None)
        if letter and not optional:
            run += letter
        if run and (not letter or repeated):
            ends = token in _ENDS and not optional
            choices.append(frozenset((_marked(run, begins) + (r"\b" if begins and ends else ""),)))
        if not letter or repeated:
            run, begins = "", (token in _STARTS and not optional) or (begins and looks)
        if inner and not optional:
            choices.append(inner)
        place = after + repeated
    if run:
        choices.append(frozenset((_marked(run, begins),)))
    return choices, place


_COUNTS = frozenset("?*+{")


def _letters(token: str) -> str:
    return token.lower() if token.isascii() and token.isalnum() else ""


def _marked(word: str, begins: bool) -> str:
    """A word with the mark of its beginning."""
    return rf"\b{word}" if begins else word


_COMMON_TEXT = """
de del la las el los en con por su sus mi mis se es al una un que va esta nto calle
"""
_COMMON = frozenset(_COMMON_TEXT.split())


def _worth(words: frozenset[str]) -> tuple[float, int]:
    return _rareness_of(words), -len(words)


@cache
def _rareness_of(words: frozenset[str]) -> float:
    return min(map(_rareness, words)) if words else 0.0


@cache
def _rareness(word: str) -> float:
    """The longer the rarer; a whole word or a beginning is rarer than a part, and the commonest words are no
    sign at all."""
    plain = word.removeprefix("\\b").removesuffix("\\b")
    return 0.5 * word.count("\\b") + (1 if plain in _COMMON else len(plain))
