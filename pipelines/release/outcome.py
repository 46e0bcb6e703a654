"""What became of a dataset in a run.

What is said, and privately kept, of extracts that are not published as they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from messages import ngettext
from pipelines.release.guards.judge import contents
from pipelines.release.inputs import Checked, Inputs
from pipelines.release.quarantine import EXCEEDED
from validation.problems.notes import sentence

Word = Literal["published", "unchanged", "quarantined", "rejected", "failed"]


@dataclass(frozen=True)
class Outcome:
    """`rows` and `changes` are by resource; `problems` counts all, warnings too; `demo`: the rows are
    invented; `message` says in a sentence what happened and what to do; `report` holds the first problems
    with their values: it stays private."""

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

    def to_json(self) -> dict[str, Any]:
        """As `--json` shows it (the contract's "run"); without the report."""
        names = (
            "dataset",
            "demo",
            "outcome",
            "version",
            "previous",
            "step",
            "as_of",
            "rows",
            "problems",
            "changes",
            "seconds",
            "message",
        )
        shown = {name: getattr(self, name) for name in names}
        return {"asOf" if name == "as_of" else name: value for name, value in shown.items()}


def exit_status(outcomes: Iterable[Outcome]) -> int:
    """3 where something outside failed, else 1 where data was rejected or quarantined, else 0."""
    words = {outcome.outcome for outcome in outcomes}
    if "failed" in words:
        return 3
    return 1 if words & {"rejected", "quarantined"} else 0


def rejection_sentence(checked: Checked) -> str:
    """The first thing that is wrong and how many there are; the whole list is one command away."""
    critical = [problem for problem in checked.report.problems if problem.severity == "critical"]
    first = min(critical, key=lambda problem: problem.code != EXCEEDED)
    more = sum(count for kind, count in checked.report.counts.items() if kind.severity == "critical") - 1
    if not more:
        return sentence(first)
    return ngettext(
        "{first} (and {n} more problem; `vereda check` lists all)",
        "{first} (and {n} more problems; `vereda check` lists all)",
        more,
        first=sentence(first),
    )


def private_report(inputs: Inputs, checked: Checked) -> dict[str, Any]:
    """What the archive keeps of a run beside its answer; where guards stopped it, what `vereda accept` may
    let through."""
    repairs = {name: list(reading.repairs) for name, reading in checked.readings.items()}
    findings = {
        name: [asdict(finding) for finding in reading.findings] for name, reading in checked.readings.items()
    }
    unusual = {"unusual": [each.to_json() for each in checked.unusual]} if checked.unusual else {}
    stopped = (
        {"stopped": contents(inputs.provenance["snapshots"])}
        if checked.unusual and not checked.report.valid
        else {}
    )
    return {
        "frictionless": checked.report.to_descriptor(),
        "repairs": repairs,
        "findings": findings,
        **unusual,
        **stopped,
    }
