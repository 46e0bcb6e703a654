"""What is said, and privately kept, of extracts that are not published as they came."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from messages import ngettext
from pipelines.build import Checked, Inputs
from pipelines.guards.judge import contents
from pipelines.quarantine import EXCEEDED
from validation.words import sentence


def rejection(checked: Checked) -> str:
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
    """What the archive keeps of a run beside its answer; where guards stopped it, what `vereda accept` may let through."""
    repairs = {name: list(reading.repairs) for name, reading in checked.readings.items()}
    findings = {name: [asdict(finding) for finding in reading.findings] for name, reading in checked.readings.items()}
    unusual = {"unusual": [each.to_json() for each in checked.unusual]} if checked.unusual else {}
    stopped = {"stopped": contents(inputs.provenance["snapshots"])} if checked.unusual and not checked.report.valid else {}
    return {"frictionless": checked.report.to_descriptor(), "repairs": repairs, "findings": findings, **unusual, **stopped}
