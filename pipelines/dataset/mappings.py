"""Renamed columns that a person mapped: kept in the archive, and read as the fields that they are. Nothing is
mapped because it looks alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from catalog.archive.archive import Archive
from catalog.archive.mappings import ColumnMapping
from messages import gettext as _
from messages.formats import format_date
from pipelines.dataset.dataset import Dataset, Resource
from pipelines.dataset.layout import Layout
from pipelines.dataset.text import label_key


def parse_mapping(text: str) -> tuple[str, str]:
    """The label and the field of `label=field`. Raises ValueError."""
    label, sign, field = text.rpartition("=")
    if not sign or not label.strip() or not field.strip():
        example = "Fecha de alta=fecha_alta"
        raise ValueError(
            _("{text}: write the column, = and the field, as in “{example}”", text=text, example=example)
        )
    return label.strip(), field.strip()


def require_mappable(resource: Resource, label: str, field: str) -> None:
    """Raises ValueError where the column `label` cannot be mapped to `field`: there is no such field, or the
    declaration says what the column is."""
    if field not in resource.fields:
        raise ValueError(
            _(
                "{resource} has no field {field}; it has {fields}",
                resource=resource.name,
                field=field,
                fields=", ".join(resource.fields),
            )
        )
    layouts = resource.pipeline.layouts
    said = {each: each for each in resource.fields}
    said |= {each: name for layout in layouts for each, name in layout.labels.items()}
    known = next((name for each, name in said.items() if label_key(each) == label_key(label)), None)
    if known is not None:
        raise ValueError(
            _("the column “{label}” is {field} already, by the declaration", label=label, field=known)
        )
    if any(label_key(each) == label_key(label) for layout in layouts for each in layout.ignore):
        raise ValueError(
            _(
                "the declaration leaves the column “{label}” out (`ignore`); take it out of there first",
                label=label,
            )
        )


def keep_mapping(
    archive: Archive, dataset: Dataset, resource: Resource, label: str, field: str | None, by: str, at: str
) -> ColumnMapping:
    """Keeps that a column is a field, or, without one, that it is no longer. Raises ValueError."""
    mappings = archive.mappings(dataset.id, dataset.demo)
    if field is not None:
        require_mappable(resource, label, field)
    elif not any((each.resource, each.label) == (resource.name, label) for each in mappings.current()):
        raise ValueError(_("the column “{label}” is not mapped", label=label))
    return mappings.add(ColumnMapping(0, resource.name, label, field, by, at))


def read_mappings(dataset: Dataset, archive: Archive) -> Dataset:
    """The dataset with the mappings that hold now. Raises ArchiveError, Damaged."""
    return map_columns(dataset, archive.mappings(dataset.id, dataset.demo).current())


def map_columns(dataset: Dataset, mappings: Sequence[ColumnMapping]) -> Dataset:
    """The dataset with layouts that know the mapped columns; what its declaration says since of one of them
    counts."""
    if not mappings:
        return dataset
    resources = []
    for resource in dataset.resources:
        labels = {
            e.label: e.field for e in mappings if e.resource == resource.name and e.field in resource.fields
        }
        layouts = tuple(_map_layouts(resource.pipeline.layouts or (Layout(),), labels))
        pipeline = resource.pipeline.model_copy(update={"layouts": layouts})
        resources.append(replace(resource, pipeline=pipeline) if labels else resource)
    return replace(dataset, resources=tuple(resources), mappings=tuple(mappings))


def _map_layouts(layouts: Sequence[Layout], labels: Mapping[str, str]) -> Iterator[Layout]:
    """Each layout with these labels; behind them, of those whose header asks for a column that was renamed,
    one that asks for it under its new name."""
    renamed = []
    for layout in layouts:
        new = {
            label: field for label, field in labels.items() if label not in (*layout.labels, *layout.ignore)
        }
        mapped = layout.model_copy(update={"labels": {**layout.labels, **new}})
        yield mapped
        by_field = {field: label for label, field in new.items()}
        header = tuple(by_field.get(layout.labels.get(each, each), each) for each in layout.header)
        if header != layout.header:
            renamed.append(mapped.model_copy(update={"header": header}))
    yield from renamed


def mapping_sentences(dataset: Dataset, resource: str, labels: Sequence[str]) -> Iterator[str]:
    """What there is to say of the columns of a file that a person mapped: who, and when."""
    there = {label_key(label) for label in labels}
    for each in dataset.mappings:
        if each.resource == resource and label_key(each.label) in there:
            yield _(
                "the column “{label}” is read as {field}: {by} said so on {day}",
                label=each.label,
                field=each.field,
                by=each.by,
                day=format_date(each.at[:10]),
            )
