"""What stands under `pipeline:` in a dataset's declaration: how its data is made, drawn and published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    model_validator,
)

from catalog.archive.release import FORMATS
from catalog.archive.roles import ROLES
from messages import gettext as _
from pipelines.dataset.keys import Cron, Day, Id, Model, Path, Text, Url, one_of
from pipelines.dataset.layout import Layout, ValueRule
from pipelines.dataset.personal import PersonalData
from pipelines.dataset.sources import Source

NUMBERS = ("integer", "number")
DATES = ("date", "datetime", "year", "yearmonth", "integer")
WHERE = {"bars": ("x", "y"), "line": ("x", "y"), "comunas": ("field", "value"), "points": ("lat", "lon")}


class ChartView(Model):
    """`{chart: bars | line, x, y, by?}`, `{map: comunas, field, value}` or `{map: points, lat, lon}`; `y` and
    `value` are `count`, a field, or `sum(field)`, which is the same: where several rows fall together, their
    values are added up.
    """

    chart: Literal["bars", "line"] | None = None
    map: Literal["comunas", "points"] | None = None
    x: StrictStr | None = None
    y: StrictStr | None = None
    by: StrictStr | None = None
    field: StrictStr | None = None
    value: StrictStr | None = None
    lat: StrictStr | None = None
    lon: StrictStr | None = None

    @model_validator(mode="after")
    def check_keys(self) -> ChartView:
        if (self.chart is None) == (self.map is None):
            raise ValueError(_("say chart: bars, chart: line, map: comunas or map: points"))
        needed = WHERE[self.kind]
        given = {
            name
            for name in ("x", "y", "by", "field", "value", "lat", "lon")
            if getattr(self, name) is not None
        }
        if missing := [name for name in needed if name not in given]:
            raise ValueError(_("a view of kind {kind} needs {keys}", kind=self.kind, keys=", ".join(missing)))
        if odd := sorted(given - {*needed, *(("by",) if self.chart else ())}):
            raise ValueError(_("a view of kind {kind} takes no {keys}", kind=self.kind, keys=", ".join(odd)))
        return self

    @property
    def kind(self) -> str:
        return self.chart or self.map or ""

    @property
    def descriptor(self) -> dict[str, str]:
        """As it is published."""
        return {name: value for name, value in self if value is not None}


Views = Annotated[
    tuple[ChartView, ...],
    BeforeValidator(lambda value: value if isinstance(value, list | tuple) else (value,)),
]


def view_faults(schema: Mapping[str, Any], views: Sequence[ChartView]) -> Iterator[tuple[str, str, str]]:
    """What a table of this schema cannot be drawn by: the key, the name that is no fitting field ("" where it
    is one), and a sentence.

    `schema` is the published one: a field that is left out of what is published cannot be shown.
    """
    types = {field["name"]: field.get("type", "any") for field in schema["fields"]}
    for index, view in enumerate(views):
        for key, name, allowed in _fields_named(view):
            where = f"pipeline.view[{index}].{key}"
            if name not in types:
                yield where, name, ""
            elif allowed and types[name] not in allowed:
                told = {"name": name, "type": types[name], "allowed": ", ".join(allowed)}
                yield (
                    where,
                    "",
                    _(
                        "names {name}, a field of type {type}; a field of type {allowed} is needed there",
                        **told,
                    ),
                )


def _fields_named(view: ChartView) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The fields that a view names: the key, the field, the types that fit (none: any)."""
    places: dict[str, tuple[str, ...]] = {
        "x": DATES if view.chart == "line" else (),
        "by": (),
        "field": ("integer",),
        "lat": ("number",),
        "lon": ("number",),
    }
    for key, allowed in places.items():
        if (name := getattr(view, key)) is not None:
            yield key, name, allowed
    for key in ("y", "value"):
        measure = getattr(view, key)
        if measure not in (None, "count"):
            match = re.fullmatch(r"sum\((.+)\)", measure)
            yield key, match[1] if match else measure, NUMBERS


class CkanAdoption(BaseModel):
    """What is taken over, by name or id; a resource by the file that it will show, as in obras.csv. `fields`:
    whose a field of the package is (ours, theirs, first); `accept`: what is taken over although it is
    deleted, private, in another organization, or was given back; and files that others uploaded into a
    resource of ours, to be replaced."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    package: StrictStr | None = None
    organization: StrictStr | None = None
    resources: dict[StrictStr, StrictStr] = {}
    fields: dict[StrictStr, Literal["ours", "theirs", "first"]] = {}
    accept: tuple[Literal["deleted", "private", "organization", "given-back", "upload"], ...] = ()


# Perfil Nacional de metadatos, accrualPeriodicity and superTheme
PERIODICITIES = [
    "R/P10Y",
    "R/P4Y",
    "R/P3Y",
    "R/P2Y",
    "R/P1Y",
    "R/P6M",
    "R/P4M",
    "R/P3M",
    "R/P2M",
    "R/P1M",
    "R/P0.5M",
    "R/P0.33M",
    "R/P1W",
    "R/P0.5W",
    "R/P0.33W",
    "R/P1D",
    "R/PT1H",
    "R/PT1S",
    "eventual",
]
THEMES = [
    "AGRI",
    "ECON",
    "EDUC",
    "ENER",
    "ENVI",
    "GOVE",
    "HEAL",
    "INTR",
    "JUST",
    "REGI",
    "SOCI",
    "TECH",
    "TRAN",
]


class English(Model):
    """What a package or a table is called in English, and what it is."""

    title: StrictStr | None = None
    description: StrictStr | None = None


class EnglishField(English):
    """Of a field also what its categories are called, by their value."""

    categories: dict[StrictStr, StrictStr] = Field(default={})


class FieldPipeline(Model):
    """What stands under a field's own `pipeline:`."""

    en: EnglishField | None = None


class FormerName(Model):
    name: StrictStr
    until: Day


class Publisher(Model):
    id: Id
    name: StrictStr
    email: StrictStr | None = None
    former_names: tuple[FormerName, ...] = ()


def _check_major(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 2:
        raise ValueError(_("use the number of the version that breaks programs, as in 2"))
    return value


class EnglishChanges(Model):
    changes: StrictStr


class AnnouncedVersion(Model):
    """A version that will break programs, declared before it comes: its major number, the day on which it is
    promised, and what changes then."""

    version: Annotated[int, BeforeValidator(_check_major)]
    date: Day
    changes: StrictStr
    en: EnglishChanges | None = None


class OpenQuestion(Model):
    """What a catalogue did not say when the declaration was made from it: of which key, of which kind, and
    the question. Whoever answers it there takes it out here."""

    about: StrictStr
    kind: StrictStr
    question: StrictStr


class KeptEvidence(Model):
    """`publicBecause`: copies of what stands at the dataset's links of evidence and sources may be shown to
    everybody, and why that is allowed; of those in which personal data is found none is."""

    public_because: Annotated[StrictStr, Field(min_length=1)]


class PendingWords(Model):
    """What keeps a declared dataset from being published, and whom to ask for it."""

    missing: Text
    ask: Text


class PendingExtract(PendingWords):
    """A dataset that is declared and waits for its first file; `source`: where the data is, or was, as far as
    that is known. Until something is handed in, the night passes it over, and it is told among what is to
    come."""

    source: Url | None = None
    en: PendingWords | None = None


class PackagePipeline(Model):
    """The package level: who publishes, how often, with which themes (codes of the Perfil Nacional), after
    which datasets."""

    publisher: Publisher
    accrual_periodicity: Annotated[StrictStr, AfterValidator(one_of(PERIODICITIES))]
    schedule: Cron | None = None
    super_theme: tuple[Annotated[StrictStr, AfterValidator(one_of(THEMES))], ...] = ()
    temporal: StrictStr | None = None
    spatial: Any = None
    contact_point: dict[StrictStr, StrictStr] | None = None
    demo: StrictBool = False
    needs: tuple[StrictStr, ...] = ()
    frozen: StrictBool = False
    pending: PendingExtract | None = None
    ckan: CkanAdoption | None = None
    announces: AnnouncedVersion | None = None
    en: English | None = None
    evidence: KeptEvidence | None = None
    questions: tuple[OpenQuestion, ...] = ()


class Extract(Model):
    """What a delivery covers: all (`full`), the periods found in `field` (`by-period`), or new rows only
    (`append`).

    `vanished` (mode full): a row that a delivery lacks stays, and this field, a date that no delivery has,
    says since when.
    """

    mode: Literal["full", "by-period", "append"] = "full"
    field: StrictStr | None = None
    vanished: StrictStr | None = None

    @model_validator(mode="after")
    def check_field(self) -> Extract:
        if (self.mode == "by-period") != (self.field is not None):
            raise ValueError(_("field goes with mode by-period, and only there"))
        if self.vanished is not None and self.mode != "full":
            raise ValueError(_("vanished goes with mode full"))
        return self


def _check_share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(_("use a share of the rows, from 0 (none) to 1, as in 0.05"))
    return float(value)


def _check_formats(value: object) -> object:
    if value == "auto":
        return value
    if isinstance(value, list) and all(each in FORMATS for each in value) and len(set(value)) == len(value):
        return value
    raise ValueError(_("use auto, or a list of these: {names}", names=", ".join(FORMATS)))


class Quarantine(Model):
    """Which share of the delivered rows may be held back, so that the others are published without them."""

    max_share: Annotated[float, BeforeValidator(_check_share)] = 0.0


class TableRole(Model):
    """What the table is for the portal's pages; `fields`: which of its fields stands for one of the role,
    where it is called otherwise; `constants`: what holds for all its rows, where it has no such field."""

    name: Annotated[StrictStr, AfterValidator(one_of(list(ROLES)))]
    fields: dict[StrictStr, StrictStr] = Field(default={})
    constants: dict[StrictStr, StrictStr] = Field(default={})

    @property
    def needed_fields(self) -> dict[str, str]:
        """The fields that the table must have, by what the role calls them: those that the role needs, and
        those that are named."""
        return {name: name for name in ROLES[self.name].needs} | self.fields


class ResourcePipeline(Model):
    """The resource level: where the extract comes from, what it covers, how it is written, how it is
    repaired."""

    source: Source
    extract: Extract = Extract()
    layouts: tuple[Layout, ...] = ()
    values: dict[StrictStr, tuple[ValueRule, ...]] = Field(default={})
    expectations: Path | None = None
    quarantine: Quarantine = Quarantine()
    personal_data: PersonalData = Field(default={})
    follow: tuple[StrictStr, ...] = ()
    formats: Annotated[
        Literal["auto"] | tuple[Literal["xlsx", "geojson", "geoparquet"], ...] | None,
        BeforeValidator(_check_formats),
    ] = None
    view: Views = ()
    role: Annotated[
        TableRole | None, BeforeValidator(lambda value: {"name": value} if isinstance(value, str) else value)
    ] = None
    en: English | None = None
