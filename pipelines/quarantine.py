"""Which rows stay back, so that the others can be published: a share of them that the declaration allows, else none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from pipelines.dataset import Dataset, Resource
from pipelines.held import Fault, Held, Rows, keys_of
from validation.report import Kind, Problem, Report, Severity
from validation.table import ROW, Table

EXCEEDED = "quarantine-exceeded"


@dataclass(frozen=True)
class Judged:
    """Tables as they were read, the rows of earlier releases that stay beside them, and what is wrong."""

    typed: Mapping[str, pa.Table]
    kept: Mapping[str, pa.Table]
    report: Report
    held: Mapping[str, Held] = field(default_factory=dict)


@dataclass(frozen=True)
class _Left:
    """What is left of a table: its rows numbered one after the other, as a file without the held ones would have them, and by place
    their `numbers` in the agency's file."""

    table: Table
    numbers: pa.Array

    def number(self, row: int) -> int:
        return int(self.numbers[row - self.table.header_row - 1].as_py())


def sifted(dataset: Dataset, delivered: Mapping[str, Table], judge: Callable[[Mapping[str, Table]], Judged]) -> Judged:
    """The tables without the rows that may be held back; all of them, with their problems, where nothing is wrong or too much is.

    A row is held for what is wrong with it: a cell, its length, its key (then every row with that key is), a reference to a row that is
    not there, or is held. What is wrong with a table as a whole is never set aside. `judge` is asked again of what is left, until it
    finds nothing: what is published has passed by itself.
    """
    first = judge(delivered)
    if first.report.valid or not any(r.pipeline.quarantine.max_share for r in dataset.resources):
        return first
    found, report, left, faults = first, _as_held(first.report), dict[str, _Left](), dict[str, Rows]()
    while not found.report.valid:
        new = _at_fault(found.report)
        if new is None or any(not dataset.resource(name).pipeline.quarantine.max_share for name in new):
            return first if found is first else replace(first, report=first.report.plus(_later(found.report, left, "critical")))
        for name, rows in new.items():
            whole = rows | _sharing_keys(dataset.resource(name), found.typed[name], rows)
            for row, why in whole.items():
                number = left[name].number(row) if left else row
                faults.setdefault(name, {}).setdefault(number, set()).update(why if found is first else map(_cascaded, why))
        if found is not first:
            report = report.plus(_later(found.report, left, "held"))
        held = {name: _held(first.typed[name], rows) for name, rows in faults.items()}
        if exceeded := [problem for name, each in held.items() for problem in _exceeded(dataset.resource(name), each)]:
            return replace(first, report=first.report.plus(exceeded))
        left = {name: _without(table, faults.get(name, {})) for name, table in delivered.items()}
        found = judge({name: each.table for name, each in left.items()})
    typed = {name: table.filter(pc.invert(_inside(table[ROW], faults.get(name, {})))) for name, table in first.typed.items()}
    return Judged(typed, found.kept, report, held)


def _places(report: Report) -> dict[Kind, list[int | None]]:
    """The rows of everything critical, by kind: None for what is no row's."""
    found: dict[Kind, list[int | None]] = {kind: [*report.further.get(kind, ())] for kind in report.counts if kind.severity == "critical"}
    for problem in report.problems:
        if problem.kind in found:
            found[problem.kind].append(problem.row)
    return found


def _at_fault(report: Report) -> dict[str, Rows] | None:
    """By table, the numbers of the rows with something critical, and what it is; None where something is wrong beside rows."""
    found: dict[str, Rows] = {}
    for kind, rows in _places(report).items():
        field = "" if kind.type == "primary-key" else kind.field or ""
        for row in rows:
            if row is None:
                return None
            found.setdefault(kind.resource, {}).setdefault(row, set()).add(Fault(kind.type, kind.code or "", field))
    return found


def _cascaded(fault: Fault) -> Fault:
    """What a row is held for that was found only when others were."""
    return Fault("row-error", "reference-held", fault.field) if fault.type == "foreign-key" else fault


def _later(report: Report, left: Mapping[str, _Left], severity: Severity) -> Iterator[Problem]:
    """What was found only when others were held, under the rows' own numbers."""
    notes = {(problem.kind, problem.row): problem.note for problem in report.problems}
    for kind, rows in _places(report).items():
        why = _cascaded(Fault(kind.type, kind.code or "", kind.field or ""))
        for row in rows:
            held = _("{field} refers to a row that is held back", field=kind.field or "")
            note = held if why.code == "reference-held" else notes.get((kind, row), "")
            number = None if row is None else left[kind.resource].number(row)
            yield Problem(why.type, kind.resource, note, code=why.code or None, row=number, field=kind.field, severity=severity)


def _as_held(report: Report) -> Report:
    """The report where what was critical holds a row back."""

    def held(kind: Kind) -> Kind:
        return kind._replace(severity="held") if kind.severity == "critical" else kind

    return replace(
        report,
        problems=tuple(replace(p, severity="held") if p.severity == "critical" else p for p in report.problems),
        counts={held(kind): count for kind, count in report.counts.items()},
        further={held(kind): rows for kind, rows in report.further.items()},
    )


def _sharing_keys(resource: Resource, typed: pa.Table, rows: Rows) -> Rows:
    """The rows that share a key, or a value that should be unique, with a row that was found to repeat it: nobody knows which is right."""
    fields = {Fault("unique-error", "", name): [name] for name in resource.fields} | {Fault("primary-key", "", ""): resource.primary_key}
    shared: Rows = {}
    for fault, names in fields.items():
        repeating = {row for row, why in rows.items() if fault in why}
        if not repeating or not names:
            continue
        numbered = list(zip(typed[ROW].to_pylist(), keys_of(typed, names), strict=True))
        keys = {key for number, key in numbered if number in repeating and any(part is not None for part in key)}
        for number, key in numbered:
            if key in keys:
                shared.setdefault(number, set()).add(fault)
    return {row: why | rows.get(row, set()) for row, why in shared.items()}


def _held(typed: pa.Table, rows: Rows) -> Held:
    return Held({row: sorted(rows[row]) for row in sorted(rows)}, typed.filter(_inside(typed[ROW], rows)), typed.num_rows)


def _exceeded(resource: Resource, held: Held) -> Iterator[Problem]:
    share = resource.pipeline.quarantine.max_share
    if held.rows <= Decimal(str(share)) * held.delivered and held.rows < held.delivered:
        return
    note = _(
        "{n} of {all} rows have something wrong, or refer to one that has; up to {share:.4g} % may be held back, so nothing is published",
        n=held.rows,
        all=held.delivered,
        share=share * 100,
    )
    yield Problem("table-error", resource.name, note, code=EXCEEDED)


def _without(table: Table, rows: Rows) -> _Left:
    def stays(batch: pa.RecordBatch) -> pa.RecordBatch:
        return batch.filter(pc.invert(_inside(batch.column(0), rows)))

    def batches() -> Iterator[pa.RecordBatch]:
        number = table.header_row + 1
        for batch in map(stays, table.batches()):
            if batch.num_rows:
                numbers = pa.array(range(number, number + batch.num_rows), pa.int64())
                yield pa.record_batch([numbers, *batch.columns[1:]], schema=batch.schema)
                number += batch.num_rows

    numbers = [stays(batch).column(0) for batch in table.batches()]
    return _Left(replace(table, batches=batches), pa.concat_arrays(numbers) if numbers else pa.array([], pa.int64()))


def _inside(numbers: pa.Array, rows: Iterable[int]) -> pa.Array:
    return pc.is_in(numbers, value_set=pa.array(sorted(rows), pa.int64()))
