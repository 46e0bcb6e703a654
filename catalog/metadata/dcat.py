"""The catalogue in DCAT-AP 3.0.1, as JSON-LD nodes.

A graph as JSON-LD nodes: how its terms are read, and the documents that are written of it.

The codes of the standards: what our words are called in theirs.

What a record's words are in the codes of DCAT-AP, each code told with its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from catalog.metadata.record import Distribution, Masthead, Offered, Record, known
from catalog.words import rhythm, themes
from messages import gettext as _
from messages.formats import format_date

Node = dict[str, Any]


NAMESPACES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
LINKS = (
    *(
        "dcat:dataset",
        "dcat:themeTaxonomy",
        "dcat:contactPoint",
        "dcat:theme",
        "dcat:landingPage",
        "dcat:distribution",
        "dcat:accessURL",
    ),
    *(
        "dcat:downloadURL",
        "dcat:mediaType",
        "dcat:hasVersion",
        "dcat:hasCurrentVersion",
        "dcat:isVersionOf",
        "dcat:previousVersion",
    ),
    *(
        "dct:publisher",
        "dct:language",
        "dct:spatial",
        "dct:accrualPeriodicity",
        "dct:accessRights",
        "dct:license",
        "dct:format",
    ),
    *(
        "dcatap:availability",
        "foaf:homepage",
        "foaf:mbox",
        "skos:inScheme",
        "spdx:algorithm",
        "vcard:hasEmail",
    ),
)
TYPED = {
    "dct:issued": "dateTime",
    "dct:modified": "dateTime",
    "dcat:byteSize": "nonNegativeInteger",
    "spdx:checksumValue": "hexBinary",
    "dcat:startDate": "date",
    "dcat:endDate": "date",
}
SPOKEN = ("dct:title", "dct:description", "dcat:keyword", "adms:versionNotes", "skos:prefLabel", "rdfs:label")
PREFIXES = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in NAMESPACES.items()) + "\n"
CONTEXT = {
    **NAMESPACES,
    **{key: {"@id": key, "@type": "@id"} for key in LINKS},
    **{key: {"@id": key, "@type": f"xsd:{kind}"} for key, kind in TYPED.items()},
    **{key: {"@id": key, "@language": "es"} for key in SPOKEN},
}


def jsonld(nodes: Iterable[Node]) -> dict[str, Any]:
    """A document of these nodes, a node told twice only once."""
    return {"@context": CONTEXT, "@graph": list({each["@id"]: each for each in nodes}.values())}


def turtle(nodes: Iterable[Node]) -> str:
    """The same graph in Turtle, all prefixes first and then an empty line, whether they are used or not."""
    told = {each["@id"]: each for each in nodes}
    return PREFIXES + "\n".join(f"<{id}> {_said(node, 4)} .\n" for id, node in told.items())


def joined(documents: Iterable[str]) -> str:
    """Documents that `turtle` wrote as one."""
    return PREFIXES + "\n".join(document.removeprefix(PREFIXES) for document in documents)


def _said(node: Node, indent: int) -> str:
    """What a node says, a property a line."""
    lines = [f"a {', '.join(_all(node['@type']))}"]
    lines += [
        f"{key} {', '.join(_object(key, each, indent) for each in _all(value))}"
        for key, value in node.items()
        if key[0] != "@"
    ]
    return f" ;\n{' ' * indent}".join(lines)


def _object(key: str, value: Any, indent: int) -> str:
    """A value as CONTEXT says that it is read. A text is quoted as JSON quotes it, which Turtle takes as
    well."""
    if isinstance(value, dict):
        return (
            f"{_text(value['@value'])}^^<{value['@type']}>"
            if "@value" in value
            else f"[ {_said(value, indent + 4)} ]"
        )
    if key in LINKS:
        return f"<{value}>"
    if key in TYPED:
        return f"{_text(value)}^^xsd:{TYPED[key]}"
    return _text(value) + ("@es" if key in SPOKEN else "")


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


AUTHORITY = "http://publications.europa.eu/resource/authority"


# The city's own list of themes; the codes are the national profile's, and those of the European Union.
THEMES = "http://data.buenosaires.gob.ar/superThemeTaxonomy.json"
MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "json": "application/json"}


# ISO 8601, as the national profile writes how often, in the European Union's list of frequencies
FREQUENCIES = {
    "R/P10Y": "DECENNIAL",
    "R/P4Y": "QUADRENNIAL",
    "R/P3Y": "TRIENNIAL",
    "R/P2Y": "BIENNIAL",
    "R/P1Y": "ANNUAL",
    "R/P6M": "ANNUAL_2",
    "R/P4M": "ANNUAL_3",
    "R/P3M": "QUARTERLY",
    "R/P2M": "BIMONTHLY",
    "R/P1M": "MONTHLY",
    "R/P0.5M": "MONTHLY_2",
    "R/P0.33M": "MONTHLY_3",
    "R/P1W": "WEEKLY",
    "R/P0.5W": "WEEKLY_2",
    "R/P0.33W": "WEEKLY_3",
    "R/P1D": "DAILY",
    "R/PT1H": "HOURLY",
    "R/PT1S": "UPDATE_CONT",
    "eventual": "IRREG",
}


# Types of Table Schema in the national profile's list; every other one is text there.
TYPES = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "datetime": "date-time",
    "year": "integer",
    "geopoint": "geo_point",
    "geojson": "geojson",
    "list": "array",
    "array": "array",
    "object": "object",
    "any": "any",
}


SPANISH = f"{AUTHORITY}/language/SPA"
PUBLIC = f"{AUTHORITY}/access-right/PUBLIC"
SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"


def codes(record: Record) -> Iterator[Node]:
    """The codes that the dataset uses, told here as well: a reader may not have the lists of the European
    Union at hand."""
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
        yield {
            "@id": address,
            "@type": "dct:LicenseDocument",
            "dct:title": record.license.get("title") or address,
        }


def common() -> list[Node]:
    spanish = concept("language", "SPA", _("Spanish"), "dct:LinguisticSystem")
    public = concept("access-right", "PUBLIC", _("public"), "dct:RightsStatement")
    return [spanish, public, {"@id": SHA256, "@type": "spdx:ChecksumAlgorithm"}]


def concept(scheme: str, code: str, label: str, *kinds: str) -> Node:
    types = ["skos:Concept", *kinds]
    return {
        "@id": f"{AUTHORITY}/{scheme}/{code}",
        "@type": types,
        "skos:prefLabel": label,
        "skos:inScheme": f"{AUTHORITY}/{scheme}",
    }


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
        {
            "@id": web(each) or f"{record.page}#place-{number}",
            "@type": "dct:Location",
            "rdfs:label": each,
            "skos:prefLabel": each,
        }
        for number, each in enumerate(named, 1)
    ]


def mailto(email: str | None) -> str | None:
    return f"mailto:{quote(email, safe='@+')}" if email else None


CONTACT = ["vcard:Organization", "vcard:Kind"]


def catalog(masthead: Masthead, records: Sequence[Record]) -> list[Node]:
    """The catalogue itself, and what it names beside its datasets."""
    publisher = f"{masthead.page}#publisher"
    node = {
        "@id": f"{masthead.page}#catalog",
        "@type": "dcat:Catalog",
        "dct:title": masthead.title,
        "dct:description": masthead.description,
        "dct:publisher": publisher,
        "dct:issued": min((record.issued for record in records), key=datetime.fromisoformat, default=None),
        "dct:modified": max(
            (record.modified for record in records), key=datetime.fromisoformat, default=None
        ),
        "dct:language": SPANISH,
        "foaf:homepage": masthead.page,
        "dcat:themeTaxonomy": f"{AUTHORITY}/data-theme",
        "dcat:dataset": [_id(record) for record in records],
    }
    taxonomy = {
        "@id": f"{AUTHORITY}/data-theme",
        "@type": "skos:ConceptScheme",
        "dct:title": _("Themes of the data"),
    }
    return [
        known(node),
        _agent(publisher, masthead.publisher, masthead.email),
        taxonomy,
        _page(masthead.page),
        *common(),
    ]


def dataset(record: Record, masthead: Masthead) -> list[Node]:
    """A dataset, each of its versions as a dataset of its own, their distributions, and the codes that they
    use."""
    versions = [f"{record.page}#v{each.edition.version}" for each in record.versions]
    agent = f"{masthead.page}#publisher-{quote(str(record.publisher['id']))}"
    about = {
        "dct:publisher": agent,
        "dcat:contactPoint": f"{record.page}#contact",
        "dct:accessRights": PUBLIC,
        "dcat:keyword": list(record.keywords),
        "dcat:theme": [f"{AUTHORITY}/data-theme/{code}" for code in record.themes],
        "dcat:landingPage": record.page,
        "dct:language": SPANISH,
        "dct:accrualPeriodicity": frequency(record),
        "dct:spatial": [place["@id"] for place in places(record)],
    }
    whole = {
        "@id": _id(record),
        "@type": "dcat:Dataset",
        "dct:identifier": record.listing.dataset,
        "dct:title": record.title,
        "dct:description": record.description,
        **about,
        "dct:temporal": period(record.temporal),
        "dct:provenance": {"@type": "dct:ProvenanceStatement", "rdfs:label": record.sources}
        if record.sources
        else None,
        "dct:issued": record.issued,
        "dct:modified": record.modified,
        "dcat:version": str(record.current.version),
        "adms:versionNotes": record.notes,
        "dcat:hasVersion": versions,
        "dcat:hasCurrentVersion": f"{record.page}#v{record.current.version}",
        "dcat:distribution": [_at(record, each) for each in record.distributions],
    }
    nodes = [
        known(whole),
        _page(record.page),
        _agent(agent, record.publisher["name"], record.publisher.get("email")),
        _contact(record),
    ]
    for offered, earlier in zip(record.versions, [*versions[1:], None], strict=True):
        nodes.append(known(_version(record, offered) | about | {"dcat:previousVersion": earlier}))
    nodes += [known(_distribution(record, each)) for each in record.everything]
    return [*nodes, *places(record), *codes(record), *common()]


def _id(record: Record) -> str:
    return f"{record.page}#dataset"


def _at(record: Record, distribution: Distribution) -> str:
    return f"{record.page}#{quote(distribution.place)}"


def _version(record: Record, offered: Offered) -> Node:
    told = {
        "title": record.title,
        "version": offered.edition.version,
        "date": format_date(offered.edition.at),
    }
    return {
        "@id": f"{record.page}#v{offered.edition.version}",
        "@type": "dcat:Dataset",
        "dct:identifier": f"{record.listing.dataset}/{offered.edition.version}",
        "dct:title": _("{title}, version {version}", **told),
        "dct:description": _(
            "Version {version} of {title}, published on {date}. It does not change.", **told
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
        "dct:description": distribution.about or distribution.title,
        "dcat:accessURL": record.page,
        "dcat:downloadURL": distribution.url,
        "dct:format": f"{AUTHORITY}/file-type/{distribution.kind.upper()}",
        "dcat:mediaType": media(distribution.kind),
        "dcat:byteSize": str(distribution.file.bytes),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": SHA256,
            "spdx:checksumValue": distribution.file.sha256,
        },
        "dct:license": license(record),
        "dct:issued": distribution.issued,
        "dct:modified": distribution.modified,
        "dct:language": SPANISH,
        "dcatap:availability": f"{AUTHORITY}/planned-availability/{availability}",
    }


def _agent(id: str, name: str, email: str | None) -> Node:
    return known({"@id": id, "@type": "foaf:Agent", "foaf:name": name, "foaf:mbox": mailto(email)})


def _contact(record: Record) -> Node:
    name, email = record.contact
    return known(
        {
            "@id": f"{record.page}#contact",
            "@type": CONTACT,
            "vcard:fn": name,
            "vcard:hasEmail": mailto(email),
        }
    )


def _page(address: str) -> Node:
    return {"@id": address, "@type": "foaf:Document"}
