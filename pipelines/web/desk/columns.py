"""Renamed columns of a file, and which field each of them is: a person says so once, and it is kept with his
name and the day. Nothing is chosen for him."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog.archive.mappings import ColumnMapping
from messages import gettext as _
from pipelines.dataset.dataset import Dataset, Resource
from pipelines.dataset.mappings import keep_mapping, map_columns
from pipelines.dataset.text import label_key
from pipelines.read.read import find_labels
from pipelines.web.desk.deliveries import Deliveries
from pipelines.web.desk.identity import Person
from pipelines.web.desk.upload import Refused

PREFIX = "columna:"
"""Before a column's label, in the names of a form's fields."""
FORGET = "olvidar:"
MOST = 200
"""Characters of a column's label."""


@dataclass(frozen=True)
class UnknownColumns:
    """Of a table: the `labels` of a file that are no field by the declaration; the `fields` that they may be,
    each with what it means, those that the file has not first; and what is mapped already. `receipt` is the
    file's, 0 where there is none."""

    dataset: Dataset
    resource: Resource
    labels: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    mapped: tuple[ColumnMapping, ...]
    receipt: int = 0


def describe_columns(
    deliveries: Deliveries, dataset: Dataset, table: str, said: Sequence[str], receipt: str
) -> UnknownColumns:
    """What is to be said of a file's columns: of those of a receipt, or of the labels that are `said`. Raises
    Refused where there is no such table or receipt."""
    resource = _resource(dataset, table)
    mapped = tuple(
        each
        for each in deliveries.archive.mappings(dataset.id, dataset.demo).current()
        if each.resource == resource.name
    )
    labels, number = [each.strip()[:MOST] for each in said], 0
    if receipt.isdecimal():
        number = int(receipt)
        labels = _labels_of_receipt(deliveries, dataset, resource, number)
    told = map_columns(dataset, mapped).resource(resource.name)
    known = _known_labels(told)
    there = {known[key] for each in labels if (key := label_key(each)) in known}
    names = sorted(resource.fields, key=lambda name: name in there)
    fields = tuple((name, _meaning(resource, name)) for name in names)
    return UnknownColumns(dataset, resource, find_unknown_labels(told, labels), fields, mapped, number)


def find_unknown_labels(resource: Resource, labels: Sequence[str]) -> tuple[str, ...]:
    """Those of a file's columns of which neither the declaration nor anybody says what they are."""
    known = _known_labels(resource)
    found = (" ".join(each.split())[:MOST] for each in labels if label_key(each) not in known)
    return tuple(dict.fromkeys(filter(None, found)))


def keep_columns(
    deliveries: Deliveries, dataset: Dataset, table: str, fields: Mapping[str, str], person: Person
) -> None:
    """Keeps what a person said of columns, and has the receipt that it was about judged by it. Raises Refused
    where nothing was said, or it cannot be."""
    resource = _resource(dataset, table)
    said: list[tuple[str, str | None]] = [
        (name.removeprefix(PREFIX)[:MOST], field)
        for name, field in fields.items()
        if name.startswith(PREFIX) and field
    ]
    forgotten = [name.removeprefix(FORGET) for name in fields if name.startswith(FORGET)]
    if not said and not forgotten:
        raise Refused(422, _("Choose a field for at least one column."))
    chosen = [field for _label, field in said]
    if len(set(chosen)) < len(chosen):
        raise Refused(422, _("Two columns cannot be the same field. Choose another one for one of them."))
    at = deliveries.clock().isoformat(timespec="seconds")
    try:
        for label, field in [*said, *((label, None) for label in forgotten)]:
            keep_mapping(deliveries.archive, dataset, resource, label, field, person.name, at)
    except ValueError as error:
        raise Refused(422, str(error)) from error
    if (number := fields.get("recibo", "")).isdecimal():
        (deliveries.run_again or deliveries.start)(dataset.id, int(number))


def _resource(dataset: Dataset, table: str) -> Resource:
    name = table.partition("/")[2]
    for resource in dataset.resources:
        if resource.name == name:
            return resource
    raise Refused(404, _("There is no such table."))


def _labels_of_receipt(
    deliveries: Deliveries, dataset: Dataset, resource: Resource, number: int
) -> list[str]:
    receipts = deliveries.archive.receipts(dataset.id, dataset.demo).all()
    receipt = next((e for e in receipts if (e.number, e.resource) == (number, resource.name)), None)
    if receipt is None:
        raise Refused(404, _("there is no receipt {number}", number=number))
    with tempfile.TemporaryDirectory(prefix="vereda-desk-") as folder:
        file = Path(folder) / receipt.name
        deliveries.archive.save(receipt.sha256, file)
        found = find_labels(file, resource, Path(folder) / "room", deliveries.limits)
    return [" ".join(label.split())[:MOST] for label in found]


def _known_labels(resource: Resource) -> dict[str, str]:
    """The field of each label that the declaration, or somebody, said something of; what is ignored is its
    own."""
    known = {label_key(name): name for name in resource.fields}
    for layout in resource.pipeline.layouts:
        known |= {label_key(label): "" for label in layout.ignore}
        known |= {label_key(label): field for label, field in layout.labels.items()}
    return known


def _meaning(resource: Resource, name: str) -> str:
    """A field as people know it: its title, else the beginning of what is said of it."""
    fields: list[dict[str, object]] = resource.schema["fields"]
    field = next((each for each in fields if each["name"] == name), {})
    said = str(field.get("title") or field.get("description") or "")
    return said if len(said) <= 80 else f"{said[:77]}…"
