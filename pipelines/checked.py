"""The checked table as files, so that anyone can run `frictionless validate` on it and read what we report."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import pyarrow as pa
from frictionless import Schema

from pipelines.dataset import Dataset
from pipelines.descriptor import DIALECT, standard
from pipelines.pack import pack_csv, pack_json
from validation.engine import checked_schema
from validation.table import Table


def write_checked(dataset: Dataset, tables: Mapping[str, Table], references: Mapping[str, pa.Table], into: Path) -> Path:
    """Writes each table's text under the agency file's own row numbers, the tables of other datasets that it refers to, and the
    `datapackage.json` of them all; gives the descriptor's path."""
    into.mkdir(parents=True, exist_ok=True)
    resources = [_resource(dataset, table, {*tables, *references, ""}, into) for table in tables.values()]
    resources += [_reference(name, reference, into) for name, reference in references.items()]
    path = into / "datapackage.json"
    pack_json({**standard(dataset), "resources": resources}, path)
    return path


def _resource(dataset: Dataset, table: Table, there: Set[str], into: Path) -> dict[str, Any]:
    declared = dataset.resource(table.name)
    with (into / declared.path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)  # the least leaves a lone carriage return bare
        writer.writerows([] for _row in range(table.header_row - 1))
        writer.writerow(table.labels)
        numbers = []
        for number, cells in table.rows():
            writer.writerow(cells)
            numbers.append(number)
    if numbers != list(range(table.header_row + 1, table.header_row + 1 + len(numbers))):
        _numbers(table, numbers, into / f"{declared.name}.rows.csv")
    schema = checked_schema(Schema.from_descriptor(dict(declared.schema)), table.labels).to_descriptor()
    keys = [key for key in schema.pop("foreignKeys", []) if key["reference"].get("resource", "") in there]
    for key in keys:
        key["reference"]["resource"] = _file_name(key["reference"].get("resource", ""))
    schema |= {"foreignKeys": keys} if keys else {}
    dialect = DIALECT | {"headerRows": [table.header_row]}
    return {"name": table.name, "type": "table", "path": declared.path, "encoding": "utf-8", "dialect": dialect, "schema": schema}


def _numbers(table: Table, numbers: Sequence[int], path: Path) -> None:
    """Where rows do not lie as in the agency's file (one row became several): which row of that file each one is of."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["row", "fileRow"])
        writer.writerows(enumerate(numbers, table.header_row + 1))


def _reference(name: str, reference: pa.Table, into: Path) -> dict[str, Any]:
    path = f"{_file_name(name)}.csv"
    pack_csv(reference, "", into / path)
    fields = [{"name": field.name, "type": _type(field.type)} for field in reference.schema]
    return {"name": _file_name(name), "type": "table", "path": path, "encoding": "utf-8", "dialect": DIALECT, "schema": {"fields": fields}}


def _type(kind: pa.DataType) -> str:
    """The Table Schema type whose values compare as those of the Arrow type do."""
    names = {
        "integer": pa.types.is_integer,
        "number": pa.types.is_floating,
        "boolean": pa.types.is_boolean,
        "date": pa.types.is_date,
        "time": pa.types.is_time,
        "datetime": pa.types.is_timestamp,
    }
    return next((name for name, fits in names.items() if fits(kind)), "any")


def _file_name(reference: str) -> str:
    """A reference to another dataset ("barrios/barrios") as a name that can be a file's."""
    return reference.replace("/", "--")
