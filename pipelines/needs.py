"""The releases of other datasets that a dataset refers to or is made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from catalog.archive import Archive
from messages import gettext as _
from pipelines.dataset import Dataset
from pipelines.previous import Previous, previous_of


class Unmet(Exception):
    """A dataset that is needed has no release that this one may use: run that one first, or say `demo: true` here as well."""


def needed(dataset: Dataset, archive: Archive) -> dict[str, Previous]:
    """The current release of each dataset that is needed; raises Unmet. A demonstration may need others, which are looked for after the
    real ones; a real dataset is never made with invented rows."""
    found: dict[str, Previous] = {}
    missing, invented = [], []
    for name in dataset.needs:
        real, demo = previous_of(archive, archive.history(name)), previous_of(archive, archive.history(name, demo=True))
        need = real or (demo if dataset.demo else None)
        if need is not None:
            found[name] = need
        elif demo:
            invented.append(name)
        else:
            missing.append(name)
    if invented:
        names = ", ".join(invented)
        raise Unmet(_("{needs} holds invented rows, and real data is never made with them; say demo: true here too", needs=names))
    if missing:
        raise Unmet(_("{needs} must be released first; run that dataset", needs=", ".join(missing)))
    return found


def referred(dataset: Dataset, needs: Mapping[str, Previous]) -> dict[str, pa.Table]:
    """The tables of other datasets that foreign keys name as "dataset/resource"."""
    keys = [key for r in dataset.resources for key in r.schema.get("foreignKeys", ())]
    names = {key["reference"]["resource"] for key in keys if "/" in key["reference"].get("resource", "")}
    found = {name: needs[name.split("/")[0]].table(name.split("/")[1]) for name in sorted(names)}
    return {name: table for name, table in found.items() if table is not None}


def own(dataset: Dataset, archive: Archive) -> dict[str, pa.Table]:
    """The dataset's published tables to which its other tables refer."""
    current = previous_of(archive, archive.history(dataset.id, dataset.demo))
    keys = [key["reference"].get("resource", "") for r in dataset.resources for key in r.schema.get("foreignKeys", ())]
    found = {name: current.table(name) for name in sorted(set(keys)) if current and name in {r.name for r in dataset.resources}}
    return {name: table for name, table in found.items() if table is not None}


def recorded(needs: Mapping[str, Previous]) -> dict[str, Any]:
    """What the log keeps of them: the versions, and which are of the demonstrations' namespace."""
    demo = sorted(name for name, need in needs.items() if need.entry.demo)
    return {"needs": {name: str(need.entry.version) for name, need in needs.items()}} | ({"demoNeeds": demo} if demo else {})


def restored(dataset: Dataset, archive: Archive, provenance: Mapping[str, Any]) -> dict[str, Previous]:
    """The releases that a log entry's provenance names, in the declaration's order (a log entry is sorted)."""
    found = {}
    for name in dataset.needs:
        version = provenance["needs"][name]
        history = archive.history(name, demo=name in provenance.get("demoNeeds", ()))
        found[name] = Previous(archive, next(r for r in history.releases if str(r.version) == version))
    return found
