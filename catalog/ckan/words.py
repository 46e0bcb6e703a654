"""What packages, resources and themes are called in the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from catalog.portal.listing import Edition, Listing
from catalog.portal.words import date_of
from catalog.words import sentences
from messages import gettext as _

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
    """Name and description of the resource that stays at one address. Its name does not change from version to version."""
    named = f"{title} ({KINDS[name.rpartition('.')[2]]})"
    if current is None:
        return named, _("No version of this table is left: all were withdrawn.")
    told = {"version": current.version, "day": date_of(current.at)}
    if current.as_of:
        return named, _("Data as of {as_of}. The current version: {version}, of {day}.", as_of=date_of(current.as_of), **told)
    return named, _("The current version: {version}, of {day}.", **told)


def version(title: str, name: str, edition: Edition) -> tuple[str, str]:
    kind, told = KINDS[name.rpartition(".")[2]], {"day": date_of(edition.at)}
    if edition.withdrawn:
        note = next(note for note in edition.notes if note.kind == "withdraw")
        because = note.because or _("no reason was given")
        named = _("{title}, version {version}, withdrawn ({kind})", title=title, version=edition.version, kind=kind)
        return named, _("Withdrawn on {day}: {because}", day=date_of(note.at), because=because)
    named = _("{title}, version {version} ({kind})", title=title, version=edition.version, kind=kind)
    if edition.as_of:
        return named, _("Data as of {as_of}. Version of {day}; this file does not change.", as_of=date_of(edition.as_of), **told)
    return named, _("Version of {day}; this file does not change.", **told)


def dictionary() -> tuple[str, str]:
    return _("Data dictionary"), _("Every field of the tables: type, description, unit and rules.")


def all_versions() -> tuple[str, str]:
    return _("Versions"), _("All versions that were ever published, with what changed, their files and where they are for good.")


def beside(kind: str, version: str) -> tuple[str, str]:
    return {
        "changes": (_("What changed in version {version}", version=version), _("Row by row and cell by cell, against the version before.")),
        "report": (
            _("Quality report of version {version}", version=version),
            _("What the checks found, by table and field, and what was mended."),
        ),
        "descriptor": (_("Data Package of version {version}", version=version), _("The description that programs read (Frictionless).")),
    }[kind]
