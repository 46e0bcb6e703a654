"""What the keys of a declaration may hold: each kind of value says what to write where it is none.

The keys are camelCase, as in Data Package; an unknown key is an error, so that a typo never passes for an
option.

When a dataset is due, as a cron line (crontab(5)): five fields of numbers, names, ranges, lists and steps.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StrictStr
from pydantic.alias_generators import to_camel

from messages import gettext as _

MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}


# Minute, hour, day, month, day of the week: lowest and highest number, and names that stand for numbers.
FIELDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, MONTHS),
    (0, 7, DAYS),
)


def is_cron(line: str) -> bool:
    parts = line.split()
    return len(parts) == 5 and all(_fits(part, *limits) for part, limits in zip(parts, FIELDS, strict=True))


def _fits(text: str, low: int, high: int, names: dict[str, int]) -> bool:
    for part in text.split(","):
        span, slash, step = part.partition("/")
        ends = [str(names.get(end.lower(), end)) for end in span.split("-")] if span != "*" else [str(low)]
        numbers = [int(end) for end in ends if re.fullmatch(r"[0-9]{1,2}", end)]
        if (
            len(numbers) != len(ends)
            or len(ends) > 2
            or numbers != sorted(numbers)
            or not all(low <= n <= high for n in numbers)
        ):
            return False
        if slash and not re.fullmatch(r"[1-9][0-9]?", step):
            return False
    return True


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=False)


def one_of(allowed: list[str]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(_("use one of {known}", known=", ".join(allowed)))
        return value

    return check


def _id(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise ValueError(_("use lower-case letters, digits and single hyphens"))
    return value


def _inside(value: str) -> str:
    if not value or PurePosixPath(value).is_absolute() or ".." in PurePosixPath(value).parts or "\\" in value:
        raise ValueError(_("name a file inside the dataset's folder, with / between folders"))
    return value


def _date(value: object) -> date:
    with suppress(ValueError):
        if isinstance(value, str):
            return date.fromisoformat(value)
    raise ValueError(_("use a date, as in 2024-09-01"))


def _url(value: str) -> str:
    if not re.match(r"https?://[^/\s]", value) or re.search(r"\s", value):
        raise ValueError(_("use an address that begins with https:// or http://"))
    return value


def _cron(value: str) -> str:
    if not is_cron(value):
        raise ValueError(
            _(
                "use five cron fields (minute, hour, day, month, day of the week), as in {example}",
                example="30 3 * * *",
            )
        )
    return value


def _one_character(value: str) -> str:
    if len(value) != 1 or value in "\r\n":
        raise ValueError(_("use a single character"))
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(_("not a regular expression ({why})", why=error)) from error
    return value


Id = Annotated[StrictStr, AfterValidator(_id)]
Path = Annotated[StrictStr, AfterValidator(_inside)]
Day = Annotated[date, BeforeValidator(_date)]
Character = Annotated[StrictStr, AfterValidator(_one_character)]
Url = Annotated[StrictStr, AfterValidator(_url)]
Cron = Annotated[StrictStr, AfterValidator(_cron)]
Pattern = Annotated[StrictStr, AfterValidator(_pattern)]
Texts = Annotated[
    tuple[StrictStr, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]
