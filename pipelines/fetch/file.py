"""Extracts in the dataset's own folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from messages import gettext as _
from messages.system import describe_os_error
from pipelines.dataset.plain_file import open_plain
from pipelines.dataset.sources import FolderSource
from pipelines.fetch.snapshot import Snapshot, SourceError, store_blocks
from pipelines.settings import Limits


def fetch_file(
    source: FolderSource, resource: str, folder: Path, into: Path, as_of: date | None, limits: Limits
) -> Snapshot:
    """The file, or the newest vintage not later than `as_of`; raises SourceError where there is none."""
    path, told = source.path, None
    for vintage in source.vintages:
        if as_of is None or vintage.as_of <= as_of:
            path, told = vintage.path, vintage.as_of.isoformat()
    if path is None:
        raise SourceError(_("{resource} has no extract as old as {date}", resource=resource, date=as_of))
    place = (folder / path).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise SourceError(_("{path} lies outside the dataset's folder; put the extract inside it", path=path))
    try:
        sha256, size = store_blocks(_file_blocks(place), into, path, limits)
    except OSError as error:
        if error.filename is None or Path(error.filename) != place:
            raise
        raise SourceError(
            _("{path} cannot be read ({why}); put the extract there", path=path, why=describe_os_error(error))
        ) from error
    return Snapshot(resource, path, sha256, size, into, as_of=told)


def _file_blocks(path: Path) -> Iterator[bytes]:
    with open_plain(path) as file:
        while block := file.read(1 << 20):
            yield block
