"""What the archive tells of our own publishing: how good each dataset's current version is, and what was
decided and found about personal data; counts by rule, never a value, a cell or a row."""

from __future__ import annotations

import csv
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from catalog.archive.archive import Archive
from catalog.archive.published import Previous
from catalog.archive.release import Entry, History, twin
from catalog.portal.quality import PARTS, Index, KnownFacts, gather_facts
from catalog.public import listing_of
from messages import speaking
from pipelines.dataset.dataset import Resource
from pipelines.dataset.sources import ArchiveSource
from pipelines.fetch.snapshot import Snapshot, hash_file
from validation.problems import registry
from validation.problems.personal import PLACE_ONLY

QUALITY = (
    *("dataset", "title", "publisher", "version", "index"),
    *PARTS,
    *("fresh", "rows", "findings", "expected", "met", "cells", "empty", "fields", "titled", "described"),
    "lacks",
)
PERSONAL = (
    *("dataset", "title", "resource", "rule", "what", "decision", "columns", "reason", "smallest", "cells"),
    "findings",
    "datasets",
)
UNPUBLISHED = "(sin publicar)"
"""Stands for datasets and tables of which no version ever came out: their names are not public."""
MARK = "archive: "
"""With this begins the `source` of such a snapshot: what was made from it is left out of it."""

_CODES = frozenset(kind.code for kind in PLACE_ONLY)


def report_archive(archive: Archive, resource: Resource, into: Path) -> Snapshot:
    """The table that the source names, as CSV in the file `into`: a row for each real dataset (`quality`), or
    for each rule in each of their tables (`personalData`), sorted, and decided by the archive alone. Datasets
    of this kind are not told of: their rows would change by being told. Raises Damaged, ArchiveError.
    """
    source = resource.pipeline.source
    assert isinstance(source, ArchiveSource)
    header = QUALITY if source.table == "quality" else PERSONAL
    rows: list[Mapping[str, Any]] = []
    for name in _real_datasets(archive):
        history = archive.history(name)
        entry = history.current
        if entry is not None and _is_of_the_archive(entry):
            continue
        if source.table == "quality":
            rows += _measure_quality(archive, history)
        else:
            rows += _list_personal_data(archive, name, history)
    if source.table == "personalData":
        rows = sorted(_without_unpublished(rows), key=lambda row: str(row["dataset"]))
    with into.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return Snapshot(resource.name, f"{MARK}{source.table}", *hash_file(into), into)


def _real_datasets(archive: Archive) -> list[str]:
    """Those that have a release, and those that were run and never got so far."""
    released = {name for name, demo in archive.datasets() if not demo}
    invented = {name for name, demo in archive.datasets() if demo}
    ran = {name for name in archive.run_log.standings() if archive.runs(name)}
    return sorted(released | (ran - invented))


def _is_of_the_archive(entry: Entry) -> bool:
    return any(str(each["source"]).startswith(MARK) for each in entry.provenance["snapshots"].values())


def _measure_quality(archive: Archive, history: History) -> Iterator[dict[str, Any]]:
    """The index of the current version as it was on the day of its release: the portal's own calculation."""
    if history.current is None:
        return
    listing = listing_of(archive, history)
    edition = listing.current
    assert edition is not None
    with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
        place = Path(folder, "v", str(edition.version))
        place.mkdir(parents=True)
        tables = [twin(each["path"]) for each in listing.descriptor["resources"] if "schema" in each]
        for name in ("report.json", "datapackage.json", *tables):
            if name in edition.files:
                archive.save(edition.files[name].sha256, place / name)
        facts = gather_facts(replace(listing, editions=(edition,)), Path(folder), KnownFacts(None)).get(
            edition.version
        )
    if facts is None:
        return
    index = Index(facts, facts.fresh)
    yield {
        "dataset": listing.dataset,
        "title": listing.title,
        "publisher": (listing.descriptor.get("publisher") or {}).get("name", ""),
        "version": str(edition.version),
        "index": index.score,
        **{part.name: part.score for part in index.parts},
        **asdict(facts),
        "fresh": facts.fresh or "",
        "lacks": len(facts.lacks),
    }


def _list_personal_data(archive: Archive, name: str, history: History) -> Iterator[dict[str, Any]]:
    """What was decided for the current version, then what the gate found in the last extract that it
    judged."""
    title, rows, entry = name, list[dict[str, Any]](), history.current
    tables = {table for release in history.releases for table in release.rows}
    if entry is not None:
        title = Previous(archive, entry).descriptor.get("title") or name
        report = json.loads(archive.get(entry.files["report.json"].sha256))
        for resource, checked in sorted(report["resources"].items()):
            decisions = _list_decisions(checked.get("personalData") or {})
            rows += [{"resource": resource, "decision": "declared", **each} for each in decisions]
    known = name if history.releases else UNPUBLISHED
    for row in [*rows, *_list_findings(archive, name)]:
        table = row["resource"] if row["resource"] in tables else UNPUBLISHED
        about = {"dataset": known, "title": title if known == name else UNPUBLISHED, "resource": table}
        yield {**row, **about, "of": name}


def _without_unpublished(rows: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The rows in their order, those of what never came out added up by rule and decision at the end of each
    dataset, or of all."""
    apart: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["resource"] == UNPUBLISHED:
            names = ("dataset", "title", "resource", "rule", "what", "decision")
            apart.setdefault(tuple(row[name] for name in names), []).append(row)
        else:
            yield {name: value for name, value in row.items() if name != "of"} | {"datasets": 1}
    for (dataset, title, table, rule, what, decision), found in sorted(apart.items()):
        about = {"dataset": dataset, "title": title, "resource": table}
        counts = {
            "findings": sum(row["findings"] for row in found),
            "datasets": len({r["of"] for r in found}),
        }
        yield {**about, "rule": rule, "what": what, "decision": decision, **counts}


def _list_decisions(treated: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What was done with a table by its published report: for how many columns each rule was chosen, why some
    are public, how many cells are disguised, and how many are empty since they tell of too few persons."""
    fields, groups = treated.get("fields", {}).values(), treated.get("smallGroups", ())
    for rule in sorted({each["treatment"] for each in fields}):
        mine = [each for each in fields if each["treatment"] == rule]
        reasons = sorted({each["because"] for each in mine if "because" in each})
        row = {"rule": rule, "columns": len(mine), "reason": "; ".join(reasons)}
        yield row | ({"cells": sum(each["cells"] for each in mine)} if rule in ("hash", "mask") else {})
    if groups:
        yield {
            "rule": "small-groups",
            "columns": len({field for each in groups for field in each["fields"]}),
            "smallest": max(each["min"] for each in groups),
            "cells": sum(each["held"] for each in groups),
        }


def _list_findings(archive: Archive, name: str) -> Iterator[dict[str, Any]]:
    """By rule: how often the gate found what nobody declared, where that stopped the last extract or held
    rows back. A report keeps a thousand findings of a kind in a column, so that there may be more."""
    run = _last_judged(archive, name)
    decision = "stopped" if run.get("outcome") == "rejected" else "held"
    for task in run.get("report", {}).get("frictionless", {}).get("tasks", ()):
        codes = Counter(error["code"] for error in task["errors"] if error.get("code") in _CODES)
        for code, count in sorted(codes.items()):
            with speaking("es"):
                what = registry.title(code)
            found = {"resource": task["name"], "rule": code, "what": what, "decision": decision}
            yield {**found, "findings": count}


def _last_judged(archive: Archive, name: str) -> Mapping[str, Any]:
    """The record of the last run in which an extract was judged. One that failed judged none; one that found
    all unchanged may have no report, and then tells that what was rejected before is gone."""
    passed = False
    for each in reversed(archive.runs(name)):
        run = archive.read_run(name, each)
        outcome, judged = run.get("outcome"), "frictionless" in run.get("report", {})
        if run.get("demo") is True or outcome == "failed" or (outcome == "rejected" and not judged):
            continue
        if judged and not (passed and outcome == "rejected"):
            return run
        passed = True
    return {}
