"""One field's cells, a block at a time: proven by column where the field has such a proof, else read one by
one as frictionless reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from validation.fast import proof
from validation.fast.keys import text_keys
from validation.fast.proof import Kernel, Mask, Proof, Texts, Values
from validation.fast.row_numbers import distinct
from validation.patterns import repetitions, require_time
from validation.types import UnfitError, arrow_type, converter, exact_digits


def to_re2(pattern: Any) -> str | None:
    """The expression that frictionless makes of a pattern, for RE2; None where RE2 and Python might disagree.

    Literals, sets of ASCII characters, repetition, groups and alternatives are the same. RE2 knows \\d, \\s
    and \\w in ASCII only: what it accepts, Python accepts too; their negations are another matter, as are
    assertions, references and flags.
    """
    if not isinstance(pattern, str) or not pattern.isascii() or not pattern.isprintable():
        return None
    if re.search(r"\[\[|\[:|&&|\|\||~~|--", pattern):
        return None
    try:
        tree = _parser.parse(f"^{pattern}$")
    except (re.error, RecursionError, OverflowError):
        return None
    if tree.state.flags & ~re.UNICODE or "(?" in pattern.replace("(?:", ""):
        return None
    if re.search(r"\\[^dsw.\-+*?()\[\]{}|^$/\\]", pattern):
        return None
    if re.search(r"[*+?}]\+", pattern) or not _plain(tree):
        return None
    expression = f"^(?:^{pattern}$)"
    try:
        pc.match_substring_regex(pa.array([""]), expression)
    except pa.ArrowInvalid:
        return None
    return expression


def _plain(tree: Any) -> bool:
    return all(_is_plain(str(operation), value) for operation, value in tree)


def _is_plain(operation: str, value: Any) -> bool:
    match operation:
        case "LITERAL":
            return bool(value < 128)
        case "ANY":
            return True
        case "AT":
            return str(value) in ("AT_BEGINNING", "AT_END")
        case "IN":
            return all(
                str(kind) in ("LITERAL", "RANGE") or (str(kind) == "CATEGORY" and "NOT" not in str(what))
                for kind, what in value
            )
        case "MAX_REPEAT" | "MIN_REPEAT":
            low, high, repeated = value
            return low <= 1000 and (high <= 1000 or str(high) == "MAXREPEAT") and _plain(repeated)
        case "SUBPATTERN":
            return _plain(value[-1])
        case "BRANCH":
            return all(_plain(branch) for branch in value[1])
    return False


def kernel_of(field: Field) -> Kernel | None:
    """The proof by column for a field, None where there is none."""
    constraints = field.constraints
    if constraints.get("enum") is not None:
        return None
    match field.type, field.format:
        case "any", _:
            return proof.strings(None, None, None)
        case "string", "default":
            pattern = constraints.get("pattern")
            expression = to_re2(pattern) if pattern is not None else None
            if pattern is not None and expression is None:
                return None
            return proof.strings(constraints.get("minLength"), constraints.get("maxLength"), expression)
        case "integer", _:
            return proof.integers
        case "number", _:
            return _number_kernel(field)
        case "date", "default":
            return proof.dates
        case "datetime", "default":
            return proof.datetimes if not _BOUNDS & set(constraints) else None
        case "time", "default":
            return proof.times if not _BOUNDS & set(constraints) else None
    return None


def _number_kernel(field: Field) -> Kernel | None:
    point, group = field.decimal_char, field.group_char  # type: ignore[attr-defined]
    if len(point) != 1 or point == group:
        return None
    if not re.fullmatch(r"[.,;'_ ]", point) or not re.fullmatch(r"[.,;'_ ]?", group):
        return None
    return proof.numbers(point, group, field.bare_number)  # type: ignore[attr-defined]


_BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}


def bounds_of(field: Field) -> list[Callable[[Values], Mask]] | None:
    """What a column's values must pass to be proven; None where a bound is no plain value, and every cell is
    to be read by itself."""
    given = {name: field.constraints[name] for name in _BOUNDS if field.constraints.get(name) is not None}
    read = field.create_value_reader()
    checks: list[Callable[[Values], Mask]] = []
    for name, bound in given.items():
        try:
            limit = _read_limit(field, read(bound))
        except Exception:  # noqa: BLE001 - frictionless will say so where it reads the bound
            limit = None
        if limit is None:
            return None
        # equal floats may be unequal decimals
        strict = field.type == "number" or name.startswith("exclusive")
        below = name.lower().endswith("maximum")
        checks.append(_bound_check(limit, below=below, strict=strict))
    return checks


def _read_limit(field: Field, value: Any) -> int | float | None:
    if field.type == "integer" and isinstance(value, int) and abs(value) < 2**63:
        return value
    if field.type == "number" and value is not None and math.isfinite(value):
        return float(value)
    if field.type == "date" and isinstance(value, date):
        return value.toordinal() - date(1970, 1, 1).toordinal()
    return None


def _bound_check(limit: int | float, *, below: bool, strict: bool) -> Callable[[Values], Mask]:
    if below:
        return (lambda values: values < limit) if strict else (lambda values: values <= limit)
    return (lambda values: values > limit) if strict else (lambda values: values >= limit)


GOOD, MISSING, BAD = 0, 1, 2
REMEMBERED = 50_000
SMALL = 1000


UNKNOWN = (-1, -1)


@dataclass(frozen=True)
class Read:
    """A text as frictionless read it: its state, its value (None where missing or of another type), its key,
    and the value that Arrow takes."""

    state: int
    value: Any
    key: int
    arrow_value: Any = None
    errors: tuple[int, int] = UNKNOWN
    """How many type errors and constraint errors frictionless gives the cell; UNKNOWN where it is bad
    otherwise."""
    notes: tuple[tuple[str, str], ...] = ()
    """What it says of each, by its kind; the type's is called `type`."""


@dataclass(frozen=True)
class FieldCells:
    """A column of a block: which rows are bad, which are missing, and where wanted, a key for each row: equal
    values, in Python's sense, have equal keys. `void` are the rows without a value. `typed` are the values,
    where they are wanted. `errors` are those of each bad row: how many type errors, and how many of
    constraints; -1 where that is not known."""

    bad: Values
    missing: Mask
    keys: Values | None
    void: Mask
    typed: pa.Array | None
    errors: Values


class FieldCheck:
    """Reads the cells of a field. `wants_keys` where its values are compared with one another; `typed` where
    they are to be kept."""

    def __init__(
        self, field: Field, reader: Callable[[Any], Any], missing: list[str], *, wants_keys: bool, typed: bool
    ) -> None:
        self.type = arrow_type(field) if typed else None
        self.convert = (converter(field) or _identity) if typed else None
        self.field, self.reader, self.missing, self.wants_keys = field, reader, list(missing), wants_keys
        self.kernel = kernel_of(field)
        if typed and exact_digits(field):  # the kernel makes floats
            self.kernel = None
        self.bounds = bounds_of(field) if self.kernel else []
        if self.bounds is None or (wants_keys and self.kernel and field.type in ("datetime", "time")):
            self.kernel, self.bounds = None, []
        self.textual = field.type in ("string", "any")
        self.remembered: dict[str, Read] = {}
        pattern = field.constraints.get("pattern") if field.type == "string" and not typed else None
        self.doubtful = pattern if isinstance(pattern, str) and repetitions(pattern) != 0 else None
        self.wide: bool | None = None if self.kernel else False
        if self.kernel and self.textual and "pattern" not in field.constraints:
            self.wide = True

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process goes what the column is, and not what it has seen."""
        return _rebuild, (self.field, self.missing, self.wants_keys, self.type is not None)

    def check(self, array: pa.StringArray) -> FieldCells:
        if self.wide is None or not self.wide:
            encoded = array.dictionary_encode()
            if self.wide is None and len(array) > SMALL:
                self.wide = len(encoded.dictionary) > len(array) // 20
            if not self.wide:
                return self._by_text(array, encoded)
        return self._by_kernel(array)

    def read(self, cell: str | None) -> Read:
        """A cell as frictionless reads it; where its reader raises, the cell is bad and frictionless may
        raise again."""
        known = self.remembered.get(cell) if cell is not None else None
        if known is None:
            try:
                value, notes = self.reader(cell)
                state = MISSING if value is None else GOOD
                said = tuple((notes or {}).items())
                read = Read(
                    BAD if said else state, value, self._key(value), errors=_count_errors(said), notes=said
                )
                known = self._with_arrow_value(read)
            except Exception:  # noqa: BLE001
                known = Read(BAD, None, 0)
            if cell is not None and len(self.remembered) < REMEMBERED:
                self.remembered[cell] = known
        return known

    def _with_arrow_value(self, read: Read) -> Read:
        """With the value for Arrow; what it cannot hold is null, and bad."""
        if not self.convert or read.value is None:
            return read
        try:
            return replace(read, arrow_value=self.convert(read.value))
        except UnfitError:
            return replace(read, state=BAD, errors=UNKNOWN)

    def read_all(self, cells: list[str]) -> list[Read]:
        """Likewise, one by one. Raises PatternTooSlow; where rows are to be typed, patterns were tried when
        they were read."""
        if self.doubtful:
            require_time(self.doubtful, [cell for cell in cells if cell not in self.remembered])
        return [self.read(cell) for cell in cells]

    def key_of(self, cell: str | None) -> tuple[int, bool]:
        """The key of a cell that stands alone, and whether it has none for want of a value."""
        read = self.read(cell)
        if read.value is not None and self.textual:
            return int(text_keys(Texts(pa.array([read.value], pa.string())))[0]), False
        return read.key, read.value is None

    def _by_text(self, array: pa.StringArray, encoded: pa.DictionaryArray) -> FieldCells:
        reads = self.read_all(encoded.dictionary.to_pylist())
        places = encoded.indices.to_numpy()
        states = np.array([read.state for read in reads], np.uint8)
        bad = np.flatnonzero((states == BAD)[places]) if (states == BAD).any() else np.zeros(0, np.int64)
        void = np.array([read.value is None for read in reads], np.bool_)[places]
        missing = np.array([read.value is None and read.state != BAD for read in reads], np.bool_)[places]
        if (states == BAD).any():  # a missing cell that is required is bad, and missing still
            absent = np.array([text in self.missing for text in encoded.dictionary.to_pylist()], np.bool_)
            missing |= absent[places]
        keys = None
        if self.wants_keys:
            if self.textual:
                keys = text_keys(Texts(encoded.dictionary))
            else:
                keys = np.array([read.key for read in reads], np.uint64)
            keys = keys[places] if len(keys) else np.zeros(0, np.uint64)
        typed = (
            pa.array([read.arrow_value for read in reads], self.type).take(encoded.indices)
            if self.type
            else None
        )
        errors = _errors_of(reads)[places[bad]]
        return FieldCells(bad, missing, keys, void, typed, errors)

    def _by_kernel(self, array: pa.StringArray) -> FieldCells:
        assert self.kernel
        texts = Texts(array)
        missing = texts.lengths == 0 if self.missing == [""] else _is_in(array, self.missing)
        wants_values = bool(self.bounds)
        if not self.textual:
            wants_values = wants_values or self.wants_keys or self.type is not None
        found = self.kernel(texts, wants_values)
        proven = found.proven & ~missing
        for within in self.bounds or []:
            assert found.values is not None
            proven &= within(found.values)
        void = missing.copy()
        reads: list[Read] = []
        bad: list[Values] = []
        if missing.any() and self.read(array[int(np.argmax(missing))].as_py()).state == BAD:
            bad.append(np.flatnonzero(missing))
        rest = np.flatnonzero(~(proven | missing))
        keys = self._keys(texts, found, missing) if self.wants_keys else None
        if len(rest):
            reads = self.read_all(array.take(pa.array(rest)).to_pylist())
            bad.append(rest[[read.state == BAD for read in reads]])
            void[rest] = [read.value is None for read in reads]
            if keys is not None and not self.textual:
                keys[rest] = np.array([read.key for read in reads], np.uint64)
        rows = distinct(bad)
        typed = self._typed_array(array, found, missing, rest, reads) if self.type else None
        return FieldCells(rows, missing, keys, void, typed, self._errors_by_kernel(array, rows, rest, reads))

    def _errors_by_kernel(
        self, array: pa.StringArray, rows: Values, rest: Values, reads: list[Read]
    ) -> Values:
        """The errors of the bad rows: those of `rest` were read, and the others are all missing alike."""
        if not len(rows):
            return _errors_of([])
        known = np.isin(rows, rest, assume_unique=True)
        errors = np.zeros((len(rows), 2), np.int8)
        if not known.all():
            absent = array.take(pa.array(rows[~known])).to_pylist()
            errors[~known] = _errors_of([self.read(cell) for cell in absent])
        errors[known] = _errors_of(reads)[np.searchsorted(rest, rows[known])]
        return errors

    def _typed_array(
        self, array: pa.StringArray, found: Proof, missing: Mask, rest: Values, reads: list[Read]
    ) -> pa.Array:
        if self.textual:
            return pc.if_else(pa.array(missing), None, array) if missing.any() else array
        assert found.values is not None
        assert self.type
        values, void = found.values.copy(), missing.copy()
        rest_values = pa.array([read.arrow_value for read in reads], self.type)
        void[rest] = np.asarray(rest_values.is_null())
        scale = 1_000_000 if pa.types.is_temporal(self.type) and self.type.bit_width == 64 else 1
        values *= scale
        if self.type.bit_width == 32:
            width = pa.int32()
        elif pa.types.is_floating(self.type):
            width = pa.float64()
        else:
            width = pa.int64()
        values[rest] = rest_values.cast(width).fill_null(0).to_numpy(zero_copy_only=False)
        return pa.array(values, width, mask=void).cast(self.type)

    def _keys(self, texts: Texts, found: Proof, missing: Mask) -> Values:
        if self.textual:
            return text_keys(texts)
        assert found.values is not None
        values = found.values + 0.0 if self.field.type == "number" else found.values
        return np.where(missing, np.uint64(0), values.view(np.uint64))

    def _key(self, value: Any) -> int:
        """Equal values have equal keys; different ones may."""
        if value is None or not self.wants_keys or self.textual:
            return 0
        match self.field.type:
            case "integer":
                return int(value) & 0xFFFFFFFFFFFFFFFF
            case "number":
                return int(np.float64(float(value) + 0.0).view(np.uint64))
            case "date":
                return int(value.toordinal() - date(1970, 1, 1).toordinal()) & 0xFFFFFFFFFFFFFFFF
        return hash(value) & 0xFFFFFFFFFFFFFFFF


def _count_errors(notes: tuple[tuple[str, str], ...]) -> tuple[int, int]:
    """The type errors and the constraint errors that frictionless makes of a cell's notes."""
    typed = sum(kind == "type" for kind, _note in notes)
    return typed, len(notes) - typed


def _errors_of(reads: list[Read]) -> Values:
    return np.array([read.errors for read in reads], np.int8).reshape(-1, 2)


def _rebuild(field: Field, missing: list[str], wants_keys: bool, typed: bool) -> FieldCheck:
    return FieldCheck(field, field.create_cell_reader(), missing, wants_keys=wants_keys, typed=typed)


def _identity(value: Any) -> Any:
    return value


def _is_in(array: pa.StringArray, values: list[str]) -> Mask:
    return np.asarray(pc.is_in(array, value_set=pa.array(values, pa.string())).to_numpy(zero_copy_only=False))
