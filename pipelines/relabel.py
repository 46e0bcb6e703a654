"""The columns of a raw file under published names: which stay, which are left out."""

from __future__ import annotations

from collections.abc import Sequence

from messages import gettext as _
from pipelines.dataset import Resource
from pipelines.layout import Layout
from pipelines.personal import hidden


def relabelled(labels: Sequence[str], layout: Layout, resource: Resource) -> tuple[list[str], list[int]]:
    """The names of the columns that are kept, and their places in the raw rows, in the file's order (a row that is too short lacks its
    last cells, whichever they are): published names, and for columns that nobody declared names of their own."""
    names: list[str] = []
    columns: list[int] = []
    dropped = _dropped(resource)
    for place, label in enumerate(labels):
        name = layout.labels.get(label, label)
        if {name, label} & dropped:
            continue
        if label in layout.ignore and (name not in resource.fields or name in names or _elsewhere(name, label, labels, layout)):
            continue  # of a label that a field comes under, `ignore` means the repetitions
        if name not in resource.fields or name in names:
            name = label or _("column {number}", number=place + 1)
            while name in names or name in resource.fields:
                name += "*"
        names.append(name)
        columns.append(place)
    return names, columns


def _dropped(resource: Resource) -> set[str]:
    return {name for name, meant in hidden(resource.pipeline.personal_data).items() if meant == "drop"}


def left_out(labels: Sequence[str], layout: Layout, resource: Resource) -> dict[str, int]:
    """How many columns of the file each dropped name leaves out."""
    return {gone: sum(gone in (label, layout.labels.get(label)) for label in labels) for gone in _dropped(resource)}


def _elsewhere(name: str, label: str, labels: Sequence[str], layout: Layout) -> bool:
    """Whether a column under another label is declared to be this field."""
    return any(field == name and other != label and other in labels for other, field in layout.labels.items())
