"""What foreign keys refer to: read by frictionless where the other table is small, else by the column, into
an index on disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

from frictionless.resources import TableResource

from validation.fast.blocks import Block, BlockSource, Doubtful
from validation.fast.opening import BlockedTable, step

if TYPE_CHECKING:
    from validation.fast.column import FieldCheck

AHEAD = 3


def open_lookup(resource: TableResource, open_blocks: Callable[[TableResource], BlockSource | None]) -> None:
    """Fills an opened resource's lookup as frictionless does, reference by reference. `open_blocks` opens a
    table to refer to as far as its labels, and gives its rows; None where frictionless is to read them."""
    schema, every = resource.schema, resource.schema.foreign_keys
    found: dict[str, dict[tuple[str, ...], Any]] = {}
    try:
        for key in every:
            name, fields = key["reference"]["resource"], tuple(key["reference"]["fields"])
            if fields in found.get(name, {}):
                continue
            known = _find_index(resource, name, fields, open_blocks)
            if known is None:
                schema.foreign_keys = [key]
                step(resource, "lookup")()
                known = resource.lookup[name][fields]
            found.setdefault(name, {})[fields] = known
        schema.foreign_keys = []
        step(resource, "lookup")()
    finally:
        schema.foreign_keys = every
    resource.lookup.update(found)


def _find_index(
    resource: TableResource,
    name: str,
    fields: tuple[str, ...],
    open_blocks: Callable[[TableResource], BlockSource | None],
) -> Any:
    package, other = resource.package, cast(Any, None)
    if not name or name == resource.name:
        other = resource.to_copy()
    elif package and package.has_resource(name):
        other = package.get_resource(name).to_copy()
    if type(other) is not TableResource and not isinstance(other, BlockedTable):
        return None
    if other.schema:
        other.schema.foreign_keys = []
    try:
        if isinstance(other, BlockedTable):
            return other.index_keys(fields)
        source = open_blocks(other)
        return source and _build_index(other, source, fields)
    except Doubtful:
        return None
    finally:
        other.close()


def _build_index(other: TableResource, source: BlockSource, fields: tuple[str, ...]) -> Any:
    from validation.fast.index import build_index

    try:
        columns = key_columns(other, fields)
        if columns is None:
            return None
        readers = [column for _place, column in columns]
        return build_index(readers, _read_cells(source, [place for place, _column in columns]))
    finally:
        source.close()


def key_columns(other: TableResource, fields: tuple[str, ...]) -> list[tuple[int, FieldCheck]] | None:
    """Place and reader of each column that is referred to, of a table that is opened as far as its labels;
    None where only frictionless can tell."""
    from validation.fast.column import bounds_of
    from validation.fast.rows import read_rules

    rules = read_rules(other)
    places = {column.field.name: place for place, column in enumerate(rules.columns)} if rules else {}
    if rules is None or not set(fields) <= set(places):
        return None
    # frictionless reads what is to be unique there as well, and ends where a bound cannot be compared
    compared = {*rules.unique, *rules.primary}
    if any(bounds_of(rules.columns[place].field) is None for place in compared):
        return None
    return [(places[field], rules.columns[places[field]]) for field in fields]


def _read_cells(source: BlockSource, places: list[int]) -> Iterator[list[Any]]:
    """The cells of some columns, block by block, some blocks being read at once."""
    ahead: deque[Future[Block]] = deque()
    with ThreadPoolExecutor(2, thread_name_prefix="index") as pool:
        for place, data in source.blocks(lambda _chunk: None):
            ahead.append(pool.submit(source.parse, place, data))
            while len(ahead) > AHEAD:
                yield with_odd_rows(ahead.popleft().result(), places)
        while ahead:
            yield with_odd_rows(ahead.popleft().result(), places)


def with_odd_rows(block: Block, places: list[int]) -> list[Any]:
    """Rows that are too short or too long have their say as well; a cell that is not there is read as a
    missing one."""
    import pyarrow as pa

    rest = [
        pa.array([row[place] if place < len(row) else None for row in block.odd.values()], pa.string())
        for place in places
    ]
    return [
        pa.concat_arrays([block.columns[place], more]) if block.odd else block.columns[place]
        for place, more in zip(places, rest, strict=True)
    ]
