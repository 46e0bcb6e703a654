"""The files of a release, and its entry in the log."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.blobs import Digest
from catalog.archive.changes.changes import Changes
from catalog.archive.changes.reasons import next_version
from catalog.archive.continued import Beginning, continue_csv, continue_parquet, hash_file
from catalog.archive.published import (
    ROW_GROUP,
    WRITER,
    Previous,
    pack_json,
    write_parquet,
)
from catalog.archive.release import Damaged, Release, twin
from catalog.archive.store import ArchiveError
from pipelines.dataset.sources import DerivedSource
from pipelines.release.descriptor import complete, describe
from pipelines.release.evaluate import Evaluation
from pipelines.release.formats import choose_formats, write_formats
from pipelines.release.guards.judge import FILE
from pipelines.release.inputs import Inputs, provenance_with_writing
from pipelines.release.packing import pack_changes, pack_table
from pipelines.release.quarantine import HELD, held_table
from pipelines.release.still_held import held_periods
from validation.table import ROW


def draft_release(evaluation: Evaluation, into: Path) -> Release:
    """Writes the files of the release into the folder `into`, which is theirs alone."""
    inputs, changes = evaluation.inputs, evaluation.changes
    dataset = inputs.dataset
    assert changes is not None, "only what passed the checks is drafted"
    version = next_version(inputs.history.highest, changes.level)
    shutil.rmtree(into, ignore_errors=True)  # what a process left that was ended
    into.mkdir()
    paths = {name: into / name for name in ("changes.parquet", "report.json", "datapackage.json", FILE)}
    formats = choose_formats(dataset, evaluation.checked.tables, inputs.writer)
    with ThreadPoolExecutor(3, thread_name_prefix="write") as pool:  # Arrow writes without Python's lock
        writing = {"changes.parquet": pool.submit(_write_changes, changes, paths["changes.parquet"])}
        paths = _write_tables(evaluation, formats, into, pool, writing) | paths
        hashes = {name: written.result() for name, written in writing.items()}
    pack_json(_public_report(evaluation), paths["report.json"])
    pack_json({name: each.to_json() for name, each in evaluation.guards.profiles.items()}, paths[FILE])
    descriptor = complete(
        describe(dataset, evaluation.checked.held_rows, inputs.file_hashes, formats),
        version=str(version),
        created=inputs.at,
        as_of=inputs.as_of,
        needs={name: str(need.entry.version) for name, need in inputs.needs.items()},
        derived_from=_derived_from(inputs),
        paths=paths,
        hashes=hashes,
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
        paths=paths,
        private=frozenset({FILE, HELD}),
        changes=changes.summary(),
        rows=evaluation.rows,
        problems=evaluation.plain_report.total,
        provenance=provenance_with_writing(
            inputs, {name: each.findings for name, each in evaluation.checked.readings.items()}
        ),
        hashes=hashes,
        still=True,
    )


def _write_changes(changes: Changes, into: Path) -> str:
    """The lines of what changed; gives the sha256 of the file."""
    pack_changes(changes.lines(), into)
    return hash_file(into)


def _write_tables(
    evaluation: Evaluation,
    formats: Mapping[str, Sequence[str]],
    into: Path,
    pool: ThreadPoolExecutor,
    writing: dict[str, Future[str]],
) -> dict[str, Path]:
    """Each table as CSV and Parquet and in its other `formats`, the files that are no tables, and the rows
    that are held back; by their names in the release. What is `writing` in the pool, and gives a file's
    sha256, is not waited for."""
    dataset, checked = evaluation.inputs.dataset, evaluation.checked
    paths: dict[str, Path] = {}
    for resource in dataset.resources:
        table = checked.tables[resource.name].drop_columns([ROW])
        missing = resource.schema.get("missingValues", [""])
        about = {"dataset": dataset.id, "resource": resource.name, "title": dataset.title}
        about |= {"demo": "true"} if dataset.demo else {}
        paths[resource.path] = into / resource.path
        missing_text = "" if "" in missing else missing[0]
        before = _beginning(evaluation, resource.name)
        paths[resource.twin] = into / resource.twin
        names = resource.path, resource.twin
        both = paths[resource.path], paths[resource.twin]
        packed = None if before else pack_table(table, resource.schema, about, missing_text, *both)
        if packed:
            writing |= {name: pool.submit(str, sha256) for name, sha256 in zip(names, packed, strict=True)}
        else:
            writing[resource.path] = pool.submit(continue_csv, table, missing_text, both[0], before)
            writing[resource.twin] = pool.submit(
                continue_parquet, table, resource.schema, about, both[1], before
            )
        paths |= write_formats(resource, table, formats.get(resource.name, ()), about, into)
    for resource in dataset.files:
        paths[resource.path] = into / resource.path
        shutil.copyfile(evaluation.inputs.file_of(resource.name), paths[resource.path])
    if checked.held or checked.earlier:
        paths[HELD] = into / HELD
        write_parquet(_held_rows(evaluation), paths[HELD])
    return paths


def _beginning(evaluation: Evaluation, name: str) -> Beginning | None:
    """The table of the release before, where enough first rows are the same, and its files were written as
    they would be now."""
    previous, leading = evaluation.inputs.previous, evaluation.checked.leading.get(name, 0)
    if previous is None or leading < ROW_GROUP:
        return None
    then = previous.entry.provenance
    table = previous.table(name)
    as_now = then.get("writer", 1) == WRITER and then.get("tools", {}).get("pyarrow") == pa.__version__
    return (
        Beginning(table, leading, partial(_save_table, previous, name))
        if as_now and table is not None
        else None
    )


def _save_table(previous: Previous, name: str, ending: str, into: Path, behind: int = 0) -> Digest | None:
    """Writes a file of a table of that release into another one (see continued.Save)."""
    path = next(each["path"] for each in previous.descriptor["resources"] if each["name"] == name)
    file = previous.entry.files[path if ending == ".csv" else twin(path)]
    try:
        return previous.archive.save(file.sha256, into, file.bytes - behind)
    except (Damaged, ArchiveError):
        return None


def _held_rows(evaluation: Evaluation) -> pa.Table:
    """The rows that are held back: of this delivery, then of earlier ones."""
    inputs, checked = evaluation.inputs, evaluation.checked
    delivered = {name: each.table for name, each in checked.readings.items() if each.table}
    files = {name: snapshot.source for name, snapshot in inputs.snapshots.items()}
    periods = {
        name: held_periods(inputs, inputs.dataset.resource(name), held, _delivered_rows(checked.tables[name]))
        for name, held in checked.held.items()
    }
    return pa.concat_tables([held_table(checked.held, delivered, files, periods), *checked.earlier.values()])


def _delivered_rows(table: pa.Table) -> pa.Table:
    return table.filter(pc.is_valid(table[ROW]))


def _derived_from(inputs: Inputs) -> list[dict[str, Any]]:
    """What readers learn of the releases that a derived dataset was made from: id, title, version, and
    whether the rows are invented."""
    if not any(isinstance(r.pipeline.source, DerivedSource) for r in inputs.dataset.resources):
        return []
    return [
        {"id": name, "title": need.descriptor.get("title") or name, "version": str(need.entry.version)}
        | ({"demo": True} if need.entry.demo else {})
        for name, need in inputs.needs.items()
    ]


def _public_report(evaluation: Evaluation) -> dict[str, Any]:
    """`report.json`: counts and positions, never values (an agency's file may hold what must not be
    published)."""
    checked, report = evaluation.checked, evaluation.report
    resources = report.public()
    for name, reading in checked.readings.items():
        found = {"encoding": reading.encoding, "delimiter": reading.delimiter, "layout": reading.layout}
        found |= {"sheet": reading.sheet} if reading.sheet else {}
        resources[name] = {
            **resources.get(name, {"rows": 0, "problems": []}),
            "repairs": list(reading.repairs),
            "source": found,
        }
        if name in checked.held:
            resources[name]["held"] = checked.held[name].to_json()
        if name in checked.earlier:
            resources[name]["heldEarlier"] = checked.earlier[name].num_rows
        if checked.personal.get(name):
            resources[name]["personalData"] = checked.personal[name]
    return {"resources": resources, "expectations": list(checked.expectations), "valid": report.valid}
