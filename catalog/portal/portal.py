"""Makes the portal look like the archive's public part: what would change, and the change, in one act.

The portal's folder is a symbolic link: a new site is written beside it, then the link is replaced in one act.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from errno import EBUSY
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import catalog
import isolation
import messages
from catalog.archive.archive import Archive
from catalog.archive.links import LinkStanding, kept_links, mark_links
from catalog.archive.release import Damaged
from catalog.archive.reports import ReportEntry
from catalog.metadata.record import Masthead
from catalog.port import Step
from catalog.portal.bucket import Bucket
from catalog.portal.former import FormerBuild
from catalog.portal.listings import Listings
from catalog.portal.seal import Fault, find_faults, hash_file, is_sealed, seal_build, sync_folder
from catalog.portal.site import COPIES, NOTE, PartFailure, Site
from catalog.portal.standing_pages import REQUESTS, PendingData
from catalog.portal.state import EMPTY, open_state, read_state, write_state
from catalog.public import (
    Listing,
    cited_addresses,
    freshness,
    iterate_listings,
    listing_from_json,
)
from catalog.topics.history import has_roles
from isolation.aside import Aside
from messages import gettext as _
from messages import ngettext
from messages.formats import BUENOS_AIRES

LOCAL_API = "http://127.0.0.1:8000/api/v1"  # where `vereda serve` answers, if nothing else is said
# Libraries whose next version may write a page otherwise: its dates, files, calendar, pictures.
WRITERS = ("babel", "duckdb", "icalendar", "jinja2", "markupsafe", "numpy", "pyarrow", "vl-convert-python")


class PortalError(Exception):
    """The portal's folder cannot be used: do what the message says, then publish again."""


class PortalIncomplete(PortalError):
    """The portal stands, but for some datasets as it was: `faults` says why, by their place in it."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = faults
        super().__init__("\n".join(describe_kept(path, why) for path, why in faults.items()))


def describe_kept(path: str, why: str) -> str:
    """What is told of a dataset whose pages could not be made anew."""
    return _(
        "{dataset}: {why} What is whole of its pages stays in the portal as it was published last.",
        dataset=path.rpartition("/")[2],
        why=why if why.endswith(".") else f"{why}.",
    )


class PortalFolder:
    """Where the portal stands: `link`, and beside it its builds (`<name>.build-…`) and its lock
    (`<name>.lock`)."""

    def __init__(self, link: Path) -> None:
        self.link = Path(os.path.abspath(link))  # not resolve(): readers keep the link's own address

    def current(self) -> Path | None:
        """The folder that the link points to, None where there is none yet, or an empty folder in its place;
        raises PortalError where something else is."""
        if not self.link.is_symlink():
            if self.link.is_mount():
                raise self._mounted()
            if not self.link.exists() or self._is_empty_folder():
                return None
            what = _("{folder} exists and is not a portal made by Vereda.", folder=self.link)
            raise PortalError(_("{what} Move it away, or name another place in VEREDA_PORTAL.", what=what))
        target = Path(os.path.abspath(self.link.parent / self.link.readlink()))
        if target.parent != self.link.parent or not target.name.startswith(self._prefix):
            what = _(
                "{folder} is a link to {target}, which Vereda did not make.", folder=self.link, target=target
            )
            raise PortalError(_("{what} Move it away, or name another place in VEREDA_PORTAL.", what=what))
        return target if target.is_dir() else None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Inside, no other process publishes here; waits for its turn. A killed process lets go of it."""
        self.link.parent.mkdir(parents=True, exist_ok=True)
        with self.link.with_name(self.link.name + ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def sweep(self) -> list[Path]:
        """Removes what killed builds left behind, and gives it back. Only inside the lock."""
        current, swept = self.current(), []
        for path in sorted(self.link.parent.glob(f"{self.link.name}.*")):
            if path.name.startswith(f"{self.link.name}.link-"):
                path.unlink()
            elif path.name.startswith(self._prefix) and path != current:
                shutil.rmtree(path)
            else:
                continue
            swept.append(path)
        return swept

    def create(self) -> Path:
        """A new empty folder beside the link."""
        folder = Path(tempfile.mkdtemp(prefix=self._prefix, dir=self.link.parent))
        folder.chmod(0o755)  # mkdtemp's 0700 would hide the site from a web server
        return folder

    def switch(self, folder: Path) -> None:
        """From now on the link shows `folder`; the former one is removed. A kill in between leaves the old
        site or the new one."""
        former = self.current()
        self._make_way()
        sync_folder(self.link.parent)
        aside = self.link.with_name(f"{self.link.name}.link-{folder.name.removeprefix(self._prefix)}")
        aside.symlink_to(folder.name)
        aside.replace(self.link)
        sync_folder(self.link.parent)
        if former is not None:
            shutil.rmtree(former)

    def _make_way(self) -> None:
        """Removes the empty folder in which somebody meant the portal to be made."""
        if self.link.is_symlink() or not self.link.exists():
            return
        try:
            self.link.rmdir()
        except OSError as error:
            if error.errno == EBUSY:  # a volume of the same file system does not look like one
                raise self._mounted() from error
            raise

    def _is_empty_folder(self) -> bool:
        return self.link.is_dir() and not any(self.link.iterdir())

    def _mounted(self) -> PortalError:
        return PortalError(
            _(
                "{folder} is where a volume is mounted, and the portal has to be a link, which each build "
                "replaces. Name a folder in it in VEREDA_PORTAL, as {inside}.",
                folder=self.link,
                inside=self.link / "portal",
            )
        )

    @property
    def _prefix(self) -> str:
        return f"{self.link.name}.build-"


class Portal:
    """A static site at `folder`, a symbolic link that each build replaces.

    `url` is the public base of the printed lines; without it they name the folder by its `file:` URL.
    `clock` says what day it is, for the word on how fresh a dataset is. `publisher` ("Name <address>")
    answers for the catalogue in what others harvest, and `form` is the address of a form for readers.
    `pending` is the data that has no dataset yet. `api` is where the API answers: by default under the
    portal's own address, or where it has none, as `vereda serve` does on this machine; "none": nowhere.
    `bucket` gets a copy of every build. Errors: PortalError where the folder cannot be used or written."""

    def __init__(
        self,
        folder: Path,
        url: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        publisher: str | None = None,
        bucket: Bucket | None = None,
        form: str | None = None,
        pending: Sequence[PendingData] = (),
        api: str | None = None,
    ) -> None:
        self.place = PortalFolder(folder)
        self.url = url
        self.clock = clock
        self.publisher = publisher
        self.bucket = bucket
        self.form = form
        self.pending = tuple(pending)
        self.api = api
        self.requests: tuple[ReportEntry, ...] = ()  # data that was asked for, as the last survey found them
        self.links: Mapping[str, LinkStanding] = {}  # what links lead to, as the last survey found it
        self.faults: dict[str, str] = {}
        self.thorough = False  # whether plans read every file, as `vereda repair` does

    def plan(self, archive: Archive) -> list[Step]:
        """What `apply` would change: a step per dataset, one for the pages where their design is another, and
        one for files that are not as they were written; where nothing is, one for the bucket that has not all
        of it. Afterwards `faults` says which datasets the archive cannot give, and why.
        """
        build = self.place.current()
        if build and not self.thorough and self._is_current(archive, build):
            steps, self.faults = [], {}
        else:
            steps = list(self._steps(self._survey(archive)))
        if not steps and self.bucket and build and (files := self.bucket.count_differences(build)):
            return [Step("update", self.bucket.where, ngettext("{n} file", "{n} files", files))]
        return steps

    def apply(self, archive: Archive, steps: Sequence[Step]) -> None:
        """Builds the site aside and switches to it. Does nothing without steps, or where another publisher
        did them meanwhile. Raises PortalIncomplete, when all else is done, where datasets stay as they were.
        """
        if steps:
            self._settle(archive)
        if self.faults:
            raise PortalIncomplete(self.faults)

    def _settle(self, archive: Archive) -> None:
        try:
            with self.place.lock():
                self.place.sweep()
                published = self._survey(archive)
                if next(self._steps(published), None):
                    self._build(archive, published)
                if self.bucket and (build := self.place.current()):
                    self.bucket.mirror(build)
        except OSError as error:
            message = _(
                "The portal could not be written at {folder}: {why}. Make room or give access, then "
                "publish again.",
                folder=self.place.link,
                why=error.strerror or error,
            )
            raise PortalError(message) from error

    def find_damage(self, *, whole: bool = True) -> dict[str, Fault]:
        """What is served and is not as it was written, by path in the portal; with `whole`, every file is
        read, else only what looks changed."""
        build = self.place.current()
        if build is None:
            return {}
        faults = find_faults(build, whole=whole)
        if faults is not None:
            return faults
        marks = self._state()["datasets"].values()
        files = {path: sha256 for mark in marks for path, sha256 in mark["files"].items()}
        return {
            path: "changed" if (build / path).is_file() else "missing"
            for path, sha256 in files.items()
            if hash_file(build / path) != sha256
        }

    def _is_current(self, archive: Archive, build: Path) -> bool:
        """Whether the build is surely what the archive makes today: looked at dataset by dataset, none of
        which is held, and as far as the first that is not. Raises ArchiveError."""
        self._survey_all(archive)
        faults: dict[str, str] = {}
        with suppress(OSError, ValueError, KeyError, TypeError), open_state(build) as state:
            if state.about["made"] != self._fingerprint() or not self._tells_same(state.about):
                return False
            today = self.clock()
            for listing in iterate_listings(archive, faults):
                if (listing.path, self._mark(listing, state.paths, today)) != next(state.marks, None):
                    return False
            return not faults and next(state.marks, None) is None and find_faults(build) == {}
        return False

    def _tells_same(self, state: Mapping[str, Any]) -> bool:
        """Whether what was asked for, and what became of links, is what the build tells."""
        told = (len(self.requests), mark_links(self.links.values()))
        return (state["requests"], state["links"]) == told

    def _survey_all(self, archive: Archive) -> None:
        """What is of no dataset alone."""
        with suppress(Damaged):
            self.requests = tuple(archive.requests.all())
        self.links = archive.links.standings()

    def _survey(self, archive: Archive) -> Listings:
        """What the archive can give; of what it cannot, what it said when that was published last."""
        self._survey_all(archive)
        self.faults = {}
        found = Listings.of(iterate_listings(archive, self.faults))
        for path in self.faults:
            if former := self._former_listing(path):
                found = found.put(former)
        return found

    def _former_listing(self, path: str) -> Listing | None:
        """What the archive said of a dataset when it was published last; None where that is not there."""
        build = self.place.current()
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            if build is not None:
                return listing_from_json((build / path / NOTE).read_bytes())
        return None

    def _build(self, archive: Archive, published: Listings) -> None:
        """Builds what can be built. A dataset whose part fails is built as it was published last; where that
        fails too, what is whole of it is handed on."""
        kept = [path for path in self.faults if path not in published.paths]
        while True:
            try:
                return self._build_with(archive, published, kept)
            except PartFailure as failure:
                self.faults[failure.path] = str(failure)
                failed, former = published.get(failure.path), self._former_listing(failure.path)
                if former is not None and former != failed:
                    published = published.put(former)
                else:
                    published = published.without(failure.path)
                    kept.append(failure.path)

    def _build_with(self, archive: Archive, published: Listings, kept: Sequence[str]) -> None:
        marks: Aside[dict[str, Any]] = Aside()
        for path, mark in self._marks(published):
            marks.put(path, mark)
        state: dict[str, Any] = {"made": self._fingerprint(), "datasets": marks}
        state |= {"requests": len(self.requests), "links": mark_links(self.links.values())}
        base = self.url.rstrip("/") if self.url else self.place.link.as_uri()
        masthead = Masthead.of(base + "/", self.publisher, self.form, self._api_address())
        build = self.place.current()
        former = FormerBuild(build, self._state(), self.find_damage(whole=self.thorough))
        folder = self.place.create()
        try:
            site = Site(folder, former, state, archive, masthead, self._today(), self.requests, self.pending)
            site.links = self.links
            site.build(published)
            for path in kept:
                site.keep(path)
            write_state(folder, state)
            seal_build(folder, build, site.hashed)
            self.place.switch(folder)
        except BaseException:
            if self.place.current() != folder:
                shutil.rmtree(folder, ignore_errors=True)
            raise

    def _steps(self, published: Listings) -> Iterator[Step]:
        build, state = self.place.current(), self._state()
        known, damage = state["datasets"], self.find_damage(whole=self.thorough)
        if state["made"] != self._fingerprint():
            action = "update" if build else "create"
            yield Step(action, "index.html", _("all pages, as this version of the portal writes them"))
        elif state["requests"] != len(self.requests):
            yield Step("update", REQUESTS, _("what was asked for, and answered"))
        elif state["links"] != mark_links(self.links.values()):
            yield Step("update", COPIES, _("what became of the links that data leans on"))
        for listing, (_path, mark) in zip(published, self._marks(published), strict=True):
            was = known.get(listing.path)
            missing = {
                file.sha256: file.bytes
                for path, file in listing.files()
                if path in damage or not (was and was["files"].get(path) == file.sha256)
            }
            if was != mark or missing:
                current, action = listing.current, "update" if was else "create"
                detail = str(current.version) if current else _("no version left")
                rows = sum(current.rows.values()) if current else 0
                yield Step(action, listing.path, detail, sum(missing.values()), rows)
            of_release = {path for path, _file in listing.files()}
            damage = {path: each for path, each in damage.items() if path not in of_release}
        if damage:
            first, n = min(damage), len(damage)
            detail = ngettext(
                "{n} file is not as it was written", "{n} files are not as they were written", n
            )
            yield Step("mend", first, detail)
        for path in sorted(known.keys() - set(published.paths) - self.faults.keys()):
            yield Step("remove", path, _("no longer in the archive"))

    def _marks(self, published: Listings) -> Iterator[tuple[str, dict[str, Any]]]:
        """What each dataset's part of the portal depends on, by its path: log, freshness, files, reports, and
        which of its neighbours are there."""
        paths, now = frozenset(published.paths), self.clock()
        return ((listing.path, self._mark(listing, paths, now)) for listing in published)

    def _mark(self, listing: Listing, paths: Collection[str], now: datetime) -> dict[str, Any]:
        needs = listing.descriptor.get("needs", ())
        neighbours = [path for id in needs for path in (f"datasets/{id}", f"demo/{id}")]
        mark: dict[str, Any] = {
            "head": listing.head,
            "fresh": freshness(listing, now),
            "files": {path: file.sha256 for path, file in listing.files()},
            "told": len(listing.problems),
            "beside": [path for path in neighbours if path in paths],
        }
        if listing.announced:
            mark["overdue"] = listing.announced.has_passed(self._today())
        if cited := kept_links(self.links, cited_addresses(listing.descriptor)):
            mark["links"] = mark_links(cited)
        if has_roles(listing):
            mark["day"] = self._today().isoformat()  # how late a milestone is counts in days
        return mark

    def _today(self) -> date:
        return self.clock().astimezone(BUENOS_AIRES).date()

    def _state(self) -> dict[str, Any]:
        """What the standing portal was made from; nothing where there is none or its note is damaged, so that
        all is built again."""
        build = self.place.current()
        with suppress(OSError, ValueError, KeyError, TypeError):
            if build is not None:
                state = read_state(build)
                if not is_sealed(build):  # no page can be trusted
                    state["made"] = None
                return state
        return dict(EMPTY)

    def _api_address(self) -> str:
        """With a slash at its end; "" where there is no API."""
        if self.api == "none":
            return ""
        url = (self.url or "").rstrip("/")
        default = f"{url}/api/v1" if url.startswith(("http://", "https://")) else LOCAL_API
        return (self.api or default).rstrip("/") + "/"

    def _fingerprint(self) -> str:
        """Changes with the program that writes the pages, with the address in the printed lines, and with who
        answers for them."""
        about = f"{self.publisher} {self.form} {self.pending} {self.api}"
        text = f"{_program()} {self.url} {self.place.link} {about}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _program() -> str:
    """All that shapes a page, hashed once a process: these three packages whole, so that no file has to be
    remembered, and the libraries that write into pages."""
    packages = [Path(str(package.__file__)).parent for package in (catalog, isolation, messages)]
    files = [hash_folder(folder) for folder in packages]
    return " ".join([*files, *(f"{name}={version(name)}" for name in WRITERS)])


def hash_folder(folder: Path) -> str:
    """Changes with the name and the content of every file in a folder that belongs to the program."""
    digest = hashlib.sha256()
    names = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    for name in sorted(filter(_is_source, names), key=Path.as_posix):
        content = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        digest.update(f"{name.as_posix()} {content}\n".encode())
    return digest.hexdigest()


def _is_source(name: Path) -> bool:
    """Not what Python compiles, nor what editors and patches leave beside a file."""
    if any(part.startswith((".", "#")) or part == "__pycache__" for part in name.parts):
        return False
    return not name.name.endswith("~") and name.suffix not in (".pyc", ".bak", ".orig", ".rej", ".tmp")
