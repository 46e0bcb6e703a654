"""One dataset from its source to its release. Read this first."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from catalog.archive.archive import Archive, Conflict
from catalog.archive.published import Previous, previous_of
from catalog.archive.release import Damaged, History
from catalog.archive.store import ArchiveError
from messages import gettext as _
from pipelines.dataset.dataset import Dataset, DatasetError, Resource
from pipelines.dataset.personal import hidden_fields
from pipelines.dataset.sources import DerivedSource
from pipelines.fetch import fetch as fetch_source
from pipelines.fetch.derived import derive
from pipelines.fetch.inbox import receive, snapshot_of_receipt
from pipelines.fetch.snapshot import Snapshot, SourceError, date_snapshot
from pipelines.read.hide import fingerprint
from pipelines.release.build import describe_replaced, differences, examine
from pipelines.release.draft import draft_release
from pipelines.release.guards.judge import apply_guards
from pipelines.release.inputs import Inputs, Unmet, load_needs, tools
from pipelines.release.inputs import needs_as_provenance as recorded_needs
from pipelines.release.outcome import Outcome, Word, private_report, rejection_sentence
from pipelines.release.quarantine import quarantined_sentence, still_held_sentence
from pipelines.release.steps import DueStep, due_steps
from pipelines.settings import DEFAULT_LIMITS, Limits

Clock = Callable[[], datetime]
RACES = 5


class Fetch(Protocol):
    def __call__(
        self,
        resource: Resource,
        folder: Path,
        previous: Snapshot | None,
        into: Path,
        as_of: date | None = None,
    ) -> Snapshot: ...


def run(
    dataset: Dataset,
    archive: Archive,
    clock: Clock,
    fetch: Fetch = fetch_source,
    *,
    run_id: str,
    as_of: date | None = None,
    inbox: Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> list[Outcome]:
    """Brings the archive up to date with the dataset's sources and what was put into the folder `inbox`: an
    outcome for each step that was due (pipelines/due.py), else one. `limits` is what reading a file may cost.

    Only what lies outside (source, storage) makes it `failed`; what is wrong with the data makes it
    `rejected`. Each outcome is kept under `runs/`. Errors of the program itself are raised.
    """
    outcomes = []
    try:
        left = (
            receive(dataset, archive, inbox, clock().isoformat(timespec="seconds"), limits) if inbox else []
        )
        receipts = archive.receipts(dataset.id, dataset.demo).all()
        due, why = due_steps(dataset, archive.history(dataset.id, dataset.demo), receipts, as_of)
    except (SourceError, ArchiveError, Damaged) as error:
        return [
            record_outcome(
                Outcome(dataset.id, "failed", str(error), demo=dataset.demo), archive, clock, run_id
            )
        ]
    if not due:
        return [
            record_outcome(
                Outcome(dataset.id, "unchanged", _sentences(why, *left), demo=dataset.demo),
                archive,
                clock,
                run_id,
            )
        ]
    for step in due:
        told = (*step.notes, *(left if step is due[-1] else ()))
        outcome = _taken(dataset, archive, clock, fetch, run_id, step, limits)
        outcomes.append(
            record_outcome(
                replace(outcome, message=_sentences(outcome.message, *told)), archive, clock, run_id
            )
        )
    return outcomes


def _taken(
    dataset: Dataset, archive: Archive, clock: Clock, fetch: Fetch, run_id: str, step: DueStep, limits: Limits
) -> Outcome:
    """What became of a step, with its time."""
    start = time.monotonic()
    try:
        outcome = _release(dataset, archive, clock, fetch, run_id, step, limits)
    except (SourceError, ArchiveError, Damaged) as error:
        outcome = Outcome(dataset.id, "failed", str(error))
    except (DatasetError, Unmet) as error:
        outcome = Outcome(dataset.id, "rejected", str(error))
    except OSError as error:
        outcome = Outcome(
            dataset.id,
            "failed",
            _("writing failed ({why}); make room or repair the disk, then run again", why=error),
        )
    as_of = outcome.as_of or (step.as_of.isoformat() if step.as_of else None)
    return replace(outcome, demo=dataset.demo, as_of=as_of, seconds=round(time.monotonic() - start, 2))


def _sentences(*told: str) -> str:
    return "; ".join(filter(None, told))


def _release(
    dataset: Dataset, archive: Archive, clock: Clock, fetch: Fetch, run_id: str, step: DueStep, limits: Limits
) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
        work = Path(folder)
        for attempt in range(RACES):
            room = work / str(attempt)
            room.mkdir()
            history = archive.history(dataset.id, dataset.demo)
            needs = load_needs(dataset, archive)
            found = _snapshots(dataset, archive, history, needs, fetch, room, step)
            snapshots = {
                name: date_snapshot(snapshot, dataset.resource(name), clock())
                for name, snapshot in found.items()
            }
            inputs = _inputs(
                dataset,
                archive,
                history,
                needs,
                snapshots,
                run_id,
                clock().isoformat(timespec="seconds"),
                room,
            )
            outcome = _judged(replace(inputs, limits=limits), archive, history, room)
            if outcome is not None:
                return outcome
    return Outcome(
        dataset.id, "failed", _("other runs of this dataset were faster {n} times; run it again", n=RACES)
    )


def _judged(inputs: Inputs, archive: Archive, history: History, room: Path) -> Outcome | None:
    """The outcome of these inputs; None where another run was first and all must be computed anew on what it
    published."""
    current = history.current
    version = str(current.version) if current else None
    as_before = Outcome(inputs.dataset.id, "unchanged", version=version, previous=version, as_of=inputs.as_of)
    still = still_held_sentence(inputs.previous)
    if current and _same_inputs(current.provenance, inputs.provenance):
        return replace(as_before, rows=current.rows, problems=current.problems, message=still)
    if taken_back := _taken_back(history, inputs):
        return replace(as_before, rows=current.rows if current else {}, message=taken_back)
    checked = examine(inputs, room)
    rows = {name: table.num_rows for name, table in checked.tables.items()}
    seen = replace(
        as_before, rows=rows, problems=checked.report.total, report=private_report(inputs, checked)
    )
    if not checked.report.valid:
        return replace(seen, outcome="rejected", message=rejection_sentence(checked))
    changes = differences(inputs, checked)
    if current and changes.level is None:
        return replace(seen, message=still)
    checked = apply_guards(inputs, checked, changes)
    seen = replace(seen, problems=checked.report.total, report=private_report(inputs, checked))
    if not checked.report.valid:
        return replace(seen, outcome="rejected", message=rejection_sentence(checked))
    into = room / "release"
    into.mkdir()
    release = draft_release(inputs, checked, changes, into)
    try:
        entry = archive.commit(release, after=history.head)
    except Conflict:
        return None
    told = _sentences(
        quarantined_sentence(inputs.dataset.id, checked.held), describe_replaced(inputs, checked, changes)
    )
    word: Word = "quarantined" if checked.held else "published"
    return replace(
        seen,
        outcome=word,
        message=told,
        version=str(entry.version),
        step=entry.level,
        changes=changes.totals(),
    )


def _snapshots(
    dataset: Dataset,
    archive: Archive,
    history: History,
    needs: Mapping[str, Previous],
    fetch: Fetch,
    room: Path,
    step: DueStep,
) -> dict[str, Snapshot]:
    """What the sources hold, kept in the archive before anything else looks at it."""
    before = history.current.provenance["snapshots"] if history.current else {}
    found = {}
    for resource in dataset.resources:
        known = before.get(resource.name)
        previous = Snapshot(resource=resource.name, path=None, **known) if known else None
        into = room / f"{resource.name}.raw"
        receipt = step.receipt(resource.name)
        if isinstance(resource.pipeline.source, DerivedSource):
            snapshot = derive(dataset, resource, needs, into)
        else:
            snapshot = (
                snapshot_of_receipt(receipt)
                if receipt
                else fetch(resource, dataset.folder, previous, into, step.as_of)
            )
        if snapshot.path is None:
            archive.save(snapshot.sha256, into)
            snapshot = replace(snapshot, path=into)
        archive.put(into)
        found[resource.name] = snapshot
    return found


def _inputs(
    dataset: Dataset,
    archive: Archive,
    history: History,
    needs: Mapping[str, Previous],
    snapshots: Mapping[str, Snapshot],
    run_id: str,
    at: str,
    room: Path,
) -> Inputs:
    """All inputs, with the provenance that the log keeps: with it the release can be made again."""
    provenance = {
        "snapshots": {
            s.resource: {k: v for k, v in asdict(s).items() if k not in ("resource", "path")}
            for s in snapshots.values()
        },
        "declaration": {name: archive.put(content) for name, content in sorted(dataset.declaration.items())},
        **recorded_needs(needs),
        "tools": dict(tools()),
    }
    if archive.hash_key and any(
        "hash" in hidden_fields(r.pipeline.personal_data).values() for r in dataset.resources
    ):
        provenance["hashKey"] = fingerprint(archive.hash_key)
    paths = {name: room / f"{name}.raw" for name in snapshots}
    return Inputs(
        dataset,
        paths,
        snapshots,
        previous_of(archive, history),
        history.highest,
        needs,
        run_id,
        at,
        provenance,
        archive.hash_key,
    )


def _same_inputs(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether the same bytes meet the same declaration and tools: then the answer is the same, and need not
    be computed."""

    parts = ("declaration", "needs", "demoNeeds", "hashKey", "tools")
    return _contents(before) == _contents(now) and all(before.get(part) == now.get(part) for part in parts)


def _taken_back(history: History, inputs: Inputs) -> str | None:
    """What to say where the source still gives what someone rolled back or withdrew: it is not published a
    second time."""
    newest = history.releases[-1] if history.releases else None
    if newest is None or newest == history.current:
        return None
    same = all(newest.provenance[part] == inputs.provenance[part] for part in ("declaration", "needs"))
    if not same or _contents(newest.provenance) != _contents(inputs.provenance):
        return None
    return _(
        "the source still gives the extract of version {version}, which was taken back; correct it there",
        version=newest.version,
    )


def _contents(provenance: Mapping[str, Any]) -> dict[str, tuple[str, str | None, str | None]]:
    return {
        name: (snapshot["sha256"], snapshot["as_of"], snapshot.get("period"))
        for name, snapshot in provenance["snapshots"].items()
    }


def record_outcome(outcome: Outcome, archive: Archive, clock: Clock, run_id: str) -> Outcome:
    """Keeps the outcome under `runs/`. Where even that fails, the outcome says so: nothing outside may hide
    what became of the data."""
    kept = {
        "run": run_id,
        "at": clock().isoformat(timespec="seconds"),
        **outcome.to_json(),
        "report": outcome.report,
    }
    try:
        archive.record(outcome.dataset, json.loads(json.dumps(kept, default=str)))
    except (ArchiveError, ValueError) as error:  # no room, or a folder whose name can be no id
        return replace(
            outcome,
            outcome="failed" if isinstance(error, ArchiveError) else outcome.outcome,
            message=outcome.message or str(error),
        )
    return outcome
