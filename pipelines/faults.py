"""Where a declaration is wrong, and what to write instead: each fault is a key and a sentence that follows it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from frictionless import FrictionlessException, Package
from pydantic import BaseModel, ValidationError

from messages import gettext as _
from pipelines.declaration import ResourcePipeline

M = TypeVar("M", bound=BaseModel)
Fault = tuple[str, str]

# Table Schema (Data Package v2), section "Field types"
TYPES = [
    *("string", "number", "integer", "boolean", "object", "array", "list", "datetime", "date", "time", "year", "yearmonth"),
    *("duration", "geopoint", "geojson", "any"),
]
# Table Schema, section "Constraints"
CONSTRAINTS = [
    *("required", "unique", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("jsonSchema", "pattern", "enum"),
]


def choose(name: object, known: list[str]) -> str:
    """A sentence's end: the known name that was probably meant, or all of them."""
    near = difflib.get_close_matches(str(name), known, 1)
    return _("did you mean {near}?", near=near[0]) if near else _("use one of {known}", known=", ".join(known))


def parsed(model: type[M], value: object, where: str, fault: Callable[[str, str], Exception]) -> M:
    """`value` as a `model`; raises what `fault(key, sentence)` makes of the first thing that is wrong."""
    if value is None:
        raise fault(where, _("is missing; it says how the data is made"))
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        path = _path(first["loc"], value)
        key = where + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
        if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
            key += ".kind"
        raise fault(key, _sentence(model, first)) from error


def _path(loc: tuple[int | str, ...], value: object) -> list[int | str]:
    """`loc` without the names of union members, which stand in no declaration."""
    path: list[int | str] = []
    for index, part in enumerate(loc):
        inside = (part in value) if isinstance(value, Mapping) else isinstance(value, list) and isinstance(part, int)
        if inside:
            value = value[part]  # type: ignore[index]
        elif index < len(loc) - 1 or not isinstance(part, str) or not isinstance(value, Mapping):
            continue
        path.append(part)
    return path


def _sentence(model: type[BaseModel], error: Any) -> str:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        name = error["loc"][-1]
        return _("is not a known key; {choice}", choice=choose(name, _known(model, error["loc"][:-1])))
    if kind in ("missing", "union_tag_not_found"):
        return _("is missing; add it")
    if kind == "union_tag_invalid":
        known = context["expected_tags"].replace("'", "")
        return _("is {value!r}; use {known}", value=context["tag"], known=known)
    if kind == "string_type":
        return _("is {value!r}, not a text; write it in quotes", value=value)
    why = str(context["error"]) if kind == "value_error" else error["msg"]
    return _("is {value!r}: {why}", value=value, why=why)


def _known(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The keys of the model that `path` leads to."""
    current = model
    for part in path:
        field = next((f for name, f in current.model_fields.items() if part in (name, f.alias)), None)
        if field is not None:
            models = [m for m in _types(field.annotation) if isinstance(m, type) and issubclass(m, BaseModel)]
            named = [m for m in models if m.__name__.lower().startswith(str(path[-1]))]
            current = (named or models or [current])[0]
    return [str(field.alias) for field in current.model_fields.values()]


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _types(argument)


def standard_faults(descriptor: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong in the standard's own part of the declaration (Data Package v2), as far as the pipeline relies on it."""
    resources = descriptor.get("resources")
    if not isinstance(resources, list) or not resources:
        yield "resources", _("must list at least one table")
        return
    names = [resource.get("name") if isinstance(resource, Mapping) else None for resource in resources]
    needs = (descriptor.get("pipeline") or {}).get("needs") or []
    for index, resource in enumerate(resources):
        where = f"resources[{index}]"
        if not isinstance(resource, Mapping):
            yield where, _("must be a mapping of keys to values")
            continue
        name, path = resource.get("name"), resource.get("path")
        if not isinstance(name, str) or not name:
            yield f"{where}.name", _("is missing; add it")
        elif names.count(name) > 1:
            yield f"{where}.name", _("is {value!r} twice; every resource has a name of its own", value=name)
        elif path != f"{name}.csv":
            yield f"{where}.path", _("is {value!r}; use {expected!r}, the name of the published file", value=path, expected=f"{name}.csv")
        yield from _schema_faults(f"{where}.schema", resource.get("schema"), names, needs)


def _schema_faults(where: str, schema: Any, resources: list[Any], needs: list[Any]) -> Iterator[Fault]:
    fields = schema.get("fields") if isinstance(schema, Mapping) else None
    if not isinstance(fields, list) or not fields:
        yield f"{where}.fields", _("must list the fields of the published table")
        return
    names: list[str] = []
    for index, field in enumerate(fields):
        key = f"{where}.fields[{index}]"
        if not isinstance(field, Mapping) or not isinstance(field.get("name"), str):
            yield f"{key}.name", _("is missing; add it")
            continue
        if field["name"] in names:
            yield f"{key}.name", _("is {value!r} twice; every field has a name of its own", value=field["name"])
        names.append(field["name"])
        if field.get("type", "any") not in TYPES:
            yield f"{key}.type", _("is {value!r}; {choice}", value=field["type"], choice=choose(field["type"], TYPES))
        for constraint in field.get("constraints") or {}:
            if constraint not in CONSTRAINTS:
                yield f"{key}.constraints.{constraint}", _("is not a known key; {choice}", choice=choose(constraint, CONSTRAINTS))
    yield from misnamed(f"{where}.primaryKey", _listed(schema.get("primaryKey")), names)
    for index, key in enumerate(schema.get("foreignKeys") or []):
        place = f"{where}.foreignKeys[{index}]"
        yield from misnamed(f"{place}.fields", _listed(key.get("fields")), names)
        target = (key.get("reference") or {}).get("resource", "")
        if "/" in target and target.split("/")[0] not in needs:
            yield f"{place}.reference.resource", _("is {value!r}; add that dataset to pipeline.needs", value=target)
        elif "/" not in target and target and target not in resources:
            yield f"{place}.reference.resource", _("is {value!r}; {choice}", value=target, choice=choose(target, resources))


def _listed(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else list(value or [])


def misnamed(key: str, used: list[Any], fields: list[str]) -> Iterator[Fault]:
    """The names that are used at `key` but are no fields."""
    for name in used:
        if name not in fields:
            yield key, _("names the field {name!r}, which the schema does not have; {choice}", name=name, choice=choose(name, fields))


def loose_ends(schema: Mapping[str, Any], made: ResourcePipeline) -> Iterator[Fault]:
    """Names under `pipeline:` that must be fields of the schema."""
    fields = [field["name"] for field in schema["fields"]]
    for index, layout in enumerate(made.layouts):
        yield from misnamed(f"pipeline.layouts[{index}].labels", list(layout.labels.values()), fields)
        yield from misnamed(f"pipeline.layouts[{index}].fields", list(layout.fields), fields)
    yield from misnamed("pipeline.values", list(made.values), fields)
    yield from misnamed("pipeline.personalData", list(made.personal_data), fields)
    if made.extract.field:
        yield from misnamed("pipeline.extract.field", [made.extract.field], fields)


def unloaded(descriptor: Mapping[str, Any]) -> str | None:
    """Why frictionless cannot load the published part of the declaration; None where it can."""
    try:
        Package.from_descriptor({key: value for key, value in descriptor.items() if key != "pipeline"})
    except FrictionlessException as error:
        return "; ".join(reason.note for reason in error.reasons) or error.error.note
    return None
