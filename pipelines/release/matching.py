"""Which rows of one table another one has, however many they are: DuckDB holds little of them in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.changes.duck import open_duckdb
from catalog.archive.published import comparable_columns
from isolation.spill import Mask

if TYPE_CHECKING:
    import duckdb

FEW = 1_000_000
"""Values of which a list may lie in memory."""


def rows_among(rows: pa.Table, others: pa.Table, names: Sequence[str]) -> Mask:
    """Which of the rows has values of these fields that one of the others has, as they are published; null is
    equal to null."""
    if not rows.num_rows or not others.num_rows:
        return np.zeros(rows.num_rows, np.bool_)
    if len(names) == 1 and not pa.types.is_floating(rows[names[0]].type):
        mine, theirs = comparable_columns(rows[names[0]], others[names[0]])
        if len(theirs) <= FEW or len(mine) <= FEW:
            return np.asarray(_is_among(mine, theirs).to_numpy())
    with open_duckdb() as duck:
        same = _register(duck, rows, others, names)
        found = duck.sql(f"select r from p semi join n on {same}").to_arrow_table()["r"]
        return _mask(rows.num_rows, found)


def _is_among(mine: pa.ChunkedArray, theirs: pa.ChunkedArray) -> pa.ChunkedArray:
    """Of the shorter side a list is made; whichever side that is."""
    if len(theirs) <= len(mine):
        return pc.is_in(mine, value_set=pc.unique(theirs))
    likely = theirs.filter(pc.is_in(theirs, value_set=pc.unique(mine)))
    return pc.is_in(mine, value_set=pc.unique(likely))


def surplus_rows(rows: pa.Table, others: pa.Table, names: Sequence[str]) -> Mask:
    """Of rows without a key, those by which there are more than among the others: of equal ones the last."""
    with open_duckdb() as duck:
        same = _register(duck, rows, others, names)
        columns = ", ".join(f"c{place}" for place in range(len(names)))
        counted = f"select {columns}, count(*) as there from n semi join p on {same} group by all"
        both = same.replace("n.", "o.").replace("p.", "s.")
        nth = f"select *, row_number() over (partition by {columns} order by r) as nth from p"
        found = duck.sql(
            f"select s.r from ({nth}) s left join ({counted}) o on {both} where s.nth > coalesce(o.there, 0)"
        ).to_arrow_table()["r"]
        return _mask(rows.num_rows, found)


def _register(duck: duckdb.DuckDBPyConnection, rows: pa.Table, others: pa.Table, names: Sequence[str]) -> str:
    """Makes the two tables known as p and n, with columns c0 … and the rows' places r; gives when rows are
    the same."""
    pairs = [comparable_columns(rows[name], others[name]) for name in names]
    for side, table, place in (("p", rows, 0), ("n", others, 1)):
        columns = [pair[place] for pair in pairs]
        numbers = pa.array(np.arange(table.num_rows, dtype=np.int64))
        titles = [*(f"c{i}" for i in range(len(names))), "r"]
        duck.register(side, pa.table([*columns, numbers], names=titles))
    return " and ".join(f"p.c{i} is not distinct from n.c{i}" for i in range(len(names)))


def _mask(rows: int, places: pa.ChunkedArray) -> Mask:
    found = np.zeros(rows, np.bool_)
    found[places.to_numpy()] = True
    return found
