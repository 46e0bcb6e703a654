"""A copy of the portal in a bucket: first what never changes, then what the pages offer, then the pages, the
homes last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from catalog.archive.store import MISSING, ArchiveError, reaching
from catalog.metadata.codes import MEDIA
from catalog.page import localized_path
from catalog.portal.seal import Seal
from messages import LANGUAGES
from messages import gettext as _

NOTE = "portal.files.json"
TYPES = {
    ".atom": "application/atom+xml",
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ics": "text/calendar; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": MEDIA["json"],
    ".jsonld": "application/ld+json",
    ".parquet": MEDIA["parquet"],
    ".svg": "image/svg+xml",
    ".ttl": "text/turtle; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml",
}
HOMES = [localized_path("index.html", each) for each in LANGUAGES]
AT_ONCE = 16  # files


class Bucket:
    """The objects under `where` (s3://bucket/prefix, gs://…, az://…). `portal.files.json` there says which
    files it holds, by sha256; an object that is being written or removed stands in it without one, so that a
    killed copy is finished by the next.

    Raises ValueError for an address that is none; its methods ArchiveError where the storage fails.
    """

    def __init__(self, where: str) -> None:
        self.where = where.rstrip("/")
        try:
            self.store = from_url(
                where, retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=60)}
            )
        except (BaseError, ValueError) as error:
            message = _(
                "{where} is no address of a bucket. Give VEREDA_PORTAL_BUCKET s3://bucket/folder, gs://… "
                "or az://…",
                where=where,
            )
            raise ValueError(message) from error

    def count_differences(self, folder: Path) -> int:
        """How many files of the portal in `folder` the bucket lacks, has otherwise, or has too many."""
        here, there = _files(folder), self._read_note()
        return sum(here.get(path) != there.get(path) for path in here.keys() | there.keys())

    def mirror(self, folder: Path) -> None:
        """Makes the bucket hold what the portal in `folder` does."""
        here, there = _files(folder), self._read_note()
        changed = sorted(
            (path for path, sha256 in here.items() if there.get(path) != sha256),
            key=lambda path: (_turn(path), path),
        )
        gone = there.keys() - here.keys()
        if not changed and not gone:
            return
        self._write_note({**there, **dict.fromkeys(changed, "")})
        with ThreadPoolExecutor(AT_ONCE) as workers:
            for turn in range(4):
                files = [path for path in changed if _turn(path) == turn]
                list(workers.map(lambda path: self._put(path, folder / path), files))
        self._write_note({**here, **dict.fromkeys(gone, "")})
        for path in sorted(gone):
            with reaching(f"{self.where}/{path}"):
                obstore.delete(self.store, path)
        self._write_note(here)

    def _put(self, path: str, file: Path | bytes) -> None:
        # Caches ask each time whether it is the same still: even a version's files may be taken away.
        attributes: dict[str, Any] = {
            "Content-Type": TYPES.get(Path(path).suffix, "application/octet-stream"),
            "Cache-Control": "no-cache",
        }
        with reaching(f"{self.where}/{path}"):
            obstore.put(self.store, path, file, attributes=attributes)

    def _read_note(self) -> dict[str, str]:
        """What the bucket holds; nothing where its note is missing or damaged, so that all is put again."""
        with reaching(f"{self.where}/{NOTE}"):
            try:
                return dict(json.loads(bytes(obstore.get(self.store, NOTE).bytes())))
            except (*MISSING, ValueError):
                return {}

    def _write_note(self, files: Mapping[str, str]) -> None:
        self._put(NOTE, json.dumps(files, sort_keys=True).encode())


def _files(folder: Path) -> dict[str, str]:
    """The sha256 of each file, by path, as the build's seal has them."""
    seal = Seal.read(folder)
    if seal is None:
        raise ArchiveError(_("{folder} has no seal; `vereda publish` builds the portal anew", folder=folder))
    return {path: each.sha256 for path, each in seal.files.items()}


def _turn(path: str) -> int:
    """When a file goes: a page never before what it leads to."""
    if not path.endswith(".html"):
        return 0 if "/v/" in path else 1
    return 3 if path in HOMES else 2
