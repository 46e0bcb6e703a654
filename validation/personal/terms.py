"""The sorts of words by which the gate hears what a sentence says of somebody: those of `terms.txt`, and what
a number, an ordinal, or a word by its ending is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from validation.personal.lazily import lazy_re

_ORDINAL = lazy_re(r"\d{1,2}(?:ro|do|to|er|mo|vo|no|ero|ra|da|ta|ma|°|º)")


@cache
def terms_by_word() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """By their first word, the terms of `terms.txt` as words, with their sorts."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for line in Path(__file__).with_name("terms.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            sort, _colon, terms = line.partition(": ")
            for term in terms.split(", "):
                for words in _forms(term):
                    found.setdefault(words[0], []).append((words, sort))
    return found


@cache
def terms_of_words() -> dict[tuple[str, str], list[tuple[list[str], str]]]:
    """By their first two words, the terms of more than one, as their other words with their sort."""
    found: dict[tuple[str, str], list[tuple[list[str], str]]] = {}
    for terms in terms_by_word().values():
        for words, sort in terms:
            if len(words) > 1:
                found.setdefault((words[0], words[1]), []).append((list(words[2:]), sort))
    return found


def _forms(term: str) -> list[tuple[str, ...]]:
    forms = [term.replace("@", ending) for ending in ("o", "a", "os", "as")] if "@" in term else [term]
    return [tuple(form.split()) for form in forms]


def sorts_of_word(word: str) -> tuple[str, ...]:
    """The sorts of which a word in small letters without accents, or a number, is one by itself."""
    if word.isdigit():
        return _sorts_of_number(word)
    if word[0] == "$" or (word[0].isdigit() and "." in word):
        return ("sum", "number")
    if _ORDINAL.fullmatch(word):
        return ("ordinal",)
    if word in _YOUNG:
        return ("number", "young")
    sorts = [sort for words, sort in terms_by_word().get(word, ()) if len(words) == 1]
    if len(word) > 6 and not sorts and word not in _NO_ILLNESS:
        sorts += [sort for sort, endings in _ENDINGS if endings.search(word)]
    return tuple(sorts)


def _sorts_of_number(digits: str) -> tuple[str, ...]:
    """A `0` stands for any number (`may_say_something`)."""
    if digits == "0":
        return ("number", "young", "house", "sum")
    if int(digits) < 18 and digits[0] != "0":
        return ("number", "young")
    if len(digits) < 3:
        return ("number",)
    return ("number", "house", "sum") if len(digits) > 4 else ("number", "house")


_YOUNG_TEXT = """
dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete
"""
_YOUNG = frozenset(_YOUNG_TEXT.split())
_ENDINGS = (
    (
        "illness",
        lazy_re(
            r"(?<!graf)(?:itis|algia|plejia|patia)$|(?<!acad)(?<!boh)(?<!pr)emia$"
            r"|(?:cardi|neur|mi|nefr|retin|encefal|artr|oste)opatia$"
            r"|(?:artr|fibr|scler|tubercul|psic|neur|tromb|cirr|escoli|psori|micos|necr|osteopor|brucel"
            r"|toxoplasm)osis$"
            r"|(?:carcin|mel|linf|sarc|mi|lip|fibr|glauc|hemat|gli)oma$|(?:ectomia|ostomia|oplastia)$"
        ),
    ),
    (
        "drug",
        lazy_re(
            r"(?:zepam|zolam|prazol|olol|sartan|statina|april|opril|micina|cilina|oxacina|conazol"
            r"|formina|triptilina"
            r"|oxetina|idona|apina|tidina|lukast|parina|gliptina|gabalina|afloxacin|profeno|fenaco"
            r"|metasona|tamol)$"
        ),
    ),
)
_NO_ILLNESS = frozenset(
    ("nostalgia", "simpatia", "antipatia", "empatia", "telepatia", "epidemia", "pandemia")
)
