"""The keys of another table, however many: sorted on disk, and looked up a column at a time.

Values become texts in one canonical writing, so that two texts are equal where Python holds the values for
equal, however their cells were written.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from isolation.spill import map_file
from validation.fast.blocks import Doubtful
from validation.fast.column import FieldCheck
from validation.fast.keys import MULTIPLIER, text_keys
from validation.fast.proof import Mask, Texts, Values

NAN = "NaN"  # equal to nothing, not even to itself
SIGNALLING = "sNaN"  # cannot be looked up
_KINDS = {
    "string": "text",
    "any": "text",
    "integer": "number",
    "number": "number",
    "year": "number",
    "boolean": "number",
    "date": "date",
    "datetime": "datetime",
    "yearmonth": "yearmonth",
}
_BARE, _AWARE = datetime(1970, 1, 1), datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: DTZ001, UP017


def kind_of(field: Field) -> str | None:
    """What a field's values can be equal to: those of the same kind. None for types whose values have no
    canonical writing here."""
    return _KINDS.get(field.type)


def kind_and_text(value: Any) -> tuple[str, str]:
    """A value's kind and its canonical text. Raises Doubtful for what is of no kind."""
    match value:
        case str():
            return "text", value
        case bool() | int():
            return "number", _decimal(Decimal(int(value)))
        case float() | Decimal():
            return "number", _decimal(Decimal(value))
        case datetime():
            start = _AWARE if value.utcoffset() is not None else _BARE
            return "datetime", f"{'z' if start is _AWARE else ''}{value - start}"
        case date():
            return "date", str(value.toordinal() - date(1970, 1, 1).toordinal())
        case tuple() if hasattr(value, "month"):
            return "yearmonth", "-".join(map(str, value))
    raise Doubtful(f"no one writing for {type(value)}")


def canonical_texts(column: FieldCheck, cells: pa.StringArray) -> pa.StringArray:
    """The values of a column's cells in their canonical writing; null where there is none."""
    field = column.field
    if column.kernel and column.textual:
        return pc.if_else(pc.is_in(cells, value_set=pa.array(column.missing, pa.string())), None, cells)
    if column.kernel and field.type in ("integer", "date"):
        found = column.kernel(Texts(cells), True)
        assert found.values is not None
        absent = pc.is_in(cells, value_set=pa.array(column.missing, pa.string()))
        missing = np.asarray(absent.to_numpy(zero_copy_only=False))
        texts = pa.array(found.values, pa.int64(), mask=missing).cast(pa.string())
        rest = ~(found.proven | missing)
        if not rest.any():
            return texts
        mask = pa.array(rest)
        return pc.replace_with_mask(texts, mask, _read_one_by_one(column, cells.filter(mask)))
    return _read_one_by_one(column, cells)


def join_texts(parts: Sequence[pa.StringArray]) -> tuple[pa.BinaryArray, Mask]:
    """The values of several columns as one, and the rows where there is none in any."""
    void = np.logical_and.reduce(
        [np.asarray(pc.is_null(part).to_numpy(zero_copy_only=False)) for part in parts]
    )
    if len(parts) == 1:
        return pc.fill_null(parts[0], "").cast(pa.binary()), void
    marked = [pc.fill_null(pc.binary_join_element_wise("=", part, ""), "") for part in parts]
    return pc.binary_join_element_wise(*marked, "\x00").cast(pa.binary()), void


def _read_one_by_one(column: FieldCheck, cells: pa.StringArray) -> pa.StringArray:
    encoded = cells.dictionary_encode()
    values = [column.read(text).value for text in encoded.dictionary.to_pylist()]
    texts = [None if value is None else kind_and_text(value)[1] for value in values]
    return pa.array(texts, pa.string()).take(encoded.indices)


def _decimal(value: Decimal) -> str:
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        if value.is_nan():
            return SIGNALLING if value.is_snan() else NAN
        return "-INF" if sign else "INF"
    figures = "".join(map(str, digits)).lstrip("0")
    stripped = figures.rstrip("0")
    if not stripped:
        return "0"
    exponent += len(figures) - len(stripped)
    tail = "0" * exponent if 0 <= exponent <= 30 else f"e{exponent}"
    return f"{'-' if sign else ''}{stripped}{tail}"


PARTS = 64
KEYS_IN_MEMORY = 1 << 20  # more go to disk
_KEYS = pa.schema([("number", pa.uint64()), ("key", pa.binary())])


class Index:
    """The distinct keys of some fields of a table: `numbers`, ascending, has 64 bits of each, `texts` the
    keys themselves, both mapped from files that have no name any more. Of what kinds the parts are, `kinds`
    says."""

    def __init__(self, kinds: Sequence[str | None], numbers: Values, texts: pa.LargeBinaryArray) -> None:
        self.kinds, self.numbers, self.texts = kinds, numbers, texts

    def __contains__(self, values: object) -> bool:
        """Whether there is a key of these values, as Python compares them: what frictionless asks of a row
        that it sees."""
        assert isinstance(values, tuple)
        hash(values)  # raises for values that cannot be looked up
        parts = []
        for value, wanted in zip(values, self.kinds, strict=True):
            if value is not None:
                try:
                    found, text = kind_and_text(value)
                except Doubtful:
                    return False
                if found != wanted or (wanted == "number" and text == NAN):
                    return False
            parts.append(pa.array([None if value is None else text], pa.string()))
        return bool(self._has(join_texts(parts)[0])[0])

    def lost(self, columns: Sequence[FieldCheck], cells: Sequence[pa.StringArray]) -> Values:
        """The places of the rows that refer to what is not there."""
        kinds = [kind_of(column.field) for column in columns]
        texts = [canonical_texts(column, part) for column, part in zip(columns, cells, strict=True)]
        there, void = self.find(kinds, texts)
        return np.flatnonzero(~(there | void))

    def find(self, kinds: Sequence[str | None], texts: Sequence[pa.StringArray]) -> tuple[Mask, Mask]:
        """Of rows whose parts are of these kinds, in their canonical writing: which are there, and which have
        no part at all."""
        parts = []
        for kind, part, wanted in zip(kinds, texts, self.kinds, strict=True):
            if kind != wanted:
                part = pc.if_else(pc.is_valid(part), "\x00", None)  # such a text is in no key
            parts.append(part)
        keys, void = join_texts(parts)
        return self._has(keys), void

    def _has(self, keys: pa.BinaryArray) -> Mask:
        numbers = _numbers_of(keys)
        found = np.zeros(len(numbers), np.bool_)
        at = np.searchsorted(self.numbers, numbers)
        todo = np.arange(len(numbers))
        while len(todo):  # once, but for different keys whose 64 bits agree
            todo = todo[at[todo] < len(self.numbers)]
            todo = todo[self.numbers[at[todo]] == numbers[todo]]
            same = pc.equal(
                self.texts.take(pa.array(at[todo])), keys.take(pa.array(todo)).cast(pa.large_binary())
            )
            equal = np.asarray(same.to_numpy(zero_copy_only=False), np.bool_)
            found[todo[equal]] = True
            todo = todo[~equal]
            at[todo] += 1
        return found


def build_index(columns: Sequence[FieldCheck], blocks: Iterable[Sequence[pa.StringArray]]) -> Index:
    """The keys that stand in `columns`, whose cells come in blocks. Raises Doubtful where only frictionless
    can tell."""
    kinds = [kind_of(column.field) for column in columns]
    return index_texts(
        kinds,
        ([canonical_texts(*each) for each in zip(columns, cells, strict=True)] for cells in blocks),
    )


def index_texts(kinds: Sequence[str | None], blocks: Iterable[Sequence[pa.StringArray]]) -> Index:
    """The keys whose parts are of these kinds, and come in blocks, in their canonical writing. Raises
    Doubtful."""
    if not all(kinds):
        raise Doubtful("values without one writing")
    with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
        spilled = [Path(folder) / f"{part}.arrow" for part in range(PARTS)]
        with ExitStack() as open_files:
            writers = [open_files.enter_context(pa.ipc.new_stream(str(path), _KEYS)) for path in spilled]
            pending: list[pa.Table] = []
            for parts in blocks:
                pending.append(_keys_of(kinds, parts))
                if sum(keys.num_rows for keys in pending) >= KEYS_IN_MEMORY:
                    _spill(pending, writers)
                    pending = []
            _spill(pending, writers)
        return _map_index(kinds, (_sort(_read_spilled(path)) for path in spilled), Path(folder))


def _numbers_of(keys: pa.BinaryArray) -> Values:
    return text_keys(Texts(keys)) * np.uint64(MULTIPLIER)  # the first bits of short texts would be few


def _keys_of(kinds: Sequence[str | None], parts: Sequence[pa.StringArray]) -> pa.Table:
    keys, void = join_texts(parts)
    for part, each in zip(parts, kinds, strict=True):
        if each == "number":
            if pc.any(pc.equal(part, SIGNALLING)).as_py():
                raise Doubtful("a value that cannot be looked up")
            void |= np.asarray(pc.fill_null(pc.equal(part, NAN), False).to_numpy(zero_copy_only=False))
    return pa.table([pa.array(_numbers_of(keys)), keys], schema=_KEYS).filter(pa.array(~void))


def _sort(keys: pa.Table) -> pa.Table:
    return keys.take(pa.array(np.argsort(keys["number"].to_numpy(), kind="stable"))).combine_chunks()


def _spill(pending: list[pa.Table], writers: Sequence[pa.ipc.RecordBatchStreamWriter]) -> None:
    """Writes each key to the file for numbers like its own."""
    if not pending:
        return
    keys = _sort(pa.concat_tables(pending))
    width = (1 << 64) // PARTS
    limits = np.arange(1, PARTS, dtype=np.uint64) * np.uint64(width)
    bounds = [0, *np.searchsorted(keys["number"].to_numpy(), limits), keys.num_rows]
    for writer, start, end in zip(writers, bounds, bounds[1:], strict=False):
        writer.write_table(keys.slice(start, end - start))


def _read_spilled(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as reader:
        return reader.read_all()


def _map_index(kinds: Sequence[str | None], parts: Iterable[pa.Table], folder: Path) -> Index:
    """Writes the keys to files, one part after another, and maps them; the files may then lose their
    names."""
    numbers, offsets, texts = folder / "numbers", folder / "offsets", folder / "texts"
    end = count = 0
    with numbers.open("wb") as first, offsets.open("wb") as second, texts.open("wb") as third:
        second.write(bytes(8))
        for part in parts:
            for batch in part.filter(_differ_from_previous(part)).to_batches() if part.num_rows else ():
                seen = Texts(batch.column(1))
                first.write(batch.column(0).to_numpy().data)
                second.write((np.cumsum(seen.lengths, dtype=np.int64) + end).data)
                third.write(seen.bytes.data)
                end, count = end + len(seen.bytes), count + batch.num_rows
    if not count:
        return Index(kinds, np.zeros(0, np.uint64), pa.array([], pa.large_binary()))
    buffers = [map_file(path) if path.stat().st_size else pa.allocate_buffer(0) for path in (offsets, texts)]
    return Index(
        kinds,
        np.frombuffer(map_file(numbers), np.uint64),
        pa.Array.from_buffers(pa.large_binary(), count, [None, *buffers]),
    )


def _differ_from_previous(keys: pa.Table) -> pa.ChunkedArray:
    """Which keys are not the one before; a key that stands twice all the same does no harm."""
    same = [
        pc.equal(column.slice(1), column.slice(0, len(column) - 1))
        for column in (keys["number"], keys["key"])
    ]
    return pa.chunked_array([pa.array([True]), *pc.invert(pc.and_(*same)).chunks])
