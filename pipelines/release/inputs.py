"""All that a release is made from: the extracts, the releases before it, those of other datasets, and the
tools."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalog.archive.archive import Archive
from catalog.archive.published import WRITER, Previous, previous_of
from catalog.archive.release import Damaged, History
from messages import gettext as _
from pipelines.dataset.dataset import Dataset, Resource, describe_unknown
from pipelines.dataset.periods import BUENOS_AIRES
from pipelines.dataset.sources import InboxSource
from pipelines.fetch.snapshot import Snapshot, hash_file
from pipelines.read.detect.evidence import Evidence, ways_of_writing
from pipelines.read.finding import Finding
from pipelines.settings import DEFAULT_LIMITS, Limits

WRITTEN = "written"
"""In a provenance: by table and field, how numbers and days were written in the extract."""


@dataclass(frozen=True)
class Inputs:
    """All that a release is made from. `snapshots` are the extracts by resource, each with its file;
    `history` is the dataset's log before this release, and `previous` the current release in it; `needs` are
    the releases of other datasets by id; `limits` is what reading may cost; `run`, `at` and `provenance` are
    what the log keeps (a check has none)."""

    dataset: Dataset
    snapshots: Mapping[str, Snapshot]
    history: History
    previous: Previous | None
    needs: Mapping[str, Previous]
    hash_key: bytes | None = None
    limits: Limits = DEFAULT_LIMITS
    run: str = ""
    at: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def as_of(self) -> str | None:
        return max((s.as_of for s in self.snapshots.values() if s.as_of), default=None)

    @property
    def file_hashes(self) -> dict[str, str]:
        """The sha256 of the files that are no tables, by name."""
        return {each.name: hash_file(self.file_of(each.name))[0] for each in self.dataset.files}

    @property
    def writer(self) -> int:
        """Which writer the release is of: of one that is made again, the one that wrote it."""
        return int(self.provenance.get("writer", 1)) if self.provenance else WRITER

    @property
    def day(self) -> str:
        """The day of the run, in the city's zone; of a check, which the log does not keep, today."""
        moment = datetime.fromisoformat(self.at) if self.at else datetime.now(BUENOS_AIRES)
        return moment.astimezone(BUENOS_AIRES).date().isoformat()

    def file_of(self, resource: str) -> Path:
        """The raw file of a resource."""
        path = self.snapshots[resource].path
        assert path is not None, "what is an input has its file here"
        return path


def rows_before(inputs: Inputs, resource: Resource) -> pa.Table | None:
    """The rows of the previous release; none of a sample, once something was handed in."""
    source, previous = resource.pipeline.source, inputs.previous
    if previous is None:
        return None
    read = previous.entry.provenance["snapshots"].get(resource.name, {})
    if (
        isinstance(source, InboxSource)
        and inputs.snapshots[resource.name].receipt
        and not read.get("receipt")
        and read.get("source") == source.path
    ):
        return None
    return previous.table(resource.name)


def evidence_beside(inputs: Inputs, resource: Resource) -> Evidence:
    """What is known beside an extract of how it is written: for which period it was handed in, and how the
    release before was."""
    written = inputs.previous.entry.provenance.get(WRITTEN, {}) if inputs.previous else {}
    return Evidence(
        written.get(resource.name, {}),
        resource.pipeline.extract.field,
        inputs.snapshots[resource.name].period,
        inputs.dataset.pipeline.accrual_periodicity,
    )


def provenance_with_writing(inputs: Inputs, findings: Mapping[str, Sequence[Finding]]) -> dict[str, Any]:
    """What the log keeps of the inputs, with how each table's columns were found to be written: a column of
    which an extract says nothing is written as before."""
    provenance = {key: value for key, value in inputs.provenance.items() if key != WRITTEN}
    written = {}
    for resource in inputs.dataset.resources:
        before = evidence_beside(inputs, resource).ways
        now = {**before, **ways_of_writing(findings.get(resource.name, ()))}
        if known := {name: way for name, way in now.items() if name in resource.fields}:
            written[resource.name] = known
    return provenance | ({WRITTEN: written} if written else {})


def identify_extracts(snapshots: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str | None]]:
    """What tells one set of extracts from another: by resource, hash, date and period."""
    return {
        name: [each["sha256"], each.get("as_of"), each.get("period")]
        for name, each in sorted(snapshots.items())
    }


PARTS = ("declaration", "mappings", "needs", "demoNeeds", "hashKey", "tools")
"""Of a provenance: what the same bytes are met by."""


def mark_inputs(inputs: Inputs) -> str:
    """Stands for all that decides what becomes of these inputs: the bytes, what meets them, and the log."""
    told = {
        "head": inputs.history.head,
        "extracts": identify_extracts(inputs.provenance["snapshots"]),
        **{part: inputs.provenance.get(part) for part in PARTS},
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class Unmet(Exception):
    """A dataset that is needed has no release that this one may use: run that one first, or say `demo: true`
    here as well."""


def load_needs(dataset: Dataset, archive: Archive) -> dict[str, Previous]:
    """The current release of each dataset that is needed; raises Unmet. A demonstration may need others,
    which are looked for after the real ones; a real dataset is never made with invented rows."""
    found: dict[str, Previous] = {}
    missing, invented = [], []
    for name in dataset.needs:
        real, demo = (_newest_release(archive, name, demo=demo) for demo in (False, True))
        need = real or (demo if dataset.demo else None)
        if need is not None:
            found[name] = need
        elif demo:
            invented.append(name)
        else:
            missing.append(name)
    if invented:
        names = ", ".join(invented)
        raise Unmet(
            _(
                "{needs} holds invented rows, and real data is never made with them; say demo: true here too",
                needs=names,
            )
        )
    unknown = [name for name in missing if not (dataset.folder.parent / name).is_dir()]
    if unknown:
        told = describe_unknown(dataset.folder.parent, unknown[0])
        raise Unmet(_("`needs` in its declaration names what is no dataset: {told}", told=told))
    if missing:
        raise Unmet(_("{needs} must be released first; run that dataset", needs=", ".join(missing)))
    return found


def _newest_release(archive: Archive, name: str, *, demo: bool) -> Previous | None:
    """The current release of a dataset that is needed; raises Damaged, which names it."""
    try:
        return previous_of(archive, archive.history(name, demo=demo))
    except Damaged as error:
        raise Damaged(_("{need}, which it needs, is damaged: {why}", need=name, why=error)) from error


def referred_tables(dataset: Dataset, needs: Mapping[str, Previous]) -> dict[str, pa.Table]:
    """The tables of other datasets that foreign keys name as "dataset/resource"; of one that has no such
    table all that it has, so that what was meant can be named."""
    found = {}
    for name in sorted(set(_referred_names(dataset))):
        other, slash, resource = name.partition("/")
        table = needs[other].table(resource) if slash else None
        if table is not None:
            found[name] = table
        elif slash:
            found |= {f"{other}/{each}": table for each, table in needs[other].tables.items()}
    return found


def own_tables(dataset: Dataset, archive: Archive) -> dict[str, pa.Table]:
    """The dataset's published tables to which its other tables refer."""
    current = previous_of(archive, archive.history(dataset.id, dataset.demo))
    if current is None:
        return {}
    own = {r.name for r in dataset.resources}
    found = {name: current.table(name) for name in sorted(set(_referred_names(dataset)) & own)}
    return {name: table for name, table in found.items() if table is not None}


def _referred_names(dataset: Dataset) -> Iterator[str]:
    """The tables that foreign keys name; "" is the key's own."""
    for resource in dataset.resources:
        for key in resource.schema.get("foreignKeys", ()):
            yield key["reference"].get("resource", "")


def needs_as_provenance(needs: Mapping[str, Previous]) -> dict[str, Any]:
    """What the log keeps of them: the versions, and which are of the demonstrations' namespace."""
    demo = sorted(name for name, need in needs.items() if need.entry.demo)
    return {"needs": {name: str(need.entry.version) for name, need in needs.items()}} | (
        {"demoNeeds": demo} if demo else {}
    )


def restore_needs(dataset: Dataset, archive: Archive, provenance: Mapping[str, Any]) -> dict[str, Previous]:
    """The releases that a log entry's provenance names, in the declaration's order (a log entry is
    sorted)."""
    found = {}
    for name in dataset.needs:
        version = provenance["needs"][name]
        history = archive.history(name, demo=name in provenance.get("demoNeeds", ()))
        found[name] = Previous(archive, next(r for r in history.releases if str(r.version) == version))
    return found
