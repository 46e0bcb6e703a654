"""One dataset from its source to its release. Read this first."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, asdict, dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from catalog.archive.archive import Archive, Conflict
from catalog.archive.published import WRITER, Previous, previous_of
from catalog.archive.release import Damaged, History
from catalog.archive.store import ArchiveError
from messages import gettext as _
from messages import ngettext
from pipelines.dataset.dataset import Dataset, DatasetError, Resource
from pipelines.dataset.mappings import read_mappings
from pipelines.dataset.personal import hidden_fields
from pipelines.dataset.sources import ArchiveSource, DerivedSource
from pipelines.fetch import fetch as fetch_source
from pipelines.fetch.archive import report_archive
from pipelines.fetch.derived import derive
from pipelines.fetch.inbox import receive, snapshot_of_receipt
from pipelines.fetch.snapshot import Snapshot, SourceError, date_snapshot
from pipelines.read.hide import fingerprint_key
from pipelines.release.inputs import (
    PARTS,
    Inputs,
    Unmet,
    identify_extracts,
    load_needs,
    mark_inputs,
    needs_as_provenance,
)
from pipelines.release.judgement import Judgement, judge
from pipelines.release.outcome import (
    Outcome,
    Word,
    join_sentences,
    recall_unchanged,
    record_outcome,
)
from pipelines.release.quarantine import still_held_sentence
from pipelines.release.receipt_outcomes import (
    acceptances,
    counted_receipts,
    judging_basis,
    settled_receipts,
)
from pipelines.release.retrial import find_later_file, refused_parts
from pipelines.release.steps import DueStep, due_steps, last_released_receipt, step_beside, step_without
from pipelines.settings import DEFAULT_LIMITS, Limits
from pipelines.tools import tool_versions
from pipelines.workroom import enter_workroom
from validation.fast.parts import ClusterError

Clock = Callable[[], datetime]
RACES = 5
OUTSIDE = (SourceError, ArchiveError, Damaged, ClusterError)
"""What is wrong with a source, the storage or whoever helps, not with the data."""


class Fetch(Protocol):
    def __call__(
        self,
        resource: Resource,
        folder: Path,
        previous: Snapshot | None,
        into: Path,
        as_of: date | None = None,
    ) -> Snapshot: ...


@dataclass(frozen=True)
class Run:
    """A run of one dataset. `fetch` reads its sources, `inbox` is the folder where files are handed in,
    `as_of` the last day to look at, `limits` what fetching and reading may cost."""

    dataset: Dataset
    archive: Archive
    clock: Clock
    fetch: Fetch = fetch_source
    _: KW_ONLY
    run_id: str
    as_of: date | None = None
    inbox: Path | None = None
    limits: Limits = DEFAULT_LIMITS

    def execute(self) -> list[Outcome]:
        """Brings the archive up to date with the dataset's sources and with what was handed in: an outcome
        for each step that was due (steps.py), else one.

        Only what lies outside (source, storage) makes it `failed`; what is wrong with the data makes it
        `rejected`. Each outcome is kept under `runs/`. Errors of the program itself are raised.
        """
        try:
            enter_workroom()
            return replace(self, dataset=read_mappings(self.dataset, self.archive)).bring_up_to_date()
        except OUTSIDE as error:
            return [self.record(self.outcome("failed", str(error)))]

    def bring_up_to_date(self) -> list[Outcome]:
        """The outcomes of the steps, now that the mappings of columns are known."""
        try:
            history = self.history()
            self.archive.require_newest(self.dataset.id, self.dataset.demo)
            notes = [*self.receive_files(), *self.judge_clock(history)]
            steps, nothing_due = self.find_steps(history)
        except Damaged as error:
            rest = _("What is published of it stays as it is.")
            return [self.record(self.outcome("failed", f"{error} {rest}"))]
        except OUTSIDE as error:
            return [self.record(self.outcome("failed", str(error)))]
        except OSError as error:
            return [self.record(self.outcome("failed", _disk_sentence(error)))]
        if not steps:
            awaiting = not history.releases and self.as_of is None
            message = join_sentences(nothing_due, *notes)
            return [self.record(self.outcome("unchanged", message, awaiting=awaiting))]
        outcomes: list[Outcome] = []
        while steps:
            step = steps.pop(0)
            outcome = self.attempt(step)
            waiting = ""
            if outcome.transient and step.as_of and steps:
                waiting = self.describe_waiting(steps)
                steps = []
            message = join_sentences(outcome.message, waiting, *step.notes, *(() if steps else notes))
            said = join_sentences(outcome.for_sender, *step.for_sender) if outcome.for_sender else ""
            outcomes.append(self.record(replace(outcome, message=message, for_sender=said)))
            if outcome.unreadable and (instead := self.find_earlier(step, outcome.unreadable)):
                steps.insert(0, instead)
            elif others := self.find_rest(step, outcome.at_fault):
                steps.insert(0, others)
        return outcomes

    def find_earlier(self, step: DueStep, unreadable: Sequence[int]) -> DueStep | None:
        """What there is to release instead of files that cannot be read: what was judged already is not."""
        history = self.history()
        receipts = counted_receipts(self.dataset, self.archive)
        numbers = {receipt.number for receipt in step.behind}
        settled = settled_receipts(self.dataset, self.archive, history, numbers)
        behind = tuple(receipt for receipt in step.behind if receipt.number not in settled)
        waiting = replace(step, behind=behind)
        return step_without(waiting, unreadable, receipts, last_released_receipt(history))

    def find_rest(self, step: DueStep, at_fault: Sequence[int]) -> DueStep | None:
        """What is left of a step whose files of some tables were refused: those of the others, beside what
        was released of these; each file is told its own outcome."""
        receipts = counted_receipts(self.dataset, self.archive)
        return step_beside(step, at_fault, receipts, self.history()) if at_fault else None

    def receive_files(self) -> list[str]:
        """Takes what waits in the inbox into the archive; says what stays there, and why."""
        if self.inbox is None:
            return []
        at = self.clock().isoformat(timespec="seconds")
        return receive(self.dataset, self.archive, self.inbox, at, self.limits)

    def judge_clock(self, history: History) -> list[str]:
        """Says so where the clock went back since the newest entry was written."""
        now = self.clock()
        if not history.clock_went_back(now):
            return []
        return [
            _(
                "the clock of this machine went back: it says {now}, and the newest entry is of {at}; set it "
                "right. Entries stay in their order",
                now=now.isoformat(timespec="seconds"),
                at=history.entries[-1].at,
            )
        ]

    def find_steps(self, history: History) -> tuple[list[DueStep], str]:
        receipts = counted_receipts(self.dataset, self.archive)
        settled = partial(settled_receipts, self.dataset, self.archive, history)
        accepted = acceptances(self.archive, history)
        again = [(each.number,) for each in refused_parts(self.dataset, self.archive, history, receipts)]
        again = [each for each in again if each not in accepted]
        return due_steps(self.dataset, history, receipts, self.as_of, settled, accepted, again)

    @staticmethod
    def describe_waiting(steps: Sequence[DueStep]) -> str:
        """What to say of the steps that come after one that may succeed the next time: released before it,
        they would leave it out for ever, since versions stand in the order of their days."""
        return ngettext("{n} later extract waits for it", "{n} later extracts wait for it", len(steps))

    def attempt(self, step: DueStep) -> Outcome:
        """What becomes of a step, whatever goes wrong, with its time."""
        start = time.monotonic()
        try:
            outcome = self.release(step)
        except OUTSIDE as error:
            transient = type(error) is not SourceError
            outcome = self.outcome("failed", str(error), transient=transient)
        except (DatasetError, Unmet) as error:
            outcome = self.outcome("rejected", str(error))
        except OSError as error:
            outcome = self.outcome("failed", _disk_sentence(error), transient=True)
        as_of = outcome.as_of or (step.as_of.isoformat() if step.as_of else None)
        seconds = round(time.monotonic() - start, 2)
        basis = judging_basis(self.dataset, self.archive) if step.new else ""
        return replace(outcome, as_of=as_of, seconds=seconds, receipts=step.new, basis=basis)

    def release(self, step: DueStep) -> Outcome:
        """Fetches, judges, publishes: all once more where another run was first, on what that one
        published."""
        with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
            for race in range(RACES):
                room = Path(folder, str(race))
                room.mkdir()
                inputs = self.gather_inputs(step, room)
                try:
                    return self.settle(inputs, room, step)
                except Conflict:
                    continue
        message = _("other runs of this dataset were faster {n} times; run it again", n=RACES)
        return self.outcome("failed", message)

    def gather_inputs(self, step: DueStep, room: Path) -> Inputs:
        """The extracts of now, and all else that a release is made from."""
        history = self.history()
        needs = load_needs(self.dataset, self.archive)
        known = history.current.provenance["snapshots"] if history.current else {}
        snapshots = {}
        for resource in self.dataset.everything:
            into = room / f"{resource.name}.raw"
            snapshots[resource.name] = self.take_snapshot(resource, step, known, needs, into)
        return Inputs(
            self.dataset,
            snapshots,
            history,
            previous_of(self.archive, history),
            needs,
            self.archive.hash_key,
            self.limits,
            run=self.run_id,
            at=history.moment(self.clock()),
            provenance=self.provenance(snapshots, needs),
        )

    def take_snapshot(
        self,
        resource: Resource,
        step: DueStep,
        known: Mapping[str, Mapping[str, Any]],
        needs: Mapping[str, Previous],
        into: Path,
    ) -> Snapshot:
        """What the source holds, in the file `into`, and in the archive before anything else looks at it;
        `known` are the snapshots of the current release."""
        if isinstance(resource.pipeline.source, DerivedSource):
            snapshot = derive(self.dataset, resource, needs, into, self.limits)
        elif isinstance(resource.pipeline.source, ArchiveSource):
            snapshot = report_archive(self.archive, resource, into)
        elif receipt := step.receipt(resource.name):
            snapshot = snapshot_of_receipt(receipt)
        else:
            before = known.get(resource.name)
            previous = Snapshot(resource=resource.name, path=None, **before) if before else None
            snapshot = self.fetch(resource, self.dataset.folder, previous, into, step.as_of)
        if snapshot.path is None:
            self.archive.save(snapshot.sha256, into)
        self.archive.put(into, still=True)
        return date_snapshot(replace(snapshot, path=into), resource, self.clock())

    def provenance(self, snapshots: Mapping[str, Snapshot], needs: Mapping[str, Previous]) -> dict[str, Any]:
        """What the log keeps of the inputs: enough to make the release again."""
        provenance = {
            "snapshots": {name: _snapshot_as_json(snapshot) for name, snapshot in snapshots.items()},
            "declaration": {
                name: self.archive.put(content) for name, content in sorted(self.dataset.declaration.items())
            },
            **({"mappings": [asdict(e) for e in self.dataset.mappings]} if self.dataset.mappings else {}),
            **needs_as_provenance(needs),
            "tools": dict(tool_versions()),
            "writer": WRITER,
        }
        if self.archive.hash_key and _hashes(self.dataset):
            provenance["hashKey"] = fingerprint_key(self.archive.hash_key)
        return provenance

    def settle(self, inputs: Inputs, room: Path, step: DueStep) -> Outcome:
        """The outcome of these inputs, published where there is something to publish. Raises Conflict where
        another run was first."""
        current = inputs.history.current
        version = str(current.version) if current else None
        as_before = self.outcome(
            "unchanged",
            still_held_sentence(inputs.previous),
            version=version,
            previous=version,
            as_of=inputs.as_of,
            for_sender=still_held_sentence(inputs.previous, for_sender=True),
        )
        if current and _same_inputs(current.provenance, inputs.provenance):
            return replace(as_before, rows=current.rows, problems=current.problems)
        if current and self.dataset.pipeline.frozen and _has_other_extracts(current.provenance, inputs):
            why = _frozen_sentence(version)
            return replace(as_before, outcome="rejected", rows=current.rows, message=why, for_sender="")
        if taken_back := _taken_back_sentence(inputs):
            rows = current.rows if current else {}
            return replace(as_before, rows=rows, message=taken_back, for_sender="")
        mark = mark_inputs(inputs)
        if current and (known := recall_unchanged(self.archive, as_before, mark)):
            return known

        judged = judge(inputs, room)
        unreadable = [inputs.snapshots[name].receipt for name in judged.unreadable]
        found = replace(
            as_before, rows=judged.rows, problems=judged.problems, report=judged.report, shared=judged.shared
        )
        if judged.verdict == "unchanged":
            message = join_sentences(judged.message, found.message)
            said = join_sentences(judged.message, found.for_sender)
            return replace(found, message=message, for_sender=said, inputs=mark)
        found = replace(
            found,
            outcome=judged.verdict,
            message=judged.message,
            for_sender=judged.for_sender,
            unreadable=tuple(filter(None, unreadable)),
            at_fault=tuple(filter(None, (inputs.snapshots[name].receipt for name in judged.at_fault))),
        )
        if replaced := self.explain_replaced(step, judged, inputs.history):
            return replace(found, outcome="rejected", message=replaced, for_sender=replaced)
        if judged.release is None:
            return found
        entry = self.archive.commit(judged.release, after=inputs.history.head)
        return replace(
            found,
            version=str(entry.version),
            step=entry.level,
            changes=judged.changes,
            untraced=judged.untraced,
        )

    def explain_replaced(self, step: DueStep, judged: Judgement, history: History) -> str:
        """Why a file of a period that is judged after later ones is not released; "" where it may be."""
        told = judged.report.get("periods", {})
        for receipt in step.handed:
            if receipt.number not in step.new or receipt.resource not in told:
                continue
            periods = told[receipt.resource]
            if later := find_later_file(self.archive, history, receipt, periods):
                return _(
                    "no. {number} ({name}) came after it, tells of the same period and counts in its place",
                    number=later.number,
                    name=later.name,
                )
        return ""

    def history(self) -> History:
        return self.archive.history(self.dataset.id, self.dataset.demo)

    def outcome(self, word: Word, message: str = "", **more: Any) -> Outcome:
        return Outcome(self.dataset.id, word, message, demo=self.dataset.demo, **more)

    def record(self, outcome: Outcome) -> Outcome:
        return record_outcome(outcome, self.archive, self.clock(), self.run_id)


def _snapshot_as_json(snapshot: Snapshot) -> dict[str, Any]:
    return {key: value for key, value in asdict(snapshot).items() if key not in ("resource", "path")}


def _hashes(dataset: Dataset) -> bool:
    """Whether a column is published as hashes, which depend on the archive's key."""
    return any("hash" in hidden_fields(r.pipeline.personal_data).values() for r in dataset.resources)


def _same_inputs(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether the same bytes meet the same declaration and tools: then the answer is the same, and need not
    be computed."""
    same = all(before.get(part) == now.get(part) for part in PARTS)
    return same and identify_extracts(before["snapshots"]) == identify_extracts(now["snapshots"])


def _has_other_extracts(before: Mapping[str, Any], inputs: Inputs) -> bool:
    now = identify_extracts(inputs.provenance["snapshots"])
    return identify_extracts(before["snapshots"]) != now


def _frozen_sentence(version: str | None) -> str:
    return _(
        "the dataset is closed (frozen: true), and its source gives another extract than that of version "
        "{version}; nothing is published. If the change is right, take frozen out of the declaration",
        version=version,
    )


def _disk_sentence(error: OSError) -> str:
    return _("writing failed ({why}); make room or repair the disk, then run again", why=error)


def _taken_back_sentence(inputs: Inputs) -> str:
    """What to say where the source still gives what someone rolled back or withdrew: it is not published a
    second time."""
    now = inputs.provenance
    for release in reversed(inputs.history.taken_back):
        same = all(release.provenance.get(part) == now[part] for part in ("declaration", "needs"))
        if same and identify_extracts(release.provenance["snapshots"]) == identify_extracts(now["snapshots"]):
            return _(
                "the source still gives the extract of version {version}, which was taken back; correct it "
                "there",
                version=release.version,
            )
    return ""
