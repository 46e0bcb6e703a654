"""The DataStore's own database: a table put in another's place in one transaction, and questions that the API
answers slowly.

Rows on their way into a DataStore table: new and changed ones go in before stale ones go out.

What a DataStore table holds, read row by row, against what it should hold.

What the DataStore's tables hold, summed up where they are: how many rows, and a checksum over all of them.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from psycopg import sql

from catalog.archive import published
from catalog.archive.changes.rows import connected
from catalog.ckan.remote import AnswerLost, CkanError, Invalid, Missing, Remote
from messages import gettext as _

BLOCK = 65_536  # rows that are written out at a time
TABLE = "select to_regclass(quote_ident(%s))"
INDEXES = f"""select c.relname, i.indisunique, pg_get_indexdef(c.oid) from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = ({TABLE}) and not i.indisprimary"""
TRIGGERS = f"select pg_get_triggerdef(oid) from pg_trigger where tgrelid = ({TABLE}) and not tgisinternal"


# Views on a table, and whether they show all of it, as CKAN's aliases do.
VIEWS = f"""select distinct v.relname, pg_get_viewdef(v.oid), v.relnatts = t.relnatts from pg_class t join pg_depend d on d.refobjid = t.oid
    join pg_rewrite r on r.oid = d.objid join pg_class v on v.oid = r.ev_class where t.oid = ({TABLE}) and v.relkind = 'v'"""
NOTES = f"""select attname, col_description(attrelid, attnum) from pg_attribute
    where attrelid = ({TABLE}) and attnum > 0 and not attisdropped and col_description(attrelid, attnum) is not null"""


@contextlib.contextmanager
def connect_datastore(url: str) -> Iterator[psycopg.Cursor[Any]]:
    """One transaction in the database; `url` is never told."""
    try:
        with psycopg.connect(url, connect_timeout=10) as database, database.cursor() as cursor:
            yield cursor
    except psycopg.Error as error:
        why = type(error).__name__
        message = _(
            "The database of VEREDA_CKAN_DATASTORE_URL fails ({why}). Check the address and its rights, "
            "and publish again.",
            why=why,
        )
        raise AnswerLost(message) from None


def replace(url: str, resource: str, rows: pa.Table, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Puts a table of the wanted columns with these rows in the place of the resource's, in one transaction:
    until it ends, readers see the old one whole. Indexes, triggers, views and the dictionary of columns that
    stay are taken over.

    The text index of each row is computed in one go, which PostgreSQL shares out to its workers: the table's
    own trigger, row by row, would take most of the time. The locks on the old table are taken last, and are
    short.
    """
    new = f"_new_{uuid4().hex}"
    with connect_datastore(url) as cursor:
        # Made by whoever owns the old one, so that CKAN may go on with it and its reader may read it.
        cursor.execute(f"select pg_get_userbyid(relowner) from pg_class where oid = ({TABLE})", [resource])
        owner = cursor.fetchone()
        if owner:
            cursor.execute(sql.SQL("set local role {}").format(sql.Identifier(owner[0])))
        _fill(cursor, new, rows, wanted)
        names = _indexed(cursor, resource, new)
        for column, note in cursor.execute(NOTES, [resource]).fetchall():
            if column in rows.column_names:
                told = sql.SQL("comment on column {}.{} is {}")
                cursor.execute(told.format(sql.Identifier(new), sql.Identifier(column), sql.Literal(note)))
        _switch(cursor, resource, new, names)


def _fill(cursor: psycopg.Cursor[Any], new: str, rows: pa.Table, wanted: Sequence[Mapping[str, Any]]) -> None:
    incoming, table = sql.Identifier(f"{new}_in"), sql.Identifier(new)
    columns = [sql.Identifier(column["id"]) for column in wanted]
    typed = [
        sql.SQL("{} {}").format(name, sql.SQL(column["type"]))
        for name, column in zip(columns, wanted, strict=True)
    ]
    listed = sql.SQL(", ").join(columns)
    # Not a temporary table: those are read by one process alone.
    cursor.execute(
        sql.SQL("create unlogged table {} (_id serial, {})").format(incoming, sql.SQL(", ").join(typed))
    )
    with cursor.copy(sql.SQL("copy {} ({}) from stdin (format csv)").format(incoming, listed)) as copy:
        for block in _blocks(rows.select([column["id"] for column in wanted])):
            copy.write(block)
    words = sql.SQL("to_tsvector(concat_ws(' ', {}))").format(
        sql.SQL(", ").join(sql.SQL("{}::text").format(name) for name in columns)
    )
    cursor.execute(
        sql.SQL("create table {} as select _id, {} as _full_text, {} from {}").format(
            table, words if columns else sql.SQL("''::tsvector"), listed, incoming
        )
    )
    cursor.execute(sql.SQL("drop table {}").format(incoming))
    numbered = sql.SQL(
        "alter table {} add primary key (_id), alter _id add generated by default as identity (start with {})"
    )
    cursor.execute(numbered.format(table, sql.Literal(rows.num_rows + 1)))


def _indexed(cursor: psycopg.Cursor[Any], resource: str, new: str) -> dict[str, str]:
    """Gives the new table the old one's indexes, except those that its columns or rows no longer allow (CKAN
    makes others afterwards); their names now and later.
    """
    names = {}
    for number, (name, unique, told) in enumerate(cursor.execute(INDEXES, [resource]).fetchall()):
        made = f"{new}_{number}"
        kind = sql.SQL("unique index" if unique else "index")
        with (
            contextlib.suppress(psycopg.ProgrammingError, psycopg.IntegrityError),
            cursor.connection.transaction(),
        ):
            create = sql.SQL("create {} {} on {} using {}")
            cursor.execute(
                create.format(
                    kind, sql.Identifier(made), sql.Identifier(new), sql.SQL(told.partition(" USING ")[2])
                )
            )
            names[made] = name
    return names


def _switch(cursor: psycopg.Cursor[Any], resource: str, new: str, names: Mapping[str, str]) -> None:
    triggers = [told for (told,) in cursor.execute(TRIGGERS, [resource]).fetchall()]
    views = cursor.execute(VIEWS, [resource]).fetchall()
    table = sql.Identifier(resource)
    cursor.execute(sql.SQL("drop table {} cascade").format(table))
    cursor.execute(sql.SQL("alter table {} rename to {}").format(sql.Identifier(new), table))
    for made, name in names.items():
        cursor.execute(
            sql.SQL("alter index {} rename to {}").format(sql.Identifier(made), sql.Identifier(name))
        )
    for told in triggers:
        cursor.execute(told)
    for view, told, whole in views:
        shown = sql.SQL("select * from {}").format(table) if whole else sql.SQL(told.rstrip(";"))
        cursor.execute(sql.SQL("create view {} as {}").format(sql.Identifier(view), shown))
    cursor.execute("select to_regproc('update_cached_table_row_count') is not null")
    if (cursor.fetchone() or [False])[0]:
        cursor.execute("select update_cached_table_row_count(%s)", [resource])


def _blocks(rows: pa.Table) -> Iterator[bytes]:
    """CSV as COPY reads it: every value in quotes, null without."""
    options = pa.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    for start in range(0, rows.num_rows, BLOCK):
        block = io.BytesIO()
        pa.csv.write_csv(published.rows(rows.slice(start, BLOCK), rows.column_names), block, options)
        yield block.getvalue()


BATCH = 5000  # measured: larger calls are no faster, and hold the table longer
DELETED = 1000  # ids in one call


@dataclass(frozen=True)
class ChangedRows:
    """What a release changed in a table with a key: records to put in (of a changed row, key and changed
    fields), keys to take out."""

    records: Sequence[Mapping[str, Any]]
    gone: Sequence[Mapping[str, Any]]


def changed_rows(changes: pa.Table, table: str) -> ChangedRows:
    """A table's part of a release's changes.parquet."""
    lines = changes.filter(pc.equal(changes["resource"], table)).to_pylist()
    records: dict[str, dict[str, Any]] = {}
    for line in lines:
        if line["change"] == "row-added":
            records[line["key"]] = json.loads(line["after"])
        elif line["change"] == "cell-changed":
            records.setdefault(line["key"], json.loads(line["key"]))[line["field"]] = line["after"]
    return ChangedRows(
        list(records.values()), [json.loads(line["key"]) for line in lines if line["change"] == "row-removed"]
    )


@dataclass(frozen=True)
class Pushed:
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
            for start in range(0, len(changed.gone), DELETED):
                values = [gone[self.key[0]] for gone in changed.gone[start : start + DELETED]]
                self._delete({self.key[0]: values})
        else:
            for gone in changed.gone:
                self._delete(dict(gone))

    def put(self, rows: pa.Table, fresh: bool = False) -> None:
        """Puts rows in, over those with the same key. Into a `fresh` table, which has none of them, they go
        without a look at its keys, which is some three times as fast, until another publisher turns out to
        put them in as well.
        """
        insert = fresh or not self.key
        for start in range(0, rows.num_rows, self.batch):
            records = published.rows(rows.slice(start, self.batch), rows.column_names).to_pylist()
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
        self.remote.act(
            "datastore_records_delete",
            {"resource_id": self.resource, "force": True, "filters": dict(filters)},
        )


PAGE = 32_000  # the most that CKAN gives at once, unless its site says otherwise
ID = "_id"


def differing(
    remote: Remote, resource: str, wanted: pa.Table, key: Sequence[str]
) -> tuple[pa.Table, list[int]]:
    """The wanted rows that a table lacks, and the `_id`s of the rows that it has too many, whatever their
    order.

    With a key, a row that is there with other values is missing and not surplus: putting it in mends it.
    """
    found = read(remote, resource, wanted.schema)
    names = wanted.column_names
    columns, keys = [f"c{i}" for i in range(len(names))], [f"c{names.index(name)}" for name in key]
    there = pa.table([*(_told(found[name]) for name in names), found[ID]], names=[*columns, "i"])
    here = pa.table(
        [*(_told(wanted[name]) for name in names), pa.array(range(wanted.num_rows), pa.int64())],
        names=[*columns, "i"],
    )
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
        asked = {
            "resource_id": resource,
            "fields": schema.names,
            "filters": {ID: {"gt": last}},
            "sort": ID,
            "limit": PAGE,
        }
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
    table = pa.csv.read_csv(
        io.BytesIO(text.encode()), reading, pa.csv.ParseOptions(newlines_in_values=True), options
    )
    return pa.table(
        [_typed(table[name], schema.field(name).type) for name in schema.names], names=schema.names
    )


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
    """A column as it can be compared: moments to the millisecond, which is all that CKAN shows; others as
    published."""
    if pa.types.is_timestamp(column.type):
        column = pc.cast(pc.floor_temporal(column, unit="millisecond"), pa.timestamp("us", column.type.tz))
    return published.text(column)


TOGETHER = 100  # tables in one question
NULL = "\\N"


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
            lines = self._ask(
                " union all ".join(f"select '{each}' as id, count(*) as n from \"{each}\"" for each in some)
            )
            counted |= (
                {line["id"]: int(line["n"]) for line in lines}
                if lines is not None
                else self._one_by_one(some)
            )
        return counted

    def same(self, resource: str, rows: pa.Table) -> bool:
        """Whether a table surely holds these rows and no others, in whatever order. Where this is not sure,
        compare them one by one."""
        names = rows.column_names
        told = ", ".join(
            f"coalesce({_as_text(name, rows.schema.field(name).type)}, '{NULL}')" for name in names
        )
        digits = f"cast('x' || substr(md5(concat_ws(chr(31), {told})), 1, 15) as bit(60))"
        lines = (
            self._ask(
                f'select count(*) as n, cast(sum(cast({digits} as bigint)) as text) as s from "{resource}"'
            )
            if names
            else None
        )
        return lines is not None and (int(lines[0]["n"]), int(lines[0]["s"] or 0)) == _summed(rows)

    def _ask(self, query: str) -> Sequence[Any] | None:
        """Lines of the answer by name; None where the question is not taken."""
        if self.database:
            with connect_datastore(self.database) as cursor:
                try:
                    found = cursor.execute(query.encode()).fetchall()
                except psycopg.ProgrammingError:  # a table or column is not there
                    return None
                return [
                    dict(zip([column.name for column in cursor.description or ()], line, strict=True))
                    for line in found
                ]
        try:
            answer: Sequence[Any] = self.remote.ask("datastore_search_sql", sql=query)["records"]
        except AnswerLost:
            raise
        except CkanError:
            return None
        return answer

    def _one_by_one(self, resources: Sequence[str]) -> dict[str, int]:
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


def _summed(rows: pa.Table) -> tuple[int, int]:
    """Number and checksum of rows whose values are written as PostgreSQL writes them; where it would not
    (1e+20), it differs."""
    texts = [_sum_notes(rows[name]) for name in rows.column_names]
    names = [f"c{number}" for number in range(len(texts))]
    with connected() as duck:
        duck.register("wanted", pa.table(texts, names=names))
        digits = f"'0x' || substr(md5(concat_ws(chr(31), {', '.join(names)})), 1, 15)"
        found = duck.execute(f"select count(*), sum(cast({digits} as bigint)) from wanted").fetchone()
    return (int(found[0]), int(found[1] or 0)) if found else (0, 0)


def _sum_notes(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_timestamp(kind):
        column = pc.cast(pc.cast(column, pa.timestamp("us", kind.tz)), pa.int64())
    return pc.fill_null(published.text(column), NULL)
