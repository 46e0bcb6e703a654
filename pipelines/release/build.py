"""From raw files to checked tables: the part of a run that looks at nothing but its inputs, and can be done
again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any

import pyarrow as pa
from frictionless import Package

from catalog.archive.changes.changes import Changes, compare
from messages import gettext as _
from pipelines.dataset.dataset import Dataset, Resource
from pipelines.dataset.mappings import mapping_sentences
from pipelines.dataset.personal import hidden_fields, public_fields
from pipelines.dataset.sources import InboxSource
from pipelines.read.finding import describe_finding
from pipelines.read.hide import hide_earlier_rows, hider
from pipelines.read.read import Reading
from pipelines.release.alike_keys import find_alike_keys
from pipelines.release.beside import do_beside, inspect_beside, size_of
from pipelines.release.checked import CheckedTables, PersonalTreatment, count_held, label_in_file, tables_of
from pipelines.release.coordinates import find_odd_coordinates
from pipelines.release.descriptor import describe, package_head
from pipelines.release.formats import keep_formats
from pipelines.release.gate import Gate, inspect_tables, text_fields, without_values
from pipelines.release.inputs import Inputs, referred_tables, rows_before
from pipelines.release.merge import (
    Merger,
    doubled_keys,
    find_merger,
    find_retained,
    find_unplaced_file,
    mark_vanished,
    merge_rows,
    rows_outside_period,
    rows_without_period,
)
from pipelines.release.odd_values import find_odd_values, find_rounded_numbers
from pipelines.release.packing import add_lines
from pipelines.release.quarantine import HeldRows, Sifting, count_missing, held_sentences, sift_rows
from pipelines.release.renumbered import find_renumbered_keys
from pipelines.release.rest import is_surely_right
from pipelines.release.small_groups import drop_small_groups
from pipelines.release.still_held import find_earlier_held, still_held_counts
from pipelines.tools import tool_versions
from pipelines.workers import find_workers
from validation.characters import unwritable_cells
from validation.expectations import expect
from validation.report import Kind, Problem, Report
from validation.schema import check as check_tables
from validation.table import ROW, Table


def examine(
    inputs: Inputs, readings: Mapping[str, Reading], pool: ThreadPoolExecutor | None = None
) -> CheckedTables:
    """Checks what was read of every resource; in a `pool`, where there is one (beside.py), several things at
    a time. Raises PatternTooSlow."""
    delivered = tables_of(readings)
    if len(delivered) < len(readings):
        faults = [problem for reading in readings.values() for problem in reading.faults]
        problems = map(without_values, [*_reading_problems(readings), *faults])
        report = replace(Report().plus(problems), found=_finding_sentences(inputs.dataset, readings))
        return CheckedTables({}, report, readings)
    return _check_readings(inputs, readings, delivered, pool)


def _check_readings(
    inputs: Inputs,
    readings: Mapping[str, Reading],
    delivered: Mapping[str, Table],
    pool: ThreadPoolExecutor | None,
) -> CheckedTables:
    dataset = inputs.dataset
    inspections = inspect_beside(pool, dataset, delivered, inputs.limits)
    check = partial(_check_delivery, inputs, delivered, readings)
    sifting = sift_rows(dataset, delivered, check, partial(is_surely_right, dataset))
    tables = {r.name: _merge(inputs, sifting, r) for r in dataset.resources}
    safe, small = drop_small_groups(dataset, tables)
    mergers = find_mergers(inputs, sifting, tables, safe)
    earlier = find_earlier_held(inputs, delivered, sifting.typed, sifting.held)
    report = sifting.report.plus([*_reading_problems(readings), *_stray_rows(inputs, sifting.typed)])
    report = _put_in_place(report, readings)  # now: the search of the cells still goes on
    counts = count_held(sifting.held, earlier)
    changes = do_beside(pool if report.valid else None, differences, inputs, safe, counts, mergers)
    gate = inspect_tables(dataset, inspections(), sifting.kept, searched=_is_searched(inputs))
    if not gate.personal:  # its note quotes values
        renumbered = find_renumbered_keys(inputs, tables, mergers, partial(label_in_file, readings))
        report = report.plus(_place(renumbered, readings))
    report = report.plus(_place(gate.problems, readings), more=gate.further)

    personal = treat_personal_data(dataset, readings, gate, small)
    held = {
        name: replace(each, missing=_count_missing(inputs, name, each, safe))
        for name, each in sifting.held.items()
    }
    held_back = held_sentences(held, partial(label_in_file, readings))
    remarks = (*treatment_remarks(personal), *held_back, *still_held_counts(earlier))
    report = replace(report, remarks=remarks, found=_finding_sentences(dataset, readings))
    results: Sequence[Mapping[str, Any]] = ()
    if report.valid:
        problems_found, results = expect(safe, {r.name: r.suite for r in dataset.resources if r.suite})
        report = report.plus(_place(problems_found, readings))
    report = gate.conceal(report)
    done = changes() if report.valid else None
    leading = {name: each.leading for name, each in mergers.items()}
    return CheckedTables(
        *(safe, report, readings, tuple(results), personal, held, earlier, done, leading, gate.concealed)
    )


def _merge(inputs: Inputs, sifting: Sifting, resource: Resource) -> pa.Table:
    held = sifting.held.get(resource.name)
    day = inputs.snapshots[resource.name].as_of or inputs.day
    kept = mark_vanished(sifting.kept.get(resource.name), held.typed if held else None, resource, day)
    return merge_rows(kept, sifting.typed[resource.name], resource)


def _reading_problems(readings: Mapping[str, Reading]) -> list[Problem]:
    return [problem for reading in readings.values() for problem in reading.problems]


def _finding_sentences(dataset: Dataset, readings: Mapping[str, Reading]) -> tuple[str, ...]:
    """What nobody declared, in sentences: what was found out, and what a person said of a column."""
    return tuple(
        f"{name}: {sentence}"
        for name, reading in readings.items()
        for sentence in (
            *map(describe_finding, reading.findings),
            *mapping_sentences(dataset, name, reading.places.raw.labels if reading.places else ()),
        )
    )


def _check_delivery(
    inputs: Inputs,
    delivered: Mapping[str, Table],
    readings: Mapping[str, Reading],
    tables: Mapping[str, Table],
) -> Sifting:
    """What is wrong with the tables; with those that were delivered, also what is wrong with rows as their
    files write them. What is left of them has no such row."""
    if tables is not delivered:
        return _check_tables(inputs, tables, readings, {})
    asked = {
        (problem.resource, problem.field or ""): problem.spares
        for problem in _reading_problems(readings)
        if problem.spares is not None
    }
    found = _check_tables(inputs, tables, readings, asked)
    faults = [problem for reading in readings.values() for problem in reading.faults]
    return replace(found, report=found.report.plus(faults))


def _check_tables(
    inputs: Inputs,
    delivered: Mapping[str, Table],
    readings: Mapping[str, Reading],
    spared: Mapping[tuple[str, str], frozenset[int]],
) -> Sifting:
    """What is wrong with the tables, beside the rows of earlier releases of which they do not speak; `spared`
    are, by resource and field, the rows of a column in question whose cells are wrong in any case."""
    dataset, periodicity = inputs.dataset, inputs.dataset.pipeline.accrual_periodicity
    kept, retained = {}, {}
    for resource in dataset.resources:
        published = rows_before(inputs, resource)
        before = _hidden_as_now(inputs, resource, published)
        period = inputs.snapshots[resource.name].period
        found = find_retained(before, delivered[resource.name], resource, periodicity, period)
        if found is not None:
            kept[resource.name] = found.rows
            if before is published:
                retained[resource.name] = found
    resources = [dict(r.descriptor) for r in dataset.resources]
    package = Package.from_descriptor({**package_head(dataset), "resources": resources})
    references = referred_tables(dataset, inputs.needs)
    typed, report = check_tables(
        delivered,
        package,
        retained=kept,
        references=references,
        spared=spared,
        cluster=find_workers(sum(map(size_of, delivered.values()))),
    )
    undated = {r.name: _undated_rows(report, r) for r in dataset.resources}
    doubled = [
        _doubled_key(r, row, key)
        for r in dataset.resources
        for row, key in doubled_keys(kept.get(r.name), typed[r.name], r, undated[r.name])
    ]
    stray = [
        problem
        for r in dataset.resources
        for problem in rows_without_period(typed[r.name], r, undated[r.name] | _rows_of(doubled, r))
    ]
    unwritable = [
        problem for r in dataset.resources for problem in unwritable_cells(delivered[r.name], text_fields(r))
    ]
    alike = [problem for r in dataset.resources for problem in find_alike_keys(r, typed[r.name])]
    odd = [
        problem
        for r in dataset.resources
        for problem in (
            *find_odd_coordinates(
                *(r, typed[r.name], partial(_written_in, readings[r.name])),
                partial(label_in_file, readings, r.name),
            ),
            *find_odd_values(r, typed[r.name], inputs.day, partial(_written_in, readings[r.name])),
            *find_rounded_numbers(r, delivered[r.name], typed[r.name]),
        )
    ]
    return Sifting(typed, kept, report.plus([*doubled, *stray, *unwritable, *alike, *odd]), retained=retained)


def _written_in(reading: Reading, field: str, rows: Sequence[int]) -> dict[int, str]:
    """What the agency's file has in the cells of a field."""
    place = reading.places.column(field) if reading.places else None
    if reading.places is None or place is None or field in reading.places.hidden:
        return {}
    wanted = [(row, place) for row in rows if row is not None]
    return {row: text.strip() for (row, _place), text in reading.places.written(wanted).items()}


def _undated_rows(report: Report, resource: Resource) -> set[int]:
    """The rows whose period cannot be read: what was published of it is there still, and their keys are."""
    field = resource.pipeline.extract.field
    found = report.rows_of(lambda kind: (kind.resource, kind.field) == (resource.name, field))
    return {row for _resource, row in found if row}


def _rows_of(problems: Iterable[Problem], resource: Resource) -> set[int]:
    return {each.row for each in problems if each.resource == resource.name and each.row is not None}


def _doubled_key(resource: Resource, row: int, key: str) -> Problem:
    note = _(
        "a row of an earlier period has the key {key} as well; a key belongs to one row in all periods",
        key=key,
    )
    names = ", ".join(resource.primary_key)
    return Problem("primary-key", resource.name, note, row=row, field=names, cell=key)


def _stray_rows(inputs: Inputs, typed: Mapping[str, pa.Table]) -> Iterator[Problem]:
    """Rows outside the period for which their file was handed in; files of which nobody knows the period."""
    periodicity = inputs.dataset.pipeline.accrual_periodicity
    for resource in inputs.dataset.resources:
        period = inputs.snapshots[resource.name].period
        if period:
            yield from rows_outside_period(typed[resource.name], resource, periodicity, period)
        elif isinstance(resource.pipeline.source, InboxSource) and rows_before(inputs, resource) is not None:
            yield from find_unplaced_file(typed[resource.name], resource, period)


def find_mergers(
    inputs: Inputs, sifting: Sifting, tables: Mapping[str, pa.Table], safe: Mapping[str, pa.Table]
) -> dict[str, Merger]:
    """By table that was put together of earlier rows and delivered ones, what that changed."""
    found = {}
    for name, retained in sifting.retained.items():
        published = inputs.previous.table(name) if inputs.previous else None
        if published is None or safe[name] is not tables[name]:
            continue
        merger = find_merger(published, retained, tables[name], inputs.dataset.resource(name))
        if merger is not None:
            found[name] = merger
    return found


def _is_searched(inputs: Inputs) -> bool:
    """Whether the rows of the release before were searched for personal data by the same rules."""
    if inputs.previous is None:
        return False
    then = inputs.previous.entry.provenance
    declared = {name: sha256(text).hexdigest() for name, text in inputs.dataset.declaration.items()}
    return bool(then.get("declaration") == declared and then.get("tools") == dict(tool_versions()))


def _count_missing(inputs: Inputs, name: str, held: HeldRows, tables: Mapping[str, pa.Table]) -> int:
    resource = inputs.dataset.resource(name)
    before = inputs.previous.table(name) if inputs.previous else None
    return count_missing(resource, held, _hidden_as_now(inputs, resource, before), tables[name])


def _hidden_as_now(inputs: Inputs, resource: Resource, table: pa.Table | None) -> pa.Table | None:
    """A table of the release before, with the columns hidden that are hidden now."""
    if inputs.previous is None or table is None:
        return table
    then = next(each for each in inputs.previous.descriptor["resources"] if each["name"] == resource.name)
    hide = hider(inputs.dataset.id, inputs.hash_key)
    return hide_earlier_rows(table, hidden_fields(resource.pipeline.personal_data), then, hide)


def _place(problems: Iterable[Problem], readings: Mapping[str, Reading]) -> list[Problem]:
    """The problems with their places in the agency's files; none that is about a whole file quotes personal
    data."""
    listed = list(problems)
    located = {
        name: iter(reading.places.locate(each for each in listed if each.resource == name))
        for name, reading in readings.items()
        if reading.places
    }
    return [
        without_values(next(located[each.resource]) if each.resource in located else each) for each in listed
    ]


def _put_in_place(report: Report, readings: Mapping[str, Reading]) -> Report:
    """The report with the places of its problems in the agency's files."""
    placed = _place(report.problems, readings)
    counts, further = dict(report.counts), dict(report.further)
    renamed: dict[Kind, Kind] = {}
    for before, after in zip(report.problems, placed, strict=True):
        if before is not after and before.kind != after.kind:
            counts[before.kind] -= 1
            counts[after.kind] = counts.get(after.kind, 0) + 1
            renamed[before.kind] = after.kind
    left = {problem.kind for problem in placed} if renamed else set()
    for kind, now in renamed.items():  # those that are counted alone
        if kind in left:
            continue
        counts[now] += counts.pop(kind)
        if kind in further:
            further[now] = (*further.get(now, ()), *further.pop(kind))
    return replace(
        report,
        problems=tuple(placed),
        counts={kind: n for kind, n in counts.items() if n},
        further=further,
    )


def treat_personal_data(
    dataset: Dataset,
    readings: Mapping[str, Reading],
    gate: Gate,
    small: Mapping[str, Sequence[Mapping[str, Any]]],
) -> PersonalTreatment:
    """What was done, by resource; resources that declare nothing are left out."""
    treatment = {}
    for resource in dataset.resources:
        fields = dict(_treated_fields(resource, readings[resource.name], gate))
        groups = list(small.get(resource.name, ()))
        if fields or groups:
            treatment[resource.name] = {"fields": fields, "smallGroups": groups}
    return treatment


def _treated_fields(resource: Resource, reading: Reading, gate: Gate) -> Iterator[tuple[str, dict[str, Any]]]:
    declared = resource.pipeline.personal_data
    for name, treatment in hidden_fields(declared).items():
        counted = "columns" if treatment == "drop" else "cells"
        yield name, {"treatment": treatment, counted: reading.hidden.get(name, 0)}
    for name, because in public_fields(declared).items():
        kinds = list(gate.public[resource.name][name])
        yield name, {"treatment": "public", "because": because, "kinds": kinds}


def treatment_remarks(personal: PersonalTreatment) -> Iterator[str]:
    """A sentence for each column that is declared and was not met."""
    for resource, treatment in personal.items():
        for name, field_ in treatment["fields"].items():
            if field_["treatment"] == "public":
                continue  # what is public by name alone cannot be found: names are not searched for
            if not field_.get("columns", field_.get("cells")):
                yield _(
                    "{resource}: personalData names {name}, and nothing of it came with this extract",
                    resource=resource,
                    name=name,
                )


def differences(
    inputs: Inputs,
    checked: Mapping[str, pa.Table],
    held_rows: Mapping[str, int],
    mergers: Mapping[str, Merger],
) -> Changes:
    """What a release of the checked tables would change; of each, so many rows are held back."""
    previous = inputs.previous
    tables = {name: table.drop_columns([ROW]) for name, table in checked.items()}
    before = dict(previous.tables) if previous else {}
    for resource in inputs.dataset.resources:
        table = _hidden_as_now(inputs, resource, before.get(resource.name))
        if table is not None:
            before[resource.name] = table
    earlier = previous.descriptor if previous else None
    formats = keep_formats(inputs.dataset, checked, earlier, inputs.writer)
    descriptor = describe(inputs.dataset, held_rows, inputs.file_hashes, formats)
    parts = {name: (each.gone, each.came) for name, each in mergers.items()}
    return compare(before, tables, earlier, descriptor, parts=parts, add_lines=add_lines)
