"""Values that frictionless has read become Arrow values; each Table Schema type has one Arrow type, whatever
the data."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, localcontext
from functools import partial
from typing import Any

import pyarrow as pa
from frictionless import Field, Schema

from isolation.spill import TableWriter
from validation.table import ROW

BUENOS_AIRES = timezone(timedelta(hours=-3))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ARROW: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "datetime": pa.timestamp("us", tz="-03:00"),
    "year": pa.int32(),
    "yearmonth": pa.string(),
    "duration": pa.string(),
    "geopoint": pa.string(),
    "geojson": pa.string(),
    "object": pa.string(),
    "array": pa.string(),
    "list": pa.string(),
    "any": pa.string(),
}


class UnfitError(ValueError):
    """A value that its Arrow type cannot hold; ``args`` is the code of the problem: ``integer-too-large``,
    ``number-too-large`` or ``number-too-precise``."""


def arrow_type(field: Field) -> pa.DataType:
    """The Arrow type of a field: a function of the schema only, so that two releases of one schema have one
    type.

    Types that Arrow has no common word for (yearmonth, duration, geopoint, geojson, object, array, list, any)
    are text in frictionless's own writing. A datetime is an instant in Buenos Aires, UTC-03:00, as the city's
    data guide asks.
    """
    money = exact_digits(field)
    return pa.decimal128(*money) if money else _ARROW[field.type]


MONEY = (18, 2)
"""Digits of an amount where its field says no more than `money: true`, and how many of them are decimals."""


def exact_digits(field: Field) -> tuple[int, int] | None:
    """Precision and scale of a number whose decimals are exact (``money``); None of others."""
    own = field.custom.get("pipeline")
    given = field.custom.get("money", own.get("money") if isinstance(own, Mapping) else None)
    if field.type != "number" or not given:
        return None
    if not isinstance(given, Mapping):
        return MONEY
    scale = int(given.get("scale", MONEY[1]))
    return int(given.get("precision", max(MONEY[0], scale))), scale


def arrow_schema(schema: Schema) -> pa.Schema:
    """The Arrow schema of a typed table: ``__row__``, then the fields in the schema's order."""
    return pa.schema(
        [pa.field(ROW, pa.int64()), *(pa.field(field.name, arrow_type(field)) for field in schema.fields)]
    )


class Columns:
    """Typed rows, gathered into one Arrow table."""

    def __init__(self, schema: Schema) -> None:
        self.schema = arrow_schema(schema)
        self._converters = [(field.name, converter(field)) for field in schema.fields]
        self._written = TableWriter(self.schema)
        self._start()

    def append(self, number: int, row: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Adds a row as frictionless read it; gives (field, code) for each value that does not fit and became
        null."""
        misfits: list[tuple[str, str]] = []
        for column, (name, convert) in zip(self._cells, self._converters, strict=True):
            value = row.get(name)
            if value is not None and convert:
                try:
                    value = convert(value)
                except UnfitError as misfit:
                    misfits.append((name, str(misfit)))
                    value = None
            column.append(value)
        self._rows.append(number)
        if len(self._rows) == 65_536:
            self._flush()
        return misfits

    def table(self) -> pa.Table:
        self._flush()
        return self._written.table()

    def _start(self) -> None:
        self._rows: list[int] = []
        self._cells: list[list[Any]] = [[] for _ in self._converters]

    def _flush(self) -> None:
        arrays = [
            pa.array(values, type=field.type)
            for field, values in zip(self.schema, [self._rows, *self._cells], strict=True)
        ]
        self._written.write(pa.record_batch(arrays, schema=self.schema))
        self._start()


def rows_of(table: pa.Table, names: Iterable[str]) -> list[tuple[Any, ...]]:
    """For each row its values in these fields, null where the table has no such field; one empty tuple a row
    without names."""
    columns = [
        _comparable_values(table[name]) if name in table.column_names else [None] * table.num_rows
        for name in names
    ]
    return list(zip(*columns, strict=True)) if columns else [()] * table.num_rows


def keys(table: pa.Table, names: Iterable[str]) -> set[tuple[Any, ...]]:
    """The key values that occur in a table; those that are all null are none."""
    return {key for key in rows_of(table, names) if any(part is not None for part in key)}


def readable_values(column: pa.ChunkedArray[Any]) -> list[Any]:
    """A typed column's values as frictionless's fields read them: decimals for numbers, wall time for
    datetimes."""
    values = column.to_pylist()
    if pa.types.is_floating(column.type):
        return [None if value is None else Decimal(repr(value)) for value in values]
    if pa.types.is_timestamp(column.type):
        return [None if value is None else value.replace(tzinfo=None) for value in values]
    return list(values)


def _comparable_values(column: pa.ChunkedArray[Any]) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    return list(column.to_pylist())


def converter(field: Field) -> Callable[[Any], Any] | None:
    """From frictionless's value to one that Arrow takes; None where they are the same."""
    match field.type:
        case "string" | "boolean" | "date" | "year":
            return None
        case "integer":
            return _integer
        case "number":
            money = exact_digits(field)
            return partial(_exact, *money) if money else _number
        case "time":
            return _time
        case "datetime":
            return _microseconds
        case "geopoint" if field.format != "default":
            return _geopoint_object if field.format == "object" else _geopoint_array
        case "array":
            return _array
        case _:
            write = field.create_cell_writer()
            return lambda value: write(value)[0]


def _integer(value: int) -> int:
    if not -(2**63) <= value < 2**63:
        raise UnfitError("integer-too-large")
    return value


def _number(value: Decimal | float) -> float:
    if isinstance(value, Decimal) and value.is_nan():  # float() refuses a signalling NaN
        return math.nan
    number = float(value)
    if math.isinf(number) and not (Decimal(value).is_infinite()):
        raise UnfitError("number-too-large")
    return number


def _exact(precision: int, scale: int, value: Decimal | float) -> Decimal:
    exact = Decimal(value)
    if not exact.is_finite() or exact.adjusted() >= precision - scale:
        raise UnfitError("number-too-large")
    step = Decimal(1).scaleb(-scale)
    with localcontext() as context:
        context.prec = 2 * precision + len(exact.as_tuple().digits)
        rounded = exact.quantize(step)
    if rounded != exact:
        raise UnfitError("number-too-precise")
    return rounded


def _time(value: time) -> time:
    if value.tzinfo is None:
        return value
    moment = datetime.combine(date(2000, 1, 2), value)  # a zone that knows its offset only on a day gets one
    return moment.astimezone(BUENOS_AIRES).time()


def _microseconds(value: datetime) -> int:
    """Since 1970 in UTC. By subtraction: conversions between zones overflow in the years 1 and 9999."""
    moment = value if value.tzinfo else value.replace(tzinfo=BUENOS_AIRES)
    return (moment - _EPOCH) // timedelta(microseconds=1)


# frictionless's own writers raise on the decimals that its readers give, in these three
def _geopoint_object(value: Any) -> str:
    return json.dumps({"lon": float(value.lon), "lat": float(value.lat)})


def _geopoint_array(value: Any) -> str:
    return json.dumps([float(value.lon), float(value.lat)])


def _array(value: Any) -> str:
    return json.dumps(value, default=str)
