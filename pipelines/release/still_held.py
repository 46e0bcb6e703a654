"""Rows that earlier deliveries held back: they stay held until their period is delivered again, or they are
put right."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Schema

from catalog.archive.published import read_parquet, text
from messages import ngettext
from pipelines.dataset.dataset import Resource
from pipelines.dataset.periods import periods_of_values
from pipelines.dataset.personal import hidden_fields
from pipelines.release.inputs import Inputs, rows_before
from pipelines.release.quarantine import HELD, HELD_SCHEMA, HeldRows, keys_of
from validation.table import ROW, Table
from validation.types import Columns


def find_earlier_held(
    inputs: Inputs,
    delivered: Mapping[str, Table],
    typed: Mapping[str, pa.Table],
    held: Mapping[str, HeldRows],
) -> dict[str, pa.Table]:
    """By resource, the rows (as in HELD_SCHEMA) that earlier deliveries held back and of which this one does
    not speak; resources without any are left out. `typed` are the delivered rows that are not held."""
    previous, found = inputs.previous, {}
    file = previous.entry.files.get(HELD) if previous else None
    if previous is None or file is None:
        return {}
    rows = read_parquet(previous.archive.get(file.sha256)).to_pylist()
    for resource in inputs.dataset.resources:
        mine = [row for row in rows if row["resource"] == resource.name]
        if resource.pipeline.extract.mode == "full" or not mine or rows_before(inputs, resource) is None:
            continue
        mine = [_complete(inputs, resource, row) for row in mine]
        sent = [typed[resource.name], *([held[resource.name].typed] if resource.name in held else [])]
        mine = list(_not_delivered(inputs, resource, mine, sent))
        mine = list(_not_put_right(resource, mine, sent, delivered[resource.name]))
        if mine:
            found[resource.name] = pa.Table.from_pylist(
                [_without_hidden(inputs, resource, row) for row in mine], HELD_SCHEMA
            )
    return found


def file_periods(inputs: Inputs, resource: Resource, typed: pa.Table) -> list[str]:
    """The periods that a delivery tells of: the one that was stated, and those of its rows."""
    stated, field = inputs.snapshots[resource.name].period, resource.pipeline.extract.field
    found = {stated} if stated else set()
    if resource.pipeline.extract.mode == "by-period" and field in typed.column_names:
        periodicity = inputs.dataset.pipeline.accrual_periodicity
        found |= set(pc.unique(periods_of_values(typed[field], periodicity)).to_pylist())
    return sorted(found - {None})


def held_periods(inputs: Inputs, resource: Resource, held: HeldRows, typed: pa.Table) -> dict[int, list[str]]:
    """By row, the periods whose delivery speaks of it: its own; all of its file's where that cannot be
    read."""
    field = resource.pipeline.extract.field
    whole = sorted({*file_periods(inputs, resource, typed), *file_periods(inputs, resource, held.typed)})
    if resource.pipeline.extract.mode != "by-period" or field is None:
        return {}
    own = periods_of_values(held.typed[field], inputs.dataset.pipeline.accrual_periodicity).to_pylist()
    return {
        number: [each] if each else whole
        for number, each in zip(held.typed[ROW].to_pylist(), own, strict=True)
    }


def still_held_counts(earlier: Mapping[str, pa.Table]) -> Iterator[str]:
    """How many rows of earlier files are still held back, and in which they stand."""
    for name, table in earlier.items():
        yield ngettext(
            "{resource}: {n} row of an earlier file ({files}) is still held back",
            "{resource}: {n} rows of earlier files ({files}) are still held back",
            table.num_rows,
            resource=name,
            files=", ".join(dict.fromkeys(filter(None, table["file"].to_pylist()))) or "–",
        )


def _complete(inputs: Inputs, resource: Resource, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its file and periods, which older releases did not keep."""
    if row.get("file") and row.get("periods") is not None:
        return dict(row)
    assert inputs.previous is not None
    snapshot = inputs.previous.entry.provenance["snapshots"].get(resource.name, {})
    field = resource.pipeline.extract.field
    periods = []
    if resource.pipeline.extract.mode == "by-period" and field:
        typed = _typed_cells(resource, field, [json.loads(row["cells"]).get(field)])
        periods = periods_of_values(typed, inputs.dataset.pipeline.accrual_periodicity).to_pylist()
        periods = [each for each in periods if each] or list(filter(None, [snapshot.get("period")]))
    return {**row, "file": snapshot.get("source", ""), "periods": periods}


def _not_delivered(
    inputs: Inputs, resource: Resource, rows: Sequence[dict[str, Any]], sent: Sequence[pa.Table]
) -> Iterator[dict[str, Any]]:
    """The rows of whose periods not all were delivered again."""
    now = {period for table in sent for period in file_periods(inputs, resource, table)}
    for row in rows:
        left = [period for period in row["periods"] if period not in now]
        if left or not row["periods"]:
            yield {**row, "periods": left}


def _not_put_right(
    resource: Resource, rows: Sequence[dict[str, Any]], sent: Sequence[pa.Table], delivered: Table
) -> Iterator[dict[str, Any]]:
    """The rows whose key did not come again. Without a key, of deliveries that only add (append), those of
    which no row came that is the same but for the cells that were wrong."""
    key = resource.primary_key
    cells = [json.loads(row["cells"]) for row in rows]
    if key:
        there = {each for table in sent for each in keys_of(table, key)}
        columns = [text(_typed_cells(resource, name, [each.get(name) for each in cells])) for name in key]
        for row, own in zip(rows, zip(*(column.to_pylist() for column in columns), strict=True), strict=True):
            if None in own or own not in there:
                yield row
        return
    for row, own in zip(rows, cells, strict=True):
        if resource.pipeline.extract.mode != "append" or not _came_mended(row, own, delivered):
            yield row


def _came_mended(row: Mapping[str, Any], cells: Mapping[str, Any], delivered: Table) -> bool:
    wrong = {name for reason in row["reasons"] for name in (reason["field"] or "").split(", ")}
    same = [label for label in delivered.labels if label not in wrong]
    if "" in wrong or not same or not set(same) <= set(cells):
        return False
    meant = {label: cells[label] for label in same}
    return any(
        meant == {label: cell for label, cell in zip(delivered.labels, each, strict=False) if label in meant}
        for _number, each in delivered.rows()
    )


def _typed_cells(resource: Resource, name: str, cells: Sequence[str | None]) -> pa.ChunkedArray:
    """Cells as the field's type reads them, null where it cannot."""
    declared = next(field for field in resource.schema["fields"] if field["name"] == name)
    plain = {key: value for key, value in declared.items() if key != "constraints"}
    schema = Schema.from_descriptor(
        {"fields": [plain], "missingValues": resource.schema.get("missingValues", [""])}
    )
    columns = Columns(schema)
    for cell in cells:
        columns.append(0, {name: None if cell is None else schema.fields[0].read_cell(cell)[0]})
    return columns.table()[name]


def _without_hidden(inputs: Inputs, resource: Resource, row: dict[str, Any]) -> dict[str, Any]:
    """The row without cells of columns that are hidden now, and were not then."""
    assert inputs.previous is not None
    then: Mapping[str, Any] = next(
        (each for each in inputs.previous.descriptor["resources"] if each["name"] == resource.name), {}
    )
    before = {field["name"]: field.get("personalData") for field in then.get("schema", {}).get("fields", ())}
    gone = {
        name
        for name, how in hidden_fields(resource.pipeline.personal_data).items()
        if before.get(name) != how
    }
    cells = {label: cell for label, cell in json.loads(row["cells"]).items() if label not in gone}
    return {**row, "cells": json.dumps(cells, ensure_ascii=False)}
