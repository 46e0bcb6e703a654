"""The build that stands in the portal while the next one is made: its whole files are handed on to that."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class FormerBuild:
    """The build that stands in the portal (None where there is none), what it was made from, and which of its
    files are not as they were written: those are never handed on."""

    folder: Path | None
    state: Mapping[str, Any]
    faults: Mapping[str, str] = field(default_factory=dict)

    def file(self, path: str) -> Path | None:
        found = self.folder / path if self.folder and path not in self.faults else None
        return found if found and found.is_file() else None

    def files(self, folder: str, pattern: str = "*") -> list[Path]:
        """The whole files right in a folder."""
        if self.folder is None:
            return []
        paths = sorted((self.folder / folder).glob(pattern))
        return [path for path in paths if self.file(path.relative_to(self.folder).as_posix())]

    def dataset(self, path: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self.state["datasets"].get(path)
        return found

    def hashes(self, path: str) -> Mapping[str, str]:
        """The sha256 of a dataset's public files by their path."""
        found: Mapping[str, str] = (self.dataset(path) or {"files": {}})["files"]
        return found


def link_file(standing: Path, target: Path) -> None:
    """The same file under another name, or a copy where the file system has no hard links."""
    try:
        os.link(standing, target)
    except OSError:
        shutil.copyfile(standing, target)
