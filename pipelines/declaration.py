"""What stands under `pipeline:` in a dataset's declaration: how the published data is made.

The keys are camelCase, as in Data Package; an unknown key is an error, so that a typo never passes for an option.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr, model_validator

from messages import gettext as _
from pipelines.keys import Character, Day, Id, Model, Path, Texts, a_pattern, a_schedule, one_of
from pipelines.sources import Source
from pipelines.taken import Taken

# Perfil Nacional de metadatos, accrualPeriodicity and superTheme
PERIODICITIES = [
    *("R/P10Y", "R/P4Y", "R/P3Y", "R/P2Y", "R/P1Y", "R/P6M", "R/P4M", "R/P3M", "R/P2M", "R/P1M", "R/P0.5M", "R/P0.33M"),
    *("R/P1W", "R/P0.5W", "R/P0.33W", "R/P1D", "R/PT1H", "R/PT1S", "eventual"),
]
THEMES = ["AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "REGI", "SOCI", "TECH", "TRAN"]


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
    schedule: Annotated[StrictStr, AfterValidator(a_schedule)] | None = None
    super_theme: tuple[Annotated[StrictStr, AfterValidator(one_of(THEMES))], ...] = ()
    temporal: StrictStr | None = None
    spatial: Any = None
    contact_point: dict[StrictStr, StrictStr] | None = None
    demo: StrictBool = False
    needs: tuple[StrictStr, ...] = ()
    frozen: Literal[False] = False
    ckan: Taken | None = None


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
    labels: dict[StrictStr, StrictStr] = Field(default={})
    fields: dict[StrictStr, Writing] = Field(default={})
    ignore: tuple[StrictStr, ...] = ()
    encoding: StrictStr | None = None
    dialect: CsvDialect | None = None
    header_row: Annotated[StrictInt, Field(ge=1)] = 1


class Rule(Model):
    """A declared repair: the texts in `from`, or those that hold `pattern`, become `to` (null: missing), or the match `replace`.

    `then` says how what comes out is written; it stands in place of the layout's writing, and no later rule is tried.
    """

    from_: Texts = Field((), alias="from")
    pattern: Annotated[StrictStr, AfterValidator(a_pattern)] | None = None
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
    values: dict[StrictStr, tuple[Rule, ...]] = Field(default={})
    expectations: Path | None = None
    quarantine: Quarantine = Quarantine()
    personal_data: dict[StrictStr, PublicBecause] = Field(default={})
    view: dict[StrictStr, Any] | None = None
