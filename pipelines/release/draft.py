"""The files of a release, and what the log is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catalog.archive.changes.changes import Changes
from catalog.archive.changes.reasons import next_version
from catalog.archive.published import pack_changes, pack_csv, pack_held, pack_json, pack_parquet
from catalog.archive.release import Release
from pipelines.dataset.sources import DerivedSource
from pipelines.release.descriptor import complete, describe
from pipelines.release.guards.judge import FILE
from pipelines.release.inputs import Checked, Inputs
from pipelines.release.quarantine import HELD, held_table
from validation.table import ROW


def draft_release(inputs: Inputs, checked: Checked, changes: Changes, into: Path) -> Release:
    """Writes the files of the release into the empty folder `into`."""
    dataset = inputs.dataset
    version = next_version(inputs.highest, changes.level)
    paths: dict[str, Path] = {}
    for resource in dataset.resources:
        table = checked.tables[resource.name].drop_columns([ROW])
        missing = resource.schema.get("missingValues", [""])
        about = {"dataset": dataset.id, "resource": resource.name, "title": dataset.title} | (
            {"demo": "true"} if dataset.demo else {}
        )
        paths[resource.path] = into / resource.path
        pack_csv(table, "" if "" in missing else missing[0], paths[resource.path])
        paths[resource.twin] = into / resource.twin
        pack_parquet(table, resource.schema, about, paths[resource.twin])
    paths |= {name: into / name for name in ("changes.parquet", "report.json", "datapackage.json")}
    pack_changes(changes.table(), paths["changes.parquet"])
    pack_json(_public_report(checked), paths["report.json"])
    if checked.held:
        paths[HELD] = into / HELD
        pack_held(
            held_table(
                checked.held, {name: each.table for name, each in checked.readings.items() if each.table}
            ),
            paths[HELD],
        )
    pack_json({name: each.to_json() for name, each in checked.profiles.items()}, into / FILE)
    needs = {name: str(need.entry.version) for name, need in inputs.needs.items()}
    descriptor = complete(
        describe(dataset, checked.held_rows),
        version=str(version),
        created=inputs.at,
        as_of=inputs.as_of,
        needs=needs,
        derived_from=_made_from(inputs),
        paths=paths,
    )
    pack_json(descriptor, paths["datapackage.json"])
    return Release(
        dataset=dataset.id,
        demo=dataset.demo,
        run=inputs.run,
        at=inputs.at,
        as_of=inputs.as_of,
        version=version,
        level=changes.level,
        paths=paths | {FILE: into / FILE},
        private=frozenset({FILE, HELD}),
        changes=changes.summary(),
        rows={name: table.num_rows for name, table in checked.tables.items()},
        problems=checked.report.total,
        provenance=inputs.provenance,
    )


def _made_from(inputs: Inputs) -> list[dict[str, Any]]:
    """What readers are told of the releases that a derived dataset was made from: id, title, version, and
    whether the rows are invented."""
    if not any(isinstance(r.pipeline.source, DerivedSource) for r in inputs.dataset.resources):
        return []
    return [
        {"id": name, "title": need.descriptor.get("title") or name, "version": str(need.entry.version)}
        | ({"demo": True} if need.entry.demo else {})
        for name, need in inputs.needs.items()
    ]


def _public_report(checked: Checked) -> dict[str, Any]:
    """`report.json`: counts and positions, never values (an agency's file may hold what must not be
    published)."""
    told = checked.report.public()
    for name, reading in checked.readings.items():
        found = {"encoding": reading.encoding, "delimiter": reading.delimiter, "layout": reading.layout}
        found |= {"sheet": reading.sheet} if reading.sheet else {}
        told[name] = {
            **told.get(name, {"rows": 0, "problems": []}),
            "repairs": list(reading.repairs),
            "source": found,
        }
        told[name] |= {"held": checked.held[name].to_json()} if name in checked.held else {}
        told[name] |= {"personalData": checked.personal[name]} if checked.personal.get(name) else {}
    return {"resources": told, "expectations": list(checked.expectations), "valid": checked.report.valid}
