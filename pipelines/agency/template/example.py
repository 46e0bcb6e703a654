"""An example row: invented, and right by the schema. It never stands where it would be handed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

import pyarrow as pa
from frictionless import Field

from catalog.archive.published import text
from pipelines.agency.template.columns import TemplateColumn, TemplateSheet
from pipelines.agency.template.patterns import pattern_example as of_pattern
from pipelines.dataset.dataset import Resource

Value = str | int | float | date | datetime | None
DAY = date(2024, 8, 15)
TEXTS = {
    "yearmonth": "2024-08",
    "time": "10:30:00",
    "duration": "P1D",
    "geopoint": "-58.38, -34.60",
    "list": "uno,dos",
    "array": '["uno"]',
    "object": '{"clave": "valor"}',
    "geojson": '{"type": "Point", "coordinates": [-58.38, -34.6]}',
}
"""By type; none of them says anything about the city."""


def invent_rows(sheets: list[TemplateSheet], references: Mapping[str, pa.Table]) -> list[list[Value]]:
    """A row for each sheet, a value for each column; None where none could be found that the schema takes. A
    reference to another sheet repeats that sheet's example, one to another dataset a row that is published
    there."""
    rows: dict[str, dict[str, Value]] = {}
    made: dict[str, list[Value]] = {}
    waiting = list(sheets)
    while waiting:
        ready = [
            s
            for s in waiting
            if not any(c.of and c.of[0] not in made and c.of[0] != s.name for c in s.columns)
        ]
        for sheet in ready or waiting[:1]:  # tables that refer to each other in a circle begin with the first
            known = _referenced_row(sheet.resource, references)
            rows[sheet.name] = {}
            for column in sheet.columns:
                rows[sheet.name][column.label] = _choose_value(column, rows, known) or _invent_value(column)
            made[sheet.name] = list(rows[sheet.name].values())
            waiting.remove(sheet)
    return [made[sheet.name] for sheet in sheets]


def _choose_value(
    column: TemplateColumn, rows: Mapping[str, Mapping[str, Value]], known: Mapping[str, str]
) -> Value:
    if column.of is not None:
        return rows.get(column.of[0], {}).get(column.of[1])
    name = column.field["name"] if column.field is not None else ""
    chosen = known.get(name) if known.get(name) in column.options else None
    chosen = chosen or next(iter(column.options), None)
    return int(chosen) if chosen is not None and column.type in ("integer", "year") else chosen


def _referenced_row(resource: Resource, references: Mapping[str, pa.Table]) -> dict[str, str]:
    """Values by which a row refers to rows of other datasets, all of which are there together."""
    known: dict[str, str] = {}
    for key in resource.schema.get("foreignKeys", ()):
        table = references.get(key["reference"].get("resource", ""))
        if table is None:
            continue
        columns = [text(table[name]).to_pylist() for name in key["reference"]["fields"]]
        for cells in zip(*columns, strict=True):
            told = dict(zip(key["fields"], cells, strict=True))
            if None not in cells and all(known.get(name, value) == value for name, value in told.items()):
                known |= told
                break
    return known


def _invent_value(column: TemplateColumn) -> Value:
    """The first of the likely values that frictionless takes for the field, as a cell of a workbook."""
    if column.field is None:
        return None
    field = Field.from_descriptor(
        {key: value for key, value in column.field.items() if not column.treated or key != "constraints"}
    )
    for value in _likely_values(column):
        _read, notes = field.read_cell(_value_text(value))
        if not notes:
            return value
    return None


def _value_text(value: Value) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _likely_values(column: TemplateColumn) -> Iterator[Value]:
    assert column.field is not None
    limits, kind = column.constraints, column.type
    given = column.field.get("example")
    if given is not None and not column.treated:
        yield given
    if kind in ("integer", "number", "year"):
        low, high = (
            limits.get("minimum", limits.get("exclusiveMinimum")),
            limits.get("maximum", limits.get("exclusiveMaximum")),
        )
        usual: list[Any] = [10, 1]
        if kind == "year":
            usual = [2024]
        elif kind == "number" and low is not None:
            usual = []
        middle = [(float(low) + float(high)) / 2] if low is not None and high is not None else []
        for value in (
            *usual,
            low,
            high,
            *middle,
            *(float(v) + 1 for v in (low,) if v is not None),
            *(float(v) - 1 for v in (high,) if v is not None),
        ):
            if value is not None:
                yield float(value) if kind == "number" else int(float(value))
    elif kind in ("date", "datetime"):
        days = [
            DAY,
            *(date.fromisoformat(str(v)[:10]) for k in ("minimum", "maximum") if (v := limits.get(k))),
        ]
        yield from (datetime.combine(day, time(10, 30)) if kind == "datetime" else day for day in days)
    elif kind in TEXTS:
        yield TEXTS[kind]
    else:
        yield from _likely_texts(column)


def _likely_texts(column: TemplateColumn) -> Iterator[str]:
    assert column.field is not None
    limits = column.constraints
    low, high = int(limits.get("minLength", 0)), limits.get("maxLength")
    if pattern := limits.get("pattern"):
        written = of_pattern(pattern)
        yield from [written] if written else []
    formats = {
        "email": "consultas@ejemplo.gob.ar",
        "uri": "https://ejemplo.gob.ar/pagina",
        "uuid": "00000000-0000-4000-8000-000000000000",
    }
    if column.field.get("format") in formats:
        yield formats[column.field["format"]]
    words = f"Ejemplo de {column.field.get('title', column.label)}".lower().capitalize()
    yield words.ljust(low, "x")[: int(high) if high is not None else None].strip()
    yield "x" * max(low, 1)
