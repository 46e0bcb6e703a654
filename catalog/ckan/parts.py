"""The resources of a package: what a person finds on its page, in that order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from catalog.ckan import documents, words
from catalog.ckan.package import Resource, Site
from catalog.ckan.words import filename
from catalog.portal.listing import Edition, Listing
from catalog.release import File

IDS = UUID("6f4b1f0e-3f0e-5d0e-9d5a-8a1b7c0f6e11")  # so that a CKAN that was lost gets back the ids that it had
MEDIA = {"csv": ("CSV", "text/csv"), "parquet": ("Parquet", "application/vnd.apache.parquet"), "json": ("JSON", "application/json")}


def resources(listing: Listing, site: Site, package: str) -> Iterator[Resource]:
    """In the order of the page: latest, what explains it, all versions, then the listed ones from the newest."""

    def made(key: str, shown: Mapping[str, Any], **more: Any) -> Resource:
        return Resource(key, str(uuid5(IDS, f"{package}/{key}")), {"vereda": key, **shown}, **more)

    titles = {each["path"]: each.get("title") or each["name"] for each in listing.descriptor.get("resources", ()) if "schema" in each}
    yield from _latest(listing, titles, made, f"{site.url}/dataset/{package}")
    if listing.current is not None:
        yield from _beside(listing, made)
    versions = [*_versions(listing, site, titles, made, f"{site.url}/dataset/{package}")]
    table = documents.versions(listing, site.portal, {each.key: address(site.url, package, each) for each in versions if each.content})
    yield made(*_document("versions", table, words.all_versions(), "csv"), content=table, filename="versiones.csv")
    yield from versions


def address(site: str, package: str, resource: Resource) -> str:
    """Where CKAN serves a resource's file."""
    return f"{site.rstrip('/')}/dataset/{package}/resource/{resource.id}/download/{resource.filename}"


def _latest(listing: Listing, titles: Mapping[str, str], made: Any, page: str) -> Iterator[Resource]:
    """Links to the current version's files: moving them is metadata only, so that all readers see one moment."""
    current = listing.current
    edition = current or listing.editions[0]
    for name, file in tables_of(edition).items():
        key, title = f"latest/{name}", _title(titles, name)
        named, described = words.latest(title, name, current)
        shown = {"name": named, "description": described, **_media(name), "url_type": _kind(name)}
        if file is None or current is None:
            yield made(key, shown | {"url": page, "version": "", "hash": ""})
            continue
        told = {"version": str(current.version), "last_modified": _utc(current.at), "hash": file.sha256, "size": file.bytes}
        described_as = [each for each in listing.descriptor["resources"] if each.get("path") == name and "schema" in each]
        attributes = {"attributesDescription": documents.attributes(described_as[0]["schema"])} if described_as else {}
        yield made(key, shown | told | attributes, to=f"v/{current.version}/{name}")


def _kind(name: str) -> str:
    """xloader and datapusher leave a resource alone that says that its table was pushed into the DataStore."""
    return "datapusher" if name.endswith(".csv") else ""


def _beside(listing: Listing, made: Any) -> Iterator[Resource]:
    """What explains the current version: its file takes the place of the one before, at the same address."""
    current = listing.current
    assert current is not None
    dictionary = documents.dictionary(listing.descriptor)
    version = str(current.version)
    yield made(*_document("dictionary", dictionary, words.dictionary(), "csv"), content=dictionary, filename="diccionario.csv")
    for kind, name in (("changes", "changes.parquet"), ("report", "report.json"), ("descriptor", "datapackage.json")):
        if file := current.files.get(name):
            stem, _dot, suffix = name.rpartition(".")
            key, shown = _document(kind, file, words.beside(kind, version), suffix)
            yield made(key, shown | {"version": version}, content=file, filename=filename(stem, version, suffix))


def _document(kind: str, content: File | bytes, said: tuple[str, str], suffix: str) -> tuple[str, dict[str, Any]]:
    file = content if isinstance(content, File) else documents.file_of(content)
    shown = {"name": said[0], "description": said[1], **_media(f"x.{suffix}"), "hash": file.sha256, "size": file.bytes}
    return kind, shown | {"url_type": "upload"}


def _versions(listing: Listing, site: Site, titles: Mapping[str, str], made: Any, page: str) -> Iterator[Resource]:
    for edition in listed(listing, site.versions):
        version = str(edition.version)
        for name, file in tables_of(edition).items():
            key = f"v/{version}/{name}"
            named, described = words.version(_title(titles, name), name, edition)
            shown = {"name": named, "description": described, **_media(name), "version": version}
            if file is None:
                yield made(key, shown | {"url": page, "url_type": ""})
            else:
                stem, _dot, suffix = name.rpartition(".")
                told = {"hash": file.sha256, "size": file.bytes, "url_type": "upload"}
                yield made(key, shown | told, content=file, filename=filename(stem, version, suffix))


def _title(titles: Mapping[str, str], name: str) -> str:
    stem = name.rpartition(".")[0]
    return titles.get(f"{stem}.csv", stem)


def listed(listing: Listing, versions: int) -> list[Edition]:
    """The editions that a package lists, newest first: the last ones, the last of each MAJOR, and the current one."""
    newest = list(listing.editions[:versions])
    last = {edition.version.major: edition for edition in sorted(listing.editions, key=lambda edition: edition.version)}
    kept = {edition.version for edition in (*newest, *last.values(), *([listing.current] if listing.current else []))}
    return [edition for edition in listing.editions if edition.version in kept]


def tables_of(edition: Edition) -> dict[str, File | None]:
    """The tables' files of an edition by name, the CSV before its Parquet; None where they were withdrawn."""
    if edition.withdrawn:
        return {f"{name}.{kind}": None for name in edition.rows for kind in ("csv", "parquet")}
    csvs = [name for name in edition.files if name.endswith(".csv")]
    names = [each for csv in csvs for each in (csv, csv.removesuffix(".csv") + ".parquet")]
    return {name: edition.files[name] for name in names if name in edition.files}


def _media(name: str) -> dict[str, str]:
    kind, media = MEDIA[name.rpartition(".")[2]]
    return {"format": kind, "mimetype": media}


def _utc(at: str) -> str:
    """As CKAN writes moments: UTC, without saying so."""
    return datetime.fromisoformat(at).astimezone(UTC).replace(tzinfo=None).isoformat()
