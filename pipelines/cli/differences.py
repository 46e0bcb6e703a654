"""What differs between two tables, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from messages import gettext as _
from messages.formats import format_number
from pipelines.cli.tables import plain_table
from pipelines.release.difference import Difference, examples

SHOWN = 10
WIDE = 300


def difference_lines(found: Difference) -> Iterator[Any]:
    """What was compared and by which key, what changed in sentences, and the first changes of each kind."""
    yield f"{found.before.told} → {found.after.told}"
    if found.changes.unchanged:
        yield "  " + _("Nothing differs.")
        return
    summary = found.changes.summary()
    for name, key in found.keys.items():
        if key:
            yield "  " + _("{table}: rows are matched by {columns}.", table=name, columns=", ".join(key))
        else:
            yield "  " + _("{table}: no column tells the rows apart; whole rows are compared.", table=name)
    for name, changes in summary.items():
        yield from (f"  {sentence}" for sentence in _sentences(name, changes))
    untraced = {name for name, changes in summary.items() if changes.get("untraced")}
    lines = [_describe_line(line, untraced) for line in examples(found.changes, SHOWN)]
    if lines:
        yield plain_table(
            [_("table"), _("change"), _("key"), _("column"), _("before"), _("after")], lines, folds=4
        )


def _sentences(table: str, changes: Mapping[str, Any]) -> Iterator[str]:
    """How many rows and cells differ, and which columns are on one side alone."""
    counts = {name: format_number(n) for name, n in (*changes["rows"].items(), ("cells", changes["cells"]))}
    if changes.get("untraced"):
        yield _(
            "{table}: rows that cannot be followed, and of which some may be the same: {removed} of the "
            "first, {added} of the second. In both, with other cells: {changed} (cells: {cells}).",
            table=table,
            **counts,
        )
    else:
        yield _(
            "{table}: rows only in the second: {added}; only in the first: {removed}; in both, with other "
            "cells: {changed} (cells: {cells}).",
            table=table,
            **counts,
        )
    if gone := changes["fields"]["removed"]:
        yield _("{table}: columns only in the first: {columns}.", table=table, columns=", ".join(gone))
    if new := changes["fields"]["added"]:
        yield _("{table}: columns only in the second: {columns}.", table=table, columns=", ".join(new))


def _describe_line(line: Mapping[str, Any], untraced: Collection[str]) -> list[str]:
    change = {
        "cell-changed": _("other cell"),
        "row-added": _("new row"),
        "row-removed": _("row gone"),
    }
    if line["resource"] in untraced:
        change |= {
            "row-added": _("row of now, not followed"),
            "row-removed": _("row of before, not followed"),
        }
    cells = [
        line["resource"],
        change[line["change"]],
        *(line[name] or "" for name in ("key", "field", "before", "after")),
    ]
    return [cell if len(cell) <= WIDE else cell[:WIDE] + "…" for cell in cells]
