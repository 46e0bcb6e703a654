"""What a declaration says of personal data: which columns are left out, hashed, masked or public, and how
small a group may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, StrictStr, ValidationError, model_validator

from messages import gettext as _
from pipelines.dataset.keys import Model

HidingMethod = Literal["drop", "hash", "mask"]
PEOPLE = "personas"
"""The `unit` of a field that counts persons."""


class PublicBecause(Model):
    public_because: StrictStr


class SmallGroups(Model):
    """Groups of fewer than `min` persons. With `count`, that field counts the persons of a row; with `by`,
    each row is a person, and a group has the same values in those fields. `merge` gives the values under
    which small groups are added together."""

    min: int
    count: StrictStr | None = None
    by: tuple[StrictStr, ...] = ()
    merge: dict[StrictStr, StrictStr] = Field(default={})

    @model_validator(mode="after")
    def check_ways(self) -> SmallGroups:
        if (
            self.min < 2
            or (self.count is None) == (not self.by)
            or not set(self.merge) <= set(self.by or self.merge)
        ):
            raise ValueError("one of count and by")
        return self


class SmallestGroup(Model):
    """Of a count field, or of all that count persons: how many a group must have to be told."""

    k: int


PersonalRule = HidingMethod | PublicBecause | SmallGroups | SmallestGroup


def _parse_personal_rule(value: object) -> PersonalRule:
    """One value under `personalData`."""
    if isinstance(value, str) and value in ("drop", "hash", "mask"):
        return value  # type: ignore[return-value]
    if isinstance(value, int) and not isinstance(value, bool) and value > 1:
        return SmallestGroup(k=value)
    for model in (PublicBecause, SmallestGroup, SmallGroups):
        try:
            return model.model_validate(value)
        except ValidationError:
            continue
    raise ValueError(
        _(
            "use drop, hash, mask or {public}; for small groups {small}",
            public="{publicBecause: …}",
            small="{min: 5, count: …} / {min: 5, by: […]}",
        )
    )


PersonalData = dict[StrictStr, Annotated[Any, PlainValidator(_parse_personal_rule)]]


def hidden_fields(declared: Mapping[str, PersonalRule]) -> dict[str, HidingMethod]:
    """The columns that are left out, hashed or masked."""
    return {name: meant for name, meant in declared.items() if isinstance(meant, str)}


def public_fields(declared: Mapping[str, PersonalRule]) -> dict[str, str]:
    """The columns that are meant to be public, and why."""
    return {
        name: meant.public_because for name, meant in declared.items() if isinstance(meant, PublicBecause)
    }


def small_groups(declared: Mapping[str, PersonalRule], schema: Mapping[str, Any]) -> list[SmallGroups]:
    """What is declared of small groups; `k: 5` alone speaks of every whole number whose unit is persons."""
    groups = []
    for name, meant in declared.items():
        if isinstance(meant, SmallGroups):
            groups.append(meant)
        elif isinstance(meant, SmallestGroup):
            counts = _person_counts(schema) if name == "k" else [name]
            groups += [SmallGroups(min=meant.k, count=count) for count in counts]
    return groups


def _person_counts(schema: Mapping[str, Any]) -> list[str]:
    return [
        field["name"]
        for field in schema["fields"]
        if field.get("unit") == PEOPLE and field.get("type") == "integer"
    ]


def schema_without_dropped(schema: Mapping[str, Any], declared: Mapping[str, PersonalRule]) -> dict[str, Any]:
    """The schema without the columns that are left out."""
    gone = {name for name, meant in declared.items() if meant == "drop"}
    return {**schema, "fields": [field for field in schema["fields"] if field["name"] not in gone]}


def personal_faults(
    schema: Mapping[str, Any], declared: Mapping[str, PersonalRule], period: str | None
) -> Iterator[tuple[str, str]]:
    """What of the declared cannot be done with these fields, each with its key."""
    fields = {field["name"]: field for field in schema["fields"]}
    keys = _key_fields(schema) | ({period} if period else set())
    for name, meant in declared.items():
        key = f"pipeline.personalData.{name}"
        if isinstance(meant, str):
            yield from _hidden_faults(key, meant, fields.get(name), name in keys)
        elif isinstance(meant, SmallestGroup) and name == "k" and not _person_counts(schema):
            yield (
                key,
                _(
                    "says no field; write {example}, or give a whole-number field the unit {unit}",
                    example=f"{{min: {meant.k}, count: …}}",
                    unit=PEOPLE,
                ),
            )
        elif isinstance(meant, SmallGroups) and name != "k":
            yield key, _("must stand under k: it speaks of the table, not of a field")
    for group in small_groups(declared, schema):
        yield from _group_faults(group, fields, keys)


def _hidden_faults(
    key: str, meant: HidingMethod, field: Mapping[str, Any] | None, is_key: bool
) -> Iterator[tuple[str, str]]:
    if is_key and meant != "hash":
        yield (
            key,
            _(
                "is {meant}, but the field is part of a key or of the extract's periods; use hash",
                meant=meant,
            ),
        )
    elif field is None and meant != "drop":
        yield key, _("names no field of the schema; only what is left out (drop) may stand in the file alone")
    elif field is not None and meant != "drop" and field.get("type", "string") != "string":
        yield key, _("is {meant}, so the field's type must be string", meant=meant)


def _group_faults(group: SmallGroups, fields: Mapping[str, Any], keys: set[str]) -> Iterator[tuple[str, str]]:
    where = "pipeline.personalData"
    for name in (group.count, *group.by, *group.merge):
        if name is not None and name not in fields:
            yield where, _("names the field {name!r}, which the schema does not have", name=name)
            return
    if group.count and fields[group.count].get("type") != "integer":
        yield where, _("counts persons in {name}, whose type must be integer", name=group.count)
    for name in (group.count, *(() if group.merge else group.by)):
        if name and (name in keys or fields[name].get("constraints", {}).get("required")):
            yield where, _("may hold {name} back, so it can be neither required nor part of a key", name=name)
    for name, value in group.merge.items():
        allowed = fields[name].get("constraints", {}).get("enum")
        if fields[name].get("type", "string") != "string" or (allowed and value not in allowed):
            yield (
                where,
                _("writes {value} into {name}, which must be text and allow it", value=value, name=name),
            )


def _key_fields(schema: Mapping[str, Any]) -> set[str]:
    """The fields that are part of a key."""
    found: set[str] = set()
    for key in (
        schema.get("primaryKey"),
        *schema.get("uniqueKeys", ()),
        *(each["fields"] for each in schema.get("foreignKeys", ())),
    ):
        found |= {key} if isinstance(key, str) else set(key or ())
    return found
