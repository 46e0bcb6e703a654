"""What the DataStore's tables hold, summed up where they are: how many rows, and a checksum over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from catalog import published
from catalog.ckan import direct
from catalog.ckan.remote import CkanError, Missing, Remote, Unsure
from catalog.rows import connected

TOGETHER = 100  # tables in one question
NULL = "\\N"


@dataclass(frozen=True)
class Sums:
    """Asked for by SQL: of the database where its write URL is known, else by CKAN's `datastore_search_sql`, which a site may have off."""

    remote: Remote
    database: str | None = field(default=None, repr=False)

    def counts(self, resources: Sequence[str]) -> dict[str, int]:
        """Rows by resource, a question for a hundred tables; where no SQL is taken, one for each. Tables that are gone are left out."""
        counted: dict[str, int] = {}
        for start in range(0, len(resources), TOGETHER):
            some = resources[start : start + TOGETHER]
            lines = self._ask(" union all ".join(f"select '{each}' as id, count(*) as n from \"{each}\"" for each in some))
            counted |= {line["id"]: int(line["n"]) for line in lines} if lines is not None else self._one_by_one(some)
        return counted

    def same(self, resource: str, rows: pa.Table) -> bool:
        """Whether a table surely holds these rows and no others, in whatever order. Where this is not sure, compare them one by one."""
        names = rows.column_names
        told = ", ".join(f"coalesce({_as_text(name, rows.schema.field(name).type)}, '{NULL}')" for name in names)
        digits = f"cast('x' || substr(md5(concat_ws(chr(31), {told})), 1, 15) as bit(60))"
        lines = self._ask(f'select count(*) as n, cast(sum(cast({digits} as bigint)) as text) as s from "{resource}"') if names else None
        return lines is not None and (int(lines[0]["n"]), int(lines[0]["s"] or 0)) == _summed(rows)

    def _ask(self, query: str) -> Sequence[Any] | None:
        """Lines of the answer by name; None where the question is not taken."""
        if self.database:
            with direct.connected(self.database) as cursor:
                try:
                    found = cursor.execute(query.encode()).fetchall()
                except psycopg.ProgrammingError:  # a table or column is not there
                    return None
                return [dict(zip([column.name for column in cursor.description or ()], line, strict=True)) for line in found]
        try:
            answer: Sequence[Any] = self.remote.ask("datastore_search_sql", sql=query)["records"]
        except Unsure:
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
    """Number and checksum of rows whose values are written as PostgreSQL writes them; where it would not (1e+20), it differs."""
    texts = [_told(rows[name]) for name in rows.column_names]
    names = [f"c{number}" for number in range(len(texts))]
    with connected() as duck:
        duck.register("wanted", pa.table(texts, names=names))
        digits = f"'0x' || substr(md5(concat_ws(chr(31), {', '.join(names)})), 1, 15)"
        found = duck.execute(f"select count(*), sum(cast({digits} as bigint)) from wanted").fetchone()
    return (int(found[0]), int(found[1] or 0)) if found else (0, 0)


def _told(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_timestamp(kind):
        column = pc.cast(pc.cast(column, pa.timestamp("us", kind.tz)), pa.int64())
    return pc.fill_null(published.text(column), NULL)
