"""The archive: every release with its log, and the raw files that it was made from. It is private, and it
is the truth.

    blobs/<sha256>                       raw and published files alike
    datasets/<id>/log/00000001.json      an entry per release, rollback, withdrawal …
    demo/<id>/log/00000001.json          likewise, of invented rows
    datasets/<id>/received/00000001.json a receipt for each file that was handed in
    datasets/<id>/problems/00000001.json what was reported of the data, and answered
    runs/<id>/<time>.json                what runs answered of a dataset, with the private report
    runs/_all/<run>.json                 what each run did (see runs.py)
    locks/…                              who is at work on what (see locks.py)
    outbox/…                             notices of it to people and programs (see outbox.py)

A release is published by one act: its log entry is put where there was none. Its blobs come before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from catalog.archive.blobs import KEEP, Blobs, hashes
from catalog.archive.locks import Locks
from catalog.archive.numbered import NumberedLog
from catalog.archive.outbox import Outbox
from catalog.archive.receipts import Receipts
from catalog.archive.release import (
    Damaged,
    Entry,
    File,
    History,
    Release,
    UnknownRelease,
    damaged_entry,
    dump_json,
    entry_as_json,
    entry_from_json,
)
from catalog.archive.reports import ProblemReports
from catalog.archive.runs import RunLog
from catalog.archive.store import ArchiveError, Folder, Shelf, Store, open_store, reaching, strays
from messages import gettext as _

__all__ = ["Archive", "ArchiveError", "Conflict", "Damaged"]


class Conflict(Exception):
    """Another run was first: read the history again, and compute changes, version and descriptor on its new
    head."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Archive:
    """The archive in a store; `where` is its name in messages, `root` its folder if it is one, `clock` the
    wall's time, `hash_key` the secret with which personal data is hashed before it comes in (it is kept
    nowhere).

    Its methods raise ArchiveError where the storage fails, Damaged where it does not give back what it was
    given, and ValueError for an id or a hash that is none.
    """

    store: Store
    where: str = "memory://"
    root: Path | None = None
    clock: Callable[[], datetime] = _now
    hash_key: bytes | None = field(default=None, repr=False)

    @classmethod
    def open(cls, where: str | Path, hash_key: str | None = None) -> Archive:
        """The archive in a folder (made if missing) or at memory:///, s3://bucket/prefix, gs:// or az://;
        ValueError for other URLs."""
        store = open_store(str(where))
        return cls(
            store,
            str(where).rstrip("/"),
            store.root if isinstance(store, Folder) else None,
            hash_key=hash_key.encode() if hash_key else None,
        )

    @property
    def _shelf(self) -> Shelf:
        return Shelf(self.store, self.where)

    @property
    def _blobs(self) -> Blobs:
        return Blobs(self._shelf, self.clock)

    def put(self, source: Path | bytes) -> str:
        """Keeps a file and gives its sha256; one that is kept already is not written again."""
        return self._blobs.put(source)

    def get(self, sha256: str) -> bytes:
        return b"".join(self._blobs.blocks(sha256))

    def save(self, sha256: str, into: Path) -> None:
        """Writes a blob to the file `into`, block by block; where the blob is missing or damaged, `into` is
        not touched."""
        self._blobs.save(sha256, into)

    def datasets(self) -> list[tuple[str, bool]]:
        """(id, demo) of each dataset that has a log, sorted."""
        names = [name for top in ("datasets", "demo") for name in self._shelf.names(top)]
        found = (re.fullmatch(r"(datasets|demo)/([a-z0-9-]+)/log/\d{8}\.json", name) for name in names)
        return sorted({(match[2], match[1] == "demo") for match in found if match})

    def history(self, dataset: str, demo: bool = False) -> History:
        return History(dataset, demo, tuple(self._log(dataset, demo).all()))

    def commit(self, release: Release, after: int) -> Entry:
        """Publishes a release that was computed on the history up to entry `after`: its files, then entry
        `after` + 1.

        Raises Conflict where another run wrote that entry. If it is ours (a put that was tried again), gives
        it back.
        """
        self._continues(release.dataset, release.demo, after)
        files = {}
        for name, path in sorted(release.paths.items()):
            files[name] = File(self.put(path), path.stat().st_size, public=name not in release.private)
        return self._write(
            Entry(
                dataset=release.dataset,
                demo=release.demo,
                number=after + 1,
                kind="release",
                run=release.run,
                at=release.at,
                version=release.version,
                level=release.level,
                as_of=release.as_of,
                files=files,
                changes=release.changes,
                rows=release.rows,
                problems=release.problems,
                provenance=release.provenance,
            )
        )

    def append(self, entry: Entry) -> Entry:
        """Writes an entry of another kind: current, withdraw, accept. Raises Conflict as `commit` does.

        Raises ValueError where it speaks of a version that was never released, or makes a withdrawn one
        current.
        """
        self._continues(entry.dataset, entry.demo, entry.number - 1)
        entries = self.history(entry.dataset, entry.demo).entries[: entry.number - 1]
        before = History(entry.dataset, entry.demo, entries)
        if entry.version not in {release.version for release in before.releases}:
            raise ValueError(
                _("{dataset} has no version {version}.", dataset=entry.dataset, version=entry.version)
            )
        if entry.kind == "current" and entry.version in before.withdrawn:
            raise ValueError(
                _(
                    "{dataset} {version} was withdrawn, and stays so.",
                    dataset=entry.dataset,
                    version=entry.version,
                )
            )
        return self._write(entry)

    def receipts(self, dataset: str, demo: bool = False) -> Receipts:
        """What was handed in for a dataset."""
        return Receipts(self._shelf, f"{_folder(dataset, demo)}/received")

    @property
    def outbox(self) -> Outbox:
        """The notices of releases and runs, and what became of each delivery."""
        return Outbox(self._shelf)

    @property
    def locks(self) -> Locks:
        """Who is at work on what."""
        return Locks(self._shelf, self.root, self.clock)

    @property
    def run_log(self) -> RunLog:
        """What each run did, and how each dataset stands by them."""
        return RunLog(self._shelf, self.locks)

    def problems(self, dataset: str, demo: bool = False) -> ProblemReports:
        """What was reported of a dataset, and answered."""
        return ProblemReports(self._shelf, f"{_folder(dataset, demo)}/problems")

    def record(self, dataset: str, run: Mapping[str, Any]) -> None:
        """Keeps what a run answered (JSON values), under the time at which this is called."""
        at = self.clock().astimezone(UTC)
        while not self._shelf.create(f"{_runs(dataset)}/{at:%Y%m%dT%H%M%S.%fZ}.json", dump_json(run)):
            at += timedelta(microseconds=1)

    def runs(self, dataset: str) -> list[str]:
        """The names of the recorded runs, oldest first: <time>.json, in UTC."""
        return [name.rpartition("/")[2] for name in self._shelf.names(_runs(dataset))]

    def last_run(self, dataset: str) -> Mapping[str, Any] | None:
        names = self.runs(dataset)
        return self.read_run(dataset, names[-1]) if names else None

    def read_run(self, dataset: str, name: str) -> Mapping[str, Any]:
        """One of `runs`."""
        path = f"{_runs(dataset)}/{name}"
        try:
            run: dict[str, Any] = json.loads(self._shelf.read(path))
        except ValueError as error:
            raise damaged_entry(self._shelf.place(path), error) from error
        return run

    def sweep(self, before: datetime) -> list[str]:
        """Removes what is older than `before`, and than eight days, and of no use; gives back the paths.

        That is: blobs that no log entry and no recorded run names, and what killed writers left in a folder.
        It may run beside commits. A bucket's own life-cycle rule has to remove uploads that were cut off.
        """
        before = min(before, self.clock() - KEEP)
        old = self._blobs.old(before)
        # The logs are read after the blobs are listed: what is committed in between is named in them.
        texts = (
            self._shelf.read(name) for top in ("datasets", "demo", "runs") for name in self._shelf.names(top)
        )
        named = {sha256 for text in texts for sha256 in hashes(text)}
        swept = [path for sha256 in old if sha256 not in named for path in self._blobs.remove(sha256, before)]
        if self.root:
            with reaching(self.where):
                for stray in strays(self.root, before):
                    stray.unlink(missing_ok=True)
                    swept.append(stray.relative_to(self.root).as_posix())
        return swept

    def _continues(self, dataset: str, demo: bool, after: int) -> None:
        log = self._log(dataset, demo)
        if after < 0 or (after and not log.has(after)):
            raise ValueError(f"{log.place(after)} does not exist: an entry after it would leave a gap")

    def _write(self, entry: Entry) -> Entry:
        log = self._log(entry.dataset, entry.demo)
        if log.put(entry):
            return entry
        first = log.read(entry.number)
        if (first.run, first.kind, first.version) == (entry.run, entry.kind, entry.version):
            return first  # ours: the storage tried the same put twice
        raise Conflict(
            _(
                "{dataset}: run {run} wrote entry {number} first. Run it again.",
                dataset=entry.dataset,
                run=first.run,
                number=entry.number,
            )
        )

    def _log(self, dataset: str, demo: bool) -> NumberedLog[Entry]:
        def parse(text: bytes) -> Entry:
            entry = entry_from_json(text)
            if (entry.dataset, entry.demo) != (dataset, demo):
                raise ValueError(f"{entry.dataset} {entry.number}")
            return entry

        return NumberedLog(self._shelf, f"{_folder(dataset, demo)}/log", entry_as_json, parse)


def _folder(dataset: str, demo: bool) -> str:
    return f"{'demo' if demo else 'datasets'}/{_id(dataset)}"


def _runs(dataset: str) -> str:
    return f"runs/{_id(dataset)}"


def _id(dataset: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+", dataset):
        raise ValueError(f"not the id of a dataset: {dataset!r}; use a-z, 0-9 and -")
    return dataset


def find_history(archive: Archive, dataset: str) -> History:
    """The log of a dataset, real or demo; raises UnknownRelease where it was never released."""
    for demo in (False, True):
        history = archive.history(dataset, demo)
        if history.entries:
            return history
    raise UnknownRelease(
        _(
            "{dataset} has no release yet; `vereda run {dataset}` makes one, `vereda list` shows what "
            "there is",
            dataset=dataset,
        )
    )
