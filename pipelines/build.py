"""From raw files to checked tables: the part of a run that looks at nothing but its inputs, and can be done again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Package

from catalog.changes import Changes, compare
from catalog.release import Version
from catalog.renumbered import Renumbering, renumbered
from messages import gettext as _
from pipelines.bounds import USUAL, Bounds
from pipelines.dataset import Dataset, Resource
from pipelines.descriptor import describe, standard
from pipelines.extract import doubled_keys, merge, periods, retained
from pipelines.fetch import Snapshot
from pipelines.finding import told
from pipelines.gate import inspect, untelling
from pipelines.guards.profile import Profile
from pipelines.guards.unusual import Unusual
from pipelines.held import Held, missing, sentences
from pipelines.hiding import hidden_before, hider, key_of
from pipelines.needs import referred
from pipelines.period import outside, shown
from pipelines.personal import hidden
from pipelines.previous import Previous
from pipelines.quarantine import Judged, sifted
from pipelines.read import Reading, read
from pipelines.small_groups import without_small_groups
from pipelines.sources import InboxSource
from pipelines.treated import remarks, treated
from validation import Problem, Report, check, expect
from validation.table import ROW, Table


@dataclass(frozen=True)
class Inputs:
    """All that a release is made from. `paths` are the raw files by resource, `needs` the releases of other datasets by id;
    `highest` the highest version ever used; `provenance` what the log keeps of it all."""

    dataset: Dataset
    paths: Mapping[str, Path]
    snapshots: Mapping[str, Snapshot]
    previous: Previous | None
    highest: Version | None
    needs: Mapping[str, Previous]
    run: str
    at: str
    provenance: Mapping[str, Any]
    hash_key: bytes | None = None
    bounds: Bounds = USUAL

    @property
    def as_of(self) -> str | None:
        return max((s.as_of for s in self.snapshots.values() if s.as_of), default=None)


@dataclass(frozen=True)
class Checked:
    """What became of the raw files: the whole tables (`__row__`, then the fields; none where a file could not be read), what was found,
    and the rows that are held back. `profiles` and `unusual` are the guards' (pipelines/guards), once they have looked."""

    tables: Mapping[str, pa.Table]
    report: Report
    readings: Mapping[str, Reading]
    expectations: tuple[Mapping[str, Any], ...] = ()
    personal: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    held: Mapping[str, Held] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    unusual: tuple[Unusual, ...] = ()

    @property
    def held_rows(self) -> dict[str, int]:
        return {name: each.rows for name, each in self.held.items()}


def examine(inputs: Inputs, work: Path) -> Checked:
    """Reads and checks every resource; `work` is an empty folder for what does not stay."""
    dataset = inputs.dataset
    hide = hider(dataset.id, key_of(dataset, inputs.hash_key))
    days = {name: snapshot.as_of for name, snapshot in inputs.snapshots.items()}
    readings = {
        r.name: read(inputs.paths[r.name], r, work / f"{r.name}.arrow", days[r.name], hide=hide, bounds=inputs.bounds)
        for r in dataset.resources
    }
    found = [problem for reading in readings.values() for problem in reading.problems]
    delivered = {name: reading.table for name, reading in readings.items() if reading.table is not None}
    if len(delivered) < len(readings):
        return Checked({}, replace(Report().plus(map(untelling, found)), found=_found_out(readings)), readings)
    periodicity = dataset.pipeline.accrual_periodicity
    judged = sifted(dataset, delivered, partial(_judged, inputs))
    typed, kept, report = judged.typed, judged.kept, judged.report
    said = {name: snapshot.period for name, snapshot in inputs.snapshots.items()}
    strays = [p for r in dataset.resources if (period := said.get(r.name)) for p in outside(typed[r.name], r, periodicity, period)]
    tables = {r.name: merge(kept.get(r.name), typed[r.name], r) for r in dataset.resources}
    gate = inspect(dataset, delivered, kept)
    report = report.plus([*found, *strays, *([] if gate.personal else _renumbered(inputs, tables))])
    report = report.plus(gate.problems, gate.uncounted)
    tables, small = without_small_groups(dataset, tables)
    personal = treated(dataset, readings, gate, small)
    held = {name: replace(each, missing=_missing(inputs, name, each, tables)) for name, each in judged.held.items()}
    report = replace(report, remarks=(*remarks(personal), *sentences(held)), found=_found_out(readings))
    if not report.valid:
        return Checked(tables, gate.told(_placed(report, readings)), readings, personal=personal, held=held)
    problems, results = expect(tables, {r.name: r.suite for r in dataset.resources if r.suite})
    return Checked(tables, gate.told(_placed(report.plus(problems), readings)), readings, tuple(results), personal, held)


def _judged(inputs: Inputs, delivered: Mapping[str, Table]) -> Judged:
    """What is wrong with the tables, beside the rows of earlier releases of which they do not speak."""
    dataset, periodicity = inputs.dataset, inputs.dataset.pipeline.accrual_periodicity
    kept = {
        r.name: rows
        for r in dataset.resources
        if (rows := retained(_as_told_now(inputs, r, rows_before(inputs, r)), delivered[r.name], r, periodicity)) is not None
    }
    package = Package.from_descriptor({**standard(dataset), "resources": [dict(r.descriptor) for r in dataset.resources]})
    typed, report = check(delivered, package, retained=kept, references=references(inputs))
    doubled = [_doubled(r, row, key) for r in dataset.resources for row, key in doubled_keys(kept.get(r.name), typed[r.name], r)]
    return Judged(typed, kept, report.plus(doubled))


def _missing(inputs: Inputs, name: str, held: Held, tables: Mapping[str, pa.Table]) -> int:
    resource = inputs.dataset.resource(name)
    before = inputs.previous.table(name) if inputs.previous else None
    return missing(resource, held, _as_told_now(inputs, resource, before), tables[name])


def _found_out(readings: Mapping[str, Reading]) -> tuple[str, ...]:
    """What nobody declared, in sentences."""
    return tuple(f"{name}: {told(finding)}" for name, reading in readings.items() for finding in reading.findings)


def _as_told_now(inputs: Inputs, resource: Resource, table: pa.Table | None) -> pa.Table | None:
    """A table of the release before, as its columns may be told now."""
    if inputs.previous is None or table is None:
        return table
    then = next(each for each in inputs.previous.descriptor["resources"] if each["name"] == resource.name)
    return hidden_before(table, hidden(resource.pipeline.personal_data), then, hider(inputs.dataset.id, inputs.hash_key))


def rows_before(inputs: Inputs, resource: Resource) -> pa.Table | None:
    """The rows of the previous release; none of a sample, once something was handed in."""
    source, previous = resource.pipeline.source, inputs.previous
    if previous is None:
        return None
    read = previous.entry.provenance["snapshots"].get(resource.name, {})
    if (
        isinstance(source, InboxSource)
        and inputs.snapshots[resource.name].receipt
        and not read.get("receipt")
        and read.get("source") == source.path
    ):
        return None
    return previous.table(resource.name)


def _placed(report: Report, readings: Mapping[str, Reading]) -> Report:
    """The report with the places of its problems in the agency's files."""
    ways = {name: reading.places for name, reading in readings.items()}
    problems = {name: iter(way.of(p for p in report.problems if p.resource == name)) for name, way in ways.items() if way}
    return replace(report, problems=tuple(next(problems[p.resource]) if p.resource in problems else p for p in report.problems))


def differences(inputs: Inputs, checked: Checked) -> Changes:
    """What a release of these tables would change."""
    previous = inputs.previous
    tables = {name: table.drop_columns([ROW]) for name, table in checked.tables.items()}
    before = dict(previous.tables) if previous else {}
    before |= {r.name: table for r in inputs.dataset.resources if (table := _as_told_now(inputs, r, before.get(r.name))) is not None}
    return compare(before, tables, previous.descriptor if previous else None, describe(inputs.dataset, checked.held_rows))


def references(inputs: Inputs) -> dict[str, pa.Table]:
    """The tables of other datasets that foreign keys name as "dataset/resource"."""
    return referred(inputs.dataset, inputs.needs)


def replaced(inputs: Inputs, checked: Checked, changes: Changes) -> str:
    """Says which periods were there already, and are now as they were handed in last."""
    told = []
    periodicity = inputs.dataset.pipeline.accrual_periodicity
    for resource in inputs.dataset.resources:
        table, field = checked.tables[resource.name], resource.pipeline.extract.field
        before = rows_before(inputs, resource)
        if field is None or before is None or field not in before.column_names or inputs.snapshots[resource.name].receipt is None:
            continue
        sent = periods(table.filter(pc.is_valid(table[ROW]))[field], periodicity)
        totals = changes.totals()[resource.name]
        again = sorted(set(periods(before[field], periodicity).to_pylist()) & set(sent.to_pylist()) - {None})
        if again and (totals["removed"] or totals["changed"]):
            names = ", ".join(shown(each, periodicity) for each in again)
            told.append(_("{periods} was there already: the file handed in last counts, the archive keeps both", periods=names))
    return "; ".join(told)


def _doubled(resource: Resource, row: int, key: str) -> Problem:
    note = _("a row of an earlier period has the key {key} as well; a key belongs to one row in all periods", key=key)
    return Problem(type="primary-key", resource=resource.name, row=row, field=", ".join(resource.primary_key), cell=key, note=note)


def _renumbered(inputs: Inputs, tables: Mapping[str, pa.Table]) -> list[Problem]:
    problems = []
    for resource in inputs.dataset.resources:
        before = inputs.previous.tables.get(resource.name) if inputs.previous and resource.primary_key else None
        if before is None or not set(resource.primary_key) <= set(before.column_names):
            continue
        found = renumbered(before, tables[resource.name].drop_columns([ROW]), resource.primary_key)
        if found is not None:
            problems.append(_anew(resource, found))
    return problems


def _anew(resource: Resource, found: Renumbering) -> Problem:
    key, first = ", ".join(resource.primary_key), found.columns[0]
    note = _(
        "the key {key} was numbered anew: of the values of {column}, {found:.0%} are there again, but only {kept:.0%} under their key "
        "(“{value}” had {before}, now has {after}); ask the agency for an identifier that stays, or take primaryKey out of the schema",
        key=key,
        column=first.column or _("the whole row"),
        found=first.found,
        kept=first.kept,
        **found.example,
    )
    return Problem(type="table-error", code="keys-renumbered", resource=resource.name, field=key, note=note)
