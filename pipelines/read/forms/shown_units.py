"""What a workbook writes beside its numbers says of their unit: a currency by sign or by name, a measure,
thousands and millions."""

from __future__ import annotations

import re
from decimal import Decimal

from pipelines.read.detect.numbers import UNITS, find_currency, find_measure, find_scale

_NAMES = {
    r"d[oó]lar(?:es)?|dollars?": "USD",
    r"euros?": "EUR",
    r"reales": "BRL",
    r"libras?(?: esterlinas?)?": "GBP",
    r"guaran[ií](?:es)?": "PYG",
    r"bolivianos?": "BOB",
    r"soles": "PEN",
    r"yen(?:es)?": "JPY",
    r"yuan(?:es)?": "CNY",
    r"francos? suizos?": "CHF",
    r"pesos? uruguayos?": "UYU",
    r"pesos? chilenos?": "CLP",
    r"pesos? mexicanos?": "MXN",
    r"pesos? colombianos?": "COP",
    r"pesos?": "ARS",
    r"uvas?": "UVA",
}
"""Currencies by what people call them; the longer names of pesos before the short one."""
_NAMED = re.compile(
    r"(?<![^\W\d_])(?:{})(?![^\W\d_])".format(
        "|".join(f"(?P<n{at}>{pattern})" for at, pattern in enumerate(_NAMES))
    ),
    re.IGNORECASE,
)
_CODES = list(_NAMES.values())
CURRENCIES = frozenset({*UNITS.values(), *_CODES} - {"%"})
_LETTERS = re.compile(r"(?<![^\W_])(?:MM|M|K|k)(?![^\W_])")
_LETTERS_OF_MONEY = re.compile(r"(?<![^\W_])(?:MM|M|K)\$|\$ ?(?:MM|M|K)(?![^\W_])")
_THOUSANDS = re.compile(r"mil(?:es)?", re.IGNORECASE)


def name_currency(text: str) -> str | None:
    """The currency that is named, by its sign or in words, beside a number or as a field's unit; a mere $
    names none."""
    if found := find_currency(text):
        return found
    match = _NAMED.search(text)
    return _CODES[int(str(match.lastgroup)[1:])] if match else None


def name_scale(before: str, after: str, *, letters: bool = True) -> str | None:
    """The word or letter beside a number that says that it is in thousands or millions: `0" M"`."""
    word = find_scale(f"{before} {after}")
    if word or not letters:
        return word
    found = _LETTERS_OF_MONEY.search(f"{before} {after}") or _LETTERS.search(after)
    return found[0].strip(" $") if found else None


def unit_of(field_unit: str | None) -> str | None:
    """The currency, measure or % that a field's unit is, or names (`millones de ARS`); None of what is not
    known."""
    text = (field_unit or "").strip()
    if text == "$":
        return "ARS"
    known = UNITS.get(text.upper()) or find_measure(text)
    return known or (text if text in CURRENCIES else name_currency(text))


def is_whole_unit(field_unit: str | None) -> bool:
    """Whether the unit of a field is nothing but the one that it names: not so `ARS/m²`."""
    return not re.search(r"/| por ", (field_unit or "").strip(), re.IGNORECASE)


def scale_of(field_unit: str | None) -> Decimal:
    """How many a field's unit counts at once: 1,000,000 of `millones de ARS`; 1 where it does not say."""
    word = find_scale(field_unit or "")
    return Decimal(1) if word is None else scale_word_factor(word)


def scale_word_factor(word: str) -> Decimal:
    """How many a word that counts is: *miles*, *millones*."""
    return Decimal(1_000 if _THOUSANDS.fullmatch(word) else 1_000_000)
