"""What changed in the description of a table: its fields, the promises about their values, and the words."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from catalog.archive.changes.reasons import Reason

LOWER = ("minimum", "exclusiveMinimum", "minLength")
UPPER = ("maximum", "exclusiveMaximum", "maxLength")
FLAGS = ("required", "unique")
ORDERED_AS_TEXT = ("date", "datetime", "time", "yearmonth")

# Properties that say how a text is to be read as a value, with what Table Schema (v2) takes where they are
# missing.
READING: Mapping[str, Any] = {
    "type": "any",
    "format": "default",
    "unit": None,
    "missingValues": [""],
    "decimalChar": ".",
    "groupChar": None,
    "bareNumber": True,
    "trueValues": ["true", "True", "TRUE", "1"],
    "falseValues": ["false", "False", "FALSE", "0"],
    "categoriesOrdered": False,
    "money": False,
    "itemType": "string",
    "delimiter": ",",
}
FILE_READING: Mapping[str, Any] = {"encoding": "utf-8", "dialect": {}}
PROMISES = ("constraints", "categories")
KEYS = ("primaryKey", "uniqueKeys", "foreignKeys")

# Each release has its own; they say nothing that a reader must learn anew.
OF_THE_RELEASE = ("version", "created", "asOf", "needs", "derivedFrom")
OF_THE_FILE = ("bytes", "hash", "rows", "fields", "stats")


@dataclass(frozen=True)
class Constraint:
    """A constraint before and after (None: there was none), on the fields of one name or, for keys, of
    several."""

    fields: tuple[str, ...]
    name: str
    before: Any
    after: Any

    def to_json(self) -> dict[str, Any]:
        return {
            "fields": list(self.fields),
            "constraint": self.name,
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True)
class Constraints:
    """The constraints that changed. One whose values cannot be compared counts as tightened: nobody is to be
    surprised."""

    tightened: tuple[Constraint, ...] = ()
    loosened: tuple[Constraint, ...] = ()

    def __add__(self, other: Constraints) -> Constraints:
        return Constraints(self.tightened + other.tightened, self.loosened + other.loosened)


def compare_field(before: Mapping[str, Any], after: Mapping[str, Any]) -> Constraints:
    """What changed in `constraints` and `categories` of two descriptors of one field."""
    old, new = dict(before.get("constraints") or {}), dict(after.get("constraints") or {})
    for constraints, descriptor in ((old, before), (new, after)):
        values = [_value(category) for category in descriptor.get("categories") or ()]
        listed = constraints.get("enum")
        named_only = listed is not None and all(each in values for each in listed)  # what codes are called
        if descriptor.get("categories") is not None and not named_only:
            constraints["categories"] = values
        for flag in FLAGS:
            if constraints.get(flag) is False:
                del constraints[flag]
    kind = str(after.get("type", "any"))
    found = Constraints()
    for name in sorted(old.keys() | new.keys()):
        tighter, looser = _compare(name, old.get(name), new.get(name), kind)
        constraint = (Constraint((str(after["name"]),), name, old.get(name), new.get(name)),)
        found += Constraints(constraint if tighter else (), constraint if looser else ())
    return found


def compare_keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> Constraints:
    """What changed in `foreignKeys` and `uniqueKeys` of two schemas: new or other ones are tightened, those
    gone loosened."""
    found = Constraints()
    for name, read in (("foreignKeys", foreign_keys), ("uniqueKeys", _unique_keys)):
        old, new = read(before), read(after)
        replaced = {key["fields"] for key in new.values()}
        tightened = [
            Constraint(key["fields"], name, None, key["descriptor"])
            for text, key in new.items()
            if text not in old
        ]
        loosened = [
            Constraint(key["fields"], name, key["descriptor"], None)
            for text, key in old.items()
            if text not in new and key["fields"] not in replaced
        ]
        found += Constraints(tuple(tightened), tuple(loosened))
    return found


def field_names(value: Any) -> tuple[str, ...]:
    """Field names as Table Schema may write them: one text, a list, or nothing."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def foreign_keys(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The foreign keys of a schema by their canonical text, each with `fields`, `resource` and `reference`
    (field names) beside the `descriptor`, written in one way."""
    found = {}
    for key in schema.get("foreignKeys") or ():
        reference = key["reference"]
        descriptor = {
            "fields": list(field_names(key["fields"])),
            "reference": {
                **reference,
                "resource": reference.get("resource", ""),
                "fields": list(field_names(reference["fields"])),
            },
        }
        found[json.dumps(descriptor, sort_keys=True)] = {
            "fields": field_names(key["fields"]),
            "resource": reference.get("resource", ""),
            "reference": field_names(reference["fields"]),
            "descriptor": descriptor,
        }
    return found


def _unique_keys(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found = [tuple(sorted(field_names(key))) for key in schema.get("uniqueKeys") or ()]
    return {json.dumps(key): {"fields": key, "descriptor": list(key)} for key in found}


def _compare(name: str, old: Any, new: Any, kind: str) -> tuple[bool, bool]:
    """Whether (tightened, loosened); a list of allowed values can be both."""
    if old == new:
        return False, False
    if old is None or new is None:
        return old is None, new is None
    if name in ("enum", "categories"):
        allowed = [{json.dumps(value, default=str) for value in values} for values in (old, new)]
        return bool(allowed[0] - allowed[1]), bool(allowed[1] - allowed[0])
    if name in LOWER + UPPER:
        read = _text if kind in ORDERED_AS_TEXT and not name.endswith("Length") else _number
        rose = _rose(old, new, read)
        if rose is None:
            return True, False
        if rose == 0:
            return False, False
        return (rose > 0, rose < 0) if name in LOWER else (rose < 0, rose > 0)
    return True, False


def _rose(old: Any, new: Any, read: Callable[[Any], Any]) -> int | None:
    """1 where the new limit is higher, -1 where it is lower, 0 where both say the same, None where they
    cannot be compared."""
    try:
        low, high = read(old), read(new)
        return int(high > low) - int(high < low)
    except (InvalidOperation, TypeError):
        return None


def _number(value: Any) -> Decimal:
    return Decimal(str(value))


def _text(value: Any) -> str:
    return str(value)


def _value(category: Any) -> Any:
    return category["value"] if isinstance(category, Mapping) else category


@dataclass(frozen=True)
class SchemaChanges:
    """What changed in the schema of one table. `moved` has the fewest fields whose moving explains the new
    order of those that stayed."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()
    constraints: Constraints = field(default_factory=Constraints)
    reasons: tuple[Reason, ...] = ()


def tables(descriptor: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    """The resources that are tables: those with a schema. A release's other files (Parquet, report) are
    none."""
    return {
        resource["name"]: resource
        for resource in (descriptor or {}).get("resources", ())
        if "schema" in resource
    }


def compare_table(before: Mapping[str, Any], after: Mapping[str, Any]) -> SchemaChanges:
    """What changed between two descriptors of one table."""
    old, new = _fields(before), _fields(after)
    both = [name for name in new if name in old]
    retyped = {name: _reading_changes(old[name], new[name]) for name in both}
    fields = _FieldChanges(
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        moved=_moved_fields([list(old).index(name) for name in both], both),
        retyped={name: properties for name, properties in retyped.items() if properties},
        described=tuple(name for name in both if _words(old[name]) != _words(new[name])),
        appended=_appended_fields(old, new),
    )
    promises = compare_keys(before["schema"], after["schema"])
    for name in both:
        promises += compare_field(old[name], new[name])
    reasons = tuple(_table_reasons(before, after, fields, promises))
    return SchemaChanges(fields.added, fields.removed, fields.moved, tuple(fields.retyped), promises, reasons)


@dataclass(frozen=True)
class _FieldChanges:
    """The fields of a table that changed. `retyped`: by field, what makes its text read as another value;
    `described`: those whose words are others; `appended`: those among `added` that no earlier field
    follows."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    moved: tuple[str, ...]
    retyped: Mapping[str, list[dict[str, Any]]]
    described: tuple[str, ...]
    appended: tuple[str, ...]


def _table_reasons(
    before: Mapping[str, Any], after: Mapping[str, Any], fields: _FieldChanges, promises: Constraints
) -> Iterator[Reason]:
    """The gravest first."""
    inserted = [name for name in fields.added if name not in fields.appended]
    properties = [each for found in fields.retyped.values() for each in found]
    reading = _file_reading(before, after)
    tightened = [each.to_json() for each in promises.tightened]
    loosened = [each.to_json() for each in promises.loosened]
    old_key, new_key = _primary_key(before), _primary_key(after)
    other_key = set(old_key) != set(new_key)  # the order in which a key's fields are written does not matter
    held = after.get("heldRows", 0)
    words = _description_changes(before, after)
    candidates: list[tuple[str, object, Mapping[str, Any]]] = [
        ("field-removed", fields.removed, {"fields": list(fields.removed)}),
        ("field-inserted", inserted, {"fields": inserted}),
        ("field-moved", fields.moved, {"fields": list(fields.moved)}),
        ("field-retyped", fields.retyped, {"fields": list(fields.retyped), "properties": properties}),
        ("reading-changed", reading, {"properties": reading}),
        ("constraint-tightened", tightened, {"constraints": tightened}),
        ("primary-key-changed", other_key, {"before": list(old_key), "after": list(new_key)}),
        ("field-appended", fields.appended, {"fields": list(fields.appended)}),
        ("constraint-loosened", loosened, {"constraints": loosened}),
        ("rows-held", held != before.get("heldRows", 0), {"rows": held}),
        (
            "metadata-changed",
            fields.described or words,
            {"fields": list(fields.described), "properties": words},
        ),
    ]
    for code, applies, values in candidates:
        if applies:
            yield Reason(code, str(after["name"]), values)


def dataset_reasons(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Reason]:
    """What changed in the descriptors beside the tables that both have, and beside the tables themselves:
    their order, and metadata."""
    old, new = list(tables(before)), list(tables(after))
    if [name for name in old if name in new] != [name for name in new if name in old]:
        yield Reason("resources-reordered", None)
    properties = {
        key
        for key in (*before, *after)
        if key not in (*OF_THE_RELEASE, "resources") and before.get(key) != after.get(key)
    }
    if _other_files(before) != _other_files(after):
        properties.add("resources")
    if files := _changed_files(before, after):
        yield Reason("files-changed", None, {"files": files})
    if properties:
        yield Reason("metadata-changed", None, {"properties": sorted(properties)})


def _other_files(descriptor: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is said of the files that are not tables."""
    resources = descriptor.get("resources", ())
    return [_without(resource, OF_THE_FILE) for resource in resources if "schema" not in resource]


def _changed_files(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The names of the files that are no tables and have other bytes than before, are new or are gone; those
    that a release makes itself (changes, report) have no bytes yet."""
    old, new = (
        {each["name"]: each.get("hash") for each in descriptor.get("resources", ()) if _is_carried(each)}
        for descriptor in (before, after)
    )
    return [name for name in {**old, **new} if old.get(name) != new.get(name)]


def _is_carried(resource: Mapping[str, Any]) -> bool:
    """Whether a file came from a source as it is."""
    return bool(resource.get("carried"))


def _fields(resource: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The fields of a table's schema by name, each with the missing values that hold for it."""
    schema = resource["schema"]
    inherited = {"missingValues": schema["missingValues"]} if schema.get("missingValues") is not None else {}
    return {field["name"]: {**inherited, **field} for field in schema["fields"]}


def _words(field: Mapping[str, Any]) -> dict[str, Any]:
    """What describes a field to people: all that is neither reading nor promise."""
    return _without(field, (*READING, *PROMISES))


def _appended_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """The new fields after the last one that was there before."""
    last = max((place for place, name in enumerate(new) if name in old), default=-1)
    return tuple(new)[last + 1 :]


def _reading_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The properties of a field that make its text read as another value: `field`, `property`, `before`,
    `after`."""
    changes = [
        {
            "field": after["name"],
            "property": name,
            "before": before.get(name, usual),
            "after": after.get(name, usual),
        }
        for name, usual in READING.items()
        if _reading_value(before, name, usual) != _reading_value(after, name, usual)
    ]
    if before.get("categoriesOrdered") and after.get("categoriesOrdered"):
        changes += _reordered_categories(before, after)
    return changes


def _reading_value(field: Mapping[str, Any], name: str, usual: Any) -> Any:
    value = field.get(name)
    value = usual if value is None else value
    if isinstance(value, list):  # of texts that mean missing, true or false: in any order
        return {str(_value(item)) for item in value}
    return value


def _reordered_categories(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Where categories are ordered, their order is part of the value."""
    old, new = _categories(before), _categories(after)
    if [each for each in old if each in new] == [each for each in new if each in old]:
        return []
    return [{"field": after["name"], "property": "categories", "before": old, "after": new}]


def _categories(field: Mapping[str, Any]) -> list[str]:
    return [str(_value(category)) for category in field.get("categories") or ()]


def _file_reading(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    def reading(resource: Mapping[str, Any], name: str) -> Any:
        value = resource.get(name) or FILE_READING[name]
        return value.lower() if isinstance(value, str) else value

    return [name for name in FILE_READING if reading(before, name) != reading(after, name)]


def _primary_key(resource: Mapping[str, Any]) -> tuple[str, ...]:
    return field_names(resource["schema"].get("primaryKey"))


def _description_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The properties of a resource and of its schema that say nothing about how values are read or promised,
    and differ."""
    known = (*FILE_READING, *OF_THE_FILE, "schema", "heldRows")
    old, new = _without(before, known), _without(after, known)
    changed = {key for key in (*old, *new) if old.get(key) != new.get(key)}
    inside = ("fields", "missingValues", *KEYS)
    old, new = _without(before["schema"], inside), _without(after["schema"], inside)
    return sorted(changed | {key for key in (*old, *new) if old.get(key) != new.get(key)})


def _without(descriptor: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in descriptor.items() if key not in known}


def _moved_fields(positions: Sequence[int], fields: Sequence[str]) -> tuple[str, ...]:
    """The fields outside a longest increasing run of their earlier positions."""
    lengths: list[int] = []
    tails: list[int] = []
    for position in positions:
        at = bisect_left(tails, position)
        tails[at : at + 1] = [position]
        lengths.append(at + 1)
    stayed, needed = set(), len(tails)
    for i in reversed(range(len(positions))):
        if lengths[i] == needed:
            stayed.add(i)
            needed -= 1
    return tuple(name for i, name in enumerate(fields) if i not in stayed)
