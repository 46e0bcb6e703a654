"""What stands under `pipeline:` in a dataset's declaration: how the published data is made.

The keys are camelCase, as in Data Package; an unknown key is an error, so that a typo never passes for an option.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator
from pydantic.alias_generators import to_camel

from messages import gettext as _
from pipelines.cron import is_cron
from pipelines.taken import Taken

# Perfil Nacional de metadatos, accrualPeriodicity and superTheme
PERIODICITIES = [
    *("R/P10Y", "R/P4Y", "R/P3Y", "R/P2Y", "R/P1Y", "R/P6M", "R/P4M", "R/P3M", "R/P2M", "R/P1M", "R/P0.5M", "R/P0.33M"),
    *("R/P1W", "R/P0.5W", "R/P0.33W", "R/P1D", "R/PT1H", "R/PT1S", "eventual"),
]
THEMES = ["AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "REGI", "SOCI", "TECH", "TRAN"]


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
        raise ValueError(_("use five cron fields (minute, hour, day, month, day of the week), as in {example}", example="30 3 * * *"))
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
Texts = Annotated[tuple[StrictStr, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]


class FormerName(Model):
    name: StrictStr
    until: Day


class Publisher(Model):
    id: Id
    name: StrictStr
    email: StrictStr | None = None
    former_names: tuple[FormerName, ...] = ()


class PackagePipeline(Model):
    """The package level: who publishes, how often, with which themes (codes of the Perfil Nacional), after which datasets."""

    publisher: Publisher
    accrual_periodicity: Annotated[StrictStr, AfterValidator(one_of(PERIODICITIES))]
    schedule: Annotated[StrictStr, AfterValidator(_cron)] | None = None
    super_theme: tuple[Annotated[StrictStr, AfterValidator(one_of(THEMES))], ...] = ()
    temporal: StrictStr | None = None
    spatial: Any = None
    contact_point: dict[StrictStr, StrictStr] | None = None
    demo: StrictBool = False
    needs: tuple[StrictStr, ...] = ()
    frozen: Literal[False] = False
    ckan: Taken | None = None


class Vintage(Model):
    """An extract of the past: the date of which it tells, and its file."""

    as_of: Day
    path: Path


class FileSource(Model):
    kind: Literal["file"]
    path: Path | None = None
    vintages: tuple[Vintage, ...] = ()

    @model_validator(mode="after")
    def one_way(self) -> FileSource:
        if (self.path is None) == (not self.vintages):
            raise ValueError(_("give either path or vintages"))
        dates = [vintage.as_of for vintage in self.vintages]
        if dates != sorted(set(dates)):
            raise ValueError(_("list the vintages from the oldest to the newest, one for each date"))
        return self


class HttpSource(Model):
    kind: Literal["http"]
    url: Annotated[StrictStr, AfterValidator(_url)]


class DerivedSource(Model):
    """A query over the releases of the datasets in `needs`."""

    kind: Literal["derived"]
    sql: StrictStr


Source = Annotated[FileSource | HttpSource | DerivedSource, Field(discriminator="kind")]


class Extract(Model):
    """What a delivery covers: all (`full`), the periods found in `field` (`by-period`), or new rows only (`append`)."""

    mode: Literal["full", "by-period", "append"] = "full"
    field: StrictStr | None = None

    @model_validator(mode="after")
    def field_given(self) -> Extract:
        if (self.mode == "by-period") != (self.field is not None):
            raise ValueError(_("field goes with mode by-period, and only there"))
        return self


class Writing(Model):
    """How a layout writes a field's values: properties of Table Schema; `format` may be several, tried in order."""

    format: Texts = ()
    decimal_char: Character | None = None
    group_char: Character | None = None
    bare_number: StrictBool | None = None
    true_values: tuple[StrictStr, ...] | None = None
    false_values: tuple[StrictStr, ...] | None = None
    missing_values: tuple[StrictStr, ...] | None = None


class CsvDialect(Model):
    """The properties of a CSV dialect (Data Package v2, *Table Dialect*) that a layout may fix."""

    delimiter: Character | None = None
    quote_char: Character | None = None
    double_quote: StrictBool = True
    escape_char: Character | None = None
    skip_initial_space: StrictBool = False


class Layout(Model):
    """How one raw layout writes the table: chosen where all of `header` stands among the file's labels.

    `ignore` leaves out every column with that label; of a label that a field comes under, all but the first.
    """

    header: tuple[StrictStr, ...] = ()
    labels: dict[StrictStr, StrictStr] = {}
    fields: dict[StrictStr, Writing] = {}
    ignore: tuple[StrictStr, ...] = ()
    encoding: StrictStr | None = None
    dialect: CsvDialect | None = None
    header_row: Annotated[StrictInt, Field(ge=1)] = 1


class Rule(Model):
    """A declared repair: the texts in `from`, or those that hold `pattern`, become `to` (null: missing), or the match `replace`.

    `then` says how what comes out is written; it stands in place of the layout's writing, and no later rule is tried.
    """

    from_: Texts = Field((), alias="from")
    pattern: Annotated[StrictStr, AfterValidator(_pattern)] | None = None
    replace: StrictStr | None = None
    to: StrictStr | None = None
    then: Writing | None = None
    because: StrictStr | None = None

    @model_validator(mode="after")
    def one_way(self) -> Rule:
        if bool(self.from_) == (self.pattern is not None):
            raise ValueError(_("give either from or pattern"))
        if (self.replace is not None) == ("to" in self.model_fields_set):
            raise ValueError(_("give either to or replace"))
        if self.replace is not None:
            if self.pattern is None:
                raise ValueError(_("replace goes with pattern"))
            try:
                re.compile(self.pattern).sub(self.replace, "")
            except (re.error, IndexError) as error:
                raise ValueError(_("replace does not fit the pattern ({why})", why=error)) from error
        return self


class Quarantine(Model):
    max_share: Literal[0] = 0


class PublicBecause(Model):
    public_because: StrictStr


class ResourcePipeline(Model):
    """The resource level: where the extract comes from, what it covers, how it is written, how it is repaired."""

    source: Source
    extract: Extract = Extract()
    layouts: tuple[Layout, ...] = ()
    values: dict[StrictStr, tuple[Rule, ...]] = {}
    expectations: Path | None = None
    quarantine: Quarantine = Quarantine()
    personal_data: dict[StrictStr, PublicBecause] = {}
    view: dict[StrictStr, Any] | None = None
