"""Values as texts of one writing, so that texts are equal where Python holds the values for equal, whatever cells they stood in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from validation.blocks import Doubtful
from validation.column import Column
from validation.proof import Mask, Texts

NAN = "NaN"  # equal to nothing, not even to itself
SIGNALLING = "sNaN"  # cannot be looked up
_KINDS = {"string": "text", "any": "text", "integer": "number", "number": "number", "year": "number", "boolean": "number", "date": "date",
          "datetime": "datetime", "yearmonth": "yearmonth"}  # fmt: skip
_BARE, _AWARE = datetime(1970, 1, 1), datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: DTZ001, UP017


def kind(field: Field) -> str | None:
    """What a field's values can be equal to: those of the same kind. None for types whose values have no one writing here."""
    return _KINDS.get(field.type)


def kind_and_text(value: Any) -> tuple[str, str]:
    """A value's kind and its one writing. Raises Doubtful for what is of no kind."""
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


def written(column: Column, cells: pa.StringArray) -> pa.StringArray:
    """The values of a column's cells in their one writing; null where there is none."""
    field = column.field
    if column.kernel and column.textual:
        return pc.if_else(pc.is_in(cells, value_set=pa.array(column.missing, pa.string())), None, cells)
    if column.kernel and field.type in ("integer", "date"):
        found = column.kernel(Texts(cells), True)
        assert found.values is not None
        missing = np.asarray(pc.is_in(cells, value_set=pa.array(column.missing, pa.string())).to_numpy(zero_copy_only=False))
        texts = pa.array(found.values, pa.int64(), mask=missing).cast(pa.string())
        rest = ~(found.proven | missing)
        return pc.replace_with_mask(texts, pa.array(rest), _one_by_one(column, cells.filter(pa.array(rest)))) if rest.any() else texts
    return _one_by_one(column, cells)


def together(parts: Sequence[pa.StringArray]) -> tuple[pa.BinaryArray, Mask]:
    """The values of several columns as one, and the rows where there is none in any."""
    void = np.logical_and.reduce([np.asarray(pc.is_null(part).to_numpy(zero_copy_only=False)) for part in parts])
    if len(parts) == 1:
        return pc.fill_null(parts[0], "").cast(pa.binary()), void
    marked = [pc.fill_null(pc.binary_join_element_wise("=", part, ""), "") for part in parts]
    return pc.binary_join_element_wise(*marked, "\x00").cast(pa.binary()), void


def _one_by_one(column: Column, cells: pa.StringArray) -> pa.StringArray:
    encoded = cells.dictionary_encode()
    values = [column.read(text).value for text in encoded.dictionary.to_pylist()]
    texts = [None if value is None else kind_and_text(value)[1] for value in values]
    return pa.array(texts, pa.string()).take(encoded.indices)


def _decimal(value: Decimal) -> str:
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return SIGNALLING if value.is_snan() else NAN if value.is_nan() else f"{'-' if sign else ''}INF"
    stripped = "".join(map(str, digits)).lstrip("0").rstrip("0")
    if not stripped:
        return "0"
    exponent += len("".join(map(str, digits)).lstrip("0")) - len(stripped)
    return f"{'-' if sign else ''}{stripped}" + ("0" * exponent if 0 <= exponent <= 30 else f"e{exponent}")
