"""What the cells of a column show, counted over at most some thousands of them: names of persons, dates,
numbers with check digits, telephones, mailboxes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from stdnum import luhn

from validation.personal.identifiers import (
    is_person_cuit,
    is_whole_dni,
    is_whole_phone,
)
from validation.personal.lazily import lazy_re
from validation.personal.names import (
    given_names,
    in_capitals,
    is_ordinary_word,
    is_place_name,
    surnames,
)
from validation.personal.numbers import (
    NEW_PLATE,
    WHOLE_PASSPORT,
    WHOLE_PLATE,
    is_card,
    is_cbu,
    is_iban,
    is_ip,
    is_sure_ip,
)
from validation.personal.offices import is_office_mailbox
from validation.personal.vocabulary import count_kinds

LOOK, MOST = 300, 3_000
"""Filled cells of a column that are looked at: so many of each batch, and so many of these, spread."""
_DATE = lazy_re(r"(?:\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d{2}|(?:18|19|20)\d{2}-?\d{2}-?\d{2})(?:[ T].*)?")
_YEAR = lazy_re(r"(?:19|20)\d{2}")
_NAME = lazy_re(r"[^\W\d_][^\W\d_'.´-]*(?:,? [^\W\d_][^\W\d_'.´-]*){0,6}")
_TITLE = lazy_re(
    r"^(?i:(?:arq|ing|insp|lic|dr|dra|sr|sra|srta|prof|profa|cdor|cdora|esc|mmo|t[eé]c|abog|mg|cr"
    r"|comisari[oa])\.?\s+)"
)
_PARTICLES = frozenset(("DE", "DEL", "LA", "LAS", "LOS", "Y", "DA", "DI", "VON", "VAN"))
_MAIL = lazy_re(r"[\w.+'-]{1,64} ?@ ?([\w.-]{1,200})")
_PRIVATE_MAIL = lazy_re(r"(?i:gmail|hotmail|yahoo|outlook|live|icloud|fibertel|msn|arnet|speedy|ciudad)\b")
_MOBILE = lazy_re(
    r"(?<!\d)(?:\+?54 ?)?(?:9[ -]?)?(?:0?11[ -]?)?15[ -]?\d{4}|\+54 ?9"
    r"|(?<!\d)(?<!54[ -])11[ -]?[2-7]\d{3}[ -]?\d{4}"
)
_SEXES_TEXT = """
woman man nonbinary nb nobinario nobinarie fluido agenero queer tv tr mt vt fluid
m f x h v masculino femenino femenina mujer varon varón hombre hombres mujeres male female fem masc nb trans
travesti otro otra ella elle él el cis
"""
_SEXES = frozenset(_SEXES_TEXT.split()) | {
    *("no binario", "no binaria", "no binarie", "no binarix", "mujer trans", "mujer cis", "varon trans"),
    *(
        "varón trans",
        "hombre trans",
        "varon cis",
        "varón cis",
        "hombre cis",
        "non-binary",
        "prefiere no decir",
    ),
    *("género fluido", "genero fluido", "trans masc", "trans fem"),
}
_ANIMALS_TEXT = """
hembra macho hembras machos canino canina felino felina perro perra gato gata equino equina ave conejo
hamster mestizo caniche ovejero labrador golden boxer dogo pitbull chihuahua siames siamés persa cocker
beagle bulldog galgo rottweiler schnauzer yorkshire salchicha callejero doberman pug husky mestiza pastor
border dachshund
"""
_ANIMALS = frozenset(_ANIMALS_TEXT.split())
_DIGITS = lazy_re(r"\D")
_KINSHIP = lazy_re(r" ?\([^)]*\)$")
_LOGIN = lazy_re(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*")
_CODE = lazy_re(r"[a-z]{1,4}(?:[._-]\d+|\d{4,})")
_ALIAS = lazy_re(r"[A-Za-z0-9]{2,20}(?:[.-][A-Za-z0-9]{2,20}){1,4}")
_NUMBER = lazy_re(r"-?\d[\d.,-]*")
_CARD = lazy_re(r"[\d -]{15,24}")
_HOUSE = lazy_re(r"[^\W\d].*\s\d{1,5}\b")
_FLAT = lazy_re(
    r"(?i)[^\W\d][^\d;]{2,40}\s\d{1,5},?\s(?:piso|p\.\s?\d|d(?:e?p)?to|pb\b|casa\s\d|torre|timbre"
    r"|fondo|ph\b|uf\b"
    r"|\d{1,2}\s?(?:[°º\"“]|[a-h]\b|$))"
)
"""A flat in a house: where somebody lives."""
_BEGINS = np.zeros(256, np.bool_)
_BEGINS[[*range(ord("0"), ord("9") + 1), *range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1)]] = (
    True
)
"""Of each byte whether it is a letter or a digit by itself."""
_DOTTED = lazy_re(r"(?:[1-9]|[1-6]\d|9[2-6])\.\d{3}\.\d{3}")
_CUD = lazy_re(r"ARG-\d{2}-\d{8,12}-\d{6,8}(?:-\d+)*(?:-[A-Z]{2,4}-\d+)?")
"""A certificate of disability, whose number has the document's."""
_CASE = lazy_re(r"[^\W\d_]{3}.{0,60}\s(?:[cC]/|[sS]/|[cC]ontra\s|[sS]obre\s)")
_IMEI = lazy_re(r"\d{15}")
_MAC = lazy_re(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}")


@dataclass(frozen=True)
class Evidence:
    """Of the `filled` cells that were looked at, of `rows` that are filled at all, how many are what."""

    filled: int = 0
    rows: int = 0
    names: int = 0
    likely: int = 0
    full: int = 0
    given: int = 0
    logins: int = 0
    aliases: int = 0
    dates: int = 0
    years: int = 0
    numbers: int = 0
    persons: int = 0
    documents: int = 0
    dotted: int = 0
    cbus: int = 0
    cards: int = 0
    plates: int = 0
    new_plates: int = 0
    passports: int = 0
    ips: int = 0
    sure_ips: int = 0
    macs: int = 0
    phones: int = 0
    mails: int = 0
    offices: int = 0
    private: int = 0
    house: int = 0
    flats: int = 0
    words: int = 0
    sexes: int = 0
    animals: int = 0
    initials: int = 0
    cases: int = 0
    devices: int = 0
    kinds: Mapping[str, float] = field(default_factory=dict)

    def share(self, count: int) -> float:
        return count / self.filled if self.filled else 0.0


def look_at_columns(batches: Iterable[pa.RecordBatch], places: Sequence[int]) -> dict[int, Evidence]:
    """The evidence of each column, by place; linear in the text that is looked at."""
    return weigh_samples(draw_samples(batches, places))


Samples = Mapping[int, tuple[list[str], int]]
"""By place: cells of each batch that are to be looked at, and how many are filled."""


def draw_samples(batches: Iterable[pa.RecordBatch], places: Sequence[int]) -> Samples:
    """Of some batches; of those that follow, the cells are to be put behind these, and the numbers added."""
    cells: dict[int, list[str]] = {place: [] for place in places}
    rows = dict.fromkeys(places, 0)
    for batch in batches:
        for place in places:
            column = batch.column(place + 1)
            filled = _filled_places(column)
            rows[place] += len(filled)
            cells[place] += column.take(pa.array(spread(filled, LOOK))).to_pylist()
    return {place: (cells[place], rows[place]) for place in places}


def weigh_samples(samples: Samples) -> dict[int, Evidence]:
    """The evidence in the samples of a whole table."""
    looked_at = {
        place: [found[at].strip() for at in spread(np.arange(len(found)), MOST)]
        for place, (found, _rows) in samples.items()
    }
    return {place: replace(_count(found), rows=samples[place][1]) for place, found in looked_at.items()}


def spread(places: np.ndarray[Any, Any], most: int) -> np.ndarray[Any, Any]:
    """At most so many of the places, evenly among all."""
    if len(places) <= most:
        return places
    chosen: np.ndarray[Any, Any] = places[np.linspace(0, len(places) - 1, most).astype(int)]
    return chosen


def _filled_places(column: pa.StringArray) -> np.ndarray[Any, Any]:
    """The places of the cells that hold a letter or a digit: most begin with one, and only the others are
    searched for it."""
    if not len(column) or column.buffers()[2] is None:
        return np.zeros(0, np.int64)
    ends = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1]
    text = np.frombuffer(column.buffers()[2], np.uint8)
    something = ends[1:] > ends[:-1]
    if column.null_count:
        something &= column.is_valid().to_numpy(zero_copy_only=False)
    filled = something.copy()
    filled[something] = _BEGINS[text[ends[:-1][something]]]
    others = np.flatnonzero(something & ~filled)
    if len(others):
        found = pc.match_substring_regex(column.take(pa.array(others)), r"[\pL\d]")
        filled[others] = found.to_numpy(zero_copy_only=False)
    return np.flatnonzero(filled)


def _count(cells: list[str]) -> Evidence:
    """What the cells show, each distinct text looked at once."""
    times = Counter(cell[:200] for cell in cells)
    counts: Counter[str] = Counter()
    for cell, count in times.items():
        for shown in _what_is_shown(cell):
            counts[shown] += count
    words = sum(len(cell.split()) * count for cell, count in times.items())
    return Evidence(filled=len(cells), words=words, kinds=count_kinds(times), **counts)


def _what_is_shown(cell: str) -> Iterator[str]:
    """The names of the counts of Evidence in which a cell counts."""
    yield from (name for name, shown in _WRITINGS.items() if shown(cell))
    if any(map(str.isalpha, cell)):
        yield from (name for name, shown in _NAMES.items() if shown(cell))


def _words_of_name(cell: str) -> list[str]:
    """The words of a cell that has only words, in capitals; none where it has anything else."""
    cell = _KINSHIP.sub("", _TITLE.sub("", cell))
    if len(cell) > 70 or not _NAME.fullmatch(cell):
        return []
    return [in_capitals(word) for word in re.findall(r"[^\W\d_]+", cell)]


def _may_be_person(cell: str) -> bool:
    """Whether a cell may be a person's name where its label speaks of persons: a given name or a surname
    among words of which none is of another kind."""
    words = _words_of_name(cell)
    real = [word for word in words if word not in _PARTICLES]
    if not 2 <= len(real) <= 6 or is_place_name(words) or any(map(is_ordinary_word, real)):
        return False
    return not (given_names().isdisjoint(real) and surnames().isdisjoint(real))


def _is_full_name(cell: str) -> bool:
    """Whether each word of a cell is a given name or a surname, and both are there."""
    words = _words_of_name(cell)
    real = [word for word in words if word not in _PARTICLES and len(word) > 1]
    given, last = given_names(), surnames()
    return (
        2 <= len(real) <= 6
        and all(word in given or word in last for word in real)
        and any(word in given for word in real)
        and not is_place_name(words)
    )


def _is_person(cell: str, least: int = 2) -> bool:
    """Whether a cell is the name of a person: words alone, one of them a given name."""
    words = _words_of_name(cell)
    real = [word for word in words if word not in _PARTICLES]
    return (
        least <= len(real) <= 6
        and not given_names().isdisjoint(real)
        and (least == 1 or not is_place_name(words))
    )


_INITIALS = lazy_re(
    r"(?:[^\W\d_]\. ?){1,2}(?P<last>[^\W\d_][^\W\d_'-]{2,}(?: [^\W\d_]{2,})?)"
    r"|(?P<first>[^\W\d_][^\W\d_'-]{2,}),? (?:[^\W\d_]\. ?(?:de (?:la )?)?){1,2}(?:[^\W\d_]\. ?)?"
)


def _has_initials(cell: str) -> bool:
    """Whether a cell is a surname with an initial, or a given name with that of the surname: `R. Cáceres`,
    `Mirta G. de L.`"""
    found = _INITIALS.fullmatch(cell)
    if found is None:
        return False
    if found["last"]:
        return in_capitals(found["last"].split(" ")[-1]) in surnames()
    first = in_capitals(found["first"])
    return first in surnames() or first in given_names()


def _is_office(cell: str) -> bool:
    found = _MAIL.search(cell)
    return found is not None and is_office_mailbox(found[0])


def _is_private(cell: str) -> bool:
    """Whether a mailbox or a telephone is one of a person by its writing."""
    mail = _MAIL.search(cell)
    if mail:
        return not is_office_mailbox(mail[0]) and _PRIVATE_MAIL.match(mail[1]) is not None
    return len(cell) < 100 and _MOBILE.search(cell) is not None


_NAMES: Mapping[str, Callable[[str], bool]] = {
    "names": _is_person,
    "likely": _may_be_person,
    "full": _is_full_name,
    "given": partial(_is_person, least=1),
    "initials": _has_initials,
}
_WRITINGS: Mapping[str, Callable[[str], Any]] = {
    "logins": lambda cell: _LOGIN.fullmatch(cell) and not _CODE.fullmatch(cell),
    "aliases": _ALIAS.fullmatch,
    "dates": _DATE.fullmatch,
    "years": _YEAR.fullmatch,
    "numbers": _NUMBER.fullmatch,
    "persons": lambda cell: len(digits := _DIGITS.sub("", cell)) == 11 and is_person_cuit(digits),
    "documents": is_whole_dni,
    "dotted": lambda cell: _DOTTED.fullmatch(cell) and is_whole_dni(cell),
    "cbus": lambda cell: len(cell) > 14 and (is_cbu(cell) or is_iban(cell)),
    "cards": lambda cell: _CARD.fullmatch(cell) and is_card(cell),
    "plates": WHOLE_PLATE.fullmatch,
    "new_plates": NEW_PLATE.fullmatch,
    "passports": lambda cell: WHOLE_PASSPORT.fullmatch(cell) or _CUD.fullmatch(cell),
    "cases": lambda cell: _CASE.search(cell),
    "devices": lambda cell: _IMEI.fullmatch(cell) and luhn.is_valid(cell),
    "ips": is_ip,
    "sure_ips": is_sure_ip,
    "macs": _MAC.fullmatch,
    "phones": lambda cell: len(cell) < 100 and is_whole_phone(cell),
    "mails": lambda cell: "@" in cell and _MAIL.search(cell),
    "offices": _is_office,
    "private": _is_private,
    "house": _HOUSE.search,
    "flats": _FLAT.match,
    "sexes": lambda cell: cell.lower().split("/")[0] in _SEXES,
    "animals": lambda cell: cell.lower().split(" ")[0] in _ANIMALS,
}
