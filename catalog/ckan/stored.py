"""What a DataStore table holds, read row by row, against what it should hold."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from catalog import published
from catalog.ckan.remote import Remote
from catalog.rows import connected

PAGE = 32_000  # the most that CKAN gives at once, unless its site says otherwise
ID = "_id"


def differing(remote: Remote, resource: str, wanted: pa.Table, key: Sequence[str]) -> tuple[pa.Table, list[int]]:
    """The wanted rows that a table lacks, and the `_id`s of the rows that it has too many, whatever their order.

    With a key, a row that is there with other values is missing and not surplus: putting it in mends it.
    """
    found = read(remote, resource, wanted.schema)
    names = wanted.column_names
    columns, keys = [f"c{i}" for i in range(len(names))], [f"c{names.index(name)}" for name in key]
    there = pa.table([*(_told(found[name]) for name in names), found[ID]], names=[*columns, "i"])
    here = pa.table([*(_told(wanted[name]) for name in names), pa.array(range(wanted.num_rows), pa.int64())], names=[*columns, "i"])
    same = " and ".join(f"a.{c} is not distinct from b.{c}" for c in [*columns, "nth"])
    numbered = f"select *, row_number() over (partition by {', '.join(columns)} order by i) as nth from "
    with connected() as duck:
        duck.register("there", there)
        duck.register("here", here)
        duck.execute(f"create temp table t as {numbered} there")
        duck.execute(f"create temp table h as {numbered} here")
        missing = duck.sql(f"select a.i from h a anti join t b on {same} order by a.i").to_arrow_table()["i"]
        surplus = "select a.i from t a anti join h b on {} order by a.i"
        if keys:
            by_key = " and ".join(f"a.{c} is not distinct from b.{c}" for c in keys)
            gone = duck.sql(surplus.format(by_key)).to_arrow_table()["i"]
        else:
            gone = duck.sql(surplus.format(same)).to_arrow_table()["i"]
    return wanted.take(missing), gone.to_pylist()


def read(remote: Remote, resource: str, schema: pa.Schema) -> pa.Table:
    """The whole table, in the types of `schema`, with `_id`."""
    whole = pa.schema([pa.field(ID, pa.int64()), *schema.remove_metadata()])
    return pa.concat_tables([whole.empty_table(), *_pages(remote, resource, whole)])


def _pages(remote: Remote, resource: str, schema: pa.Schema) -> Iterator[pa.Table]:
    last = 0
    while True:
        asked = {"resource_id": resource, "fields": schema.names, "filters": {ID: {"gt": last}}, "sort": ID, "limit": PAGE}
        answer = remote.ask("datastore_search", **asked, records_format="csv", include_total=False)
        if not answer["records"]:
            return
        page = _parsed(answer["records"], schema)
        yield page
        last = pc.max(page[ID]).as_py()


def _parsed(text: str, schema: pa.Schema) -> pa.Table:
    """A page of CSV as PostgreSQL writes it: null without quotes, t and f, its own way with moments."""
    options = pa.csv.ConvertOptions(
        column_types={name: pa.string() for name in schema.names},
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    reading = pa.csv.ReadOptions(column_names=schema.names, block_size=max(1 << 20, len(text.encode()) + 1))
    table = pa.csv.read_csv(io.BytesIO(text.encode()), reading, pa.csv.ParseOptions(newlines_in_values=True), options)
    return pa.table([_typed(table[name], schema.field(name).type) for name in schema.names], names=schema.names)


def _typed(texts: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_boolean(kind):
        return pc.equal(texts, "t")
    if pa.types.is_time(kind):
        moments = pc.cast(pc.binary_join_element_wise("1970-01-01T", texts, ""), pa.timestamp("us"))
        return pc.cast(moments, kind)
    if pa.types.is_timestamp(kind):
        return pc.cast(pc.cast(texts, pa.timestamp("us", kind.tz)), kind)
    if pa.types.is_nested(kind):
        return texts
    return pc.cast(texts, kind)


def _told(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as it can be compared: moments to the millisecond, which is all that CKAN shows; others as published."""
    if pa.types.is_timestamp(column.type):
        column = pc.cast(pc.floor_temporal(column, unit="millisecond"), pa.timestamp("us", column.type.tz))
    return published.text(column)
