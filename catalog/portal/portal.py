"""Makes the portal look like the archive's public part: what would change, and the change, in one act."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from catalog.archive import Archive
from catalog.port import Step
from catalog.portal.bucket import Bucket
from catalog.portal.freshness import BUENOS_AIRES, freshness
from catalog.portal.listing import Listing, listings
from catalog.portal.metadata.record import Masthead
from catalog.portal.site import Site
from catalog.portal.switch import Place, PortalError
from catalog.portal.told import in_a_role
from catalog.release import File
from messages import gettext as _
from messages import ngettext

HERE = Path(__file__).parent
STATE = "portal.json"


class Portal:
    """A static site at `folder`, a symbolic link that each build replaces.

    `url` is the public base of the printed lines; without it they name the folder by its `file:` URL. `clock` says what day
    it is, for the word on how fresh a dataset is. `publisher` ("Name <address>") answers for the catalogue in what others
    harvest. `bucket` gets a copy of every build. Errors: PortalError where the folder cannot be used or written.
    """

    def __init__(
        self,
        folder: Path,
        url: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        publisher: str | None = None,
        bucket: Bucket | None = None,
    ) -> None:
        self.place = Place(folder)
        self.url = url
        self.clock = clock
        self.publisher = publisher
        self.bucket = bucket

    def plan(self, archive: Archive) -> list[Step]:
        """What `apply` would change: a step per dataset, and one for the pages where their design is another; where nothing is, one for
        the bucket that has not all of it.
        """
        steps, built = self._steps(listings(archive)), self.place.built()
        if not steps and self.bucket and built and (files := self.bucket.differs(built)):
            return [Step("update", self.bucket.where, ngettext("{n} file", "{n} files", files))]
        return steps

    def apply(self, archive: Archive, steps: Sequence[Step]) -> None:
        """Builds the site aside and switches to it. Does nothing without steps, or where another publisher did them meanwhile."""
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
            message = _("The portal could not be written at {folder}: {why}. Make room or give access, then publish again.", **told)
            raise PortalError(message) from error

    def _build(self, archive: Archive, shown: Sequence[Listing]) -> None:
        marks = self._marks(shown)
        state: dict[str, Any] = {"made": self._fingerprint(), "datasets": marks}
        folder = self.place.fresh()
        try:
            base = self.url.rstrip("/") + "/" if self.url else self.place.link.as_uri() + "/"
            Site(folder, self.place.built(), self._state(), state, archive, Masthead.of(base, self.publisher), self._today()).build(shown)
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
            steps.append(Step("update" if built else "create", "index.html", _("all pages, as this version of the portal writes them")))
        for listing in shown:
            mark, was = marks[listing.path], known.get(listing.path)
            missing = {file.sha256: file.bytes for path, file in listing.files() if not (built and was and _holds(built, was, path, file))}
            if was != mark or missing:
                version = str(listing.current.version) if listing.current else _("no version left")
                rows = sum(listing.current.rows.values()) if listing.current else 0
                steps.append(Step("update" if was else "create", listing.path, version, sum(missing.values()), rows))
        gone = sorted(known.keys() - {listing.path for listing in shown})
        return [*steps, *(Step("remove", path, _("no longer in the archive")) for path in gone)]

    def _marks(self, shown: Sequence[Listing]) -> dict[str, dict[str, Any]]:
        """What each dataset's part of the portal depends on: log, freshness, files, reports, and which of its neighbours are there."""
        paths, now, marks = {listing.path for listing in shown}, self.clock(), {}
        for listing in shown:
            files = {path: file.sha256 for path, file in listing.files()}
            beside = [path for id in listing.descriptor.get("needs", ()) for path in (f"datasets/{id}", f"demo/{id}") if path in paths]
            # What is late is told to the day.
            day = {"day": self._today().isoformat()} if in_a_role(listing) else {}
            told = {"told": len(listing.problems), "beside": beside, **day}
            marks[listing.path] = {"head": listing.head, "fresh": freshness(listing, now), "files": files, **told}
        return marks

    def _today(self) -> date:
        return self.clock().astimezone(BUENOS_AIRES).date()

    def _state(self) -> dict[str, Any]:
        """What the standing portal was made from; nothing where there is none or its note is damaged, so that all is built again."""
        built = self.place.built()
        try:
            if built is not None:
                state = json.loads((built / STATE).read_text(encoding="utf-8"))
                return {"made": state["made"], "sections": state["sections"], "datasets": dict(state["datasets"])}
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return {"made": None, "sections": [], "datasets": {}}

    def _fingerprint(self) -> str:
        """Changes with every file that shapes the pages, with the address in the printed lines, and with who answers for them."""
        shaping = sorted(p for p in HERE.rglob("*") if p.suffix in (".py", ".html", ".xml", ".css", ".js", ".svg", ".geojson"))
        shaping += [HERE.parent / "words.py", *sorted(HERE.parents[1].glob("messages/es/*.po"))]
        digest = hashlib.sha256(f"{self.url} {self.place.link} {self.publisher}".encode())
        for path in shaping:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:16]


def _holds(built: Path, mark: Mapping[str, Any], path: str, file: File) -> bool:
    """Whether the standing portal has this very file: noted with its hash, and there in its full length."""
    return mark["files"].get(path) == file.sha256 and (built / path).is_file() and (built / path).stat().st_size == file.bytes
