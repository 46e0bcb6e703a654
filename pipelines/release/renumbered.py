"""Keys that were numbered anew: a number stands for another row than in the release before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import pyarrow as pa

from catalog.archive.changes.renumbering import Renumbering, find_renumbering
from messages import gettext as _
from pipelines.dataset.dataset import Resource
from pipelines.release.inputs import Inputs
from pipelines.release.merge import Merger
from validation.report import Problem
from validation.table import ROW


def find_renumbered_keys(
    inputs: Inputs,
    tables: Mapping[str, pa.Table],
    mergers: Mapping[str, Merger],
    label_of: Callable[[str, str], str | None],
) -> Iterator[Problem]:
    """Keys that stand for other rows than in the release before; `label_of` gives the label of a field in the
    file, by resource and field."""
    for resource in inputs.dataset.resources:
        key = resource.primary_key
        before = inputs.previous.tables.get(resource.name) if inputs.previous and key else None
        if before is None or not set(key) <= set(before.column_names):
            continue
        if resource.name in mergers and _mostly_stayed(before, mergers[resource.name].gone):
            continue
        found = find_renumbering(before, tables[resource.name].drop_columns([ROW]), key)
        if found is not None:
            yield _renumbered_key(resource, found, partial(label_of, resource.name))


def _mostly_stayed(before: pa.Table, gone: pa.Table) -> bool:
    """Whether half of what was there, in each column, is still under its key."""
    filled = [(len(before[name]), before[name].null_count, gone[name]) for name in before.column_names]
    return all(2 * (len(left) - left.null_count) <= rows - empty for rows, empty, left in filled) and (
        2 * gone.num_rows <= before.num_rows
    )


def _renumbered_key(resource: Resource, found: Renumbering, label_of: Callable[[str], str | None]) -> Problem:
    key, first = resource.primary_key, found.columns[0]
    note = _(
        "{what}; ask the agency for an identifier that stays, or take primaryKey out of the schema",
        what=_renumbering_sentence(found, key, first.column),
    )
    labels = [label_of(name) or name for name in key]
    column = first.column and (label_of(first.column) or first.column)
    for_sender = _renumbering_sentence(found, labels, column)
    named = ", ".join(key)
    return Problem(
        "table-error", resource.name, note, code="keys-renumbered", field=named, for_sender=for_sender
    )


def _renumbering_sentence(found: Renumbering, key: Sequence[str], column: str | None) -> str:
    return _(
        "the key {key} was numbered anew: of the values of {column}, {found:.0%} are there again, but only "
        "{kept:.0%} under their key (“{value}” had {before}, now has {after})",
        key=", ".join(key),
        column=column or _("the whole row"),
        found=found.columns[0].found,
        kept=found.columns[0].kept,
        **found.example,
    )
