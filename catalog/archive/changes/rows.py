"""Which rows and cells of a table changed, found by DuckDB over Arrow columns; null is equal to null, NaN to
NaN."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive import published
from catalog.archive.changes.duck import open_duckdb
from isolation.spill import TableWriter

if TYPE_CHECKING:
    import duckdb

SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("resource", "change", "key", "field", "before", "after")]
)
AT_ONCE = 65_536
"""Rows that are written as lines of changes at a time."""
Sides = Sequence[tuple[str, pa.Table, pa.ChunkedArray]]
"""What became of rows, their table, and their places in it."""
_ORDERED = pa.schema([*SCHEMA, ("rank", pa.uint64()), ("position", pa.int32())])


@dataclass(frozen=True)
class RowChanges:
    """The row changes of one table: how many, and `lines`, tidy, part by part, in the order removed, added,
    changed (SCHEMA); whole rows, if they are many, are worded when somebody asks for them.

    Without a key, `removed` and `added` are the rows of one side that the other has not: where there are
    both, some may be the same, and nothing tells which (`untraced`).
    """

    keyed: bool
    added: int
    removed: int
    changed: int
    cells: int
    lines: Callable[[], Iterator[pa.Table]]
    untraced: bool = False

    @cached_property
    def table(self) -> pa.Table:
        """All lines."""
        written = TableWriter(SCHEMA)
        for part in self.lines():
            written.write(part)
        return written.table()

    def without_lines(self) -> RowChanges:
        """The counts alone."""
        return replace(self, lines=partial(_parts, ()))

    @property
    def counts(self) -> dict[str, int]:
        return {"added": self.added, "removed": self.removed, "changed": self.changed}


AddLines = Callable[[str, str, pa.Table, Sequence[str], pa.ChunkedArray], pa.Table | None]
"""Others that make the lines of whole rows: asked with the resource, what changed, the table, its key and the
places of the rows; None where they leave it to whoever asks."""


def all_added(
    resource: str, table: pa.Table, key: Sequence[str], add_lines: AddLines | None = None
) -> RowChanges | None:
    """What `compare` says of a table beside one without rows, where that can be told without DuckDB, whose
    loading takes longer than a small table; else None."""
    if not set(key) <= set(table.column_names) or not _increases(table, key):
        return None
    places = pa.chunked_array([pa.array(np.arange(table.num_rows, dtype=np.int64))])
    made = [add_lines and add_lines(resource, "row-added", table, key, places)]
    lines = partial(_all_lines, resource, key, [("row-added", table, places)], made, SCHEMA.empty_table())
    return RowChanges(keyed=True, added=table.num_rows, removed=0, changed=0, cells=0, lines=lines)


def compare(
    duck: duckdb.DuckDBPyConnection,
    resource: str,
    previous: pa.Table,
    table: pa.Table,
    key: Sequence[str],
    follow: Sequence[str] = (),
    add_lines: AddLines | None = None,
) -> RowChanges:
    """What changed from `previous` to `table`, by `key` where both have all its fields and no key twice; else
    by whole rows, but for those that `follow` tells to be the same: fields whose values, none of them
    missing, stand in one row on each side.

    Rows are compared over the fields that both have, by value where a field has one type on both sides, by
    published text where it has two: 7 that became "7" has not changed. The values of an added or removed
    field do not count as changed cells; they stand in the rows that were added or removed, which come whole.
    """
    common = [name for name in table.column_names if name in previous.column_names]
    if not previous.num_rows and key and set(key) <= set(common):
        common = list(key)  # nothing else is looked at
    sides = [published.comparable_columns(previous[name], table[name]) for name in common]
    before = _with_positions([before for before, _after in sides], previous.num_rows)
    after = _with_positions([after for _before, after in sides], table.num_rows)
    duck.register("p", before)
    duck.register("n", after)
    keys = [f"c{common.index(name)}" for name in key] if key and set(key) <= set(common) else []
    keyed = bool(keys) and _is_unique(duck, "p", before, keys)
    if keyed and not before.select(keys).equals(after.select(keys)):
        keyed = _is_unique(duck, "n", after, keys)
    if keyed:
        differing = _differing_by_key(duck, before, after, keys)
        changes = _keyed_changes(duck, resource, previous, table, key, common, differing, add_lines)
    else:
        followed = [f"c{common.index(name)}" for name in follow] if set(follow) <= set(common) else []
        changes = _rows_without_key(
            duck, resource, previous, table, follow if followed else (), common, followed
        )
    for name in "pn":
        duck.unregister(name)
    return changes


def _keyed_changes(
    duck: duckdb.DuckDBPyConnection,
    resource: str,
    previous: pa.Table,
    table: pa.Table,
    key: Sequence[str],
    common: Sequence[str],
    differing: pa.Table,
    add_lines: AddLines | None,
) -> RowChanges:
    gone = differing["i"].filter(pc.is_null(differing["j"]))
    new = differing["j"].filter(pc.is_null(differing["i"]))
    pairs = differing.filter(pc.and_(pc.is_valid(differing["i"]), pc.is_valid(differing["j"])))
    keys_changed = _as_json(duck, table.select(key).take(pairs["j"]))
    flags = {name: f"d{i}" for i, name in enumerate(common) if name not in key}
    cells = _cells(resource, previous, table, keys_changed, pairs, flags)
    sides = (("row-removed", previous, gone), ("row-added", table, new))
    made = [add_lines and add_lines(resource, change, rows, key, places) for change, rows, places in sides]
    if len(gone) + len(new) <= AT_ONCE:
        lines = partial(_parts, [*_row_lines(duck, resource, key, sides, made), cells])
    else:
        lines = partial(_all_lines, resource, key, sides, made, cells)
    return RowChanges(
        keyed=True,
        added=len(new),
        removed=len(gone),
        changed=pairs.num_rows,
        cells=cells.num_rows,
        lines=lines,
    )


def _parts(parts: Sequence[pa.Table]) -> Iterator[pa.Table]:
    yield from parts


def _all_lines(
    resource: str, key: Sequence[str], sides: Sides, made: Sequence[pa.Table | None], cells: pa.Table
) -> Iterator[pa.Table]:
    """The lines of many rows, then those of cells."""
    with open_duckdb() as duck:
        yield from _row_lines(duck, resource, key, sides, made)
    yield cells


def _row_lines(
    duck: duckdb.DuckDBPyConnection,
    resource: str,
    key: Sequence[str],
    sides: Sides,
    made: Sequence[pa.Table | None],
) -> Iterator[pa.Table]:
    """A line for each of the rows of these sides, in this order, as far as others have not `made` them."""
    for (change, table, places), lines in zip(sides, made, strict=True):
        if lines is None:
            yield from lines_of_rows(duck, resource, change, table, key, places)
        else:
            yield lines


def lines_of_rows(
    duck: duckdb.DuckDBPyConnection,
    resource: str,
    change: str,
    table: pa.Table,
    key: Sequence[str],
    places: pa.ChunkedArray,
) -> Iterator[pa.Table]:
    """A line for each of the rows at these places, in this order."""
    for start in range(0, len(places), AT_ONCE):
        rows = _take_near(table, places.slice(start, AT_ONCE))
        yield _whole_rows(resource, change, _as_json(duck, rows), _as_json(duck, rows.select(key)))


def _take_near(table: pa.Table, places: pa.ChunkedArray) -> pa.Table:
    """The rows at some places; where these are near one another, only what lies between them is read."""
    first, last = pc.min(places).as_py(), pc.max(places).as_py()
    here = table.slice(first, last - first + 1)
    numbers = places.to_numpy() - first
    if len(numbers) == here.num_rows and bool((numbers == np.arange(len(numbers))).all()):
        return here
    return here.take(pa.array(numbers))


def _rows_without_key(
    duck: duckdb.DuckDBPyConnection,
    resource: str,
    previous: pa.Table,
    table: pa.Table,
    follow: Sequence[str],
    common: Sequence[str],
    followed: Sequence[str],
) -> RowChanges:
    """Rows that can be followed as changed by cells, the rest whole. `followed` are the columns of `follow`
    in DuckDB; p and n keep only the rest."""
    cells, changed = SCHEMA.empty_table(), 0
    if followed:
        pairs = _followed_pairs(duck, followed, len(common))
        flags = {name: f"d{i}" for i, name in enumerate(common) if name not in follow}
        any_differs = pc.is_in(pairs["differs"], value_set=pa.array([True]))
        differing = pairs.filter(any_differs)
        keys = _as_json(duck, table.select(follow).take(differing["j"]))
        cells, changed = _cells(resource, previous, table, keys, differing, flags), differing.num_rows
        previous, table = _rest(duck, "p", previous, pairs["i"]), _rest(duck, "n", table, pairs["j"])
    removed = _whole_rows(resource, "row-removed", _rows_of_one_side(duck, len(common), "p", previous))
    added = _whole_rows(resource, "row-added", _rows_of_one_side(duck, len(common), "n", table))
    return RowChanges(
        keyed=False,
        added=added.num_rows,
        removed=removed.num_rows,
        changed=changed,
        cells=cells.num_rows,
        lines=partial(_parts, [removed, added, cells]),
        untraced=bool(common) and removed.num_rows > 0 and added.num_rows > 0,
    )


def _followed_pairs(duck: duckdb.DuckDBPyConnection, followed: Sequence[str], width: int) -> pa.Table:
    """The rows that are surely the same: their positions `i` before and `j` after, for each column whether it
    differs (`d0` …), and whether any does; in the order of `followed`."""
    listed, there = ", ".join(followed), " and ".join(f"{c} is not null" for c in followed)
    once = f"select {listed}, min(r) as r from {{}} where {there} group by {listed} having count(*) = 1"
    same = " and ".join(f"{{}}.{c} = {{}}.{c}" for c in followed)
    columns = [f"c{i}" for i in range(width)]
    differs = {c: f"p.{c} is distinct from n.{c}" for c in columns if c not in followed}
    flags = "".join(f", {sql} as d{c[1:]}" for c, sql in differs.items())
    both = f"({once.format('p')}) a join ({once.format('n')}) b on {same.format(*('a', 'b') * len(followed))}"
    return _select(
        duck,
        f"p.r as i, n.r as j{flags}, {' or '.join(differs.values()) or 'false'} as differs from {both}"
        f" join p on p.r = a.r join n on n.r = b.r order by {', '.join(f'p.{c}' for c in followed)}",
    )


def _rest(duck: duckdb.DuckDBPyConnection, side: str, table: pa.Table, known: pa.ChunkedArray) -> pa.Table:
    """The rows of a side that are not among the known positions; `p` or `n` is then of them alone."""
    columns = _select(duck, f"* from {side} order by r")
    left = pc.invert(pc.is_in(pa.array(range(table.num_rows), pa.int64()), value_set=known.combine_chunks()))
    duck.unregister(side)
    rest = columns.filter(left).drop_columns("r")
    duck.register(side, _with_positions(rest.columns, rest.num_rows))
    return table.filter(left)


def find_dangling(
    duck: duckdb.DuckDBPyConnection, gone_from: tuple[pa.Table, pa.Table], referring: Sequence[pa.Table]
) -> pa.Table:
    """The referenced values (columns of text, in the same order everywhere) that are in the first table, no
    longer in the second, and in one of the referring ones; a value with a null in it refers to nothing.
    Distinct and sorted.
    """
    before, after = gone_from
    views = {"before": before, "after": after, "referring": pa.concat_tables(map(_positional, referring))}
    for name, values in views.items():
        duck.register(name, _positional(values))
    columns = [f"c{i}" for i in range(before.num_columns)]
    same = " and ".join(f"a.{c} = b.{c}" for c in columns)
    found = _select(
        duck,
        f"distinct {', '.join(columns)} from before a where exists (from referring b where {same})"
        f" and not exists (from after b where {same}) order by all",
    )
    for name in views:
        duck.unregister(name)
    return found


def counts_up(column: pa.ChunkedArray) -> bool:
    """Whether a column of whole numbers, or of their texts, grows from row to row: no two rows then have the
    same."""
    if column.null_count or not (pa.types.is_integer(column.type) or pa.types.is_string(column.type)):
        return False
    try:
        numbers = column.cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:  # no numbers, or beyond 64 bits
        return False
    return bool((numbers[1:] > numbers[:-1]).all())


def _is_unique(duck: duckdb.DuckDBPyConnection, side: str, rows: pa.Table, keys: Sequence[str]) -> bool:
    if len(keys) == 1 and counts_up(rows[keys[0]]):
        return True
    listed = ", ".join(keys)
    return not duck.execute(f"select 1 from {side} group by {listed} having count(*) > 1 limit 1").fetchall()


def _increases(rows: pa.Table, keys: Sequence[str]) -> bool:
    """Whether the key is one whole number that grows from row to row: the rows are in its order."""
    return len(keys) == 1 and pa.types.is_integer(rows[keys[0]].type) and counts_up(rows[keys[0]])


def _differing_by_key(
    duck: duckdb.DuckDBPyConnection, before: pa.Table, after: pa.Table, keys: Sequence[str]
) -> pa.Table:
    """As `_rows_by_key`. Where there were no rows, nothing need be compared; rows that stand where they
    stood, counted from the first or from the last, and say the same need not be either."""
    width = before.num_columns - 1
    if not before.num_rows and _increases(after, keys):
        return pa.table({"i": pa.nulls(after.num_rows, pa.int64()), "j": after["r"]})
    if not before.num_rows:
        order = ", ".join(f"{key} nulls first" for key in keys)
        return _select(duck, f"null::bigint as i, r as j from n order by {order}")
    columns = [f"c{i}" for i in range(width)]
    kept = [np.ones(rows.num_rows, np.bool_) for rows in (before, after)]
    least = min(before.num_rows, after.num_rows)
    for starts in {(0, 0), (before.num_rows - least, after.num_rows - least)}:
        old, new = before.slice(starts[0], least), after.slice(starts[1], least)
        differs = ~_say_the_same(old, new, columns)
        for keep, start in zip(kept, starts, strict=True):
            keep[start : start + least] &= differs
    for name, rows, keep in (("p", before, kept[0]), ("n", after, kept[1])):
        duck.unregister(name)
        duck.register(name, rows.filter(pa.array(keep)))
    return _rows_by_key(duck, keys, width)


def _say_the_same(before: pa.Table, after: pa.Table, columns: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Of rows beside one another, which have the same values; where it is not sure (NaN), they have not."""
    same = np.ones(before.num_rows, np.bool_)
    for name in columns:
        old, new = before[name], after[name]
        equal = pc.fill_null(pc.equal(old, new), False).to_numpy()
        if old.null_count and new.null_count:
            equal = equal | pc.and_(pc.is_null(old), pc.is_null(new)).to_numpy()
        same &= equal
    return same


def _rows_by_key(duck: duckdb.DuckDBPyConnection, keys: Sequence[str], width: int) -> pa.Table:
    """The rows that differ, sorted by key: their positions `i` before and `j` after (null: none), and for
    each column whether it differs (`d0` …).
    """
    same = " and ".join(f"p.{k} is not distinct from n.{k}" for k in keys)
    columns = [f"c{i}" for i in range(width)]
    differs = {c: f"p.{c} is distinct from n.{c}" for c in columns if c not in keys}
    flags = "".join(f", {sql} as d{c[1:]}" for c, sql in differs.items())
    any_differs = " or ".join(["p.r is null", "n.r is null", *differs.values()])
    order = ", ".join(f"if(p.r is null, n.{k}, p.{k}) nulls first" for k in keys)
    return _select(
        duck, f"p.r as i, n.r as j{flags} from p full join n on {same} where {any_differs} order by {order}"
    )


def _rows_of_one_side(
    duck: duckdb.DuckDBPyConnection, width: int, side: str, table: pa.Table
) -> pa.ChunkedArray:
    """The rows of one side that the other has not (multiset difference), as sorted JSON; of rows that differ
    only in fields that the other side lacks, the last ones.
    """
    other = "n" if side == "p" else "p"
    columns = [f"c{i}" for i in range(width)]
    listed = ", ".join(columns)
    same = " and ".join(f"s.{c} is not distinct from o.{c}" for c in columns)
    if width and duck.execute(f"from {other} limit 1").fetchone():
        counted = f"select {listed}, 1 as s from {side} union all select {listed}, -1 from {other}"
        surplus = f"select {listed}, sum(s) as surplus from ({counted}) group by all having surplus > 0"
        duck.execute(
            f"create or replace temp table odd as select *, row_number() over () as g from ({surplus})"
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


def _whole_rows(
    resource: str, change: str, row: pa.ChunkedArray, key: pa.ChunkedArray | None = None
) -> pa.Table:
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
    parts = [_ORDERED.empty_table()]
    if not pairs.num_rows:
        return SCHEMA.empty_table()
    for position, (name, flag) in enumerate(fields.items()):
        ranks = pc.indices_nonzero(pairs[flag])
        n, here = len(ranks), pairs.take(ranks)
        columns = [
            _repeat(resource, n),
            _repeat("cell-changed", n),
            keys.take(ranks),
            _repeat(name, n),
            published.text(previous[name].take(here["i"])),
            published.text(table[name].take(here["j"])),
            ranks,
            pa.repeat(pa.scalar(position, pa.int32()), n),
        ]
        parts.append(pa.table(columns, schema=_ORDERED))
    ordered = pa.concat_tables(parts).sort_by([("rank", "ascending"), ("position", "ascending")])
    return ordered.select(SCHEMA.names)


def _as_json(duck: duckdb.DuckDBPyConnection, table: pa.Table) -> pa.ChunkedArray:
    """Each row as JSON text: an object of field → published text or null."""
    if not table.num_rows:
        return pa.chunked_array([], pa.string())
    pairs = ", ".join("'" + name.replace("'", "''") + f"', c{i}" for i, name in enumerate(table.column_names))
    duck.register("texts", _positional(published.text_table(table, table.column_names)))
    written = _select(duck, f"json_object({pairs})::varchar as j from texts")["j"]
    duck.unregister("texts")
    return pc.cast(written, pa.string())


def _select(duck: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    return duck.sql(f"select {sql}").to_arrow_table()


def _positional(table: pa.Table) -> pa.Table:
    """Columns named by position: DuckDB takes "ID" and "id" for one name."""
    return table.rename_columns([f"c{i}" for i in range(table.num_columns)])


def _with_positions(columns: Sequence[pa.ChunkedArray], rows: int) -> pa.Table:
    names = [f"c{i}" for i in range(len(columns))]
    return pa.table([*columns, pa.array(np.arange(rows, dtype=np.int64))], names=[*names, "r"])


def _repeat(text: str, times: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), times)
