"""The small files that are made for a package: the data dictionary and the list of all versions."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalog.portal.listing import Edition, Listing
from catalog.portal.words import rules
from catalog.release import File
from catalog.words import sentences
from messages import gettext as _


def file_of(content: bytes) -> File:
    return File(hashlib.sha256(content).hexdigest(), len(content), public=True)


def dictionary(descriptor: Mapping[str, Any]) -> bytes:
    """A line per field: tabla, campo, titulo, tipo, descripcion, unidad, reglas."""
    lines = [
        (
            each["name"],
            f["name"],
            f.get("title", ""),
            f.get("type", "any"),
            f.get("description", ""),
            f.get("unit", ""),
            "; ".join(rules(f)),
        )
        for each in descriptor.get("resources", ())
        if "schema" in each
        for f in each["schema"]["fields"]
    ]
    return _csv(("tabla", "campo", "titulo", "tipo", "descripcion", "unidad", "reglas"), lines)


def attributes(schema: Mapping[str, Any]) -> str:
    """A table's fields as BAData's `attributesDescription` has them."""
    named = [{"title": f["name"], "description": f.get("description", ""), "type": f.get("type", "any")} for f in schema["fields"]]
    return json.dumps(named, ensure_ascii=False)


def versions(listing: Listing, portal: str | None, urls: Mapping[str, str]) -> bytes:
    """A line per version and file, newest first; `urls` are the files' addresses in this CKAN by resource key, for want of a portal.

    A withdrawn version has one line, with its reason and no file.
    """
    lines: list[Sequence[Any]] = []
    for edition in listing.editions:
        current = listing.current is not None and edition.version == listing.current.version
        state = _("withdrawn") if edition.withdrawn else _("current") if current else _("former")
        head = (edition.version, edition.at, edition.as_of or "", state, edition.level or "", _notes(edition))
        if edition.withdrawn:
            lines.append((*head, "", "", "", ""))
        for name, file in edition.files.items():
            there = (
                f"{portal.rstrip('/')}/{listing.path}/v/{edition.version}/{name}" if portal else urls.get(f"v/{edition.version}/{name}", "")
            )
            lines.append((*head, name, file.bytes, file.sha256, there))
    return _csv(("version", "fecha", "datos_al", "estado", "paso", "notas", "archivo", "bytes", "sha256", "url"), lines)


def _notes(edition: Edition) -> str:
    because = [note.because for note in edition.notes if note.kind == "withdraw" and note.because]
    return " ".join([*because, *([] if edition.withdrawn else sentences(edition.changes))])


def _csv(header: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue().encode()
