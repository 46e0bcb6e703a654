"""What became of a dataset in a run: a word, a sentence for people, and what the archive keeps of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Literal

import pyarrow.compute as pc

from catalog.archive.archive import Archive
from catalog.archive.release import Damaged
from catalog.archive.store import ArchiveError
from messages import gettext as _
from messages import ngettext
from pipelines.dataset.dataset import Resource
from pipelines.dataset.periods import period_label, periods_of_values
from pipelines.fetch.snapshot import Snapshot
from pipelines.release.checked import label_in_file
from pipelines.release.evaluate import Evaluation
from pipelines.release.inputs import identify_extracts, rows_before
from pipelines.release.matching import rows_among
from pipelines.release.quarantine import EXCEEDED, held_sentences, quarantined_sentence
from pipelines.release.still_held import file_periods, still_held_counts
from validation.problems.notes import sentence, sentence_for_sender
from validation.report import Problem
from validation.table import ROW

Word = Literal["published", "unchanged", "quarantined", "rejected", "failed"]


@dataclass(frozen=True)
class Outcome:
    """`rows` and `changes` are by resource; `problems` counts all that people are told, warnings too; `demo`:
    the rows are invented; `message` says in a sentence what happened and what to do; `report` holds the first
    problems with their values: it stays private. `untraced` names the resources of which nothing tells which
    rows added and removed are the same. `receipts` are the numbers of what was handed in and judged here, and
    `basis` stands for all else that it was judged by; `inputs` stands for all that an outcome came of which
    need not be computed again. `for_sender` is what whoever handed the file in reads in place of `message`,
    without declarations and commands; `unreadable` are those of the `receipts` whose files could not be read.
    `transient`: trying again may be enough. `shared` tells how a large table was worked on where a Dask
    scheduler was named: how many `parts` of it workers took, by what they did, and which tables were read
    `whole`. `awaiting`: nothing was ever handed in of it, so that there is nothing to release yet. `at_fault`
    are the receipts in whose files something stopped the others of the same run."""

    dataset: str
    outcome: Word
    message: str = ""
    version: str | None = None
    previous: str | None = None
    step: str | None = None
    as_of: str | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    problems: int = 0
    changes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    seconds: float = 0.0
    demo: bool = False
    report: Mapping[str, Any] = field(default_factory=dict, repr=False)
    receipts: tuple[int, ...] = ()
    untraced: tuple[str, ...] = ()
    basis: str = ""
    inputs: str = ""
    for_sender: str = ""
    unreadable: tuple[int, ...] = ()
    transient: bool = False
    shared: Mapping[str, Any] = field(default_factory=dict)
    awaiting: bool = False
    at_fault: tuple[int, ...] = ()

    @property
    def kind(self) -> str:
        """As what it is counted and shown: a dataset that waits for its first file is not `unchanged`."""
        return "awaiting" if self.awaiting else self.outcome

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to tell of it."""
        return self.outcome == "unchanged" and not self.message

    def to_json(self) -> dict[str, Any]:
        """As `--json` shows it (the contract's "run"); without the report."""
        return {
            "dataset": self.dataset,
            "demo": self.demo,
            "outcome": self.outcome,
            "version": self.version,
            "previous": self.previous,
            "step": self.step,
            "asOf": self.as_of,
            "rows": self.rows,
            "problems": self.problems,
            "changes": self.changes,
            "seconds": self.seconds,
            "message": self.message,
            "receipts": list(self.receipts),
            **({"untraced": list(self.untraced)} if self.untraced else {}),
            **({"shared": dict(self.shared)} if self.shared else {}),
            **({"awaiting": True} if self.awaiting else {}),
        }


def recall_outcome(kept: Mapping[str, Any]) -> Outcome:
    """The outcome of which a record under `runs/` tells."""
    names = (
        *("dataset", "outcome", "message", "version", "previous", "step", "rows", "problems", "changes"),
        *("seconds", "demo", "report", "basis", "inputs"),
    )
    return Outcome(
        **{name: kept[name] for name in names if kept.get(name) is not None},
        as_of=kept.get("asOf"),
        receipts=tuple(kept.get("receipts", ())),
        untraced=tuple(kept.get("untraced", ())),
        for_sender=kept.get("forSender", ""),
        unreadable=tuple(kept.get("unreadable", ())),
    )


def exit_status(outcomes: Iterable[Outcome]) -> int:
    """3 where something outside failed, else 1 where data was rejected or quarantined, else 0."""
    words = {outcome.outcome for outcome in outcomes}
    if "failed" in words:
        return 3
    return 1 if words & {"rejected", "quarantined"} else 0


def without_problems(outcome: Outcome) -> Outcome:
    """The outcome without the problems and their values, which its own record keeps and which may be large;
    that guards stopped it stays."""
    if not outcome.report:
        return outcome
    return replace(outcome, report={key: each for key, each in outcome.report.items() if key == "stopped"})


def record_outcome(outcome: Outcome, archive: Archive, at: datetime, run_id: str) -> Outcome:
    """Keeps the outcome under `runs/<id>/`; of those that are `unchanged` on end, by the same inputs, only
    the first, since the run's own record tells of all. One that came to no version has the one that stays.
    Where even that fails, the outcome says so: nothing outside may hide what became of the data."""
    outcome = _with_standing_version(outcome, archive)
    record = {
        "run": run_id,
        "at": at.isoformat(timespec="seconds"),
        **outcome.to_json(),
        "basis": outcome.basis,
        "inputs": outcome.inputs,
        "forSender": outcome.for_sender,
        "unreadable": outcome.unreadable,
        "report": outcome.report,
    }
    try:
        if outcome.outcome == "unchanged" and not outcome.receipts and _is_known(archive, outcome):
            return outcome
        archive.record(outcome.dataset, json.loads(json.dumps(record, default=str)))
    except (ArchiveError, Damaged) as error:  # no room
        return replace(outcome, outcome="failed", message=outcome.message or str(error))
    except ValueError as error:  # a folder whose name cannot be an id
        return replace(outcome, message=outcome.message or str(error))
    return outcome


def _with_standing_version(outcome: Outcome, archive: Archive) -> Outcome:
    """With the version that is public now, as far as the archive can tell."""
    with suppress(ArchiveError, Damaged, ValueError):
        if outcome.version is None and (current := archive.history(outcome.dataset, outcome.demo).current):
            return replace(outcome, version=str(current.version), previous=str(current.version))
    return outcome


def _is_known(archive: Archive, outcome: Outcome) -> bool:
    last = archive.last_run(outcome.dataset)
    if last is None or last.get("outcome") not in ("published", "unchanged") or "log" not in last:
        return False  # of an earlier Vereda: entries have no copies yet
    return not outcome.inputs or last.get("inputs") == outcome.inputs


def recall_unchanged(archive: Archive, as_before: Outcome, inputs: str) -> Outcome | None:
    """What the last recorded run found of the same inputs, where that was that nothing changes: after a new
    Vereda, say, the first night computes it anew, and the others need not. `as_before` has the version that
    is current. Raises ArchiveError."""
    last: Mapping[str, Any] = {}
    with suppress(Damaged):  # then it is computed again
        last = archive.last_run(as_before.dataset) or {}
    told = (last.get("outcome"), last.get("inputs"), last.get("version"), last.get("message"))
    if told != ("unchanged", inputs, as_before.version, as_before.message):
        return None
    return replace(as_before, rows=last["rows"], problems=last["problems"], inputs=inputs)


def private_report(evaluation: Evaluation) -> dict[str, Any]:
    """What the archive keeps of a run beside its answer; where guards stopped it, what `vereda accept` may
    let through."""
    readings = evaluation.checked.readings
    unusual = [each.to_json() for each in evaluation.guards.unusual]
    report: dict[str, Any] = {
        "frictionless": evaluation.report.to_descriptor(),
        "repairs": {name: list(reading.repairs) for name, reading in readings.items()},
        "findings": {name: [asdict(each) for each in reading.findings] for name, reading in readings.items()},
    }
    if any(find_empty_deliveries(evaluation)):
        report["empty"] = True
    if periods := dict(_periods_told(evaluation)):
        report["periods"] = periods
    if unusual:
        report["unusual"] = unusual
        if not evaluation.report.valid:
            report["stopped"] = identify_extracts(evaluation.inputs.provenance["snapshots"])
            report["handedIn"] = {
                name: snapshot.receipt
                for name, snapshot in evaluation.inputs.snapshots.items()
                if snapshot.receipt
            }
    return report


def _periods_told(evaluation: Evaluation) -> Iterator[tuple[str, list[str]]]:
    """Of each table that was handed in by period: the periods of which its file tells."""
    inputs = evaluation.inputs
    for resource in inputs.dataset.resources:
        table = evaluation.checked.tables.get(resource.name)
        by_period = resource.pipeline.extract.mode == "by-period"
        if by_period and table is not None and inputs.snapshots[resource.name].receipt:
            yield resource.name, file_periods(inputs, resource, table.filter(pc.is_valid(table[ROW])))


def join_sentences(*sentences: str) -> str:
    *first, last = list(filter(None, sentences)) or [""]
    return "; ".join([*(each.removesuffix(".") for each in first), last])


def rejection_sentence(evaluation: Evaluation) -> str:
    """The first thing that is wrong and how many there are; the whole list is one command away."""
    first, more = _tell_critical(evaluation, sentence)
    if not more:
        return first
    return ngettext(
        "{first} (and {n} more problem; `vereda check` lists all)",
        "{first} (and {n} more problems; `vereda check` lists all)",
        more,
        first=first,
    )


def rejection_for_sender(evaluation: Evaluation) -> str:
    """Likewise, for whoever handed the file in: the column by its label there, and nothing about declarations
    and commands."""
    readings = evaluation.checked.readings

    def tell(problem: Problem) -> str:
        label = label_in_file(readings, problem.resource, problem.field) if problem.field else None
        return sentence_for_sender(problem, label)

    first, more = _tell_critical(evaluation, tell)
    if not more:
        return first
    return ngettext("{first} (and {n} more problem)", "{first} (and {n} more problems)", more, first=first)


def _tell_critical(evaluation: Evaluation, tell: Callable[[Problem], str]) -> tuple[str, int]:
    """What stops a release first, as `tell` says it, and how many more problems there are, each once. Where
    too many rows are wrong to be held back, that names none of them: the most frequent is told, too."""
    report = evaluation.plain_report
    critical = [problem for problem in report.problems if problem.severity == "critical"]
    first = min(critical, key=lambda problem: problem.code != EXCEEDED)
    more = sum(n for kind, n in report.counts.items() if kind.severity == "critical") - 1
    others = [problem for problem in critical if problem.code != EXCEEDED]
    if first.code != EXCEEDED or not others:
        return tell(first), more
    example = max(others, key=lambda problem: report.counts.get(problem.kind, 0))
    told = _("{first}; above all: {cause}", first=tell(first).removesuffix("."), cause=tell(example))
    return told, more - 1


def find_empty_deliveries(evaluation: Evaluation) -> Iterator[Snapshot]:
    """The files that were handed in and hold no row."""
    for name, snapshot in evaluation.inputs.snapshots.items():
        table = evaluation.checked.tables.get(name)
        if snapshot.receipt is not None and table is not None and not pc.any(pc.is_valid(table[ROW])).as_py():
            yield snapshot


def empty_delivery_sentences(evaluation: Evaluation) -> Iterator[str]:
    """What there is to say of files that were handed in and hold no row, which changes nothing."""
    for snapshot in find_empty_deliveries(evaluation):
        yield _(
            "{name} has no rows, so that it adds and replaces nothing; send it again with its rows",
            name=snapshot.source,
        )


def publication_sentence(evaluation: Evaluation, *, for_sender: bool = False) -> str:
    """What there is to say of a release: rows that were held back, periods that were handed in again, rows
    that the source has no more. To its sender no command is told."""
    dataset = evaluation.inputs.dataset
    replaced = [_replaced_sentence(evaluation, resource) for resource in dataset.resources]
    replaced += [_vanished_sentence(evaluation, resource) for resource in dataset.resources]
    checked = evaluation.checked
    earlier = list(still_held_counts(checked.earlier))
    if for_sender:
        said = held_sentences(checked.held, partial(label_in_file, checked.readings))
        return join_sentences(*said, *earlier, *replaced)
    return join_sentences(quarantined_sentence(dataset.id, checked.held, earlier), *replaced)


def _replaced_sentence(evaluation: Evaluation, resource: Resource) -> str:
    """Which periods were there already, and are now as they were handed in last."""
    periodicity = evaluation.inputs.dataset.pipeline.accrual_periodicity
    totals = evaluation.changes.totals()[resource.name] if evaluation.changes else {}
    if not (totals.get("removed") or totals.get("changed")):
        return ""
    names = [period_label(each, periodicity) for each in _periods_again(evaluation, resource)]
    if not names:
        return ""
    return _(
        "{periods} was there already: the file handed in last counts, the archive keeps both",
        periods=", ".join(names),
    )


def _vanished_sentence(evaluation: Evaluation, resource: Resource) -> str:
    """How many rows the source has no more since the release before."""
    field_, before = resource.pipeline.extract.vanished, rows_before(evaluation.inputs, resource)
    if field_ is None or before is None or field_ not in before.column_names:
        return ""
    table = evaluation.checked.tables[resource.name]
    gone, known = (each.filter(pc.is_valid(each[field_])) for each in (table, before))
    n = gone.num_rows - int(rows_among(gone, known, resource.primary_key).sum())
    if not n:
        return ""
    return ngettext(
        "{n} row that the source has no more stays, with the day in {field}",
        "{n} rows that the source has no more stay, with the day in {field}",
        n,
        field=field_,
    )


def _periods_again(evaluation: Evaluation, resource: Resource) -> Iterator[str]:
    """The periods of what was handed in that the release before has as well."""
    inputs, field_ = evaluation.inputs, resource.pipeline.extract.field
    if field_ is None or inputs.snapshots[resource.name].receipt is None:
        return
    before = rows_before(inputs, resource)
    if before is None or field_ not in before.column_names:
        return
    table, periodicity = evaluation.checked.tables[resource.name], inputs.dataset.pipeline.accrual_periodicity
    sent = periods_of_values(table.filter(pc.is_valid(table[ROW]))[field_], periodicity).to_pylist()
    there = periods_of_values(before[field_], periodicity).to_pylist()
    yield from sorted(set(there) & set(sent) - {None})
