"""Numbers, days and lists, written as the language of the moment writes them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from messages import language, ngettext

BUENOS_AIRES = timezone(timedelta(hours=-3))  # no daylight saving since 2009


def day(at: str) -> date:
    """The day in Buenos Aires of an ISO 8601 moment; a plain date is that day."""
    moment = datetime.fromisoformat(at)
    return moment.astimezone(BUENOS_AIRES).date() if moment.tzinfo else moment.date()


_LOCALES = {"es": "es_AR", "en": "en"}


def number(value: float) -> str:
    return _number(value, _LOCALES[language()])


@lru_cache(10_000)
def _number(value: float, locale: str) -> str:
    return str(format_decimal(value, locale=locale))


def size(count: int) -> str:
    """A number of bytes for people: 812 bytes, 12 kB, 1,2 MB."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            shown = count / factor
            return f"{number(round(shown, 1 if shown < 10 else 0))} {unit}"
    return ngettext("{n} byte", "{n} bytes", count)


def date_of(at: str) -> str:
    """The day of a moment or date, written out."""
    return _date(day(at), _LOCALES[language()])


@lru_cache(10_000)
def _date(day: date, locale: str) -> str:
    return str(format_date(day, "long", locale=locale))


def month_of(text: str) -> str:
    """A month, as in 2023-05, written out."""
    written = {"es": "MMMM 'de' y", "en": "MMMM y"}[language()]
    return str(format_date(date.fromisoformat(f"{text}-01"), written, locale=_LOCALES[language()]))


def _listed(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
