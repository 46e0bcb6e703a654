"""Which decimal and thousands marks, currency or percent signs a column of numbers is written with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

from pipelines.read.detect.verdict import ENOUGH, MOST, Admits, WritingGuess, choose_writing, is_few

UNITS = {
    "$": "ARS",
    "AR$": "ARS",
    "ARS": "ARS",
    "U$S": "USD",
    "US$": "USD",
    "U$D": "USD",
    "USD": "USD",
    "€": "EUR",
    "EUR": "EUR",
    "R$": "BRL",
    "BRL": "BRL",
    "£": "GBP",
    "GBP": "GBP",
    "₲": "PYG",
    "GS": "PYG",
    "GS.": "PYG",
    "PYG": "PYG",
    "$U": "UYU",
    "UYU": "UYU",
    "CLP": "CLP",
    "CLP$": "CLP",
    "BS": "BOB",
    "BS.": "BOB",
    "BOB": "BOB",
    "S/": "PEN",
    "PEN": "PEN",
    "MXN": "MXN",
    "COP": "COP",
    "¥": "JPY",
    "JPY": "JPY",
    "CNY": "CNY",
    "CHF": "CHF",
    "%": "%",
}
"""What signs beside a number say of its unit."""
CURRENCIES = {
    **dict.fromkeys(("PESO", "PESOS", "PESO ARGENTINO", "PESOS ARGENTINOS"), "ARS"),
    **dict.fromkeys(("DÓLAR", "DÓLARES", "DOLAR", "DOLARES"), "USD"),
    **dict.fromkeys(("DÓLARES ESTADOUNIDENSES", "DOLARES ESTADOUNIDENSES"), "USD"),
    **dict.fromkeys(("EURO", "EUROS"), "EUR"),
}
"""Likewise, words behind a number."""
_MEASURES = {
    **dict.fromkeys(("m²", "m2", "mts2", "mts²", "mt2"), "m²"),
    **dict.fromkeys(("km²", "km2"), "km²"),
    **dict.fromkeys(("m³", "m3"), "m³"),
    **dict.fromkeys(("ha", "has", "hectárea", "hectáreas"), "ha"),
    **dict.fromkeys(("m", "mt", "mts", "metro", "metros"), "m"),
    **dict.fromkeys(("km", "kms", "kilómetros"), "km"),
    **dict.fromkeys(("cm", "cms"), "cm"),
    **dict.fromkeys(("mm",), "mm"),
    **dict.fromkeys(("kg", "kgs", "kilos"), "kg"),
    **dict.fromkeys(("g", "gr", "grs", "gramos"), "g"),
    **dict.fromkeys(("t", "tn", "tns", "ton", "toneladas"), "t"),
    **dict.fromkeys(("l", "lt", "lts", "litros"), "l"),
    **dict.fromkeys(("kwh",), "kWh"),
    **dict.fromkeys(("mwh",), "MWh"),
}
_SCALES = re.compile(r"\b(?:mil|miles|mill|millón|millon|millones)\b", re.IGNORECASE)
_UNIT = "|".join(re.escape(sign) for sign in sorted(UNITS, key=len, reverse=True))
_WORD = "|".join(sorted(CURRENCIES, key=len, reverse=True))
NUMBER = re.compile(
    rf"(?P<first>[-+−]?) ?(?P<before>{_UNIT})? ?(?P<second>[-+−]?) ?(?P<digits>\d[\d., ]*|[.,]\d+) "
    rf"?(?P<after>{_UNIT}|{_WORD})?",
    re.IGNORECASE,
)
_CURRENCY = re.compile(
    r"(?<![^\W\d_])(?:{})(?![^\W\d_])".format(
        "|".join(re.escape(sign) for sign in sorted(UNITS, key=len, reverse=True) if sign not in ("$", "%"))
    ),
    re.IGNORECASE,
)
SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " "})


RARE = 0.05


class Marks(NamedTuple):
    """A way of writing numbers: the sign before decimals and the one between thousands ("" for none)."""

    decimal: str
    group: str


class Number(NamedTuple):
    sign: str
    digits: str
    unit: str | None


# The plain ones first: of several that read a column alike, the first is told.
WAYS = [Marks(".", ""), Marks(",", ""), Marks(",", "."), Marks(".", ","), Marks(",", " "), Marks(".", " ")]
SHAPES = {
    way: re.compile(
        rf"(?:[1-9]\d{{0,2}}(?:{re.escape(way.group)}\d{{3}})+|\d+)(?:{re.escape(way.decimal)}\d+)?"
        if way.group
        else rf"\d+(?:{re.escape(way.decimal)}\d+)?|{re.escape(way.decimal)}\d+"
    )
    for way in WAYS
}


def parse_number(text: str) -> Number | None:
    """Sign, digits with their marks, unit; None where the text is no number in any writing."""
    match = NUMBER.fullmatch(text.translate(SPACES).strip())
    if match is None or (match["first"] and match["second"]) or (match["before"] and match["after"]):
        return None
    unit = match["before"] or match["after"]
    sign = "-" if (match["first"] or match["second"]) in ("-", "−") else ""
    return Number(sign, match["digits"].strip(), (UNITS | CURRENCIES)[unit.upper()] if unit else None)


def find_currency(text: str) -> str | None:
    """The currency that is named in what stands beside a number; a mere $ names none."""
    found = _CURRENCY.search(text)
    return UNITS[found[0].upper()] if found else None


def find_measure(text: str) -> str | None:
    """The measure that what stands beside a number is, or the unit of a field; None where it is none that is
    known."""
    word = text.strip(" .")
    return _MEASURES.get(word if len(word) == 1 else word.casefold())


def find_scale(text: str) -> str | None:
    """The word in it that says that numbers are thousands or millions."""
    found = _SCALES.search(text)
    return found[0] if found else None


def read_number(found: Number, way: Marks) -> str | None:
    """The number in plain writing (point before decimals, nothing else); None where it is not written in that
    way."""
    if found.digits.isdecimal():  # no mark, so that every way reads it
        return f"{found.sign}{found.digits}"
    if not SHAPES[way].fullmatch(found.digits):
        return None
    plain = found.digits.replace(way.group, "") if way.group else found.digits
    plain = plain.replace(way.decimal, ".")
    return f"{found.sign}{'0' if plain.startswith('.') else ''}{plain}"


def ways_of_number(text: str) -> Iterator[Marks]:
    """The ways of writing in which a text is a number."""
    found = parse_number(text)
    yield from (way for way in WAYS if found and read_number(found, way) is not None)


def is_no_number(text: str) -> bool:
    """Whether a text is a word, and a number in no way of writing."""
    return _LETTERS.search(text) is not None and next(ways_of_number(text), None) is None


_LETTERS = re.compile(r"[^\W\d_]{3}")


def proves_thousands(text: str) -> bool:
    """Whether a text is a number in no way of writing but those in which a comma parts decimals, as 1.234,5
    and 1.234.567 are: beside it, 1.234 hardly has decimals."""
    ways = list(ways_of_number(text))
    return bool(ways) and all(way.decimal == "," for way in ways)


def guess_numbers(
    cells: Mapping[str, int],
    whole: bool,
    unit: str | None = None,
    *,
    admits: Admits | None = None,
    decimal: str | None = None,
) -> WritingGuess | None:
    """How the cells (each text and how often it stands) are written; None where they do not read in one way.

    `whole`: whole numbers are wanted; decimals that are zero are then left out. `unit` is the field's: where
    that is a currency, what has another one is told elsewhere. `admits` as in verdict.py; `decimal` is the
    mark before decimals, where it is known. What is no number at all says, among many cells, nothing of how
    numbers are written.
    """
    found = {text: parse_number(text) for text in cells}
    if unit in (None, "%"):
        found = _in_one_unit(found, cells)
    units = {each.unit for each in found.values() if each and each.unit}
    readings: dict[Marks, dict[str, str]] = {}
    first = [each for each in islice(found.values(), 1_000) if each]
    ways = [way for way in WAYS if decimal in (None, way.decimal)]
    for way in [way for way in ways if all(read_number(each, way) is not None for each in first)] or ways:
        read_so = {
            text: value
            for text, each in found.items()
            if each and (value := read_number(each, way)) is not None
        }
        readings[way] = {text: _publish_number(value, whole) for text, value in read_so.items()}
    fits = {_declaration(way, bool(units)): texts for way, texts in readings.items()}
    if sum(cells.values()) >= ENOUGH:
        read = set().union(*readings.values())
        cells = {text: count for text, count in cells.items() if text in read or not is_no_number(text)}
    verdict = choose_writing("numbers", fits, cells, Decimal, admits=admits) if cells else None
    if verdict is None:
        return None
    if whole and not verdict.others:
        alone = _whole_alone(verdict, found, cells)
        verdict = (
            alone if alone.share >= MOST else _thousands_or_not(verdict, alone, found, cells, bool(units))
        )
    return _without_slips(verdict, found, cells, whole, bool(units))


def _in_one_unit(found: Mapping[str, Number | None], cells: Mapping[str, int]) -> dict[str, Number | None]:
    """The numbers in the unit that most cells have; a number without a unit may be an amount of money, and no
    percentage."""
    counts: Counter[str | None] = Counter()
    for text, each in found.items():
        if each:
            counts[each.unit] += cells[text]
    named = [unit for unit, _count in counts.most_common() if unit is not None]
    usual = named[0] if named else None
    allowed = {usual, None}
    if usual == "%" and counts[None]:
        allowed = {"%"} if counts["%"] > counts[None] else {None}
    return {text: each if each and each.unit in allowed else None for text, each in found.items()}


def _whole_alone(
    verdict: WritingGuess, found: Mapping[str, Number | None], cells: Mapping[str, int]
) -> WritingGuess:
    """The way without the numbers that are not whole, and without those that are only if three zeros are
    decimals: as 1.000 beside 5.0, which may be a thousand."""
    mark = re.escape(verdict.value.partition('"')[2][0])
    decimals = [re.search(rf"{mark}(\d+)$", each.digits) for each in found.values() if each]
    always_three = all(each is not None and len(each[1]) == 3 for each in decimals)
    thousand = re.compile(r"(?!)" if always_three else rf"[1-9]\d{{0,2}}{mark}\d{{3}}")
    texts = {
        text: value
        for text, value in verdict.texts.items()
        if "." not in value and not ((each := found[text]) and thousand.fullmatch(each.digits))
    }
    share = sum(cells[text] for text in texts) / sum(cells.values())
    return (
        verdict
        if share == verdict.share
        else replace(verdict, texts=texts, share=share, confidence=0.5 * share)
    )


def _thousands_or_not(
    verdict: WritingGuess,
    alone: WritingGuess,
    found: Mapping[str, Number | None],
    cells: Mapping[str, int],
    unit: bool,
) -> WritingGuess:
    """What is to be asked of a column many of whose cells are whole only if three zeros are decimals: its
    mark may part thousands. What can be read in no such way is a slip, if it is rare."""
    mark = verdict.value.partition('"')[2][0]
    way = next(each for each in WAYS if each.group == mark)
    parted = {text for text, each in found.items() if each and read_number(each, way) is not None}
    dropped = [text for text in verdict.texts if text not in alone.texts]
    doubtful = sum(cells[text] for text in dropped if text in parted)
    if doubtful < MOST * sum(cells[text] for text in dropped):
        return alone
    left = sum(count for text, count in cells.items() if text not in parted)
    possible = frozenset(parted if is_few(left, sum(cells.values())) else cells)
    others = (_declaration(way, unit),)
    return replace(verdict, confidence=verdict.confidence / 2, others=others, possible=possible)


def _without_slips(
    verdict: WritingGuess,
    found: Mapping[str, Number | None],
    cells: Mapping[str, int],
    whole: bool,
    unit: bool,
) -> WritingGuess:
    """Where hardly a cell has thousands marks, and those that do lack the decimals of all others, they are
    slips: -34.578.254."""
    way = next(way for way in WAYS if _declaration(way, unit) == verdict.value)
    plainer = Marks(way.decimal, "")
    texts = {
        text: _publish_number(value, whole)
        for text, each in found.items()
        if each and (value := read_number(each, plainer)) is not None and text in verdict.texts
    }
    share = sum(cells[text] for text in texts) / sum(cells.values())
    slips = [text for text in verdict.texts if text not in texts]
    whole_slips = all(way.decimal not in text for text in slips)
    if (
        not way.group
        or not slips
        or share < 1 - RARE
        or not whole_slips
        or not any(way.decimal in text for text in texts)
    ):
        return verdict
    return WritingGuess("numbers", _declaration(plainer, unit), texts, 0.5 * share, share=share)


def _declaration(way: Marks, unit: bool) -> str:
    """As it would be declared under the layout's `fields`."""
    keys = [
        f'decimalChar: "{way.decimal}"',
        f'groupChar: "{way.group}"' if way.group else "",
        "bareNumber: false" if unit else "",
    ]
    return ", ".join(filter(None, keys))


def _publish_number(value: str, whole: bool) -> str:
    integer, _point, decimals = value.partition(".")
    return integer if whole and not decimals.strip("0") else value
