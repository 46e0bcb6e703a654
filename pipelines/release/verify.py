"""Is a release what its raw files, declaration and tools make? It is made again from the archive alone and
compared."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.archive import Archive
from catalog.archive.mappings import ColumnMapping
from catalog.archive.published import WRITER, previous_of, read_parquet
from catalog.archive.release import Entry, History, Release
from messages import gettext as _
from messages import ngettext
from pipelines.dataset.dataset import Dataset, DatasetError, load_dataset
from pipelines.dataset.mappings import map_columns
from pipelines.dataset.sources import DerivedSource
from pipelines.fetch.derived import derive
from pipelines.fetch.snapshot import Snapshot
from pipelines.read.hide import fingerprint_key
from pipelines.release.inputs import Inputs, restore_needs
from pipelines.release.quarantine import HELD
from pipelines.release.remake import Held, Remake, make_again
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
            found = _compare(archive, entry, _remake(archive, entry, history, limits, Path(folder)))
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
    again = _remake(archive, entry, history, limits, work)
    return again.release or again.refusal


def _remake(archive: Archive, entry: Entry, history: History, limits: Limits, work: Path) -> Remake:
    dataset = restore(archive, entry, work / "datasets")
    inputs = _restore_inputs(archive, entry, history, dataset, limits, work)
    return make_again(inputs, work, _rows_held_then(archive, entry, inputs.history))


def _rows_held_then(archive: Archive, entry: Entry, before: History) -> Held:
    """The rows of its own files that a release held back: not those that were held before."""
    earlier = [_kept_held_rows(archive, before.current)] if before.current else []
    known = {json.dumps(row, sort_keys=True) for rows in earlier for row in rows}
    found: dict[str, list[int]] = {}
    for row in _kept_held_rows(archive, entry):
        if json.dumps(row, sort_keys=True) not in known:
            found.setdefault(row["resource"], []).append(row["row"])
    return {name: sorted(rows) for name, rows in found.items()}


def _kept_held_rows(archive: Archive, entry: Entry) -> list[dict[str, Any]]:
    file = entry.files.get(HELD)
    return read_parquet(archive.get(file.sha256)).to_pylist() if file else []


def _differing(entry: Entry, note: str) -> Reproduction:
    return Reproduction(entry.dataset, str(entry.version), False, False, note)


def _compare(archive: Archive, entry: Entry, again: Remake) -> Reproduction:
    paths = again.release.paths if again.release else {}
    different = sorted(name for name, path in paths.items() if _differs(entry, name, path))
    rows_same = _same_tables(archive, entry, {**paths, **again.tables}, [*different, *again.tables])
    return Reproduction(
        entry.dataset,
        str(entry.version),
        bool(paths) and not different,
        rows_same,
        _note(entry, different, archive.hash_key, again, rows_same=rows_same),
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


def _same_tables(
    archive: Archive, entry: Entry, paths: Mapping[str, Path], different: Collection[str]
) -> bool:
    """Whether the tables have the same rows. The kept file is read only where its bytes are others."""
    names = [name for name, file in entry.files.items() if name.endswith(".parquet") and file.public]
    other_writer = entry.provenance.get("writer", 1) != WRITER
    if other_writer or "changes.parquet" not in paths:  # it tells of changes by values as they were written
        names = [name for name in names if name != "changes.parquet"]
    for name in names:
        if name not in paths:
            return False
        if name in different:
            kept = read_parquet(archive.get(entry.files[name].sha256))
            if not read_parquet(paths[name]).equals(_composed(kept) if other_writer else kept):
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


def _note(entry: Entry, different: list[str], key: bytes | None, again: Remake, *, rows_same: bool) -> str:
    if again.release and not different:
        return _("made again from the raw files: every byte is the same")
    if (then := entry.provenance.get("hashKey")) and key and fingerprint_key(key) != then:
        return _("hashed with another key (VEREDA_HASH_KEY) than now")
    told = [_name_maker(entry, different)]
    if not rows_same and _is_explained(entry):
        told.append(_("by the rules of now its files would be read otherwise"))
    if again.refusal:
        told.append(_("the checks of now would not let it through: {why}", why=again.refusal))
    elif again.tables:
        n = sum(map(len, again.held.values()))
        told.append(
            ngettext(
                "the checks of now would hold back {n} row of its file",
                "the checks of now would hold back {n} rows of its file",
                n,
            )
        )
    if rows_same and again.tables:
        told.append(_("its rows come out the same"))
    return "; ".join(told)


def _name_maker(entry: Entry, different: list[str]) -> str:
    """Who made a release of which files come out otherwise now."""
    writer, files = entry.provenance.get("writer", 1), ", ".join(different)
    if writer != WRITER and not files:
        return _("written by writer {then}, and now there is writer {now}", then=writer, now=WRITER)
    if writer != WRITER:
        return _(
            "written by writer {then}, and now there is writer {now}: {files} differ in their bytes",
            then=writer,
            now=WRITER,
            files=files,
        )
    if not files:
        return _("other tools than then") if _is_explained(entry) else _("same tools")
    if _is_explained(entry):
        return _("other tools than then: {files} differ in their bytes", files=files)
    return _("same tools, but {files} differ", files=files)
