"""An extract against the releases before it: what is unusual, and whether that stops the run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.changes.changes import Changes
from catalog.archive.published import Previous
from catalog.archive.release import Entry, History
from messages import gettext as _
from messages import ngettext
from pipelines.dataset.dataset import Resource
from pipelines.dataset.periods import count_periods, period_label
from pipelines.dataset.sources import (
    CkanSource,
    DataJsonSource,
    DerivedSource,
    FileSource,
    HttpSource,
    InboxSource,
)
from pipelines.release.checked import CheckedTables, label_in_file
from pipelines.release.guards.columns import measure_columns, measure_emptied
from pipelines.release.guards.measure import EXTREME, Case, Past, Unusual, levels_of
from pipelines.release.guards.months import measure_dates, measure_periods
from pipelines.release.guards.profile import Profile, profile_table
from pipelines.release.guards.tables import (
    measure_remarks,
    measure_rows,
    measure_small_table,
    repeated_rows,
)
from pipelines.release.inputs import Inputs, identify_extracts, rows_before
from pipelines.release.merge import present_rows
from validation.report import Problem, Severity
from validation.table import ROW

PEOPLE = (FileSource, HttpSource, InboxSource)
"""Sources whose extracts somebody makes."""
FILE = "profile.json"
"""The private file of a release with the profiles of its tables."""
RELEASES = 12
"""How many releases a guard learns from."""
LEAST = 20
"""Rows that the release before must have: of fewer, chance says too much, and only rows that are gone and
columns that are empty are looked at."""
SEVERAL, A_QUARTER = 3, 4
"""Warnings add up where three columns or more, and a quarter of the table's, are unusual together; and there
are three releases to learn from. One that is extreme stops the run alone."""


@dataclass(frozen=True)
class GuardFindings:
    """The profile of each table, for the releases to come; what is unusual, a warning each; and the critical
    problem where that stops the run. `empty`: what is to be said of tables that begin without a row."""

    profiles: Mapping[str, Profile] = field(default_factory=dict)
    unusual: tuple[Unusual, ...] = ()
    stop: Problem | None = None
    empty: tuple[Problem, ...] = ()

    @property
    def problems(self) -> list[Problem]:
        warnings = [*self.empty, *(unusual.problem for unusual in self.unusual)]
        return [*warnings, self.stop] if self.stop else warnings


def apply_guards(inputs: Inputs, checked: CheckedTables, changes: Changes) -> GuardFindings:
    """Compares the checked tables with those of the releases before."""
    resources = inputs.dataset.resources
    profiles = {r.name: _profile(inputs, checked, r, changes) for r in resources}
    found = [unusual for r in resources for unusual in _find_unusual(inputs, checked, r, profiles[r.name])]
    stopping = stops(found, {name: len(each.columns) for name, each in profiles.items()})
    accepted = bool(stopping) and is_accepted(inputs, {each.resource for each in stopping})
    stop = _stop(inputs.dataset.id, stopping) if stopping and not accepted else None
    return GuardFindings(profiles, tuple(found), stop, tuple(_find_empty_beginnings(inputs, checked)))


def _find_empty_beginnings(inputs: Inputs, checked: CheckedTables) -> Iterator[Problem]:
    """Tables whose first files have no row. A dataset begins with its first row: where it has none at all,
    nothing is released; where others of its tables have some, the empty one is told, and so is one whose
    file lies beside its declaration, kept by whoever declares it. What an interface or a query answers may
    well be nothing yet."""
    if inputs.previous is not None:
        return
    files = [r for r in inputs.dataset.resources if isinstance(r.pipeline.source, PEOPLE)]
    nothing = not any(table.num_rows for table in checked.tables.values())
    nothing = nothing and not all(isinstance(r.pipeline.source, FileSource) for r in files)
    for resource in files:
        if not checked.tables[resource.name].num_rows:
            note = _("the file has a header, and no rows")
            grave: Severity = "critical" if nothing else "warning"
            yield Problem("table-error", resource.name, note, code="no-rows", severity=grave)


def stops(found: Sequence[Unusual], columns: Mapping[str, int]) -> list[Unusual]:
    """What stops the run, the most unusual first: measures that are extreme, or many of one table that add
    up. `columns` counts those of each table."""
    extreme = [unusual for unusual in found if unusual.stops]
    for resource, width in columns.items():
        mine = [unusual for unusual in found if unusual.resource == resource and unusual.releases >= SEVERAL]
        places = {unusual.field for unusual in mine}
        if len(places) >= max(SEVERAL, ceil((width + 1) / A_QUARTER)):
            extreme += [unusual for unusual in mine if not unusual.stops]
    return sorted(extreme, key=lambda unusual: (not unusual.stops, -unusual.times))


def is_accepted(inputs: Inputs, resources: Set[str]) -> bool:
    """Whether someone accepted exactly these extracts, of the tables that are meant, since the last release;
    of what was handed in, since the last release of them (others may have been released in between)."""
    given = {name: vars(snapshot) for name, snapshot in inputs.snapshots.items() if name in resources}
    extracts = identify_extracts(given)
    handed = any(snapshot.receipt for snapshot in inputs.snapshots.values())

    def are_those_of(snapshots: Mapping[str, Any]) -> bool:
        return {name: each for name, each in snapshots.items() if name in resources} == extracts

    for entry in reversed(inputs.history.entries):
        if entry.kind == "release" and (
            not handed or are_those_of(identify_extracts(entry.provenance["snapshots"]))
        ):
            return False
        if entry.kind == "accept" and are_those_of(entry.provenance["snapshots"]):
            return True
    return False


def _stop(dataset: str, stopped: Sequence[Unusual]) -> Problem:
    first = stopped[0]
    more = _(" (and {n} more)", n=len(stopped) - 3) if len(stopped) > 3 else ""
    way_out = _(
        "if the extract is right, {command} lets this one through; if not, ask the agency for it again",
        command=f'`vereda accept {dataset} --because "…"`',
    )
    n = max(unusual.releases for unusual in stopped)

    def known(notes: Iterable[str]) -> str:
        return ngettext(
            "{notes}{more}, after {n} release",
            "{notes}{more}, after {n} releases",
            n,
            notes="; ".join(notes),
            more=more,
        )

    note = f"{known(unusual.note for unusual in stopped[:3])}; {way_out}"
    for_sender = known(unusual.for_sender or unusual.note for unusual in stopped[:3])
    return Problem("table-error", first.resource, note, code="unusual-extract", for_sender=for_sender)


def _profile(inputs: Inputs, checked: CheckedTables, resource: Resource, changes: Changes) -> Profile:
    table = checked.tables[resource.name]
    table = present_rows(table, resource)
    delivered = table.filter(pc.is_valid(table[ROW])) if resource.pipeline.extract.mode != "full" else table
    day = inputs.snapshots[resource.name].as_of or inputs.at[:10]
    removed = changes.totals().get(resource.name, {}).get("removed", 0)
    remarks = _remarks(checked, resource.name)
    day_of = date.fromisoformat(day) if day else None
    return profile_table(
        delivered.drop_columns([ROW]), day_of, total=table.num_rows, removed=removed, remarks=remarks
    )


def _remarks(checked: CheckedTables, resource: str) -> dict[str, int]:
    """Warnings and repairs by "what|kind|field"."""
    counted = {
        f"warnings|{kind.code or kind.type}|{kind.field or ''}": count
        for kind, count in checked.report.counts.items()
        if kind.resource == resource and kind.severity == "warning" and kind.code != "expectation"
    }
    for each in checked.expectations:  # one problem each, however many rows it is about
        if each["resource"] == resource and not each["success"]:
            counted[f"warnings|{each['type']}|{each.get('column') or ''}"] = each.get("unexpected") or 1
    return counted | {
        f"repairs|{rule['rule'] + 1}|{rule['field']}": rule["cells"]
        for rule in checked.readings[resource].repairs
    }


def _find_unusual(
    inputs: Inputs, checked: CheckedTables, resource: Resource, now: Profile
) -> Iterator[Unusual]:
    if emptied := list(_find_emptied(inputs, checked, resource)):
        yield from emptied  # all else would only say it again
        return
    previous, before = inputs.previous, rows_before(inputs, resource)
    if previous is None or before is None or isinstance(resource.pipeline.source, DerivedSource):
        return
    snapshot = inputs.snapshots[resource.name]
    known = previous.entry.provenance["snapshots"].get(resource.name, {})
    if snapshot.sha256 and snapshot.sha256 == known.get("sha256"):
        return  # the guards saw these bytes when they came
    past = _past_of(previous, resource.name, handed_in=bool(known.get("receipt")))
    mode = resource.pipeline.extract.mode
    if mode == "by-period":
        yield from _measure_delivered_periods(inputs, checked, resource, before)
    if not past.profiles:
        return
    marks = resource.pipeline.extract.vanished is not None
    labels = {name: label_in_file(checked.readings, resource.name, name) or name for name in now.columns}
    case = Case(resource.name, tuple(resource.primary_key), mode, now, past, marks, labels)
    if past.last.total < LEAST:
        yield from measure_small_table(case)
        yield from measure_emptied(case)
        return
    if not (marks and isinstance(resource.pipeline.source, CkanSource | DataJsonSource)):
        yield from _measure_stale_bytes(case, previous, snapshot.sha256)
    table = checked.tables[resource.name].drop_columns([ROW])
    yield from measure_table(case, lambda: (repeated_rows(table), repeated_rows(before)))
    if _declaration_hashes(inputs) == previous.entry.provenance["declaration"] and now.rows:
        yield from measure_remarks(case)


def _find_emptied(inputs: Inputs, checked: CheckedTables, resource: Resource) -> Iterator[Unusual]:
    """A table that had rows and has none; a period, of the one for which a file was handed in. However few
    they were: an extract that failed looks like this."""
    table = checked.tables[resource.name]
    before = inputs.previous.table(resource.name) if inputs.previous else None
    if before is None or not before.num_rows:
        return
    table, before = present_rows(table, resource), present_rows(before, resource)
    n, note = before.num_rows, ""
    if n and not table.num_rows:
        note = ngettext(
            "the table had {n} row, and now it has none", "the table had {n} rows, and now it has none", n
        )
    elif (period := inputs.snapshots[resource.name].period) and resource.pipeline.extract.mode == "by-period":
        field, periodicity = resource.pipeline.extract.field, inputs.dataset.pipeline.accrual_periodicity
        if field is None or not {field} <= set(before.column_names) & set(table.column_names):
            return
        n = count_periods(before[field], periodicity).get(period, 0)
        if n and period not in count_periods(table[field], periodicity):
            note = ngettext(
                "{period} had {n} row, and the file handed in for it has none",
                "{period} had {n} rows, and the file handed in for it has none",
                n,
                period=period_label(period, periodicity),
            )
    if note:
        yield Unusual("rows-gone", resource.name, None, note, 1, 0, 0, 1, 100 * EXTREME, True)


def measure_table(case: Case, distinct: Callable[[], tuple[float, float]]) -> Iterator[Unusual]:
    """What the rows, columns and dates of a table show; `distinct` gives the shares of repeated rows, now and
    before."""
    yield from measure_rows(case, distinct)
    if case.past.last.rows >= LEAST and case.now.rows >= LEAST:
        yield from measure_columns(case)
        yield from measure_dates(case)
    else:
        yield from measure_emptied(case)


def _declaration_hashes(inputs: Inputs) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in inputs.dataset.declaration.items()}


def _measure_delivered_periods(
    inputs: Inputs, checked: CheckedTables, resource: Resource, before: pa.Table
) -> Iterator[Unusual]:
    field, periodicity = resource.pipeline.extract.field, inputs.dataset.pipeline.accrual_periodicity
    if field is None or field not in before.column_names:
        return
    table = checked.tables[resource.name]
    yield from measure_periods(
        resource.name,
        count_periods(before[field], periodicity),
        count_periods(table[field].filter(pc.is_valid(table[ROW])), periodicity),
    )


def _measure_stale_bytes(case: Case, previous: Previous, sha256: str) -> Iterator[Unusual]:
    """The bytes of a version that others have followed."""
    if case.mode != "full" or not sha256:
        return
    for entry in previous.history.releases if previous.history else ():
        if (
            entry.number < previous.entry.number
            and entry.provenance["snapshots"].get(case.resource, {}).get("sha256") == sha256
        ):
            note = _(
                "the file has the same bytes as the one of version {version}, after which others came: was "
                "an old one sent?",
                version=entry.version,
            )
            yield Unusual(
                "stale-extract", case.resource, None, note, 1, 0, 0, len(case.past.profiles), 3, True
            )
            return


def remembered_releases(previous: Previous) -> list[Entry]:
    """The releases up to the current one from which a guard learns."""
    entries = _entries_until(previous)
    return [entry for entry in entries if entry.kind == "release"][-RELEASES:]


def _entries_until(previous: Previous) -> list[Entry]:
    """What the log has up to the current release, but for what was withdrawn."""
    history = previous.history or History(previous.entry.dataset, previous.entry.demo, (previous.entry,))
    last = previous.entry.number
    return [each for each in history.entries if each.number <= last and each.version not in history.withdrawn]


def _past_of(previous: Previous, resource: str, *, handed_in: bool) -> Past:
    """The profiles of the releases up to the current one that came the same way (what is handed in is not
    compared with a sample)."""
    profiles: list[Profile] = []
    levels: list[frozenset[tuple[str, str | None]]] = []
    pending: list[Mapping[str, Any]] = []
    releases = remembered_releases(previous)
    for entry in _entries_until(previous):
        if entry.kind == "accept":
            pending = [level for level in entry.provenance["unusual"] if level["resource"] == resource]
        if entry not in releases:
            continue
        snapshot = entry.provenance["snapshots"].get(resource, {})
        found = _profile_of_release(previous, entry, resource)
        if found and bool(snapshot.get("receipt")) == handed_in and found not in profiles[-1:]:
            profiles.append(found)
            levels.append(levels_of(pending))
        pending = []
    return Past(tuple(profiles), tuple(levels))


def _profile_of_release(previous: Previous, entry: Entry, resource: str) -> Profile | None:
    """The profile of a release; of one that was made before there were profiles, the current one's table is
    measured."""
    if FILE in entry.files:
        plain = json.loads(previous.archive.get(entry.files[FILE].sha256))
        return Profile.from_json(plain[resource]) if resource in plain else None
    if entry.number != previous.entry.number or (table := previous.table(resource)) is None:
        return None
    day = entry.as_of or entry.at[:10]
    return profile_table(table, date.fromisoformat(day))
