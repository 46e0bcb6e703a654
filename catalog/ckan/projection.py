"""What the archive says that a package should be: a function of a dataset's public history alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from catalog.ckan import words
from catalog.ckan.package import Adoption, Package, Site, Table
from catalog.ckan.parts import resources
from catalog.portal.listing import Listing
from messages import speaking


def project(listing: Listing, site: Site, adopted: Adoption | None = None) -> Package:
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
            tags=words.tags(told.get("keywords", ())),
            groups=tuple(code.lower() for code in told.get("superTheme", ())),
            resources=tuple(resources(listing, site, name)),
            tables=tuple(_tables(listing)),
        )


def _shown(listing: Listing, site: Site) -> dict[str, Any]:
    told, current = listing.descriptor, listing.current
    assert current is not None
    publisher, contact = told.get("publisher", {}), told.get("contactPoint", {})
    fields = {
        "title": listing.title,
        "notes": str(told.get("description", "")).strip(),
        "license_id": words.license_id(told.get("licenses", ())),
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
            "source": "; ".join(filter(None, (source.get("title") or source.get("path") for source in told.get("sources", ())))),
            "superTheme": json.dumps(list(told.get("superTheme", ()))),
            "language": "spa",
            "spatial": told.get("spatial"),
            "temporal": told.get("temporal"),
            "country": "Argentina",
            "license": "; ".join(filter(None, (each.get("title") or each.get("name") for each in licenses))),
            "licenseURL": next((each["path"] for each in licenses if each.get("path")), None),
            "formerPublishers": "; ".join(f"{f['name']} ({f['until']})" for f in told.get("publisher", {}).get("formerNames", ())),
            "vereda_tags": json.dumps(words.tags(told.get("keywords", ())), ensure_ascii=False),
            "versionDate": current.at,
            "versionNotes": words.notes(current, listing),
            "asOf": current.as_of,
            "demo": "true" if listing.demo else None,
        }
    return {key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for key, value in extras.items() if value}


def _tables(listing: Listing) -> Iterator[Table]:
    current = listing.current
    for each in listing.descriptor.get("resources", ()) if current else ():
        parquet = str(each.get("path", "")).removesuffix(".csv") + ".parquet"
        if current and "schema" in each and parquet in current.files:
            name, version = each["name"], str(current.version)
            changed = sum(current.changes.get(name, {}).get("rows", {}).values())
            files = (current.files[parquet], current.files.get("changes.parquet"))
            yield Table(f"latest/{each['path']}", name, version, each["schema"], files[0], current.rows.get(name, 0), changed, files[1])
