"""What a declaration may ask to be drawn of a table: `view`, a chart or a map, or a list of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, StrictStr, model_validator

from messages import gettext as _
from pipelines.keys import Model

NUMBERS = ("integer", "number")
DATES = ("date", "datetime", "year", "yearmonth", "integer")
WHERE = {"bars": ("x", "y"), "line": ("x", "y"), "comunas": ("field", "value"), "points": ("lat", "lon")}


class View(Model):
    """`{chart: bars | line, x, y, by?}`, `{map: comunas, field, value}` or `{map: points, lat, lon}`; `y` and `value` are `count`, a
    field, or `sum(field)`, which is the same: where several rows fall together, their values are added up.
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
    def whole(self) -> View:
        if (self.chart is None) == (self.map is None):
            raise ValueError(_("say chart: bars, chart: line, map: comunas or map: points"))
        needed = WHERE[self.kind]
        given = {name for name in ("x", "y", "by", "field", "value", "lat", "lon") if getattr(self, name) is not None}
        if missing := [name for name in needed if name not in given]:
            raise ValueError(_("a view of kind {kind} needs {keys}", kind=self.kind, keys=", ".join(missing)))
        if odd := sorted(given - {*needed, *(("by",) if self.chart else ())}):
            raise ValueError(_("a view of kind {kind} takes no {keys}", kind=self.kind, keys=", ".join(odd)))
        return self

    @property
    def kind(self) -> str:
        return self.chart or self.map or ""

    @property
    def told(self) -> dict[str, str]:
        """As it is published."""
        return {name: value for name, value in self if value is not None}


Views = Annotated[tuple[View, ...], BeforeValidator(lambda value: value if isinstance(value, list | tuple) else (value,))]


def view_faults(schema: Mapping[str, Any], views: Sequence[View]) -> Iterator[tuple[str, str, str]]:
    """What a table of this schema cannot be drawn by: the key, the name that is no fitting field ("" where it is one), and a sentence.

    `schema` is the published one: a field that is left out of what is published cannot be shown.
    """
    types = {field["name"]: field.get("type", "any") for field in schema["fields"]}
    for index, view in enumerate(views):
        for key, name, allowed in _used(view):
            where = f"pipeline.view[{index}].{key}"
            if name not in types:
                yield where, name, ""
            elif allowed and types[name] not in allowed:
                told = {"name": name, "type": types[name], "allowed": ", ".join(allowed)}
                yield where, "", _("names {name}, a field of type {type}; a field of type {allowed} is needed there", **told)


def _used(view: View) -> Iterator[tuple[str, str, tuple[str, ...]]]:
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
