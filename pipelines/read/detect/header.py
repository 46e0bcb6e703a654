"""Where a table's header stands, which of its labels are known, and which unknown label seems to be which
missing field."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from messages import gettext as _
from messages.formats import quote
from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.dataset.text import fold_text, undo_double_encoding
from pipelines.read.finding import Finding
from validation.patterns import require_time
from validation.report import Problem


@dataclass(frozen=True)
class KnownLabels:
    """`labels` as they are declared, `folded` without what drifts between files; `pattern` is that of the
    columns that `unpivot` turns."""

    labels: frozenset[str] = frozenset()
    folded: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None

    @classmethod
    def of(cls, resource: Resource, layout: Layout) -> KnownLabels:
        labels = frozenset({*resource.fields, *layout.header, *layout.labels, *layout.ignore} - {""})
        pattern = re.compile(layout.unpivot.columns) if layout.unpivot else None
        return cls(labels, frozenset(filter(None, map(fold_text, labels))), pattern)

    def has(self, cell: str) -> bool:
        """Whether a cell may be a label of the table."""
        if cell in self.labels:
            return True
        return bool(cell) and (
            fold_text(undo_double_encoding(cell)) in self.folded
            or bool(self.pattern and self._fits(self.pattern, cell))
        )

    def _fits(self, pattern: re.Pattern[str], cell: str) -> bool:
        require_time(pattern.pattern, [cell])
        return pattern.search(cell) is not None

    def count_among(self, cells: Sequence[str]) -> float:
        """How many different cells are known labels; one that is so only in other letters or signs counts a
        little less."""
        return sum(1.0 if cell in self.labels else 0.95 for cell in _distinct_labels(cells) if self.has(cell))


def _distinct_labels(cells: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(cell for cell in cells if cell and len(cell) < 300)


LOOKED_AT = 60
"""Rows among which the header is looked for."""
VALUE = re.compile(r"[-+$ ]*\d[\d.,/:\-+ %$]*|\d{4}-\d\d-\d\d[T ].*")


@dataclass(frozen=True)
class Header:
    """`row` counts from 1; where `merged`, the row above names the columns that this one leaves blank.
    `known` tells how many of its labels were known beforehand."""

    row: int
    labels: tuple[str, ...]
    confidence: float
    known: float = 0.0
    merged: bool = False


def merge_labels(above: Sequence[str], below: Sequence[str]) -> tuple[str, ...]:
    """The labels of a header of two rows: those of the lower one, and where it is blank those of the upper
    one."""
    width = max(len(above), len(below))
    upper, lower = ([*cells, *[""] * (width - len(cells))] for cells in (above, below))
    return tuple(low if low.strip() else high for high, low in zip(upper, lower, strict=True))


def find_header(rows: Sequence[Sequence[str]], known: KnownLabels) -> Header | None:
    """The header among a file's first rows; None where there is none but blank ones.

    It is the row with the most known labels, and where none is known, the first that names the columns:
    texts, all different, as many as the rows below it have cells.
    """
    looked = rows[:LOOKED_AT]
    counts = [known.count_among(row) for row in looked]
    best = max(counts, default=0.0)
    if not best:
        return _find_by_shape(looked)
    place = counts.index(best)
    second = max((count for other, count in enumerate(counts) if other != place), default=0.0)
    confidence = (best - second) / best * (1 - 0.5 ** (2 * best)) if second else 1 - 0.5 ** (2 * best + 1)
    header = Header(place + 1, tuple(looked[place]), confidence, best)
    return _extend_over_two_rows(looked, known, place, header)


def _extend_over_two_rows(
    rows: Sequence[Sequence[str]], known: KnownLabels, place: int, header: Header
) -> Header:
    """The header over two rows, where the other one has labels for cells that are blank in this one."""
    for lower in (place, place + 1):
        if (
            not 0 < lower < len(rows)
            or not all(known.has(cell) for cell in rows[lower] if cell.strip())
            or not any(rows[lower])
        ):
            continue
        labels = merge_labels(rows[lower - 1], rows[lower])
        below = {fold_text(cell) for cell in rows[lower] if cell.strip()}
        above = (label for label, cell in zip_longest(labels, rows[lower], fillvalue="") if not cell.strip())
        if any(fold_text(label) in below for label in above):
            continue  # it repeats a label of the row above: a value that looks like one
        count = known.count_among(labels)
        if count > header.known:
            header = Header(lower + 1, labels, header.confidence, count, merged=True)
    return header


def _find_by_shape(rows: Sequence[Sequence[str]]) -> Header | None:
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    if not any(filled):
        return None
    usual = Counter(
        len(row) for row, count in zip(rows, filled, strict=True) if count > 1 or max(filled) == 1
    ).most_common(1)[0][0]
    for place, row in enumerate(rows):
        cells = [cell.strip() for cell in row if cell.strip()]
        named = len(cells) >= 0.75 * min(usual, max(filled)) and len(row) >= 0.75 * usual
        if named and all(map(may_name_a_column, cells)) and len(set(cells)) >= 0.75 * len(cells):
            return Header(
                place + 1,
                tuple(row),
                0.5 + 0.45 * _contrast(cells, rows[place + 1 :]) if len(rows) > place + 1 else 0.5,
            )
    place = next(place for place, count in enumerate(filled) if count)
    return Header(place + 1, tuple(rows[place]), 0.2)


def may_name_a_column(cell: str) -> bool:
    """Whether a cell may be a column's name: no value, a year set aside."""
    return not VALUE.fullmatch(cell) or bool(re.fullmatch(r"(19|20)\d\d", cell))


def _contrast(labels: Sequence[str], below: Sequence[Sequence[str]]) -> float:
    """From 0 to 1: how surely the row differs from those below it, being repeated nowhere, with values under
    it."""
    values = any(VALUE.fullmatch(cell.strip()) for row in below for cell in row)
    repeated = any(set(labels) & {cell.strip() for cell in row} for row in below)
    return (0.6 if values else 0.2) + (0.0 if repeated else 0.4)


ALIKE = 0.8
PAIRS = 10_000
"""Labels and fields that are compared letter by letter; where there are more, only what is the same but for
case, accents and signs."""


def has_familiar_label(labels: Sequence[str], layout: Layout, resource: Resource) -> bool:
    """Whether a column of the file is a field, or may be one under a name that drifted."""
    known = {layout.labels.get(label, label) for label in labels} & set(resource.fields)
    return bool(
        known
        or {fold_text(label) for label in labels if label}
        & {fold_text(name) for name in (*resource.fields, *layout.labels)}
    )


def propose_labels(
    labels: Sequence[str], names: Sequence[str], columns: Sequence[int], resource: Resource
) -> tuple[list[Finding], list[Problem]]:
    """For unknown columns the missing fields that they seem to be: a proposal for people each, which nobody
    follows."""
    there = {name.strip() for name in names}
    unknown = [
        labels[place]
        for name, place in zip(names, columns, strict=True)
        if name.strip() not in resource.fields and labels[place]
    ]
    known = {
        field["name"]: [field["name"], field.get("title", ""), *_aliases(field["name"], resource)]
        for field in resource.schema["fields"]
        if field["name"] not in there
    }
    found = match_labels(unknown, known) if unknown and known else {}
    meant = {name: _shown_label(name, resource) for name, _sure in found.values()}
    findings = [
        Finding("label", label, sure, field=name, example=meant[name])
        for label, (name, sure) in found.items()
    ]
    problems = []
    for label, (name, _sure) in found.items():
        note = _(
            "the column “{label}” seems to be {field}: if so, rename it to {field} in the file, or add "
            "`{label}: {field}` to the layout's "
            "labels",
            label=label,
            field=name,
        )
        problems.append(
            Problem(
                "table-error",
                resource.name,
                note,
                code="renamed-column",
                field=name,
                cell=label,
                severity="warning",
                for_sender=_(
                    "the column “{label}” seems to be {field}", label=label, field=quote(meant[name])
                ),
            )
        )
    return findings, problems


def _shown_label(name: str, resource: Resource) -> str:
    """What a field's column is called where people see it: by the first layout that names it, else by its own
    name."""
    return next((label.strip() for label in _aliases(name, resource)), name)


def _aliases(name: str, resource: Resource) -> list[str]:
    return [
        label
        for layout in resource.pipeline.layouts
        for label, field in layout.labels.items()
        if field == name
    ]


def match_labels(
    unknown: Sequence[str], missing: Mapping[str, Iterable[str]]
) -> dict[str, tuple[str, float]]:
    """For a label its field and how sure that is. `missing` has the names under which each missing field is
    known.

    One field for a label, one label for a field; where two labels are equally like one field, neither is
    proposed.
    """
    scores = [
        (max(_likeness(label, name) for name in missing[field]), label, field)
        for label, field in _pairs(unknown, missing)
    ]
    scores.sort(key=lambda each: -each[0])
    found: dict[str, tuple[str, float]] = {}
    labels: set[str] = set()
    fields: set[str] = set()
    for score, label, field in scores:
        if score < ALIKE or label in labels or field in fields:
            continue
        as_like = [(other, name) for s, other, name in scores if s == score]
        rivals = [(other, name) for other, name in as_like if (other == label) != (name == field)]
        if all(other in labels or name in fields for other, name in rivals):
            found[label] = field, score
        labels.add(label)
        fields.add(field)
    return found


def _pairs(unknown: Sequence[str], missing: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """The labels and fields to compare: each with each, or of very many those that are the same but for case,
    accents and signs."""
    labels = list(dict.fromkeys(unknown))
    if len(unknown) * len(missing) <= PAIRS:
        return [(label, field) for label in labels for field in missing]
    fields = {_bare_name(name): field for field, names in missing.items() for name in names}
    fields.pop("", None)
    same = [(label, fields.get(_bare_name(undo_double_encoding(label)))) for label in labels]
    return [(label, field) for label, field in same if field]


def _bare_name(name: str) -> str:
    return fold_text(name).replace("_", "")


def _likeness(label: str, name: str) -> float:
    """From 0 to 1: 0.97 where only case, accents and signs differ; numbers must be the same."""
    one, other = fold_text(undo_double_encoding(label)), fold_text(name)
    if not one or not other or re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return 0.0
    if one.replace("_", "") == other.replace("_", ""):
        return 0.97
    return 0.95 * SequenceMatcher(None, one, other).ratio()
