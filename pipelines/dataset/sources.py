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


class AddressedSource(FolderSource):
    """What is asked at an address, or its answers as they were kept in the folder."""

    url: Url | None = None

    @model_validator(mode="after")
    def check_place(self) -> AddressedSource:
        if self.place_count + (self.url is not None) != 1:
            raise ValueError(_("give one of url, path or vintages"))
        return self


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


BoardTable = Literal["cards", "checkItems", "attachments"]
"""What a row of a Trello board is."""


class InboxSource(Model):
    """What the agency hands in, in its folder of the inbox; `path` is what is read while nothing was handed
    in. `trello`: it hands in a board's JSON export, of which this is read."""

    kind: Literal["inbox"]
    path: Path | None = None
    trello: BoardTable | None = None


def _check_user_agent(value: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?", value):
        raise ValueError(_("use printable ASCII characters"))
    return value


class ConsulSource(AddressedSource):
    """A collection of a Consul installation, asked of its GraphQL address, or its answers as they were kept
    in the folder.

    `user_agent`: some installations refuse who does not name a browser.
    """

    kind: Literal["consul"]
    query: Literal["proposals", "budgets", "investments", "milestones", "tags", "geozones"]
    user_agent: Annotated[StrictStr, AfterValidator(_check_user_agent)] | None = None

    @model_validator(mode="after")
    def check_ways(self) -> ConsulSource:
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
    table: BoardTable = "cards"
    period: Literal["P1M", "P3M", "P6M"] | None = None

    @model_validator(mode="after")
    def check_ways(self) -> TrelloSource:
        if self.place_count + (self.board is not None) != 1:
            raise ValueError(_("give one of board, path or vintages"))
        if self.period and self.path:
            raise ValueError(_("period needs a date: give vintages instead of path"))
        return self


def _check_database_url(value: str) -> str:
    known = re.fullmatch(r"(postgresql|mysql|mariadb|oracle|mssql|sqlite)(\+\w+)?://(?P<rest>\S*)", value)
    if not known:
        raise ValueError(_("use a database's address, as in postgresql://host/database"))
    if re.match(r"[^/]*:[^/]*@", known["rest"]) or re.search(r"[?&]pass\w*=", value, re.IGNORECASE):
        raise ValueError(
            _(
                "a declaration holds no password: put the whole address into the setting VEREDA_DATABASES, "
                "and name it here as database"
            )
        )
    if value.startswith("sqlite"):
        _check_path_below(known["rest"].removeprefix("/"))
    return value


def _check_path_below(path: str) -> None:
    """A file of SQLite lies in the dataset's folder, as every other."""
    parts = path.split("/")
    if not path or path.startswith("/") or ".." in parts or "?" in path:
        raise ValueError(_("name a file inside the dataset's folder, with / between folders"))


def _check_query(value: str) -> str:
    if ";" in value.strip().removesuffix(";"):
        raise ValueError(_("write one SELECT, without a semicolon in it"))
    return value.strip().removesuffix(";")


class SqlSource(Model):
    """Rows of a database: a table, or the answer to a query. `database` names one of VEREDA_DATABASES; `url`
    is for addresses that need no password.

    `watermark`: a column that never falls (a serial number, the time of the last change); only rows from the
    highest value on that was published are asked for.
    """

    kind: Literal["sql"]
    database: StrictStr | None = None
    url: Annotated[StrictStr, AfterValidator(_check_database_url)] | None = None
    table: Annotated[StrictStr, Field(min_length=1)] | None = None
    query: Annotated[StrictStr, AfterValidator(_check_query)] | None = None
    watermark: StrictStr | None = None

    @model_validator(mode="after")
    def check_ways(self) -> SqlSource:
        if (self.database is None) == (self.url is None):
            raise ValueError(_("give either database or url"))
        if (self.table is None) == (self.query is None):
            raise ValueError(_("give either table or query"))
        return self


class CkanSource(AddressedSource):
    """What another CKAN at `url` has: the rows of one of its tables (`resource`, its id), or a list of its
    datasets or of their files (`list`), of all or of one organization.

    A file in the folder holds the answers as they were kept.
    """

    kind: Literal["ckan"]
    resource: StrictStr | None = None
    list: Literal["datasets", "files"] | None = None
    organization: StrictStr | None = None

    @model_validator(mode="after")
    def check_ways(self) -> CkanSource:
        if (self.resource is None) == (self.list is None):
            raise ValueError(_("give either resource or list"))
        if self.organization is not None and self.list is None:
            raise ValueError(_("organization goes with list"))
        return self


class DataJsonSource(AddressedSource):
    """The catalogue that a publisher gives as a `data.json` (Perfil Nacional, DCAT-US): its datasets, or
    their files."""

    kind: Literal["datajson"]
    list: Literal["datasets", "files"] = "datasets"


def _check_table_name(value: str) -> str:
    if not re.fullmatch(r"[a-z]+([_-][a-z]+)*", value):
        raise ValueError(_("use the end of its file's name in the ZIP: proposals, results, meetings …"))
    return value


class OcdsSource(AddressedSource):
    """Open Contracting data: a release package, a record package, or one of either a line; `table` says what
    a row is."""

    kind: Literal["ocds"]
    table: Literal["tenders", "awards", "contracts", "suppliers", "items"]


class DecidimSource(AddressedSource):
    """The open data of a Decidim: its ZIP of tables, of which `table` names one, or that table's CSV."""

    kind: Literal["decidim"]
    table: Annotated[StrictStr, AfterValidator(_check_table_name)]


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
    FileSource
    | HttpSource
    | InboxSource
    | ConsulSource
    | TrelloSource
    | SqlSource
    | CkanSource
    | DataJsonSource
    | OcdsSource
    | DecidimSource
    | DerivedSource
    | ArchiveSource,
    Field(discriminator="kind"),
]
