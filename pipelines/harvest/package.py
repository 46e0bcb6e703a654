"""A package of a foreign catalogue in our words: what it says of itself, and of each of its resources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from pipelines.dataset.text import fold_spaces, fold_text
from pipelines.harvest.values import (
    is_code,
    read_day,
    read_format,
    read_interval,
    read_licence,
    read_list,
    read_mapping,
    read_rhythm,
    read_text,
    read_themes,
    read_words,
    suffix_of,
    web_address,
)
from pipelines.harvest.vocabulary import COLUMN_TYPES, LINKS

RHYTHM_KEYS = (
    "accrualPeriodicity",
    "accrual_periodicity",
    "frequency",
    "update_frequency",
    "frecuencia",
    "periodicity",
    "frecuencia_de_actualizacion",
    "updateFrequency",
    "frequency_of_update",
    "publishing_frequency",
    "frequencia",
    "freq",
    "periodicidad",
    "periodicidade",
    "periodicidad_de_actualizacion",
    "periodicidade_de_atualizacao",
    "frequencia_de_atualizacao",
    "atualizacao",
    "actualizacion",
    "update frequency",
)


OWN_PATH = re.compile(r"/resource/([^/]+)/download(?:/|$)|/datastore/dump/([^/?]+)")
"""Where a CKAN gives out the file, or the table, of a resource."""
OPEN = ("", "public", "open", "abierto", "abierta", "publico", "publica", "aberto")
"""What a data.json says of the access to a dataset that is for everybody, folded; DCAT-US knows one word."""


@dataclass(frozen=True)
class Column:
    """A column as the catalogue's dictionary has it; `type` is Table Schema's, `any` where it says none."""

    name: str
    type: str
    title: str = ""
    description: str = ""


@dataclass(frozen=True)
class ForeignResource:
    """A resource as the catalogue shows it; `address` is None where it has none on the web. `format` is small
    ("csv"), or "" where nothing says it. `is_stored_there`: its file is the catalogue's own copy, so that
    its address is that of the resource itself. `dictionary_fault`: it has one that cannot be used;
    `has_stored_table`: its columns are those of the DataStore. What was read from the file itself: `layout`
    (with the `other_sheets` of its workbook), `header` where it was compared, and `read_fault` for why it
    could not be read."""

    id: str
    name: str
    description: str
    address: str | None
    format: str
    columns: tuple[Column, ...] = ()
    licence: Mapping[str, str] | None = None
    day: date | None = None
    in_datastore: bool = False
    told_address: str = ""
    told_format: str = ""
    is_stored_there: bool = False
    dictionary_fault: bool = False
    has_stored_table: bool = False
    layout: Mapping[str, Any] = field(default_factory=dict)
    other_sheets: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    read_fault: str = ""

    @property
    def is_link(self) -> bool:
        return self.format in LINKS


@dataclass(frozen=True)
class ForeignPackage:
    """A package as the catalogue shows it; what it does not say is "", None or empty. `refusal` is a word for
    why it cannot be taken: private, draft, deleted, kind."""

    id: str
    name: str
    title: str
    description: str
    publisher: tuple[str, str, str]  # id, name, e-mail
    organization: str
    licence: Mapping[str, str] | None
    rhythm: str | None
    rhythm_words: str
    themes: tuple[str, ...]
    keywords: tuple[str, ...]
    temporal: str | None
    spatial: Any
    contact: Mapping[str, str]
    source: str
    resources: tuple[ForeignResource, ...]
    refusal: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
    other_themes: tuple[str, ...] = ()


def read_package(raw: Mapping[str, Any], base: str = "") -> ForeignPackage:
    """A package of CKAN, as `package_show` gives it; values may stand as fields or as extras. `base` is the
    catalogue's address, from which relative ones start."""
    said = _Fields(raw)
    owner = read_mapping(raw.get("organization"))
    organization = read_text(owner.get("name"))
    publisher = read_mapping(said.get("publisher"))
    publisher_name = (
        read_words(owner.get("title") or owner.get("display_name"))
        or read_words(said.get("publisher_name"))
        or read_words(publisher.get("name") if publisher else said.get("publisher"))
        or organization
    )
    email = said.get("publisher_email") or publisher.get("mbox") or publisher.get("email")
    name = read_text(raw.get("name"))
    return ForeignPackage(
        id=read_text(raw.get("id")) or name,
        name=name,
        title=fold_spaces(read_words(said.get("title") or said.get("title_translated"))),
        description=read_words(said.get("notes") or said.get("notes_translated") or said.get("description")),
        publisher=(organization or publisher_name, publisher_name, _mail(email)),
        organization=organization,
        licence=read_licence(
            said.get("license_id"), title=said.get("license_title"), path=said.get("license_url")
        )
        or read_licence(said.get("license")),
        rhythm=next((found for key in RHYTHM_KEYS if (found := read_rhythm(said.get(key)))), None),
        rhythm_words=next((words for key in RHYTHM_KEYS if (words := read_text(said.get(key)))), ""),
        themes=tuple(read_themes([*read_list(said.get("superTheme")), *read_list(said.get("theme"))])),
        keywords=tuple(_keywords(raw, said)),
        temporal=_temporal(said),
        spatial=_spatial(said.get("spatial")),
        contact=_contact(said),
        source=read_words(said.get("source")),
        resources=tuple(_resources(raw, base)),
        refusal=_refusal(raw),
        raw=raw,
        other_themes=tuple(_other_themes(read_list(said.get("theme")))),
    )


def _other_themes(listed: Sequence[Any]) -> Iterator[str]:
    """Themes that are none of the national profile's: their words, or the end of their address."""
    for each in listed:
        if not read_themes([each]) and (word := read_words(each)):
            yield word


class _Fields:
    """The values of a package by key: its own, else its extras', whatever their case."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self.extras: dict[str, Any] = {}
        extras = raw.get("extras")
        if isinstance(extras, Mapping):
            self.extras = {fold_text(str(key)): value for key, value in extras.items()}
        elif isinstance(extras, list):
            for each in extras:
                if isinstance(each, Mapping):
                    self.extras[fold_text(read_text(each.get("key")))] = each.get("value")

    def get(self, key: str) -> Any:
        own = self.raw.get(key)
        if read_text(own):
            return own
        return self.extras.get(fold_text(key))


def _refusal(raw: Mapping[str, Any]) -> str:
    state = read_text(raw.get("state")).lower()
    if state and state != "active":
        return "draft" if state.startswith("draft") else "deleted"
    if raw.get("private") in (True, "true", "True"):
        return "private"
    kind = read_text(raw.get("type")).lower()
    return "kind" if kind in ("harvest", "showcase", "application", "idea", "page", "blog") else ""


def _keywords(raw: Mapping[str, Any], said: _Fields) -> Iterator[str]:
    seen = set()
    tags = raw.get("tags") if isinstance(raw.get("tags"), list) else read_list(said.get("keyword"))
    for each in tags if isinstance(tags, list) else ():
        if isinstance(each, Mapping):
            each = each.get("display_name") or each.get("name")
        word = fold_spaces(read_words(each))
        if word and word not in seen:
            seen.add(word)
            yield word


def _temporal(said: _Fields) -> str | None:
    whole = read_interval(said.get("temporal"))
    if whole:
        return whole
    ends = [read_text(said.get(f"temporal_{end}")) for end in ("start", "end")]
    return read_interval("/".join(ends)) if all(ends) else None


def _spatial(value: Any) -> Any:
    """GeoJSON as it is; names and codes as text."""
    if isinstance(value, Mapping) or (isinstance(value, str) and value.strip().startswith("{")):
        return dict(read_mapping(value)) or None
    return read_text(value) or None


def _contact(said: _Fields) -> dict[str, str]:
    point = said.get("contactPoint")
    if isinstance(point, list):
        point = point[0] if point else {}
    known = read_mapping(point)
    name = (
        read_text(known.get("fn")) or read_text(said.get("maintainer")) or read_text(said.get("contact_name"))
    )
    mail = _mail(known.get("hasEmail") or said.get("maintainer_email") or said.get("contact_email"))
    return {
        key: value for key, value in (("fn", name), ("hasEmail", f"mailto:{mail}" if mail else "")) if value
    }


def _mail(value: Any) -> str:
    text = read_text(value).removeprefix("mailto:")
    return text if re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+", text) else ""


def _resources(raw: Mapping[str, Any], base: str) -> Iterator[ForeignResource]:
    listed = raw.get("resources")
    for index, each in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(each, Mapping) and read_text(each.get("state") or "active").lower() == "active":
            yield _resource(each, index, base)


def _resource(raw: Mapping[str, Any], index: int, base: str) -> ForeignResource:
    id = read_text(raw.get("id"))
    stored = raw.get("url_type") == "datastore" or "_datastore_only_resource" in str(raw.get("url"))
    told = f"/datastore/dump/{id}" if stored else raw.get("url")
    address = web_address(told, base)
    here = {urlsplit(each).netloc for each in (base, read_text(raw.get("accessURL"))) if each}
    uploaded = stored or raw.get("url_type") == "upload" or _is_own_address(address, id, here)
    suffix = suffix_of(address or "") or suffix_of(read_text(raw.get("fileName")))
    format = "csv" if stored else _format(raw, suffix)
    name = fold_spaces(read_words(raw.get("name") or raw.get("title") or raw.get("name_translated")))
    columns = tuple(read_columns(raw))
    return ForeignResource(
        id=id or str(index),
        name=name or fold_spaces(read_text(raw.get("description"), 200).partition("\n")[0]),
        description=read_words(raw.get("description")),
        address=address,
        format=format,
        columns=columns,
        licence=read_licence(
            raw.get("license_id"),
            raw.get("license"),
            title=raw.get("license_title"),
            path=raw.get("license_url"),
        ),
        day=next(
            (day for key in ("modified", "last_modified", "created") if (day := read_day(raw.get(key)))), None
        ),
        in_datastore=raw.get("datastore_active") in (True, "true", "True"),
        told_address=read_text(raw.get("url")),
        told_format=read_text(raw.get("format") or raw.get("mimetype"), 100),
        is_stored_there=uploaded,
        dictionary_fault=dictionary_fault(raw),
        has_stored_table=bool(columns) and columns == tuple(read_columns({"fields": raw.get("fields")})),
    )


def _is_own_address(address: str | None, id: str, here: Set[str]) -> bool:
    """Whether an address is where a CKAN gives out a resource itself: by the resource's id, or, of any
    resource, on one of the catalogue's own hosts, `here`."""
    parts = urlsplit(address or "")
    match = OWN_PATH.search(parts.path)
    if match is None:
        return False
    return (match[1] or match[2]) == id or parts.netloc in here


def _format(raw: Mapping[str, Any], suffix: str) -> str:
    """What the file is: its ending says it of tables, whatever the catalogue calls it; else the catalogue."""
    told = read_format([raw.get("format"), raw.get("mimetype"), raw.get("mediaType")])
    ending = read_format([suffix]) if suffix else ""
    if ending and (not told or (told in LINKS and ending not in LINKS)):
        return ending
    if ending and ending != told and ending not in ("zip", "json", "txt", "xml", *LINKS):
        return ending
    if ending == "zip" and told not in ("csv", "tsv", "xls", "xlsx"):
        return told if told in ("shp", "gtfs") else "zip"
    return told


def read_columns(raw: Mapping[str, Any]) -> Iterator[Column]:
    """The columns of a resource's dictionary: BAData's `attributesDescription`, `field` of a data.json, the
    `schema` of ckanext-validation, `fields` of the DataStore. None where it repeats or leaves out a name."""
    schema = read_mapping(raw.get("schema"))
    lists = (raw.get("attributesDescription"), raw.get("field"), schema.get("fields"), raw.get("fields"))
    for listed in lists:
        columns = [
            column for each in read_list(listed) if isinstance(each, Mapping) and (column := _column(each))
        ]
        names = [column.name for column in columns]
        if columns and all(names) and len(set(map(fold_text, names))) == len(names):
            yield from columns
            return


def _column(raw: Mapping[str, Any]) -> Column | None:
    info = read_mapping(raw.get("info"))
    # A data.json of the Perfil Nacional names a column by its title; its id is that of a time series.
    name = fold_spaces(read_words(raw.get("name") or raw.get("title") or raw.get("id"), 200))
    if name == "_id" and raw.get("id") == "_id":
        return None
    type = _column_type(read_text(info.get("type_override") or raw.get("type")))
    title = fold_spaces(read_words(info.get("label") or (raw.get("title") if raw.get("name") else "")))
    description = read_words(info.get("notes") or raw.get("description"))
    return Column(name, type, title if title != name else "", description)


def _column_type(told: str) -> str:
    """A type of Table Schema by what a catalogue calls it: `varchar(50)`, `number (integer)`."""
    outer, _bracket, inner = told.partition("(")
    known = [COLUMN_TYPES.get(fold_text(each)) for each in (told, outer, inner)]
    whole, first, second = known
    if first == "number" and second == "integer":
        return "integer"
    return whole or first or "any"


def dictionary_fault(raw: Mapping[str, Any]) -> bool:
    """Whether a resource has a dictionary that cannot be used: it is damaged, or a name is missing in it, or
    stands twice."""
    told = raw.get("attributesDescription") or raw.get("field")
    said = bool(read_list(told)) or (isinstance(told, str) and read_text(told) != "")
    return said and not list(read_columns(raw))


def _publisher_by_name(value: Any) -> dict[str, str]:
    """A publisher of which only the name is given."""
    name = read_words(value[0] if isinstance(value, list) and value else value)
    return {"name": name} if name and not name.startswith("{") else {}


def package_of_data_json(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A dataset of a data.json (Perfil Nacional, DCAT-US) as CKAN would show it."""
    publisher = read_mapping(raw.get("publisher")) or _publisher_by_name(raw.get("publisher"))
    resources = []
    listed = raw.get("distribution")
    for index, each in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(each, Mapping):
            continue
        address = each.get("downloadURL") or each.get("accessURL")
        resources.append(
            {
                **each,
                "id": each.get("identifier") or str(index),
                "name": each.get("title") or each.get("fileName"),
                "url": address,
                "accessURL": each.get("accessURL") or raw.get("landingPage"),
                "mimetype": each.get("mediaType"),
                # DCAT: an accessURL leads to a page or a service, unless it is said to be a file.
                "format": each.get("format")
                if each.get("downloadURL") or read_format([each.get("format"), each.get("mediaType")])
                else "link",
            }
        )
    tails = [read_text(raw.get(key)).rstrip("/").rpartition("/")[2] for key in ("identifier", "landingPage")]
    name = next((each for each in tails if each and not is_code(each)), "") or read_text(raw.get("title"))
    # DCAT-US: where a dataset is renewed in a rhythm, its last change may be said by that rhythm.
    changed = raw.get("modified") if read_text(raw.get("modified")).startswith("R/P") else None
    made = {
        key: value for key, value in raw.items() if key not in ("distribution", "publisher", "landingPage")
    }
    return {
        **made,
        "id": read_text(raw.get("identifier")) or name,
        "name": name or tails[0],
        "notes": raw.get("description"),
        "license_id": raw.get("license"),
        "accrualPeriodicity": raw.get("accrualPeriodicity") or changed,
        "tags": [{"name": each} for each in read_list(raw.get("keyword"))],
        "organization": {"name": "", "title": publisher.get("name")} if publisher else None,
        "publisher_email": publisher.get("mbox"),
        "private": fold_text(read_text(raw.get("accessLevel"))) not in OPEN,
        "resources": resources,
    }
