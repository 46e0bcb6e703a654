"""What stands under `pipeline:` in a dataset's declaration: how the published data is made.

The keys are camelCase, as in Data Package; an unknown key is an error, so that a typo never passes for an option.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictStr,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

PERIODICITIES = [
    *("R/P10Y", "R/P4Y", "R/P3Y", "R/P2Y", "R/P1Y", "R/P6M", "R/P4M", "R/P3M", "R/P2M", "R/P1M", "R/P0.5M", "R/P0.33M"),
    *("R/P1W", "R/P0.5W", "R/P0.33W", "R/P1D", "R/PT1H", "R/PT1S", "eventual"),
]
THEMES = ["AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "REGI", "SOCI", "TECH", "TRAN"]
ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


def one_of(allowed: list[str]) -> Any:
    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError("use one of " + ", ".join(allowed))
        return value

    return check


class FormerName(Model):
    name: StrictStr
    until: date


class Publisher(Model):
    id: Annotated[StrictStr, Field(pattern=ID)]
    name: StrictStr
    email: StrictStr | None = None
    former_names: tuple[FormerName, ...] = ()


class PackagePipeline(Model):
    """The package level: who publishes, how often, with which themes (codes of the Perfil Nacional), after which datasets."""

    publisher: Publisher
    accrual_periodicity: StrictStr
    schedule: StrictStr | None = None
    super_theme: tuple[StrictStr, ...] = ()
    temporal: StrictStr | None = None
    spatial: Any = None
    contact_point: dict[str, StrictStr] | None = None
    demo: bool = False
    needs: tuple[StrictStr, ...] = ()
    frozen: Literal[False] = False
    ckan: dict[str, Any] | None = None

    _periodicity = field_validator("accrual_periodicity")(one_of(PERIODICITIES))

    @field_validator("super_theme")
    @classmethod
    def themes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for theme in value:
            one_of(THEMES)(theme)
        return value

    @field_validator("schedule")
    @classmethod
    def cron(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"\S+( \S+){4}", value):
            raise ValueError("use five cron fields, as in '30 3 * * *'")
        return value


class Vintage(Model):
    """An extract of the past: the date of which it tells, and its file."""

    as_of: date
    path: StrictStr


class FileSource(Model):
    kind: Literal["file"]
    path: StrictStr | None = None
    vintages: tuple[Vintage, ...] = ()

    @model_validator(mode="after")
    def one_way(self) -> FileSource:
        if (self.path is None) == (not self.vintages):
            raise ValueError("give either path or vintages")
        dates = [vintage.as_of for vintage in self.vintages]
        if dates != sorted(set(dates)):
            raise ValueError("list the vintages from the oldest to the newest, one for each date")
        return self


class HttpSource(Model):
    kind: Literal["http"]
    url: Annotated[StrictStr, Field(pattern=r"^https?://")]


Source = Annotated[FileSource | HttpSource, Field(discriminator="kind")]


class Extract(Model):
    """What a delivery covers: all (`full`), the periods found in `field` (`by-period`), or new rows only (`append`)."""

    mode: Literal["full", "by-period", "append"] = "full"
    field: StrictStr | None = None

    @model_validator(mode="after")
    def field_given(self) -> Extract:
        if (self.mode == "by-period") != (self.field is not None):
            raise ValueError("field goes with mode by-period, and only there")
        return self


class Writing(Model):
    """How a layout writes a field's values: properties of Table Schema; `format` may be several, tried in order."""

    format: StrictStr | tuple[StrictStr, ...] | None = None
    decimal_char: StrictStr | None = None
    group_char: StrictStr | None = None
    bare_number: bool | None = None
    true_values: tuple[StrictStr, ...] | None = None
    false_values: tuple[StrictStr, ...] | None = None
    missing_values: tuple[StrictStr, ...] | None = None


class CsvDialect(Model):
    """The properties of a CSV dialect (Data Package v2, *Table Dialect*) that a layout may fix."""

    delimiter: Annotated[StrictStr, Field(min_length=1, max_length=1)] | None = None
    quote_char: Annotated[StrictStr, Field(min_length=1, max_length=1)] | None = None
    double_quote: bool = True


class Layout(Model):
    """How one raw layout writes the table: chosen where all of `header` stands among the file's labels."""

    header: tuple[StrictStr, ...] = ()
    labels: dict[StrictStr, StrictStr] = {}
    fields: dict[StrictStr, Writing] = {}
    ignore: tuple[StrictStr, ...] = ()
    encoding: StrictStr | None = None
    dialect: CsvDialect | None = None
    header_row: Annotated[int, Field(ge=1)] = 1


class Rule(Model):
    """A declared repair: the texts in `from`, or those that match `pattern`, become `to` (null: missing) or `replace`."""

    from_: tuple[StrictStr, ...] = Field((), alias="from")
    pattern: StrictStr | None = None
    replace: StrictStr | None = None
    to: StrictStr | None = None
    then: Writing | None = None
    because: StrictStr | None = None

    @field_validator("pattern")
    @classmethod
    def compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return value

    @model_validator(mode="after")
    def one_way(self) -> Rule:
        if bool(self.from_) == (self.pattern is not None):
            raise ValueError("give either from or pattern")
        if (self.replace is not None) == ("to" in self.model_fields_set):
            raise ValueError("give either to or replace")
        if self.replace is not None and self.pattern is None:
            raise ValueError("replace goes with pattern")
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
    expectations: StrictStr | None = None
    quarantine: Quarantine = Quarantine()
    personal_data: dict[StrictStr, PublicBecause] = {}
    view: dict[str, Any] | None = None
