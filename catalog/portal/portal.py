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
from pathlib import Path
from typing import Any

import catalog
import messages
from catalog.archive.archive import Archive
from catalog.archive.release import File
from catalog.metadata.record import Masthead
from catalog.port import Step
from catalog.portal.bucket import Bucket
from catalog.portal.site import Site
from catalog.public import Listing, freshness, listings
from catalog.topics.history import tables_in_role
from messages import gettext as _
from messages import ngettext
from messages.formats import BUENOS_AIRES


class PortalError(Exception):
    """The portal's folder cannot be used: do what the message says, then publish again."""


class PortalFolder:
    """Where the portal stands: `link`, and beside it its builds (`<name>.build-…`) and its lock
    (`<name>.lock`)."""

    def __init__(self, link: Path) -> None:
        self.link = Path(os.path.abspath(link))  # not resolve(): readers keep the link's own address

    def built(self) -> Path | None:
        """The folder that the link points to, None where there is none yet; raises PortalError where
        something else is in its place."""
        if not self.link.is_symlink():
            if self.link.exists():
                what = _("{folder} exists and is not a portal made by Vereda.", folder=self.link)
                raise PortalError(
                    _("{what} Move it away, or name another place in VEREDA_PORTAL.", what=what)
                )
            return None
        target = Path(os.path.abspath(self.link.parent / self.link.readlink()))
        if target.parent != self.link.parent or not target.name.startswith(self._prefix):
            what = _(
                "{folder} is a link to {target}, which Vereda did not make.", folder=self.link, target=target
            )
            raise PortalError(_("{what} Move it away, or name another place in VEREDA_PORTAL.", what=what))
        return target if target.is_dir() else None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Inside, no other process publishes here; waits for its turn. A killed process lets go of it."""
        self.link.parent.mkdir(parents=True, exist_ok=True)
        with self.link.with_name(self.link.name + ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def sweep(self) -> None:
        """Removes what killed builds left behind. Only inside the lock."""
        standing = self.built()
        for left in self.link.parent.glob(f"{self.link.name}.*"):
            if left.name.startswith(f"{self.link.name}.link-"):
                left.unlink()
            elif left.name.startswith(self._prefix) and left != standing:
                shutil.rmtree(left)

    def fresh(self) -> Path:
        """A new empty folder beside the link."""
        folder = Path(tempfile.mkdtemp(prefix=self._prefix, dir=self.link.parent))
        folder.chmod(0o755)  # mkdtemp's 0700 would hide the site from a web server
        return folder

    def switch(self, folder: Path) -> None:
        """From now on the link shows `folder`; the former one is removed. A kill in between leaves the old
        site or the new one."""
        former = self.built()
        aside = self.link.with_name(f"{self.link.name}.link-{folder.name.removeprefix(self._prefix)}")
        aside.symlink_to(folder.name)
        aside.replace(self.link)
        if former is not None:
            shutil.rmtree(former)

    @property
    def _prefix(self) -> str:
        return f"{self.link.name}.build-"


STATE = "portal.json"


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
        steps, built = self._steps(listings(archive)), self.place.built()
        if not steps and self.bucket and built and (files := self.bucket.differs(built)):
            return [Step("update", self.bucket.where, ngettext("{n} file", "{n} files", files))]
        return steps

    def apply(self, archive: Archive, steps: Sequence[Step]) -> None:
        """Builds the site aside and switches to it. Does nothing without steps, or where another publisher
        did them meanwhile."""
        if not steps:
            return
        try:
            with self.place.locked():
                self.place.sweep()
                shown = listings(archive)
                if self._steps(shown):
                    self._build(archive, shown)
                if self.bucket and (built := self.place.built()):
                    self.bucket.mirror(built)
        except OSError as error:
            told = {"folder": self.place.link, "why": error.strerror or error}
            message = _(
                "The portal could not be written at {folder}: {why}. Make room or give access, then "
                "publish again.",
                **told,
            )
            raise PortalError(message) from error

    def _build(self, archive: Archive, shown: Sequence[Listing]) -> None:
        marks = self._marks(shown)
        state: dict[str, Any] = {"made": self._fingerprint(), "datasets": marks}
        folder = self.place.fresh()
        try:
            base = self.url.rstrip("/") + "/" if self.url else self.place.link.as_uri() + "/"
            Site(
                folder,
                self.place.built(),
                self._state(),
                state,
                archive,
                Masthead.of(base, self.publisher),
                self._today(),
            ).build(shown)
            (folder / STATE).write_text(json.dumps(state, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            self.place.switch(folder)
        except BaseException:
            if self.place.built() != folder:
                shutil.rmtree(folder, ignore_errors=True)
            raise

    def _steps(self, shown: Sequence[Listing]) -> list[Step]:
        built, state = self.place.built(), self._state()
        known, marks = state["datasets"], self._marks(shown)
        steps = []
        if state["made"] != self._fingerprint():
            steps.append(
                Step(
                    "update" if built else "create",
                    "index.html",
                    _("all pages, as this version of the portal writes them"),
                )
            )
        for listing in shown:
            mark, was = marks[listing.path], known.get(listing.path)
            missing = {
                file.sha256: file.bytes
                for path, file in listing.files()
                if not (built and was and _holds(built, was, path, file))
            }
            if was != mark or missing:
                version = str(listing.current.version) if listing.current else _("no version left")
                rows = sum(listing.current.rows.values()) if listing.current else 0
                steps.append(
                    Step("update" if was else "create", listing.path, version, sum(missing.values()), rows)
                )
        gone = sorted(known.keys() - {listing.path for listing in shown})
        return [*steps, *(Step("remove", path, _("no longer in the archive")) for path in gone)]

    def _marks(self, shown: Sequence[Listing]) -> dict[str, dict[str, Any]]:
        """What each dataset's part of the portal depends on: log, freshness, files, reports, and which of its
        neighbours are there."""
        paths, now, marks = {listing.path for listing in shown}, self.clock(), {}
        for listing in shown:
            files = {path: file.sha256 for path, file in listing.files()}
            beside = [
                path
                for id in listing.descriptor.get("needs", ())
                for path in (f"datasets/{id}", f"demo/{id}")
                if path in paths
            ]
            # What is late is told to the day.
            day = {"day": self._today().isoformat()} if tables_in_role(listing) else {}
            told = {"told": len(listing.problems), "beside": beside, **day}
            marks[listing.path] = {
                "head": listing.head,
                "fresh": freshness(listing, now),
                "files": files,
                **told,
            }
        return marks

    def _today(self) -> date:
        return self.clock().astimezone(BUENOS_AIRES).date()

    def _state(self) -> dict[str, Any]:
        """What the standing portal was made from; nothing where there is none or its note is damaged, so that
        all is built again."""
        built = self.place.built()
        try:
            if built is not None:
                state = json.loads((built / STATE).read_text(encoding="utf-8"))
                return {
                    "made": state["made"],
                    "sections": state["sections"],
                    "datasets": dict(state["datasets"]),
                }
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return {"made": None, "sections": [], "datasets": {}}

    def _fingerprint(self) -> str:
        """Changes with every file that shapes the pages, with the address in the printed lines, and with who
        answers for them."""
        shaping = [
            path
            for package in (catalog, messages)
            for path in sorted(Path(str(package.__file__)).parent.rglob("*"))
            if path.is_file() and path.suffix != ".pyc"
        ]
        digest = hashlib.sha256(f"{self.url} {self.place.link} {self.publisher}".encode())
        for path in shaping:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:16]


def _holds(built: Path, mark: Mapping[str, Any], path: str, file: File) -> bool:
    """Whether the standing portal has this very file: noted with its hash, and there in its full length."""
    return (
        mark["files"].get(path) == file.sha256
        and (built / path).is_file()
        and (built / path).stat().st_size == file.bytes
    )
