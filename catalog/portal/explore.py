"""The page of each table, on which its rows are filtered, sorted, counted and shown on a map in the reader's
browser, out of the published Parquet: the portal stays a folder of files. Without scripts the first rows
stand there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.archive.geometry import find_coordinates
from catalog.archive.published import text_table
from catalog.archive.release import twin
from catalog.page import Page
from catalog.public import Edition, Listing
from catalog.spoken import say
from messages import gettext as _

FOLDER = "tabla"
ROWS = 50
"""Which stand in the page itself."""


@dataclass(frozen=True)
class Cell:
    """A cell as it is published; `missing` where it holds nothing."""

    text: str
    missing: bool


def explore_path(listing: Listing, resource: str) -> str:
    return f"{listing.path}/{FOLDER}/{resource}/index.html"


def explore_pages(listing: Listing, folder: Path) -> Mapping[str, Callable[[], Page]]:
    """By path, how the page of each table of the current version is made; `folder` holds the dataset's
    files."""
    current = listing.current
    if current is None:
        return {}
    tables = [each for each in listing.descriptor.get("resources", ()) if "schema" in each]
    return {
        explore_path(listing, each["name"]): partial(_page, listing, current, each, folder)
        for each in tables
        if twin(each["path"]) in current.files and each["path"] in current.files
    }


def column_kind(kind: pa.DataType) -> str:
    """What can be asked of a column: `number`, `boolean`, `moment` or `text`."""
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    return "moment" if pa.types.is_temporal(kind) else "text"


def places_script() -> str:
    """The outlines of comunas and barrios, as a script that the map reads: from a disk a page reads no
    other file."""
    outlines = (Path(__file__).parents[1] / "places.json").read_text(encoding="utf-8")
    return f"window.VeredaPlaces = {outlines.rstrip()};\n"


def _page(listing: Listing, current: Edition, resource: Mapping[str, Any], folder: Path) -> Page:
    path = explore_path(listing, resource["name"])
    schema = pq.read_schema(folder / "latest" / twin(resource["path"]))
    rows = current.rows.get(resource["name"], 0)
    missing = [
        each["value"] if isinstance(each, Mapping) else each
        for each in resource["schema"].get("missingValues", [""])
    ]
    values = {
        "listing": listing,
        "current": current,
        "resource": resource,
        "title": say(resource) or str(resource["name"]),
        "rows": rows,
        "header": schema.names,
        "numeric": [column_kind(each.type) == "number" for each in schema],
        "first": _first_rows(folder / "latest" / twin(resource["path"])),
        "place": find_coordinates(schema),
        "file": f"{listing.path}/v/{current.version}/{quote(twin(resource['path']))}",
        "about": _about(listing, current, resource, schema, missing),
    }
    return Page(path, "dataset/explore.html", values)


def _about(
    listing: Listing,
    current: Edition,
    resource: Mapping[str, Any],
    schema: pa.Schema,
    missing: Sequence[str],
) -> str:
    """What the page's script must know, as JSON that may stand in a page."""
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    told = {
        "name": f"{listing.dataset}-{current.version}-{resource['name']}",
        "bytes": current.files[twin(resource["path"])].bytes,
        "rows": current.rows.get(resource["name"], 0),
        "missing": "" if "" in missing else missing[0],
        "place": find_coordinates(schema),
        "fields": [_field(each, fields.get(each.name, {})) for each in schema],
        "words": _words(),
    }
    return re.sub("[<>&\u2028\u2029]", lambda each: f"\\u{ord(each[0]):04x}", json.dumps(told))


def _field(column: pa.Field, field: Mapping[str, Any]) -> dict[str, Any]:
    kind = column_kind(column.type)
    values = field.get("constraints", {}).get("enum", [])
    bare = kind in ("number", "boolean") or pa.types.is_date(column.type)
    return {
        "name": column.name,
        "label": say(field) or column.name,
        "kind": kind,
        "bare": bare,
        "values": [str(each) for each in values][:200],
        "example": _example(column.type),
    }


def _example(kind: pa.DataType) -> str:
    if pa.types.is_date(kind):
        return "2024-12-31"
    if pa.types.is_timestamp(kind):
        return "2024-12-31T09:30:00"
    return "09:30:00" if pa.types.is_time(kind) else ""


def _first_rows(path: Path) -> list[list[Cell]]:
    file = pq.ParquetFile(path)
    found = pa.Table.from_batches(islice(file.iter_batches(batch_size=ROWS), 1), file.schema_arrow)
    columns = text_table(found, found.column_names).columns
    cells = [[Cell(each or "", each is None) for each in column.to_pylist()] for column in columns]
    return [list(row) for row in zip(*cells, strict=True)]


def _words() -> dict[str, Any]:
    """What the script writes; what stands in braces is put in by it."""
    return {
        **_sentences(),
        "asFile": _("as in the file"),
        "noChart": _("no chart"),
        "count": _("how many rows"),
        "sum": _("sum of {column}", column="{column}"),
        "avg": _("mean of {column}", column="{column}"),
        "missing": _("(nothing)"),
        "share": _("Copy the link to this view"),
        "kinds": {
            "number": _("a number, with a dot before the decimals"),
            "boolean": _("true or false"),
            "moment": _("a day or a moment"),
            "text": _("a text"),
        },
        "signs": {
            "=": _("is"),
            "!=": _("is not"),
            "~": _("contains"),
            ">": _("is more than"),
            ">=": _("is at least"),
            "<": _("is less than"),
            "<=": _("is at most"),
        },
    }


def _sentences() -> dict[str, str]:
    names = ("from", "to", "rows", "of", "seen", "size", "shown", "why", "n", "points", "kind")
    gaps: dict[str, Any] = {name: f"{{{name}}}" for name in names}
    return {
        "range": _("Rows {from} to {to} of {rows}.", **gaps),
        "atLeast": _("Rows {from} to {to} of at least {rows}.", **gaps),
        "none": _("No row is like that."),
        "more": _("So far {seen} of {rows} rows were looked through; the rest takes {size}.", **gaps),
        "costs": _("That takes {size} more from the file.", **gaps),
        "whole": _("This server gives whole files only: exploring takes all of it, {size}.", **gaps),
        "disk": _("This page was opened from a disk, where browsers let a page read no other file."),
        "unreadable": _("The file of the table could not be read just now."),
        "partial": _("{why} What is explored is the first {shown} of {rows} rows.", **gaps),
        "bars": _("{n} more are not shown.", **gaps),
        "points": _(
            "{points} points of {rows} rows; the others have no coordinates or are too many.", **gaps
        ),
        "notOne": _("This column takes {kind}.", **gaps),
    }
