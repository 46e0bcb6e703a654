"""Which promises about the values of a table became stricter, and which looser."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

LOWER = ("minimum", "exclusiveMinimum", "minLength")
UPPER = ("maximum", "exclusiveMaximum", "maxLength")
FLAGS = ("required", "unique")
ORDERED_AS_TEXT = ("date", "datetime", "time", "yearmonth")


@dataclass(frozen=True)
class Constraint:
    """A constraint before and after (None: there was none), on the fields of one name or, for keys, of several."""

    fields: tuple[str, ...]
    name: str
    before: Any
    after: Any

    def to_json(self) -> dict[str, Any]:
        return {"fields": list(self.fields), "constraint": self.name, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Constraints:
    """The constraints that changed. One whose values cannot be compared counts as tightened: nobody is to be surprised."""

    tightened: tuple[Constraint, ...] = ()
    loosened: tuple[Constraint, ...] = ()

    def __add__(self, other: Constraints) -> Constraints:
        return Constraints(self.tightened + other.tightened, self.loosened + other.loosened)


def of_field(before: Mapping[str, Any], after: Mapping[str, Any]) -> Constraints:
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


def of_keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> Constraints:
    """What changed in `foreignKeys` and `uniqueKeys` of two schemas: new or other ones are tightened, those gone loosened."""
    found = Constraints()
    for name, read in (("foreignKeys", foreign_keys), ("uniqueKeys", _unique_keys)):
        old, new = read(before), read(after)
        replaced = {key["fields"] for key in new.values()}
        tightened = [Constraint(key["fields"], name, None, key["shown"]) for text, key in new.items() if text not in old]
        loosened = [
            Constraint(key["fields"], name, key["shown"], None)
            for text, key in old.items()
            if text not in new and key["fields"] not in replaced
        ]
        found += Constraints(tuple(tightened), tuple(loosened))
    return found


def names(value: Any) -> tuple[str, ...]:
    """Field names as Table Schema may write them: one text, a list, or nothing."""
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def foreign_keys(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The foreign keys of a schema by their canonical text, each with `fields`, `resource` and `reference` (field names) beside `shown`."""
    found = {}
    for key in schema.get("foreignKeys") or ():
        reference = key["reference"]
        shown = {
            "fields": list(names(key["fields"])),
            "reference": {**reference, "resource": reference.get("resource", ""), "fields": list(names(reference["fields"]))},
        }
        found[json.dumps(shown, sort_keys=True)] = {
            "fields": names(key["fields"]),
            "resource": reference.get("resource", ""),
            "reference": names(reference["fields"]),
            "shown": shown,
        }
    return found


def _unique_keys(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found = [tuple(sorted(names(key))) for key in schema.get("uniqueKeys") or ()]
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
    """1 where the new limit is higher, -1 where it is lower, 0 where both say the same, None where they cannot be compared."""
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
