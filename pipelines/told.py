"""What Prefect's artifacts tell of a run: a line for each outcome, a page for each dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from messages import gettext as _
from pipelines.dataset import Dataset
from pipelines.outcome import Outcome


def row(outcome: Outcome) -> dict[str, Any]:
    """A line of the table artifact."""
    changes = "; ".join(f"{name}: +{c['added']} −{c['removed']} ~{c['changed']}" for name, c in outcome.changes.items())
    return {
        _("dataset"): outcome.dataset,
        _("outcome"): outcome.outcome,
        _("version"): outcome.version or "",
        _("rows"): sum(outcome.rows.values()),
        _("problems"): outcome.problems,
        _("changes"): changes,
        _("seconds"): outcome.seconds,
        _("message"): outcome.message,
    }


def markdown(dataset: Dataset, outcomes: Sequence[Outcome]) -> str:
    """The reports of a dataset's outcomes: problems by kind and field, and places, never values."""
    lines = [f"# {dataset.title}"]
    for outcome in outcomes:
        lines += ["", f"## {outcome.as_of or ''} {outcome.outcome} {outcome.version or ''}".replace("  ", " "), "", outcome.message]
        found: dict[tuple[str, ...], list[int]] = {}
        for checked in outcome.report.get("frictionless", {}).get("tasks", ()):
            for error in checked["errors"]:
                kind = (checked["name"], error.get("code") or error["type"], error.get("fieldName") or "")
                found.setdefault(kind, []).append(error.get("rowNumber", 0))
        if found:
            names = (_("resource"), _("problem"), _("field"), _("times"), _("first rows"))
            lines += ["", "| " + " | ".join(names) + " |", "|---" * len(names) + "|"]
        for kind, rows in found.items():
            lines.append("| " + " | ".join([*kind, str(len(rows)), ", ".join(str(row) for row in rows[:20] if row)]) + " |")
    return "\n".join(lines)
