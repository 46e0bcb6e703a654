"""The releases of other datasets that a dataset refers to or is made from.

Which tools made a release: same tools, same bytes.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

import catalog
import messages
import pipelines
import validation
from catalog.archive.archive import Archive
from catalog.archive.published import Previous, previous_of
from catalog.archive.release import Version
from messages import gettext as _
from pipelines.dataset.dataset import Dataset, Resource
from pipelines.dataset.sources import InboxSource
from pipelines.fetch.snapshot import Snapshot
from pipelines.read.read import Reading
from pipelines.release.guards.measure import Unusual
from pipelines.release.guards.profile import Profile
from pipelines.release.quarantine import Held
from pipelines.settings import DEFAULT_LIMITS, Limits
from validation.report import Report


class Unmet(Exception):
    """A dataset that is needed has no release that this one may use: run that one first, or say `demo: true`
    here as well."""


def load_needs(dataset: Dataset, archive: Archive) -> dict[str, Previous]:
    """The current release of each dataset that is needed; raises Unmet. A demonstration may need others,
    which are looked for after the real ones; a real dataset is never made with invented rows."""
    found: dict[str, Previous] = {}
    missing, invented = [], []
    for name in dataset.needs:
        real, demo = (
            previous_of(archive, archive.history(name)),
            previous_of(archive, archive.history(name, demo=True)),
        )
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
    if missing:
        raise Unmet(_("{needs} must be released first; run that dataset", needs=", ".join(missing)))
    return found


def referred_tables(dataset: Dataset, needs: Mapping[str, Previous]) -> dict[str, pa.Table]:
    """The tables of other datasets that foreign keys name as "dataset/resource"."""
    keys = [key for r in dataset.resources for key in r.schema.get("foreignKeys", ())]
    names = {key["reference"]["resource"] for key in keys if "/" in key["reference"].get("resource", "")}
    found = {name: needs[name.split("/")[0]].table(name.split("/")[1]) for name in sorted(names)}
    return {name: table for name, table in found.items() if table is not None}


def own(dataset: Dataset, archive: Archive) -> dict[str, pa.Table]:
    """The dataset's published tables to which its other tables refer."""
    current = previous_of(archive, archive.history(dataset.id, dataset.demo))
    keys = [
        key["reference"].get("resource", "")
        for r in dataset.resources
        for key in r.schema.get("foreignKeys", ())
    ]
    found = {
        name: current.table(name)
        for name in sorted(set(keys))
        if current and name in {r.name for r in dataset.resources}
    }
    return {name: table for name, table in found.items() if table is not None}


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


LIBRARIES = ("frictionless", "pyarrow", "pandas", "duckdb", "great-expectations", "python-stdnum")


@cache
def tools() -> Mapping[str, str]:
    """The versions of Python, of the libraries that touch data, and of Vereda: its number, and a hash of its
    own code."""
    digest = hashlib.sha256()
    for package in (catalog, messages, pipelines, validation):
        for path in sorted(Path(str(package.__file__)).parent.rglob("*.py")):
            digest.update(path.read_bytes())
    ours = f"{version('vereda')}+{digest.hexdigest()[:12]}"
    return {
        "vereda": ours,
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


@dataclass(frozen=True)
class Inputs:
    """All that a release is made from. `paths` are the raw files by resource, `needs` the releases of other
    datasets by id; `highest` the highest version ever used; `provenance` what the log keeps of it all."""

    dataset: Dataset
    paths: Mapping[str, Path]
    snapshots: Mapping[str, Snapshot]
    previous: Previous | None
    highest: Version | None
    needs: Mapping[str, Previous]
    run: str
    at: str
    provenance: Mapping[str, Any]
    hash_key: bytes | None = None
    limits: Limits = DEFAULT_LIMITS

    @property
    def as_of(self) -> str | None:
        return max((s.as_of for s in self.snapshots.values() if s.as_of), default=None)


@dataclass(frozen=True)
class Checked:
    """What became of the raw files: the whole tables (`__row__`, then the fields; none where a file could not
    be read), what was found, and the rows that are held back. `profiles` and `unusual` are the guards'
    (pipelines/guards), once they have looked."""

    tables: Mapping[str, pa.Table]
    report: Report
    readings: Mapping[str, Reading]
    expectations: tuple[Mapping[str, Any], ...] = ()
    personal: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    held: Mapping[str, Held] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    unusual: tuple[Unusual, ...] = ()

    @property
    def held_rows(self) -> dict[str, int]:
        return {name: each.rows for name, each in self.held.items()}


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
