"""Reads what a test gives as a file of an agency's, by what a declaration says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.dataset.dataset import Resource
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.read.grid import Grid
from pipelines.read.read import Reading, read
from pipelines.settings import Limits

ANY = {"a": "any", "b": "any"}
Fields = Mapping[str, str | Mapping[str, Any]] | Sequence[str]


def resource(fields: Fields, **pipeline: Any) -> Resource:
    """With these fields: names alone are of text, others have their type, or all that a schema says of them.

    `pipeline` are keys of the resource's `pipeline:`.
    """
    types = fields if isinstance(fields, Mapping) else dict.fromkeys(fields, "string")
    described = [
        {"name": name, **(kind if isinstance(kind, Mapping) else {"type": kind})}
        for name, kind in types.items()
    ]
    made = ResourcePipeline.model_validate({"source": {"kind": "file", "path": "a.csv"}, **pipeline})
    return Resource("obras", "obras.csv", {"schema": {"fields": described}}, made, None)


def reading(
    folder: Path,
    content: str | bytes,
    declared: Resource | Fields = ANY,
    *,
    limits: Limits | None = None,
    **layout: Any,
) -> Reading:
    """What is read of `content` in the working folder; `layout` are keys of the one layout that is declared,
    unless a whole resource is."""
    if not isinstance(declared, Resource):
        declared = resource(declared, layouts=[layout])
    (folder / "raw").write_bytes(content.encode() if isinstance(content, str) else content)
    return read(folder / "raw", declared, folder / "cells.arrow", limits=limits or Limits())


def rows(found: Reading) -> list[tuple[int, list[str]]]:
    """All rows with their numbers, of a reading that has nothing to object."""
    assert found.problems == ()
    return rows_with_warnings(found)


def rows_with_warnings(found: Reading) -> list[tuple[int, list[str]]]:
    """Likewise, of a reading that may warn."""
    assert found.table is not None, found.problems
    assert [problem for problem in found.problems if problem.severity == "critical"] == []
    return list(found.table.rows())


def refusal(found: Reading) -> str:
    """What is said of a file that is no table."""
    assert found.table is None
    (problem,) = found.problems
    return problem.note


def grid_rows(grid: Grid) -> list[dict[str, str]]:
    """The rows of a grid by their labels; they can be read twice and are numbered from 2."""
    found = list(grid.rows())
    assert found == list(grid.rows())
    assert [number for number, _row in found] == list(range(2, len(found) + 2))
    return [dict(zip(grid.labels, row, strict=True)) for _number, row in found]
