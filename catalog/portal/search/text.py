"""Texts as words that can be compared: small letters without accents, without endings. `assets/search.js`
does the same with what is asked: both must give the same stems, and a test holds them together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from unicodedata import normalize

# Endings after which what is left still says what a word is about, the longest first; of a plural in -es the
# s is gone already.
ENDINGS = (
    *("icione", "acione", "atoria", "atorio", "ating", "ation", "ativa", "ative", "ativo", "icion", "acion"),
    *("adora", "adore", "mente", "ador", "ated"),
)
# Words that nearly every dataset could say: they decide only between equals.
WEAK = frozenset(
    "ciudad bueno buenos air aires caba gcba porteno porten city gobiern gobierno local".split()  # noqa: SIM905
)
_DATA = files(__package__)
STOP = frozenset(
    word
    for line in _DATA.joinpath("stop_words.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"[a-z0-9]+(?:[-/.'_][a-z0-9]+)*")


def fold(text: str) -> str:
    """In small letters without accents."""
    return text.lower() if text.isascii() else _ACCENTS.sub("", normalize("NFD", text)).lower()


def words(text: str) -> Iterator[str]:
    """The words of a text, folded. Of a code or a short compound (BUE-2025, wi-fi, covid-19) also its parts
    together: people write both."""
    for match in _WORD.findall(fold(text)):
        if match.isalnum():
            yield match
            continue
        parts = _JOINT.split(match)
        yield from parts
        for one, other in pairwise(parts):
            if len(one) <= 5 and len(other) <= 5 and (len(one) <= 3 or other[:1].isdigit()):
                yield one + other


_JOINT = re.compile(r"[-/.'_]")


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """A folded word without what makes it plural, feminine, or another kind of word. It serves Spanish and
    English alike, and need not be a word itself."""
    if len(word) < 4 or any(each.isdigit() for each in word):
        return word
    if word[-1] == "s" and word[-2:] not in ("ss", "us"):
        word = word[:-1]
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    if (word[-1] == "e" and len(word) >= 4) or (word[-1] in "ao" and len(word) >= 6):
        word = word[:-1]
    return word[:-1] + {"z": "c", "y": "i"}.get(word[-1], word[-1])


def stems(text: str) -> list[str]:
    """The stems of a text's words, without those that say nothing of a subject."""
    return [stem(word) for word in words(text) if word not in STOP]


@dataclass(frozen=True)
class Idea:
    """Words for one thing, each as its stems joined by spaces: Spanish ones, Spanish ones that lie near,
    English ones."""

    spanish: tuple[str, ...]
    near: tuple[str, ...]
    english: tuple[str, ...]


def glossary() -> list[Idea]:
    """What people call things in the city, and what the city's files call them."""
    found = []
    for line in _DATA.joinpath("glossary.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            spoken, _equals, english = line.partition("=")
            spanish, _tilde, near = spoken.partition("~")
            found.append(Idea(_phrases(spanish), _phrases(near), _phrases(english)))
    return found


def _phrases(text: str) -> tuple[str, ...]:
    """Each phrase as its stems; one after ! as it stands."""
    phrases = []
    for each in text.split(","):
        exact = each.strip().startswith("!")
        found = [f"!{word}" for word in words(each)] if exact else stems(each)
        phrases.append(" ".join(found))
    return tuple(dict.fromkeys(each for each in phrases if each))
