"""What Prefect's artifacts tell the data team of a run: a line for each outcome, a page for each dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from messages import gettext as _
from pipelines.dataset.dataset import Dataset
from pipelines.release.outcome import Outcome

FIRST = 20


def outcome_row(outcome: Outcome) -> dict[str, Any]:
    """A line of the table artifact."""
    changes = "; ".join(
        f"{name}: +{c['added']} −{c['removed']} ~{c['changed']}" for name, c in outcome.changes.items()
    )
    return {
        _("dataset"): outcome.dataset,
        _("outcome"): outcome.outcome,
        _("version"): outcome.version or "",
        _("rows"): sum(outcome.rows.values()),
        _("problems"): outcome.problems,
        _("what changed"): changes,
        _("seconds"): outcome.seconds,
        _("message"): outcome.message,
    }


def outcomes_markdown(dataset: Dataset, outcomes: Sequence[Outcome]) -> str:
    """The reports of a dataset's outcomes: errors by table, type and field with their first rows, then
    warnings in words."""
    lines = [f"# {dataset.title}"]
    for outcome in outcomes:
        lines += ["", "## " + " ".join(filter(None, (outcome.outcome, outcome.version, outcome.as_of)))]
        lines += ["", outcome.message] if outcome.message else []
        checked = outcome.report.get("frictionless", {}).get("tasks", ())
        if places := _places(checked):
            names = (_("table"), _("problem"), _("field"), _("times"), _("first rows"))
            lines += ["", _line(names), _line(["---"] * len(names))]
            for place, rows in places.items():
                lines.append(_line([*place, str(len(rows)), ", ".join(map(str, rows[:FIRST]))]))
        if warnings := list(_warnings(checked)):
            lines += ["", *warnings]
    return "\n".join(lines)


def _places(checked: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], list[int | str]]:
    """The row numbers of errors by (table, type, field)."""
    found: dict[tuple[str, str, str], list[int | str]] = {}
    for table in checked:
        for error in table["errors"]:
            kind = (table["name"], error.get("code") or error["type"], error.get("fieldName", ""))
            found.setdefault(kind, []).append(error.get("rowNumber") or "–")
    return found


def _warnings(checked: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for table in checked:
        for warning in table["warnings"][:FIRST]:
            yield f"- {table['name']}: {warning}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
