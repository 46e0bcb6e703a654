"""Answers as tables and sentences for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text
from validation.words import remedy, title

from messages import gettext as _
from messages import ngettext
from pipelines.outcome import Outcome
from validation.report import Report

COLOURS = {"published": "green", "unchanged": "dim", "quarantined": "yellow", "rejected": "red", "failed": "bold red"}
EXAMPLES = 3


def console() -> Console:
    return Console(highlight=False, soft_wrap=False)


def grid(headings: Sequence[str], rows: Iterable[Sequence[Any]], numbers: Sequence[int] = ()) -> Grid:
    """A plain table; the columns in `numbers` are set to the right."""
    table = Grid(box=None, pad_edge=False, header_style="bold")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text("" if cell is None else str(cell)) for cell in row))
    return table


def outcome_line(dataset: str, outcome: Outcome) -> Text:
    """A line of progress: one dataset is done."""
    word = Text(outcome.outcome, style=COLOURS[outcome.outcome])
    return Text.assemble("  ", dataset, " ", outcome.version or "", ": ", word)


def outcomes_table(outcomes: Iterable[Outcome]) -> Grid:
    """Dataset, outcome, version, rows, problems, what changed, time."""
    headings = [_("dataset"), _("outcome"), _("version"), _("data of"), _("rows"), _("problems"), _("changes"), _("seconds")]
    rows = [
        (
            o.dataset,
            Text(o.outcome, style=COLOURS[o.outcome]),
            o.version or "",
            o.as_of or "",
            sum(o.rows.values()),
            o.problems,
            _counts(o.changes),
            f"{o.seconds:.1f}",
        )
        for o in outcomes
    ]
    return grid(headings, rows, numbers=(4, 5, 7))


def _counts(changes: Mapping[str, Mapping[str, int]]) -> str:
    """+added −removed ~changed rows, over all tables."""
    totals = {key: sum(change[key] for change in changes.values()) for key in ("added", "removed", "changed")}
    return " ".join(f"{sign}{totals[key]}" for sign, key in (("+", "added"), ("−", "removed"), ("~", "changed")) if totals[key])


def report_lines(report: Report) -> Iterable[Text | Grid]:
    """The problems of a check, grouped by kind and field, each with its first rows and what to do."""
    for kind, count in report.counts.items():
        found = [problem for problem in report.problems if problem.kind == kind]
        style = "red" if kind.severity == "critical" else "yellow"
        place = f"{kind.resource} · {kind.field}" if kind.field else kind.resource
        times = ngettext("{n} time", "{n} times", count)
        yield Text.assemble((title(kind.code or kind.type), style), f" · {place} · {times}")
        for problem in found[:EXAMPLES]:
            yield Text(f"    {_where(problem.row, problem.cell)}{problem.note}")
        yield Text.assemble("    → ", remedy(found[0]))


def _where(row: int | None, cell: str | None) -> str:
    if row is None:
        return ""
    return _("row {row}, “{cell}”: ", row=row, cell=cell[:80]) if cell else _("row {row}: ", row=row)
