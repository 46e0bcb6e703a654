"""What the keys of a declaration may hold: each kind of value says what to write where it is none.

The keys are camelCase, as in Data Package; an unknown key is an error, so that a typo never passes for an
option.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import Annotated

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StrictStr
from pydantic.alias_generators import to_camel

from messages import gettext as _


def is_cron(line: str) -> bool:
    """Whether these are five fields of crontab(5). cronsim also knows last days (`L`) and third Mondays
    (`#`), which the scheduler reads in another way or not at all."""
    if len(line.split()) != 5 or re.search(r"#|\b\d*L", line, re.IGNORECASE):
        return False
    try:
        CronSim(line, datetime(2024, 1, 1, tzinfo=UTC))
    except CronSimError:
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


def _check_id(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise ValueError(_("use lower-case letters, digits and single hyphens"))
    return value


def _check_path(value: str) -> str:
    path = PurePosixPath(value)
    if not value or path.is_absolute() or ".." in path.parts or re.search(r"[\\\x00-\x1f\x7f]", value):
        raise ValueError(_("name a file inside the dataset's folder, with / between folders"))
    return value


def _parse_day(value: object) -> date:
    with suppress(ValueError):
        if isinstance(value, str):
            return date.fromisoformat(value)
    raise ValueError(_("use a date, as in 2024-09-01"))


def _check_url(value: str) -> str:
    if not re.match(r"https?://[^/\s]", value) or re.search(r"\s", value):
        raise ValueError(_("use an address that begins with https:// or http://"))
    return value


def _check_cron(value: str) -> str:
    if not is_cron(value):
        raise ValueError(
            _(
                "use five cron fields (minute, hour, day, month, day of the week), as in {example}",
                example="30 3 * * *",
            )
        )
    return value


def _check_character(value: str) -> str:
    if len(value) != 1 or value in "\r\n":
        raise ValueError(_("use a single character"))
    return value


def _check_pattern(value: str) -> str:
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(_("not a regular expression ({why})", why=error)) from error
    return value


def _check_text(value: str) -> str:
    if not value.strip():
        raise ValueError(_("write a sentence"))
    return value.strip()


Text = Annotated[StrictStr, AfterValidator(_check_text)]
Id = Annotated[StrictStr, AfterValidator(_check_id)]
Path = Annotated[StrictStr, AfterValidator(_check_path)]
Day = Annotated[date, BeforeValidator(_parse_day)]
Character = Annotated[StrictStr, AfterValidator(_check_character)]
Url = Annotated[StrictStr, AfterValidator(_check_url)]
Cron = Annotated[StrictStr, AfterValidator(_check_cron)]
Pattern = Annotated[StrictStr, AfterValidator(_check_pattern)]
Texts = Annotated[
    tuple[StrictStr, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]
