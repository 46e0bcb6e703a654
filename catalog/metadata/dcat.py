"""The catalogue in DCAT-AP 3.0.1, as nodes of a graph; every code stands there with its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from catalog.metadata.codes import AUTHORITY, FREQUENCIES, MEDIA, PUBLIC, SHA256, SPANISH
from catalog.metadata.rdf import Node
from catalog.metadata.record import (
    Distribution,
    Extreme,
    Masthead,
    OfferedVersion,
    Record,
    drop_empty,
)
from catalog.spoken import texts
from catalog.words import rhythm, themes
from messages import gettext as _
from messages.formats import format_date

CITY = "Ciudad Autónoma de Buenos Aires"
CONTACT = ["vcard:Organization", "vcard:Kind"]


def catalog_nodes(masthead: Masthead, records: Iterable[Record]) -> list[Node]:
    """The catalogue itself, and what it names beside its datasets."""
    publisher = f"{masthead.page}#publisher"
    ids, issued, modified = [], Extreme(min), Extreme(max)
    for record in records:
        ids.append(_id(record))
        issued.add(record.issued)
        modified.add(record.modified)
    node = {
        "@id": f"{masthead.page}#catalog",
        "@type": "dcat:Catalog",
        "dct:title": masthead.title,
        "dct:description": masthead.description,
        "dct:publisher": publisher,
        "dct:issued": issued.moment,
        "dct:modified": modified.moment,
        "dct:language": SPANISH,
        "foaf:homepage": masthead.page,
        "dcat:themeTaxonomy": f"{AUTHORITY}/data-theme",
        "dcat:dataset": ids,
    }
    taxonomy = {
        "@id": f"{AUTHORITY}/data-theme",
        "@type": "skos:ConceptScheme",
        "dct:title": _("Themes of the data"),
    }
    return [
        drop_empty(node),
        _agent(publisher, masthead.publisher, masthead.email),
        taxonomy,
        _page(masthead.page),
        *_common_nodes(),
    ]


def catalog_parts(masthead: Masthead, records: Iterable[Record]) -> Iterator[tuple[str, list[Node]]]:
    """All nodes: those of the catalogue, then those of each dataset with the address of its page."""
    yield "", catalog_nodes(masthead, records)
    for record in records:
        yield record.page, dataset_nodes(record, masthead)


def dataset_nodes(record: Record, masthead: Masthead) -> list[Node]:
    """A dataset, each of its versions as a dataset of its own, their distributions, and the codes that they
    use."""
    versions = [f"{record.page}#v{each.edition.version}" for each in record.versions]
    agent = f"{masthead.page}#publisher-{quote(str(record.publisher['id']))}"
    shared = {
        "dct:publisher": agent,
        "dcat:contactPoint": f"{record.page}#contact",
        "dct:accessRights": PUBLIC,
        "dcat:keyword": list(record.keywords),
        "dcat:theme": [f"{AUTHORITY}/data-theme/{code}" for code in record.themes],
        "dcat:landingPage": record.page,
        "dct:language": SPANISH,
        "dct:accrualPeriodicity": _frequency(record),
        "dct:spatial": [place["@id"] for place in _place_nodes(record)],
    }
    nodes = [
        drop_empty(_dataset(record, shared, versions)),
        _page(record.page),
        _agent(agent, record.publisher["name"], record.publisher.get("email")),
        _contact(record),
    ]
    for offered, earlier in zip(record.versions, [*versions[1:], None], strict=True):
        nodes.append(drop_empty(_version(record, offered) | shared | {"dcat:previousVersion": earlier}))
    nodes += [drop_empty(_distribution(record, each)) for each in record.all_distributions]
    return [*nodes, *_place_nodes(record), *_code_nodes(record), *_common_nodes()]


def _dataset(record: Record, shared: Node, versions: Sequence[str]) -> Node:
    provenance = {"@type": "dct:ProvenanceStatement", "rdfs:label": record.sources}
    return {
        "@id": _id(record),
        "@type": "dcat:Dataset",
        "dct:identifier": record.listing.dataset,
        "dct:title": texts(record.descriptor, "title", record.title),
        "dct:description": texts(record.descriptor, "description", record.description),
        **shared,
        "dct:temporal": _period_node(record.temporal),
        "dct:provenance": provenance if record.sources else None,
        "dct:issued": record.issued,
        "dct:modified": record.modified,
        "dcat:version": str(record.current.version),
        "adms:versionNotes": record.notes,
        "dcat:hasVersion": versions,
        "dcat:hasCurrentVersion": f"{record.page}#v{record.current.version}",
        "dcat:distribution": [_at(record, each) for each in record.distributions],
    }


def _id(record: Record) -> str:
    return f"{record.page}#dataset"


def _at(record: Record, distribution: Distribution) -> str:
    return f"{record.page}#{quote(distribution.place)}"


def _version(record: Record, offered: OfferedVersion) -> Node:
    version, date = offered.edition.version, format_date(offered.edition.at)
    values = {"title": record.title, "version": version, "date": date}
    return {
        "@id": f"{record.page}#v{offered.edition.version}",
        "@type": "dcat:Dataset",
        "dct:identifier": f"{record.listing.dataset}/{offered.edition.version}",
        "dct:title": _("{title}, version {version}", **values),
        "dct:description": _(
            "Version {version} of {title}, published on {date}. It does not change.", **values
        ),
        "dct:issued": offered.edition.at,
        "dct:modified": offered.edition.at,
        "dcat:version": str(offered.edition.version),
        "adms:versionNotes": offered.notes,
        "dcat:isVersionOf": _id(record),
        "dcat:distribution": [_at(record, each) for each in offered.distributions],
    }


def _distribution(record: Record, distribution: Distribution) -> Node:
    """`latest` has its address for good, its content until the next version; the others do not change."""
    availability = "AVAILABLE" if distribution.place.startswith("latest/") else "STABLE"
    return {
        "@id": _at(record, distribution),
        "@type": "dcat:Distribution",
        "dct:title": distribution.title,
        "dct:description": texts(distribution.table, "description", distribution.description)
        or distribution.title,
        "dcat:accessURL": record.page,
        "dcat:downloadURL": distribution.url,
        "dct:format": f"{AUTHORITY}/file-type/{distribution.kind.upper()}",
        "dcat:mediaType": _media_type(distribution.kind),
        "dcat:byteSize": str(distribution.file.bytes),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": SHA256,
            "spdx:checksumValue": distribution.file.sha256,
        },
        "dct:license": _license_address(record),
        "dct:rights": _rights(record),
        "dct:issued": distribution.issued,
        "dct:modified": distribution.modified,
        "dct:language": SPANISH,
        "dcatap:availability": f"{AUTHORITY}/planned-availability/{availability}",
    }


def _rights(record: Record) -> Node | None:
    """What may be done with a file, in words."""
    name = record.license.get("title") or record.license.get("name")
    return {"@type": "dct:RightsStatement", "rdfs:label": str(name)} if name else None


def _agent(id: str, name: str, email: str | None) -> Node:
    return drop_empty({"@id": id, "@type": "foaf:Agent", "foaf:name": name, "foaf:mbox": _mailto(email)})


def _contact(record: Record) -> Node:
    name, email = record.contact
    return drop_empty(
        {
            "@id": f"{record.page}#contact",
            "@type": CONTACT,
            "vcard:fn": name,
            "vcard:hasEmail": _mailto(email),
        }
    )


def _page(address: str) -> Node:
    return {"@id": address, "@type": "foaf:Document"}


def _code_nodes(record: Record) -> Iterator[Node]:
    """The codes that the dataset uses, with their names: a reader may not have the lists of the European
    Union at hand."""
    for theme in record.themes:
        yield _concept("data-theme", theme, themes().get(theme.lower(), theme))
    if code := FREQUENCIES.get(record.periodicity):
        yield _concept("frequency", code, rhythm(record.periodicity), "dct:Frequency")
    for kind in sorted({each.kind for each in record.all_distributions}):
        yield _concept("file-type", kind.upper(), kind.upper(), "dct:MediaTypeOrExtent")
        yield {"@id": _media_type(kind), "@type": "dct:MediaType", "rdfs:label": MEDIA[kind]}
    yield _concept("planned-availability", "AVAILABLE", _("available"))
    yield _concept("planned-availability", "STABLE", _("stable"))
    if address := _license_address(record):
        yield {
            "@id": address,
            "@type": "dct:LicenseDocument",
            "dct:title": record.license.get("title") or address,
        }


def _common_nodes() -> list[Node]:
    spanish = _concept("language", "SPA", _("Spanish"), "dct:LinguisticSystem")
    public = _concept("access-right", "PUBLIC", _("public"), "dct:RightsStatement")
    return [spanish, public, {"@id": SHA256, "@type": "spdx:ChecksumAlgorithm"}]


def _concept(scheme: str, code: str, label: str, *kinds: str) -> Node:
    return {
        "@id": f"{AUTHORITY}/{scheme}/{code}",
        "@type": ["skos:Concept", *kinds],
        "skos:prefLabel": label,
        "skos:inScheme": f"{AUTHORITY}/{scheme}",
    }


def _media_type(kind: str) -> str:
    return f"https://www.iana.org/assignments/media-types/{MEDIA[kind]}"


def _license_address(record: Record) -> str | None:
    """The licence's canonical address: that of Creative Commons without the page that explains it."""
    address = str(record.license.get("path", ""))
    deed = r"^https?://(creativecommons\.org/(?:licenses|publicdomain)/[a-z-]+/[\d.]+(?:/[a-z]{2})?)(?:/(?:deed\..*)?)?$"
    return _web_iri(re.sub(deed, r"https://\1/", address))


def _web_iri(address: str) -> str | None:
    """An address on the web as an IRI; None for anything else."""
    return quote(address, safe=":/?#[]@!$&'()*+,;=%~") if re.match(r"https?://", address) else None


def _frequency(record: Record) -> str | None:
    code = FREQUENCIES.get(record.periodicity)
    return f"{AUTHORITY}/frequency/{code}" if code else None


def _period_node(temporal: str | None) -> Node | None:
    """The days of an interval; of a single date, the interval's start."""
    if temporal is None:
        return None
    start, _slash, end = temporal.partition("/")
    return drop_empty({"@type": "dct:PeriodOfTime", "dcat:startDate": start[:10], "dcat:endDate": end[:10]})


def _place_nodes(record: Record) -> list[Node]:
    """What `spatial` says: names or addresses of places, or four numbers (west, south, east, north)."""
    spatial = record.descriptor.get("spatial")
    if not isinstance(spatial, Sequence):
        return []
    places = [spatial] if isinstance(spatial, str) else list(spatial)
    if len(places) == 4 and all(isinstance(each, int | float) for each in places):
        west, south, east, north = places
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
        shape = ", ".join(f"{x} {y}" for x, y in corners)
        box = {"@value": f"POLYGON(({shape}))", "@type": "http://www.opengis.net/ont/geosparql#wktLiteral"}
        return [{"@id": f"{record.page}#place-1", "@type": "dct:Location", "dcat:bbox": box}]
    names = [each for each in places if isinstance(each, str)]
    if names == [CITY]:
        return [_city_node()]
    return [
        {
            "@id": _web_iri(each) or f"{record.page}#place-{number}",
            "@type": "dct:Location",
            "rdfs:label": each,
            "skos:prefLabel": each,
        }
        for number, each in enumerate(names, 1)
    ]


def _city_node() -> Node:
    """The City with its address in GeoNames (the division AR.07, which is AR-C in ISO 3166-2), and the box
    that it lies in."""
    corners = (
        (-58.532, -34.706),
        (-58.335, -34.706),
        (-58.335, -34.526),
        (-58.532, -34.526),
        (-58.532, -34.706),
    )
    shape = ", ".join(f"{x} {y}" for x, y in corners)
    box = {"@value": f"POLYGON(({shape}))", "@type": "http://www.opengis.net/ont/geosparql#wktLiteral"}
    names = {"rdfs:label": CITY, "skos:prefLabel": CITY}
    return {"@id": "https://sws.geonames.org/3433955/", "@type": "dct:Location", **names, "dcat:bbox": box}


def _mailto(email: str | None) -> str | None:
    return f"mailto:{quote(email, safe='@+')}" if email else None
