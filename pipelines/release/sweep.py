"""Removes what killed runs and publishers left behind: temporary folders with raw extracts, files that no log
names, half-built portals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from catalog.archive.archive import Archive
from catalog.archive.release import Damaged
from catalog.archive.store import ArchiveError
from catalog.portal.portal import Portal, PortalError
from messages import gettext as _
from pipelines.release.damage import Action
from pipelines.workroom import sweep_workrooms


def sweep(archive: Archive, portal: Portal | None, now: datetime) -> Iterator[Action]:
    """What was removed, and what could not be looked for. Nothing of a process that lives is touched, nor
    what is younger than eight days in the archive. It may run beside runs and publishers."""
    for folder in sweep_workrooms(now.timestamp()):
        yield Action("temporary-folder", str(folder), True, _("the process that worked there is gone"))
    try:
        archive.locks.clear()
        for path in archive.sweep(now):
            yield Action("orphan", path, True, _("no log and no run names it"))
    except (Damaged, ArchiveError) as error:
        why = _("no file is removed while a log cannot be read: {why}", why=error)
        yield Action("orphan", archive.where, False, why)
    if portal is not None:
        try:
            with portal.place.lock():
                left = portal.place.sweep()
        except (OSError, PortalError) as error:
            yield Action("build", str(portal.place.link), False, str(error))
            return
        for build in left:
            yield Action("build", str(build), True, _("its publisher was killed"))
