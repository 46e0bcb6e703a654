"""Is a release what its raw files, declaration and tools make? It is made again from the archive alone and
compared."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.archive import Archive
from catalog.archive.mappings import ColumnMapping
from catalog.archive.published import WRITER, previous_of, read_parquet
from catalog.archive.release import Entry, History, Release
from messages import gettext as _
from pipelines.dataset.dataset import Dataset, DatasetError, load_dataset
from pipelines.dataset.mappings import map_columns
from pipelines.dataset.sources import DerivedSource
from pipelines.fetch.derived import derive
from pipelines.fetch.snapshot import Snapshot
from pipelines.read.hide import fingerprint_key
from pipelines.release.inputs import Inputs, restore_needs
from pipelines.release.judgement import make_again
from pipelines.settings import DEFAULT_LIMITS, Limits
from pipelines.tools import tool_versions

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reproduction:
    """Whether the release's files came out the same byte for byte, and are kept so (`bytes_same`), and
    whether its tables have the same rows and types. `explained`: where only bytes differ, other tools or
    another writer say why."""

    dataset: str
    version: str
    bytes_same: bool
    rows_same: bool
    note: str
    explained: bool = False

    @property
    def right(self) -> bool:
        return self.rows_same and (self.bytes_same or self.explained)


def verify(archive: Archive, entry: Entry, history: History, limits: Limits = DEFAULT_LIMITS) -> Reproduction:
    """Makes the release again from what its log entry names, with the history as it was before it, reading
    within the limits; and reads the files that are kept of it."""
    damaged = sorted(name for name, file in entry.files.items() if archive.blob_fault(file.sha256))
    failures: tuple[type[Exception], ...] = (*archive.failures_of_one, DatasetError, OSError)
    with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
        try:
            again = rebuild(archive, entry, history, limits, Path(folder))
            if isinstance(again, str):
                why = _("the raw files no longer pass the checks: {why}", why=again)
                return _differing(entry, why)
            found = _compare(archive, entry, again)
        except failures as error:
            return _differing(entry, _("it cannot be made again: {why}", why=error))
        except Exception as error:  # the others are to be verified too
            log.exception("%s %s", entry.dataset, entry.version)
            why = f"{type(error).__name__}: {error}"
            return _differing(entry, _("it cannot be made again: {why}", why=why))
    if not damaged:
        return found
    note = _("what is kept of it is damaged: {files}", files=", ".join(damaged))
    return replace(found, bytes_same=False, explained=False, note=f"{note}; {found.note}")


def rebuild(archive: Archive, entry: Entry, history: History, limits: Limits, work: Path) -> Release | str:
    """The release made again in the folder `work`; where its raw files no longer pass the checks,
    a sentence that says why."""
    dataset = restore(archive, entry, work / "datasets")
    return make_again(_restore_inputs(archive, entry, history, dataset, limits, work), work)


def _differing(entry: Entry, note: str) -> Reproduction:
    return Reproduction(entry.dataset, str(entry.version), False, False, note)


def _compare(archive: Archive, entry: Entry, again: Release) -> Reproduction:
    different = sorted({*(name for name, path in again.paths.items() if _differs(entry, name, path))})
    return Reproduction(
        entry.dataset,
        str(entry.version),
        not different,
        _same_tables(archive, entry, again, different),
        _note(entry, different, archive.hash_key),
        explained=_is_explained(entry),
    )


def restore(archive: Archive, entry: Entry, into: Path) -> Dataset:
    """The declaration as it was at that release, in a folder of its own."""
    folder = into / entry.dataset
    for name, sha256 in entry.provenance["declaration"].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        archive.save(sha256, folder / name)
    kept = tuple(ColumnMapping(**each) for each in entry.provenance.get("mappings", ()))
    return map_columns(load_dataset(folder), kept)


def _restore_inputs(
    archive: Archive, entry: Entry, history: History, dataset: Dataset, limits: Limits, work: Path
) -> Inputs:
    earlier = tuple(each for each in history.entries if each.number < entry.number)
    before = History(history.dataset, history.demo, earlier)
    needs = restore_needs(dataset, archive, entry.provenance)
    snapshots = {}
    for name, known in entry.provenance["snapshots"].items():
        path = work / f"{name}.raw"
        if isinstance(dataset.resource(name).pipeline.source, DerivedSource):
            derive(dataset, dataset.resource(name), needs, path, limits)
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


def _same_tables(archive: Archive, entry: Entry, again: Release, different: Collection[str]) -> bool:
    """Whether the tables have the same rows. The kept file is read only where its bytes are others."""
    names = [name for name, file in entry.files.items() if name.endswith(".parquet") and file.public]
    other_writer = entry.provenance.get("writer", 1) != WRITER
    if other_writer:  # it tells of changes by values as they were written
        names = [name for name in names if name != "changes.parquet"]
    for name in names:
        if name not in again.paths:
            return False
        if name in different:
            kept = read_parquet(archive.get(entry.files[name].sha256))
            if not read_parquet(again.paths[name]).equals(_composed(kept) if other_writer else kept):
                return False
    return True


def _is_explained(entry: Entry) -> bool:
    """Whether other tools, or another writer, than now made the release: then its bytes may be others."""
    tools = dict(entry.provenance["tools"]) != dict(tool_versions())
    return tools or entry.provenance.get("writer", 1) != WRITER


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
    if _is_explained(entry):
        return _("other tools than then: {files} differ in their bytes", files=", ".join(different))
    return _("same tools, but {files} differ", files=", ".join(different))
