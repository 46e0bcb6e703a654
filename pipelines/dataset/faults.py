"""Where the part under `pipeline:` is wrong, and what to write instead: each fault is a key and a
sentence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from catalog.archive.roles import ROLES
from messages import gettext as _
from pipelines.dataset.declaration import ResourcePipeline, view_faults
from pipelines.dataset.personal import personal_faults, public_fields, schema_without_dropped

M = TypeVar("M", bound=BaseModel)
Fault = tuple[str, str]


def choose(name: object, known: list[str]) -> str:
    """A sentence's end: the known name that was probably meant, or all of them."""
    near = difflib.get_close_matches(str(name), known, 1)
    return (
        _("did you mean {near}?", near=near[0]) if near else _("use one of {known}", known=", ".join(known))
    )


def parse_section(model: type[M], value: object, where: str, fault: Callable[[str, str], Exception]) -> M:
    """`value` as a `model`; raises what `fault(key, sentence)` makes of the first thing that is wrong."""
    if value is None:
        raise fault(where, _("is missing; it says how the data is made"))
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        path = _key_path(first["loc"], value)
        key = where + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
        if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
            key += ".kind"
        raise fault(key, _fault_sentence(model, first)) from error


def _key_path(loc: tuple[int | str, ...], value: Any) -> list[int | str]:
    """`loc` without a source's kind, which pydantic puts before its keys, and without its mark of a mapping's
    key."""
    path: list[int | str] = []
    for before, part in zip((None, *loc), loc, strict=False):
        inside = isinstance(value, Mapping)
        if part == "[key]" or (before == "source" and inside and value.get("kind") == part):
            continue
        if inside:
            # The key as it was written: NO: is False in YAML, and 0 in pydantic's words.
            path.append(next((str(key) for key in value if key == part), part))
            value = value.get(part)
        else:
            path.append(part)
            value = value[part] if isinstance(value, list) and isinstance(part, int) else None
    return path


def _fault_sentence(model: type[BaseModel], error: Any) -> str:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        name = error["loc"][-1]
        return _("is not a known key; {choice}", choice=choose(name, _known_keys(model, error["loc"][:-1])))
    if kind in ("missing", "union_tag_not_found"):
        return _("is missing; add it")
    if kind == "union_tag_invalid":
        known = re.findall(r"'([^']*)'", context["expected_tags"])
        return _("is {value!r}; {choice}", value=context["tag"], choice=choose(context["tag"], known))
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"]) or [context["expected"].lower()]
        return _("is {value!r}; {choice}", value=value, choice=choose(value, known))
    return _type_sentence(kind, value, context, error["msg"])


def _type_sentence(kind: str, value: object, context: Mapping[str, Any], message: str) -> str:
    if kind == "string_type":
        return _("is {value!r}, not a text; write it in quotes", value=value)
    if kind in ("tuple_type", "list_type"):
        return _("is {value!r}, not a list; write it in [ ]", value=value)
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return _("is {value!r}, not a mapping of keys to values", value=value)
    if kind == "bool_type":
        return _("is {value!r}; use true or false", value=value)
    if kind in ("int_type", "greater_than_equal"):
        return _("is {value!r}; use a whole number from 1 on", value=value)
    why = str(context["error"]) if kind == "value_error" else message
    return _("is {value!r}: {why}", value=_without_password(value), why=why)


def _without_password(value: object) -> object:
    """A text as a sentence may quote it: an address may hold a password."""
    if not isinstance(value, str):
        return value
    return re.sub(r"(?i)(//[^/@\s:]*:)[^/@\s]+(?=@)|(\bpass\w*=)[^&\s]+", r"\1\2…", value)


def _known_keys(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The keys of the model that `path` leads to."""
    current = model
    for part in path:
        field = next((f for name, f in current.model_fields.items() if part in (name, f.alias)), None)
        if field is not None:
            models = [
                m for m in _nested_types(field.annotation) if isinstance(m, type) and issubclass(m, BaseModel)
            ]
            named = [m for m in models if m.__name__.lower().startswith(str(path[-1]))]
            current = (named or models or [current])[0]
    return [str(field.alias) for field in current.model_fields.values()]


def _nested_types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _nested_types(argument)


def field_name_faults(key: str, used: list[Any], fields: list[Any]) -> Iterator[Fault]:
    """The names that are used at `key` but are no fields."""
    for name in used:
        if name not in fields:
            yield (
                key,
                _(
                    "names the field {name!r}, which the schema does not have; {choice}",
                    name=name,
                    choice=choose(name, fields),
                ),
            )


def _vanished_faults(schema: Mapping[str, Any], name: str, fields: list[Any]) -> Iterator[Fault]:
    key = "pipeline.extract.vanished"
    yield from field_name_faults(key, [name], fields)
    declared = next((field for field in schema["fields"] if field["name"] == name), None)
    if declared and declared.get("type") != "date":
        yield key, _("names {name!r}, which is no date; give it type: date", name=name)
    if declared and declared.get("constraints", {}).get("required"):
        yield key, _("names {name!r}, which is empty while a row is there; it cannot be required", name=name)
    if not schema.get("primaryKey"):
        yield key, _("tells rows by their key; give the schema a primaryKey")


def pipeline_faults(schema: Mapping[str, Any], made: ResourcePipeline) -> Iterator[Fault]:
    """Names under `pipeline:` that must be fields of the schema."""
    fields = [field["name"] for field in schema["fields"]]
    for index, layout in enumerate(made.layouts):
        yield from field_name_faults(
            f"pipeline.layouts[{index}].labels", list(layout.labels.values()), fields
        )
        yield from field_name_faults(f"pipeline.layouts[{index}].fields", list(layout.fields), fields)
        yield from field_name_faults(f"pipeline.layouts[{index}].absent", list(layout.absent), fields)
    yield from field_name_faults("pipeline.values", list(made.values), fields)
    yield from field_name_faults("pipeline.personalData", list(public_fields(made.personal_data)), fields)
    yield from personal_faults(schema, made.personal_data, made.extract.field)
    shown = schema_without_dropped(schema, made.personal_data)
    for key, name, fault in view_faults(shown, made.view):
        yield from (
            [(key, fault)]
            if fault
            else field_name_faults(key, [name], [field["name"] for field in shown["fields"]])
        )
    if made.extract.vanished:
        yield from _vanished_faults(schema, made.extract.vanished, fields)
    if made.extract.field:
        yield from field_name_faults("pipeline.extract.field", [made.extract.field], fields)
    yield from field_name_faults("pipeline.follow", list(made.follow), [f["name"] for f in shown["fields"]])
    if made.role:
        known = list(ROLES[made.role.name].fields)
        named = [("fields", name) for name in made.role.fields] + [
            ("constants", name) for name in made.role.constants
        ]
        for key, name in (each for each in named if each[1] not in known):
            yield (
                f"pipeline.role.{key}",
                _(
                    "names {name!r}, which the role does not have; {choice}",
                    name=name,
                    choice=choose(name, known),
                ),
            )
        yield from field_name_faults("pipeline.role", list(made.role.needed_fields.values()), fields)
