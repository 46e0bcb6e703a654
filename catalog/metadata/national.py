"""data.json: the catalogue in the Perfil Nacional de Metadatos, kept within the city's own guide as well."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from catalog.metadata.dcat import MEDIA, THEMES, TYPES
from catalog.metadata.record import Distribution, Masthead, Record, known
from catalog.words import themes
from messages import gettext as _

PROFILE = "1.1"
TITLE, DESCRIPTION, FIELD = 100, 1500, 60  # the longest that both take


def data_json(masthead: Masthead, records: Sequence[Record]) -> dict[str, Any]:
    """The catalogue with its datasets. A key whose value nobody declared is left out; no address is made
    up."""
    used = sorted({code for record in records for code in record.themes})
    moments = {
        "issued": min((record.issued for record in records), key=datetime.fromisoformat, default=None),
        "modified": max((record.modified for record in records), key=datetime.fromisoformat, default=None),
    }
    return {
        "version": PROFILE,
        "title": masthead.title,
        "description": masthead.description,
        "publisher": known({"name": masthead.publisher, "mbox": masthead.email}),
        **known(moments),
        "language": ["spa"],
        "superThemeTaxonomy": THEMES,
        "themeTaxonomy": [{"id": code.lower(), "label": themes().get(code.lower(), code)} for code in used],
        "homepage": masthead.page,
        "dataset": [_dataset(record) for record in records],
    }


def _dataset(record: Record) -> dict[str, Any]:
    name, email = record.contact
    spatial = record.told.get("spatial")
    return known(
        {
            "identifier": record.listing.dataset,
            "title": _cut(record.title, TITLE),
            "description": _cut(record.description, DESCRIPTION),
            "publisher": known({"name": record.publisher["name"], "mbox": record.publisher.get("email")}),
            "contactPoint": known({"fn": name, "hasEmail": email}),
            "superTheme": list(record.themes),
            "theme": [code.lower() for code in record.themes],
            "keyword": _keywords(record.keywords),
            "accrualPeriodicity": record.periodicity,
            "issued": record.issued,
            "modified": record.modified,
            "version": str(record.current.version),
            "versionNotes": record.notes,
            "language": ["spa"],
            "spatial": spatial if isinstance(spatial, str | list) else None,
            "temporal": record.temporal,
            "landingPage": record.page,
            "license": _license(record),
            "source": record.sources,
            "distribution": [_distribution(each, record) for each in record.everything],
        }
    )


def _distribution(distribution: Distribution, record: Record) -> dict[str, Any]:
    data = distribution.kind != "json"
    return known(
        {
            "identifier": re.sub(
                r"[^A-Za-z0-9_.-]", "-", f"{record.listing.dataset}-{distribution.place.removeprefix('v/')}"
            ),
            "title": distribution.title,
            "description": distribution.about,
            "type": "file" if data else "documentation",
            "accessURL": record.page,
            "downloadURL": distribution.url,
            "fileName": distribution.name,
            "format": distribution.kind.upper(),
            "mediaType": MEDIA[distribution.kind],
            "byteSize": distribution.file.bytes,
            "checksum": {"algorithm": "sha256", "checksumValue": distribution.file.sha256},
            "issued": distribution.issued,
            "modified": distribution.modified,
            "license": _license(record),
            "field": [_field(each) for each in distribution.fields],
        }
    )


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    """`title` is the column's label: the profile, like its readers, looks for it in the file's header."""
    kind = TYPES.get(str(field.get("type", "any")), "string")
    told = ". ".join(str(field[key]).rstrip(".") for key in ("title", "description") if field.get(key))
    units = field.get("unit") if kind in ("integer", "number") else None
    return known({"title": field["name"][:FIELD], "type": kind, "description": told, "units": units})


def _license(record: Record) -> str | None:
    """Its address, else what it is called."""
    return next(
        (str(record.license[key]) for key in ("path", "title", "name") if record.license.get(key)), None
    )


def _keywords(keywords: Sequence[str]) -> list[str]:
    """The keywords in the characters that the profile takes."""
    clean = (" ".join(re.sub(r"[^ 0-9a-zá-źÁ-ŹA-Z._-]", " ", keyword).split()) for keyword in keywords)
    return list(dict.fromkeys(each for each in clean if each))


def _cut(text: str, longest: int) -> str:
    """The text, or its first words where it is longer than may be."""
    if len(text) <= longest:
        return text
    start = text[: longest - 1]
    return _("{start}…", start=start.rpartition(" ")[0] or start)
