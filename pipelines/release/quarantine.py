"""Which rows are held back, so that the others can be published: a share of them that the declaration allows,
else none. Their values stay in the archive."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.archive import Archive
from catalog.archive.published import Previous, read_parquet, text
from catalog.archive.release import History, find_release
from isolation.spill import keep_rows
from messages import gettext as _
from messages import ngettext
from messages.formats import format_number
from pipelines.dataset.dataset import Dataset, Resource
from pipelines.release.merge import Retained
from validation.problems.registry import title
from validation.report import Kind, Problem, Report, Severity
from validation.table import ROW, Table

HELD = "held.parquet"
"""Never public: the rows that are held back, as the agency wrote them."""
_REASON = pa.struct([("type", pa.string()), ("code", pa.string()), ("field", pa.string())])
HELD_SCHEMA = pa.schema(
    [
        ("resource", pa.string()),
        ("row", pa.int64()),
        ("reasons", pa.list_(_REASON)),
        ("cells", pa.string()),
        ("file", pa.string()),
        ("periods", pa.list_(pa.string())),
    ]
)
"""`row` is the number in `file`; deliveries of all its `periods` speak of it anew (none: only the row
does)."""


@dataclass(frozen=True, order=True)
class Fault:
    """Why a row is held back: a frictionless error type, our code beside it or "", the field(s) or ""."""

    type: str
    code: str
    field: str


Rows = dict[Fault, set[int]]
"""By what is wrong with them, their numbers in the agency's file."""


@dataclass(frozen=True)
class HeldRows:
    """The rows of a table that are held back: by their number in the agency's file, why; and as they were
    read (`typed`).

    `delivered` is how many rows the extract has. `missing` of the held ones were in the release before, by
    their key, and are not in this one.
    """

    faults: Mapping[int, Sequence[Fault]]
    typed: pa.Table = field(repr=False)
    delivered: int
    missing: int = 0

    @property
    def rows(self) -> int:
        return int(self.typed.num_rows)

    @property
    def reasons(self) -> dict[Fault, int]:
        """How many rows are held for each reason; a row may have several. The most frequent first."""
        numbers = self.typed[ROW].to_pylist()
        counts: dict[Fault, int] = {}
        for fault in (fault for number in numbers for fault in self.faults[number]):
            counts[fault] = counts.get(fault, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def to_json(self) -> dict[str, Any]:
        """What may be published of them: how many of how many, how many of those the release before had, and
        why."""
        reasons = [
            {"type": f.type, "code": f.code or None, "field": f.field or None, "rows": n}
            for f, n in self.reasons.items()
        ]
        return {"rows": self.rows, "of": self.delivered, "missing": self.missing, "reasons": reasons}


def count_missing(resource: Resource, held: HeldRows, before: pa.Table | None, now: pa.Table) -> int:
    """How many of the held rows were in the release before, by their key, and are missing from this one."""
    key = resource.primary_key
    if before is None or not key or not set(key) <= set(before.column_names):
        return 0
    gone = set(keys_of(before, key)) - set(keys_of(now, key))
    return sum(each in gone for each in keys_of(held.typed, key))


def held_sentences(
    held: Mapping[str, HeldRows], label_of: Callable[[str, str], str | None] = lambda _table, field: field
) -> Iterator[str]:
    """How many rows of each table are held back, and why, without a value; `label_of` says what a field of a
    table is called by whoever reads this."""
    for name, each in held.items():
        why = ", ".join(
            f"{_describe_fault(fault, label_of(name, fault.field) if fault.field else None)}: {n}"
            for fault, n in each.reasons.items()
        )
        yield ngettext(
            "{resource}: {n} of {all} rows is held back until it is corrected ({why})",
            "{resource}: {n} of {all} rows are held back until they are corrected ({why})",
            each.rows,
            resource=name,
            all=each.delivered,
            why=why,
        )


def _describe_fault(fault: Fault, label: str | None) -> str:
    place = f" ({label or fault.field})" if fault.field else ""
    return f"{title(fault.code or fault.type)}{place}"


def quarantined_sentence(dataset: str, held: Mapping[str, HeldRows], earlier: Iterable[str]) -> str:
    """What a run says of the rows that it held back, and of those that `earlier` ones did; and where they are
    to be seen."""
    sentences = [*held_sentences(held), *earlier]
    if not sentences:
        return ""
    return "; ".join([*sentences, _("`vereda show {id} --held` shows them", id=dataset)])


def still_held_sentence(previous: Previous | None, *, for_sender: bool = False) -> str:
    """What to say where nothing changed, and rows of the current release are held back. To a sender no
    command is told."""
    rows = sum(each.get("heldRows", 0) for each in previous.descriptor["resources"]) if previous else 0
    if not rows or previous is None:
        return ""
    if for_sender:
        return ngettext("{n} row is still held back", "{n} rows are still held back", rows)
    return ngettext(
        "{n} row is still held back; `vereda show {id} --held` shows it",
        "{n} rows are still held back; `vereda show {id} --held` shows them",
        rows,
        id=previous.entry.dataset,
    )


def held_table(
    held: Mapping[str, HeldRows],
    tables: Mapping[str, Table],
    files: Mapping[str, str],
    periods: Mapping[str, Mapping[int, Sequence[str]]],
) -> pa.Table:
    """The rows that are held back of the delivered `tables`, by number in the agency's file: why (`reasons`),
    and their `cells`, a JSON object of label → text (cells beyond the last label under ""). What is dropped
    or hidden of personal data is so here."""
    rows = []
    for name, each in held.items():
        table = _only_rows(tables[name], each.faults)
        for number, cells in table.rows():
            labelled: dict[str, Any] = dict(zip(table.labels, cells, strict=False))
            if beyond := cells[len(table.labels) :]:
                labelled[""] = beyond
            reasons = [asdict(fault) for fault in each.faults[number]]
            rows.append(
                {
                    "resource": name,
                    "row": number,
                    "reasons": reasons,
                    "cells": json.dumps(labelled, ensure_ascii=False),
                    "file": files[name],
                    "periods": list(periods.get(name, {}).get(number, ())),
                }
            )
    return pa.Table.from_pylist(rows, HELD_SCHEMA)


def _only_rows(table: Table, rows: Iterable[int]) -> Table:
    """The table with the rows of these numbers alone."""
    numbers = pa.array(sorted(rows), pa.int64())

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in table.batches():
            yield batch.filter(pc.is_in(batch.column(0), value_set=numbers))

    return replace(table, batches=batches, files=())


def keys_of(table: pa.Table, names: Sequence[str]) -> list[tuple[str | None, ...]]:
    """Each row's values of these fields as they are published."""
    return list(zip(*(text(table[name]).to_pylist() for name in names), strict=True))


EXCEEDED = "quarantine-exceeded"


@dataclass(frozen=True)
class Sifting:
    """Tables as they were read, the rows of earlier releases that stay beside them, and what is wrong."""

    typed: Mapping[str, pa.Table]
    kept: Mapping[str, pa.Table]
    report: Report
    held: Mapping[str, HeldRows] = field(default_factory=dict)
    retained: Mapping[str, Retained] = field(default_factory=dict)
    """The same rows as `kept`, of tables whose earlier rows nothing else changed."""


@dataclass(frozen=True)
class _Remainder:
    """What is left of a table: its rows numbered one after the other, as in a file without the held ones, and
    by place their `numbers` in the agency's file."""

    table: Table
    numbers: pa.Array

    def number(self, row: int) -> int:
        return int(self.numbers[row - self.table.header_row - 1].as_py())


def sift_rows(
    dataset: Dataset,
    delivered: Mapping[str, Table],
    check: Callable[[Mapping[str, Table]], Sifting],
    is_right: Callable[[Mapping[str, pa.Table]], bool],
) -> Sifting:
    """The tables without the rows that may be held back; all of them, with their problems, where nothing is
    wrong or too much is.

    A row is held for what is wrong with it: a cell, its length, its key (then every row with that key is), a
    reference to a row that is not there, or is held. What is wrong with a table as a whole is never set
    aside. `check` is asked again of what is left, until it finds nothing, unless of the typed rows `is_right`
    is sure: what is published has passed by itself.
    """
    first = check(delivered)
    allowed = {r.name for r in dataset.resources if r.pipeline.quarantine.max_share}
    if first.report.valid or not allowed:
        return first
    found, report, left, faults = first, first.report, dict[str, _Remainder](), dict[str, Rows]()
    while not found.report.valid:
        new = _rows_at_fault(found.report)
        if new is None or not set(new) <= allowed:
            later = () if found is first else _found_later(found.report, left, "critical")
            return replace(first, report=first.report.plus(later))
        _add_faults(faults, new, dataset, found.typed, left)
        exceeded = [
            problem
            for name, rows in faults.items()
            for problem in _check_share(dataset.resource(name), first.typed[name], rows)
        ]
        if exceeded:
            return replace(first, report=first.report.plus(exceeded))
        report = _hold_back(report).plus(() if found is first else _found_later(found.report, left, "held"))
        if found is first and is_right(typed := _without_rows(first.typed, faults)):
            return Sifting(typed, first.kept, report, _held_rows(first.typed, faults), first.retained)
        left = {name: _remainder(table, faults.get(name, {})) for name, table in delivered.items()}
        found = check({name: each.table for name, each in left.items()})
    held = _held_rows(first.typed, faults)
    return Sifting(_without_rows(first.typed, faults), found.kept, report, held, found.retained)


def _without_rows(typed: Mapping[str, pa.Table], faults: Mapping[str, Rows]) -> dict[str, pa.Table]:
    return {
        name: keep_rows(table, ~_is_among(table[ROW], _numbers_of(faults.get(name, {}))).to_numpy())
        for name, table in typed.items()
    }


def _add_faults(
    faults: dict[str, Rows],
    new: Mapping[str, Rows],
    dataset: Dataset,
    typed: Mapping[str, pa.Table],
    left: Mapping[str, _Remainder],
) -> None:
    """Adds to `faults` what is `new`, under the rows' numbers in the agency's file; `left` are the tables in
    which it was found, nothing the first time."""
    for name, rows in new.items():
        known = faults.setdefault(name, {})
        shared = _sharing_keys(dataset.resource(name), typed[name], rows)
        for fault, found in rows.items():
            whole = found | shared.get(fault, set())
            numbers = {left[name].number(row) for row in whole} if left else whole
            known.setdefault(_as_cascade(fault) if left else fault, set()).update(numbers)


def _numbers_of(rows: Rows) -> set[int]:
    return set().union(*rows.values())


def _places(report: Report) -> dict[Kind, list[int | None]]:
    """The rows of everything critical, by kind: None for what is not about a row."""
    found: dict[Kind, list[int | None]] = {
        kind: [*report.further.get(kind, ())] for kind in report.counts if kind.severity == "critical"
    }
    for problem in report.problems:
        if problem.kind in found:
            found[problem.kind].append(problem.row)
    return found


def _rows_at_fault(report: Report) -> dict[str, Rows] | None:
    """By table, the numbers of the rows with something critical, and what it is; None where something is
    wrong beside rows."""
    found: dict[str, Rows] = {}
    for kind, rows in _places(report).items():
        field = "" if kind.type == "primary-key" else kind.field or ""
        numbers = {row for row in rows if row is not None}
        if len(numbers) < len(set(rows)):
            return None
        if numbers:
            fault = Fault(kind.type, kind.code or "", field)
            found.setdefault(kind.resource, {}).setdefault(fault, set()).update(numbers)
    return found


def _as_cascade(fault: Fault) -> Fault:
    """What a row is held for that was found only when others were."""
    return Fault("row-error", "reference-held", fault.field) if fault.type == "foreign-key" else fault


def _found_later(report: Report, left: Mapping[str, _Remainder], severity: Severity) -> Iterator[Problem]:
    """What was found only when others were held, under the rows' own numbers."""
    notes = {(problem.kind, problem.row): problem.note for problem in report.problems}
    for kind, rows in _places(report).items():
        why = _as_cascade(Fault(kind.type, kind.code or "", kind.field or ""))
        for row in rows:
            held = _("{field} refers to a row that is held back", field=kind.field or "")
            note = held if why.code == "reference-held" else notes.get((kind, row), "")
            number = None if row is None else left[kind.resource].number(row)
            yield Problem(
                why.type,
                kind.resource,
                note,
                code=why.code or None,
                row=number,
                field=kind.field,
                severity=severity,
                for_sender=_("it refers to a row that is held back") if note == held else None,
            )


def _hold_back(report: Report) -> Report:
    """The report where what was critical holds a row back."""

    def held(kind: Kind) -> Kind:
        return kind._replace(severity="held") if kind.severity == "critical" else kind

    return replace(
        report,
        problems=tuple(
            replace(p, severity="held") if p.severity == "critical" else p for p in report.problems
        ),
        counts={held(kind): count for kind, count in report.counts.items()},
        further={held(kind): rows for kind, rows in report.further.items()},
    )


def _sharing_keys(resource: Resource, typed: pa.Table, rows: Rows) -> Rows:
    """The rows that share a key, or a value that should be unique, with a row that was found to repeat it:
    nobody knows which is right."""
    fields = {Fault("unique-error", "", name): [name] for name in resource.fields} | {
        Fault("primary-key", "", ""): resource.primary_key
    }
    shared: Rows = {}
    for fault, names in fields.items():
        if names and fault in rows:
            shared[fault] = set(_rows_with_a_key_of(typed, names, rows[fault]))
    return shared


def _rows_with_a_key_of(typed: pa.Table, names: Sequence[str], repeating: Collection[int]) -> list[int]:
    """The numbers of the rows whose values of these fields are those of one of the rows `repeating`; nulls
    alone are no key."""
    some = typed.filter(_is_among(typed[ROW], repeating))
    keys = {key for key in keys_of(some, names) if set(key) != {None}}
    first = pa.array({key[0] for key in keys}, pa.string())
    likely = typed.filter(pc.is_in(text(typed[names[0]]), value_set=first))  # None is among them, or is not
    pairs = zip(likely[ROW].to_pylist(), keys_of(likely, names), strict=True)
    return [number for number, key in pairs if key in keys]


def _held_rows(typed: Mapping[str, pa.Table], faults: Mapping[str, Rows]) -> dict[str, HeldRows]:
    held = {}
    for name, rows in faults.items():
        why: dict[int, list[Fault]] = {row: [] for row in sorted(_numbers_of(rows))}
        for fault in sorted(rows):
            for row in rows[fault]:
                why[row].append(fault)
        table = typed[name]
        held[name] = HeldRows(why, table.filter(_is_among(table[ROW], why)), table.num_rows)
    return held


def _check_share(resource: Resource, typed: pa.Table, rows: Rows) -> Iterator[Problem]:
    share, delivered = resource.pipeline.quarantine.max_share, typed.num_rows
    held = pc.sum(_is_among(typed[ROW], _numbers_of(rows))).as_py() or 0
    if held <= Decimal(str(share)) * delivered and held < delivered:
        return
    note = ngettext(
        "{n} of {all} rows has something wrong, or refers to one that has; up to {share:.4g} % may be held "
        "back, so nothing is published",
        "{n} of {all} rows have something wrong, or refer to one that has; up to {share:.4g} % may be held "
        "back, so nothing is published",
        held,
        all=format_number(delivered),
        share=share * 100,
    )
    yield Problem("table-error", resource.name, note, code=EXCEEDED)


def _remainder(table: Table, rows: Rows) -> _Remainder:
    held = pa.array(sorted(_numbers_of(rows)), pa.int64())

    def stays(batch: pa.RecordBatch) -> pa.RecordBatch:
        among = pc.is_in(batch.column(0), value_set=held)
        return batch.filter(pc.invert(among)) if pc.any(among).as_py() else batch

    def batches() -> Iterator[pa.RecordBatch]:
        number = table.header_row + 1
        for batch in map(stays, table.batches()):
            if batch.num_rows:
                numbers = pa.array(range(number, number + batch.num_rows), pa.int64())
                yield pa.record_batch([numbers, *batch.columns[1:]], schema=batch.schema)
                number += batch.num_rows

    numbers = [stays(batch.select([0])).column(0) for batch in table.batches()]
    return _Remainder(
        replace(table, batches=batches, files=()),
        pa.concat_arrays(numbers) if numbers else pa.array([], pa.int64()),
    )


def _is_among(numbers: pa.Array, rows: Iterable[int]) -> pa.Array:
    return pc.is_in(numbers, value_set=pa.array(list(rows), pa.int64()))


def list_held_rows(archive: Archive, history: History) -> dict[str, Any]:
    """The rows of the agency's file that the current release holds back, with their cells: never for the
    public."""
    entry = find_release(history, None)
    file = entry.files.get(HELD)
    rows = read_parquet(archive.get(file.sha256)).to_pylist() if file else []
    return {
        "id": history.dataset,
        "version": str(entry.version),
        "rows": [{**row, "cells": json.loads(row["cells"])} for row in rows],
    }
