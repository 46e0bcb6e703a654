"""A table's columns in the DataStore, from its schema and its Parquet's types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

OVERRIDES = {
    "int8": "numeric",
    "float8": "numeric",
    "numeric": "numeric",
    "date": "timestamp",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
}


def columns(schema: Mapping[str, Any], rows: pa.Schema) -> list[dict[str, Any]]:
    """Each column with its type and dictionary. `type_override` tells it to whoever would load the CSV again."""
    return [_column(field, postgres(rows.field(field["name"]).type)) for field in schema["fields"]]


def _column(field: Mapping[str, Any], kind: str) -> dict[str, Any]:
    info = {"label": field.get("title", ""), "notes": field.get("description", ""), "unit": field.get("unit", "")}
    override = OVERRIDES.get(kind, "text")
    return {"id": field["name"], "type": kind, "info": {key: value for key, value in info.items() if value} | {"type_override": override}}


def postgres(kind: pa.DataType) -> str:
    tests = {
        "int8": pa.types.is_integer,
        "float8": pa.types.is_floating,
        "numeric": pa.types.is_decimal,
        "bool": pa.types.is_boolean,
        "date": pa.types.is_date,
        "time": pa.types.is_time,
        "timestamptz": lambda each: pa.types.is_timestamp(each) and each.tz is not None,
        "timestamp": pa.types.is_timestamp,
    }
    return next((name for name, is_one in tests.items() if is_one(kind)), "text")


def key_of(schema: Mapping[str, Any]) -> list[str]:
    key = schema.get("primaryKey") or []
    return [key] if isinstance(key, str) else list(key)


def indexes(schema: Mapping[str, Any]) -> list[str]:
    """The fields by which tables are joined, the key's apart."""
    keys = [*schema.get("foreignKeys", ()), *schema.get("references", ())]
    named = [[key["fields"]] if isinstance(key["fields"], str) else list(key["fields"]) for key in keys]
    return sorted({field for fields in named for field in fields} - set(key_of(schema)))


def differ(found: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> str:
    """How the columns that stand there differ: "retyped", "columns" (some more or fewer), "described" (their dictionary), or "" for not."""
    there = {column["id"]: column for column in found if not column["id"].startswith("_")}
    here = {column["id"]: column for column in wanted}
    if any(there[name]["type"] != column["type"] for name, column in here.items() if name in there):
        return "retyped"
    if there.keys() != here.keys():
        return "columns"
    return "described" if any((there[name].get("info") or {}) != column["info"] for name, column in here.items()) else ""
