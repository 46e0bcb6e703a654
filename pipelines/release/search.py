"""The search of a table's cells for personal data and for text that would run: in one piece, or in parts that
add up."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pyarrow as pa

from pipelines.dataset.dataset import Resource
from pipelines.dataset.personal import hidden_fields, public_fields
from pipelines.workers import find_workers
from validation.fast.cells import CellStretch, cut_cells
from validation.personal.active import scan_active
from validation.personal.context import column_context, is_of_animals
from validation.personal.evidence import Samples, draw_samples
from validation.personal.scan import ColumnScan, PersonalFinding, Subject, scan_extra, scan_rows, sum_up
from validation.table import Table

# What is published as text, and what could be a number of a person; dates and booleans are neither.
TEXTS = frozenset(("string", "any", "object", "array", "list", "geojson"))
NUMBERS = frozenset(("integer", "number"))


@dataclass(frozen=True)
class TableSearch:
    """What there is in some rows of a table: column by column; cells of each column that speak of it as a
    whole; what would run; and, by row, the kinds beyond the last label."""

    columns: tuple[ColumnScan, ...]
    samples: Samples
    active: tuple[PersonalFinding, ...]
    extra: Mapping[int, set[str]]

    def plus(self, later: TableSearch) -> TableSearch:
        """What there is in the rows of both, `later` being those that follow."""
        running: dict[tuple[int, str], list[PersonalFinding]] = {}
        for each in (*self.active, *later.active):
            running.setdefault((each.place, each.kind), []).append(each)
        samples = {
            place: (cells + later.samples[place][0], rows + later.samples[place][1])
            for place, (cells, rows) in self.samples.items()
        }
        return TableSearch(
            tuple(mine.plus(its) for mine, its in zip(self.columns, later.columns, strict=True)),
            samples,
            tuple(
                PersonalFinding(*key, np.concatenate([each.rows for each in found]))
                for key, found in running.items()
            ),
            {**self.extra, **later.extra},
        )

    def personal(self, resource: Resource) -> list[PersonalFinding]:
        """Personal data in the cells of a whole table."""
        return sum_up(self.columns, people=bool(hidden_fields(resource.pipeline.personal_data)))


def search_cells(resource: Resource, table: Table) -> TableSearch:
    """Searches a delivered table; where it is large, and there are workers, each takes some of it."""
    workers = find_workers(sum(file.stat().st_size for file in table.files))
    if workers is None:
        return _search_batches(resource, table)
    parts = [(resource, stretch, table.labels) for stretch in cut_cells(table.files)]
    return reduce(TableSearch.plus, workers.map(search_stretch, parts))


def search_stretch(resource: Resource, stretch: CellStretch, labels: tuple[str, ...]) -> TableSearch:
    """Searches some blocks of a table. Raises FileNotSeen."""
    found = _search_batches(resource, Table("", labels, stretch.batches))
    for column in found.columns:
        column.known.clear()
    return found


def _search_batches(resource: Resource, table: Table) -> TableSearch:
    texts = [place for place, label in enumerate(table.labels) if type_of(resource, label) in TEXTS]
    return TableSearch(
        tuple(scan_rows(table.batches(), subjects_of(resource, table.labels))),
        draw_samples(table.batches(), list(range(len(table.labels)))),
        tuple(scan_active(table.batches(), texts)),
        scan_extra(table.batches()),
    )


def subjects_of(
    resource: Resource, labels: tuple[str, ...], known: Container[str] = frozenset()
) -> list[Subject]:
    """The columns to search: those that are not hidden, and that are not `known` to hold nothing."""
    declared = resource.pipeline.personal_data
    hidden, public = hidden_fields(declared), public_fields(declared)
    sent = sent_labels(resource)
    titles = {
        field["name"]: f"{field.get('title', '')} {sent.get(field['name'], '')}"
        for field in resource.schema["fields"]
    }
    subjects, animals = [], is_of_animals([*labels, *(sent.get(label, "") for label in labels)])
    for place, label in enumerate(labels):
        kind = type_of(resource, label)
        if label not in hidden and label not in known and kind in TEXTS | NUMBERS:
            before = labels[place - 1] if place else ""
            about = column_context(label, titles.get(label, ""), before, animals=animals)
            subjects.append(Subject(place, about, kind in TEXTS, label in public))
    return subjects


def sent_labels(resource: Resource) -> dict[str, str]:
    """Under which label a field comes, where a layout says it: what the agency calls it may say more."""
    layouts = resource.pipeline.layouts
    return {field: label for layout in layouts for label, field in layout.labels.items()}


def search_rows(
    resource: Resource,
    batches: Iterable[pa.RecordBatch],
    labels: tuple[str, ...],
    known: Container[str],
) -> list[PersonalFinding]:
    """Personal data in some rows, but for the columns that are `known` to hold none."""
    people = bool(hidden_fields(resource.pipeline.personal_data))
    return sum_up(scan_rows(batches, subjects_of(resource, labels, known)), people=people)


def type_of(resource: Resource, label: str) -> str:
    """A field's type; an unknown column is text."""
    return next(
        (str(field.get("type", "string")) for field in resource.schema["fields"] if field["name"] == label),
        "string",
    )
