"""What is done to the cells of a file before anything else sees them: declared repairs, hashes and masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.dataset.personal import hidden_fields
from pipelines.read.grid import Certain, RowNumbers
from pipelines.read.hide import Hide, Hiding
from pipelines.read.repair import CellRepair
from validation.patterns import require_time

Counts = tuple[Mapping[str, Mapping[int, int]], Mapping[str, int]]
"""By field: how many cells each rule changed; how many were hidden."""


class CellTreatment:
    """What is done to the cells of a file before anything else sees them: declared repairs, then hashes and
    masks; columns that the layout declares `absent` are added, empty. `certain` says, by names of columns, in
    which rows a true value of a workbook stands: how texts are written does not concern it."""

    def __init__(
        self,
        resource: Resource,
        layout: Layout,
        names: Sequence[str],
        absent: int,
        hide: Hide,
        certain: Mapping[str, Certain],
    ):
        self.resource, self.names, self.absent, self.certain = resource, names, absent, certain
        missing = resource.schema.get("missingValues", [""])
        self.empty = pa.scalar("" if "" in missing else missing[0], pa.string())
        self.repairing = {
            field["name"]: CellRepair(
                field,
                missing,
                resource.pipeline.values.get(field["name"], ()),
                layout.fields.get(field["name"]),
            )
            for field in resource.schema["fields"]
        }
        self.patterns = {
            field["name"]: field["constraints"]["pattern"]
            for field in resource.schema["fields"]
            if field.get("type") == "string" and "pattern" in field.get("constraints", {})
        }
        self.hiding = {
            name: Hiding(hide(method), self.repairing[name], missing)
            for name, method in hidden_fields(resource.pipeline.personal_data).items()
            if name in self.repairing
        }

    def apply(self, batch: pa.RecordBatch) -> list[pa.Array]:
        """The columns of a block as they go on: numbers, cells, what stands beyond the last column."""
        numbers, *cells, extra = batch.columns
        rows = numbers.to_numpy()
        treated = [self._treat(name, array, rows) for name, array in zip(self.names, cells, strict=True)]
        # A row that is too short lacks its last cells, the absent ones among them.
        last = batch.column(len(self.names))
        added = pc.if_else(pc.is_valid(last), self.empty, pa.scalar(None, pa.string()))
        return [numbers, *treated, *[added] * self.absent, extra]

    def _treat(self, name: str, cells: pa.Array, rows: RowNumbers) -> pa.Array:
        treated = cells
        if hiding := self.hiding.get(name):
            treated = hiding(cells)
        elif repair := self.repairing.get(name):
            certain = self.certain[name](rows) if repair.writing and name in self.certain else None
            treated = repair(cells, certain)
        if pattern := self.patterns.get(name):
            require_time(pattern, treated.drop_null().unique().to_pylist())
        return treated

    def counts(self) -> Counts:
        """What was done so far, to be added up elsewhere."""
        return {name: dict(each.repaired) for name, each in self.repairing.items()}, self.hidden_cells()

    def add(self, counts: Counts) -> None:
        repaired, hidden = counts
        for name, rules in repaired.items():
            self.repairing[name].repaired.update(rules)
        for name, cells in hidden.items():
            self.hiding[name].cells += cells

    def repairs(self) -> tuple[dict[str, Any], ...]:
        """Each rule that changed cells, with their number."""
        values = self.resource.pipeline.values
        return tuple(
            {"field": name, "rule": rule, "because": values[name][rule].because, "cells": count}
            for name, repair in self.repairing.items()
            for rule, count in sorted(repair.repaired.items())
        )

    def hidden_cells(self) -> dict[str, int]:
        """How many cells of each field were hashed or masked."""
        return {name: hiding.cells for name, hiding in self.hiding.items()}
