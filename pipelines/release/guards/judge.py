"""An extract against the releases before it: what is unusual, whether that adds up, and whether someone has
accepted it.

`vereda accept`: a person says that what the guards stopped is right, for the record, and for those extracts
alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import ceil
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.archive import Archive
from catalog.archive.changes.changes import Changes
from catalog.archive.published import Previous
from catalog.archive.release import Entry, History, UnknownRelease
from messages import gettext as _
from messages import ngettext
from pipelines.dataset.dataset import Resource
from pipelines.dataset.periods import periods
from pipelines.dataset.sources import DerivedSource
from pipelines.release.guards.columns import of_columns
from pipelines.release.guards.measure import Case, Past, Unusual, describe_column
from pipelines.release.guards.months import of_dates, of_periods
from pipelines.release.guards.profile import Profile, profile_table
from pipelines.release.guards.tables import of_remarks, of_table, repeated_rows
from pipelines.release.inputs import Checked, Inputs, rows_before
from validation.report import Problem
from validation.table import ROW

FILE = "profile.json"
"""The private file of a release with the profiles of its tables."""
RELEASES = 12
"""How many releases a guard learns from."""
LEAST = 20
"""Rows that the release before must have: of fewer, chance says too much."""
SEVERAL, A_QUARTER = 3, 4
"""Warnings add up where three columns or more, and a quarter of the table's, are unusual together; and there
are three releases to learn from. One that is extreme stops the run alone."""


def apply_guards(inputs: Inputs, checked: Checked, changes: Changes) -> Checked:
    """The checked tables with their profiles and with what is unusual in them: warnings, and where they stop
    the run a critical problem."""
    profiles = {r.name: _profile(inputs, checked, r, changes) for r in inputs.dataset.resources}
    found = [
        unusual for r in inputs.dataset.resources for unusual in _judged(inputs, checked, r, profiles[r.name])
    ]
    problems = [unusual.problem for unusual in found]
    stopped = stops(found, {name: len(each.columns) for name, each in profiles.items()})
    if stopped and not accepted_contents(inputs):
        problems.append(_stop(inputs.dataset.id, stopped))
    return replace(checked, report=checked.report.plus(problems), profiles=profiles, unusual=tuple(found))


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


def contents(snapshots: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str | None]]:
    """What tells one set of extracts from another: by resource, hash, date and period."""
    return {
        name: [each["sha256"], each.get("as_of"), each.get("period")]
        for name, each in sorted(snapshots.items())
    }


def accepted_contents(inputs: Inputs) -> bool:
    """Whether someone accepted exactly these extracts since the last release."""
    history = inputs.previous.history if inputs.previous else None
    for entry in reversed(history.entries if history else ()):
        if entry.kind == "release":
            return False
        if entry.kind == "accept" and entry.provenance["snapshots"] == contents(
            {n: vars(s) for n, s in inputs.snapshots.items()}
        ):
            return True
    return False


def _stop(dataset: str, stopped: Sequence[Unusual]) -> Problem:
    first = stopped[0]
    notes = "; ".join(unusual.note for unusual in stopped[:3])
    more = _(" (and {n} more)", n=len(stopped) - 3) if len(stopped) > 3 else ""
    way_out = _(
        "if the extract is right, {command} lets this one through; if not, ask the agency for it again",
        command=f'`vereda accept {dataset} --because "…"`',
    )
    n = max(unusual.releases for unusual in stopped)
    note = (
        ngettext(
            "{notes}{more}, after {n} release", "{notes}{more}, after {n} releases", n, notes=notes, more=more
        )
        + "; "
        + way_out
    )
    return Problem("table-error", first.resource, note, code="unusual-extract")


def _profile(inputs: Inputs, checked: Checked, resource: Resource, changes: Changes) -> Profile:
    table = checked.tables[resource.name]
    delivered = table.filter(pc.is_valid(table[ROW])) if resource.pipeline.extract.mode != "full" else table
    day = inputs.snapshots[resource.name].as_of or inputs.at[:10]
    removed = changes.totals().get(resource.name, {}).get("removed", 0)
    remarks = _remarks(checked, resource.name)
    day_of = date.fromisoformat(day) if day else None
    return profile_table(
        delivered.drop_columns([ROW]), day_of, total=table.num_rows, removed=removed, remarks=remarks
    )


def _remarks(checked: Checked, resource: str) -> dict[str, int]:
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


def _judged(inputs: Inputs, checked: Checked, resource: Resource, now: Profile) -> Iterator[Unusual]:
    previous, before = inputs.previous, rows_before(inputs, resource)
    if previous is None or before is None or isinstance(resource.pipeline.source, DerivedSource):
        return
    snapshot, known = (
        inputs.snapshots[resource.name],
        previous.entry.provenance["snapshots"].get(resource.name, {}),
    )
    if snapshot.sha256 and snapshot.sha256 == known.get("sha256"):
        return  # these bytes were judged when they came
    past = _past(previous, resource.name, "receipt" in known and bool(known["receipt"]))
    mode = resource.pipeline.extract.mode
    if mode == "by-period":
        yield from _periods(inputs, checked, resource, before)
    if not past.profiles or past.last.total < LEAST:
        return
    case = Case(resource.name, tuple(resource.primary_key), mode, now, past)
    yield from _stale(case, previous, snapshot.sha256)
    table = checked.tables[resource.name].drop_columns([ROW])
    yield from measure_tables(case, lambda: (repeated_rows(table), repeated_rows(before)))
    if _declared(inputs) == previous.entry.provenance["declaration"] and now.rows:
        yield from of_remarks(case)


def measure_tables(case: Case, distinct: Callable[[], tuple[float, float]]) -> Iterator[Unusual]:
    """What the rows, columns and dates of a table show; `distinct` gives the shares of repeated rows, now and
    before."""
    yield from of_table(case, distinct)
    if case.past.last.rows >= LEAST and case.now.rows >= LEAST:
        yield from of_columns(case)
        yield from of_dates(case)


def _declared(inputs: Inputs) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in inputs.dataset.declaration.items()}


def _periods(inputs: Inputs, checked: Checked, resource: Resource, before: pa.Table) -> Iterator[Unusual]:
    field, periodicity = resource.pipeline.extract.field, inputs.dataset.pipeline.accrual_periodicity
    if field is None or field not in before.column_names or before.num_rows < LEAST:
        return
    table = checked.tables[resource.name]
    yield from of_periods(
        resource.name,
        _sizes(periods(before[field], periodicity)),
        _sizes(periods(table.filter(pc.is_valid(table[ROW]))[field], periodicity)),
    )


def _sizes(named: pa.ChunkedArray) -> dict[str, int]:
    return {each["values"]: each["counts"] for each in pc.value_counts(named.drop_null()).to_pylist()}


def _stale(case: Case, previous: Previous, sha256: str) -> Iterator[Unusual]:
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


def _past(previous: Previous, resource: str, handed: bool) -> Past:
    """The profiles of the releases up to the current one that came the same way (a sample is no past of what
    is handed in)."""
    history = previous.history or History(previous.entry.dataset, previous.entry.demo, (previous.entry,))
    profiles: list[Profile] = []
    levels: list[frozenset[tuple[str, str | None]]] = []
    pending: list[Mapping[str, Any]] = []
    entries = [
        e for e in history.entries if e.number <= previous.entry.number and e.version not in history.withdrawn
    ]
    releases = [e for e in entries if e.kind == "release"][-RELEASES:]
    for entry in entries:
        if entry.kind == "accept":
            pending = [level for level in entry.provenance["unusual"] if level["resource"] == resource]
        if entry not in releases:
            continue
        found = _kept(previous, entry, resource)
        if (
            found
            and bool(entry.provenance["snapshots"].get(resource, {}).get("receipt")) == handed
            and (found not in profiles[-1:])
        ):
            profiles.append(found)
            levels.append(describe_column(pending))
        pending = []
    return Past(tuple(profiles), tuple(levels))


def _kept(previous: Previous, entry: Entry, resource: str) -> Profile | None:
    """The profile of a release; of one that was made before there were profiles, the current one's table is
    measured."""
    if FILE in entry.files:
        plain = json.loads(previous.archive.get(entry.files[FILE].sha256))
        return Profile.from_json(plain[resource]) if resource in plain else None
    if entry.number != previous.entry.number or (table := previous.table(resource)) is None:
        return None
    day = entry.as_of or entry.at[:10]
    return profile_table(table, date.fromisoformat(day))


def accept(
    archive: Archive, history: History, *, because: str, by: str, run: str, at: str
) -> tuple[Entry, list[str]]:
    """Writes the entry that lets the extracts of the last stopped run through, and gives the codes and fields
    of what it accepts.

    Raises Unknown where nothing was stopped since the last release, ValueError for an empty reason.
    """
    if not because.strip():
        raise ValueError(_('say why, so that whoever reads the log understands: --because "…"'))
    stopped = _last_stopped(archive, history)
    version = history.current.version if history.current else None
    if stopped is None or version is None:
        raise UnknownRelease(
            _(
                "no extract of {dataset} was stopped for being unusual since its last version",
                dataset=history.dataset,
            )
        )
    levels = [
        {"code": each["code"], "resource": each["resource"], "field": each["field"]}
        for each in stopped["unusual"]
    ]
    entry = Entry(
        dataset=history.dataset,
        demo=history.demo,
        number=history.head + 1,
        kind="accept",
        run=run,
        at=at,
        version=version,
        because=because.strip(),
        provenance={"snapshots": stopped["stopped"], "unusual": levels, "by": by},
    )
    return archive.append(entry), [each["note"] for each in stopped["unusual"]]


def _last_stopped(archive: Archive, history: History) -> Mapping[str, Any] | None:
    """What the newest run that guards stopped kept of it; none that is older than the newest release, or was
    accepted already."""
    newest = history.releases[-1] if history.releases else None
    accepted = [
        e.provenance["snapshots"]
        for e in history.entries
        if e.kind == "accept" and newest and e.number > newest.number
    ]
    for name in reversed(archive.runs(history.dataset)):
        kept = archive.kept_run(history.dataset, name)
        report: Mapping[str, Any] = kept.get("report", {})
        if newest and (kept["run"], kept.get("outcome")) == (newest.run, "published"):
            return None
        if "stopped" in report and kept.get("demo", False) == history.demo:
            return None if report["stopped"] in accepted else report
    return None
