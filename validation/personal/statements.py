"""What a sentence says of one person, told by what sorts of words stand near one another in it: who is spoken
of (`soy`, `la vecina`, `le`), and what is said (a faith, an illness, a union, a prison).

A statement (`statements.txt`) is written as the sorts of its words (`terms.txt`) with how many other words
may stand between them: `is|self 3 adherent` is `es`, at most three words, and `evangélica`; `~3` is on either
side. No word by itself says anything of anybody, and what is said of programmes, schools or marches is said
of nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

from validation.personal.lazily import lazy_re
from validation.personal.names import (
    PREMISES,
    given_names,
    is_given_name,
    is_ordinary_word,
    is_womans,
    is_word_of_place,
)
from validation.personal.people import is_mixed
from validation.personal.terms import sorts_of_word, terms_by_word, terms_of_words
from validation.personal.triggers import KNOWN_WORDS, PlainText

_OF_ONE = "self|my|becomes|christened|likes|shift"
"""Sorts of words that nobody says of a programme."""
_STILL_OF_ONE = (
    "same|quota|poor|judged|partysure|partyrole|treatment_self|ofgroup|whichof|ailing|littlekin|atschool"
    "|asylum|cannot|christened|hurtself|thathas|thatgo|leftby|keepsself"
)
"""Sorts whose terms have a word of `many` within."""
_BEFORE = 6
"""Words before a statement among which one of `many` says that it is of nobody."""
_SHORT = 6
"""Words of a cell that is a diagnosis and no sentence."""
_TOKEN = lazy_re(
    r"\d{1,2} de (?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre"
    r"|diciembre)\b"
    r"|\$ ?\d[\d.]*\d|\d{1,3}(?:\.\d+)+|\d{1,2}[°º]|[a-z0-9]+|[;\n!?]|\.(?=\s)|,"
)
_SORTS_OF_WRITING = (
    "number",
    "sum",
    "young",
    "ordinal",
    "house",
    "given",
    "called",
    "name",
    "man",
    "lady",
    "small",
)
"""Sorts that no list has: of numbers, and of names: `called` is a given name that no street or school
bears, `man` and `lady` are those of a sex, `small` is one in small letters."""


@dataclass(frozen=True)
class _Rule:
    """`gaps` that are negative are on either side."""

    kind: str
    sorts: tuple[int, ...]
    gaps: tuple[int, ...]
    beside: int


@cache
def _bits() -> dict[str, int]:
    """A bit for each sort."""
    names = {sort for terms in terms_by_word().values() for _words, sort in terms}
    return {name: 1 << at for at, name in enumerate(sorted({*names, *_SORTS_OF_WRITING}))}


_SEVERAL = {"somebody": "person|kin|self|him|her|given", "known": "relative|called|self|him|her"}
"""Short for several sorts: `known` is somebody of whom the sentence speaks, and no `vecino` of the city."""


@cache
def _mask(sorts: str) -> int:
    bits = _bits()
    names = [name for part in sorts.split("|") for name in _SEVERAL.get(part, part).split("|")]
    return sum({bits[name] for name in names})


@cache
def _rules() -> tuple[_Rule, ...]:
    rules: list[_Rule] = []
    for line in Path(__file__).with_name("statements.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        head, _with, beside = line.partition(" with ")
        kind, *parts = head.split()
        sorts = tuple(_mask(part) for part in parts[::2])
        gaps = tuple(int(part.replace("~", "-")) for part in parts[1::2])
        rules.append(_Rule(kind, sorts, gaps, _mask(beside) if beside else 0))
    return tuple(rules)


class _Sorts(dict[str, int]):
    """Of a word the sorts of which it is one by itself."""

    def __missing__(self, word: str) -> int:
        if len(self) > KNOWN_WORDS:
            self.clear()
        self[word] = sum({_bits()[sort] for sort in sorts_of_word(word)})
        return self[word]


class _Possible(dict[str, int]):
    """Of a word the sorts of which it can be one, or the first of several words."""

    def __missing__(self, word: str) -> int:
        if len(self) > KNOWN_WORDS:
            self.clear()
        begun = sum({_bits()[sort] for _words, sort in terms_by_word().get(word, ())}) | _SORTS[word]
        ordinal = _bits()["ordinal"] if word.isdigit() and len(word) < 3 else 0
        self[word] = begun | ordinal
        return self[word]


_SORTS = _Sorts()
_POSSIBLE = _Possible()


@dataclass(frozen=True)
class _Sentence:
    """The sorts of each word of a sentence, and the words before which a comma stands."""

    words: Sequence[str]
    sorts: Sequence[int]
    commas: frozenset[int]

    @cached_property
    def all(self) -> int:
        return _union(self.sorts)

    def holds(self, rule: _Rule) -> bool:
        """Whether the sentence is one of a rule's, said of somebody."""
        there = self.all
        if (rule.beside and not there & rule.beside) or not all(there & sorts for sorts in rule.sorts):
            return False
        return any(
            self._is_of_somebody(place, end)
            for place in range(len(self.sorts))
            if self.sorts[place] & rule.sorts[0]
            for end in self._ends(rule, place, 0)
        )

    def _ends(self, rule: _Rule, place: int, at: int) -> Iterator[int]:
        """Where a rule's last sort stands, when those after the one at a place follow, none too far away."""
        if at == len(rule.gaps):
            yield place
            return
        gap = rule.gaps[at]
        if gap < 0:
            for earlier in range(max(0, place - 1 + gap), place):
                if self.sorts[earlier] & rule.sorts[at + 1]:
                    yield from self._ends(rule, earlier, at + 1)
        for later in range(place + 1, min(len(self.sorts), place + 2 + abs(gap))):
            if self.sorts[later] & rule.sorts[at + 1]:
                yield from self._ends(rule, later, at + 1)
            if (
                rule.kind == "child"
                and self.sorts[later] & (_bits()["house"] | _bits()["young"]) == _bits()["house"]
            ):
                return

    def _is_of_somebody(self, place: int, end: int) -> bool:
        """Whether no word before, in the same clause, speaks of many or of an institution."""
        if self._is_subject(end) or self._is_subject(min(place, end)):
            return False
        if self.sorts[place] & _mask(_OF_ONE):
            return True
        start = min(place, end)
        first = max((comma for comma in self.commas if comma <= start), default=0)
        around = [
            *self.sorts[max(first, start - _BEFORE) : start + 1],
            *self.sorts[max(start, max(place, end) - 2) : max(place, end) + 1],
        ]
        return not any(map(_is_of_many, around)) or self._is_of_one_there(max(first, start - _BEFORE), start)

    def _is_subject(self, end: int) -> bool:
        """Whether what is said is what a book or a talk is about: `sobre cáncer`."""
        before = [*self.words[max(0, end - 3) : end]]
        while before and before[-1] in ("el", "la", "los", "las", "de", "del"):
            before.pop()
        return bool(before) and before[-1] in ("sobre", "acerca")

    def _is_of_one_there(self, first: int, start: int) -> bool:
        """Whether the institution before a statement is where somebody is from: `la chica del centro`."""
        many = [at for at in range(first, start) if _is_of_many(self.sorts[at])]
        if not many or any(map(_is_of_many, self.sorts[start : start + 1])):
            return False
        before = self.sorts[max(0, many[0] - 3) : many[0]]
        one, of = _mask("person|relative|called|him|her"), _bits()["from"]
        return any(sorts & one for sorts in before) and bool(
            before[-1] & of or (len(before) > 1 and before[-2] & of)
        )


def _is_of_many(sorts: int) -> bool:
    return bool(sorts & _bits()["many"]) and not sorts & _mask(_STILL_OF_ONE)


def _union(sorts: Iterable[int]) -> int:
    found = 0
    for each in sorts:
        found |= each
    return found


def names_illness(plain: str) -> bool:
    """Whether a short text in small letters is one of illnesses, medicines and disabilities."""
    words = PlainText(plain).words
    bits = _mask("illness|drug|sick")
    if len(words) > _SHORT:
        return False
    long_terms = (terms_of_words().get((word, after), ()) for word, after in pairwise(words))
    return any(_SORTS[word] & bits for word in words) or any(
        _bits()[sort] & bits and words[at + 2 : at + 2 + len(rest)] == rest
        for at, terms in enumerate(long_terms)
        for rest, sort in terms
    )


def statement_kinds(text: PlainText) -> set[str]:
    """The kinds of what a text says of a person."""
    there = _mask("given|name|called|man|lady|small|sum")
    for word in text.words:
        there |= _POSSIBLE[word]
    rules = _rules_among(there)
    if not rules:
        return set()
    found: set[str] = set()
    for sentence in _sentences(text):
        found |= {rule.kind for rule in rules if rule.kind not in found and sentence.holds(rule)}
    return found


@lru_cache(KNOWN_WORDS)
def _rules_among(there: int) -> tuple[_Rule, ...]:
    """The rules of which all sorts are there."""
    return tuple(rule for rule in _rules() if all(there & sorts for sorts in rule.sorts))


def _sentences(text: PlainText) -> Iterator[_Sentence]:
    words: list[re.Match[str]] = []
    commas: set[int] = set()
    mixed = is_mixed(text.text)
    for found in _TOKEN.finditer(text.plain):
        token = found[0]
        if token[0].isalnum() or token[0] == "$":
            words.append(found)
        elif token == ",":
            commas.add(len(words))
        elif token != "." or (words and (len(words[-1][0]) > 3 or words[-1][0].isdigit())):
            yield _sentence(text.text, words, commas, mixed)
            words, commas = [], set()
    yield _sentence(text.text, words, commas, mixed)


def _sentence(text: str, found: Sequence[re.Match[str]], commas: Iterable[int], mixed: bool) -> _Sentence:
    words = [each[0] for each in found]
    sorts = [_SORTS[word] for word in words]
    long_terms = terms_of_words()
    named, nobody, saint = _bits()["called"], _bits()["nobody"], _bits()["saint"]
    begins = {at for at, word in enumerate(words) if word in _CLAUSES or words[at : at + 2] in _TWO_CLAUSES}
    begins |= {at for at, word in enumerate(words) if word == "que" and at and words[at - 1] in _REPORTS}
    for at, word in enumerate(words):
        for rest, sort in long_terms.get((word, words[at + 1] if at + 1 < len(words) else ""), ()):
            if words[at + 2 : at + 2 + len(rest)] == rest:
                for place in range(at, at + 2 + len(rest)):
                    sorts[place] |= _bits()[sort]
        if sorts[at] & nobody:
            sorts[at] &= ~_mask("relative|kin|person|him|her|child|kid")
        if len(word) > 2 and word.isalpha():
            capital = text[found[at].start()].isupper()
            named_so = is_given_name(word.upper()) and not sorts[at] & saint
            if capital and (not sorts[at] or named_so):
                known = mixed and not _is_of_place(words[max(0, at - 3) : at])
                sorts[at] = _sorts_of_capitals(word, first=at == 0, mixed=mixed, known=known)
            elif not capital and word.upper() in given_names():
                sorts[at] |= _bits()["small"]
    begins |= {at for at in range(1, len(words)) if sorts[at] & named and text[found[at].start() - 2] == ":"}
    return _Sentence(words, sorts, frozenset(begins.union(commas)))


def _is_of_place(before: Sequence[str]) -> bool:
    return any(is_word_of_place(word.upper()) or word.upper() in PREMISES for word in before)


_CLAUSES = frozenset(("porque", "aunque", "pero", "cuando", "pues", "siendo", "quien"))
_TWO_CLAUSES = (
    *(["por", "ser"], ["por", "haber"], ["por", "tener"], ["ya", "que"], ["dado", "que"]),
    *(["que", "es"], ["que", "soy"], ["que", "era"], ["que", "son"]),
)
"""Words with which a clause begins."""
_REPORTS_TEXT = """
informa informo dice dijo cuenta conto avisa aviso aclara aclaro senala manifiesta manifesto indica indico
refiere refirio comenta comento
dicen dijeron informan avisan cuentan comentan denuncian aseguran senalan
denuncia denuncio agrega agrego explica explico sostiene asegura relata relato
"""
_REPORTS = frozenset(_REPORTS_TEXT.split())
"""Before a `que` with which what somebody reports begins: `el colegio informa que Abril, de 2° grado …`."""


def _sorts_of_capitals(word: str, *, first: bool, mixed: bool, known: bool) -> int:
    """Whether a word in capitals is a given name, or at least a name where only names have capitals."""
    if is_given_name(word.upper()):
        return _mask("given|name") | (_mask(f"called|{'lady' if is_womans(word) else 'man'}") if known else 0)
    return _bits()["name"] if mixed and not first and not is_ordinary_word(word.upper()) else 0
