"""Which unknown column of a file seems to be which missing field: proposals for people, never followed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from messages import gettext as _
from pipelines.dataset import Resource
from pipelines.finding import Finding
from pipelines.layout import Layout
from pipelines.texts import encoded_once, folded
from validation.report import Problem

ALIKE = 0.8
PAIRS = 10_000
"""Labels and fields that are compared letter by letter; where there are more, only what is the same but for case, accents and signs."""


def familiar(labels: Sequence[str], layout: Layout, resource: Resource) -> bool:
    """Whether a column of the file is a field, or may be one under a name that drifted."""
    known = {layout.labels.get(label, label) for label in labels} & set(resource.fields)
    return bool(known or {folded(label) for label in labels if label} & {folded(name) for name in (*resource.fields, *layout.labels)})


def drifted(labels: Sequence[str], names: Sequence[str], columns: Sequence[int], resource: Resource) -> tuple[list[Finding], list[Problem]]:
    """For unknown columns the missing fields that they seem to be: a proposal for people each, which nobody follows."""
    there = {name.strip() for name in names}
    unknown = [labels[place] for name, place in zip(names, columns, strict=True) if name.strip() not in resource.fields and labels[place]]
    known = {
        field["name"]: [field["name"], field.get("title", ""), *_aliases(field["name"], resource)]
        for field in resource.schema["fields"]
        if field["name"] not in there
    }
    found = proposals(unknown, known) if unknown and known else {}
    findings = [Finding("label", label, sure, field=name) for label, (name, sure) in found.items()]
    problems = []
    for label, (name, _sure) in found.items():
        note = _(
            "the column “{label}” seems to be {field}: if so, rename it to {field} in the file, or add `{label}: {field}` to the layout's "
            "labels",
            label=label,
            field=name,
        )
        problems.append(Problem("table-error", resource.name, note, code="renamed-column", field=name, severity="warning"))
    return findings, problems


def _aliases(name: str, resource: Resource) -> list[str]:
    return [label for layout in resource.pipeline.layouts for label, field in layout.labels.items() if field == name]


def proposals(unknown: Sequence[str], missing: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, float]]:
    """For a label its field and how sure that is. `missing` has the names under which each missing field is known.

    One field for a label, one label for a field; where two labels are equally like one field, neither is proposed.
    """
    few = len(unknown) * len(missing) <= PAIRS
    same = {text: field for field, names in missing.items() for name in names if (text := _bare(name))}
    pairs = [
        (label, field)
        for label in dict.fromkeys(unknown)
        for field in (missing if few else [same.get(_bare(encoded_once(label)))])
        if field
    ]
    scores = sorted(
        ((max(_alike(label, name) for name in missing[field]), label, field) for label, field in pairs), key=lambda each: -each[0]
    )
    found: dict[str, tuple[str, float]] = {}
    labels: set[str] = set()
    fields: set[str] = set()
    for score, label, field in scores:
        if score < ALIKE or label in labels or field in fields:
            continue
        rivals = [
            s
            for s, other, name in scores
            if s == score and (other == label) != (name == field) and other not in labels and name not in fields
        ]
        if not rivals:
            found[label] = field, score
        labels.add(label)
        fields.add(field)
    return found


def _bare(name: str) -> str:
    return folded(name).replace("_", "")


def _alike(label: str, name: str) -> float:
    """From 0 to 1: 0.97 where only case, accents and signs differ; numbers must be the same."""
    one, other = folded(encoded_once(label)), folded(name)
    if not one or not other or re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return 0.0
    if one.replace("_", "") == other.replace("_", ""):
        return 0.97
    return 0.95 * SequenceMatcher(None, one, other).ratio()
