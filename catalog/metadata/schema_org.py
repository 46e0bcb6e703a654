"""A dataset as search engines read it: schema.org's Dataset, in its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.metadata.codes import MEDIA
from catalog.metadata.record import Distribution, Masthead, Record, drop_empty
from catalog.spoken import has_english
from messages import gettext as _


def dataset_json(record: Record, masthead: Masthead) -> dict[str, Any]:
    """The current version as JSON-LD. Of a demo dataset it says that it is one."""
    license = record.license
    publisher = drop_empty(
        {"@type": "Organization", "name": record.publisher["name"], "email": record.publisher.get("email")}
    )
    invented = _("Invented data: they say nothing about the city.")
    variables = []
    for distribution in record.distributions:
        if distribution.kind == "csv":
            variables += [_variable(each) for each in distribution.fields]
    places = record.descriptor.get("spatial")
    return drop_empty(
        {
            "@context": "https://schema.org/",
            "@type": "Dataset",
            "@id": f"{record.page}#dataset",
            "name": _spoken(record.descriptor, "title", record.title),
            "description": _spoken(record.descriptor, "description", record.description),
            "url": record.page,
            "identifier": record.listing.dataset,
            "version": str(record.current.version),
            "creativeWorkStatus": invented if record.listing.demo else None,
            "keywords": list(record.keywords),
            "license": license.get("path") or license.get("title") or license.get("name"),
            "isAccessibleForFree": True,
            "inLanguage": "es",
            "creator": publisher,
            "publisher": publisher,
            "datePublished": record.issued,
            "dateModified": record.modified,
            "temporalCoverage": record.temporal,
            "spatialCoverage": {"@type": "Place", "name": places} if isinstance(places, str) else None,
            "includedInDataCatalog": {"@type": "DataCatalog", "name": masthead.title, "url": masthead.page},
            "distribution": [_download(each) for each in record.distributions],
            "variableMeasured": variables,
        }
    )


def _spoken(thing: Mapping[str, Any], key: str, spanish: str | None) -> Any:
    """A text alone, or where it is there in English too, both with their language."""
    if spanish is None or not has_english(thing, key):
        return spanish
    english = {"@language": "en", "@value": str(thing["en"][key])}
    return [{"@language": "es", "@value": spanish}, english]


def _download(distribution: Distribution) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "name": distribution.title,
        "contentUrl": distribution.url,
        "encodingFormat": MEDIA[distribution.kind],
        "contentSize": f"{distribution.file.bytes} B",
        "sha256": distribution.file.sha256,
        "dateModified": distribution.modified,
    }


def _variable(field: Mapping[str, Any]) -> dict[str, Any]:
    return drop_empty(
        {
            "@type": "PropertyValue",
            "name": field["name"],
            "alternateName": _spoken(field, "title", field.get("title")),
            "description": _spoken(field, "description", field.get("description")),
            "unitText": field.get("unit"),
        }
    )
