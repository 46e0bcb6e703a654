"""What stands under `pipeline:` in a dataset's declaration: how the published data is made."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictStr, model_validator

from catalog.portal.roles import ROLES
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


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(_("use a share of the rows, from 0 (none) to 1, as in 0.05"))
    return float(value)


class Quarantine(Model):
    """Which share of the delivered rows may be held back, so that the others are published without them."""

    max_share: Annotated[float, BeforeValidator(_share)] = 0.0


class RoleOf(Model):
    """What the table is for the portal's pages; `fields`: which of its fields stands for one of the role, where it is called otherwise;
    `constants`: what holds for all its rows, where it has no such field."""

    name: Annotated[StrictStr, AfterValidator(one_of(list(ROLES)))]
    fields: dict[StrictStr, StrictStr] = Field(default={})
    constants: dict[StrictStr, StrictStr] = Field(default={})

    @property
    def read(self) -> dict[str, str]:
        """The fields that the table must have, by what the role calls them: those that the role needs, and those that are named."""
        return {name: name for name in ROLES[self.name].needs} | self.fields


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
    role: Annotated[RoleOf | None, BeforeValidator(lambda value: {"name": value} if isinstance(value, str) else value)] = None
