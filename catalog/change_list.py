"""What changed from one version to another as a table that people open: a line for each row that came or went
and each cell that was corrected."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import pyarrow as pa

KINDS = {"row-removed": "fila quitada", "row-added": "fila agregada", "cell-changed": "celda corregida"}
# Of rows of which nothing tells whether they are new.
UNTRACED = {"row-removed": "fila de antes sin seguimiento", "row-added": "fila de ahora sin seguimiento"}


def list_fields(resource: str, *descriptors: Mapping[str, Any]) -> list[str]:
    """The fields of a table in either version, the later one's first."""
    names: dict[str, None] = {}
    for descriptor in reversed(descriptors):
        for each in descriptor["resources"]:
            if each["name"] == resource:
                names |= dict.fromkeys(field["name"] for field in each.get("schema", {}).get("fields", ()))
    return list(names)


def write_changes(
    changes: pa.Table, names: Sequence[str], untraced: bool, into: TextIO, tables: bool = False
) -> None:
    """A line per change: what it is, for a corrected cell which and how, and the fields `names`: of a row the
    whole of it, of a cell its key. With `tables`, each line says first in which table."""
    kinds = KINDS | (UNTRACED if untraced else {})
    own = ["tabla"] if tables else []
    own += ["cambio", "campo", "antes", "despues"]
    writer = csv.writer(into, lineterminator="\n")
    writer.writerow([*(name if name not in names else f"{name}_" for name in own), *names])
    for batch in changes.to_batches(max_chunksize=10_000):
        for line in batch.to_pylist():
            if line["change"] == "cell-changed":
                values = json.loads(line["key"])
                cell = (line["field"], line["before"], line["after"])
            else:
                values, cell = json.loads(line["after"] or line["before"]), ("", "", "")
            head = [line["resource"]] if tables else []
            writer.writerow([*head, kinds[line["change"]], *cell, *(values.get(name) for name in names)])
