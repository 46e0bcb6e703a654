"""data.json: the catalogue in the Perfil Nacional de Metadatos, kept within the city's own guide as well."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from catalog.metadata.codes import MEDIA, THEMES, TYPES
from catalog.metadata.record import Distribution, Extreme, Masthead, Record, drop_empty
from catalog.words import themes
from messages import gettext as _

PROFILE = "1.1"
TITLE, DESCRIPTION, FIELD = 100, 1500, 60  # the longest that both take


def data_json(masthead: Masthead, records: Iterable[Record]) -> Iterator[str]:
    """The catalogue with its datasets as JSON, piece by piece; the records are gone through twice. A key
    whose value nobody declared is left out; no address is made up."""
    start = json.dumps(_catalogue(masthead, records), ensure_ascii=False)[:-1] + ', "dataset": ['
    for record in records:
        yield start + json.dumps(_dataset(record), ensure_ascii=False)
        start = ", "
    yield (start if start != ", " else "") + "]}\n"


def _catalogue(masthead: Masthead, records: Iterable[Record]) -> dict[str, Any]:
    """What is said of the catalogue as a whole."""
    found: set[str] = set()
    issued, modified = Extreme(min), Extreme(max)
    for record in records:
        found.update(record.themes)
        issued.add(record.issued)
        modified.add(record.modified)
    codes, moments = sorted(found), {"issued": issued.moment, "modified": modified.moment}
    return {
        "version": PROFILE,
        "title": masthead.title,
        "description": masthead.description,
        "publisher": drop_empty({"name": masthead.publisher, "mbox": masthead.email}),
        **drop_empty(moments),
        "language": ["spa"],
        "superThemeTaxonomy": THEMES,
        "themeTaxonomy": [{"id": code.lower(), "label": themes().get(code.lower(), code)} for code in codes],
        "homepage": masthead.page,
    }


def _dataset(record: Record) -> dict[str, Any]:
    name, email = record.contact
    spatial = record.descriptor.get("spatial")
    return drop_empty(
        {
            "identifier": record.listing.dataset,
            "title": _cut(record.title, TITLE),
            "description": _cut(record.description, DESCRIPTION),
            "publisher": drop_empty(
                {"name": record.publisher["name"], "mbox": record.publisher.get("email")}
            ),
            "contactPoint": drop_empty({"fn": name, "hasEmail": email}),
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
            "distribution": [_distribution(each, record) for each in record.all_distributions],
        }
    )


def _distribution(distribution: Distribution, record: Record) -> dict[str, Any]:
    data = distribution.kind != "json"
    name = f"{record.listing.dataset}-{distribution.place.removeprefix('v/')}"
    return drop_empty(
        {
            "identifier": re.sub(r"[^A-Za-z0-9_.-]", "-", name),
            "title": distribution.title,
            "description": distribution.description,
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
    texts = (str(field[key]).rstrip(".") for key in ("title", "description") if field.get(key))
    units = field.get("unit") if kind in ("integer", "number") else None
    return drop_empty(
        {"title": field["name"][:FIELD], "type": kind, "description": ". ".join(texts), "units": units}
    )


def _license(record: Record) -> str | None:
    """Its address, else what it is called."""
    names = (record.license.get(key) for key in ("path", "title", "name"))
    return next((str(each) for each in names if each), None)


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
