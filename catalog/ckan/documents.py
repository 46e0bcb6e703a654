"""The files that explain a package: its fields as BAData has them, the dictionary with its figures, what
changed, the description with whole addresses, and the list of all its versions."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.changes.reasons import describe_changes
from catalog.archive.published import read_parquet
from catalog.archive.release import File, twin
from catalog.change_list import list_fields, write_changes
from catalog.ckan.package import CkanSite, Derived
from catalog.dictionary import FIGURES, HEADER, dictionary_csv, dictionary_rows
from catalog.public import Edition, Listing
from messages import gettext as _
from messages import speaking

Read = Callable[[str], bytes]
"""Gives a file of the archive by its sha256."""
FORM = "1"  # of the files that are made here: another makes them anew
LINES = 100_000  # changes: more fit no spreadsheet; the Parquet has them all
VERSIONS = ("version", "fecha", "datos_al", "estado", "paso", "notas", "archivo", "bytes", "sha256", "url")


def attributes_document(schema: Mapping[str, Any]) -> str:
    """A table's fields as BAData's `attributesDescription` has them."""
    attributes = [
        {
            "title": field["name"],
            "description": field.get("description", ""),
            "type": field.get("type", "any"),
        }
        for field in schema["fields"]
    ]
    return json.dumps(attributes, ensure_ascii=False)


def versions_document(listing: Listing, site: CkanSite, urls: Mapping[str, str]) -> bytes:
    """CSV with a line per version and file, newest first; `urls` are the files' addresses in this CKAN by
    resource key, for want of a portal.

    A withdrawn version has one line, with its reason and no file.
    """
    lines: list[Sequence[Any]] = []
    for edition in listing.editions:
        state, level = _state_label(edition, listing), edition.level or ""
        head = (edition.version, edition.at, edition.as_of or "", state, level, _notes(edition))
        if edition.withdrawn:
            lines.append((*head, "", "", "", ""))
        for name, file in edition.files.items():
            place = f"v/{edition.version}/{name}"
            url = site.in_portal(f"{listing.path}/{place}") or urls.get(place, "")
            lines.append((*head, name, file.bytes, file.sha256, url))
    return _csv(VERSIONS, lines)


def dictionary_document(descriptor: Mapping[str, Any], current: Edition, read: Read) -> Derived:
    """The dictionary with the figures of each column, as CSV."""
    tables = _Tables(descriptor, current, read)

    def make() -> bytes:
        with speaking("es"):  # it is made when it is asked for, whatever is spoken then
            return dictionary_csv(descriptor, tables.read_table).encode()

    return Derived(_stamp(dictionary_csv(descriptor), *tables.hashes.values()), make)


def dictionary_table(descriptor: Mapping[str, Any], current: Edition, read: Read) -> pa.Table:
    """The same for the DataStore."""
    names = (*HEADER, *FIGURES)
    with speaking("es"):
        rows = list(dictionary_rows(descriptor, _Tables(descriptor, current, read).read_table))
    columns = list(zip(*rows, strict=True))
    cells = {name: [cell or None for cell in column] for name, column in zip(names, columns, strict=True)}
    texts = pa.table({name: pa.array(column, pa.string()) for name, column in cells.items()})
    counts = pa.schema([(name, pa.int64() if name in FIGURES[:3] else pa.string()) for name in names])
    return texts.cast(counts)


def dictionary_schema() -> dict[str, Any]:
    """What its columns are."""
    titles = {
        "tabla": _("Table"),
        "campo": _("Field"),
        "titulo": _("Title"),
        "tipo": _("Type"),
        "descripcion": _("Description"),
        "unidad": _("Unit"),
        "reglas": _("Rules"),
        "codigos": _("Codes and what they mean"),
        "filas": _("Cells"),
        "vacios": _("Empty cells"),
        "distintos": _("Different values"),
        "minimo": _("Least value"),
        "maximo": _("Greatest value"),
    }
    return {
        "fields": [{"name": name, "title": title} for name, title in titles.items()],
        "primaryKey": ["tabla", "campo"],
    }


def changes_document(listing: Listing, current: Edition, read: Read) -> Derived | None:
    """What changed in the current version, against the one before, as a CSV; None for the first version, and
    where the changes are more than a spreadsheet takes."""
    file = current.files.get("changes.parquet")
    counts = [each.get("rows", {}) for each in current.changes.values() if isinstance(each, Mapping)]
    cells = sum(each.get("cells", 0) for each in current.changes.values() if isinstance(each, Mapping))
    lines = cells + sum(each.get("added", 0) + each.get("removed", 0) for each in counts)
    if file is None or current is listing.editions[-1] or not 0 < lines <= LINES:
        return None
    tables = [each["name"] for each in listing.descriptor.get("resources", ()) if "schema" in each]
    names = list(dict.fromkeys(name for each in tables for name in list_fields(each, listing.descriptor)))
    untraced = any(each.get("untraced") for each in current.changes.values() if isinstance(each, Mapping))

    def make() -> bytes:
        text, changes = io.StringIO(newline=""), read_parquet(read(file.sha256))
        known = dict.fromkeys([*names, *_former_fields(changes)])
        write_changes(changes, list(known), untraced, text, tables=len(tables) > 1)
        return text.getvalue().encode()

    return Derived(_stamp(file.sha256, *names), make)


def descriptor_document(listing: Listing, addresses: Mapping[str, str]) -> bytes:
    """The published descriptor with whole addresses (by file's name), so that programs read it where it
    stands. Files that this CKAN does not have keep their names."""
    descriptor = dict(listing.descriptor)
    descriptor["resources"] = [
        {**each, "path": addresses.get(each["path"], each["path"])} for each in descriptor["resources"]
    ]
    return (json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n").encode()


def _former_fields(changes: pa.Table) -> Iterator[str]:
    """The fields of rows that went: those of the version before."""
    for text in changes["before"].filter(pc.equal(changes["change"], "row-removed")).to_pylist():
        yield from json.loads(text)


class _Tables:
    """The tables of a version by name, read when they are asked for."""

    def __init__(self, descriptor: Mapping[str, Any], current: Edition, read: Read) -> None:
        named = {
            each["name"]: twin(each["path"]) for each in descriptor.get("resources", ()) if "schema" in each
        }
        self.hashes = {
            name: current.files[path].sha256 for name, path in named.items() if path in current.files
        }
        self._read = read

    def read_table(self, name: str) -> pa.Table | None:
        return read_parquet(self._read(self.hashes[name])) if name in self.hashes else None


def _stamp(*parts: str) -> str:
    return hashlib.sha256("\n".join((FORM, *parts)).encode()).hexdigest()[:16]


def file_of(content: bytes) -> File:
    """The length and sha256 of a file that is made here."""
    return File(hashlib.sha256(content).hexdigest(), len(content), public=True)


def _state_label(edition: Edition, listing: Listing) -> str:
    if edition.withdrawn:
        return _("withdrawn")
    current = listing.current is not None and edition.version == listing.current.version
    return _("current") if current else _("former")


def _notes(edition: Edition) -> str:
    because = [note.because for note in edition.notes if note.kind == "withdraw" and note.because]
    return " ".join([*because, *([] if edition.withdrawn else describe_changes(edition.changes))])


def _csv(header: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue().encode()
