"""What a run makes of its inputs before it publishes anything: checks, differences, guards, a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from catalog.archive.changes.changes import Changes
from pipelines.release.build import CheckedTables, examine
from pipelines.release.guards.judge import GuardFindings, apply_guards
from pipelines.release.inputs import Inputs
from validation.report import Report

Verdict = Literal["published", "quarantined", "unchanged", "rejected"]


@dataclass(frozen=True)
class Evaluation:
    """The checked tables, what releasing them would change, and what the guards find unusual in that. There
    are no `changes`, and guards were not asked, where the checks found something critical."""

    inputs: Inputs
    checked: CheckedTables
    changes: Changes | None = None
    guards: GuardFindings = field(default_factory=GuardFindings)

    @property
    def report(self) -> Report:
        """What the checks and the guards found."""
        return self.checked.report.plus(self.guards.problems)

    @property
    def rows(self) -> dict[str, int]:
        return {name: table.num_rows for name, table in self.checked.tables.items()}

    @property
    def verdict(self) -> Verdict:
        """What a run would do with it. Guards are not heard where nothing would be published anyway."""
        if self.changes is None:
            return "rejected"
        if self.inputs.previous and self.changes.level is None:
            return "unchanged"
        if not self.report.valid:
            return "rejected"
        return "quarantined" if self.checked.held else "published"


def evaluate(inputs: Inputs, work: Path) -> Evaluation:
    """Reads, checks, compares and asks the guards; `work` is an empty folder for what does not stay."""
    checked = examine(inputs, work)
    if checked.changes is None:
        return Evaluation(inputs, checked)
    return Evaluation(inputs, checked, checked.changes, apply_guards(inputs, checked, checked.changes))
