"""Whether frictionless can load the published part of a declaration. Of one that is written as most are,
that is sure without asking it, which takes longer than all the rest of reading a declaration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeGuard

from messages import gettext as _

SCHEMA = "https://datapackage.org/profiles/2.0/datapackage.json"
TEXTS = ("title", "description")
PEOPLE = ("licenses", "sources", "contributors")
PACKAGE = frozenset(
    ("$schema", "name", *TEXTS, "homepage", "version", "keywords", *PEOPLE, "pipeline", "resources")
)
RESOURCE = frozenset(("name", "path", *TEXTS, "schema", "pipeline"))
TABLE = frozenset(("fields", "primaryKey"))
OURS = ("unit", "money", "categories", "categoriesOrdered", "pipeline")
FIELD = frozenset(("name", "type", *TEXTS, "rdfType", "constraints", *OURS))
PERSON = frozenset(("name", "title", "path", "role", "roles", "organization"))
ANY = ("required", "unique", "enum")
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
BOUNDED = ("integer", "number", "date", "datetime", "time", "year", "yearmonth")
CONSTRAINTS: Mapping[str, frozenset[str]] = {
    "string": frozenset((*ANY, "minLength", "maxLength", "pattern")),
    "boolean": frozenset(ANY),
    **dict.fromkeys(BOUNDED, frozenset((*ANY, *BOUNDS))),
}
"""What frictionless lets be asked of a value, by its type."""
VALUES: Mapping[str, type] = {
    **dict.fromkeys(("required", "unique"), bool),
    **dict.fromkeys(("minLength", "maxLength"), int),
    "enum": list,
    "pattern": str,
}


def loading_fault(descriptor: Mapping[str, Any]) -> str | None:
    """Why frictionless cannot load the published part of the declaration; None where it can."""
    if surely_loads(descriptor):
        return None
    from frictionless import FrictionlessException, Package  # half a second, which names alone do not need

    try:
        Package.from_descriptor({key: value for key, value in descriptor.items() if key != "pipeline"})
    except FrictionlessException as error:
        return "; ".join(reason.note for reason in error.reasons) or error.error.note
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # What frictionless takes on trust: a number where it looks for an address, say.
        return _("holds a value of another kind than the standard says ({why})", why=error)
    return None


def surely_loads(descriptor: Mapping[str, Any]) -> bool:
    """Whether all that is written is of the plain kind that frictionless surely loads; False where one would
    have to ask."""
    resources = descriptor.get("resources")
    return (
        descriptor.get("$schema") == SCHEMA
        and _has_only(descriptor, PACKAGE)
        and _are_texts(descriptor, "name", *TEXTS, "homepage", "version")
        and _is_list_of(descriptor.get("keywords", []), str)
        and all(_are_plain(descriptor.get(key, [])) for key in PEOPLE)
        and all(each.get("name") or each.get("path") for each in descriptor.get("licenses", []))
        and _is_list_of(resources, dict)
        and len({str(each.get("name")) for each in resources}) == len(resources) > 0
        and all(map(_resource_loads, resources))
    )


def _resource_loads(resource: Mapping[str, Any]) -> bool:
    path, schema = resource.get("path"), resource.get("schema")
    return (
        _has_only(resource, RESOURCE)
        and bool(resource.get("name"))
        and _are_texts(resource, "name", *TEXTS)
        and isinstance(path, str)
        and re.fullmatch(r"[A-Za-z0-9_-]+\.csv", path) is not None
        and isinstance(schema, dict)
        and _schema_loads(schema)
    )


def _schema_loads(schema: Mapping[str, Any]) -> bool:
    fields, key = schema.get("fields"), schema.get("primaryKey", [])
    if not (_has_only(schema, TABLE) and _is_list_of(fields, dict) and all(map(_field_loads, fields))):
        return False
    names = {field["name"] for field in fields}
    keys = [key] if isinstance(key, str) else key
    return len(names) == len(fields) > 0 and _is_list_of(keys, str) and names.issuperset(keys)


def _field_loads(field: Mapping[str, Any]) -> bool:
    kind, constraints = field.get("type"), field.get("constraints", {})
    return (
        _has_only(field, FIELD)
        and bool(field.get("name"))
        and _are_texts(field, "name", *TEXTS, "rdfType")
        and isinstance(kind, str)
        and kind in CONSTRAINTS
        and isinstance(constraints, dict)
        and _has_only(constraints, CONSTRAINTS[kind])
        and all(type(value) is VALUES.get(name, type(value)) for name, value in constraints.items())
    )


def _has_only(thing: Mapping[str, Any], keys: frozenset[str]) -> bool:
    return keys.issuperset(thing)


def _are_texts(thing: Mapping[str, Any], *keys: str) -> bool:
    return all(isinstance(thing.get(key, ""), str) for key in keys)


def _are_plain(things: Any) -> bool:
    """Licences, sources or contributors: with an e-mail address, or a key that nobody knows, one has to
    ask."""
    return _is_list_of(things, dict) and all(
        _has_only(each, PERSON) and _are_texts(each, "name", "title", "path", "role") for each in things
    )


def _is_list_of(value: Any, kind: type) -> TypeGuard[list[Any]]:
    return isinstance(value, list) and all(isinstance(each, kind) for each in value)
