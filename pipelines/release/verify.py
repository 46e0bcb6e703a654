"""Is a release what its raw files, declaration and tools make? It is made again from the archive alone and
compared."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.archive import Archive
from catalog.archive.published import WRITER, previous_of, read_parquet
from catalog.archive.release import Entry, History, Release
from messages import gettext as _
from pipelines.dataset.dataset import Dataset, load_dataset
from pipelines.dataset.sources import DerivedSource
from pipelines.fetch.derived import derive
from pipelines.fetch.snapshot import Snapshot
from pipelines.read.hide import fingerprint_key
from pipelines.release.draft import draft_release
from pipelines.release.evaluate import evaluate
from pipelines.release.inputs import Inputs, restore_needs, tool_versions
from pipelines.settings import DEFAULT_LIMITS, Limits


@dataclass(frozen=True)
class Reproduction:
    """Whether the release's files came out the same byte for byte, and whether its tables have the same rows
    and types."""

    dataset: str
    version: str
    bytes_same: bool
    rows_same: bool
    note: str


def verify(archive: Archive, entry: Entry, history: History, limits: Limits = DEFAULT_LIMITS) -> Reproduction:
    """Makes the release again from what its log entry names, with the history as it was before it, reading
    within the limits."""
    with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
        work = Path(folder)
        dataset = restore(archive, entry, work / "datasets")
        evaluation = evaluate(_restore_inputs(archive, entry, history, dataset, limits, work), work)
        if not evaluation.checked.report.valid:
            return Reproduction(
                entry.dataset, str(entry.version), False, False, _("the raw files no longer pass the checks")
            )
        again = draft_release(evaluation, work / "release")
        different = [name for name, path in again.paths.items() if _differs(entry, name, path)]
        return Reproduction(
            entry.dataset,
            str(entry.version),
            not different,
            _same_tables(archive, entry, again),
            _note(entry, different, archive.hash_key),
        )


def restore(archive: Archive, entry: Entry, into: Path) -> Dataset:
    """The declaration as it was at that release, in a folder of its own."""
    folder = into / entry.dataset
    for name, sha256 in entry.provenance["declaration"].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        archive.save(sha256, folder / name)
    return load_dataset(folder)


def _restore_inputs(
    archive: Archive, entry: Entry, history: History, dataset: Dataset, limits: Limits, work: Path
) -> Inputs:
    before = replace(history, entries=history.entries[: entry.number - 1])
    needs = restore_needs(dataset, archive, entry.provenance)
    snapshots = {}
    for name, known in entry.provenance["snapshots"].items():
        path = work / f"{name}.raw"
        if isinstance(dataset.resource(name).pipeline.source, DerivedSource):
            derive(dataset, dataset.resource(name), needs, path)
        else:
            archive.save(known["sha256"], path)
        snapshots[name] = Snapshot(resource=name, path=path, **known)
    return Inputs(
        dataset,
        snapshots,
        before,
        previous_of(archive, before),
        needs,
        archive.hash_key,
        limits,
        entry.run,
        entry.at,
        entry.provenance,
    )


def _differs(entry: Entry, name: str, path: Path) -> bool:
    with path.open("rb") as file:
        return (
            name not in entry.files
            or hashlib.file_digest(file, "sha256").hexdigest() != entry.files[name].sha256
        )


def _same_tables(archive: Archive, entry: Entry, again: Release) -> bool:
    names = [name for name, file in entry.files.items() if name.endswith(".parquet") and file.public]
    other = entry.provenance.get("writer", 1) != WRITER
    if other:  # it tells of changes by values as they were written
        names = [name for name in names if name != "changes.parquet"]
    published = {name: read_parquet(archive.get(entry.files[name].sha256)) for name in names}
    return all(
        name in again.paths
        and read_parquet(again.paths[name]).equals(_composed(published[name]) if other else published[name])
        for name in names
    )


def _composed(table: pa.Table) -> pa.Table:
    """The table with its texts as they are read now (NFC)."""
    for place, column in enumerate(table.columns):
        if pa.types.is_string(column.type):
            table = table.set_column(place, table.schema.field(place), pc.utf8_normalize(column, form="NFC"))
    return table


def _note(entry: Entry, different: list[str], key: bytes | None) -> str:
    if not different:
        return _("made again from the raw files: every byte is the same")
    if (then := entry.provenance.get("hashKey")) and key and fingerprint_key(key) != then:
        return _("hashed with another key (VEREDA_HASH_KEY) than now")
    if (writer := entry.provenance.get("writer", 1)) != WRITER:
        return _(
            "written by writer {then}, and now there is writer {now}: {files} differ in their bytes",
            then=writer,
            now=WRITER,
            files=", ".join(different),
        )
    if dict(entry.provenance["tools"]) != dict(tool_versions()):
        return _("other tools than then: {files} differ in their bytes", files=", ".join(different))
    return _("same tools, but {files} differ", files=", ".join(different))
