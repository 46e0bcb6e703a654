"""The descriptor that is published: the declaration without how it is made, with what a reader must know of
this version."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipelines.dataset.dataset import Dataset, Resource
from pipelines.dataset.personal import PublicBecause
from pipelines.dataset.sources import DerivedSource

# Of `pipeline:`, what tells readers something: who publishes, how often, about what.
TOLD = ("publisher", "accrualPeriodicity", "superTheme", "temporal", "spatial", "contactPoint")
NONE: Mapping[str, int] = MappingProxyType({})
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


# How pack writes a CSV. Said in full: frictionless guesses what is not said, and guesses wrong where cells
# hold separators.
DIALECT: dict[str, Any] = {
    "delimiter": ",",
    "lineTerminator": "\n",
    "quoteChar": '"',
    "doubleQuote": True,
    "skipInitialSpace": False,
    "header": True,
    "headerRows": [1],
}
MEDIA = {".csv": "text/csv", ".parquet": "application/vnd.apache.parquet", ".json": "application/json"}


def standard(dataset: Dataset) -> dict[str, Any]:
    """The name, and the profile of the standard: frictionless takes Data Package v2 only where it is
    named."""
    return {"$schema": dataset.descriptor.get("$schema", PROFILE), "name": dataset.id}


def describe(dataset: Dataset, held: Mapping[str, int] = NONE) -> dict[str, Any]:
    """The published descriptor as far as the declaration, and how many rows of each table are held back,
    decide it; the version and the day are the release's, not its own.

    Of each table the CSV is the resource with the schema; the Parquet, the changes and the report are files
    beside it (`type: file`), so that whoever validates the package checks their bytes as well.
    """
    made = {
        key: value
        for key, value in dataset.descriptor.items()
        if key not in ("pipeline", "resources", "version", "created")
    }
    told = {key: dataset.descriptor["pipeline"][key] for key in TOLD if key in dataset.descriptor["pipeline"]}
    demo = {"demo": True} if dataset.demo else {}
    resources = [
        each
        for r in dataset.resources
        for each in (
            _table(r) | ({"heldRows": held[r.name]} if r.name in held else {}),
            _file(f"{r.name}-parquet", r.twin),
        )
    ]
    resources += [_file("changes", "changes.parquet"), _file("report", "report.json")]
    return {**standard(dataset), **made, **told, **demo, "resources": resources}


def complete(
    descriptor: Mapping[str, Any],
    *,
    version: str,
    created: str,
    as_of: str | None,
    needs: Mapping[str, str],
    derived_from: Sequence[Mapping[str, Any]],
    paths: Mapping[str, Path],
) -> dict[str, Any]:
    """`describe`'s answer with the version, the releases it was made with, and the size and sha256 of each
    file of the release."""
    head = {key: descriptor[key] for key in ("$schema", "name", "title") if key in descriptor}
    rest = {key: value for key, value in descriptor.items() if key not in head and key != "resources"}
    dated = ({"asOf": as_of} if as_of else {}) | ({"needs": dict(needs)} if needs else {})
    made_from: dict[str, Any] = {"derivedFrom": list(derived_from)} if derived_from else {}
    resources = [{**resource, **_stats(paths[resource["path"]])} for resource in descriptor["resources"]]
    return {
        **head,
        "version": version,
        "created": created,
        **dated,
        **made_from,
        **rest,
        "resources": resources,
    }


def _table(resource: Resource) -> dict[str, Any]:
    """A table's descriptor. A foreign key to another dataset is no foreign key for readers, who have only
    this package: it is told as `references`. Of a derived table the query is told, which anyone can ask
    again."""
    schema = {
        **resource.schema,
        "fields": [_field(field) | _personal(resource, field["name"]) for field in resource.schema["fields"]],
    }
    keys = schema.pop("foreignKeys", [])
    inside = [key for key in keys if "/" not in key["reference"].get("resource", "")]
    outside = [key for key in keys if key not in inside]
    schema |= ({"foreignKeys": inside} if inside else {}) | ({"references": outside} if outside else {})
    head = {key: value for key, value in resource.descriptor.items() if key != "schema"}
    head |= {"query": source.sql} if isinstance(source := resource.pipeline.source, DerivedSource) else {}
    head |= {"role": role.model_dump()} if (role := resource.pipeline.role) else {}
    head |= {"view": [view.descriptor for view in resource.pipeline.view]} if resource.pipeline.view else {}
    written = {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8", "dialect": DIALECT}
    return {**head, "type": "table", **written, "schema": schema}


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    """Moments are published with their offset, and can only be compared with bounds that have one."""
    if field.get("type") != "datetime" or "constraints" not in field:
        return dict(field)
    bounds = {
        key: [_moment(v) for v in value] if isinstance(value, list) else _moment(value)
        for key, value in field["constraints"].items()
    }
    return {**field, "constraints": bounds}


def _personal(resource: Resource, name: str) -> dict[str, Any]:
    """What readers must know of a field with personal data: that it is hashed or masked, or why it is
    public."""
    meant = resource.pipeline.personal_data.get(name)
    if isinstance(meant, PublicBecause):
        return {"personalData": {"publicBecause": meant.public_because}}
    return {"personalData": meant} if isinstance(meant, str) else {}


def _moment(value: Any) -> Any:
    return (
        value + "-03:00"
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?", value)
        else value
    )


def _file(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "path": path, "type": "file", "mediatype": MEDIA[Path(path).suffix]}


def _stats(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {
            "bytes": path.stat().st_size,
            "hash": "sha256:" + hashlib.file_digest(file, "sha256").hexdigest(),
        }
