"""A release made again from its raw files by the rules of now; and its tables as these read them, whatever
they find wrong with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.published import pack_parquet
from catalog.archive.release import Release
from pipelines.release.draft import draft_release
from pipelines.release.evaluate import Evaluation, conclude
from pipelines.release.inputs import Inputs
from pipelines.release.outcome import rejection_sentence
from validation.table import ROW

Held = Mapping[str, Sequence[int]]
"""By table, the numbers of the rows of a delivery that are held back."""
_THEN = "held-then.json"


@dataclass(frozen=True)
class Remake:
    """`release` is there where its inputs pass the checks of now; else `refusal` says in a sentence why not.
    `tables` are files, by the name that each has in a release, with the rows that the checks of then let
    through: where those of now refuse some, or hold back others (`held`)."""

    release: Release | None = None
    refusal: str = ""
    tables: Mapping[str, Path] = field(default_factory=dict)
    held: Held = field(default_factory=dict)


def make_again(inputs: Inputs, work: Path, held: Held) -> Remake:
    """What the inputs of a release that `held` back these rows make now; `work` is a folder for its files.
    Raises DatasetError."""
    (work / _THEN).write_text(json.dumps({name: list(rows) for name, rows in held.items()}), "utf-8")
    return conclude(inputs, work, _make_here)


def _make_here(evaluation: Evaluation, work: Path) -> Remake:
    """In the process of the evaluation."""
    checked = evaluation.checked
    then = {name: rows for name, rows in json.loads((work / _THEN).read_text("utf-8")).items() if rows}
    now = {name: sorted(each.faults) for name, each in checked.held.items()}
    if checked.report.valid and now == then:
        return Remake(draft_release(evaluation, work / "release"), held=now)
    tables = _write_rows(evaluation, then, work / "rows")
    if checked.report.valid:
        return Remake(draft_release(evaluation, work / "release"), "", tables, now)
    return Remake(None, rejection_sentence(evaluation), tables, now)


def _write_rows(evaluation: Evaluation, held: Held, into: Path) -> dict[str, Path]:
    """The tables that could be read, without these rows alone; by the name that each has in a release."""
    into.mkdir()
    written = {}
    for resource in evaluation.inputs.dataset.resources:
        table = evaluation.checked.tables.get(resource.name)
        if table is None:
            continue
        rows = _with_held(table, evaluation, resource.name)
        gone = pc.is_in(rows[ROW], value_set=pa.array(held.get(resource.name, ()), pa.int64()))
        written[resource.twin] = into / resource.twin
        about = {"dataset": evaluation.inputs.dataset.id, "resource": resource.name}
        left = rows.filter(pc.invert(gone)).drop_columns([ROW])
        pack_parquet(left, resource.schema, about, written[resource.twin])
    return written


def _with_held(table: pa.Table, evaluation: Evaluation, name: str) -> pa.Table:
    """The rows that stayed, then those that were delivered, in the order of the file, also what is held
    back."""
    held = evaluation.checked.held.get(name)
    if held is None:
        return table
    stayed, came = table.filter(pc.is_null(table[ROW])), table.filter(pc.is_valid(table[ROW]))
    return pa.concat_tables([stayed, pa.concat_tables([came, held.typed.cast(came.schema)]).sort_by(ROW)])
