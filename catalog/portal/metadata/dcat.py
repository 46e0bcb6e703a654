"""The catalogue in DCAT-AP 3.0.1, as JSON-LD nodes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from catalog.portal.metadata import codes
from catalog.portal.metadata.rdf import Node
from catalog.portal.metadata.record import Distribution, Masthead, Offered, Record, known
from catalog.portal.metadata.vocabulary import AUTHORITY
from catalog.portal.words import date_of
from messages import gettext as _

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
        "dct:modified": max((record.modified for record in records), key=datetime.fromisoformat, default=None),
        "dct:language": codes.SPANISH,
        "foaf:homepage": masthead.page,
        "dcat:themeTaxonomy": f"{AUTHORITY}/data-theme",
        "dcat:dataset": [_id(record) for record in records],
    }
    taxonomy = {"@id": f"{AUTHORITY}/data-theme", "@type": "skos:ConceptScheme", "dct:title": _("Themes of the data")}
    return [known(node), _agent(publisher, masthead.publisher, masthead.email), taxonomy, _page(masthead.page), *codes.common()]


def dataset(record: Record, masthead: Masthead) -> list[Node]:
    """A dataset, each of its versions as a dataset of its own, their distributions, and the codes that they use."""
    versions = [f"{record.page}#v{each.edition.version}" for each in record.versions]
    agent = f"{masthead.page}#publisher-{quote(str(record.publisher['id']))}"
    about = {
        "dct:publisher": agent,
        "dcat:contactPoint": f"{record.page}#contact",
        "dct:accessRights": codes.PUBLIC,
        "dcat:keyword": list(record.keywords),
        "dcat:theme": [f"{AUTHORITY}/data-theme/{code}" for code in record.themes],
        "dcat:landingPage": record.page,
        "dct:language": codes.SPANISH,
        "dct:accrualPeriodicity": codes.frequency(record),
        "dct:spatial": [place["@id"] for place in codes.places(record)],
    }
    whole = {
        "@id": _id(record),
        "@type": "dcat:Dataset",
        "dct:identifier": record.listing.dataset,
        "dct:title": record.title,
        "dct:description": record.description,
        **about,
        "dct:temporal": codes.period(record.temporal),
        "dct:provenance": {"@type": "dct:ProvenanceStatement", "rdfs:label": record.sources} if record.sources else None,
        "dct:issued": record.issued,
        "dct:modified": record.modified,
        "dcat:version": str(record.current.version),
        "adms:versionNotes": record.notes,
        "dcat:hasVersion": versions,
        "dcat:hasCurrentVersion": f"{record.page}#v{record.current.version}",
        "dcat:distribution": [_at(record, each) for each in record.distributions],
    }
    nodes = [known(whole), _page(record.page), _agent(agent, record.publisher["name"], record.publisher.get("email")), _contact(record)]
    for offered, earlier in zip(record.versions, [*versions[1:], None], strict=True):
        nodes.append(known(_version(record, offered) | about | {"dcat:previousVersion": earlier}))
    nodes += [known(_distribution(record, each)) for each in record.everything]
    return [*nodes, *codes.places(record), *codes.codes(record), *codes.common()]


def _id(record: Record) -> str:
    return f"{record.page}#dataset"


def _at(record: Record, distribution: Distribution) -> str:
    return f"{record.page}#{quote(distribution.place)}"


def _version(record: Record, offered: Offered) -> Node:
    told = {"title": record.title, "version": offered.edition.version, "date": date_of(offered.edition.at)}
    return {
        "@id": f"{record.page}#v{offered.edition.version}",
        "@type": "dcat:Dataset",
        "dct:identifier": f"{record.listing.dataset}/{offered.edition.version}",
        "dct:title": _("{title}, version {version}", **told),
        "dct:description": _("Version {version} of {title}, published on {date}. It does not change.", **told),
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
        "dcat:mediaType": codes.media(distribution.kind),
        "dcat:byteSize": str(distribution.file.bytes),
        "spdx:checksum": {"@type": "spdx:Checksum", "spdx:algorithm": codes.SHA256, "spdx:checksumValue": distribution.file.sha256},
        "dct:license": codes.license(record),
        "dct:issued": distribution.issued,
        "dct:modified": distribution.modified,
        "dct:language": codes.SPANISH,
        "dcatap:availability": f"{AUTHORITY}/planned-availability/{availability}",
    }


def _agent(id: str, name: str, email: str | None) -> Node:
    return known({"@id": id, "@type": "foaf:Agent", "foaf:name": name, "foaf:mbox": codes.mailto(email)})


def _contact(record: Record) -> Node:
    name, email = record.contact
    return known(
        {
            "@id": f"{record.page}#contact",
            "@type": CONTACT,
            "vcard:fn": name,
            "vcard:hasEmail": codes.mailto(email),
        }
    )


def _page(address: str) -> Node:
    return {"@id": address, "@type": "foaf:Document"}
