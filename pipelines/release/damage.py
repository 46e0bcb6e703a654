"""What is not as it was written: in the archive, entries and files of each dataset; in the portal, what is
served. `find_damage` says it, `repair` brings back what can be made again."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from catalog.archive.archive import Archive
from catalog.archive.audit import Audit
from catalog.archive.links import Look
from catalog.archive.log import Log
from catalog.archive.release import Damage, Entry
from catalog.portal.portal import Portal, PortalError, PortalIncomplete, describe_kept
from catalog.portal.seal import describe_fault
from messages import LANGUAGES
from messages import gettext as _
from pipelines.dataset.dataset import DatasetError
from pipelines.release.verify import rebuild
from pipelines.settings import DEFAULT_LIMITS, Limits

FAR = 100
"""A file of a log whose number is further from the last entry than this belongs to no log."""


@dataclass(frozen=True)
class Action:
    """A thing that was to be done: `what` in a word, `of` which file or dataset, whether it was `done`, and
    `why`, or why not."""

    what: str
    of: str
    done: bool
    why: str


@dataclass(frozen=True)
class DamagedBlob:
    """A file of the archive that is damaged or lost. `names` are what entries call it ("1.0.0 obras.csv"),
    `entries` those that published it."""

    sha256: str
    fault: str
    names: tuple[str, ...]
    entries: tuple[Entry, ...]
    size: int | None


def named_datasets(archive: Archive, id: str | None) -> list[tuple[str, bool]]:
    """The datasets of the archive, (id, demo); those with this id where one is named."""
    return [known for known in archive.datasets() if id in (None, known[0])]


def find_damage(archive: Archive, portal: Portal, id: str | None = None) -> list[Damage]:
    """All that is damaged: logs, the files that their entries name, and the portal's files, each of which is
    read. Of one dataset, where one is named."""
    found: list[Damage] = []
    for dataset, demo in named_datasets(archive, id):
        log = read_whole_log(archive, dataset, demo)
        found += log.damages
        for blob in damaged_blobs(archive, log):
            note = _("{names}: {fault}", names=", ".join(blob.names), fault=blob.fault)
            found.append(Damage(dataset, f"blobs/{blob.sha256}", note))
    found += [damage for damage in archive.strange_files() if id in (None, damage.of)]
    found += [*_link_damage(archive), *_audit_damage(archive)] if id is None else ()
    return [*found, *(damage for damage in _portal_damage(portal) if id in (None, damage.of))]


def _audit_damage(archive: Archive) -> Iterator[Damage]:
    return Audit(archive.shelf).damage(archive.run_log.seen_audit())


def _link_damage(archive: Archive) -> Iterator[Damage]:
    """Looks at links that cannot be read, and copies of what stood there that are not as they were."""
    for page in archive.links.log.pages():
        if page.entry is None:
            yield Damage("links", archive.links.log.path(page.number), page.fault)
    for link in archive.links.standings().values():
        for copy in link.copies:
            if fault := archive.blob_fault(copy.sha256):
                note = _("copy of {address}: {fault}", address=link.address, fault=fault)
                yield Damage("links", f"blobs/{copy.sha256}", note)


def _portal_damage(portal: Portal) -> Iterator[Damage]:
    try:
        faults = portal.find_damage()
    except PortalError as error:  # what stands there is no portal
        yield Damage("portal", str(portal.place.link), str(error))
        return
    for path, fault in sorted(faults.items()):
        yield Damage(_dataset_of(path), f"portal/{path}", describe_fault(fault))


def read_whole_log(archive: Archive, dataset: str, demo: bool) -> Log:
    """The log as far as it can be read, with all that is wrong with it, also what only runs remember."""
    log = archive.read_log(dataset, demo)
    return Log(log.history, log.hashes, (*log.damages, *archive.lost_entries(dataset, demo, log)))


def damaged_blobs(archive: Archive, log: Log) -> list[DamagedBlob]:
    """The files, named by entries of a log, that the archive does not give back as they were."""
    names: dict[str, list[str]] = {}
    entries: dict[str, list[Entry]] = {}
    sizes: dict[str, int] = {}
    for entry in log.history:
        for name, file in entry.files.items():
            names.setdefault(file.sha256, []).append(f"{entry.version} {name}")
            entries.setdefault(file.sha256, []).append(entry)
            sizes[file.sha256] = file.bytes
        for sha256 in sorted(entry.blobs - names.keys()):
            names[sha256] = [_("{version}, what it was made from", version=entry.version)]
    faults = {sha256: archive.blob_fault(sha256) for sha256 in names}
    return [
        DamagedBlob(sha256, fault, tuple(names[sha256]), tuple(entries.get(sha256, ())), sizes.get(sha256))
        for sha256, fault in faults.items()
        if fault
    ]


def repair(
    archive: Archive,
    portal: Portal,
    sources: Collection[Path],
    id: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> list[Action]:
    """Brings back what can be made again, and says what is lost: strange files are moved aside; a file of the
    archive comes from the portal, from the folders `sources` (declarations, inbox), or from its release made
    again, and is taken only where its sha256 is the entry's; the portal is written anew where it is damaged.
    """
    actions = list(_set_strange_aside(archive, id))
    for dataset, demo in named_datasets(archive, id):
        actions += _restore_entries(archive, dataset, demo)
        log = read_whole_log(archive, dataset, demo)
        actions += [Action("entry", damage.file, False, damage.note) for damage in log.damages]
        # What a release is made from comes first: with that, the release is made again.
        blobs = sorted(damaged_blobs(archive, log), key=lambda blob: bool(blob.entries))
        copies = list(_copies(portal, [source / dataset for source in sources])) if blobs else []
        actions += [_bring_back(archive, log, blob, copies, limits) for blob in blobs]
    if id is None:
        actions += _mend_links(archive)
        actions += [Action("entry", damage.file, False, damage.note) for damage in _audit_damage(archive)]
    return [*actions, *_mend_portal(archive, portal)]


def _mend_links(archive: Archive) -> Iterator[Action]:
    """An empty look takes the place of one that cannot be read; a copy comes back from its original only."""
    log = archive.links.log
    for damage in _link_damage(archive):
        if damage.file.startswith("blobs/"):
            why = _("the next night reads its original again, and keeps it where it has the same bytes")
            yield Action("copy", damage.file, False, why)
            continue
        number = int(Path(damage.file).stem)
        where = archive.set_aside(damage.file) if log.has(number) else _("no place")
        log.put(Look(number, "", "repair"))
        why = _("what it told is lost, and asked again; it is in {place} now", place=where)
        yield Action("look", damage.file, True, why)


def _set_strange_aside(archive: Archive, id: str | None) -> Iterator[Action]:
    """Moves away what stands in the archive's folders and belongs to no log."""
    strange = {damage.file for damage in archive.strange_files() if id in (None, damage.of)}
    for dataset, demo in named_datasets(archive, id):
        log = archive.read_log(dataset, demo)
        last = max((entry.number for entry in log.history), default=0)
        strange |= {damage.file for damage in log.damages if int(Path(damage.file).stem) > last + FAR}
        strange |= set(archive.copied_entries(dataset, demo) if log.damages else ())
    for file in sorted(strange):
        into = archive.set_aside(file)
        yield Action("strange-file", file, True, _("it belongs to no log; it is in {place} now", place=into))


def _restore_entries(archive: Archive, dataset: str, demo: bool) -> Iterator[Action]:
    """Puts entries back as long as there are copies of them: one that is back may show that another is
    missing."""
    tried: set[str] = set()
    while left := [d for d in read_whole_log(archive, dataset, demo).damages if d.file not in tried]:
        for damage in left:
            tried.add(damage.file)
            if archive.restore_entry(dataset, demo, int(Path(damage.file).stem)):
                why = _("from its copy; what stood in its place is below strange/")
                yield Action("entry", damage.file, True, why)
    for file in archive.read_log(dataset, demo).misplaced:
        why = _("it is another entry's copy; it is in {place} now", place=archive.set_aside(file))
        yield Action("strange-file", file, True, why)


def _bring_back(
    archive: Archive, log: Log, blob: DamagedBlob, copies: Collection[Path], limits: Limits
) -> Action:
    of = f"blobs/{blob.sha256} ({', '.join(blob.names)})"
    for copy in copies:
        same_size = blob.size is None or copy.stat().st_size == blob.size
        if same_size and archive.bring_back(blob.sha256, copy):
            return Action("file", of, True, _("from its copy {file}", file=copy))
    why = blob.fault
    failures: tuple[type[Exception], ...] = (*archive.failures_of_one, DatasetError, OSError)
    for entry in blob.entries:
        with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
            try:
                again = rebuild(archive, entry, log.history, limits, Path(folder))
            except failures as error:
                why = str(error)
                continue
            if isinstance(again, str):
                why = again
                continue
            name = next(name for name, file in entry.files.items() if file.sha256 == blob.sha256)
            if name in again.paths and archive.bring_back(blob.sha256, again.paths[name]):
                return Action("file", of, True, _("made again from the raw files, with the same bytes"))
            why = _("made again, it has other bytes: other tools than then")
    return Action("file", of, False, _("lost, unless a backup of the archive has it: {why}", why=why))


def _copies(portal: Portal, sources: Collection[Path]) -> Iterator[Path]:
    """Files that may be copies of one of the archive's."""
    build = None
    with suppress(PortalError):  # what stands there is no portal: that is told in its place
        build = portal.place.current()
    for folder in (*([build] if build else []), *sources):
        if folder.is_dir():
            yield from (
                path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()
            )


def _mend_portal(archive: Archive, portal: Portal) -> Iterator[Action]:
    """Writes the portal anew where one of its files is not as it was written."""
    faults: dict[str, str] = {}
    try:
        damage = portal.find_damage()
        if not damage:
            return
        portal.thorough = True
        portal.apply(archive, portal.plan(archive))
    except PortalIncomplete as error:
        faults = dict(error.faults)
    except PortalError as error:
        yield Action("portal", str(portal.place.link), False, str(error))
        return
    left = portal.find_damage()
    for path in sorted(damage):
        lost = path in left or not (portal.place.link / path).exists()
        strange = damage[path] == "strange"
        done = strange or not lost
        why = _("left out") if strange else _("written anew") if done else _("it cannot be written now")
        yield Action("portal-file", f"portal/{path}", done, why)
    for path, why in faults.items():
        yield Action("dataset", path, False, describe_kept(path, why))


def _dataset_of(path: str) -> str:
    """The dataset to which a file of the portal belongs; "portal" where it is of none."""
    parts = path.split("/")
    parts = parts[1:] if parts[0] in LANGUAGES else parts
    return parts[1] if len(parts) > 2 and parts[0] in ("datasets", "demo") else "portal"
