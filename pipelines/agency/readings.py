"""What a cell of an agency's file can mean: the one reading that makes sense in its column, or several."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches

from messages import gettext as _

# From the day that Excel counts as 1 (with its leap day of 1900) to the end of 2079: five digits, as dates of
# our time have.
EXCEL = date(1899, 12, 30)
SERIALS = range(20_000, 65_746)
_MONTHS = [
    "enero ene",
    "febrero feb",
    "marzo mar",
    "abril abr",
    "mayo may",
    "junio jun",
    "julio jul",
    "agosto ago",
    "septiembre setiembre sep sept set",
    "octubre oct",
    "noviembre nov",
    "diciembre dic",
]
MONTHS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?:[ T]0?0:00(?::00)?)?")
_WORDED = re.compile(
    r"(\d{1,2})(?:°|º)?[\s/.-]+(?:de\s+)?([a-záéíóú]{3,10})\.?[\s/.-]+(?:del?\s+)?(\d{4})", re.IGNORECASE
)
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")


@dataclass(frozen=True)
class Evidence:
    """What a column says of itself: whether days come before months, the first and last day that can be read,
    its decimal mark."""

    day_first: bool | None = None
    days: tuple[date, date] | None = None
    decimal: str | None = None


@dataclass(frozen=True)
class CellReading:
    """A text that the schema reads, and why it is the one."""

    text: str
    why: str


@dataclass(frozen=True)
class CellAnswer:
    """The one certain reading of a cell, or those that it might be meant as."""

    certain: CellReading | None = None
    possible: tuple[str, ...] = ()


def collapse_spaces(text: str) -> str:
    """The text without spaces at its ends, and with single ones inside."""
    return " ".join(re.sub("[\u200b\ufeff]", "", text).split())


def spaces_reason() -> str:
    return _("the same text, without spaces that do not count")


def fold_label(text: str) -> str:
    """The text as people compare names: no accents, no capitals, no marks or spaces that do not count."""
    plain = unicodedata.normalize("NFD", collapse_spaces(_undo_cp1252(text)).casefold())
    return re.sub(r"[\s._-]+", " ", "".join(c for c in plain if not unicodedata.combining(c))).strip()


def _undo_cp1252(text: str) -> str:
    """UTF-8 that was read as cp1252 (NuÃ±ez), read again."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def fold_names(names: Iterable[str]) -> dict[str, list[str]]:
    """Names by how people compare them."""
    by_fold: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        by_fold.setdefault(fold_label(name), []).append(name)
    return by_fold


def choose_name(text: str, names: Mapping[str, Sequence[str]], like: bool = True) -> CellAnswer:
    """The one of `names` (see `fold_names`) that is the same but for accents, capitals and spaces; those that
    are `like` it are possible: to look for these takes as long as there are names."""
    fold = fold_label(text)
    same = tuple(names.get(fold, ()))
    if len(same) == 1:
        return CellAnswer(CellReading(same[0], _("the same name, but for accents, capitals or spaces")))
    if same or not like:
        return CellAnswer(possible=same)
    return CellAnswer(possible=tuple(names[each][-1] for each in get_close_matches(fold, names, 2, 0.8)))


def correct_date(text: str, known: Evidence) -> CellAnswer:
    """A date, as ISO 8601."""
    text = collapse_spaces(text)
    if found := _YEAR_FIRST.fullmatch(text):
        return _certain_if_single(
            _iso_dates([(found[1], found[2], found[3])]), _("the same date, written year-month-day")
        )
    if found := _WORDED.fullmatch(text):
        month = MONTHS.get(found[2].lower())
        return _certain_if_single(
            _iso_dates([(found[3], str(month or 0), found[1])]), _("the same date, written year-month-day")
        )
    if found := _SLASHED.fullmatch(text):
        return _correct_slashed_date(found[1], found[2], found[3], known)
    if re.fullmatch(r"\d{5}(\.0+)?", text) and int(float(text)) in SERIALS:
        meant = EXCEL + timedelta(days=int(float(text)))
        if known.days and known.days[0] <= meant <= known.days[1]:
            return CellAnswer(
                CellReading(
                    meant.isoformat(),
                    _("the number of the day as Excel counts it, among dates of the same years"),
                )
            )
        return CellAnswer(possible=(meant.isoformat(),))
    return CellAnswer()


def _correct_slashed_date(first: str, second: str, year: str, known: Evidence) -> CellAnswer:
    if len(year) == 2:
        century = known.days is not None and known.days[0].year >= 2000
        year = f"20{year}"
        if not century:
            return CellAnswer(possible=tuple(_iso_dates([(year, second, first)])))
    ways = [(year, second, first), (year, first, second)]
    if known.day_first is not None:
        ways = ways[:1] if known.day_first else ways[1:]
    return _certain_if_single(_iso_dates(ways), _("the same date, written year-month-day"))


def _iso_dates(ways: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    for year, month, number in ways:
        try:
            yield date(int(year), int(month), int(number)).isoformat()
        except ValueError:
            continue


_NO_NUMBER = re.compile("[^\\d.,+\u2212\\s$%ARSUD\u200b\ufeff-]")
"""What no number has in it, whatever its sign of money."""


def is_no_number(text: str) -> bool:
    """Whether a text surely is no number in any writing."""
    return _NO_NUMBER.search(text) is not None


def correct_number(text: str, known: Evidence, percent: bool, reads: Callable[[str], bool]) -> CellAnswer:
    """A number with a point before its decimals; `percent`: the column is in per cent, so that the sign says
    nothing new."""
    if is_no_number(text):
        return CellAnswer()
    bare = re.sub(
        r"^(?:AR\$|ARS|U\$S|USD|\$)\s*|\s+(?=\d)|\s*(?:ARS|\$)$",
        "",
        collapse_spaces(text).replace("\u2212", "-"),
    )
    if percent:
        bare = re.sub(r"\s*%$", "", bare)
    if re.match(r"(U\$S|USD)", collapse_spaces(text)):  # another currency is another amount
        return CellAnswer()
    ways = [way for way in _number_readings(bare, known.decimal) if reads(way)]
    return _certain_if_single(ways, _("the same number, with a point before its decimals and no other marks"))


def _number_readings(text: str, decimal: str | None) -> Iterator[str]:
    """What a number with marks can be, given the column's decimal mark where it is known."""
    sign = re.fullmatch(r"([+-]?)\s*([\d.,]*\d)[.,]?", text)
    if not sign:
        return
    minus, body = sign[1].replace("+", ""), sign[2]
    marks = re.findall(r"[.,]", body)
    if not marks:
        yield f"{minus}{body}"
        return
    last = marks[-1]
    if len(set(marks)) == 2:
        left, _mark, right = body.rpartition(last)
        if _has_thousands_marks(left, marks[0]) and marks.count(last) == 1 and decimal in (None, last):
            yield f"{minus}{left.replace(marks[0], '')}.{right}"
        return
    if len(marks) == 1 and decimal in (None, last):
        yield f"{minus}{body.replace(',', '.')}"
    if _has_thousands_marks(body, last) and not body.startswith("0") and decimal != last:
        yield f"{minus}{body.replace(last, '')}"


def _has_thousands_marks(digits: str, mark: str) -> bool:
    """Whether the marks stand where thousands are."""
    return re.fullmatch(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+", digits) is not None


def correct_whole_number(text: str, known: Evidence, reads: Callable[[str], bool]) -> CellAnswer:
    """A whole number: 1.234, 12,0 or 7.00 have one reading."""

    def reads_whole(way: str) -> bool:
        return reads(_without_zeros(way))

    found = correct_number(text, known, False, reads_whole)
    ways = [_without_zeros(way) for way in ([found.certain.text] if found.certain else found.possible)]
    return _certain_if_single(ways, _("the same whole number, without marks"))


def _without_zeros(way: str) -> str:
    return re.sub(r"\.0+$", "", way)


def correct_boolean(text: str) -> CellAnswer:
    said = fold_label(text)
    if said in ("si", "s", "verdadero", "yes"):
        return CellAnswer(CellReading("true", _("“sí” is written true")))
    return (
        CellAnswer(CellReading("false", _("“no” is written false")))
        if said in ("no", "n", "falso")
        else CellAnswer()
    )


def _certain_if_single(ways: Iterable[str], why: str) -> CellAnswer:
    """Certain where there is one way, and no other."""
    found = tuple(dict.fromkeys(ways))
    return CellAnswer(CellReading(found[0], why)) if len(found) == 1 else CellAnswer(possible=found)


def detect_day_first(texts: Iterable[str]) -> bool | None:
    """Whether the days of a column come before its months: what stands where can only be a day, and nowhere
    the other way round."""
    found = [
        (int(match[1]), int(match[2]))
        for text in texts
        if (match := _SLASHED.fullmatch(collapse_spaces(text)))
    ]
    first, second = any(a > 12 for a, _b in found), any(b > 12 for _a, b in found)
    return first if first != second else None


def detect_decimal_mark(texts: Iterable[str]) -> str | None:
    """The mark before the decimals of a column's numbers, where those that can be read in one way only
    agree."""
    found: set[str] = set()
    for text in texts:
        comma, point = text.rfind(","), text.rfind(".")
        if comma == point or ("," if comma > point else ".") in found:  # no mark, or nothing new in it
            continue
        body = re.sub(r"[^\d.,]", "", text)
        marks = re.findall(r"[.,]", body)
        if marks and (len(set(marks)) == 2 or (len(marks) == 1 and len(body) - body.rfind(marks[0]) != 4)):
            found.add(marks[-1])
    return found.pop() if len(found) == 1 else None
