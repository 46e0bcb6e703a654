"""How fresh a dataset is: the age of its data beside the rhythm that its publisher promised."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

from catalog.portal.listing import Edition, Listing

BUENOS_AIRES = timezone(timedelta(hours=-3))  # no daylight saving since 2009
_DAYS = {"Y": 365.25, "M": 30.44, "W": 7.0, "D": 1.0}


def day(at: str) -> date:
    """The day in Buenos Aires of an ISO 8601 moment; a plain date is that day."""
    moment = datetime.fromisoformat(at)
    return moment.astimezone(BUENOS_AIRES).date() if moment.tzinfo else moment.date()


def freshness(listing: Listing, now: datetime) -> str | None:
    """`fresh`, `due`, `late`, `very-late`; None where nothing is promised, or no version is left."""
    period = days(str(listing.descriptor.get("accrualPeriodicity", "")))
    if listing.current is None or period is None:
        return None
    return word((now.astimezone(BUENOS_AIRES).date() - day(listing.current.as_of or listing.current.at)).days, period)


def at_release(edition: Edition, descriptor: Mapping[str, Any]) -> str | None:
    """The word for a version on the day of its release, under the promise of its own descriptor."""
    period = days(str(descriptor.get("accrualPeriodicity", "")))
    return None if period is None else word((day(edition.at) - day(edition.as_of or edition.at)).days, period)


def word(age: int, period: float) -> str:
    """The word for data `age` days old where new data is promised every `period` days, at least a day."""
    periods = age / max(period, 1)
    for limit, said in ((1, "fresh"), (1.5, "due"), (3, "late")):
        if periods <= limit:
            return said
    return "very-late"


def days(periodicity: str) -> float | None:
    """The length of an ISO 8601 repeating interval ("R/P1M", "R/P0.5M", "R/PT1H") in days; None for `eventual` and what is none."""
    match = re.fullmatch(r"R/P(?:(\d+(?:\.\d+)?)([YMWD])|T\d+(?:\.\d+)?[HMS])", periodicity)
    if not match:
        return None
    return float(match[1]) * _DAYS[match[2]] if match[1] else 0.0
