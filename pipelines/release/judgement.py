"""What a run needs to know of an evaluation: what becomes of the dataset, and the release if there is one;
its tables stay where they were judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from catalog.archive.release import Release
from pipelines.read.parts import read_part
from pipelines.release.draft import draft_release
from pipelines.release.evaluate import Evaluation, Verdict, conclude
from pipelines.release.guards.judge import GuardFindings
from pipelines.release.inputs import Inputs
from pipelines.release.outcome import (
    empty_delivery_sentences,
    join_sentences,
    private_report,
    publication_sentence,
    rejection_for_sender,
    rejection_sentence,
)
from pipelines.release.packing import write_change_lines, write_csv_part, write_groups
from pipelines.release.search import search_stretch
from pipelines.workers import PART, count_parts
from validation.fast.cells import examine_cells


@dataclass(frozen=True)
class Judgement:
    """`report` is what the archive keeps of it; `release` has its files in the folder where it was judged.
    `message` and `for_sender` are what there is to say (see Outcome). `unreadable` are the tables of which
    the file could not be read, `at_fault` those in which something stops the release. `shared` is as in
    Outcome."""

    verdict: Verdict
    rows: Mapping[str, int]
    problems: int
    report: Mapping[str, Any]
    message: str
    for_sender: str = ""
    release: Release | None = None
    changes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    untraced: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    at_fault: tuple[str, ...] = ()
    shared: Mapping[str, Any] = field(default_factory=dict)


def judge(inputs: Inputs, work: Path) -> Judgement:
    """Evaluates, and drafts the release where there is to be one; `work` is an empty folder for it. Raises
    DatasetError."""
    return conclude(inputs, work, _sum_up)


PARTS = {
    read_part: "read",
    examine_cells: "check",
    search_stretch: "search",
    write_change_lines: "changes",
    write_csv_part: "csv",
    write_groups: "parquet",
}
"""What workers do with parts, by name."""


def _sum_up(evaluation: Evaluation, work: Path) -> Judgement:
    """The judgement, in the process of the evaluation."""
    found = _judge_evaluation(evaluation, work)
    return replace(found, shared=_describe_sharing(evaluation)) if evaluation.inputs.limits.dask else found


def _describe_sharing(evaluation: Evaluation) -> dict[str, Any]:
    """How much of the work was shared; nothing where all tables are small."""
    inputs, readings = evaluation.inputs, evaluation.checked.readings
    large = [name for name in readings if inputs.file_of(name).stat().st_size > PART]
    done = Counter(count_parts())
    for reading in readings.values():
        done.update(reading.parts)
    parts = {name: done[each.__name__] for each, name in PARTS.items() if done[each.__name__]}
    whole = [name for name in large if not readings[name].parts.get(read_part.__name__)]
    return {"parts": parts, "whole": whole} if large or parts else {}


def _judge_evaluation(evaluation: Evaluation, work: Path) -> Judgement:
    verdict = evaluation.verdict
    if verdict == "unchanged":
        evaluation = replace(evaluation, guards=GuardFindings())
    found = Judgement(
        verdict,
        evaluation.rows,
        evaluation.plain_report.total,
        private_report(evaluation),
        join_sentences(*empty_delivery_sentences(evaluation)) if verdict == "unchanged" else "",
    )
    if verdict == "unchanged":
        return found
    if verdict == "rejected":
        message, for_sender = rejection_sentence(evaluation), rejection_for_sender(evaluation)
        readings = evaluation.checked.readings
        unreadable = tuple(name for name, reading in readings.items() if reading.table is None)
        at_fault = {
            problem.resource for problem in evaluation.report.problems if problem.severity == "critical"
        }
        found = replace(found, unreadable=unreadable, at_fault=tuple(sorted(at_fault)))
        return replace(found, message=message, for_sender=for_sender)
    return replace(
        found,
        message=publication_sentence(evaluation),
        for_sender=publication_sentence(evaluation, for_sender=True),
        release=draft_release(evaluation, work / "release"),
        changes=evaluation.changes.totals() if evaluation.changes else {},
        untraced=evaluation.changes.untraced if evaluation.changes else (),
    )
