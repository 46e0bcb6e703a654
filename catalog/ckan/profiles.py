"""What the CKAN at the other end wants things in: extensions that it has, found out from itself, and the
package in their shape"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from catalog.ckan.package import Package
from catalog.ckan.places import find_geometry
from catalog.ckan.remote import CkanError, Remote
from catalog.metadata.codes import AUTHORITY, FREQUENCIES, SPANISH
from messages import gettext as _

NAMES = ("plain", "spatial", "scheming", "dcat")
# By what CKAN calls them in status_show.
PLUGINS = {
    "spatial_metadata": "spatial",
    "spatial_query": "spatial",
    "scheming_datasets": "scheming",
    "dcat": "dcat",
    "structured_data": "dcat",
}


@dataclass(frozen=True)
class Profile:
    """The extensions of a CKAN, and the fields of its schema of datasets by name (none without scheming)."""

    names: frozenset[str] = frozenset()
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def shape(self, package: Package) -> Package:
        """The package, with its extras where and as this CKAN takes them."""
        extras: dict[str, Any] = dict(package.extras)
        if "dcat" in self.names:
            extras |= _dcat_extras(package)
        if self.names & {"spatial", "dcat"} and "spatial" in extras:
            extras |= _place(extras.pop("spatial"))
        if not self.fields:
            return replace(package, extras=extras)
        values = {**_dcat_fields(package, extras, self.fields), **_own_fields(extras, self.fields)}
        left = {key: value for key, value in extras.items() if key not in self.fields}
        named = {key: value for key, value in package.fields.items() if key not in values}
        return replace(package, extras=left, fields={**named, **values})


def find_profile(remote: Remote, status: Mapping[str, Any], chosen: Collection[str] = ()) -> Profile:
    """The profile of a CKAN: `chosen`, else what its status says. Raises CkanError where a schema is spoken
    of and cannot be read."""
    known = {PLUGINS[name] for name in status.get("extensions") or () if name in PLUGINS}
    names = frozenset(chosen or known) - {"plain"}
    if "scheming" not in names:
        return Profile(names)
    try:
        schema = remote.ask("scheming_dataset_schema_show", type="dataset")
    except CkanError as error:
        if not chosen:
            return Profile(names)  # scheming is there, and has no schema of datasets
        message = _(
            "VEREDA_CKAN_PROFILE names scheming, and {url} shows no schema of datasets. Correct it.",
            url=remote.address,
        )
        raise CkanError(message) from error
    fields = {each["field_name"]: each for each in schema["dataset_fields"] if "field_name" in each}
    return Profile(names, fields)


def _place(spatial: Any) -> dict[str, str]:
    """A place as GeoJSON; one that is not known by its outline as text, which no extension reads as a
    shape."""
    if geometry := find_geometry(_parse(spatial)):
        text = {} if _is_json(spatial) else {"spatial_text": _text(spatial)}
        return {"spatial": json.dumps(geometry, separators=(",", ":")), **text}
    return {"spatial_text": _text(spatial)}


def _parse(value: Any) -> Any:
    if _is_json(value):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _is_json(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip()[:1] in ("{", "[")


def _text(value: Any) -> str:
    found = _parse(value)
    return ", ".join(map(str, found)) if isinstance(found, list) else str(value)


def _interval(text: Any) -> tuple[str, str] | None:
    """The two days of an interval."""
    start, slash, end = str(text or "").partition("/")
    days = (start[:10], end[:10])
    return days if slash and all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in days) else None


def _frequency(extras: Mapping[str, Any]) -> str:
    code = FREQUENCIES.get(str(extras.get("accrualPeriodicity")))
    return f"{AUTHORITY}/frequency/{code}" if code else ""


def _themes(extras: Mapping[str, Any]) -> list[str]:
    found = _parse(extras.get("superTheme") or "[]")
    return [f"{AUTHORITY}/data-theme/{code}" for code in found] if isinstance(found, list) else []


def _dcat_extras(package: Package) -> dict[str, str]:
    """The extras that ckanext-dcat makes its RDF from, where no schema has fields for them."""
    extras, fields = package.extras, package.fields
    interval = _interval(extras.get("temporal"))
    name = fields.get("author") or (package.organization[1] if package.organization else "")
    values = {
        "frequency": _frequency(extras),
        "theme": json.dumps(_themes(extras)) if _themes(extras) else "",
        "publisher_name": name,
        "publisher_email": fields.get("author_email", ""),
        "contact_name": fields.get("maintainer", ""),
        "contact_email": fields.get("maintainer_email", ""),
        "temporal_start": interval[0] if interval else "",
        "temporal_end": interval[1] if interval else "",
        "version_notes": extras.get("versionNotes", ""),
        "license": extras.get("licenseURL", ""),
        "language": SPANISH if extras.get("language") else "",
    }
    return {key: str(value) for key, value in values.items() if value}


def _dcat_fields(
    package: Package, extras: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The fields of ckanext-dcat's own schemas, as far as the CKAN's schema has them in that shape."""
    interval = _interval(extras.get("temporal"))
    contact = {
        "name": package.fields.get("maintainer", ""),
        "email": package.fields.get("maintainer_email", ""),
    }
    publisher = {"name": package.fields.get("author", ""), "email": package.fields.get("author_email", "")}
    place = {"text": extras.get("spatial_text", ""), "geom": extras.get("spatial", "")}
    if "text" in place and not _is_json(place["geom"]):
        place = {"text": place["text"] or place["geom"], "geom": ""}
    makers: dict[str, Callable[[], Any]] = {
        "frequency": lambda: _frequency(extras),
        "theme": lambda: _themes(extras),
        "language": lambda: [SPANISH] if extras.get("language") else [],
        "publisher": lambda: [_without_empty(publisher)],
        "contact": lambda: [_without_empty(contact)],
        "temporal_coverage": lambda: [{"start": interval[0], "end": interval[1]}] if interval else [],
        "spatial_coverage": lambda: [_without_empty(place)],
        "version_notes": lambda: extras.get("versionNotes", ""),
    }
    found = {}
    for name, make in makers.items():
        if name not in fields:
            continue
        value = make()
        if isinstance(value, list):
            value = [each for each in value if each]
            if not _takes_list(fields[name]) or (
                value and _is_repeating(fields[name]) != isinstance(value[0], dict)
            ):
                continue
        if value:
            found[name] = value
    return found


def _own_fields(extras: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Extras whose name is a field of the schema's: CKAN refuses them as extras. A value that the field does
    not take in its shape, or is none of its choices, is left to whoever fills the field in."""
    found = {}
    for key, value in extras.items():
        if key not in fields or _is_repeating(fields[key]) or key in _DCAT_SHAPED:
            continue
        choices = {str(each.get("value")) for each in fields[key].get("choices") or ()}
        if choices and str(value) not in choices:
            continue
        found[key] = [value] if _takes_list(fields[key]) else value
    return found


_DCAT_SHAPED = ("theme", "language", "frequency")


def _is_repeating(declared: Mapping[str, Any]) -> bool:
    return "repeating_subfields" in declared


def _takes_list(declared: Mapping[str, Any]) -> bool:
    return _is_repeating(declared) or "multiple" in str(declared.get("preset") or "")


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}
