"""What the archive says that a package should be: a function of a dataset's public history alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalog.archive.changes.reasons import describe_changes
from catalog.ckan.contents import PackageContents
from catalog.ckan.documents import (
    Read,
    dictionary_schema,
    dictionary_table,
)
from catalog.ckan.package import Adoption, CkanSite, Package, Table
from catalog.public import Edition, Listing
from messages import gettext as _
from messages import speaking
from messages.formats import format_date

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


def _read_nothing(sha256: str) -> bytes:
    raise LookupError(sha256)


def project(
    listing: Listing, site: CkanSite, adopted: Adoption | None = None, read: Read = _read_nothing
) -> Package:
    """The package of a dataset. Where no version is left, it has only what marks them as withdrawn. `read`
    gives the archive's files, for those that are made of them when they are needed."""
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
            resources=tuple(PackageContents(listing, site, name, read).resources()),
            tables=tuple(_tables(listing, read)),
            licence=next((str(each.get("name", "")) for each in descriptor.get("licenses", ())), ""),
            former_names=tuple(each["name"] for each in publisher.get("formerNames", ())),
        )
        return site.shape(package) if descriptor else package


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
        fields["url"] = site.in_portal(f"{listing.path}/")
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


def _tables(listing: Listing, read: Read) -> Iterator[Table]:
    """The tables of the latest files, then the dictionary as one."""
    current = listing.current
    if current is None:
        return
    fields = 0
    for resource in listing.descriptor.get("resources", ()):
        parquet = str(resource.get("path", "")).removesuffix(".csv") + ".parquet"
        fields += len(resource["schema"]["fields"]) if "schema" in resource else 0
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
    if fields:
        yield Table(
            key="dictionary",
            name=_("dictionary"),
            version=str(current.version),
            schema=dictionary_schema(),
            parquet=None,
            rows=fields,
            changed=fields,
            changes=None,
            make=lambda: dictionary_table(listing.descriptor, current, read),
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


def _version_notes(edition: Edition, listing: Listing) -> str:
    """What is new in a version, in sentences."""
    changes = " ".join(describe_changes(edition.changes))
    return changes or (_("First version.") if edition is listing.editions[-1] else "")
