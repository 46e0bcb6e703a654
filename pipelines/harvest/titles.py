"""What the titles of resources say of time: the period that a file tells of, what they share without it, and
whether one is a register of all years"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from pipelines.dataset.months import MONTHS, SHORT_MONTHS
from pipelines.dataset.text import fold_text

# Mar del Plata is not a month.
_MONTH = MONTHS | {name: number for name, number in SHORT_MONTHS.items() if name != "mar"}
_PORTUGUESE = "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro"
_MONTH |= {name: number for number, name in enumerate(_PORTUGUESE.split(), 1)}
_ORDINALS = {
    "primer": 1,
    "primero": 1,
    "1er": 1,
    "1": 1,
    "1ro": 1,
    "i": 1,
    "1ero": 1,
    "q1": 1,
    "t1": 1,
    "first": 1,
    "1o": 1,
    "1a": 1,
    "primera": 1,
    "primeiro": 1,
    "segundo": 2,
    "2do": 2,
    "2": 2,
    "ii": 2,
    "q2": 2,
    "t2": 2,
    "second": 2,
    "2o": 2,
    "2a": 2,
    "segunda": 2,
    "tercer": 3,
    "tercero": 3,
    "3er": 3,
    "3": 3,
    "3ro": 3,
    "iii": 3,
    "q3": 3,
    "t3": 3,
    "third": 3,
    "3o": 3,
    "3a": 3,
    "tercera": 3,
    "terceiro": 3,
    "cuarto": 4,
    "4to": 4,
    "4": 4,
    "iv": 4,
    "q4": 4,
    "t4": 4,
    "fourth": 4,
    "4o": 4,
    "4a": 4,
    "4ta": 4,
    "cuarta": 4,
    "quarto": 4,
}
_PARTS = {
    "bimestre": 2,
    "trimestre": 3,
    "trim": 3,
    "quarter": 3,
    "cuatrimestre": 4,
    "quadrimestre": 4,
    "semestre": 6,
    "semester": 6,
}
_YEAR = r"(?:19|20)\d\d"
_FORMATS = r"csv|xlsx?|ods|shp|geojson|kml|kmz|zip|pdf|txt|json|gpkg|geopackage|geo_json|shapefile"
_ORDINAL = "|".join(sorted(map(re.escape, _ORDINALS), key=len, reverse=True))
_PART = re.compile(rf"\b(?:(?:{_ORDINAL})_(?:{'|'.join(_PARTS)})|[qt][1-4]|[1-4][qt]|s[12]|[12]s)\b")
_STATE = re.compile(rf"\b(?:(?:actualizad[oa]|vigente|datos|estado) )?al (\d{{1,2}}) (\d{{1,2}}) ({_YEAR})\b")
_RHYTHM = re.compile(r"\b(?:anual|semestral|trimestral|bimestral|mensual|semanal|diari[oa])(?:es|s)?\b")
_ALL_YEARS = re.compile(
    r"historic[oa]s?|historial|acumulad[oa]s?|serie_historica|desde|historical|cumulative|all_years"
)
_SMALL_WORDS = (
    "de",
    "del",
    "al",
    "a",
    "el",
    "la",
    "ano",
    "anio",
    "year",
    "en",
    "por",
    "y",
    "mes",
    "of",
    "for",
    "in",
)


_MONTH_NAME = "|".join(sorted(_MONTH, key=len, reverse=True))
# "2021 (hasta junio)": the year so far.
_SO_FAR = re.compile(rf"\b(?:hasta|ate|until|through|thru) (?:el |o )?(?:mes de )?({_MONTH_NAME})\b")
# "01/2023", "2023-01"; not "2010-11", which may be a year from one summer to the next.
_NUMBERED = re.compile(rf"(?<!\d )\b(?:(0[1-9]|1[0-2]) ({_YEAR})|({_YEAR}) (0[1-9]|1[0-2]))\b(?! \d)")
_SPAN = re.compile(
    rf"\b({_MONTH_NAME}) (?:de )?({_YEAR}) (?:(?:a|al|hasta) )?({_MONTH_NAME}) (?:de )?({_YEAR})\b"
)


@dataclass(frozen=True)
class Period:
    """The days from and to that a title names. `is_part`: it is a month, a quarter or the like by name."""

    start: date
    end: date
    words: str
    is_part: bool = False


@dataclass(frozen=True)
class TitleParts:
    """A title taken apart: `base` is folded and has neither time nor format; `period` is None where it names
    none, or more than one reading."""

    base: str
    period: Period | None
    is_register: bool
    is_state: bool

    @property
    def plain_base(self) -> str:
        """What a register of all years shares with the tables of single years."""
        words = re.sub(rf"\b(registro|{_ALL_YEARS.pattern}|listado)\b", " ", self.base.replace("_", " "))
        return singular(words)


def clean_title(title: str) -> str:
    """A title, folded, without what it says of the file's format."""
    folded = fold_text(re.sub(r"\s*\(\d\)\s*$", "", title))  # as browsers name a second download
    folded = re.sub(rf"_(?:{_FORMATS})$", "", folded)
    return re.sub(rf"\.(?:{_FORMATS})$", "", folded)


def singular(text: str) -> str:
    """Words without the endings by which titles drift from year to year."""
    words = [word for word in re.split(r"[\s_]+", text) if word and word not in _SMALL_WORDS]
    return "_".join(re.sub(r"(?<=\w{3})(es|s)$", "", word) for word in words)


def without_rhythm(base: str) -> str | None:
    """What a table by month shares with the one by year; None where neither is named."""
    words, found = _RHYTHM.subn(" ", base.replace("_", " "))
    return singular(words) if found else None


def take_apart(title: str) -> TitleParts:
    spaced = clean_title(title).replace("_", " ")
    register = bool(_ALL_YEARS.search(spaced))
    if span := _SPAN.search(spaced):
        base = singular(spaced[: span.start()] + " " + spaced[span.end() :])
        return TitleParts(base, None if register else _span_of(span), register, False)
    if state := _STATE.search(spaced):
        base = singular(spaced[: state.start()] + " " + spaced[state.end() :])
        return TitleParts(base, None if register else _state_of(state), register, True)
    spaced = _SO_FAR.sub(r"enero \1", spaced)
    spaced = _NUMBERED.sub(_name_month, spaced)
    years = [int(year) for year in re.findall(rf"\b{_YEAR}\b", spaced)]
    months = [_MONTH[word] for word in spaced.split() if word in _MONTH]
    parts = [_read_part(match) for match in re.findall(_PART.pattern.replace("_", " "), spaced)]
    base = re.sub(_PART.pattern.replace("_", " "), " ", spaced)
    base = re.sub(rf"\b{_YEAR}\b", " ", base)
    base = re.sub(rf"\b(?:{'|'.join(_MONTH)})\b", " ", base) if years else base
    return TitleParts(singular(base), None if register else _period(years, months, parts), register, False)


def _name_month(match: re.Match[str]) -> str:
    """A month by its number, as by its name."""
    month, year = int(match[1] or match[4]), int(match[2] or match[3])
    if match[4] and month == (year + 1) % 100:
        return match[0]
    return f"{next(name for name, number in MONTHS.items() if number == month)} {year}"


def _state_of(match: re.Match[str]) -> Period | None:
    day, month, year = map(int, match.groups())
    try:
        state = date(year, month, day)
    except ValueError:
        return None
    return Period(state, state, state.isoformat())


def _span_of(match: re.Match[str]) -> Period | None:
    """From a month of one year to a month of another."""
    first, last = _MONTH[match[1]], _MONTH[match[3]]
    start = date(int(match[2]), first, 1)
    end = date(int(match[4]), last, monthrange(int(match[4]), last)[1])
    return Period(start, end, f"{start:%Y-%m}/{end:%Y-%m}") if start < end else None


def _read_part(words: str) -> tuple[int, int]:
    """The months of a part of a year, and which of them it is."""
    first, _blank, last = words.partition(" ")
    if not last:  # "T1", "1T", "S2"
        return 6 if "s" in first else 3, int(first.strip("qts"))
    return _PARTS[last], _ORDINALS[first]


def _period(years: list[int], months: list[int], parts: list[tuple[int, int]]) -> Period | None:
    if not years or len(years) > 2 or len(months) > 2 or len(parts) > 1 or years != sorted(years):
        return None
    first, last = years[0], years[-1]
    start, end = 1, 12
    if parts:
        length, place = parts[0]
        start, end = length * (place - 1) + 1, length * place
        if end > 12:
            return None
    elif months:
        start, end = months[0], months[-1]
        if start > end:
            return None
    if first != last and (parts or months):
        return None
    words = f"{first}-{last}" if first != last else str(first)
    if (start, end) != (1, 12):
        words += f"-{start:02}" if start == end else f"-{start:02}/{end:02}"
    is_part = bool(parts) or (start == end and bool(months))
    return Period(date(first, start, 1), date(last, end, monthrange(last, end)[1]), words, is_part)
