"""What an extract covers: an agency that sends only August has not deleted January to July."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Schema

from catalog.archive.published import text as published_text
from isolation.spill import Mask, keep_rows
from messages import gettext as _
from pipelines.dataset.dataset import DECLARATION, DatasetError, Resource
from pipelines.dataset.periods import period_field, period_label, periods_of_values
from pipelines.release.matching import rows_among, surplus_rows
from validation.report import Problem
from validation.table import ROW, Table
from validation.types import Columns, arrow_schema


@dataclass(frozen=True)
class Retained:
    """The rows of the previous release that stay, by the schema of now, and which ones these are."""

    rows: pa.Table
    stay: Mask


def find_retained(
    previous: pa.Table | None,
    delivered: Table,
    resource: Resource,
    periodicity: str,
    period: str | None = None,
) -> Retained | None:
    """The rows of the previous release that this extract does not speak of; None where there are none.

    `previous` has the fields that it was published with. By period: the rows of periods that were not
    delivered; `period` is the one that the file was handed in for, be it without rows. Append, and full where
    rows that vanish stay: all. Raises DatasetError where they do not fit the schema of now.
    """
    extract = resource.pipeline.extract
    if previous is None or (extract.mode == "full" and not extract.vanished):
        return None
    previous = _fit_schema(previous, resource)
    everything = Retained(previous, np.ones(previous.num_rows, np.bool_))
    if extract.mode in ("append", "full"):
        return everything
    assert extract.field is not None
    if extract.field not in delivered.labels:
        return everything
    sent = periods_of_values(_typed_column(delivered, resource, extract.field), periodicity)
    named = {*pc.unique(sent).to_pylist(), *([period] if period else [])}
    there = pc.unique(previous[extract.field])
    spoken = pc.is_in(
        periods_of_values(pa.chunked_array([there]), periodicity),
        value_set=pa.array(list(named), pa.string()),
    )
    gone = pc.is_in(previous[extract.field], value_set=there.filter(spoken.combine_chunks()))
    stay = ~np.asarray(gone.to_numpy())
    return Retained(keep_rows(previous, stay), stay)


@dataclass(frozen=True)
class Merger:
    """A table and the one of the release before, row by row: `gone` are the rows that it has no more, or has
    otherwise, `came` those that are in their place or new; all others stayed, `leading` of them as the first
    rows of both."""

    gone: pa.Table
    came: pa.Table
    leading: int


def find_merger(previous: pa.Table, retained: Retained, table: pa.Table, resource: Resource) -> Merger | None:
    """What became of a `previous` table in one that `merge_rows` made of the rows `retained` of it. None
    where rows that stayed may be others than they were published, or no row stayed."""
    if resource.pipeline.extract.vanished or not retained.rows.schema.equals(previous.schema):
        return None
    stayed = table.num_rows - pc.sum(pc.is_valid(table[ROW])).as_py() if table.num_rows else 0
    came = table.slice(stayed).drop_columns([ROW])
    stay = retained.stay.copy()
    if stayed < np.count_nonzero(stay):
        stay[np.flatnonzero(stay)[rows_among(retained.rows, came, resource.primary_key)]] = False
    if not stayed or stayed != np.count_nonzero(stay):
        return None
    leading = int(np.argmin(stay)) if not stay.all() else len(stay)
    return Merger(keep_rows(previous, ~stay), came, leading)


def merge_rows(kept: pa.Table | None, delivered: pa.Table, resource: Resource) -> pa.Table:
    """The whole table: the retained rows, then the delivered ones. `delivered` begins with `__row__`;
    retained rows have none.

    In mode append, and where rows that vanish stay, a delivered row takes the place of the one with its key.
    Without a key, equal rows are counted: a delivery adds those by which it has more than there were, so that
    it adds nothing when it is sent again.
    """
    if kept is None or not kept.num_rows:
        return delivered
    fields = [name for name in delivered.column_names if name != ROW]
    if resource.pipeline.extract.mode in ("append", "full"):
        if resource.primary_key:
            kept = keep_rows(kept, ~rows_among(kept, delivered, resource.primary_key))
        else:
            delivered = keep_rows(delivered, surplus_rows(delivered, kept, fields))
    columns = [
        pa.nulls(kept.num_rows, field.type) if field.name == ROW else kept[field.name]
        for field in delivered.schema
    ]
    return pa.concat_tables([pa.table(columns, schema=delivered.schema), delivered])


def mark_vanished(
    kept: pa.Table | None, held: pa.Table | None, resource: Resource, day: str
) -> pa.Table | None:
    """The retained rows, with the day since when the source has none of them; what vanished before keeps its
    day. A row that is `held` back was delivered: what was published of it stays as it is."""
    field = resource.pipeline.extract.vanished
    if kept is None or field is None:
        return kept
    known = rows_among(kept, held, resource.primary_key) if held is not None else np.zeros(kept.num_rows, "?")
    gone = pa.array(~known)
    place = kept.schema.get_field_index(field)
    since = pc.coalesce(kept[field], pa.scalar(date.fromisoformat(day), kept.schema.field(place).type))
    return kept.set_column(place, kept.schema.field(place), pc.if_else(gone, since, kept[field]))


def present_rows(table: pa.Table, resource: Resource) -> pa.Table:
    """The rows that did not vanish from the source."""
    field = resource.pipeline.extract.vanished
    return table.filter(pc.is_null(table[field])) if field and field in table.column_names else table


def doubled_keys(
    kept: pa.Table | None, delivered: pa.Table, resource: Resource, undated: Collection[int] = ()
) -> list[tuple[int, str]]:
    """The agency's row numbers, and the keys, of delivered rows whose key a retained row has as well (mode
    by-period). Of the `undated` rows nobody can say whether they are of another period than that one."""
    if kept is None or not resource.primary_key or resource.pipeline.extract.mode != "by-period":
        return []
    doubled = delivered.filter(pa.array(rows_among(delivered, kept, resource.primary_key)))
    doubled = doubled.filter(pc.invert(pc.is_in(doubled[ROW], pa.array(sorted(undated), pa.int64()))))
    keys = zip(doubled[ROW].to_pylist(), _rows(doubled, resource.primary_key), strict=True)
    return [(number, ", ".join(part or "" for part in key)) for number, key in keys]


def _typed_column(delivered: Table, resource: Resource, field: str) -> pa.ChunkedArray:
    """The values of a field, as its type reads them; cells that it cannot read (check reports them) name no
    period."""
    schema = Schema.from_descriptor(
        {
            "fields": [_without_constraints(resource, field)],
            "missingValues": resource.schema.get("missingValues", [""]),
        }
    )
    column, columns = delivered.labels.index(field) + 1, Columns(schema)
    texts = pa.chunked_array([batch.column(column) for batch in delivered.batches()], pa.string())
    for cell in pc.unique(texts).to_pylist():
        value = schema.fields[0].read_cell(cell)[0]
        if value is not None or cell in schema.missing_values:
            columns.append(0, {field: value})
    return columns.table()[field]


def _without_constraints(resource: Resource, field: str) -> dict[str, Any]:
    declared = next(f for f in resource.schema["fields"] if f["name"] == field)
    return {key: value for key, value in declared.items() if key != "constraints"}


def _fit_schema(previous: pa.Table, resource: Resource) -> pa.Table:
    """The rows with the schema's fields and types of now: a new field is null in them, and one that is gone
    is left out."""
    columns, schema = [], arrow_schema(Schema.from_descriptor(dict(resource.schema))).remove(0)
    for field in schema:
        if field.name not in previous.column_names:
            columns.append(pa.nulls(previous.num_rows, field.type))
            continue
        column = previous[field.name]
        try:
            columns.append(
                column if column.type == field.type else pc.cast(published_text(column), field.type)
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            key = f"resources.{resource.name}.schema.fields.{field.name}.type"
            problem = _(
                "does not fit rows of earlier extracts, which stay ({why}); keep the type, or publish all "
                "in mode full",
                why=error,
            )
            raise DatasetError(resource.name, DECLARATION, key, problem) from error
    return pa.table(columns, schema=schema)


def _rows(table: pa.Table, names: Sequence[str]) -> list[tuple[str | None, ...]]:
    """Each row's values as they are published: equal where the rows are."""
    return list(zip(*(published_text(table[name]).to_pylist() for name in names), strict=True))


def rows_outside_period(
    delivered: pa.Table, resource: Resource, periodicity: str, period: str
) -> Iterator[Problem]:
    """The delivered rows that are not of the stated period; one problem where none is."""
    declared = period_field(resource)
    if declared is None:
        return
    found = periods_of_values(delivered[declared["name"]], periodicity)
    stated = period_label(period, periodicity)
    there = [each for each in pc.unique(found).to_pylist() if each is not None]
    if there and period not in there:
        names = ", ".join(period_label(each, periodicity) for each in sorted(there))
        note = _(
            "the file was handed in for {period}, and its rows are of {found}", period=stated, found=names
        )
        yield Problem("table-error", resource.name, note, code="outside-period", field=declared["name"])
        return
    for row, each in zip(delivered[ROW].to_pylist(), found.to_pylist(), strict=True):
        if each not in (None, period):
            of = period_label(each, periodicity)
            note = _(
                "row {row} is of {found}, and the file was handed in for {period}",
                row=row,
                found=of,
                period=stated,
            )
            yield Problem(
                "row-error", resource.name, note, code="outside-period", row=row, field=declared["name"]
            )


def rows_without_period(delivered: pa.Table, resource: Resource, known: Collection[int]) -> Iterator[Problem]:
    """The delivered rows of a table that comes by period whose cell for it is empty: no delivery of a period
    would ever replace them. Of the `known` rows more is reported already."""
    field = resource.pipeline.extract.field
    if resource.pipeline.extract.mode != "by-period" or field not in delivered.column_names:
        return
    undated = delivered.filter(pc.is_null(delivered[field]))[ROW].to_pylist()
    for row in undated:
        if row is not None and row not in known:
            note = _("the cell that says of which period the row is, is empty")
            yield Problem("row-error", resource.name, note, code="row-without-period", row=row, field=field)


def find_unplaced_file(delivered: pa.Table, resource: Resource, period: str | None) -> Iterator[Problem]:
    """A file that comes by period, has no rows, and was handed in for no period: nobody knows which one it
    says to be empty."""
    if resource.pipeline.extract.mode == "by-period" and period is None and not delivered.num_rows:
        note = _("the file has a header, and no rows, and nobody said which period it is for")
        yield Problem("table-error", resource.name, note, code="no-period")
