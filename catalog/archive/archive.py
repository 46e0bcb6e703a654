"""The archive: every release with its log, and the raw files that it was made from. It is private, and it
is the truth.

    blobs/<sha256>                       raw and published files alike
    datasets/<id>/log/00000001.json      an entry per release, rollback, withdrawal …
    demo/<id>/log/00000001.json          likewise, of invented rows
    datasets/<id>/received/00000001.json a receipt for each file that was handed in
    datasets/<id>/problems/00000001.json what was reported of the data, and answered
    tokens/00000001.json                 who may hand in files over the web, and for how long (hashes alone)
    requests/00000001.json               what data was asked for, and answered
    runs/<id>/<time>.json                what runs answered of a dataset, with the private report
    runs/_all/<run>.json                 what each run did (see runs.py)
    locks/…, takeovers/…                 who is at work on what; what a foreign catalogue held before
    archive.json                         what tells this archive from others (see takeovers.py)
    audit/…, outbox/…, links/…           who did what at the desk; notices; what stood at links (see there)

A release is published by one act: its log entry is put where there was none. Its blobs come before.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from catalog.archive.blobs import KEEP, Blobs, Digest, hashes
from catalog.archive.links import Links
from catalog.archive.locks import Locks
from catalog.archive.log import (
    Log,
    SeenEntry,
    check_log,
    copied_entries,
    copy_entries,
    describe_loss,
    find_strange_files,
    is_seen,
    lost_entries,
    restore_entry,
    seen_entries,
    set_aside,
)
from catalog.archive.mappings import Mappings
from catalog.archive.numbered import NumberedLog, read_json
from catalog.archive.outbox import Outbox
from catalog.archive.receipts import Receipts
from catalog.archive.release import (
    Damage,
    Damaged,
    Entry,
    File,
    History,
    NeverReleased,
    Release,
    damaged_entry,
    dump_json,
    entry_as_json,
    entry_from_json,
    same_act,
)
from catalog.archive.reports import REQUESTS, ProblemReports
from catalog.archive.runs import RunLog
from catalog.archive.store import ArchiveError, Folder, Shelf, Store, open_store, reaching, strays
from catalog.archive.takeovers import Takeovers, read_mark
from messages import gettext as _

__all__ = ["Archive", "ArchiveError", "Conflict", "Damaged"]

ID = r"[a-z0-9-]{1,200}"
"""What a file system takes as a name."""
RUN_NAME = "%Y%m%dT%H%M%S.%fZ.json"


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
    def shelf(self) -> Shelf:
        return Shelf(self.store, self.where)

    @property
    def _blobs(self) -> Blobs:
        return Blobs(self.shelf, self.clock)

    @property
    def failures_of_one(self) -> tuple[type[Exception], ...]:
        """What may fail for one dataset alone. In a folder a single file can be out of reach; a bucket is
        there as a whole, or not at all."""
        return (Damaged, ArchiveError) if self.root else (Damaged,)

    def put(self, source: Path | bytes, *, still: bool = False) -> str:
        """Keeps a file and gives its sha256; one that is kept already is not written again. One that is
        `still`, to which nobody writes any more, need not be copied."""
        return self._blobs.put(source, still=still)

    def get(self, sha256: str) -> bytes:
        return b"".join(self._blobs.blocks(sha256))

    def save(self, sha256: str, into: Path, beginning: int = 0) -> Digest:
        """Writes a blob to the file `into`, block by block; where the blob is missing or damaged, `into` is
        not touched. Gives the sha256 of so many bytes of its `beginning`, to which more can be added."""
        return self._blobs.save(sha256, into, beginning)

    def datasets(self) -> list[tuple[str, bool]]:
        """(id, demo) of each dataset that has a log, sorted; those too whose log is damaged."""
        found = []
        for top in ("datasets", "demo"):
            names = self.shelf.folders(top, "log")
            found += [(name, top == "demo") for name in names if re.fullmatch(ID, name)]
        return sorted(found)

    def history(self, dataset: str, demo: bool = False) -> History:
        """The log of a dataset; raises Damaged where one of its entries is missing, cannot be read, or is not
        the one after which the next was written."""
        log = self.read_log(dataset, demo)
        if log.damages:
            raise Damaged(log.damages[0].note)
        return log.history

    def read_log(self, dataset: str, demo: bool = False) -> Log:
        """The log of a dataset as far as it can be read."""
        numbered = self._log(dataset, demo)
        return check_log(dataset, demo, list(numbered.pages()), lambda number: numbered.path(number))

    def commit(self, release: Release, after: int) -> Entry:
        """Publishes a release that was computed on the history up to entry `after`: its files, then entry
        `after` + 1.

        Raises Conflict where another run wrote that entry. If it is ours (a put that was tried again), gives
        it back.
        """
        self._continues(release.dataset, release.demo, after)
        paths = dict(sorted(release.paths.items()))
        known = {paths[name]: sha256 for name, sha256 in release.hashes.items()} if release.still else {}
        kept = self._blobs.put_all([*paths.values()], known, still=release.still)
        files = {
            name: File(sha256, path.stat().st_size, public=name not in release.private)
            for (name, path), sha256 in zip(paths.items(), kept, strict=True)
        }
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

        Where the version is current or withdrawn already, gives back the entry that says so, and writes none.
        Raises ValueError without a reason, or where it speaks of a version that was never released, or makes
        a withdrawn one current.
        """
        self._continues(entry.dataset, entry.demo, entry.number - 1)
        entries = self.history(entry.dataset, entry.demo).entries[: entry.number - 1]
        before = History(entry.dataset, entry.demo, entries)
        if not (entry.because or "").strip():
            raise ValueError(_('say why, so that whoever reads the log understands: --because "…"'))
        named = {"dataset": entry.dataset, "version": entry.version}
        if entry.version not in {release.version for release in before.releases}:
            raise ValueError(_("{dataset} has no version {version}.", **named))
        if entry.kind == "current" and entry.version in before.withdrawn:
            raise ValueError(_("{dataset} {version} was withdrawn, and stays so.", **named))
        if done := same_act(before, entry):
            return done
        at = before.moment(datetime.fromisoformat(entry.at))
        written = self._write(replace(entry, at=at))
        self._newest_entry(entry.dataset, entry.demo)
        return written

    def receipts(self, dataset: str, demo: bool = False) -> Receipts:
        """What was handed in for a dataset."""
        return Receipts(self.shelf, f"{_folder(dataset, demo)}/received")

    def mappings(self, dataset: str, demo: bool = False) -> Mappings:
        """Which renamed columns of a dataset a person mapped."""
        return Mappings(self.shelf, f"{_folder(dataset, demo)}/mappings")

    def takeovers(self, dataset: str, demo: bool = False) -> Takeovers:
        """What a catalogue held before something of it was taken over for a dataset."""
        return Takeovers(self.shelf, f"takeovers/{_folder(dataset, demo)}")

    @property
    def mark(self) -> str:
        """What tells this archive from all others, where it publishes."""
        return read_mark(self.shelf)

    @property
    def outbox(self) -> Outbox:
        """The notices of releases and runs, and what became of each delivery."""
        return Outbox(self.shelf)

    @property
    def links(self) -> Links:
        """The links that data leans on, and the copies of what stood there."""
        return Links(self.shelf)

    @property
    def locks(self) -> Locks:
        """Who is at work on what."""
        return Locks(self.shelf, self.root, self.clock)

    @property
    def run_log(self) -> RunLog:
        """What each run did, and how each dataset stands by them."""
        return RunLog(self.shelf, self.locks)

    def problems(self, dataset: str, demo: bool = False) -> ProblemReports:
        """What was reported of a dataset, and answered."""
        return ProblemReports(self.shelf, f"{_folder(dataset, demo)}/problems")

    @property
    def requests(self) -> ProblemReports:
        """What readers asked for that is not published, and what was answered. An answer of kind `fixed`
        names in `version` the dataset that came of it."""
        return ProblemReports(self.shelf, REQUESTS)

    def record(self, dataset: str, run: Mapping[str, Any]) -> None:
        """Keeps what a run answered (JSON values), under the time at which this is called; after what is
        there already, also where the clock went back. It notes the newest entry of the log as well, so that
        one that is removed or rewritten later is noticed.
        """
        at, names = self.clock().astimezone(UTC), self.runs(dataset)
        if names and names[-1] >= f"{at:{RUN_NAME}}":
            with suppress(ValueError):
                last = datetime.strptime(names[-1], RUN_NAME).replace(tzinfo=UTC)
                at = max(at, last + timedelta(microseconds=1))
        noted = {**run, **self._newest_entry(dataset, run.get("demo") is True)}
        while not self.shelf.create(f"{_runs(dataset)}/{at:{RUN_NAME}}", dump_json(noted)):
            at += timedelta(microseconds=1)

    def _newest_entry(self, dataset: str, demo: bool) -> dict[str, Any]:
        """The number and the sha256 of the newest entry, where there is one that can be read; it is kept
        among the blobs as well."""
        log = self._log(dataset, demo)
        try:
            if seen := self._lost_newest(dataset, demo):
                return {"log": {"entry": seen.number, "sha256": seen.sha256}}  # not what stands there now
            if last := log.last:
                return {"log": copy_entries(log, self._blobs, last)}
        except (Damaged, ArchiveError):  # then what is known of it is not forgotten
            with suppress(ArchiveError):
                if seen := self._seen_newest(dataset, demo):
                    return {"log": {"entry": seen.number, "sha256": seen.sha256}}
        return {}

    def _seen_newest(self, dataset: str, demo: bool) -> SeenEntry | None:
        """The newest entry, as the last run that can be read noted it."""
        for name in reversed(self.runs(dataset)):
            with suppress(Damaged):
                run = self.read_run(dataset, name)
                if (run.get("demo") is True) == demo:
                    return next(seen_entries([run]), None)
        return None

    def _lost_newest(self, dataset: str, demo: bool) -> SeenEntry | None:
        """The entry that the last run saw, where it is no longer there, or is another one now."""
        seen = self._seen_newest(dataset, demo)
        return seen if seen and not is_seen(self._log(dataset, demo), seen) else None

    def require_newest(self, dataset: str, demo: bool) -> None:
        """Raises Damaged where the entry that the last run saw is no longer there, or is another one now:
        nothing may be published after it."""
        if seen := self._lost_newest(dataset, demo):
            there = self._log(dataset, demo).has(seen.number)
            raise Damaged(describe_loss(dataset, seen, there=there))

    def restore_entry(self, dataset: str, demo: bool, number: int) -> bool:
        """Puts back an entry that was damaged, changed or lost, from its copy among the blobs; says whether
        it did."""
        log, runs = self._log(dataset, demo), self._run_records(dataset, demo)
        return restore_entry(log, self._blobs, number, runs)

    def _run_records(self, dataset: str, demo: bool) -> Iterator[Mapping[str, Any]]:
        """The records of a dataset's runs that can be read."""
        for name in self.runs(dataset):
            with suppress(Damaged):
                run = self.read_run(dataset, name)
                if (run.get("demo") is True) == demo:
                    yield run

    def runs(self, dataset: str) -> list[str]:
        """The names of the recorded runs, oldest first: <time>.json, in UTC."""
        return [name.rpartition("/")[2] for name in self.shelf.names(_runs(dataset))]

    def last_run(self, dataset: str) -> Mapping[str, Any] | None:
        names = self.runs(dataset)
        return self.read_run(dataset, names[-1]) if names else None

    def read_run(self, dataset: str, name: str) -> Mapping[str, Any]:
        """One of `runs`."""
        return read_json(self.shelf, f"{_runs(dataset)}/{name}")

    def sweep(self, before: datetime) -> list[str]:
        """Removes what is older than `before`, and than eight days, and of no use; gives back the paths.

        That is: blobs that no log entry and no recorded run names, and what killed writers left in a folder.
        It may run beside commits. A bucket's own life-cycle rule has to remove uploads that were cut off.
        Raises Damaged, and removes no blob, while a log cannot be read: it may name any of them.
        """
        before = min(before, self.clock() - KEEP)
        swept = []
        if self.root:
            with reaching(self.where):
                for stray in strays(self.root, before):
                    stray.unlink(missing_ok=True)
                    swept.append(stray.relative_to(self.root).as_posix())
        old = set(self._blobs.old(before))
        # The logs are read after the blobs are listed: what is committed in between is named in them.
        self._spare_named(old)
        for name in self.shelf.names("runs") if old else ():
            old -= hashes(self.shelf.read(name))
        return [path for sha256 in sorted(old) for path in self._blobs.remove(sha256, before)] + swept

    def _spare_named(self, old: set[str]) -> None:
        """Takes out of `old` all that looks like the hash of a blob in what the archive keeps of datasets;
        raises Damaged where not all of it can be read."""
        for dataset, demo in self.datasets():
            self.history(dataset, demo)
        for top in ("datasets", "demo", "takeovers"):
            for name in self.shelf.names(top):
                text = self.shelf.read(name)
                try:
                    json.loads(text)
                except ValueError as error:
                    raise damaged_entry(self.shelf.place(name), error) from error
                old -= hashes(text)
        old -= self.links.copies()

    def strange_files(self) -> list[Damage]:
        """What stands where only datasets and their numbered files should: nothing reads it."""
        return find_strange_files(self.shelf, ID)

    def copied_entries(self, dataset: str, demo: bool) -> list[str]:
        """The files of a log that another dataset's has, byte for byte: its folder was copied."""
        return copied_entries(self._log(dataset, demo), self._log)

    def lost_entries(self, dataset: str, demo: bool, log: Log) -> list[Damage]:
        """The entries that recorded runs saw, and that are no longer there, or are others now."""
        path = self._log(dataset, demo).path
        return lost_entries(log, path, self._run_records(dataset, demo))

    def set_aside(self, path: str) -> str:
        """Moves a file that belongs to no log out of the way, and says where it is now."""
        return set_aside(self.shelf, path)

    def blob_fault(self, sha256: str) -> str:
        """What is wrong with a blob, in a sentence; nothing where its bytes give its name."""
        return self._blobs.fault(sha256)

    def bring_back(self, sha256: str, source: Path | bytes) -> bool:
        """Puts a blob again, from whatever has its bytes; says whether the source had them."""
        return self._blobs.bring_back(sha256, source)

    def _continues(self, dataset: str, demo: bool, after: int) -> None:
        log = self._log(dataset, demo)
        if after < 0 or (after and not log.has(after)):
            raise ValueError(f"{log.place(after)} does not exist: an entry after it would leave a gap")

    def _write(self, entry: Entry) -> Entry:
        log = self._log(entry.dataset, entry.demo)
        if entry.number > 1:
            before = hashlib.sha256(log.read_bytes(entry.number - 1)).hexdigest()
            entry = replace(entry, previous=before)
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
                raise ValueError(
                    _(
                        "it is an entry of {dataset}: if its folder was copied, move that out of the archive",
                        dataset=f"{'demo/' if entry.demo else ''}{entry.dataset}",
                    )
                )
            return entry

        return NumberedLog(self.shelf, f"{_folder(dataset, demo)}/log", entry_as_json, parse)


def _folder(dataset: str, demo: bool) -> str:
    return f"{'demo' if demo else 'datasets'}/{_id(dataset)}"


def _runs(dataset: str) -> str:
    return f"runs/{_id(dataset)}"


def _id(dataset: str) -> str:
    if not re.fullmatch(ID, dataset):
        raise ValueError(f"not the id of a dataset: {dataset!r}; use a-z, 0-9 and -")
    return dataset


def find_history(archive: Archive, dataset: str) -> History:
    """The log of a dataset, real or demo; raises NeverReleased where there is none."""
    for demo in (False, True):
        history = archive.history(dataset, demo)
        if history.entries:
            return history
    raise NeverReleased(dataset)
