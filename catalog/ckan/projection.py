"""What the archive says that a package should be: a function of a dataset's public history alone."""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from catalog.archive.changes.reasons import describe_changes
from catalog.archive.release import File
from catalog.ckan.documents import attributes_document, file_of, versions_document
from catalog.ckan.package import Adoption, CkanSite, Package, Resource, Table
from catalog.dictionary import dictionary_csv
from catalog.public import Edition, Listing
from messages import gettext as _
from messages import speaking
from messages.formats import format_date

# So that a CKAN that was lost gets back the ids that it had.
IDS = UUID("6f4b1f0e-3f0e-5d0e-9d5a-8a1b7c0f6e11")
# How files are called in names, and how CKAN calls their format and media type.
KINDS = {"csv": "CSV", "parquet": "Parquet"}
MEDIA = {
    "csv": ("CSV", "text/csv"),
    "parquet": ("Parquet", "application/vnd.apache.parquet"),
    "json": ("JSON", "application/json"),
}
DOCUMENTS = ("changes.parquet", "report.json", "datapackage.json")
# CKAN's own list of licences, by the beginning of ours.
LICENSES = {
    "CC-BY-SA": "cc-by-sa",
    "CC-BY-NC": "cc-nc",
    "CC-BY": "cc-by",
    "CC0": "cc-zero",
    "ODC-BY": "odc-by",
    "ODBL": "odc-odbl",
    "PDDL": "odc-pddl",
}


def project(listing: Listing, site: CkanSite, adopted: Adoption | None = None) -> Package:
    """The package of a dataset. Where no version is left, it has only what marks them as withdrawn."""
    adopted = adopted or Adoption()
    name = adopted.package or (f"demo-{listing.dataset}" if listing.demo else listing.dataset)
    with speaking("es"):  # the catalogue's language, whatever the terminal's
        descriptor = listing.descriptor
        publisher = descriptor.get("publisher", {})
        organization = (adopted.organization or publisher["id"], publisher["name"]) if publisher else None
        package = Package(
            name=name,
            path=listing.path,
            demo=listing.demo,
            organization=organization,
            adopted=adopted,
            fields=_package_fields(listing, site) if descriptor else {},
            extras=_extras(listing, site),
            tags=_tags(descriptor.get("keywords", ())),
            groups=tuple(code.lower() for code in descriptor.get("superTheme", ())),
            resources=tuple(PackageContents(listing, site, name).resources()),
            tables=tuple(_tables(listing)),
            licence=next((str(each.get("name", "")) for each in descriptor.get("licenses", ())), ""),
            former_names=tuple(each["name"] for each in publisher.get("formerNames", ())),
        )
        return site.shape(package) if descriptor else package


@dataclass(frozen=True)
class PackageContents:
    """What a person finds on the page of a package: the resources, in their order."""

    listing: Listing
    site: CkanSite
    package: str

    def resources(self) -> Iterator[Resource]:
        """The latest files, what explains them, all versions, then the listed ones from the newest."""
        yield from self._latest_files()
        if self.listing.current is not None:
            yield from self._documents(self.listing.current)
        versions = list(self._version_files())
        yield self._version_list(versions)
        yield from versions

    def _latest_files(self) -> Iterator[Resource]:
        """Links to the current version's files: moving them is metadata only, so that all readers see one
        moment."""
        current = self.listing.current
        schemas = {each["path"]: each["schema"] for each in self._tables}
        for name, file in table_files(current or self.listing.editions[0]).items():
            key = f"latest/{name}"
            label = _latest_label(self._title(name), name, current, self._description(name))
            fields = _described(label) | _media(name) | {"url_type": _url_type(name)}
            if file is None or current is None:
                yield self._resource(key, fields | {"url": self._page, "version": "", "hash": ""})
                continue
            fields |= {
                "version": str(current.version),
                "last_modified": _utc(current.at),
                "hash": file.sha256,
                "size": file.bytes,
            }
            if name in schemas:
                fields["attributesDescription"] = attributes_document(schemas[name])
            yield self._resource(key, fields, to=f"v/{current.version}/{name}")

    def _documents(self, current: Edition) -> Iterator[Resource]:
        """What explains the current version: its file takes the place of the one before, at the same
        address."""
        dictionary = dictionary_csv(self.listing.descriptor).encode()
        label = (_("Data dictionary"), _("Every field of the tables: type, description, unit and rules."))
        fields = _document_fields(dictionary, label, "csv")
        yield self._resource("dictionary", fields, content=dictionary, filename="diccionario.csv")
        version = str(current.version)
        for kind, name in (
            ("changes", "changes.parquet"),
            ("report", "report.json"),
            ("descriptor", "datapackage.json"),
        ):
            if file := current.files.get(name):
                stem, _dot, suffix = name.rpartition(".")
                fields = _document_fields(file, _document_label(kind, version), suffix)
                fields["version"] = version
                yield self._resource(kind, fields, content=file, filename=_filename(stem, version, suffix))

    def _version_list(self, versions: Iterable[Resource]) -> Resource:
        urls = {each.key: self._address(each) for each in versions if each.content}
        table = versions_document(self.listing, self.site.portal, urls)
        label = (
            _("Versions"),
            _(
                "All versions that were ever published, with what changed, their files and where they are "
                "for good."
            ),
        )
        fields = _document_fields(table, label, "csv")
        return self._resource("versions", fields, content=table, filename="versiones.csv")

    def _version_files(self) -> Iterator[Resource]:
        for edition in list_editions(self.listing, self.site.versions):
            version = str(edition.version)
            for name, file in table_files(edition).items():
                key, label = f"v/{version}/{name}", _version_label(self._title(name), name, edition)
                fields = _described(label) | _media(name) | {"version": version}
                if file is None:
                    yield self._resource(key, fields | {"url": self._page, "url_type": ""})
                    continue
                fields |= {"hash": file.sha256, "size": file.bytes, "url_type": "upload"}
                stem, _dot, suffix = name.rpartition(".")
                yield self._resource(key, fields, content=file, filename=_filename(stem, version, suffix))

    @property
    def _page(self) -> str:
        return f"{self.site.url}/dataset/{self.package}"

    @property
    def _tables(self) -> list[Mapping[str, Any]]:
        return [each for each in self.listing.descriptor.get("resources", ()) if "schema" in each]

    def _title(self, name: str) -> str:
        """What the table of a file is called, its CSV or its Parquet."""
        listed = self.listing.descriptor.get("resources", ())
        titles = {each["path"]: each.get("title") or each["name"] for each in listed}
        stem = name.rpartition(".")[0]
        return str(titles.get(name if _is_carried(name) else f"{stem}.csv", stem))

    def _description(self, name: str) -> str:
        """What the declaration says of a table, or of a file."""
        stem = name.rpartition(".")[0]
        path = name if _is_carried(name) else f"{stem}.csv"
        listed = self.listing.descriptor.get("resources", ())
        return next(
            (str(each.get("description") or "") for each in listed if each["path"] == path), ""
        ).strip()

    def _resource(self, key: str, fields: Mapping[str, Any], **more: Any) -> Resource:
        return Resource(key, str(uuid5(IDS, f"{self.package}/{key}")), {"vereda": key, **fields}, **more)

    def _address(self, resource: Resource) -> str:
        """Where CKAN serves a resource's file."""
        site = self.site.url.rstrip("/")
        return f"{site}/dataset/{self.package}/resource/{resource.id}/download/{resource.filename}"


def list_editions(listing: Listing, versions: int) -> list[Edition]:
    """The editions that a package lists, newest first: the last ones, the last of each MAJOR, and the current
    one."""
    ascending = sorted(listing.editions, key=lambda edition: edition.version)
    last_of_major = {edition.version.major: edition for edition in ascending}
    listed = [*listing.editions[:versions], *last_of_major.values()]
    if listing.current:
        listed.append(listing.current)
    versions_listed = {edition.version for edition in listed}
    return [edition for edition in listing.editions if edition.version in versions_listed]


def table_files(edition: Edition) -> dict[str, File | None]:
    """The tables' files of an edition by name, the CSV before its Parquet, then those that are no tables;
    None where they were withdrawn."""
    if edition.withdrawn:
        return {f"{name}.{kind}": None for name in edition.rows for kind in ("csv", "parquet")}
    csvs = [name for name in edition.files if name.endswith(".csv")]
    names = [each for csv in csvs for each in (csv, csv.removesuffix(".csv") + ".parquet")]
    names += sorted(name for name in edition.files if _is_carried(name))
    return {name: edition.files[name] for name in names if name in edition.files}


def _is_carried(name: str) -> bool:
    """Whether a file is no table and no document of ours, but published as it came."""
    return name not in DOCUMENTS and not name.endswith((".csv", ".parquet"))


def _package_fields(listing: Listing, site: CkanSite) -> dict[str, Any]:
    descriptor, current = listing.descriptor, listing.current
    assert current is not None
    publisher, contact = descriptor.get("publisher", {}), descriptor.get("contactPoint", {})
    fields = {
        "title": listing.title,
        "notes": "\n\n".join(
            filter(None, (_announcement(listing), str(descriptor.get("description", "")).strip()))
        ),
        "license_id": _license_id(descriptor.get("licenses", ())),
        "version": str(current.version),
        "author": publisher.get("name", ""),
        "author_email": publisher.get("email", ""),
        "maintainer": contact.get("fn", ""),
        "maintainer_email": contact.get("hasEmail", "").removeprefix("mailto:"),
        "state": "active",
    }
    if site.portal:
        fields["url"] = f"{site.portal.rstrip('/')}/{listing.path}/"
    return fields


def _extras(listing: Listing, site: CkanSite) -> dict[str, str]:
    """What BAData's harvesters read, and of the version what CKAN has no field for."""
    extras: dict[str, Any] = {"vereda": listing.path, "vereda_archive": site.mark}
    if listing.current is not None:
        extras |= _harvested(listing, listing.current)
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in extras.items()
        if value
    }


def _harvested(listing: Listing, current: Edition) -> dict[str, Any]:
    descriptor = listing.descriptor
    licenses = descriptor.get("licenses", ())
    sources = (source.get("title") or source.get("path") for source in descriptor.get("sources", ()))
    former = descriptor.get("publisher", {}).get("formerNames", ())
    return {
        "accrualPeriodicity": descriptor.get("accrualPeriodicity"),
        "issued": listing.editions[-1].at,
        "modified": current.at,
        "source": "; ".join(filter(None, sources)),
        "superTheme": json.dumps(list(themes)) if (themes := descriptor.get("superTheme")) else "",
        "language": "spa",
        "spatial": descriptor.get("spatial"),
        "temporal": descriptor.get("temporal"),
        "country": "Argentina",
        "license": "; ".join(filter(None, (each.get("title") or each.get("name") for each in licenses))),
        "licenseURL": next((each["path"] for each in licenses if each.get("path")), None),
        "formerPublishers": "; ".join(f"{each['name']} ({each['until']})" for each in former),
        "vereda_tags": json.dumps(_tags(descriptor.get("keywords", ())), ensure_ascii=False),
        "announcedVersion": str(listing.announced.major) if listing.announced else None,
        "announcedDate": listing.announced.day if listing.announced else None,
        "announcedChanges": listing.announced.changes if listing.announced else None,
        "versionDate": current.at,
        "versionNotes": _version_notes(current, listing),
        "asOf": current.as_of,
        "demo": "true" if listing.demo else None,
    }


def _announcement(listing: Listing) -> str:
    """A version that will break programs, in a sentence before the description; "" where none is to come."""
    announced = listing.announced
    if announced is None:
        return ""
    return _(
        "Version {major} is announced for {date}; programs that read this may have to change then: {changes}",
        major=announced.major,
        date=format_date(announced.day),
        changes=announced.changes,
    )


def _tables(listing: Listing) -> Iterator[Table]:
    current = listing.current
    if current is None:
        return
    for resource in listing.descriptor.get("resources", ()):
        parquet = str(resource.get("path", "")).removesuffix(".csv") + ".parquet"
        if "schema" not in resource or parquet not in current.files:
            continue
        name = resource["name"]
        yield Table(
            key=f"latest/{resource['path']}",
            name=name,
            version=str(current.version),
            schema=resource["schema"],
            parquet=current.files[parquet],
            rows=current.rows.get(name, 0),
            changed=sum(current.changes.get(name, {}).get("rows", {}).values()),
            changes=current.files.get("changes.parquet"),
        )


def _tags(keywords: Iterable[str]) -> tuple[str, ...]:
    """The keywords as CKAN takes tags: letters, digits, spaces, `-`, `_` and `.`, of 2 to 100 characters."""
    clean = (re.sub(r"\s+", " ", re.sub(r"[^\w .-]", " ", keyword)).strip()[:100] for keyword in keywords)
    return tuple(sorted({tag for tag in clean if len(tag) > 1}))


def _license_id(licenses: Iterable[Mapping[str, Any]]) -> str:
    """CKAN's name for the first licence."""
    for each in licenses:
        name = str(each.get("name", "")).upper()
        return next((id for prefix, id in LICENSES.items() if name.startswith(prefix)), "other-open")
    return "notspecified"


def _filename(stem: str, version: str, suffix: str) -> str:
    """A file's name with its version, of characters that CKAN leaves as they are."""
    return re.sub(r"[^a-z0-9.-]+", "-", f"{stem}-{version}.{suffix}".lower())


def _version_notes(edition: Edition, listing: Listing) -> str:
    """What is new in a version, in sentences."""
    changes = " ".join(describe_changes(edition.changes))
    return changes or (_("First version.") if edition is listing.editions[-1] else "")


def _latest_label(title: str, name: str, current: Edition | None, description: str = "") -> tuple[str, str]:
    """Name and description of the resource that stays at one address: what the declaration says of it, then
    the version. Its name does not change from version to version."""
    name, version = _version_sentence(title, name, current)
    return name, "\n\n".join(filter(None, (description, version)))


def _version_sentence(title: str, name: str, current: Edition | None) -> tuple[str, str]:
    label = f"{title} ({_kind(name)})"
    if current is None:
        return label, _("No version of this table is left: all were withdrawn.")
    values = {"version": current.version, "day": format_date(current.at)}
    if current.as_of:
        as_of = format_date(current.as_of)
        return label, _(
            "Data as of {as_of}. The current version: {version}, of {day}.", as_of=as_of, **values
        )
    return label, _("The current version: {version}, of {day}.", **values)


def _version_label(title: str, name: str, edition: Edition) -> tuple[str, str]:
    """Name and description of a version's file."""
    values = {"title": title, "version": edition.version, "kind": _kind(name)}
    if edition.withdrawn:
        note = next(note for note in edition.notes if note.kind == "withdraw")
        label = _("{title}, version {version}, withdrawn ({kind})", **values)
        because = note.because or _("no reason was given")
        return label, _("Withdrawn on {day}: {because}", day=format_date(note.at), because=because)
    label, day = _("{title}, version {version} ({kind})", **values), format_date(edition.at)
    if edition.as_of:
        as_of = format_date(edition.as_of)
        return label, _(
            "Data as of {as_of}. Version of {day}; this file does not change.", as_of=as_of, day=day
        )
    return label, _("Version of {day}; this file does not change.", day=day)


def _document_label(kind: str, version: str) -> tuple[str, str]:
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


def _document_fields(content: File | bytes, label: tuple[str, str], suffix: str) -> dict[str, Any]:
    file = content if isinstance(content, File) else file_of(content)
    sizes = {"hash": file.sha256, "size": file.bytes, "url_type": "upload"}
    return _described(label) | _media(f"x.{suffix}") | sizes


def _described(label: tuple[str, str]) -> dict[str, Any]:
    name, description = label
    return {"name": name, "description": description}


def _url_type(name: str) -> str:
    """xloader and datapusher leave a resource alone that says that its table was pushed into the
    DataStore."""
    return "datapusher" if name.endswith(".csv") else ""


def _media(name: str) -> dict[str, str]:
    suffix = name.rpartition(".")[2]
    if suffix in MEDIA:
        format, media = MEDIA[suffix]
        return {"format": format, "mimetype": media}
    guessed = mimetypes.guess_type(name, strict=False)[0] or "application/octet-stream"
    return {"format": _kind(name), "mimetype": guessed}


def _kind(name: str) -> str:
    """What a file's format is called."""
    suffix = name.rpartition(".")[2]
    return {"geojson": "GeoJSON"}.get(suffix) or KINDS.get(suffix) or suffix.upper()


def _utc(at: str) -> str:
    """As CKAN writes moments: UTC, without saying so."""
    return datetime.fromisoformat(at).astimezone(UTC).replace(tzinfo=None).isoformat()
