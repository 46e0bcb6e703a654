"""A graph as JSON-LD nodes: how its terms are read, and the documents that are written of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Identifier

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
    *("dcat:dataset", "dcat:themeTaxonomy", "dcat:contactPoint", "dcat:theme", "dcat:landingPage", "dcat:distribution", "dcat:accessURL"),
    *("dcat:downloadURL", "dcat:mediaType", "dcat:hasVersion", "dcat:hasCurrentVersion", "dcat:isVersionOf", "dcat:previousVersion"),
    *("dct:publisher", "dct:language", "dct:spatial", "dct:accrualPeriodicity", "dct:accessRights", "dct:license", "dct:format"),
    *("dcatap:availability", "foaf:homepage", "foaf:mbox", "skos:inScheme", "spdx:algorithm", "vcard:hasEmail"),
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
    from rdflib import Graph  # heavy, and only of use where a dataset changed

    graph = Graph(bind_namespaces="none")
    for prefix, namespace in NAMESPACES.items():
        graph.bind(prefix, namespace)
    for node in nodes:
        _add(graph, node)
    written: str = graph.serialize(format="turtle")
    return PREFIXES + re.sub(r"\A(@prefix [^\n]*\n)+\n", "", written).strip("\n") + "\n"


def joined(documents: Iterable[str]) -> str:
    """Documents that `turtle` wrote as one."""
    return PREFIXES + "\n".join(document.removeprefix(PREFIXES) for document in documents)


def _add(graph: Graph, node: Node) -> Identifier:
    """Tells the graph all that a node says; gives back what the node is called there: without an `@id`, it is blank."""
    from rdflib import RDF, BNode, URIRef

    subject = URIRef(node["@id"]) if "@id" in node else BNode()
    for key, value in node.items():
        for each in value if isinstance(value, list) else [value]:
            if key == "@type":
                graph.add((subject, RDF.type, URIRef(_long(each))))
            elif key != "@id":
                graph.add((subject, URIRef(_long(key)), _object(graph, key, each)))
    return subject


def _object(graph: Graph, key: str, value: Any) -> Identifier:
    """A value as CONTEXT says that it is read."""
    from rdflib import Literal, URIRef

    if isinstance(value, dict):
        return Literal(value["@value"], datatype=URIRef(value["@type"])) if "@value" in value else _add(graph, value)
    if key in LINKS:
        return URIRef(value)
    if key in TYPED:
        return Literal(value, datatype=URIRef(NAMESPACES["xsd"] + TYPED[key]), normalize=False)
    return Literal(value, lang="es" if key in SPOKEN else None)


def _long(name: str) -> str:
    prefix, _colon, rest = name.partition(":")
    return NAMESPACES[prefix] + rest
