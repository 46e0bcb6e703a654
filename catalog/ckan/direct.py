"""A DataStore table filled through its database: every row in one COPY, seen by readers all at once."""

from __future__ import annotations

import io
from collections.abc import Iterator

import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import sql

from catalog import published
from catalog.ckan.remote import Unsure
from messages import gettext as _

BLOCK = 65_536  # rows that are written out at a time


def replace(url: str, resource: str, rows: pa.Table) -> None:
    """Makes `rows` the table's rows, in one transaction; until it ends, readers see the old ones. `url` is never told.

    The text index of each row is computed here, in one go: the table's own trigger, which takes most of the time, leaves such rows alone.
    """
    table, names = sql.Identifier(resource), [sql.Identifier(name) for name in rows.column_names]
    columns = sql.SQL(", ").join(names)
    told = sql.SQL("to_tsvector(concat_ws(' ', {}))").format(sql.SQL(", ").join(sql.SQL("{}::text").format(name) for name in names))
    try:
        with psycopg.connect(url, connect_timeout=10) as database, database.cursor() as cursor:
            cursor.execute(sql.SQL("create temp table incoming on commit drop as select {} from {} limit 0").format(columns, table))
            with cursor.copy("copy incoming from stdin (format csv)") as copy:
                for block in _blocks(rows):
                    copy.write(block)
            cursor.execute(sql.SQL("delete from {}").format(table))
            cursor.execute(sql.SQL("insert into {} ({}, _full_text) select {}, {} from incoming").format(table, columns, columns, told))
            cursor.execute("select to_regproc('update_cached_table_row_count') is not null")
            if (cursor.fetchone() or [False])[0]:
                cursor.execute("select update_cached_table_row_count(%s)", [resource])
    except psycopg.Error as error:
        why = type(error).__name__
        message = _(
            "The database of VEREDA_CKAN_DATASTORE_URL fails ({why}). Check the address and its rights, and publish again.", why=why
        )
        raise Unsure(message) from None


def _blocks(rows: pa.Table) -> Iterator[bytes]:
    """CSV as COPY reads it: every value in quotes, null without."""
    options = pa.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    for start in range(0, rows.num_rows, BLOCK):
        block = io.BytesIO()
        pa.csv.write_csv(published.rows(rows.slice(start, BLOCK), rows.column_names), block, options)
        yield block.getvalue()
