"""In which order and with which signs a column of dates is written, or from which day it counts."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pipelines.dataset.months import MONTHS, SHORT_MONTHS
from pipelines.read.detect.numbers import SPACES
from pipelines.read.detect.verdict import ENOUGH, FEW, WritingGuess, choose_writing

FINER = re.compile(r":\d\d[.,]\d{6}\d*[1-9]")
"""A moment finer than a millionth of a second, which no column of moments can hold."""
LONG = MONTHS.keys() | {"sept"}
CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    r"(?: ?(?:hs?\.?|horas|(?P<half>[ap])\.? ?m\.?))?"
)
NUMERIC = re.compile(
    rf"(?P<a>\d{{1,4}})(?P<sep>[/.\-])(?P<b>\d{{1,2}})(?P=sep)(?P<c>\d{{1,4}})(?:(?:T|,? +){CLOCK})?",
    re.IGNORECASE,
)
NAMED = re.compile(
    r"(?P<a>\d{1,2})(?:°|º)?(?P<sep>[ /.\-]| de )(?P<b>[a-z]{3,10})\.?(?:[ /.\-]| del? )(?P<c>\d{4}|\d\d)"
    + rf"(?: +{CLOCK})?",
    re.IGNORECASE,
)
JOINED = re.compile(r"(?P<a>(?:19|20)\d\d)(?P<b>\d\d)(?P<c>\d\d)")
SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")


MONTH = re.compile(
    r"(?P<a>\d{1,4})(?P<sep>[/.\- ])(?P<b>\d{1,4})|(?P<year>(?:19|20)\d\d)(?P<month>\d\d)"
    r"|(?P<first>\d\d)(?P<then>(?:19|20)\d\d)"
)
NAMED_MONTH = re.compile(
    r"(?P<name>[a-z]{3,10})\.?(?:[ /.\-]| del? |)(?P<year>\d{4}|\d\d)"
    r"|(?P<before>\d{4})[ /.\-](?P<last>[a-z]{3,10})\.?"
)
WHOLE_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
SURE_MONTH = re.compile(r"\d{4}|[a-z]{3}", re.IGNORECASE)
"""What a text has that says by itself which month it is: a whole year, or a name."""
YEAR = re.compile(
    r"'?\s*(?:a[ñn]o\s+)?(?:(?P<year>\d{4})(?:[.,]0+)?|(?P<one>\d)[.,](?P<rest>\d{3}))", re.IGNORECASE
)

# 1954 to 2064: what else has five digits is an amount or a code.
DAYS = range(19_725, 60_000)
START = {1900: dt.datetime(1899, 12, 30), 1904: dt.datetime(1904, 1, 1)}  # noqa: DTZ001
DAY_ORDERS = {"dmy": 'format: "%d', "mdy": 'format: "%m'}
"""How ways begin that have the day, or the month, first."""
OPPOSITES = (("dmy", "mdy"), ("mdy", "dmy"))
ORDERS = {"dmy": "%d{sep}%m{sep}%Y", "mdy": "%m{sep}%d{sep}%Y", "ymd": "%Y{sep}%m{sep}%d"}


class Moment(NamedTuple):
    day: dt.date
    time: dt.time | None


def guess_dates(
    cells: Mapping[str, int], kind: str, epoch: int = 1900, order: str | None = None
) -> WritingGuess | None:
    """How the cells of a `date` or `datetime` are written; None where they do not read in one way.

    `epoch` is the first year of the workbook's serial numbers, `order` (dmy or mdy) the one that is known
    from elsewhere. A day is no moment, and a moment no day unless it is midnight. What is no day at
    all says, among many cells, nothing of how days are written. A day that no calendar has is written as the
    others are, and speaks against no way; where these leave their order open, it shows that.
    """
    fits: dict[str, dict[str, str]] = {}
    never: list[str] = []
    many = sum(cells.values()) >= ENOUGH
    for text in cells:
        plain = _without_odd_spaces(text)
        readings = list(_date_readings(plain, epoch))
        if not readings and (NUMERIC.fullmatch(plain) or (many and not _DIGIT.search(plain))):
            never.append(text)
        for way, moment in readings:
            published = _iso_text(moment, kind)
            if published is not None:
                fits.setdefault(way, {})[text] = published
    gone = {*never}
    real = {text: count for text, count in cells.items() if text not in gone} if never else cells
    if not real:
        return None
    if (shown := _order_of_no_days(never)) and (open_ := _guess_order(fits, real, None)) and open_.others:
        order = shown
    verdict = _guess_order(fits, real, order)
    return _of_two_minds(verdict, fits, real) or verdict


def _guess_order(
    fits: Mapping[str, dict[str, str]], cells: Mapping[str, int], order: str | None
) -> WritingGuess | None:
    other = {"dmy": DAY_ORDERS["mdy"], "mdy": DAY_ORDERS["dmy"]}.get(order or "")
    if other:
        fits = {way: texts for way, texts in fits.items() if not way.startswith(other)} or fits
    verdict = choose_writing("dates", fits, cells, str, slack=0.0)
    return verdict or choose_writing("dates", _by_order(fits), cells, str, slack=0.0)


def _order_of_no_days(texts: Iterable[str]) -> str | None:
    """The one order of day and month in which days that never come are written: 31/02 has the day first."""
    orders = set()
    for text in texts:
        match = NUMERIC.fullmatch(_without_odd_spaces(text))
        if match and len(match["a"]) < 3:
            first, second = int(match["a"]), int(match["b"])
            orders |= {"dmy"} if 12 < first <= 31 and second <= 12 else set()
            orders |= {"mdy"} if 12 < second <= 31 and first <= 12 else set()
    return orders.pop() if len(orders) == 1 else None


def _by_order(fits: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Ways that differ in their signs alone, as 13/02/2026 and 13-02-2026, as one."""
    ways: dict[str, list[str]] = {}
    for way in fits:
        if (order := day_order(way)) and "%B" not in way:
            ways.setdefault(order, []).append(way)
    joined = {}
    for some in ways.values():
        formats = ", ".join(way.removeprefix("format: ") for way in some)
        joined[f"format: [{formats}]"] = {text: day for way in some for text, day in fits[way].items()}
    return joined


def is_symmetric(text: str) -> bool:
    """Whether a text of a day, or a month, says the same in whichever order it is read: 05/05/2026."""
    first, second, *_rest = (*re.findall(r"\d+", text), "", "")
    return bool(first) and first.lstrip("0") == second.lstrip("0")


def day_order(way: str) -> str | None:
    """In which order a way of writing has day and month (dmy, mdy); None where it has neither first."""
    plain = way.replace("[", "", 1)
    return next((order for order, begin in DAY_ORDERS.items() if plain.startswith(begin)), None)


def _of_two_minds(
    verdict: WritingGuess | None, fits: Mapping[str, Mapping[str, str]], cells: Mapping[str, int]
) -> WritingGuess | None:
    """What is to be asked of a column some of whose cells can only be day and month, others only month and
    day, as often as these or too often to be named one by one; None where that is not so."""
    if verdict is not None and not verdict.others:
        unread = sum(count for text, count in cells.items() if text not in verdict.texts)
        if unread <= FEW:
            return None
    ways = [way for way in fits if day_order(way) and "%B" not in way]
    texts: dict[str, dict[str, str]] = {order: {} for order in DAY_ORDERS}
    for way in ways:
        texts[day_order(way) or ""].update(fits[way])
    only = {order: [text for text in texts[order] if text not in texts[other]] for order, other in OPPOSITES}
    if not all(only.values()):
        return None
    possible = frozenset(texts["dmy"]) | frozenset(texts["mdy"])
    share = sum(cells[text] for text in possible) / sum(cells.values())
    against = only["dmy"][0], only["mdy"][0]
    return WritingGuess("dates", ways[0], {}, 0.0, tuple(ways[1:]), share, possible, against)


def ways_of_day(text: str, kind: str, epoch: int) -> Iterator[str]:
    """The ways of writing in which a text is a `date`, or a `datetime`."""
    for way, moment in _date_readings(_without_odd_spaces(text), epoch):
        if _iso_text(moment, kind) is not None:
            yield way


def is_no_day(text: str) -> bool:
    """Whether a text is written as a day that no calendar has."""
    match = NUMERIC.fullmatch(_without_odd_spaces(text))
    return match is not None and next(_numeric_readings(match), None) is None


def is_no_date(text: str) -> bool:
    """Whether a text is words alone, or written as a day that no calendar has."""
    return not _DIGIT.search(text) or is_no_day(text)


_DIGIT = re.compile(r"\d")


def guess_months(cells: Mapping[str, int], epoch: int = 1900) -> WritingGuess | None:
    """How the cells of a `yearmonth` are written. A day stands for its month where it is the first: so a
    spreadsheet keeps what was typed as ene-24. What says by itself which month it is may be written in any
    way beside the others."""
    fits: dict[str, dict[str, str]] = {}
    sure = {text: text.strip() for text in cells if WHOLE_MONTH.fullmatch(text.strip())}
    ways: dict[str, None] = {}
    for text in cells:
        readings = dict(_month_readings(_without_odd_spaces(text), epoch))
        for way, published in readings.items():
            fits.setdefault(way, {})[text] = published
        if text not in sure and SURE_MONTH.search(text) and len(set(readings.values())) == 1:
            sure[text] = next(iter(readings.values()))
            ways[next(iter(readings))] = None
    for texts in fits.values():
        texts.update(sure)
    verdict = choose_writing("dates", fits, cells, str)
    if verdict is None or verdict.others or verdict.value not in ways or len(ways) == 1:
        return verdict
    several = ", ".join(way.removeprefix("format: ") for way in ways)
    return replace(verdict, value=f"format: [{several}]")


def short_month_readings(text: str) -> list[str]:
    """The months that a text of two numbers can be meant as."""
    return list(dict.fromkeys(month for _way, month in _month_readings(text.strip(), 1900)))


def guess_years(cells: Mapping[str, int]) -> WritingGuess | None:
    """How the cells of a `year` are written: with the marks of a number, as texts of a spreadsheet, with
    spaces around them."""
    found = {text: year for text in cells if (year := whole_year(text)) is not None}
    return choose_writing("years", {"2024": found}, cells, str)


def whole_year(text: str) -> str | None:
    """The year that a text stands for, whatever a spreadsheet added to it; None where it may be none."""
    match = YEAR.fullmatch(text.strip())
    if match is None:
        return None
    year = match["year"] or match["one"] + match["rest"]
    return year if match["year"] or _calendar_day(year, "1", "1") else None


def _month_readings(text: str, epoch: int) -> Iterator[tuple[str, str]]:
    """Each way of reading a text as a month, with the month."""
    if match := MONTH.fullmatch(text):
        yield from _numeric_months(match)
    elif match := NAMED_MONTH.fullmatch(text.casefold()):
        name = match["name"] or match["last"]
        number = SHORT_MONTHS.get(name[:3]) if len(name) == 3 or name in LONG else None
        if number and (day := _calendar_day(match["year"] or match["before"], str(number), "1")):
            yield 'format: "%B %Y"' if match["name"] else 'format: "%Y %B"', f"{day:%Y-%m}"
    elif not SERIAL.fullmatch(text):
        for way, moment in _date_readings(text, epoch):
            if moment.day.day == 1 and moment.time in (None, dt.time()):
                yield way, f"{moment.day:%Y-%m}"


def _numeric_months(match: re.Match[str]) -> Iterator[tuple[str, str]]:
    a, b, sep = match["a"], match["b"], match["sep"]
    if a is None:
        year, month = match["year"] or match["then"], match["month"] or match["first"]
        ways = [("%Y%m" if match["year"] else "%m%Y", year, month)]
    else:
        ways = [(f"%m{sep}%{_year(b)}", b, a), (f"%{_year(a)}{sep}%m", a, b)]
    for way, year, month in ways:
        if len(year) in (2, 4) and len(month) < 3 and (day := _calendar_day(year, month, "1")):
            yield f'format: "{way}"', f"{day:%Y-%m}"


def _year(digits: str) -> str:
    return "Y" if len(digits) == 4 else "y"


def guess_times(cells: Mapping[str, int]) -> WritingGuess | None:
    """How the cells of a `time` are written: only hours and minutes, without a leading zero, or by halves of
    the day."""
    fits: dict[str, dict[str, str]] = {}
    for text in cells:
        match = re.fullmatch(CLOCK, _without_odd_spaces(text), re.IGNORECASE)
        if match and (time := _clock_time(match)):
            way = "%I:%M %p" if match["half"] else "%H:%M"
            fits.setdefault(f'format: "{way}"', {})[text] = time.isoformat()
    return choose_writing("times", fits, cells, str)


def _without_odd_spaces(text: str) -> str:
    return text.translate(SPACES).strip()


def workbook_epoch(workbook: Path) -> int:
    """The year from which an XLSX counts its days: 1904 where it was made so (on old Macintosh computers),
    else 1900."""
    try:
        with zipfile.ZipFile(workbook) as packed, packed.open("xl/workbook.xml") as file:
            book = file.read(1_000_000)
    except (zipfile.BadZipFile, KeyError, OSError):
        return 1900
    return 1904 if re.search(rb"date1904=[\"'](1|true)[\"']", book) else 1900


def _iso_text(moment: Moment, kind: str) -> str | None:
    if kind == "date":
        return moment.day.isoformat() if moment.time in (None, dt.time()) else None
    return dt.datetime.combine(moment.day, moment.time).isoformat() if moment.time is not None else None


def _date_readings(text: str, epoch: int) -> Iterator[tuple[str, Moment]]:
    """Each way of reading a text as a date, with what it then says."""
    if match := NUMERIC.fullmatch(text):
        yield from _numeric_readings(match)
    elif match := JOINED.fullmatch(text):
        if day := _calendar_day(match["a"], match["b"], match["c"]):
            yield 'format: "%Y%m%d"', Moment(day, None)
    elif match := NAMED.fullmatch(text.casefold()):
        month = SHORT_MONTHS.get(match["b"][:3]) if len(match["b"]) == 3 or match["b"] in LONG else None
        if month and (day := _calendar_day(match["c"], str(month), match["a"])):
            yield from _add_time(f'format: "%d{match["sep"]}%B{match["sep"]}%Y"', day, match)
    elif SERIAL.fullmatch(text):
        count = float(text.replace(",", "."))
        if int(count) in DAYS:
            moment = START[epoch] + dt.timedelta(seconds=round(count * 86_400))
            yield f"excel: {epoch}", Moment(moment.date(), moment.time())


def _numeric_readings(match: re.Match[str]) -> Iterator[tuple[str, Moment]]:
    a, b, c = match["a"], match["b"], match["c"]
    orders: dict[str, tuple[str, str, str]] = {}
    if len(a) == 4 and len(c) <= 2:
        orders = {"ymd": (a, b, c)}
    elif len(a) < 3 and len(c) in (2, 4):
        orders = {"dmy": (c, b, a), "mdy": (c, a, b)}
    for order, (year, month, day) in orders.items():
        if found := _calendar_day(year, month, day):
            yield from _add_time(f'format: "{ORDERS[order].format(sep=match["sep"])}"', found, match)


def _add_time(way: str, day: dt.date, match: re.Match[str]) -> Iterator[tuple[str, Moment]]:
    if match["hour"] is None:
        yield way, Moment(day, None)
    elif (time := _clock_time(match)) is not None:
        seconds = ":%S" if match["second"] else ""
        clock = f"%I:%M{seconds} %p" if match["half"] else f"%H:%M{seconds}"
        yield f'{way[:-1]} {clock}"', Moment(day, time)


def _clock_time(match: re.Match[str]) -> dt.time | None:
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    fraction = int((match["fraction"] or "0")[:6].ljust(6, "0"))
    if match["half"]:
        hour = hour % 12 + 12 * (match["half"].casefold() == "p") if 1 <= hour <= 12 else 24
    return dt.time(hour, minute, second, fraction) if hour < 24 and minute < 60 and second < 60 else None


def _calendar_day(year: str, month: str, day: str) -> dt.date | None:
    """A day; a year of two digits is of 1969 to 2068, as strptime has it."""
    number = int(year)
    if len(year) == 2:
        number += 1900 if number >= 69 else 2000
    elif not 1800 <= number <= 2200:
        return None
    try:
        return dt.date(number, int(month), int(day))
    except ValueError:
        return None
