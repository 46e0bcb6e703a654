"""What a schema promises of the columns of a file, and what in a block of its rows breaks that promise or is
not proven to keep it: findings that are small, and depend on no other block."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa
from frictionless.resources import TableResource
from frictionless.table.row import create_cell_handlers

from validation.fast.blocks import Block, Doubtful, Place
from validation.fast.column import FieldCells, FieldCheck
from validation.fast.counts import CellErrors, early_rows, errors_once, gather_errors
from validation.fast.keys import combine_keys
from validation.fast.proof import Texts, Values
from validation.fast.row_numbers import distinct
from validation.types import arrow_schema

if TYPE_CHECKING:
    from validation.fast.index import Index


# Types whose values cannot be compared as keys: frictionless raises, and shall raise by itself.
_UNHASHABLE = {"array", "object", "geojson", "list"}


@dataclass(frozen=True)
class Reference:
    """A foreign key: the places of its fields, and the keys that the other table has: frictionless's set of
    them, or our index."""

    places: tuple[int, ...]
    there: set[Any] | Index


@dataclass(frozen=True)
class Rules:
    """What a table promises, by the places of its columns: each column's reader, what is unique, the primary
    and the foreign keys. Where typed rows are wanted, `typed` is their Arrow schema, `__row__` first."""

    columns: list[FieldCheck]
    unique: tuple[int, ...]
    primary: tuple[int, ...]
    foreign: tuple[Reference, ...]
    typed: pa.Schema | None = None
    kept: int = 0
    """So many errors of a kind are wanted in words, and of more the rows alone; 0: all in words."""

    @property
    def keys(self) -> int:
        return len(self.unique) + bool(self.primary)

    @property
    def reading_order(self) -> list[int]:
        """The columns in the order in which frictionless reads the cells of a row, and tells of them: those
        that it compares come first."""
        compared = [*self.unique, *self.primary, *(place for key in self.foreign for place in key.places)]
        return list(dict.fromkeys([*compared, *range(len(self.columns))]))

    def fields_of(self, errors: CellErrors) -> list[str]:
        """The names of the fields that an error names: none where it is the row's."""
        places: tuple[int, ...] = (errors.place,)
        if errors.type == "primary-key":
            places = ()
        elif errors.type == "foreign-key":
            places = self.foreign[errors.place].places
        return [self.columns[place].field.name for place in places]

    @property
    def travels(self) -> bool:
        """Whether another machine can apply them: an index stays on the disk where it was made."""
        return all(isinstance(key.there, set) for key in self.foreign)


def read_rules(resource: TableResource, *, typed: bool = False, kept: int = 0) -> Rules | None:
    """What an opened resource's schema promises, for the columns that its file has; None where only
    frictionless can tell."""
    schema, fields = resource.schema, resource.header.get_expected_fields()
    handlers = create_cell_handlers(fields)
    names = list(handlers)
    if not names or len(names) > 2000 or len(handlers) != len(fields):
        return None
    if not all(field.builtin for field in fields):
        return None
    unique = [i for i, field in enumerate(fields) if field.constraints.get("unique")]
    primary = []
    if set(schema.primary_key) <= set(names):
        primary = [names.index(name) for name in schema.primary_key]
    compared = {*unique, *primary}
    if (primary and not resource.dialect.header_case) or any(fields[i].type in _UNHASHABLE for i in compared):
        return None
    columns = []
    for place, (field, handler) in enumerate(zip(fields, handlers.values(), strict=True)):
        own = field.has_defined("missing_values") or not field.schema
        missing = field.missing_values if own else field.schema.missing_values  # type: ignore[union-attr]
        columns.append(FieldCheck(field, handler.reader, missing, wants_keys=place in compared, typed=typed))
    foreign = []
    for key in schema.foreign_keys:
        keys = resource.lookup.get(key["reference"]["resource"])
        if keys and set(key["fields"]) <= set(names):
            there = keys.get(tuple(key["reference"]["fields"]), set())
            foreign.append(Reference(tuple(names.index(field) for field in key["fields"]), there))
    types = arrow_schema(schema) if typed else None
    return Rules(columns, tuple(unique), tuple(primary), tuple(foreign), types, kept)


CELLS_IN_MEMORY = 100_000  # rows


class Rows(Protocol):
    """Something to read in blocks: a CSV file, or a table of text."""

    first_row: int

    def blocks(self, on_bytes: Callable[[bytes], Any]) -> Iterator[tuple[Place, Any]]:
        """Each block's place and what `parse` wants; `on_bytes` is handed the bytes on the way, if there are
        any."""

    def read(self, place: Place) -> Any:
        """What `blocks` gave for a place."""

    def parse(self, place: Place, data: Any) -> Block: ...

    def rows(self, data: Any) -> Iterator[list[str]]:
        """The block's rows one by one: a blank line has no cells."""

    def close(self) -> None: ...


NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Findings:
    """Of a part, which is some blocks in a row: how many rows it has, the numbers of those that frictionless
    must see and their cells (those that are not there are read again), and for each key that is to be unique
    the rows that have one, and the keys; and the rows typed, where they are wanted. Where errors in words are
    counted (`Rules.kept`), `errors` are those of plain cells, of empty primary keys and of references to what
    is not there, and `asking` the rows that have more to tell.

    Findings add up: parts may be cut anywhere between two blocks, and added in any grouping.
    """

    places: tuple[Place, ...]
    count: int
    witnesses: Values
    cells: Mapping[int, list[str]]
    keys: list[tuple[Values, Values]]
    typed: tuple[pa.RecordBatch, ...] = ()
    errors: tuple[CellErrors, ...] = ()
    asking: Values = dataclasses.field(default_factory=lambda: NONE)

    def plus(self, later: Findings) -> Findings:
        """What there is to find in both, `later` being the part that follows this one."""
        cells = self.cells
        if len(cells) + len(later.cells) <= CELLS_IN_MEMORY:
            cells = {**cells, **later.cells}
        return Findings(
            self.places + later.places,
            self.count + later.count,
            np.concatenate([self.witnesses, later.witnesses]),
            cells,
            [
                (np.concatenate([rows, more_rows]), np.concatenate([keys, more_keys]))
                for (rows, keys), (more_rows, more_keys) in zip(self.keys, later.keys, strict=True)
            ],
            self.typed + later.typed,
            self.errors + later.errors,
            np.concatenate([self.asking, later.asking]),
        )


def examine(source: Rows, rules: Rules, place: Place, data: Any) -> Findings:
    """What there is to find in a block."""
    block = source.parse(place, data)
    regular, odd = block.rows, block.odd
    checked = [column.check(cells) for column, cells in zip(rules.columns, block.columns, strict=True)]
    empty = _empty_rows(block)  # rows that may be blank lines, which have no cells at all
    void = [np.flatnonzero(empty | np.logical_and.reduce([cells.missing for cells in checked]))]
    if rules.primary:
        void.append(np.flatnonzero(np.logical_and.reduce([checked[i].void for i in rules.primary])))
    if rules.typed is not None and empty.any() and not all("" in column.missing for column in rules.columns):
        raise Doubtful("a blank line has no cells, and may not be a row of empty ones")
    lost = _lost_references(rules, block)
    wrong = [*(cells.bad for cells in checked), *void, *(rows for rows, _known in lost)]
    suspects = wanted = distinct(wrong)
    errors: tuple[CellErrors, ...] = ()
    asking = NONE
    if rules.kept:
        errors = (*gather_errors(checked, void[0]), *_key_errors(void[1:], lost))
        unknown = [cells.bad[cells.errors[:, 0] < 0] for cells in checked]
        unsure = [rows for rows, known in lost if not known]
        asking = distinct([*unknown, void[0], *unsure])
        wanted = distinct([asking, early_rows(errors, rules.kept)])
    cells = _cells_of(source, block, data, wanted, empty)
    cells.update({at + place.first: row for at, row in odd.items()})
    witnesses = distinct([regular[suspects], np.array([*odd], np.int64)]) + place.first
    keys = _keys(rules, checked, regular, odd, place.first)
    for again in (_out_of_order(*key) for key in keys):
        at = np.flatnonzero(np.isin(regular, again - place.first)) if len(again) else again
        cells.update(_cells_of(source, block, data, at, empty))
    typed = _type_block(rules, block, checked)
    errors = tuple(replace(each, rows=regular[each.rows] + place.first) for each in errors)
    asking = distinct([regular[asking], np.array([*odd], np.int64)]) + place.first
    return Findings((place,), block.count, witnesses, cells, keys, typed, errors, asking)


def _key_errors(void: Sequence[Values], lost: Sequence[tuple[Values, bool]]) -> Iterator[CellErrors]:
    """One error for each row without a primary key, and one for each that refers to what is surely not
    there."""
    for rows in void:
        yield from errors_once(0, "primary-key", rows)
    for place, (rows, known) in enumerate(lost):
        yield from errors_once(place, "foreign-key", rows if known else NONE)


def reread_rows(source: Rows, place: Place, wanted: Values) -> dict[int, list[str]]:
    """The cells of some rows of a block, by number."""
    data = source.read(place)
    block = source.parse(place, data)
    at = np.flatnonzero(np.isin(block.rows + place.first, wanted))
    cells = _cells_of(source, block, data, at, _empty_rows(block))
    cells.update({i + place.first: row for i, row in block.odd.items()})
    return cells


def _empty_rows(block: Block) -> Values:
    """Which regular rows have nothing but empty cells."""
    empty = Texts(block.columns[0]).lengths == 0
    for cells in block.columns[1:]:
        if not empty.any():
            break
        empty &= Texts(cells).lengths == 0
    return np.asarray(empty)


def _cells_of(source: Rows, block: Block, data: Any, suspects: Values, empty: Values) -> dict[int, list[str]]:
    """The cells of regular rows by number. A blank line looks like a row of empty cells to Arrow: such blocks
    are read as CSV again."""
    if not len(suspects):
        return {}
    numbers = block.rows[suspects] + block.place.first
    if empty[suspects].any():
        wanted = set(numbers.tolist())
        return {n: row for n, row in enumerate(source.rows(data), block.place.first) if n in wanted}
    taken = pa.array(suspects)
    columns = [column.take(taken).to_pylist() for column in block.columns]
    return dict(zip(numbers.tolist(), map(list, zip(*columns, strict=True)), strict=True))


def _lost_references(rules: Rules, block: Block) -> list[tuple[Values, bool]]:
    """For each foreign key the rows whose key is not there, and whether frictionless would surely say so."""
    lost: list[tuple[Values, bool]] = []
    for reference in rules.foreign:
        columns = [rules.columns[i] for i in reference.places]
        if not isinstance(reference.there, set):
            lost.append((reference.there.lost(columns, [block.columns[i] for i in reference.places]), False))
            continue
        encoded = [block.columns[i].dictionary_encode() for i in reference.places]
        codes = np.zeros(len(encoded[0]), np.int64)
        for part in encoded:
            codes = codes * max(len(part.dictionary), 1) + part.indices.to_numpy()
        _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
        texts = [block.columns[i].take(pa.array(first)).to_pylist() for i in reference.places]
        there = [_is_there(reference, columns, row) for row in zip(*texts, strict=True)]
        gone = np.flatnonzero(~np.array(there, np.bool_)[inverse]) if there else NONE
        lost.append((gone, not any(column.field.type in _UNHASHABLE for column in columns)))
    return lost


def _is_there(reference: Reference, columns: Sequence[FieldCheck], texts: Sequence[str]) -> bool:
    values = tuple(column.read(text).value for column, text in zip(columns, texts, strict=True))
    try:
        return set(values) == {None} or values in reference.there
    except TypeError:  # a value that cannot be looked up: frictionless says so
        return False


def _keys(
    rules: Rules, checked: list[FieldCells], regular: Values, odd: Mapping[int, list[str]], first: int
) -> list[tuple[Values, Values]]:
    """For each unique column, then for the primary key: the numbers of the rows that have a key, and the
    keys."""
    if not rules.keys:
        return []
    wanted = sorted({*rules.unique, *rules.primary})
    apart = {
        i: [rules.columns[i].key_of(row[i] if i < len(row) else None) for row in odd.values()] for i in wanted
    }
    every = np.concatenate([regular, np.array(list(odd), np.int64)]) + first
    order = np.argsort(every, kind="stable") if odd else slice(None)
    columns: dict[int, tuple[Values, Values]] = {}
    for i in wanted:
        keys = checked[i].keys
        assert keys is not None
        if odd:
            keys = np.concatenate([keys, np.array([key for key, _void in apart[i]], np.uint64)])
            void = np.concatenate([checked[i].void, np.array([void for _key, void in apart[i]], np.bool_)])
        else:
            void = checked[i].void
        columns[i] = (keys[order], void[order])
    every = every[order]
    found = [_with_keys(every, columns[i][0], ~columns[i][1]) for i in rules.unique]
    if len(rules.primary) == 1:
        keys, void = columns[rules.primary[0]]
        found.append(_with_keys(every, keys, ~void))
    elif rules.primary:
        found.append(_with_keys(every, *combine_keys([columns[i] for i in rules.primary])))
    return found


def _type_block(rules: Rules, block: Block, checked: list[FieldCells]) -> tuple[pa.RecordBatch, ...]:
    """The block's rows typed, in their order, under the schema's fields; a field without a column is null.
    Nothing where not wanted."""
    if rules.typed is None:
        return ()
    odd, first = block.odd, block.place.first
    numbers = np.concatenate([block.rows, np.array(list(odd), np.int64)]) + first
    order = pa.array(np.argsort(numbers, kind="stable")) if odd else None
    places = {column.field.name: place for place, column in enumerate(rules.columns)}
    arrays: list[pa.Array] = [pa.array(numbers, pa.int64())]
    for field in list(rules.typed)[1:]:
        place = places.get(field.name)
        if place is None:
            arrays.append(pa.nulls(block.count, field.type))
            continue
        values = checked[place].typed
        if odd:
            column = rules.columns[place]
            rest = [column.read(row[place] if place < len(row) else None).arrow_value for row in odd.values()]
            values = pa.concat_arrays([values, pa.array(rest, field.type)])
        arrays.append(values)
    if order is not None:
        arrays = [array.take(order) for array in arrays]
    return (pa.record_batch(arrays, schema=rules.typed),)


def _out_of_order(rows: Values, keys: Values) -> Values:
    """In keys that mostly rise, as serial numbers do, the rows that fall back. One of before may have their
    key: keep their cells."""
    signed = keys.view(np.int64)
    back = np.flatnonzero(signed[1:] <= np.maximum.accumulate(signed)[:-1]) + 1
    return rows[back] if len(back) < len(rows) // 50 else rows[:0]


def _with_keys(rows: Values, keys: Values, some: Values) -> tuple[Values, Values]:
    return (rows, keys) if some.all() else (rows[some], keys[some])
