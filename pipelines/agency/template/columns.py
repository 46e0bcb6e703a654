"""The columns of a template: what the agency calls them, which field each fills, what may be chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from catalog.archive.published import text
from messages import gettext as _
from pipelines.agency.template.patterns import group_branches, write_label
from pipelines.dataset.dataset import Dataset, Resource
from pipelines.dataset.layout import Layout, Writing
from pipelines.dataset.personal import hidden_fields
from pipelines.dataset.sources import (
    CkanSource,
    ConsulSource,
    DataJsonSource,
    DecidimSource,
    DerivedSource,
    InboxSource,
    OcdsSource,
    SqlSource,
    TrelloSource,
)

SEPARATE = (
    DerivedSource,
    ConsulSource,
    TrelloSource,
    SqlSource,
    CkanSource,
    DataJsonSource,
    OcdsSource,
    DecidimSource,
)
"""Sources that nobody writes as a table."""


def is_written(resource: Resource) -> bool:
    """Whether people write it as a table; a board that is handed in is a program's export."""
    source = resource.pipeline.source
    exported = isinstance(source, InboxSource) and source.trello is not None
    return not exported and not isinstance(source, SEPARATE)


@dataclass(frozen=True)
class TemplateColumn:
    """A column under the agency's `label`. `field` is the published one (None: it is left out), `options` the
    texts that may be chosen (`growing`: others may come, in another table of the dataset), `of` the sheet and
    label whose values may be chosen, `says` what the label itself tells of its cells, `treated` what becomes
    of personal data."""

    label: str
    field: Mapping[str, Any] | None
    options: tuple[str, ...] = ()
    of: tuple[str, str] | None = None
    says: str = ""
    treated: str = ""
    writing: Writing | None = None
    growing: bool = False

    @property
    def type(self) -> str:
        return str((self.field or {}).get("type", "any"))

    @property
    def constraints(self) -> Mapping[str, Any]:
        return {} if self.field is None or self.treated else self.field.get("constraints", {})


@dataclass(frozen=True)
class TemplateSheet:
    """The sheet of a table; `keys` are the labels of columns whose cells, together, stand once."""

    name: str
    resource: Resource
    layout: Layout
    columns: tuple[TemplateColumn, ...]
    keys: tuple[tuple[str, ...], ...]

    @property
    def header_row(self) -> int:
        return self.layout.header_row or 1


def plan_sheets(dataset: Dataset, only: str, references: Mapping[str, pa.Table]) -> list[TemplateSheet]:
    """A sheet for each table that people write, or for the resource `only`. `references` has the published
    tables that foreign keys name: "dataset/resource", or of the dataset itself "resource". Raises ValueError
    where there is nothing to write."""
    written = [r for r in dataset.resources if is_written(r) and only in ("", r.name)]
    if not written:
        raise ValueError(
            _(
                "{id} is not written by hand: it is read from its source",
                id=f"{dataset.id}/{only}".rstrip("/"),
            )
        )
    made = [_plan_sheet(resource, references) for resource in written]
    return [
        replace(sheet, columns=tuple(_with_reference(sheet, column, made) for column in sheet.columns))
        for sheet in made
    ]


def _plan_sheet(resource: Resource, references: Mapping[str, pa.Table]) -> TemplateSheet:
    layout = (resource.pipeline.layouts or (Layout(),))[0]
    columns = list(_plan_columns(resource, layout, references))
    named = {
        column.field["name"]: column.label
        for column in columns
        if column.field is not None and not column.says
    }
    keys = [
        resource.primary_key,
        *([f["name"]] for f in resource.schema["fields"] if f.get("constraints", {}).get("unique")),
    ]
    whole = [tuple(named[name] for name in key) for key in keys if key and set(key) <= set(named)]
    name = layout.sheet or re.sub(r"[\[\]:*?/\\]", " ", resource.name)[:31]
    return TemplateSheet(name, resource, layout, tuple(columns), tuple(dict.fromkeys(whole)))


def _plan_columns(
    resource: Resource, layout: Layout, references: Mapping[str, pa.Table]
) -> Iterator[TemplateColumn]:
    treatment = hidden_fields(resource.pipeline.personal_data)
    wide = list(_wide_columns(resource, layout, references)) if layout.unpivot else []
    turned = set(re.compile(layout.unpivot.columns).groupindex) if layout.unpivot else set()
    turned |= {column.field["name"] for column in wide if column.field is not None}
    turned |= {layout.labels.get(name, name) for name in turned}
    for field in resource.schema["fields"]:
        if field["name"] not in turned:
            yield _plan_column(
                resource,
                layout,
                field,
                _agency_label(layout, field["name"]),
                references,
                treatment.get(field["name"], ""),
            )
    yield from wide
    published = {_agency_label(layout, name) for name in resource.fields}
    for each in layout.header:
        if each not in published:  # the layout is known by it, and nothing of it is published
            yield TemplateColumn(each, None, treated=treatment.get(layout.labels.get(each, each), ""))


def _plan_column(
    resource: Resource,
    layout: Layout,
    field: Mapping[str, Any],
    name: str,
    references: Mapping[str, pa.Table],
    treated: str = "",
) -> TemplateColumn:
    writing = layout.fields.get(field["name"])
    if treated or (listed := _options(resource, layout, field)):
        return TemplateColumn(name, field, () if treated else listed, treated=treated, writing=writing)
    target, published = _values_of_reference(resource, field["name"], references)
    return TemplateColumn(
        name, field, published, writing=writing, growing=bool(published) and "/" not in target
    )


def _agency_label(layout: Layout, field: str) -> str:
    """What the agency calls a field: the label that stands in the header, else the first that is declared,
    else its name."""
    known = [name for name, of in layout.labels.items() if of == field]
    return next((name for name in known if name in layout.header), known[0] if known else field)


def _options(resource: Resource, layout: Layout, field: Mapping[str, Any]) -> tuple[str, ...]:
    """The texts that a field of few values allows, as the agency writes them."""
    named = {
        str(c["value"]): str(c.get("label", ""))
        for c in field.get("categories", ())
        if isinstance(c, Mapping)
    }
    allowed = field.get("constraints", {}).get("enum") or [
        c["value"] if isinstance(c, Mapping) else c for c in field.get("categories", ())
    ]
    if field.get("type") == "boolean":
        writing = layout.fields.get(field["name"])
        yes = (writing and writing.true_values) or field.get("trueValues") or ["true"]
        no = (writing and writing.false_values) or field.get("falseValues") or ["false"]
        return str(yes[0]), str(no[0])
    rules = resource.pipeline.values.get(field["name"], ())
    spoken = {
        rule.to: text for rule in rules for text in rule.from_ if rule.to and named.get(rule.to) == text
    }
    return tuple(spoken.get(str(value), str(value)) for value in allowed)


def _values_of_reference(
    resource: Resource, name: str, references: Mapping[str, pa.Table]
) -> tuple[str, tuple[str, ...]]:
    """The table to which a field refers, and its published values there."""
    for key in resource.schema.get("foreignKeys", ()):
        table = references.get(key["reference"].get("resource", ""))
        if table is not None and name in key["fields"]:
            there = key["reference"]["fields"][key["fields"].index(name)]
            return key["reference"]["resource"], tuple(
                sorted({value for value in text(table[there]).to_pylist() if value is not None})
            )
    return "", ()


def _with_reference(
    sheet: TemplateSheet, column: TemplateColumn, made: Sequence[TemplateSheet]
) -> TemplateColumn:
    """The column, with the sheet of the same workbook whose values it repeats."""
    for key in sheet.resource.schema.get("foreignKeys", ()):
        if (
            column.field is None
            or column.options
            or column.treated
            or column.field["name"] not in key["fields"]
        ):
            continue
        target = key["reference"].get("resource", "") or sheet.resource.name
        there = key["reference"]["fields"][key["fields"].index(column.field["name"])]
        for other in made:
            labels = [
                each.label for each in other.columns if each.field is not None and each.field["name"] == there
            ]
            if other.resource.name == target and labels:
                return replace(column, of=(other.name, labels[0]))
    return column


def _wide_columns(
    resource: Resource, layout: Layout, references: Mapping[str, pa.Table]
) -> Iterator[TemplateColumn]:
    """The columns that `unpivot` turns into rows, for every value that a label may tell and every measure."""
    assert layout.unpivot is not None
    pattern = layout.unpivot.columns
    groups = [name for name in re.compile(pattern).groupindex if name != "measure"]
    measures = [layout.unpivot.value] if layout.unpivot.value else group_branches(pattern, "measure")
    fields = {field["name"]: field for field in resource.schema["fields"]}
    values = (
        _values_in_labels(resource, fields.get(layout.labels.get(groups[0], groups[0]), {}))
        if len(groups) == 1
        else []
    )
    found = [
        (name, value, fields[layout.labels.get(measure, measure)])
        for value in values
        for measure in measures
        if layout.labels.get(measure, measure) in fields
        and (
            name := write_label(
                pattern, {groups[0]: value} | ({} if layout.unpivot.value else {"measure": measure})
            )
        )
    ]
    if not found:
        what = _(
            "{resource}: what its wide columns may be called is not declared, so no template can be made",
            resource=resource.name,
        )
        raise ValueError(what)
    for name, value, field in found:
        yield replace(_plan_column(resource, layout, field, name, references), says=value)


def _values_in_labels(resource: Resource, field: Mapping[str, Any]) -> list[str]:
    """The values of a field that labels tell: as they are written before repairs, as they are listed, or as
    they are counted."""
    rules = resource.pipeline.values.get(str(field.get("name")), ())
    limits = field.get("constraints", {})
    if written := [rule.from_[0] for rule in rules if rule.from_ and rule.to is not None]:
        return written
    if listed := limits.get("enum"):
        return [str(value) for value in listed]
    if field.get("type") in ("integer", "year") and {"minimum", "maximum"} <= set(limits):
        return [
            str(value)
            for value in range(
                int(limits["minimum"]), min(int(limits["maximum"]), int(limits["minimum"]) + 60) + 1
            )
        ]
    return []
