"""Numbers, days, months and lists, written as the language of the moment writes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from babel import lists, numbers

from messages import gettext as _
from messages import language, ngettext

UNWRITABLE = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""A character that XML 1.0 cannot hold, and so no page, feed, picture or workbook."""
BUENOS_AIRES = timezone(timedelta(hours=-3))  # no daylight saving since 2009
_LOCALES = {"es": "es_AR", "en": "en"}  # Spanish numbers as Argentina writes them: 1.498


def local_day(at: str) -> date:
    """The day in Buenos Aires of an ISO 8601 moment; a plain date is that day."""
    moment = datetime.fromisoformat(at)
    return moment.astimezone(BUENOS_AIRES).date() if moment.tzinfo else moment.date()


def format_number(value: float) -> str:
    return _number(value, _LOCALES[language()])


def write_marks(number: str) -> str:
    """A number with a comma between thousands and a point before decimals, with the language's marks."""
    marks = {"es": str.maketrans(",.", ".,"), "en": {}}[language()]
    return re.sub(r"(?<=\d)[.,](?=\d)", lambda mark: mark[0].translate(marks), number)


def write_decimal(number: str) -> str:
    """A plain number (a point before its decimals) as the language writes decimals; what is no number stays
    as it is."""
    return write_marks(number) if re.fullmatch(r"[+-]?\d+\.\d+", number) else number


def format_percent(value: float) -> str:
    """A whole percentage, of a value between 0 and 100."""
    return f"{format_number(round(value))}\u00a0%"


def format_bytes(count: int) -> str:
    """A number of bytes for people: 812 bytes, 12 kB, 1,2 MB."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            shown = count / factor
            return f"{format_number(round(shown, 1 if shown < 10 else 0))} {unit}"
    return ngettext("{n} byte", "{n} bytes", count)


def format_date(at: str | date) -> str:
    """The day of an ISO 8601 moment or date, written out."""
    return _date(local_day(at) if isinstance(at, str) else at, _LOCALES[language()])


def format_month(month: str) -> str:
    """A month, as in 2023-05, written out."""
    pattern = {"es": "MMMM 'de' y", "en": "MMMM y"}[language()]
    from babel import dates  # loads all of time zones

    first_day = date.fromisoformat(f"{month}-01")
    return str(dates.format_date(first_day, pattern, locale=_LOCALES[language()]))


def quote(text: str) -> str:
    """The text between quotation marks."""
    return _("“{text}”", text=text)


def shorten(text: str, most: int) -> str:
    """The beginning of a text, with a sign that it goes on where it does."""
    return f"{text[:most]}…" if len(text) > most else text


def without_password(url: str) -> str:
    """An address as it may be shown: without a name and password that stand in it."""
    return re.sub(r"//[^/@]*@", "//", url)


def join_words(words: Iterable[str], most: int | None = None) -> str:
    """Words as people list them: "a, b and c". Of more than `most`, the first and how many more."""
    listed = list(words)
    if most is not None and len(listed) > most:
        more = len(listed) - most + 1
        listed = [*listed[: most - 1], ngettext("{n} more", "{n} more", more)]
    return str(lists.format_list(listed, locale=_LOCALES[language()]))


# A page repeats the same numbers and dates many times; Babel takes long over each.
@lru_cache(10_000)
def _number(value: float, locale: str) -> str:
    return str(numbers.format_decimal(value, locale=locale))


@lru_cache(10_000)
def _date(day: date, locale: str) -> str:
    from babel import dates

    return str(dates.format_date(day, "long", locale=locale))


UNSEEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u00a0\u00ad\u061c\u2000-\u200f\u2028-\u202f\u205f-\u2064"
    "\u2066-\u206f\u3000\ufe00-\ufe0f\ufeff\ufff9-\ufffc]"
)
"""Characters that nobody sees, or takes for another: controls, spaces that are none, marks of direction."""


def spell_unseen(text: str) -> str:
    """The text with what nobody can see in it spelt out: `Nuñez‹U+00A0›`; letters whose accent is a character
    of its own as one."""
    return UNSEEN.sub(lambda found: f"‹U+{ord(found[0]):04X}›", unicodedata.normalize("NFC", text))
