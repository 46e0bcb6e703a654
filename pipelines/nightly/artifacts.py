"""What Prefect shows the data team of a night: a sentence, a line for each outcome, a page for each
dataset."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from messages import gettext as _
from messages import ngettext
from pipelines.dataset.dataset import Dataset
from pipelines.release.outcome import Outcome

FIRST = 20


def night_sentence(outcomes: Sequence[Outcome]) -> str:
    """How many outcomes there are; where some are not as they should be, which."""
    look = [outcome for outcome in outcomes if outcome.outcome not in ("published", "unchanged")]
    if not look:
        return ngettext("{n} outcome, all well", "{n} outcomes, all well", len(outcomes))
    told = ", ".join(f"{outcome.dataset} ({outcome.outcome})" for outcome in look)
    return ngettext(
        "{n} outcome needs a look: {told}", "{n} outcomes need a look: {told}", len(look), told=told
    )


def outcomes_sentence(outcomes: Iterable[Outcome]) -> str:
    """The outcomes of one dataset in a line."""
    return "; ".join(
        " ".join(filter(None, (outcome.outcome, outcome.version, outcome.message))) for outcome in outcomes
    )


def crash_outcome(dataset: Dataset, error: Exception) -> Outcome:
    """What an error of the program is to the data team; its traceback is in Prefect's log."""
    message = _(
        "Vereda itself broke ({why}); Prefect's log of this run has the details. Please report it.",
        why=f"{type(error).__name__}: {error}",
    )
    return Outcome(dataset.id, "failed", message, demo=dataset.demo)


def artifact_key(dataset: Dataset) -> str:
    """Prefect's keys are lower-case letters, digits and dashes."""
    return f"report-{re.sub('[^a-z0-9]+', '-', dataset.id)}"


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
