"""The small files that explain a package: its fields as BAData has them, and the list of all its versions."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalog.archive.changes.reasons import describe_changes
from catalog.archive.release import File
from catalog.public import Edition, Listing
from messages import gettext as _

VERSIONS = ("version", "fecha", "datos_al", "estado", "paso", "notas", "archivo", "bytes", "sha256", "url")


def attributes_document(schema: Mapping[str, Any]) -> str:
    """A table's fields as BAData's `attributesDescription` has them."""
    attributes = [
        {
            "title": field["name"],
            "description": field.get("description", ""),
            "type": field.get("type", "any"),
        }
        for field in schema["fields"]
    ]
    return json.dumps(attributes, ensure_ascii=False)


def versions_document(listing: Listing, portal: str | None, urls: Mapping[str, str]) -> bytes:
    """CSV with a line per version and file, newest first; `urls` are the files' addresses in this CKAN by
    resource key, for want of a portal.

    A withdrawn version has one line, with its reason and no file.
    """
    lines: list[Sequence[Any]] = []
    for edition in listing.editions:
        state, level = _state_label(edition, listing), edition.level or ""
        head = (edition.version, edition.at, edition.as_of or "", state, level, _notes(edition))
        if edition.withdrawn:
            lines.append((*head, "", "", "", ""))
        for name, file in edition.files.items():
            place = f"v/{edition.version}/{name}"
            url = f"{portal.rstrip('/')}/{listing.path}/{place}" if portal else urls.get(place, "")
            lines.append((*head, name, file.bytes, file.sha256, url))
    return _csv(VERSIONS, lines)


def file_of(content: bytes) -> File:
    """The length and sha256 of a file that is made here."""
    return File(hashlib.sha256(content).hexdigest(), len(content), public=True)


def _state_label(edition: Edition, listing: Listing) -> str:
    if edition.withdrawn:
        return _("withdrawn")
    current = listing.current is not None and edition.version == listing.current.version
    return _("current") if current else _("former")


def _notes(edition: Edition) -> str:
    because = [note.because for note in edition.notes if note.kind == "withdraw" and note.because]
    return " ".join([*because, *([] if edition.withdrawn else describe_changes(edition.changes))])


def _csv(header: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue().encode()
