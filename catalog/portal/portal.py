"""Makes the portal look like the archive's public part: what would change, and the change, in one act.

The portal's folder is a symbolic link: a new site is written beside it, then the link is replaced in one act.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import catalog
import messages
from catalog.archive.archive import Archive
from catalog.archive.release import File
from catalog.metadata.record import Masthead
from catalog.port import Step
from catalog.portal.bucket import Bucket
from catalog.portal.site import FormerBuild, Site
from catalog.public import Listing, freshness, listings
from catalog.topics.history import has_roles
from messages import gettext as _
from messages import ngettext
from messages.formats import BUENOS_AIRES

STATE = "portal.json"
# Libraries whose next version may write a page otherwise: its dates, files, calendar, pictures.
WRITERS = ("babel", "duckdb", "icalendar", "jinja2", "markupsafe", "numpy", "pyarrow", "vl-convert-python")


class PortalError(Exception):
    """The portal's folder cannot be used: do what the message says, then publish again."""


class PortalFolder:
    """Where the portal stands: `link`, and beside it its builds (`<name>.build-…`) and its lock
    (`<name>.lock`)."""

    def __init__(self, link: Path) -> None:
        self.link = Path(os.path.abspath(link))  # not resolve(): readers keep the link's own address

    def current(self) -> Path | None:
        """The folder that the link points to, None where there is none yet; raises PortalError where
        something else is in its place."""
        if not self.link.is_symlink():
            if not self.link.exists():
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

    def sweep(self) -> None:
        """Removes what killed builds left behind. Only inside the lock."""
        current = self.current()
        for path in self.link.parent.glob(f"{self.link.name}.*"):
            if path.name.startswith(f"{self.link.name}.link-"):
                path.unlink()
            elif path.name.startswith(self._prefix) and path != current:
                shutil.rmtree(path)

    def create(self) -> Path:
        """A new empty folder beside the link."""
        folder = Path(tempfile.mkdtemp(prefix=self._prefix, dir=self.link.parent))
        folder.chmod(0o755)  # mkdtemp's 0700 would hide the site from a web server
        return folder

    def switch(self, folder: Path) -> None:
        """From now on the link shows `folder`; the former one is removed. A kill in between leaves the old
        site or the new one."""
        former = self.current()
        aside = self.link.with_name(f"{self.link.name}.link-{folder.name.removeprefix(self._prefix)}")
        aside.symlink_to(folder.name)
        aside.replace(self.link)
        if former is not None:
            shutil.rmtree(former)

    @property
    def _prefix(self) -> str:
        return f"{self.link.name}.build-"


class Portal:
    """A static site at `folder`, a symbolic link that each build replaces.

    `url` is the public base of the printed lines; without it they name the folder by its `file:` URL. `clock`
    says what day it is, for the word on how fresh a dataset is. `publisher` ("Name <address>") answers for
    the catalogue in what others harvest. `bucket` gets a copy of every build. Errors: PortalError where the
    folder cannot be used or written.
    """

    def __init__(
        self,
        folder: Path,
        url: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        publisher: str | None = None,
        bucket: Bucket | None = None,
    ) -> None:
        self.place = PortalFolder(folder)
        self.url = url
        self.clock = clock
        self.publisher = publisher
        self.bucket = bucket

    def plan(self, archive: Archive) -> list[Step]:
        """What `apply` would change: a step per dataset, and one for the pages where their design is another;
        where nothing is, one for the bucket that has not all of it.
        """
        steps, build = self._steps(listings(archive)), self.place.current()
        if not steps and self.bucket and build and (files := self.bucket.count_differences(build)):
            return [Step("update", self.bucket.where, ngettext("{n} file", "{n} files", files))]
        return steps

    def apply(self, archive: Archive, steps: Sequence[Step]) -> None:
        """Builds the site aside and switches to it. Does nothing without steps, or where another publisher
        did them meanwhile."""
        if not steps:
            return
        try:
            with self.place.lock():
                self.place.sweep()
                published = listings(archive)
                if self._steps(published):
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

    def _build(self, archive: Archive, published: Sequence[Listing]) -> None:
        state: dict[str, Any] = {"made": self._fingerprint(), "datasets": self._marks(published)}
        base = self.url.rstrip("/") if self.url else self.place.link.as_uri()
        masthead = Masthead.of(base + "/", self.publisher)
        former = FormerBuild(self.place.current(), self._state())
        folder = self.place.create()
        try:
            Site(folder, former, state, archive, masthead, self._today()).build(published)
            (folder / STATE).write_text(json.dumps(state, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            self.place.switch(folder)
        except BaseException:
            if self.place.current() != folder:
                shutil.rmtree(folder, ignore_errors=True)
            raise

    def _steps(self, published: Sequence[Listing]) -> list[Step]:
        build, state = self.place.current(), self._state()
        known, marks = state["datasets"], self._marks(published)
        steps = []
        if state["made"] != self._fingerprint():
            action = "update" if build else "create"
            steps.append(
                Step(action, "index.html", _("all pages, as this version of the portal writes them"))
            )
        for listing in published:
            mark, was = marks[listing.path], known.get(listing.path)
            missing = {
                file.sha256: file.bytes
                for path, file in listing.files()
                if not (build and was and _holds(build, was, path, file))
            }
            if was != mark or missing:
                current, action = listing.current, "update" if was else "create"
                detail = str(current.version) if current else _("no version left")
                rows = sum(current.rows.values()) if current else 0
                steps.append(Step(action, listing.path, detail, sum(missing.values()), rows))
        gone = sorted(known.keys() - {listing.path for listing in published})
        return [*steps, *(Step("remove", path, _("no longer in the archive")) for path in gone)]

    def _marks(self, published: Sequence[Listing]) -> dict[str, dict[str, Any]]:
        """What each dataset's part of the portal depends on: log, freshness, files, reports, and which of its
        neighbours are there."""
        paths, now, marks = {listing.path for listing in published}, self.clock(), {}
        for listing in published:
            needs = listing.descriptor.get("needs", ())
            neighbours = [path for id in needs for path in (f"datasets/{id}", f"demo/{id}")]
            mark: dict[str, Any] = {
                "head": listing.head,
                "fresh": freshness(listing, now),
                "files": {path: file.sha256 for path, file in listing.files()},
                "told": len(listing.problems),
                "beside": [path for path in neighbours if path in paths],
            }
            if has_roles(listing):
                mark["day"] = self._today().isoformat()  # how late a milestone is counts in days
            marks[listing.path] = mark
        return marks

    def _today(self) -> date:
        return self.clock().astimezone(BUENOS_AIRES).date()

    def _state(self) -> dict[str, Any]:
        """What the standing portal was made from; nothing where there is none or its note is damaged, so that
        all is built again."""
        build = self.place.current()
        try:
            if build is not None:
                state = json.loads((build / STATE).read_text(encoding="utf-8"))
                known = {key: state[key] for key in ("made", "sections")}
                return known | {"datasets": dict(state["datasets"])}
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return {"made": None, "sections": [], "datasets": {}}

    def _fingerprint(self) -> str:
        """Changes with the program that writes the pages, with the address in the printed lines, and with who
        answers for them."""
        text = f"{_program()} {self.url} {self.place.link} {self.publisher}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _program() -> str:
    """All that shapes a page, hashed once a process: these two packages whole, so that no file has to be
    remembered, and the libraries that write into pages."""
    packages = [Path(str(package.__file__)).parent for package in (catalog, messages)]
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


def _holds(build: Path, mark: Mapping[str, Any], path: str, file: File) -> bool:
    """Whether the standing portal has this very file: noted with its hash, and there in its full length."""
    return (
        mark["files"].get(path) == file.sha256
        and (build / path).is_file()
        and (build / path).stat().st_size == file.bytes
    )
