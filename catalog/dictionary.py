"""The data dictionary of a dataset as a table: each field with its type, its unit, what it means, what its
codes mean, and what stands in its column."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive import published
from catalog.spoken import category_name
from catalog.words import rules

HEADER = ("tabla", "campo", "titulo", "tipo", "descripcion", "unidad", "reglas", "codigos")
FIGURES = ("filas", "vacios", "distintos", "minimo", "maximo")


def codes(field: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The values of a field that are no words, and what they mean, as it declares them."""
    categories = [each for each in field.get("categories") or () if isinstance(each, Mapping)]
    named = [(str(each["value"]), category_name(each, field)) for each in categories]
    return [(value, name) for value, name in named if name != value]


def coded_fields(resource: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Sequence[tuple[str, str]]]]:
    """The fields of a table that have codes, with what they mean."""
    found = [(field, codes(field)) for field in resource["schema"]["fields"]]
    return [(field, meanings) for field, meanings in found if meanings]


def measure_column(column: pa.ChunkedArray) -> tuple[str, ...]:
    """What stands in a column, as `FIGURES` names it: its cells, how many are empty, how many values it has,
    and the least and the greatest where it holds numbers, days or moments."""
    filled = column.drop_null()
    try:
        distinct = str(pc.count_distinct(filled).as_py())
    except pa.ArrowNotImplementedError:  # lists and objects
        distinct = ""
    kind = column.type
    ends = ("", "")
    if len(filled) and (_is_number(kind) or pa.types.is_temporal(kind)):
        found = pc.min_max(filled)
        both = pa.chunked_array([pa.array([found["min"].as_py(), found["max"].as_py()], kind)])
        least, greatest = published.text(both).to_pylist()
        ends = (least, greatest)
    return (str(len(column)), str(column.null_count), distinct, *ends)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def dictionary_rows(
    descriptor: Mapping[str, Any], read: Callable[[str], pa.Table | None] | None = None
) -> Iterator[tuple[str, ...]]:
    """A row for each field of every table; of codes, `codigo: meaning` with semicolons between. With `read`,
    which gives a table by its name, the figures of its column follow."""
    for table in descriptor.get("resources", ()):
        rows = read(table["name"]) if read and "schema" in table else None
        for field in table["schema"]["fields"] if "schema" in table else ():
            named = (table["name"], field["name"], field.get("title", ""), field.get("type", "any"))
            meant = (field.get("description", ""), field.get("unit", ""), "; ".join(rules(field)))
            meanings = "; ".join(f"{value}: {name}" for value, name in codes(field))
            figures: tuple[str, ...] = ()
            if read:
                there = rows is not None and field["name"] in rows.column_names
                figures = measure_column(rows[field["name"]]) if rows is not None and there else ("",) * 5
            yield (*named, *meant, meanings, *figures)


def dictionary_csv(
    descriptor: Mapping[str, Any], read: Callable[[str], pa.Table | None] | None = None
) -> str:
    """`dictionary_rows` as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*HEADER, *FIGURES) if read else HEADER)
    writer.writerows(dictionary_rows(descriptor, read))
    return text.getvalue()
