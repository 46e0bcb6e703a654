"""The descriptor that is published: the declaration without how it is made, with what a reader must know of this version."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.dataset import Dataset, Resource

# Of `pipeline:`, what tells readers something: who publishes, how often, about what.
TOLD = ("publisher", "accrualPeriodicity", "superTheme", "temporal", "spatial", "contactPoint")
MEDIA = {".csv": "text/csv", ".parquet": "application/vnd.apache.parquet", ".json": "application/json"}


def describe(dataset: Dataset) -> dict[str, Any]:
    """The published descriptor as far as the declaration alone decides it; its resources are the tables, without their files."""
    made = {key: value for key, value in dataset.descriptor.items() if key not in ("pipeline", "resources")}
    told = {key: dataset.descriptor["pipeline"][key] for key in TOLD if key in dataset.descriptor["pipeline"]}
    demo = {"demo": True} if dataset.demo else {}
    return {**made, **told, **demo, "resources": [_table(resource) for resource in dataset.resources]}


def complete(
    descriptor: Mapping[str, Any], *, version: str, created: str, as_of: str | None, needs: Mapping[str, str], paths: Mapping[str, Path]
) -> dict[str, Any]:
    """`describe`'s answer with the version, and each file of the release with its size and sha256.

    Of each table the CSV is the resource with the schema; the Parquet, the changes and the report are files beside it
    (`type: file`), so that whoever validates the package checks their bytes as well.
    """
    head = {key: descriptor[key] for key in ("$schema", "name", "title") if key in descriptor}
    rest = {key: value for key, value in descriptor.items() if key not in head and key != "resources"}
    dated = ({"asOf": as_of} if as_of else {}) | ({"needs": dict(needs)} if needs else {})
    resources: list[dict[str, Any]] = []
    for table in descriptor["resources"]:
        resources.append({**table, **_stats(paths[table["path"]])})
        resources.append(_file(f"{table['name']}-parquet", paths[f"{table['name']}.parquet"]))
    resources += [_file("changes", paths["changes.parquet"]), _file("report", paths["report.json"])]
    return {**head, "version": version, "created": created, **dated, **rest, "resources": resources}


def _table(resource: Resource) -> dict[str, Any]:
    """A table's descriptor. A foreign key to another dataset is no foreign key for readers, who have only this package: it is
    told as `references`."""
    schema = dict(resource.schema)
    keys = schema.pop("foreignKeys", [])
    inside = [key for key in keys if "/" not in key["reference"].get("resource", "")]
    outside = [key for key in keys if key not in inside]
    schema |= ({"foreignKeys": inside} if inside else {}) | ({"references": outside} if outside else {})
    head = {key: value for key, value in resource.descriptor.items() if key != "schema"}
    return {**head, "type": "table", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8", "schema": schema}


def _file(name: str, path: Path) -> dict[str, Any]:
    return {"name": name, "path": path.name, "type": "file", "mediatype": MEDIA[path.suffix], **_stats(path)}


def _stats(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "hash": "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()}
