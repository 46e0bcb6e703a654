"""What became of the personal data that a declaration names: for report.json, and for whoever declared what is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from messages import gettext as _
from pipelines.dataset import Dataset, Resource
from pipelines.gate import Gate
from pipelines.personal import hidden, public
from pipelines.read import Reading

Treated = Mapping[str, Mapping[str, Any]]
"""By resource: `fields` (of each column its treatment, how many cells or columns it met, why it is public and what kinds it holds) and
`smallGroups`."""


def treated(dataset: Dataset, readings: Mapping[str, Reading], gate: Gate, small: Mapping[str, Sequence[Mapping[str, Any]]]) -> Treated:
    """What was done, by resource; resources that declare nothing are left out."""
    found = {r.name: (dict(_fields(r, readings[r.name], gate)), list(small.get(r.name, ()))) for r in dataset.resources}
    return {name: {"fields": fields, "smallGroups": groups} for name, (fields, groups) in found.items() if fields or groups}


def _fields(resource: Resource, reading: Reading, gate: Gate) -> Iterator[tuple[str, dict[str, Any]]]:
    declared = resource.pipeline.personal_data
    for name, meant in hidden(declared).items():
        yield name, {"treatment": meant, "columns" if meant == "drop" else "cells": reading.hidden.get(name, 0)}
    for name, because in public(declared).items():
        yield name, {"treatment": "public", "because": because, "kinds": list(gate.public[resource.name][name])}


def remarks(personal: Treated) -> tuple[str, ...]:
    """A sentence for each column that is declared and was not met."""
    told = []
    for resource, found in personal.items():
        for name, field in found["fields"].items():
            if field["treatment"] == "public":
                continue  # what is public by name alone is no finding: names are not searched for
            if not field.get("columns", field.get("cells")):
                told.append(
                    _("{resource}: personalData names {name}, and nothing of it came with this extract", resource=resource, name=name)
                )
    return tuple(told)
