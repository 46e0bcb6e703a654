"""Why a version is a new one: each thing that changed, and how big a step it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.release import FIRST, LEVELS, Level, Version

# Code → level, after the Data Package pattern "Version" (design, section 4), with its one deviation: a field appended last is minor.
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
    "cells-changed": "patch",
    "resources-reordered": "patch",  # tables are found by name: another order breaks no reader
    "rows-held": "patch",  # how many rows of the extract are held back
    "metadata-changed": "patch",
}


@dataclass(frozen=True)
class Reason:
    """One thing that changed: a code of STEPS, in a resource (None: in the dataset), with what it concerns, as JSON values."""

    code: str
    resource: str | None
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> Level | None:
        return STEPS[self.code]

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "level": self.level, **self.values}


def highest(reasons: Iterable[Reason]) -> Level | None:
    """The biggest step that any of the reasons asks for; None where none asks for one."""
    return max((reason.level for reason in reasons if reason.level), key=LEVELS.index, default=None)


def next_version(highest_ever: Version | None, level: Level | None) -> Version:
    """The version of a release of changed tables: 1.0.0 for the first one. Where all earlier ones were withdrawn there is nothing to
    compare with (level None), and the step is major.
    """
    return FIRST if highest_ever is None else highest_ever.next(level or "major")
