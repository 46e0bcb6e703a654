"""What stands under `pipeline:` in a dataset's declaration: how the published data is made."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictBool, StrictStr, model_validator

from messages import gettext as _
from pipelines.keys import Cron, Day, Id, Model, Path, one_of
from pipelines.layout import Layout, Rule
from pipelines.personal import PersonalData
from pipelines.sources import Source
from pipelines.taken import Taken
from pipelines.view import Views

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
    schedule: Cron | None = None
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


class Quarantine(Model):
    max_share: Literal[0] = 0


class ResourcePipeline(Model):
    """The resource level: where the extract comes from, what it covers, how it is written, how it is repaired."""

    source: Source
    extract: Extract = Extract()
    layouts: tuple[Layout, ...] = ()
    values: dict[StrictStr, tuple[Rule, ...]] = Field(default={})
    expectations: Path | None = None
    quarantine: Quarantine = Quarantine()
    personal_data: PersonalData = Field(default={})
    view: Views = ()
