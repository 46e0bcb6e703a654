"""From raw files to checked tables: the part of a run that looks at nothing but its inputs, and can be done
again.

What became of the personal data that a declaration names: for report.json, and for whoever declared what is
not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Package

from catalog.archive.changes.changes import Changes, compare
from catalog.archive.changes.renumbered import Renumbering, renumbered
from messages import gettext as _
from pipelines.dataset.dataset import Dataset, Resource
from pipelines.dataset.periods import period_label, periods
from pipelines.dataset.personal import hidden_fields, public_fields
from pipelines.read.finding import describe_finding
from pipelines.read.hide import hidden_before, hider, key_of
from pipelines.read.read import Reading, read
from pipelines.release.descriptor import describe, standard
from pipelines.release.gate import Gate, drop_small_groups, inspect_tables, without_values
from pipelines.release.inputs import Checked, Inputs, referred_tables, rows_before
from pipelines.release.merge import doubled_keys, merge_rows, retained_rows, rows_outside_period
from pipelines.release.quarantine import Held, Quarantined, held_sentences, missing_sentence, sift_rows
from validation.expectations import expect
from validation.report import Problem, Report
from validation.schema import check
from validation.table import ROW, Table

PersonalTreatment = Mapping[str, Mapping[str, Any]]
"""By resource: `fields` (of each column its treatment, how many cells or columns it met, why it is public and
what kinds it holds) and `smallGroups`."""


def treat_personal_data(
    dataset: Dataset,
    readings: Mapping[str, Reading],
    gate: Gate,
    small: Mapping[str, Sequence[Mapping[str, Any]]],
) -> PersonalTreatment:
    """What was done, by resource; resources that declare nothing are left out."""
    found = {
        r.name: (dict(_fields(r, readings[r.name], gate)), list(small.get(r.name, ())))
        for r in dataset.resources
    }
    return {
        name: {"fields": fields, "smallGroups": groups}
        for name, (fields, groups) in found.items()
        if fields or groups
    }


def _fields(resource: Resource, reading: Reading, gate: Gate) -> Iterator[tuple[str, dict[str, Any]]]:
    declared = resource.pipeline.personal_data
    for name, meant in hidden_fields(declared).items():
        yield (
            name,
            {"treatment": meant, "columns" if meant == "drop" else "cells": reading.hidden.get(name, 0)},
        )
    for name, because in public_fields(declared).items():
        yield (
            name,
            {"treatment": "public", "because": because, "kinds": list(gate.public[resource.name][name])},
        )


def treatment_remarks(personal: PersonalTreatment) -> tuple[str, ...]:
    """A sentence for each column that is declared and was not met."""
    told = []
    for resource, found in personal.items():
        for name, field in found["fields"].items():
            if field["treatment"] == "public":
                continue  # what is public by name alone is no finding: names are not searched for
            if not field.get("columns", field.get("cells")):
                told.append(
                    _(
                        "{resource}: personalData names {name}, and nothing of it came with this extract",
                        resource=resource,
                        name=name,
                    )
                )
    return tuple(told)


def examine(inputs: Inputs, work: Path) -> Checked:
    """Reads and checks every resource; `work` is an empty folder for what does not stay."""
    dataset = inputs.dataset
    hide = hider(dataset.id, key_of(dataset, inputs.hash_key))
    days = {name: snapshot.as_of for name, snapshot in inputs.snapshots.items()}
    readings = {
        r.name: read(
            inputs.paths[r.name], r, work / f"{r.name}.arrow", days[r.name], hide=hide, limits=inputs.limits
        )
        for r in dataset.resources
    }
    found = [problem for reading in readings.values() for problem in reading.problems]
    delivered = {name: reading.table for name, reading in readings.items() if reading.table is not None}
    if len(delivered) < len(readings):
        return Checked(
            {},
            replace(Report().plus(map(without_values, found)), found=_finding_problems(readings)),
            readings,
        )
    periodicity = dataset.pipeline.accrual_periodicity
    judged = sift_rows(dataset, delivered, partial(_judged, inputs))
    typed, kept, report = judged.typed, judged.kept, judged.report
    said = {name: snapshot.period for name, snapshot in inputs.snapshots.items()}
    strays = [
        p
        for r in dataset.resources
        if (period := said.get(r.name))
        for p in rows_outside_period(typed[r.name], r, periodicity, period)
    ]
    tables = {r.name: merge_rows(kept.get(r.name), typed[r.name], r) for r in dataset.resources}
    gate = inspect_tables(dataset, delivered, kept)
    report = report.plus([*found, *strays, *([] if gate.personal else _renumbered(inputs, tables))])
    report = report.plus(gate.problems, gate.uncounted)
    tables, small = drop_small_groups(dataset, tables)
    personal = treat_personal_data(dataset, readings, gate, small)
    held = {
        name: replace(each, missing=_missing(inputs, name, each, tables))
        for name, each in judged.held.items()
    }
    report = replace(
        report,
        remarks=(*treatment_remarks(personal), *held_sentences(held)),
        found=_finding_problems(readings),
    )
    if not report.valid:
        return Checked(
            tables, gate.told(_put_in_place(report, readings)), readings, personal=personal, held=held
        )
    problems, results = expect(tables, {r.name: r.suite for r in dataset.resources if r.suite})
    return Checked(
        tables,
        gate.told(_put_in_place(report.plus(problems), readings)),
        readings,
        tuple(results),
        personal,
        held,
    )


def _judged(inputs: Inputs, delivered: Mapping[str, Table]) -> Quarantined:
    """What is wrong with the tables, beside the rows of earlier releases of which they do not speak."""
    dataset, periodicity = inputs.dataset, inputs.dataset.pipeline.accrual_periodicity
    kept = {
        r.name: rows
        for r in dataset.resources
        if (
            rows := retained_rows(
                _as_told_now(inputs, r, rows_before(inputs, r)), delivered[r.name], r, periodicity
            )
        )
        is not None
    }
    package = Package.from_descriptor(
        {**standard(dataset), "resources": [dict(r.descriptor) for r in dataset.resources]}
    )
    typed, report = check(delivered, package, retained=kept, references=references(inputs))
    doubled = [
        _doubled(r, row, key)
        for r in dataset.resources
        for row, key in doubled_keys(kept.get(r.name), typed[r.name], r)
    ]
    return Quarantined(typed, kept, report.plus(doubled))


def _missing(inputs: Inputs, name: str, held: Held, tables: Mapping[str, pa.Table]) -> int:
    resource = inputs.dataset.resource(name)
    before = inputs.previous.table(name) if inputs.previous else None
    return missing_sentence(resource, held, _as_told_now(inputs, resource, before), tables[name])


def _finding_problems(readings: Mapping[str, Reading]) -> tuple[str, ...]:
    """What nobody declared, in sentences."""
    return tuple(
        f"{name}: {describe_finding(finding)}"
        for name, reading in readings.items()
        for finding in reading.findings
    )


def _as_told_now(inputs: Inputs, resource: Resource, table: pa.Table | None) -> pa.Table | None:
    """A table of the release before, as its columns may be told now."""
    if inputs.previous is None or table is None:
        return table
    then = next(each for each in inputs.previous.descriptor["resources"] if each["name"] == resource.name)
    return hidden_before(
        table, hidden_fields(resource.pipeline.personal_data), then, hider(inputs.dataset.id, inputs.hash_key)
    )


def _put_in_place(report: Report, readings: Mapping[str, Reading]) -> Report:
    """The report with the places of its problems in the agency's files."""
    ways = {name: reading.places for name, reading in readings.items()}
    problems = {
        name: iter(way.of(p for p in report.problems if p.resource == name))
        for name, way in ways.items()
        if way
    }
    return replace(
        report,
        problems=tuple(next(problems[p.resource]) if p.resource in problems else p for p in report.problems),
    )


def differences(inputs: Inputs, checked: Checked) -> Changes:
    """What a release of these tables would change."""
    previous = inputs.previous
    tables = {name: table.drop_columns([ROW]) for name, table in checked.tables.items()}
    before = dict(previous.tables) if previous else {}
    before |= {
        r.name: table
        for r in inputs.dataset.resources
        if (table := _as_told_now(inputs, r, before.get(r.name))) is not None
    }
    return compare(
        before, tables, previous.descriptor if previous else None, describe(inputs.dataset, checked.held_rows)
    )


def references(inputs: Inputs) -> dict[str, pa.Table]:
    """The tables of other datasets that foreign keys name as "dataset/resource"."""
    return referred_tables(inputs.dataset, inputs.needs)


def describe_replaced(inputs: Inputs, checked: Checked, changes: Changes) -> str:
    """Says which periods were there already, and are now as they were handed in last."""
    told = []
    periodicity = inputs.dataset.pipeline.accrual_periodicity
    for resource in inputs.dataset.resources:
        table, field = checked.tables[resource.name], resource.pipeline.extract.field
        before = rows_before(inputs, resource)
        if (
            field is None
            or before is None
            or field not in before.column_names
            or inputs.snapshots[resource.name].receipt is None
        ):
            continue
        sent = periods(table.filter(pc.is_valid(table[ROW]))[field], periodicity)
        totals = changes.totals()[resource.name]
        again = sorted(set(periods(before[field], periodicity).to_pylist()) & set(sent.to_pylist()) - {None})
        if again and (totals["removed"] or totals["changed"]):
            names = ", ".join(period_label(each, periodicity) for each in again)
            told.append(
                _(
                    "{periods} was there already: the file handed in last counts, the archive keeps both",
                    periods=names,
                )
            )
    return "; ".join(told)


def _doubled(resource: Resource, row: int, key: str) -> Problem:
    note = _(
        "a row of an earlier period has the key {key} as well; a key belongs to one row in all periods",
        key=key,
    )
    return Problem(
        type="primary-key",
        resource=resource.name,
        row=row,
        field=", ".join(resource.primary_key),
        cell=key,
        note=note,
    )


def _renumbered(inputs: Inputs, tables: Mapping[str, pa.Table]) -> list[Problem]:
    problems = []
    for resource in inputs.dataset.resources:
        before = (
            inputs.previous.tables.get(resource.name) if inputs.previous and resource.primary_key else None
        )
        if before is None or not set(resource.primary_key) <= set(before.column_names):
            continue
        found = renumbered(before, tables[resource.name].drop_columns([ROW]), resource.primary_key)
        if found is not None:
            problems.append(_anew(resource, found))
    return problems


def _anew(resource: Resource, found: Renumbering) -> Problem:
    key, first = ", ".join(resource.primary_key), found.columns[0]
    note = _(
        "the key {key} was numbered anew: of the values of {column}, {found:.0%} are there again, but only "
        "{kept:.0%} under their key "
        "(“{value}” had {before}, now has {after}); ask the agency for an identifier that stays, or take "
        "primaryKey out of the schema",
        key=key,
        column=first.column or _("the whole row"),
        found=first.found,
        kept=first.kept,
        **found.example,
    )
    return Problem(type="table-error", code="keys-renumbered", resource=resource.name, field=key, note=note)
