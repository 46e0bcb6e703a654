"""What a file is of which neither its catalogue nor its address says it: by its content, else by the media
type under which it is served"""

from __future__ import annotations

import zipfile
from pathlib import Path

from pipelines.dataset.sources import HttpSource
from pipelines.fetch.client import SourceClient
from pipelines.fetch.http import KEY, fetch_http
from pipelines.fetch.snapshot import SourceError
from pipelines.harvest.infer import InferredTable, infer_table
from pipelines.harvest.values import read_format
from pipelines.read.forms.kind import HEAD, kind_by_head, kind_of_ole, kind_of_zip
from pipelines.settings import Limits

# What the reader calls kinds that catalogues call otherwise; all others are called alike.
NAMES = {
    "shapefile": "zip",
    "gzip": "gz",
    "zstd": "zst",
    "bzip2": "bz2",
    "HTML page": "html",
    "HTML table": "html",
    "XML 2003": "xls",
    "Access": "mdb",
    "PostScript": "ps",
    "mail": "eml",
}
SILENT = ("empty", "zeros", "binary", "text", "OLE", "program")
"""Kinds of content that do not say what a file is."""


def fetch_file(address: str, into: Path, limits: Limits) -> None:
    """The file at a web address; raises SourceError, ValueError."""
    fetch_http(HttpSource.model_validate({"kind": "http", "url": address}), "extract", None, into, limits)


def find_format(path: Path, address: str | None, room: Path, limits: Limits) -> str:
    """The format of a file as catalogues call it ("pdf", "csv"); "" where nothing says it. `address` is where
    it was fetched, `room` an empty folder."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    kind = kind_by_head(head)
    if kind == "zip":
        kind = _kind_of_zip(path)
    if kind == "ole":
        kind = kind_of_ole(path)
    if kind not in SILENT:
        return read_format([NAMES.get(kind, kind)]) or NAMES.get(kind, kind).lower()
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").upper().startswith(b"BEGIN:VCALENDAR"):
        return "ics"
    if kind == "text" and _holds_table(path, room, limits):
        return "csv"
    served = read_format([_media_type(address, limits)]) if address else ""
    return served or ("txt" if kind == "text" else "")


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as packed:
            return kind_of_zip(packed)
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError):
        return "zip"


def _holds_table(path: Path, room: Path, limits: Limits) -> bool:
    """Whether a text has columns: at least two, and a row."""
    try:
        table: InferredTable = infer_table(path, room, limits, tidy=False)
    except ValueError:
        return False
    return len(table.fields) > 1 and table.rows > 0


def _media_type(address: str, limits: Limits) -> str:
    """As which type the file is served; "" where its server does not say."""
    try:
        with SourceClient(address, KEY, limits, {}) as client, client.stream("HEAD", address) as answer:
            return str(answer.headers.get("Content-Type", "")) if answer.status_code == 200 else ""
    except SourceError:
        return ""
