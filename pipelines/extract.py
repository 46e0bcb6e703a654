"""What an extract covers: an agency that sends only August has not deleted January to July."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from catalog.published import text as published_text
from pipelines.dataset import Resource
from validation.table import ROW, Table

# How much of an ISO date names the period in which a dataset of that accrualPeriodicity is delivered.
_YEARLY, _MONTHLY, _DAILY = 4, 7, 10


def periods_of(resource: Resource, periodicity: str) -> Callable[[pa.Array], pa.Array]:
    """From published text of the extract's field to periods: its values; of a date, the year, month or day in which the
    dataset is delivered by its accrualPeriodicity (ISO 8601; what comes more than once a month is taken by the day)."""
    kind = next(f.get("type", "any") for f in resource.schema["fields"] if f["name"] == resource.pipeline.extract.field)
    if kind not in ("date", "datetime"):
        return lambda texts: texts
    yearly, monthly = periodicity.endswith("Y"), periodicity.endswith("M") and "." not in periodicity
    width = _YEARLY if yearly else _MONTHLY if monthly else _DAILY
    return lambda texts: pc.utf8_slice_codeunits(texts, 0, width)


def retained(previous: pa.Table | None, delivered: Table, resource: Resource, periodicity: str) -> pa.Table | None:
    """The rows of the previous release that this extract does not speak of; None where there are none.

    `previous` has the schema's columns. By period: the rows of periods that were not delivered. Append: all.
    """
    extract = resource.pipeline.extract
    if previous is None or extract.mode == "full":
        return None
    if extract.mode == "append":
        return previous
    field = extract.field
    assert field is not None
    if field not in delivered.labels or field not in previous.column_names:
        return previous
    period = periods_of(resource, periodicity)
    column = delivered.labels.index(field) + 1
    sent = pa.chunked_array([period(batch.column(column)) for batch in delivered.batches()], pa.string())
    return previous.filter(pc.invert(pc.is_in(period(published_text(previous[field])), value_set=pc.unique(sent))))


def merge(kept: pa.Table | None, delivered: pa.Table, resource: Resource) -> pa.Table:
    """The whole table: the retained rows, then the delivered ones. `delivered` begins with `__row__`; retained rows have none.

    In mode append a delivered row takes the place of the one with its key; without a key, a row that is there already is not
    added again, so that the same extract twice adds nothing.
    """
    if kept is None or not kept.num_rows:
        return delivered
    fields = [name for name in delivered.column_names if name != ROW]
    if resource.pipeline.extract.mode == "append":
        if resource.primary_key:
            kept = kept.filter(pc.invert(pc.is_in(_rows(kept, resource.primary_key), value_set=_rows(delivered, resource.primary_key))))
        else:
            delivered = delivered.filter(pc.invert(pc.is_in(_rows(delivered, fields), value_set=_rows(kept, fields))))
    whole = kept.select([name for name in fields if name in kept.column_names])
    for field in delivered.schema:
        if field.name not in whole.column_names:
            whole = whole.append_column(field, pa.nulls(whole.num_rows, field.type))
    return pa.concat_tables([whole.select(delivered.column_names).cast(delivered.schema), delivered])


def doubled_keys(kept: pa.Table | None, delivered: pa.Table, resource: Resource) -> list[int]:
    """The agency's row numbers of delivered rows whose key a retained row has as well (mode by-period)."""
    if kept is None or not resource.primary_key or resource.pipeline.extract.mode != "by-period":
        return []
    both = pc.is_in(_rows(delivered, resource.primary_key), value_set=_rows(kept, resource.primary_key))
    return list(delivered.filter(both)[ROW].to_pylist())


def _rows(table: pa.Table, names: list[str]) -> pa.ChunkedArray:
    """One text for each row, equal where the rows are; a null differs from an empty text."""
    texts = [pc.fill_null(published_text(table[name]), "\x00") for name in names]
    return pc.binary_join_element_wise(*texts, "\x1f")
