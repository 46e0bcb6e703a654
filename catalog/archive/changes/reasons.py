"""Why there is a new version: what changed, how big a step that asks for, and a sentence for each thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.archive.release import FIRST, LEVELS, Level, Version
from messages import gettext as _
from messages import ngettext
from messages.formats import format_number, join_words

# Code → level, after the Data Package pattern "Version" (design, section 4), with its one deviation: a field
# appended last is minor.
STEPS: Mapping[str, Level | None] = {
    "first-release": None,
    "resource-removed": "major",
    "reading-changed": "major",  # the file's encoding or dialect
    "field-removed": "major",
    "field-inserted": "major",
    "field-moved": "major",
    "field-retyped": "major",
    "constraint-tightened": "major",
    "primary-key-changed": "major",
    "referenced-key-removed": "major",
    "resource-added": "minor",
    "field-appended": "minor",
    "constraint-loosened": "minor",
    "rows-added": "minor",
    "rows-removed": "minor",
    "rows-untraced": "minor",
    "cells-changed": "patch",
    "files-changed": "minor",  # a file that is no table has other bytes, is new or is gone
    "resources-reordered": "patch",  # tables are found by name: another order breaks no reader
    "rows-held": "patch",  # how many rows are held back, those of earlier extracts included
    "metadata-changed": "patch",
}


@dataclass(frozen=True)
class Reason:
    """One thing that changed: a code of STEPS, in a resource (None: in the dataset), with what it concerns,
    as JSON values."""

    code: str
    resource: str | None
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> Level | None:
        return STEPS[self.code]

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "level": self.level, **self.values}


def highest_level(reasons: Iterable[Reason]) -> Level | None:
    """The biggest step that any of the reasons asks for; None where none asks for one."""
    return max((reason.level for reason in reasons if reason.level), key=LEVELS.index, default=None)


def next_version(highest_ever: Version | None, level: Level | None) -> Version:
    """The version of a release of changed tables: 1.0.0 for the first one. Where all earlier ones were
    withdrawn there is nothing to compare with (level None), and the step is major.
    """
    return FIRST if highest_ever is None else highest_ever.next(level or "major")


MOST_NAMES = 8  # in one sentence: nobody reads a list of forty


# By code of a reason: its sentence, from a number and the values that it may name.
SENTENCES: Mapping[str, Callable[[int, Mapping[str, str]], str]] = {
    "first-release": lambda n, v: ngettext(
        "{resource}: first release, with {count} row.",
        "{resource}: first release, with {count} rows.",
        n,
        **v,
    ),
    "resource-added": lambda n, v: ngettext(
        "{resource}: new table, with {count} row.", "{resource}: new table, with {count} rows.", n, **v
    ),
    "resource-removed": lambda n, v: ngettext(
        "{resource}: the table is gone ({count} row).",
        "{resource}: the table is gone ({count} rows).",
        n,
        **v,
    ),
    "rows-added": lambda n, v: ngettext(
        "{resource}: {count} row added.", "{resource}: {count} rows added.", n, **v
    ),
    "rows-removed": lambda n, v: ngettext(
        "{resource}: {count} row removed.", "{resource}: {count} rows removed.", n, **v
    ),
    "rows-untraced": lambda n, v: ngettext(
        "{resource}: {gone} of the rows before are not as they were, and {count} row is new or corrected: "
        "without an identifier nobody can tell which.",
        "{resource}: {gone} of the rows before are not as they were, and {count} rows are new or corrected: "
        "without an identifier nobody can tell which.",
        n,
        **v,
    ),
    "cells-changed": lambda n, v: (
        ngettext(
            "{resource}: {count} row changed (cells: {cells}), followed by {fields}.",
            "{resource}: {count} rows changed (cells: {cells}), followed by {fields}.",
            n,
            **v,
        )
        if v["fields"]
        else ngettext(
            "{resource}: {count} row corrected (cells: {cells}).",
            "{resource}: {count} rows corrected (cells: {cells}).",
            n,
            **v,
        )
    ),
    "field-removed": lambda n, v: ngettext(
        "{resource}: the field {fields} is gone.", "{resource}: the fields {fields} are gone.", n, **v
    ),
    "field-inserted": lambda n, v: ngettext(
        "{resource}: the new field {fields} moves those after it.",
        "{resource}: the new fields {fields} move those after them.",
        n,
        **v,
    ),
    "field-moved": lambda n, v: ngettext(
        "{resource}: the field {fields} has another place.",
        "{resource}: the fields {fields} have other places.",
        n,
        **v,
    ),
    "field-appended": lambda n, v: ngettext(
        "{resource}: new last field {fields}.", "{resource}: new last fields {fields}.", n, **v
    ),
    "reading-changed": lambda n, v: _(
        "{resource}: the CSV file is written in another way (encoding or dialect).", **v
    ),
    "constraint-tightened": lambda n, v: _("{resource}: stricter rules for {rules}.", **v),
    "constraint-loosened": lambda n, v: _("{resource}: looser rules for {rules}.", **v),
    "primary-key-changed": lambda n, v: (
        _("{resource}: a row is now identified by {after}.", **v)
        if v["after"]
        else _("{resource}: {before} is a key no longer; rows have none.", **v)
    ),
    "referenced-key-removed": lambda n, v: ngettext(
        "{resource}: {count} key to which {by} refers was removed ({example}).",
        "{resource}: {count} keys to which {by} refers were removed ({example}, for one).",
        n,
        **v,
    ),
    "rows-held": lambda n, v: (
        ngettext(
            "{resource}: {count} row is held back in all.",
            "{resource}: {count} rows are held back in all.",
            n,
            **v,
        )
        if n
        else _("{resource}: no row is held back any more.", **v)
    ),
    "metadata-changed": lambda n, v: _("{resource}: descriptions were corrected.", **v),
}


def describe_changes(summary: Mapping[str, Any]) -> list[str]:
    """The summary of a release's changes (`Changes.summary()`, as kept in the log) in the current language,
    the gravest first in each resource. Where no table changed, only what describes the dataset did.
    """
    sentences: list[str] = []
    for resource, found in summary.items():
        for reason in found["reasons"]:
            sentences.extend(_describe_reason(resource, reason))
    return sentences or [
        _(
            "The tables are the same; a file beside them is another, or what describes the dataset was "
            "corrected."
        )
    ]


def _describe_reason(resource: str, reason: Mapping[str, Any]) -> list[str]:
    if reason["code"] == "field-retyped":
        return _describe_retyping(resource, reason)
    fields = reason.get("fields", ())
    n = reason.get("rows", reason.get("keys", len(fields)))
    values = {
        "resource": resource,
        "count": format_number(n),
        "cells": format_number(reason.get("cells", 0)),
        "gone": format_number(reason.get("gone", 0)),
        "fields": _names(fields),
        "rules": _names([_field_rule(each) for each in reason.get("constraints", ())]),
        "before": _names(reason.get("before", ())),
        "after": _names(reason.get("after", ())),
        "by": reason.get("by") or _("another dataset"),
        "example": ", ".join(reason.get("example", ())),
    }
    sentences = [SENTENCES[reason["code"]](n, values)]
    if held := reason.get("held"):  # of a table that begins with them
        sentences.append(SENTENCES["rows-held"](held, values | {"count": format_number(held)}))
    return sentences


def _describe_retyping(resource: str, reason: Mapping[str, Any]) -> list[str]:
    """A sentence for each new type; one for all fields whose format, unit or writing is another."""
    typed = {p["field"]: (p["before"], p["after"]) for p in reason["properties"] if p["property"] == "type"}
    sentences = [
        _(
            "{resource}: {field} changed its type from {before} to {after}.",
            resource=resource,
            field=field,
            before=before,
            after=after,
        )
        for field, (before, after) in typed.items()
    ]
    others = [name for name in reason["fields"] if name not in typed]
    if others:
        sentences.append(
            _(
                "{resource}: read in another way (format, unit, missing values): {fields}.",
                resource=resource,
                fields=_names(others),
            )
        )
    return sentences


def _rule(constraint: str) -> str:
    """What a constraint of Table Schema is about, in plain words; its own name where there are none."""
    words = {
        "required": _("must be filled in"),
        "unique": _("no value twice"),
        "minimum": _("smallest value"),
        "exclusiveMinimum": _("smallest value"),
        "maximum": _("largest value"),
        "exclusiveMaximum": _("largest value"),
        "minLength": _("shortest length"),
        "maxLength": _("longest length"),
        "pattern": _("way of writing"),
        "enum": _("allowed values"),
        "categories": _("allowed values"),
        "uniqueKeys": _("no combination twice"),
        "foreignKeys": _("values of another table"),
    }
    return words.get(constraint, constraint)


def _field_rule(constraint: Mapping[str, Any]) -> str:
    rule = _rule(constraint["constraint"])
    return _("{field} ({rule})", field=_names(constraint["fields"]), rule=rule)


def _names(names: Sequence[str]) -> str:
    return join_words(names, MOST_NAMES)
