"""What the archive says that a package should be: a function of a dataset's public history alone.

The small files that are made for a package: the data dictionary and the list of all versions.

What packages, resources and themes are called in the catalogue.

The resources of a package: what a person finds on its page, in that order.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from catalog.archive.changes.reasons import sentences
from catalog.archive.release import File
from catalog.ckan.package import Adoption, CkanSite, Package, Resource, Table
from catalog.public import Edition, Listing
from catalog.words import rules
from messages import gettext as _
from messages import speaking
from messages.formats import format_date


def file_of(content: bytes) -> File:
    return File(hashlib.sha256(content).hexdigest(), len(content), public=True)


def dictionary_document(descriptor: Mapping[str, Any]) -> bytes:
    """A line per field: tabla, campo, titulo, tipo, descripcion, unidad, reglas."""
    lines = [
        (
            each["name"],
            f["name"],
            f.get("title", ""),
            f.get("type", "any"),
            f.get("description", ""),
            f.get("unit", ""),
            "; ".join(rules(f)),
        )
        for each in descriptor.get("resources", ())
        if "schema" in each
        for f in each["schema"]["fields"]
    ]
    return _csv(("tabla", "campo", "titulo", "tipo", "descripcion", "unidad", "reglas"), lines)


def attributes_document(schema: Mapping[str, Any]) -> str:
    """A table's fields as BAData's `attributesDescription` has them."""
    named = [
        {"title": f["name"], "description": f.get("description", ""), "type": f.get("type", "any")}
        for f in schema["fields"]
    ]
    return json.dumps(named, ensure_ascii=False)


def versions_document(listing: Listing, portal: str | None, urls: Mapping[str, str]) -> bytes:
    """A line per version and file, newest first; `urls` are the files' addresses in this CKAN by resource
    key, for want of a portal.

    A withdrawn version has one line, with its reason and no file.
    """
    lines: list[Sequence[Any]] = []
    for edition in listing.editions:
        current = listing.current is not None and edition.version == listing.current.version
        state = _("withdrawn") if edition.withdrawn else _("current") if current else _("former")
        head = (edition.version, edition.at, edition.as_of or "", state, edition.level or "", _notes(edition))
        if edition.withdrawn:
            lines.append((*head, "", "", "", ""))
        for name, file in edition.files.items():
            there = (
                f"{portal.rstrip('/')}/{listing.path}/v/{edition.version}/{name}"
                if portal
                else urls.get(f"v/{edition.version}/{name}", "")
            )
            lines.append((*head, name, file.bytes, file.sha256, there))
    return _csv(
        ("version", "fecha", "datos_al", "estado", "paso", "notas", "archivo", "bytes", "sha256", "url"),
        lines,
    )


def _notes(edition: Edition) -> str:
    because = [note.because for note in edition.notes if note.kind == "withdraw" and note.because]
    return " ".join([*because, *([] if edition.withdrawn else sentences(edition.changes))])


def _csv(header: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue().encode()


KINDS = {"csv": "CSV", "parquet": "Parquet"}


# CKAN's own list of licences, by the beginning of ours
LICENSES = {
    "CC-BY-SA": "cc-by-sa",
    "CC-BY-NC": "cc-nc",
    "CC-BY": "cc-by",
    "CC0": "cc-zero",
    "ODC-BY": "odc-by",
    "ODBL": "odc-odbl",
    "PDDL": "odc-pddl",
}


def filename(stem: str, version: str, suffix: str) -> str:
    """A file's name with its version, of characters that CKAN leaves as they are."""
    return re.sub(r"[^a-z0-9.-]+", "-", f"{stem}-{version}.{suffix}".lower())


def tags(keywords: Iterable[str]) -> tuple[str, ...]:
    """The keywords as CKAN takes tags: letters, digits, spaces, `-`, `_` and `.`, of 2 to 100 characters."""
    clean = (re.sub(r"\s+", " ", re.sub(r"[^\w .-]", " ", keyword)).strip()[:100] for keyword in keywords)
    return tuple(sorted({tag for tag in clean if len(tag) > 1}))


def license_id(licenses: Iterable[Mapping[str, Any]]) -> str:
    for each in licenses:
        name = str(each.get("name", "")).upper()
        return next((known for prefix, known in LICENSES.items() if name.startswith(prefix)), "other-open")
    return "notspecified"


def notes(edition: Edition, listing: Listing) -> str:
    """What is new in a version, in sentences."""
    said = sentences(edition.changes)
    return " ".join(said) or (_("First version.") if edition is listing.editions[-1] else "")


def latest(title: str, name: str, current: Edition | None) -> tuple[str, str]:
    """Name and description of the resource that stays at one address. Its name does not change from version
    to version."""
    named = f"{title} ({KINDS[name.rpartition('.')[2]]})"
    if current is None:
        return named, _("No version of this table is left: all were withdrawn.")
    told = {"version": current.version, "day": format_date(current.at)}
    if current.as_of:
        return named, _(
            "Data as of {as_of}. The current version: {version}, of {day}.",
            as_of=format_date(current.as_of),
            **told,
        )
    return named, _("The current version: {version}, of {day}.", **told)


def version_title(title: str, name: str, edition: Edition) -> tuple[str, str]:
    kind, told = KINDS[name.rpartition(".")[2]], {"day": format_date(edition.at)}
    if edition.withdrawn:
        note = next(note for note in edition.notes if note.kind == "withdraw")
        because = note.because or _("no reason was given")
        named = _(
            "{title}, version {version}, withdrawn ({kind})", title=title, version=edition.version, kind=kind
        )
        return named, _("Withdrawn on {day}: {because}", day=format_date(note.at), because=because)
    named = _("{title}, version {version} ({kind})", title=title, version=edition.version, kind=kind)
    if edition.as_of:
        return named, _(
            "Data as of {as_of}. Version of {day}; this file does not change.",
            as_of=format_date(edition.as_of),
            **told,
        )
    return named, _("Version of {day}; this file does not change.", **told)


def dictionary_title() -> tuple[str, str]:
    return _("Data dictionary"), _("Every field of the tables: type, description, unit and rules.")


def all_versions() -> tuple[str, str]:
    return _("Versions"), _(
        "All versions that were ever published, with what changed, their files and where they are for good."
    )


def beside(kind: str, version: str) -> tuple[str, str]:
    return {
        "changes": (
            _("What changed in version {version}", version=version),
            _("Row by row and cell by cell, against the version before."),
        ),
        "report": (
            _("Quality report of version {version}", version=version),
            _("What the checks found, by table and field, and what was mended."),
        ),
        "descriptor": (
            _("Data Package of version {version}", version=version),
            _("The description that programs read (Frictionless)."),
        ),
    }[kind]


IDS = UUID(
    "6f4b1f0e-3f0e-5d0e-9d5a-8a1b7c0f6e11"
)  # so that a CKAN that was lost gets back the ids that it had
MEDIA = {
    "csv": ("CSV", "text/csv"),
    "parquet": ("Parquet", "application/vnd.apache.parquet"),
    "json": ("JSON", "application/json"),
}


def resources(listing: Listing, site: CkanSite, package: str) -> Iterator[Resource]:
    """In the order of the page: latest, what explains it, all versions, then the listed ones from the
    newest."""

    def made(key: str, shown: Mapping[str, Any], **more: Any) -> Resource:
        return Resource(key, str(uuid5(IDS, f"{package}/{key}")), {"vereda": key, **shown}, **more)

    titles = {
        each["path"]: each.get("title") or each["name"]
        for each in listing.descriptor.get("resources", ())
        if "schema" in each
    }
    yield from _latest(listing, titles, made, f"{site.url}/dataset/{package}")
    if listing.current is not None:
        yield from _beside(listing, made)
    versions = [*_versions(listing, site, titles, made, f"{site.url}/dataset/{package}")]
    table = versions_document(
        listing,
        site.portal,
        {each.key: address(site.url, package, each) for each in versions if each.content},
    )
    yield made(*_document("versions", table, all_versions(), "csv"), content=table, filename="versiones.csv")
    yield from versions


def address(site: str, package: str, resource: Resource) -> str:
    """Where CKAN serves a resource's file."""
    return f"{site.rstrip('/')}/dataset/{package}/resource/{resource.id}/download/{resource.filename}"


def _latest(listing: Listing, titles: Mapping[str, str], made: Any, page: str) -> Iterator[Resource]:
    """Links to the current version's files: moving them is metadata only, so that all readers see one
    moment."""
    current = listing.current
    edition = current or listing.editions[0]
    for name, file in tables_of(edition).items():
        key, title = f"latest/{name}", _title(titles, name)
        named, described = latest(title, name, current)
        shown = {"name": named, "description": described, **_media(name), "url_type": _kind(name)}
        if file is None or current is None:
            yield made(key, shown | {"url": page, "version": "", "hash": ""})
            continue
        told = {
            "version": str(current.version),
            "last_modified": _utc(current.at),
            "hash": file.sha256,
            "size": file.bytes,
        }
        described_as = [
            each for each in listing.descriptor["resources"] if each.get("path") == name and "schema" in each
        ]
        attributes = (
            {"attributesDescription": attributes_document(described_as[0]["schema"])} if described_as else {}
        )
        yield made(key, shown | told | attributes, to=f"v/{current.version}/{name}")


def _kind(name: str) -> str:
    """xloader and datapusher leave a resource alone that says that its table was pushed into the
    DataStore."""
    return "datapusher" if name.endswith(".csv") else ""


def _beside(listing: Listing, made: Any) -> Iterator[Resource]:
    """What explains the current version: its file takes the place of the one before, at the same address."""
    current = listing.current
    assert current is not None
    dictionary = dictionary_document(listing.descriptor)
    version = str(current.version)
    yield made(
        *_document("dictionary", dictionary, dictionary_title(), "csv"),
        content=dictionary,
        filename="diccionario.csv",
    )
    for kind, name in (
        ("changes", "changes.parquet"),
        ("report", "report.json"),
        ("descriptor", "datapackage.json"),
    ):
        if file := current.files.get(name):
            stem, _dot, suffix = name.rpartition(".")
            key, shown = _document(kind, file, beside(kind, version), suffix)
            yield made(
                key, shown | {"version": version}, content=file, filename=filename(stem, version, suffix)
            )


def _document(
    kind: str, content: File | bytes, said: tuple[str, str], suffix: str
) -> tuple[str, dict[str, Any]]:
    file = content if isinstance(content, File) else file_of(content)
    shown = {
        "name": said[0],
        "description": said[1],
        **_media(f"x.{suffix}"),
        "hash": file.sha256,
        "size": file.bytes,
    }
    return kind, shown | {"url_type": "upload"}


def _versions(
    listing: Listing, site: CkanSite, titles: Mapping[str, str], made: Any, page: str
) -> Iterator[Resource]:
    for edition in listed(listing, site.versions):
        version = str(edition.version)
        for name, file in tables_of(edition).items():
            key = f"v/{version}/{name}"
            named, described = version_title(_title(titles, name), name, edition)
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
    """The editions that a package lists, newest first: the last ones, the last of each MAJOR, and the current
    one."""
    newest = list(listing.editions[:versions])
    last = {
        edition.version.major: edition
        for edition in sorted(listing.editions, key=lambda edition: edition.version)
    }
    kept = {
        edition.version
        for edition in (*newest, *last.values(), *([listing.current] if listing.current else []))
    }
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


def project(listing: Listing, site: CkanSite, adopted: Adoption | None = None) -> Package:
    """The package of a dataset. Where no version is left, only what marks them as withdrawn is said."""
    adopted = adopted or Adoption()
    name = adopted.package or (f"demo-{listing.dataset}" if listing.demo else listing.dataset)
    with speaking("es"):  # the catalogue's language, whatever the terminal's
        told = listing.descriptor
        publisher = told.get("publisher", {})
        organization = (adopted.organization or publisher["id"], publisher["name"]) if publisher else None
        return Package(
            name=name,
            path=listing.path,
            demo=listing.demo,
            organization=organization,
            adopted=adopted,
            shown=_shown(listing, site) if told else {},
            extras=_extras(listing),
            tags=tags(told.get("keywords", ())),
            groups=tuple(code.lower() for code in told.get("superTheme", ())),
            resources=tuple(resources(listing, site, name)),
            tables=tuple(_tables(listing)),
        )


def _shown(listing: Listing, site: CkanSite) -> dict[str, Any]:
    told, current = listing.descriptor, listing.current
    assert current is not None
    publisher, contact = told.get("publisher", {}), told.get("contactPoint", {})
    fields = {
        "title": listing.title,
        "notes": str(told.get("description", "")).strip(),
        "license_id": license_id(told.get("licenses", ())),
        "version": str(current.version),
        "author": publisher.get("name", ""),
        "author_email": publisher.get("email", ""),
        "maintainer": contact.get("fn", ""),
        "maintainer_email": contact.get("hasEmail", "").removeprefix("mailto:"),
        "state": "active",
    }
    return fields | ({"url": f"{site.portal.rstrip('/')}/{listing.path}/"} if site.portal else {})


def _extras(listing: Listing) -> dict[str, str]:
    """What BAData's harvesters read, and of the version what CKAN has no field for."""
    told, current = listing.descriptor, listing.current
    extras: dict[str, Any] = {"vereda": listing.path}
    if current is not None:
        licenses = told.get("licenses", ())
        extras |= {
            "accrualPeriodicity": told.get("accrualPeriodicity"),
            "issued": listing.editions[-1].at,
            "modified": current.at,
            "source": "; ".join(
                filter(
                    None, (source.get("title") or source.get("path") for source in told.get("sources", ()))
                )
            ),
            "superTheme": json.dumps(list(told.get("superTheme", ()))),
            "language": "spa",
            "spatial": told.get("spatial"),
            "temporal": told.get("temporal"),
            "country": "Argentina",
            "license": "; ".join(filter(None, (each.get("title") or each.get("name") for each in licenses))),
            "licenseURL": next((each["path"] for each in licenses if each.get("path")), None),
            "formerPublishers": "; ".join(
                f"{f['name']} ({f['until']})" for f in told.get("publisher", {}).get("formerNames", ())
            ),
            "vereda_tags": json.dumps(tags(told.get("keywords", ())), ensure_ascii=False),
            "versionDate": current.at,
            "versionNotes": notes(current, listing),
            "asOf": current.as_of,
            "demo": "true" if listing.demo else None,
        }
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in extras.items()
        if value
    }


def _tables(listing: Listing) -> Iterator[Table]:
    current = listing.current
    for each in listing.descriptor.get("resources", ()) if current else ():
        parquet = str(each.get("path", "")).removesuffix(".csv") + ".parquet"
        if current and "schema" in each and parquet in current.files:
            name, version = each["name"], str(current.version)
            changed = sum(current.changes.get(name, {}).get("rows", {}).values())
            files = (current.files[parquet], current.files.get("changes.parquet"))
            yield Table(
                f"latest/{each['path']}",
                name,
                version,
                each["schema"],
                files[0],
                current.rows.get(name, 0),
                changed,
                files[1],
            )
