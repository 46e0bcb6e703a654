"""The checked table as files, so that anyone can run `frictionless validate` on it and read what we report."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from frictionless import Schema

from pipelines.dataset import Dataset
from pipelines.pack import pack_csv
from validation.engine import checked_schema
from validation.table import Table


def write_checked(dataset: Dataset, tables: Mapping[str, Table], references: Mapping[str, pa.Table], into: Path) -> Path:
    """Writes each table's text under the agency file's own row numbers, the tables of other datasets that it refers to, and the
    `datapackage.json` of them all; gives the descriptor's path."""
    into.mkdir(parents=True, exist_ok=True)
    resources = [_resource(dataset, table, into) for table in tables.values()]
    for name, reference in references.items():
        table = f"{_file_name(name)}.csv"
        pack_csv(reference, "", into / table)
        fields = [{"name": column, "type": "any"} for column in reference.column_names]
        resources.append({"name": _file_name(name), "path": table, "schema": {"fields": fields}})
    descriptor = {"$schema": dataset.descriptor.get("$schema"), "name": dataset.id, "resources": resources}
    path = into / "datapackage.json"
    path.write_text(json.dumps({key: value for key, value in descriptor.items() if value}, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return path


def _resource(dataset: Dataset, table: Table, into: Path) -> dict[str, Any]:
    declared = dataset.resource(table.name)
    with (into / declared.path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([] for _row in range(table.header_row - 1))
        writer.writerow(table.labels)
        writer.writerows(cells for _row, cells in table.rows())
    schema = checked_schema(Schema.from_descriptor(dict(declared.schema)), table.labels).to_descriptor()
    for key in schema.get("foreignKeys", []):
        key["reference"]["resource"] = _file_name(key["reference"]["resource"])
    dialect = {"dialect": {"headerRows": [table.header_row]}} if table.header_row > 1 else {}
    return {"name": table.name, "type": "table", "path": declared.path, "encoding": "utf-8", **dialect, "schema": schema}


def _file_name(reference: str) -> str:
    """A reference to another dataset ("barrios/barrios") as a name that can be a file's."""
    return reference.replace("/", "--")
