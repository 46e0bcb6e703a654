"""What a check found: problems with their places, and how many there are of each kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import attrs
from frictionless import system

from messages import ngettext

Severity = Literal["critical", "held", "warning"]
"""`critical` stops a release; `held`: the row stays back, and the others are published without it; `warning`
stops nothing."""
KEPT = 1_000
"""Problems of one kind and field that are kept with their places; all are counted. Where
some of them only say again what another problem says, so many of the others are kept in any case."""


class Kind(NamedTuple):
    """What problems are counted by."""

    resource: str
    type: str
    code: str | None
    field: str | None
    severity: Severity


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a table.

    ``type`` is one of frictionless's error types. What frictionless has no word for is a ``table-error``,
    ``row-error`` or ``cell-error`` with a ``code``. ``row`` is the row's number in the agency's file;
    ``field`` a declared field (several are joined with ", "), never a label from the file. ``note`` and
    ``cell`` may hold what the agency wrote: never publish them. ``descriptor`` is frictionless's own error,
    where there is one. ``place`` is where the cell stands in the agency's file, where that is more than its
    row (C7). ``for_sender`` is what whoever filled in the file reads in place of ``note``, where this speaks
    of declarations or commands. ``shown`` is what the file shows of ``cell``, where that is another text.
    ``spares`` is of a question about how a column is written: it stands for all cells of the column that do
    not read, but for those in these rows, which would not read whatever the answer is.
    """

    type: str
    resource: str
    note: str
    code: str | None = None
    row: int | None = None
    field: str | None = None
    cell: str | None = None
    severity: Severity = "critical"
    field_number: int | None = None
    descriptor: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False)
    place: str | None = None
    for_sender: str | None = None
    shown: str | None = None
    spares: frozenset[int] | None = None
    said_by: str | None = None

    @property
    def kind(self) -> Kind:
        return Kind(self.resource, self.type, self.code, self.field, self.severity)

    @property
    def quoted(self) -> str | None:
        """What stands in the cell, as the file shows it; None where it stays untold."""
        return self.cell if self.cell is None else self.shown or self.cell

    @classmethod
    def from_error(cls, resource: str, error: Mapping[str, Any]) -> Problem:
        """A problem as a report that was kept has it: what ``to_error`` gave."""
        fields = error.get("fieldNames") or ()
        return cls(
            error["type"],
            resource,
            error.get("note", ""),
            error.get("code"),
            error.get("rowNumber") or None,
            error.get("fieldName") or ", ".join(fields) or None,
            error.get("cell") or None,
            descriptor=error,
            place=error.get("place"),
        )

    def to_error(self) -> dict[str, Any]:
        """A frictionless error descriptor, with our ``code`` and ``place`` where there are any."""
        error = dict(self.descriptor) or self._describe_error()
        return error | {key: value for key, value in (("code", self.code), ("place", self.place)) if value}

    def _describe_error(self) -> dict[str, Any]:
        known: dict[str, Any] = {
            "note": self.note,
            "cells": [],
            "row_number": self.row or 0,
            "cell": self.cell or "",
            "field_name": self.field or "",
            "field_number": self.field_number or 0,
            "labels": [],
            "row_numbers": [],
            "label": "",
            "field_names": [self.field] if self.field else [],
            "field_cells": [],
            "reference_name": "",
            "reference_field_names": [],
        }
        error = system.select_error_class(self.type)
        needed = {attribute.name for attribute in attrs.fields(error)} & set(known)
        return dict(error(**{name: known[name] for name in needed}).to_descriptor())


@dataclass(frozen=True)
class Report:
    """The problems of a dataset's tables: the first 1,000 of each kind and field, and of those of them that
    do not say again what another problem says; and the counts of all.

    ``rows`` has the number of rows, ``labels`` the labels and ``places`` the path of each checked resource;
    ``remarks`` are sentences that name no problem, ``found`` those about what nobody declared; ``further``
    has the rows of the problems that are counted and not kept.
    """

    problems: tuple[Problem, ...] = ()
    counts: Mapping[Kind, int] = dataclasses.field(default_factory=dict)
    rows: Mapping[str, int] = dataclasses.field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict, repr=False)
    places: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    remarks: tuple[str, ...] = ()
    further: Mapping[Kind, tuple[int, ...]] = dataclasses.field(default_factory=dict, repr=False)
    found: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Nothing critical was found: what is not held back may be published."""
        return not any(kind.severity == "critical" for kind in self.counts)

    @property
    def clean(self) -> bool:
        """Nothing but warnings was found."""
        return all(kind.severity == "warning" for kind in self.counts)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def rows_of(self, wanted: Callable[[Kind], bool]) -> Iterator[tuple[str, int | None]]:
        """The table and row of each problem of the kinds that are wanted, as far as they are known."""
        kinds = {kind for kind in self.counts if wanted(kind)}
        if kinds:
            yield from ((each.resource, each.row) for each in self.problems if each.kind in kinds)
        for kind in kinds:
            yield from ((kind.resource, row) for row in self.further.get(kind, ()))

    def plus(
        self,
        problems: Iterable[Problem],
        uncounted: Mapping[Kind, int] | None = None,
        more: Mapping[Kind, tuple[int, ...]] | None = None,
    ) -> Report:
        """This report with more problems; ``uncounted`` are more of a kind whose places nobody kept, ``more``
        those of which the rows are known."""
        listed, counts = list(self.problems), dict(self.counts)
        further: dict[Kind, list[int]] = {}
        for problem in problems:
            kind = problem.kind
            counts[kind] = counts.get(kind, 0) + 1
            if counts[kind] <= KEPT:
                listed.append(problem)
            elif problem.row is not None:
                further.setdefault(kind, []).append(problem.row)
        for kind, count in (uncounted or {}).items():
            counts[kind] = counts.get(kind, 0) + count
        for kind, rows in (more or {}).items():
            counts[kind] = counts.get(kind, 0) + len(rows)
            further.setdefault(kind, []).extend(rows)
        known = {
            **self.further,
            **{kind: (*self.further.get(kind, ()), *rows) for kind, rows in further.items()},
        }
        return replace(self, problems=tuple(listed), counts=counts, further=known)

    def to_descriptor(self) -> dict[str, Any]:
        """A Frictionless Report with a task for each resource; warnings are the task's warnings, as text."""
        tasks = [self._task(resource) for resource in self._resources()]
        stats = {key: sum(task["stats"][key] for task in tasks) for key in ("errors", "warnings")}
        return {
            "valid": self.clean,
            "stats": {"tasks": len(tasks), **stats},
            "warnings": list(self.remarks),
            "errors": [],
            "tasks": tasks,
        }

    def public(self) -> dict[str, dict[str, Any]]:
        """For each resource its rows and, by kind and declared field, counts and the first 20 row numbers:
        never a value."""
        public: dict[str, dict[str, Any]] = {
            name: {"rows": self.rows.get(name, 0), "problems": []} for name in self._resources()
        }
        positions: dict[Kind, list[int]] = {kind: [] for kind in self.counts}
        for problem in self.problems:
            if problem.row is not None and len(positions[problem.kind]) < 20:
                positions[problem.kind].append(problem.row)
        for kind, count in self.counts.items():
            described = {"type": kind.type, "code": kind.code, "field": kind.field, "severity": kind.severity}
            public[kind.resource]["problems"].append({**described, "count": count, "rows": positions[kind]})
        return public

    def _resources(self) -> list[str]:
        return list(dict.fromkeys([*self.rows, *(kind.resource for kind in self.counts)]))

    def _task(self, resource: str) -> dict[str, Any]:
        mine = [problem for problem in self.problems if problem.resource == resource]
        errors = [problem.to_error() for problem in mine if problem.severity != "warning"]
        warnings = [problem.note for problem in mine if problem.severity == "warning"]
        counted = sum(n for kind, n in self.counts.items() if kind.resource == resource)
        unlisted = counted - len(mine)
        if unlisted:
            warnings.append(
                ngettext(
                    "{n} more problem is counted but not listed here",
                    "{n} more problems are counted but not listed here",
                    unlisted,
                )
            )
        return {
            "name": resource,
            "type": "table",
            "valid": not errors,
            "place": self.places.get(resource, resource),
            "labels": list(self.labels.get(resource, ())),
            "stats": {"errors": len(errors), "warnings": len(warnings), "rows": self.rows.get(resource, 0)},
            "warnings": warnings,
            "errors": errors,
        }
