"""A table's fields, found out by reading its file with our own reader: each type is tried on every cell, and
is right only where all of them are"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frictionless import Field

from messages import gettext as _
from pipelines.dataset.dataset import Resource
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.dataset.text import fold_spaces, fold_text
from pipelines.read.grid import Unreadable
from pipelines.read.no_data import find_signs
from pipelines.read.read import read, read_labels
from pipelines.settings import Limits

TYPES = ("integer", "number", "date", "datetime", "time", "boolean")
"""Tried in this order; what none of them fits is a text."""
KEY_NAMES = ("id", "codigo", "cod", "nro", "numero", "clave", "identificador", "expediente")
TRUTHS = {"true", "false", "si", "sí", "no"}
HAS_DIGIT = re.compile(r"\d").search
FEW = 12
"""Different values that a column of a list may have; each stands there ten times at least."""


@dataclass(frozen=True)
class InferredTable:
    """What a file says of its own table: fields of a Table Schema, texts that stand for nothing, the key (if
    a column looks like one), the labels that differ from the fields' names, and those that stand more than
    once ("" where a column has none): of these the first column is a field."""

    fields: tuple[Mapping[str, Any], ...]
    missing: tuple[str, ...]
    key: str | None
    labels: Mapping[str, str]
    header: tuple[str, ...]
    repeated: tuple[str, ...]
    rows: int

    @property
    def layout(self) -> dict[str, Any]:
        """How the file writes its header, where the fields do not say it: {} where they do. Of the columns
        that share a label the first is read; those without one are left out."""
        made: dict[str, Any] = {}
        if self.labels:
            made = {"header": list(self.labels), "labels": dict(self.labels)}
        return made | ({"ignore": list(self.repeated)} if self.repeated else {})

    @property
    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"fields": [dict(each) for each in self.fields]}
        if self.key:
            schema["primaryKey"] = [self.key]
        if self.missing:
            schema["missingValues"] = ["", *self.missing]
        return schema


def infer_table(path: Path, room: Path, limits: Limits, tidy: bool = True) -> InferredTable:
    """Reads the file at `path`; `room` is an empty folder. `tidy` gives fields names of small letters, digits
    and _; otherwise they are the labels. Raises ValueError where it holds no table."""
    try:
        probe = _resource([{"name": "columna", "type": "string"}])
        every = read_labels(path, probe, room / "labels", limits)
    except (Unreadable, MemoryError, RecursionError) as error:
        raise ValueError(_("{file} cannot be read as a table: {why}", file=path.name, why=error)) from error
    header = [label for label in dict.fromkeys(every) if label.strip()]
    if not header:
        raise ValueError(
            _("{file} cannot be read as a table: {why}", file=path.name, why=_("it has no header"))
        )
    names = _names(header, tidy)
    texts = _columns(path, room / "text", names, header, "string", limits)
    missing = tuple(dict.fromkeys(sign for cells in texts.values() for sign in find_signs(cells)))
    types = dict.fromkeys(names, "string")
    open_names = [name for name in names if not _is_code(texts[name]) and _filled(texts[name], missing)]
    for type in TYPES:
        likely = [name for name in open_names if _may_fit(type, _filled(texts[name], missing))]
        read_as = _columns(path, room / type, names, header, type, limits) if likely else {}
        for name in likely:
            if _fits(type, _filled(read_as.get(name, ()), missing)):
                types[name] = type
                open_names.remove(name)
    fields = tuple(
        _field(name, label, types[name], texts[name], missing, tidy)
        for name, label in zip(names, header, strict=True)
    )
    key = next((name for name in names if _is_key(name, types[name], texts[name], missing)), None)
    labels = {label: name for label, name in zip(header, names, strict=True) if label != name}
    rows = max(map(len, texts.values()), default=0)
    return InferredTable(fields, missing, key, labels, tuple(header), _find_repeated(every), rows)


def _find_repeated(labels: Sequence[str]) -> tuple[str, ...]:
    """The labels that come again, and "" where a column has none."""
    return tuple(label for label, times in Counter(labels).items() if times > 1 or not label.strip())


def _names(header: Sequence[str], tidy: bool) -> list[str]:
    """A name for each column, no two the same."""
    names: list[str] = []
    for place, label in enumerate(header, 1):
        wanted = (fold_text(label)[:50].strip("_") if tidy else fold_spaces(label)) or f"columna_{place}"
        name, number = wanted, 1
        while name in names:
            number += 1
            name = f"{wanted}_{number}"
        names.append(name)
    return names


def _resource(fields: Sequence[Mapping[str, Any]], labels: Mapping[str, str] | None = None) -> Resource:
    layouts = [{"labels": dict(labels)}] if labels else []
    made = {"source": {"kind": "file", "path": "extract"}, "layouts": layouts}
    pipeline = ResourcePipeline.model_validate(made)
    descriptor = {"name": "tabla", "path": "tabla.csv", "schema": {"fields": [dict(each) for each in fields]}}
    return Resource("tabla", "tabla.csv", descriptor, pipeline, None)


def _columns(
    path: Path, into: Path, names: Sequence[str], header: Sequence[str], kind: str, limits: Limits
) -> dict[str, list[str]]:
    """The cells of each column, as the reader writes them for this type."""
    labels = {label: name for label, name in zip(header, names, strict=True) if label != name}
    resource = _resource([{"name": name, "type": kind} for name in names], labels)
    reading = read(path, resource, into, limits=limits)
    if reading.table is None:
        why = reading.problems[0].note if reading.problems else ""
        raise ValueError(_("{file} cannot be read as a table: {why}", file=path.name, why=why))
    found: dict[str, list[str]] = {name: [] for name in names}
    for batch in reading.table.batches():
        for name in names:
            if name in reading.table.labels:
                cells = batch.column(list(reading.table.labels).index(name) + 1).to_pylist()
                found[name] += [cell if cell is not None else "" for cell in cells]
    return found


def _filled(cells: Sequence[str], missing: Sequence[str]) -> list[str]:
    return [cell for cell in cells if cell.strip() and cell not in missing]


def _is_code(cells: Sequence[str]) -> bool:
    """Whether digits are a code and no number: with zeros in front, or longer than any amount."""
    return any(re.fullmatch(r"0\d+", cell) or re.fullmatch(r"\d{16,}", cell) for cell in cells)


def _may_fit(kind: str, cells: Sequence[str]) -> bool:
    """Whether reading the cells as this type is worth while: but for truths, each type takes a digit."""
    if kind == "boolean":
        return {cell.strip().lower() for cell in cells} <= TRUTHS
    return all(map(HAS_DIGIT, cells))


def _fits(kind: str, cells: Sequence[str]) -> bool:
    if not cells:
        return False
    if kind == "boolean":
        words = {cell.strip().lower() for cell in cells}
        return words <= TRUTHS and len(words) > 1 and bool(words & {"true", "false"})
    reader = Field.from_descriptor({"name": "cell", "type": kind}).create_cell_reader()
    return all(reader(cell)[0] is not None and not reader(cell)[1] for cell in set(cells))


def _field(
    name: str, label: str, kind: str, cells: Sequence[str], missing: Sequence[str], tidy: bool
) -> dict[str, Any]:
    """A field as far as the cells tell: its label as the title, an example, the values of a list, and whether
    it is never empty."""
    filled = _filled(cells, missing)
    made: dict[str, Any] = {"name": name, "type": kind}
    if tidy and label and label != name:
        made["title"] = fold_spaces(label)
    constraints: dict[str, Any] = {}
    if filled and len(filled) == len(cells):
        constraints["required"] = True
    different = sorted(set(filled))
    if kind == "string" and 1 < len(different) <= FEW and len(filled) >= 10 * len(different):
        constraints["enum"] = different
    return made | ({"constraints": constraints} if constraints else {})


def _is_key(name: str, kind: str, cells: Sequence[str], missing: Sequence[str]) -> bool:
    """Whether a column looks like the key: by its name, and because no two rows share a value."""
    filled = _filled(cells, missing)
    named = bool(set(fold_text(name).split("_")) & set(KEY_NAMES))
    whole = len(filled) == len(cells) > 1 and len(set(filled)) == len(filled)
    return named and whole and kind in ("integer", "string")
