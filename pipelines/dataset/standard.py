"""What is wrong in the standard's part of a declaration (Data Package v2), as far as the pipeline relies on
it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from math import isfinite
from typing import Any

from messages import gettext as _
from pipelines.dataset.addresses import address_faults
from pipelines.dataset.declaration import PackagePipeline, ResourcePipeline
from pipelines.dataset.faults import Fault, choose, field_name_faults
from pipelines.dataset.yaml_text import unwritable_key

# Data Package v2: the properties of a package and a resource; Table Schema: "Descriptor", "Field types",
# "Constraints"
PACKAGE = [
    "$schema",
    "profile",
    "name",
    "id",
    "title",
    "description",
    "homepage",
    "version",
    "created",
    "keywords",
    "image",
    "contributors",
    "sources",
    "licenses",
    "resources",
    "pipeline",
]
RESOURCE = [
    "$schema",
    "profile",
    "name",
    "path",
    "type",
    "title",
    "description",
    "homepage",
    "format",
    "mediatype",
    "encoding",
    "bytes",
    "hash",
    "dialect",
    "schema",
    "sources",
    "licenses",
    "pipeline",
]
SCHEMA = [
    "$schema",
    "title",
    "description",
    "fields",
    "fieldsMatch",
    "primaryKey",
    "uniqueKeys",
    "foreignKeys",
    "missingValues",
]
FIELD = [
    "name",
    "type",
    "format",
    "title",
    "description",
    "example",
    "constraints",
    "categories",
    "categoriesOrdered",
    "missingValues",
    "trueValues",
    "falseValues",
    "decimalChar",
    "groupChar",
    "bareNumber",
    "delimiter",
    "itemType",
    "rdfType",
    "unit",
    "money",
    "pipeline",
]
TYPES = [
    "string",
    "number",
    "integer",
    "boolean",
    "object",
    "array",
    "list",
    "datetime",
    "date",
    "time",
    "year",
    "yearmonth",
    "duration",
    "geopoint",
    "geojson",
    "any",
]
CONSTRAINTS = [
    "required",
    "unique",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "jsonSchema",
    "pattern",
    "enum",
]

BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# What describes the data, and is published; all other keys of `pipeline:` mean nothing anywhere else.
DESCRIPTIVE = ("superTheme", "temporal", "spatial", "contactPoint")
PIPELINE = [str(f.alias) for name, f in PackagePipeline.model_fields.items() if f.alias not in DESCRIPTIVE]
MAKING = [str(f.alias) for f in ResourcePipeline.model_fields.values()]


LONGEST_NAME = 100
"""Characters of a name that becomes part of files' names, which end at 255 bytes."""
# Names of files that every release has.
TAKEN = ("changes", "report", "datapackage")


def standard_faults(descriptor: Mapping[str, Any]) -> Iterator[Fault]:
    """Each fault: the key, and a sentence that follows it."""
    if key := unwritable_key(descriptor):
        yield key, _("holds a control character, which no page can show; write the text anew")
    yield from address_faults(descriptor)
    yield from _key_faults("", descriptor, PACKAGE, PIPELINE)
    resources = descriptor.get("resources")
    if not isinstance(resources, list) or not resources:
        yield "resources", _("must list at least one table")
        return
    pipeline = descriptor.get("pipeline")
    needs = pipeline.get("needs", []) if isinstance(pipeline, Mapping) else None
    if isinstance(needs, list) and descriptor.get("name") in needs:
        yield "pipeline.needs", _("names this dataset itself")
    yield from _need_faults(needs)
    names, paths = (
        [each.get(key) if isinstance(each, Mapping) else None for each in resources]
        for key in ("name", "path")
    )
    for index, resource in enumerate(resources):
        where = f"resources[{index}]"
        if not isinstance(resource, Mapping):
            yield where, _("must be a mapping of keys to values")
            continue
        yield from _resource_faults(where, resource, names)
        if paths.count(resource.get("path")) > 1:
            yield (
                f"{where}.path",
                _("is {value!r} twice; every resource has a file of its own", value=resource["path"]),
            )
        if is_table(resource):
            yield from _schema_faults(f"{where}.schema", resource.get("schema"))
    for index, resource in enumerate(resources):
        if not is_table(resource):
            continue
        yield from _reference_faults(
            f"resources[{index}].schema", resource, resources, needs if isinstance(needs, list) else None
        )


def _need_faults(needs: Any) -> Iterator[Fault]:
    for index, need in enumerate(needs if isinstance(needs, list) else []):
        if isinstance(need, str) and (wrong := id_fault(need)):
            yield f"pipeline.needs[{index}]", wrong


def is_table(resource: Mapping[str, Any]) -> bool:
    """Whether a resource is published as a table. One without a schema, whose file is called otherwise than
    .csv, is published as it comes."""
    return "schema" in resource or str(resource.get("path", ".csv")).endswith(".csv")


def plain_file_faults(made: ResourcePipeline) -> Iterator[Fault]:
    """Of a file that is no table: it comes from a folder or an address, and is never opened, so that nothing
    can be said of its rows."""
    if made.source.kind not in ("file", "http"):
        problem = _(
            "is {value!r}; a file that is no table comes from {choice}",
            value=made.source.kind,
            choice="file, http",
        )
        yield "pipeline.source.kind", problem
    for name in sorted(made.model_fields_set - {"source"}):
        key = str(ResourcePipeline.model_fields[name].alias)
        yield f"pipeline.{key}", _("is about a table; this resource is a file that is published as it comes")


def name_fault(value: object) -> str | None:
    """What is wrong with a name that becomes part of addresses and of files' names; None where nothing is."""
    if not isinstance(value, str) or not value:
        return _("is missing; add it")
    if not re.fullmatch(r"[a-z0-9]+([._-][a-z0-9]+)*", value):
        return _("is {value!r}; use lower-case letters, digits, and single . _ - between them", value=value)
    if len(value) > LONGEST_NAME:
        return _("has {n} characters; use at most {most}", n=len(value), most=LONGEST_NAME)
    return None


def id_fault(value: object) -> str | None:
    """What is wrong with the name of a dataset, which is also a folder of the archive and of the portal."""
    if isinstance(value, str) and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        return _("is {value!r}; use lower-case letters, digits, and single hyphens between them", value=value)
    return name_fault(value)


def _key_faults(where: str, found: Mapping[Any, Any], known: list[str], under: list[str]) -> Iterator[Fault]:
    """Keys that stand in the wrong place, or look like a slip for a known one; others are the declaration's
    own, as the standard allows."""
    for key in found:
        if key in known:
            continue
        place = f"{where}.{key}" if where else str(key)
        if key in under:
            yield place, _("stands in the wrong place; move it under pipeline")
        elif near := difflib.get_close_matches(str(key), [*known, "pipeline"], 1, 0.8):
            yield place, _("is not a known key; {choice}", choice=choose(key, near))


def _resource_faults(where: str, resource: Mapping[str, Any], names: list[Any]) -> Iterator[Fault]:
    yield from _key_faults(where, resource, RESOURCE, MAKING)
    name, path = resource.get("name"), resource.get("path")
    if wrong := name_fault(name):
        yield f"{where}.name", wrong
    elif names.count(name) > 1:
        yield f"{where}.name", _("is {value!r} twice; every resource has a name of its own", value=name)
    elif name in TAKEN or any(f"{other}-parquet" == name for other in names):
        yield (
            f"{where}.name",
            _("is {value!r}, the name of a file that every release has; use another", value=name),
        )
    elif (
        not isinstance(path, str)
        or not re.fullmatch(r"[a-z0-9]+([._-][a-z0-9]+)*" + (r"\.csv" if is_table(resource) else ""), path)
        or path.rpartition(".")[0] in TAKEN
        or len(path) > LONGEST_NAME + len(".parquet")
        or (not is_table(resource) and path.endswith((".csv", ".parquet")))
    ):
        yield (
            f"{where}.path",
            _(
                "is {value!r}; use a name such as {expected!r}, the published file's",
                value=path,
                expected=f"{name}.csv" if is_table(resource) else f"{name}.pdf",
            ),
        )


def _schema_faults(where: str, schema: Any) -> Iterator[Fault]:
    fields = schema.get("fields") if isinstance(schema, Mapping) else None
    if not isinstance(fields, list) or not fields:
        yield f"{where}.fields", _("must list the fields of the published table")
        return
    yield from _key_faults(where, schema, SCHEMA, [])
    names = [field.get("name") if isinstance(field, Mapping) else None for field in fields]
    for index, field in enumerate(fields):
        yield from _field_faults(f"{where}.fields[{index}]", field, names)
    yield from _text_faults(f"{where}.missingValues", schema.get("missingValues", []))
    yield from field_name_faults(f"{where}.primaryKey", _as_list(schema.get("primaryKey")), names)


def _field_faults(where: str, field: Any, names: list[Any]) -> Iterator[Fault]:
    if not isinstance(field, Mapping) or not isinstance(field.get("name"), str) or not field["name"]:
        yield f"{where}.name", _("is missing; add it")
        return
    yield from _key_faults(where, field, FIELD, [])
    if names.count(field["name"]) > 1:
        yield f"{where}.name", _("is {value!r} twice; every field has a name of its own", value=field["name"])
    if field["name"].startswith("__"):
        yield (
            f"{where}.name",
            _("is {value!r}; names that begin with __ are kept for the pipeline", value=field["name"]),
        )
    if field.get("type", "any") not in TYPES:
        yield (
            f"{where}.type",
            _("is {value!r}; {choice}", value=field["type"], choice=choose(field["type"], TYPES)),
        )
    constraints = field.get("constraints", {})
    if not isinstance(constraints, Mapping):
        yield f"{where}.constraints", _("must be a mapping of keys to values")
        return
    for constraint in constraints:
        if constraint not in CONSTRAINTS:
            yield (
                f"{where}.constraints.{constraint}",
                _("is not a known key; {choice}", choice=choose(constraint, CONSTRAINTS)),
            )
    yield from _constraint_faults(f"{where}.constraints", field, constraints)
    yield from _money_faults(f"{where}.money", field)
    yield from _writing_faults(where, field)


def _money_faults(where: str, field: Mapping[str, Any]) -> Iterator[Fault]:
    """Of `money`: exact decimals, as many as it says."""
    given = field.get("money", False)
    if given in (True, False):
        if given and field.get("type") != "number":
            yield where, _("is for numbers; {name} is no number", name=field["name"])
        return
    precision, scale = (given.get("precision"), given.get("scale")) if isinstance(given, Mapping) else (0, 0)
    fits = isinstance(precision, int) and isinstance(scale, int) and 0 <= scale <= precision <= 38
    if not fits or not precision or set(given) != {"precision", "scale"}:
        yield (
            where,
            _("is {value!r}; use true, or {{precision: 18, scale: 2}} (up to 38 digits)", value=given),
        )


def _constraint_faults(
    where: str, field: Mapping[str, Any], constraints: Mapping[str, Any]
) -> Iterator[Fault]:
    """Bounds and listed values that the field's type cannot read: frictionless stumbles over them when it
    meets the first row."""
    kind = field.get("type", "any")
    if kind == "string":
        yield from _text_faults(f"{where}.enum", constraints.get("enum", []))
        with suppress(TypeError):  # no text: frictionless says so
            try:
                re.compile(constraints.get("pattern", ""))
            except (re.error, RecursionError, OverflowError) as error:
                yield f"{where}.pattern", _("is {value!r}: {why}", value=constraints["pattern"], why=error)
    elif kind in TYPES:
        bounds = [(key, value) for key in BOUNDS for value in _as_list(constraints.get(key))]
        asked = [(key, value) for key, value in bounds if not _is_plainly(kind, value)]
        yield from _bound_faults(where, kind, asked) if asked else ()


def _is_plainly(kind: str, value: Any) -> bool:
    """Whether a bound needs no look at frictionless's reader of the type: nearly all do not."""
    if isinstance(value, bool):
        return False
    if kind == "number":
        return isinstance(value, int) or (isinstance(value, float) and isfinite(value))
    if kind == "date" and isinstance(value, str) and ISO_DATE.fullmatch(value):
        with suppress(ValueError):
            return bool(date.fromisoformat(value))
    return kind == "integer" and isinstance(value, int)


def _bound_faults(where: str, kind: str, bounds: Iterable[tuple[str, Any]]) -> Iterator[Fault]:
    """Of bounds, each with its key, those that the type cannot read."""
    from frictionless import Field  # half a second, where no bound needs it for nothing

    reader = Field.from_descriptor({"name": "bound", "type": kind}).create_cell_reader()
    for key, value in bounds:
        found = reader(value)[0]
        if found is None or found != found:  # nothing can be compared with NaN
            yield (
                f"{where}.{key}",
                _("is {value!r}, which is not of the type {type}", value=value, type=kind),
            )


def _writing_faults(where: str, field: Mapping[str, Any]) -> Iterator[Fault]:
    """Properties that say how cells are written: the published table is written in the standard's default
    way."""
    default = {"decimalChar": ".", "groupChar": "", "bareNumber": True}
    if field.get("type") in ("date", "time", "datetime"):
        default["format"] = "default"
    for key, value in default.items():
        if field.get(key, value) != value:
            yield (
                f"{where}.{key}",
                _(
                    "is how a raw file is written; the schema tells of the published table: move it to "
                    "layouts.fields"
                ),
            )
    for key, value in (("trueValues", "true"), ("falseValues", "false")):
        if value not in _as_list(field.get(key, [value])):
            yield (
                f"{where}.{key}",
                _(
                    "lacks {value!r}, which the published table writes; move it to layouts.fields",
                    value=value,
                ),
            )
    if "missingValues" in field:
        yield (
            f"{where}.missingValues",
            _("is given for one field; give it in the schema for all, or in layouts.fields"),
        )


def _reference_faults(
    where: str, resource: Mapping[str, Any], resources: list[Any], needs: list[Any] | None
) -> Iterator[Fault]:
    schema = resource["schema"]
    keys = schema.get("foreignKeys", [])
    if not isinstance(keys, list):
        yield f"{where}.foreignKeys", _("is {value!r}, not a list; write it in [ ]", value=keys)
        return
    tables = {r.get("name"): r for r in resources if isinstance(r, Mapping)}
    for index, key in enumerate(keys):
        place = f"{where}.foreignKeys[{index}]"
        reference = key.get("reference") if isinstance(key, Mapping) else None
        if not isinstance(reference, Mapping) or not isinstance(reference.get("resource", ""), str):
            yield f"{place}.reference", _("must say the resource and its fields")
            continue
        yield from field_name_faults(f"{place}.fields", _as_list(key.get("fields")), _field_names(schema))
        target = reference.get("resource", "")
        if "/" in target:
            if needs is not None and target.split("/")[0] not in needs:
                yield (
                    f"{place}.reference.resource",
                    _("is {value!r}; add that dataset to pipeline.needs", value=target),
                )
        elif target and target not in tables:
            yield f"{place}.reference.resource", _describe_unknown_table(target, tables, needs or [])
        else:
            there = _field_names(tables.get(target, resource).get("schema"))
            yield from field_name_faults(
                f"{place}.reference.fields", _as_list(reference.get("fields")), there
            )


def _describe_unknown_table(target: str, tables: Iterable[Any], needs: Iterable[Any]) -> str:
    """What to write instead of the name of a table that the package does not have."""
    if target in needs:
        return _(
            "is {value!r}, which is another dataset; write that and its table, as {example!r}",
            value=target,
            example=f"{target}/{target}",
        )
    return _("is {value!r}; {choice}", value=target, choice=choose(target, [str(name) for name in tables]))


def _field_names(schema: Any) -> list[Any]:
    fields = schema.get("fields") if isinstance(schema, Mapping) else None
    if not isinstance(fields, list):
        return []
    return [field.get("name") for field in fields if isinstance(field, Mapping)]


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return list(value)
    return [] if value is None else [value]


def _text_faults(where: str, values: Any) -> Iterator[Fault]:
    if not isinstance(values, list):
        yield where, _("is {value!r}, not a list; write it in [ ]", value=values)
        return
    for index, value in enumerate(values):
        if not isinstance(value, str):
            yield f"{where}[{index}]", _("is {value!r}, not a text; write it in quotes", value=value)
