"""The descriptor that is published: the declaration without how it is made, with what a reader must know of
this version."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from catalog.archive.continued import hash_file
from catalog.archive.release import format_file
from pipelines.dataset.dataset import Dataset, Resource
from pipelines.dataset.personal import PublicBecause
from pipelines.dataset.sources import DerivedSource

# What readers learn from `pipeline:`: who publishes, how often, about what, and what will change.
PUBLIC_KEYS = (
    *("publisher", "accrualPeriodicity", "superTheme", "temporal", "spatial", "contactPoint", "en"),
    *("announces", "evidence"),
)
NONE: Mapping[str, int] = MappingProxyType({})
NO_HASHES: Mapping[str, str] = MappingProxyType({})
NO_FORMATS: Mapping[str, Sequence[str]] = MappingProxyType({})
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


# How pack_csv writes, in full: frictionless guesses what is left out, and guesses wrong where cells hold
# separators.
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

FORMAT_MEDIA = {
    "xlsx": {
        "format": "xlsx",
        "mediatype": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    },
    "geojson": {"format": "geojson", "mediatype": "application/geo+json"},
    "geoparquet": {"format": "geoparquet", "mediatype": "application/vnd.apache.parquet"},
}


def package_head(dataset: Dataset) -> dict[str, Any]:
    """The name, and the profile of the standard: frictionless takes Data Package v2 only where it is
    named."""
    return {"$schema": dataset.descriptor.get("$schema", PROFILE), "name": dataset.id}


def describe(
    dataset: Dataset,
    held: Mapping[str, int] = NONE,
    hashes: Mapping[str, str] = NO_HASHES,
    formats: Mapping[str, Sequence[str]] = NO_FORMATS,
) -> dict[str, Any]:
    """The published descriptor as far as the declaration, and how many rows of each table are held back,
    decide it; the version and the day are the release's, not its own. `hashes` are the sha256 of the files
    that are no tables, by name; `formats` what else each table is written in.

    Of each table the CSV is the resource with the schema; the Parquet, the changes and the report are files
    beside it (`type: file`), so that whoever validates the package checks their bytes as well.
    """
    ours = ("pipeline", "resources", "version", "created")
    declared = {key: value for key, value in dataset.descriptor.items() if key not in ours}
    pipeline = dataset.descriptor["pipeline"]
    about = {key: pipeline[key] for key in PUBLIC_KEYS if key in pipeline}
    demo = {"demo": True} if dataset.demo else {}
    resources = []
    for resource in dataset.resources:
        held_rows = {"heldRows": held[resource.name]} if resource.name in held else {}
        resources += [_table(resource) | held_rows, _file(f"{resource.name}-parquet", resource.twin)]
        resources += [_format(resource, kind) for kind in formats.get(resource.name, ())]
    resources += [_carried_file(resource, hashes[resource.name]) for resource in dataset.files]
    resources += [_file("changes", "changes.parquet"), _file("report", "report.json")]
    return {**package_head(dataset), **declared, **about, **demo, "resources": resources}


def complete(
    descriptor: Mapping[str, Any],
    *,
    version: str,
    created: str,
    as_of: str | None,
    needs: Mapping[str, str],
    derived_from: Sequence[Mapping[str, Any]],
    paths: Mapping[str, Path],
    hashes: Mapping[str, str] = NO_HASHES,
) -> dict[str, Any]:
    """`describe`'s answer with the version, the releases it was made with, and the size and sha256 of each
    file of the release; the `hashes` of some are known."""
    head = {key: descriptor[key] for key in ("$schema", "name", "title") if key in descriptor}
    rest = {key: value for key, value in descriptor.items() if key not in head and key != "resources"}
    dated = ({"asOf": as_of} if as_of else {}) | ({"needs": dict(needs)} if needs else {})
    made_from: dict[str, Any] = {"derivedFrom": list(derived_from)} if derived_from else {}
    resources = []
    for resource in descriptor["resources"]:
        path = paths[resource["path"]]
        sha256 = hashes.get(resource["path"]) or hash_file(path)
        resources.append({**resource, "bytes": path.stat().st_size, "hash": f"sha256:{sha256}"})
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
    """A table's descriptor. A foreign key to another dataset is published as `references`, since readers have
    only this package; a derived table with its query, which anyone can ask again."""
    schema = {
        **resource.schema,
        "fields": [_field(field) | _personal(resource, field["name"]) for field in resource.schema["fields"]],
    }
    keys = schema.pop("foreignKeys", [])
    inside = [key for key in keys if "/" not in key["reference"].get("resource", "")]
    outside = [key for key in keys if key not in inside]
    schema |= ({"foreignKeys": inside} if inside else {}) | ({"references": outside} if outside else {})
    head = {key: value for key, value in resource.descriptor.items() if key != "schema"}
    pipeline = resource.pipeline
    if isinstance(pipeline.source, DerivedSource):
        head["query"] = pipeline.source.sql
    if pipeline.follow:
        head["follow"] = list(pipeline.follow)
    if pipeline.role:
        head["role"] = pipeline.role.model_dump()
    if pipeline.view:
        head["view"] = [view.descriptor for view in pipeline.view]
    written = {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8", "dialect": DIALECT}
    return {**head, "type": "table", **written, "schema": schema}


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    """Moments are published with their offset, and can only be compared with bounds that have one."""
    if field.get("type") != "datetime" or "constraints" not in field:
        return dict(field)
    constraints = {
        key: [_moment(v) for v in value] if isinstance(value, list) else _moment(value)
        for key, value in field["constraints"].items()
    }
    return {**field, "constraints": constraints}


def _personal(resource: Resource, name: str) -> dict[str, Any]:
    """What readers must know of a field with personal data: that it is hashed or masked, or why it is
    public."""
    meant = resource.pipeline.personal_data.get(name)
    if isinstance(meant, PublicBecause):
        return {"personalData": {"publicBecause": meant.public_because}}
    return {"personalData": meant} if isinstance(meant, str) else {}


def _moment(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?", value):
        return value + "-03:00"
    return value


def _file(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "path": path, "type": "file", "mediatype": MEDIA[Path(path).suffix]}


def _format(resource: Resource, kind: str) -> dict[str, Any]:
    """A table in another format."""
    title = {"title": resource.descriptor["title"]} if "title" in resource.descriptor else {}
    path = format_file(resource.path, kind)
    return {"name": f"{resource.name}-{kind}", "path": path, "type": "file", **FORMAT_MEDIA[kind], **title}


def _carried_file(resource: Resource, sha256: str) -> dict[str, Any]:
    """A file that is published as it came."""
    suffix = Path(resource.path).suffix
    media = MEDIA.get(suffix) or mimetypes.guess_type(resource.path, strict=False)[0]
    known = {"mediatype": media} if media else {}
    return {
        **known,
        "format": suffix.removeprefix("."),
        **resource.descriptor,
        "type": "file",
        "carried": True,
        "hash": f"sha256:{sha256}",
    }
