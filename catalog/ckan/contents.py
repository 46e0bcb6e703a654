"""What a person finds on the page of a package: the latest files, what explains them, and the versions."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

from catalog.archive.release import File
from catalog.ckan.documents import (
    Read,
    attributes_document,
    changes_document,
    descriptor_document,
    dictionary_document,
    file_of,
    versions_document,
)
from catalog.ckan.package import CkanSite, Derived, Resource, is_loaded
from catalog.public import Edition, Listing
from messages import gettext as _
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
TEXT_PREVIEW = "text_view"
DOCUMENTS = ("changes.parquet", "report.json", "datapackage.json")


@dataclass(frozen=True)
class PackageContents:
    """What a person finds on the page of a package: the resources, in their order."""

    listing: Listing
    site: CkanSite
    package: str
    read: Read

    def resources(self) -> Iterator[Resource]:
        """The latest files, what explains them, all versions, then the listed ones from the newest."""
        yield from self._latest_files()
        if self.listing.current is not None:
            yield from self._documents(self.listing.current)
        versions = list(self._version_files(list_editions(self.listing, self.site)))
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
        label = (
            _("Data dictionary"),
            _("Every field of the tables: type, description, unit, rules, and what stands in its column."),
        )
        dictionary = dictionary_document(self.listing.descriptor, current, self.read)
        yield self._document("dictionary", label, dictionary, "diccionario.csv")
        version = str(current.version)
        if changes := changes_document(self.listing, current, self.read):
            label = _document_label("changes-csv", version, self._changes_page)
            filename = _filename(_("changes"), version, "csv")
            yield self._document("changes-csv", label, changes, filename, version=version)
        for kind, name in (("changes", "changes.parquet"), ("report", "report.json")):
            if file := current.files.get(name):
                stem, _dot, suffix = name.rpartition(".")
                label, filename = _document_label(kind, version), _filename(stem, version, suffix)
                preview = TEXT_PREVIEW if suffix == "json" else ""
                yield self._document(kind, label, file, filename, preview, version=version)
        if "datapackage.json" in current.files:
            text = descriptor_document(self.listing, self._addresses(current))
            label, filename = (
                _document_label("descriptor", version),
                _filename("datapackage", version, "json"),
            )
            yield self._document("descriptor", label, text, filename, version=version)

    def _document(
        self,
        key: str,
        label: tuple[str, str],
        content: File | bytes | Derived,
        filename: str,
        preview: str = "",
        **more: Any,
    ) -> Resource:
        fields = _described(label) | _media(filename) | {"url_type": "upload"} | more
        if isinstance(content, Derived):
            fields["made_from"] = content.stamp
        else:
            file = content if isinstance(content, File) else file_of(content)
            fields |= {"hash": file.sha256, "size": file.bytes}
        return self._resource(key, fields, content=content, filename=filename, preview=preview)

    def _addresses(self, current: Edition) -> dict[str, str]:
        """Where each file of the current version is served, by its name: where there is a portal, under its
        permanent addresses those that this CKAN does not have as files that never change."""
        found = {}
        if self.site.portal:
            found = {name: self._permanent(f"v/{current.version}/{name}") for name in current.files}
        for kind, name in (("changes", "changes.parquet"), ("report", "report.json")):
            if name not in found and name in current.files:
                stem, _dot, suffix = name.rpartition(".")
                resource = self._resource(kind, {}, filename=_filename(stem, str(current.version), suffix))
                found[name] = self._address(resource)
        served = self._version_files([current])
        return found | {each.key.partition("/")[2].partition("/")[2]: self._address(each) for each in served}

    @property
    def _changes_page(self) -> str:
        """The portal's page on what changed between any two versions; "" without a portal."""
        return self._permanent("cambios/")

    def _version_list(self, versions: Iterable[Resource]) -> Resource:
        urls = {each.key: self._address(each) for each in versions if each.content}
        table = versions_document(self.listing, self.site, urls)
        label = (
            _("Versions"),
            _(
                "All versions that were ever published, with what changed, their files and where they are "
                "for good."
            ),
        )
        return self._document("versions", label, table, "versiones.csv")

    def _version_files(self, editions: Iterable[Edition]) -> Iterator[Resource]:
        for edition in editions:
            version = str(edition.version)
            for name, file in table_files(edition).items():
                key = f"v/{version}/{name}"
                label = _version_label(self._title(name), name, edition, self._permanent(key))
                fields = _described(label) | _media(name) | {"version": version}
                if file is None:
                    yield self._resource(key, fields | {"url": self._page, "url_type": ""})
                    continue
                fields |= {"hash": file.sha256, "size": file.bytes, "url_type": "upload"}
                stem, _dot, suffix = name.rpartition(".")
                yield self._resource(key, fields, content=file, filename=_filename(stem, version, suffix))

    def _permanent(self, place: str) -> str:
        """Where the portal has a place of the dataset for good; "" without a portal."""
        return self.site.in_portal(f"{self.listing.path}/{quote(place)}")

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


def list_editions(listing: Listing, site: CkanSite) -> list[Edition]:
    """The editions that a package lists, newest first: the last ones, the last of each MAJOR, and the current
    one; without a portal all of them, since their links would lead nowhere."""
    if not site.portal:
        return list(listing.editions)
    ascending = sorted(listing.editions, key=lambda edition: edition.version)
    last_of_major = {edition.version.major: edition for edition in ascending}
    listed = [*listing.editions[: site.versions], *last_of_major.values()]
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


def _filename(stem: str, version: str, suffix: str) -> str:
    """A file's name with its version, of characters that CKAN leaves as they are."""
    return re.sub(r"[^a-z0-9.-]+", "-", f"{stem}-{version}.{suffix}".lower())


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


def _version_label(title: str, name: str, edition: Edition, permanent: str) -> tuple[str, str]:
    """Name and description of a version's file; `permanent` is where it stays when it is no longer listed."""
    values = {"title": title, "version": edition.version, "kind": _kind(name)}
    if edition.withdrawn:
        note = next(note for note in edition.notes if note.kind == "withdraw")
        label = _("{title}, version {version}, withdrawn ({kind})", **values)
        because = note.because or _("no reason was given")
        return label, _("Withdrawn on {day}: {because}", day=format_date(note.at), because=because)
    label, day = _("{title}, version {version} ({kind})", **values), format_date(edition.at)
    about = _("Version of {day}; this file does not change.", day=day)
    if edition.as_of:
        as_of = format_date(edition.as_of)
        about = _("Data as of {as_of}. Version of {day}; this file does not change.", as_of=as_of, day=day)
    if permanent:
        about += " " + _("Its permanent address: {url}", url=permanent)
    return label, about


def _document_label(kind: str, version: str, page: str = "") -> tuple[str, str]:
    if kind == "changes-csv":
        about = _(
            "A line for each row that came or went and each cell that was corrected since the version before."
        )
        more = _("Between any two versions: {page}", page=page) if page else ""
        return _("What changed in version {version} (table)", version=version), " ".join(
            filter(None, (about, more))
        )
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


def _described(label: tuple[str, str]) -> dict[str, Any]:
    name, description = label
    return {"name": name, "description": description}


def _url_type(name: str) -> str:
    """xloader and datapusher leave a resource alone that says that its table was pushed into the
    DataStore."""
    return "datapusher" if is_loaded(name) else ""


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
