"""How a workbook shows a day or an hour: `mar-24`, `05/03/2024`, `14:30`."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from pipelines.dataset.months import MONTHS

BUILT_IN = {
    14: "d/m/yyyy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "d/m/yyyy h:mm",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
}
"""Formats that a workbook names by number alone (ECMA-376, part 1, 18.8.30); 14 and 22 are as the computer
has them, here as in Argentina."""
TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)(?:"|$)|\\(?P<escaped>.)|\[(?P<elapsed>h+|m+|s+)\]|\[[^\]]*\]|_.|\*.'
    r"|(?P<clock>am/pm|a/p)|(?P<part>y+|m+|d+|h+|s+)|(?P<fraction>\.0+)|(?P<sign>.)",
    re.IGNORECASE | re.DOTALL,
)
ENGLISH = re.compile(r"\[\$[^\]-]*-[0-9a-f]*0?09\]", re.IGNORECASE)
NAMES = {
    "es": {number: name for name, number in reversed(MONTHS.items())},
    "en": {number: name for name, number in MONTHS.items()},
}
"""What months are called: of a number's names the first is Spanish, and the last English."""
WEEKDAYS = {
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


@dataclass(frozen=True)
class DateFormat:
    """`parts` are letters (yyyy, mmm, d …; `n` for minutes) and, behind an apostrophe, texts; `shows` has the
    first letters of what is shown."""

    parts: tuple[str, ...]
    shows: frozenset[str]
    language: str = "es"
    half_days: bool = False

    @property
    def hides_time(self) -> bool:
        return not self.shows & set("hns")

    def show(self, text: str) -> str | None:
        """A day, a moment or a time of day (in ISO 8601) as a sheet shows it; None where it is none."""
        moment = _moment(text)
        if moment is None:
            return None
        if ":" in text and "-" not in text and not self.shows.isdisjoint("ymd"):
            # A time alone is of the day 0, which no calendar has, and a sheet shows so.
            return "".join(
                "0" * len(p) if p in ("d", "dd") else self._show_part(p, moment) for p in self.parts
            )
        return "".join(self._show_part(part, moment) for part in self.parts)

    def _show_part(self, part: str, moment: dt.datetime) -> str:
        letter, long = part[0], len(part)
        hour = (moment.hour + 11) % 12 + 1 if self.half_days else moment.hour
        match letter:
            case "'":
                return part[1:]
            case "y":
                return f"{moment.year:04}" if long > 2 else f"{moment.year % 100:02}"
            case "m" if long > 2:
                name = NAMES[self.language][moment.month]
                name = name.capitalize() if self.language == "en" else name
                return name if long == 4 else name[: 3 if long == 3 else 1]
            case "d" if long > 2:
                name = WEEKDAYS[self.language][moment.weekday()]
                return name if long > 3 else name[:3]
            case "p":
                return "AM" if moment.hour < 12 else "PM"
            case "f":
                return "." + f"{moment.microsecond:06}"[: long - 1]
        number = {"m": moment.month, "d": moment.day, "h": hour, "n": moment.minute, "s": moment.second}
        return f"{number[letter]:0{min(long, 2)}}"


def _moment(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        return dt.datetime.combine(dt.date(1900, 1, 1), dt.time.fromisoformat(text))
    except ValueError:
        return None


@lru_cache(maxsize=1_000)
def parse_date_format(code: str) -> DateFormat | None:
    """The format of days and hours; None of what shows none, or hours that were counted ([h]:mm)."""
    section = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code)[0]
    parts: list[str] = []
    for token in TOKEN.finditer(section):
        if token["elapsed"] or (token["sign"] or "") in ("0", "#", "?", "@", "%"):
            return None
        if token["sign"] and token["sign"].isalpha():
            return None  # General, eras, exponents
        if token["clock"]:
            parts.append("p")
        elif token["part"]:
            parts.append(token["part"].lower())
        elif token["fraction"]:
            parts.append("f" * len(token["fraction"]))
        elif literal := token["quoted"] or token["escaped"] or token["sign"]:
            parts.append(f"'{literal}")
    parts = _with_minutes(parts)
    shows = frozenset(part[0] for part in parts) & set("ymdhns")
    language = "en" if ENGLISH.search(section) else "es"
    return DateFormat(tuple(parts), shows, language, "p" in parts) if shows else None


def _with_minutes(parts: list[str]) -> list[str]:
    """The same, with `n` for what are minutes: an m or two behind hours, or before seconds."""
    places = [place for place, part in enumerate(parts) if part[0] in "ymdhs"]
    found = list(parts)
    for at, place in enumerate(places):
        if parts[place] not in ("m", "mm"):
            continue
        before = parts[places[at - 1]][0] if at else ""
        behind = parts[places[at + 1]][0] if at + 1 < len(places) else ""
        if before == "h" or behind == "s":
            found[place] = "n" * len(parts[place])
    return found
