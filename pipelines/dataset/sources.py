"""Where an extract comes from: the keys under `source`, one model for each way in which publishers
publish."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictStr, model_validator

from messages import gettext as _
from pipelines.dataset.keys import Day, Model, Path, Url


class Vintage(Model):
    """An extract of the past: the date of which it tells, and its file."""

    as_of: Day
    path: Path


class FolderSource(Model):
    """Extracts that lie in the dataset's folder: one file, or several with their dates."""

    kind: StrictStr
    path: Path | None = None
    vintages: tuple[Vintage, ...] = ()

    @model_validator(mode="after")
    def check_order(self) -> FolderSource:
        dates = [vintage.as_of for vintage in self.vintages]
        if dates != sorted(set(dates)):
            raise ValueError(_("list the vintages from the oldest to the newest, one for each date"))
        return self

    @property
    def place_count(self) -> int:
        """How many of `path` and `vintages` are given."""
        return (self.path is not None) + bool(self.vintages)


class FileSource(FolderSource):
    kind: Literal["file"]

    @model_validator(mode="after")
    def check_ways(self) -> FileSource:
        if self.place_count != 1:
            raise ValueError(_("give either path or vintages"))
        return self


class WebVintage(Model):
    """An extract of the past at an address of its own: the date of which it tells, and the address."""

    as_of: Day
    url: Url


class HttpSource(Model):
    """An extract at a web address; or several, each with the date of which it tells: those of the past are
    read once, the newest again and again."""

    kind: Literal["http"]
    url: Url | None = None
    vintages: tuple[WebVintage, ...] = ()

    @model_validator(mode="after")
    def check_ways(self) -> HttpSource:
        if (self.url is None) == (not self.vintages):
            raise ValueError(_("give either url or vintages"))
        dates = [vintage.as_of for vintage in self.vintages]
        if dates != sorted(set(dates)):
            raise ValueError(_("list the vintages from the oldest to the newest, one for each date"))
        return self

    def address_at(self, day: date | None) -> tuple[str | None, date | None]:
        """The address that holds on a day (None: now), and the date of which it tells; no address where the
        first vintage is younger."""
        url, told = self.url, None
        for vintage in self.vintages:
            if day is None or vintage.as_of <= day:
                url, told = vintage.url, vintage.as_of
        return url, told


class InboxSource(Model):
    """What the agency hands in, in its folder of the inbox; `path` is what is read while nothing was handed
    in."""

    kind: Literal["inbox"]
    path: Path | None = None


def _check_user_agent(value: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?", value):
        raise ValueError(_("use printable ASCII characters"))
    return value


class ConsulSource(FolderSource):
    """A collection of a Consul installation, asked of its GraphQL address, or its answers as they were kept
    in the folder.

    `user_agent`: some installations refuse who does not name a browser.
    """

    kind: Literal["consul"]
    url: Url | None = None
    query: Literal["proposals", "budgets", "investments", "milestones", "tags", "geozones"]
    user_agent: Annotated[StrictStr, AfterValidator(_check_user_agent)] | None = None

    @model_validator(mode="after")
    def check_ways(self) -> ConsulSource:
        if self.place_count + (self.url is not None) != 1:
            raise ValueError(_("give one of url, path or vintages"))
        if self.user_agent is not None and self.url is None:
            raise ValueError(_("userAgent goes with url"))
        return self


def _check_board(value: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z]{8}|[0-9a-f]{24}", value):
        raise ValueError(_("use the board's id, or the eight characters after /b/ in its address"))
    return value


class TrelloSource(FolderSource):
    """A Trello board, or its JSON export as it was kept in the folder; `table` says what a row is.

    `name` is the board's name as far as known: another one is reported. `period` adds a column for the period
    of the day that the board was read, or that a vintage tells of.
    """

    kind: Literal["trello"]
    board: Annotated[StrictStr, AfterValidator(_check_board)] | None = None
    name: StrictStr | None = None
    table: Literal["cards", "checkItems", "attachments"] = "cards"
    period: Literal["P1M", "P3M", "P6M"] | None = None

    @model_validator(mode="after")
    def check_ways(self) -> TrelloSource:
        if self.place_count + (self.board is not None) != 1:
            raise ValueError(_("give one of board, path or vintages"))
        if self.period and self.path:
            raise ValueError(_("period needs a date: give vintages instead of path"))
        return self


class DerivedSource(Model):
    """A query over the releases of the datasets in `needs`."""

    kind: Literal["derived"]
    sql: StrictStr


class ArchiveSource(Model):
    """What the archive tells of our own publishing: the quality of each dataset, or what was decided and
    found about personal data."""

    kind: Literal["archive"]
    table: Literal["quality", "personalData"]


Source = Annotated[
    FileSource | HttpSource | ConsulSource | TrelloSource | InboxSource | DerivedSource | ArchiveSource,
    Field(discriminator="kind"),
]
