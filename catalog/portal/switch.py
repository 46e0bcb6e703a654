"""The portal's folder is a symbolic link: a new site is written beside it, then the link is replaced in one act."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from messages import gettext as _


class PortalError(Exception):
    """The portal's folder cannot be used: do what the message says, then publish again."""


class Place:
    """Where the portal stands: `link`, and beside it its builds (`<name>.build-…`) and its lock (`<name>.lock`)."""

    def __init__(self, link: Path) -> None:
        self.link = Path(os.path.abspath(link))  # not resolve(): readers keep the link's own address

    def built(self) -> Path | None:
        """The folder that the link points to, None where there is none yet; raises PortalError where something else is in its place."""
        if not self.link.is_symlink():
            if self.link.exists():
                what = _("{folder} exists and is not a portal made by Vereda.", folder=self.link)
                raise PortalError(_("{what} Move it away, or name another place in VEREDA_PORTAL.", what=what))
            return None
        target = Path(os.path.abspath(self.link.parent / self.link.readlink()))
        if target.parent != self.link.parent or not target.name.startswith(self._prefix):
            what = _("{folder} is a link to {target}, which Vereda did not make.", folder=self.link, target=target)
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
        """From now on the link shows `folder`; the former one is removed. A kill in between leaves the old site or the new one."""
        former = self.built()
        aside = self.link.with_name(f"{self.link.name}.link-{folder.name.removeprefix(self._prefix)}")
        aside.symlink_to(folder.name)
        aside.replace(self.link)
        if former is not None:
            shutil.rmtree(former)

    @property
    def _prefix(self) -> str:
        return f"{self.link.name}.build-"
