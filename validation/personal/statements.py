"""What a sentence says of one person, told by what sorts of words stand near one another in it: who is spoken
of (`soy`, `la vecina`, `le`), and what is said (a faith, an illness, a union, a prison).

A statement is written as the sorts of its words (`terms.txt`) with how many other words may stand between
them: `is|self 3 adherent` is `es`, at most three words, and `evangélica`. No word by itself says anything of
anybody, and what is said of programmes, schools or marches is said of nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

from validation.personal.names import is_given_name, is_ordinary_word
from validation.personal.people import is_mixed
from validation.personal.triggers import KNOWN_WORDS, PlainText

RULES_TEXT = """
religion   is|self|becomes 3 adherent|clergy
religion   person|kin 1 adherent
religion   like 0 adherent
religion   religion 2 adherent|faith
religion   goes 3 church with somebody
religion   self|becomes 2 faith
religion   is 1 from 0 faith with somebody
religion   keeps 2 feast with somebody
religion   feast 4 keeps|self with self
religion   wears 2 garb with somebody
religion   christened
religion   adherent 1 observant
religion   belongs 4 adherent|faith with somebody
union      unionrole 4 union|unionword
union      self 0 from 1 union
union      is 0 from 1 union|unionword with somebody
union      belongs 4 union|unionword with somebody
union      been 2 union|unionword with self
union      union 2 self_as
union      my 0 unionword|union
politics   is|self|becomes 2 partisan
politics   person|kin 1 partisan
politics   like 0 partisan
politics   partyrole 3 party|partisan|leader
politics   self 0 from 1 party
politics   is 0 from 1 party with somebody
sexuality  is|self|becomes 2 love
sexuality  person|kin 1 love
sexuality  love 2 couple
sexuality  likes
sexuality  couple|husband|wife|myman|mywoman 5 same
sexuality  same 4 couple
sexuality  couple 2 other
sexuality  him 9 otherman
sexuality  her 9 otherwoman
sexuality  him 4 join 0 husband
sexuality  her 4 join 0 wife
sexuality  manself 8 myman
sexuality  myman 5 manself
sexuality  womanself 8 mywoman
sexuality  mywoman 4 womanself
gender     is|self|becomes 3 trans
gender     person|kin 1 trans
gender     gender 2 trans
gender     shift
gender     self|does 3 record
gender     formerly 0 given 8 now
gender     formerly 0 given with whom
gender     now 1 woman
gender     my 0 record
origin     self 0 from 2 country|city
origin     is 0 from 2 country|city with somebody
origin     born 1 country|city
origin     came 1 country|city with somebody
origin     is|self 2 gentile
origin     person|kin 1 gentile
origin     descent 2 gentile
origin     is|self|becomes 2 people
origin     person|kin 1 people
origin     belongs 4 people
origin     speaks 2 people with somebody
criminal   served 5 prison
criminal   convict 1 from|in 2 prison
criminal   self|been|been_there 1 convict
criminal   kin|person|self|has 3 restraint
criminal   self 1 past
criminal   sentence 2 fora 2 crime
criminal   served 4 fora 1 crime
social     gets 4 benefit
social     benefit 1 that 1 gets
social     earns 4 number 1 coin
health     whom 0 surgery 3 organ|illness
health     surgery 2 organ with somebody
health     self|has 3 illness
health     person|kin 2 illness
health     been 2 by 2 illness
health     person|kin|self 6 by 1 illness
health     illness 4 therapy
health     therapy 6 illness
health     self|been|does|keeps|kin|person 3 therapy
health     record_of_health 6 illness
health     illness 0 severe
health     self|is|been 2 sick
health     person|kin 1 sick
health     needs 2 aid with somebody
health     takes 2 drug
health     pregnant
child      kid 5 from 0 young with name
child      child 5 young 1 young with name
child      given 3 young 0 years
child      my 0 name 2 young 0 years
child      given 3 young|ordinal 0 class
child      name 3 young|ordinal 0 class with child|person|self|kin|school
child      name 3 room
child      name 3 toddlers 0 from 0 young
child      given 2 ordinal 0 letter
child      name 2 schools 2 ordinal|grade
"""
"""Of each kind the sorts that follow one another; `with` a sort that stands anywhere in the sentence."""
_OF_ONE = "self|my|becomes|christened|likes|shift"
"""Sorts of words that nobody says of a programme."""
_BEFORE = 6
"""Words before a statement among which one of `many` says that it is of nobody."""
_TOKEN = re.compile(r"\d{1,2}[°º]|[a-z0-9]+|[;\n!?]|\.(?=\s)|,")
_SORTS_OF_WRITING = ("number", "young", "ordinal", "house", "given", "name")
"""Sorts that no list has: of numbers, and of words in capitals."""
_ORDINAL = re.compile(r"\d{1,2}(?:ro|do|to|er|mo|vo|no|ero|ra|da|ta|ma|°|º)")


@cache
def _terms() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """By their first word, the terms of `terms.txt` as words, with their sorts."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for line in Path(__file__).with_name("terms.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            sort, _colon, terms = line.partition(": ")
            for term in terms.split(", "):
                for words in _forms(term):
                    found.setdefault(words[0], []).append((words, sort))
    return found


def _forms(term: str) -> list[tuple[str, ...]]:
    forms = [term.replace("@", ending) for ending in ("o", "a", "os", "as")] if "@" in term else [term]
    return [tuple(form.split()) for form in forms]


@dataclass(frozen=True)
class _Rule:
    kind: str
    sorts: tuple[int, ...]
    gaps: tuple[int, ...]
    beside: int


@cache
def _bits() -> dict[str, int]:
    """A bit for each sort."""
    names = {sort for terms in _terms().values() for _words, sort in terms}
    names |= {word for line in RULES_TEXT.split() for word in line.split("|") if not word.isdigit()}
    return {name: 1 << at for at, name in enumerate(sorted({*names, *_SORTS_OF_WRITING}))}


@cache
def _mask(sorts: str) -> int:
    bits = _bits()
    parts = ["person|kin|self|him|her|given", *sorts.split("|")] if sorts == "somebody" else sorts.split("|")
    return sum({bits[name] for part in parts for name in part.split("|")})


@cache
def _rules() -> tuple[_Rule, ...]:
    rules: list[_Rule] = []
    for line in RULES_TEXT.strip().splitlines():
        head, _with, beside = line.partition(" with ")
        kind, *parts = head.split()
        sorts = tuple(_mask(part) for part in parts[::2])
        gaps = tuple(int(part) for part in parts[1::2])
        rules.append(_Rule(kind, sorts, gaps, _mask(beside) if beside else 0))
    return tuple(rules)


class _Sorts(dict[str, int]):
    """Of a word the sorts of which it is one by itself."""

    def __missing__(self, word: str) -> int:
        if len(self) > KNOWN_WORDS:
            self.clear()
        self[word] = sum({_bits()[sort] for sort in _sorts_of_word(word)})
        return self[word]


def _sorts_of_word(word: str) -> Iterable[str]:
    if word.isdigit():
        return (
            ("number", "young") if int(word) < 18 else ("number", "house") if len(word) > 2 else ("number",)
        )
    if _ORDINAL.fullmatch(word):
        return ("ordinal",)
    return [sort for words, sort in _terms().get(word, ()) if len(words) == 1]


class _Possible(dict[str, int]):
    """Of a word the sorts of which it can be one, or the first of several words."""

    def __missing__(self, word: str) -> int:
        if len(self) > KNOWN_WORDS:
            self.clear()
        begun = sum({_bits()[sort] for _words, sort in _terms().get(word, ())}) | _SORTS[word]
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
        for later in range(place + 1, min(len(self.sorts), place + 2 + rule.gaps[at])):
            if self.sorts[later] & rule.sorts[at + 1]:
                yield from self._ends(rule, later, at + 1)
            if rule.kind == "child" and self.sorts[later] & _bits()["house"]:
                return

    def _is_of_somebody(self, place: int, end: int) -> bool:
        """Whether no word before, in the same clause, speaks of many or of an institution."""
        if self.sorts[place] & _mask(_OF_ONE):
            return True
        first = max((comma for comma in self.commas if comma <= place), default=0)
        around = [
            *self.sorts[max(first, place - _BEFORE) : place + 1],
            *self.sorts[max(place, end - 2) : end + 1],
        ]
        return not any(sorts & _bits()["many"] and not sorts & _bits()["same"] for sorts in around)


def _union(sorts: Iterable[int]) -> int:
    found = 0
    for each in sorts:
        found |= each
    return found


def statement_kinds(text: PlainText) -> set[str]:
    """The kinds of what a text says of a person."""
    there = _bits()["given"] | _bits()["name"]
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
        if token[0].isalnum():
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
    for at, word in enumerate(words):
        for term, sort in _terms().get(word, ()):
            if len(term) > 1 and tuple(words[at : at + len(term)]) == term:
                for place in range(at, at + len(term)):
                    sorts[place] |= _bits()[sort]
        if text[found[at].start()].isupper() and len(word) > 2:
            sorts[at] |= _sorts_of_capitals(word, first=at == 0, mixed=mixed) if not sorts[at] else 0
    return _Sentence(words, sorts, frozenset(commas))


def _sorts_of_capitals(word: str, *, first: bool, mixed: bool) -> int:
    """Whether a word in capitals is a given name, or at least a name where only names have capitals."""
    if is_given_name(word.upper()):
        return _bits()["given"] | _bits()["name"]
    return _bits()["name"] if mixed and not first and not is_ordinary_word(word.upper()) else 0
