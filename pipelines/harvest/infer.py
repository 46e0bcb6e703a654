"""A table's fields, found out by reading its file with our own reader: each type is tried on every cell, and
is right only where all of them are"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from frictionless import Field

from messages import gettext as _
from pipelines.dataset.dataset import Resource
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.dataset.layout import Layout
from pipelines.dataset.text import fold_spaces, fold_text
from pipelines.read.forms import open_grids
from pipelines.read.forms.packed import kind_of_file
from pipelines.read.forms.workbook import read_sheet_heads
from pipelines.read.grid import Unreadable
from pipelines.read.no_data import find_signs
from pipelines.read.read import read
from pipelines.settings import Limits
from validation.personal.evidence import look_at_columns
from validation.personal.kinds import QUESTION_OF
from validation.personal.questions import find_questions
from validation.personal.rows import Column
from validation.table import Table

TYPES = ("integer", "number", "date", "datetime", "time", "boolean")
"""Tried in this order; what none of them fits is a text."""
KEY_NAMES = ("id", "codigo", "cod", "nro", "numero", "clave", "identificador", "expediente")
TRUTHS = {"true", "false", "si", "sí", "no"}
HAS_DIGIT = re.compile(r"\d").search
KEY_ROWS = 10
"""Rows from which on a column whose values all differ is no accident."""
EITHER_WAY = re.compile(r"(0?[1-9]|1[0-2])([/.-])(0?[1-9]|1[0-2])\2(\d{4}|\d{2})").fullmatch
FEW = 12
"""Different values that a column of a list may have; each stands there ten times at least."""


@dataclass(frozen=True)
class InferredTable:
    """What a file says of its own table: fields of a Table Schema, texts that stand for nothing, the key (if
    a column looks like one), the labels that differ from the fields' names, and those that stand more than
    once ("" where a column has none): of these the first column is a field. `sheet` is the one that was read
    where others hold something as well; `dates` are fields whose days and months cannot be told apart,
    `personal` those that may tell of persons, with the kind of question that each asks."""

    fields: tuple[Mapping[str, Any], ...]
    missing: tuple[str, ...]
    key: str | None
    labels: Mapping[str, str]
    header: tuple[str, ...]
    repeated: tuple[str, ...]
    rows: int
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    personal: Mapping[str, str] = field(default_factory=dict)

    @property
    def layout(self) -> dict[str, Any]:
        """How the file writes its header, where the fields do not say it: {} where they do. Of the columns
        that share a label the first is read; those without one are left out."""
        made: dict[str, Any] = {}
        if self.labels:
            made = {"header": list(self.labels), "labels": dict(self.labels)}
        made |= {"ignore": list(self.repeated)} if self.repeated else {}
        return made | ({"sheet": self.sheet} if self.sheet else {})

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
        sheet, other_sheets = _find_sheet(path, room / "sheets", limits)
        probe = _resource([{"name": "columna", "type": "string"}])
        grids = open_grids(path, probe, room / "labels", limits=limits)
        every = list(grids(Layout(sheet=sheet or None)).labels)
    except (Unreadable, MemoryError, RecursionError) as error:
        raise ValueError(_("{file} cannot be read as a table: {why}", file=path.name, why=error)) from error
    header = [label for label in dict.fromkeys(every) if label.strip()]
    if not header:
        raise ValueError(
            _("{file} cannot be read as a table: {why}", file=path.name, why=_("it has no header"))
        )
    names = _names(header, tidy)
    whole = _read_table(path, room / "text", names, header, "string", limits, sheet)
    texts = _cells(whole, names)
    missing = tuple(dict.fromkeys(sign for cells in texts.values() for sign in find_signs(cells)))
    types = dict.fromkeys(names, "string")
    open_names = [name for name in names if not _is_code(texts[name]) and _filled(texts[name], missing)]
    for type in TYPES:
        likely = [name for name in open_names if _may_fit(type, _filled(texts[name], missing))]
        read_as = (
            _cells(_read_table(path, room / type, names, header, type, limits, sheet), names)
            if likely
            else {}
        )
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
    return InferredTable(
        fields,
        missing,
        key,
        labels,
        tuple(header),
        _find_repeated(every),
        rows,
        sheet,
        other_sheets,
        tuple(name for name in names if types[name] == "string" and _is_either_way(texts[name], missing)),
        _find_personal(whole, dict(zip(names, header, strict=True))),
    )


def _find_sheet(path: Path, room: Path, limits: Limits) -> tuple[str, tuple[str, ...]]:
    """The sheet that holds the table, with the most rows of several cells, and the others that hold
    something; "" where there are no others."""
    kind = kind_of_file(path, limits)
    if kind not in ("xlsx", "xlsb", "ods", "xls"):
        return "", ()
    probe = _resource([{"name": "columna", "type": "string"}])
    heads = read_sheet_heads(path, kind, probe, room, limits)
    filled = {
        name: [row for row in rows if any(cell.strip() for cell in row)] for name, rows in heads.items()
    }
    wide = {name: sum(sum(map(bool, row)) > 1 for row in rows) for name, rows in filled.items()}
    best = max(wide, key=lambda name: wide[name])
    others = tuple(name for name, rows in filled.items() if rows and name != best)
    return (best, others) if others else ("", ())


def _is_either_way(cells: Sequence[str], missing: Sequence[str]) -> bool:
    """Whether all are days, and none says whether the day or the month comes first."""
    filled = _filled(cells, missing)
    days = [EITHER_WAY(cell.strip()) for cell in filled]
    return bool(days) and all(days)


def _find_personal(table: Table, labels: Mapping[str, str]) -> dict[str, str]:
    """The kind of question that a column of persons asks, by field: by its label and by its cells."""
    names = list(table.labels)
    evidence = look_at_columns(table.batches(), range(len(names)))
    columns = [
        Column(place, labels.get(name, name), evidence=evidence[place]) for place, name in enumerate(names)
    ]
    found = {names[each.place]: each.kind for each in find_questions(columns)}
    for column in columns:
        kinds = [kind for kind, share in column.evidence.kinds.items() if share > 0.5]
        for kind in kinds:
            found.setdefault(names[column.place], QUESTION_OF.get(kind, "contact"))
    return {name: kind for name, kind in found.items() if name in labels}


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


def _resource(
    fields: Sequence[Mapping[str, Any]], labels: Mapping[str, str] | None = None, sheet: str = ""
) -> Resource:
    layout = ({"labels": dict(labels)} if labels else {}) | ({"sheet": sheet} if sheet else {})
    layouts = [layout] if layout else []
    made = {"source": {"kind": "file", "path": "extract"}, "layouts": layouts}
    pipeline = ResourcePipeline.model_validate(made)
    descriptor = {"name": "tabla", "path": "tabla.csv", "schema": {"fields": [dict(each) for each in fields]}}
    return Resource("tabla", "tabla.csv", descriptor, pipeline, None)


def _read_table(
    path: Path,
    into: Path,
    names: Sequence[str],
    header: Sequence[str],
    kind: str,
    limits: Limits,
    sheet: str,
) -> Table:
    """The table, each of its columns as the reader writes them for this type."""
    labels = {label: name for label, name in zip(header, names, strict=True) if label != name}
    resource = _resource([{"name": name, "type": kind} for name in names], labels, sheet)
    reading = read(path, resource, into, limits=limits)
    if reading.table is None:
        why = reading.problems[0].note if reading.problems else ""
        raise ValueError(_("{file} cannot be read as a table: {why}", file=path.name, why=why))
    return reading.table


def _cells(table: Table, names: Sequence[str]) -> dict[str, list[str]]:
    """The cells of each column."""
    found: dict[str, list[str]] = {name: [] for name in names}
    places = {name: place for place, name in enumerate(table.labels)}
    for batch in table.batches():
        for name in names:
            if name in places:
                cells = batch.column(places[name] + 1).to_pylist()
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
    whole = len(filled) == len(cells) >= KEY_ROWS and len(set(filled)) == len(filled)
    return named and whole and kind in ("integer", "string")
