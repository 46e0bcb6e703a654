"""Rows of a DataStore table over CKAN's API: put in and taken out, read back against what they should be,
counted and summed up."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from catalog.archive import published
from catalog.archive.changes.duck import open_duckdb
from catalog.ckan.database import connect_datastore
from catalog.ckan.remote import AnswerLost, CkanError, Invalid, Missing, Remote, UnknownAction

BATCH = 5000  # rows in one call; measured: larger calls are no faster, and hold the table longer
DELETED = 1000  # ids in one call
PAGE = 32_000  # the most that CKAN gives at once, unless its site says otherwise
TOGETHER = 100  # tables in one question
ID = "_id"
NULL = "\\N"


@dataclass(frozen=True)
class ChangedRows:
    """What a release changed in a table with a key: records to put in (of a changed row, key and changed
    fields), keys to take out."""

    records: Sequence[Mapping[str, Any]]
    removed: Sequence[Mapping[str, Any]]


def changed_rows(changes: pa.Table, table: str) -> ChangedRows:
    """A table's part of a release's changes.parquet."""
    lines = changes.filter(pc.equal(changes["resource"], table)).to_pylist()
    records: dict[str, dict[str, Any]] = {}
    for line in lines:
        if line["change"] == "row-added":
            records[line["key"]] = json.loads(line["after"])
        elif line["change"] == "cell-changed":
            records.setdefault(line["key"], json.loads(line["key"]))[line["field"]] = line["after"]
    removed = [json.loads(line["key"]) for line in lines if line["change"] == "row-removed"]
    return ChangedRows(list(records.values()), removed)


@dataclass(frozen=True)
class RowWriter:
    """The table of a resource, for writing. `key` are its key's fields; none: rows are only put in and taken
    out."""

    remote: Remote
    resource: str
    key: Sequence[str]
    batch: int = BATCH

    def change(self, changed: ChangedRows) -> None:
        by_fields: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
        for record in changed.records:
            by_fields.setdefault(tuple(sorted(record)), []).append(record)
        for records in by_fields.values():
            self._upsert(records, "upsert")
        if len(self.key) == 1:
            for start in range(0, len(changed.removed), DELETED):
                values = [key[self.key[0]] for key in changed.removed[start : start + DELETED]]
                self._delete({self.key[0]: values})
        else:
            for key in changed.removed:
                self._delete(dict(key))

    def put(self, rows: pa.Table, fresh: bool = False) -> None:
        """Puts rows in, over those with the same key. Into a `fresh` table, which has none of them, they go
        without a look at its keys, which is some three times as fast, until another publisher turns out to
        put them in as well.
        """
        insert = fresh or not self.key
        for start in range(0, rows.num_rows, self.batch):
            records = published.text_table(rows.slice(start, self.batch), rows.column_names).to_pylist()
            try:
                self._upsert(records, "insert" if insert else "upsert")
            except Invalid:
                if not (insert and self.key):
                    raise
                insert = False
                self._upsert(records, "upsert")

    def drop(self, ids: Sequence[int]) -> None:
        """Takes rows out by their `_id`."""
        for start in range(0, len(ids), DELETED):
            self._delete({"_id": list(ids[start : start + DELETED])})

    def _upsert(self, records: Sequence[Mapping[str, Any]], method: str) -> None:
        for start in range(0, len(records), self.batch):
            sent = {
                "resource_id": self.resource,
                "force": True,
                "method": method,
                "records": list(records[start : start + self.batch]),
            }
            self.remote.act("datastore_upsert", sent)

    def _delete(self, filters: Mapping[str, Any]) -> None:
        assert filters, "without a filter CKAN 2.10 would take the table away"
        sent = {"resource_id": self.resource, "force": True, "filters": dict(filters)}
        try:
            self.remote.act("datastore_records_delete", sent)
        except UnknownAction:  # before CKAN 2.11
            self.remote.act("datastore_delete", sent)


def find_differences(
    remote: Remote, resource: str, wanted: pa.Table, key: Sequence[str]
) -> tuple[pa.Table, list[int]]:
    """The wanted rows that a table lacks, and the `_id`s of the rows that it has too many, whatever their
    order.

    With a key, a row that is there with other values is missing and not surplus: putting it in mends it.
    """
    found = read_table(remote, resource, wanted.schema)
    names = wanted.column_names
    columns, keys = [f"c{i}" for i in range(len(names))], [f"c{names.index(name)}" for name in key]
    there = pa.table([*(_comparable(found[name]) for name in names), found[ID]], names=[*columns, "i"])
    here = pa.table(
        [*(_comparable(wanted[name]) for name in names), pa.array(range(wanted.num_rows), pa.int64())],
        names=[*columns, "i"],
    )
    same = " and ".join(f"a.{c} is not distinct from b.{c}" for c in [*columns, "nth"])
    numbered = f"select *, row_number() over (partition by {', '.join(columns)} order by i) as nth from "
    with open_duckdb() as duck:
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


def read_table(remote: Remote, resource: str, schema: pa.Schema) -> pa.Table:
    """The whole table, in the types of `schema`, with `_id`."""
    whole = pa.schema([pa.field(ID, pa.int64()), *schema.remove_metadata()])
    return pa.concat_tables([whole.empty_table(), *_pages(remote, resource, whole)])


def _pages(remote: Remote, resource: str, schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows by `_id`, page by page, until one is empty: CKAN 2.10 takes no filter on a range of them. What
    others write meanwhile may move rows from page to page: whoever mends a table looks again."""
    read = 0
    while True:
        asked = {"resource_id": resource, "fields": schema.names, "sort": ID, "limit": PAGE, "offset": read}
        answer = remote.ask("datastore_search", **asked, records_format="csv", include_total=False)
        if not answer["records"]:
            return
        page = _parse_page(answer["records"], schema)
        yield page
        read += page.num_rows


def _parse_page(text: str, schema: pa.Schema) -> pa.Table:
    """A page of CSV as PostgreSQL writes it: null without quotes, t and f, its own way with moments."""
    options = pa.csv.ConvertOptions(
        column_types={name: pa.string() for name in schema.names},
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    reading = pa.csv.ReadOptions(column_names=schema.names, block_size=max(1 << 20, len(text.encode()) + 1))
    table = pa.csv.read_csv(
        io.BytesIO(text.encode()), reading, pa.csv.ParseOptions(newlines_in_values=True), options
    )
    return pa.table(
        [_cast(table[name], schema.field(name).type) for name in schema.names], names=schema.names
    )


def _cast(texts: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
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


def _comparable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as it can be compared: moments to the millisecond, which is all that CKAN shows; others as
    published."""
    if pa.types.is_timestamp(column.type):
        column = pc.cast(pc.floor_temporal(column, unit="millisecond"), pa.timestamp("us", column.type.tz))
    return published.text(column)


@dataclass(frozen=True)
class Sums:
    """Asked for by SQL: of the database where its write URL is known, else by CKAN's `datastore_search_sql`,
    which a site may have off."""

    remote: Remote
    database: str | None = field(default=None, repr=False)

    def counts(self, resources: Sequence[str]) -> dict[str, int]:
        """Rows by resource, a question for a hundred tables; where no SQL is taken, one for each. Tables that
        are gone are left out."""
        counted: dict[str, int] = {}
        for start in range(0, len(resources), TOGETHER):
            some = resources[start : start + TOGETHER]
            questions = (f"select '{each}' as id, count(*) as n from \"{each}\"" for each in some)
            lines = self._ask(" union all ".join(questions))
            if lines is None:
                counted |= self._count_one_by_one(some)
            else:
                counted |= {line["id"]: int(line["n"]) for line in lines}
        return counted

    def holds(self, resource: str, rows: pa.Table) -> bool:
        """Whether a table surely holds these rows and no others, in whatever order. Where this is not sure,
        compare them one by one."""
        if not rows.column_names:
            return False
        texts = (_as_text(column.name, column.type) for column in rows.schema)
        values = ", ".join(f"coalesce({text}, '{NULL}')" for text in texts)
        digits = f"cast('x' || substr(md5(concat_ws(chr(31), {values})), 1, 15) as bit(60))"
        question = f'select count(*) as n, cast(sum(cast({digits} as bigint)) as text) as s from "{resource}"'
        lines = self._ask(question)
        return lines is not None and (int(lines[0]["n"]), int(lines[0]["s"] or 0)) == _checksum(rows)

    def _ask(self, query: str) -> Sequence[Any] | None:
        """Lines of the answer by name; None where the question is not taken."""
        if self.database:
            with connect_datastore(self.database) as cursor:
                try:
                    found = cursor.execute(query.encode()).fetchall()
                except psycopg.ProgrammingError:  # a table or column is not there
                    return None
                names = [column.name for column in cursor.description or ()]
                return [dict(zip(names, line, strict=True)) for line in found]
        try:
            answer: Sequence[Any] = self.remote.ask("datastore_search_sql", sql=query)["records"]
        except AnswerLost:
            raise
        except CkanError:
            return None
        return answer

    def _count_one_by_one(self, resources: Sequence[str]) -> dict[str, int]:
        counted = {}
        for each in resources:
            try:
                counted[each] = int(self.remote.ask("datastore_search", resource_id=each, limit=0)["total"])
            except Missing:
                continue
        return counted


def _as_text(name: str, kind: pa.DataType) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if pa.types.is_timestamp(kind):  # as microseconds: the text of a moment depends on the server's clock
        return f"cast(cast(round(date_part('epoch', {quoted}) * 1000000) as bigint) as text)"
    return f"cast({quoted} as text)"


def _checksum(rows: pa.Table) -> tuple[int, int]:
    """Number and checksum of rows whose values are written as PostgreSQL writes them; where it would not
    (1e+20), it differs."""
    texts = [_checksum_texts(rows[name]) for name in rows.column_names]
    names = [f"c{number}" for number in range(len(texts))]
    with open_duckdb() as duck:
        duck.register("wanted", pa.table(texts, names=names))
        digits = f"'0x' || substr(md5(concat_ws(chr(31), {', '.join(names)})), 1, 15)"
        found = duck.execute(f"select count(*), sum(cast({digits} as bigint)) from wanted").fetchone()
    return (int(found[0]), int(found[1] or 0)) if found else (0, 0)


def _checksum_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_timestamp(kind):
        column = pc.cast(pc.cast(column, pa.timestamp("us", kind.tz)), pa.int64())
    return pc.fill_null(published.text(column), NULL)
