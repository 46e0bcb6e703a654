"""What a record's words are in the codes of DCAT-AP, each code told with its name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from catalog.portal.metadata.rdf import Node
from catalog.portal.metadata.record import Record, known
from catalog.portal.metadata.vocabulary import AUTHORITY, FREQUENCIES, MEDIA
from catalog.portal.words import rhythm, themes
from messages import gettext as _

SPANISH = f"{AUTHORITY}/language/SPA"
PUBLIC = f"{AUTHORITY}/access-right/PUBLIC"
SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"


def codes(record: Record) -> Iterator[Node]:
    """The codes that the dataset uses, told here as well: a reader may not have the lists of the European Union at hand."""
    for theme in record.themes:
        yield concept("data-theme", theme, themes().get(theme.lower(), theme))
    if code := FREQUENCIES.get(record.periodicity):
        yield concept("frequency", code, rhythm(record.periodicity), "dct:Frequency")
    for kind in sorted({each.kind for each in record.everything}):
        yield concept("file-type", kind.upper(), kind.upper(), "dct:MediaTypeOrExtent")
        yield {"@id": media(kind), "@type": "dct:MediaType", "rdfs:label": MEDIA[kind]}
    yield concept("planned-availability", "AVAILABLE", _("available"))
    yield concept("planned-availability", "STABLE", _("stable"))
    if address := license(record):
        yield {"@id": address, "@type": "dct:LicenseDocument", "dct:title": record.license.get("title") or address}


def common() -> list[Node]:
    spanish = concept("language", "SPA", _("Spanish"), "dct:LinguisticSystem")
    public = concept("access-right", "PUBLIC", _("public"), "dct:RightsStatement")
    return [spanish, public, {"@id": SHA256, "@type": "spdx:ChecksumAlgorithm"}]


def concept(scheme: str, code: str, label: str, *kinds: str) -> Node:
    types = ["skos:Concept", *kinds]
    return {"@id": f"{AUTHORITY}/{scheme}/{code}", "@type": types, "skos:prefLabel": label, "skos:inScheme": f"{AUTHORITY}/{scheme}"}


def media(kind: str) -> str:
    return f"https://www.iana.org/assignments/media-types/{MEDIA[kind]}"


def license(record: Record) -> str | None:
    return web(str(record.license.get("path", "")))


def web(address: str) -> str | None:
    """An address on the web as an IRI; None for anything else."""
    return quote(address, safe=":/?#[]@!$&'()*+,;=%~") if re.match(r"https?://", address) else None


def frequency(record: Record) -> str | None:
    code = FREQUENCIES.get(record.periodicity)
    return f"{AUTHORITY}/frequency/{code}" if code else None


def period(temporal: str | None) -> Node | None:
    """The days of an interval; of a single date, the interval's start."""
    if temporal is None:
        return None
    start, _slash, end = temporal.partition("/")
    return known({"@type": "dct:PeriodOfTime", "dcat:startDate": start[:10], "dcat:endDate": end[:10]})


def places(record: Record) -> list[Node]:
    """What `spatial` says: names or addresses of places, or four numbers (west, south, east, north)."""
    spatial = record.told.get("spatial")
    told = [spatial] if isinstance(spatial, str) else list(spatial) if isinstance(spatial, Sequence) else []
    if len(told) == 4 and all(isinstance(each, int | float) for each in told):
        west, south, east, north = told
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
        shape = ", ".join(f"{x} {y}" for x, y in corners)
        box = {"@value": f"POLYGON(({shape}))", "@type": "http://www.opengis.net/ont/geosparql#wktLiteral"}
        return [{"@id": f"{record.page}#place-1", "@type": "dct:Location", "dcat:bbox": box}]
    named = [each for each in told if isinstance(each, str)]
    return [
        {"@id": web(each) or f"{record.page}#place-{number}", "@type": "dct:Location", "rdfs:label": each, "skos:prefLabel": each}
        for number, each in enumerate(named, 1)
    ]


def mailto(email: str | None) -> str | None:
    return f"mailto:{quote(email, safe='@+')}" if email else None
