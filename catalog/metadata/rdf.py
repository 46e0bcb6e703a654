"""A graph of nodes, written as the documents that other catalogues read: JSON-LD and Turtle."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

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
# The terms whose value is the address of another node, in the order in which the context names them.
LINKS = (
    "dcat:dataset",
    "dcat:themeTaxonomy",
    "dcat:contactPoint",
    "dcat:theme",
    "dcat:landingPage",
    "dcat:distribution",
    "dcat:accessURL",
    "dcat:downloadURL",
    "dcat:mediaType",
    "dcat:hasVersion",
    "dcat:hasCurrentVersion",
    "dcat:isVersionOf",
    "dcat:previousVersion",
    "dct:publisher",
    "dct:language",
    "dct:spatial",
    "dct:accrualPeriodicity",
    "dct:accessRights",
    "dct:license",
    "dct:format",
    "dcatap:availability",
    "foaf:homepage",
    "foaf:mbox",
    "skos:inScheme",
    "spdx:algorithm",
    "vcard:hasEmail",
)
# Those whose value has a type of its own, and those whose value is a text in Spanish.
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


def jsonld(parts: Callable[[], Iterable[tuple[str, Iterable[Node]]]]) -> Iterator[str]:
    """A document of nodes, each once, piece by piece.

    The `parts` of the graph are gone through twice: each has the address of what it is about ("" of nothing
    alone) and nodes. Nodes under that address are its own; any other stands where it comes first, as it comes
    last."""
    shared = {node["@id"]: node for about, nodes in parts() for node in nodes if not _is_own(node, about)}
    context = json.dumps({"@context": CONTEXT}, ensure_ascii=False)
    start = f'{context[:-1]}, "@graph": ['
    for about, nodes in parts():
        for id, node in {each["@id"]: each for each in nodes}.items():
            found: Node | None = node if _is_own(node, about) else shared.pop(id, None)
            if found:
                yield start + json.dumps(found, ensure_ascii=False)
                start = ", "
    yield "]}\n"


def _is_own(node: Node, about: str) -> bool:
    return bool(about) and (node["@id"] == about or node["@id"].startswith(f"{about}#"))


def turtle(nodes: Iterable[Node]) -> str:
    """The same graph in Turtle, all prefixes first and then an empty line, whether they are used or not."""
    unique = {each["@id"]: each for each in nodes}
    return PREFIXES + "\n".join(f"<{id}> {_statements(node, 4)} .\n" for id, node in unique.items())


def join_turtle(documents: Iterable[str]) -> Iterator[str]:
    """Documents that `turtle` wrote, as one, piece by piece."""
    start = PREFIXES
    for document in documents:
        yield start + document.removeprefix(PREFIXES)
        start = "\n"
    if start == PREFIXES:
        yield PREFIXES


def _statements(node: Node, indent: int) -> str:
    """What a node says, a property a line."""
    lines = [f"a {', '.join(_as_list(node['@type']))}"]
    for term, value in node.items():
        if term[0] != "@":
            objects = ", ".join(_object(term, each, indent) for each in _as_list(value))
            lines.append(f"{term} {objects}")
    return f" ;\n{' ' * indent}".join(lines)


def _object(term: str, value: Any, indent: int) -> str:
    """A value as CONTEXT says that it is read. A text is quoted as JSON quotes it, which Turtle takes as
    well."""
    if isinstance(value, dict):
        if "@language" in value:
            return f"{_text(value['@value'])}@{value['@language']}"
        if "@value" in value:
            return f"{_text(value['@value'])}^^<{value['@type']}>"
        return f"[ {_statements(value, indent + 4)} ]"
    if term in LINKS:
        return f"<{value}>"
    if term in TYPED:
        return f"{_text(value)}^^xsd:{TYPED[term]}"
    return _text(value) + ("@es" if term in SPOKEN else "")


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
