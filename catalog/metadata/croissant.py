"""A dataset in Croissant 1.1 (MLCommons): the tables of the current version, with their columns and types,
for programs that learn from data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.archive.changes.schema import field_names
from catalog.archive.release import twin
from catalog.metadata.record import Distribution, Masthead, Record, drop_empty
from catalog.words import file_title

FILE = "croissant.json"
MEDIA = {"csv": "text/csv", "parquet": "application/x-parquet"}
"""As Croissant's own programs call them."""
TYPES = {
    "integer": "cr:Int64",
    "year": "cr:Int64",
    "number": "cr:Float64",
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "datetime": "sc:DateTime",
}
CONTEXT: Mapping[str, Any] = {
    "@language": "es",
    "@vocab": "https://schema.org/",
    **{
        name: f"cr:{name}"
        for name in (
            *("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject"),
            *("fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField"),
            *("path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate"),
            *("separator", "source", "subField", "transform"),
        )
    },
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "sc": "https://schema.org/",
}


def croissant_json(record: Record, masthead: Masthead) -> dict[str, Any]:
    """The current version; its files stand under its own number, so that their hashes hold for ever."""
    license, version = record.license, record.current.version
    offered = next(each for each in record.versions if each.edition is record.current)
    files = [each for each in offered.distributions if each.kind in MEDIA]
    publisher = drop_empty(
        {
            "@type": "Organization",
            "name": record.publisher["name"],
            "email": record.publisher.get("email"),
            "url": masthead.page,
        }
    )
    tables = [each for each in record.descriptor["resources"] if "schema" in each]
    return drop_empty(
        {
            "@context": dict(CONTEXT),
            "@type": "sc:Dataset",
            "conformsTo": "http://mlcommons.org/croissant/1.1",
            "name": record.title,
            "description": record.description,
            "alternateName": record.listing.dataset,
            "license": license.get("path") or license.get("title") or license.get("name"),
            "url": record.page,
            "version": str(version),
            "datePublished": record.current.at,
            "dateModified": record.current.at,
            "creator": publisher,
            "publisher": publisher,
            "keywords": list(record.keywords),
            "inLanguage": "es",
            "isAccessibleForFree": True,
            "isLiveDataset": True,
            "temporalCoverage": record.temporal,
            "citeAs": f"{record.publisher['name']}. {record.title}, {version}. {record.page}#v{version}",
            "distribution": [_file(each) for each in files],
            "recordSet": [_records(each, tables) for each in tables if _is_there(each, files)],
        }
    )


def _is_there(table: Mapping[str, Any], files: list[Distribution]) -> bool:
    return twin(table["path"]) in {each.name for each in files}


def _file(distribution: Distribution) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": distribution.name,
        "name": distribution.name,
        "description": file_title(distribution.title, distribution.name, None),
        "contentUrl": distribution.url,
        "encodingFormat": MEDIA[distribution.kind],
        "contentSize": f"{distribution.file.bytes} B",
        "sha256": distribution.file.sha256,
    }


def _records(table: Mapping[str, Any], tables: list[Mapping[str, Any]]) -> dict[str, Any]:
    name, schema = table["name"], table["schema"]
    key = [{"@id": f"{name}/{each}"} for each in field_names(schema.get("primaryKey"))]
    references = dict(_references(name, schema, {each["name"] for each in tables}))
    return drop_empty(
        {
            "@type": "cr:RecordSet",
            "@id": name,
            "name": name,
            "description": table.get("description") or table.get("title"),
            "key": key[0] if len(key) == 1 else key,
            "field": [_field(table, each, references) for each in schema["fields"]],
        }
    )


def _field(
    table: Mapping[str, Any], field: Mapping[str, Any], references: Mapping[str, str]
) -> dict[str, Any]:
    name = field["name"]
    kind = TYPES.get(field.get("type", "string"), "sc:Text")
    is_address = field.get("type") == "string" and field.get("format") == "uri"
    return drop_empty(
        {
            "@type": "cr:Field",
            "@id": f"{table['name']}/{name}",
            "name": name,
            "description": field.get("description") or field.get("title"),
            "dataType": "sc:URL" if is_address else kind,
            "source": {"fileObject": {"@id": twin(table["path"])}, "extract": {"column": name}},
            "references": {"field": {"@id": references[name]}} if name in references else None,
        }
    )


def _references(name: str, schema: Mapping[str, Any], tables: set[str]) -> Iterator[tuple[str, str]]:
    """By field, the field of a table of the same dataset to which it refers."""
    for key in schema.get("foreignKeys", ()):
        fields, reference = field_names(key["fields"]), key["reference"]
        there = reference.get("resource") or name
        others = field_names(reference["fields"])
        if len(fields) == 1 and there in tables:
            yield fields[0], f"{there}/{others[0]}"
