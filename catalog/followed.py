"""The rows that somebody follows (`comuna=4`, one work, one commitment): what changed in them from one
version to the next, exactly: what came in, what left, and which cells changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from catalog.archive.changes.rows import RowChanges, compare
from catalog.archive.changes.schema import field_names
from catalog.question import Asked, BadQuestion, Question, Refusal, quote_name, read_question
from messages import gettext as _
from messages import ngettext
from messages.formats import format_number, join_words

MOST_ROWS = 200_000
"""Which a filter may choose in a version: whoever follows more follows the dataset."""
MOST_LINES = 50
"""Of what changed, in words; the rest is counted."""
MOST_CHARACTERS = 300


@dataclass(frozen=True)
class TableFile:
    """A table of a version: its Parquet, and what the descriptor says of it."""

    path: Path
    resource: Mapping[str, Any]

    @property
    def schema(self) -> pa.Schema:
        return pq.read_schema(self.path).remove_metadata()

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(field_names(self.resource["schema"].get("primaryKey")))


def compare_followed(
    duck: duckdb.DuckDBPyConnection, before: TableFile, after: TableFile, filters: Sequence[str]
) -> RowChanges | None:
    """What changed in the rows that the filters choose before or after: under a key, a row that comes to be
    chosen, or is no longer, is a row with changed cells. None where the earlier table cannot be asked that,
    or has another key. Raises BadQuestion where the later one cannot, Refusal where the rows are too many."""
    schemas = (before.schema, after.schema)
    asked = Asked(filter=tuple(filters))
    later = read_question(schemas[1], asked)
    try:
        earlier = read_question(schemas[0], asked)
    except BadQuestion:
        return None
    key = after.key
    if key and (key != before.key or any(schemas[0].field(n).type != schemas[1].field(n).type for n in key)):
        return None
    old, new = _choose(duck, before, earlier), _choose(duck, after, later)
    if key:
        wanted = pa.concat_tables([table.select(key) for table in (old, new)])
        old, new = (_find(duck, side, wanted) for side in (before, after))
    follow = () if key else after.resource.get("follow", ())
    return compare(duck, str(after.resource["name"]), old, new, key, follow)


def _choose(duck: duckdb.DuckDBPyConnection, side: TableFile, question: Question) -> pa.Table:
    text, values = replace(question, limit=MOST_ROWS).sql()
    found = duck.sql(text, params=[str(side.path), *values]).to_arrow_table()
    if found.num_rows > MOST_ROWS:
        raise Refusal(413, _("These are too many rows to follow: filter more, or follow the whole dataset."))
    return _typed(found, side.schema)


def _find(duck: duckdb.DuckDBPyConnection, side: TableFile, keys: pa.Table) -> pa.Table:
    """The rows with these keys, chosen or not."""
    duck.register("wanted_keys", keys)
    names = ", ".join(map(quote_name, keys.column_names))
    text = f"SELECT * FROM read_parquet(?) SEMI JOIN wanted_keys USING ({names})"
    found = duck.sql(text, params=[str(side.path)]).to_arrow_table()
    duck.unregister("wanted_keys")
    return _typed(found, side.schema)


def _typed(found: pa.Table, schema: pa.Schema) -> pa.Table:
    return found.select(schema.names).cast(schema)


def describe_counts(changes: RowChanges) -> str:
    """How many rows, in words."""
    return join_words(_counts(changes))


def _counts(changes: RowChanges) -> Iterator[str]:
    if n := changes.added:
        yield ngettext("{count} row added", "{count} rows added", n, count=format_number(n))
    if n := changes.changed:
        yield ngettext("{count} row corrected", "{count} rows corrected", n, count=format_number(n))
    if n := changes.removed:
        count = format_number(n)
        yield ngettext("{count} row no longer there", "{count} rows no longer there", n, count=count)


def describe_lines(changes: RowChanges) -> list[str]:
    """Each change in words, the first ones of many."""
    lines = [_describe_line(line) for line in changes.table.slice(0, MOST_LINES).to_pylist()]
    more = changes.table.num_rows - len(lines)
    return [*lines, _("And {n} more.", n=format_number(more))] if more else lines


def _describe_line(line: Mapping[str, str | None]) -> str:
    if line["change"] == "cell-changed":
        return _(
            "{key}: {field} was {before}, and is {after}",
            key=_words(line["key"]),
            field=line["field"],
            before=line["before"] or "—",
            after=line["after"] or "—",
        )
    if line["change"] == "row-added":
        return _("New: {row}", row=_words(line["after"]))
    return _("No longer there: {row}", row=_words(line["before"]))


def _words(row: str | None) -> str:
    """A row or a key, which the changes write as JSON."""
    cells = json.loads(row) if row else {}
    text = ", ".join(f"{name} {value}" for name, value in cells.items() if value not in (None, ""))
    return text if len(text) <= MOST_CHARACTERS else _("{start}…", start=text[:MOST_CHARACTERS])
