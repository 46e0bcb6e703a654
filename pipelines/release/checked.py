"""What became of raw files on their way to checked tables, and their reading: what whoever asks for an
evaluation needs, without what makes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalog.archive.changes.changes import Changes
from pipelines.dataset.dataset import DECLARATION, Dataset, DatasetError
from pipelines.read.hide import hider, require_hash_key
from pipelines.read.read import Reading, read
from pipelines.release.inputs import Inputs, evidence_beside
from pipelines.release.quarantine import HeldRows
from validation.patterns import PatternTooSlow
from validation.report import Report
from validation.table import Table

PersonalTreatment = Mapping[str, Mapping[str, Any]]
"""By resource: `fields` (of each column its treatment, how many cells or columns it met, why it is public and
what kinds it holds) and `smallGroups`."""


@dataclass(frozen=True)
class CheckedTables:
    """What became of the raw files: the whole tables (`__row__`, then the fields; none where a file could not
    be read), what was found, what was done with personal data, and the rows that are held back."""

    tables: Mapping[str, pa.Table]
    report: Report
    readings: Mapping[str, Reading]
    expectations: tuple[Mapping[str, Any], ...] = ()
    personal: PersonalTreatment = field(default_factory=dict)
    held: Mapping[str, HeldRows] = field(default_factory=dict)
    earlier: Mapping[str, pa.Table] = field(default_factory=dict)
    """Rows that earlier deliveries held back, and of which this one does not speak."""
    changes: Changes | None = None
    """What releasing them would change; nothing where what was found is critical."""
    leading: Mapping[str, int] = field(default_factory=dict)
    """So many first rows of a table are those of the release before, as it published them."""
    concealed: Mapping[str, frozenset[int | None]] = field(default_factory=dict)
    """The rows of the agency's file, by table, that hold personal data: nothing of theirs is quoted."""

    @property
    def held_rows(self) -> dict[str, int]:
        """How many rows of each table are held back, of this delivery and of earlier ones."""
        return count_held(self.held, self.earlier)


def count_held(held: Mapping[str, HeldRows], earlier: Mapping[str, pa.Table]) -> dict[str, int]:
    """How many rows of each table are held back, of this delivery and of earlier ones."""
    counts = {name: each.rows for name, each in held.items()}
    for name, table in earlier.items():
        counts[name] = counts.get(name, 0) + table.num_rows
    return counts


@contextmanager
def naming_patterns(dataset: Dataset) -> Iterator[None]:
    """Where a pattern of the declaration takes too long, raises DatasetError."""
    try:
        yield
    except PatternTooSlow as slow:
        file = f"{dataset.folder.parent.name}/{dataset.id}/{DECLARATION}"
        key = find_key(dataset.descriptor, slow.pattern) or "expectations"
        raise DatasetError(dataset.id, file, key, str(slow)) from slow


def find_key(value: Any, text: str, key: str = "") -> str | None:
    """The key under which a text stands in a declaration; None where it does not."""
    if isinstance(value, str):
        return key if value == text else None
    pairs: Iterable[tuple[Any, Any]] = enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, Mapping):
        pairs = value.items()
    places = ((f"{key}[{name}]" if isinstance(name, int) else f"{key}.{name}", each) for name, each in pairs)
    return next((found for place, each in places if (found := find_key(each, text, place.lstrip(".")))), None)


def read_files(inputs: Inputs, work: Path, ahead: Sequence[str] = ()) -> dict[str, Reading]:
    """What is read of every resource, each in a process of its own; `work` is an empty folder for the cells;
    the modules `ahead` are loaded meanwhile. Raises PatternTooSlow, and DatasetError where the key of hashes
    is not there."""
    dataset = inputs.dataset
    hide = hider(dataset.id, require_hash_key(dataset, inputs.hash_key))
    return {
        r.name: read(
            inputs.file_of(r.name),
            r,
            work / f"{r.name}.arrow",
            inputs.snapshots[r.name].as_of,
            hide=hide,
            limits=inputs.limits,
            ahead=ahead,
            evidence=evidence_beside(inputs, r),
        )
        for r in dataset.resources
    }


def tables_of(readings: Mapping[str, Reading]) -> dict[str, Table]:
    """The tables of the files that could be read."""
    return {name: reading.table for name, reading in readings.items() if reading.table is not None}


def label_in_file(readings: Mapping[str, Reading], resource: str, field: str) -> str | None:
    """What a field's column is called in the file that was handed in."""
    reading = readings.get(resource)
    if reading is None or reading.places is None:
        return None
    place = reading.places.column(field)
    return reading.places.raw.labels[place].strip() if place is not None else None
