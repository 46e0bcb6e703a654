"""What changed between two published descriptors: fields, the promises about them, and the words that
describe them.

Which promises about the values of a table became stricter, and which looser.
"""

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
        if descriptor.get("categories") is not None:
            constraints["categories"] = [_value(category) for category in descriptor["categories"]]
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
            Constraint(key["fields"], name, None, key["shown"])
            for text, key in new.items()
            if text not in old
        ]
        loosened = [
            Constraint(key["fields"], name, key["shown"], None)
            for text, key in old.items()
            if text not in new and key["fields"] not in replaced
        ]
        found += Constraints(tuple(tightened), tuple(loosened))
    return found


def field_names(value: Any) -> tuple[str, ...]:
    """Field names as Table Schema may write them: one text, a list, or nothing."""
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def foreign_keys(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The foreign keys of a schema by their canonical text, each with `fields`, `resource` and `reference`
    (field names) beside `shown`."""
    found = {}
    for key in schema.get("foreignKeys") or ():
        reference = key["reference"]
        shown = {
            "fields": list(field_names(key["fields"])),
            "reference": {
                **reference,
                "resource": reference.get("resource", ""),
                "fields": list(field_names(reference["fields"])),
            },
        }
        found[json.dumps(shown, sort_keys=True)] = {
            "fields": field_names(key["fields"]),
            "resource": reference.get("resource", ""),
            "reference": field_names(reference["fields"]),
            "shown": shown,
        }
    return found


def _unique_keys(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found = [tuple(sorted(field_names(key))) for key in schema.get("uniqueKeys") or ()]
    return {json.dumps(key): {"fields": key, "shown": list(key)} for key in found}


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
        return ((rose > 0), (rose < 0)) if name in LOWER else ((rose < 0), (rose > 0))
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
    resource = str(after["name"])
    old, new = _fields(before), _fields(after)
    both = [name for name in new if name in old]
    added, removed = (
        tuple(name for name in new if name not in old),
        tuple(name for name in old if name not in new),
    )
    inserted = [
        name for i, name in enumerate(new) if name in added and any(later in old for later in list(new)[i:])
    ]
    moved = _moved([list(old).index(name) for name in both], both)
    retyped = {name: properties for name in both if (properties := _retyped(old[name], new[name]))}
    rules = sum(
        (compare_field(old[name], new[name]) for name in both),
        compare_keys(before["schema"], after["schema"]),
    )
    described = [
        name
        for name in both
        if _rest(old[name], (*READING, *PROMISES)) != _rest(new[name], (*READING, *PROMISES))
    ]
    codes: list[tuple[str, Mapping[str, Any], object]] = [
        ("field-removed", {"fields": list(removed)}, removed),
        ("field-inserted", {"fields": inserted}, inserted),
        ("field-moved", {"fields": list(moved)}, moved),
        (
            "field-retyped",
            {"fields": list(retyped), "properties": [p for found in retyped.values() for p in found]},
            retyped,
        ),
        ("reading-changed", {"properties": (other := _file_reading(before, after))}, other),
        ("constraint-tightened", {"constraints": [c.to_json() for c in rules.tightened]}, rules.tightened),
        ("primary-key-changed", *(_primary_key(before["schema"], after["schema"]))),
        ("field-appended", {"fields": (last := [name for name in added if name not in inserted])}, last),
        ("constraint-loosened", {"constraints": [c.to_json() for c in rules.loosened]}, rules.loosened),
        ("rows-held", {"rows": (held := after.get("heldRows", 0))}, held != before.get("heldRows", 0)),
        (
            "metadata-changed",
            {"fields": described, "properties": (words := _described(before, after))},
            described or words,
        ),
    ]
    reasons = tuple(Reason(code, resource, values) for code, values, found in codes if found)
    return SchemaChanges(added, removed, moved, tuple(retyped), rules, reasons)


def dataset_reasons(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Reason]:
    """What changed in the descriptors beside the tables that both have, and beside the tables themselves:
    their order, and metadata."""
    old, new = list(tables(before)), list(tables(after))
    if [name for name in old if name in new] != [name for name in new if name in old]:
        yield Reason("resources-reordered", None)
    beside = {
        key
        for key in (*before, *after)
        if key not in (*OF_THE_RELEASE, "resources") and before.get(key) != after.get(key)
    }
    files = [
        [
            _rest(resource, OF_THE_FILE)
            for resource in descriptor.get("resources", ())
            if "schema" not in resource
        ]
        for descriptor in (before, after)
    ]
    if files[0] != files[1]:
        beside.add("resources")
    if beside:
        yield Reason("metadata-changed", None, {"properties": sorted(beside)})


def _fields(resource: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The fields of a table's schema by name, each with the missing values that hold for it."""
    schema = resource["schema"]
    inherited = {"missingValues": schema["missingValues"]} if schema.get("missingValues") is not None else {}
    return {field["name"]: {**inherited, **field} for field in schema["fields"]}


def _retyped(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The properties of a field that make its text read as another value: `field`, `property`, `before`,
    `after`."""
    return [
        {
            "field": after["name"],
            "property": name,
            "before": before.get(name, usual),
            "after": after.get(name, usual),
        }
        for name, usual in READING.items()
        if _said(before, name, usual) != _said(after, name, usual)
    ] + (_ranked(before, after) if after.get("categoriesOrdered") and before.get("categoriesOrdered") else [])


def _said(field: Mapping[str, Any], name: str, usual: Any) -> Any:
    value = field.get(name)
    value = usual if value is None else value
    if isinstance(value, list):  # of texts that mean missing, true or false: in any order
        return {str(item["value"] if isinstance(item, Mapping) else item) for item in value}
    return value


def _ranked(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Where categories are ordered, their order is part of the value."""
    old, new = (
        [str(c["value"] if isinstance(c, Mapping) else c) for c in field.get("categories") or ()]
        for field in (before, after)
    )
    if [c for c in old if c in new] == [c for c in new if c in old]:
        return []
    return [{"field": after["name"], "property": "categories", "before": old, "after": new}]


def _file_reading(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    def said(resource: Mapping[str, Any], name: str) -> Any:
        value = resource.get(name) or FILE_READING[name]
        return value.lower() if isinstance(value, str) else value

    return [name for name in FILE_READING if said(before, name) != said(after, name)]


def _primary_key(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """The order in which a key of several fields is written is no change."""
    old, new = field_names(before.get("primaryKey")), field_names(after.get("primaryKey"))
    return {"before": list(old), "after": list(new)}, set(old) != set(new)


def _described(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The properties of a resource and of its schema that say nothing about how values are read or promised,
    and differ."""
    known = (*FILE_READING, *OF_THE_FILE, "schema", "heldRows")
    old, new = _rest(before, known), _rest(after, known)
    changed = {key for key in (*old, *new) if old.get(key) != new.get(key)}
    inside = ("fields", "missingValues", *KEYS)
    old, new = _rest(before["schema"], inside), _rest(after["schema"], inside)
    return sorted(changed | {key for key in (*old, *new) if old.get(key) != new.get(key)})


def _rest(descriptor: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in descriptor.items() if key not in known}


def _moved(positions: Sequence[int], fields: Sequence[str]) -> tuple[str, ...]:
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
