"""What became of a dataset in a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Word = Literal["published", "unchanged", "quarantined", "rejected", "failed"]


@dataclass(frozen=True)
class Outcome:
    """`rows` and `changes` are by resource; `problems` counts all, warnings too; `demo`: the rows are invented; `message` says in a
    sentence what happened and what to do; `report` holds the first problems with their values: it stays private."""

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
        names = ("dataset", "demo", "outcome", "version", "previous", "step", "as_of", "rows", "problems", "changes", "seconds", "message")
        shown = {name: getattr(self, name) for name in names}
        return {"asOf" if name == "as_of" else name: value for name, value in shown.items()}


def exit_status(outcomes: Iterable[Outcome]) -> int:
    """3 where something outside failed, else 1 where data was rejected or quarantined, else 0."""
    words = {outcome.outcome for outcome in outcomes}
    if "failed" in words:
        return 3
    return 1 if words & {"rejected", "quarantined"} else 0
