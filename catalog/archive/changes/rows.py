"""Which rows and cells of a table changed, found by DuckDB over Arrow columns; null is equal to null, NaN to
NaN."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive import published

SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("resource", "change", "key", "field", "before", "after")]
)
_ORDERED = pa.schema([*SCHEMA, ("rank", pa.uint64()), ("position", pa.int32())])


@dataclass(frozen=True)
class Rows:
    """The row changes of one table: how many, and `table`, tidy, in the order removed, added, changed
    (SCHEMA)."""

    keyed: bool
    added: int
    removed: int
    changed: int
    cells: int
    table: pa.Table


@contextmanager
def connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB in memory; what does not fit there goes to a temporary folder, removed at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="vereda-") as spill,
        duckdb.connect(config={"temp_directory": spill, "autoinstall_known_extensions": False}) as duck,
    ):
        yield duck


def compare(
    duck: duckdb.DuckDBPyConnection, resource: str, previous: pa.Table, table: pa.Table, key: Sequence[str]
) -> Rows:
    """What changed from `previous` to `table`, by `key` where both have all its fields and no key twice; else
    by whole rows.

    Rows are compared over the fields that both have, by value where a field has one type on both sides, by
    published text where it has two: 7 that became "7" is no change. The values of an added or removed field
    are no changed cells; they do stand in the rows that were added or removed, which are told whole.
    """
    common = [name for name in table.column_names if name in previous.column_names]
    sides = [published.alike(previous[name], table[name]) for name in common]
    alike = tuple(
        _numbered([side[i] for side in sides], side_table.num_rows)
        for i, side_table in enumerate((previous, table))
    )
    for name, side in zip("pn", alike, strict=True):
        duck.register(name, side)
    keys = [f"c{common.index(name)}" for name in key] if key and set(key) <= set(common) else []
    keyed = bool(keys) and all(_unique(duck, side, keys) for side in "pn")
    if keyed:
        found = _by_key(duck, keys, [f"c{i}" for i in range(len(common))])
        gone, new = found.filter(pc.is_null(found["j"]))["i"], found.filter(pc.is_null(found["i"]))["j"]
        pairs = found.filter(pc.and_(pc.is_valid(found["i"]), pc.is_valid(found["j"])))
        flags = {name: f"d{i}" for i, name in enumerate(common) if name not in key}
        parts = [
            _whole(
                resource,
                "row-removed",
                _as_json(duck, previous.take(gone)),
                _as_json(duck, previous.select(key).take(gone)),
            ),
            _whole(
                resource,
                "row-added",
                _as_json(duck, table.take(new)),
                _as_json(duck, table.select(key).take(new)),
            ),
            _cells(
                resource, previous, table, _as_json(duck, table.select(key).take(pairs["j"])), pairs, flags
            ),
        ]
        changed = pairs.num_rows
    else:
        differing = [_by_row(duck, len(common), "p", previous), _by_row(duck, len(common), "n", table)]
        parts = [
            _whole(resource, change, row)
            for change, row in zip(("row-removed", "row-added"), differing, strict=True)
        ]
        changed = 0
    for name in "pn":
        duck.unregister(name)
    removed, added = parts[0].num_rows, parts[1].num_rows
    return Rows(
        keyed, added, removed, changed, sum(part.num_rows for part in parts[2:]), pa.concat_tables(parts)
    )


def dangling(
    duck: duckdb.DuckDBPyConnection, gone_from: tuple[pa.Table, pa.Table], referring: Sequence[pa.Table]
) -> pa.Table:
    """The referenced values (columns of text, in the same order everywhere) that are in the first table, no
    longer in the second, and in one of the referring ones; a value with a null in it refers to nothing.
    Distinct and sorted.
    """
    width = gone_from[0].num_columns
    for name, values in (
        ("before", gone_from[0]),
        ("after", gone_from[1]),
        ("referring", pa.concat_tables(map(_positional, referring))),
    ):
        duck.register(name, _positional(values))
    columns = [f"c{i}" for i in range(width)]
    same = " and ".join(f"a.{c} = b.{c}" for c in columns)
    found = _select(
        duck,
        f"distinct {', '.join(columns)} from before a where exists (from referring b where {same})"
        f" and not exists (from after b where {same}) order by all",
    )
    for name in ("before", "after", "referring"):
        duck.unregister(name)
    return found


def _unique(duck: duckdb.DuckDBPyConnection, side: str, keys: Sequence[str]) -> bool:
    listed = ", ".join(keys)
    return not duck.execute(f"select 1 from {side} group by {listed} having count(*) > 1 limit 1").fetchall()


def _by_key(duck: duckdb.DuckDBPyConnection, keys: Sequence[str], columns: Sequence[str]) -> pa.Table:
    """The rows that differ, sorted by key: their positions `i` before and `j` after (null: none), and for
    each column whether it differs (`d0` …).
    """
    same = " and ".join(f"p.{k} is not distinct from n.{k}" for k in keys)
    differs = {c: f"p.{c} is distinct from n.{c}" for c in columns if c not in keys}
    flags = "".join(f", {sql} as d{c[1:]}" for c, sql in differs.items())
    any_differs = " or ".join(["p.r is null", "n.r is null", *differs.values()])
    order = ", ".join(f"if(p.r is null, n.{k}, p.{k}) nulls first" for k in keys)
    return _select(
        duck, f"p.r as i, n.r as j{flags} from p full join n on {same} where {any_differs} order by {order}"
    )


def _by_row(duck: duckdb.DuckDBPyConnection, width: int, side: str, table: pa.Table) -> pa.ChunkedArray:
    """The rows of one side that the other has not (multiset difference), as sorted JSON; of rows that differ
    only in fields that the other side lacks, the last ones.
    """
    other = "n" if side == "p" else "p"
    columns = [f"c{i}" for i in range(width)]
    listed, same = ", ".join(columns), " and ".join(f"s.{c} is not distinct from o.{c}" for c in columns)
    if width and duck.execute(f"from {other} limit 1").fetchone():
        duck.execute(
            f"create or replace temp table odd as select *, row_number() over () as g from (select "
            f"{listed}, sum(s) as surplus from"
            f" (select {listed}, 1 as s from {side} union all select {listed}, -1 from {other}) group by "
            f"all having surplus > 0)"
        )
        candidates = _select(duck, f"s.r, o.g, o.surplus from {side} s join odd o on {same}")
        table = table.take(candidates["r"])
    else:
        candidates = _select(duck, f"r, 0 as g, {table.num_rows} as surplus from {side} order by r")
    duck.register("candidates", candidates.append_column("line", _as_json(duck, table)))
    nth = "row_number() over (partition by g order by line desc)"
    chosen = _select(
        duck, f"line from (select *, {nth} as nth from candidates) where nth <= surplus order by line"
    )
    duck.unregister("candidates")
    return pc.cast(chosen["line"], pa.string())


def _whole(resource: str, change: str, row: pa.ChunkedArray, key: pa.ChunkedArray | None = None) -> pa.Table:
    n = len(row)
    nothing = pa.nulls(n, pa.string())
    before, after = (row, nothing) if change == "row-removed" else (nothing, row)
    keys = nothing if key is None else key
    return pa.table([_repeat(resource, n), _repeat(change, n), keys, nothing, before, after], schema=SCHEMA)


def _cells(
    resource: str,
    previous: pa.Table,
    table: pa.Table,
    keys: pa.ChunkedArray,
    pairs: pa.Table,
    fields: Mapping[str, str],
) -> pa.Table:
    """A line per changed cell: by key, within a row in the order of the fields (name → its flag among the
    pairs)."""
    parts = [pa.table([*([[]] * 8)], schema=_ORDERED)]
    for position, (name, flag) in enumerate(fields.items()):
        ranks = pc.indices_nonzero(pairs[flag])
        n, here = len(ranks), pairs.take(ranks)
        before, after = (
            published.text(previous[name].take(here["i"])),
            published.text(table[name].take(here["j"])),
        )
        lines = [
            _repeat(resource, n),
            _repeat("cell-changed", n),
            keys.take(ranks),
            _repeat(name, n),
            before,
            after,
        ]
        parts.append(
            pa.table([*lines, ranks, pa.repeat(pa.scalar(position, pa.int32()), n)], schema=_ORDERED)
        )
    return (
        pa.concat_tables(parts)
        .sort_by([("rank", "ascending"), ("position", "ascending")])
        .select(SCHEMA.names)
    )


def _as_json(duck: duckdb.DuckDBPyConnection, table: pa.Table) -> pa.ChunkedArray:
    """Each row as JSON text: an object of field → published text or null."""
    if not table.num_rows:
        return pa.chunked_array([], pa.string())
    pairs = ", ".join("'" + name.replace("'", "''") + f"', c{i}" for i, name in enumerate(table.column_names))
    duck.register("texts", _positional(published.rows(table, table.column_names)))
    written = _select(duck, f"json_object({pairs})::varchar as j from texts")["j"]
    duck.unregister("texts")
    return pc.cast(written, pa.string())


def _select(duck: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    return duck.sql(f"select {sql}").to_arrow_table()


def _positional(table: pa.Table) -> pa.Table:
    """Columns named by position: DuckDB takes "ID" and "id" for one name."""
    return table.rename_columns([f"c{i}" for i in range(table.num_columns)])


def _numbered(columns: Sequence[pa.ChunkedArray], rows: int) -> pa.Table:
    names = [f"c{i}" for i in range(len(columns))]
    return pa.table([*columns, pa.array(range(rows), pa.int64())], names=[*names, "r"])


def _repeat(text: str, times: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), times)
